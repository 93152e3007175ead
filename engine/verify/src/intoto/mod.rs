//! What nobody signed: in-toto statements and documents that are attached as they are.
//!
//! - BuildKit's attestation manifests in an index, with a bare statement in each layer (BuildKit
//!   `docs/attestations/attestation-storage.md`).
//! - Bare statements and documents (SPDX, CycloneDX, Syft) among referrers, as ORAS attaches them.
//! - cosign's `.sbom` tags, and the referrers that it attaches in their place
//!   (`specs/SBOM_SPEC.md`).
//!
//! Each becomes an attestation fact without signatures, which is never verified. Whoever may push
//! can have written it: it is worth what is known of who pushed, and a policy that relies on it
//! should say so. What cannot be read, or speaks of another digest, is a fact with errors; what is
//! too large is one without its predicate, and leaves the facts complete.
//!
//! An envelope under the media type of a statement is left to the verifier of signatures.

mod plan;

use crate::envelope::content;
use crate::envelope::dsse;
use crate::envelope::held::{Document as Kept, tells_nothing};
use crate::envelope::predicate::Predicate;
use crate::envelope::statement::Statement;
use crate::layers::{self, Content, Layer};
use crate::problem::{Code, Raised};
use plan::{Kind, Ours};
use referee_core::facts::{AttestationFact, AttestationFormat, Contents};
use referee_core::oci::{Document, ManifestError};
use referee_core::{
    Budget, Evidence, EvidenceRequest, Findings, Job, Manifest, Outcome, Referrer, Step, Timestamp,
    Unavailable, UnavailableCode, UnavailableKind, Verifier,
};
use referee_document::Library;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;

/// The verifier's name in the facts.
pub const NAME: &str = "in-toto";

/// The annotation by which BuildKit names the predicate's type beside a statement.
pub const PREDICATE_TYPE: &str = "in-toto.io/predicate-type";

/// Reads what nobody signed. It needs no trust, and gives none.
#[derive(Clone, Debug, Default)]
pub struct InTotoVerifier {
    library: Arc<Library>,
}

impl InTotoVerifier {
    /// A verifier with a library that it shares with others.
    #[must_use]
    pub fn with_library(library: &Arc<Library>) -> Self {
        Self { library: library.clone() }
    }
}

impl Verifier for InTotoVerifier {
    fn name(&self) -> &'static str {
        NAME
    }

    fn wants(&self, referrer: &Referrer) -> bool {
        plan::announced(referrer).is_some()
            || plan::may_be_unsigned(referrer)
            || tells_nothing(referrer.artifact_type())
    }

    fn verify(&self, job: &Job<'_>, evidence: &Evidence, _now: Timestamp, budget: &Budget) -> Step {
        let descriptor = &job.referrer.descriptor;
        let request = EvidenceRequest::Manifest {
            digest: descriptor.digest.clone(),
            media_type: descriptor.media_type.clone(),
        };
        let mut reader = Reader::new(job.referrer, budget, &self.library);
        let bytes = match evidence.get(&request) {
            None => return Step::More(vec![request]),
            Some(Outcome::Unavailable(what)) => {
                reader.note(what.clone(), "attestations".to_owned());
                return Step::Done(reader.findings);
            }
            Some(Outcome::Bytes(bytes)) => bytes,
        };
        let ours = plan::announced(job.referrer);
        let wrong = match Document::parse(bytes, &descriptor.media_type) {
            Ok((Document::Manifest(manifest), _)) => {
                return read(reader, ours, &manifest, evidence);
            }
            // What is not announced is told by the verifier of signatures, or by nobody.
            Ok((Document::Index(_), _)) | Err(ManifestError::UnknownMediaType { .. })
                if ours.is_none() =>
            {
                return Step::Done(reader.findings);
            }
            Ok((Document::Index(_), _)) => "it is an index".to_owned(),
            Err(error) => referee_core::error::chain(&error),
        };
        if ours.is_some() {
            reader.malformed(&wrong);
        }
        Step::Done(reader.findings)
    }
}

