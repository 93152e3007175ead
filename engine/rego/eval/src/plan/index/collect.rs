//! What the bodies of rules say about what they read.

use super::glob::skips;
use super::says::Collector;
use super::{Condition, Entry, Subject, Test};
use crate::plan::body::Planner;
use crate::plan::group::{Clause, Scheme};
use crate::plan::term::{dotted, head_name};
use hashbrown::HashMap;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Expr, ExprKind, Rule, Term, TermKind};
use referee_rego_value::{Str, Value};

/// Ways to reach a rule beyond which `or` is not indexed.
const MOST_PATHS: usize = 32;

/// A subject before it has a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    Input(Vec<Value>),
    Base(Vec<Value>),
    Argument(usize),
}

/// What a subject must be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Want {
    /// A variable: it must be defined. An empty name is no variable that could be asked for.
    Var(Str),
    Value(Value),
    Array(Vec<Option<Value>>),
    Split(Box<str>, Vec<Option<Value>>),
}

/// Subjects, each with what it must be.
pub(super) type Said = Vec<(Key, Want)>;

/// What one rule says.
#[derive(Default)]
pub(super) struct Says {
    /// What always holds.
    pub(super) always: Said,
    /// Of each of these lists one holds.
    pub(super) either: Vec<Vec<Said>>,
}

/// How often each subject is spoken of, and where first.
pub(super) struct Frequency {
    seen: Vec<(Key, usize, Location)>,
}

impl Frequency {
    pub(super) fn count(&mut self, key: &Key, location: &Location) {
        match self.seen.iter_mut().find(|(seen, ..)| seen == key) {
            Some((_, count, _)) => *count += 1,
            None => self.seen.push((key.clone(), 1, location.clone())),
        }
    }
}

/// The subjects, and the entries in the order in which OPA tries them.
pub(super) fn collect(
    rules: &[&Rule],
    definitions: &[Vec<Clause>],
    planner: &mut Planner<'_>,
) -> (Vec<Subject>, Vec<Entry>) {
    let mut collector = Collector {
        scheme: planner.scheme,
        frequency: Frequency { seen: Vec::new() },
        args: &[],
        outer: Vec::new(),
    };
    let mut said: Vec<(usize, usize, Vec<Said>)> = Vec::new();
    for (definition, rule) in rules.iter().enumerate() {
        let mut next = Some(*rule);
        let mut clause = 0;
        while let Some(rule) = next {
            let mut says = Says::default();
            if !skips(&rule.body) {
                collector.args = rule.head.args.as_deref().unwrap_or_default();
                collector.body(&rule.body, &mut HashMap::default(), &mut says);
            }
            said.push((definition, clause, says.paths()));
            clause += 1;
            next = rule.else_rule.as_deref();
        }
    }
    let mut keys = collector.frequency.seen;
    // An argument has no place: it comes after what has one.
    let order = |(key, _, at): &(Key, usize, Location)| {
        (matches!(key, Key::Argument(_)), at.file().to_owned(), at.row, at.col)
    };
    keys.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| order(a).cmp(&order(b))));
    let keys: Vec<Key> = keys.into_iter().map(|(key, ..)| key).collect();
    let subjects = keys.iter().map(|key| subject(key, planner)).collect();
    let mut constants: Vec<&Value> = Vec::new();
    let mut entries: Vec<(Vec<u8>, Entry)> = Vec::new();
    for (definition, clause, paths) in said {
        let value = definitions
            .get(definition)
            .and_then(|clauses| clauses.get(clause))
            .and_then(|clause| clause.constant.as_ref());
        let constant = value.map(|value| {
            let at = constants.iter().position(|known| *known == value).unwrap_or_else(|| {
                constants.push(value);
                constants.len() - 1
            });
            u32::try_from(at).unwrap_or(u32::MAX)
        });
        let paths: Vec<(Vec<u8>, Box<[Condition]>)> =
            paths.iter().map(|said| conditions(said, &keys)).collect();
        let order = paths.iter().map(|(order, _)| order.clone()).min().unwrap_or_default();
        entries.push((
            order,
            Entry {
                definition: u32::try_from(definition).unwrap_or(u32::MAX),
                clause: u32::try_from(clause).unwrap_or(u32::MAX),
                constant,
                paths: paths.into_iter().map(|(_, conditions)| conditions).collect(),
            },
        ));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    (subjects, entries.into_iter().map(|(_, entry)| entry).collect())
}

