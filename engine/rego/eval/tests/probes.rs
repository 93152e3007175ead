//! Reports: what was evaluated, what it took, and which definition gave what.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod support;

use referee_rego_builtin::{Context, Meter, NoHost};
use referee_rego_eval::{Arena, Coverage, Options, Probe, Producers, Profile, Program};
use referee_rego_value::{JsonLimits, Value};
use std::cell::Cell;
use std::time::Duration;
use support::{Question, prepare};

const MODULE: &str = "package t
deny contains \"a\" if input.a
deny contains \"b\" if {
\tsome x in input.xs
\tx > 1
}
quiet if input.never
";

fn program() -> Program {
    prepare(&Question::new(&[MODULE], "data.t")).unwrap().0
}

fn probed(probe: impl Probe) {
    let program = program();
    let input = Value::from_json(r#"{"a": true, "xs": [1, 2, 3]}"#, &JsonLimits::DEFAULT).unwrap();
    let clock = || Duration::ZERO;
    let meter = Meter::new(&clock, Duration::from_secs(1), u64::MAX, 1 << 30, None);
    let mut context = Context::new(meter, 0, 0, &NoHost, &Value::Null);
    let arena = Arena::new();
    let options = Options::default();
    let mut evaluation =
        program.evaluation_with(&arena, Some(&input), &mut context, options, probe);
    let path = program.prepare_path(&[Value::from("t")]);
    assert!(evaluation.value(&path).unwrap().is_some());
}

#[test]
fn coverage_knows_which_bodies_held_and_which_expressions_ran() {
    let mut coverage = Coverage::default();
    probed(&mut coverage);
    let rows: Vec<u32> = coverage.rules.iter().map(|place| place.1).collect();
    assert_eq!(rows, [2, 3]);
    let rows: Vec<u32> = coverage.expressions.iter().map(|place| place.1).collect();
    assert_eq!(rows, [2, 4, 5]);
}

#[test]
fn producers_are_the_definitions_that_gave_an_element() {
    let mut producers = Producers::default();
    probed(&mut producers);
    let told: Vec<(String, u32, String)> = producers
        .elements
        .iter()
        .map(|(path, location, element)| (path.clone(), location.row, element.to_string()))
        .collect();
    let a = ("data.t.deny".to_owned(), 2, "\"a\"".to_owned());
    let b = ("data.t.deny".to_owned(), 3, "\"b\"".to_owned());
    // Rules that say nothing of the input come first, as in OPA's index.
    assert_eq!(told, [b.clone(), b, a]);
}

#[test]
fn a_profile_counts_and_measures_by_expression() {
    let ticks = Cell::new(0);
    let clock = || {
        ticks.set(ticks.get() + 1);
        Duration::from_millis(ticks.get())
    };
    let mut profile = Profile::new(&clock);
    probed(&mut profile);
    let spent = profile.finish();
    let of_row = |row: u32| *spent.iter().find(|(place, _)| place.1 == row).unwrap().1;
    assert_eq!(of_row(4).evaluated, 1);
    assert_eq!(of_row(4).again, 2);
    assert_eq!(of_row(5).evaluated, 3);
    assert!(of_row(5).time > Duration::ZERO);
}
