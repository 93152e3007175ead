//! A report for people.

use super::{Report, Standing, folders};
use std::io::{self, Write};

/// The most characters of a failure that are shown.
const SHOWN: usize = 1_000;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let folders = folders(report);
    let width = folders.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or_default();
    for (name, passed, total) in &folders {
        let mark = if passed == total { ' ' } else { '!' };
        writeln!(out, "{mark} {name:<width$} {passed:>5} / {total}")?;
    }
    for verdict in &report.verdicts {
        let failure = verdict.failure.as_deref().unwrap_or_default();
        let failure: String = failure.chars().take(SHOWN).collect();
        match &verdict.standing {
            Standing::Passed => {}
            Standing::Failed => writeln!(out, "FAIL {}\n     {failure}", verdict.name)?,
            Standing::ExpectedFailure(reason) => {
                writeln!(out, "expected to fail: {} ({reason})", verdict.name)?;
            }
            Standing::UnexpectedPass(reason) => {
                writeln!(out, "PASS {}\n     though expected to fail: {reason}", verdict.name)?;
            }
        }
    }
    for name in &report.stale {
        writeln!(out, "STALE {name} is expected to fail and is no case of the suite")?;
    }
    writeln!(
        out,
        "{}: {} of {} passed with {}",
        report.suite,
        report.passed(),
        report.total(),
        report.implementation
    )
}
