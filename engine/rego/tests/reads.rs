//! What a program reads is told from its text, and never told too small.

#![allow(clippy::unwrap_used, reason = "what the tests share may fail as they may")]

use referee_rego::{CompileOptions, EngineChoice, Module, Reads, RegoEngine, Value};

fn reads(text: &str) -> Reads {
    let found = reads_by(EngineChoice::Native, text);
    let other = reads_by(EngineChoice::Regorus, text);
    let same = |a: &Reads, b: &Reads| (a.whole_input, a.volatile) == (b.whole_input, b.volatile);
    // Of what is read whole the members do not matter.
    assert!(same(&found, &other) && (found.whole_input || found == other), "{text}");
    found
}

fn reads_by(engine: EngineChoice, text: &str) -> Reads {
    let text = format!("package p\n\n{text}\n");
    let modules = [Module::new("p.rego", text), Module::new("q.rego", "package q\n\nz := 1\n")];
    let program = RegoEngine::compile(
        &modules,
        Value::object([]),
        CompileOptions::DEFAULT.with_engine(engine),
    );
    program.unwrap().reads().clone()
}

fn paths(reads: &Reads) -> Vec<String> {
    reads.input.iter().map(|path| path.join(".")).collect()
}

#[test]
fn a_program_that_reads_nothing_says_so() {
    for text in [
        "x := 1",
        "x := data.q.z",
        "x := data.q[y] if some y in [\"a\"]",
        "x if f(1)

f(n) if n > 0",
    ] {
        assert_eq!(reads(text), Reads::default(), "{text}");
    }
}

#[test]
fn members_that_stand_in_the_text_are_told_to_two_keys() {
    for (text, expected) in [
        ("x := input.a", vec!["a"]),
        ("x := input.a.b", vec!["a.b"]),
        ("x := input.a.b.c.d", vec!["a.b"]),
        ("x := input[\"a\"][\"b-c\"].d", vec!["a.b-c"]),
        ("x := input[`a`].b", vec!["a.b"]),
        ("x := input.a[0].c", vec!["a"]),
        ("x := input.a[input.b.c]", vec!["a", "b.c"]),
        ("x := [s.d | some s in input.a.b; s.c == input.e]", vec!["a.b", "e"]),
        ("x if every s in input.a { s == input.b.c }", vec!["a", "b.c"]),
        ("x := {input.a: input.b}", vec!["a", "b"]),
        ("x := f(input.a)\n\nf(n) := n + input.b.c.d", vec!["a", "b.c"]),
        ("x := 1 if not input.a.b else := input.c", vec!["a.b", "c"]),
        ("default x := 1\n\nx := y if y := input.a", vec!["a"]),
        ("x contains input.a", vec!["a"]),
        ("x[input.a] := input.b", vec!["a", "b"]),
        ("x := y if y := data.q.z with data.q.z as input.a", vec!["a"]),
        ("x if y with data.q.z as 1\n\ny := input.a", vec!["a"]),
        ("x := y if [y, _] = input.a", vec!["a"]),
    ] {
        let found = reads(text);
        assert_eq!(paths(&found), expected, "{text}");
        assert!(!found.whole_input && !found.volatile, "{text}");
    }
}

#[test]
fn an_import_reads_what_is_used_of_it_or_all_that_it_names() {
    for (text, used, named) in [
        ("import input.a\n\nx := a.b.c", "a.b", "a"),
        ("import input.a.b.c as d\n\nx := d.e", "a.b", "a.b"),
    ] {
        let native = reads_by(EngineChoice::Native, text);
        assert_eq!(paths(&native), [used], "{text}");
        assert!(!native.whole_input, "{text}");
        let regorus = reads_by(EngineChoice::Regorus, text);
        assert!(paths(&regorus).contains(&named.to_owned()), "{text}");
    }
    assert_eq!(paths(&reads_by(EngineChoice::Native, "import input as i\n\nx := i.a")), ["a"]);
    assert!(reads_by(EngineChoice::Regorus, "import input as i\n\nx := i.a").whole_input);
}

#[test]
fn whatever_hands_the_input_on_reads_all_of_it() {
    for text in [
        "x := input",
        "x := input[y] if some y in [\"a\"]",
        "x := input[data.q.z].b",
        "x := input[0]",
        "x if walk(input, [_, \"v\"])",
        "x := object.get(input, [\"request\", \"time\"], 0)",
        "x := f(input)\n\nf(i) := i.a",
        "x := [input][0].a",
        "x := y.a if y := input",
        "x := y.a if y = input",
        "x if some _ in input",
        "x := count(input)",
        "x := {\"i\": input}",
        "x if y with input as 1\n\ny := 1",
        "x if y with input.a as 1\n\ny := 1",
        "x if y with data.q.z as input\n\ny := data.q.z",
        "x if is_object(input)",
        "x := json.filter(input, [\"a\"])",
        "x if every v in input { v }",
        "x[input] := 1",
    ] {
        assert!(reads(text).whole_input, "{text}");
    }
}

#[test]
fn whatever_differs_from_one_evaluation_to_the_next_is_volatile() {
    for text in [
        "x := time.now_ns()",
        "x if time.now_ns() > 5",
        "x := [time.now_ns() | true]",
        "x := f(1)\n\nf(_) := rand.intn(\"a\", 5)",
        "x := uuid.rfc4122(\"a\")",
        "x := opa.runtime()",
        "x := http.send({})",
        "x if trace(\"a\")",
        "x if y with time.now_ns as 5\n\ny := 1",
        "default x := 1\n\nx := time[\"now_ns\"]()",
    ] {
        assert!(reads(text).volatile, "{text}");
    }
}

#[test]
fn what_is_only_called_alike_is_not_volatile() {
    for text in [
        "x := time.parse_rfc3339_ns(input.request.time)",
        "x if print(\"a\")",
        "x := y.now_ns if y := {\"now_ns\": 1}",
        "x := uuid.parse(\"a\")",
        "x := net.cidr_contains(\"10.0.0.0/8\", \"10.0.0.1\")",
        "x := input.time.now_ns",
    ] {
        assert!(!reads(text).volatile, "{text}");
    }
}

#[test]
fn a_path_is_touched_by_what_is_above_it_and_below_it() {
    let found = reads("x := [input.subject.digest, input.signatures]");
    for (path, touched) in [
        (vec!["subject"], true),
        (vec!["subject", "digest"], true),
        (vec!["subject", "tag"], false),
        (vec!["signatures", "0"], true),
        (vec!["request"], false),
        (vec![], true),
    ] {
        assert_eq!(found.touches(&path), touched, "{path:?}");
    }
    assert!(reads("x := input").touches(&["request", "time"]));
}
