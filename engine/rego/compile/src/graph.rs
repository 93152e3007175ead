//! Which rules depend on which (OPA's `NewGraph`), in which order they are checked, and whether
//! they depend on themselves (CheckRecursion).

use crate::conflicts::rule_ref;
use crate::errors::{self, Errors};
use crate::names::head_var;
use crate::order;
use crate::tree::{Key, RuleId, RuleTree, rule_at};
use crate::walk::{self, Node, is_constant};
use referee_rego_syntax::ast::{Module, Term, TermKind};
use referee_rego_syntax::print;
use referee_rego_syntax::{Code, Error};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A part of a reference that is not known beforehand, or one that is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Known(Key),
    Any,
    /// Something that no rule stands under.
    Nothing,
}

/// Which rules depend on which.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// For each rule what its references may mean. Lists are shared: many references mean the same.
    needs: Vec<Vec<Arc<[RuleId]>>>,
    /// For each rule its place in the order in which OPA takes rules.
    rank: Vec<u32>,
}

/// A node of the tree, and a path below it; without one the rules at the node are meant.
type Place = (u32, Option<Vec<Part>>);

/// The references in the rules of a tree.
struct Builder<'t> {
    tree: &'t RuleTree,
    known: HashMap<Place, Arc<[RuleId]>>,
}

impl Graph {
    /// The graph of some modules.
    pub(crate) fn new(modules: &[Module], tree: &RuleTree) -> Self {
        let mut builder = Builder { tree, known: HashMap::new() };
        let mut needs = Vec::with_capacity(tree.rules().len());
        for rule in modules.iter().flat_map(walk::rules) {
            let mut found = Vec::new();
            walk::rule(rule, &mut |node| {
                if let Node::Term(Term { kind: TermKind::Ref(parts), .. }) = node {
                    builder.reference(parts, &mut found);
                }
                false
            });
            needs.push(found);
        }
        Self { needs, rank: ranks(modules) }
    }

    /// The rules that a rule depends on, in order, each once.
    #[must_use]
    pub fn needs(&self, id: RuleId) -> Vec<RuleId> {
        let mut found: Vec<RuleId> =
            self.lists(id).iter().flat_map(|list| list.iter().copied()).collect();
        found.sort_unstable_by_key(|id| self.rank(*id));
        found.dedup();
        found
    }

