//! What stands behind a signature: what was checked, log entries, timestamps, trusted roots.

use super::Problem;
use crate::digest::Digest;
use crate::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What each stage of the verification of a signature came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecksFact {
    /// The certificate leads to an authority of a trusted root, was valid at every proven time, is
    /// for signing code and says who the signer is.
    pub certificate: Check,
    /// A certificate transparency log of the trusted root promised to enter the certificate.
    pub sct: Check,
    /// A transparency log of the trusted root has this very signature.
    pub log: Check,
    /// When it was made is proven: by a timestamp authority or a log of the trusted root.
    pub time: Check,
    /// The mathematics: the key, or the key in the certificate, made the signature.
    pub signature: Check,
    /// What is signed names the subject's digest.
    pub binding: Check,
}

/// What a stage of the verification came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// It holds.
    Passed,
    /// It does not; `errors` says why.
    Failed,
    /// There is nothing to check, and nothing demands it.
    NotNeeded,
    /// Something that it needs is missing or failed before.
    #[default]
    NotReached,
}

/// An entry in a transparency log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransparencyFact {
    /// The log's key id, hex.
    pub log: String,
    /// The log's name: its URL in the trusted root that knows it; `null` where none does.
    pub name: Option<String>,
    /// What kind of entry: `hashedrekord`, `dsse`, `intoto`.
    pub kind: Option<String>,
    /// The entry's index in the log.
    pub index: u64,
    /// When the log says it was entered.
    pub integrated_at: Option<Timestamp>,
    /// The strongest proof that it brings.
    pub proof: Option<Proof>,
    /// The proofs that were checked and hold.
    pub proofs: Vec<Proof>,
    /// The witnesses of the trust document that cosigned the checkpoint of the proof: the log
    /// showed each of them the same tree.
    pub witnesses: Vec<WitnessFact>,
    /// Whether the log is known, everything that the entry brings to prove itself holds, and it is
    /// an entry for this very signature.
    pub verified: bool,
}

/// What proves an entry in a transparency log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// The log's signed promise to enter it.
    Set,
    /// A Merkle inclusion proof with a checkpoint.
    Inclusion,
}

/// A timestamp over a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimestampFact {
    /// Where it comes from.
    pub source: TimestampSource,
    /// Who says so: the authority's URL or name in the trusted root, or the log's name. Empty where
    /// no trusted root knows it.
    pub authority: String,
    /// The time.
    pub time: Option<Timestamp>,
    /// Whether it was checked and holds.
    pub verified: bool,
    /// Why it does not hold; `null` where it does, and where nobody examined it. One by an
    /// authority that no trusted root knows is told here alone, unless something demands it.
    pub error: Option<Problem>,
}

/// Where a timestamp comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimestampSource {
    /// An RFC 3161 authority.
    Rfc3161,
    /// A Rekor log's integrated time.
    Rekor,
}

/// A trusted root of a Sigstore instance that signatures were verified with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustRootFact {
    /// The instance's name in the trust document.
    pub name: String,
    /// Where the root comes from.
    pub source: TrustRootSource,
    /// The SHA-256 of its JSON.
    pub digest: Digest,
    /// When what it comes from says that it is to be asked again; `null` where nothing says so.
    pub expires_at: Option<Timestamp>,
    /// Whether that time has passed: a log, an authority or a revocation may be missing from it.
    pub expired: bool,
}

/// A cosignature of a witness that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessFact {
    /// The witness's name in the trust document.
    pub name: String,
    /// When it says that it cosigned.
    pub time: Timestamp,
}

/// Where a trusted root comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TrustRootSource {
    /// It came with Referee.
    Embedded,
    /// A file that the trust document names.
    File,
    /// The instance's TUF repository.
    Tuf,
}
