//! A decision as it is logged: the members of OPA's events, in OPA's order.
//!
//! Uploaded events are OPA's `EventV1` (`v1/plugins/logs/plugin.go`, 1.20); on the console a line
//! has its members sorted, with `level`, `msg`, `time` and `type` among them, and the error as
//! text. What Referee adds stands under `custom.referee`.

use super::mask::Maskable;
use crate::timers::together;
use crate::trace::TraceContext;
use referee_core::Timestamp;
use referee_rego::{Measures, Program, Value, ValueKind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the console calls the lines.
const CONSOLE_TYPE: &str = "openpolicyagent.org/decision_logs";

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A document; empty for all data, which OPA tells by leaving the path out.
    Path(String),
    Query(String),
}

/// A decision on its way into the log. Values are shared with the evaluation.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) decision_id: String,
    pub(crate) batch_decision_id: Option<String>,
    pub(crate) trace: Option<TraceContext>,
    /// What decided: mask and drop are asked of the same policies and data.
    pub(crate) program: Program,
    /// The revisions of bundles by their names; an empty revision is left out.
    pub(crate) bundles: Arc<BTreeMap<String, String>>,
    pub(crate) asked: Asked,
    pub(crate) maskable: Maskable,
    /// OPA's form of the error: `code`, `message`, and `location` or `errors`.
    pub(crate) error: Option<Value>,
    pub(crate) requested_by: Option<String>,
    pub(crate) timestamp: Timestamp,
    pub(crate) metrics: BTreeMap<&'static str, u64>,
    /// Beside them, where the caller asked for it.
    pub(crate) measures: Measures,
    /// 0 where it is not known.
    pub(crate) request_id: u64,
    pub(crate) headers: BTreeMap<String, Vec<String>>,
    pub(crate) custom: Option<Value>,
    /// The paths that were masked.
    pub(crate) erased: Vec<String>,
    pub(crate) masked: Vec<String>,
}

