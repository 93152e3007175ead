//! Reports of a suite: for people, for programs, for build servers.

mod human;
mod json;
mod junit;

use super::runner::Report;
use std::io::{self, Write};

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
