//! Reading SBOMs, on one core: Referee beside `serde_json::Value`, which is what an engine has that
//! hands the document to a policy as it is, and beside the formats' own crates:
//! `cargo run --release -p referee-benches --bin documents [-- --time MS] [--assert RATIO]`.
//!
//! The documents are those that syft made of real trees (`sbom/` of the vectors), and one of 70,000
//! packages that is made here. Rates are in
//! megabytes of document a second; memory is the most that was held at once besides the document
//! itself, and what the result keeps, as multiples of the document's size. With `--assert RATIO` the
//! run fails where Referee's rate is not that many times the rate of `serde_json::Value`, or where it
//! holds more than three times the document's size.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on has nothing better to do than to say so and stop"
)]

use cap::Cap;
use clap::Parser;
use referee_benches::documents::{Document, MADE, Reader, documents, made, readers};
use std::alloc::System;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
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
    /// How long each document is read, in milliseconds.
    #[arg(long, default_value_t = 1_000)]
    time: u64,
    /// Tell what one reader holds over one document, and nothing else: `DOCUMENT READER`.
    #[arg(long, num_args = 2, hide = true)]
    memory: Option<Vec<String>>,
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
const MOST_HELD: f64 = 3.0;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors");
    let beside = std::env::var_os("REFEREE_VECTORS").map_or_else(|| beside.into(), PathBuf::from);
    let folder = arguments.sboms.unwrap_or_else(|| beside.join("sbom"));
    let mut all = Vec::new();
    if folder.is_dir() {
        let only = arguments.memory.as_deref().and_then(|names| names.first());
        all = documents(&folder, only.map(String::as_str));
    } else {
        println!("SKIPPED documents of syft: {} is no folder", folder.display());
    }
    if let Some([name, reader]) = arguments.memory.as_deref() {
        return held(all, name, reader);
    }
    all.push(made());
    let time = Duration::from_millis(arguments.time);
    let mut good = true;
    for document in all {
        let figures = measured(&document, &folder, time);
        good &= told(&document, &figures, arguments.assert);
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints what one reader holds at most and keeps over one document, in bytes. A process of its own
/// does that, since the highest mark is that of the whole process.
fn held(all: Vec<Document>, name: &str, reader: &str) -> ExitCode {
    let document = if name == MADE {
        drop(all);
        made()
    } else {
        all.into_iter().find(|document| document.name == name).expect("a document")
    };
    let readers = readers(&document);
    let reader = readers.iter().find(|known| known.name == reader).expect("a reader");
    let before = HELD.allocated();
    let marked = HELD.max_allocated();
    let result = (reader.read)(&document.text).expect("a document that can be read");
    let kept = HELD.allocated().saturating_sub(before);
    let most = if HELD.max_allocated() > marked { HELD.max_allocated() - before } else { kept };
    println!("{most} {kept}");
    drop(result);
    ExitCode::SUCCESS
}

/// The same out of a process of its own: the most that is held and what is kept, in bytes.
fn memory(document: &Document, reader: &Reader, folder: &Path) -> (usize, usize) {
    let mut command = Command::new(std::env::current_exe().expect("a program"));
    command.arg("--sboms").arg(folder).args(["--memory", &document.name, reader.name]);
    let output = command.output().expect("a process");
    let text = String::from_utf8(output.stdout).expect("text");
    let figures = text.lines().last().and_then(|line| line.split_once(' '));
    let (most, kept) = figures.expect("two figures");
    (most.parse().expect("a number"), kept.parse().expect("a number"))
}

/// What the readers that can read a document come to. They take turns, so that what else the machine
/// does meanwhile falls on all of them.
fn measured(document: &Document, folder: &Path, time: Duration) -> Vec<Figure> {
    let size = document.text.len();
    let mut readers = readers(document);
    readers.retain(|reader| match (reader.read)(&document.text) {
        Ok(_) => true,
        Err(error) => {
            println!("{} cannot read {}: {error}", reader.name, document.name);
            false
        }
    });
    let memories: Vec<_> = readers.iter().map(|reader| memory(document, reader, folder)).collect();
    let mut least = vec![Duration::MAX; readers.len()];
    let (started, mut rounds) = (Instant::now(), 0);
    while started.elapsed() < time || rounds < 5 {
        for (reader, least) in readers.iter().zip(&mut least) {
            let one = Instant::now();
            let result = (reader.read)(&document.text);
            *least = one.elapsed().min(*least);
            drop(result);
        }
        rounds += 1;
    }
    let figures = readers.iter().zip(memories).zip(least);
    figures
        .map(|((reader, (most, kept)), least)| Figure {
            name: reader.name,
            rate: ratio(size, 1_000_000) / least.as_secs_f64(),
            most: ratio(most, size),
            kept: ratio(kept, size),
        })
        .collect()
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
