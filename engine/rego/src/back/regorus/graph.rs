//! The graph of rules that use one another: it must have no cycle, and no path longer than the
//! stack holds.
//!
//! The interpreter evaluates a rule when another asks for it, one inside the other; so the
//! longest path through the graph, each rule counted with the depth of its own expressions, is
//! how deep it recurses. Neither search recurses itself.

use crate::error::RegoCode;
use regorus::unstable::Span;
use std::collections::BTreeSet;

/// How deep an evaluation may be, in expressions inside expressions over all rules that are under
/// evaluation at once. Measured on the 2 MiB stack of a thread, unoptimised: the smallest depth
/// that overflowed was 1,140 (a chain of 571 plain rules).
const MAX_EVALUATION_DEPTH: usize = 400;

/// A rule, all its definitions together.
pub(super) struct Node<'a> {
    pub(super) name: &'a str,
    pub(super) span: &'a Span,
    /// The rules it uses.
    pub(super) edges: BTreeSet<usize>,
    /// How deep its expressions are.
    pub(super) weight: usize,
}

pub(super) struct Graph<'a> {
    nodes: Vec<Node<'a>>,
}

#[derive(Clone, Copy)]
enum Mark {
    /// Not seen yet.
    New,
    /// On the path that is being followed.
    Open,
    /// Done: the depth from here down.
    Done(usize),
}

impl<'a> Graph<'a> {
    pub(super) fn new(nodes: Vec<Node<'a>>) -> Self {
        Self { nodes }
    }

    /// The first cycle, or the first path that is too deep.
    pub(super) fn check(&self) -> Option<(String, RegoCode, &'a Span)> {
        let mut marks = vec![Mark::New; self.nodes.len()];
        (0..self.nodes.len()).find_map(|start| self.follow(start, &mut marks))
    }

    fn follow(&self, start: usize, marks: &mut [Mark]) -> Option<(String, RegoCode, &'a Span)> {
        // Each entry: a rule under way, the rules it uses that are still to be followed, and the
        // deepest of those followed.
        let mut path: Vec<(usize, Vec<usize>, usize)> = Vec::new();
        let mut enter = Some(start);
        loop {
            if let Some(index) = enter.take() {
                match marks.get(index).copied()? {
                    Mark::Done(depth) => raise(&mut path, depth),
                    Mark::Open => return self.cycle(index, &path),
                    Mark::New => {
                        *marks.get_mut(index)? = Mark::Open;
                        let edges = self.nodes.get(index)?.edges.iter().copied().collect();
                        path.push((index, edges, 0));
                    }
                }
            }
            let (index, edges, deepest) = path.last_mut()?;
            if let Some(next) = edges.pop() {
                enter = Some(next);
                continue;
            }
            let node = self.nodes.get(*index)?;
            let depth = deepest.saturating_add(node.weight).saturating_add(1);
            if depth > MAX_EVALUATION_DEPTH {
                let message = format!(
                    "rule {} uses rules inside rules too deep (limit {MAX_EVALUATION_DEPTH})",
                    node.name
                );
                return Some((message, RegoCode::Compile, node.span));
            }
            *marks.get_mut(*index)? = Mark::Done(depth);
            path.pop();
            raise(&mut path, depth);
        }
    }

    fn cycle(
        &self,
        index: usize,
        path: &[(usize, Vec<usize>, usize)],
    ) -> Option<(String, RegoCode, &'a Span)> {
        let node = self.nodes.get(index)?;
        let round: Vec<&str> = path
            .iter()
            .map(|(on_path, ..)| *on_path)
            .skip_while(|on_path| *on_path != index)
            .chain([index])
            .filter_map(|on_path| self.nodes.get(on_path).map(|node| node.name))
            .collect();
        // In OPA's words (v1/ast/compile.go, checkRecursion).
        let message = format!("rule {} is recursive: {}", node.name, round.join(" -> "));
        Some((message, RegoCode::Recursion, node.span))
    }
}

fn raise(path: &mut [(usize, Vec<usize>, usize)], depth: usize) {
    if let Some((_, _, deepest)) = path.last_mut() {
        *deepest = depth.max(*deepest);
    }
}
