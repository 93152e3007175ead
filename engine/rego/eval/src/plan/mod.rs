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

/// Plans all rules: what queries are planned against, the plans of the groups, and how much there
/// is to keep.
pub(crate) fn program(
    compiled: &Compiled,
    tables: &[Table],
    watched: bool,
) -> (Scheme, Vec<GroupPlan>, Counts) {
    let tree = tree::build(compiled);
    let inline = if watched { Vec::new() } else { inline::candidates(&tree) };
    let infos = tree.groups.iter().map(|group| clause::info(group, &tree)).collect();
    let mut scheme = Scheme {
        root: tree.root,
        infos,
        capabilities: std::sync::Arc::clone(&compiled.capabilities),
        builtins: group::builtins(&compiled.capabilities, tables),
        inputs: Paths::default(),
        bases: Paths::default(),
        watched,
    };
    let mut planner = Planner {
        scheme: &scheme,
        inputs: Paths::default(),
        bases: Paths::default(),
        counts: Counts::default(),
        inline,
    };
    let mut groups = Vec::with_capacity(scheme.infos.len());
    for (group, info) in tree.groups.iter().zip(&scheme.infos) {
        groups.push(clause::group(group, info, &tree.rules, &mut planner));
    }
    cost::keep(&mut groups);
    if watched {
        // OPA keeps what every function gave, and finds out each time what is undefined.
        groups.iter_mut().for_each(|group| (group.keep, group.effects) = (true, true));
    }
    quiet::whole(&mut groups);
    let (inputs, bases, counts) = (planner.inputs, planner.bases, planner.counts);
    scheme.inputs = inputs;
    scheme.bases = bases;
    (scheme, groups, counts)
}