    fn lists(&self, id: RuleId) -> &[Arc<[RuleId]>] {
        let at = usize::try_from(id.0).unwrap_or(usize::MAX);
        self.needs.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    fn rank(&self, id: RuleId) -> u32 {
        let at = usize::try_from(id.0).unwrap_or(usize::MAX);
        self.rank.get(at).copied().unwrap_or(u32::MAX)
    }

    /// All rules in the order in which OPA takes them, where nothing else decides.
    fn ranked(&self) -> Vec<RuleId> {
        let count = u32::try_from(self.needs.len()).unwrap_or(u32::MAX);
        let mut all: Vec<RuleId> = (0..count).map(RuleId).collect();
        all.sort_unstable_by_key(|id| self.rank(*id));
        all
    }

    /// All rules, each after those it depends on; `None` where one depends on itself.
    #[must_use]
    pub fn sorted(&self) -> Option<Vec<RuleId>> {
        let mut sorted = Vec::with_capacity(self.needs.len());
        let mut open: HashSet<RuleId> = HashSet::new();
        let mut done: HashSet<RuleId> = HashSet::with_capacity(self.needs.len());
        for root in self.ranked() {
            if done.contains(&root) {
                continue;
            }
            open.insert(root);
            let mut stack = vec![(root, self.needs(root).into_iter())];
            while let Some((id, rest)) = stack.last_mut() {
                let id = *id;
                match rest.find(|next| !done.contains(next)) {
                    Some(next) => {
                        if !open.insert(next) {
                            return None;
                        }
                        stack.push((next, self.needs(next).into_iter()));
                    }
                    None => {
                        stack.pop();
                        open.remove(&id);
                        done.insert(id);
                        sorted.push(id);
                    }
                }
            }
        }
        Some(sorted)
    }

    /// The rules that depend on some rules, directly or not, these included.
    pub(crate) fn dependents(&self, of: &[RuleId]) -> Vec<RuleId> {
        let mut users: HashMap<RuleId, Vec<RuleId>> = HashMap::new();
        for id in self.ranked() {
            for needed in self.needs(id) {
                users.entry(needed).or_default().push(id);
            }
        }
        let mut seen: HashSet<RuleId> = HashSet::new();
        let mut found = Vec::new();
        let mut open: Vec<RuleId> = of.iter().rev().copied().collect();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                found.push(id);
                open.extend(users.get(&id).into_iter().flatten().rev());
            }
        }
        found
    }

    /// A way from a rule to itself.
    fn cycle(&self, start: RuleId) -> Option<Vec<RuleId>> {
        let mut seen = HashSet::from([start]);
        let mut stack = vec![(start, self.needs(start).into_iter())];
        while let Some((_, rest)) = stack.last_mut() {
            match rest.next() {
                Some(next) if next == start => {
                    let mut path: Vec<RuleId> = stack.iter().map(|(id, _)| *id).collect();
                    path.push(start);
                    return Some(path);
                }
                Some(next) => {
                    if seen.insert(next) {
                        stack.push((next, self.needs(next).into_iter()));
                    }
                }
                None => {
                    stack.pop();
                }
            }
        }
        None
    }

    /// The rules that depend on themselves: those in components of several (Tarjan's algorithm),
    /// and those that name themselves.
    fn suspects(&self) -> HashSet<RuleId> {
        let mut suspects = HashSet::new();
        let mut index: HashMap<RuleId, usize> = HashMap::new();
        let mut low: HashMap<RuleId, usize> = HashMap::new();
        let mut path: Vec<RuleId> = Vec::new();
        let mut on_path: HashSet<RuleId> = HashSet::new();
        for root in self.ranked() {
            if index.contains_key(&root) {
                continue;
            }
            let mut stack = vec![(root, self.needs(root).into_iter())];
            index.insert(root, index.len());
            low.insert(root, index.len() - 1);
            path.push(root);
            on_path.insert(root);
            while let Some((id, rest)) = stack.last_mut() {
                let id = *id;
                if let Some(next) = rest.next() {
                    if next == id {
                        suspects.insert(id);
                    }
                    let Some(seen) = index.get(&next).copied() else {
                        index.insert(next, index.len());
                        low.insert(next, index.len() - 1);
                        path.push(next);
                        on_path.insert(next);
                        stack.push((next, self.needs(next).into_iter()));
                        continue;
                    };
                    if on_path.contains(&next) {
                        low.entry(id).and_modify(|low| *low = seen.min(*low));
                    }
                    continue;
                }
                stack.pop();
                let mine = low.get(&id).copied().unwrap_or_default();
                if let Some((parent, _)) = stack.last() {
                    low.entry(*parent).and_modify(|low| *low = mine.min(*low));
                }
                if index.get(&id) == Some(&mine) {
                    let start = path.iter().rposition(|other| *other == id).unwrap_or_default();
                    let component = path.split_off(start);
                    component.iter().for_each(|id| {
                        on_path.remove(id);
                    });
                    if component.len() > 1 {
                        suspects.extend(component);
                    }
                }
            }
        }
        suspects
    }

    /// Tells of each rule that depends on itself how it does.
    pub(crate) fn check_recursion(&self, modules: &[Module], tree: &RuleTree, errors: &mut Errors) {
        if self.sorted().is_some() {
            return;
        }
        let suspects = self.suspects();
        let name = |id: RuleId| {
            let found = tree.rule(id).and_then(|place| rule_at(modules, place));
            found
                .map(|(module, rule)| print::reference(&rule_ref(module, rule)))
                .unwrap_or_default()
        };
        tree.depth_first(|_, node| {
            for id in node.rules.iter().flat_map(|id| tree.chain(*id)) {
                if errors.is_full() || !suspects.contains(&id) {
                    continue;
                }
                let Some(cycle) = self.cycle(id) else { continue };
                let path: Vec<_> = cycle.into_iter().map(name).collect();
                let message = format!("rule {} is recursive: {}", name(id), path.join(" -> "));
                let place = tree.rule(id).and_then(|place| rule_at(modules, place));
                let location = place.map(|(_, rule)| rule.location.clone()).unwrap_or_default();
                errors.push(Error::new(Code::Recursion, message, &location));
            }
            errors.is_full()
        });
    }
}

