//! What Rego says, in OPA's documents: errors, values, reports (`internal/presentation`).

use super::doc::Doc;
use crate::error::CliError;
use referee_rego::{
    About, CoverageReport, CoveredRange, FileCoverage, Location, ProfileLine, QueryResults,
    QueryRow, RegoError, TraceEvent,
};
use std::time::Duration;

/// The errors that OPA tells in its document; `None` where it tells them apart from it.
pub(crate) fn told_errors(error: &CliError) -> Option<Vec<Doc>> {
    match error {
        CliError::Compile(errors) => Some(errors.iter().map(self::error).collect()),
        CliError::Load(errors) => {
            let message = |error: &crate::load::LoadError| {
                Doc::members([("message", Some(Doc::text(error.to_string())))])
            };
            Some(errors.iter().map(message).collect())
        }
        _ => None,
    }
}

/// `{"errors": […]}`.
pub(crate) fn errors(errors: Vec<Doc>) -> Doc {
    Doc::members([("errors", Some(Doc::List(errors)))])
}

/// An error.
pub(crate) fn error(error: &RegoError) -> Doc {
    Doc::members([
        ("message", Some(Doc::text(error.message.as_str()))),
        ("code", Some(Doc::text(error.code.as_str()))),
        ("location", error.location.as_ref().map(location)),
        ("details", details(error)),
    ])
}

/// What is said under an error: of one of the parser the line and where in it.
fn details(error: &RegoError) -> Option<Doc> {
    if let Some(About::Line(line)) = error.about.as_deref() {
        return Some(Doc::members([
            ("line", Some(Doc::text(line.text.as_str()))),
            ("idx", Some(Doc::count(line.index))),
        ]));
    }
    (!error.details.is_empty()).then(|| Doc::text(error.details.join("\n")))
}

/// A place.
pub(crate) fn location(place: &Location) -> Doc {
    Doc::members([
        ("file", Some(Doc::text(place.file.as_str()))),
        ("row", Some(Doc::number(place.row))),
        ("col", Some(Doc::number(place.col))),
    ])
}

/// The rows of a query; `None` where it is undefined.
pub(crate) fn result(results: &QueryResults) -> Option<Doc> {
    (!results.rows.is_empty()).then(|| Doc::List(results.rows.iter().map(row).collect()))
}

fn row(row: &QueryRow) -> Doc {
    let expressions = row.expressions.iter().map(|expression| {
        let place = Doc::members([
            ("row", Some(Doc::number(expression.row))),
            ("col", Some(Doc::number(expression.col))),
        ]);
        Doc::members([
            ("value", Some(Doc::from(&expression.value))),
            ("text", Some(Doc::text(expression.text.as_str()))),
            ("location", Some(place)),
        ])
    });
    Doc::members([
        ("expressions", Some(Doc::List(expressions.collect()))),
        ("bindings", (!row.bindings.is_empty()).then(|| bindings(row))),
    ])
}

/// The variables of a row.
pub(crate) fn bindings(row: &QueryRow) -> Doc {
    let members = row.bindings.iter().map(|(name, value)| (name.clone(), Doc::from(value)));
    Doc::Members(members.collect())
}

/// A coverage report.
pub(crate) fn coverage(report: &CoverageReport) -> Doc {
    let files = report.files.iter().map(|(name, file)| (name.clone(), covered_file(file)));
    Doc::members([
        ("files", Some(Doc::Members(files.collect()))),
        ("covered_lines", Some(Doc::count(report.covered_lines))),
        ("not_covered_lines", Some(Doc::count(report.not_covered_lines))),
        ("coverage", Some(Doc::float(report.percent()))),
    ])
}

fn covered_file(file: &FileCoverage) -> Doc {
    let ranges = |ranges: &[CoveredRange]| {
        (!ranges.is_empty()).then(|| Doc::List(ranges.iter().map(range).collect()))
    };
    let count = |count: usize| (count > 0).then(|| Doc::count(count));
    Doc::members([
        ("covered", ranges(&file.covered)),
        ("not_covered", ranges(&file.not_covered)),
        ("covered_lines", count(file.covered_lines)),
        ("not_covered_lines", count(file.not_covered_lines)),
        ("coverage", (file.covered_lines > 0).then(|| Doc::float(file.percent()))),
    ])
}

