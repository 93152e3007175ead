//! Comprehensions.

use super::Evaluation;
use super::heavy::counted;
use super::memo::same;
use super::slot::Slot;
use crate::error::{Eval, EvalCode, EvalError};
use crate::plan::ops::{Collect, Comprehension, Keep, Src};
use crate::probe::Probe;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use referee_rego_builtin::{Cancelled, Meter};
use referee_rego_value::{ArrayBuilder, ObjectBuilder, SetBuilder, Value};

/// The values of a comprehension by the values of the variables that it shares.
pub(super) type Grouped<'a> = HashMap<&'a [Value], &'a Value, FixedState>;

/// The same while they are being collected.
type Groups = HashMap<Box<[Value]>, Collected, FixedState>;

/// What is being collected.
#[derive(Debug)]
enum Collected {
    Array(ArrayBuilder),
    Set(SetBuilder),
    Object(ObjectBuilder),
}

impl Collected {
    fn new(collect: Collect) -> Self {
        match collect {
            Collect::Array => Self::Array(ArrayBuilder::default()),
            Collect::Set => Self::Set(SetBuilder::default()),
            Collect::Object => Self::Object(ObjectBuilder::default()),
        }
    }

    fn build(self, meter: &mut Meter<'_>) -> Result<Value, Cancelled> {
        let spend = &mut counted(meter);
        Ok(match self {
            Self::Array(items) => Value::Array(items.build()),
            Self::Set(set) => Value::Set(set.build_within(spend)?),
            Self::Object(object) => Value::Object(object.build_within(spend)?),
        })
    }
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// The value of a comprehension.
    pub(super) fn comprehension(
        &mut self,
        plan: &'a Comprehension,
        base: usize,
    ) -> Eval<&'a Value> {
        match &plan.keep {
            Keep::Never => self.collected(plan, base),
            Keep::Always => {
                let known = self.scope().and_then(|scope| scope.comprehensions.get(plan.id));
                if let Some(Some(value)) = known {
                    return Ok(value);
                }
                let value = self.collected(plan, base)?;
                if let Some(scope) = self.scope_mut() {
                    scope.comprehensions.set(plan.id, Some(value));
                }
                Ok(value)
            }
            Keep::While(slots) => {
                let now = |slot: &u32| {
                    self.slots.get(base.saturating_add(usize::try_from(*slot).unwrap_or(0)))
                };
                let known = self.scope().and_then(|scope| scope.last.get(&plan.id));
                if let Some((held, value)) = known
                    && held.iter().zip(slots).all(|(held, slot)| {
                        now(slot).is_some_and(|now| same(held.value(), now.value()))
                    })
                {
                    return Ok(value);
                }
                let held: Box<[Slot<'a>]> =
                    slots.iter().map(|slot| now(slot).cloned().unwrap_or_default()).collect();
                let value = self.collected(plan, base)?;
                if let Some(scope) = self.scope_mut() {
                    scope.last.insert(plan.id, (held, value));
                }
                Ok(value)
            }
            Keep::ByKey(inside, asked) => self.by_key(plan, inside, asked, base),
        }
    }

    fn collected(&mut self, plan: &'a Comprehension, base: usize) -> Eval<&'a Value> {
        self.deeper()?;
        let mut collected = Collected::new(plan.collect);
        let mut run = self.begin(&plan.block, base);
        while self.resume(&mut run)? {
            self.context.meter.reserve(size_of::<Value>())?;
            let value = self.read(base, &plan.value).clone();
            match &mut collected {
                Collected::Array(items) => items.push(value),
                Collected::Set(set) => {
                    set.insert_within(value, &mut counted(&mut self.context.meter))?;
                }
                Collected::Object(object) => {
                    let key = self.read(base, &plan.key).clone();
                    let spend = &mut counted(&mut self.context.meter);
                    if object.insert_unique_within(key, value, spend)?.is_err() {
                        return Err(Box::new(EvalError::new(
                            EvalCode::Conflict,
                            "object keys must be unique",
                            &plan.location,
                        )));
                    }
                }
            }
        }
        self.depth -= 1;
        let value = collected.build(&mut self.context.meter)?;
        self.keep(value)
    }

    fn by_key(
        &mut self,
        plan: &'a Comprehension,
        inside: &'a [Src],
        asked: &'a [Src],
        base: usize,
    ) -> Eval<&'a Value> {
        let there = self.scope().is_some_and(|scope| scope.grouped.contains_key(&plan.id));
        if !there {
            self.group_by_key(plan, inside, base)?;
        }
        let key: Vec<Value> = asked.iter().map(|src| self.read(base, src).clone()).collect();
        key.iter().try_for_each(|key| key.prepare_hash(&mut counted(&mut self.context.meter)))?;
        let found = self
            .scope()
            .and_then(|scope| scope.grouped.get(&plan.id))
            .and_then(|grouped| grouped.get(key.as_slice()).copied());
        match found {
            Some(value) => Ok(value),
            None => {
                let empty = Collected::new(plan.collect).build(&mut self.context.meter)?;
                self.keep(empty)
            }
        }
    }

    fn group_by_key(
        &mut self,
        plan: &'a Comprehension,
        inside: &'a [Src],
        base: usize,
    ) -> Eval<()> {
        self.deeper()?;
        let mut groups = Groups::default();
        if let Err(error) = self.group_members(plan, inside, base, &mut groups) {
            self.give_away(groups);
            return Err(error);
        }
        let mut grouped: Grouped<'a> = HashMap::default();
        for (key, collected) in groups {
            let value = collected.build(&mut self.context.meter)?;
            let value = self.keep(value)?;
            grouped.insert(self.arena.keep_all(key), value);
        }
        if let Some(scope) = self.scope_mut() {
            scope.grouped.insert(plan.id, grouped);
        }
        self.depth -= 1;
        Ok(())
    }

    fn group_members(
        &mut self,
        plan: &'a Comprehension,
        inside: &'a [Src],
        base: usize,
        groups: &mut Groups,
    ) -> Eval<()> {
        let mut run = self.begin(&plan.block, base);
        while self.resume(&mut run)? {
            self.context.meter.reserve((inside.len() + 1) * size_of::<Value>())?;
            let key: Box<[Value]> = inside.iter().map(|src| self.read(base, src).clone()).collect();
            let value = self.read(base, &plan.value).clone();
            let member = self.read(base, &plan.key).clone();
            let spend = &mut counted(&mut self.context.meter);
            key.iter().try_for_each(|key| key.prepare_hash(spend))?;
            match groups.entry(key).or_insert_with(|| Collected::new(plan.collect)) {
                Collected::Array(items) => items.push(value),
                Collected::Set(set) => {
                    set.insert_within(value, spend)?;
                }
                // As OPA's index has it, the later of two values stays.
                Collected::Object(object) => object.insert_within(member, value, spend)?,
            }
        }
        Ok(())
    }
}
