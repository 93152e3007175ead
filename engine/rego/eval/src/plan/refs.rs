//! References into `input`, into locals, and into any value: lookups where the key is known,
//! scans where it is not.

use crate::plan::body::Body;
use crate::plan::ops::{Op, Src};
use crate::plan::term::{constant, is_root, variable};
use crate::plan::{Planned, Unbound};
use referee_rego_syntax::ast::{Term, TermKind};
use referee_rego_value::Value;

impl Body<'_, '_> {
    /// Evaluates a reference: where it has variables that are not bound, for each way to bind them.
    pub(crate) fn reference(&mut self, parts: &[Term]) -> Planned<Src> {
        let (head, keys) = parts.split_first().ok_or(Unbound)?;
        match &head.kind {
            TermKind::Var(name) if name == "input" => {
                let (known, rest) = leading_constants(keys);
                let dst = self.slot();
                let planner = &mut *self.planner;
                let path = planner.inputs.find(
                    &known,
                    Some(&planner.scheme.inputs),
                    &mut planner.counts.inputs,
                );
                self.push(Op::Input { path, dst });
                self.members(Src::Slot(dst), rest)
            }
            TermKind::Var(name) if name == "data" => self.data(keys),
            TermKind::Var(name) => {
                let from = self.read(name)?;
                self.members(from, keys)
            }
            _ => {
                let from = self.evaluate(head)?;
                self.members(from, keys)
            }
        }
    }

    /// What stands at a path of the base document.
    pub(crate) fn base(&mut self, known: &[Value]) -> Src {
        let dst = self.slot();
        let planner = &mut *self.planner;
        let path =
            planner.bases.find(known, Some(&planner.scheme.bases), &mut planner.counts.bases);
        self.push(Op::Base { path, dst });
        Src::Slot(dst)
    }

    /// What stands under keys, one after the other.
    pub(crate) fn members(&mut self, from: Src, keys: &[Term]) -> Planned<Src> {
        keys.iter().try_fold(from, |from, key| self.member(from, key, false))
    }

    /// What stands under keys of a base document.
    pub(crate) fn base_members(&mut self, from: Src, keys: &[Term]) -> Planned<Src> {
        keys.iter().try_fold(from, |from, key| self.member(from, key, true))
    }

    /// What stands under a key.
    fn member(&mut self, from: Src, key: &Term, base: bool) -> Planned<Src> {
        if let (Src::Const(known), Some(key)) = (&from, constant(key)) {
            return Ok(match known.get(&key) {
                Some(found) => Src::Const(found.clone()),
                None => {
                    self.push(Op::Fail);
                    Src::Const(Value::Null)
                }
            });
        }
        if let Some(name) = variable(key)
            && !is_root(name)
            && !self.bound(name)
        {
            let value = self.slot();
            if name.starts_with('$') {
                self.push(Op::Scan { from, key: None, value: Some(value) });
            } else {
                let slot = self.slot();
                self.push(Op::Scan { from, key: Some(slot), value: Some(value) });
                self.bind(name, Src::Slot(slot));
            }
            return Ok(Src::Slot(value));
        }
        if self.ready(key) {
            let key = self.evaluate(key)?;
            let dst = self.slot();
            self.push(if base {
                Op::GetBase { from, key, dst }
            } else {
                Op::Get { from, key, dst }
            });
            return Ok(Src::Slot(dst));
        }
        // A pattern with variables: each key that matches it.
        let (slot, value) = (self.slot(), self.slot());
        self.push(Op::Scan { from, key: Some(slot), value: Some(value) });
        self.matches(key, Src::Slot(slot))?;
        Ok(Src::Slot(value))
    }

    /// Binds the variables of a key that is not known to a slot that holds it.
    pub(crate) fn bind_key(&mut self, key: &Term, slot: u32) -> Planned<()> {
        match variable(key) {
            Some(name) if !is_root(name) && !self.bound(name) => {
                self.bind(name, Src::Slot(slot));
                Ok(())
            }
            _ => self.matches(key, Src::Slot(slot)),
        }
    }
}

/// The keys at the beginning that are constant, and the others.
pub(crate) fn leading_constants(keys: &[Term]) -> (Vec<Value>, &[Term]) {
    let known: Vec<Value> = keys.iter().map_while(constant).collect();
    let rest = keys.get(known.len()..).unwrap_or_default();
    (known, rest)
}
