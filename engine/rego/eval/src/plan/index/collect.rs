//! What the bodies of rules say about what they read.

use super::{Condition, Entry, Subject, Test};
use crate::plan::body::Planner;
use crate::plan::group::{Clause, Scheme};
use crate::plan::term::{constant, dotted, head_name};
use hashbrown::HashMap;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Ref, Rule, Term, TermKind};
use referee_rego_value::{Str, Value};

/// Ways to reach a rule beyond which `or` is not indexed.
const MOST_PATHS: usize = 32;

/// A subject before it has a number.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    Input(Vec<Value>),
    Base(Vec<Value>),
    Argument(usize),
}

/// What a subject must be.
#[derive(Clone, Debug, PartialEq)]
enum Want {
    /// A variable: it must be defined. An empty name is no variable that could be asked for.
    Var(Str),
    Value(Value),
    Array(Vec<Option<Value>>),
    Split(Box<str>, Vec<Option<Value>>),
}

type Said = Vec<(Key, Want)>;

/// What one rule says.
#[derive(Default)]
struct Says {
    always: Said,
    either: Vec<Vec<Said>>,
}

struct Frequency {
    seen: Vec<(Key, usize, Location)>,
}

impl Frequency {
    fn count(&mut self, key: &Key, location: &Location) {
        match self.seen.iter_mut().find(|(seen, ..)| seen == key) {
            Some((_, count, _)) => *count += 1,
            None => self.seen.push((key.clone(), 1, location.clone())),
        }
    }
}

struct Collector<'a> {
    scheme: &'a Scheme,
    frequency: Frequency,
    args: &'a [Term],
    outer: Said,
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
    keys.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| place(&a.2).cmp(&place(&b.2))));
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

