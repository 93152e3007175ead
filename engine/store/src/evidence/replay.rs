//! Answering from what was saved.

use super::archive;
use super::error::EvidenceError;
use super::format::{
    Answer, Ask, Document, EvidenceContext, Failure, Record, RootRecord, Stored, TrustRecord,
    VERSION, Versioned, malformed,
};
use super::record::MAX_EVIDENCE_BYTES;
use super::{INDEX, SEAL};
use crate::error::StoreError;
use crate::files::length;
use crate::source::{Fetched, Listing, Place, Store};
use crate::trust::TrustText;
use async_trait::async_trait;
use bytes::Bytes;
use referee_core::trust::SuppliedRoot;
use referee_core::{Digest, Selector};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The largest index. Ten thousand listed referrers are 5 MiB.
const MAX_INDEX_BYTES: u64 = 256 * 1024 * 1024;

/// The largest seal: one line.
const MAX_SEAL_BYTES: u64 = 4 * 1024;

/// A store over evidence.
#[derive(Clone, Debug)]
pub struct Replay {
    context: EvidenceContext,
    answers: BTreeMap<Ask, Answer>,
    blobs: BTreeMap<Digest, Bytes>,
}

impl Replay {
    /// Opens evidence and checks every byte of it. Blocks on the file system.
    ///
    /// # Errors
    /// [`EvidenceError`]; where a byte was altered, with the name of its file.
    pub fn open(path: &Path) -> Result<Self, EvidenceError> {
        // A tar file has headers besides: a kilobyte for each blob.
        let contents = archive::open(path, MAX_EVIDENCE_BYTES.saturating_mul(2))?;
        for file in [INDEX, SEAL] {
            let limit = if file == INDEX { MAX_INDEX_BYTES } else { MAX_SEAL_BYTES };
            if contents.read(file, limit)?.is_none() {
                return Err(EvidenceError::NotEvidence { path: path.to_owned(), file });
            }
        }
        Self::of(|name, limit| Ok(contents.read(name, limit)?))
    }

    /// Evidence whose files are read by a function: a name and a limit.
    pub(super) fn of(
        read: impl Fn(&str, u64) -> Result<Option<Vec<u8>>, EvidenceError>,
    ) -> Result<Self, EvidenceError> {
        let whole = |name: &str, limit| {
            read(name, limit)?.ok_or_else(|| EvidenceError::Missing { file: name.to_owned() })
        };
        let index = whole(INDEX, MAX_INDEX_BYTES)?;
        check_seal(&whole(SEAL, MAX_SEAL_BYTES)?, &index)?;
        let malformed = |source| malformed("it cannot be read", Some(source));
        let Versioned { version } = serde_json::from_slice(&index).map_err(malformed)?;
        if version != VERSION {
            return Err(EvidenceError::Version { found: version });
        }
        let document: Document = serde_json::from_slice(&index).map_err(malformed)?;
        let mut loading = Loading { whole, blobs: BTreeMap::new(), total: length(&index) };
        let trust = document
            .trust
            .iter()
            .map(|record| loading.trust(record))
            .collect::<Result<Vec<_>, _>>()?;
        let mut roots = BTreeMap::new();
        for record in document.roots {
            let nobodys = || self::malformed("a trusted root is of no instance, or of two", None);
            let keeper = record.keeper().ok_or_else(nobodys)?;
            let RootRecord { source, expires_at, json, .. } = record;
            let root = SuppliedRoot { json: loading.text(&json)?, source, expires_at };
            roots.insert(keeper, root);
        }
        let file = document.file.map(|record| record.read(|stored| loading.bytes(stored)));
        let file = file.transpose()?;
        let mut answers = BTreeMap::new();
        for Record { ask, answer } in document.requests {
            check_answer(&ask, &answer)?;
            match &answer {
                Answer::Manifest { digest, size, .. } => loading.load(digest, *size)?,
                Answer::Blob(Stored { digest, size }) => loading.load(digest, *size)?,
                _ => {}
            }
            let target = ask.target();
            if answers.insert(ask, answer).is_some() {
                return Err(self::malformed(&format!("it answers twice: {target}"), None));
            }
        }
        let context = EvidenceContext {
            time: document.time,
            reference: document.reference,
            judged_as: document.judged_as,
            namespace: document.namespace,
            parameters: document.parameters,
            facts_digest: document.facts_digest,
            limits: document.limits,
            trust,
            roots,
            file,
        };
        Ok(Self { context, answers, blobs: loading.blobs })
    }

    /// What was known besides the answers.
    #[must_use]
    pub fn context(&self) -> &EvidenceContext {
        &self.context
    }

    fn answer(&self, ask: &Ask) -> Result<&Answer, Arc<StoreError>> {
        match self.answers.get(ask) {
            Some(Answer::Absent { target }) => {
                Err(Arc::new(StoreError::NotFound { target: target.clone() }))
            }
            Some(Answer::Failed(failure)) => Err(Arc::new(failed(failure))),
            Some(answer) => Ok(answer),
            None => Err(Arc::new(StoreError::NotRecorded { target: ask.target() })),
        }
    }

    /// The bytes of an answer. They were all read when the evidence was opened.
    fn bytes(&self, ask: &Ask, digest: &Digest) -> Result<Bytes, Arc<StoreError>> {
        let missing = || Arc::new(StoreError::NotRecorded { target: ask.target() });
        self.blobs.get(digest).cloned().ok_or_else(missing)
    }
}

