//! Judges what came out of a case as OPA's own runners do (`v1/topdown/exported_test.go`,
//! `v1/ast/compile_cases_test.go`).
//!
//! Modules that do not compile, or a query that does not, fail an evaluation case whatever it
//! wants: the errors it may want are those of evaluation. A case may want a code and a text; both
//! are looked at.

use super::cases::{Case, Expected, Wanted, WantedError};
use super::program::{Answer, Fault, Outcome, Place, Row};
use crate::json::{self, Json};
use std::collections::BTreeSet;

/// What the names of variables begin with that OPA's compiler made up.
const GENERATED: [&str; 2] = ["__localq", "$"];

/// What is wrong with an outcome; `None` where the case passes.
#[must_use]
pub fn judge(case: &Case, outcome: &Outcome) -> Option<String> {
    if let Outcome::Broken(what) = outcome {
        return Some(format!("broken: {what}"));
    }
    match &case.wanted {
        Wanted::Evaluation(expected) => evaluation(expected, outcome),
        Wanted::Compile { errors, exhaustive } => compilation(errors, *exhaustive, outcome),
    }
}

fn evaluation(expected: &Expected, outcome: &Outcome) -> Option<String> {
    let answer = match outcome {
        Outcome::Answered(answers) => answers.first(),
        other => return Some(format!("wanted {}, got {other}", describe(expected))),
    };
    let Some(answer) = answer else { return Some("no answer".into()) };
    let right = match answer {
        Answer::Errors(errors) => errors.first().is_some_and(|error| error_fits(expected, error)),
        Answer::Rows(rows) => rows_fit(expected, rows),
    };
    (!right).then(|| format!("wanted {}, got {answer}", describe(expected)))
}

fn error_fits(expected: &Expected, error: &Fault) -> bool {
    let wanted = expected.error_code.is_some() || expected.error.is_some();
    let evaluated = !error.code.starts_with("rego_");
    let code = expected.error_code.as_ref().is_none_or(|code| *code == error.code);
    let text = expected.error.as_ref().is_none_or(|text| error.to_string().contains(text));
    // Where a case wants an error and a result, OPA's runner compares the rows that were found
    // before the error. No engine tells those to its callers, so they are not looked at.
    wanted && evaluated && code && text
}

fn rows_fit(expected: &Expected, rows: &[Row]) -> bool {
    let Some(wanted) = &expected.result else { return false };
    if expected.error_code.is_some() || expected.error.is_some() {
        return false;
    }
    let wanted: BTreeSet<_> = wanted.iter().cloned().collect();
    let got: Option<BTreeSet<_>> = rows.iter().map(|row| shown(expected, row)).collect();
    got.is_some_and(|got| got == wanted)
}

/// A row as it is compared; `None` where it should be sorted and is no array.
fn shown(expected: &Expected, row: &Row) -> Option<Row> {
    let generated = |name: &String| GENERATED.iter().any(|prefix| name.starts_with(prefix));
    let mut shown = Row::new();
    for (name, value) in row {
        if expected.ignore_generated_vars && generated(name) {
            continue;
        }
        let value = match value {
            Json::Array(elements) if expected.sort_bindings => {
                let mut elements = elements.clone();
                json::sort(&mut elements);
                Json::Array(elements)
            }
            _ if expected.sort_bindings => return None,
            other => other.clone(),
        };
        shown.insert(name.clone(), value);
    }
    Some(shown)
}

fn describe(expected: &Expected) -> String {
    let mut parts = Vec::new();
    if let Some(code) = &expected.error_code {
        parts.push(code.clone());
    }
    if let Some(error) = &expected.error {
        parts.push(format!("an error with {error:?}"));
    }
    if let Some(rows) = &expected.result {
        parts.push(Answer::Rows(rows.clone()).to_string());
    }
    parts.join(" and ")
}

fn compilation(wanted: &[WantedError], exhaustive: bool, outcome: &Outcome) -> Option<String> {
    let Outcome::Rejected(got) = outcome else {
        return Some(format!("wanted {}, and it compiled", list(wanted)));
    };
    if let Some(error) = got.iter().find(|error| error.code == "rego_parse_error") {
        return Some(format!("wanted {}, got {error}", list(wanted)));
    }
    let mut left: Vec<_> = got.iter().collect();
    for error in wanted {
        match left.iter().position(|found| fits(error, found)) {
            Some(position) => {
                left.remove(position);
            }
            None => return Some(format!("wanted {}, got {outcome}", show(error))),
        }
    }
    let unwanted = left.first().filter(|_| exhaustive)?;
    Some(format!("unexpected {unwanted}"))
}

fn fits(wanted: &WantedError, got: &Fault) -> bool {
    let Some(Place { file, row, col }) = &got.place else { return false };
    wanted.module == *file
        && wanted.code == got.code
        && wanted.row == *row
        && wanted.col.is_none_or(|wanted| wanted == *col)
        && wanted.message == got.message
}

fn show(error: &WantedError) -> String {
    let WantedError { module, code, row, col, message } = error;
    format!("{module}:{row}:{}: {code}: {message}", col.unwrap_or_default())
}

fn list(errors: &[WantedError]) -> String {
    errors.iter().map(show).collect::<Vec<_>>().join("; ")
}
