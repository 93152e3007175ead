//! `vulnerabilities[].analysis` as the statements of a VEX document.
//!
//! States (CycloneDX 1.7, `impactAnalysisState`): `resolved` and `resolved_with_pedigree` are fixed,
//! `exploitable` is affected, `in_triage` under investigation, `not_affected` and `false_positive`
//! not affected. Of another word there is no statement: nobody knows what it sets aside.
//!
//! Justifications are led to the five of CISA; the document's own word is kept in `stated`. That
//! something is not affected, with neither justification nor detail, is a problem: no finding is set
//! aside for it (CISA, "Minimum Requirements for VEX", 3.2.2).

use super::finding::{MAX_URL_BYTES, bound, identifiers};
use super::model::{Analysis, Vulnerability, said};
use super::reference::{Known, Target};
use crate::hashes;
use crate::limits::Limits;
use crate::problems::Problems;
use crate::text::shorten;
use referee_core::Timestamp;
use referee_core::facts::{
    Vex, VexFormat, VexJustification, VexProductFact, VexStatementFact, VexStatus,
};
use smol_str::format_smolstr;

/// The longest prose that is kept, in characters.
const MAX_PROSE: usize = 1000;

/// The most aliases that a statement keeps.
const MAX_ALIASES: usize = 32;

/// Statements in the making.
#[derive(Debug)]
pub(super) struct Statements {
    max_statements: usize,
    /// The most products of all statements together.
    max_products: usize,
    statements: Vec<VexStatementFact>,
    /// Whether a vulnerability has an analysis, with a state or without.
    any: bool,
    count: u64,
    products: usize,
    products_left_out: u64,
    problems: Problems,
}

impl Statements {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            max_statements: limits.max_statements,
            max_products: limits.max_findings,
            statements: Vec::new(),
            any: false,
            count: 0,
            products: 0,
            products_left_out: 0,
            problems: Problems::new(limits.max_problems),
        }
    }

    /// A vulnerability, with an analysis or without.
    pub(super) fn add(&mut self, vulnerability: &Vulnerability<'_>) {
        let Some(analysis) = &vulnerability.analysis else { return };
        self.any = true;
        let Some(state) = said(analysis.state.as_ref()) else { return };
        let (id, mut aliases) = identifiers(vulnerability);
        let Some(status) = status(state) else {
            self.problems.add("document_vex_status", || {
                format!("{:?} is no state of an analysis", shorten(state, 80))
            });
            return;
        };
        let Some(id) = id else {
            self.problems.add("document_vulnerability_id", || {
                "an analysis is of a vulnerability without an id".to_owned()
            });
            return;
        };
        self.count = self.count.saturating_add(1);
        if self.statements.len() >= self.max_statements {
            return;
        }
        aliases.truncate(MAX_ALIASES);
        let justification = said(analysis.justification.as_ref());
        let statement = VexStatementFact {
            justification: self.justification(&id, status, analysis),
            vulnerability: id,
            aliases,
            status,
            stated: stated(state, justification),
            products: self.products(vulnerability),
            impact: said(analysis.detail.as_ref()).map(|text| shorten(text, MAX_PROSE)),
            action: said(vulnerability.recommendation.as_ref())
                .map(|text| shorten(text, MAX_PROSE)),
            stated_at: self.stated_at(analysis),
        };
        if status == VexStatus::NotAffected
            && statement.justification.is_none()
            && statement.impact.is_none()
        {
            self.problems.add("document_statement", || {
                let id = shorten(&statement.vulnerability, 80);
                format!("the analysis of {id:?} says neither by justification nor by detail why")
            });
        }
        self.statements.push(statement);
    }

    fn justification(
        &mut self,
        id: &str,
        status: VexStatus,
        analysis: &Analysis<'_>,
    ) -> Option<VexJustification> {
        let word = said(analysis.justification.as_ref());
        let justification = word.and_then(justification);
        if let (Some(word), None) = (word, justification) {
            self.problems.add("document_vex_justification", || {
                format!("{:?} is no justification of an analysis", shorten(word, 80))
            });
        }
        justification.filter(|_| {
            let fits = status == VexStatus::NotAffected;
            if !fits {
                self.problems.add("document_vex_justification", || {
                    let id = shorten(id, 80);
                    format!("the analysis of {id:?} justifies what is not said to be unaffected")
                });
            }
            fits
        })
    }

    fn products(&mut self, vulnerability: &Vulnerability<'_>) -> Vec<VexProductFact> {
        let room = self.max_products.saturating_sub(self.products);
        let affects = &vulnerability.affects;
        let products: Vec<_> = affects
            .kept
            .iter()
            .take(room)
            .filter_map(|affected| said(affected.reference.as_ref()))
            .map(|reference| VexProductFact { id: Some(reference.into()), ..Default::default() })
            .collect();
        self.products = self.products.saturating_add(products.len());
        let over = u64::try_from(affects.kept.len().saturating_sub(room)).unwrap_or(u64::MAX);
        let over = over.saturating_add(affects.left_out);
        self.products_left_out = self.products_left_out.saturating_add(over);
        products
    }

    /// When it was last changed or made; `None` where it does not say.
    fn stated_at(&mut self, analysis: &Analysis<'_>) -> Option<Timestamp> {
        let times = [&analysis.last_updated, &analysis.first_issued];
        times
            .into_iter()
            .filter_map(|text| said(text.as_ref()))
            .find_map(|text| self.problems.time("time", Some(text)))
    }

    /// The document; `None` where there is no analysis.
    pub(super) fn finish(self, known: &Known<'_>) -> Option<Vex> {
        if !self.any {
            return None;
        }
        let sbom = known.sbom();
        let Self { mut statements, mut problems, .. } = self;
        for statement in &mut statements {
            statement.stated_at = statement.stated_at.or(sbom.created_at);
            for product in &mut statement.products {
                locate(product, known, &mut problems);
            }
        }
        let untold = u64::try_from(statements.len()).unwrap_or(u64::MAX);
        let untold = self.count.saturating_sub(untold);
        for (what, count) in [("statements", untold), ("products", self.products_left_out)] {
            problems.leave_out(what, count);
        }
        Some(Vex {
            format: VexFormat::CycloneDx,
            spec_version: Some(sbom.spec_version.clone()),
            document_id: sbom.document_id.clone(),
            version: Some(format_smolstr!("{}", known.revision())),
            author: sbom.authors.first().cloned(),
            role: None,
            issued_at: sbom.created_at,
            updated_at: None,
            statements,
            statement_count: self.count,
            truncated: untold > 0 || self.products_left_out > 0,
            problems: problems.finish(),
        })
    }
}

