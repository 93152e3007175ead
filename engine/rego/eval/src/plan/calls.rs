//! Calls: of functions of the policies, of builtins that are done here, and of all others.

use crate::plan::body::Body;
use crate::plan::group::Info;
use crate::plan::ops::{Builtin, Native, Op, SlotId, Src};
use crate::plan::term::{dotted, head_name};
use crate::plan::{Planned, Unbound};
use referee_rego_syntax::ast::{Ref, Term, TermKind};
use referee_rego_value::Value;
use std::sync::Arc;

impl Body<'_, '_> {
    /// Plans a call that stands as an expression.
    pub(crate) fn call(&mut self, terms: &[Term]) -> Planned<()> {
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
            ("trace", [note, output @ ..]) => {
                let from = self.evaluate(note)?;
                self.effects = self.effects.saturating_add(1);
                self.push(Op::Note { from });
                let noted = Src::Const(Value::Bool(true));
                return output.first().map_or(Ok(()), |output| self.matches(output, noted));
            }
            ("walk", [from]) => {
                let from = self.evaluate(from)?;
                self.push(Op::Walk { from, path: None, value: None, tests: 0 });
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
            if native.tests() && output.is_empty() {
                self.push(Op::Test { native, args, dst });
                return Ok(());
            }
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
            self.push(Op::Walk { from, path: path_slot, value: value_slot, tests: 0 });
            if let Some(slot) = path_slot {
                self.matches(path, Src::Slot(slot))?;
            }
            if let Some(slot) = value_slot {
                self.matches(value, Src::Slot(slot))?;
            }
            return Ok(());
        }
        let (path, value) = (self.slot(), self.slot());
        self.push(Op::Walk { from, path: Some(path), value: Some(value), tests: 0 });
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
        if let ([from], "trace") = (&*args, dotted(operator).as_str()) {
            self.effects = self.effects.saturating_add(1);
            let from = from.clone();
            self.push(Op::Note { from });
            return Ok(Src::Const(Value::Bool(true)));
        }
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
        let arity = self.planner.scheme.info(group).and_then(Info::arity).ok_or(Unbound)?;
        Ok((group, arity))
    }

    /// The builtin of a name.
    pub(crate) fn builtin(&self, name: &str) -> Arc<Builtin> {
        match self.planner.scheme.builtins.get(name) {
            Some(found) => Arc::clone(found),
            None => Arc::new(Builtin { name: Arc::from(name), run: None, nondeterministic: false }),
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
