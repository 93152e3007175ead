//! `evidence.json`: questions and answers, in the order of the questions, so that the same
//! evidence is the same bytes.

use super::INDEX;
use super::error::EvidenceError;
use super::file::{EvidenceFile, FileRecord};
use crate::source::Place;
use crate::trust::TrustText;
use referee_core::facts::TrustRootSource;
use referee_core::trust::{RootKeeper, SuppliedRoot, TufRepository, WellKnown};
use referee_core::{Descriptor, Digest, FoundBy, Limits, Selector, Timestamp, UnavailableCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The version that is written, and the only one that is read.
pub(super) const VERSION: u32 = 1;

/// What was known besides the answers, and shapes the facts or a ruling over them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EvidenceContext {
    /// The time that was taken as now.
    pub time: Timestamp,
    /// The reference as it was given.
    pub reference: String,
    /// The reference it was judged as, where that is another.
    pub judged_as: Option<String>,
    /// The namespace, for the policy.
    pub namespace: Option<String>,
    /// Further parameters, for the policy.
    pub parameters: Map<String, Value>,
    /// The digest of the facts that were established.
    pub facts_digest: Digest,
    /// The limits in force.
    pub limits: Limits,
    /// The trust documents, with the files they name.
    pub trust: Vec<TrustText>,
    /// The trusted roots of Sigstore instances that they name or imply but do not hold.
    pub roots: BTreeMap<RootKeeper, SuppliedRoot>,
    /// The file that was asked about, where it was no artifact.
    pub file: Option<EvidenceFile>,
}

impl EvidenceContext {
    /// A context with nothing but what there always is.
    #[must_use]
    pub fn new(reference: String, time: Timestamp, facts_digest: Digest, limits: Limits) -> Self {
        Self {
            time,
            reference,
            judged_as: None,
            namespace: None,
            parameters: Map::new(),
            facts_digest,
            limits,
            trust: Vec::new(),
            roots: BTreeMap::new(),
            file: None,
        }
    }
}

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) version: u32,
    pub(super) made_by: String,
    pub(super) time: Timestamp,
    pub(super) reference: String,
    #[serde(rename = "as", default, skip_serializing_if = "Option::is_none")]
    pub(super) judged_as: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) parameters: Map<String, Value>,
    pub(super) facts_digest: Digest,
    pub(super) limits: Limits,
    pub(super) trust: Vec<TrustRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) roots: Vec<RootRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<FileRecord>,
    pub(super) requests: Vec<Record>,
}

/// The error of an index that is not in its form.
pub(super) fn malformed(problem: &str, source: Option<serde_json::Error>) -> EvidenceError {
    EvidenceError::Malformed { file: INDEX.to_owned(), problem: problem.to_owned(), source }
}

/// A version before anything else of the file is looked at.
#[derive(Deserialize)]
pub(super) struct Versioned {
    pub(super) version: u32,
}

/// A file of the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    pub(super) digest: Digest,
    pub(super) size: u64,
}

/// A trust document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrustRecord {
    pub(super) name: String,
    pub(super) document: Stored,
    pub(super) files: BTreeMap<String, Stored>,
}

/// The trusted root of a Sigstore instance; exactly one of `instance` and `repository` says of
/// which.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RootRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) instance: Option<WellKnown>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) repository: Option<TufRepository>,
    pub(super) source: TrustRootSource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<Timestamp>,
    pub(super) json: Stored,
}

impl RootRecord {
    pub(super) fn new(keeper: &RootKeeper, root: &SuppliedRoot, json: Stored) -> Self {
        let (instance, repository) = match keeper {
            RootKeeper::WellKnown(instance) => (Some(*instance), None),
            RootKeeper::Repository(repository) => (None, Some(repository.clone())),
        };
        let (source, expires_at) = (root.source, root.expires_at);
        Self { instance, repository, source, expires_at, json }
    }

    /// Whose it is.
    pub(super) fn keeper(&self) -> Option<RootKeeper> {
        match (self.instance, &self.repository) {
            (Some(instance), None) => Some(RootKeeper::WellKnown(instance)),
            (None, Some(repository)) => Some(RootKeeper::Repository(repository.clone())),
            _ => None,
        }
    }
}

/// A question with its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) ask: Ask,
    pub(super) answer: Answer,
}

/// A question to a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Ask {
    /// A manifest, by tag or digest; by neither the only one of a layout.
    Manifest { place: String, selector: Option<String> },
    /// A blob.
    Blob { place: String, digest: Digest, size: u64, limit: u64 },
    /// What refers to a digest.
    Referrers { place: String, digest: Digest },
}

impl Ask {
    pub(super) fn manifest(place: &Place, selector: Option<&Selector>) -> Self {
        let selector = selector.map(ToString::to_string);
        Self::Manifest { place: place.to_string(), selector }
    }

    pub(super) fn blob(place: &Place, digest: &Digest, size: u64, limit: u64) -> Self {
        Self::Blob { place: place.to_string(), digest: digest.clone(), size, limit }
    }

    pub(super) fn referrers(place: &Place, digest: &Digest) -> Self {
        Self::Referrers { place: place.to_string(), digest: digest.clone() }
    }

    /// What errors call it.
    pub(super) fn target(&self) -> String {
        match self {
            Self::Manifest { place, selector: None } => place.clone(),
            Self::Manifest { place, selector: Some(selector) } if selector.contains(':') => {
                format!("{place}@{selector}")
            }
            Self::Manifest { place, selector: Some(selector) } => format!("{place}:{selector}"),
            Self::Blob { place, digest, .. } => format!("{place} blob {digest}"),
            Self::Referrers { place, digest } => format!("{place} referrers of {digest}"),
        }
    }

    /// The digest that the bytes of the answer have by the question itself.
    pub(super) fn named(&self) -> Option<Digest> {
        match self {
            Self::Manifest { selector, .. } => selector.as_ref()?.parse().ok(),
            Self::Blob { digest, .. } => Some(digest.clone()),
            Self::Referrers { .. } => None,
        }
    }
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Answer {
    /// A manifest.
    Manifest { digest: Digest, size: u64, media_type: String },
    /// A blob.
    Blob(Stored),
    /// A listing; `incomplete` says why it is not complete.
    Listing {
        found_by: FoundBy,
        descriptors: Vec<Descriptor>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incomplete: Option<Failure>,
    },
    /// That it is not there: the one failure that says something of the artifact.
    Absent { target: String },
    /// A failure.
    Failed(Failure),
}

/// A failure, as it stands in the facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    pub(super) target: String,
    pub(super) code: UnavailableCode,
    pub(super) message: String,
    pub(super) retryable: bool,
}
