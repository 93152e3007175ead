//! Partial rules: sets, objects, and objects of either.
//!
//! A document is made as a whole, or only as far as known keys ask for: then the keys are bound
//! before the bodies are run, so a body can look up where it would otherwise go through all.

use super::Evaluation;
use super::candidates::Args;
use super::heavy::counted;
use super::memo::{Known, Likeness};
use super::nested;
use super::scope::find;
use super::slot::{Slot, is_scalar};
use crate::error::{Eval, EvalCode, EvalError};
use crate::plan::ops::Src;
use crate::plan::{Clause, GroupPlan, Kind};
use crate::probe::Probe;
use referee_rego_syntax::Location;
use referee_rego_value::{ObjectBuilder, SetBuilder, Value};

/// A document that is being made.
#[derive(Debug)]
enum Making {
    Set(SetBuilder),
    Object(ObjectBuilder),
    Nested(nested::Members),
}

fn conflict(location: &Location) -> Box<EvalError> {
    Box::new(EvalError::new(EvalCode::Conflict, "object keys must be unique", location))
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// The document of a partial rule, or what stands under keys of it.
    pub(super) fn partial(&mut self, group: u32, keys: &'a [Src], base: usize) -> Eval<Known<'a>> {
        let whole = self.scope().and_then(|scope| scope.groups.get(group));
        if let Some(whole) = whole {
            if P::STEPS {
                self.tell_known(group, Args::default())?;
            }
            let Some(mut value) = whole else { return Ok(None) };
            for key in keys {
                match value.get(self.read(base, key)) {
                    Some(found) => value = found,
                    None => return Ok(None),
                }
            }
            return Ok(Some(value));
        }
        if keys.is_empty() {
            return self.whole(group);
        }
        let known = self.scope().and_then(|scope| {
            let read = keys.iter().map(|key| self.read(base, key));
            scope.members.get(member_id(group, keys.len()), read, Likeness::Identical)
        });
        if let Some(known) = known {
            if P::STEPS {
                self.tell_known(group, Args::default())?;
            }
            return Ok(known);
        }
        let keys: Box<[Slot<'a>]> = keys.iter().map(|key| self.taken(base, key)).collect();
        self.below(group, keys)
    }

    /// The same with keys that are values.
    pub(super) fn partial_at(&mut self, group: u32, keys: &[Value]) -> Eval<Known<'a>> {
        let whole = self.scope().and_then(|scope| scope.groups.get(group));
        if let Some(whole) = whole {
            if P::STEPS {
                self.tell_known(group, Args::default())?;
            }
            return Ok(whole.and_then(|value| find(value, keys)));
        }
        if keys.is_empty() {
            return self.whole(group);
        }
        let known = self.scope().and_then(|scope| {
            let id = member_id(group, keys.len());
            scope.members.get(id, keys.iter(), Likeness::Identical)
        });
        if let Some(known) = known {
            if P::STEPS {
                self.tell_known(group, Args::default())?;
            }
            return Ok(known);
        }
        let mut slots = Vec::with_capacity(keys.len());
        for key in keys {
            slots.push(if is_scalar(key) {
                Slot::Own(key.clone())
            } else {
                Slot::Ref(self.keep(key.clone())?)
            });
        }
        self.below(group, slots.into())
    }

    /// The whole document.
    fn whole(&mut self, id: u32) -> Eval<Known<'a>> {
        let Some(group) = self.group(id) else { return Ok(None) };
        if self.is_replaced(&group.info.path) {
            let data = self.scope().and_then(|scope| scope.data);
            return Ok(data.and_then(|data| find(data, &group.info.path)));
        }
        self.deeper()?;
        let made = self.make_document(group, &[])?;
        let made = Some(self.keep(made)?);
        if let Some(scope) = self.scope_mut() {
            scope.groups.set(id, made);
        }
        self.depth -= 1;
        Ok(made)
    }

    /// What stands under keys of a document that is not there as a whole.
    fn below(&mut self, id: u32, keys: Box<[Slot<'a>]>) -> Eval<Known<'a>> {
        let Some(group) = self.group(id) else { return Ok(None) };
        if self.is_replaced(&group.info.path) {
            let data = self.scope().and_then(|scope| scope.data);
            let whole = data.and_then(|data| find(data, &group.info.path));
            return Ok(keys
                .iter()
                .try_fold(whole, |value, key| value.map(|value| value.get(key.value())))
                .flatten());
        }
        if group.whole && !P::ON && !self.context.strict && self.try_whole(id, group)? {
            let whole = self.scope().and_then(|scope| scope.groups.get(id)).flatten();
            return Ok(whole.and_then(|whole| {
                keys.iter().try_fold(whole, |value, key| value.get(key.value()))
            }));
        }
        self.deeper()?;
        let made = self.make_document(group, &keys)?;
        let mut found = Some(&made);
        for key in &keys {
            found = found.and_then(|value| value.get(key.value()));
        }
        let found = match found {
            Some(value) => Some(self.keep(value.clone())?),
            None => None,
        };
        self.context.meter.reserve((keys.len() + 2) * size_of::<Value>())?;
        // What is undefined OPA finds out each time: that shows where something is printed.
        if let Some(scope) = self.scope_mut()
            && (found.is_some() || !group.effects)
        {
            scope.members.set(member_id(id, keys.len()), &keys, found, Likeness::Identical);
        }
        self.depth -= 1;
        Ok(found)
    }

    /// Makes the whole document although only a key of it was asked for; `false` where its keys do
    /// not agree, which must not be seen.
    fn try_whole(&mut self, id: u32, group: &'a GroupPlan) -> Eval<bool> {
        if self.scope().is_some_and(|scope| scope.split.contains(&id)) {
            return Ok(false);
        }
        self.deeper()?;
        let (slots, choices, depth) = (self.slots.len(), self.choices.len(), self.depth);
        let (scope, errors) = (self.scope, self.errors.len());
        let (pending, unmocked) = (self.pending.len(), self.unmocked);
        let made = match self.make_document(group, &[]) {
            Ok(made) => Some(self.keep(made)?),
            Err(error) if error.code == EvalCode::Conflict => {
                self.slots.truncate(slots);
                self.choices.truncate(choices);
                self.errors.truncate(errors);
                self.pending.truncate(pending);
                (self.depth, self.scope, self.unmocked) = (depth, scope, unmocked);
                None
            }
            Err(error) => return Err(error),
        };
        self.depth -= 1;
        let whole = made.is_some();
        if let Some(scope) = self.scope_mut() {
            match made {
                Some(made) => scope.groups.set(id, Some(made)),
                None => scope.split.push(id),
            }
        }
        Ok(whole)
    }

    /// Makes a document, as far as it is below known keys.
    fn make_document(&mut self, group: &'a GroupPlan, known: &[Slot<'a>]) -> Eval<Value> {
        let flat = group
            .definitions
            .iter()
            .flatten()
            .all(|clause| !clause.contains && clause.variants.len() == 2);
        let mut making = match group.info.kind {
            Kind::Set => Making::Set(SetBuilder::default()),
            _ if flat => Making::Object(ObjectBuilder::default()),
            _ => Making::Nested(nested::Members::new()),
        };
        let candidates = self.candidates(group, Args::default())?;
        if P::STEPS {
            self.tell_index(group, candidates.matched(), false);
        }
        for (definition, clause) in &candidates.clauses {
            let clauses =
                usize::try_from(*definition).ok().and_then(|at| group.definitions.get(at));
            let clause = clauses.and_then(|it| it.get(usize::try_from(*clause).ok()?));
            let Some(clause) = clause else { continue };
            if let Err(error) = self.collect(group, clause, known, &mut making) {
                self.give_away(making);
                return Err(error);
            }
        }
        Ok(match making {
            Making::Set(set) => {
                Value::Set(set.build_within(&mut counted(&mut self.context.meter))?)
            }
            Making::Object(object) => {
                Value::Object(object.build_within(&mut counted(&mut self.context.meter))?)
            }
            Making::Nested(members) => nested::built(members, &mut self.context.meter)?,
        })
    }

    fn collect(
        &mut self,
        group: &'a GroupPlan,
        clause: &'a Clause,
        known: &[Slot<'a>],
        making: &mut Making,
    ) -> Eval<()> {
        let most = clause.variants.len().saturating_sub(1);
        let known = known.get(..most.min(known.len())).unwrap_or_default();
        let Some(variant) = clause.variants.get(known.len()) else { return Ok(()) };
        let base = self.push_frame(variant.slots);
        for (slot, key) in known.iter().enumerate() {
            if let Some(place) = self.slots.get_mut(base + slot) {
                *place = key.clone();
            }
        }
        let mut run = self.begin(&variant.block, base);
        while self.resume(&mut run)? {
            self.context.meter.reserve(2 * size_of::<Value>())?;
            let value = self.read(base, &variant.value).clone();
            if P::ON {
                self.probe.rule(&group.name, &clause.location);
                self.probe.element(&group.name, &clause.location, &value);
            }
            match making {
                Making::Set(set) => {
                    set.insert_within(value, &mut counted(&mut self.context.meter))?;
                }
                Making::Object(object) => {
                    let Some(key) = variant.keys.first() else { continue };
                    let key = self.read(base, key).clone();
                    let spend = &mut counted(&mut self.context.meter);
                    if object.insert_unique_within(key, value, spend)?.is_err() {
                        return Err(conflict(&clause.head));
                    }
                }
                Making::Nested(members) => {
                    let keys: Vec<Value> =
                        variant.keys.iter().map(|key| self.read(base, key).clone()).collect();
                    let meter = &mut self.context.meter;
                    if !nested::insert(members, &keys, value, clause.contains, meter)? {
                        return Err(conflict(&clause.head));
                    }
                }
            }
        }
        self.pop_frame(base);
        Ok(())
    }
}

/// Under which number the members of a group are kept: they have so many keys each.
fn member_id(group: u32, keys: usize) -> u32 {
    let keys = u32::try_from(keys).unwrap_or(u32::MAX);
    group.wrapping_mul(31).wrapping_add(keys).wrapping_mul(0x9E37_79B1)
}
