//! Rules that make sets and objects (OPA's `evalVirtualPartial`).

use crate::index::Found;
use crate::machine::{Eval, Frame, Machine, Next};
use crate::made::{Disagree, Made};
use crate::rules::RuleInfo;
use crate::scopes::Scope;
use crate::support::{name_of, split};
use crate::term::Term;
use crate::tree::Walk;
use referee_rego_eval::EvalCode;
use referee_rego_syntax::Location;
use referee_rego_value::Value;
use std::sync::Arc;

/// A set or an object before anything is in it.
fn started(set: bool) -> Made {
    if set { Made::set() } else { Made::object() }
}

fn conflict(location: &Location) -> Box<referee_rego_eval::EvalError> {
    Machine::error(EvalCode::Conflict, "object keys must be unique", location)
}

/// The longest reference that the rules have, at most so long.
fn longest(rules: &[&RuleInfo], most: usize) -> usize {
    let length = |info: &&RuleInfo| info.reference.len().saturating_add(info.is_multi().into());
    rules.iter().map(length).max().unwrap_or(0).min(most)
}

/// A term inside objects with the keys of a reference.
fn nested(term: Term, path: &[Term]) -> Term {
    path.iter().rev().fold(term, |term, key| Term::object(vec![(key.clone(), term)]))
}

impl<'a, 'c> Machine<'a, 'c> {
    /// Evaluates a reference that has come to rules which make a set or an object.
    pub(crate) fn partial_rules(
        &mut self,
        walk: &Walk<'_, 'a>,
        found: &Found,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let pos = walk.pos;
        let rules: Vec<&'a RuleInfo> =
            found.rules.iter().filter_map(|(id, _)| self.rules.info(*id)).collect();
        let set = found.multi && found.ground;
        let head = walk.parts.get(..pos).unwrap_or_default();
        let unknown = self.unknown_ref(head, walk.at);
        if walk.parts.len() == pos {
            if unknown {
                return self.partial_support(walk, &rules, set, then);
            }
            let known = self.caches.last().and_then(|cache| cache.get(walk.passed())).cloned();
            let value = match known.flatten() {
                Some(value) => value,
                None => {
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
            for info in &rules {
                self.child(walk.f, Arc::clone(&info.body), |machine, child| {
                    machine.run(child, &mut |machine| {
                        machine.head(walk, info, (walk.f, child.scope), 0, &mut |machine| {
                            machine.look_into_made(walk, info, child.scope, then)
                        })
                    })
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
        rules: &[&'a RuleInfo],
        (set, unknown, most): (bool, bool, usize),
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        if unknown {
            for info in rules {
                self.child(walk.f, Arc::clone(&info.body), |machine, child| {
                    machine.head(walk, info, (child, child.scope), 0, &mut |machine| {
                        machine.run(child, &mut |machine| {
                            machine.look_into_made(walk, info, child.scope, then)
                        })
                    })
                })?;
            }
            return Ok(());
        }
        let pos = walk.pos;
        let whole = self.caches.last().and_then(|cache| cache.get(walk.passed())).cloned();
        if let Some(Some(value)) = whole {
            return self.look(&walk.looking(pos), (&value, walk.at), then);
        }
        let Some(first) = walk.parts.get(pos) else { return Ok(()) };
        if matches!(self.plug(first, walk.at)?, Term::Var(_)) {
            let value = Term::Value(self.made_by_all(walk, rules, set)?);
            self.remember(walk.passed(), Some(value.clone()));
            return self.look(&walk.looking(pos), (&value, walk.at), then);
        }
        // What is asked for under keys that are all known is computed once.
        let mut key = Some(walk.passed().to_vec());
        for at in pos..most {
            let part = walk.parts.get(at).cloned().unwrap_or(Term::Value(Value::Null));
            let part = self.plug(&part, walk.at)?;
            key = key.filter(|_| part.is_ground()).map(|mut key| {
                key.push(part);
                key
            });
            let known = key.as_ref().and_then(|key| self.caches.last()?.get(key).cloned());
            if let Some(Some(value)) = known {
                let look = walk.looking(at.saturating_add(1));
                return self.look(&look, (&value, walk.at), then);
            }
        }
        let mut made = started(set);
        for info in rules {
            self.child(walk.f, Arc::clone(&info.body), |machine, child| {
                machine.head(walk, info, (child, child.scope), 0, &mut |machine| {
                    machine.run(child, &mut |machine| {
                        machine.add(walk.pos, info, child.scope, &mut made)
                    })
                })
            })?;
        }
        let made = made.value();
        if let Some(key) = key {
            let inside = key.get(pos..).unwrap_or_default();
            let found = inside.iter().try_fold(&made, |value, part| value.get(part.value()?));
            if let Some(found) = found {
                let found = Term::Value(found.clone());
                self.remember(&key, Some(found));
            }
        }
        self.look(&walk.looking(pos), (&Term::Value(made), walk.at), then)
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
        rules: &[&'a RuleInfo],
        set: bool,
    ) -> Eval<Value> {
        let mut made = started(set);
        for info in rules {
            self.child(walk.f, Arc::clone(&info.body), |machine, child| {
                machine
                    .run(child, &mut |machine| machine.add(walk.pos, info, child.scope, &mut made))
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

    /// Adds what a rule makes.
    fn add(&mut self, pos: usize, info: &RuleInfo, scope: Scope, made: &mut Made) -> Eval<()> {
        self.context.reserve(64)?;
        let location = &info.head.location;
        let mut path = Vec::new();
        for part in info.reference.get(pos..).unwrap_or_default() {
            path.push(self.constant(part, scope, location)?);
        }
        let term = info.value.as_ref().or(info.key.as_ref());
        let value = match term {
            Some(term) => self.constant(term, scope, location)?,
            None => return Ok(()),
        };
        made.put(&path, value, info.is_multi()).map_err(|Disagree| conflict(location))
    }

    /// Keeps the rules as support, and asks for them there.
    fn partial_support(
        &mut self,
        walk: &Walk<'_, 'a>,
        rules: &[&'a RuleInfo],
        set: bool,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let path = self.supported(walk.passed());
        let mut defined = self.support.has(&path);
        if !defined {
            for info in rules {
                defined |= self.partial_support_rule(walk, info)?;
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

    fn partial_support_rule(&mut self, walk: &Walk<'_, 'a>, info: &'a RuleInfo) -> Eval<bool> {
        let mut defined = false;
        self.child(walk.f, Arc::clone(&info.body), |machine, child| {
            machine.apart(child, &mut |machine, saved| {
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
