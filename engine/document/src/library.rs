//! Documents that were read before. What a document says follows from its bytes, so one that was
//! read is not read again, and all who ask share what was read.

use crate::error::DocumentError;
use crate::expected::Expected;
use crate::limits::Limits;
use crate::{provenance, sbom, vex, vulnerability};
use referee_core::facts::{ContentFact, Contents, Problem};
use referee_core::json::length_within;
use referee_core::{Coded as _, Digest};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

/// So many bytes of facts are kept, and as many again of the generation before. A document of
/// 70,000 packages takes 30 MB.
const GENERATION_BYTES: u64 = 128 * 1024 * 1024;

/// Facts that take more bytes than this as JSON are not counted to the end: it is enough to know that
/// they are too large, as what a document says once may stand in many facts. Those of the largest
/// documents take 400 MB.
const MAX_COUNTED_BYTES: u64 = 1024 * 1024 * 1024;

/// What names a reading: a hash over the bytes and what they were expected to be.
type Mark = [u8; 32];

/// Readers of documents, with what they read before. Shared by all verifiers of an engine.
#[derive(Debug, Default)]
pub struct Library {
    limits: Limits,
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Mark, Arc<Contents>>,
    old: HashMap<Mark, Arc<Contents>>,
    young_bytes: u64,
}

/// What came of reading a document.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What stands with the attestation.
    pub fact: ContentFact,
    /// What was read; `None` where it could not be.
    pub contents: Option<Arc<Contents>>,
}

impl Library {
    /// An empty one, with these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, generations: Mutex::default() }
    }

    /// Reads a document, or remembers what it says; `None` where it may be anything and is nothing
    /// that is read here.
    #[must_use]
    pub fn read(&self, expected: Expected<'_>, bytes: &[u8]) -> Option<Reading> {
        let expected = match expected {
            Expected::Anything => Expected::by_content(bytes)?,
            other => other,
        };
        let document = Digest::sha256(bytes);
        let mark = mark(expected, &document);
        let read = match self.known(&mark) {
            Some(contents) => Ok(contents),
            None => read(expected, bytes, &self.limits).map(Arc::new),
        };
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let (kinds, error, contents) = match read {
            Ok(contents) => {
                self.keep(mark, &contents);
                (contents.kinds(), None, Some(contents))
            }
            Err(error) => (Vec::new(), Some(problem(&error)), None),
        };
        Some(Reading { fact: ContentFact { document, size, kinds, error }, contents })
    }

    fn known(&self, mark: &Mark) -> Option<Arc<Contents>> {
        let generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.get(mark).or_else(|| generations.old.get(mark)).cloned()
    }

    fn keep(&self, mark: Mark, contents: &Arc<Contents>) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if generations.young.contains_key(&mark) {
            return;
        }
        let bytes = generations.young_bytes.saturating_add(contents.facts_bytes);
        if bytes > GENERATION_BYTES {
            generations.old = mem::take(&mut generations.young);
            generations.young_bytes = 0;
        }
        generations.young_bytes = generations.young_bytes.saturating_add(contents.facts_bytes);
        generations.young.insert(mark, contents.clone());
    }
}

/// Reads a document.
///
/// # Errors
/// [`DocumentError`].
pub fn read(
    expected: Expected<'_>,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Contents, DocumentError> {
    let mut contents = Contents::default();
    match expected {
        Expected::Sbom => {
            let found = sbom::read(bytes, limits)?;
            contents.sbom = Some(Arc::new(found.sbom));
            contents.report = found.report.map(Arc::new);
            contents.vex = found.vex.map(Arc::new);
        }
        Expected::Report(predicate_type) => {
            let report = vulnerability::read(predicate_type, bytes, limits)?;
            contents.report = Some(Arc::new(report));
        }
        Expected::Vex(predicate_type) => {
            contents.vex = Some(Arc::new(vex::read(predicate_type, bytes, limits)?));
        }
        Expected::Provenance(predicate_type) => {
            let provenance = provenance::read(predicate_type, bytes, limits)?;
            contents.provenance = Some(Arc::new(provenance));
        }
        Expected::Summary(predicate_type) => {
            let summary = provenance::summary(predicate_type, bytes, limits)?;
            contents.summary = Some(Arc::new(summary));
        }
        Expected::Anything => {
            return Err(DocumentError::UnknownFormat { expected: "document of a known kind" });
        }
    }
    contents.facts_bytes = written(&contents, MAX_COUNTED_BYTES);
    Ok(contents)
}

