//! Whether the policies of a chain are valid (RFC 9618, as Go has it): any policy is acceptable,
//! so only a chain that demands an explicit policy and has none is refused.

use super::Certificate;
use std::collections::{BTreeMap, BTreeSet};

/// `anyPolicy`.
const ANY: &[u8] = &[0x55, 0x1d, 0x20, 0x00];

type Policy = Vec<u8>;

/// A policy at a depth of the chain.
struct Node {
    policy: Policy,
    expected: Vec<Policy>,
    parents: BTreeSet<usize>,
    children: BTreeSet<usize>,
}

/// The policies of a chain, depth by depth.
struct Graph {
    nodes: Vec<Node>,
    depths: Vec<BTreeMap<Policy, usize>>,
    /// The nodes of the depth before, by the policies they expect.
    expecting: BTreeMap<Policy, Vec<usize>>,
}

impl Graph {
    fn new() -> Self {
        let mut graph =
            Self { nodes: Vec::new(), depths: vec![BTreeMap::new()], expecting: BTreeMap::new() };
        graph.insert(ANY.to_vec(), vec![ANY.to_vec()], &[]);
        graph
    }

    fn insert(&mut self, policy: Policy, expected: Vec<Policy>, parents: &[usize]) {
        let index = self.nodes.len();
        for parent in parents {
            if let Some(parent) = self.nodes.get_mut(*parent) {
                parent.children.insert(index);
            }
        }
        if let Some(leaves) = self.depths.last_mut() {
            leaves.insert(policy.clone(), index);
        }
        let parents = parents.iter().copied().collect();
        self.nodes.push(Node { policy, expected, parents, children: BTreeSet::new() });
    }

    fn leaf(&self, policy: &[u8]) -> Option<usize> {
        self.depths.last()?.get(policy).copied()
    }

    /// The nodes of the depth before the last.
    fn before(&self) -> Option<&BTreeMap<Policy, usize>> {
        self.depths.len().checked_sub(2).and_then(|at| self.depths.get(at))
    }

    fn deepen(&mut self) {
        self.expecting.clear();
        for index in self.depths.last().into_iter().flat_map(BTreeMap::values) {
            for policy in self.nodes.get(*index).into_iter().flat_map(|node| &node.expected) {
                self.expecting.entry(policy.clone()).or_default().push(*index);
            }
        }
        self.depths.push(BTreeMap::new());
    }

    fn detach(&mut self, index: usize) {
        let Some(node) = self.nodes.get_mut(index) else { return };
        let (parents, children) =
            (std::mem::take(&mut node.parents), std::mem::take(&mut node.children));
        for parent in parents {
            if let Some(parent) = self.nodes.get_mut(parent) {
                parent.children.remove(&index);
            }
        }
        for child in children {
            if let Some(child) = self.nodes.get_mut(child) {
                child.parents.remove(&index);
            }
        }
    }

    fn delete_leaf(&mut self, policy: &[u8]) {
        if let Some(index) = self.depths.last_mut().and_then(|leaves| leaves.remove(policy)) {
            self.detach(index);
        }
    }

    /// Drops what leads to no leaf.
    fn prune(&mut self) {
        for depth in (1..self.depths.len().saturating_sub(1)).rev() {
            let dead: Vec<(Policy, usize)> = self
                .depths
                .get(depth)
                .into_iter()
                .flatten()
                .filter(|(_, index)| {
                    self.nodes.get(**index).is_none_or(|node| node.children.is_empty())
                })
                .map(|(policy, index)| (policy.clone(), *index))
                .collect();
            for (policy, index) in dead {
                self.detach(index);
                if let Some(depth) = self.depths.get_mut(depth) {
                    depth.remove(&policy);
                }
            }
        }
    }

    /// Whether there is a policy that holds for the whole chain.
    fn has_valid(&self) -> bool {
        let from_any = |index: &usize| {
            let Some(node) = self.nodes.get(*index) else { return false };
            let mut parents = node.parents.iter();
            let (Some(parent), None) = (parents.next(), parents.next()) else { return false };
            node.policy != ANY && self.nodes.get(*parent).is_some_and(|one| one.policy == ANY)
        };
        self.leaf(ANY).is_some() || self.depths.iter().flat_map(BTreeMap::values).any(from_any)
    }

