//! Programs on which the fuzzer once found Referee and the real OPA divided, cut down to what
//! mattered. What OPA said of each is what is wanted.

#![allow(clippy::unwrap_used, reason = "what the test is made of may fail")]

use referee_conformance::rego::{Expectations, Front, load, run};
use referee_conformance::report::{Format, write};
use referee_rego::EngineChoice;
use std::path::Path;

#[test]
fn every_divergence_that_was_found_stays_closed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = load(&folder.join("found")).unwrap();
    let list = Expectations::read(&folder.join("expected/found.yaml")).unwrap();
    let report = run("found", &cases, &Front::new(EngineChoice::Native), &list);
    let mut text = Vec::new();
    write(&report, Format::Human, &mut text).unwrap();
    assert!(report.is_as_expected(), "{}", String::from_utf8_lossy(&text));
}
