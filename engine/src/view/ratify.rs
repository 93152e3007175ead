//! Facts as Ratify 1 shows them to a Rego policy: a report for each referrer of the artifact, with one
//! for each verifier that examined it, and in it those of its own referrers.
//!
//! Follows Ratify 1.4: `pkg/executor/core/executor.go` (`verifyReferenceForRegoPolicy`,
//! `addNestedReports`) for what stands where, `pkg/executor/types` and `pkg/verifier/types` for the
//! names of members, `pkg/verifier/cosign`, `pkg/verifier/notation` and `plugins/verifier` for
//! `extensions`.
//!
//! - Every referrer that Ratify lists is there, also one that no verifier wants: its list of reports
//!   is empty, which Ratify's default policy denies for. What Ratify does not list is not there: the
//!   referrers of an index's platforms, BuildKit's attestations, cosign's tags but `.sig`.
//! - An attestation is reported by the verifiers that Ratify has: for signatures, SBOMs,
//!   vulnerability reports and schemas. A bare statement of another kind has no report.
//! - Where a listing could not be read to its end there is no document: Ratify fails then, too.

use referee_core::facts::{
    AttestationFact, AttestationFormat, Check, Format, ReferrerFact, SbomFact, SchemaCheckFact,
    SignatureFact, SubjectFact, VulnerabilityReportFact,
};
use referee_core::{Coded, Digest, Facts, FoundBy};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The artifact type that Ratify gives to what cosign's tag `.sig` names.
const COSIGN_SIGNATURE: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";

/// The artifact type of what notation signs.
const NOTATION_SIGNATURE: &str = "application/vnd.cncf.notary.signature";

/// The annotation by which Ratify's verifier of vulnerability reports knows when one was made.
const CREATED: &str = "org.opencontainers.image.created";

/// Ratify's verifier of vulnerability reports.
const REPORT: &str = "vulnerabilityreport";

/// The deepest that reports are nested. Gatherings end long before.
const MAX_DEPTH: usize = 32;

/// The most reports of referrers. Only a document that was made by hand has more.
const MAX_REPORTS: usize = 100_000;

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RatifyViewError {
    /// A listing of referrers could not be read to its end.
    #[error("not all referrers are known, and Ratify rules only where they are: {target}")]
    Incomplete {
        /// What could not be had.
        target: String,
    },
    /// Referrers refer to each other without end, or there are too many.
    #[error("the referrers are nested deeper than {MAX_DEPTH}, or more than {MAX_REPORTS}")]
    TooMany,
    /// It cannot be written as JSON.
    #[error("the document cannot be written as JSON")]
    Unwritable(#[source] serde_json::Error),
}

impl Coded for RatifyViewError {
    fn code(&self) -> &'static str {
        match self {
            Self::Incomplete { .. } => "facts_incomplete",
            Self::TooMany => "facts_too_large",
            Self::Unwritable(_) => "internal_error",
        }
    }
}

/// Ratify's `NestedVerifierReport`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    subject: String,
    reference_digest: Digest,
    artifact_type: String,
    verifier_reports: Vec<VerifierReport>,
    nested_reports: Vec<Report>,
}

/// Ratify's `VerifierResult`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct VerifierReport {
    is_success: bool,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<String>,
    name: String,
    verifier_name: String,
    r#type: &'static str,
    verifier_type: &'static str,
    extensions: Value,
}

impl VerifierReport {
    fn new(name: &str, kind: &'static str, is_success: bool, message: &str) -> Self {
        Self {
            is_success,
            message: message.to_owned(),
            error_reason: None,
            remediation: None,
            name: name.to_owned(),
            verifier_name: name.to_owned(),
            r#type: kind,
            verifier_type: kind,
            extensions: Value::Null,
        }
    }
}

/// The document.
///
/// # Errors
/// [`RatifyViewError`].
pub(super) fn document(facts: &Facts) -> Result<Value, RatifyViewError> {
    let short =
        facts.unavailable.iter().find(|entry| entry.affects.iter().any(|a| a == "referrers"));
    if let Some(short) = short {
        return Err(RatifyViewError::Incomplete { target: short.target.clone() });
    }
    let index = Index::of(facts);
    let mut left = MAX_REPORTS;
    let subject = &facts.subject;
    let name = asked_for(&facts.request.reference, subject);
    let reports = index.reports(&subject.digest, &name, &path(subject), MAX_DEPTH, &mut left)?;
    let reports = serde_json::to_value(reports).map_err(RatifyViewError::Unwritable)?;
    Ok(Map::from_iter([("verifierReports".to_owned(), reports)]).into())
}

