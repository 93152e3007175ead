//! What is left of a rule that has handed on a value.
//!
//! A complete rule or a function hands its first value on to the body that asked for it, and looks
//! for others when that body comes back for more (OPA's `evalVirtualComplete` and `evalFunc`,
//! `v1/topdown/eval.go`). Until then its frame and its choices stay where they are, below a choice
//! that stands for the search. What comes up in the rest of the search (a conflict, an error of a
//! builtin, what is printed) therefore comes up after what the body does with the value.

use super::Evaluation;
use super::candidates::{Args, Candidates};
use super::machine::Run;
use super::members::{Choice, Members};
use super::slot::Slot;
use crate::error::Eval;
use crate::plan::{Clause, GroupPlan, Variant};
use crate::probe::Probe;
use crate::steps::Step;

/// A search for the values of a group that has found one.
#[derive(Debug)]
pub(super) struct Pending<'a> {
    /// The group.
    pub(super) group: &'a GroupPlan,
    /// What it is asked for.
    pub(super) args: Args,
    /// The definitions that can apply; none where there is only one.
    pub(super) candidates: Option<Candidates>,
    /// The candidate that gave the value, by its index.
    pub(super) at: usize,
    /// The value.
    pub(super) value: Slot<'a>,
    /// The body that gave it.
    pub(super) given: Given<'a>,
    /// Where the slots begin that are only needed for the search.
    pub(super) bottom: usize,
    /// How deep the search is.
    pub(super) depth: u32,
    /// Scopes below this one replace no functions in it.
    pub(super) unmocked: usize,
}

/// A clause that gave a value.
#[derive(Debug)]
pub(super) struct Given<'a> {
    pub(super) clause: &'a Clause,
    pub(super) variant: &'a Variant,
    pub(super) run: Run<'a>,
    /// Whether its first value is enough.
    pub(super) early: bool,
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// Puts the rest of a search off.
    pub(super) fn put_off(&mut self, pending: Pending<'a>) {
        if P::STEPS {
            self.told(0, Step::HandOn);
        }
        self.pending.push(pending);
        let (scope, scopes) = (self.scope, self.scopes.len());
        let (key, value, fresh) = (None, None, false);
        let members = Members::Pending;
        self.choices.push(Choice { pc: usize::MAX, scope, scopes, key, value, fresh, members });
    }

    /// Does the rest of a search. `left`: what asked for the value has all that it wants, so that
    /// only what OPA does all the same is done.
    #[inline(never)]
    pub(super) fn catch_up(&mut self, choice: &Choice<'a>, left: bool) -> Eval<()> {
        let Some(mut pending) = self.pending.pop() else { return Ok(()) };
        self.restore(choice.scope, choice.scopes);
        let depth = std::mem::replace(&mut self.depth, pending.depth);
        let unmocked = std::mem::replace(&mut self.unmocked, pending.unmocked);
        if P::STEPS {
            self.told(0, Step::TakeUp);
        }
        self.rest(&mut pending, left)?;
        if P::STEPS {
            self.told(0, Step::Done);
        }
        self.pop_frame(pending.bottom);
        self.depth = depth;
        self.unmocked = unmocked;
        Ok(())
    }

    fn rest(&mut self, pending: &mut Pending<'a>, left: bool) -> Eval<()> {
        let Pending { group, args, value, given, .. } = pending;
        given.run.left = left;
        if given.early {
            self.cut(&given.run)?;
        } else {
            if left {
                self.forgo(given.run.floor());
            }
            self.agreeing(group, given, *args, value)?;
        }
        self.pop_frame(given.run.base);
        let Some(candidates) = &pending.candidates else { return Ok(()) };
        if candidates.uniform {
            return Ok(());
        }
        let mut done = candidates.clauses.get(pending.at).map(|(definition, _)| *definition);
        for (definition, clause) in candidates.clauses.iter().skip(pending.at + 1) {
            if done == Some(*definition) {
                continue;
            }
            let Some(clause) = group.clause(*definition, *clause) else { continue };
            let Some(variant) = clause.variants.first() else { continue };
            let run = self.open_clause(variant, *args);
            let mut next = Given { clause, variant, run, early: false };
            if self.agreeing(group, &mut next, *args, value)? {
                done = Some(*definition);
            }
            self.pop_frame(next.run.base);
        }
        Ok(())
    }

    /// Goes through all that a clause still gives: it has to be the value that was given before.
    /// Whether it gives anything.
    fn agreeing(
        &mut self,
        group: &'a GroupPlan,
        given: &mut Given<'a>,
        args: Args,
        value: &Slot<'a>,
    ) -> Eval<bool> {
        let mut gave = false;
        while self.resume(&mut given.run)? {
            gave = true;
            if P::ON {
                self.probe.rule(&group.name, &given.clause.location);
            }
            let other = self.taken(given.run.base, &given.variant.value);
            self.agree(args, given.clause, value, &other)?;
        }
        Ok(gave)
    }

    /// Drops the choices from there on that OPA does not come back to once the value is certain
    /// to who asked: those of relations, and of documents that rules make. All others it goes
    /// through to their end.
    #[cold]
    fn forgo(&mut self, floor: usize) {
        let mut at = floor;
        while let Some(choice) = self.choices.get_mut(at) {
            let keep = match &mut choice.members {
                Members::Walk(_) => false,
                Members::List(list, firm) => {
                    list.truncate(*firm);
                    *firm > 0
                }
                _ => true,
            };
            if keep {
                at += 1;
            } else {
                self.choices.remove(at);
            }
        }
    }
}
