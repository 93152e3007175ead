//! A report for programs: JSON lines.

use super::{Report, Standing, folders};
use crate::json::Json;
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for verdict in &report.verdicts {
        let (standing, reason) = match &verdict.standing {
            Standing::Passed => continue,
            Standing::Failed => ("failed", ""),
            Standing::ExpectedFailure(reason) => ("expected_failure", reason.as_str()),
            Standing::UnexpectedPass(reason) => ("unexpected_pass", reason.as_str()),
        };
        let line = Json::object([
            ("case", verdict.name.as_str().into()),
            ("standing", standing.into()),
            ("failure", verdict.failure.as_deref().unwrap_or_default().into()),
            ("reason", reason.into()),
        ]);
        writeln!(out, "{line}")?;
    }
    for name in &report.stale {
        let line = Json::object([("case", name.as_str().into()), ("standing", "stale".into())]);
        writeln!(out, "{line}")?;
    }
    for (name, passed, total) in folders(report) {
        let line = Json::object([
            ("folder", name.into()),
            ("passed", passed.into()),
            ("total", total.into()),
        ]);
        writeln!(out, "{line}")?;
    }
    // In this order: the line is what others look for.
    writeln!(
        out,
        "{{\"suite\":{},\"passed\":{},\"failed\":{},\"total\":{}}}",
        Json::string(&report.suite),
        report.passed(),
        report.failed(),
        report.total()
    )
}
