//! Sigstore's cases, where they are at hand: `REFEREE_VECTORS` names the folder of other projects'
//! data, else it is looked for beside the project; `REFEREE_SIGSTORE_CONFORMANCE` names a checkout of
//! sigstore/sigstore-conformance, which has all of them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what the tests are made of may fail, and they say what they skip"
)]

use referee_conformance::report::{Format, write};
use referee_conformance::sigstore::{Codes, load, run};
use std::path::{Path, PathBuf};

#[test]
fn every_case_is_as_expected_and_refused_for_its_own_reason() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors");
    let vectors = std::env::var_os("REFEREE_VECTORS").map_or_else(|| beside.into(), PathBuf::from);
    are_as_expected("sigstore", &vectors.join("sigstore-bundle-verify"));
}

#[test]
fn so_is_every_case_of_the_whole_suite() {
    let name = "REFEREE_SIGSTORE_CONFORMANCE";
    let Some(checkout) = std::env::var_os(name).filter(|value| !value.is_empty()) else {
        println!("SKIPPED sigstore suite: {name} names no checkout of sigstore-conformance");
        return;
    };
    let cases = PathBuf::from(checkout).join("test/assets/bundle-verify");
    are_as_expected("sigstore suite", &cases);
}

fn are_as_expected(what: &str, folder: &Path) {
    if !folder.is_dir() {
        println!("SKIPPED {what}: {} is no folder", folder.display());
        return;
    }
    let (cases, codes) = (load(folder).unwrap(), Codes::own().unwrap());
    let unlisted: Vec<&str> = cases
        .iter()
        .filter(|case| case.must_fail() && codes.of(&case.name).is_none())
        .map(|case| case.name.as_str())
        .collect();
    assert!(unlisted.is_empty(), "no code is expected of {unlisted:?}");
    // Cases are verified as of now; what is in the future for one of them was not when it was made.
    let report = run(&cases, &codes, "2026-11-01T00:00:00Z".parse().unwrap());
    let mut text = Vec::new();
    write(&report, Format::Human, &mut text).unwrap();
    assert!(report.is_as_expected(), "{}", String::from_utf8_lossy(&text));
    println!("FIGURE {what}: {} of {} cases", report.passed(), report.total());
}
