//! What was read from documents, as it stands in the facts: each beside who signed it, in the
//! evaluator's own form made once for all evaluations.

use crate::established::Unwritable;
use referee_core::facts::{
    AttestationFact, Contents, ProvenanceFact, SbomFact, SourceOfDocument, SubjectFact,
    VerificationSummaryFact, VexFact, VulnerabilityReportFact,
};
use referee_core::{Digest, Unavailable, UnavailableCode, UnavailableKind};
use referee_document::vex;
use referee_rego::Value;
use serde::Serialize;
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The lists of the facts document that are made of documents.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) sboms: Vec<SbomFact>,
    pub(crate) vulnerability_reports: Vec<VulnerabilityReportFact>,
    pub(crate) vex: Vec<VexFact>,
    pub(crate) provenance: Vec<ProvenanceFact>,
    pub(crate) verification_summaries: Vec<VerificationSummaryFact>,
    /// What is missing from them.
    pub(crate) trouble: Option<Unavailable>,
}

impl Documents {
    /// The lists, in the order of the attestations. `contents` names these by their `id`.
    pub(crate) fn of(
        attestations: &[AttestationFact],
        contents: &[(u32, Arc<Contents>)],
        subject: &SubjectFact,
    ) -> Self {
        let mut lists = Self::default();
        for (attestation, contents) in contents {
            let position = usize::try_from(*attestation).unwrap_or(usize::MAX);
            let Some(attestation) = attestations.get(position) else { continue };
            lists.add(attestation, contents);
        }
        lists.apply_vex(subject);
        lists
    }

    /// Puts what VEX documents say beside the findings that they speak of.
    fn apply_vex(&mut self, subject: &SubjectFact) {
        let platforms: Vec<Digest> =
            subject.platforms.iter().map(|platform| platform.digest.clone()).collect();
        let repository = subject.registry.as_deref().zip(subject.repository.as_deref());
        let repository = repository.map(|(registry, path)| format!("{registry}/{path}"));
        let subject = vex::Subject {
            digest: &subject.digest,
            platforms: &platforms,
            repository: repository.as_deref(),
        };
        let left_out = vex::apply(&mut self.vulnerability_reports, &self.vex, &subject);
        if left_out > 0 {
            let message = format!(
                "{left_out} findings were not held against the VEX documents: there are too many \
                 statements"
            );
            let (kind, code) = (UnavailableKind::Verification, UnavailableCode::TooLarge);
            let trouble = Unavailable::new(kind, subject.digest.as_str(), code, message);
            self.trouble = Some(trouble.affecting("vulnerability_reports"));
        }
    }

    fn add(&mut self, attestation: &AttestationFact, contents: &Contents) {
        let Some(content) = &attestation.content else { return };
        let source = |length: usize| SourceOfDocument {
            id: u32::try_from(length).unwrap_or(u32::MAX),
            attestation: attestation.id,
            document: content.document.clone(),
            referrer: attestation.referrer.clone(),
            subject: attestation.subject.clone(),
            signed_by: attestation.signed_by.clone(),
            signed_through: attestation.signed_through,
            verified: attestation.verified,
        };
        let Contents { sbom, report, vex, provenance, summary, facts_bytes: _ } = contents;
        if let Some(sbom) = sbom.clone() {
            self.sboms.push(SbomFact { source: source(self.sboms.len()), sbom });
        }
        if let Some(report) = report.clone() {
            let source = source(self.vulnerability_reports.len());
            let vex = BTreeMap::new();
            self.vulnerability_reports.push(VulnerabilityReportFact { source, vex, report });
        }
        if let Some(document) = vex.clone() {
            self.vex.push(VexFact { source: source(self.vex.len()), document });
        }
        if let Some(provenance) = provenance.clone() {
            let source = source(self.provenance.len());
            self.provenance.push(ProvenanceFact { source, provenance });
        }
        if let Some(summary) = summary.clone() {
            let source = source(self.verification_summaries.len());
            self.verification_summaries.push(VerificationSummaryFact { source, summary });
        }
    }
}

/// What was read from documents, in the evaluator's own form. Made once for each reading, whatever
/// artifact the document is attached to and however often its facts are gathered.
///
/// A reading is known by where it lies in memory, and is held on to so that nothing else can come to
/// lie there. The digest of the document would not do: the same bytes mean something else under
/// another type of a predicate, and whoever may push chooses that.
#[derive(Clone, Debug)]
pub(crate) struct Values(moka::sync::Cache<usize, Kept>);

#[derive(Clone, Debug)]
struct Kept {
    value: Value,
    weight: u32,
    _reading: Arc<dyn Any + Send + Sync>,
}

impl Values {
    /// Values of at most so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let weigh = |_: &usize, kept: &Kept| kept.weight;
        Self(moka::sync::Cache::builder().max_capacity(bytes).weigher(weigh).build())
    }

    /// An entry of a list: where the document stands and what it says, in one object.
    pub(crate) fn entry<T: Serialize + Send + Sync + 'static>(
        &self,
        source: &SourceOfDocument,
        says: &Arc<T>,
    ) -> Result<Value, Unwritable> {
        let place = Arc::as_ptr(says).addr();
        let value = match self.0.get(&place) {
            Some(kept) => kept.value,
            None => {
                let value = Value::from_serialize(&**says)?;
                let weight = u32::try_from(value.heap_size()).unwrap_or(u32::MAX);
                let kept = Kept { value: value.clone(), weight, _reading: says.clone() };
                self.0.insert(place, kept);
                value
            }
        };
        let source = Value::from_serialize(source)?;
        Ok(value.merged_with(&source))
    }

    /// An entry of the reports, which has what VEX statements say of it besides.
    pub(crate) fn report(&self, fact: &VulnerabilityReportFact) -> Result<Value, Unwritable> {
        let VulnerabilityReportFact { source, vex, report } = fact;
        let entry = self.entry(source, report)?;
        let vex = Value::object([("vex", Value::from_serialize(vex)?)]);
        Ok(entry.merged_with(&vex))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two readings of the same bytes, as under two types of a predicate.
    #[test]
    fn readings_of_the_same_bytes_are_told_apart() {
        let digest = Digest::sha256(b"the same");
        let source = SourceOfDocument {
            id: 0,
            attestation: 0,
            document: digest.clone(),
            referrer: digest.clone(),
            subject: digest,
            signed_by: Vec::new(),
            signed_through: None,
            verified: false,
        };
        let values = Values::new(1 << 20);
        let builder = |name: &str| Arc::new(BTreeMap::from([("builder", name.to_owned())]));
        let (one, other) = (builder("one"), builder("other"));
        for (reading, said) in [(&one, "one"), (&other, "other"), (&one, "one")] {
            let entry = values.entry(&source, reading).unwrap();
            assert_eq!(entry.get("builder").unwrap().as_str().unwrap(), said);
            assert!(entry.get("document").is_some());
        }
        // What is kept stays where it is, so nothing new is taken for it.
        drop((one, other));
        for _ in 0..100 {
            let entry = values.entry(&source, &builder("new")).unwrap();
            assert_eq!(entry.get("builder").unwrap().as_str().unwrap(), "new");
        }
    }
}
