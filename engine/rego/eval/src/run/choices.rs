//! Going back: to the last choice that has more to give.

use super::Evaluation;
use super::machine::Run;
use super::members::{Choice, Members};
use super::slot::{Slot, is_scalar};
use crate::error::Eval;
use crate::plan::ops::{SlotId, Src};
use crate::probe::Probe;
use crate::steps::Step;
use referee_rego_value::Value;

/// What taking the next member of a choice came to.
enum Taken {
    /// There is none any more.
    None,
    /// It stands in its slots.
    Whole,
    /// The same, but for the path of a walk: that is made where the tests after the walk hold.
    WithoutPath(SlotId),
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// Goes back to the last choice that has more to give: where to go on.
    #[inline]
    pub(super) fn back(&mut self, run: &Run<'a>) -> Eval<Option<usize>> {
        loop {
            if self.choices.len() <= run.floor() {
                let (scope, scopes) = run.beginning();
                self.restore(scope, scopes);
                if P::STEPS {
                    self.told(run.base, Step::Leave);
                }
                return Ok(None);
            }
            if P::STEPS
                && let Some(choice) = self.choices.last().filter(|choice| !choice.fresh)
                && let Some(position) = run.block.position(choice.pc)
            {
                self.told(run.base, Step::Back(position));
            }
            let Some(choice) = self.choices.last_mut() else { return Ok(None) };
            let (pc, scope, scopes) = (choice.pc, choice.scope, choice.scopes);
            let fresh = std::mem::replace(&mut choice.fresh, false);
            let taken = self.take(run.base)?;
            if let Taken::None = taken {
                if let Some(choice) = self.choices.pop()
                    && matches!(choice.members, Members::Pending)
                {
                    self.catch_up(&choice, false)?;
                }
                continue;
            }
            if self.scopes.len() > 1 {
                self.restore(scope, scopes);
            }
            self.context.meter.work(1)?;
            if let Taken::WithoutPath(slot) = taken {
                match self.path_of_walk(run, pc, slot)? {
                    Some(next) => return Ok(Some(next)),
                    None => continue,
                }
            }
            if P::ON
                && !fresh
                && let Some(location) = run.block.location(pc)
            {
                self.probe.again(location);
            }
            return Ok(Some(pc + 1));
        }
    }

    /// Takes the next member of the last choice. Those of collections and walks, which are nearly
    /// all, are borrowed and never moved about.
    #[inline]
    fn take(&mut self, base: usize) -> Eval<Taken> {
        let Some(choice) = self.choices.last_mut() else { return Ok(Taken::None) };
        let (key_slot, value_slot) = (choice.key, choice.value);
        match &mut choice.members {
            Members::Parts(parts) => {
                let Some((key, value)) = parts.next() else { return Ok(Taken::None) };
                if let Some(slot) = key_slot {
                    self.write(base, slot, key.slot());
                }
                if let Some(slot) = value_slot {
                    self.write(base, slot, Slot::Ref(value));
                }
                Ok(Taken::Whole)
            }
            Members::Walk(walk) => {
                let Some(value) = walk.next() else { return Ok(Taken::None) };
                let path = key_slot.map(|slot| (slot, (walk.tests() == 0).then(|| walk.path())));
                if let Some(slot) = value_slot {
                    self.write(base, slot, Slot::Ref(value));
                }
                match path {
                    None => Ok(Taken::Whole),
                    Some((slot, None)) => Ok(Taken::WithoutPath(slot)),
                    Some((slot, Some(path))) => {
                        self.write_path(base, slot, path)?;
                        Ok(Taken::Whole)
                    }
                }
            }
            _ => self.take_listed(base),
        }
    }

    /// Takes the next member of a choice that was listed. A collection goes to the arena.
    #[inline(never)]
    fn take_listed(&mut self, base: usize) -> Eval<Taken> {
        let Some(choice) = self.choices.last_mut() else { return Ok(Taken::None) };
        let (key_slot, value_slot) = (choice.key, choice.value);
        let Some((key, value)) = choice.members.next() else { return Ok(Taken::None) };
        if let Some(slot) = key_slot {
            self.write(base, slot, key);
        }
        let Some(slot) = value_slot else { return Ok(Taken::Whole) };
        match value {
            Slot::Own(value) if !is_scalar(&value) => {
                self.context.meter.reserve(value.heap_size())?;
                self.store(base, slot, value)?;
            }
            other => self.write(base, slot, other),
        }
        Ok(Taken::Whole)
    }

    /// Makes the path of the value that a walk has come to, where the tests after the walk hold:
    /// then where to go on.
    fn path_of_walk(&mut self, run: &Run<'a>, pc: usize, slot: SlotId) -> Eval<Option<usize>> {
        let tests = match self.choices.last().map(|choice| &choice.members) {
            Some(Members::Walk(walk)) => walk.tests(),
            _ => 0,
        };
        let first = pc + 1;
        let block = run.block;
        for (at, op) in block.ops.iter().enumerate().skip(first).take(tests) {
            if !self.step(op, at, run)? {
                return Ok(None);
            }
        }
        if let Some(Members::Walk(walk)) = self.choices.last_mut().map(|choice| &mut choice.members)
        {
            let path = walk.path();
            self.write_path(run.base, slot, path)?;
        }
        Ok(Some(first + tests))
    }

    /// Writes the path of a walk, which is made for each value and goes to the arena.
    #[inline]
    fn write_path(&mut self, base: usize, slot: SlotId, path: Value) -> Eval<()> {
        self.context.meter.reserve(path.heap_size())?;
        let path = self.keep(path)?;
        self.write(base, slot, Slot::Ref(path));
        Ok(())
    }

    /// From here on each of these members is tried.
    pub(super) fn choose(
        &mut self,
        pc: usize,
        key: Option<SlotId>,
        value: Option<SlotId>,
        members: Members<'a>,
    ) {
        let (scope, scopes) = (self.scope, self.scopes.len());
        self.choices.push(Choice { pc, scope, scopes, key, value, fresh: true, members });
    }

    /// The members of a collection that is written out.
    pub(super) fn as_written(&self, base: usize, members: &'a [(Src, Src)]) -> Members<'a> {
        let pairs: Vec<_> = members
            .iter()
            .map(|(key, value)| (self.taken(base, key), self.taken(base, value)))
            .collect();
        Members::Pairs(pairs.into_iter())
    }

    /// Gives up choices down to a number of them. What was put off with them is caught up on: in a
    /// body that is left because it held, as far as OPA does, and otherwise as a whole.
    #[inline(never)]
    pub(super) fn give_up(&mut self, floor: usize, left: Option<&Run<'a>>) -> Eval<()> {
        while self.choices.len() > floor {
            let Some(choice) = self.choices.pop() else { break };
            if matches!(choice.members, Members::Pending) {
                if P::STEPS
                    && let Some(run) = left
                    && let Some(position) = run.block.position(choice.pc)
                {
                    self.told(run.base, Step::Back(position));
                }
                self.catch_up(&choice, left.is_some())?;
            }
        }
        Ok(())
    }
}
