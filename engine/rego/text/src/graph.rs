//! Reachability in a graph: an object of nodes to arrays or sets of nodes;
//! `topdown/reachable.go`.

use crate::give::{Given, VALUE_BYTES, collection, gathered, give, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::{Object, SetBuilder, Value};
use std::collections::BTreeSet;

pub(crate) const TABLE: Table =
    &[("graph.reachable", F(reachable)), ("graph.reachable_paths", F(reachable_paths))];

fn starts(operands: &[Value]) -> Result<(&Object, &[Value])> {
    let graph = operand::object(operands, 1)?;
    let initial = operand::value(operands, 2)?;
    let nodes = operand::elements(initial)
        .ok_or_else(|| BuiltinError::operand(2, "{array, set}", initial.type_name()))?;
    Ok((graph, nodes))
}

/// The nodes that a node leads to; `None` where the graph does not have it.
fn edges<'a>(graph: &'a Object, node: &Value) -> Option<&'a [Value]> {
    graph.get(node).map(|edges| operand::elements(edges).unwrap_or_default())
}

fn reachable(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (graph, initial) = starts(operands)?;
    let mut seen: BTreeSet<&Value> = BTreeSet::new();
    let mut reached = SetBuilder::default();
    let mut queue: Vec<&Value> = initial.iter().collect();
    ctx.work(units(queue.len()))?;
    while let Some(node) = queue.pop() {
        if !seen.insert(node) {
            continue;
        }
        let Some(next) = edges(graph, node) else { continue };
        collection(ctx, next.len().saturating_add(1))?;
        reached.insert_within(node.clone(), &mut |units| ctx.passed(units))?;
        for next in next {
            ctx.passed(8)?;
            if !seen.contains(next) {
                queue.push(next);
            }
        }
    }
    give(reached.build_within(&mut |units| ctx.passed(units))?)
}

fn reachable_paths(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (graph, initial) = starts(operands)?;
    let mut paths =
        Paths { graph, found: SetBuilder::default(), path: Vec::new(), on_path: BTreeSet::new() };
    for node in initial {
        let Some(next) = edges(graph, node) else { continue };
        paths.path = vec![node];
        paths.on_path = BTreeSet::from([node]);
        if next.is_empty() {
            paths.commit(ctx)?;
        }
        for neighbour in next {
            paths.follow(ctx, neighbour)?;
        }
    }
    give(paths.found.build_within(&mut |units| ctx.passed(units))?)
}

/// The walk through the graph: what was found, and where it is.
struct Paths<'a> {
    graph: &'a Object,
    found: SetBuilder,
    path: Vec<&'a Value>,
    on_path: BTreeSet<&'a Value>,
}

impl<'a> Paths<'a> {
    fn commit(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        collection(ctx, self.path.len().saturating_add(2))?;
        let path = gathered(ctx, self.path.iter().map(|node| (*node).clone()))?;
        let path = Value::Array(path.into());
        self.found.insert_within(path, &mut |units| ctx.passed(units))?;
        Ok(())
    }

    /// All paths that go on with a node. That it stands on the path already is not asked of it: a
    /// start that leads to itself is on its path twice, as OPA has it.
    fn follow(&mut self, ctx: &mut Context<'_>, first: &'a Value) -> Result<()> {
        let base = self.path.len();
        // The edges still to be gone, one list for each node on the path after the start, and
        // whether the node was new to the path.
        let mut open: Vec<(std::slice::Iter<'a, Value>, bool)> = Vec::new();
        self.enter(ctx, first, &mut open)?;
        while let Some((rest, _)) = open.last_mut() {
            ctx.work(1)?;
            match rest.next() {
                Some(next) if self.on_path.contains(next) => self.commit(ctx)?,
                Some(next) => self.enter(ctx, next, &mut open)?,
                None => {
                    let new = open.pop().is_some_and(|(_, new)| new);
                    if let Some(left) = self.path.pop()
                        && new
                    {
                        self.on_path.remove(left);
                    }
                }
            }
        }
        self.path.truncate(base);
        Ok(())
    }

    /// Goes to a node: where it leads nowhere, the path ends there.
    fn enter(
        &mut self,
        ctx: &mut Context<'_>,
        node: &'a Value,
        open: &mut Vec<(std::slice::Iter<'a, Value>, bool)>,
    ) -> Result<()> {
        let Some(next) = edges(self.graph, node) else {
            return self.commit(ctx);
        };
        self.path.push(node);
        if next.is_empty() {
            self.commit(ctx)?;
            self.path.pop();
            return Ok(());
        }
        ctx.reserve(VALUE_BYTES)?;
        open.push((next.iter(), self.on_path.insert(node)));
        Ok(())
    }
}
