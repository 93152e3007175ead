//! What refers to a subject.

use crate::digest::Digest;
use crate::oci::Descriptor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a referrer was found.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FoundBy {
    /// The referrers API (distribution-spec "Listing Referrers").
    ReferrersApi,
    /// The referrers tag schema, where the registry has no such API.
    ReferrersTag,
    /// One of cosign's tags, `sha256-<hex>.sig`, `.att` or `.sbom`.
    CosignTag,
    /// The subject's own index: a BuildKit attestation manifest.
    Index,
    /// It was handed over with a file.
    File,
}

impl FoundBy {
    /// The name as it stands in the facts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReferrersApi => "referrers-api",
            Self::ReferrersTag => "referrers-tag",
            Self::CosignTag => "cosign-tag",
            Self::Index => "index",
            Self::File => "file",
        }
    }
}

/// A manifest that refers to a subject, as the listing described it.
///
/// What a listing says of a referrer is a claim of the registry: nothing is established before a
/// verifier has read the manifest itself, whose digest is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// The descriptor of the referrer's manifest.
    pub descriptor: Descriptor,
    /// The digest it refers to: the subject, one of its platform manifests, or another referrer.
    pub subject: Digest,
    /// 1 for a referrer of the subject or of one of its platforms, 2 for a referrer of such.
    pub depth: u32,
    /// How it was found.
    pub found_by: FoundBy,
}

impl Referrer {
    /// The artifact type: as listed, or for cosign's tags empty until the manifest is read.
    #[must_use]
    pub fn artifact_type(&self) -> &str {
        self.descriptor.artifact_type.as_deref().unwrap_or("")
    }
}
