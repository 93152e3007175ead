//! Equations: what binds, what compares, what is taken apart.
//!
//! The parts of an equation are worked off in an order in which each can be done: what can be
//! evaluated is evaluated, and its value is matched with the other side. References come before
//! other terms, the left side before the right, as OPA's `biunify` has it (`v1/topdown/eval.go`).

use crate::plan::body::Body;
use crate::plan::closure::shape;
use crate::plan::ops::{Op, Src};
use crate::plan::term::{constant, variable};
use crate::plan::{Planned, Unbound};
use referee_rego_syntax::ast::{Term, TermKind};
use referee_rego_value::Value;
use std::collections::VecDeque;

/// A side of an equation.
#[derive(Clone)]
enum Side<'t> {
    Term(&'t Term),
    Value(Src),
}

/// How deep patterns may be nested.
type Pending<'t> = VecDeque<(Side<'t>, Side<'t>)>;

impl Body<'_, '_> {
    /// Plans `a = b`.
    pub(crate) fn equate(&mut self, a: &Term, b: &Term) -> Planned<()> {
        let names = |name: &Term, term: &Term| variable(name).is_some() && shape(term).is_some();
        self.named = names(a, b) || names(b, a);
        self.work_off(VecDeque::from([(Side::Term(a), Side::Term(b))]))
    }

    /// Plans the match of a value with a term.
    pub(crate) fn matches(&mut self, term: &Term, value: Src) -> Planned<()> {
        self.work_off(VecDeque::from([(Side::Term(term), Side::Value(value))]))
    }

    fn work_off(&mut self, mut pending: Pending<'_>) -> Planned<()> {
        let mut idle = 0;
        while let Some((a, b)) = pending.pop_front() {
            if self.step(&a, &b, &mut pending)? {
                idle = 0;
            } else {
                // Not yet: something else may bind what it needs.
                pending.push_back((a, b));
                idle += 1;
                if idle >= pending.len() {
                    return Err(Unbound);
                }
            }
        }
        Ok(())
    }

