//! Complete rules and functions: definitions that agree on one value.

use super::Evaluation;
use super::candidates::{Args, Candidates};
use super::machine::Run;
use super::memo::{Known, same};
use super::pending::{Given, Pending};
use super::scope::find;
use super::slot::Slot;
use crate::error::{Eval, EvalCode, EvalError};
use crate::plan::{Clause, GroupPlan, Kind, Variant};
use crate::probe::Probe;
use crate::steps::Step;

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// The plan of a group.
    pub(super) fn group(&self, group: u32) -> Option<&'a GroupPlan> {
        let rules = self.rules;
        rules.groups.get(usize::try_from(group).ok()?).map(|group| &**group)
    }

    /// The value of a complete rule.
    #[inline]
    pub(super) fn complete(&mut self, group: u32) -> Eval<Known<'a>> {
        if let Some(known) = self.scope().and_then(|scope| scope.groups.get(group)) {
            if P::STEPS {
                self.tell_known(group, Args::default())?;
            }
            return Ok(known);
        }
        self.find_complete(group)
    }

    #[inline(never)]
    fn find_complete(&mut self, id: u32) -> Eval<Known<'a>> {
        let Some(group) = self.group(id) else { return Ok(None) };
        if self.is_replaced(&group.info.path) {
            let data = self.scope().and_then(|scope| scope.data);
            return Ok(data.and_then(|data| find(data, &group.info.path)));
        }
        self.deeper()?;
        let found = self.definitions(group, Args::default())?;
        let found = match found {
            Some(slot) => Some(self.fix(slot)?),
            None => None,
        };
        if let Some(scope) = self.scope_mut() {
            scope.groups.set(id, found);
        }
        self.depth -= 1;
        Ok(found)
    }

    /// The value that the definitions of a group give. Where they may give others, on which they
    /// have to agree, the search for them is put off.
    pub(super) fn definitions(
        &mut self,
        group: &'a GroupPlan,
        args: Args,
    ) -> Eval<Option<Slot<'a>>> {
        if group.index.as_ref().is_some_and(|index| index.sole) && group.default.is_none() {
            let Some(clause) = group.clause(0, 0) else { return Ok(None) };
            let early = self.options.early_exit && clause.constant.is_some();
            if P::STEPS {
                self.tell_index(group, 1, early);
            }
            return match self.clause(clause, group, args, early, true)? {
                Gave::Nothing => self.nothing(),
                Gave::Value(value) => Ok(Some(value)),
                Gave::First(value, given) => {
                    self.wait(group, args, None, 0, &value, given);
                    Ok(Some(value))
                }
            };
        }
        let candidates = self.candidates(group, args)?;
        if P::STEPS {
            let matched = candidates.matched();
            let none = matched == 0 && self.options.early_exit;
            self.tell_index(group, matched, candidates.uniform || none);
        }
        let count = candidates.clauses.len();
        for (at, (definition, clause)) in candidates.clauses.iter().enumerate() {
            let Some(clause) = group.clause(*definition, *clause) else { continue };
            let last = candidates.uniform || at + 1 == count;
            match self.clause(clause, group, args, candidates.uniform, last)? {
                Gave::Nothing => {}
                Gave::Value(value) => return Ok(Some(value)),
                Gave::First(value, given) => {
                    self.wait(group, args, Some(candidates), at, &value, given);
                    return Ok(Some(value));
                }
            }
        }
        if let Some(default) = &group.default {
            return match self.clause(default, group, args, true, true)? {
                Gave::Nothing => self.nothing(),
                Gave::Value(value) => Ok(Some(value)),
                Gave::First(value, given) => {
                    self.wait(group, args, None, 0, &value, given);
                    Ok(Some(value))
                }
            };
        }
        self.nothing()
    }

    /// No definition gave anything.
    #[inline]
    fn nothing(&mut self) -> Eval<Option<Slot<'a>>> {
        if P::STEPS {
            self.told(0, Step::Done);
        }
        Ok(None)
    }

    /// Tells how many definitions may apply.
    #[cold]
    pub(super) fn tell_index(&mut self, group: &'a GroupPlan, matched: usize, early: bool) {
        let function = group.info.arity.is_some();
        let single = group.info.kind == Kind::Complete;
        self.told(0, Step::Index { path: &group.name, matched, early, function, single });
    }

    /// Tells how many definitions could apply, where the value is known from before.
    #[cold]
    pub(super) fn tell_known(&mut self, group: u32, args: Args) -> Eval<()> {
        let Some(group) = self.group(group) else { return Ok(()) };
        if self.is_replaced(&group.info.path) {
            return Ok(());
        }
        let sole = group.index.as_ref().is_some_and(|index| index.sole);
        let (matched, early) = if sole && group.default.is_none() {
            let clause = group.definitions.first().and_then(|it| it.first());
            (1, clause.is_some_and(|clause| clause.constant.is_some()) && self.options.early_exit)
        } else {
            let candidates = self.candidates(group, args)?;
            let matched = candidates.matched();
            (matched, candidates.uniform || (matched == 0 && self.options.early_exit))
        };
        let single = group.info.kind == Kind::Complete;
        self.tell_index(group, matched, early && single);
        if single {
            self.told(0, Step::Done);
        }
        Ok(())
    }

    /// Puts the search for further values off.
    #[inline(never)]
    fn wait(
        &mut self,
        group: &'a GroupPlan,
        args: Args,
        candidates: Option<Candidates>,
        at: usize,
        value: &Slot<'a>,
        given: Given<'a>,
    ) {
        let bottom = if args.called { args.base } else { given.run.base };
        let (value, depth, unmocked) = (value.clone(), self.depth, self.unmocked);
        self.put_off(Pending {
            group,
            args,
            candidates,
            at,
            value,
            given,
            bottom,
            depth,
            unmocked,
        });
    }

    /// A run of a clause over a frame of its own, which begins with the arguments.
    #[inline]
    pub(super) fn open_clause(&mut self, variant: &'a Variant, args: Args) -> Run<'a> {
        let base = self.slots.len();
        for at in args.base..args.base + args.count {
            let arg = self.slots.get(at).cloned().unwrap_or_default();
            self.slots.push(arg);
        }
        self.fill_frame(base, variant.slots);
        self.begin(&variant.block, base)
    }

    /// Runs a clause to its first value. `early`: that is enough; `last`: there is no clause after
    /// it.
    fn clause(
        &mut self,
        clause: &'a Clause,
        group: &'a GroupPlan,
        args: Args,
        early: bool,
        last: bool,
    ) -> Eval<Gave<'a>> {
        let Some(variant) = clause.variants.first() else { return Ok(Gave::Nothing) };
        let (choices, pending) = (self.choices.len(), self.pending.len());
        let mut run = self.open_clause(variant, args);
        if !self.resume(&mut run)? {
            self.pop_frame(run.base);
            return Ok(Gave::Nothing);
        }
        if P::ON {
            self.probe.rule(&group.name, &clause.location);
        }
        let value = self.taken(run.base, &variant.value);
        let nothing_left = if early {
            // What has nothing to be seen is not gone back to.
            self.pending.len() == pending
        } else {
            last && variant.block.single && self.choices.len() == choices
        };
        if P::STEPS || !nothing_left {
            return Ok(Gave::First(value, Given { clause, variant, run, early }));
        }
        if early {
            self.cut(&run)?;
        }
        self.pop_frame(run.base);
        Ok(Gave::Value(value))
    }

    /// Requires that two values of a group agree.
    pub(super) fn agree(
        &mut self,
        args: Args,
        clause: &Clause,
        known: &Slot<'a>,
        value: &Slot<'a>,
    ) -> Eval<()> {
        let (known, value) = (known.value(), value.value());
        if same(known, value) || self.equal_heavy(known, value)? {
            return Ok(());
        }
        Err(Box::new(conflict(args, clause)))
    }
}

/// What a clause gave.
enum Gave<'a> {
    /// Nothing.
    Nothing,
    /// A value, and it gives no other.
    Value(Slot<'a>),
    /// A value; it, or a definition after it, may give others.
    First(Slot<'a>, Given<'a>),
}

fn conflict(args: Args, clause: &Clause) -> EvalError {
    let message = if args.called {
        "functions must not produce multiple outputs for same inputs"
    } else {
        "complete rules must not produce multiple outputs"
    };
    EvalError::new(EvalCode::Conflict, message, &clause.location)
}
