//! Every limit in one place, with the reason for each number.
//!
//! A limit that is met is told (an `unavailable` fact with code `too_large`, or a typed error),
//! never applied in silence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// The limits of one engine. The defaults are meant to be kept; the fields can be set in the
/// configuration under `limits`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// The largest manifest or index, in bytes. 4 MiB: distribution-spec "Pushing Manifests" has
    /// registries accept at least that, and clients need not read more.
    pub max_manifest_bytes: u64,
    /// The largest page of a referrers listing, in bytes. As a manifest: it is an index.
    pub max_listing_page_bytes: u64,
    /// The largest listing, all its pages together, in bytes. 10,000 entries with a few annotations
    /// each are 5 MiB.
    pub max_listing_bytes: u64,
    /// The most pages of one listing. 10,000 referrers at ORAS's smallest common page of 100.
    pub max_listing_pages: u32,
    /// The most referrers of one subject. A hundred signatures is the most seen in practice, ten
    /// thousand is an attack or a mistake; the listing is then incomplete and says so.
    pub max_referrers: u32,
    /// How deep referrers of referrers are followed. Signature over SBOM over image is 2.
    pub max_depth: u32,
    /// The most platform manifests of an index that are examined. Docker's official images have
    /// up to 20.
    pub max_platforms: u32,
    /// The largest signature payload, envelope or bundle, and the largest document, in bytes.
    /// cosign's payloads are under 1 KiB; a bundle with a certificate and proofs is under 20 KiB; a
    /// bundle whose statement holds an SBOM is a third larger than that. An SBOM of 70,000 packages
    /// has 42 MB.
    pub max_payload_bytes: u64,
    /// The largest predicate handed to the policy as it is, in bytes of JSON. Larger ones are left
    /// out, with `predicate_omitted: true`; so are those that were read as SBOM, vulnerability
    /// report or VEX.
    pub max_predicate_bytes: usize,
    /// The most packages of one SBOM in the facts. 70,000 is the most seen of one root filesystem.
    pub max_packages: u32,
    /// The most findings of one vulnerability report, and the most statements of one VEX document, in
    /// the facts. An image years old has 5,000 findings.
    pub max_findings: u32,
    /// The most bytes of payloads, bundles and documents that are held to examine one referrer. A
    /// hundred signatures are 100 KiB; one bundle of the largest size fits.
    pub max_evidence_bytes: u64,
    /// The most bytes of blobs that are fetched to examine all referrers of one artifact. Whoever may
    /// push can attach thousands of the largest. An index of twenty platforms, each with an SBOM of
    /// 42 MB, has 840 MB.
    pub max_gathered_bytes: u64,
    /// The most bytes of facts, as JSON: about eight times as much is held for each artifact under
    /// way. A hundred signatures are 100 KiB; an SBOM of 70,000 packages takes 30 MB.
    pub max_facts_bytes: u64,
    /// The most signatures read from one referrer (layers of a cosign `.sig` manifest).
    pub max_signatures_per_referrer: u32,
    /// The most signature checks for one referrer: one signature against one key. 100 signatures
    /// by 100 keys; about half a second of P-256 on one core.
    pub max_signature_checks: u32,
    /// The most rounds in which one verifier may ask for more evidence about one referrer.
    pub max_evidence_rounds: u32,
    /// The largest answer of a token server, in bytes. Tokens with many claims reach 16 KiB.
    pub max_token_bytes: u64,
    /// The largest OCI layout tar file, in bytes: it is indexed, not held, but read through.
    pub max_layout_tar_bytes: u64,
    /// The largest trust document or key file, in bytes.
    pub max_trust_bytes: u64,
    /// The largest policy source file, in bytes.
    pub max_policy_file_bytes: u64,
    /// The largest policy data file, in bytes. OPA has no such limit, and documents of 500 MB are
    /// known from its issues (#3860). Files are named by whoever runs the program; as values they
    /// take two to three times their size.
    pub max_policy_data_bytes: u64,
    /// The most files of one policy folder.
    pub max_policy_files: u32,
}

impl Limits {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        max_manifest_bytes: 4 * MIB,
        max_listing_page_bytes: 4 * MIB,
        max_listing_bytes: 16 * MIB,
        max_listing_pages: 100,
        max_referrers: 2_000,
        max_depth: 3,
        max_platforms: 50,
        max_payload_bytes: 96 * MIB,
        max_predicate_bytes: 1024 * 1024,
        max_packages: 100_000,
        max_findings: 50_000,
        max_evidence_bytes: 128 * MIB,
        max_gathered_bytes: 1024 * MIB,
        max_facts_bytes: 96 * MIB,
        max_signatures_per_referrer: 1_000,
        max_signature_checks: 10_000,
        max_evidence_rounds: 8,
        max_token_bytes: 64 * KIB,
        max_layout_tar_bytes: 4 * 1024 * MIB,
        max_trust_bytes: MIB,
        max_policy_file_bytes: 4 * MIB,
        max_policy_data_bytes: 512 * MIB,
        max_policy_files: 10_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What the engine keeps back of a deadline for the policy and the answer: a tenth of it, at
/// least 20 ms and at most 500 ms.
///
/// A policy over a usual facts document takes under a millisecond, an answer less; the floor
/// covers a busy machine, the ceiling keeps a long deadline from being wasted.
#[must_use]
pub fn reserve(deadline: Duration) -> Duration {
    (deadline / 10).clamp(Duration::from_millis(20), Duration::from_millis(500))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_a_tenth_between_its_bounds() {
        assert_eq!(reserve(Duration::from_millis(100)), Duration::from_millis(20));
        assert_eq!(reserve(Duration::from_secs(3)), Duration::from_millis(300));
        assert_eq!(reserve(Duration::from_secs(60)), Duration::from_millis(500));
    }
}
