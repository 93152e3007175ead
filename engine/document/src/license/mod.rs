//! Licence expressions (SPDX specification 2.3 annex D, 3.0 annex B).

use referee_core::facts::{LicenseFact, LicenseStatus};
use std::collections::BTreeMap;

/// What a text that stands where a licence is expected means.
#[must_use]
pub fn read(text: &str) -> LicenseFact {
    LicenseFact {
        status: match text {
            "NONE" => LicenseStatus::None,
            "NOASSERTION" => LicenseStatus::NoAssertion,
            _ => LicenseStatus::Unknown,
        },
        expression: None,
        alternatives: Vec::new(),
        alternatives_omitted: false,
        licenses: Vec::new(),
        unlisted: Vec::new(),
        replaced: BTreeMap::new(),
        error: None,
        declared: 0,
        concluded: 0,
    }
}
