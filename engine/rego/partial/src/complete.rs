//! Rules that have one value (OPA's `evalVirtual` and `evalVirtualComplete`).

use crate::index::Found;
use crate::instruments::Counted;
use crate::machine::{Eval, Machine, Next};
use crate::rules::RuleInfo;
use crate::scopes::Scope;
use crate::stop::{Waiting, left};
use crate::support::name_of;
use crate::term::Term;
use crate::trail::StepOp;
use crate::tree::Walk;
use referee_rego_compile::{Node, RuleId};
use referee_rego_eval::EvalCode;
use std::sync::Arc;

impl<'a, 'c> Machine<'a, 'c> {
    /// Evaluates a reference that has come to rules; the part they stand under is the last that
    /// has been passed.
    pub(crate) fn rules_at(
        &mut self,
        walk: &Walk<'_, 'a>,
        node: &'a Node,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let Some(group) = self.rules.group(node) else { return Ok(()) };
        let found = self.candidates(group, None)?;
        self.tell_index(walk.f, walk.passed(), &found)?;
        // Rules in an order cannot be taken apart: what asks for them is put aside.
        if found.has_else() && self.unknown_ref(&walk.parts, walk.at) {
            let reference = Term::Ref(Arc::clone(&walk.parts));
            return self.save_unify(walk.f, (&reference, walk.at), walk.other, then);
        }
        if found.multi || !found.ground {
            return self.partial_rules(walk, &found, then);
        }
        self.complete_rules(walk, &found, then)
    }

    fn complete_rules(
        &mut self,
        walk: &Walk<'_, 'a>,
        found: &Found,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        if found.is_empty() {
            return Ok(());
        }
        let first = found.rules.first().map(|(id, _)| *id).or(found.default);
        if first.and_then(|id| self.rules.info(id)).is_some_and(|info| !info.args.is_empty()) {
            return Ok(());
        }
        if !self.unknown_ref(&walk.parts, walk.at) {
            return self.complete_value(walk, found, then);
        }
        if self.default_may_count(walk, found)?
            || self.settings.shallow_inlining
            || self.not_inlined(walk.passed(), false)
        {
            return self.complete_support(walk, found, then);
        }
        for (id, _) in &found.rules {
            let Some(info) = self.rules.info(*id) else { continue };
            self.child(walk.f, Arc::clone(&info.body), |machine, child| {
                machine.tell_rule(child, StepOp::Enter, *id)?;
                machine.run(child, &mut |machine| {
                    machine.tell_rule(child, StepOp::Exit, *id)?;
                    machine.look_into(walk, info, child.scope, then)?;
                    machine.tell_rule(child, StepOp::Redo, *id)
                })
            })?;
        }
        Ok(())
    }

    /// Whether the default may be what is asked for, so that the rules must stay together.
    fn default_may_count(&mut self, walk: &Walk<'_, 'a>, found: &Found) -> Eval<bool> {
        let default = found.default.and_then(|id| self.rules.info(id));
        let Some(value) = default.and_then(|info| info.value.as_ref()) else { return Ok(false) };
        let (other, of) = walk.other;
        if value.is_false()
            && let Term::Ref(parts) = other
            && self.not_inlined(parts, false)
        {
            return Ok(false);
        }
        let other = self.plug(other, of)?;
        Ok(!matches!(other, Term::Value(_)) || other == *value)
    }

    /// Looks into the value of a rule along the rest of a reference.
    fn look_into(
        &mut self,
        walk: &Walk<'_, 'a>,
        info: &RuleInfo,
        scope: Scope,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let Some(value) = &info.value else { return Ok(()) };
        let (value, of) = self.apply(value, scope);
        self.look(&walk.looking(walk.pos), (&value, of), then)
    }

    /// The value of rules that leave nothing over.
    fn complete_value(
        &mut self,
        walk: &Walk<'_, 'a>,
        found: &Found,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let known = self.caches.last().and_then(|cache| cache.get(walk.passed())).cloned();
        match known {
            Some(None) => {
                self.count(Counted::VirtualCacheHit);
                return Ok(());
            }
            Some(Some(value)) => {
                self.count(Counted::VirtualCacheHit);
                return self.look(&walk.looking(walk.pos), (&value, walk.at), then);
            }
            None => self.count(Counted::VirtualCacheMiss),
        }
        left(self.complete_all(walk, found, then))
    }

