//! OPA's own compliance cases: what OPA compiles is compiled, what it refuses is refused.
//!
//! They lie outside the repository; the environment variable REFEREE_OPA_CASES names another
//! folder than the usual one.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what the test is made of may fail and print as it may"
)]

use referee_rego_compile::{Options, QueryOptions, compile, compile_query};
use referee_rego_syntax::{Error, ParseOptions, parse_body, parse_module};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder() -> PathBuf {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/opa-cases");
    std::env::var_os("REFEREE_OPA_CASES").map_or_else(usual, PathBuf::from).join("v1")
}

fn run(case: &Json) -> Result<(), Vec<Error>> {
    let texts = case["modules"].as_array().into_iter().flatten().enumerate();
    let modules: Result<Vec<_>, Vec<Error>> = texts
        .map(|(at, text)| {
            let name = format!("test-{at}.rego");
            let options = ParseOptions::default();
            let module = parse_module(&name, text.as_str().unwrap(), &options)?;
            Ok((Arc::from(name), module))
        })
        .collect();
    let compiled = compile(modules?, &Options::default())?;
    let body = parse_body(case["query"].as_str().unwrap(), &ParseOptions::default())?;
    compile_query(&compiled, body, &QueryOptions::default()).map(|_| ())
}

#[test]
fn what_opa_compiles_is_compiled_and_what_it_refuses_is_refused() {
    let Ok(files) = std::fs::read_dir(folder()) else {
        println!("SKIPPED: there are no cases of OPA at {}", folder().display());
        return;
    };
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in files {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let document: Json = serde_json::from_str(&text).unwrap();
        for case in document["cases"].as_array().unwrap() {
            // OPA's runner adds this builtin for its tests.
            if case["modules"].to_string().contains("test.sleep") {
                continue;
            }
            count += 1;
            let wanted = case["want_error_code"].as_str().filter(|code| code.starts_with("rego_"));
            let code = run(case).err().and_then(|errors| errors.first().map(|error| error.code));
            if code.map(referee_rego_syntax::Code::as_str) != wanted {
                wrong.push(format!("{}: {code:?}", case["note"]));
            }
        }
    }
    println!("{count} cases");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
