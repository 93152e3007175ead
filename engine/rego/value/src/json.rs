//! JSON text into values and back.

use crate::Value;

/// What a JSON document may be like.
#[derive(Clone, Copy, Debug)]
pub struct JsonLimits {
    /// How deep arrays and objects may be nested.
    pub depth: usize,
}

/// Why a text is no JSON document that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong, in the words of Go's `encoding/json`.
    pub message: String,
    /// At which byte of the text, from 0.
    pub offset: usize,
}

impl Value {
    /// Writes JSON: sets as arrays, keys that are no strings as their JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_string()
    }
}
