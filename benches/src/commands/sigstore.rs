//! Sigstore signatures on one core, offline: Referee beside `sigstore-verify`, the Rust library of
//! the Sigstore project, and beside the arithmetic of the signatures:
//! `cargo run --release -p referee-benches -- sigstore [--time MS] [--assert RATIO]`.
//!
//! `first` is a verifier that has met nothing yet; `again` is one that has met the same. With
//! `--assert RATIO` the run fails where Referee's rate over bundles that it has met is not that many
//! times the library's, or where a hundred signatures that share a certificate, or that were met
//! before, cost more than 0.6 of a hundred times what one costs that shares nothing.

use clap::Args;
use referee_benches::sigstore::{Arithmetic, Hundred, Vector, hundreds, vectors};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The most that a hundred signatures may cost that share what they can, by a hundred times one.
const SHARED: f64 = 0.6;

/// Sigstore signatures on one core.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder of Sigstore's verification cases; else it is looked for beside the project.
    #[arg(long)]
    cases: Option<PathBuf>,
    /// How long each figure is measured, in milliseconds.
    #[arg(long, default_value_t = 400)]
    time: u64,
    /// Fail where bundles that were met are not verified at so many times the library's rate, or
    /// where a hundred signatures cost as much as a hundred times one.
    #[arg(long)]
    assert: Option<f64>,
}

pub(crate) fn run(arguments: Arguments) -> ExitCode {
    let time = Duration::from_millis(arguments.time);
    let Arithmetic { p256, p384, ed25519 } = Arithmetic::measured(time);
    println!(
        "FIGURE sigstore: one check P-256 {p256:.1} us, P-384 {p384:.1} us, Ed25519 {ed25519:.1} us"
    );
    let mut slow = Vec::new();

    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors");
    let beside = std::env::var_os("REFEREE_VECTORS").map_or_else(|| beside.into(), PathBuf::from);
    let folder = arguments.cases.unwrap_or_else(|| beside.join("sigstore-bundle-verify"));
    if folder.is_dir() {
        for vector in vectors(&folder, time) {
            tell(&vector);
            if arguments.assert.is_some_and(|least| vector.library / vector.again < least) {
                slow.push(vector.name);
            }
        }
    } else {
        println!("SKIPPED sigstore: {} is no folder", folder.display());
    }
    for hundred in hundreds(time) {
        tell_hundred(&hundred);
        let costs_as_much = hundred.ratio_again() > SHARED
            || (hundred.shares_a_certificate && hundred.ratio() > SHARED);
        if arguments.assert.is_some() && hundred.steady && costs_as_much {
            slow.push(hundred.name);
        }
    }
    match slow.is_empty() {
        true => ExitCode::SUCCESS,
        false => {
            println!("too slow: {}", slow.join(", "));
            ExitCode::FAILURE
        }
    }
}

fn tell(vector: &Vector) {
    let Vector { name, arithmetic, first, again, library } = vector;
    println!(
        "FIGURE sigstore: {name}: first {:.0}/s, {:.2} times the library's rate, {:.2} times the \
         arithmetic's time; again {:.0}/s, {:.2} times the library's",
        1e6 / first,
        library / first,
        first / arithmetic,
        1e6 / again,
        library / again,
    );
}

fn tell_hundred(hundred: &Hundred) {
    let Hundred { name, arithmetic_of_one, arithmetic, one, all, again, library, .. } = hundred;
    let library = library.map_or_else(String::new, |library| {
        let (first, again) = (library / all, library / again);
        format!("; {first:.2} and {again:.2} times the library's rate")
    });
    println!(
        "FIGURE sigstore: a hundred signatures, {name}: one {:.0} us, {:.2} times its arithmetic's \
         time; a hundred {:.1} ms, {:.2} times theirs, {:.2} of a hundred times one; again {:.1} \
         ms, {:.2} of it{library}",
        one,
        one / arithmetic_of_one,
        all / 1e3,
        all / arithmetic,
        hundred.ratio(),
        again / 1e3,
        hundred.ratio_again(),
    );
}