    /// Adds the policies of a certificate.
    fn extend(&mut self, certificate: &Certificate, any_is_allowed: bool) {
        self.deepen();
        let policies = certificate.policies.iter().flatten();
        for policy in policies.clone().filter(|policy| policy.as_slice() != ANY) {
            let mut parents = self.expecting.get(policy).cloned().unwrap_or_default();
            if parents.is_empty() {
                parents.extend(self.before().and_then(|before| before.get(ANY)));
            }
            if !parents.is_empty() {
                self.insert(policy.clone(), vec![policy.clone()], &parents);
            }
        }
        if any_is_allowed && policies.clone().any(|policy| policy == ANY) {
            let mut missing: BTreeMap<Policy, Vec<usize>> = BTreeMap::new();
            for index in self.before().into_iter().flat_map(BTreeMap::values) {
                for policy in self.nodes.get(*index).into_iter().flat_map(|node| &node.expected) {
                    if self.leaf(policy).is_none() {
                        missing.entry(policy.clone()).or_default().push(*index);
                    }
                }
            }
            for (policy, parents) in missing {
                self.insert(policy.clone(), vec![policy], &parents);
            }
        }
        self.prune();
    }

    /// Applies the mappings of a certificate; whether they are allowed.
    fn map(&mut self, certificate: &Certificate, mapping_is_allowed: bool) -> bool {
        let mut mappings: BTreeMap<&Policy, Vec<Policy>> = BTreeMap::new();
        for (issuer, subject) in &certificate.policy_mappings {
            if !mapping_is_allowed {
                self.delete_leaf(issuer);
            } else if issuer == ANY || subject == ANY {
                return false;
            } else {
                mappings.entry(issuer).or_default().push(subject.clone());
            }
        }
        self.prune();
        for (issuer, subjects) in mappings {
            if let Some(index) = self.leaf(issuer) {
                if let Some(node) = self.nodes.get_mut(index) {
                    node.expected = subjects;
                }
            } else if let Some(any) = self.leaf(ANY) {
                self.insert(issuer.clone(), subjects, &[any]);
            }
        }
        true
    }
}

/// Whether the policies of a chain are valid; the chain begins with the leaf.
pub(super) fn valid(chain: &[&Certificate]) -> bool {
    let Some((_root, below)) = chain.split_last() else { return false };
    let Some(leaf) = below.first() else { return true };
    let length = i64::try_from(below.len()).unwrap_or(i64::MAX);
    let mut graph = Some(Graph::new());
    let (mut any, mut explicit, mut mapping) = (length + 1, length + 1, length + 1);
    for (index, certificate) in below.iter().enumerate().rev() {
        let self_issued = certificate.raw_issuer == certificate.raw_subject;
        if certificate.policies.as_ref().is_none_or(Vec::is_empty) {
            graph = None;
        }
        if explicit == 0 && graph.is_none() {
            return false;
        }
        let is_leaf = index == 0;
        if let Some(graph) = &mut graph {
            graph.extend(certificate, any > 0 || (!is_leaf && self_issued));
            if !is_leaf && !graph.map(certificate, mapping > 0) {
                return false;
            }
        }
        if is_leaf {
            continue;
        }
        for (left, limit) in [
            (&mut explicit, certificate.require_explicit_policy),
            (&mut mapping, certificate.inhibit_policy_mapping),
            (&mut any, certificate.inhibit_any_policy),
        ] {
            if !self_issued && *left > 0 {
                *left -= 1;
            }
            *left = limit.given().map_or(*left, |limit| limit.min(*left));
        }
    }
    explicit = (explicit - 1).max(0);
    if leaf.require_explicit_policy.is_zero {
        explicit = 0;
    }
    explicit > 0 || graph.is_some_and(|graph| graph.has_valid())
}
