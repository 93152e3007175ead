//! The tests that a program has: their names and what becomes of them.

use referee_core::Timestamp;
use referee_rego::{CompileOptions, EvalBudget, Module, RegoEngine, TestOptions, TestRules, Value};
use std::time::Duration;

#[test]
fn tests_of_one_name_are_numbered_and_named_as_opa_names_them() {
    let text = "package p\n\ntest_a := true\n\ntest_a := false\n\ngroup.test_b := true\n\n\
                group.test_b := true\n\ntodo_test_c := false\n";
    let options = CompileOptions::DEFAULT.with_tests(TestRules::Cases);
    let program =
        RegoEngine::compile(&[Module::new("p.rego", text)], Value::object([]), options).unwrap();
    let budget = EvalBudget::new(Duration::from_secs(60), Timestamp::UNIX_EPOCH);
    let options = TestOptions::new(budget);
    let tests = program.tests();
    let found = tests.iter().map(|test| {
        let result = program.run_test(test, &options, &|| Duration::ZERO);
        (test.name.as_str(), format!("{:?}", result.outcome))
    });
    let found: Vec<_> = found.collect();
    let found: Vec<_> = found.iter().map(|(name, outcome)| (*name, outcome.as_str())).collect();
    let wanted = [
        ("test_a", "Pass"),
        ("test_a#01", "Fail { cases: [] }"),
        ("group.test_b", "Pass"),
        ("group[\"test_b#01\"]", "Pass"),
        ("todo_test_c", "Skipped"),
    ];
    assert_eq!(found, wanted);
}
