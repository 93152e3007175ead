//! Rules that make sets and objects (OPA's `evalVirtualPartial`).

use crate::index::Found;
use crate::instruments::Counted;
use crate::machine::{Eval, Frame, Machine, Next};
use crate::made::{Disagree, Made};
use crate::rules::RuleInfo;
use crate::scopes::Scope;
use crate::stop::Stop;
use crate::support::{name_of, split};
use crate::term::Term;
use crate::trail::StepOp;
use crate::tree::Walk;
use referee_rego_compile::RuleId;
use referee_rego_eval::EvalCode;
use referee_rego_syntax::Location;
use referee_rego_value::{Str, Value};
use std::sync::Arc;

/// A set or an object before anything is in it.
fn started(set: bool) -> Made {
    if set { Made::set() } else { Made::object() }
}

fn conflict(location: &Location) -> Stop {
    Machine::error(EvalCode::Conflict, "object keys must be unique", location)
}

/// The longest reference that the rules have, at most so long.
fn longest(rules: &[Numbered<'_>], most: usize) -> usize {
    let length =
        |(_, info): &Numbered<'_>| info.reference.len().saturating_add(info.is_multi().into());
    rules.iter().map(length).max().unwrap_or(0).min(most)
}

/// A term inside objects with the keys of a reference.
fn nested(term: Term, path: &[Term]) -> Term {
    path.iter().rev().fold(term, |term, key| Term::object(vec![(key.clone(), term)]))
}

/// The key under which is kept what was computed for a part of a reference whose further parts are
/// not all known: what is known of them is part of it (OPA's `vcKeyScope`).
fn scoped(key: &[Term], scope: &[Term]) -> Vec<Term> {
    let mut scoped = key.to_vec();
    let any = Term::Var(Str::new_static("_"));
    let known = |part: &Term| if matches!(part, Term::Var(_)) { any.clone() } else { part.clone() };
    let head = std::iter::once(Term::Var(Str::new_static("$scope")));
    if !scope.is_empty() {
        scoped.push(Term::Ref(head.chain(scope.iter().map(known)).collect()));
    }
    scoped
}

/// A rule with its number.
pub(crate) type Numbered<'a> = (RuleId, &'a RuleInfo);

impl<'a, 'c> Machine<'a, 'c> {
    /// Evaluates a reference that has come to rules which make a set or an object.
    pub(crate) fn partial_rules(
        &mut self,
        walk: &Walk<'_, 'a>,
        found: &Found,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let pos = walk.pos;
        let known = self.rules;
        let rules: Vec<Numbered<'a>> =
            found.rules.iter().filter_map(|(id, _)| Some((*id, known.info(*id)?))).collect();
        let set = found.multi && found.ground;
        let head = walk.parts.get(..pos).unwrap_or_default();
        let unknown = self.unknown_ref(head, walk.at);
        if walk.parts.len() == pos {
            if unknown {
                return self.partial_support(walk, &rules, set, then);
            }
            let known = self.caches.last().and_then(|cache| cache.get(walk.passed())).cloned();
            let value = match known.flatten() {
                Some(value) => {
                    self.count(Counted::VirtualCacheHit);
                    value
                }
                None => {
                    self.count(Counted::VirtualCacheMiss);
                    let value = Term::Value(self.made_by_all(walk, &rules, set)?);
                    self.remember(walk.passed(), Some(value.clone()));
                    value
                }
            };
            return self.unify(walk.f, (&value, walk.at), walk.other, then);
        }
        if (unknown && self.settings.shallow_inlining) || self.not_inlined(head, false) {
            return self.partial_support(walk, &rules, set, then);
        }
        if found.is_empty() {
            return Ok(());
        }
        let most = longest(&rules, walk.parts.len());
        let inside = walk.parts.get(pos..most).unwrap_or_default();
        if self.unknown_ref(inside, walk.at) {
            for (id, info) in &rules {
                self.child(walk.f, Arc::clone(&info.body), |machine, child| {
                    let mut defined = false;
                    machine.tell_rule(child, StepOp::Enter, *id)?;
                    machine.run(child, &mut |machine| {
                        defined = true;
                        machine.head(walk, info, (walk.f, child.scope), 0, &mut |machine| {
                            machine.tell_rule(child, StepOp::Exit, *id)?;
                            machine.look_into_made(walk, info, child.scope, then)?;
                            machine.tell_rule(child, StepOp::Redo, *id)
                        })
                    })?;
                    if defined { Ok(()) } else { machine.tell_rule(child, StepOp::Fail, *id) }
                })?;
            }
            return Ok(());
        }
        self.each_rule(walk, &rules, (set, unknown, most), then)
    }

