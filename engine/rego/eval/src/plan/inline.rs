//! Small functions, planned where they are called.
//!
//! A function with one definition whose body holds in at most one way needs no frame and no
//! search for definitions that apply: its operations stand in the caller. That is not done where
//! the search would find that the definition does not apply before something in it fails. Should `with` replace
//! it, they are skipped and what stands in for it is called.

use crate::plan::body::Body;
use crate::plan::index::speaks_late;
use crate::plan::ops::{Op, SlotId, Src};
use crate::plan::tree::Tree;
use crate::plan::{Planned, Unbound};
use hashbrown::HashMap;
use referee_rego_syntax::ast::{Expr, ExprKind, Rule, Term, TermKind};

/// Rules that can stand where they are called, by their groups.
pub(crate) type Candidates<'t> = HashMap<u32, &'t Rule, foldhash::fast::FixedState>;

/// How many expressions a body may have.
const MOST_EXPRESSIONS: usize = 6;

/// How many operations may come of it.
const MOST_OPERATIONS: usize = 24;

/// How deep calls may be within calls.
const DEEPEST: u32 = 3;

/// The rules that can stand where they are called, by their groups. `numbers` are those of the
/// groups of the tree.
pub(super) fn candidates<'t>(tree: &Tree<'t>, numbers: &[u32]) -> Candidates<'t> {
    let one = |rules: &[usize]| {
        let [only] = rules else { return None };
        let rule = tree.rules.get(*only)?.rule;
        let fits = !rule.default
            && rule.else_rule.is_none()
            && rule.head.args.as_ref().is_some_and(|args| !args.is_empty())
            && rule.body.len() <= MOST_EXPRESSIONS
            && rule.body.iter().all(plain);
        fits.then_some(rule)
    };
    let groups = tree.groups.iter().zip(numbers);
    groups.filter_map(|(group, number)| Some((*number, one(&group.rules)?))).collect()
}

/// Whether an expression has no body within it and replaces nothing.
fn plain(expr: &Expr) -> bool {
    let kind = match &expr.kind {
        ExprKind::Term(term) => flat(term),
        ExprKind::Call(terms) => terms.iter().all(flat),
        _ => false,
    };
    kind && expr.with.is_empty() && !expr.negated
}

fn flat(term: &Term) -> bool {
    match &term.kind {
        TermKind::Ref(items) | TermKind::Array(items) | TermKind::Set(items) => {
            items.iter().all(flat)
        }
        TermKind::Object(members) => members.iter().all(|(key, value)| flat(key) && flat(value)),
        TermKind::ArrayComprehension(_)
        | TermKind::SetComprehension(_)
        | TermKind::ObjectComprehension(_)
        | TermKind::Call(_) => false,
        _ => true,
    }
}

impl Body<'_, '_> {
    /// Plans a call: where the function is small, its body in its place.
    pub(crate) fn call_function(&mut self, group: u32, args: Box<[Src]>, dst: SlotId) {
        let rule = self.planner.inline.get(&group).copied();
        if let Some(rule) = rule
            && self.inlined < DEEPEST
            && !speaks_late(rule, self.planner.scheme)
            && self.try_inline(rule, group, &args, dst).is_ok()
        {
            return;
        }
        self.push(Op::Call { group, args, dst });
    }

    fn try_inline(&mut self, rule: &Rule, group: u32, args: &[Src], dst: SlotId) -> Planned<()> {
        let effects = self.effects;
        self.inlined += 1;
        let outside = self.open();
        let planned = self.apart(|body| {
            for (term, src) in rule.head.args.iter().flatten().zip(args) {
                body.matches(term, src.clone())?;
            }
            body.body(&rule.body)?;
            let from = match &rule.head.value {
                Some(value) => body.evaluate(value)?,
                None => Src::Const(true.into()),
            };
            body.push(Op::Copy { from, dst });
            Ok(())
        });
        let block = self.close(outside);
        self.inlined -= 1;
        if self.effects != effects {
            self.effects = effects;
            return Err(Unbound);
        }
        planned?;
        if !block.single || block.ops.len() > MOST_OPERATIONS {
            return Err(Unbound);
        }
        let skip = block.ops.len();
        self.push(Op::Inlined { group, args: args.into(), dst, skip });
        self.splice(block);
        Ok(())
    }
}
