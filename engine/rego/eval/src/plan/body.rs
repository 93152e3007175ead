//! Bodies: expressions to operations.

use super::defer::defer_paths;
use super::inline::Candidates;
use crate::plan::ops::{Block, Mark, Op, SlotId, Src};
use crate::plan::paths::{Counts, Paths};
use crate::plan::{Planned, Scheme, Unbound};
use hashbrown::HashMap;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Expr, ExprKind};
use referee_rego_value::{Str, Value};
use std::sync::Arc;

/// How deep bodies may be within bodies: comprehensions, `every`, `not`.
const MOST_NESTED: u32 = 48;

/// Where planning adds what it needs to keep.
pub(crate) struct Planner<'p> {
    /// The program.
    pub(crate) scheme: &'p Scheme,
    /// New paths into `input`.
    pub(crate) inputs: Paths,
    /// New paths into the base document.
    pub(crate) bases: Paths,
    /// How much there is to keep.
    pub(crate) counts: Counts,
    /// The rules that can stand where they are called.
    pub(crate) inline: Candidates<'p>,
}

/// The value of a variable, and as the how-manieth it was bound.
#[derive(Clone, Debug)]
struct Bound {
    src: Src,
    at: usize,
}

/// The members of a collection that is written out, in the order of their terms.
pub(crate) type Written = Arc<[(Src, Src)]>;

/// A body that is being planned, with its frame.
pub(crate) struct Body<'b, 'p> {
    /// Where what is to be kept gets its place.
    pub(crate) planner: &'b mut Planner<'p>,
    vars: HashMap<Str, Bound, foldhash::fast::FixedState>,
    order: Vec<Str>,
    next: SlotId,
    ops: Vec<Op>,
    marks: Vec<Mark>,
    single: bool,
    /// Whether a variable that is not bound is an error to be told, not a body that never holds.
    pub(crate) trial: bool,
    /// How many operations there are whose effect is seen outside.
    pub(crate) effects: usize,
    /// How deep it is within functions that are planned in their place.
    pub(crate) inlined: u32,
    /// How deep it is within bodies.
    nesting: u32,
    /// Whether that was too deep.
    too_deep: bool,
    /// Which slots of variables were read, each with when the variable was bound.
    pub(crate) reads: Vec<(usize, SlotId)>,
    /// Whether the comprehension that is planned next stands alone in an equation with a variable.
    pub(crate) named: bool,
    /// The variables of each `every` around.
    pub(crate) every: Vec<Str>,
    /// The slots with collections that are written out, and what they are written of.
    written: HashMap<SlotId, Written, foldhash::fast::FixedState>,
}

/// What to come back to when a closure ends.
pub(crate) struct Outside {
    ops: Vec<Op>,
    marks: Vec<Mark>,
    single: bool,
    /// How many variables were bound.
    pub(crate) bound: usize,
    /// How many reads there were.
    pub(crate) reads: usize,
}

impl<'b, 'p> Body<'b, 'p> {
    /// A frame whose first slots are given from outside.
    pub(crate) fn new(planner: &'b mut Planner<'p>, given: usize) -> Self {
        Self {
            planner,
            vars: HashMap::default(),
            order: Vec::new(),
            next: SlotId::try_from(given).unwrap_or(SlotId::MAX),
            ops: Vec::new(),
            marks: Vec::new(),
            single: true,
            trial: false,
            effects: 0,
            inlined: 0,
            nesting: 0,
            too_deep: false,
            reads: Vec::new(),
            named: false,
            every: Vec::new(),
            written: HashMap::default(),
        }
    }

    /// Notes what the collection in a slot is written of.
    pub(crate) fn write_out(&mut self, slot: SlotId, members: Written) {
        self.written.insert(slot, members);
    }

    /// What the collection in a slot is written of, key and value, where it is written out.
    pub(crate) fn written(&self, from: &Src) -> Option<&Written> {
        match from {
            Src::Slot(slot) => self.written.get(slot),
            Src::Const(_) => None,
        }
    }

