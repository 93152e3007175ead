//! OPA's own cases, judged as OPA's runner judges them (`v1/topdown/exported_test.go`).
//!
//! They lie outside the repository: `REFEREE_OPA_CASES` names the folder with the JSON cases,
//! `REFEREE_OPA_SUITE` one with OPA's YAML suites (`v0`, `v1`). Without them the tests say so.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a runner of cases prints what failed"
)]

mod support;

use referee_rego_eval::Capture;
use referee_rego_syntax::ast::RegoVersion;
use referee_rego_value::{JsonLimits, Value};
use std::path::{Path, PathBuf};
use support::{Failure, Question, rows, term};

/// Cases of the JSON suite, which is older, that OPA 1.20.2 itself no longer gives: its own suite
/// wants something else for them.
const STALE: [&str; 1] = ["reachable_paths/cycle_1022_3"];

fn text(case: &Value, key: &str) -> Option<String> {
    case.as_object()?.get_str(key)?.as_str().map(ToOwned::to_owned)
}

fn flag(case: &Value, key: &str) -> bool {
    case.as_object().and_then(|it| it.get_str(key)).and_then(Value::as_bool) == Some(true)
}

fn member(case: &Value, key: &str) -> Option<Value> {
    case.as_object()?.get_str(key).cloned()
}

/// A value as it is after a round through JSON: sets are arrays, keys are strings.
fn through_json(value: &Value) -> Value {
    Value::from_json(value.to_json(), &JsonLimits::DEFAULT).unwrap()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().cloned().collect();
            items.sort();
            Value::Array(items.into())
        }
        other => other.clone(),
    }
}

fn judge(case: &Value, version: RegoVersion) -> Result<(), String> {
    let modules: Vec<String> = member(case, "modules")
        .and_then(|list| list.as_array().cloned())
        .map(|list| list.iter().filter_map(|it| it.as_str().map(ToOwned::to_owned)).collect())
        .unwrap_or_default();
    let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
    let query = text(case, "query").ok_or("no query")?;
    let mut question = Question::new(&modules, &query);
    question.capture = Capture::Bindings;
    question.version = version;
    question.strict = flag(case, "strict_error");
    question.experimental = flag(case, "experimental_keywords");
    if let Some(data) = member(case, "data") {
        question.data = data;
    }
    if let Some(Value::Object(env)) = member(case, "env") {
        let pairs =
            env.iter().map(|(k, v)| (k.as_str().unwrap().into(), v.as_str().unwrap().into()));
        question.variables = pairs.collect();
    }
    question.input = match text(case, "input_term") {
        Some(input) => Some(term(&input)),
        None => member(case, "input"),
    };
    let outcome = rows(&question);
    let (code, message) = (text(case, "want_error_code"), text(case, "want_error"));
    if code.is_some() || message.is_some() {
        return match outcome {
            Ok(_) => Err(format!("no error, but {code:?} {message:?} wanted")),
            Err(Failure::Eval(error)) => {
                let told = error.to_string();
                if let Some(code) = code
                    && error.code.as_str() != code
                {
                    return Err(format!("{told}\n      code wanted: {code}"));
                }
                match message {
                    Some(message) if !told.contains(&message) => {
                        Err(format!("{told}\n      wanted: {message}"))
                    }
                    _ => Ok(()),
                }
            }
            Err(other) => Err(format!("{other:?}\n      wanted: {code:?} {message:?}")),
        };
    }
    let rows = outcome.map_err(|failure| match failure {
        Failure::Eval(error) => error.to_string(),
        other => format!("{other:?}"),
    })?;
    let Some(wanted) = member(case, "want_result") else { return Err("nothing wanted".into()) };
    let sort = flag(case, "sort_bindings");
    let got = rows.iter().map(|row| {
        Value::object(row.bindings.iter().map(|(name, value)| {
            let value = through_json(value);
            (name.as_str(), if sort { sorted(&value) } else { value })
        }))
    });
    let got = Value::set(got);
    let wanted = Value::set(
        wanted.as_array().map(|it| it.iter().cloned().collect::<Vec<_>>()).unwrap_or_default(),
    );
    if got == wanted { Ok(()) } else { Err(format!("got    {got}\n      wanted {wanted}")) }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn cases(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let document = match path.extension().and_then(|it| it.to_str()) {
        Some("json") => Value::from_json(&text, &JsonLimits::DEFAULT).unwrap(),
        Some("yaml" | "yml") => {
            let json: serde_json::Value = yaml_serde::from_str(&text).unwrap();
            Value::from_json(json.to_string(), &JsonLimits::DEFAULT).unwrap()
        }
        _ => return Vec::new(),
    };
    member(&document, "cases")
        .and_then(|list| list.as_array().cloned())
        .map(|list| list.iter().cloned().collect())
        .unwrap_or_default()
}

fn run(folder: &Path, version: RegoVersion) -> Option<(usize, Vec<String>)> {
    let mut paths = Vec::new();
    files(folder, &mut paths);
    if paths.is_empty() {
        println!("SKIPPED: no cases in {}", folder.display());
        return None;
    }
    let only = std::env::var("REFEREE_OPA_CASE").unwrap_or_default();
    let (mut all, mut failed) = (0, Vec::new());
    for case in paths.iter().flat_map(|path| cases(path)) {
        let note = text(&case, "note").unwrap_or_default();
        if !note.contains(&only) {
            continue;
        }
        all += 1;
        let judged =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge(&case, version)))
                .unwrap_or_else(|_| Err("panicked".into()));
        if let Err(why) = judged {
            println!("FAILED {note}\n      {why}");
            failed.push(note);
        }
    }
    println!("{} of {all} cases hold in {}", all - failed.len(), folder.display());
    Some((all, failed))
}

fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared").join(name)
}

#[test]
fn the_json_cases_hold() {
    let folder =
        std::env::var("REFEREE_OPA_CASES").map_or_else(|_| beside("opa-cases"), Into::into);
    if let Some((_, failed)) = run(&folder.join("v1"), RegoVersion::V1) {
        let failed: Vec<&String> =
            failed.iter().filter(|note| !STALE.contains(&note.as_str())).collect();
        assert!(failed.is_empty(), "{} cases fail", failed.len());
    }
}

#[test]
fn the_suites_hold() {
    let Ok(folder) = std::env::var("REFEREE_OPA_SUITE") else {
        println!("SKIPPED: REFEREE_OPA_SUITE names no folder");
        return;
    };
    let folder = PathBuf::from(folder);
    let v1 = run(&folder.join("v1"), RegoVersion::V1);
    let v0 = run(&folder.join("v0"), RegoVersion::V0);
    let failed: usize = [v1, v0].iter().flatten().map(|(_, failed)| failed.len()).sum();
    assert_eq!(failed, 0, "{failed} cases fail");
}
