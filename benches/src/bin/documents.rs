//! Reading SBOMs, on one core: Referee beside `serde_json::Value`, which is what an engine has that
//! hands the document to a policy as it is, and beside the formats' own crates:
//! `cargo run --release -p referee-benches --bin documents [-- --time MS] [--assert RATIO]`.
//!
//! The documents are those that syft made of real trees (`sbom/` of the vectors), and one of 70,000
//! packages that is made here. Rates are in
//! megabytes of document a second; memory is the most that was held at once besides the document
//! itself, and what the result keeps, as multiples of the document's size. With `--assert RATIO` the
//! run fails where Referee's rate is not that many times the rate of `serde_json::Value`, or where it
//! holds more than the document's size twice.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on has nothing better to do than to say so and stop"
)]

use cap::Cap;
use clap::Parser;
use referee_benches::documents::{Document, Reader, documents, made, readers};
use std::alloc::System;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Counts what is held.
#[global_allocator]
static HELD: Cap<System> = Cap::new(System, usize::MAX);

/// Reading SBOMs.
#[derive(Parser)]
struct Arguments {
    /// The folder of SBOMs; else it is looked for beside the project.
    #[arg(long)]
    sboms: Option<PathBuf>,
    /// How long each figure is measured, in milliseconds.
    #[arg(long, default_value_t = 1_000)]
    time: u64,
    /// Fail where Referee is not so many times as fast as `serde_json::Value`.
    #[arg(long)]
    assert: Option<f64>,
}

/// What one reader came to over one document.
struct Figure {
    name: &'static str,
    /// Megabytes a second, at best.
    rate: f64,
    /// The most that was held at once, by the document's size.
    most: f64,
    /// What the result keeps, by the document's size.
    kept: f64,
}

/// The most that Referee may hold at once, by the document's size.
const MOST_HELD: f64 = 2.0;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors");
    let beside = std::env::var_os("REFEREE_VECTORS").map_or_else(|| beside.into(), PathBuf::from);
    let folder = arguments.sboms.unwrap_or_else(|| beside.join("sbom"));
    let mut measured_over = Vec::new();
    if folder.is_dir() {
        measured_over = documents(&folder);
    } else {
        println!("SKIPPED documents of syft: {} is no folder", folder.display());
    }
    measured_over.push(made(70_000));
    let time = Duration::from_millis(arguments.time);
    let mut good = true;
    for document in measured_over {
        let figures: Vec<Figure> = readers(&document)
            .iter()
            .filter_map(|reader| measured(&document, reader, time))
            .collect();
        good &= told(&document, &figures, arguments.assert);
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measured(document: &Document, reader: &Reader, time: Duration) -> Option<Figure> {
    let size = document.text.len();
    let before = HELD.allocated();
    let most_before = HELD.max_allocated();
    let result = match (reader.read)(&document.text) {
        Ok(result) => result,
        Err(error) => {
            println!("{} cannot read {}: {error}", reader.name, document.name);
            return None;
        }
    };
    let kept = HELD.allocated().saturating_sub(before);
    // The highest mark is kept for the whole run: it tells of this reader only where it rose.
    let most = HELD.max_allocated();
    let most = if most > most_before { most.saturating_sub(before) } else { kept };
    drop(result);
    let (started, mut least, mut rounds) = (Instant::now(), Duration::MAX, 0);
    while started.elapsed() < time || rounds < 5 {
        let one = Instant::now();
        let result = (reader.read)(&document.text);
        least = least.min(one.elapsed());
        drop(result);
        rounds += 1;
    }
    let by_size = |bytes: usize| ratio(bytes, size);
    let rate = ratio(size, 1_000_000) / least.as_secs_f64();
    Some(Figure { name: reader.name, rate, most: by_size(most), kept: by_size(kept) })
}

#[expect(clippy::cast_precision_loss, reason = "figures are shown with three digits")]
fn ratio(a: usize, b: usize) -> f64 {
    a as f64 / b as f64
}

fn told(document: &Document, figures: &[Figure], least: Option<f64>) -> bool {
    for figure in figures {
        println!(
            "FIGURE documents {} ({:.1} MB) {}: {:.0} MB/s, holds {:.2} of its size at most, keeps {:.2}",
            document.name,
            ratio(document.text.len(), 1_000_000),
            figure.name,
            figure.rate,
            figure.most,
            figure.kept
        );
    }
    let of = |name: &str| figures.iter().find(|figure| figure.name == name);
    let (Some(ours), Some(value)) = (of("referee"), of("serde_json::Value")) else { return false };
    let slow = least.is_some_and(|least| ours.rate / value.rate < least);
    let large = least.is_some() && ours.most > MOST_HELD;
    if slow || large {
        println!("TOO SLOW OR TOO LARGE: {}", document.name);
    }
    !slow && !large
}
