//! Bodies: expressions to operations.

use crate::plan::ops::{Block, Builtin, Mark, Native, Op, SlotId, Src};
use crate::plan::paths::{Counts, Paths};
use crate::plan::term::{dotted, head_name};
use crate::plan::{Planned, Scheme, Unbound};
use hashbrown::HashMap;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Expr, ExprKind, Ref, Rule, Term, TermKind};
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
    /// Of each group the rule that can stand where it is called.
    pub(crate) inline: Vec<Option<&'p Rule>>,
}

/// The value of a variable, and as the how-manieth it was bound.
#[derive(Clone, Debug)]
struct Bound {
    src: Src,
    at: usize,
}

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
        if matches!(op, Op::Scan { .. } | Op::Walk { .. } | Op::Keys { .. } | Op::Relation { .. }) {
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
            ops: std::mem::replace(&mut self.ops, outside.ops).into(),
            marks: std::mem::replace(&mut self.marks, outside.marks).into(),
            single: std::mem::replace(&mut self.single, outside.single),
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
        Block { ops: self.ops.into(), marks: self.marks.into(), single: self.single }
    }

    /// Plans the expressions of a body.
    pub(crate) fn body(&mut self, body: &[Expr]) -> Planned<()> {
        body.iter().try_for_each(|expr| self.expr(expr))
    }

    /// Notes where an expression begins.
    pub(crate) fn mark(&mut self, location: &Location) {
        let pc = u32::try_from(self.ops.len()).unwrap_or(u32::MAX);
        self.marks.push(Mark { pc, location: location.clone(), again: false });
    }

    /// Adds the operations of a block, after which the expression goes on.
    pub(crate) fn splice(&mut self, block: Block) {
        let shift = u32::try_from(self.ops.len()).unwrap_or(u32::MAX);
        let around = self.marks.last().cloned();
        let moved = block.marks.into_iter().map(|mark| Mark {
            pc: mark.pc.saturating_add(shift),
            location: mark.location,
            again: mark.again,
        });
        self.marks.extend(moved);
        self.ops.extend(block.ops);
        let pc = u32::try_from(self.ops.len()).unwrap_or(u32::MAX);
        self.marks.extend(around.map(|mark| Mark { pc, again: true, ..mark }));
    }

    /// Plans an expression.
    pub(crate) fn expr(&mut self, expr: &Expr) -> Planned<()> {
        self.mark(&expr.location);
        if self.nesting > MOST_NESTED {
            self.too_deep = true;
            return Err(Unbound);
        }
        let planned = self.scoped(expr, |body| {
            if expr.negated {
                let outside = body.open();
                let planned = body.kind(&expr.kind);
                let block = body.close(outside);
                planned.map(|()| body.push(Op::Not { block }))
            } else {
                body.kind(&expr.kind)
            }
        });
        self.or_fail(planned)
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

    /// Plans a call that stands as an expression.
    fn call(&mut self, terms: &[Term]) -> Planned<()> {
        let (operator, operands) = operator(terms).ok_or(Unbound)?;
        if head_name(operator).is_some_and(|name| name == "data") {
            let (group, arity) = self.function(operator)?;
            let (inputs, output) = operands.split_at_checked(arity).ok_or(Unbound)?;
            let args = self.evaluate_all(inputs)?;
            let dst = self.slot();
            self.call_function(group, args, dst);
            return self.output(output, dst);
        }
        let name = dotted(operator);
        if let ("eq" | "assign", [a, b]) = (name.as_str(), operands) {
            return self.equate(a, b);
        }
        let declaration = self.planner.scheme.capabilities.builtins.get(name.as_str());
        let arity = declaration.map_or(operands.len(), |found| found.function.args.len());
        let void = declaration.is_some_and(|found| found.function.result.is_none());
        match (name.as_str(), operands) {
            ("internal.print", [list]) => {
                let from = self.evaluate(list)?;
                self.effects = self.effects.saturating_add(1);
                self.push(Op::Print { from });
                return Ok(());
            }
            ("internal.template_string", [parts, output @ ..]) => {
                let from = self.evaluate(parts)?;
                let dst = self.slot();
                self.push(Op::Template { from, dst });
                return self.output(output, dst);
            }
            ("trace", [note]) => {
                let from = self.evaluate(note)?;
                self.effects = self.effects.saturating_add(1);
                self.push(Op::Note { from });
                return Ok(());
            }
            ("walk", [from]) => {
                let from = self.evaluate(from)?;
                self.push(Op::Walk { from, path: None, value: None });
                return Ok(());
            }
            ("walk", [from, output]) => return self.walk(from, output),
            _ => {}
        }
        let (inputs, output) = operands.split_at_checked(arity).ok_or(Unbound)?;
        let args = self.evaluate_all(inputs)?;
        if let Some(native) = Native::find(&name) {
            if let (true, [], [a, b]) = (native.compares(), output, &*args) {
                let args = Box::new([a.clone(), b.clone()]);
                let dst = self.slot();
                self.push(Op::Compare { native, args, dst });
                return Ok(());
            }
            let dst = self.slot();
            self.native(native, args, dst);
            return self.output(output, dst);
        }
        let builtin = self.builtin(&name);
        let dst = self.slot();
        if matches!(builtin.run, Some(crate::plan::ops::Run::Relation(_))) {
            self.push(Op::Relation { builtin, args, dst });
        } else {
            self.push(Op::Builtin { builtin, args, dst });
        }
        if void { Ok(()) } else { self.output(output, dst) }
    }

    /// What a call gives: it is matched, or must not be `false`.
    fn output(&mut self, output: &[Term], dst: SlotId) -> Planned<()> {
        match output.first() {
            Some(term) => self.matches(term, Src::Slot(dst)),
            None => {
                self.truthy(Src::Slot(dst));
                Ok(())
            }
        }
    }

    fn walk(&mut self, from: &Term, output: &Term) -> Planned<()> {
        let from = self.evaluate(from)?;
        if let TermKind::Array(parts) = &output.kind
            && let [path, value] = parts.as_slice()
        {
            let ignored =
                |term: &Term| matches!(&term.kind, TermKind::Var(name) if name.starts_with('$'));
            let path_slot = (!ignored(path)).then(|| self.slot());
            let value_slot = (!ignored(value)).then(|| self.slot());
            self.push(Op::Walk { from, path: path_slot, value: value_slot });
            if let Some(slot) = path_slot {
                self.matches(path, Src::Slot(slot))?;
            }
            if let Some(slot) = value_slot {
                self.matches(value, Src::Slot(slot))?;
            }
            return Ok(());
        }
        let (path, value) = (self.slot(), self.slot());
        self.push(Op::Walk { from, path: Some(path), value: Some(value) });
        let pair = self.slot();
        self.push(Op::MakeArray {
            items: Box::new([Src::Slot(path), Src::Slot(value)]),
            dst: pair,
        });
        self.matches(output, Src::Slot(pair))
    }

    /// The value of a call, as a term or captured.
    pub(crate) fn call_value(&mut self, terms: &[Term]) -> Planned<Src> {
        let (operator, inputs) = operator(terms).ok_or(Unbound)?;
        let args = self.evaluate_all(inputs)?;
        let dst = self.slot();
        if head_name(operator).is_some_and(|name| name == "data") {
            let (group, _) = self.function(operator)?;
            self.call_function(group, args, dst);
            return Ok(Src::Slot(dst));
        }
        let name = dotted(operator);
        if let Some(native) = Native::find(if name == "eq" { "equal" } else { &name }) {
            self.native(native, args, dst);
        } else {
            let builtin = self.builtin(&name);
            self.push(Op::Builtin { builtin, args, dst });
        }
        Ok(Src::Slot(dst))
    }

    fn native(&mut self, native: Native, args: Box<[Src]>, dst: SlotId) {
        self.push(match (native.calculates(), &*args) {
            (true, [a, b]) => Op::Calculate { native, args: Box::new([a.clone(), b.clone()]), dst },
            _ => Op::Native { native, args, dst },
        });
    }

    /// The function that an operator means, and how many arguments it has.
    pub(crate) fn function(&self, operator: &Ref) -> Planned<(u32, usize)> {
        let path: Option<Vec<Value>> =
            operator.iter().skip(1).map(crate::plan::term::constant).collect();
        let group = self.planner.scheme.group_at(&path.ok_or(Unbound)?).ok_or(Unbound)?;
        let arity = self.planner.scheme.info(group).and_then(|info| info.arity).ok_or(Unbound)?;
        Ok((group, arity))
    }

    /// The builtin of a name.
    pub(crate) fn builtin(&self, name: &str) -> Arc<Builtin> {
        match self.planner.scheme.builtins.get(name) {
            Some(found) => Arc::clone(found),
            None => Arc::new(Builtin { name: Arc::from(name), run: None }),
        }
    }
}

/// The operator of a call, and its operands.
fn operator(terms: &[Term]) -> Option<(&Ref, &[Term])> {
    let (first, operands) = terms.split_first()?;
    match &first.kind {
        TermKind::Ref(operator) => Some((operator, operands)),
        _ => None,
    }
}
