//! Values of a few kilobytes whose text has 2^60 parts: whatever is done with them has an end.
//!
//! Each is made twice, so that nothing is equal because it is the same.

#![allow(clippy::unwrap_used, reason = "what the tests share may fail as they may")]

mod support;

use referee_rego::Value;
use std::fmt::Write;
use support::{MEMORY, peak, told_within};

/// Two of each kind, of sixty levels: arrays, objects, sets, and objects with keys like that.
fn shared() -> String {
    let mut text = "package p\n".to_owned();
    for twin in ["one", "two"] {
        writeln!(text, "{twin}_a0 := [input.leaf]").unwrap();
        writeln!(text, "{twin}_o0 := {{\"l\": input.leaf}}").unwrap();
        writeln!(text, "{twin}_s0 := {{input.leaf}}").unwrap();
        writeln!(text, "{twin}_k0 := {{[input.leaf]: 1}}").unwrap();
        for (at, below) in (1..=60).zip(0..) {
            writeln!(text, "{twin}_a{at} := [{twin}_a{below}, {twin}_a{below}]").unwrap();
            let members = format!("\"l\": {twin}_o{below}, \"r\": {twin}_o{below}");
            writeln!(text, "{twin}_o{at} := {{{members}}}").unwrap();
            let elements = format!("[{twin}_s{below}, 0], [{twin}_s{below}, 1]");
            writeln!(text, "{twin}_s{at} := {{{elements}}}").unwrap();
            writeln!(text, "{twin}_k{at} := {{[{twin}_k{below}]: {twin}_k{below}}}").unwrap();
        }
    }
    text
}

/// What comes of each of these bodies, in which `ONE` and `TWO` are equal.
fn check(kinds: &[&str], cases: &[(&str, &str)]) {
    let input = Value::object([("leaf", Value::from("x"))]);
    // Few steps, so that what has no end is soon given up.
    let budget = support::budget().with_limits(1_000_000, MEMORY);
    for kind in kinds {
        for (body, expected) in cases {
            let body = body.replace("ONE", &format!("one_{kind}60"));
            let text = format!("{}{}\n", shared(), body.replace("TWO", &format!("two_{kind}60")));
            let told = told_within(&text, &input, &budget);
            assert_eq!(&told, expected, "{kind}: {body}");
        }
    }
    // What the process took, not what it says it took.
    assert!(peak().is_none_or(|peak| peak < 4 * MEMORY), "{peak:?}", peak = peak());
}

const ALL: &[&str] = &["a", "o", "s", "k"];

#[test]
fn they_are_compared_put_in_order_and_looked_up_at_once() {
    check(
        ALL,
        &[
            ("x := ONE == TWO", "true"),
            ("x := ONE != TWO", "false"),
            ("x := ONE < TWO", "false"),
            ("x := ONE >= TWO", "true"),
            ("x := 1 if ONE = TWO", "1"),
            ("x := [ONE] == [TWO, TWO]", "false"),
            ("x := ONE in [1, TWO]", "true"),
            ("x := ONE in {1, TWO}", "true"),
            ("x := count({ONE, TWO})", "1"),
            ("x := {ONE: 1}[TWO]", "1"),
            ("x := count(sort([ONE, TWO]))", "2"),
            ("x := max([ONE, TWO]) == ONE", "true"),
            ("x := count({ONE, 1} | {TWO})", "2"),
            ("x := count({ONE, 1} & {TWO})", "1"),
            ("x := count({ONE, 1} - {TWO})", "1"),
            ("x := count(union({{ONE}, {TWO}}))", "1"),
            ("x := count({v | some v in [ONE, TWO]})", "1"),
            ("x := count({v: 1 | some v in [ONE, TWO]})", "1"),
            ("x := object.remove({ONE: 1}, [TWO])", "{}"),
            ("x := count(object.filter({ONE: 1}, [TWO]))", "1"),
        ],
    );
}

