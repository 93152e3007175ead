//! References into `input`, into locals, and into any value: lookups where the key is known,
//! scans where it is not.

use crate::plan::body::Body;
use crate::plan::ops::{Op, SlotId, Src};
use crate::plan::term::{constant, is_root, variable};
use crate::plan::{Planned, Unbound};
use referee_rego_syntax::ast::{Term, TermKind};
use referee_rego_value::Value;
use std::sync::Arc;

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
        if let Some(key) = constant(key)
            && let Some(inner) = self.written_within(&from, &key)
        {
            return Ok(inner);
        }
        if let Some(name) = variable(key)
            && !is_root(name)
            && !self.bound(name)
        {
            let value = self.slot();
            let slot = (!name.starts_with('$')).then(|| self.slot());
            self.scan(from, slot, value);
            if let Some(slot) = slot {
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
        self.scan(from, Some(slot), value);
        self.matches(key, Src::Slot(slot))?;
        Ok(Src::Slot(value))
    }

    /// What stands under a key of a collection that is written out, where that is written out too.
    fn written_within(&self, from: &Src, key: &Value) -> Option<Src> {
        let members = self.written(from)?;
        if !members.iter().all(|(key, _)| matches!(key, Src::Const(_))) {
            return None;
        }
        let found = members.iter().find(|(it, _)| matches!(it, Src::Const(it) if it == key));
        found.map(|(_, inner)| inner.clone()).filter(|inner| self.written(inner).is_some())
    }

    /// Each member of a value.
    fn scan(&mut self, from: Src, key: Option<SlotId>, value: SlotId) {
        let value = Some(value);
        self.push(match self.written(&from) {
            Some(members) => Op::Pick { members: Arc::clone(members), key, value },
            None => Op::Scan { from, key, value },
        });
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
