//! What is said of an artifact besides signatures: SBOMs, reports, VEX, provenance, summaries. A line
//! each: whether somebody trusted vouches for it, what it is, and who signed it.

use crate::console::Role;
use crate::escape::{Safe, escape};
use crate::layout::{column_widths, columns, pad};
use crate::output::backing;
use crate::output::sheet::Sheet;
use crate::output::signatures::{of_other, short};
use referee_core::Facts;
use referee_core::facts::{
    AttestationFact, BuildKind, Provenance, ReportFormat, Sbom, SbomFormat, Severity,
    SignedThrough, SourceOfDocument, VerificationSummary, Vex, VexFormat, VulnerabilityReport,
};
use std::io;

/// How many documents with one standing are listed before they are only counted.
const LISTED: usize = 10;

/// The widest column: longer descriptions push the rest of their line to the right.
const WIDEST: usize = 44;

/// How far somebody vouches for a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Signed,
    Untrusted,
    Unsigned,
}

impl Standing {
    fn of(source: &SourceOfDocument) -> Self {
        match (source.verified, source.signed_by.is_empty()) {
            (true, _) => Self::Signed,
            (false, false) => Self::Untrusted,
            (false, true) => Self::Unsigned,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Untrusted => "untrusted",
            Self::Unsigned => "unsigned",
        }
    }

    fn role(self) -> Role {
        if self == Self::Signed { Role::Good } else { Role::Warn }
    }
}

/// One document: where it stands, what it is called, what it says in short.
struct Entry<'f> {
    source: &'f SourceOfDocument,
    name: String,
    gist: String,
}

impl Entry<'_> {
    fn head(&self) -> String {
        format!("{} {} ", Standing::of(self.source).word(), self.name)
    }
}

/// Writes the documents, those first that somebody trusted vouches for, then what is
/// faulty.
///
/// # Errors
/// Where they cannot be written.
pub(crate) fn write(sheet: &mut Sheet<'_>, facts: &Facts) -> io::Result<()> {
    sheet.label("documents");
    let mut entries = entries(facts);
    entries.sort_by_key(|entry| Standing::of(entry.source));
    let rows: Vec<[String; 2]> =
        entries.iter().map(|entry| [entry.gist.clone(), signers(facts, entry.source)]).collect();
    let widths = column_widths(&rows, WIDEST);
    let head_width = entries.iter().map(|entry| columns(&entry.head())).max().unwrap_or(0);
    let lines: Vec<_> = entries.iter().zip(&rows).collect();
    let standing = |line: &(&Entry<'_>, _)| Standing::of(line.0.source);
    for alike in lines.chunk_by(|a, b| standing(a) == standing(b)) {
        let limit = if sheet.view().verbose { usize::MAX } else { LISTED };
        for (entry, row) in alike.iter().take(limit) {
            let aligned = row.iter().zip(widths).map(|(cell, width)| pad(cell, width));
            let aligned = aligned.collect::<Vec<_>>().join("  ");
            let fits = sheet.fits(head_width + columns(aligned.trim_end()));
            let line = if fits { aligned } else { row.join("  ") };
            let head = pad(&entry.head(), head_width);
            sheet.headed(standing(&(*entry, row)).role(), &head, line.trim_end(), head_width)?;
            details(sheet, facts, entry.source)?;
        }
        if let more @ 1.. = alike.len().saturating_sub(limit) {
            let word = alike.first().map_or("", |line| standing(line).word());
            sheet.faint(&format!("and {more} more that are {word} (-v lists them)"))?;
        }
    }
    faulty(sheet, facts)
}

/// All documents, kind by kind.
fn entries<'f>(facts: &'f Facts) -> Vec<Entry<'f>> {
    let mut all = Vec::new();
    let mut add = |source: &'f SourceOfDocument, name: &str, gist| {
        let name = format!("{name} #{}", source.id);
        all.push(Entry { source, name, gist });
    };
    for fact in &facts.sboms {
        add(&fact.source, "SBOM", sbom(&fact.sbom));
    }
    for fact in &facts.vulnerability_reports {
        add(&fact.source, "report", report(&fact.report));
    }
    for fact in &facts.vex {
        add(&fact.source, "VEX", vex(&fact.document));
    }
    for fact in &facts.provenance {
        add(&fact.source, "provenance", provenance(&fact.provenance));
    }
    for fact in &facts.verification_summaries {
        add(&fact.source, "summary", summary(&fact.summary));
    }
    all
}

fn sbom(sbom: &Sbom) -> String {
    let format = match sbom.format {
        SbomFormat::CycloneDx => "CycloneDX",
        SbomFormat::Spdx => "SPDX",
        _ => "another format",
    };
    let version = Safe(&sbom.spec_version);
    format!("{format} {version}, {}", counted(sbom.package_count, "package"))
}