fn read(
    mut reader: Reader<'_>,
    ours: Option<Ours>,
    manifest: &Manifest,
    evidence: &Evidence,
) -> Step {
    let ours = ours.or_else(|| plan::calls_itself(manifest));
    let mut layers = plan::layers(manifest, ours, reader.budget);
    if layers.is_empty() {
        if ours.is_some() && !plan::holds_anything(manifest) {
            reader.malformed("it announces attestations and has none");
        }
        return Step::Done(reader.findings);
    }
    let found = layers.len();
    layers.truncate(usize::try_from(reader.budget.max_signatures).unwrap_or(usize::MAX));
    layers::hold(&mut layers, reader.budget);
    let missing = layers::missing(&layers, evidence);
    if !missing.is_empty() {
        return Step::More(missing);
    }
    reader.shared = layers::other_referrer(manifest, reader.referrer);
    let named = manifest.subject.as_ref().map(|subject| &subject.digest);
    reader.named = named == Some(&reader.referrer.subject);
    for layer in &layers {
        if reader.budget.cancelled() {
            reader.cut(UnavailableCode::Timeout, "the time for the examination ended".to_owned());
            return Step::Done(reader.findings);
        }
        reader.layer(layer, evidence);
    }
    if layers.len() < found {
        let most = reader.budget.max_signatures;
        let message = format!("it holds more than {most} attestations; the others were not read");
        reader.cut(UnavailableCode::TooLarge, message);
    }
    Step::Done(reader.findings)
}

/// One referrer in the reading.
#[derive(Debug)]
struct Reader<'a> {
    referrer: &'a Referrer,
    budget: &'a Budget,
    library: &'a Library,
    /// Whether the manifest names what it refers to.
    named: bool,
    /// A problem that all attestations of the referrer share.
    shared: Option<Raised>,
    findings: Findings,
}

impl<'a> Reader<'a> {
    fn new(referrer: &'a Referrer, budget: &'a Budget, library: &'a Library) -> Self {
        Self {
            referrer,
            budget,
            library,
            named: false,
            shared: None,
            findings: Findings::default(),
        }
    }

    /// A manifest that cannot be read: how many attestations it would have held is not known, so it
    /// counts as one.
    fn malformed(&mut self, message: &str) {
        let message = format!("the referrer's manifest: {message}");
        let problem = Raised::new(Code::MalformedManifest, message);
        let fact = self.unread(AttestationFormat::InToto);
        self.push(fact, None, Some(problem));
    }

    fn layer(&mut self, layer: &Layer<'_, Kind>, evidence: &Evidence) {
        let descriptor = layer.descriptor;
        let mut fact = match layer.kind {
            Kind::Document(kept) => AttestationFact {
                predicate_type: kept.predicate_type.map(str::to_owned),
                ..self.unread(AttestationFormat::Document)
            },
            Kind::Statement | Kind::Other => AttestationFact {
                predicate_type: descriptor.annotations.get(PREDICATE_TYPE).cloned(),
                ..self.unread(AttestationFormat::InToto)
            },
        };
        let mut contents = None;
        let problem = match (layer.kind, layer.content(evidence)) {
            (_, Content::Unavailable(what)) => {
                // What is too large for the facts is not missing from them.
                fact.predicate_omitted = what.code == UnavailableCode::TooLarge;
                if !fact.predicate_omitted {
                    let position = self.findings.attestations.len();
                    self.note(what.clone(), format!("attestations/{position}"));
                }
                Some(Raised::unavailable(&what))
            }
            (Kind::Statement, Content::Bytes(bytes)) if dsse::is_envelope(&bytes) => return,
            (Kind::Statement, Content::Bytes(bytes)) => {
                self.statement(&mut fact, &mut contents, &bytes).err()
            }
            (Kind::Document(kept), Content::Bytes(bytes)) => {
                self.document(&mut fact, &mut contents, kept, &bytes).err()
            }
            (Kind::Other, Content::Bytes(_)) | (_, Content::Unread) => {
                Some(layers::unsupported(descriptor))
            }
        };
        self.push(fact, contents, problem);
    }

