//! The depth limit holds whatever it is that stands inside one another: on a stack of 2 MiB, as
//! threads of servers have, the deepest evaluation that is allowed ends with its value, and one
//! level more with an error.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod support;

use referee_rego_builtin::{Context, Meter, NoHost};
use referee_rego_eval::{Arena, Options};
use referee_rego_value::Value;
use std::fmt::Write as _;
use std::thread::Builder;
use std::time::Duration;
use support::{Question, prepare};

/// The stack of a thread of Rust's and of tokio's.
const STACK: usize = 2 << 20;

/// One of many levels: `@` is its number, `#` the next one's. Each rule `r` gives 1, or holds it.
const LEVELS: &[(&str, &str)] = &[
    ("rule", "r@ := r#"),
    ("several definitions", "r@ := x if { x := r#; x > 0 }\nr@ := y if { y := r# + input.none }"),
    ("else", "r@ := 1 if { r# == 2 } else := 2 if { r# == 3 } else := r#"),
    ("default", "default r@ := 7\nr@ := x if { x := r#; x == 1 }"),
    ("function", "r@ := f@(1)\nf@(a) := x if { x := r# * a }"),
    (
        "functions that disagree",
        "r@ := f@(1)\nf@(1) := x if { x := r# }\nf@(a) := a if { r# == a }",
    ),
    ("else of a function", "r@ := f@(1)\nf@(a) := 0 if { a == 2 } else := x if { x := r# }"),
    ("array comprehension", "r@ := [x | some y in [1]; x := r# + y - 1][0]"),
    ("set comprehension", "r@ := x if { some x in {y | y := r#} }"),
    ("object comprehension", "r@ := {\"k\": y | y := r#}.k"),
    ("comprehensions", "r@ := [[{x: z | x := r#; z := x} | true] | true][0][0][1]"),
    ("every", "r@ := 1 if { every x in [1] { x == r# } }"),
    ("every of what is found", "r@ := 1 if { every x in [y | y := r#] { x == 1 } }"),
    ("not", "r@ := 1 if { not n@ }\nn@ if { not r# == 1 }"),
    ("with", "r@ := x if { x := r# with input.at as @ }"),
    ("with a function", "g@(_) := 3\nr@ := x if { x := r# with count as g@ }"),
    ("partial set", "r@ := x if { some x in s@ }\ns@ contains x if { some y in [1]; x := r# * y }"),
    ("key of a partial set", "r@ := 1 if { s@[1] }\ns@ contains x if { x := r# }"),
    ("partial object", "r@ := x if { some \"k\", x in o@ }\no@[k] := x if { k := \"k\"; x := r# }"),
    ("key of a partial object", "r@ := o@.k\no@[k] := x if { some k in [\"k\"]; x := r# }"),
    ("nested heads", "r@ := o@.a.b[1]\no@.a[k][x] := x if { some k in [\"b\"]; x := r# }"),
    ("walk", "r@ := x if { walk([1], [[0], y]); x := r# * y }"),
    ("scan after scan", "r@ := x if { some a in [1]; some b in [1]; some x in [r#]; a == b }"),
    ("builtin", "r@ := max([x | x := abs(r#)])"),
    ("print", "r@ := x if { print(r#); x := r# }"),
    ("template", "r@ := to_number($\"{r#}\")"),
    (
        "a bit of each",
        "r@ := x if { some y in s@; every z in [y] { z == f@(z) }; x := [v | walk([y], [[0], v])][0] }\n\
         s@ contains x if { not n@; x := r# }\nn@ if { r# != 1 } else if { r# == 2 }\n\
         f@(a) := 1 if { {b | some b in s@} == {a} } else := 2",
    ),
];

/// Levels within one another; those that one call has several of stand in turn.
fn levels(bodies: &[&str], count: usize) -> String {
    let mut text = String::from("package t\n");
    for (at, body) in (0..count).zip(bodies.iter().cycle()) {
        let level = body.replace('@', &at.to_string()).replace('#', &(at + 1).to_string());
        writeln!(text, "{level}").unwrap();
    }
    writeln!(text, "r{count} := 1").unwrap();
    text
}

/// What `data.t.r0` is, on a thread of its own; the depth limit is the usual one.
fn told(text: String) -> String {
    let run = move || {
        let modules = [text.as_str()];
        let (program, query) = prepare(&Question::new(&modules, "x = data.t.r0")).unwrap();
        let clock = || Duration::ZERO;
        let meter = Meter::new(&clock, Duration::MAX, u64::MAX, 1 << 32, None);
        let mut context = Context::new(meter, 0, 0, &NoHost, &Value::Null);
        let arena = Arena::new();
        let options = Options::default();
        let mut evaluation = program.evaluation(&arena, None, &mut context, options);
        match evaluation.rows(&query) {
            Ok(rows) => {
                let values = rows.iter().flat_map(|row| &row.bindings);
                values.map(|(_, value)| value.to_string()).collect()
            }
            Err(error) => error.message.clone(),
        }
    };
    Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap()
}

const TOO_DEEP: &str = "the evaluation went deeper than it may";

/// The most levels that are evaluated.
fn most(bodies: &[&str]) -> usize {
    let (mut fits, mut exceeds) = (0, 600);
    while exceeds - fits > 1 {
        let middle = fits + (exceeds - fits) / 2;
        let told = told(levels(bodies, middle));
        assert!(told == "1" || told == TOO_DEEP, "{middle}: {told}");
        if told == "1" { fits = middle } else { exceeds = middle }
    }
    fits
}

#[test]
fn levels_of_each_kind_reach_the_depth_limit_before_the_end_of_the_stack() {
    for (name, body) in LEVELS {
        assert_eq!(told(levels(&[body], 600)), TOO_DEEP, "{name}");
        assert!(most(&[body]) >= 60, "{name}");
    }
}

#[test]
fn levels_of_all_kinds_in_turn_reach_the_depth_limit_before_the_end_of_the_stack() {
    let bodies: Vec<&str> = LEVELS.iter().map(|(_, body)| *body).collect();
    assert_eq!(told(levels(&bodies, 600)), TOO_DEEP);
    assert!(most(&bodies) >= 100);
}
