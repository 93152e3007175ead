//! Policies that are made to exhaust the compiler.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the test is made of may fail as it may"
)]

use referee_rego_compile::{Options, QueryOptions, compile, compile_query};
use referee_rego_syntax::ast::Module;
use referee_rego_syntax::{Code, Error, ParseOptions, parse_body, parse_module};
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than any of these may take in an unoptimized build on a busy machine.
const LONG: Duration = Duration::from_secs(60);

fn module(text: &str) -> Module {
    parse_module("m.rego", text, &ParseOptions::default()).unwrap()
}

fn errors_of(text: &str) -> Vec<Error> {
    compile(vec![(Arc::from("m.rego"), module(text))], &Options::default())
        .err()
        .unwrap_or_default()
}

/// As deep as the parser lets it be.
fn deepest(make: impl Fn(usize) -> String) -> Module {
    let fits = |depth: usize| parse_module("m.rego", &make(depth), &ParseOptions::default());
    let (mut good, mut bad) = (1, 600);
    while bad - good > 1 {
        let middle = usize::midpoint(good, bad);
        if fits(middle).is_ok() { good = middle } else { bad = middle }
    }
    fits(good).unwrap()
}

fn compile_deepest(make: impl Fn(usize) -> String) {
    let module = deepest(make);
    // The stack that threads have unless another is asked for.
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let run = move || {
        let _ = compile(vec![(Arc::from("m.rego"), module)], &Options::default());
    };
    thread.spawn(run).unwrap().join().unwrap();
}

#[test]
fn the_deepest_arrays_that_are_parsed_are_compiled_on_a_usual_stack() {
    compile_deepest(|depth| format!("package p\na := {}{}", "[".repeat(depth), "]".repeat(depth)));
}

#[test]
fn the_deepest_comprehensions_that_are_parsed_are_compiled_on_a_usual_stack() {
    compile_deepest(|depth| {
        format!("package p\na := {}1{}", "[x | x := ".repeat(depth), "]".repeat(depth))
    });
}

#[test]
fn the_deepest_calls_that_are_parsed_are_compiled_on_a_usual_stack() {
    compile_deepest(|depth| {
        format!("package p\na := {}[1]{}", "count(".repeat(depth), ")".repeat(depth))
    });
}

#[test]
fn the_deepest_every_that_is_parsed_is_compiled_on_a_usual_stack() {
    compile_deepest(|depth| {
        format!(
            "package p\na if {{ {}true{} }}",
            "every x in [1] { x; ".repeat(depth),
            "}".repeat(depth)
        )
    });
}

#[test]
fn the_deepest_sets_in_sets_are_compiled_on_a_usual_stack() {
    compile_deepest(|depth| {
        format!("package p\na := {}input.x{}", "{1, ".repeat(depth), "}".repeat(depth))
    });
}

#[test]
fn statements_in_comprehensions_in_statements_do_not_take_for_ever() {
    let start = Instant::now();
    let depth = 40;
    let open = "x := [1 | every y in [1] { y; ".repeat(depth);
    let text = format!("package p\na if {{ {open}true{} }}", "}]".repeat(depth));
    if let Ok(module) = parse_module("m.rego", &text, &ParseOptions::default()) {
        let errors = compile(vec![(Arc::from("m.rego"), module)], &Options::default()).err();
        let errors = errors.unwrap_or_default();
        assert!(errors.iter().all(|error| error.code == Code::Compile), "{errors:?}");
    }
    assert!(start.elapsed() < LONG);
}

#[test]
fn a_long_body_in_the_wrong_order_is_put_into_order_in_time() {
    let mut text = "package p\na if {\n".to_owned();
    for at in 0..3_000 {
        writeln!(text, "  x{at} = x{} + 1", at + 1).unwrap();
    }
    text.push_str("  x3000 = 1\n}");
    let start = Instant::now();
    assert!(errors_of(&text).is_empty());
    assert!(start.elapsed() < LONG);
}

#[test]
fn a_long_chain_of_rules_needs_no_deep_stack() {
    let mut text = "package p\n".to_owned();
    for at in 0..5_000 {
        writeln!(text, "a{at} := a{}", at + 1).unwrap();
    }
    text.push_str("a5000 := 1");
    assert!(errors_of(&text).is_empty());
}

#[test]
fn a_long_cycle_of_rules_is_told_up_to_the_limit() {
    let mut text = "package p\n".to_owned();
    for at in 0..1_000 {
        writeln!(text, "a{at} := a{}", (at + 1) % 1_000).unwrap();
    }
    let errors = errors_of(&text);
    assert_eq!(errors.len(), 11);
    assert_eq!(errors.first().unwrap().code, Code::Recursion);
    assert_eq!(errors.last().unwrap().message, "error limit reached");
}

#[test]
fn many_references_to_everything_share_their_lists() {
    let mut text = "package p\n".to_owned();
    for at in 0..1_500 {
        writeln!(text, "a{at} := data.q[input.x]").unwrap();
    }
    let mut other = "package q\n".to_owned();
    for at in 0..1_500 {
        writeln!(other, "b{at} := {at}").unwrap();
    }
    let start = Instant::now();
    let modules = vec![(Arc::from("m.rego"), module(&text)), (Arc::from("n.rego"), module(&other))];
    assert!(compile(modules, &Options::default()).is_ok());
    assert!(start.elapsed() < LONG);
}

#[test]
fn many_rules_within_one_another_are_told_in_time() {
    let mut text = "package p\na := 1\n".to_owned();
    for at in 0..3_000 {
        writeln!(text, "a.b{at} := {at}").unwrap();
    }
    let errors = errors_of(&text);
    assert_eq!(errors.len(), 1);
    assert!(errors.first().unwrap().message.starts_with("rule data.p.a conflicts with:\n"));
}

#[test]
fn an_empty_query_is_refused() {
    let compiled = compile(Vec::new(), &Options::default()).unwrap();
    let errors = compile_query(&compiled, Vec::new(), &QueryOptions::default()).unwrap_err();
    let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(messages, ["rego_compile_error: empty query cannot be compiled"]);
}

#[test]
fn a_query_with_more_errors_than_the_limit_is_cut() {
    let compiled = compile(Vec::new(), &Options::default()).unwrap();
    let text: Vec<String> = (0..20).map(|at| format!("x{at} > 1")).collect();
    let body = parse_body(&text.join("; "), &ParseOptions::default()).unwrap();
    let errors = compile_query(&compiled, body, &QueryOptions::default()).unwrap_err();
    assert_eq!(errors.len(), 11);
    assert_eq!(errors.last().unwrap().message, "error limit reached");
}
