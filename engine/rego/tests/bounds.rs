//! The bounds of an evaluation: each alone ends it with its own error, and none is anyone else's.

#![allow(clippy::unwrap_used, reason = "what the tests share may fail as they may")]

mod support;

use referee_rego::{
    Cancelled, EvalBudget, Program, Question, RegoCode, RegoError, Reports, Value, World,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::{LONG, budget};

/// Loops that would run for hours, and take no memory.
const ENDLESS: &str = "package p
n := numbers.range(1, 1000)
x if { some a in n; some b in n; some c in n; some d in n; a + b + c + d < 0 }
";

/// A collection of a thousand million, made piece by piece.
const GREEDY: &str = "package p
n := numbers.range(1, 1000)
x := count([[a, b, c] | some a in n; some b in n; some c in n])
";

/// A thousand rules within one another.
fn deep() -> String {
    let rules = (0..1_000).map(|at| format!("r{at} := r{}\n", at + 1));
    format!("package p\n{}r1000 := 1\nx := r0\n", rules.collect::<String>())
}

/// A value of a few thousand bytes whose text has 2^60 parts.
fn broad() -> String {
    let rules = (1..=60).map(|at| format!("r{at} := [r{0}, r{0}]\n", at - 1));
    format!("package p\nr0 := [input.leaf]\n{}x := r60\n", rules.collect::<String>())
}

/// Everything without end but for what is set.
fn boundless() -> EvalBudget {
    let unbounded = budget().with_limits(u64::MAX, u64::MAX).with_output(u64::MAX);
    unbounded.with_depth(u32::MAX).with_time(LONG)
}

fn program(text: &str) -> Program {
    support::compile(text).unwrap()
}

fn ended(text: &str, budget: &EvalBudget) -> RegoError {
    let input = Value::object([("leaf", Value::from("x"))]);
    program(text).eval("data.p.x", &input, budget).unwrap_err()
}

#[test]
fn each_bound_alone_ends_an_evaluation_with_its_own_error() {
    let bounds = [
        (ENDLESS.to_owned(), boundless().with_limits(100_000, u64::MAX), Cancelled::Steps),
        (ENDLESS.to_owned(), boundless().with_time(Duration::from_millis(20)), Cancelled::Time),
        (GREEDY.to_owned(), boundless().with_limits(u64::MAX, 1 << 20), Cancelled::Memory),
        (deep(), boundless().with_depth(100), Cancelled::Depth),
        (broad(), boundless().with_output(1 << 20), Cancelled::Output),
    ];
    for (text, budget, bound) in &bounds {
        let error = ended(text, budget);
        assert_eq!(error.cancelled, Some(*bound), "{error}");
        assert_eq!(error.code, RegoCode::EvalCancel);
        assert_eq!(error.message, bound.to_string());
    }
}

#[test]
fn an_error_that_is_no_bounds_is_none() {
    let error = ended("package p\nx := 1\nx := input.leaf if true\n", &budget());
    assert_eq!((error.code, error.cancelled), (RegoCode::EvalConflict, None));
    let error = ended("package p\nx := to_number(input.leaf)\n", &budget());
    assert_eq!((error.code, error.cancelled), (RegoCode::EvalBuiltin, None));
}

#[test]
fn a_bound_inside_not_or_a_comprehension_ends_the_evaluation_all_the_same() {
    let endless = "some a in n; some b in n; some c in n; a + b + c < 0";
    for body in [
        format!("x if not y\ny if {{ {endless} }}"),
        format!("x if count([1 | {endless}]) == 0"),
        format!("x if every q in [1] {{ q == 1; not y }}\ny if {{ {endless} }}"),
        format!("default x := 7\nx := 8 if {{ {endless} }}"),
        format!("x := 1 if {{ {endless} }} else := 2"),
        format!("x := f(1)\nf(1) := 1 if {{ {endless} }}\nf(q) := 2"),
    ] {
        let text = format!("package p\nn := numbers.range(1, 1000)\n{body}\n");
        let error = ended(&text, &boundless().with_limits(1_000_000, u64::MAX));
        assert_eq!(error.cancelled, Some(Cancelled::Steps), "{body}: {error}");
    }
}

#[test]
fn what_stays_within_its_bounds_is_not_ended() {
    let input = Value::object([("leaf", Value::from("x"))]);
    let rules = (0..90).map(|at| format!("r{at} := r{}\n", at + 1));
    let shallow = format!("package p\n{}r90 := 1\nx := r0\n", rules.collect::<String>());
    let value = program(&shallow).eval("data.p.x", &input, &boundless().with_depth(100));
    assert_eq!(value, Ok(Some(Value::from(1))));
    // The text of `["x"]` is five bytes long.
    let text = "package p\nx := [input.leaf]\n";
    let exact = program(text).eval("data.p.x", &input, &boundless().with_output(5));
    assert_eq!(exact.unwrap().unwrap().to_json_string(), "[\"x\"]");
    let error = ended(text, &boundless().with_output(4));
    assert_eq!(error.cancelled, Some(Cancelled::Output));
}

#[test]
fn all_results_of_an_evaluation_share_its_output() {
    let text = "package p\nx := \"123456\"\ny contains q if some q in [\"123456\", \"789012\"]\n";
    let program = program(text);
    let input = Value::null();
    let both = program.eval_all(&["data.p.x", "data.p.x"], &input, &boundless().with_output(16));
    assert!(both.is_ok());
    let both = program.eval_all(&["data.p.x", "data.p.x"], &input, &boundless().with_output(15));
    assert_eq!(both.unwrap_err().cancelled, Some(Cancelled::Output));
    let rows = program.query("data.p.y[q]", &input, &boundless().with_output(20));
    assert_eq!(rows.unwrap_err().cancelled, Some(Cancelled::Output));
}

#[test]
fn a_result_of_any_size_is_measured_within_its_time_and_steps() {
    let error = ended(&broad(), &boundless().with_limits(1_000_000, u64::MAX));
    assert_eq!(error.cancelled, Some(Cancelled::Steps));
    let error = ended(&broad(), &boundless().with_time(Duration::from_millis(50)));
    assert_eq!(error.cancelled, Some(Cancelled::Time));
}

#[test]
fn a_caller_cancels_what_runs() {
    let program = program(ENDLESS);
    let cancel = AtomicBool::new(false);
    let error = std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            let world = World::NONE.with_cancel(&cancel);
            program.evaluate_in("data.p.x", None, &boundless(), &world).unwrap_err()
        });
        std::thread::sleep(Duration::from_millis(20));
        cancel.store(true, Ordering::Relaxed);
        running.join().unwrap()
    });
    assert_eq!(error.cancelled, Some(Cancelled::Caller));
    assert_eq!(error.message, "caller cancelled query execution");
}

