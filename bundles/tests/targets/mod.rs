//! What a fuzzer runs: bodies that take any bytes and panic where a law is broken.
//!
//! `fuzz/` at the root of the tree has a libFuzzer target for each of them; `fuzz_targets.rs` runs
//! them over seeds and mutations of seeds as ordinary tests.

mod archive;
mod content;
mod signature;

/// A body: it takes any bytes.
pub(crate) type Target = fn(&[u8]);

/// All of them, by the name of the fuzzer's target.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("bundle_archive", archive::any),
    ("bundle_content", content::any),
    ("bundle_signature", signature::any),
];
