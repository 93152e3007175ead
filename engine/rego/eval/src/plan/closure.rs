//! Bodies within bodies: comprehensions, `every`, `not`, `and`, `or`.

use crate::plan::Planned;
use crate::plan::body::Body;
use crate::plan::ops::{Block, Collect, Comprehension, Domain, Keep, Op, Src};
use crate::plan::paths::next;
use crate::plan::term::variable;
use crate::steps::Node;
use referee_rego_syntax::ast::{Every, Expr, Logical, NotBody, Term, TermKind};
use std::sync::Arc;

/// A comprehension of any kind.
#[derive(Clone, Copy)]
pub(crate) struct Shape<'t> {
    pub(crate) collect: Collect,
    pub(crate) key: Option<&'t Term>,
    pub(crate) value: &'t Term,
    pub(crate) body: &'t [Expr],
}

/// The comprehension that a term is.
pub(crate) fn shape(term: &Term) -> Option<Shape<'_>> {
    match &term.kind {
        TermKind::ArrayComprehension(it) => {
            Some(Shape { collect: Collect::Array, key: None, value: &it.term, body: &it.body })
        }
        TermKind::SetComprehension(it) => {
            Some(Shape { collect: Collect::Set, key: None, value: &it.term, body: &it.body })
        }
        TermKind::ObjectComprehension(it) => Some(Shape {
            collect: Collect::Object,
            key: Some(&it.key),
            value: &it.value,
            body: &it.body,
        }),
        _ => None,
    }
}

impl Body<'_, '_> {
    /// Plans a body of its own.
    pub(crate) fn closed(&mut self, plan: impl FnOnce(&mut Self) -> Planned<()>) -> Planned<Block> {
        let outside = self.open();
        let planned = plan(self);
        let block = self.close(outside);
        planned.map(|()| block)
    }

    /// Plans a closure that is one with a body, for who follows it.
    fn closed_over(
        &mut self,
        over: &[Expr],
        plan: impl FnOnce(&mut Self) -> Planned<()>,
    ) -> Planned<Block> {
        let before = self.bound_names().len();
        let mut node = None;
        let block = self.closed(|body| {
            plan(body)?;
            node = body.body_node(over, before);
            Ok(())
        })?;
        Ok(Block { node, ..block })
    }

    /// Plans a comprehension.
    pub(crate) fn comprehension(&mut self, term: &Term) -> Planned<Src> {
        let Some(shape) = shape(term) else { return Err(crate::plan::Unbound) };
        let dst = self.slot();
        let effects = self.effects;
        let watched = self.planner.scheme.watched;
        let named = std::mem::take(&mut self.named);
        let grouped = if watched { None } else { self.by_key(shape, named) };
        let plan = match grouped {
            Some(plan) => plan,
            None => {
                let outside = self.open();
                let (bound, reads) = (outside.bound, outside.reads);
                let planned = self.collected(shape);
                let node = self.body_node(shape.body, bound);
                let mut block = self.close(outside);
                block.node = node;
                let (key, value) = planned?;
                let keep = if watched { Keep::Never } else { self.keep(bound, reads, effects) };
                self.finished(shape, block, key, value, keep)
            }
        };
        self.push(Op::Comprehension { plan: Box::new(plan), dst });
        Ok(Src::Slot(dst))
    }

    /// Plans the body of a comprehension and what it collects.
    pub(crate) fn collected(&mut self, shape: Shape<'_>) -> Planned<(Src, Src)> {
        self.body(shape.body)?;
        let key = match shape.key {
            Some(key) => self.evaluate(key)?,
            None => Src::Const(referee_rego_value::Value::Null),
        };
        Ok((key, self.evaluate(shape.value)?))
    }

    /// The plan of a comprehension whose parts are planned.
    pub(crate) fn finished(
        &mut self,
        shape: Shape<'_>,
        block: Block,
        key: Src,
        value: Src,
        keep: Keep,
    ) -> Comprehension {
        Comprehension {
            id: next(&mut self.planner.counts.comprehensions),
            collect: shape.collect,
            block,
            key,
            value,
            keep,
            location: shape.key.unwrap_or(shape.value).location.clone(),
        }
    }

    /// How long the value of a closure that has just ended holds.
    fn keep(&self, bound: usize, reads: usize, effects: usize) -> Keep {
        if self.effects != effects {
            return Keep::Never;
        }
        let reads = self.reads.get(reads..).unwrap_or_default();
        let mut slots: Vec<_> =
            reads.iter().filter(|(at, _)| *at < bound).map(|(_, slot)| *slot).collect();
        slots.sort_unstable();
        slots.dedup();
        if slots.is_empty() { Keep::Always } else { Keep::While(slots.into()) }
    }

    /// Plans `every`.
    pub(crate) fn every(&mut self, every: &Every) -> Planned<()> {
        let from = self.evaluate(&every.domain)?;
        let key = every.key.as_ref().map(|_| self.slot());
        let value = Some(self.slot());
        let around = self.every.len();
        let names = every.key.iter().chain([&every.value]).filter_map(variable);
        self.every.extend(names.cloned());
        let before = self.bound_names().len();
        let mut domain = None;
        let block = self.closed_over(&every.body, |body| {
            for (term, slot) in [(every.key.as_ref(), key), (Some(&every.value), value)] {
                if let (Some(term), Some(slot)) = (term, slot) {
                    match variable(term) {
                        Some(name) => body.bind(name, Src::Slot(slot)),
                        None => body.matches(term, Src::Slot(slot))?,
                    }
                }
            }
            body.body(&every.body)?;
            domain = body.domain_node(every, before);
            Ok(())
        });
        let own = self.every.split_off(around);
        let mut block = block?;
        if let Some(mut node) = block.node.take().and_then(Arc::into_inner) {
            node.variables.iter_mut().for_each(|found| found.before |= own.contains(&found.name));
            block.node = Some(Arc::new(Node { domain, ..node }));
        }
        let domain = match self.written(&from) {
            Some(members) => Domain::Written(Arc::clone(members)),
            None => Domain::Value(from),
        };
        self.push(Op::Every { domain, key, value, block });
        Ok(())
    }

    /// Plans `not { … }`.
    pub(crate) fn not_body(&mut self, not: &NotBody) -> Planned<()> {
        let block = self.closed_over(&not.body, |body| body.body(&not.body))?;
        self.push(Op::Not { block });
        Ok(())
    }

    /// Plans `and` and `or`.
    pub(crate) fn logical(&mut self, logical: &Logical, both: bool) -> Planned<()> {
        let lhs = self.closed_over(&logical.lhs, |body| body.body(&logical.lhs))?;
        let rhs = self.closed_over(&logical.rhs, |body| body.body(&logical.rhs))?;
        self.push(if both { Op::And { lhs, rhs } } else { Op::Or { lhs, rhs } });
        Ok(())
    }
}
