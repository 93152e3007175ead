//! The same program over the same input and data at the same time gives the same, byte by byte:
//! asked twice, planned twice, and from two threads at once.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod support;

use referee_rego_builtin::{Context, Meter, NoHost};
use referee_rego_eval::{Arena, Options, PreparedQuery, Program};
use referee_rego_syntax::Location;
use referee_rego_value::{JsonLimits, Value};
use std::fmt::Write as _;
use std::time::Duration;
use support::{Question, prepare};

/// Bodies whose value is seen in `x`.
const BODIES: &[&str] = &[
    "x := rand.intn(\"a\", 1000)",
    "x := [rand.intn(\"a\", 1000), rand.intn(\"b\", 1000), rand.intn(\"a\", 1000)]",
    "x := uuid.rfc4122(\"k\")",
    "x := [uuid.rfc4122(k) | some k in input.names]",
    "x := time.now_ns()",
    "x := time.format(time.now_ns())",
    "x := opa.runtime()",
    "x := {k: v | some k, v in input.users}",
    "x := [k | some k, _ in input.users]",
    "x := [n | some n in input.set]",
    "x := [[k, v] | walk(input, [k, v])]",
    "x := {n | some n in input.names; print(n)}",
    "x := object.union_n([input.users, {\"z\": 1}, {\"a\": 2}])",
    "x := object.keys(input.users)",
    "x := [k | some k in object.keys(input.users)]",
    "x := json.marshal(input)",
    "x := yaml.marshal(input)",
    "x := sort([n | some n in input.names])",
    "x := graph.reachable({\"a\": [\"b\", \"c\"], \"b\": [\"d\"], \"c\": [], \"d\": []}, {\"a\"})",
    "x := graph.reachable_paths({\"a\": [\"b\", \"c\"], \"b\": [\"d\"], \"c\": [], \"d\": []}, {\"a\"})",
    "x := regex.find_all_string_submatch_n(`([a-z])([0-9])`, \"a1 b2 c3\", -1)",
    "x := sprintf(\"%v %v\", [input.users, input.set])",
    "x := crypto.sha256(json.marshal(input))",
    "x := [a | some a in data.other]",
    "x := data.other",
    "x := data.t.parts",
    "x := data.t.two(1)",
    "x := [y | y := data.t.fails[_]]",
    "some n in input.names; to_number(n) == 1; x := n",
    "x := [to_number(n) | some n in input.names]",
    "x := 1 / 0",
    "x := {\"a\": to_number(\"x\"), \"b\": 1 / 0}",
    "x := [v | some v in [data.t.two(1), data.t.other]]",
    "x := {w: 1 | some v in input.names; w := data.t.parts[v]}",
    "x := [y | some k in input.names; y := data.t.parts[k]] with input.users as {\"q\": 3}",
    "y := [n | some n in input.names] with input.names as [\"1\", \"2\"]; x := y",
];

/// How the rule is that has such a body.
const RULES: &[&str] = &["p := x if { BODY }", "p contains x if { BODY }", "p[x] := 1 if { BODY }"];

const SHARED: &str = "
parts[k] := v if { some k, v in input.users; print(\"part\", k) }
two(n) := 1 if { print(\"two\", n) }
two(n) := n + 1 if { n > 5 }
fails contains to_number(n) if { some n in input.names }
other := 1 if count(input.names) > 2
other := 2 if count(input.names) > 3
";

/// All that is seen of an evaluation.
fn seen(program: &Program, query: &PreparedQuery, input: &Value, strict: bool) -> String {
    let clock = || Duration::ZERO;
    let meter = Meter::new(&clock, Duration::from_secs(1), u64::MAX, 1 << 30, None);
    let runtime =
        Value::object([("env", Value::object([("B", Value::from("1")), ("A", Value::from("2"))]))]);
    let mut context = Context::new(meter, 1_763_700_000_000_000_000, 7, &NoHost, &runtime);
    context.strict = strict;
    let mut told = String::new();
    let mut print = |place: &Location, line: &str| writeln!(told, "{place}: {line}").unwrap();
    let arena = Arena::new();
    let options = Options { print: Some(&mut print), ..Options::default() };
    let mut evaluation = program.evaluation(&arena, Some(input), &mut context, options);
    let rows = evaluation.rows(query);
    let errors: Vec<String> = evaluation.builtin_errors().iter().map(ToString::to_string).collect();
    drop(evaluation);
    match rows {
        Ok(rows) => write!(told, "{rows:?} {errors:?}").unwrap(),
        Err(error) => write!(told, "{error} {errors:?}").unwrap(),
    }
    told
}

#[test]
fn an_evaluation_gives_the_same_each_time_and_in_each_thread() {
    let input = Value::from_json(
        r#"{"users": {"b": 1, "a": {"z": [3, 2]}, "c": null}, "names": ["b", "a", "c", "x1"],
            "set": [3, 1, 2]}"#,
        &JsonLimits::DEFAULT,
    )
    .unwrap();
    let data = Value::from_json(r#"{"other": {"y": 1, "x": [2]}}"#, &JsonLimits::DEFAULT).unwrap();
    for (body, rule) in BODIES.iter().flat_map(|body| RULES.iter().map(move |rule| (body, rule))) {
        let module = format!("package t\n{}\n{SHARED}", rule.replace("BODY", body));
        let modules = [module.as_str()];
        for (query, strict) in [("data.t.p", false), ("data.t", true), ("some x; data.t[x]", false)]
        {
            let mut question = Question::new(&modules, query);
            question.data = data.clone();
            let (program, prepared) = prepare(&question).unwrap();
            let first = seen(&program, &prepared, &input, strict);
            assert_eq!(first, seen(&program, &prepared, &input, strict), "{body}");
            let (again, prepared_again) = prepare(&question).unwrap();
            assert_eq!(first, seen(&again, &prepared_again, &input, strict), "{body}");
            let threads: [String; 2] = std::thread::scope(|scope| {
                let one = || seen(&program, &prepared, &input, strict);
                let handles = [scope.spawn(one), scope.spawn(one)];
                handles.map(|handle| handle.join().unwrap())
            });
            assert_eq!([first.clone(), first], threads, "{body}");
        }
    }
}
