//! Inclusion of an entry in a log: a Merkle proof (RFC 6962 section 2.1.1) from the entry's body
//! to the root that the log signed in a checkpoint.
//!
//! Rekor v1 has shards, and the proof is within one: its index is the proof's, not the entry's,
//! which counts over all shards and is proven by the promise alone. The checkpoint's origin is
//! `<name> - <tree id>`, and its signature line bears the name. Size and root stand in the proof
//! again and must be those of the checkpoint.
//!
//! Rekor v2 has one tree: the index is the entry's, size and root are the checkpoint's. Origin
//! and name of the signature line are the host of the log's URL, as sigstore-go has it
//! (`pkg/verify/tlog.go`). Where index, size and root stand in the proof again, they must be the
//! same; the other implementations ignore them.
//!
//! The key must be the one of the log that the entry names, not of any trusted log.

use super::checkpoint::{Checkpoint, Line};
use super::entry::{Entry, InclusionProof};
use super::error::LogError;
use super::{Trust, holds};
use crate::protocol::log_key::LogKey;
use referee_core::Timestamp;
use sigstore_merkle::{Error as MerkleError, hash_leaf, verify_inclusion_proof};
use sigstore_types::Sha256Hash;

/// How many lines of the log's own name and key id are tried. An honest log writes one.
const MAX_TRIES: usize = 4;

/// A proven inclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpointed {
    /// The origin of the checkpoint: the log's own name for the tree.
    pub origin: String,
    /// The index in that tree.
    pub index: u64,
    /// The size of the tree at the checkpoint.
    pub tree_size: u64,
}

/// Holds the inclusion proof of an entry against the keys of its log. `time` is the entry's, where
/// it is proven.
pub(super) fn verify(
    entry: &Entry,
    proof: &InclusionProof,
    is_v2: bool,
    time: Option<Timestamp>,
    trust: &Trust<'_, '_>,
) -> Result<Checkpointed, LogError> {
    if proof.checkpoint.is_empty() {
        return Err(LogError::CheckpointMissing);
    }
    let checkpoint = Checkpoint::parse(&proof.checkpoint)?;
    let index = if is_v2 { entry.log_index } else { proof.log_index };
    if index >= checkpoint.tree_size {
        return Err(LogError::IndexOutsideTree { index, tree_size: checkpoint.tree_size });
    }
    let log = match time {
        Some(time) => trust.log_at(&entry.log_id, time)?,
        None => trust.log_begun(&entry.log_id)?,
    };
    let name = if is_v2 { host_origin(&checkpoint, log)? } else { shard_origin(&checkpoint)? };
    signature(&checkpoint, name, log, trust)?;
    repeated(entry, proof, &checkpoint, is_v2)?;
    merkle(entry, proof, &checkpoint, index)?;
    Ok(Checkpointed {
        origin: checkpoint.origin.to_owned(),
        index,
        tree_size: checkpoint.tree_size,
    })
}

/// The name under which a log of Rekor v1 signs.
fn shard_origin<'a>(checkpoint: &Checkpoint<'a>) -> Result<&'a str, LogError> {
    checkpoint.shard_name().ok_or_else(|| LogError::CheckpointOrigin {
        expected: "<name> - <tree id>".to_owned(),
        found: shorten(checkpoint.origin),
    })
}

/// The name under which a log of Rekor v2 signs.
fn host_origin<'a>(checkpoint: &Checkpoint<'a>, log: &LogKey) -> Result<&'a str, LogError> {
    match host(&log.name) {
        Some(host) if host == checkpoint.origin => Ok(checkpoint.origin),
        host => Err(LogError::CheckpointOrigin {
            expected: host.unwrap_or(&log.name).to_owned(),
            found: shorten(checkpoint.origin),
        }),
    }
}

/// The host of a URL, without port and brackets (RFC 3986 section 3.2.2).
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let host = match place.strip_prefix('[') {
        Some(literal) => literal.split_once(']')?.0,
        None => place.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

fn signature(
    checkpoint: &Checkpoint<'_>,
    name: &str,
    log: &LogKey,
    trust: &Trust<'_, '_>,
) -> Result<(), LogError> {
    let own = |line: &&Line<'_>| line.name == name && log.id.starts_with(&line.hint);
    let mut lines = checkpoint.lines.iter().filter(own).take(MAX_TRIES).peekable();
    if lines.peek().is_none() {
        return Err(LogError::CheckpointUnsigned { log: log.name.clone() });
    }
    let message = checkpoint.text.as_bytes();
    match lines.any(|line| holds(log, trust.memory, message, &line.signature)) {
        true => Ok(()),
        false => Err(LogError::CheckpointSignature { log: log.name.clone() }),
    }
}

/// Holds what the proof repeats against what the log signed.
fn repeated(
    entry: &Entry,
    proof: &InclusionProof,
    checkpoint: &Checkpoint<'_>,
    is_v2: bool,
) -> Result<(), LogError> {
    if !(is_v2 && proof.root_hash.is_empty()) && proof.root_hash != checkpoint.root_hash {
        return Err(LogError::CheckpointRoot);
    }
    if !(is_v2 && proof.tree_size == 0) && proof.tree_size != checkpoint.tree_size {
        let (checkpoint, proof) = (checkpoint.tree_size, proof.tree_size);
        return Err(LogError::CheckpointSize { checkpoint, proof });
    }
    if is_v2 && proof.log_index != 0 && proof.log_index != entry.log_index {
        let (entry, proof) = (entry.log_index, proof.log_index);
        return Err(LogError::IndexMismatch { entry, proof });
    }
    Ok(())
}

fn merkle(
    entry: &Entry,
    proof: &InclusionProof,
    checkpoint: &Checkpoint<'_>,
    index: u64,
) -> Result<(), LogError> {
    let hashes: Result<Vec<_>, _> = proof.hashes.iter().map(|hash| sha256(hash)).collect();
    verify_inclusion_proof(
        &hash_leaf(&entry.canonicalized_body),
        index,
        checkpoint.tree_size,
        &hashes?,
        &Sha256Hash::new(checkpoint.root_hash),
    )
    .map_err(|error| match error {
        MerkleError::WrongProofLength { expected, actual } => {
            LogError::ProofLength { expected, found: actual }
        }
        MerkleError::EmptyTree => LogError::IndexOutsideTree { index, tree_size: 0 },
        MerkleError::LeafIndexOutOfRange { leaf_index, tree_size } => {
            LogError::IndexOutsideTree { index: leaf_index, tree_size }
        }
        _ => LogError::ProofInvalid,
    })
}

fn sha256(bytes: &[u8]) -> Result<Sha256Hash, LogError> {
    let found = LogError::ProofHash { found: bytes.len() };
    bytes.try_into().map(Sha256Hash::new).map_err(|_| found)
}

/// A text of the entry for an error.
fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn the_host_of_a_log_is_what_its_url_says_without_the_port() {
        for (url, expected) in [
            ("https://log.example", Some("log.example")),
            ("https://log.example:8080/api?x#y", Some("log.example")),
            ("http://user:word@log.example:1/", Some("log.example")),
            ("http://[::1]:3000/", Some("::1")),
            ("http://[::1", None),
            ("log.example", None),
            ("https://", None),
            ("https:///path", None),
            ("", None),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