fn place(location: &Location) -> (&str, u32, u32) {
    (location.file(), location.row, location.col)
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
    fn paths(&self) -> Vec<Said> {
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

type Constants = HashMap<Str, Value, foldhash::fast::FixedState>;

impl Collector<'_> {
    fn body(&mut self, body: &Body, constants: &mut Constants, says: &mut Says) {
        body.iter().for_each(|expr| self.expr(expr, constants, says));
    }

    fn expr(&mut self, expr: &Expr, constants: &mut Constants, says: &mut Says) {
        if !expr.with.is_empty() || expr.negated {
            return;
        }
        match &expr.kind {
            ExprKind::And(both) => {
                let lhs = self.operand(&both.lhs, constants, says);
                let rhs = self.operand(&both.rhs, constants, says);
                self.require(lhs, says, &expr.location);
                self.require(rhs, says, &expr.location);
            }
            ExprKind::Or(both) => {
                let mut ways = self.operand(&both.lhs, constants, says);
                if ways.is_empty() {
                    return;
                }
                let rhs = self.operand(&both.rhs, constants, says);
                if rhs.is_empty() {
                    return;
                }
                ways.extend(rhs);
                self.require(ways, says, &expr.location);
            }
            ExprKind::Term(term) => {
                if let TermKind::Ref(reference) = &term.kind
                    && let Some(key) = self.valid(reference)
                {
                    self.insert(key, Want::Var(Str::default()), says, &term.location);
                }
            }
            ExprKind::Call(terms) => self.call(terms, constants, says),
            _ => {}
        }
    }

    fn call(&mut self, terms: &[Term], constants: &mut Constants, says: &mut Says) {
        let Some((Term { kind: TermKind::Ref(operator), .. }, operands)) = terms.split_first()
        else {
            return;
        };
        match (dotted(operator).as_str(), operands) {
            ("eq" | "equal", [a, b]) => {
                if self.wildcard(a, b, constants, says) || self.wildcard(b, a, constants, says) {
                    return;
                }
                if !self.equation(a, b, constants, says) {
                    self.equation(b, a, constants, says);
                }
            }
            ("glob.match", [pattern, delimiters, subject]) => {
                self.glob(pattern, delimiters, subject, says);
            }
            ("internal.member_2", [member, collection]) => {
                self.member(member, collection, constants, says);
            }
            _ => {}
        }
    }

    /// The ways in which an operand of `and` or `or` can hold; none where nothing is known.
    fn operand(&mut self, body: &Body, constants: &Constants, says: &Says) -> Vec<Said> {
        let outer = self.outer.clone();
        self.outer.extend(says.always.iter().cloned());
        let mut inner = Says::default();
        self.body(body, &mut constants.clone(), &mut inner);
        self.outer = outer;
        let mut paths = inner.paths();
        if let [only] = paths.as_slice()
            && only.is_empty()
        {
            return Vec::new();
        }
        for (_, want) in paths.iter_mut().flatten() {
            if let Want::Var(name) = want {
                *name = Str::default();
            }
        }
        paths
    }

    fn require(&mut self, ways: Vec<Said>, says: &mut Says, location: &Location) {
        match ways.len() {
            0 => {}
            1 => {
                for (key, want) in ways.into_iter().flatten() {
                    self.insert(key, want, says, location);
                }
            }
            _ => {
                for (key, _) in ways.iter().flatten() {
                    self.frequency.count(key, location);
                }
                says.either.push(ways);
            }
        }
    }

    fn insert(&mut self, key: Key, want: Want, says: &mut Says, location: &Location) {
        self.frequency.count(&key, location);
        for (said, known) in &mut says.always {
            if *said == key {
                if *known == want {
                    return;
                }
                if matches!(known, Want::Var(_)) && !matches!(want, Want::Var(_)) {
                    *known = want;
                    return;
                }
            }
        }
        says.always.push((key, want));
    }

    /// The subject that a reference is, where it is one that can be looked at beforehand.
    fn valid(&self, reference: &[Term]) -> Option<Key> {
        let path: Option<Vec<Value>> = reference.iter().skip(1).map(constant).collect();
        let path = path?;
        match &reference.first()?.kind {
            TermKind::Var(name) if name == "input" => Some(Key::Input(path)),
            TermKind::Var(name) if name == "data" => {
                let mut node = &self.scheme.root;
                for key in &path {
                    match node.child(key) {
                        None => return Some(Key::Base(path)),
                        Some(child) if child.group.is_some() => return None,
                        Some(child) => node = child,
                    }
                }
                None
            }
            _ => None,
        }
    }

    /// What a variable stands for: a subject that it was equated with, or an argument.
    fn resolve(&self, name: &Str, says: &Says) -> Option<Key> {
        let said = says.always.iter().chain(&self.outer);
        let equated = said
            .filter(|(_, want)| matches!(want, Want::Var(var) if var == name && !var.is_empty()))
            .map(|(key, _)| key.clone())
            .next();
        equated.or_else(|| {
            let argument = |arg: &Term| matches!(&arg.kind, TermKind::Var(var) if var == name);
            self.args.iter().position(argument).map(Key::Argument)
        })
    }

    fn equation(&mut self, a: &Term, b: &Term, constants: &mut Constants, says: &mut Says) -> bool {
        match &a.kind {
            TermKind::Var(name) => {
                if let Some(value) = constant(b) {
                    constants.insert(name.clone(), value);
                }
                let (Some(want), Some(key)) = (want(b), self.resolve(name, says)) else {
                    return false;
                };
                self.insert(key, want, says, &a.location);
                true
            }
            TermKind::Ref(reference) => {
                let Some(key) = self.valid(reference) else { return false };
                let want = match &b.kind {
                    TermKind::Var(name) => match constants.get(name) {
                        Some(value) => Some(Want::Value(value.clone())),
                        None => Some(Want::Var(name.clone())),
                    },
                    _ => want(b),
                };
                let Some(want) = want else { return false };
                self.insert(key, want, says, &a.location);
                true
            }
            _ => false,
        }
    }

    /// `input.roles[_] == "admin"`: the collection must have the scalar in it.
    fn wildcard(&mut self, a: &Term, b: &Term, constants: &Constants, says: &mut Says) -> bool {
        let TermKind::Ref(reference) = &a.kind else { return false };
        let Some((last, prefix)) = reference.split_last() else { return false };
        if constant(last).is_some() || prefix.is_empty() {
            return false;
        }
        let Some(key) = self.valid(prefix) else { return false };
        let value = match &b.kind {
            TermKind::Var(name) => constants.get(name).cloned(),
            _ => constant(b),
        };
        match value {
            Some(value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_))) => {
                self.insert(key, Want::Value(value), says, &a.location);
                true
            }
            _ => false,
        }
    }

    fn glob(&mut self, pattern: &Term, delimiters: &Term, subject: &Term, says: &mut Says) {
        let (TermKind::String(pattern), TermKind::Var(name)) = (&pattern.kind, &subject.kind)
        else {
            return;
        };
        let Some(Value::Array(delimiters)) = constant(delimiters) else { return };
        let mut at = String::new();
        for delimiter in delimiters.iter() {
            let Some(text) = delimiter.as_str() else { return };
            at.push_str(text);
        }
        if delimiters.is_empty() {
            at.push('.');
        }
        let parts: Option<Vec<Option<Value>>> = split(pattern, &at).into_iter().map(part).collect();
        if let (Some(parts), Some(key)) = (parts, self.resolve(name, says)) {
            self.insert(key, Want::Split(at.into(), parts), says, &subject.location);
        }
    }

    fn member(&mut self, member: &Term, collection: &Term, constants: &Constants, says: &mut Says) {
        let resolved = match &member.kind {
            TermKind::Var(name) => self.resolve(name, says),
            _ => None,
        };
        if let Some(key) = resolved {
            let collection = match &collection.kind {
                TermKind::Var(name) => constants.get(name).cloned(),
                _ => constant(collection),
            };
            let elements: Vec<Value> = match collection {
                Some(Value::Array(items)) => items.iter().cloned().collect(),
                Some(Value::Set(items)) => items.iter().cloned().collect(),
                Some(Value::Object(items)) => items.iter().map(|(_, it)| it.clone()).collect(),
                _ => return,
            };
            for element in elements {
                self.insert(key.clone(), Want::Value(element), says, &member.location);
            }
            return;
        }
        let value = match &member.kind {
            TermKind::Var(name) => match constants.get(name) {
                Some(value) => Want::Value(value.clone()),
                None => Want::Var(Str::default()),
            },
            _ => match constant(member) {
                Some(
                    value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)),
                ) => Want::Value(value),
                _ => return,
            },
        };
        let key = match &collection.kind {
            TermKind::Ref(reference) => self.valid(reference),
            TermKind::Var(name) => match self.resolve(name, says) {
                Some(Key::Argument(_)) | None => None,
                key => key,
            },
            _ => None,
        };
        if let Some(key) = key {
            self.insert(key, value, says, &collection.location);
        }
    }
}

