//! JSON text into values and back, as Go's `encoding/json` does it for OPA.

mod measure;
mod read;
mod string;
mod twins;
mod write;

pub use write::JsonStyle;

use std::fmt;

/// What a JSON document may be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonLimits {
    /// How deep arrays and objects may be nested.
    pub depth: usize,
    /// How many bytes the text may have.
    pub bytes: usize,
}

impl JsonLimits {
    /// 1,000 levels and 1 GiB. Go's own limit is 10,000 levels, which is more than code that walks
    /// values by recursion can be given on a thread with a small stack.
    pub const DEFAULT: Self = Self { depth: 1_000, bytes: 1 << 30 };

    /// The same with another depth.
    #[must_use]
    pub const fn with_depth(self, depth: usize) -> Self {
        Self { depth, ..self }
    }

    /// The same with another size.
    #[must_use]
    pub const fn with_bytes(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a text is no JSON document that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong, in the words of Go's `encoding/json`.
    pub message: String,
    /// At which byte of the text, from 0; the text's length where it ends too early.
    pub offset: usize,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for JsonError {}