/// The order of rules by place, then by head.
fn ranks(modules: &[Module]) -> Vec<u32> {
    let rules: Vec<_> = modules.iter().flat_map(walk::rules).collect();
    let mut order: Vec<usize> = (0..rules.len()).collect();
    order.sort_by(|a, b| match (rules.get(*a), rules.get(*b)) {
        (Some(a), Some(b)) => errors::order(&a.location, &b.location)
            .then_with(|| order::compare_lists(&a.head.reference, &b.head.reference)),
        _ => std::cmp::Ordering::Equal,
    });
    let mut ranks = vec![0; rules.len()];
    for (rank, at) in order.into_iter().enumerate() {
        if let Some(slot) = ranks.get_mut(at) {
            *slot = u32::try_from(rank).unwrap_or(u32::MAX);
        }
    }
    ranks
}

/// The rules that a reference may be to, without their `else` (OPA's `GetRulesDynamicWithOpts`).
pub(crate) fn rules_of(tree: &RuleTree, parts: &[Term]) -> Vec<RuleId> {
    let mut rules = branches_of(tree, parts);
    rules.retain(|id| tree.rule(*id).is_some_and(|place| place.branch == 0));
    rules
}

/// The same, with each `else`.
pub(crate) fn branches_of(tree: &RuleTree, parts: &[Term]) -> Vec<RuleId> {
    let mut found = Vec::new();
    Builder { tree, known: HashMap::new() }.reference(parts, &mut found);
    let mut rules: Vec<RuleId> = found.iter().flat_map(|list| list.iter().copied()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

impl Builder<'_> {
    fn reference(&mut self, parts: &[Term], found: &mut Vec<Arc<[RuleId]>>) {
        if head_var(parts).is_none_or(|name| name != "data") {
            return;
        }
        let rest: Vec<Part> = parts
            .iter()
            .skip(1)
            .map(|part| match Key::of(part) {
                Some(key) => Part::Known(key),
                None if is_constant(part) => Part::Nothing,
                None => Part::Any,
            })
            .collect();
        self.below(0, &rest, found);
    }

    /// What a path below a node may mean. Parts below a node without children do not matter.
    fn below(&mut self, at: u32, rest: &[Part], found: &mut Vec<Arc<[RuleId]>>) {
        let tree = self.tree;
        let mut at = at;
        let mut rest = rest;
        while let Some((Part::Known(key), tail)) = rest.split_first() {
            let Some(child) = tree.node(at).children.get(key) else { return };
            at = *child;
            rest = tail;
            if !tree.node(at).rules.is_empty() {
                found.push(self.list(at, None));
            }
        }
        if !tree.node(at).children.is_empty() {
            let list = self.list(at, Some(rest));
            if !list.is_empty() {
                found.push(list);
            }
        }
    }

    /// The rules at a node, or those that a path below it may mean.
    fn list(&mut self, at: u32, rest: Option<&[Part]>) -> Arc<[RuleId]> {
        let key = (at, rest.map(<[Part]>::to_vec));
        if let Some(list) = self.known.get(&key) {
            return list.clone();
        }
        let mut found = Vec::new();
        match rest {
            None => rules_at(self.tree, at, &mut found),
            Some(rest) => collect(self.tree, at, rest, &mut found),
        }
        found.sort_unstable();
        found.dedup();
        let list: Arc<[RuleId]> = found.into();
        self.known.insert(key, list.clone());
        list
    }
}

/// The rules at a node, with their `else`.
fn rules_at(tree: &RuleTree, at: u32, found: &mut Vec<RuleId>) {
    found.extend(tree.node(at).rules.iter().flat_map(|id| tree.chain(*id)));
}

/// The rules that a path below a node may mean.
fn collect(tree: &RuleTree, at: u32, rest: &[Part], found: &mut Vec<RuleId>) {
    let mut open = vec![(at, rest)];
    while let Some((at, rest)) = open.pop() {
        let children = &tree.node(at).children;
        match rest.split_first() {
            Some((Part::Known(key), rest)) => {
                if let Some(child) = children.get(key) {
                    rules_at(tree, *child, found);
                    open.push((*child, rest));
                }
            }
            Some((Part::Nothing, _)) => {}
            Some((Part::Any, rest)) => {
                for child in children.values() {
                    rules_at(tree, *child, found);
                    open.push((*child, rest));
                }
            }
            None => {
                rules_at(tree, at, found);
                open.extend(children.values().map(|child| (*child, rest)));
            }
        }
    }
}
