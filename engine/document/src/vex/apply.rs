//! Which VEX statements speak of which findings.
//!
//! A statement speaks of a finding where
//!
//! 1. it speaks of the vulnerability: its `vulnerability` or an alias of it is the finding's `id`, or
//!    its `vulnerability` is an alias of the finding. Two that only share an alias are not the same:
//!    advisories are aliases of many. So a finding that goes by two CVEs or more, an advisory, is
//!    spoken of only under its own `id`;
//! 2. and it speaks of the finding's place: one of its products is the artifact (the subject, the
//!    platform that the report is attached to, or what the report says that it scanned) by digest,
//!    and has no parts or one that is the finding's package; or one of its products is the finding's
//!    package itself (see `bind`). A statement of OpenVEX without products is about what its document
//!    is attached to. A document that is attached to another platform of the subject than the report
//!    says nothing of the report's packages;
//! 3. and it may be applied: that something is not affected takes a justification or an impact.
//!
//! All that speak of a finding are listed, the newest last; of those of one time, what excuses more is
//! first: not affected, fixed, under investigation, affected. One that says no time may be the newest
//! or the oldest: it stands last where it excuses nothing, and first where it does. Which of them wins
//! is the policy's business. The rule that is recommended: of the statements with a trusted signature
//! the last one.
//!
//! Of too many those that stand last are listed. So of those of whomever a policy listens to none is
//! left out that stands behind one that is listed, and what is left out cannot take an excuse back.

use super::bind::{self, Package, Product};
use referee_core::facts::{
    AppliedVexFact, FindingFact, VexFact, VexFormat, VexStatementFact, VexStatus,
    VulnerabilityReportFact,
};
use referee_core::{Digest, Timestamp};
use smol_str::{SmolStr, ToSmolStr};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The most statements that are listed of one finding, of those with a trusted signature and of
/// those without: the newest. Twenty years of monthly documents are 240, of which only the last
/// speaks.
const MAX_APPLIED: usize = 32;

/// The most statements that are looked at for one report, and in its findings.
const MAX_WORK: u64 = 20_000_000;

/// The same for all reports together, of which those with a trusted signature come first.
const MAX_WORK_IN_ALL: u64 = 2 * MAX_WORK;

/// The most entries of the index over one report: vulnerabilities times packages.
const MAX_ENTRIES: usize = 1_000_000;

/// What is ruled over.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'s> {
    /// Its digest.
    pub digest: &'s Digest,
    /// The digests of its platforms, where it is an index.
    pub platforms: &'s [Digest],
    /// Registry and repository, `ghcr.io/org/app`, where they are known.
    pub repository: Option<&'s str>,
}

/// Fills `vex` of the reports from the documents. Returns how many findings may be without statements
/// that speak of them, because there are too many: the oldest are left out, or all.
pub fn apply(
    reports: &mut [VulnerabilityReportFact],
    documents: &[VexFact],
    subject: &Subject<'_>,
) -> u64 {
    let prepared = prepare(documents);
    let (mut left_out, mut work) = (0u64, 0u64);
    let mut reports: Vec<&mut VulnerabilityReportFact> = reports.iter_mut().collect();
    reports.sort_by_key(|report| !report.source.verified);
    for report in reports {
        let allowed = MAX_WORK.min(MAX_WORK_IN_ALL.saturating_sub(work));
        let mut index = Index::of(&prepared, report, subject, allowed);
        if index.full {
            let findings = u64::try_from(report.report.findings.len()).unwrap_or(u64::MAX);
            left_out = left_out.saturating_add(findings);
        }
        let mut applied = BTreeMap::new();
        for (position, finding) in report.report.findings.iter().enumerate() {
            if index.work > allowed {
                // Where the index is not whole all of them are counted.
                left_out = left_out.saturating_add(u64::from(!index.full));
                continue;
            }
            let statements = index.applied(finding);
            if !statements.is_empty() {
                applied.insert(position.to_smolstr(), statements);
            }
        }
        work = work.saturating_add(index.work);
        report.vex = applied;
    }
    left_out
}

/// A statement, its products taken apart once for all reports.
struct Prepared<'d> {
    document: &'d VexFact,
    position: u32,
    statement: &'d VexStatementFact,
    names: Vec<(SmolStr, Named)>,
    products: Vec<Product>,
    /// Whether it is about what its document is attached to.
    inherits: bool,
}

impl Prepared<'_> {
    /// The order in which statements are listed.
    fn order(&self) -> (u8, Option<Timestamp>, u8, u32, u32) {
        let claims = match self.statement.status {
            VexStatus::NotAffected => 0u8,
            VexStatus::Fixed => 1,
            VexStatus::UnderInvestigation => 2,
            VexStatus::Affected => 3,
        };
        let at = self.statement.stated_at;
        let place = match at {
            Some(_) => 1u8,
            None if claims < 2 => 0,
            None => 2,
        };
        (place, at, claims, self.document.source.id, self.position)
    }
}