/// What Ratify calls the artifact: as it was asked for, in full, by its digest where that was given.
fn asked_for(reference: &str, subject: &SubjectFact) -> String {
    match &subject.tag {
        Some(tag) if !reference.contains('@') => format!("{}:{tag}", path(subject)),
        _ => format!("{}@{}", path(subject), subject.digest),
    }
}

fn path(subject: &SubjectFact) -> String {
    match (&subject.registry, &subject.repository) {
        (Some(registry), Some(repository)) => format!("{registry}/{repository}"),
        // A layout that nothing names. Ratify knows none.
        _ => "layout".to_owned(),
    }
}

/// A referrer in its place: the same manifest may hang on two of cosign's tags.
type Place<'f> = (&'f Digest, &'f Digest);

/// The facts by what they are about.
struct Index<'f> {
    referrers: HashMap<&'f Digest, Vec<&'f ReferrerFact>>,
    signatures: HashMap<Place<'f>, Vec<&'f SignatureFact>>,
    attestations: HashMap<Place<'f>, Vec<&'f AttestationFact>>,
    sboms: HashMap<u32, &'f SbomFact>,
    vulnerabilities: HashMap<u32, &'f VulnerabilityReportFact>,
    schemas: HashMap<&'f Digest, Vec<&'f SchemaCheckFact>>,
}

impl<'f> Index<'f> {
    fn of(facts: &'f Facts) -> Self {
        let mut index = Self {
            referrers: HashMap::new(),
            signatures: HashMap::new(),
            attestations: HashMap::new(),
            sboms: facts.sboms.iter().map(|fact| (fact.source.attestation, fact)).collect(),
            vulnerabilities: facts
                .vulnerability_reports
                .iter()
                .map(|fact| (fact.source.attestation, fact))
                .collect(),
            schemas: HashMap::new(),
        };
        for signature in &facts.signatures {
            let place = (&signature.referrer, &signature.subject);
            index.signatures.entry(place).or_default().push(signature);
        }
        for attestation in &facts.attestations {
            let place = (&attestation.referrer, &attestation.subject);
            index.attestations.entry(place).or_default().push(attestation);
        }
        for check in &facts.schema_checks {
            index.schemas.entry(&check.manifest).or_default().push(check);
        }
        for referrer in &facts.referrers {
            if index.is_listed(referrer) {
                index.referrers.entry(&referrer.subject).or_default().push(referrer);
            }
        }
        index
    }

    /// Whether Ratify lists it. Which of cosign's tags one hangs on is told by what it carries: `.att`
    /// envelopes, `.sbom` a document. One that tells nothing is taken for a signature.
    fn is_listed(&self, referrer: &'f ReferrerFact) -> bool {
        let place = (&referrer.digest, &referrer.subject);
        match referrer.found_by {
            FoundBy::Index => false,
            FoundBy::CosignTag => {
                let signs = |s: &&SignatureFact| s.format == Format::SimpleSigning;
                self.signatures(place).iter().any(signs) || self.attestations(place).is_empty()
            }
            _ => true,
        }
    }

    fn signatures(&self, place: Place<'f>) -> &[&'f SignatureFact] {
        self.signatures.get(&place).map(Vec::as_slice).unwrap_or_default()
    }

    fn attestations(&self, place: Place<'f>) -> &[&'f AttestationFact] {
        self.attestations.get(&place).map(Vec::as_slice).unwrap_or_default()
    }

    fn reports(
        &self,
        subject: &Digest,
        name: &str,
        path: &str,
        depth: usize,
        left: &mut usize,
    ) -> Result<Vec<Report>, RatifyViewError> {
        let referrers = self.referrers.get(subject).map(Vec::as_slice).unwrap_or_default();
        let mut reports = Vec::with_capacity(referrers.len());
        for referrer in referrers {
            let deeper = depth.checked_sub(1).ok_or(RatifyViewError::TooMany)?;
            *left = left.checked_sub(1).ok_or(RatifyViewError::TooMany)?;
            let nested_name = format!("{path}@{}", referrer.digest);
            let nested = self.reports(&referrer.digest, &nested_name, path, deeper, left)?;
            reports.push(Report {
                subject: name.to_owned(),
                reference_digest: referrer.digest.clone(),
                artifact_type: artifact_type(referrer),
                verifier_reports: self.examinations(referrer),
                nested_reports: nested,
            });
        }
        Ok(reports)
    }