fn range(covered: &CoveredRange) -> Doc {
    let place = |place: &referee_rego::Position| {
        Doc::members([
            ("row", Some(Doc::number(place.row))),
            ("col", (place.col > 0).then(|| Doc::number(place.col))),
        ])
    };
    let kinds = covered.kinds.iter().map(|kind| Doc::text(kind.as_str()));
    Doc::members([
        ("start", Some(place(&covered.range.start))),
        ("end", Some(place(&covered.range.end))),
        ("kinds", (!covered.kinds.is_empty()).then(|| Doc::List(kinds.collect()))),
    ])
}

/// A profile.
pub(crate) fn profile(lines: &[ProfileLine]) -> Doc {
    let line = |line: &ProfileLine| {
        Doc::members([
            ("total_time_ns", Some(Doc::number(line.time.as_nanos()))),
            ("num_eval", Some(Doc::number(line.evaluated))),
            ("num_redo", Some(Doc::number(line.redone))),
            ("num_gen_expr", Some(Doc::count(line.expressions))),
            ("location", Some(location(&line.location))),
        ])
    };
    Doc::List(lines.iter().map(line).collect())
}

/// The steps of a trace. What a step is about is its text, not its syntax tree.
pub(crate) fn explanation(events: &[&TraceEvent]) -> Doc {
    let event = |event: &&TraceEvent| {
        let locals = event.variables.iter();
        let locals = locals.map(|one| (one.name.clone(), Doc::from(&one.value)));
        let locals = Doc::Members(locals.collect());
        Doc::members([
            ("Op", Some(Doc::text(event.op.as_str()))),
            ("Node", Some(Doc::text(event.text.as_str()))),
            ("Location", Some(location(&event.location))),
            ("QueryID", Some(Doc::number(event.query))),
            ("ParentID", Some(Doc::number(event.parent))),
            ("Locals", Some(if event.variables.is_empty() { Doc::Null } else { locals })),
            ("Message", Some(Doc::text(event.message.as_str()))),
        ])
    };
    Doc::List(events.iter().map(event).collect())
}

/// A duration as Go writes it: `1.5ms`, `179.96µs`, `1m2s`.
pub(crate) fn go_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let (unit, scale) = match nanos {
        0 => return "0s".to_owned(),
        1..1_000 => ("ns", 1),
        1_000..1_000_000 => ("µs", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => {
            let seconds = duration.as_secs();
            let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
            let part = (nanos % 1_000_000_000).checked_rem(1_000_000_000).unwrap_or(0);
            let seconds = fraction(u128::from(seconds % 60), part, 9);
            return match (hours, minutes) {
                (0, 0) => format!("{seconds}s"),
                (0, _) => format!("{minutes}m{seconds}s"),
                _ => format!("{hours}h{minutes}m{seconds}s"),
            };
        }
    };
    let digits = match scale {
        1 => 0,
        1_000 => 3,
        _ => 6,
    };
    format!("{}{unit}", fraction(nanos / scale, nanos % scale, digits))
}

/// A number with so many digits after its point, those that are 0 at the end left out.
fn fraction(whole: u128, part: u128, digits: usize) -> String {
    if part == 0 {
        return whole.to_string();
    }
    let text = format!("{whole}.{part:0digits$}");
    text.trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (nanos, expected) in [
            (0, "0s"),
            (12, "12ns"),
            (179_960, "179.96µs"),
            (1_500_000, "1.5ms"),
            (2_000_000_000, "2s"),
            (62_500_000_000, "1m2.5s"),
            (3_600_000_000_000, "1h0m0s"),
        ] {
            assert_eq!(go_duration(Duration::from_nanos(nanos)), expected);
        }
    }
}
