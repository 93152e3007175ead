//! What a call costs: the results of costly functions are kept, those of cheap ones are not, since
//! keeping a result costs about as much as a small body.

use crate::plan::GroupPlan;
use crate::plan::ops::{Block, Op};
use std::sync::Arc;

/// What a call may cost and still not be kept.
const CHEAP: u32 = 48;

/// What a loop is taken for.
const LOOP: u32 = 64;

/// What a builtin of another crate is taken for.
const BUILTIN: u32 = 12;

/// How long a chain of calls is followed.
const CHAIN: u32 = 64;

/// Finds out of which functions among some groups the results are kept.
pub(super) fn keep(groups: &mut [Arc<GroupPlan>], among: &[u32]) {
    let mut costs: Vec<Option<u32>> = vec![None; groups.len()];
    let among: Vec<usize> = among.iter().filter_map(|at| usize::try_from(*at).ok()).collect();
    for at in &among {
        cost(groups, *at, &mut costs, 0);
    }
    for at in among {
        let cost = costs.get(at).copied().flatten();
        if let Some(group) = groups.get_mut(at).and_then(Arc::get_mut) {
            group.keep |= cost.unwrap_or(u32::MAX) > CHEAP;
        }
    }
}

fn cost(groups: &[Arc<GroupPlan>], at: usize, costs: &mut Vec<Option<u32>>, depth: u32) -> u32 {
    if let Some(Some(known)) = costs.get(at) {
        return *known;
    }
    let Some(group) = groups.get(at) else { return LOOP };
    if depth > CHAIN {
        return LOOP;
    }
    let clauses = group.definitions.iter().flatten().chain(&group.default);
    let mut sum = 0_u32;
    for clause in clauses {
        if let Some(variant) = clause.variants.first() {
            sum = sum.saturating_add(block(groups, &variant.block, costs, depth));
        }
    }
    if let Some(place) = costs.get_mut(at) {
        *place = Some(sum);
    }
    sum
}

fn block(groups: &[Arc<GroupPlan>], it: &Block, costs: &mut Vec<Option<u32>>, depth: u32) -> u32 {
    let mut sum = 0_u32;
    for op in &it.ops {
        let one = match op {
            Op::Scan { .. }
            | Op::Pick { .. }
            | Op::Walk { .. }
            | Op::Keys { .. }
            | Op::Document { .. } => LOOP,
            Op::Relation { .. } | Op::Enter { .. } | Op::Print { .. } | Op::Note { .. } => LOOP,
            Op::Comprehension { .. } | Op::Every { .. } => LOOP,
            Op::Builtin { .. } => BUILTIN,
            Op::Not { block: inner } => block(groups, inner, costs, depth),
            Op::And { lhs, rhs } | Op::Or { lhs, rhs } => {
                block(groups, lhs, costs, depth).saturating_add(block(groups, rhs, costs, depth))
            }
            Op::Call { group, .. } => {
                let at = usize::try_from(*group).unwrap_or(usize::MAX);
                // The result of a costly function is kept where it is called.
                cost(groups, at, costs, depth + 1).min(CHEAP).saturating_add(4)
            }
            Op::MakeArray { .. } | Op::MakeObject { .. } | Op::MakeSet { .. } => 4,
            _ => 1,
        };
        sum = sum.saturating_add(one);
    }
    sum
}
