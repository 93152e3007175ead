//! Compares two test runs of a policy library: `compare-tests OPA.json REFEREE.json`.

use clap::Parser;
use referee_conformance::json::Json;
use referee_conformance::library::{Tests, compare, read};
use std::error::Error;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Compares two test runs of a policy library, test by test.
#[derive(Parser)]
struct Arguments {
    /// What is held to be right: the output of `opa test --format json`.
    wanted: PathBuf,
    /// What is examined: the output of `referee test --output json`.
    got: PathBuf,
    /// Tests that err with another message count as different.
    #[arg(long)]
    errors: bool,
    /// At most so many tests are shown of each kind of difference.
    #[arg(long, default_value_t = 20)]
    show: usize,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    let (wanted, got) = (tests(&arguments.wanted)?, tests(&arguments.got)?);
    let found = compare(&wanted, &got);
    let mut out = stdout().lock();
    for (name, one, two) in found.different.iter().take(arguments.show) {
        let error = two.error.as_deref().unwrap_or_default();
        writeln!(out, "{name}: {} there, {} here {error}", one.result, two.result)?;
    }
    for name in found.missing.iter().take(arguments.show) {
        writeln!(out, "{name}: not run here")?;
    }
    for name in found.extra.iter().take(arguments.show) {
        writeln!(out, "{name}: run here only")?;
    }
    for (name, one, two) in found.other_errors.iter().take(arguments.show) {
        writeln!(out, "{name}: errs there with {one}\n    and here with {two}")?;
    }
    writeln!(
        out,
        "{} the same, {} different, {} not run, {} run here only, {} with another error",
        found.same,
        found.different.len(),
        found.missing.len(),
        found.extra.len(),
        found.other_errors.len(),
    )?;
    let good = found.is_same() && (!arguments.errors || found.other_errors.is_empty());
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tests(path: &Path) -> Result<Tests, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let named = |error: &dyn Error| format!("{}: {error}", path.display());
    let document = Json::parse(&text).map_err(|error| named(&error))?;
    read(&document).map_err(|error| named(&error).into())
}
