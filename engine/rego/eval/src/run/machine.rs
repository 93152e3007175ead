//! The machine: runs the operations of a block, and goes back where one does not hold.

use super::Evaluation;
use super::heavy::counted;
use super::members::Members;
use super::slot::Slot;
use super::walk::Walk;
use crate::error::{Eval, EvalCode, EvalError};
use crate::plan::ops::{Block, Collect, Op, SlotId, Src};
use crate::probe::Probe;
use crate::steps::{Step, Variable};
use referee_rego_value::{Number, Value};

/// A block that is being run. It can be resumed as often as it holds.
#[derive(Debug)]
pub(super) struct Run<'a> {
    /// What is run.
    pub(super) block: &'a Block,
    /// Where its frame begins.
    pub(super) base: usize,
    /// Its first choice.
    floor: usize,
    /// The replacements that held at its beginning.
    scope: usize,
    /// How many scopes there were at its beginning.
    scopes: usize,
    started: bool,
    /// Whether it is only gone back to because OPA does so, not for what it gives.
    pub(super) left: bool,
}

impl Run<'_> {
    /// Its first choice.
    #[inline]
    pub(super) fn floor(&self) -> usize {
        self.floor
    }

    /// The replacements that held at its beginning, and how many scopes there were.
    #[inline]
    pub(super) fn beginning(&self) -> (usize, usize) {
        (self.scope, self.scopes)
    }
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// A run of a block over a frame.
    #[inline]
    pub(super) fn begin(&self, block: &'a Block, base: usize) -> Run<'a> {
        Run {
            block,
            base,
            floor: self.choices.len(),
            scope: self.scope,
            scopes: self.scopes.len(),
            started: false,
            left: false,
        }
    }

    /// Goes on to the next way in which a block holds; `false` where there is none.
    pub(super) fn resume(&mut self, run: &mut Run<'a>) -> Eval<bool> {
        let mut pc = if run.started {
            if P::STEPS && !std::mem::take(&mut run.left) {
                self.told(run.base, Step::Again);
            }
            match self.back(run)? {
                Some(pc) => pc,
                None => return Ok(false),
            }
        } else {
            run.started = true;
            self.context.meter.work(1)?;
            if P::STEPS
                && let Some(node) = &run.block.node
            {
                self.told(run.base, Step::Enter(node));
            }
            0
        };
        let block = run.block;
        loop {
            if P::ON {
                self.tell(run, pc);
            }
            let Some(op) = block.ops.get(pc) else {
                if P::STEPS {
                    self.told(run.base, Step::Held);
                }
                return Ok(true);
            };
            if let Op::Inlined { group, args, dst, skip } = op {
                pc += 1;
                if self.scope != 0
                    && let Some(plan) = self.group(*group)
                    && let Some(mock) = self.mocked(&plan.name)
                {
                    if self.call_mock(&mock, args, *dst, run, pc)? {
                        pc += skip;
                    } else {
                        match self.back(run)? {
                            Some(next) => pc = next,
                            None => return Ok(false),
                        }
                    }
                }
                continue;
            }
            let holds = self.step(op, pc, run)?;
            if P::STEPS {
                self.pin(pc);
            }
            if holds {
                pc += 1;
            } else {
                match self.back(run)? {
                    Some(next) => pc = next,
                    None => return Ok(false),
                }
            }
        }
    }

    /// Whether a block holds in any way.
    pub(super) fn holds(&mut self, block: &'a Block, base: usize) -> Eval<bool> {
        self.deeper()?;
        let mut run = self.begin(block, base);
        let holds = self.resume(&mut run)?;
        if holds {
            self.cut(&run)?;
        }
        self.depth -= 1;
        Ok(holds)
    }

    /// Whether a block holds in any way, each of which is looked for: OPA does not leave a negation
    /// early.
    fn holds_somehow(&mut self, block: &'a Block, base: usize) -> Eval<bool> {
        self.deeper()?;
        let mut run = self.begin(block, base);
        let mut holds = false;
        while self.resume(&mut run)? {
            holds = true;
        }
        self.depth -= 1;
        Ok(holds)
    }

    /// Gives up whatever else a run could give.
    #[inline]
    pub(super) fn cut(&mut self, run: &Run<'a>) -> Eval<()> {
        if P::STEPS && !run.left {
            self.told(run.base, Step::Cut);
        }
        if self.choices.len() > run.floor {
            self.give_up(run.floor, Some(run))?;
        }
        self.restore(run.scope, run.scopes);
        if P::STEPS {
            self.told(run.base, Step::Leave);
        }
        Ok(())
    }

    /// A search that was put off within an operation belongs to that operation.
    #[cold]
    fn pin(&mut self, pc: usize) {
        if let Some(choice) = self.choices.last_mut()
            && choice.pc == usize::MAX
        {
            choice.pc = pc;
        }
    }

    #[inline]
    pub(super) fn restore(&mut self, scope: usize, scopes: usize) {
        self.scope = scope;
        if self.scopes.len() > scopes {
            self.scopes.truncate(scopes);
        }
    }

    #[cold]
    fn tell(&mut self, run: &Run<'a>, pc: usize) {
        let block = run.block;
        let at =
            block.marks.partition_point(|mark| usize::try_from(mark.pc).is_ok_and(|it| it < pc));
        let marks = block.marks.iter().enumerate().skip(at);
        for (position, mark) in marks.take_while(|(_, mark)| usize::try_from(mark.pc) == Ok(pc)) {
            if mark.again {
                continue;
            }
            self.probe.expression(&mark.location);
            if P::STEPS
                && let Some(node) = &mark.node
            {
                self.told(run.base, Step::Eval(position, node));
            }
        }
    }

    /// Tells a step of the frame that begins at `base`.
    #[cold]
    pub(super) fn told(&mut self, base: usize, step: Step<'_>) {
        let slots = &self.slots;
        let read = |variable: &Variable| match &variable.src {
            Src::Const(value) => value.clone(),
            Src::Slot(slot) => {
                let at = base.saturating_add(usize::try_from(*slot).unwrap_or(usize::MAX));
                slots.get(at).map_or(Value::Null, |slot| slot.value().clone())
            }
        };
        self.probe.step(step, &read);
    }

    /// Runs one operation; whether it holds. After a choice has been made it does not: the run
    /// goes back to the choice, which is how it takes its first member.
    #[inline]
    pub(super) fn step(&mut self, op: &'a Op, pc: usize, run: &Run<'a>) -> Eval<bool> {
        let base = run.base;
        match op {
            Op::Fail => Ok(false),
            Op::Input { path, dst } => {
                let Some(value) = self.input_at(path) else { return Ok(false) };
                self.write(base, *dst, Slot::Ref(value));
                Ok(true)
            }
            Op::Base { path, dst } => {
                let Some(value) = self.base_at(path)? else { return Ok(false) };
                self.write(base, *dst, Slot::Ref(value));
                Ok(true)
            }
            Op::Get { from, key, dst } => {
                let Some(from) = self.borrowed(base, from) else { return Ok(false) };
                let Some(found) = from.get(self.read(base, key)) else { return Ok(false) };
                self.write(base, *dst, Slot::Ref(found));
                Ok(true)
            }
            Op::GetBase { from, key, dst } => {
                let Some(from) = self.borrowed(base, from) else { return Ok(false) };
                let key = self.read(base, key);
                let found = from.get(key).or_else(|| super::scope::by_text(from, key));
                let Some(found) = found else { return Ok(false) };
                self.write(base, *dst, Slot::Ref(found));
                Ok(true)
            }
            Op::Scan { from, key, value } => {
                if let Some(members) = self.borrowed(base, from).and_then(Members::of) {
                    self.choose(pc, *key, *value, members);
                }
                Ok(false)
            }
            Op::Equal { a, b } => self.equal(base, a, b),
            Op::GetEqual { from, key, with } => {
                let Some(from) = self.borrowed(base, from) else { return Ok(false) };
                let Some(found) = from.get(self.read(base, key)) else { return Ok(false) };
                self.equals(base, with, found)
            }
            Op::InputEqual { path, with } => {
                let Some(found) = self.input_at(path) else { return Ok(false) };
                self.equals(base, with, found)
            }
            Op::Truthy { from } => Ok(!matches!(self.read(base, from), Value::Bool(false))),
            Op::Compare { native, args, dst } => {
                if self.scope != 0
                    && let Some(holds) = self.compare_mocked(*native, &**args, *dst, run, pc)?
                {
                    return Ok(holds);
                }
                let [a, b] = &**args;
                self.compared(*native, base, a, b)
            }
            Op::Copy { from, dst } => {
                let value = self.taken(base, from);
                self.write(base, *dst, value);
                Ok(true)
            }
            Op::Test { native, args, dst } => {
                if self.scope == 0
                    && let Some(holds) = self.tested(*native, args, base)?
                {
                    return Ok(holds);
                }
                Ok(self.native(*native, args, *dst, run, pc)?
                    && !matches!(self.slot(base, *dst).value(), Value::Bool(false)))
            }
            Op::Calculate { native, args, dst } => {
                let [a, b] = &**args;
                if self.scope == 0
                    && let Value::Number(Number::Int(a)) = self.read(base, a)
                    && let Value::Number(Number::Int(b)) = self.read(base, b)
                    && let Some(value) = super::native::calculate(*native, *a, *b)
                {
                    self.write(base, *dst, Slot::Own(Value::from(value)));
                    return Ok(true);
                }
                self.native(*native, &**args, *dst, run, pc)
            }
            Op::ArrayLen { from, len } => {
                Ok(matches!(self.read(base, from), Value::Array(array) if array.len() == *len))
            }
            Op::ObjectLen { from, len } => {
                Ok(matches!(self.read(base, from), Value::Object(object) if object.len() == *len))
            }
            Op::Suits { from, collect } => Ok(matches!(
                (self.read(base, from), collect),
                (Value::Set(_), _)
                    | (Value::Array(_), Collect::Array)
                    | (Value::Object(_), Collect::Object)
            )),
            Op::Not { block } => Ok(!self.holds_somehow(block, base)?),
            Op::And { lhs, rhs } => Ok(self.holds(lhs, base)? && self.holds(rhs, base)?),
            Op::Or { lhs, rhs } => Ok(self.holds(lhs, base)? || self.holds(rhs, base)?),
            Op::Complete { group, dst } => {
                let Some(value) = self.complete(*group)? else { return Ok(false) };
                self.write(base, *dst, Slot::Ref(value));
                Ok(true)
            }
            _ => self.step_rarer(op, pc, run),
        }
    }

    #[inline(never)]
    fn step_rarer(&mut self, op: &'a Op, pc: usize, run: &Run<'a>) -> Eval<bool> {
        let base = run.base;
        match op {
            Op::Call { group, args, dst } => self.call(*group, args, *dst, run, pc),
            Op::Native { native, args, dst } => self.native(*native, args, *dst, run, pc),
            Op::Builtin { builtin, args, dst } => self.builtin(builtin, args, *dst, run, pc),
            Op::Relation { builtin, args, dst } => {
                if let Some(list) = self.relation(builtin, args, run, pc)? {
                    self.choose(pc, None, Some(*dst), Members::List(list.into(), 0));
                }
                Ok(false)
            }
            Op::Partial { group, keys, dst } => {
                let Some(value) = self.partial(*group, keys, base)? else { return Ok(false) };
                self.write(base, *dst, Slot::Ref(value));
                Ok(true)
            }
            Op::Comprehension { plan, dst } => {
                let value = self.comprehension(plan, base)?;
                self.write(base, *dst, Slot::Ref(value));
                Ok(true)
            }
            Op::Every { domain, key, value, block } => {
                self.every(domain, (*key, *value), block, base)
            }
            Op::MakeArray { .. } | Op::MakeSet { .. } | Op::MakeObject { .. } => {
                let (value, dst) = self.make(op, base)?;
                self.store(base, dst, value)?;
                Ok(true)
            }
            Op::Pick { members, key, value } => {
                let members = self.as_written(base, members);
                self.choose(pc, *key, *value, members);
                Ok(false)
            }
            Op::Walk { from, path, value, tests } => {
                let from = self.fixed(base, from)?;
                // What follows each step, and replacements, are to see things in their order.
                let tests = if P::ON || self.scope != 0 { 0 } else { *tests };
                let members = Members::Walk(Box::new(Walk::new(from, tests)));
                self.choose(pc, *path, *value, members);
                Ok(false)
            }
            Op::Print { from } => self.print(from, run, pc),
            Op::Note { from } => self.note(from, run, pc),
            Op::Template { from, dst } => self.template(from, *dst, run, pc),
            Op::Document { path, dst } => {
                let keys: Vec<Value> =
                    path.iter().map(|key| self.read(base, key).clone()).collect();
                let Some(value) = self.document(&keys)? else { return Ok(false) };
                self.write(base, *dst, Slot::Ref(value));
                Ok(true)
            }
            Op::Keys { path, dst } => {
                let keys: Vec<Value> =
                    path.iter().map(|key| self.read(base, key).clone()).collect();
                let (list, base) = self.document_keys(&keys)?;
                self.choose(pc, None, Some(*dst), Members::List(list.into(), base));
                Ok(false)
            }
            Op::Enter { with } => {
                self.enter(with, base)?;
                Ok(true)
            }
            Op::Leave => {
                self.leave();
                Ok(true)
            }
            Op::TooDeep => Err(Box::new(EvalError::new(
                EvalCode::Internal,
                "bodies are nested deeper than can be evaluated",
                super::builtin::location(run, pc),
            ))),
            // All others are done before.
            _ => Ok(false),
        }
    }

    /// A collection of operands.
    fn make(&mut self, op: &'a Op, base: usize) -> Eval<(Value, SlotId)> {
        let taken = |count: usize| count.saturating_mul(size_of::<Value>());
        match op {
            Op::MakeArray { items, dst } => {
                self.context.meter.reserve(taken(items.len()))?;
                let items: Vec<Value> =
                    items.iter().map(|item| self.read(base, item).clone()).collect();
                Ok((Value::Array(items.into()), *dst))
            }
            Op::MakeSet { items, dst } => {
                self.context.meter.reserve(taken(items.len()))?;
                let items = items.iter().map(|item| self.read(base, item).clone()).collect();
                Ok((self.set_of(items)?, *dst))
            }
            Op::MakeObject { items, dst } => {
                self.context.meter.reserve(taken(items.len()).saturating_mul(2))?;
                let mut members = Vec::with_capacity(items.len());
                for (key, value) in items {
                    let (key, value) =
                        (self.read(base, key).clone(), self.read(base, value).clone());
                    if key.is_heavy() {
                        key.prepare_hash(&mut counted(&mut self.context.meter))?;
                    }
                    members.push((key, value));
                }
                Ok((Value::object(members), *dst))
            }
            _ => Ok((Value::Null, 0)),
        }
    }
}