fn failed(failure: &Failure) -> StoreError {
    let Failure { target, code, message, retryable } = failure.clone();
    StoreError::Recorded { target, code, message, retryable }
}

/// Holds the index against its digest, as `sha256sum --check` does it.
fn check_seal(seal: &[u8], index: &[u8]) -> Result<(), EvidenceError> {
    let expected = std::str::from_utf8(seal).ok().and_then(|text| {
        let hex = text.strip_suffix('\n')?.strip_suffix(INDEX)?.strip_suffix("  ")?;
        format!("sha256:{hex}").parse::<Digest>().ok()
    });
    let expected = expected.ok_or_else(|| EvidenceError::Malformed {
        file: SEAL.to_owned(),
        problem: format!("it is not one line with the SHA-256 digest of {INDEX}"),
        source: None,
    })?;
    let found = Digest::sha256(index);
    if found == expected {
        return Ok(());
    }
    Err(EvidenceError::Altered { file: INDEX.to_owned(), expected, found })
}

/// Refuses an answer of another kind than its question, and bytes of another digest or size than
/// were asked for.
fn check_answer(ask: &Ask, answer: &Answer) -> Result<(), EvidenceError> {
    let fits = match (ask, answer) {
        (Ask::Manifest { .. }, Answer::Manifest { digest, .. }) => {
            ask.named().is_none_or(|named| named == *digest)
        }
        (Ask::Blob { digest, size, limit, .. }, Answer::Blob(stored)) => {
            stored.digest == *digest && stored.size == *size && size <= limit
        }
        (Ask::Referrers { .. }, Answer::Listing { .. })
        | (_, Answer::Absent { .. } | Answer::Failed(_)) => true,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(malformed(&format!("the answer does not fit its question: {}", ask.target()), None))
}

/// Files being read and checked.
struct Loading<R> {
    whole: R,
    blobs: BTreeMap<Digest, Bytes>,
    total: u64,
}

impl<R: Fn(&str, u64) -> Result<Vec<u8>, EvidenceError>> Loading<R> {
    fn load(&mut self, digest: &Digest, size: u64) -> Result<(), EvidenceError> {
        if self.blobs.contains_key(digest) {
            return Ok(());
        }
        self.total = self.total.saturating_add(size);
        if self.total > MAX_EVIDENCE_BYTES {
            return Err(EvidenceError::TooLarge { limit: MAX_EVIDENCE_BYTES });
        }
        let file = archive::blob_name(digest);
        // A file that grew is altered, as one that shrank is; it is not read to its end.
        let bytes = (self.whole)(&file, size.saturating_add(MAX_SEAL_BYTES))?;
        let found = Digest::of(digest.algorithm(), &bytes);
        if found != *digest {
            return Err(EvidenceError::Altered { file, expected: digest.clone(), found });
        }
        if length(&bytes) != size {
            let problem = format!("{file} has {} bytes, not {size}", bytes.len());
            return Err(malformed(&problem, None));
        }
        self.blobs.insert(digest.clone(), bytes.into());
        Ok(())
    }

    fn bytes(&mut self, stored: &Stored) -> Result<Bytes, EvidenceError> {
        self.load(&stored.digest, stored.size)?;
        Ok(self.blobs.get(&stored.digest).cloned().unwrap_or_default())
    }

    fn text(&mut self, stored: &Stored) -> Result<String, EvidenceError> {
        let bytes = self.bytes(stored)?;
        String::from_utf8(bytes.to_vec()).map_err(|_binary| EvidenceError::Malformed {
            file: archive::blob_name(&stored.digest),
            problem: "a trust document or a file of one is not UTF-8".to_owned(),
            source: None,
        })
    }

    fn trust(&mut self, record: &TrustRecord) -> Result<TrustText, EvidenceError> {
        let mut files = BTreeMap::new();
        for (name, stored) in &record.files {
            files.insert(name.clone(), self.text(stored)?);
        }
        Ok(TrustText { name: record.name.clone(), text: self.text(&record.document)?, files })
    }
}

#[async_trait]
impl Store for Replay {
    async fn manifest(
        &self,
        place: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>> {
        let ask = Ask::manifest(place, selector);
        match self.answer(&ask)? {
            Answer::Manifest { digest, media_type, .. } => {
                let bytes = self.bytes(&ask, digest)?;
                Ok(Fetched { bytes, digest: digest.clone(), media_type: media_type.clone() })
            }
            _ => Err(Arc::new(StoreError::NotRecorded { target: ask.target() })),
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
        match self.answer(&ask)? {
            Answer::Blob(stored) => self.bytes(&ask, &stored.digest),
            _ => Err(Arc::new(StoreError::NotRecorded { target: ask.target() })),
        }
    }

    async fn referrers(&self, place: &Place, digest: &Digest) -> Result<Listing, Arc<StoreError>> {
        let ask = Ask::referrers(place, digest);
        match self.answer(&ask)? {
            Answer::Listing { found_by, descriptors, incomplete } => Ok(Listing {
                descriptors: descriptors.clone(),
                found_by: *found_by,
                incomplete: incomplete.as_ref().map(|failure| Arc::new(failed(failure))),
            }),
            _ => Err(Arc::new(StoreError::NotRecorded { target: ask.target() })),
        }
    }
}
