//! What is known of one attestation: an in-toto statement about the subject.

use crate::digest::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One attestation.
///
/// An unsigned one is a fact as well: `verified` is false and `signed_by` is empty then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestationFact {
    /// Its position in the list.
    pub id: u32,
    /// The referrer that carries it.
    pub referrer: Digest,
    /// What it speaks of: the subject or one of its platforms.
    pub subject: Digest,
    /// The type of the predicate, a URI.
    pub predicate_type: String,
    /// The signatures over it, by their `id`; whether each is to be trusted stands there.
    pub signed_by: Vec<u32>,
    /// Whether at least one of those signatures is `trusted` and the statement names the subject.
    pub verified: bool,
    /// The predicate; `null` where it is left out.
    pub predicate: Value,
    /// Whether the predicate is left out because it is over the size limit.
    pub predicate_omitted: bool,
}
