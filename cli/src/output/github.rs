//! Workflow commands of GitHub Actions: annotations on the run.
//!
//! The escaping is the runner's (actions/toolkit, `packages/core/src/command.ts`): without it a
//! policy message with a line break could issue commands of its own.

use crate::escape::escape;
use crate::output::{Answer, reason_code};
use referee_core::{Reason, Verdict};
use std::io::{self, Write};

/// Writes an annotation for each reason and warning, and a notice for what may be used.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(out: &mut dyn Write, answers: &[Answer]) -> io::Result<()> {
    for answer in answers {
        let decision = &answer.decision;
        let reference = &decision.reference;
        let command = if answer.is_let_through() { "warning" } else { "error" };
        for reason in &decision.reasons {
            annotate(out, command, reference, reason)?;
        }
        for warning in &decision.warnings {
            annotate(out, "warning", reference, warning)?;
        }
        if decision.verdict == Verdict::Allow {
            let revision = &decision.policy.revision;
            let text = format!("allowed by {} {revision}", decision.policy.package);
            writeln!(out, "::notice title={}::{}", property(reference), data(&text))?;
        }
    }
    Ok(())
}

fn annotate(
    out: &mut dyn Write,
    command: &str,
    reference: &str,
    reason: &Reason,
) -> io::Result<()> {
    let title = format!("{reference}: {}", reason_code(reason));
    let mut text = reason.message.clone();
    if let Some(hint) = &reason.hint {
        text.push_str(&format!(" Hint: {hint}"));
    }
    writeln!(out, "::{command} title={}::{}", property(&title), data(&text))
}

/// The text of a command.
fn data(text: &str) -> String {
    escape(text).replace('%', "%25")
}

/// A property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_issue_commands_of_its_own() {
        let reason = Reason {
            code: Some("a,b:c".into()),
            message: "100%\n::set-output name=x::y\r".into(),
            ..Reason::default()
        };
        let mut out = Vec::new();
        annotate(&mut out, "error", "r:1", &reason).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "::error title=r%3A1%3A a%2Cb%3Ac::100%25\\n::set-output name=x::y\\r\n"
        );
    }
}