    /// One equation; `false` where it has to wait.
    fn step<'t>(&mut self, a: &Side<'t>, b: &Side<'t>, pending: &mut Pending<'t>) -> Planned<bool> {
        match (a, b) {
            (Side::Value(a), Side::Value(b)) => {
                self.compare(a.clone(), b.clone());
                Ok(true)
            }
            (Side::Value(value), Side::Term(term)) | (Side::Term(term), Side::Value(value)) => {
                self.match_value(term, value, pending)
            }
            (Side::Term(a), Side::Term(b)) => self.terms(a, b, pending),
        }
    }

    fn terms<'t>(&mut self, a: &'t Term, b: &'t Term, pending: &mut Pending<'t>) -> Planned<bool> {
        match (&a.kind, &b.kind) {
            (TermKind::Array(left), TermKind::Array(right)) => {
                if left.len() != right.len() {
                    self.push(Op::Fail);
                    return Ok(true);
                }
                for (left, right) in left.iter().zip(right).rev() {
                    pending.push_front((Side::Term(left), Side::Term(right)));
                }
                return Ok(true);
            }
            (TermKind::Object(left), TermKind::Object(right)) => {
                if let Some(done) = self.objects(left, right, pending) {
                    return Ok(done);
                }
            }
            _ => {}
        }
        let is_ref = |term: &Term| matches!(term.kind, TermKind::Ref(_));
        let (first, second) = if is_ref(b) && !is_ref(a) { (b, a) } else { (a, b) };
        for (one, other) in [(first, second), (second, first)] {
            if self.ready(one) {
                let value = self.evaluate(one)?;
                if shape(other).is_some() && self.ends_in_documents(one) {
                    // OPA's `evalTree` evaluates the comprehension whatever it found.
                    let known = self.evaluate(other)?;
                    self.compare(known, value);
                    return Ok(true);
                }
                pending.push_front((Side::Term(other), Side::Value(value)));
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Two objects whose keys are all constant are matched member by member.
    fn objects<'t>(
        &mut self,
        left: &'t [(Term, Term)],
        right: &'t [(Term, Term)],
        pending: &mut Pending<'t>,
    ) -> Option<bool> {
        let keys = |members: &'t [(Term, Term)]| -> Option<Vec<(Value, &'t Term)>> {
            let mut keyed: Vec<(Value, &'t Term)> = members
                .iter()
                .map(|(key, value)| Some((constant(key)?, value)))
                .collect::<Option<_>>()?;
            keyed.sort_by(|a, b| a.0.cmp(&b.0));
            // Of two members under one key the later stays.
            keyed.reverse();
            keyed.dedup_by(|a, b| a.0 == b.0);
            keyed.reverse();
            Some(keyed)
        };
        let (left, right) = (keys(left)?, keys(right)?);
        let same =
            left.len() == right.len() && left.iter().zip(&right).all(|((a, _), (b, _))| a == b);
        if !same {
            self.push(Op::Fail);
            return Some(true);
        }
        for ((_, a), (_, b)) in left.iter().zip(&right).rev() {
            pending.push_front((Side::Term(a), Side::Term(b)));
        }
        Some(true)
    }

    /// Matches a term with a value that is known.
    fn match_value<'t>(
        &mut self,
        term: &'t Term,
        value: &Src,
        pending: &mut Pending<'t>,
    ) -> Planned<bool> {
        if let Some(known) = constant(term) {
            self.compare(value.clone(), Src::Const(known));
            return Ok(true);
        }
        if let Some(name) = variable(term)
            && !crate::plan::term::is_root(name)
        {
            if self.bound(name) {
                let known = self.read(name)?;
                self.compare(known, value.clone());
            } else {
                self.bind(name, value.clone());
            }
            return Ok(true);
        }
        match &term.kind {
            TermKind::Array(items) => {
                self.push(Op::ArrayLen { from: value.clone(), len: items.len() });
                for (index, item) in items.iter().enumerate().rev() {
                    let key = Value::from(i64::try_from(index).unwrap_or(i64::MAX));
                    if ignored(item) {
                        continue;
                    }
                    let dst = self.slot();
                    self.push(Op::Get { from: value.clone(), key: Src::Const(key), dst });
                    pending.push_front((Side::Term(item), Side::Value(Src::Slot(dst))));
                }
                Ok(true)
            }
            TermKind::Object(members) => {
                if !members.iter().all(|(key, _)| self.ready(key)) {
                    return Ok(false);
                }
                self.push(Op::ObjectLen { from: value.clone(), len: members.len() });
                for (key, item) in members {
                    let key = self.evaluate(key)?;
                    let dst = self.slot();
                    self.push(Op::Get { from: value.clone(), key, dst });
                    pending.push_back((Side::Term(item), Side::Value(Src::Slot(dst))));
                }
                Ok(true)
            }
            _ if self.ready(term) => {
                if let Some(shape) = shape(term) {
                    self.push(Op::Suits { from: value.clone(), collect: shape.collect });
                }
                let known = self.evaluate(term)?;
                self.compare(known, value.clone());
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Requires that two values are equal.
    pub(crate) fn compare(&mut self, a: Src, b: Src) {
        match (&a, &b) {
            (Src::Const(x), Src::Const(y)) => {
                if x != y {
                    self.push(Op::Fail);
                }
            }
            (Src::Slot(x), Src::Slot(y)) if x == y => {}
            _ => {
                if !self.fuse(&a, &b) && !self.fuse(&b, &a) {
                    self.push(Op::Equal { a, b });
                }
            }
        }
    }

    /// What was looked up only to be compared is compared at once.
    fn fuse(&mut self, looked_up: &Src, with: &Src) -> bool {
        let Src::Slot(slot) = looked_up else { return false };
        if self.is_named(*slot) {
            return false;
        }
        let with = with.clone();
        match self.last() {
            Some(Op::Get { from, key, dst }) if dst == slot => {
                let (from, key) = (from.clone(), key.clone());
                self.replace_last(Op::GetEqual { from, key, with });
                true
            }
            Some(Op::Input { path, dst }) if dst == slot => {
                let path = std::sync::Arc::clone(path);
                self.replace_last(Op::InputEqual { path, with });
                true
            }
            _ => false,
        }
    }
}

/// Whether a term is a wildcard.
fn ignored(term: &Term) -> bool {
    matches!(&term.kind, TermKind::Var(name) if name.starts_with('$'))
}
