//! Policies that are written to take long or to overflow the stack.

#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot be set up fails, and its helpers are a module that others use too"
)]

mod support;

use std::time::Instant;
use support::{World, errors};

/// Far more than is needed, far less than what an exponential check takes.
const SECONDS: u64 = 20;

fn quickly(text: &str) -> Vec<String> {
    let start = Instant::now();
    let errors = errors(text);
    assert!(start.elapsed().as_secs() < SECONDS, "{} s", start.elapsed().as_secs());
    errors
}

#[test]
fn nested_comprehensions_take_no_exponential_time() {
    let nested = (0..40).fold("1".to_owned(), |inner, at| format!("[x{at} | x{at} = {inner}]"));
    assert!(quickly(&format!("p if {{ y = {nested}; z = y }}")).is_empty());
}

#[test]
fn variables_that_double_each_other_take_no_exponential_time() {
    let steps: Vec<String> = (0..300).map(|at| format!("x{} = [x{at}, x{at}]", at + 1)).collect();
    let body = steps.join("; ");
    assert!(quickly(&format!("p if {{ x0 = 1; {body} }}")).is_empty());
    let other = body.replace('x', "y");
    let text =
        format!("p if {{ x0 = 1; {body}; y0 = 1; {other}; x200 = y200; count(x200, \"a\") }}");
    assert_eq!(quickly(&text).len(), 1);
    for use_of in ["x200.a.b", "x200 = 1", "startswith(x200, x200)", "x200[0].a"] {
        let text =
            format!("p if {{ x0 = 1; {body}; y = {use_of} }}").replace("y = x200 = ", "x200 = ");
        assert_eq!(quickly(&text).len(), 1, "{use_of}");
    }
}

#[test]
fn many_definitions_of_different_types_make_one_union() {
    let rules: Vec<String> =
        (1..600).map(|at| format!("p = [{}]", vec!["1"; at].join(", "))).collect();
    let text = format!("{}\nq if {{ data.test.p = x; x[0] = \"a\" }}", rules.join("\n"));
    assert_eq!(quickly(&text).len(), 1);
}

#[test]
fn long_references_are_checked_without_recursion() {
    let path = ".a".repeat(20_000);
    assert!(
        quickly(&format!(
            "p if {{ input{path} = 1; data.x{path} }}\nq if {{ data.test.p with input{path} as 1 }}"
        ))
        .is_empty()
    );
    let world = World { annotations: vec![("p", "input.a.a.a", "{}")], ..World::default() };
    assert!(world.errors(&format!("p if {{ input{path} }}")).is_empty());
}

#[test]
fn large_tables_are_looked_into_often() {
    let table: Vec<String> = (0..5_000).map(|at| format!("\"k{at}\": {{\"v\": {at}}}")).collect();
    let uses: Vec<String> = (0..500)
        .map(|at| format!("p{at} if {{ data.test.t[x].v = y; y = {at}; x = input.k }}"))
        .collect();
    let text = format!("t = {{{}}}\n{}", table.join(", "), uses.join("\n"));
    assert!(quickly(&text).is_empty());
}