#[test]
fn they_pass_through_rules_functions_and_replacements() {
    check(
        ALL,
        &[
            ("x := f(ONE) + f(TWO)\nf(q) := 1 if q == ONE", "2"),
            ("x := y[TWO]\ny[q] := 1 if q := ONE", "1"),
            ("x := count(y)\ny contains ONE\ny contains TWO", "1"),
            ("x := 7 if y[TWO]\ny contains ONE", "7"),
            ("x := z if z := y with input as [ONE]\ny := count(input)", "1"),
            ("x := z if z := y with data.z as ONE\ny := data.z == TWO", "true"),
            ("x := count(z) if z := y with y as [ONE]\ny := 1", "1"),
            ("x := 1 if { every v in [ONE, TWO] { v == ONE } }", "1"),
            ("x := y\ny := ONE == TWO\ny := TWO == ONE", "true"),
        ],
    );
}

#[test]
fn they_are_written_only_as_far_as_there_is_room() {
    let steps = "eval_cancel_error: the evaluation took more steps than it may";
    check(
        ALL,
        &[
            ("x := count(json.marshal(ONE))", steps),
            ("x := count(json.marshal_with_options(ONE, {\"pretty\": true}))", steps),
            ("x := count(yaml.marshal(ONE))", steps),
            ("x := count(sprintf(\"%v\", [ONE]))", steps),
            ("x := count(sprintf(\"%d\", [ONE]))", steps),
            ("x := count($\"{ONE}\")", steps),
            ("x if print(ONE)", steps),
            ("x := count(strings.render_template(\"{{.q}}\", {\"q\": ONE}))", steps),
            ("x := ONE", steps),
        ],
    );
}

#[test]
fn they_are_walked_and_gone_through_only_as_far_as_there_is_room() {
    let steps = "eval_cancel_error: the evaluation took more steps than it may";
    let memory = "eval_cancel_error: the evaluation took more memory than it may";
    check(
        &["a", "o"],
        &[
            ("x := count([1 | walk(ONE, [_, _])])", steps),
            ("x if { walk(ONE, [_, v]); v == 7 }", steps),
            ("x := json.match_schema({\"q\": ONE}, {\"type\": \"object\"})[0]", steps),
            ("x := json.verify_schema({\"q\": ONE})[0]", steps),
        ],
    );
    check(&["a"], &[("x := count([v | walk(ONE, [v, _])])", memory)]);
}

#[test]
fn they_are_changed_without_being_gone_through() {
    check(
        &["o"],
        &[
            (
                "x := count(json.patch(ONE, [{\"op\": \"add\", \"path\": \"/l/l/n\", \"value\": 1}]).l.l)",
                "3",
            ),
            (
                "x := json.patch({\"q\": ONE}, [{\"op\": \"test\", \"path\": \"/q\", \"value\": TWO}]).q == TWO",
                "true",
            ),
            ("x := count(json.remove(ONE, [\"l/r/l\"]).l.r)", "1"),
            ("x := count(json.filter(ONE, [\"l/r/l\"]).l.r)", "1"),
            ("x := count(object.union(ONE, {\"n\": 1}))", "3"),
        ],
    );
}

#[test]
fn errors_show_only_so_much_of_them() {
    let input = Value::object([("leaf", Value::from("x"))]);
    for (body, expected) in [
        (
            "json.patch({\"q\": one_a60}, [{\"op\": \"test\", \"path\": \"/q\", \"value\": 1}])",
            "json.patch: value from EditTree != patch value.",
        ),
        (
            "json.patch({one_s60}, [{\"op\": \"remove\", \"path\": [\"q\"]}])",
            "json.patch: cannot delete child key \"q\" that does not exist",
        ),
        (
            "json.marshal_with_options(1, {one_a60: 1})",
            "json.marshal_with_options: operand 2 failed to stringify key [[",
        ),
    ] {
        let text = format!("{}x := {body}\n", shared());
        let told = told_within(&text, &input, &support::budget());
        let (_, message) = told.split_once(": ").unwrap();
        assert!(message.starts_with(expected), "{body}: {:.100}", told);
        assert!(message.len() < 200_000, "{body}: {}", message.len());
    }
}