    fn complete_all(
        &mut self,
        walk: &Walk<'_, 'a>,
        found: &Found,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let mut value: Option<Term> = None;
        let mut waiting = Waiting::default();
        for (first, others) in &found.rules {
            let mut gave = false;
            for id in std::iter::once(first).chain(others) {
                let done =
                    self.complete_one(walk, (*id, found.early), (&mut value, &mut gave), then);
                waiting.take(done)?;
                if gave {
                    break;
                }
            }
        }
        if value.is_none() {
            if let Some(id) = found.default {
                let mut gave = false;
                return self.complete_one(walk, (id, found.early), (&mut value, &mut gave), then);
            }
            self.remember(walk.passed(), None);
        }
        waiting.end()
    }

    /// Notes what a reference leads to.
    pub(crate) fn remember(&mut self, parts: &[Term], found: Option<Term>) {
        if let Some(cache) = self.caches.last_mut() {
            cache.put(parts, found);
        }
    }

    /// Evaluates a rule, of which one value is enough if it is `early`; notes whether it gave one.
    fn complete_one(
        &mut self,
        walk: &Walk<'_, 'a>,
        (id, early): (RuleId, bool),
        (before, gave): (&mut Option<Term>, &mut bool),
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let Some(info) = self.rules.info(id) else { return Ok(()) };
        let Some(head) = &info.value else { return Ok(()) };
        self.child_for(walk.f, (Arc::clone(&info.body), early), |machine, child| {
            machine.tell_rule(child, StepOp::Enter, id)?;
            machine.run(child, &mut |machine| {
                machine.tell_rule(child, StepOp::Exit, id)?;
                let value = machine.plug(head, child.scope)?;
                *gave = true;
                if let Some(before) = before {
                    if *before == value {
                        return machine.tell_rule(child, StepOp::Redo, id);
                    }
                    let message = "complete rules must not produce multiple outputs";
                    return Err(Self::error(EvalCode::Conflict, message, &info.location));
                }
                *before = Some(value.clone());
                machine.remember(walk.passed(), Some(value));
                machine.look_into(walk, info, child.scope, then)?;
                machine.tell_rule(child, StepOp::Redo, id)
            })
        })
    }

    /// Keeps the rules as support, and asks for them there.
    fn complete_support(
        &mut self,
        walk: &Walk<'_, 'a>,
        found: &Found,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let path = self.supported(walk.passed());
        let mut defined = self.support.has(&path);
        if !defined {
            let rules: Vec<RuleId> =
                found.rules.iter().map(|(id, _)| *id).chain(found.default).collect();
            for id in rules {
                let Some(info) = self.rules.info(id) else { continue };
                let rule_ref = walk.passed().get(info.package..).unwrap_or_default().to_vec();
                let package = path.len().saturating_sub(rule_ref.len());
                let package = path.get(..package).unwrap_or_default();
                defined |= self.complete_support_rule(walk, (id, info), package, &rule_ref)?;
            }
        }
        if !defined {
            return Ok(());
        }
        let reference = Term::Ref(self.supported(&walk.parts).into());
        self.save_unify(walk.f, (&reference, walk.at), walk.other, then)
    }

    fn complete_support_rule(
        &mut self,
        walk: &Walk<'_, 'a>,
        (id, info): (RuleId, &'a RuleInfo),
        package: &[Term],
        rule_ref: &[Term],
    ) -> Eval<bool> {
        let mut defined = false;
        self.child(walk.f, Arc::clone(&info.body), |machine, child| {
            machine.apart(child, id, &mut |machine, saved| {
                defined = true;
                let body = machine.written_query(&saved)?;
                if !machine.rules.compiled.passes_type_check(&body) {
                    return Ok(());
                }
                let mut head = machine.written_head(rule_ref)?;
                if head.reference.len() == 1 {
                    head.name = name_of(&head.reference);
                }
                if let Some(value) = &info.value {
                    let value = machine.plug_out(value, child.scope)?;
                    head.value = Some(machine.written_term(&value)?);
                }
                machine.keep_support(package, (head, info.default), body, true)
            })
        })?;
        Ok(defined)
    }

    /// Evaluates a body whose remains are kept apart from those of the query; `each` for each way
    /// in which it holds, with what it leaves over.
    pub(crate) fn apart(
        &mut self,
        child: &crate::machine::Frame,
        id: RuleId,
        each: &mut dyn FnMut(&mut Self, Vec<crate::save::Saved>) -> Eval<()>,
    ) -> Eval<()> {
        self.saved.push(Vec::new());
        self.tell_rule(child, StepOp::Enter, id)?;
        self.run(child, &mut |machine| {
            machine.tell_rule(child, StepOp::Exit, id)?;
            let saved = machine.saved.pop().unwrap_or_default();
            each(machine, saved.clone())?;
            machine.tell_rule(child, StepOp::Redo, id)?;
            machine.saved.push(saved);
            Ok(())
        })?;
        self.saved.pop();
        Ok(())
    }
}