    /// How many slots the frame has.
    pub(crate) fn slots(&self) -> SlotId {
        self.next
    }

    /// A new slot.
    pub(crate) fn slot(&mut self) -> SlotId {
        let slot = self.next;
        self.next = self.next.saturating_add(1);
        slot
    }

    /// Adds an operation.
    pub(crate) fn push(&mut self, op: Op) {
        if matches!(
            op,
            Op::Scan { .. }
                | Op::Pick { .. }
                | Op::Walk { .. }
                | Op::Keys { .. }
                | Op::Relation { .. }
        ) {
            self.single = false;
        }
        self.ops.push(op);
    }

    /// The last operation.
    pub(crate) fn last(&self) -> Option<&Op> {
        self.ops.last()
    }

    /// Puts another operation in the place of the last.
    pub(crate) fn replace_last(&mut self, op: Op) {
        self.ops.pop();
        self.ops.push(op);
    }

    /// Whether a slot is the value of a variable.
    pub(crate) fn is_named(&self, slot: SlotId) -> bool {
        self.vars.values().any(|bound| matches!(bound.src, Src::Slot(other) if other == slot))
    }

    /// Whether a variable is bound.
    pub(crate) fn bound(&self, name: &str) -> bool {
        self.vars.contains_key(name)
    }

    /// Binds a variable.
    pub(crate) fn bind(&mut self, name: &Str, src: Src) {
        self.vars.insert(name.clone(), Bound { src, at: self.order.len() });
        self.order.push(name.clone());
    }

    /// The variables that are bound.
    pub(crate) fn bound_names(&self) -> &[Str] {
        &self.order
    }

    /// The value of a variable.
    pub(crate) fn read(&mut self, name: &str) -> Planned<Src> {
        let bound = self.vars.get(name).ok_or(Unbound)?;
        if let Src::Slot(slot) = bound.src {
            self.reads.push((bound.at, slot));
        }
        Ok(bound.src.clone())
    }

    /// Begins a closure.
    pub(crate) fn open(&mut self) -> Outside {
        self.nesting = self.nesting.saturating_add(1);
        Outside {
            ops: std::mem::take(&mut self.ops),
            marks: std::mem::take(&mut self.marks),
            single: std::mem::replace(&mut self.single, true),
            bound: self.order.len(),
            reads: self.reads.len(),
        }
    }

    /// Ends a closure.
    pub(crate) fn close(&mut self, outside: Outside) -> Block {
        self.nesting = self.nesting.saturating_sub(1);
        for name in self.order.drain(outside.bound..) {
            self.vars.remove(&name);
        }
        Block {
            ops: defer_paths(std::mem::replace(&mut self.ops, outside.ops)),
            marks: std::mem::replace(&mut self.marks, outside.marks).into(),
            single: std::mem::replace(&mut self.single, outside.single),
            node: None,
        }
    }

