//! What a fuzzer runs: bodies that take any bytes and panic where a law is broken.
//!
//! `fuzz/` at the root of the tree has a libFuzzer target for each of them; `fuzz_targets.rs` runs
//! them over seeds and mutations of seeds as ordinary tests.

mod cvss;
mod cyclonedx_json;
mod cyclonedx_xml;
mod license;
mod provenance;
mod sbom;
mod spdx;
mod vex;
mod vulnerability;

/// A body: it takes any bytes.
pub(crate) type Target = fn(&[u8]);

/// All of them, by the name of the fuzzer's target.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("cvss", cvss::any),
    ("cyclonedx_json", cyclonedx_json::any),
    ("cyclonedx_xml", cyclonedx_xml::any),
    ("license", license::any),
    ("provenance", provenance::any),
    ("sbom", sbom::any),
    ("spdx", spdx::any),
    ("vex", vex::any),
    ("vulnerability", vulnerability::any),
];
