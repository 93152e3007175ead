//! What a document may hold before the rest is left out, and told to be.

/// The limits of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest document, in bytes. A root filesystem with 70,000 packages is 42 MB of CycloneDX.
    pub max_bytes: u64,
    /// The most packages of an SBOM. 70,000 is the most seen of one root filesystem.
    pub max_packages: usize,
    /// The most relationships of an SBOM. Tools write one to five a package.
    pub max_relationships: usize,
    /// The most licence texts of an SBOM. Debian's root filesystems have some 500.
    pub max_licenses: usize,
    /// The most findings of a report. An image years old has 5,000.
    pub max_findings: usize,
    /// The most statements of a VEX document. Red Hat's largest has 20,000.
    pub max_statements: usize,
    /// The most materials of a provenance. A build of a large monorepo names 10,000.
    pub max_materials: usize,
    /// The most problems told of one document; one more says how many there were.
    pub max_problems: usize,
}

impl Limits {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        max_bytes: 96 * 1024 * 1024,
        max_packages: 100_000,
        max_relationships: 500_000,
        max_licenses: 10_000,
        max_findings: 50_000,
        max_statements: 50_000,
        max_materials: 20_000,
        max_problems: 20,
    };
}

impl From<&referee_core::Limits> for Limits {
    fn from(limits: &referee_core::Limits) -> Self {
        let count = |most: u32| usize::try_from(most).unwrap_or(usize::MAX);
        Self {
            max_bytes: limits.max_payload_bytes,
            max_packages: count(limits.max_packages),
            max_findings: count(limits.max_findings),
            max_statements: count(limits.max_findings),
            ..Self::DEFAULT
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