#[test]
fn what_was_cancelled_before_it_began_does_not_run() {
    let cancel = AtomicBool::new(true);
    let world = World::NONE.with_cancel(&cancel);
    let started = program(ENDLESS).evaluate_in("data.p.x", None, &boundless(), &world);
    assert_eq!(started.unwrap_err().cancelled, Some(Cancelled::Caller));
    let error = ended(ENDLESS, &boundless().with_time(Duration::ZERO));
    assert_eq!(error.cancelled, Some(Cancelled::Time));
}

#[test]
fn evaluations_at_the_same_time_do_not_share_their_bounds() {
    let text = "package p
x := count([1 | some a in numbers.range(1, 300); some b in numbers.range(1, 300); a < b])
";
    let program = program(text);
    let few = boundless().with_limits(10_000, u64::MAX);
    let narrow = boundless().with_limits(u64::MAX, 10_000);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..12)
            .map(|at| {
                let (program, budget) = (&program, [boundless(), few, narrow][at % 3]);
                scope.spawn(move || {
                    let run = || program.eval("data.p.x", &Value::null(), &budget);
                    (0..10).map(|_| run().map_err(|error| error.cancelled)).collect::<Vec<_>>()
                })
            })
            .collect();
        for (at, run) in runs.into_iter().enumerate() {
            let expected = [
                Ok(Some(Value::from(44_850))),
                Err(Some(Cancelled::Steps)),
                Err(Some(Cancelled::Memory)),
            ];
            for result in run.join().unwrap() {
                assert_eq!(result, expected[at % 3], "{at}");
            }
        }
    });
}

