//! The library in Referee's own engine: its tests, and that it is fast enough for the largest SBOMs.

#![allow(clippy::unwrap_used, reason = "what the tests share may fail as they may")]

use referee_core::Timestamp;
use referee_policies::library;
use referee_rego::{
    CompileOptions, EvalBudget, Module, Program, RegoEngine, TestOutcome, Value, run_tests,
};
use serde_json::{Value as Json, json};
use std::time::Duration;

fn program(more: &[(&str, &str)]) -> Program {
    let mut all: Vec<_> =
        library().iter().map(|module| Module::new(module.name, module.text)).collect();
    all.extend(more.iter().map(|(name, text)| Module::new(*name, *text)));
    RegoEngine::compile(&all, Value::object([]), CompileOptions::DEFAULT).unwrap()
}

fn budget() -> EvalBudget {
    EvalBudget::new(Duration::from_secs(60), Timestamp::UNIX_EPOCH)
}

#[test]
fn the_library_passes_its_own_tests() {
    let program = program(&[
        ("licenses_test.rego", include_str!("lib/licenses_test.rego")),
        ("packages_test.rego", include_str!("lib/packages_test.rego")),
    ]);
    let zero = || Duration::ZERO;
    let results = run_tests(&program, &|_, _| true, &Value::object([]), &budget(), &zero);
    let failed: Vec<_> = results.iter().filter(|r| r.outcome != TestOutcome::Pass).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(results.len() >= 17, "only {} tests", results.len());
    println!("FIGURE library: {} tests in Rego", results.len());
}

/// An SBOM of so many packages with some hundred licences.
fn sbom(packages: usize) -> Json {
    let text = |at: usize| format!("LicenseRef-{} OR MIT", at % 300);
    let entries: Vec<_> = (0..packages)
        .map(|at| {
            json!({
                "id": format!("SPDXRef-{at}"), "name": format!("package-{at}"), "version": "1",
                "purl": format!("pkg:deb/debian/package-{at}@1.{at}?arch=amd64"),
                "license_declared": text(at), "license_concluded": null,
            })
        })
        .collect();
    let licenses: serde_json::Map<_, _> = (0..300)
        .map(|at| {
            let own = format!("LicenseRef-{at}");
            let names = if at == 7 { json!([own]) } else { json!([own, "MIT"]) };
            let ways = if at == 7 { json!([[own]]) } else { json!([[own], ["MIT"]]) };
            let license = json!({
                "status": "expression", "alternatives": ways, "alternatives_omitted": false,
                "licenses": names,
            });
            (text(at), license)
        })
        .collect();
    json!({"truncated": false, "packages": entries, "licenses": licenses})
}

#[test]
fn seventy_thousand_packages_are_judged_within_the_budget() {
    let judge = "package judge\n\n\
        offending := data.referee.licenses.offending(input, [\"MIT\"])\n\n\
        matching := data.referee.packages.matching(input, \"pkg:deb/debian/package-1*@1.*\")\n";
    let program = program(&[("judge.rego", judge)]);
    let input = Value::from_json(sbom(70_000)).unwrap();
    let count = |query: &str| {
        let found = program.eval(query, &input, &budget()).unwrap().unwrap();
        found.to_json().as_array().unwrap().len()
    };
    assert_eq!(count("data.judge.offending"), 234);
    assert_eq!(count("data.judge.matching"), 11_111);
}
