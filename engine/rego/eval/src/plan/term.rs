//! Terms: what is constant, what can be evaluated, and the evaluation of what can.

use crate::plan::body::{Body, Written};
use crate::plan::ops::{Op, Src};
use crate::plan::tree::scalar;
use crate::plan::{Planned, Unbound};
use referee_rego_syntax::ast::{Ref, Term, TermKind};
use referee_rego_syntax::compare::compare_terms;
use referee_rego_value::{Str, Value};

/// The value of a term that is constant.
pub(crate) fn constant(term: &Term) -> Option<Value> {
    match &term.kind {
        TermKind::Array(items) => {
            Some(Value::array(items.iter().map(constant).collect::<Option<Vec<_>>>()?))
        }
        TermKind::Set(items) => {
            Some(Value::set(items.iter().map(constant).collect::<Option<Vec<_>>>()?))
        }
        TermKind::Object(members) => {
            let members =
                members.iter().map(|(key, value)| Some((constant(key)?, constant(value)?)));
            Some(Value::object(members.collect::<Option<Vec<_>>>()?))
        }
        _ => scalar(term),
    }
}

/// The name of a variable.
pub(crate) fn variable(term: &Term) -> Option<&Str> {
    match &term.kind {
        TermKind::Var(name) => Some(name),
        TermKind::Ref(parts) => match parts.as_slice() {
            [Term { kind: TermKind::Var(name), .. }] if !is_root(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a name is that of a document.
pub(crate) fn is_root(name: &str) -> bool {
    name == "input" || name == "data"
}

/// The name of the head of a reference, where that is a variable or document.
pub(crate) fn head_name(reference: &Ref) -> Option<&Str> {
    match &reference.first()?.kind {
        TermKind::Var(name) => Some(name),
        _ => None,
    }
}

/// The name that a reference to a builtin spells: `io.jwt.decode`.
pub(crate) fn dotted(reference: &Ref) -> String {
    let mut name = String::new();
    for part in reference {
        if !name.is_empty() {
            name.push('.');
        }
        if let TermKind::Var(text) | TermKind::String(text) = &part.kind {
            name.push_str(text);
        }
    }
    name
}

/// The members of a collection in the order of the terms that are their keys.
fn in_order(members: &mut [(&Term, (Src, Src))]) -> Written {
    members.sort_by(|(a, _), (b, _)| compare_terms(a, b));
    members.iter().map(|(_, member)| member.clone()).collect()
}

impl Body<'_, '_> {
    /// Whether a term can be evaluated now: its variables are bound, or are bound by evaluating it.
    pub(crate) fn ready(&self, term: &Term) -> bool {
        match &term.kind {
            TermKind::Var(name) => is_root(name) || self.bound(name),
            TermKind::Ref(parts) => parts.first().is_some_and(|head| self.ready(head)),
            TermKind::Array(items) | TermKind::Set(items) => {
                items.iter().all(|item| self.ready(item))
            }
            TermKind::Object(members) => {
                members.iter().all(|(key, value)| self.ready(key) && self.ready(value))
            }
            _ => true,
        }
    }

    /// Evaluates a term.
    pub(crate) fn evaluate(&mut self, term: &Term) -> Planned<Src> {
        if let Some(value) = constant(term) {
            return Ok(Src::Const(value));
        }
        match &term.kind {
            TermKind::Var(name) if is_root(name) => self.reference(std::slice::from_ref(term)),
            TermKind::Var(name) => self.read(name),
            TermKind::Ref(parts) => self.reference(parts),
            TermKind::Array(items) => {
                let items = self.evaluate_all(items)?;
                let dst = self.slot();
                let indexed = (0_i64..).map(|at| Src::Const(Value::from(at)));
                self.write_out(dst, indexed.zip(items.iter().cloned()).collect());
                self.push(Op::MakeArray { items, dst });
                Ok(Src::Slot(dst))
            }
            TermKind::Set(items) => {
                let values = self.evaluate_all(items)?;
                let mut members: Vec<_> =
                    items.iter().zip(values.iter().map(|it| (it.clone(), it.clone()))).collect();
                let dst = self.slot();
                self.push(Op::MakeSet { items: values, dst });
                self.write_out(dst, in_order(&mut members));
                Ok(Src::Slot(dst))
            }
            TermKind::Object(members) => {
                let mut items = Vec::with_capacity(members.len());
                for (key, value) in members {
                    items.push((key, (self.evaluate(key)?, self.evaluate(value)?)));
                }
                let items = in_order(&mut items);
                let dst = self.slot();
                self.push(Op::MakeObject { items: items.iter().cloned().collect(), dst });
                self.write_out(dst, items);
                Ok(Src::Slot(dst))
            }
            TermKind::ArrayComprehension(_)
            | TermKind::SetComprehension(_)
            | TermKind::ObjectComprehension(_) => self.comprehension(term),
            TermKind::Call(terms) => self.call_value(terms),
            _ => Err(Unbound),
        }
    }

    /// Evaluates terms in order.
    pub(crate) fn evaluate_all(&mut self, terms: &[Term]) -> Planned<Box<[Src]>> {
        terms.iter().map(|term| self.evaluate(term)).collect()
    }
}