    /// Evaluates each rule for what the reference asks of it.
    fn each_rule(
        &mut self,
        walk: &Walk<'_, 'a>,
        rules: &[Numbered<'a>],
        (set, unknown, most): (bool, bool, usize),
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        if unknown {
            for (id, info) in rules {
                self.with_head(walk, (*id, info), &mut |machine, child| {
                    machine.look_into_made(walk, info, child.scope, then).map(|()| false)
                })?;
            }
            return Ok(());
        }
        let pos = walk.pos;
        let whole = self.caches.last().and_then(|cache| cache.get(walk.passed())).cloned();
        if let Some(Some(value)) = whole {
            self.count(Counted::VirtualCacheHit);
            return self.look(&walk.looking(pos), (&value, walk.at), then);
        }
        let Some(first) = walk.parts.get(pos) else { return Ok(()) };
        if matches!(self.plug(first, walk.at)?, Term::Var(_)) {
            self.count(Counted::VirtualCacheMiss);
            let value = Term::Value(self.made_by_all(walk, rules, set)?);
            self.remember(walk.passed(), Some(value.clone()));
            return self.look(&walk.looking(pos), (&value, walk.at), then);
        }
        // What is asked for under keys that are known is computed once; what is known of the parts
        // behind a key that is not known narrows what is computed.
        let mut key: Vec<Term> = Vec::new();
        let mut scope: Vec<Term> = Vec::new();
        for at in pos..most {
            let part = walk.parts.get(at).cloned().unwrap_or(Term::Value(Value::Null));
            let part = self.plug(&part, walk.at)?;
            if part.is_ground() && scope.is_empty() {
                if key.is_empty() {
                    key.extend_from_slice(walk.passed());
                }
                key.push(part);
            } else if key.is_empty() {
                break;
            } else {
                scope.push(part);
            }
            let wanted = scoped(&key, &scope);
            let known = self.caches.last().and_then(|cache| cache.get(&wanted)).cloned();
            if let Some(Some(value)) = known {
                self.count(Counted::VirtualCacheHit);
                return self.look(&walk.looking(key.len()), (&value, walk.at), then);
            }
        }
        while matches!(scope.last(), Some(Term::Var(_))) {
            scope.pop();
        }
        self.count(Counted::VirtualCacheMiss);
        let mut made = started(set);
        for (id, info) in rules {
            self.with_head(walk, (*id, info), &mut |machine, child| {
                machine.add(walk.pos, info, child.scope, &mut made)
            })?;
        }
        let made = made.value();
        if !key.is_empty() {
            let inside = key.get(pos..).unwrap_or_default();
            let found = inside.iter().try_fold(&made, |value, part| value.get(part.value()?));
            if let Some(found) = found {
                let found = Term::Value(found.clone());
                self.remember(&scoped(&key, &scope), Some(found));
            }
        }
        self.look(&walk.looking(pos), (&Term::Value(made), walk.at), then)
    }

    /// Evaluates a rule whose head is made equal to the reference first; `each` says whether what
    /// it gives was there already.
    fn with_head(
        &mut self,
        walk: &Walk<'_, 'a>,
        (id, info): (RuleId, &RuleInfo),
        each: &mut dyn FnMut(&mut Self, &Frame) -> Eval<bool>,
    ) -> Eval<()> {
        self.child(walk.f, Arc::clone(&info.body), |machine, child| {
            let mut defined = false;
            machine.tell_rule(child, StepOp::Enter, id)?;
            machine.head(walk, info, (child, child.scope), 0, &mut |machine| {
                defined = true;
                machine.run(child, &mut |machine| {
                    machine.tell_rule(child, StepOp::Exit, id)?;
                    if each(machine, child)? {
                        machine.tell_rule(child, StepOp::Duplicate, id)?;
                    }
                    machine.tell_rule(child, StepOp::Redo, id)
                })
            })?;
            if defined { Ok(()) } else { machine.tell_rule(child, StepOp::Fail, id) }
        })
    }

    /// Makes the rest of a reference equal to the rest of the head of a rule, part by part.
    fn head(
        &mut self,
        walk: &Walk<'_, 'a>,
        info: &RuleInfo,
        (f, scope): (&Frame, Scope),
        passed: usize,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let at = walk.pos.saturating_add(passed);
        let Some(part) = walk.parts.get(at) else { return then(self) };
        if let Some(own) = info.reference.get(at) {
            return self.unify(f, (part, walk.at), (own, scope), &mut |machine| {
                machine.head(walk, info, (f, scope), passed.saturating_add(1), then)
            });
        }
        if info.is_multi()
            && at == info.reference.len()
            && let Some(key) = &info.key
        {
            return self.unify(f, (part, walk.at), (key, scope), then);
        }
        then(self)
    }

    /// Looks into what a rule makes along the rest of a reference.
    fn look_into_made(
        &mut self,
        walk: &Walk<'_, 'a>,
        info: &RuleInfo,
        scope: Scope,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let Some(term) = info.value.as_ref().or(info.key.as_ref()) else { return Ok(()) };
        let (mut term, of) = self.apply(term, scope);
        if info.is_multi() {
            term = Term::set(vec![term]);
        }
        let path = info.reference.get(walk.pos..).unwrap_or_default();
        self.look(&walk.looking(walk.pos), (&nested(term, path), of), then)
    }

    /// What all rules make.
    fn made_by_all(
        &mut self,
        walk: &Walk<'_, 'a>,
        rules: &[Numbered<'a>],
        set: bool,
    ) -> Eval<Value> {
        let mut made = started(set);
        for (id, info) in rules {
            self.child(walk.f, Arc::clone(&info.body), |machine, child| {
                machine.tell_rule(child, StepOp::Enter, *id)?;
                machine.run(child, &mut |machine| {
                    machine.tell_rule(child, StepOp::Exit, *id)?;
                    machine.add(walk.pos, info, child.scope, &mut made)?;
                    machine.tell_rule(child, StepOp::Redo, *id)
                })
            })?;
        }
        Ok(made.value())
    }

    fn constant(&mut self, term: &Term, at: Scope, location: &Location) -> Eval<Value> {
        match self.plug(term, at)? {
            Term::Value(value) => Ok(value),
            _ => Err(Self::error(EvalCode::Internal, "a value is not constant", location)),
        }
    }

    /// Adds what a rule makes; whether it was there already.
    fn add(&mut self, pos: usize, info: &RuleInfo, scope: Scope, made: &mut Made) -> Eval<bool> {
        self.context.reserve(64)?;
        let location = &info.head.location;
        let mut path = Vec::new();
        for part in info.reference.get(pos..).unwrap_or_default() {
            path.push(self.constant(part, scope, location)?);
        }
        let term = info.value.as_ref().or(info.key.as_ref());
        let value = match term {
            Some(term) => self.constant(term, scope, location)?,
            None => return Ok(false),
        };
        made.put(&path, value, info.is_multi()).map_err(|Disagree| conflict(location))
    }

    /// Keeps the rules as support, and asks for them there.
    fn partial_support(
        &mut self,
        walk: &Walk<'_, 'a>,
        rules: &[Numbered<'a>],
        set: bool,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let path = self.supported(walk.passed());
        let mut defined = self.support.has(&path);
        if !defined {
            for (id, info) in rules {
                defined |= self.partial_support_rule(walk, (*id, info))?;
            }
        }
        let mut term = Term::Ref(self.supported(&walk.parts).into());
        if !defined {
            if walk.parts.len() != walk.pos {
                return Ok(());
            }
            // The whole set or object was asked for, and is empty.
            term = Term::Value(started(set).value());
        }
        self.save_unify(walk.f, (&term, walk.at), walk.other, then)
    }

    fn partial_support_rule(
        &mut self,
        walk: &Walk<'_, 'a>,
        (id, info): Numbered<'a>,
    ) -> Eval<bool> {
        let mut defined = false;
        self.child(walk.f, Arc::clone(&info.body), |machine, child| {
            machine.apart(child, id, &mut |machine, saved| {
                defined = true;
                let body = machine.written_query(&saved)?;
                if !machine.rules.compiled.passes_type_check(&body) {
                    return Ok(());
                }
                let mut reference = machine.supported(&info.reference);
                for part in reference.iter_mut().skip(1) {
                    *part = machine.plug_out(part, child.scope)?;
                }
                let (package, rule_ref) = split(&reference);
                let mut head = machine.written_head(&rule_ref)?;
                if let Some(value) = &info.value {
                    let value = machine.plug_out(value, child.scope)?;
                    head.value = Some(machine.written_term(&value)?);
                }
                let single = !info.is_multi();
                if let (false, Some(key)) = (single, &info.key) {
                    let key = machine.plug_out(key, child.scope)?;
                    head.key = Some(machine.written_term(&key)?);
                }
                if single && head.reference.len() == 2 {
                    head.key = head.reference.last().cloned();
                }
                if head.reference.len() == 1 || (single && head.reference.len() == 2) {
                    head.name = name_of(&head.reference);
                }
                machine.keep_support(&package, (head, info.default), body, true)
            })
        })?;
        Ok(defined)
    }
}
