//! `vulnerabilities` as the findings of a report: one for each component that a vulnerability
//! affects; one without a package where it says of none.
//!
//! What is affected is looked up at the end, as components may stand after what affects them. What
//! the document makes of a vulnerability (`analysis`) is a statement of a VEX document (`analysis`
//! module); of it a finding has only whether there is a fix.

use super::model::{Affected, Analysis, Tools, Vulnerability, said};
use super::rating::{self, Rated};
use super::reference::{Known, Target};
use crate::hashes;
use crate::limits::Limits;
use crate::problems::Problems;
use crate::purl::Purl;
use crate::text::{self, shorten};
use referee_core::Digest;
use referee_core::facts::{
    FindingFact, FixState, PackageFact, ReportFormat, Severity, VulnerabilityReport,
};
use referee_core::json::length;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The most aliases that a finding keeps.
const MAX_ALIASES: usize = 32;

/// The longest title, in characters.
const MAX_TITLE: usize = 200;

/// The longest address or package URL, in bytes; browsers take 2,000.
pub(super) const MAX_URL_BYTES: usize = 2048;

/// The longest name, version or vector, in bytes: each finding of a vulnerability has them, and each
/// of a component.
pub(super) const MAX_NAME: usize = 512;

/// Findings in the making.
#[derive(Debug)]
pub(super) struct Findings {
    max_findings: usize,
    /// How many bytes the findings may take in the facts yet: one vulnerability is said of each
    /// component that it affects.
    room: u64,
    findings: Vec<FindingFact>,
    affected: Vec<Pending>,
    count: u64,
    severities: BTreeMap<Severity, u64>,
    scanner: Option<(String, Option<String>)>,
    /// Whether the document says of a vulnerability only that it is there.
    unjudged: bool,
    problems: Problems,
}

/// What a finding is about, until it can be looked up.
#[derive(Debug)]
struct Pending {
    reference: Option<SmolStr>,
    affected: Vec<SmolStr>,
    /// Whether more versions may be affected than those: ranges, and what is past the limit.
    more: bool,
}

