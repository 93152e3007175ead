//! Any bytes are an SPDX document within the limits or are refused.

use referee_document::{Limits, spdx};
use std::collections::BTreeSet;

const LIMITS: Limits = Limits {
    max_packages: 3,
    max_relationships: 4,
    max_licenses: 3,
    max_problems: 2,
    ..Limits::DEFAULT
};

pub(crate) fn any(bytes: &[u8]) {
    for read in [spdx::read, spdx::json, spdx::jsonld, spdx::tag_value] {
        let Ok(sbom) = read(bytes, &LIMITS) else { continue };
        assert!(sbom.packages.len() <= LIMITS.max_packages);
        assert!(sbom.relationships.len() <= LIMITS.max_relationships);
        assert!(sbom.licenses.len() <= LIMITS.max_licenses + 2, "and two for what is not read");
        let left_out = sbom.package_count > sbom.packages.len() as u64
            || sbom.relationship_count > sbom.relationships.len() as u64;
        assert!(sbom.truncated || !left_out, "what is left out is told");
        assert!(sbom.truncated || sbom.problems.len() <= LIMITS.max_problems + 1);
        let ids: BTreeSet<_> = sbom.packages.iter().map(|package| &package.id).collect();
        for package in &sbom.packages {
            for key in [&package.license_declared, &package.license_concluded].into_iter().flatten()
            {
                assert!(sbom.licenses.contains_key(key), "{key} is in the table");
            }
        }
        for relation in &sbom.relationships {
            let inside = ids.contains(&relation.from) || ids.contains(&relation.to);
            assert!(inside || sbom.truncated, "one end is a package");
        }
        let written = serde_json::to_vec(&sbom).unwrap_or_default();
        assert!(!written.is_empty());
    }
}