#[test]
fn an_evaluation_leaves_nothing_behind_that_another_pays_for() {
    let program = program(GREEDY);
    let narrow = boundless().with_limits(u64::MAX, 1 << 20);
    for _ in 0..50 {
        let error = program.eval("data.p.x", &Value::null(), &narrow).unwrap_err();
        assert_eq!(error.cancelled, Some(Cancelled::Memory));
    }
    let small = program.eval("data.p.n", &Value::null(), &narrow);
    assert!(small.is_ok_and(|value| value.is_some()));
}

/// Not how fast it is: only that a builtin over a large value is not what a deadline waits for.
#[test]
fn a_deadline_holds_inside_whatever_takes_long() {
    let input = Value::object([
        ("long", Value::from("a".repeat(1 << 20).as_str())),
        ("many", Value::array((0..100_000).map(Value::from))),
    ]);
    for body in [
        "some _ in numbers.range(1, 1000000); regex.match(\"(a*)*b\", input.long)",
        "some _ in numbers.range(1, 1000000); contains(input.long, \"b\")",
        "some _ in numbers.range(1, 1000000); count(input.long) == 1",
        "some _ in numbers.range(1, 1000000); indexof(input.long, \"b\") == 1",
        "some _ in numbers.range(1, 1000000); crypto.sha256(input.long) == \"\"",
        "some _ in numbers.range(1, 1000000); sort(input.many) == []",
        "some _ in numbers.range(1, 1000000); sum(input.many) == 0",
        "some n in numbers.range(1, 1000000); (n * 7e9000) % 77777 == -1",
        "some n in numbers.range(1, 1000000); count({[input.long, n]}) == 2",
        "some n in numbers.range(1, 1000000); upper(input.long) == \"\"",
        "some n in numbers.range(1, 1000000); base64.encode(input.long) == \"\"",
        "some n in numbers.range(1, 1000000); json.marshal(input.many) == \"\"",
        "some n in numbers.range(1, 1000000); glob.match(\"*b\", [], input.long)",
        "some n in numbers.range(1, 1000000); format_int(7e9999, 2) == \"\"",
    ] {
        let text = format!("package p\nx if {{ {body} }}\n");
        let started = Instant::now();
        let budget =
            boundless().with_limits(u64::MAX, u64::MAX).with_time(Duration::from_millis(50));
        let error = program(&text).eval("data.p.x", &input, &budget).map_err(|e| e.cancelled);
        let took = started.elapsed();
        println!("{took:?} {body}");
        assert_eq!(error, Err(Some(Cancelled::Time)), "{body}");
        assert!(took < Duration::from_secs(30), "{body}: {took:?}");
    }
}

#[test]
fn values_in_a_trace_are_bounded_as_results_are() {
    let text = broad().replace("x := r60", "x if { y := r60; count(y) > 9 }");
    let program = program(&text);
    let input = Value::object([("leaf", Value::from("x"))]);
    let reports = Reports { trace: true, variables: true, ..Reports::default() };
    let mut question = Question::new("data.p.x", boundless().with_output(1 << 20));
    question.input = Some(&input);
    question.reports = reports;
    let told = program.ask(&question).told;
    let variables = told.trace.events().iter().flat_map(|event| &event.variables);
    let (left_out, kept): (Vec<_>, Vec<_>) =
        variables.partition(|variable| variable.value == Value::from("…"));
    assert!(!left_out.is_empty() && !kept.is_empty(), "{} {}", left_out.len(), kept.len());
    let size: usize = kept.iter().map(|variable| variable.value.to_json_string().len()).sum();
    assert!(size <= 1 << 20, "{size}");
}
