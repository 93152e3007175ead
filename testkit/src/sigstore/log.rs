//! Logs: keys of certificate and transparency logs, and a Merkle tree (RFC 6962 section 2.1).

use super::SIGNED_AT;
use data_encoding::{BASE64, HEXLOWER};
use rcgen::{KeyPair, PublicKeyData as _, SignatureAlgorithm, SigningKey as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// So many entries of others are in a transparency log before the first of ours, which gives its
/// proofs the length of real ones.
const OTHERS: u32 = 2_000;
/// How many entries a log of Rekor v1 had in its earlier shards.
const EARLIER: u64 = 121_000_000;

type Hash = [u8; 32];

/// The key of a log.
pub(super) struct Key {
    pair: KeyPair,
    /// The SubjectPublicKeyInfo.
    pub(super) spki: Vec<u8>,
}

impl Key {
    pub(super) fn new(algorithm: &'static SignatureAlgorithm) -> Self {
        let pair = KeyPair::generate_for(algorithm).expect("a key");
        Self { spki: pair.subject_public_key_info(), pair }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).expect("a signature")
    }
}

/// A transparency log.
pub struct TransparencyLog {
    pub(super) name: &'static str,
    pub(super) key: Key,
    leaves: Vec<Hash>,
}

impl TransparencyLog {
    pub(super) fn new(name: &'static str, algorithm: &'static SignatureAlgorithm) -> Self {
        let leaves = (0..OTHERS).map(|other| leaf(&other.to_be_bytes())).collect();
        Self { name, key: Key::new(algorithm), leaves }
    }

    pub(super) fn id(&self) -> Hash {
        Sha256::digest(&self.key.spki).into()
    }

    /// Takes an entry in; its index.
    pub(super) fn append(&mut self, body: &[u8]) -> usize {
        self.leaves.push(leaf(body));
        self.leaves.len() - 1
    }

    /// The index of an entry of Rekor v1 over all shards.
    pub(super) fn global(index: usize) -> u64 {
        EARLIER + index as u64
    }

    /// The proof that an entry is in the tree as it is, with the checkpoint of an origin.
    pub(super) fn proof(&self, index: usize, origin: &str) -> Value {
        let root = root(&self.leaves);
        let mut path = Vec::new();
        inclusion(&self.leaves, index, &mut path);
        let hashes: Vec<String> = path.iter().map(|hash| BASE64.encode(hash)).collect();
        let (root, size) = (BASE64.encode(&root), self.leaves.len());
        let text = format!("{origin}\n{size}\n{root}\n");
        let signature = [&self.id()[..4], &self.key.sign(text.as_bytes())].concat();
        let (name, signature) = (self.name, BASE64.encode(&signature));
        json!({
            "logIndex": index.to_string(),
            "rootHash": root,
            "treeSize": size.to_string(),
            "hashes": hashes,
            "checkpoint": {"envelope": format!("{text}\n\u{2014} {name} {signature}\n")},
        })
    }

    /// The promise of Rekor v1: a signature over body, time and place of an entry.
    pub(super) fn promise(&self, body: &[u8], index: usize) -> Vec<u8> {
        let (body, id) = (BASE64.encode(body), HEXLOWER.encode(&self.id()));
        let index = Self::global(index);
        let message = format!(
            r#"{{"body":"{body}","integratedTime":{SIGNED_AT},"logID":"{id}","logIndex":{index}}}"#
        );
        self.key.sign(message.as_bytes())
    }
}

fn leaf(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The leaves of the left and of the right subtree.
fn halves(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    leaves.split_at(leaves.len().next_power_of_two() / 2)
}

fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = halves(leaves);
            node(&root(left), &root(right))
        }
    }
}

fn inclusion(leaves: &[Hash], index: usize, path: &mut Vec<Hash>) {
    if leaves.len() == 1 {
        return;
    }
    let (left, right) = halves(leaves);
    if index < left.len() {
        inclusion(left, index, path);
        path.push(root(right));
    } else {
        inclusion(right, index - left.len(), path);
        path.push(root(left));
    }
}

/// Bytes behind their length in two bytes (RFC 5246 section 4.3).
pub(super) fn opaque(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("short enough").to_be_bytes();
    [&length[..], bytes].concat()
}
