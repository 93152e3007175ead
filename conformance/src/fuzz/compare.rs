//! Whether two outcomes differ, and in what.

use crate::json::Json;
use crate::rego::{Answer, Fault, Outcome, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How closely outcomes are compared. Each level includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What is defined, and the values: numbers by value, errors whatever they are.
    Values,
    /// The codes of errors.
    Codes,
    /// The messages of errors.
    Messages,
    /// The order of rows, how numbers are written, the places of errors.
    #[default]
    Exact,
}

/// What two outcomes differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Difference {
    /// One broke: a panic, an end, an inability.
    Broken,
    /// One refuses the modules and the other does not.
    Compiles,
    /// A query gives an error in one only.
    Fails,
    /// The rows.
    Rows,
    /// The code of an error.
    Code,
    /// The message of an error.
    Message,
    /// The order of rows.
    Order,
    /// How a number is written.
    Writing,
    /// The place of an error.
    Place,
}

impl Difference {
    fn level(self) -> Level {
        match self {
            Self::Broken | Self::Compiles | Self::Fails | Self::Rows => Level::Values,
            Self::Code => Level::Codes,
            Self::Message => Level::Messages,
            Self::Order | Self::Writing | Self::Place => Level::Exact,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broken => "broken",
            Self::Compiles => "compiles",
            Self::Fails => "fails",
            Self::Rows => "rows",
            Self::Code => "code",
            Self::Message => "message",
            Self::Order => "order",
            Self::Writing => "writing",
            Self::Place => "place",
        })
    }
}

/// The gravest thing in which two outcomes differ; `None` where they are alike at that level.
/// Outcomes that were cut off by time are alike to all others.
#[must_use]
pub fn differs(wanted: &Outcome, got: &Outcome, level: Level) -> Option<Difference> {
    let mut found = Vec::new();
    match (wanted, got) {
        (Outcome::Broken(_), _) => {}
        (_, Outcome::Broken(_)) => found.push(Difference::Broken),
        (Outcome::Rejected(one), Outcome::Rejected(two)) => faults(one, two, &mut found),
        (Outcome::Answered(one), Outcome::Answered(two)) => {
            if one.len() != two.len() {
                found.push(Difference::Broken);
            }
            for (one, two) in one.iter().zip(two) {
                answers(one, two, &mut found);
            }
        }
        _ => found.push(Difference::Compiles),
    }
    found.into_iter().filter(|difference| difference.level() <= level).min()
}

fn answers(one: &Answer, two: &Answer, found: &mut Vec<Difference>) {
    match (one, two) {
        (Answer::Errors(errors), _) | (_, Answer::Errors(errors)) if cut_off(errors) => {}
        (Answer::Errors(errors), _) if fell_over(errors) || is_unwritable(errors) => {}
        (Answer::Rows(one), Answer::Rows(two)) if one != two && has_long_number(one) => {}
        (Answer::Rows(one), Answer::Errors(_)) if has_long_number(one) => {}
        (Answer::Rows(one), Answer::Rows(two)) => rows(one, two, found),
        // Of the errors of a query an engine may tell the first only.
        (Answer::Errors(one), Answer::Errors(two)) => {
            let first = |errors: &[Fault]| errors.iter().take(1).cloned().collect::<Vec<_>>();
            faults(&first(one), &first(two), found);
        }
        _ => found.push(Difference::Fails),
    }
}

/// Whether OPA could not write its own result: it keeps a number as the text it was made of, with
/// underscores and in hexadecimal (docs/opa-differences.md, "Numbers").
fn is_unwritable(errors: &[Fault]) -> bool {
    errors.first().is_some_and(|error| error.message.contains("json: invalid number literal"))
}

/// The digits of the longest numbers that Referee computes with (docs/opa-differences.md, "Limits").
const MAX_DIGITS: usize = 10_000;

/// Whether there is a longer one.
fn has_long_number(rows: &[Row]) -> bool {
    rows.iter().flat_map(BTreeMap::values).any(|value| {
        let text = value.to_string();
        text.len() > MAX_DIGITS
            && text.split(|letter: char| !letter.is_ascii_digit()).any(|run| run.len() > MAX_DIGITS)
    })
}

fn cut_off(errors: &[Fault]) -> bool {
    errors.first().is_some_and(|error| error.code == "eval_cancel_error")
}

/// Whether OPA's evaluator came upon a variable that its own compiler had promised a value for:
/// comprehensions that it groups by a variable which only a call outside them binds
/// (`count("a", n); xs := {x | input.n <= n; …}`). The policy is right, and no answer is known.
fn fell_over(errors: &[Fault]) -> bool {
    errors.first().is_some_and(|error| {
        error.code == "eval_internal_error" && error.message.contains("that requires evaluation")
    })
}

/// What the names of variables begin with that OPA's compiler made up for a query.
const GENERATED: &str = "__localq";

/// The rows as a caller of a query sees them: without the compiler's own variables, each once.
pub(super) fn visible(rows: &[Row]) -> Vec<Row> {
    let mut seen = BTreeSet::new();
    let rows = rows.iter().map(|row| {
        let members = row.iter().filter(|(name, _)| !name.starts_with(GENERATED));
        members.map(|(name, value)| (name.clone(), value.clone())).collect::<Row>()
    });
    rows.filter(|row| seen.insert(row.clone())).collect()
}

fn rows(one: &[Row], two: &[Row], found: &mut Vec<Difference>) {
    let (one, two) = (visible(one), visible(two));
    if one != two {
        let sorted = |rows: &[Row]| rows.iter().cloned().collect::<BTreeSet<_>>();
        let same = sorted(&one) == sorted(&two);
        found.push(if same { Difference::Order } else { Difference::Rows });
        return;
    }
    let written = |rows: &[Row]| rows.iter().cloned().map(Json::Object).collect::<Json>();
    if !written(&one).is_written_as(&written(&two)) {
        found.push(Difference::Writing);
    }
}

/// What stands at the end of a list of errors that OPA cut short.
const CUT_SHORT: &str = "error limit reached";

/// Errors are compared as a set: OPA tells them in an order that differs from run to run.
fn faults(one: &[Fault], two: &[Fault], found: &mut Vec<Difference>) {
    // Which ten of more than ten errors are told differs too.
    let cut_short = |faults: &[Fault]| faults.last().is_some_and(|f| f.message == CUT_SHORT);
    if cut_short(one) && cut_short(two) {
        return;
    }
    let sorted = |part: fn(&Fault) -> Fault| {
        let sort = |faults: &[Fault]| {
            let mut faults: Vec<_> = faults.iter().map(part).collect();
            faults.sort();
            faults
        };
        sort(one) == sort(two)
    };
    if !sorted(|fault| Fault::new(fault.code.clone(), "")) {
        found.push(Difference::Code);
    } else if !sorted(|fault| Fault::new(fault.code.clone(), message(fault))) {
        found.push(Difference::Message);
    } else if !sorted(|fault| Fault { message: message(fault), ..fault.clone() }) {
        found.push(Difference::Place);
    }
}

/// The message. Which way round a circle of rules is told differs from run to run in OPA.
fn message(fault: &Fault) -> String {
    let round = if fault.code == "rego_recursion_error" { ": " } else { "" };
    match fault.message.split_once(round) {
        Some((rule, _)) if !round.is_empty() => rule.to_owned(),
        _ => fault.message.clone(),
    }
}
