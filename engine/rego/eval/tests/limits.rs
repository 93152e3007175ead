//! Bounds: depth, steps, memory, time and cancellation hold, and none of them is a crash.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod support;

use referee_rego_builtin::{Context, Meter, NoHost};
use referee_rego_eval::{Arena, EvalCode, EvalError, Options};
use referee_rego_value::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::{Failure, Question, prepare, rows};

fn error(question: &Question<'_>) -> Box<EvalError> {
    match rows(question).unwrap_err() {
        Failure::Eval(error) => error,
        other => unreachable_failure(&other),
    }
}

#[expect(clippy::panic, reason = "a failure of another kind is a failed test")]
fn unreachable_failure(failure: &Failure) -> ! {
    panic!("not an error of the evaluation: {failure:?}")
}

fn chain(length: usize) -> String {
    let rules = (0..length).map(|at| format!("p{at} if p{}\n", at + 1));
    format!("package t\n{}p{length} := true\n", rules.collect::<String>())
}

#[test]
fn a_chain_of_two_hundred_rules_is_evaluated() {
    let module = chain(250);
    let rows = rows(&Question::new(&[&module], "data.t.p0")).unwrap();
    assert_eq!(rows.len(), 1);
}

#[test]
fn a_chain_of_a_thousand_rules_is_an_error_and_no_overflow() {
    let module = chain(1_000);
    let error = error(&Question::new(&[&module], "data.t.p0"));
    assert_eq!(error.code, EvalCode::Cancel);
    assert_eq!(error.message, "the evaluation went deeper than it may");
}

#[test]
fn comprehensions_nested_too_deep_are_an_error_and_no_overflow() {
    let mut text = String::from("[x | x := 1]");
    for _ in 0..60 {
        text = format!("[y | y := {text}]");
    }
    let module = format!("package t\np := {text}");
    let error = error(&Question::new(&[&module], "data.t.p"));
    assert_eq!(error.code, EvalCode::Internal);
    assert_eq!(error.message, "bodies are nested deeper than can be evaluated");
}

#[test]
fn comprehensions_nested_twenty_deep_are_evaluated() {
    let mut text = String::from("[x | x := 1]");
    for _ in 0..20 {
        text = format!("[y | y := {text}]");
    }
    let module = format!("package t\np := {text}");
    assert_eq!(rows(&Question::new(&[&module], "data.t.p")).unwrap().len(), 1);
}

/// Loops that would run for hours.
const ENDLESS: &str = "package t
n := numbers.range(1, 1000)
p contains x if { some a in n; some b in n; some c in n; some d in n; x := a + b + c + d; x < 0 }
";

fn measured(
    steps: u64,
    memory: u64,
    limit: Duration,
    cancel: Option<&AtomicBool>,
) -> (Box<EvalError>, Duration) {
    let question = Question::new(&[ENDLESS], "data.t.p");
    let (program, query) = prepare(&question).unwrap();
    let start = Instant::now();
    let clock = move || start.elapsed();
    let meter = Meter::new(&clock, limit, steps, memory, cancel);
    let mut context = Context::new(meter, 0, 0, &NoHost, &Value::Null);
    let arena = Arena::new();
    let mut evaluation = program.evaluation(&arena, None, &mut context, Options::default());
    (evaluation.rows(&query).unwrap_err(), start.elapsed())
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn an_evaluation_ends_at_its_deadline() {
    let (error, took) = measured(u64::MAX, 1 << 30, Duration::from_millis(50), None);
    assert_eq!(error.to_string(), "eval_cancel_error: context deadline exceeded");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn an_evaluation_ends_when_its_steps_are_used_up() {
    let (error, _) = measured(1_000_000, 1 << 30, LONG, None);
    assert_eq!(error.code, EvalCode::Cancel);
    assert_eq!(error.message, "the evaluation took more steps than it may");
}

#[test]
fn an_evaluation_ends_when_it_is_cancelled() {
    let cancel = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(30));
            cancel.store(true, Ordering::Relaxed);
        });
        let (error, took) = measured(u64::MAX, 1 << 30, LONG, Some(&cancel));
        assert_eq!(error.code, EvalCode::Cancel);
        assert!(took < Duration::from_secs(2), "{took:?}");
    });
}

#[test]
fn an_evaluation_ends_when_its_memory_is_used_up() {
    let module = "package t
n := numbers.range(1, 1000)
p := [[a, b, c] | some a in n; some b in n; some c in n]
";
    let (program, query) = prepare(&Question::new(&[module], "data.t.p")).unwrap();
    let start = Instant::now();
    let clock = move || start.elapsed();
    let meter = Meter::new(&clock, LONG, u64::MAX, 10 << 20, None);
    let mut context = Context::new(meter, 0, 0, &NoHost, &Value::Null);
    let arena = Arena::new();
    let mut evaluation = program.evaluation(&arena, None, &mut context, Options::default());
    let error = evaluation.rows(&query).unwrap_err();
    assert_eq!(error.message, "the evaluation took more memory than it may");
}

#[test]
fn an_evaluation_can_be_asked_again_after_an_error() {
    let module = "package t
p := 1 if input.x
p := 2 if input.x
q := 3
";
    let modules = [module];
    let mut question = Question::new(&modules, "data.t.p");
    question.input = Some(Value::object([("x", Value::Bool(true))]));
    let (program, query) = prepare(&question).unwrap();
    let clock = || Duration::ZERO;
    let meter = Meter::new(&clock, LONG, u64::MAX, 1 << 30, None);
    let mut context = Context::new(meter, 0, 0, &NoHost, &Value::Null);
    let arena = Arena::new();
    let input = question.input.as_ref();
    let mut evaluation = program.evaluation(&arena, input, &mut context, Options::default());
    assert!(evaluation.rows(&query).is_err());
    let path = program.prepare_path(&[Value::from("t"), Value::from("q")]);
    assert_eq!(evaluation.value(&path).unwrap(), Some(&Value::from(3)));
}
