//! What is known of one attestation: something said about the subject, signed or not.

use super::content::{ContentFact, SignedThrough};
use super::signature::Problem;
use crate::digest::Digest;
use crate::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One attestation.
///
/// An unsigned one is a fact as well: `verified` is false and `signed_by` is empty then. One that
/// cannot be read, or that speaks of another digest, is a fact with `errors`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestationFact {
    /// Its position in the list.
    pub id: u32,
    /// The verifier that examined it.
    pub verifier: String,
    /// What it stands in. A signature over what is `in-toto` or `document` can only be over what
    /// holds it: `signed_through`.
    pub format: AttestationFormat,
    /// The referrer that carries it.
    pub referrer: Digest,
    /// What it is attached to: the subject, one of its platforms or another referrer. That it
    /// speaks of that is established only where `errors` is empty and `format` is not `document`.
    pub subject: Digest,
    /// The type of the predicate, a URI; for a document that of a predicate which holds such a one.
    /// Where the statement was not read it is what its annotation claims; `null` where nothing says.
    pub predicate_type: Option<String>,
    /// The signatures over it, by their `id`; whether each is to be trusted stands there.
    pub signed_by: Vec<u32>,
    /// What those signatures are over, where they are not over the statement or document itself: it
    /// is covered by its digest.
    pub signed_through: Option<SignedThrough>,
    /// Whether at least one of those signatures is `trusted`. Such a statement names the subject.
    pub verified: bool,
    /// The predicate; `null` where it is left out. What cosign wrapped stands here without its
    /// wrapper. A document that is not JSON is a string.
    pub predicate: Value,
    /// Whether the predicate is left out because it is over the size limit, or nested too deep.
    pub predicate_omitted: bool,
    /// Whether the predicate was taken out of cosign's wrapper (`{"Data": …, "Timestamp": …}`, or
    /// JSON in a string).
    pub unwrapped: bool,
    /// When cosign's wrapper says that it was made. Proven by nothing.
    pub stated_at: Option<Timestamp>,
    /// Whether what was read names what it is attached to: a statement by its subjects, a document by
    /// the subject of the manifest that holds it (cosign's tags for SBOMs need name none).
    pub names_subject: bool,
    /// What its document turned out to be; `null` where it is none of the kinds that are read, or
    /// was not had.
    pub content: Option<ContentFact>,
    /// What is wrong with what is said; what is wrong with a signature stands there. `verified` is
    /// false where there is anything.
    pub errors: Vec<Problem>,
}

/// What an attestation stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AttestationFormat {
    /// A statement in a DSSE envelope of a Sigstore bundle.
    SigstoreBundle,
    /// A statement in a DSSE envelope by itself, as in cosign's `.att` tags.
    Dsse,
    /// A bare in-toto statement, as BuildKit puts it into an index. Unsigned.
    InToto,
    /// A bare document, such as an SBOM, that says nothing of what it is about. Unsigned.
    Document,
}

impl AttestationFormat {
    /// Whether it has a place for signatures.
    #[must_use]
    pub fn is_signable(self) -> bool {
        matches!(self, Self::SigstoreBundle | Self::Dsse)
    }
}