    /// One for each verifier of Ratify's that would have examined it and for which there are facts.
    fn examinations(&self, referrer: &'f ReferrerFact) -> Vec<VerifierReport> {
        let place = (&referrer.digest, &referrer.subject);
        let mut reports = Vec::new();
        for verifier in &referrer.examined_by {
            match verifier.as_str() {
                // What it reads nobody signed; what is in it is told below.
                "in-toto" => {}
                "json-schema" => reports.push(self.schema(referrer)),
                signer => {
                    let made = self.signatures(place).iter().copied();
                    let made: Vec<_> = made.filter(|s| s.verifier == signer).collect();
                    if !made.is_empty() || !self.is_bare(referrer) {
                        reports.push(signed(signer, &made));
                    }
                }
            }
        }
        for attestation in self.attestations(place) {
            reports.extend(self.content(referrer, attestation));
        }
        reports
    }

    /// Whether it holds only what has no place for a signature: verifiers of signatures look into
    /// documents, too, and those of Ratify are asked about signatures alone.
    fn is_bare(&self, referrer: &'f ReferrerFact) -> bool {
        let carried = self.attestations((&referrer.digest, &referrer.subject));
        !carried.is_empty()
            && !carried.iter().any(|said| said.format.is_signable())
            && ![COSIGN_SIGNATURE, NOTATION_SIGNATURE].contains(&artifact_type(referrer).as_str())
    }

    fn schema(&self, referrer: &ReferrerFact) -> VerifierReport {
        let checks = self.schemas.get(&referrer.digest).map(Vec::as_slice).unwrap_or_default();
        let holds = !checks.is_empty() && checks.iter().all(|check| check.valid == Some(true));
        let message = if holds {
            "the files hold to their schemas"
        } else {
            "a file does not hold to its schema"
        };
        VerifierReport::new("schemavalidator", "schemavalidator", holds, message)
    }

    fn content(&self, referrer: &ReferrerFact, said: &AttestationFact) -> Option<VerifierReport> {
        let sound = said.errors.is_empty();
        if let Some(fact) = self.sboms.get(&said.id) {
            let mut report = VerifierReport::new("sbom", "sbom", sound, "the SBOM was read");
            report.extensions = json!({ "creationInfo": creation_info(fact) });
            return Some(failing(report, said));
        }
        if let Some(fact) = self.vulnerabilities.get(&said.id) {
            let mut report = VerifierReport::new(REPORT, REPORT, sound, "the report was read");
            report.extensions = json!({
                "createdAt": created_at(referrer, fact),
                "scanner": fact.report.scanner.as_deref().unwrap_or_default().to_lowercase(),
            });
            if said.format == AttestationFormat::Document
                && !referrer.annotations.contains_key(CREATED)
            {
                report.is_success = false;
                report.error_reason = Some(format!("it has no annotation {CREATED}"));
                report.extensions = Value::Null;
            }
            return Some(failing(report, said));
        }
        // A document that could not be read was to be one of the two, if its type says so.
        let kind = unread_kind(&artifact_type(referrer), said)?;
        let mut report = VerifierReport::new(kind, kind, false, "it could not be read");
        if let (REPORT, Some(at)) = (kind, referrer.annotations.get(CREATED)) {
            report.extensions = json!({ "createdAt": at });
        }
        Some(failing(report, said))
    }
}

fn artifact_type(referrer: &ReferrerFact) -> String {
    match (&referrer.artifact_type, referrer.found_by) {
        (_, FoundBy::CosignTag) => COSIGN_SIGNATURE.to_owned(),
        (Some(kind), _) => kind.clone(),
        (None, _) => String::new(),
    }
}

