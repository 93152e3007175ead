//! Calls of functions of the policies.

use super::Evaluation;
use super::candidates::Args;
use super::machine::Run;
use super::memo::Likeness;
use super::scope::Mock;
use super::slot::Slot;
use crate::error::Eval;
use crate::plan::ops::{Callee, Op, SlotId, Src};
use crate::probe::Probe;
use crate::steps::Step;
use referee_rego_value::Value;

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// Calls a function.
    pub(super) fn call(
        &mut self,
        group: u32,
        args: &'a [Src],
        dst: SlotId,
        run: &Run<'a>,
        pc: usize,
    ) -> Eval<bool> {
        if self.scope != 0
            && let Some(plan) = self.group(group)
            && let Some(mock) = self.mocked(&plan.name)
        {
            return self.call_mock(&mock, args, dst, run, pc);
        }
        let pending = self.pending.len();
        let value = self.apply(group, args, run.base)?;
        if P::STEPS
            && self.pending.len() > pending
            && matches!(run.block.ops.get(pc + 1), Some(Op::Truthy { from: Src::Slot(slot) })
                if *slot == dst)
            && value.as_ref().is_some_and(|value| matches!(value.value(), Value::Bool(false)))
        {
            self.told(run.base, Step::Refused);
        }
        self.give(value, dst, run.base)
    }

    /// Writes what a call gave.
    pub(super) fn give(&mut self, value: Option<Slot<'a>>, dst: SlotId, base: usize) -> Eval<bool> {
        let Some(value) = value else { return Ok(false) };
        self.write(base, dst, value);
        Ok(true)
    }

    /// Calls what stands in for a function.
    #[inline(never)]
    pub(super) fn call_mock(
        &mut self,
        mock: &Mock<'a>,
        args: &'a [Src],
        dst: SlotId,
        run: &Run<'a>,
        pc: usize,
    ) -> Eval<bool> {
        match mock {
            Mock::Value(value) => {
                self.write(run.base, dst, value.clone());
                Ok(true)
            }
            Mock::Document(path) => {
                let Some(value) = self.document(path)? else { return Ok(false) };
                self.write(run.base, dst, Slot::Ref(value));
                Ok(true)
            }
            Mock::Function(callee) => {
                // Within the function that stands in nothing is replaced.
                let before = std::mem::replace(&mut self.unmocked, self.scope.saturating_add(1));
                let holds = match callee {
                    Callee::Rule(group) => self
                        .apply(*group, args, run.base)
                        .and_then(|value| self.give(value, dst, run.base)),
                    Callee::Builtin(builtin) => self.builtin(builtin, args, dst, run, pc),
                    Callee::Native(native) => self.native(*native, args, dst, run, pc),
                };
                self.unmocked = before;
                holds
            }
        }
    }

    /// Tells how many definitions could apply to arguments for which the value is known.
    #[cold]
    fn tell_called(&mut self, id: u32, args: &'a [Src], base: usize) -> Eval<()> {
        let first = self.slots.len();
        for arg in args {
            let arg = self.taken(base, arg);
            self.slots.push(arg);
        }
        let told = self.tell_known(id, Args { base: first, count: args.len(), called: true });
        self.slots.truncate(first);
        told
    }

    /// The value of a function for these arguments.
    fn apply(&mut self, id: u32, args: &'a [Src], base: usize) -> Eval<Option<Slot<'a>>> {
        let Some(group) = self.group(id) else { return Ok(None) };
        let by = if group.effects { Likeness::Equal } else { Likeness::Identical };
        if group.keep {
            let known = self.scope().and_then(|scope| {
                scope.calls.get(id, args.iter().map(|arg| self.read(base, arg)), by)
            });
            if let Some(known) = known {
                if P::STEPS {
                    self.tell_called(id, args, base)?;
                }
                return Ok(known.map(Slot::Ref));
            }
        }
        self.deeper()?;
        self.context.meter.work(2)?;
        let (first, pending) = (self.slots.len(), self.pending.len());
        for arg in args {
            let arg = self.taken(base, arg);
            self.slots.push(arg);
        }
        let found =
            self.definitions(group, Args { base: first, count: args.len(), called: true })?;
        self.depth -= 1;
        let waits = self.pending.len() > pending;
        if !group.keep {
            if !waits {
                self.slots.truncate(first);
            }
            return Ok(found);
        }
        let found = match found {
            Some(slot) => Some(self.fix(slot)?),
            None => None,
        };
        self.context.meter.reserve((args.len() + 2) * size_of::<Value>())?;
        // What is undefined OPA finds out each time: that shows where something is printed.
        if (found.is_some() || !group.effects)
            && let Some(scope) = self.scopes.get_mut(self.scope)
        {
            let taken = self.slots.get(first..first + args.len()).unwrap_or_default();
            scope.calls.set(id, taken, found, by);
        }
        if !waits {
            self.slots.truncate(first);
        }
        Ok(found.map(Slot::Ref))
    }
}
