//! Complete rules and functions: definitions that agree on one value.

use super::Evaluation;
use super::candidates::Args;
use super::memo::{Known, same};
use super::scope::find;
use super::slot::Slot;
use crate::error::{Eval, EvalCode, EvalError};
use crate::plan::{Clause, GroupPlan, Kind};
use crate::probe::Probe;
use crate::steps::Step;

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// The plan of a group.
    pub(super) fn group(&self, group: u32) -> Option<&'a GroupPlan> {
        let rules = self.rules;
        rules.groups.get(usize::try_from(group).ok()?)
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

    /// The value on which the definitions of a group agree.
    pub(super) fn definitions(
        &mut self,
        group: &'a GroupPlan,
        args: Args,
    ) -> Eval<Option<Slot<'a>>> {
        let since = self.moment();
        let mut found = None;
        let outcome = self.agreed(group, args, &mut found);
        if P::STEPS {
            self.told(0, Step::Done);
        }
        self.settle(since, outcome)?;
        Ok(found)
    }

    fn agreed(
        &mut self,
        group: &'a GroupPlan,
        args: Args,
        found: &mut Option<Slot<'a>>,
    ) -> Eval<()> {
        if group.index.as_ref().is_some_and(|index| index.sole) && group.default.is_none() {
            if let Some(clause) = group.definitions.first().and_then(|it| it.first()) {
                let early = self.options.early_exit && clause.constant.is_some();
                if P::STEPS {
                    self.tell_index(group, 1, early);
                }
                self.clause(group, clause, args, (early, true), found)?;
            }
            return Ok(());
        }
        let candidates = self.candidates(group, args)?;
        if P::STEPS {
            let matched = candidates.matched();
            let none = matched == 0 && self.options.early_exit;
            self.tell_index(group, matched, candidates.uniform || none);
        }
        let mut done: Option<u32> = None;
        let count = candidates.clauses.len();
        for (at, (definition, clause)) in candidates.clauses.iter().enumerate() {
            if done == Some(*definition) {
                continue;
            }
            let clauses =
                usize::try_from(*definition).ok().and_then(|at| group.definitions.get(at));
            let clause = clauses.and_then(|it| it.get(usize::try_from(*clause).ok()?));
            let Some(clause) = clause else { continue };
            let last = at + 1 == count;
            if self.clause(group, clause, args, (candidates.uniform, last), found)? {
                done = Some(*definition);
                if candidates.uniform {
                    break;
                }
            }
        }
        if found.is_none()
            && let Some(default) = &group.default
        {
            self.clause(group, default, args, (true, true), found)?;
        }
        Ok(())
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

    /// Runs a clause; whether it gave a value. `early`: its first value is enough; `last`: there is
    /// no clause after it.
    fn clause(
        &mut self,
        group: &'a GroupPlan,
        clause: &'a Clause,
        args: Args,
        (early, last): (bool, bool),
        found: &mut Option<Slot<'a>>,
    ) -> Eval<bool> {
        let Some(variant) = clause.variants.first() else { return Ok(false) };
        let base = self.slots.len();
        for at in args.base..args.base + args.count {
            let arg = self.slots.get(at).cloned().unwrap_or_default();
            self.slots.push(arg);
        }
        self.fill_frame(base, variant.slots);
        let mut run = self.begin(&variant.block, base);
        let mut gave = false;
        while self.resume(&mut run)? {
            if P::ON {
                self.probe.rule(&group.name, &clause.location);
            }
            gave = true;
            let value = self.taken(base, &variant.value);
            match found {
                None => {
                    *found = Some(value);
                    let more = !(early || last && variant.block.single);
                    if more {
                        self.put_off();
                    }
                }
                Some(known) => {
                    let (known, value) = (known.value(), value.value());
                    if !same(known, value) && !self.equal_heavy(known, value)? {
                        return Err(Box::new(conflict(args, clause)));
                    }
                }
            }
            if early {
                self.cut(&run)?;
                break;
            }
        }
        self.pop_frame(base);
        Ok(gave)
    }
}

fn conflict(args: Args, clause: &Clause) -> EvalError {
    let message = if args.called {
        "functions must not produce multiple outputs for same inputs"
    } else {
        "complete rules must not produce multiple outputs"
    };
    EvalError::new(EvalCode::Conflict, message, &clause.location)
}
