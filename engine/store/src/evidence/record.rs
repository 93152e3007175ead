//! Keeping what a store answers.

use super::archive;
use super::error::EvidenceError;
use super::file::FileRecord;
use super::format::{
    Answer, Ask, Document, EvidenceContext, Failure, Record, RootRecord, Stored, TrustRecord,
    VERSION,
};
use super::replay::Replay;
use super::{INDEX, SEAL};
use crate::error::StoreError;
use crate::files::length;
use crate::source::{Fetched, Listing, Place, Store};
use async_trait::async_trait;
use bytes::Bytes;
use referee_core::{Digest, Selector, UnavailableKind};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The most bytes of evidence. The facts of one artifact are held to far less.
pub(super) const MAX_EVIDENCE_BYTES: u64 = 1024 * 1024 * 1024;

/// A store that keeps everything it passes on.
///
/// A question that was answered is answered the same way from then on: what is saved gives the
/// same facts only if the facts were made of one answer to each question.
#[derive(Clone, Debug)]
pub struct Recorder {
    store: Arc<dyn Store>,
    kept: Arc<Mutex<BTreeMap<Ask, Kept>>>,
}

#[derive(Clone, Debug)]
enum Kept {
    Manifest(Fetched),
    Blob(Bytes),
    Listing(Listing),
    Failed(Arc<StoreError>),
}

/// Evidence that is to be written.
#[derive(Clone, Debug)]
pub struct SavedEvidence {
    pub(super) files: BTreeMap<String, Bytes>,
    digest: Digest,
}

impl Recorder {
    /// A recorder before a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, kept: Arc::default() }
    }

    fn known(&self, ask: &Ask) -> Option<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(ask).cloned()
    }

    /// Keeps an answer; the one that was kept first where two were asked for at once.
    fn keep(&self, ask: Ask, answer: Kept) -> Kept {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(ask).or_insert(answer).clone()
    }

    /// The evidence so far.
    ///
    /// # Errors
    /// [`EvidenceError::TooLarge`].
    pub fn evidence(&self, context: &EvidenceContext) -> Result<SavedEvidence, EvidenceError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut files = Files::default();
        let trust = context.trust.iter().map(|text| TrustRecord {
            name: text.name.clone(),
            document: files.add_text(&text.text),
            files: text.files.iter().map(|(n, t)| (n.clone(), files.add_text(t))).collect(),
        });
        let trust = trust.collect();
        let roots = context.roots.iter();
        let roots =
            roots.map(|(keeper, root)| RootRecord::new(keeper, root, files.add_text(&root.json)));
        let roots = roots.collect();
        let file = context.file.as_ref();
        let file = file.map(|file| FileRecord::new(file, |bytes| files.add_bytes(bytes)));
        let requests = kept
            .into_iter()
            .map(|(ask, kept)| Record { answer: files.answer(&ask, kept), ask })
            .collect();
        let document = Document {
            version: VERSION,
            made_by: concat!("referee ", env!("CARGO_PKG_VERSION")).to_owned(),
            time: context.time,
            reference: context.reference.clone(),
            judged_as: context.judged_as.clone(),
            namespace: context.namespace.clone(),
            parameters: context.parameters.clone(),
            facts_digest: context.facts_digest.clone(),
            limits: context.limits.clone(),
            trust,
            roots,
            file,
            requests,
        };
        files.finish(&document)
    }
}

impl SavedEvidence {
    /// The digest of its index, and so of all of it.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The same as it will be read again.
    ///
    /// # Errors
    /// As [`Replay::open`].
    pub fn replay(&self) -> Result<Replay, EvidenceError> {
        Replay::of(|name, _| Ok(self.files.get(name).map(|bytes| bytes.to_vec())))
    }

    /// Writes it to a folder, or to a tar file where the name ends in `.tar`, in one move.
    /// Blocks on the file system.
    ///
    /// # Errors
    /// [`EvidenceError::Exists`] where there is something already, but for an empty folder;
    /// [`EvidenceError::File`] where it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), EvidenceError> {
        archive::write(path, &self.files)
    }
}

/// The files of evidence being put together.
#[derive(Default)]
struct Files {
    files: BTreeMap<String, Bytes>,
    total: u64,
}