impl Findings {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            max_findings: limits.max_findings,
            room: limits.max_bytes,
            findings: Vec::new(),
            affected: Vec::new(),
            count: 0,
            severities: BTreeMap::new(),
            scanner: None,
            unjudged: false,
            problems: Problems::new(limits.max_problems),
        }
    }

    /// The tools of the document: the first is the scanner.
    pub(super) fn scanner(&mut self, tools: &Tools<'_>) {
        self.scanner = first(tools).or_else(|| self.scanner.take());
    }

    /// A vulnerability.
    pub(super) fn add(&mut self, vulnerability: &Vulnerability<'_>) {
        let affects = &vulnerability.affects;
        let analysis = vulnerability.analysis.as_ref();
        self.unjudged |= analysis.and_then(|analysis| said(analysis.state.as_ref())).is_none();
        let count = affects.count().max(1);
        self.count = self.count.saturating_add(count);
        let rated = rating::rate(&vulnerability.ratings.kept, &mut self.problems);
        let severity = self.severities.entry(rated.severity).or_default();
        *severity = severity.saturating_add(count);
        if self.scanner.is_none() {
            self.scanner = vulnerability.tools.as_ref().and_then(first);
        }
        let room = self.max_findings.saturating_sub(self.findings.len());
        if room == 0 {
            return;
        }
        let (id, names) = identifiers(vulnerability);
        if id.is_none() {
            self.problems.add("document_vulnerability_id", || {
                "a vulnerability has neither id nor references".to_owned()
            });
        }
        let kept = names.len().min(MAX_ALIASES);
        self.leave_out(
            "aliases",
            names.len().saturating_sub(kept),
            vulnerability.references.left_out,
        );
        self.leave_out("scores", 0, rated.left_out);
        self.leave_out("ratings", 0, vulnerability.ratings.left_out);
        let mut finding = self.finding(vulnerability, rated);
        finding.id = id.unwrap_or_default();
        finding.aliases = names.into_iter().take(MAX_ALIASES).collect();
        let bytes = length(&finding);
        if affects.kept.is_empty() && self.has_room(bytes) {
            self.findings.push(finding);
            self.affected.push(Pending { reference: None, affected: Vec::new(), more: false });
            return;
        }
        for affected in affects.kept.iter().take(room) {
            if self.has_room(bytes) {
                self.affected_by(affected, &finding);
            }
        }
    }

    /// Whether a finding of so many bytes has a place, which it takes. Those that have none are
    /// counted at the end.
    fn has_room(&mut self, bytes: u64) -> bool {
        self.room = self.room.saturating_sub(bytes);
        self.room > 0
    }

    /// What all findings of a vulnerability have in common.
    fn finding(&mut self, vulnerability: &Vulnerability<'_>, rated: Rated) -> FindingFact {
        let source = vulnerability.source.as_ref().and_then(|source| said(source.url.as_ref()));
        let advisories = vulnerability.advisories.kept.iter();
        let mut urls =
            source.into_iter().chain(advisories.filter_map(|one| said(one.url.as_ref())));
        let title = said(vulnerability.description.as_ref());
        FindingFact {
            id: SmolStr::default(),
            aliases: Vec::new(),
            package: None,
            version: None,
            purl: None,
            location: None,
            fixed_in: Vec::new(),
            fix: fix(vulnerability.analysis.as_ref()),
            severity: rated.severity,
            severity_stated: rated.stated,
            severity_source: rated.source,
            scores: rated.scores,
            title: title.and_then(|text| text.lines().next()).map(|line| shorten(line, MAX_TITLE)),
            url: urls.find(|url| url.len() <= MAX_URL_BYTES).map(str::to_owned),
            published_at: self
                .problems
                .time("publication time", said(vulnerability.published.as_ref())),
            suppressed: None,
        }
    }

    fn affected_by(&mut self, affected: &Affected<'_>, finding: &FindingFact) {
        let mut finding = finding.clone();
        let (mut versions, mut more) = (Vec::new(), affected.versions.left_out > 0);
        for version in &affected.versions.kept {
            let unaffected = said(version.status.as_ref()) == Some("unaffected");
            more |= !unaffected && said(version.range.as_ref()).is_some();
            let Some(number) = said(version.version.as_ref()).map(SmolStr::from) else { continue };
            if unaffected {
                finding.fixed_in.push(number);
            } else {
                versions.push(number);
            }
        }
        self.leave_out("versions", 0, affected.versions.left_out);
        let reference = said(affected.reference.as_ref()).map(SmolStr::from);
        finding
            .fixed_in
            .iter_mut()
            .chain(&mut versions)
            .for_each(|version| bound(version, MAX_NAME));
        self.findings.push(finding);
        self.affected.push(Pending { reference, affected: versions, more });
    }

    fn leave_out(&mut self, what: &'static str, some: usize, more: u64) {
        let count = u64::try_from(some).unwrap_or(u64::MAX).saturating_add(more);
        self.problems.leave_out(what, count);
    }

    /// Whether each vulnerability is one of which the document says what it means here, as in VEX.
    pub(super) fn all_judged(&self) -> bool {
        self.count > 0 && !self.unjudged
    }

    /// The report.
    pub(super) fn finish(mut self, known: &Known<'_>) -> VulnerabilityReport {
        let untold = self.count.saturating_sub(u64::try_from(self.findings.len()).unwrap_or(0));
        self.leave_out("findings", 0, untold);
        for (finding, pending) in self.findings.iter_mut().zip(&self.affected) {
            locate(finding, pending, known, &mut self.problems);
        }
        let truncated = self.problems.left_out().next().is_some();
        let problems = self.problems.finish();
        let sbom = known.sbom();
        let about = sbom.describes.first().and_then(|_| sbom.packages.first());
        let (scanner, scanner_version) =
            self.scanner.map_or((None, None), |(name, version)| (Some(name), version));
        self.findings.shrink_to_fit();
        VulnerabilityReport {
            format: ReportFormat::CycloneDx,
            spec_version: Some(sbom.spec_version.clone()),
            scanner,
            scanner_version,
            scanned_at: sbom.created_at,
            database_at: None,
            database: None,
            target: sbom.name.clone(),
            target_digests: about.map(digests).unwrap_or_default(),
            findings: self.findings,
            finding_count: self.count,
            severities: self.severities,
            truncated,
            problems,
        }
    }
}