    fn statement(
        &self,
        fact: &mut AttestationFact,
        contents: &mut Option<Arc<Contents>>,
        bytes: &[u8],
    ) -> Result<(), Raised> {
        let statement = Statement::parse(bytes).map_err(|error| error.raised())?;
        let limit = self.budget.max_predicate_bytes;
        let (predicate_type, predicate) = (&statement.predicate_type, statement.predicate);
        *contents = content::of_predicate(fact, self.library, predicate_type, predicate, limit);
        let expected = &self.referrer.subject;
        match statement.subject(expected) {
            Some(_) => {
                fact.names_subject = true;
                Ok(())
            }
            None => Err(Raised::new(
                Code::SubjectMismatch,
                format!("it speaks of {}, and it is attached to {expected}", statement.named()),
            )
            .hint("this statement was made for another image")),
        }
    }

    fn document(
        &self,
        fact: &mut AttestationFact,
        contents: &mut Option<Arc<Contents>>,
        kept: Kept,
        bytes: &[u8],
    ) -> Result<(), Raised> {
        let malformed = |what: &str| {
            Raised::new(Code::MalformedDocument, format!("the document is not {what}"))
        };
        if kept.json {
            let raw: &RawValue = serde_json::from_slice(bytes).map_err(|_| malformed("JSON"))?;
            let predicate = Predicate::as_it_is(raw, self.budget.max_predicate_bytes);
            (fact.predicate, fact.predicate_omitted) = (predicate.value, predicate.omitted);
        } else {
            let text = std::str::from_utf8(bytes).map_err(|_| malformed("UTF-8 text"))?;
            fact.predicate_omitted = text.len() > self.budget.max_predicate_bytes;
            if !fact.predicate_omitted {
                fact.predicate = Value::String(text.to_owned());
            }
        }
        fact.names_subject = self.named;
        *contents = kept
            .expected
            .and_then(|expected| content::of_document(fact, self.library, expected, bytes));
        Ok(())
    }

    fn push(
        &mut self,
        mut fact: AttestationFact,
        contents: Option<Arc<Contents>>,
        problem: Option<Raised>,
    ) {
        let problems = self.shared.clone().into_iter().chain(problem);
        fact.errors = problems.map(Raised::into_problem).collect();
        // There are never more than the budget allows, which is a u32.
        fact.id = u32::try_from(self.findings.attestations.len()).unwrap_or(u32::MAX);
        self.findings.contents.extend(contents.map(|contents| (fact.id, contents)));
        self.findings.attestations.push(fact);
    }

    fn unread(&self, format: AttestationFormat) -> AttestationFact {
        AttestationFact {
            id: 0,
            verifier: NAME.to_owned(),
            format,
            referrer: self.referrer.descriptor.digest.clone(),
            subject: self.referrer.subject.clone(),
            predicate_type: None,
            signed_by: Vec::new(),
            signed_through: None,
            verified: false,
            predicate: Value::Null,
            predicate_omitted: false,
            unwrapped: false,
            stated_at: None,
            names_subject: false,
            content: None,
            errors: Vec::new(),
        }
    }

    fn note(&mut self, what: Unavailable, affects: String) {
        self.findings.unavailable.push(Unavailable { affects: vec![affects], ..what });
    }

    /// Notes that not all was read.
    fn cut(&mut self, code: UnavailableCode, message: String) {
        let target = self.referrer.descriptor.digest.as_str();
        let what = Unavailable::new(UnavailableKind::Verification, target, code, message);
        self.note(what, "attestations".to_owned());
    }
}