fn prepare(documents: &[VexFact]) -> Vec<Prepared<'_>> {
    let mut prepared = Vec::new();
    for document in documents {
        for (position, statement) in (0u32..).zip(&document.document.statements) {
            if !bind::holds(statement) {
                continue;
            }
            let products: Vec<Product> =
                statement.products.iter().flat_map(bind::products).collect();
            let inherits =
                statement.products.is_empty() && document.document.format == VexFormat::OpenVex;
            if inherits || !products.is_empty() {
                let aliases = statement.aliases.iter().map(|alias| (fold(alias), Named::Alias));
                let first = (fold(&statement.vulnerability), Named::First);
                let names = std::iter::once(first).chain(aliases).collect();
                prepared.push(Prepared {
                    document,
                    position,
                    statement,
                    names,
                    products,
                    inherits,
                });
            }
        }
    }
    prepared.sort_by_cached_key(Prepared::order);
    prepared
}

/// Where a name of a vulnerability stands in a statement.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Named {
    /// It is the statement's own.
    First,
    /// It is an alias.
    Alias,
}

/// A package and its version, where one is named.
type At<'p> = (&'p str, Option<&'p str>);

/// A vulnerability, where it is named, and the package; no package stands for all.
type Key<'p> = (SmolStr, Named, Option<At<'p>>);

/// The statements that can speak of a report's findings, by vulnerability and package.
struct Index<'p, 'd> {
    prepared: &'p [Prepared<'d>],
    entries: HashMap<Key<'p>, Entries<'p>>,
    /// Whether statements are left out of it, the oldest.
    full: bool,
    work: u64,
}

/// The statements under one key that are listed last, in that order, with the package where there is
/// one.
#[derive(Default)]
struct Entries<'p> {
    verified: Side,
    unverified: Side,
    list: Vec<(usize, Option<&'p Package>)>,
}

/// Those with a trusted signature, or those without.
#[derive(Clone, Copy, Default)]
struct Side {
    count: u16,
    /// Up to where some are left out: the position after the first that was.
    left_out: usize,
}

