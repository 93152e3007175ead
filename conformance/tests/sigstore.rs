//! Sigstore's cases, where they are at hand: `REFEREE_VECTORS` names the folder of other projects'
//! data, else it is looked for beside the project.

#![allow(clippy::unwrap_used, reason = "what the test is made of may fail")]

use referee_conformance::report::{Format, write};
use referee_conformance::sigstore::{Codes, load, run};
use std::path::PathBuf;

#[test]
fn every_case_is_as_expected_and_refused_for_its_own_reason() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors");
    let vectors = std::env::var_os("REFEREE_VECTORS").map_or_else(|| beside.into(), PathBuf::from);
    let folder = vectors.join("sigstore-bundle-verify");
    if !folder.is_dir() {
        println!("SKIPPED sigstore: {} is no folder", folder.display());
        return;
    }
    let cases = load(&folder).unwrap();
    // Cases are verified as of now; what is in the future for one of them was not when it was made.
    let report = run(&cases, &Codes::own().unwrap(), "2026-11-01T00:00:00Z".parse().unwrap());
    let mut text = Vec::new();
    write(&report, Format::Human, &mut text).unwrap();
    assert!(report.is_as_expected(), "{}", String::from_utf8_lossy(&text));
    println!("FIGURE sigstore: {} of {} cases", report.passed(), report.total());
}