/// What verified signatures: cosign or notation. The last signature decides, as in Ratify's verifier
/// of cosign's signatures; all of them stand in its extensions.
fn signed(verifier: &str, signatures: &[&SignatureFact]) -> VerifierReport {
    let kind = match verifier {
        "notation" => "notation",
        "cosign" => "cosign",
        _ => "signature",
    };
    let Some(last) = signatures.last() else {
        return VerifierReport::new(verifier, kind, false, "nothing in it could be verified");
    };
    let message =
        if last.trusted { "the signature is trusted" } else { "the signature is not trusted" };
    let mut report = VerifierReport::new(verifier, kind, last.trusted, message);
    if let Some(problem) = last.errors.first() {
        report.error_reason = Some(problem.message.clone());
        report.remediation.clone_from(&problem.hint);
    }
    report.extensions = match (kind, &last.certificate) {
        ("notation", Some(certificate)) if last.trusted => {
            json!({ "Issuer": certificate.issuer, "SN": certificate.subject })
        }
        ("notation", _) => Value::Null,
        _ => {
            let verified: Vec<Value> = signatures.iter().map(|s| verification(s)).collect();
            let mut extensions = Map::from_iter([("signatures".to_owned(), verified.into())]);
            let policy = signatures.iter().find_map(|signature| signature.trusted_by.first());
            extensions.extend(policy.map(|name| ("trustPolicy".to_owned(), name.as_str().into())));
            extensions.into()
        }
    };
    report
}

/// One of cosign's signatures. Ratify tries each key of its policy and tells of each; the facts know
/// the one key that made it.
fn verification(signature: &SignatureFact) -> Value {
    let checks = &signature.checks;
    let mut told = Map::from_iter([
        ("isSuccess".to_owned(), signature.trusted.into()),
        ("bundleVerified".to_owned(), (checks.log == Check::Passed).into()),
    ]);
    if let Some(problem) = signature.errors.first() {
        told.insert("error".to_owned(), problem.message.as_str().into());
    }
    if signature.trusted {
        let mut summary = vec!["the signature was verified"];
        if checks.log == Check::Passed {
            summary.push("its entry in the log was verified");
        }
        told.insert("summary".to_owned(), summary.into());
    }
    let mut key = Map::new();
    if let Some(made) = &signature.key {
        key.insert("provider".to_owned(), made.provider.as_str().into());
        key.insert("name".to_owned(), made.name.as_str().into());
        key.extend(
            made.version.as_ref().map(|version| ("version".to_owned(), version.as_str().into())),
        );
    }
    told.insert("keyInformation".to_owned(), key.into());
    json!({ "verifications": [told] })
}

fn creation_info(fact: &SbomFact) -> Value {
    let tools = fact.sbom.tools.iter().map(|tool| format!("Tool: {}", as_in_spdx(tool)));
    let creators: Vec<String> = tools.chain(fact.sbom.authors.iter().cloned()).collect();
    let mut info = Map::from_iter([("creators".to_owned(), creators.into())]);
    info.extend(fact.sbom.created_at.map(|at| ("created".to_owned(), at.to_string().into())));
    info.into()
}

/// A tool with its version after a `-`, as SPDX 2 has it (specification 2.3, 6.8).
fn as_in_spdx(tool: &str) -> String {
    match tool.rsplit_once(' ') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{name}-{version}")
        }
        _ => tool.to_owned(),
    }
}

fn created_at(referrer: &ReferrerFact, fact: &VulnerabilityReportFact) -> Option<String> {
    let annotated = referrer.annotations.get(CREATED).cloned();
    annotated.or_else(|| fact.report.scanned_at.map(|at| at.to_string()))
}

fn unread_kind(artifact_type: &str, said: &AttestationFact) -> Option<&'static str> {
    let failed = said.content.as_ref().is_some_and(|content| content.error.is_some());
    if !failed && (said.errors.is_empty() || said.format != AttestationFormat::Document) {
        return None;
    }
    let names = |part: &str| {
        let predicate = said.predicate_type.as_deref().unwrap_or_default();
        artifact_type.contains(part) || predicate.contains(part)
    };
    if names("spdx") || names("cyclonedx") {
        Some("sbom")
    } else if names("sarif") || names("vuln") {
        Some(REPORT)
    } else {
        None
    }
}

/// The report, with the attestation's first error where there is one.
fn failing(mut report: VerifierReport, said: &AttestationFact) -> VerifierReport {
    let unread = said.content.as_ref().and_then(|content| content.error.as_ref());
    if let Some(problem) = said.errors.first().or(unread) {
        report.is_success = false;
        report.error_reason = Some(problem.message.clone());
        report.remediation.clone_from(&problem.hint);
    }
    report
}
