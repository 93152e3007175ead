//! What differs from run to run, or stands elsewhere in Referee's documents, made the same.

use serde_json::{Map, Value};

/// What is told of a step by both.
const STEP: [&str; 5] = ["Op", "Location", "QueryID", "ParentID", "Message"];

/// Text without the spaces at the ends of lines. Of the variables of a query opa tells those as
/// well that it makes itself.
pub(crate) fn text(text: &str) -> String {
    let line = |line: &str| {
        let own = line.starts_with("query:") && line.contains(" = _ ");
        let cut = if own { line.split_once("   {").map(|(step, _)| step) } else { None };
        cut.unwrap_or(line).trim_end().to_owned()
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// JSON, on many lines; `None` where there is none.
pub(crate) fn json(text: &str) -> Option<String> {
    let document: Value = if text.trim().is_empty() {
        Value::Null
    } else {
        serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
    };
    let document = tests(document);
    serde_json::to_string_pretty(&settled(document)).ok()
}

/// The results of `opa test`, a list, as Referee's document has them; and the other way round
/// nothing but what both tell of a test.
fn tests(document: Value) -> Value {
    let told = match document {
        Value::Array(results) if results.iter().all(|result| result.get("duration").is_some()) => {
            results.into_iter().map(of_opa).collect()
        }
        Value::Object(mut members) if members.contains_key("tests") => {
            let coverage: Map<String, Value> = members
                .clone()
                .into_iter()
                .filter(|(name, _)| {
                    matches!(
                        name.as_str(),
                        "files" | "covered_lines" | "not_covered_lines" | "coverage"
                    )
                })
                .collect();
            if !coverage.is_empty() {
                return Value::Object(coverage);
            }
            match members.remove("tests") {
                Some(Value::Array(tests)) => tests.into_iter().map(ours).collect(),
                _ => Vec::new(),
            }
        }
        other => return other,
    };
    // The order of opa's is that in which tests ended.
    let mut told: Vec<Value> = told;
    told.sort_by_key(|test| format!("{} {}", test["package"], test["name"]));
    Value::Array(told)
}

fn of_opa(result: Value) -> Value {
    let has = |name: &str| result.get(name).is_some_and(|value| *value != false);
    let outcome = if has("error") {
        "error"
    } else if has("fail") {
        "fail"
    } else if has("skip") {
        "skipped"
    } else {
        "pass"
    };
    let told = [
        ("package", result["package"].clone()),
        ("name", result["name"].clone()),
        ("location", result["location"].clone()),
        ("outcome", outcome.into()),
        ("sub_results", result["sub_results"].clone()),
    ];
    Value::Object(told.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

fn ours(test: Value) -> Value {
    let names = ["package", "name", "location", "outcome", "sub_results"];
    let told = names.map(|name| (name.to_owned(), test[name].clone()));
    Value::Object(told.into_iter().collect())
}

fn settled(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            // The steps: opa has syntax trees for what they are about.
            let step = members.contains_key("QueryID");
            let kept = |name: &str, value: &Value| match name {
                // What external data sources take; there are none here.
                "timer_rego_external_resolve_ns" => false,
                // Prose of opa's about its builtins.
                "description" => false,
                // Types are documents there and text here; lines of source are alike.
                "details" => value.get("line").is_some(),
                _ => !step || STEP.contains(&name),
            };
            let members = members.into_iter().filter(|(name, value)| kept(name, value));
            let members = members.map(|(name, value)| {
                let measured = name.ends_with("_ns") && value.is_number();
                let value = match name.as_str() {
                    _ if measured => Value::Null,
                    "total_time_ns_stats" => Value::Null,
                    "aggregated_metrics" => names(value),
                    "builtins" => by_name(settled(value)),
                    _ => settled(value),
                };
                (name, value)
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.into_iter().map(settled).collect(),
        other => other,
    }
}

/// Builtins sorted by name: opa writes those of a file in the file's order.
fn by_name(value: Value) -> Value {
    let Value::Array(mut builtins) = value else { return value };
    builtins.sort_by_key(|builtin| builtin["name"].to_string());
    Value::Array(builtins)
}

/// The names of members, and the names of theirs.
fn names(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let inner = |value: Value| match value {
        Value::Object(members) => members.into_iter().map(|(name, _)| name).collect(),
        other => other,
    };
    Value::Object(members.into_iter().map(|(name, value)| (name, inner(value))).collect())
}