fn report(report: &VulnerabilityReport) -> String {
    let format = match report.format {
        ReportFormat::Sarif => "SARIF",
        ReportFormat::Trivy => "Trivy",
        ReportFormat::Grype => "Grype",
        ReportFormat::CosignVuln => "cosign",
        ReportFormat::InTotoVulns => "in-toto",
        ReportFormat::CycloneDx => "CycloneDX",
        _ => "another format",
    };
    let worst = report.severities.iter().rev().filter(|(_, count)| **count > 0);
    let worst: Vec<String> =
        worst.take(2).map(|(severity, count)| format!("{count} {}", word(*severity))).collect();
    let findings = counted(report.finding_count, "finding");
    match worst.is_empty() {
        true => format!("{format}, {findings}"),
        false => format!("{format}, {findings}: {}", worst.join(", ")),
    }
}

fn vex(vex: &Vex) -> String {
    let format = match vex.format {
        VexFormat::OpenVex => "OpenVEX",
        VexFormat::Csaf => "CSAF",
        VexFormat::CycloneDx => "CycloneDX",
        _ => "another format",
    };
    format!("{format}, {}", counted(vex.statement_count, "statement"))
}

fn provenance(provenance: &Provenance) -> String {
    let builder = match provenance.kind {
        BuildKind::GithubActions => "GitHub Actions".to_owned(),
        BuildKind::GitlabCi => "GitLab CI".to_owned(),
        BuildKind::Buildkit => "BuildKit".to_owned(),
        BuildKind::GoogleCloudBuild => "Google Cloud Build".to_owned(),
        BuildKind::Tekton => "Tekton".to_owned(),
        _ => provenance.builder.as_deref().map_or_else(|| "an unnamed builder".to_owned(), escape),
    };
    match &provenance.source {
        Some(source) => format!("{builder}, {}", Safe(&source.uri)),
        None => builder,
    }
}

fn summary(summary: &VerificationSummary) -> String {
    let outcome = match summary.passed {
        Some(true) => "passed",
        Some(false) => "failed",
        None => "no outcome",
    };
    match &summary.verifier {
        Some(verifier) => format!("{outcome}, by {}", Safe(verifier)),
        None => outcome.to_owned(),
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Negligible => "negligible",
        Severity::Unknown => "unknown",
    }
}

/// Who signed it: of a verified one those whose signatures are trusted.
fn signers(facts: &Facts, source: &SourceOfDocument) -> String {
    let signed = source.signed_by.iter().filter_map(|id| {
        facts.signatures.get(usize::try_from(*id).ok()?).filter(|signature| signature.id == *id)
    });
    let mut names: Vec<String> = signed
        .filter(|signature| signature.trusted || !source.verified)
        .filter_map(backing::signer)
        .collect();
    names.sort();
    names.dedup();
    names.join(", ")
}

/// What a reader must know besides: of what else than the artifact it is, and that a signature is
/// not over the document itself.
fn details(sheet: &mut Sheet<'_>, facts: &Facts, source: &SourceOfDocument) -> io::Result<()> {
    if let Some(other) = of_other(facts, &source.subject) {
        sheet.aside(&other)?;
    }
    match source.signed_through {
        Some(SignedThrough::Index) => {
            sheet.aside("signed only through the index, which holds it")?;
        }
        Some(SignedThrough::Referrer) => {
            sheet.aside("signed only through its manifest, which holds it")?;
        }
        None => {}
    }
    let attestation = facts.attestations.iter().find(|at| at.id == source.attestation);
    for problem in attestation.map_or(&[][..], |attestation| &attestation.errors) {
        sheet.aside(&format!("{}: {}", Safe(&problem.code), Safe(&problem.message)))?;
    }
    Ok(())
}

/// What is attached and gave no document, because something is wrong with it.
fn faulty(sheet: &mut Sheet<'_>, facts: &Facts) -> io::Result<()> {
    let faulty = facts.attestations.iter().filter_map(|attestation| {
        let content = attestation.content.as_ref();
        let read = content.is_some_and(|content| !content.kinds.is_empty());
        let unreadable = content.and_then(|content| content.error.as_ref());
        let problems: Vec<_> = attestation.errors.iter().chain(unreadable).collect();
        (!read && !problems.is_empty()).then_some((attestation, problems))
    });
    let faulty: Vec<_> = faulty.collect();
    let limit = if sheet.view().verbose { usize::MAX } else { LISTED };
    for (attestation, problems) in faulty.iter().take(limit) {
        let AttestationFact { predicate_type, referrer, .. } = attestation;
        let what = predicate_type.as_deref().map_or_else(|| short(referrer), escape);
        sheet.headed(Role::Bad, "faulty  ", &what, 2)?;
        for problem in problems {
            sheet.aside(&format!("{}: {}", Safe(&problem.code), Safe(&problem.message)))?;
        }
    }
    match faulty.len().saturating_sub(limit) {
        0 => Ok(()),
        more => sheet.faint(&format!("and {more} more that are faulty (-v lists them)")),
    }
}