impl Files {
    fn add(&mut self, digest: &Digest, bytes: Bytes) -> Stored {
        let size = length(&bytes);
        if self.files.insert(archive::blob_name(digest), bytes).is_none() {
            self.total = self.total.saturating_add(size);
        }
        Stored { digest: digest.clone(), size }
    }

    fn add_text(&mut self, text: &str) -> Stored {
        self.add_bytes(&Bytes::copy_from_slice(text.as_bytes()))
    }

    fn add_bytes(&mut self, bytes: &Bytes) -> Stored {
        self.add(&Digest::sha256(bytes), bytes.clone())
    }

    fn answer(&mut self, ask: &Ask, kept: Kept) -> Answer {
        match kept {
            Kept::Manifest(Fetched { bytes, digest, media_type }) => {
                let Stored { digest, size } = self.add(&digest, bytes);
                Answer::Manifest { digest, size, media_type }
            }
            Kept::Blob(bytes) => {
                let digest = ask.named().unwrap_or_else(|| Digest::sha256(&bytes));
                Answer::Blob(self.add(&digest, bytes))
            }
            Kept::Listing(Listing { descriptors, found_by, incomplete }) => {
                let incomplete = incomplete.map(|error| failure(&error));
                Answer::Listing { found_by, descriptors, incomplete }
            }
            Kept::Failed(error) => match &*error {
                StoreError::NotFound { target } => Answer::Absent { target: target.clone() },
                other => Answer::Failed(failure(other)),
            },
        }
    }

    fn finish(mut self, document: &Document) -> Result<SavedEvidence, EvidenceError> {
        let mut index = serde_json::to_vec_pretty(document).map_err(|source| {
            let problem = "it cannot be written".to_owned();
            EvidenceError::Malformed { file: INDEX.to_owned(), problem, source: Some(source) }
        })?;
        index.push(b'\n');
        let digest = Digest::sha256(&index);
        if self.total.saturating_add(length(&index)) > MAX_EVIDENCE_BYTES {
            return Err(EvidenceError::TooLarge { limit: MAX_EVIDENCE_BYTES });
        }
        let seal = format!("{}  {INDEX}\n", digest.hex());
        self.files.insert(INDEX.to_owned(), index.into());
        self.files.insert(SEAL.to_owned(), seal.into());
        Ok(SavedEvidence { files: self.files, digest })
    }
}

fn failure(error: &StoreError) -> Failure {
    // The kind stands in the facts by who asked, not by what failed.
    let fact = error.to_unavailable(UnavailableKind::Registry);
    let (target, code, message) = (fact.target, fact.code, fact.message);
    Failure { target, code, message, retryable: fact.retryable }
}

fn mixed_up<T>(ask: &Ask) -> Result<T, Arc<StoreError>> {
    Err(Arc::new(StoreError::Internal { target: ask.target() }))
}

#[async_trait]
impl Store for Recorder {
    async fn manifest(
        &self,
        place: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>> {
        let ask = Ask::manifest(place, selector);
        let kept = match self.known(&ask) {
            Some(kept) => kept,
            None => {
                let answer = self.store.manifest(place, selector).await;
                self.keep(ask.clone(), answer.map_or_else(Kept::Failed, Kept::Manifest))
            }
        };
        match kept {
            Kept::Manifest(fetched) => Ok(fetched),
            Kept::Failed(error) => Err(error),
            _ => mixed_up(&ask),
        }
    }

    async fn blob(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
        limit: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        let ask = Ask::blob(place, digest, size, limit);
        let kept = match self.known(&ask) {
            Some(kept) => kept,
            None => {
                let answer = self.store.blob(place, digest, size, limit).await;
                self.keep(ask.clone(), answer.map_or_else(Kept::Failed, Kept::Blob))
            }
        };
        match kept {
            Kept::Blob(bytes) => Ok(bytes),
            Kept::Failed(error) => Err(error),
            _ => mixed_up(&ask),
        }
    }

    async fn referrers(&self, place: &Place, digest: &Digest) -> Result<Listing, Arc<StoreError>> {
        let ask = Ask::referrers(place, digest);
        let kept = match self.known(&ask) {
            Some(kept) => kept,
            None => {
                let answer = self.store.referrers(place, digest).await;
                self.keep(ask.clone(), answer.map_or_else(Kept::Failed, Kept::Listing))
            }
        };
        match kept {
            Kept::Listing(listing) => Ok(listing),
            Kept::Failed(error) => Err(error),
            _ => mixed_up(&ask),
        }
    }
}