/// What a term that is compared requires.
fn want(term: &Term) -> Option<Want> {
    match &term.kind {
        TermKind::Var(name) => Some(Want::Var(name.clone())),
        TermKind::Array(items) => {
            let items: Option<Vec<Option<Value>>> = items
                .iter()
                .map(|item| match &item.kind {
                    TermKind::Var(_) => Some(None),
                    _ => crate::plan::tree::scalar(item).map(Some),
                })
                .collect();
            items.map(Want::Array)
        }
        _ => crate::plan::tree::scalar(term).map(Want::Value),
    }
}

/// Splits a text at characters that are not escaped.
pub(crate) fn split<'t>(text: &'t str, at: &str) -> Vec<&'t str> {
    let (mut parts, mut last, mut escaped) = (Vec::new(), 0, false);
    for (position, char) in text.char_indices() {
        if char == '\\' || escaped {
            escaped = !escaped;
            continue;
        }
        if at.contains(char) {
            parts.extend(text.get(last..position));
            last = position + char.len_utf8();
        }
    }
    parts.extend(text.get(last..));
    parts
}

/// A part of a pattern: `*` is anything; `None` where it is more than a literal.
fn part(text: &str) -> Option<Option<Value>> {
    if text == "*" {
        return Some(None);
    }
    let mut escaped = false;
    for char in text.chars() {
        if char == '\\' {
            escaped = !escaped;
            continue;
        }
        if !escaped && matches!(char, '[' | '?' | '{' | '*') {
            return None;
        }
        escaped = false;
    }
    Some(Some(Value::from(text)))
}

/// Whether a body prints: then its rule is never left out.
fn skips(body: &Body) -> bool {
    body.iter().any(|expr| match &expr.kind {
        ExprKind::Call(terms) => match terms.first().map(|term| &term.kind) {
            Some(TermKind::Ref(operator)) => is_seen(operator),
            _ => false,
        },
        ExprKind::Every(every) => skips(&every.body),
        ExprKind::And(both) | ExprKind::Or(both) => skips(&both.lhs) || skips(&both.rhs),
        ExprKind::Not(not) => skips(&not.body),
        _ => false,
    })
}

fn is_seen(operator: &Ref) -> bool {
    head_name(operator).is_some_and(|name| name == "internal")
        && matches!(dotted(operator).as_str(), "internal.print" | "internal.test_case")
}
