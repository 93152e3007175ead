//! The order in which values are found and used, which prints, conflicts and errors show: OPA hands
//! the first value of a rule on and looks for others afterwards. What is wanted is what `opa eval
//! --strict-builtin-errors` says.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod support;

use referee_rego_builtin::{Context, Meter, NoHost};
use referee_rego_eval::{Arena, Options};
use referee_rego_syntax::Location;
use referee_rego_value::{JsonLimits, Value};
use std::time::Duration;
use support::{Question, prepare};

const MODULE: &str = r#"package t

several(xs) := y if { some x in xs; print("several", x); y := x }
caller if { x := several([1, 2]); print("caller", x) }
twice if { x := several([3, 3]); print("twice", x) }

walked(x) := w if walk({x}, [_, w])
early if v := walked(1)
each if every x in [1, 2] { walked(x) }
full := [v | v := walked(1)]

inner := 1
inner := y if { y := 1; print("inner") }
middle(x) := inner if { print("middle", x) }
middle(x) := 1 if { print("second", x) }
outer if { y := middle("m"); print("outer", y) }

mixed := x if some x in {1, "b"}
doc.a := "s"
doc.a := mixed

negated if not several([1, 2])
denied if { x := 1; not no(x) }
no(x) := y if { some y in [false, false]; print("no", x, y) }

strictly if { x := fails; count(input.n) == x }
fails := 1
fails := 2 if { to_number("x") == 1 }

every_one(a) := "x" if { every k, e in a { k == e } }
every_one(a) := input.c if true
called := every_one([])

none() := x if { x := {1, 2}[_] }

elsed := x if { some x in [1, 1]; print("elsed", x) } else := 2 if { print("else") }
elsed := 1 if { print("elsed third") }
used if { elsed == 1; print("used") }
unused if { elsed == 2; print("unused") }

keyed if { some k in ["a", "b"]; x := sub[k]; print("keyed", k, x) }
sub[k] := v if { some k, v in {"a": 1, "b": 2}; print("sub", k) }
withs if { some x in [1, 2]; read with input as {"x": x}; print("withs", x) }
read := y if { some y in [input.x, input.x]; print("read", y) }
read := input.x if print("read again")
known if { a := memo; b := memo; print("known", a, b) }
memo := 1 if print("memo 1")
memo := x if { some x in [1, 1]; print("memo", x) }
list := [several([x, x]) | some x in [1, 2]]
either if { x := several([1, 1]); x == 2 }
either if { x := several([1, 1]); x == 1 }
kinds.before if input.n == {1 | print("before")}
kinds.after if {1 | print("after")} == input.n
kinds.known if { x := input.n; x == [1 | print("known")] }
kinds.second if { x := input.n; [1 | print("second")] == x }
kinds.same if { x := input.list; x == [1 | print("same")] }
kinds.object if { input.list == {k: 1 | some k in [1]; print("object")} }
documents if { not data.base == {1 | print("document")}; not data.none == {1 | print("none")} }
listed if every x in {lower("B"), "c", lower("b")} { print("listed", x) }
"#;