    /// Runs something as if no variable were bound.
    pub(crate) fn apart<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let vars = std::mem::take(&mut self.vars);
        let order = std::mem::take(&mut self.order);
        let trial = std::mem::replace(&mut self.trial, true);
        let reads = self.reads.len();
        let result = run(self);
        self.reads.truncate(reads);
        self.trial = trial;
        self.order = order;
        self.vars = vars;
        result
    }

    /// The operations so far, as the block of the whole frame.
    pub(crate) fn finish(self) -> Block {
        let ops = defer_paths(self.ops);
        Block { ops, marks: self.marks.into(), single: self.single, node: None }
    }

    /// Plans the expressions of a body.
    pub(crate) fn body(&mut self, body: &[Expr]) -> Planned<()> {
        body.iter().try_for_each(|expr| self.expr(expr))
    }

    /// Notes where an expression begins.
    pub(crate) fn mark(&mut self, location: &Location) {
        let pc = u32::try_from(self.ops.len()).unwrap_or(u32::MAX);
        self.marks.push(Mark { pc, location: location.clone(), again: false, node: None });
    }

    /// Adds the operations of a block, after which the expression goes on.
    pub(crate) fn splice(&mut self, block: Block) {
        let shift = u32::try_from(self.ops.len()).unwrap_or(u32::MAX);
        let around = self.marks.last().cloned();
        let moved =
            block.marks.into_iter().map(|mark| Mark { pc: mark.pc.saturating_add(shift), ..mark });
        self.marks.extend(moved);
        self.ops.extend(block.ops);
        let pc = u32::try_from(self.ops.len()).unwrap_or(u32::MAX);
        self.marks.extend(around.map(|mark| Mark { pc, again: true, ..mark }));
    }

    /// Notes that an expression goes on, within a body of its own.
    fn mark_again(&mut self, location: &Location) {
        self.mark(location);
        if let Some(mark) = self.marks.last_mut() {
            mark.again = true;
        }
    }

    /// Plans an expression.
    pub(crate) fn expr(&mut self, expr: &Expr) -> Planned<()> {
        let (position, before) = (self.marks.len(), self.order.len());
        self.mark(&expr.location);
        if self.nesting > MOST_NESTED {
            self.too_deep = true;
            return Err(Unbound);
        }
        let planned = self.scoped(expr, |body| {
            if expr.negated {
                let outside = body.open();
                if !body.planner.scheme.watched {
                    body.mark_again(&expr.location);
                }
                let positive = body.positive(expr);
                if positive.is_some() {
                    body.mark(&expr.location);
                }
                let before = body.order.len();
                let planned = body.kind(&expr.kind);
                if let Some(positive) = &positive {
                    body.describe(0, before, positive, positive.to_string());
                }
                let node = positive.and_then(|positive| body.body_node(&[positive], before));
                let mut block = body.close(outside);
                block.node = node;
                planned.map(|()| body.push(Op::Not { block }))
            } else {
                body.kind(&expr.kind)
            }
        });
        if self.planner.scheme.watched {
            self.describe(position, before, expr, expr.to_string());
        }
        self.or_fail(planned)
    }

    /// The value of a variable, and as the how-manieth it was bound.
    pub(crate) fn lookup(&self, name: &str) -> Option<(Src, usize)> {
        self.vars.get(name).map(|bound| (bound.src.clone(), bound.at))
    }

    /// Where an expression begins, by its number.
    pub(crate) fn mark_at(&mut self, position: usize) -> Option<&mut Mark> {
        self.marks.get_mut(position)
    }

    /// How many expressions have begun.
    pub(crate) fn marked(&self) -> usize {
        self.marks.len()
    }

    /// What cannot be planned never holds, but where it is only tried it is told.
    pub(crate) fn or_fail(&mut self, planned: Planned<()>) -> Planned<()> {
        match planned {
            Err(Unbound) if !self.trial => {
                self.fail();
                Ok(())
            }
            other => other,
        }
    }

    /// What cannot be planned never holds, or is an error.
    pub(crate) fn fail(&mut self) {
        self.push(if self.too_deep { Op::TooDeep } else { Op::Fail });
    }

    fn kind(&mut self, kind: &ExprKind) -> Planned<()> {
        match kind {
            ExprKind::Term(term) => {
                let value = self.evaluate(term)?;
                self.truthy(value);
                Ok(())
            }
            ExprKind::Call(terms) => self.call(terms),
            ExprKind::Some(_) => Ok(()),
            ExprKind::Every(every) => self.every(every),
            ExprKind::And(logical) => self.logical(logical, true),
            ExprKind::Or(logical) => self.logical(logical, false),
            ExprKind::Not(not) => self.not_body(not),
        }
    }

    /// Requires that a value is anything but `false`.
    pub(crate) fn truthy(&mut self, value: Src) {
        match value {
            Src::Const(Value::Bool(false)) => self.push(Op::Fail),
            Src::Const(_) => {}
            from @ Src::Slot(_) => self.push(Op::Truthy { from }),
        }
    }
}
