//! Reports of a suite: for people, for programs, for build servers.

mod human;
mod json;
mod junit;

use std::io::{self, Write};

/// What became of a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The suite's name.
    pub suite: String,
    /// The implementation's name.
    pub implementation: String,
    /// One for each case, in their order.
    pub verdicts: Vec<Verdict>,
    /// Names that are expected to fail and are none of the suite's.
    pub stale: Vec<String>,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The folder.
    pub folder: String,
    /// The whole name.
    pub name: String,
    /// What is wrong; `None`: it passes.
    pub failure: Option<String>,
    /// Whether that was expected.
    pub standing: Standing,
}

/// How a verdict stands to what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Passes, as it should.
    Passed,
    /// Fails, and should not.
    Failed,
    /// Fails, as expected, for this reason.
    ExpectedFailure(String),
    /// Passes, though this reason says it does not: the reason is out of date.
    UnexpectedPass(String),
}

impl Report {
    /// How many pass.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.failure.is_none()).count()
    }

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.verdicts.len()
    }

    /// How many fail, expected or not.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.total().saturating_sub(self.passed())
    }

    /// Whether everything is as expected: no failure that was not, no pass that was not.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.stale.is_empty()
            && self.verdicts.iter().all(|verdict| {
                matches!(verdict.standing, Standing::Passed | Standing::ExpectedFailure(_))
            })
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Passes by folder, what fails with what was wanted and got, the total.
    #[default]
    Human,
    /// JSON lines: a line for each case that does not pass and each folder, and at the end
    /// `{"suite","passed","failed","total"}`.
    Json,
    /// JUnit's XML.
    Junit,
}

/// Writes a report.
///
/// # Errors
/// Where it cannot be written.
pub fn write(report: &Report, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, out),
        Format::Json => json::write(report, out),
        Format::Junit => junit::write(report, out),
    }
}

/// Folders in the order in which they first come, with passes and totals.
fn folders(report: &Report) -> Vec<(&str, usize, usize)> {
    let mut folders: Vec<(&str, usize, usize)> = Vec::new();
    for verdict in &report.verdicts {
        let known = folders.iter_mut().find(|(name, ..)| *name == verdict.folder);
        let passed = usize::from(verdict.failure.is_none());
        match known {
            Some((_, passes, total)) => {
                *passes += passed;
                *total += 1;
            }
            None => folders.push((&verdict.folder, passed, 1)),
        }
    }
    folders
}
