//! Which expressions and rules were evaluated, as OPA reports it (`v1/cover`).

use super::span::{Position, Range};
use crate::walk::{self, Visitor};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Expr, ExprKind, Module, Rule};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The spans that evaluations went through, by file. What several evaluations covered can be put
/// together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    files: BTreeMap<Arc<str>, BTreeSet<Range>>,
    /// Where the rules begin that held.
    rules: BTreeMap<Arc<str>, BTreeSet<Position>>,
}

impl Coverage {
    /// Adds what another evaluation covered.
    pub fn add(&mut self, other: &Self) {
        for (file, ranges) in &other.files {
            self.files.entry(Arc::clone(file)).or_default().extend(ranges);
        }
        for (file, places) in &other.rules {
            self.rules.entry(Arc::clone(file)).or_default().extend(places);
        }
    }

    /// Notes a rule that held.
    pub(crate) fn note_rule(&mut self, location: &Location) {
        if let Some(source) = location.source.as_ref().filter(|source| !source.name.is_empty()) {
            let place = Position { row: location.row, col: location.col };
            self.rules.entry(Arc::clone(&source.name)).or_default().insert(place);
        }
    }

    /// Notes a span. What stands in no file (a query) is left out.
    pub(crate) fn note(&mut self, location: &Location) {
        let Some(source) = &location.source else { return };
        if source.name.is_empty() {
            return;
        }
        let range = Range::of(location);
        if let Some(ranges) = self.files.get_mut(&source.name) {
            ranges.insert(range);
        } else {
            self.files.insert(Arc::clone(&source.name), BTreeSet::from([range]));
        }
    }

    /// What is covered of a file: expressions, and the heads of rules that held.
    fn covered(&self, file: &str, heads: &[(Position, Range)]) -> BTreeSet<Range> {
        let mut covered = self.files.get(file).cloned().unwrap_or_default();
        if let Some(rules) = self.rules.get(file) {
            let held = heads.iter().filter(|(place, _)| rules.contains(place));
            covered.extend(held.map(|(_, head)| *head));
        }
        covered
    }

    /// The report over parsed modules. `others` are evaluations of the same with something left
    /// out; a span that only they cover is marked with why.
    pub(crate) fn report(
        &self,
        modules: &[(Arc<str>, Module)],
        others: &[(CoverageKind, &Self)],
    ) -> CoverageReport {
        let mut report = CoverageReport::default();
        for (name, module) in modules {
            let mut spans = Spans::default();
            module.rules.iter().for_each(|rule| walk::rule(rule, &mut spans));
            let covered = self.covered(name, &spans.heads);
            let others: Vec<_> = others
                .iter()
                .map(|(kind, other)| (*kind, other.covered(name, &spans.heads)))
                .collect();
            let missed = spans.found.iter().filter(|range| !within(range, &covered));
            let missed = missed.map(|range| CoveredRange {
                range: *range,
                kinds: others
                    .iter()
                    .filter(|(_, other)| within(range, other))
                    .map(|(kind, _)| *kind)
                    .collect(),
            });
            let not_covered: Vec<_> = missed.collect();
            let plain = |range: &Range| CoveredRange { range: *range, kinds: Vec::new() };
            let covered: Vec<_> = covered.iter().map(plain).collect();
            let file = FileCoverage {
                covered_lines: lines(&covered),
                not_covered_lines: lines(&not_covered),
                covered,
                not_covered,
            };
            report.covered_lines += file.covered_lines;
            report.not_covered_lines += file.not_covered_lines;
            report.files.insert(name.to_string(), file);
        }
        report
    }
}

/// Coverage as it is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageReport {
    /// The files, by name.
    pub files: BTreeMap<String, FileCoverage>,
    /// How many lines are covered.
    pub covered_lines: usize,
    /// How many are not.
    pub not_covered_lines: usize,
}

/// The coverage of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileCoverage {
    /// What was evaluated, in order.
    pub covered: Vec<CoveredRange>,
    /// What was not.
    pub not_covered: Vec<CoveredRange>,
    /// How many lines are covered.
    pub covered_lines: usize,
    /// How many are not.
    pub not_covered_lines: usize,
}

/// A span, and why it was not covered where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredRange {
    /// The span.
    pub range: Range,
    /// What would have to be left out for it to be covered.
    pub kinds: Vec<CoverageKind>,
}

/// Why something was not evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoverageKind {
    /// The index of the rules left it out.
    IndexExcluded,
    /// The value was certain before.
    EarlyExit,
}

impl CoverageKind {
    /// OPA's name of it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IndexExcluded => "index_excluded",
            Self::EarlyExit => "early_exit",
        }
    }
}

impl CoverageReport {
    /// How much is covered, in percent of the lines; 0 where there are none.
    #[must_use]
    pub fn percent(&self) -> f64 {
        percent(self.covered_lines, self.not_covered_lines)
    }
}

impl FileCoverage {
    /// How much is covered, in percent of the lines; 0 where there are none.
    #[must_use]
    pub fn percent(&self) -> f64 {
        percent(self.covered_lines, self.not_covered_lines)
    }
}

fn percent(covered: usize, missed: usize) -> f64 {
    let exact = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let all = exact(covered) + exact(missed);
    if all == 0.0 { 0.0 } else { 100.0 * exact(covered) / all }
}

/// How many lines spans touch.
fn lines(ranges: &[CoveredRange]) -> usize {
    let rows = ranges.iter().flat_map(|one| one.range.start.row..=one.range.end.row);
    rows.collect::<BTreeSet<_>>().len()
}

/// The spans of a module that can be covered: heads and expressions, but not `some x`.
#[derive(Default)]
struct Spans {
    found: BTreeSet<Range>,
    /// Where rules begin, and their heads.
    heads: Vec<(Position, Range)>,
}

fn within(range: &Range, covered: &BTreeSet<Range>) -> bool {
    covered.iter().any(|other| other.contains(range))
}

impl Visitor for Spans {
    fn rule(&mut self, rule: &Rule) {
        let head = Range::of(&rule.head.location);
        self.found.insert(head);
        self.heads.push((Position { row: rule.location.row, col: rule.location.col }, head));
    }

    fn expr(&mut self, expr: &Expr) {
        if !matches!(expr.kind, ExprKind::Some(_)) && !expr.location.file().is_empty() {
            self.found.insert(Range::of(&expr.location));
        }
    }
}
