//! What a verifier asks for, and what it is given.
//!
//! A verifier never fetches: it says which bytes it needs, the engine fetches them (with its
//! deadlines, caches and limits) and calls again. Evidence can therefore be saved and replayed.

use crate::digest::Digest;
use crate::unavailable::Unavailable;
use bytes::Bytes;
use std::collections::BTreeMap;

/// One thing a verifier needs.
///
/// What is asked for by digest is handed over only if its bytes have that digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EvidenceRequest {
    /// A manifest or index of the subject's repository.
    Manifest {
        /// Its digest.
        digest: Digest,
        /// Its media type, where something said so.
        media_type: String,
    },
    /// A blob of the subject's repository.
    Blob {
        /// Its digest.
        digest: Digest,
        /// The size that its descriptor gives; another size is a mismatch.
        size: u64,
        /// The most bytes to read, whatever the descriptor says.
        limit: u64,
    },
}

impl EvidenceRequest {
    /// The digest asked for.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        match self {
            Self::Manifest { digest, .. } | Self::Blob { digest, .. } => digest,
        }
    }
}

/// What became of a request.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The bytes.
    Bytes(Bytes),
    /// They could not be had.
    Unavailable(Unavailable),
}

/// The evidence gathered so far for one job.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    outcomes: BTreeMap<EvidenceRequest, Outcome>,
}

impl Evidence {
    /// Adds what became of a request.
    pub fn insert(&mut self, request: EvidenceRequest, outcome: Outcome) {
        self.outcomes.insert(request, outcome);
    }

    /// What became of a request; `None` where it was not made yet.
    #[must_use]
    pub fn get(&self, request: &EvidenceRequest) -> Option<&Outcome> {
        self.outcomes.get(request)
    }
}
