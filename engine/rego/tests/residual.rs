//! Partial evaluation as the front offers it: what is left, what is refused, and its bounds.

#![allow(clippy::unwrap_used, reason = "what the test is made of may fail")]

use referee_core::Timestamp;
use referee_rego::{
    Cancelled, CompileOptions, EngineChoice, EvalBudget, Module, PartialQuestion, Program,
    RegoCode, RegoEngine, RegoError, Residual, Value, World,
};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

fn budget() -> EvalBudget {
    let now = Timestamp::from_unix_seconds(1_700_000_000).unwrap();
    EvalBudget::new(Duration::from_secs(20), now)
}

fn program(text: &str) -> Program {
    let modules = [Module::new("p.rego", text)];
    RegoEngine::compile(&modules, Value::object([]), CompileOptions::DEFAULT).unwrap()
}

fn left(text: &str, query: &str) -> Residual {
    program(text).partial(&PartialQuestion::new(query, budget())).residual.unwrap()
}

fn refused(text: &str, question: &PartialQuestion<'_>) -> RegoError {
    program(text).partial(question).residual.unwrap_err().first().clone()
}

const OWNERS: &str = r#"package p
allow if { input.method == "GET"; input.user == owners[_] }
owners := ["alice", "bob"]
"#;

#[test]
fn each_way_in_which_a_rule_may_hold_is_a_query() {
    let left = left(OWNERS, "data.p.allow == true");
    assert_eq!(
        left.queries_text(),
        [
            r#"input.method = "GET"; "alice" = input.user"#,
            r#"input.method = "GET"; "bob" = input.user"#,
        ]
    );
    assert!(left.support_text().is_empty());
    assert!(!left.never_holds() && !left.always_holds());
}