/// What a rule prints and gives, line by line.
fn told(rule: &str) -> String {
    let query = format!("data.t.{rule}");
    let modules = [MODULE];
    let mut question = Question::new(&modules, &query);
    question.data = Value::from_json(r#"{"base": []}"#, &JsonLimits::DEFAULT).unwrap();
    let (program, query) = prepare(&question).unwrap();
    let clock = || Duration::ZERO;
    let meter = Meter::new(&clock, Duration::from_secs(1), u64::MAX, 1 << 30, None);
    let mut context = Context::new(meter, 0, 0, &NoHost, &Value::Null);
    context.strict = true;
    let mut lines = Vec::new();
    let mut print = |_: &Location, line: &str| lines.push(line.to_owned());
    let input = Value::from_json(r#"{"c": 1, "n": 3, "list": []}"#, &JsonLimits::DEFAULT).unwrap();
    let arena = Arena::new();
    let options = Options { print: Some(&mut print), ..Options::default() };
    let mut evaluation = program.evaluation(&arena, Some(&input), &mut context, options);
    let rows = evaluation.rows(&query);
    drop(evaluation);
    match rows {
        Err(error) => lines.push(error.to_string()),
        Ok(rows) if rows.is_empty() => lines.push("undefined".to_owned()),
        Ok(rows) => {
            let values = rows.iter().flat_map(|row| &row.expressions);
            lines.extend(values.map(|it| it.value.to_string()));
        }
    }
    lines.join("\n")
}

#[test]
fn a_value_is_used_before_a_second_is_looked_for() {
    let wanted = [
        "several 1",
        "caller 1",
        "several 2",
        "test-0.rego:3: eval_conflict_error: functions must not produce multiple outputs for same inputs",
    ];
    assert_eq!(told("caller"), wanted.join("\n"));
}

#[test]
fn a_value_that_is_given_twice_is_looked_for_twice() {
    let wanted = ["several 3", "twice 3", "several 3", "true"];
    assert_eq!(told("twice"), wanted.join("\n"));
}

#[test]
fn a_walk_is_left_once_the_value_is_certain() {
    let wanted = ["true"];
    assert_eq!(told("early"), wanted.join("\n"));
}

#[test]
fn a_walk_is_left_by_every_once_its_body_held() {
    let wanted = ["true"];
    assert_eq!(told("each"), wanted.join("\n"));
}

#[test]
fn every_goes_through_a_set_that_is_written_out_in_the_order_of_its_terms() {
    let wanted = ["listed c", "listed b", "listed b", "true"];
    assert_eq!(told("listed"), wanted.join("\n"));
}

#[test]
fn a_walk_is_gone_through_where_nothing_is_certain() {
    let wanted = [
        "test-0.rego:7: eval_conflict_error: functions must not produce multiple outputs for same inputs",
    ];
    assert_eq!(told("full"), wanted.join("\n"));
}

#[test]
fn rules_within_rules_go_on_from_the_innermost_outwards() {
    let wanted = ["middle m", "outer 1", "inner", "second m", "true"];
    assert_eq!(told("outer"), wanted.join("\n"));
}

#[test]
fn a_rule_conflicts_before_the_rule_that_it_reads() {
    let wanted =
        ["test-0.rego:20: eval_conflict_error: complete rules must not produce multiple outputs"];
    assert_eq!(told("doc"), wanted.join("\n"));
}

#[test]
fn a_negation_looks_for_all_values() {
    let wanted = [
        "several 1",
        "several 2",
        "test-0.rego:3: eval_conflict_error: functions must not produce multiple outputs for same inputs",
    ];
    assert_eq!(told("negated"), wanted.join("\n"));
}

#[test]
fn a_negation_of_false_looks_for_all_values() {
    let wanted = ["no 1 false", "no 1 false", "true"];
    assert_eq!(told("denied"), wanted.join("\n"));
}

#[test]
fn an_error_of_a_caller_comes_before_that_of_a_second_definition() {
    let wanted = [
        "test-0.rego:26: eval_type_error: count: operand 1 must be one of {array, object, set, string} but got number",
    ];
    assert_eq!(told("strictly"), wanted.join("\n"));
}

#[test]
fn a_conflict_of_functions_stands_where_the_definition_tried_second_does() {
    let wanted = [
        "test-0.rego:31: eval_conflict_error: functions must not produce multiple outputs for same inputs",
    ];
    assert_eq!(told("called"), wanted.join("\n"));
}

#[test]
fn a_function_without_arguments_conflicts_as_a_rule_where_it_is_read() {
    let wanted =
        ["test-0.rego:34: eval_conflict_error: complete rules must not produce multiple outputs"];
    assert_eq!(told("none"), wanted.join("\n"));
}

#[test]
fn a_chain_that_gave_a_value_is_not_gone_on_with() {
    let wanted = ["elsed 1", "elsed 1", "elsed third", "1"];
    assert_eq!(told("elsed"), wanted.join("\n"));
}

#[test]
fn a_definition_after_a_chain_is_tried_after_the_caller() {
    let wanted = ["elsed 1", "used", "elsed 1", "elsed third", "true"];
    assert_eq!(told("used"), wanted.join("\n"));
}

#[test]
fn a_caller_that_fails_does_not_keep_others_from_being_tried() {
    let wanted = ["elsed 1", "elsed 1", "elsed third", "undefined"];
    assert_eq!(told("unused"), wanted.join("\n"));
}

#[test]
fn a_partial_rule_is_made_as_a_whole_before_it_is_read() {
    let wanted = ["sub a", "keyed a 1", "true"];
    assert_eq!(told("keyed"), wanted.join("\n"));
}

#[test]
fn a_rule_under_with_is_gone_back_to_under_the_same_with() {
    let wanted = ["read 1", "withs 1", "read 1", "read again", "true"];
    assert_eq!(told("withs"), wanted.join("\n"));
}

#[test]
fn a_value_is_known_before_others_are_looked_for() {
    let wanted = ["memo 1", "known 1 1", "memo 1", "memo 1", "true"];
    assert_eq!(told("known"), wanted.join("\n"));
}

#[test]
fn a_comprehension_goes_through_all_values() {
    let wanted = ["several 1", "several 1", "several 2", "several 2", "[1, 2]"];
    assert_eq!(told("list"), wanted.join("\n"));
}

#[test]
fn a_function_with_known_arguments_is_not_called_again() {
    let wanted = ["several 1", "several 1", "true"];
    assert_eq!(told("either"), wanted.join("\n"));
}

#[test]
fn a_comprehension_of_another_kind_than_the_value_before_it_is_not_evaluated() {
    assert_eq!(told("kinds"), ["same", "second", "{}"].join("\n"));
}

#[test]
fn a_comprehension_compared_with_a_document_is_evaluated_whatever_the_document_is() {
    assert_eq!(told("documents"), ["document", "true"].join("\n"));
}
