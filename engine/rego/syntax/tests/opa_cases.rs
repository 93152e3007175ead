//! The modules and queries of OPA's own compliance cases: each is read, or refused as wanted.
//!
//! They lie outside the repository; the environment variable REFEREE_OPA_CASES names another
//! folder than the usual one.

#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use referee_rego_syntax::{Error, ParseOptions, parse_module, parse_query};
use referee_rego_value::{JsonLimits, Value};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    std::env::var_os("REFEREE_OPA_CASES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/opa-cases/v1"),
        PathBuf::from,
    )
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case.as_object().and_then(|case| case.get_str(name)).and_then(Value::as_str).unwrap_or_default()
}

/// What is wrong with the sources of a case, as OPA says it.
fn errors(case: &Value) -> Vec<Error> {
    let modules =
        case.as_object().and_then(|case| case.get_str("modules")).and_then(Value::as_array);
    let modules =
        modules.map(|modules| modules.iter().filter_map(Value::as_str).collect::<Vec<_>>());
    let mut errors = Vec::new();
    for (index, module) in modules.unwrap_or_default().into_iter().enumerate() {
        let options = ParseOptions::default().with_annotations(true);
        errors.extend(
            parse_module(&format!("test-{index}.rego"), module, &options).err().unwrap_or_default(),
        );
    }
    let options = ParseOptions { skip_rules: true, ..ParseOptions::default() };
    errors.extend(parse_query(text(case, "query"), &options).err().unwrap_or_default());
    errors
}

#[test]
fn every_case_is_read_or_refused_as_wanted() {
    let Ok(files) = std::fs::read_dir(folder()) else {
        println!("SKIPPED: no cases in {}", folder().display());
        return;
    };
    let mut count = 0;
    for file in files.flatten() {
        let Ok(content) = std::fs::read(file.path()) else { continue };
        let Ok(document) = Value::from_json(content, &JsonLimits::DEFAULT) else { continue };
        let cases =
            document.as_object().and_then(|one| one.get_str("cases")).and_then(Value::as_array);
        for case in cases.into_iter().flat_map(|cases| cases.iter()) {
            count += 1;
            let errors = errors(case);
            let wanted = text(case, "want_error_code") == "rego_parse_error";
            assert_eq!(!errors.is_empty(), wanted, "{}: {errors:?}", text(case, "note"));
            if wanted {
                let told = errors.iter().map(Error::to_string).collect::<Vec<_>>().join("\n");
                let error = text(case, "want_error");
                assert!(told.contains(error), "{}: {told}", text(case, "note"));
            }
        }
    }
    println!("{count} cases");
}
