//! The planner: from the tree that the compiler leaves to operations over slots.
//!
//! After the compiler each variable is bound at a known point, so the planner decides once what
//! evaluating would decide again and again: whether a reference is a lookup or goes through all
//! members, whether an equation binds, compares or takes apart, which rules a reference means.

mod body;
mod calls;
mod clause;
mod closure;
mod cost;
mod data;
mod defer;
mod equate;
pub(crate) mod group;
pub(crate) mod index;
mod inline;
mod keys;
pub(crate) mod ops;
mod paths;
pub(crate) mod query;
mod quiet;
mod refs;
mod term;
mod tree;
mod watch;
mod with;

pub(crate) use group::{Clause, GroupPlan, Kind, Scheme, Variant};
pub(crate) use paths::Counts;
use referee_rego_value::Value;
pub(crate) use tree::Node;

/// How long a path of a package or rule may be.
pub(crate) const MAX_PATH: usize = 256;

/// A variable that is needed has no value yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unbound;

/// What planning gives.
pub(crate) type Planned<T> = Result<T, Unbound>;

use crate::plan::body::Planner;
use crate::plan::paths::Paths;
use referee_rego_builtin::Table;
use referee_rego_compile::Compiled;
use referee_rego_syntax::ast::Module;
use std::sync::Arc;

/// The plans of all rules.
#[derive(Clone, Debug)]
pub(crate) struct Plans {
    /// What queries are planned against.
    pub(crate) scheme: Scheme,
    /// The plans of the groups of rules, by their numbers.
    pub(crate) groups: Vec<Arc<GroupPlan>>,
    /// The numbers of groups that are free.
    pub(crate) free: Vec<u32>,
    /// How much there is to keep, rules included.
    pub(crate) counts: Counts,
}

/// What has changed of a program.
#[derive(Clone, Copy, Debug)]
pub struct Changed<'m> {
    /// The modules whose rules are new, and all modules that these need, compiled.
    pub part: &'m Compiled,
    /// Which modules of `part` are new, by their places; the others are as they were.
    pub new: &'m [bool],
    /// The modules that are no more as they were, parsed: those that changed before they did, and
    /// those that depend on them.
    pub gone: &'m [&'m Module],
}

/// Plans all rules.
pub(crate) fn program(compiled: &Compiled, tables: &[Table], watched: bool) -> Plans {
    let scheme = Scheme {
        root: Node::root(),
        infos: Vec::new(),
        capabilities: Arc::clone(&compiled.capabilities),
        builtins: Arc::new(group::builtins(&compiled.capabilities, tables)),
        inputs: Paths::default(),
        bases: Paths::default(),
        watched,
    };
    let (groups, free, counts) = (Vec::new(), Vec::new(), Counts::default());
    let mut plans = Plans { scheme, groups, free, counts };
    let mut tree = tree::build(compiled);
    plans.scheme.root = std::mem::replace(&mut tree.root, Node::root());
    let numbers: Vec<u32> = tree.groups.iter().map(|group| plans.number(group, &tree)).collect();
    plans.add(&tree, &numbers, &vec![true; numbers.len()]);
    plans
}

impl Plans {
    /// The plans after a change.
    pub(crate) fn changed(&self, changed: Changed<'_>) -> Self {
        let mut plans = self.clone();
        let gone = changed.gone.iter().flat_map(|module| {
            let package = module.rules.is_empty().then(|| tree::package_path(module));
            module.rules.iter().map(|rule| tree::constant_path(module, rule)).chain(package)
        });
        let gone: Vec<Vec<Value>> = gone.collect();
        for path in &gone {
            if let Some(group) = plans.scheme.root.take(path) {
                plans.release(group);
            }
        }
        let tree = tree::build(changed.part);
        let is_new = |at: usize| changed.new.get(at).copied().unwrap_or(false);
        let mut numbers = Vec::with_capacity(tree.groups.len());
        let mut new = Vec::with_capacity(tree.groups.len());
        for group in &tree.groups {
            let known = plans.scheme.group_at(&group.path);
            new.push(known.is_none());
            numbers.push(known.unwrap_or_else(|| {
                let number = plans.number(group, &tree);
                plans.scheme.root.set_group(&group.path, number);
                number
            }));
        }
        let modules = changed.part.modules.iter().enumerate();
        for (_, (_, module)) in modules.filter(|(at, (_, it))| is_new(*at) && it.rules.is_empty()) {
            plans.scheme.root.set_bare(&tree::package_path(module));
        }
        gone.iter().for_each(|path| plans.scheme.root.prune(path));
        plans.scheme.root.hide_system();
        plans.add(&tree, &numbers, &new);
        plans
    }

    /// A number for a group, with what is known of it.
    fn number(&mut self, group: &tree::Group, tree: &tree::Tree<'_>) -> u32 {
        let info = clause::info(group, tree);
        if let Some(free) = self.free.pop()
            && let Some(place) =
                usize::try_from(free).ok().and_then(|at| self.scheme.infos.get_mut(at))
        {
            *place = info;
            return free;
        }
        let number = u32::try_from(self.scheme.infos.len()).unwrap_or(u32::MAX);
        self.scheme.infos.push(info);
        self.groups.push(GroupPlan::nothing());
        number
    }

    fn release(&mut self, group: u32) {
        if let Some(place) = usize::try_from(group).ok().and_then(|at| self.groups.get_mut(at)) {
            *place = GroupPlan::nothing();
            self.free.push(group);
        }
    }

    /// Plans those groups of a tree that are new. `numbers` are those of all its groups.
    fn add(&mut self, tree: &tree::Tree<'_>, numbers: &[u32], new: &[bool]) {
        let watched = self.scheme.watched;
        let mut planned = Vec::new();
        let (inputs, bases);
        {
            let inline = if watched {
                inline::Candidates::default()
            } else {
                inline::candidates(tree, numbers)
            };
            let mut planner = Planner {
                scheme: &self.scheme,
                inputs: Paths::default(),
                bases: Paths::default(),
                counts: self.counts,
                inline,
            };
            let groups = tree.groups.iter().zip(numbers).zip(new).filter(|(_, new)| **new);
            for ((group, number), _) in groups {
                if let Some(info) = self.scheme.info(*number) {
                    let plan = clause::group(group, info, &tree.rules, &mut planner);
                    planned.push((*number, plan));
                }
            }
            (inputs, bases, self.counts) = (planner.inputs, planner.bases, planner.counts);
        }
        self.scheme.inputs.extend(inputs);
        self.scheme.bases.extend(bases);
        let numbers: Vec<u32> = planned.iter().map(|(number, _)| *number).collect();
        for (number, mut plan) in planned {
            if watched {
                // OPA keeps what every function gave, and finds out each time what is undefined.
                (plan.keep, plan.effects) = (true, true);
            }
            if let Some(place) = usize::try_from(number).ok().and_then(|at| self.groups.get_mut(at))
            {
                *place = Arc::new(plan);
            }
        }
        cost::keep(&mut self.groups, &numbers);
        quiet::whole(&mut self.groups, &numbers);
    }
}
