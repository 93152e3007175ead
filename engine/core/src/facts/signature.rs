//! What is known of one signature.

use super::evidence::{ChecksFact, TimestampFact, TransparencyFact};
use crate::digest::Digest;
use crate::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One signature, whatever became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureFact {
    /// Its position in the list.
    pub id: u32,
    /// The verifier that examined it.
    pub verifier: String,
    /// Its format.
    pub format: Format,
    /// What it is for. A signature over a statement *about* the artifact is no signature of the
    /// artifact, and must not be counted as one.
    pub purpose: Purpose,
    /// The type of the signed statement's predicate, where it signs a statement.
    pub predicate_type: Option<String>,
    /// The referrer that carries it.
    pub referrer: Digest,
    /// The digest that the referrer refers to: the subject or one of its platforms.
    pub subject: Digest,
    /// What became of it.
    pub status: SignatureStatus,
    /// The mathematics holds under a known key or certificate, and what is signed names the
    /// subject's digest.
    pub valid: bool,
    /// Valid, and made by a key or identity of the trust document whose scope admits the
    /// repository, which is within its validity and not revoked.
    pub trusted: bool,
    /// The key, where one is known to have made it.
    pub key: Option<KeyFact>,
    /// The certificate, where it carries one.
    pub certificate: Option<CertificateFact>,
    /// Who the certificate says the signer is.
    pub identity: Option<IdentityFact>,
    /// The names of the trust document's entries that make it trusted.
    pub trusted_by: Vec<String>,
    /// Whether a scope of the entry that made it admits the repository; `null` where no entry did.
    pub in_scope: Option<bool>,
    /// The scope that admits the repository.
    pub scope: Option<String>,
    /// The registry reference that the signed payload claims (cosign's `docker-reference`).
    pub claimed_reference: Option<String>,
    /// What each stage of the verification came to.
    pub checks: ChecksFact,
    /// Entries in transparency logs.
    pub transparency: Vec<TransparencyFact>,
    /// Timestamps.
    pub timestamps: Vec<TimestampFact>,
    /// Whether the certificate was revoked; `null` where it carries none.
    pub revocation: Option<RevocationFact>,
    /// When the signer says it was made. Not proven by anything.
    pub signed_at: Option<Timestamp>,
    /// When the signer says it expires.
    pub expires_at: Option<Timestamp>,
    /// What the signer wrote beside the digest (cosign's `-a key=value`). Meaningful only where
    /// `valid` is true.
    pub annotations: Map<String, Value>,
    /// Why it is not trusted, most important first. Empty where it is.
    pub errors: Vec<Problem>,
}

/// What became of a signature.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SignatureStatus {
    /// Valid and trusted.
    Trusted,
    /// Well formed, but nothing in the trust document vouches for it: an unknown key, a key out
    /// of scope, expired or revoked.
    Untrusted,
    /// Wrong: malformed, not made by the key it names, or over another digest.
    Invalid,
    /// Could not be examined, because something could not be had.
    Unavailable,
    /// Of a kind that this version does not verify.
    Unsupported,
}

/// The format of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// cosign's legacy layout: a simple signing payload with the signature beside it.
    SimpleSigning,
    /// A Sigstore bundle.
    SigstoreBundle,
    /// A DSSE envelope by itself, as in cosign's `.att` tags.
    Dsse,
    /// A Notary Project signature in a JWS envelope.
    Jws,
    /// A Notary Project signature in a COSE envelope.
    Cose,
    /// An ATProto repository commit.
    AtprotoCommit,
}

/// What a signature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// It signs the artifact: its payload says nothing but which digest it is for.
    Signature,
    /// It signs a statement about the artifact.
    Attestation,
}

/// A key of the trust document that made a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyFact {
    /// The SHA-256 of the key's SubjectPublicKeyInfo (RFC 5280 section 4.1) in DER.
    pub id: Digest,
    /// Its name in the trust document.
    pub name: String,
    /// Where the trust document has it from: `inline` or `file`.
    pub provider: String,
    /// Its version at the provider, where that has versions.
    pub version: Option<String>,
    /// The algorithm the signature was verified with, `ecdsa-p256-sha256`.
    pub algorithm: String,
    /// The start of its validity.
    pub not_before: Option<Timestamp>,
    /// The end of its validity.
    pub not_after: Option<Timestamp>,
    /// Whether the trust document revokes it.
    pub revoked: bool,
}

/// A signing certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateFact {
    /// The subject, RFC 4514.
    pub subject: String,
    /// The issuer, RFC 4514.
    pub issuer: String,
    /// The serial number, hex.
    pub serial: String,
    /// The subject alternative names.
    pub sans: Vec<String>,
    /// The start of its validity.
    pub not_before: Timestamp,
    /// The end of its validity.
    pub not_after: Timestamp,
    /// The claims its issuer put in.
    pub claims: Map<String, Value>,
}

/// Who a certificate says the signer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityFact {
    /// The subject: an e-mail address or a URI.
    pub subject: String,
    /// The issuer that vouched for it.
    pub issuer: Option<String>,
}

/// Whether a certificate was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationFact {
    /// The answer.
    pub status: RevocationStatus,
    /// How it was asked.
    pub method: Option<RevocationMethod>,
    /// When the answer was made.
    pub checked_at: Option<Timestamp>,
    /// Whether the answer is past its time.
    pub stale: bool,
}

/// The answer about a certificate's revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationStatus {
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked,
    /// The responder does not know the certificate.
    Unknown,
    /// No answer could be had.
    Unavailable,
    /// Nobody asked.
    NotChecked,
}

/// How revocation was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RevocationMethod {
    /// RFC 6960.
    Ocsp,
    /// RFC 5280 section 5.
    Crl,
}

/// Why a signature is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// A stable code; `docs/signature-errors.md` lists them.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// What can be done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}
