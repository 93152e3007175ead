//! What can be wrong with a manifest.

use crate::glob::PatternProblem;
use referee_core::Coded;
use referee_rego::ValueError;

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It is not UTF-8.
    #[error("the manifest is not UTF-8")]
    NotText,
    /// It is not JSON.
    #[error("the manifest cannot be read")]
    NotJson(#[source] ValueError),
    /// A member has the wrong type.
    #[error("{member} of the manifest must be {wanted}, and is {found}")]
    Type {
        /// Where.
        member: String,
        /// What it must be, with its article.
        wanted: &'static str,
        /// What it is, with its article.
        found: &'static str,
    },
    /// A member is named as one that means something, but for the case of its letters: OPA takes
    /// it for that one.
    #[error("the manifest has the member {found:?}: it is written {wanted:?}")]
    Case {
        /// As it is.
        found: String,
        /// As it must be.
        wanted: &'static str,
    },
    /// A version of Rego that nobody knows.
    #[error("{member} of the manifest is {found}, and a Rego version is 0 or 1")]
    RegoVersion {
        /// Where.
        member: String,
        /// What it is.
        found: String,
    },
    /// A pattern over files that is none, or stands for too much. OPA's words.
    #[error("failed to compile glob pattern {pattern}: {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: PatternProblem,
    },
    /// It is in the form of protocol buffers, as bundles of plans have it.
    #[error("the manifest is one of protocol buffers, as bundles for the target \"plan\" have it")]
    Protobuf,
    /// There are several.
    #[error("bundle contains multiple manifest files: \"/{first}\" and \"/{second}\"")]
    Several {
        /// One of them.
        first: String,
        /// Another.
        second: String,
    },
}

impl Coded for ManifestError {
    fn code(&self) -> &'static str {
        "bundle_manifest"
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Protobuf => "build it for the target \"rego\"",
            Self::RegoVersion { .. } => "0 is the language before OPA 1.0, 1 the one since",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
