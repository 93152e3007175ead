//! What a transparency log entry is refused for.

use super::checkpoint::CheckpointError;
use super::entry::Kind;
use referee_core::Timestamp;

/// Why one proof of an entry, or the entry, does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// No trusted log has the entry's log id.
    #[error("no trusted transparency log has the id {log}")]
    UnknownLog {
        /// The id, hex, cut to 32 bytes.
        log: String,
    },
    /// The log is trusted, but not for that time.
    #[error("the transparency log {log:?} is not trusted for {at}")]
    OutsideLogValidity {
        /// The log's name.
        log: String,
        /// The time: the entry's, or that of the examination where the entry's is not proven.
        at: Timestamp,
    },
    /// The log states a time that is still to come.
    #[error("the log states the time {at}, which at {now} is still to come")]
    TimeInFuture {
        /// The integrated time.
        at: Timestamp,
        /// The time of the examination.
        now: Timestamp,
    },
    /// There is no signed entry timestamp where one is required.
    #[error("the log entry has no signed entry timestamp")]
    PromiseMissing,
    /// There is a signed entry timestamp, but no time.
    #[error("the log entry has a signed entry timestamp and no integrated time")]
    PromiseWithoutTime,
    /// An entry of Rekor v2 has a signed entry timestamp, which that does not write.
    #[error("an entry of Rekor v2 has a signed entry timestamp")]
    PromiseUnexpected,
    /// The log did not sign the entry timestamp.
    #[error("the signed entry timestamp is not a signature of {log:?} over this entry")]
    PromiseInvalid {
        /// The log's name.
        log: String,
    },
    /// There is no inclusion proof where one is required.
    #[error("the log entry has no inclusion proof")]
    ProofMissing,
    /// A hash of the proof is not as long as one.
    #[error("a hash of the inclusion proof has {found} bytes where SHA-256 has 32")]
    ProofHash {
        /// The number of bytes.
        found: usize,
    },
    /// The proof has more or fewer hashes than the tree needs.
    #[error("the inclusion proof has {found} hashes where index and tree size need {expected}")]
    ProofLength {
        /// The number needed.
        expected: usize,
        /// The number found.
        found: usize,
    },
    /// The index is not in the tree.
    #[error("the index {index} is not in a tree of {tree_size} entries")]
    IndexOutsideTree {
        /// The index.
        index: u64,
        /// The size of the tree.
        tree_size: u64,
    },
    /// Entry and proof of one tree give two indices.
    #[error("the entry has the index {entry}, its inclusion proof {proof}")]
    IndexMismatch {
        /// The entry's index.
        entry: u64,
        /// The proof's.
        proof: u64,
    },
    /// The proof leads to another root.
    #[error("the inclusion proof does not lead from this entry to the root of the checkpoint")]
    ProofInvalid,
    /// There is an inclusion proof without a checkpoint.
    #[error("the inclusion proof has no checkpoint")]
    CheckpointMissing,
    /// The checkpoint is none.
    #[error("the checkpoint is malformed: {0}")]
    CheckpointMalformed(#[from] CheckpointError),
    /// The checkpoint is not of this log.
    #[error("the checkpoint is of {found:?} where {expected:?} belongs")]
    CheckpointOrigin {
        /// The form of the origin, or the origin.
        expected: String,
        /// The origin found.
        found: String,
    },
    /// The checkpoint has no signature under the name and key of the log.
    #[error("the checkpoint has no signature line of the log {log:?}")]
    CheckpointUnsigned {
        /// The log's name.
        log: String,
    },
    /// The checkpoint has a signature line of the log, which is not its signature.
    #[error("the signature of the checkpoint is not one of the log {log:?}")]
    CheckpointSignature {
        /// The log's name.
        log: String,
    },
    /// Proof and checkpoint give two roots.
    #[error("the inclusion proof gives another root than the checkpoint")]
    CheckpointRoot,
    /// Proof and checkpoint give two sizes.
    #[error("the inclusion proof is for {proof} entries, the checkpoint for {checkpoint}")]
    CheckpointSize {
        /// The checkpoint's size.
        checkpoint: u64,
        /// The proof's.
        proof: u64,
    },
    /// The kind of entry is not read, or not here.
    #[error("log entries of kind {kind:?} {version:?} are not read here")]
    BodyKindUnsupported {
        /// The kind, cut to 80 characters.
        kind: String,
        /// The version, cut to 80 characters.
        version: String,
    },
    /// The kind of entry does not log this kind of content.
    #[error("a log entry of kind {} {} is not one for {content}", kind.name(), kind.version())]
    BodyKindUnfit {
        /// The kind.
        kind: Kind,
        /// What was signed.
        content: &'static str,
    },
    /// What stands in the log is not of the shape of its kind.
    #[error("the log entry's body is malformed: {0}")]
    BodyMalformed(BodyProblem),
    /// What stands in the log is about something else.
    #[error("the log entry names another {which}")]
    BodyMismatch {
        /// What differs.
        which: Which,
    },
    /// The entry has a digest by an algorithm for which none of the artifact is at hand.
    #[error("the log entry gives a {algorithm} digest, and none of the artifact is at hand")]
    DigestUnknown {
        /// The algorithm.
        algorithm: &'static str,
    },
}

/// What of a log entry differs from what was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Which {
    /// The kind or version, which the body states again.
    Kind,
    /// The signature.
    Signature,
    /// The other signatures of the envelope.
    Signatures,
    /// The certificate or key.
    Verifier,
    /// The digest of the artifact, or of what a DSSE signature is over.
    Digest,
    /// The payload of the envelope.
    Payload,
    /// The type of the payload.
    PayloadType,
    /// The envelope as a whole.
    Envelope,
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Kind => "kind in its body than beside it",
            Self::Signature => "signature",
            Self::Signatures => "set of signatures",
            Self::Verifier => "certificate or key",
            Self::Digest => "digest",
            Self::Payload => "payload",
            Self::PayloadType => "payload type",
            Self::Envelope => "envelope",
        })
    }
}

/// What is wrong with the shape of a log entry's body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyProblem {
    /// Not JSON, or not of the shape of its kind.
    #[error("it does not have the shape of its kind, at line {line}, column {column}")]
    Shape {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// Bytes that are not written as such.
    #[error("{field} is not {encoding}")]
    Encoding {
        /// The field.
        field: &'static str,
        /// The encoding expected.
        encoding: &'static str,
    },
    /// An algorithm that entries of this kind do not have.
    #[error("{field} names the algorithm {found:?}")]
    Algorithm {
        /// The field.
        field: &'static str,
        /// The name, cut to 80 characters.
        found: String,
    },
    /// A verifier that is neither a certificate nor a key, or both.
    #[error("its verifier is not exactly one certificate or key")]
    Verifier,
}
