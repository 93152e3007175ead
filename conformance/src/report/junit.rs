//! A report for build servers: JUnit's XML.

use super::{Report, Standing, folders};
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let unexpected = report
        .verdicts
        .iter()
        .filter(|v| matches!(v.standing, Standing::Failed | Standing::UnexpectedPass(_)))
        .count();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\">",
        escaped(&report.suite),
        report.total() + report.stale.len(),
        unexpected + report.stale.len(),
    )?;
    for (folder, passed, total) in folders(report) {
        writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{total}\" failures=\"{}\">",
            escaped(folder),
            total - passed,
        )?;
        for verdict in report.verdicts.iter().filter(|verdict| verdict.folder == folder) {
            let name = escaped(&verdict.name);
            let failure = escaped(verdict.failure.as_deref().unwrap_or_default());
            write!(out, "    <testcase classname=\"{}\" name=\"{name}\"", escaped(folder))?;
            match &verdict.standing {
                Standing::Passed => writeln!(out, "/>")?,
                Standing::Failed => {
                    writeln!(out, "><failure message=\"{failure}\"/></testcase>")?;
                }
                Standing::ExpectedFailure(reason) => {
                    writeln!(out, "><skipped message=\"{}\"/></testcase>", escaped(reason))?;
                }
                Standing::UnexpectedPass(reason) => writeln!(
                    out,
                    "><failure message=\"passes, though expected to fail: {}\"/></testcase>",
                    escaped(reason)
                )?,
            }
        }
        writeln!(out, "  </testsuite>")?;
    }
    if !report.stale.is_empty() {
        let count = report.stale.len();
        writeln!(out, "  <testsuite name=\"stale\" tests=\"{count}\" failures=\"{count}\">")?;
        for name in &report.stale {
            writeln!(
                out,
                "    <testcase classname=\"stale\" name=\"{}\"><failure message=\"no case of the \
                 suite\"/></testcase>",
                escaped(name)
            )?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// XML has no way to write most control characters: they are shown as U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\r' => escaped.push_str("&#13;"),
            control if control.is_control() || matches!(control, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            other => escaped.push(other),
        }
    }
    escaped
}
