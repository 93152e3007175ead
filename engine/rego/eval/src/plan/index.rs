//! The index of rules: of those that make one document, which can apply (OPA's `v1/ast/index.go`).
//!
//! A rule whose body says `input.role == "admin"` applies only where that holds. What each body
//! says about `input`, about base documents and about the arguments of a function is collected
//! when the plan is made. Rules that say the most frequent thing with different constants are
//! found by one lookup. A rule is left out only where its body could not hold.

mod collect;
mod glob;
mod says;

pub(crate) use collect::{may_fail, speaks_late};
pub(crate) use glob::split;

use crate::plan::body::Planner;
use crate::plan::group::Clause;
use crate::plan::ops::Path;
use hashbrown::HashMap;
use referee_rego_syntax::ast::Rule;
use referee_rego_value::Value;
use std::sync::Arc;

/// What bodies say something about.
#[derive(Debug)]
pub(crate) enum Subject {
    /// A path of `input`.
    Input(Arc<Path>),
    /// A path of the base document.
    Base(Arc<Path>),
    /// An argument.
    Argument(usize),
}

/// What a body says about a subject: one of these tests holds.
#[derive(Debug)]
pub(crate) struct Condition {
    /// The subject, by its index.
    pub(crate) subject: usize,
    /// The tests.
    pub(crate) tests: Box<[Test]>,
}

/// A test of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// It is defined.
    Defined,
    /// It is this scalar, or a collection with this scalar in it.
    Scalar(Value),
    /// It is an array of these; `None` is anything.
    Array(Box<[Option<Value>]>),
    /// It is a string which, split at these characters, is an array of these.
    Split(Box<str>, Box<[Option<Value>]>),
}

/// A clause that may apply.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its definition.
    pub(crate) definition: u32,
    /// The clause in it.
    pub(crate) clause: u32,
    /// Which constant it gives; `None` where that is not one constant.
    pub(crate) constant: Option<u32>,
    /// Its conditions: one of these lists has to hold. Empty: it can always apply.
    pub(crate) paths: Box<[Box<[Condition]>]>,
}

/// The index of a group.
#[derive(Debug)]
pub(crate) struct Index {
    /// What the bodies say something about.
    pub(crate) subjects: Vec<Subject>,
    /// The clauses in the order in which they are tried.
    pub(crate) entries: Vec<Entry>,
    /// The subject by which entries are looked up.
    pub(crate) lead: Option<Lead>,
    /// Whether each definition has one clause.
    pub(crate) plain: bool,
    /// Whether there is one clause, which can always apply.
    pub(crate) sole: bool,
}

/// The entries by the scalar that one subject must have.
#[derive(Debug)]
pub(crate) struct Lead {
    /// The subject.
    pub(crate) subject: usize,
    /// The entries that require a scalar.
    pub(crate) by_value: HashMap<Value, Vec<u32>, foldhash::fast::FixedState>,
    /// All others.
    pub(crate) others: Vec<u32>,
}

impl Index {
    /// The index of rules, where there is anything to index.
    pub(crate) fn build(
        rules: &[&Rule],
        definitions: &[Vec<Clause>],
        planner: &mut Planner<'_>,
    ) -> Option<Self> {
        if rules.is_empty() {
            return None;
        }
        let (subjects, entries) = collect::collect(rules, definitions, planner);
        let lead = lead(&entries, subjects.len());
        let plain = definitions.iter().all(|it| it.len() == 1);
        let sole = match entries.as_slice() {
            [only] => only.paths.iter().any(|path| path.is_empty()),
            _ => false,
        };
        Some(Self { subjects, entries, lead, plain, sole })
    }
}

/// The scalars that an entry requires of a subject, where it requires any.
fn scalars(entry: &Entry, subject: usize) -> Option<Vec<&Value>> {
    let [path] = &*entry.paths else { return None };
    let condition = path.iter().find(|condition| condition.subject == subject)?;
    condition
        .tests
        .iter()
        .map(|test| match test {
            Test::Scalar(value) => Some(value),
            _ => None,
        })
        .collect()
}

fn lead(entries: &[Entry], subjects: usize) -> Option<Lead> {
    // The subject by which the fewest entries are left to be looked at, on the average.
    let left = |subject: usize| {
        let lead = lead_by(entries, subject);
        let listed: usize = lead.by_value.values().map(|list| list.len() * list.len()).sum();
        let values: usize = lead.by_value.values().map(Vec::len).sum();
        lead.others.len() + listed.checked_div(values).unwrap_or(entries.len())
    };
    let (left, subject) = (0..subjects).map(|subject| (left(subject), subject)).min()?;
    (left + 2 < entries.len()).then(|| lead_by(entries, subject))
}

fn lead_by(entries: &[Entry], subject: usize) -> Lead {
    let mut by_value: HashMap<Value, Vec<u32>, foldhash::fast::FixedState> = HashMap::default();
    let mut others = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        match scalars(entry, subject) {
            Some(values) => {
                for value in values {
                    let list = by_value.entry(value.clone()).or_default();
                    if list.last() != Some(&at) {
                        list.push(at);
                    }
                }
            }
            None => others.push(at),
        }
    }
    Lead { subject, by_value, others }
}