/// Fills in what a finding is about.
fn locate(
    finding: &mut FindingFact,
    pending: &Pending,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    if let Some(reference) = &pending.reference {
        match known.target(reference) {
            Target::Package { package, more: false } => {
                finding.package = Some(package.name.clone());
                finding.version.clone_from(&package.version);
                finding.purl.clone_from(&package.purl);
            }
            // Nobody knows which is meant: what is said of the first need not hold for the other.
            Target::Package { package, more: true } => finding.package = Some(package.name.clone()),
            Target::Service(service) => {
                finding.package.clone_from(&service.name);
                finding.version.clone_from(&service.version);
            }
            Target::Elsewhere { purl } => finding.purl = purl,
            Target::Nothing { purl } => {
                finding.purl = purl;
                known.tell_of(reference, "a vulnerability", problems);
            }
        }
    }
    finding.package.iter_mut().chain(&mut finding.version).for_each(|text| bound(text, MAX_NAME));
    finding.purl.iter_mut().for_each(|purl| bound(purl, MAX_URL_BYTES));
    if let (None, [only]) = (&finding.version, pending.affected.as_slice()) {
        finding.version = Some(only.clone());
    }
    // What is unaffected may be what is there: then the report itself sets the finding aside.
    if let Some(own) = finding.version.clone() {
        let unaffected = finding.fixed_in.contains(&own) && !pending.affected.contains(&own);
        finding.fixed_in.retain(|version| *version != own);
        finding.suppressed =
            (unaffected && !pending.more).then(|| format!("{} is unaffected", shorten(&own, 80)));
    }
    if !finding.fixed_in.is_empty() {
        finding.fix = FixState::Fixed;
    }
}

/// Cuts a text that is too long, so that it is equal to nothing that is not cut.
pub(super) fn bound(text: &mut SmolStr, most: usize) {
    if text.len() > most {
        *text = text::fact(text, most).unwrap_or_default();
    }
}

/// The id of a vulnerability, and other names of the same. Where it has no id the first of them is.
pub(super) fn identifiers(vulnerability: &Vulnerability<'_>) -> (Option<SmolStr>, Vec<SmolStr>) {
    let references = vulnerability.references.kept.iter();
    let name = |text| text::fact(said(text)?, MAX_NAME);
    let mut names = references.filter_map(|reference| name(reference.id.as_ref()));
    let id = name(vulnerability.id.as_ref()).or_else(|| names.next());
    let mut others: Vec<SmolStr> = Vec::new();
    for name in names {
        if Some(&name) != id.as_ref() && !others.contains(&name) {
            others.push(name);
        }
    }
    (id, others)
}

/// Whether there is a fix, as far as what is to be done about it says so.
fn fix(analysis: Option<&Analysis<'_>>) -> FixState {
    let responses = analysis.map(|analysis| analysis.response.kept.as_slice()).unwrap_or_default();
    let says = |word: &str| responses.iter().any(|response| response.trim() == word);
    if says("update") || says("rollback") {
        FixState::Fixed
    } else if says("will_not_fix") {
        FixState::WontFix
    } else if says("can_not_fix") {
        FixState::NotFixed
    } else {
        FixState::Unknown
    }
}

/// The digests of what the document is about: its hashes, a version that is a digest (as Syft and
/// Grype write that of an image), the version of a package URL of an image.
fn digests(about: &PackageFact) -> Vec<SmolStr> {
    let mut digests = hashes::digests(about);
    let of_purl = about.purl.as_deref().and_then(|purl| {
        let purl = Purl::parse(purl)?;
        matches!(&*purl.kind, "oci" | "docker").then_some(purl.version?.into_owned())
    });
    let versions = about.version.as_ref().map(SmolStr::to_string).into_iter().chain(of_purl);
    for version in versions.filter(|version| version.parse::<Digest>().is_ok()) {
        if !digests.iter().any(|digest| *digest == version) {
            digests.push(version.into());
        }
    }
    digests
}

fn first(tools: &Tools<'_>) -> Option<(String, Option<String>)> {
    tools.0.kept.iter().find_map(|tool| {
        let name = said(tool.name.as_ref())?.to_owned();
        Some((name, said(tool.version.as_ref()).map(str::to_owned)))
    })
}
