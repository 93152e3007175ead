//! The document of a status update: OPA's `UpdateRequestV1` (`v1/plugins/status`, 1.20).

use crate::decision_log::UploadState;
use crate::plugin_state::PluginStatus;
use crate::plugins::bundle::BundleStatus;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What an update is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) bundles: BTreeMap<String, BundleStatus>,
    pub(super) plugins: BTreeMap<String, PluginStatus>,
    /// `None` where there is no decision log, or nothing was uploaded yet.
    pub(super) decision_logs: Option<UploadState>,
    pub(super) counts: BTreeMap<&'static str, u64>,
    pub(super) families: Map<String, Value>,
}

/// The document, members in OPA's order.
pub(super) fn of(parts: Parts) -> Value {
    let Parts { labels, bundles, plugins, decision_logs, counts, mut families } = parts;
    let mut document = Map::new();
    document.insert("labels".to_owned(), json!(labels));
    if !bundles.is_empty() {
        document.insert("bundles".to_owned(), json!(bundles));
    }
    // OPA's counters have such a name in `metrics`; beside them they stand under the log.
    let counters: Map<String, Value> =
        counts.into_iter().map(|(name, count)| (format!("counter_{name}"), count.into())).collect();
    if let Some(state) = decision_logs {
        document.insert("decision_logs".to_owned(), log(state, &counters));
    }
    families.extend(counters);
    families.sort_keys();
    document.insert("metrics".to_owned(), json!({"prometheus": families}));
    let plugins = plugins.into_iter().map(|(name, status)| {
        let mut told = Map::from_iter([("state".to_owned(), status.state.as_str().into())]);
        if !status.message.is_empty() {
            told.insert("message".to_owned(), status.message.into());
        }
        (name, Value::Object(told))
    });
    document.insert("plugins".to_owned(), plugins.collect());
    Value::Object(document)
}

fn log(state: UploadState, counters: &Map<String, Value>) -> Value {
    let mut told = Map::new();
    if let Some(failure) = state.failure {
        told.insert("code".to_owned(), "decision_log_error".into());
        told.insert("message".to_owned(), failure.message.into());
        if let Some(code) = failure.http_code {
            told.insert("http_code".to_owned(), code.into());
        }
    }
    if !counters.is_empty() {
        told.insert("metrics".to_owned(), Value::Object(counters.clone()));
    }
    Value::Object(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision_log::UploadFailure;
    use crate::plugin_state::PluginState;

    #[test]
    fn an_update_has_the_members_of_opa_in_their_order() {
        let bundle = BundleStatus {
            name: "b".into(),
            active_revision: "r".into(),
            last_successful_activation: Some("2026-01-02T03:04:05.5Z".parse().unwrap()),
            kind: "snapshot",
            size: 5,
            code: "bundle_error",
            message: "m".into(),
            http_code: Some(500),
            metrics: [("timer_bundle_request_ns", 7)].into(),
            ..BundleStatus::default()
        };
        let plugin = |state, message: &str| PluginStatus { state, message: message.to_owned() };
        let failure = UploadFailure { message: "server replied".into(), http_code: Some(503) };
        let document = of(Parts {
            labels: [("id".to_owned(), "x".to_owned())].into(),
            bundles: [("b".to_owned(), bundle)].into(),
            plugins: [
                ("bundle".to_owned(), plugin(PluginState::NotReady, "")),
                ("status".to_owned(), plugin(PluginState::Error, "it broke")),
            ]
            .into(),
            decision_logs: Some(UploadState {
                failure: Some(failure),
                uploads: 3,
                ..UploadState::default()
            }),
            counts: [("decision_logs_encoding_failure", 2)].into(),
            families: Map::from_iter([("z".to_owned(), json!({}))]),
        });
        let expected = concat!(
            r#"{"labels":{"id":"x"},"bundles":{"b":{"name":"b","active_revision":"r","#,
            r#""last_successful_activation":"2026-01-02T03:04:05.5Z","type":"snapshot","size":5,"#,
            r#""last_successful_download":"0001-01-01T00:00:00Z","#,
            r#""last_successful_request":"0001-01-01T00:00:00Z","last_request":"0001-01-01T00:00:00Z","#,
            r#""code":"bundle_error","message":"m","metrics":{"timer_bundle_request_ns":7},"http_code":500}},"#,
            r#""decision_logs":{"code":"decision_log_error","message":"server replied","http_code":503,"#,
            r#""metrics":{"counter_decision_logs_encoding_failure":2}},"#,
            r#""metrics":{"prometheus":{"counter_decision_logs_encoding_failure":2,"z":{}}},"#,
            r#""plugins":{"bundle":{"state":"NOT_READY"},"status":{"state":"ERROR","message":"it broke"}}}"#
        );
        assert_eq!(document.to_string(), expected);
        let least = of(Parts::default()).to_string();
        assert_eq!(least, r#"{"labels":{},"metrics":{"prometheus":{}},"plugins":{}}"#);
    }
}
