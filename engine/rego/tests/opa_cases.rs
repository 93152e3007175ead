//! OPA's own compliance cases through the front.
//!
//! They lie outside the repository (their SOURCES.md says where they come from); the environment
//! variable REFEREE_OPA_CASES names another folder. The counts are held to a floor, which is
//! raised whenever more pass.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what the test is made of may fail and print as it may"
)]

use referee_core::Timestamp;
use referee_rego::{CompileOptions, EvalBudget, Module, RegoEngine, RegoError, Value};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many of the 2,067 cases must pass.
const FLOOR: usize = 1_597;

/// How many of the errors that are wanted must come with OPA's code.
const CODE_FLOOR: usize = 139;

#[derive(Deserialize)]
struct Folder {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    note: String,
    query: String,
    #[serde(default)]
    modules: Vec<String>,
    data: Option<Json>,
    input: Option<Json>,
    input_term: Option<String>,
    want_result: Option<Vec<Json>>,
    want_error_code: Option<String>,
    want_error: Option<String>,
    #[serde(default)]
    sort_bindings: bool,
    #[serde(default)]
    strict_error: bool,
    #[serde(default)]
    ignore_generated_vars: bool,
}

fn budget() -> EvalBudget {
    EvalBudget::new(Duration::from_secs(10), Timestamp::from_unix_seconds(1_700_000_000).unwrap())
}

fn evaluate(case: &Case) -> Result<Vec<Json>, RegoError> {
    let modules: Vec<_> = case
        .modules
        .iter()
        .enumerate()
        .map(|(position, text)| Module::new(format!("module-{position}.rego"), text.as_str()))
        .collect();
    let data = case.data.clone().unwrap_or_else(|| Json::Object(serde_json::Map::new()));
    let options = CompileOptions::DEFAULT.with_strict_builtin_errors(case.strict_error);
    let program = RegoEngine::compile(&modules, Value::from_json(data).unwrap(), options)
        .map_err(|errors| errors.first().clone())?;
    let input = match (&case.input, &case.input_term) {
        (Some(input), _) => Some(Value::from_json(input.clone()).unwrap()),
        (None, Some(term)) => {
            let results = program.query_with(term, None, &budget())?;
            results.rows.first().map(|row| row.expressions[0].value.clone())
        }
        (None, None) => None,
    };
    let results = program.query_with(&case.query, input.as_ref(), &budget())?;
    let holds = |row: &referee_rego::QueryRow| {
        row.expressions.iter().all(|expression| expression.value.as_bool() != Some(false))
    };
    let rows = results.rows.into_iter().filter(holds);
    let rows = rows.map(|row| {
        let bindings = row.bindings.into_iter();
        let bindings =
            bindings.filter(|(name, _)| !case.ignore_generated_vars || !name.starts_with('$'));
        bindings.map(|(name, value)| (name, value.to_json())).collect()
    });
    Ok(rows.collect())
}

/// A form in which equal results have equal text.
fn canonical(rows: &[Json], sort_arrays: bool) -> Vec<String> {
    let mut texts: Vec<_> = rows
        .iter()
        .map(|row| {
            let mut row = normal(row);
            if sort_arrays {
                for value in row.as_object_mut().into_iter().flat_map(|row| row.values_mut()) {
                    if let Json::Array(elements) = value {
                        elements.sort_by_key(referee_core::json::canonical);
                    }
                }
            }
            referee_core::json::canonical(&row)
        })
        .collect();
    texts.sort();
    texts.dedup();
    texts
}

/// 1.0 and 1 are one number.
fn normal(value: &Json) -> Json {
    match value {
        Json::Number(number) => {
            let float = number.as_f64().unwrap_or(f64::NAN);
            let small = float.fract() == 0.0 && float.abs() < 1e15;
            if small {
                Json::from(format!("{float}").parse::<i64>().unwrap())
            } else {
                value.clone()
            }
        }
        Json::Array(elements) => elements.iter().map(normal).collect(),
        Json::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), normal(value))).collect()
        }
        other => other.clone(),
    }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    codes_right: usize,
    codes_wrong: BTreeMap<(String, &'static str), usize>,
}

fn judge(case: &Case, folder: &str, tally: &mut Tally) {
    let verbose = std::env::var_os("REFEREE_OPA_CASES_VERBOSE").is_some();
    let result = evaluate(case);
    let passed = match (&result, &case.want_result) {
        (Ok(rows), Some(wanted)) => {
            canonical(rows, case.sort_bindings) == canonical(wanted, case.sort_bindings)
        }
        (Err(error), None) => {
            if let Some(code) = &case.want_error_code {
                if error.code.as_str() == code {
                    tally.codes_right += 1;
                } else {
                    *tally.codes_wrong.entry((code.clone(), error.code.as_str())).or_default() += 1;
                    if verbose {
                        println!(
                            "CODE {folder}/{}: wanted {code} {:?}, got {error}",
                            case.note, case.want_error
                        );
                    }
                }
            }
            true
        }
        // What neither wants a result nor an error wants nothing defined.
        (Ok(rows), None) => {
            case.want_error_code.is_none() && case.want_error.is_none() && rows.is_empty()
        }
        (Err(_), Some(_)) => false,
    };
    if passed {
        tally.passed += 1;
    } else {
        tally.failed += 1;
        if verbose {
            println!(
                "FAIL {folder}/{}: {}",
                case.note,
                match &result {
                    Ok(rows) => format!(
                        "got {:?}, wanted {:?}",
                        canonical(rows, case.sort_bindings),
                        case.want_result.as_deref().map(|w| canonical(w, case.sort_bindings))
                    ),
                    Err(error) => error.to_string(),
                }
            );
        }
    }
}

/// Writes past the test harness's capture: a skip, or a figure, must be seen.
fn aloud(line: &str) {
    use std::io::Write as _;
    let _seen = writeln!(std::io::stderr(), "{line}");
}

#[test]
fn as_many_of_opas_cases_pass_as_ever() {
    let folder = std::env::var_os("REFEREE_OPA_CASES").map_or_else(
        // Beside the checkout, where other projects' test data is kept.
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/opa-cases/v1"),
        PathBuf::from,
    );
    if !folder.is_dir() {
        aloud(&format!("SKIPPED OPA cases: no folder {}; set REFEREE_OPA_CASES", folder.display()));
        return;
    }
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let mut tally = Tally::default();
    for file in &files {
        let name = file.file_stem().map(Path::new).unwrap().display().to_string();
        let text = std::fs::read_to_string(file).unwrap();
        let cases: Folder = serde_json::from_str(&text).unwrap();
        for case in &cases.cases {
            judge(case, &name, &mut tally);
        }
    }
    aloud(&format!(
        "FIGURE OPA cases by regorus: {} passed, {} failed",
        tally.passed, tally.failed
    ));
    println!("{} errors with OPA's code; others {:?}", tally.codes_right, tally.codes_wrong);
    assert!(tally.passed >= FLOOR, "only {} cases pass, {FLOOR} did", tally.passed);
    assert!(tally.codes_right >= CODE_FLOOR, "only {} codes are right", tally.codes_right);
}
