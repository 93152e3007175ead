//! One entry of a transparency log as its carrier holds it (sigstore/protobuf-specs
//! `protos/sigstore_rekor.proto`, `TransparencyLogEntry`), read and not yet judged.

use referee_core::Timestamp;

/// An entry of a transparency log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its index: of Rekor v1 over all shards of the log, of Rekor v2 in the one tree.
    pub log_index: u64,
    /// The id of the log.
    pub log_id: Vec<u8>,
    /// The kind of the body, such as `hashedrekord`.
    pub kind: String,
    /// The version of the kind, such as `0.0.1`.
    pub version: String,
    /// When the log says that it took the entry, in whole seconds. `None` where it says nothing,
    /// which ProtoJSON writes as zero or not at all. Proven by the promise alone.
    pub integrated_time: Option<Timestamp>,
    /// The signed entry timestamp (SET), by which the log promises the entry and its time.
    pub promise: Option<Vec<u8>>,
    /// The proof that the log has the entry.
    pub proof: Option<InclusionProof>,
    /// What stands in the log.
    pub canonicalized_body: Vec<u8>,
}

/// The proof that a log has an entry. Absent fields of ProtoJSON are zero or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InclusionProof {
    /// The index in the tree, which for Rekor v1 is one shard of the log.
    pub log_index: u64,
    /// The root of the tree.
    pub root_hash: Vec<u8>,
    /// The size of the tree.
    pub tree_size: u64,
    /// The hashes from leaf to root.
    pub hashes: Vec<Vec<u8>>,
    /// The signed note in which the log states size and root; empty where there is none.
    pub checkpoint: String,
}

/// The kinds of entries that are read, each with its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `hashedrekord` 0.0.1: the digest of an artifact, signature and verifier.
    HashedRekordV001,
    /// `hashedrekord` 0.0.2, of Rekor v2: the same, and of what a DSSE signature is over.
    HashedRekordV002,
    /// `dsse` 0.0.1: the digest of an envelope's payload and all its signatures.
    DsseV001,
    /// `dsse` 0.0.2, which Rekor v2 took in its first year.
    DsseV002,
    /// `intoto` 0.0.1: the digest of a whole envelope. Stands only beside cosign's `.att` layers.
    IntotoV001,
    /// `intoto` 0.0.2: an envelope without its payload.
    IntotoV002,
    /// `rekord` 0.0.1, which the first versions of cosign wrote. Stands only beside `.sig` layers.
    RekordV001,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::HashedRekordV001,
        Self::HashedRekordV002,
        Self::DsseV001,
        Self::DsseV002,
        Self::IntotoV001,
        Self::IntotoV002,
        Self::RekordV001,
    ];

    /// The kind of this name and version, if it is read.
    #[must_use]
    pub fn find(name: &str, version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name && kind.version() == version)
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HashedRekordV001 | Self::HashedRekordV002 => "hashedrekord",
            Self::DsseV001 | Self::DsseV002 => "dsse",
            Self::IntotoV001 | Self::IntotoV002 => "intoto",
            Self::RekordV001 => "rekord",
        }
    }

    /// The version.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::HashedRekordV001 | Self::DsseV001 | Self::IntotoV001 | Self::RekordV001 => {
                "0.0.1"
            }
            Self::HashedRekordV002 | Self::DsseV002 | Self::IntotoV002 => "0.0.2",
        }
    }

    /// Whether Rekor v2 writes it, which promises nothing and states no time. Note that `intoto`
    /// 0.0.2 is one of Rekor v1.
    #[must_use]
    pub fn is_v2(self) -> bool {
        matches!(self, Self::HashedRekordV002 | Self::DsseV002)
    }

    /// Whether it stands only beside cosign's layers, never in a Sigstore bundle.
    #[must_use]
    pub fn is_legacy(self) -> bool {
        matches!(self, Self::IntotoV001 | Self::RekordV001)
    }
}