impl<'p, 'd> Index<'p, 'd> {
    fn of(
        prepared: &'p [Prepared<'d>],
        report: &VulnerabilityReportFact,
        subject: &Subject<'_>,
        allowed: u64,
    ) -> Self {
        let digests = digests(report, subject);
        let mut entries: HashMap<Key<'p>, Entries<'p>> = HashMap::new();
        let mut names: HashSet<SmolStr> = HashSet::new();
        let mut packages: HashSet<SmolStr> = HashSet::new();
        for finding in &report.report.findings {
            packages.extend(finding.purl.as_deref().and_then(Package::parse).map(|p| p.key));
            names.insert(fold(&finding.id));
            names.extend(finding.aliases.iter().map(fold));
        }
        // From the last, so that those that are left out are the first.
        let (mut full, mut work) = (false, 0u64);
        for (at, one) in prepared.iter().enumerate().rev() {
            work = work.saturating_add(u64::try_from(one.names.len()).unwrap_or(u64::MAX));
            let named: Vec<_> = one.names.iter().filter(|(n, _)| names.contains(n)).collect();
            if named.is_empty() {
                continue;
            }
            if work > allowed {
                full = true;
                break;
            }
            let each = u64::try_from(named.len()).unwrap_or(u64::MAX);
            let attached = one.document.source.subject.as_str();
            let elsewhere = !digests.contains(&attached)
                && subject.platforms.iter().any(|platform| platform.as_str() == attached);
            let mut add = |package: Option<&'p Package>| {
                work = work.saturating_add(1);
                if package.is_some_and(|package| !packages.contains(&package.key)) {
                    return;
                }
                if entries.len() >= MAX_ENTRIES {
                    full = true;
                    return;
                }
                work = work.saturating_add(each);
                for (name, place) in &named {
                    let key = (name.clone(), *place, package.map(Package::at));
                    let under = entries.entry(key).or_default();
                    under.add(at, package, one.document.source.verified);
                }
            };
            if one.inherits && digests.contains(&attached) {
                add(None);
            }
            for product in &one.products {
                match product {
                    Product::Package(package) if !elsewhere => add(Some(package)),
                    Product::Artifact { digests: of, images, packages }
                        if of.iter().any(|digest| digests.contains(&digest.as_str()))
                            || images.iter().any(|i| i.is(&digests, subject.repository)) =>
                    {
                        match packages {
                            None => add(None),
                            Some(packages) => {
                                packages.iter().for_each(|package| add(Some(package)))
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        Self { prepared, entries, full, work }
    }

    /// What is said of a finding.
    fn applied(&mut self, finding: &FindingFact) -> Vec<AppliedVexFact> {
        let package = finding.purl.as_deref().and_then(Package::parse);
        let mut found = Found::default();
        let id = fold(&finding.id);
        self.under(&id, Named::First, package.as_ref(), &mut found);
        self.under(&id, Named::Alias, package.as_ref(), &mut found);
        let cves = std::iter::once(&finding.id).chain(&finding.aliases).filter(|name| is_cve(name));
        if cves.take(2).count() < 2 {
            for alias in &finding.aliases {
                self.under(&fold(alias), Named::First, package.as_ref(), &mut found);
            }
        }
        let Found { mut at, verified_from, unverified_from } = found;
        at.sort_unstable();
        at.dedup();
        let mut newest: Vec<&Prepared<'_>> = Vec::new();
        let (mut verified, mut unverified) = (0usize, 0usize);
        for (at, one) in at.iter().rev().filter_map(|at| Some((*at, self.prepared.get(*at)?))) {
            let (count, from) = match one.document.source.verified {
                true => (&mut verified, verified_from),
                false => (&mut unverified, unverified_from),
            };
            if *count < MAX_APPLIED && at >= from {
                *count = count.saturating_add(1);
                newest.push(one);
            }
        }
        newest.iter().rev().map(|one| one.fact()).collect()
    }

    fn under(
        &mut self,
        name: &SmolStr,
        named: Named,
        package: Option<&Package>,
        found: &mut Found,
    ) {
        let exact = package.map(Package::at);
        let any_version =
            exact.filter(|(_, version)| version.is_some()).map(|(key, _)| (key, None));
        let keys = [exact, any_version].into_iter().flatten().map(Some);
        for key in std::iter::once(None).chain(keys) {
            self.work = self.work.saturating_add(1);
            let Some(entries) = self.entries.get(&(name.clone(), named, key)) else { continue };
            let looked_at = u64::try_from(entries.list.len()).unwrap_or(u64::MAX);
            self.work = self.work.saturating_add(looked_at);
            found.verified_from = found.verified_from.max(entries.verified.left_out);
            found.unverified_from = found.unverified_from.max(entries.unverified.left_out);
            found.at.extend(entries.list.iter().filter_map(|(at, of)| {
                let speaks = match (of, package) {
                    (None, _) => true,
                    (Some(of), Some(package)) => of.speaks_of(package),
                    (Some(_), None) => false,
                };
                speaks.then_some(*at)
            }));
        }
    }
}

/// The positions of statements that speak of a finding, and from where on none of them is missing.
#[derive(Default)]
struct Found {
    at: Vec<usize>,
    verified_from: usize,
    unverified_from: usize,
}

impl<'p> Entries<'p> {
    fn add(&mut self, at: usize, package: Option<&'p Package>, verified: bool) {
        let same = (at, package);
        // Documents name a package once for each product that has it.
        let mut of_statement = self.list.iter().rev().take_while(|(other, _)| *other == at);
        if of_statement.any(|known| *known == same) {
            return;
        }
        let side = if verified { &mut self.verified } else { &mut self.unverified };
        // A package may be named for many architectures, of which the finding has one.
        let most = if package.is_some() { MAX_APPLIED.saturating_mul(8) } else { MAX_APPLIED };
        if usize::from(side.count) < most {
            side.count = side.count.saturating_add(1);
            self.list.push(same);
        } else if side.left_out == 0 {
            side.left_out = at.saturating_add(1);
        }
    }
}

impl Prepared<'_> {
    fn fact(&self) -> AppliedVexFact {
        AppliedVexFact {
            vex: self.document.source.id,
            statement: self.position,
            status: self.statement.status,
            justification: self.statement.justification,
            verified: self.document.source.verified,
            signed_by: self.document.source.signed_by.clone(),
            stated_at: self.statement.stated_at,
        }
    }
}

/// What a report is about: the subject, the platform that it is attached to, what it says that it
/// scanned. The last may be more exact than what it is attached to, as a scan of one platform that
/// is attached to the index.
fn digests<'r>(report: &'r VulnerabilityReportFact, subject: &Subject<'r>) -> Vec<&'r str> {
    let mut digests = vec![subject.digest.as_str()];
    let platform = subject.platforms.iter().find(|platform| **platform == report.source.subject);
    digests.extend(platform.map(|platform| platform.as_str()));
    digests.extend(report.report.target_digests.iter().map(SmolStr::as_str));
    digests
}

/// Names of vulnerabilities know no case.
fn fold(name: &SmolStr) -> SmolStr {
    match name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        true => name.to_ascii_uppercase().into(),
        false => name.clone(),
    }
}

fn is_cve(name: &str) -> bool {
    name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("CVE-"))
}