fn mark(expected: Expected<'_>, document: &Digest) -> Mark {
    let mut hash = Sha256::new();
    hash.update(format!("{expected:?}\n{document}"));
    hash.finalize().into()
}

fn problem(error: &DocumentError) -> Problem {
    Problem {
        code: error.code().to_owned(),
        message: referee_core::error::chain(error),
        hint: error.hint(),
    }
}

/// How many bytes all of it takes as JSON; `u64::MAX` where they are too many to count.
fn written(contents: &Contents, most: u64) -> u64 {
    let Contents { sbom, report, vex, provenance, summary, facts_bytes: _ } = contents;
    let parts = [
        sbom.as_ref().map(|part| length_within(&**part, most)),
        report.as_ref().map(|part| length_within(&**part, most)),
        vex.as_ref().map(|part| length_within(&**part, most)),
        provenance.as_ref().map(|part| length_within(&**part, most)),
        summary.as_ref().map(|part| length_within(&**part, most)),
    ];
    parts.into_iter().flatten().fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_core::facts::ContentKind;

    const BOM: &[u8] = br#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}"#;

    #[test]
    fn a_document_is_read_once_whoever_carries_it() {
        let library = Library::default();
        let first = library.read(Expected::Sbom, BOM).unwrap();
        let again = library.read(Expected::Anything, BOM).unwrap();
        assert_eq!(first.fact.kinds, [ContentKind::Sbom]);
        assert_eq!((first.fact.document, first.fact.size), (Digest::sha256(BOM), 66));
        assert!(Arc::ptr_eq(&first.contents.unwrap(), &again.contents.unwrap()));
    }

    #[test]
    fn what_it_is_read_as_counts_as_well_as_its_bytes() {
        let library = Library::default();
        assert!(library.read(Expected::Sbom, BOM).unwrap().contents.is_some());
        let other = library.read(Expected::Vex(None), BOM).unwrap();
        assert!(other.contents.is_none() && other.fact.kinds.is_empty());
        assert_eq!(other.fact.error.unwrap().code, "document_format_unknown");
    }

    #[test]
    fn what_may_be_anything_and_is_nothing_known_is_nothing() {
        let library = Library::default();
        assert!(library.read(Expected::Anything, br#"{"approved": true}"#).is_none());
        assert!(library.read(Expected::Anything, b"plain").is_none());
    }

    #[test]
    fn what_is_far_larger_written_out_than_the_document_is_not_written_out() {
        let list = vec![r#""a""#; 1_000].join(",");
        let long = "x".repeat(10_000);
        let text = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{{"name":"a","bom-ref":"a"}}],
            "dependencies":[{{"ref":"{long}","dependsOn":[{list}]}}]}}"#
        );
        let contents = read(Expected::Sbom, text.as_bytes(), &Limits::DEFAULT).unwrap();
        assert!(contents.facts_bytes > 10_000_000, "{}", contents.facts_bytes);
        assert_eq!(written(&contents, 1_000_000), u64::MAX);
    }

    #[test]
    fn no_more_is_kept_than_two_generations() {
        let library = Library::default();
        let contents =
            Arc::new(Contents { facts_bytes: GENERATION_BYTES / 4, ..Contents::default() });
        for number in 0u8..20 {
            library.keep([number; 32], &contents);
            assert!(library.known(&[number; 32]).is_some());
        }
        let generations = library.generations.lock().unwrap();
        assert!(generations.young.len() <= 4 && generations.old.len() <= 4);
        assert!(generations.young_bytes <= GENERATION_BYTES);
    }
}
