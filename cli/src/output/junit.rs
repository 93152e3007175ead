//! JUnit XML, the form that Jenkins, GitLab and their like show (the Windyroad schema).

use crate::escape::{Safe, escape};
use crate::output::{Answer, reason_code};
use referee_core::{Reason, Verdict};
use std::fmt;
use std::io::{self, Write};

/// One test case.
pub(crate) struct Case {
    /// The group it is shown in.
    pub(crate) class: String,
    /// Its name.
    pub(crate) name: String,
    /// How long it took, in milliseconds.
    pub(crate) elapsed_ms: u128,
    /// What came of it.
    pub(crate) outcome: Outcome,
    /// What it said besides.
    pub(crate) output: Vec<String>,
}

/// What came of a test case.
pub(crate) enum Outcome {
    /// It passed.
    Passed,
    /// It was passed over.
    Skipped,
    /// It failed: kind, first line, all of it.
    Failed(String, String, String),
    /// It could not be run: likewise.
    Errored(String, String, String),
}

/// Writes a test case for each reference.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn decisions(out: &mut dyn Write, answers: &[Answer]) -> io::Result<()> {
    let cases: Vec<Case> = answers.iter().map(case).collect();
    write(out, "referee verify", &cases)
}

fn case(answer: &Answer) -> Case {
    let decision = &answer.decision;
    let first = decision.reasons.first();
    let kind = first.map_or_else(String::new, |reason| escape(reason_code(reason)));
    let message = first.map_or_else(String::new, |reason| escape(&reason.message));
    let text = decision.reasons.iter().map(describe).collect::<Vec<_>>().join("\n");
    let outcome = match decision.verdict {
        Verdict::Error => Outcome::Errored(kind, message, text),
        _ if decision.admits() => Outcome::Passed,
        _ => Outcome::Failed(kind, message, text),
    };
    let mut output: Vec<String> =
        decision.warnings.iter().map(|warning| format!("warning: {}", describe(warning))).collect();
    if answer.is_let_through() {
        output.extend(decision.reasons.iter().map(|r| format!("not enforced: {}", describe(r))));
    }
    Case {
        class: decision.policy.package.clone(),
        name: decision.reference.clone(),
        elapsed_ms: decision.elapsed_ms.total.into(),
        outcome,
        output,
    }
}

fn describe(reason: &Reason) -> String {
    let mut text = format!("{}: {}", Safe(reason_code(reason)), Safe(&reason.message));
    for (name, value) in [("rule", &reason.rule), ("at", &reason.location), ("hint", &reason.hint)]
    {
        if let Some(value) = value {
            text.push_str(&format!("\n  {name}: {}", Safe(value)));
        }
    }
    text
}

/// Writes a suite of test cases.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(out: &mut dyn Write, suite: &str, cases: &[Case]) -> io::Result<()> {
    let of =
        |wanted: fn(&Outcome) -> bool| cases.iter().filter(|case| wanted(&case.outcome)).count();
    let failures = of(|outcome| matches!(outcome, Outcome::Failed(..)));
    let errors = of(|outcome| matches!(outcome, Outcome::Errored(..)));
    let skipped = of(|outcome| matches!(outcome, Outcome::Skipped));
    let time = Seconds(cases.iter().map(|case| case.elapsed_ms).sum());
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\"", cases.len());
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites {counts} time=\"{time}\">")?;
    let name = Xml(suite);
    writeln!(out, "  <testsuite name=\"{name}\" {counts} skipped=\"{skipped}\" time=\"{time}\">")?;
    for case in cases {
        write_case(out, case)?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn write_case(out: &mut dyn Write, case: &Case) -> io::Result<()> {
    let (class, name, time) = (Xml(&case.class), Xml(&case.name), Seconds(case.elapsed_ms));
    write!(out, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"{time}\"")?;
    if matches!(case.outcome, Outcome::Passed) && case.output.is_empty() {
        return writeln!(out, "/>");
    }
    writeln!(out, ">")?;
    match &case.outcome {
        Outcome::Passed => {}
        Outcome::Skipped => writeln!(out, "      <skipped/>")?,
        Outcome::Failed(kind, message, text) => problem(out, "failure", kind, message, text)?,
        Outcome::Errored(kind, message, text) => problem(out, "error", kind, message, text)?,
    }
    if !case.output.is_empty() {
        writeln!(out, "      <system-out>{}</system-out>", Xml(&case.output.join("\n")))?;
    }
    writeln!(out, "    </testcase>")
}

fn problem(
    out: &mut dyn Write,
    element: &str,
    kind: &str,
    message: &str,
    text: &str,
) -> io::Result<()> {
    let (kind, message, text) = (Xml(kind), Xml(message), Xml(text));
    writeln!(out, "      <{element} type=\"{kind}\" message=\"{message}\">{text}</{element}>")
}

struct Seconds(u128);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// A text inside XML 1.0. What the standard has no way to write (section 2.2, "Characters") is
/// replaced.
struct Xml<'a>(&'a str);

impl fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\t' | '\n' => f.write_char(character)?,
                '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                _ if character.is_control() => f.write_char('\u{fffd}')?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_case_is_told_with_its_kind_and_hostile_text_stays_text() {
        let failed = Outcome::Failed("k".into(), "\"a\" < b".into(), "]]>\u{1b}[0m".into());
        let case = |outcome| Case {
            class: "c".into(),
            name: "n&m".into(),
            elapsed_ms: 1_005,
            outcome,
            output: Vec::new(),
        };
        let mut out = Vec::new();
        write(&mut out, "s", &[case(failed), case(Outcome::Passed)]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("<testsuites tests=\"2\" failures=\"1\" errors=\"0\" time=\"2.010\">")
        );
        assert!(text.contains(
            "<failure type=\"k\" message=\"&quot;a&quot; &lt; b\">]]&gt;\u{fffd}[0m</failure>"
        ));
        assert!(
            text.contains("<testcase classname=\"c\" name=\"n&amp;m\" time=\"1.005\"/>"),
            "{text}"
        );
    }
}