/// Members in their order, each with its JSON text.
type Members = Vec<(&'static str, String)>;

impl Decision {
    /// As it is uploaded: one JSON object. `labels` is JSON text.
    pub(crate) fn uploaded(&self, labels: &str) -> String {
        let mut members = vec![("labels", labels.to_owned())];
        self.push_members(&mut members);
        written(&members)
    }

    /// As it stands on the console: a line without its end.
    pub(crate) fn on_console(&self, labels: &str, now: Timestamp) -> String {
        let mut members = self.console_members();
        if labels != "{}" {
            members.push(("labels", labels.to_owned()));
        }
        // Whole seconds, as OPA's logger writes them.
        let now = Timestamp::from_unix_seconds(now.unix_seconds()).unwrap_or(now);
        members.push(("level", json("info")));
        members.push(("msg", json("Decision Log")));
        members.push(("time", json(&now.to_string())));
        members.push(("type", json(CONSOLE_TYPE)));
        members.sort_by_key(|(name, _)| *name);
        written(&members)
    }

    fn console_members(&self) -> Members {
        let mut members = Vec::new();
        self.push_members(&mut members);
        for (name, text) in &mut members {
            if *name == "error"
                && let Some(error) = &self.error
            {
                *text = json(&error_text(error));
            }
        }
        members
    }

    fn push_members(&self, members: &mut Members) {
        members.push(("decision_id", json(&self.decision_id)));
        if let Some(id) = &self.batch_decision_id {
            members.push(("batch_decision_id", json(id)));
        }
        if let Some(TraceContext { trace_id, span_id }) = &self.trace {
            members.push(("trace_id", json(trace_id)));
            members.push(("span_id", json(span_id)));
        }
        if !self.bundles.is_empty() {
            let bundles = self.bundles.iter().map(|(name, revision)| (name, Bundle { revision }));
            members.push(("bundles", json(&bundles.collect::<BTreeMap<_, _>>())));
        }
        match &self.asked {
            Asked::Path(asked) | Asked::Query(asked) if asked.is_empty() => {}
            Asked::Path(path) => members.push(("path", json(path))),
            Asked::Query(query) => members.push(("query", json(query))),
        }
        let Maskable { input, result, nd_builtin_cache } = &self.maskable;
        let values = [("input", input), ("result", result), ("nd_builtin_cache", nd_builtin_cache)];
        for (name, value) in values {
            members.extend(value.as_ref().map(|value| (name, value.to_json_string())));
        }
        for (name, paths) in [("erased", &self.erased), ("masked", &self.masked)] {
            if !paths.is_empty() {
                members.push((name, json(paths)));
            }
        }
        members.extend(self.error.as_ref().map(|error| ("error", error.to_json_string())));
        members.extend(self.requested_by.as_ref().map(|address| ("requested_by", json(address))));
        members.push(("timestamp", json(&self.timestamp.to_string())));
        if !self.metrics.is_empty() {
            members.push(("metrics", json(&together(&self.metrics, &self.measures))));
        }
        if self.request_id > 0 {
            members.push(("req_id", self.request_id.to_string()));
        }
        if !self.headers.is_empty() {
            members.push((
                "request_context",
                json(&Context { http: Http { headers: &self.headers } }),
            ));
        }
        members.extend(self.custom.as_ref().map(|custom| ("custom", custom.to_json_string())));
    }

    /// As the policies that mask and drop see it.
    pub(crate) fn as_input(&self, labels: &Value) -> Value {
        let text = |text: &String| Value::from(text.as_str());
        let mut members =
            vec![("decision_id", text(&self.decision_id)), ("labels", labels.clone())];
        members.extend(self.batch_decision_id.as_ref().map(|id| ("batch_decision_id", text(id))));
        if !self.bundles.is_empty() {
            let bundles = self.bundles.iter().map(|(name, revision)| {
                let revision = Some(("revision", text(revision)));
                let revision = revision.filter(|_| !self.bundles_revision_is_empty(name));
                (name.as_str(), Value::object(revision))
            });
            members.push(("bundles", Value::object(bundles)));
        }
        match &self.asked {
            Asked::Path(asked) | Asked::Query(asked) if asked.is_empty() => {}
            Asked::Path(path) => members.push(("path", text(path))),
            Asked::Query(query) => members.push(("query", text(query))),
        }
        let Maskable { input, result, nd_builtin_cache } = &self.maskable;
        let values = [
            ("input", input),
            ("result", result),
            ("nd_builtin_cache", nd_builtin_cache),
            ("error", &self.error),
            ("custom", &self.custom),
        ];
        for (name, value) in values {
            members.extend(value.clone().map(|value| (name, value)));
        }
        members.extend(self.requested_by.as_ref().map(|address| ("requested_by", text(address))));
        members.push(("timestamp", Value::from(self.timestamp.to_string().as_str())));
        let number = |number: u64| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
        if !self.metrics.is_empty() {
            let metrics = json(&together(&self.metrics, &self.measures));
            members.extend(Value::from_json_str(&metrics).ok().map(|all| ("metrics", all)));
        }
        if self.request_id > 0 {
            members.push(("req_id", number(self.request_id)));
        }
        Value::object(members)
    }

    fn bundles_revision_is_empty(&self, name: &str) -> bool {
        self.bundles.get(name).is_none_or(String::is_empty)
    }

    /// Takes out everything a mask could have been about: it could not be asked. An error's text
    /// can repeat the input; its code cannot.
    pub(crate) fn withhold(&mut self, why: &'static str) {
        let Maskable { input, result, nd_builtin_cache } = std::mem::take(&mut self.maskable);
        let parts =
            [("/input", input), ("/result", result), ("/nd_builtin_cache", nd_builtin_cache)];
        self.masked.clear();
        self.erased = parts
            .into_iter()
            .filter(|(_, value)| value.is_some())
            .map(|(path, _)| path.to_owned())
            .collect();
        self.error = self.error.take().map(|error| {
            let code = error.get("code").unwrap_or_else(Value::null);
            Value::object([("code", code), ("message", Value::from("withheld"))])
        });
        let message = "the mask could not be applied, so what it might hide is not logged";
        let note = [("code", Value::from(why)), ("message", Value::from(message))];
        let note = Value::object([("mask_error", Value::object(note))]);
        self.custom = Some(Value::object([("referee", note)]));
    }
}

/// Text of an error as OPA's console has it: several, as a query can have, are counted.
fn error_text(error: &Value) -> String {
    match error.elements().filter(|_| error.kind() == ValueKind::Array).as_deref() {
        None => one_error_text(error),
        Some([one]) => format!("1 error occurred: {}", one_error_text(one)),
        Some(several) => {
            let texts = several.iter().map(|one| format!("\n{}", one_error_text(one)));
            format!("{} errors occurred:{}", several.len(), texts.collect::<String>())
        }
    }
}

/// `file:row: code: message`, or `row:column: code: message` in a text without a name.
fn one_error_text(error: &Value) -> String {
    let text = |value: Option<Value>| {
        value.and_then(|value| value.as_str().map(|text| text.into_owned())).unwrap_or_default()
    };
    let said = format!("{}: {}", text(error.get("code")), text(error.get("message")));
    let Some(place) = error.get("location") else { return said };
    let number = |name| place.get(name).and_then(|at| at.number_text()).unwrap_or_default();
    match text(place.get("file")) {
        file if file.is_empty() => format!("{}:{}: {said}", number("row"), number("col")),
        file => format!("{file}:{}: {said}", number("row")),
    }
}

#[derive(Serialize)]
struct Bundle<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    revision: &'a str,
}

#[derive(Serialize)]
struct Context<'a> {
    http: Http<'a>,
}

#[derive(Serialize)]
struct Http<'a> {
    headers: &'a BTreeMap<String, Vec<String>>,
}

/// What is written here always can be.
fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

fn written(members: &[(&'static str, String)]) -> String {
    let size: usize = members.iter().map(|(name, text)| name.len() + text.len() + 4).sum();
    let mut out = String::with_capacity(size + 2);
    for (name, text) in members {
        out.push_str(if out.is_empty() { "{\"" } else { ",\"" });
        out.push_str(name);
        out.push_str("\":");
        out.push_str(text);
    }
    out.push('}');
    out
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
