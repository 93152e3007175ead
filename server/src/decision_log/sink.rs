//! How decisions come into the log: what handlers tell becomes an event, on a thread of the log.

use super::DecisionLog;
use super::counters::Count;
use super::event::{Asked, Decision};
use super::mask::Maskable;
use super::pipeline::locked;
use crate::decision_sink::{DecisionEvent, DecisionOutcome, DecisionSink, DecisionSubject};
use referee_rego::{Value, ValueKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

impl DecisionSink for DecisionLog {
    fn record(&self, event: DecisionEvent) {
        let size = size(&event);
        let names = Arc::clone(&self.header_names);
        self.pipeline.push(size, Box::new(move || Box::new(decision(event, &names))));
    }

    fn takes_denial(&self) -> bool {
        let takes = locked(&self.denials).allow(Instant::now());
        self.shared.counters.add(Count::DenialsLimited, u64::from(!takes));
        takes
    }

    fn wants_calls(&self) -> bool {
        self.settings.logs_nd_builtin_cache()
    }

    fn headers(&self) -> &[String] {
        &self.headers
    }
}

/// About how much memory an event holds on to.
fn size(event: &DecisionEvent) -> usize {
    let result = match &event.outcome {
        DecisionOutcome::Result(value) | DecisionOutcome::Error(value) => value.heap_size(),
        DecisionOutcome::Undefined => 0,
    };
    let input = event.input.as_ref().map_or(0, Value::heap_size);
    let custom = event.custom.as_ref().map_or(0, Value::heap_size);
    let calls = event.calls.as_ref().map_or(0, |calls| calls.to_value().heap_size());
    let (DecisionSubject::Path(asked) | DecisionSubject::Query(asked)) = &event.subject;
    let values = [input, result, custom, calls, asked.len()];
    values.into_iter().fold(0, usize::saturating_add)
}

/// `names` are the headers as the configuration writes them, by their names in lower case.
fn decision(event: DecisionEvent, names: &BTreeMap<String, BTreeSet<String>>) -> Decision {
    let is_query = matches!(event.subject, DecisionSubject::Query(_));
    let (result, error) = match event.outcome {
        // OPA has no rows where a query has none, which is `null`.
        DecisionOutcome::Result(value) if is_query && is_empty(&value) => {
            (Some(Value::null()), None)
        }
        DecisionOutcome::Result(value) => (Some(value), None),
        DecisionOutcome::Undefined => (None, None),
        DecisionOutcome::Error(error) => (None, Some(cause(error))),
    };
    // As JSON has it, so that a mask finds operands by their text, as in OPA.
    let nd_builtin_cache = event.calls.map(|calls| {
        let calls = calls.to_value();
        Value::from_json_str(&calls.to_json_string()).unwrap_or(calls)
    });
    let headers = event.headers.into_iter().flat_map(|(name, values)| {
        let spellings = names.get(&name).into_iter().flatten();
        spellings.map(move |name| (name.clone(), values.clone())).collect::<Vec<_>>()
    });
    let bundles = event.revision.bundles().iter();
    let bundles = bundles.map(|(name, bundle)| (name.clone(), bundle.revision().to_owned()));
    Decision {
        decision_id: event.decision_id,
        batch_decision_id: event.batch_decision_id,
        trace: event.trace,
        bundles: Arc::new(bundles.collect()),
        asked: match event.subject {
            DecisionSubject::Path(path) => Asked::Path(path),
            DecisionSubject::Query(query) => Asked::Query(query),
        },
        maskable: Maskable { input: event.input, result, nd_builtin_cache },
        program: event.revision.program().clone(),
        error,
        requested_by: event.requested_by.map(|address| address.to_string()),
        timestamp: event.timestamp,
        metrics: event.metrics,
        measures: event.measures,
        request_id: event.request_id,
        headers: headers.collect(),
        custom: event.custom,
        erased: Vec::new(),
        masked: Vec::new(),
    }
}

fn is_empty(rows: &Value) -> bool {
    rows.elements().is_some_and(|rows| rows.is_empty())
}

/// OPA logs the error of the evaluation, not the one around it that its API answers. Those of a
/// query that does not compile are a list, even where there is one.
fn cause(error: Value) -> Value {
    let causes = error.get("errors").filter(|causes| causes.kind() == ValueKind::Array);
    let causes = causes.and_then(|causes| causes.elements()).unwrap_or_default();
    let is_query =
        || error.get("code").is_some_and(|code| code == Value::from("invalid_parameter"));
    match causes.as_slice() {
        [] => error,
        [cause] if !is_query() => cause.clone(),
        causes => Value::array(causes.iter().cloned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_an_error_is_logged() {
        let value = |text| Value::from_json_str(text).unwrap();
        let cases = [
            (r#"{"code":"internal_error","errors":[{"code":"x"}]}"#, r#"{"code":"x"}"#),
            (
                r#"{"code":"a","errors":[{"code":"x"},{"code":"y"}]}"#,
                r#"[{"code":"x"},{"code":"y"}]"#,
            ),
            (
                r#"{"code":"undefined_document","message":"m"}"#,
                r#"{"code":"undefined_document","message":"m"}"#,
            ),
            (r#"{"code":"a","errors":[]}"#, r#"{"code":"a","errors":[]}"#),
            (
                r#"{"code":"invalid_parameter","errors":[{"code":"rego_type_error"}]}"#,
                r#"[{"code":"rego_type_error"}]"#,
            ),
        ];
        for (error, expected) in cases {
            assert_eq!(cause(value(error)).to_json_string(), expected);
        }
    }
}
