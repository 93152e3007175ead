//! See `bundles/tests/targets`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| referee_fuzz::bundle("bundle_archive", bytes));