/// Fills in what a product is. Where more than one package has its id, nobody knows which is meant.
fn locate(product: &mut VexProductFact, known: &Known<'_>, problems: &mut Problems) {
    let Some(reference) = product.id.as_deref() else { return };
    match known.target(reference) {
        Target::Package { package, more: false } => {
            product.purls = package.purl.iter().cloned().collect();
            product.purls.iter_mut().for_each(|purl| bound(purl, MAX_URL_BYTES));
            product.digests = hashes::digests(package);
        }
        Target::Package { .. } | Target::Service(_) | Target::Elsewhere { .. } => {}
        Target::Nothing { .. } => known.tell_of(reference, "an analysis", problems),
    }
}

fn status(state: &str) -> Option<VexStatus> {
    match state {
        "resolved" | "resolved_with_pedigree" => Some(VexStatus::Fixed),
        "exploitable" => Some(VexStatus::Affected),
        "in_triage" => Some(VexStatus::UnderInvestigation),
        "false_positive" | "not_affected" => Some(VexStatus::NotAffected),
        _ => None,
    }
}

fn justification(word: &str) -> Option<VexJustification> {
    match word {
        "code_not_present" => Some(VexJustification::VulnerableCodeNotPresent),
        "code_not_reachable" => Some(VexJustification::VulnerableCodeNotInExecutePath),
        // What would have to be there for an adversary to reach the code is not there.
        "requires_configuration" | "requires_dependency" | "requires_environment" => {
            Some(VexJustification::VulnerableCodeCannotBeControlledByAdversary)
        }
        "protected_by_compiler"
        | "protected_at_runtime"
        | "protected_at_perimeter"
        | "protected_by_mitigating_control" => {
            Some(VexJustification::InlineMitigationsAlreadyExist)
        }
        _ => None,
    }
}

/// The document's own words where they differ from those of the facts.
fn stated(state: &str, justification: Option<&str>) -> Option<String> {
    let justification = justification.map(|word| shorten(word, 80));
    match justification {
        Some(word) => Some(format!("{state}: {word}")),
        None if state == "not_affected" => None,
        None => Some(state.to_owned()),
    }
}
