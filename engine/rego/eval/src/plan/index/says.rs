//! What a body says about what it reads, expression by expression.

use super::collect::{Frequency, Key, Said, Says, Want};
use super::glob::{part, split, want};
use crate::plan::group::Scheme;
use crate::plan::term::{constant, dotted};
use hashbrown::HashMap;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Term, TermKind};
use referee_rego_value::{Str, Value};

/// Goes through bodies.
pub(super) struct Collector<'a> {
    pub(super) scheme: &'a Scheme,
    pub(super) frequency: Frequency,
    /// The arguments of the rule.
    pub(super) args: &'a [Term],
    /// What the bodies around say.
    pub(super) outer: Said,
}

/// Where a subject stands: where its first part does. That is not always where the reference stands,
/// as all uses of an import are made of the same terms.
fn place(term: &Term) -> &Location {
    match &term.kind {
        TermKind::Ref(parts) => parts.first().map_or(&term.location, |part| &part.location),
        _ => &term.location,
    }
}

/// Variables that are constant.
pub(super) type Constants = HashMap<Str, Value, foldhash::fast::FixedState>;

impl Collector<'_> {
    pub(super) fn body(&mut self, body: &Body, constants: &mut Constants, says: &mut Says) {
        body.iter().for_each(|expr| self.expr(expr, constants, says));
    }

    pub(super) fn expr(&mut self, expr: &Expr, constants: &mut Constants, says: &mut Says) {
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
                    self.insert(key, Want::Var(Str::default()), says, place(term));
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
                self.insert(key, want, says, place(a));
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
                self.insert(key, want, says, place(a));
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
                self.insert(key, Want::Value(value), says, place(a));
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
            self.insert(key, Want::Split(at.into(), parts), says, place(subject));
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
                self.insert(key.clone(), Want::Value(element), says, place(member));
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
            self.insert(key, value, says, place(collection));
        }
    }
}