#[test]
fn what_cannot_hold_leaves_no_query_and_what_always_holds_an_empty_one() {
    let never = left(OWNERS, "data.p.owners[0] == \"eve\"");
    assert!(never.never_holds());
    assert_eq!(never.to_json(), "{}");
    let always = left(OWNERS, "data.p.owners[0] == \"alice\"");
    assert!(always.always_holds());
    assert_eq!(always.to_json(), r#"{"queries":[[]]}"#);
}

#[test]
fn a_default_keeps_the_rule_beside_the_query() {
    let text = "package p\ndefault allow := false\nallow if input.admin\n";
    let left = left(text, "data.p.allow = x");
    assert_eq!(left.queries_text(), ["data.partial.p.allow = x"]);
    assert_eq!(
        left.support_text(),
        ["package partial.p\n\ndefault allow = false\nallow = true if { input.admin }"]
    );
}

#[test]
fn the_known_part_of_the_input_is_put_in() {
    let input = Value::from_json_str(r#"{"method": "GET"}"#).unwrap();
    let unknowns = ["input.user".to_owned()];
    let question = PartialQuestion::new("data.p.allow", budget());
    let question = question.over(Some(&input)).without(Some(&unknowns));
    let left = program(OWNERS).partial(&question).residual.unwrap();
    assert_eq!(left.queries_text(), [r#""alice" = input.user"#, r#""bob" = input.user"#]);
}

#[test]
fn what_gives_something_else_each_time_is_left_unless_asked_for() {
    let text = "package p\nlate if time.now_ns() > input.until\n";
    let mut question = PartialQuestion::new("data.p.late", budget());
    let kept = program(text).partial(&question).residual.unwrap().to_rego();
    assert!(kept.contains("time.now_ns"), "{kept}");
    question.nondeterministic_builtins = true;
    let called = program(text).partial(&question).residual.unwrap().to_rego();
    assert_eq!(called, "gt(1700000000000000000, input.until)");
}

#[test]
fn only_documents_and_variables_can_be_unknown() {
    for text in ["http.send", "1", "{\"a\"}", "foo.bar"] {
        let unknowns = [text.to_owned()];
        let question = PartialQuestion::new("data.p.allow", budget()).without(Some(&unknowns));
        let error = refused(OWNERS, &question);
        assert_eq!(error.code, RegoCode::Parse, "{text}");
        assert!(error.to_string().contains("cannot be unknown"), "{error}");
    }
}

#[test]
fn a_query_that_does_not_compile_is_refused() {
    let unsafe_query = refused(OWNERS, &PartialQuestion::new("x > 1", budget()));
    assert_eq!(unsafe_query.code, RegoCode::UnsafeVar);
    let empty = refused(OWNERS, &PartialQuestion::new("", budget()));
    assert_eq!(empty.code, RegoCode::Parse);
}

#[test]
fn a_failing_builtin_is_undefined_or_an_error_as_in_an_evaluation() {
    let text = "package p\nx if { y := to_number(\"a\"); y > input.z }\n";
    let question = PartialQuestion::new("data.p.x", budget());
    let answer = program(text).partial(&question);
    assert!(answer.residual.unwrap().never_holds());
    assert_eq!(answer.builtin_errors.len(), 1);
    let modules = [Module::new("p.rego", text)];
    let options = CompileOptions::DEFAULT.with_strict_builtin_errors(true);
    let strict = RegoEngine::compile(&modules, Value::object([]), options).unwrap();
    let error = strict.partial(&question).residual.unwrap_err().first().clone();
    assert_eq!(error.code, RegoCode::EvalBuiltin);
}

#[test]
fn the_other_engine_says_that_it_cannot() {
    let modules = [Module::new("p.rego", OWNERS)];
    let options = CompileOptions::DEFAULT.with_engine(EngineChoice::Regorus);
    let program = RegoEngine::compile(&modules, Value::object([]), options).unwrap();
    let answer = program.partial(&PartialQuestion::new("data.p.allow", budget()));
    assert_eq!(
        answer.residual.unwrap_err().first().message,
        "the engine regorus does not evaluate partially"
    );
}

/// Many ways through many rules: 8 to the power of 12 queries.
const WIDE: &str = "package p\nxs := [1, 2, 3, 4, 5, 6, 7, 8]\n\
    all if {\n input.a in xs\n input.b in xs\n input.c in xs\n input.d in xs\n input.e in xs\n\
    input.f in xs\n input.g[_] == xs[_]\n input.h[_] == xs[_]\n input.i[_] == xs[_]\n\
    input.j[_] == xs[_]\n input.k[_] == xs[_]\n input.l[_] == xs[_]\n input.m[_] == xs[_]\n}\n";

#[test]
fn time_steps_memory_and_the_caller_end_what_does_not_end() {
    let never = AtomicBool::new(true);
    let cases = [
        (budget().with_time(Duration::from_millis(200)), None, Cancelled::Time),
        (budget().with_limits(100_000, u64::MAX), None, Cancelled::Steps),
        (budget().with_limits(u64::MAX, 4 << 20), None, Cancelled::Memory),
        (budget(), Some(&never), Cancelled::Caller),
    ];
    for (budget, cancel, expected) in cases {
        let mut question = PartialQuestion::new("data.p.all", budget);
        if let Some(cancel) = cancel {
            question.world = World::NONE.with_cancel(cancel);
        }
        let error = refused(WIDE, &question);
        assert_eq!(error.code, RegoCode::EvalCancel);
        assert_eq!(error.cancelled, Some(expected));
    }
}

#[test]
fn a_long_way_through_many_rules_ends_at_its_bound_and_not_with_the_stack() {
    // Each rule asks the next; all their expressions are open when the last is reached.
    let rule = |at: usize| format!("r{at} if {{ input.x{at} == {at}; r{} }}\n", at + 1);
    let chain = |count: usize| -> String {
        let rules: String = (0..count).map(rule).collect();
        format!("package p\n{rules}r{count} if input.last\n")
    };
    let question = PartialQuestion::new("data.p.r0", budget());
    let left = program(&chain(300)).partial(&question).residual.unwrap();
    assert_eq!(left.len(), 1);
    let error = refused(&chain(9_000), &question);
    assert_eq!(error.cancelled, Some(Cancelled::Depth));
}

#[test]
fn values_that_share_their_parts_are_counted_before_they_are_written_out() {
    let doubled = |at: usize| format!("x{} := [x{at}, x{at}]\n", at + 1);
    let text: String = (0..40).map(doubled).collect();
    let text = format!("package p\nx0 := \"0123456789\"\n{text}same if input.x == x40\n");
    let budget = budget().with_limits(u64::MAX, 64 << 20);
    let error = refused(&text, &PartialQuestion::new("data.p.same", budget));
    assert_eq!(error.cancelled, Some(Cancelled::Memory));
}

#[test]
fn what_would_be_nested_without_end_ends_at_a_bound() {
    let steps: String = (0..3_000).map(|at| format!("x{} := [x{at}]\n", at + 1)).collect();
    let text = format!("package p\nsame if {{\nx0 := input.y\n{steps}x3000 == input.x\n}}\n");
    let error = refused(&text, &PartialQuestion::new("data.p.same", budget()));
    assert_eq!(error.cancelled, Some(Cancelled::Depth));
}

#[test]
fn calls_that_would_grow_without_end_in_one_another_keep_their_variables() {
    let doubled: String = (0..60).map(|at| format!("x{} := x{at} + x{at}\n", at + 1)).collect();
    let text = format!("package p\nsame if {{\nx0 := input.y + 1\n{doubled}x60 == input.x\n}}\n");
    let left = left(&text, "data.p.same");
    assert_eq!(left.len(), 1);
    let text = left.to_rego();
    assert!(text.len() < 100_000, "{} bytes", text.len());
    let nested: String = (0..400).map(|at| format!("x{} := x{at} + 1\n", at + 1)).collect();
    let text = format!("package p\nsame if {{\nx0 := input.y + 1\n{nested}x400 == input.x\n}}\n");
    assert_eq!(self::left(&text, "data.p.same").len(), 1);
}
