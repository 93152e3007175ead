//! Provenance (SLSA 0.1, 0.2 and 1) and verification summaries (SLSA's VSA 0.2 and 1): predicates of
//! in-toto statements.
//!
//! One form for all versions and builders. The parts that the versions share are read as they are
//! written; where a build came from is told only as the build type's own document says that the
//! builder itself found it out (`builder/`). What the starter of a build may write freely is a claim,
//! and where two places contradict each other there is no source.
//!
//! Predicate types are taken by the letter: SLSA's specification fixes `…/provenance/v1` for all
//! minor versions of it ("Parsing rules"), so `…/v1.1` is no type that anybody may write.
//!
//! Follows <https://slsa.dev/spec/v0.1/provenance>, <https://slsa.dev/spec/v0.2/provenance>,
//! <https://slsa.dev/spec/v1.2/build-provenance>,
//! <https://slsa.dev/spec/v1.2/verification_summary> and <https://slsa.dev/verification_summary/v0.2>.

mod build_type;
mod builder;
mod draft;
mod image;
mod material;
mod parameters;
mod source;
mod summary;
mod v0;
mod v1;

use crate::error::DocumentError;
use crate::limits::Limits;
use referee_core::facts::{Provenance, VerificationSummary};

/// What a predicate is, of those that are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A provenance, for [`read`].
    Provenance,
    /// A verification summary, for [`summary()`].
    Summary,
}

/// The type of SLSA 0.1's provenance.
pub const PROVENANCE_V0_1: &str = "https://slsa.dev/provenance/v0.1";
/// The type of SLSA 0.2's provenance.
pub const PROVENANCE_V0_2: &str = "https://slsa.dev/provenance/v0.2";
/// The type of SLSA 1's provenance.
pub const PROVENANCE_V1: &str = "https://slsa.dev/provenance/v1";
/// The type of SLSA's verification summary 0.2.
pub const SUMMARY_V0_2: &str = "https://slsa.dev/verification_summary/v0.2";
/// The type of SLSA's verification summary 1.
pub const SUMMARY_V1: &str = "https://slsa.dev/verification_summary/v1";

/// What a predicate of this type is; `None` where it is not read here.
#[must_use]
pub fn kind(predicate_type: &str) -> Option<Kind> {
    match predicate_type {
        PROVENANCE_V0_1 | PROVENANCE_V0_2 | PROVENANCE_V1 => Some(Kind::Provenance),
        SUMMARY_V0_2 | SUMMARY_V1 => Some(Kind::Summary),
        _ => None,
    }
}

/// Reads the predicate of a provenance.
///
/// # Errors
/// [`DocumentError`] where the type is none that [`kind`] knows as a provenance, and where the
/// predicate is too large, is no JSON, has a member of a wrong type or lacks one without which it
/// says nothing (SLSA 1: `buildDefinition`, `runDetails`; before: `builder`).
pub fn read(
    predicate_type: &str,
    predicate: &[u8],
    limits: &Limits,
) -> Result<Provenance, DocumentError> {
    match predicate_type {
        PROVENANCE_V0_1 => v0::first(predicate, limits),
        PROVENANCE_V0_2 => v0::second(predicate, limits),
        PROVENANCE_V1 => v1::read(predicate, limits),
        _ => Err(DocumentError::UnknownFormat { expected: "SLSA provenance 0.1, 0.2 or 1" }),
    }
}

/// Reads the predicate of a verification summary.
///
/// # Errors
/// [`DocumentError`] where the type is none that [`kind`] knows as a summary, and where the predicate
/// is too large, is no JSON, has a member of a wrong type or lacks its verifier or its result.
pub fn summary(
    predicate_type: &str,
    predicate: &[u8],
    limits: &Limits,
) -> Result<VerificationSummary, DocumentError> {
    match predicate_type {
        SUMMARY_V0_2 => summary::second(predicate, limits),
        SUMMARY_V1 => summary::first(predicate, limits),
        _ => Err(DocumentError::UnknownFormat { expected: "verification summary 0.2 or 1" }),
    }
}
