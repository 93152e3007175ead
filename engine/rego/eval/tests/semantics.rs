//! What rules, documents and replacements mean, where engines go wrong.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed set-up is a failed test")]

mod support;

use referee_rego_eval::Capture;
use referee_rego_value::{JsonLimits, Value};
use support::{Failure, Question, rows};

fn json(text: &str) -> Value {
    Value::from_json(text, &JsonLimits::DEFAULT).unwrap()
}

/// The value of a query of one expression, or the text of the error.
fn ask(module: &str, query: &str, input: &str, data: &str) -> String {
    let modules = [module];
    let mut question = Question::new(&modules, query);
    question.input = Some(json(input));
    question.data = json(data);
    match rows(&question) {
        Ok(rows) => match rows.as_slice() {
            [] => "undefined".to_owned(),
            rows => {
                let values = rows.iter().flat_map(|row| &row.expressions);
                values.map(|it| it.value.to_string()).collect::<Vec<_>>().join(" | ")
            }
        },
        Err(Failure::Eval(error)) => error.to_string(),
        Err(other) => panic!("{other:?}"),
    }
}

fn value(module: &str, query: &str) -> String {
    ask(module, query, "{}", "{}")
}

#[test]
fn complete_rules_that_disagree_are_a_conflict_where_the_second_that_is_tried_stands() {
    let module = "package t\np := 1 if input.a\np := x if { x := input.b }\n";
    assert_eq!(ask(module, "data.t.p", r#"{"a": true, "b": 1}"#, "{}"), "1");
    assert_eq!(
        ask(module, "data.t.p", r#"{"a": true, "b": 2}"#, "{}"),
        // What is said of `input.b` comes after what is said of `input.a` in the index.
        "test-0.rego:2: eval_conflict_error: complete rules must not produce multiple outputs"
    );
}

#[test]
fn the_first_value_of_a_rule_is_used_before_a_second_is_looked_for() {
    let module = "package t
p := x if some x in [1, 2]
q := 3
q := y if { y := p }
";
    // The conflict of `q` comes before that of `p`, as `q` goes on with the first value of `p`.
    let conflict = "eval_conflict_error: complete rules must not produce multiple outputs";
    assert_eq!(value(module, "data.t.q"), format!("test-0.rego:4: {conflict}"));
    assert_eq!(value(module, "data.t.p"), format!("test-0.rego:2: {conflict}"));
}

#[test]
fn an_error_of_a_builtin_within_not_has_a_place() {
    let modules = ["package t\np if not to_number(input.x)\n"];
    let mut question = Question::new(&modules, "data.t.p");
    question.input = Some(json(r#"{"x": "a"}"#));
    question.strict = true;
    let Failure::Eval(error) = rows(&question).unwrap_err() else { panic!("another failure") };
    assert_eq!(error.location.row, 2);
}

#[test]
fn functions_that_disagree_are_a_conflict() {
    let module = "package t\nf(x) := 1 if x > 0\nf(x) := x if x > 0\np := f(input.x)\n";
    assert_eq!(ask(module, "data.t.p", r#"{"x": 1}"#, "{}"), "1");
    assert_eq!(
        ask(module, "data.t.p", r#"{"x": 2}"#, "{}"),
        "test-0.rego:3: eval_conflict_error: functions must not produce multiple outputs for same inputs"
    );
}

#[test]
fn a_key_of_a_partial_object_is_made_without_conflicts_of_other_keys() {
    let module = "package t\np[x] := y if { some x, ys in input; some y in ys }\n";
    let input = r#"{"a": [1], "b": [1, 2]}"#;
    assert_eq!(ask(module, "data.t.p.a", input, "{}"), "1");
    let conflict = "test-0.rego:2: eval_conflict_error: object keys must be unique";
    assert_eq!(ask(module, "data.t.p", input, "{}"), conflict);
    assert_eq!(ask(module, "data.t.p.b", input, "{}"), conflict);
}

#[test]
fn a_default_applies_only_where_nothing_else_does() {
    let module = "package t\ndefault p := 0\np := 1 if input.a\nelse := 2 if input.b\n";
    assert_eq!(ask(module, "data.t.p", r#"{"a": true, "b": true}"#, "{}"), "1");
    assert_eq!(ask(module, "data.t.p", r#"{"b": true}"#, "{}"), "2");
    assert_eq!(ask(module, "data.t.p", "{}", "{}"), "0");
}

#[test]
fn else_belongs_to_its_own_definition() {
    let module = "package t\np := 1 if { false } else := 2\np := 2 if { true }\n";
    assert_eq!(value(module, "data.t.p"), "2");
}

#[test]
fn a_package_shows_rules_and_base_documents_and_no_functions() {
    let module = "package t\np := 1\nq if false\nf(x) := x\ns contains 1\n";
    let data = r#"{"t": {"base": {"x": 1}}}"#;
    assert_eq!(ask(module, "data.t", "{}", data), r#"{"base": {"x": 1}, "p": 1, "s": {1}}"#);
    assert_eq!(ask(module, "data.t[k] = 1", "{}", data), "true");
}

#[test]
fn unification_goes_both_ways() {
    assert_eq!(value("package t\np := [x, y] if { [x, 1] = [2, y] }\n", "data.t.p"), "[2, 1]");
    assert_eq!(value("package t\np := x if { {\"a\": x} = {\"a\": 3} }\n", "data.t.p"), "3");
    let module = "package t\np := x if { {\"a\": x} = input }\n";
    assert_eq!(ask(module, "data.t.p", r#"{"a": 3}"#, "{}"), "3");
    assert_eq!(ask(module, "data.t.p", r#"{"a": 3, "b": 4}"#, "{}"), "undefined");
}

#[test]
fn references_on_both_sides_join() {
    let module = "package t\np contains i if { some i; input.a[i] = input.b[i] }\n";
    assert_eq!(ask(module, "data.t.p", r#"{"a": [1, 2, 3], "b": [1, 0, 3]}"#, "{}"), "{0, 2}");
}

#[test]
fn with_replaces_input_and_what_depends_on_it() {
    let module = "package t\np := input.x\nq := [a, b] if { a := p with input.x as 2; b := p }\n";
    assert_eq!(ask(module, "data.t.q", r#"{"x": 1}"#, "{}"), "[2, 1]");
}

#[test]
fn with_replaces_rules_data_functions_and_builtins() {
    let module = "package t
r := 1
f(x) := x
g(x) := 10 * x
count_all := count(input)
a := x if { x := r with data.t.r as 5 }
b := x if { x := data.base.x with data.base.x as 6 }
c := x if { x := f(2) with f as g }
d := x if { x := f(2) with f as 9 }
e := x if { x := count_all with count as 3 }
h := x if { x := count_all with count as sum_up }
sum_up(xs) := sum(xs)
";
    let asked =
        |name: &str| ask(module, &format!("data.t.{name}"), "[1, 2]", r#"{"base": {"x": 0}}"#);
    let all: Vec<String> = ["a", "b", "c", "d", "e", "h"].iter().map(|name| asked(name)).collect();
    assert_eq!(all, ["5", "6", "20", "9", "3", "3"]);
}

#[test]
fn replacements_nest_and_end_where_the_expression_ends() {
    let module = "package t
p := input.x
q := x if { x := p with input.x as 2 }
r := [q, p, s] if { s := [p, q] with input.x as 3 }
";
    let module = module.replace("s := [p, q] with input.x as 3", "s := u with input.x as 3");
    let module = format!("{module}u := [p, q]\n");
    assert_eq!(ask(&module, "data.t.r", r#"{"x": 1}"#, "{}"), "[2, 1, [3, 2]]");
}

#[test]
fn every_holds_for_nothing_and_fails_for_scalars() {
    let module = "package t\np if { every x in input.xs { x > 0 } }\n";
    assert_eq!(ask(module, "data.t.p", r#"{"xs": []}"#, "{}"), "true");
    assert_eq!(ask(module, "data.t.p", r#"{"xs": [1, 2]}"#, "{}"), "true");
    assert_eq!(ask(module, "data.t.p", r#"{"xs": [1, 0]}"#, "{}"), "undefined");
    assert_eq!(ask(module, "data.t.p", r#"{"xs": 7}"#, "{}"), "undefined");
}

#[test]
fn a_false_expression_of_a_query_gives_a_row_only_where_it_stands_alone() {
    assert_eq!(value("package t\n", "1 == 2"), "false");
    assert_eq!(value("package t\n", "1 == 2; true"), "undefined");
    assert_eq!(value("package t\n", "x := 1; x == 1"), "true | true");
}

#[test]
fn objects_of_sets_and_of_objects_are_made_by_references_in_heads() {
    let module = "package t
a[x] contains y if { some x, ys in input; some y in ys }
b[x].n := count(ys) if { some x, ys in input }
b.fixed.n := 0
";
    let input = r#"{"k": [1, 2], "l": []}"#;
    assert_eq!(ask(module, "data.t.a", input, "{}"), r#"{"k": {1, 2}}"#);
    assert_eq!(ask(module, "data.t.a.k[2]", input, "{}"), "2");
    let all = r#"{"fixed": {"n": 0}, "k": {"n": 2}, "l": {"n": 0}}"#;
    assert_eq!(ask(module, "data.t.b", input, "{}"), all);
    assert_eq!(ask(module, "data.t.b.k.n", input, "{}"), "2");
}

#[test]
fn the_store_knows_keys_by_their_text() {
    let data = r#"{"o": {"1": "x"}, "a": ["y"]}"#;
    assert_eq!(ask("package t\n", "data.o[1]", "{}", data), r#""x""#);
    assert_eq!(ask("package t\n", r#"data.a["0"]"#, "{}", data), r#""y""#);
    assert_eq!(ask("package t\n", "x := data.o; x[1]", "{}", data), "undefined");
}

#[test]
fn builtin_errors_are_undefined_unless_they_are_strict() {
    let modules = ["package t\np := to_number(input.x)\n"];
    let mut question = Question::new(&modules, "data.t.p");
    question.input = Some(json(r#"{"x": "a"}"#));
    assert!(rows(&question).unwrap().is_empty());
    question.strict = true;
    let Failure::Eval(error) = rows(&question).unwrap_err() else { panic!("another failure") };
    assert_eq!(
        error.to_string(),
        "test-0.rego:2: eval_builtin_error: to_number: strconv.ParseFloat: parsing \"a\": invalid syntax"
    );
}

#[test]
fn a_grouped_comprehension_gives_what_a_plain_one_gives() {
    let module = "package t
p[t] := xs if { some i in input; t := i.t; xs := [j.n | some j in input; j.t == t] }
q[t] := xs if { some t in [\"a\", \"z\"]; xs := {j.n | some j in input; j.t == t} }
";
    let input = r#"[{"t": "a", "n": 1}, {"t": "b", "n": 2}, {"t": "a", "n": 3}]"#;
    assert_eq!(ask(module, "data.t.p", input, "{}"), r#"{"a": [1, 3], "b": [2]}"#);
    assert_eq!(ask(module, "data.t.q", input, "{}"), r#"{"a": {1, 3}, "z": set()}"#);
}

#[test]
fn rows_have_written_names_and_no_generated_ones() {
    let modules = ["package t\n"];
    let mut question = Question::new(&modules, "[x, _] = [1, 2]; some y in [3]; z := x + y");
    question.capture = Capture::Values;
    let rows = rows(&question).unwrap();
    let names: Vec<&str> =
        rows.iter().flat_map(|row| &row.bindings).map(|it| it.0.as_str()).collect();
    assert_eq!(names, ["x", "y", "z"]);
}

#[test]
fn a_thousand_rules_are_told_apart_by_what_they_compare() {
    let rules = (0..1_000).map(|at| {
        format!("p := {at} if {{ input.kind == \"k\"; input.name == \"n{at}\"; input.ok }}\n")
    });
    let module = format!("package t\ndefault p := -1\n{}", rules.collect::<String>());
    let input = r#"{"kind": "k", "name": "n777", "ok": true}"#;
    assert_eq!(ask(&module, "data.t.p", input, "{}"), "777");
    assert_eq!(ask(&module, "data.t.p", r#"{"kind": "k"}"#, "{}"), "-1");
}

#[test]
fn a_function_without_arguments_conflicts_as_what_it_is_asked_as() {
    let module = "package t\nf() := 1 if input.a\nf() := input.b\np := f()\n";
    let ask = |query| ask(module, query, r#"{"a": true, "b": 2}"#, "{}");
    // The definition that says nothing of `input.a` is tried first.
    let told = |what| format!("test-0.rego:2: eval_conflict_error: {what}");
    assert_eq!(
        ask("data.t.p"),
        told("functions must not produce multiple outputs for same inputs")
    );
    assert_eq!(ask("data.t"), told("complete rules must not produce multiple outputs"));
}

#[test]
fn a_rule_whose_value_may_be_anything_is_called_like_a_function_without_arguments() {
    let module = "package t
given := input.n
default least := 3
least := input.absent
twice := input.n
twice := 6 if input.n
called := given()
falls_back := least()
small contains x if {
	some x in [1, 5, 9]
	x <= given()
}
negated if not absent()
absent := input.absent
replaced := x if {
	x := given() with data.t.given as 9
}
compared if given(5)
other if given(6)
";
    let ask = |query: &str| ask(module, query, r#"{"n": 5}"#, "{}");
    assert_eq!(ask("data.t.called"), "5");
    assert_eq!(ask("data.t.falls_back"), "3");
    assert_eq!(ask("data.t.small"), "{1, 5}");
    assert_eq!(ask("data.t.negated"), "true");
    // A replaced document is none for who calls it.
    assert_eq!(ask("data.t.replaced"), "5");
    assert_eq!(ask("data.t.compared"), "true");
    assert_eq!(ask("data.t.other"), "undefined");
    let conflict = "functions must not produce multiple outputs for same inputs";
    assert!(ask("data.t.twice() == 5").ends_with(conflict));
    assert_eq!(ask("data.t.given()"), "5");
}

#[test]
fn a_walk_has_the_path_of_each_value_that_passes_the_tests_before_it() {
    let module = r#"package t
found contains [path, value] if {
	walk(input, [path, value])
	is_string(value)
	startswith(value, "s:")
	value != "s:3"
}
twice contains [outer, inner] if {
	walk(input, [outer, value])
	is_array(value)
	value[0] == "s:2"
	walk(value, [inner, member])
	member == 7
}
replaced contains path if {
	walk(input, [path, value])
	is_string(value) with is_string as no_string
}
no_string(x) := true if x == 2
again := found if { found := [path | walk(input, [path, "s:2"])] with input as {"z": "s:2"} }
empty contains path if {
	walk(input, [path, value])
	value == {"x": 1}
}
"#;
    let input = r#"{"a": {"b": "s:1", "c": 2, "d": "s:3"}, "e": ["s:2", [7, {"f": 7}]]}"#;
    let asked = |query: &str| ask(module, query, input, "{}");
    assert_eq!(asked("data.t.found"), r#"{[["a", "b"], "s:1"], [["e", 0], "s:2"]}"#);
    assert_eq!(asked("data.t.twice"), r#"{[["e"], [1, 0]], [["e"], [1, 1, "f"]]}"#);
    assert_eq!(asked("data.t.replaced"), r#"{["a", "c"]}"#);
    assert_eq!(asked("data.t.again"), r#"[["z"]]"#);
    assert_eq!(ask(module, "data.t.empty", r#"{"x": 1}"#, "{}"), "{[]}");
}

#[test]
fn a_collection_that_is_written_out_is_gone_through_in_the_order_of_its_terms() {
    let module = r#"package t
called := [k | some k in {lower("B"), "c", lower("A")}]
twice := [k | some k in {lower("A"), lower("B"), lower("a")}]
members := [[k, v] | some k, v in {lower("B"): 1, "c": 2, lower("A"): 3}]
named := [k | x := 1; y := {x, 1, 0}; z := y; some k in z]
computed := [k | some k in {lower("B"), "a"} | {lower("C"), "c"}]
later := {x: 1, "b": 2} if x := "b"
within := [k | y := {"s": [{lower("B"), "c", lower("A")}]}; some k in y.s[0]]
"#;
    let asked = |query: &str| value(module, query);
    assert_eq!(asked("data.t.called"), r#"["c", "a", "b"]"#);
    assert_eq!(asked("data.t.twice"), r#"["a", "b", "a"]"#);
    assert_eq!(asked("data.t.members"), r#"[["c", 2], ["a", 3], ["b", 1]]"#);
    assert_eq!(asked("data.t.named"), "[0, 1, 1]");
    assert_eq!(asked("data.t.computed"), r#"["a", "b", "c"]"#);
    assert_eq!(asked("data.t.later"), r#"{"b": 1}"#);
    assert_eq!(asked("data.t.within"), r#"["c", "a", "b"]"#);
}

#[test]
fn a_note_is_true_wherever_its_value_is_used() {
    for (rule, expected) in [
        ("p := trace(\"a\")", "true"),
        ("p := x if x := trace(\"a\")", "true"),
        ("p := [trace(\"a\"), trace(\"b\")]", "[true, true]"),
        ("p if trace(\"a\") == true", "true"),
        ("p if trace(\"a\", true)", "true"),
        ("p := x if trace(\"a\", x)", "true"),
        ("p if trace(\"a\") == false", "undefined"),
        ("p if not trace(\"a\")", "undefined"),
        ("p := f(\"a\")\nf(x) := trace(x)", "true"),
        ("p := {r | r = trace(sprintf(\"%d\", [1]))}", "{true}"),
        ("p if every x in [\"a\", \"b\"] { trace(x) }", "true"),
        ("p := trace(input.n)", "undefined"),
    ] {
        let module = format!("package t\n{rule}\n");
        assert_eq!(ask(&module, "data.t.p", "{\"n\": 1}", "{}"), expected, "{rule}");
    }
}
