//! Which partial documents may be made as a whole where only a key of them is asked for.
//!
//! OPA makes what stands under a known key only, each time anew. Where knowing the key saves no
//! loop that is as much work as the whole document, so the whole is made at once and then looked
//! into. That must not be seen: it is done only where the bodies can fail in no way, and where
//! the keys of the whole do not agree the document is asked for by key after all.

use crate::plan::ops::{Block, Op};
use crate::plan::{Clause, GroupPlan, Kind};
use std::sync::Arc;

/// Builtins whose call ends an evaluation, or is seen outside.
const LOUD: [&str; 3] = ["http.send", "rego.parse_module", "opa.runtime"];

/// How long a chain of rules is followed.
const CHAIN: u32 = 64;

/// Finds out which documents among some groups are made as a whole.
pub(super) fn whole(groups: &mut [Arc<GroupPlan>], among: &[u32]) {
    let mut known: Vec<Option<bool>> = vec![None; groups.len()];
    let mut one = |at: usize| {
        groups.get(at).is_some_and(|group| {
            group.info.kind != Kind::Complete
                && clauses(group).all(saves_nothing)
                && bodies(groups, group, &mut known, 0)
        })
    };
    let among = among.iter().filter_map(|at| usize::try_from(*at).ok());
    let found: Vec<(usize, bool)> = among.map(|at| (at, one(at))).collect();
    for (at, whole) in found {
        if let Some(group) = groups.get_mut(at).and_then(Arc::get_mut) {
            group.whole = whole;
        }
    }
}

fn clauses(group: &GroupPlan) -> impl Iterator<Item = &Clause> {
    group.definitions.iter().flatten().chain(&group.default)
}

fn loops(block: &Block) -> usize {
    let scans = |op: &&Op| {
        matches!(op, Op::Scan { .. } | Op::Pick { .. } | Op::Walk { .. } | Op::Keys { .. })
    };
    block.ops.iter().filter(scans).count()
}

/// Whether knowing all keys saves no loop.
fn saves_nothing(clause: &Clause) -> bool {
    match (clause.variants.first(), clause.variants.last()) {
        (Some(whole), Some(known)) => {
            let all = loops(&whole.block);
            all > 0 && loops(&known.block) >= all
        }
        _ => false,
    }
}

/// Whether the rules of a group can fail in no way.
fn quiet(groups: &[Arc<GroupPlan>], at: u32, known: &mut Vec<Option<bool>>, depth: u32) -> bool {
    let Ok(at) = usize::try_from(at) else { return false };
    if let Some(Some(quiet)) = known.get(at) {
        return *quiet;
    }
    let Some(group) = groups.get(at) else { return false };
    if depth > CHAIN {
        return false;
    }
    let agree = match group.info.kind {
        Kind::Set => true,
        Kind::Object => false,
        Kind::Complete => {
            let mut all = clauses(group);
            let first = all.next();
            let constant = first.and_then(|clause| clause.constant.as_ref());
            let single = first
                .and_then(|clause| clause.variants.first())
                .is_some_and(|variant| variant.block.single);
            let only = clauses(group).count() == 1;
            (only && single)
                || (constant.is_some() && all.all(|clause| clause.constant.as_ref() == constant))
        }
    };
    let found = agree && bodies(groups, group, known, depth);
    if let Some(place) = known.get_mut(at) {
        *place = Some(found);
    }
    found
}

fn bodies(
    groups: &[Arc<GroupPlan>],
    group: &GroupPlan,
    known: &mut Vec<Option<bool>>,
    depth: u32,
) -> bool {
    let mut variants = clauses(group).flat_map(|clause| &clause.variants);
    variants.all(|variant| block(groups, &variant.block, known, depth))
}

fn block(groups: &[Arc<GroupPlan>], it: &Block, known: &mut Vec<Option<bool>>, depth: u32) -> bool {
    it.ops.iter().all(|op| match op {
        Op::Complete { group, .. } | Op::Partial { group, .. } | Op::Call { group, .. } => {
            quiet(groups, *group, known, depth + 1)
        }
        Op::Comprehension { plan, .. } => {
            plan.collect != crate::plan::ops::Collect::Object
                && block(groups, &plan.block, known, depth)
        }
        Op::Not { block: inner } | Op::Every { block: inner, .. } => {
            block(groups, inner, known, depth)
        }
        Op::And { lhs, rhs } | Op::Or { lhs, rhs } => {
            block(groups, lhs, known, depth) && block(groups, rhs, known, depth)
        }
        Op::Builtin { builtin, .. } => builtin.run.is_some() && !LOUD.contains(&&*builtin.name),
        Op::Relation { .. }
        | Op::Print { .. }
        | Op::Note { .. }
        | Op::Template { .. }
        | Op::Document { .. }
        | Op::Keys { .. }
        | Op::Enter { .. }
        | Op::TooDeep => false,
        _ => true,
    })
}
