//! Whether files hold to JSON Schemas that the configuration names for their media types.

use crate::digest::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One file, held against the schema of its media type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaCheckFact {
    /// The manifest that holds the file: the artifact's own, or a referrer's.
    pub manifest: Digest,
    /// What that manifest is attached to; the artifact's own digest for its own files.
    pub subject: Digest,
    /// The file's digest.
    pub document: Digest,
    /// Its media type.
    pub media_type: String,
    /// Whether it holds to the schema; `null` where that is not known: it could not be had, or the
    /// check did not come to an end.
    pub valid: Option<bool>,
    /// What is wrong with it, the first so many.
    pub errors: Vec<SchemaErrorFact>,
    /// How many things are wrong with it.
    pub error_count: u64,
}

/// Something in a file that does not hold to its schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaErrorFact {
    /// Where: the members that lead there, joined by `.`; `(Root)` for the whole.
    pub field: String,
    /// What is wrong, one sentence.
    pub message: String,
}
