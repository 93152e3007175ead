//! What a fuzzer runs: bodies that take any bytes and panic where a law is broken.
//!
//! `fuzz/` at the root of the tree has a libFuzzer target for each of them; `fuzz_targets.rs` runs
//! them over seeds and mutations of seeds as ordinary tests.

mod cyclonedx_json;
mod cyclonedx_xml;
mod sbom;

/// A body: it takes any bytes.
pub(crate) type Target = fn(&[u8]);

/// All of them, by the name of the fuzzer's target.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("cyclonedx_json", cyclonedx_json::any),
    ("cyclonedx_xml", cyclonedx_xml::any),
    ("sbom", sbom::any),
];