/// Whether a body says something after what may fail: OPA, which asks the index first, may find
/// that the rule does not apply, and what fails is never evaluated.
pub(crate) fn speaks_late(rule: &Rule, scheme: &Scheme) -> bool {
    if skips(&rule.body) {
        return false;
    }
    let mut collector = Collector {
        scheme,
        frequency: Frequency { seen: Vec::new() },
        args: rule.head.args.as_deref().unwrap_or_default(),
        outer: Vec::new(),
    };
    let mut constants = HashMap::default();
    let mut failing = false;
    rule.body.iter().any(|expr| {
        let mut says = Says::default();
        collector.expr(expr, &mut constants, &mut says);
        let late = failing && !(says.always.is_empty() && says.either.is_empty());
        failing |= may_fail(expr);
        late
    })
}

/// Operators that never fail.
const QUIET: [&str; 9] =
    ["eq", "equal", "neq", "lt", "lte", "gt", "gte", "internal.member_2", "internal.member_3"];

/// Whether the evaluation of an expression may end in an error.
pub(crate) fn may_fail(expr: &Expr) -> bool {
    let of_data = |term: &Term| match &term.kind {
        TermKind::Ref(parts) => head_name(parts).is_some_and(|name| name == "data"),
        _ => false,
    };
    match &expr.kind {
        ExprKind::Term(term) => of_data(term),
        ExprKind::Call(terms) => {
            let quiet = terms.first().is_some_and(|operator| match &operator.kind {
                TermKind::Ref(parts) => QUIET.contains(&dotted(parts).as_str()),
                _ => false,
            });
            !quiet || terms.iter().any(of_data)
        }
        _ => true,
    }
}

fn subject(key: &Key, planner: &mut Planner<'_>) -> Subject {
    match key {
        Key::Argument(at) => Subject::Argument(*at),
        Key::Input(path) => Subject::Input(planner.inputs.find(
            path,
            Some(&planner.scheme.inputs),
            &mut planner.counts.inputs,
        )),
        Key::Base(path) => Subject::Base(planner.bases.find(
            path,
            Some(&planner.scheme.bases),
            &mut planner.counts.bases,
        )),
    }
}

/// The conditions of one way to reach a rule, and where OPA's trie has it: at each level those
/// that say nothing come first, then those that want anything, then those that want a value.
fn conditions(said: &Said, keys: &[Key]) -> (Vec<u8>, Box<[Condition]>) {
    let mut order = Vec::new();
    let mut conditions = Vec::new();
    if said.is_empty() {
        return (order, conditions.into());
    }
    for (subject, key) in keys.iter().enumerate() {
        let wants: Vec<&Want> =
            said.iter().filter(|(said, _)| said == key).map(|(_, want)| want).collect();
        if wants.is_empty() {
            order.push(1);
            continue;
        }
        let any = wants.iter().any(|want| matches!(want, Want::Var(_)));
        let tests: Box<[Test]> =
            if any { Box::new([Test::Defined]) } else { wants.iter().map(|it| test(it)).collect() };
        let several = tests.len() > 1;
        order.push(if tests.contains(&Test::Defined) { 2 } else { 3 });
        conditions.push(Condition { subject, tests });
        if several {
            // OPA looks no further at what a rule says after one of several values.
            break;
        }
    }
    (order, conditions.into())
}

fn test(want: &Want) -> Test {
    match want {
        Want::Value(
            value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)),
        ) => Test::Scalar(value.clone()),
        Want::Value(Value::Array(items)) => {
            Test::Array(items.iter().map(|item| Some(item.clone())).map(flat).collect())
        }
        Want::Array(items) => Test::Array(items.iter().cloned().map(flat).collect()),
        Want::Split(at, items) => Test::Split(at.clone(), items.iter().cloned().collect()),
        Want::Var(_) | Want::Value(_) => Test::Defined,
    }
}

fn flat(item: Option<Value>) -> Option<Value> {
    item.filter(|item| !matches!(item, Value::Array(_) | Value::Object(_) | Value::Set(_)))
}

impl Says {
    /// The ways in which it can hold.
    pub(super) fn paths(&self) -> Vec<Said> {
        let mut paths = vec![self.always.clone()];
        for either in &self.either {
            if paths.len().saturating_mul(either.len()) > MOST_PATHS {
                return vec![self.always.clone()];
            }
            paths = paths
                .iter()
                .flat_map(|path| {
                    either.iter().map(|more| path.iter().chain(more).cloned().collect())
                })
                .collect();
        }
        paths
    }
}
