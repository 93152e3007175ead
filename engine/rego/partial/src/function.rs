//! Calls of functions that are rules (OPA's `evalFunc`).

use crate::index::Found;
use crate::instruments::Counted;
use crate::machine::{Eval, Frame, Machine, Next};
use crate::rules::RuleInfo;
use crate::save::Unknown;
use crate::scopes::vars_of;
use crate::stop::{Waiting, left};
use crate::support::split;
use crate::term::{Expr, Kind, Term};
use crate::trail::StepOp;
use referee_rego_compile::RuleId;
use referee_rego_eval::EvalCode;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A call under evaluation.
struct Called<'l> {
    f: &'l Frame,
    terms: &'l Arc<[Term]>,
    /// How many arguments the function takes.
    arity: usize,
}

impl Called<'_> {
    /// Whether the call has a place for the result.
    fn has_output(&self) -> bool {
        self.terms.len() == self.arity.saturating_add(2)
    }

    fn operands(&self) -> &[Term] {
        self.terms.get(1..).unwrap_or_default()
    }
}

impl<'a, 'c> Machine<'a, 'c> {
    /// Calls a function that is a rule.
    pub(crate) fn call_rules(
        &mut self,
        f: &Frame,
        terms: &Arc<[Term]>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let Some(operator) = terms.first().and_then(Term::reference) else { return Ok(()) };
        let Some(group) = self.rules.function(operator) else { return Ok(()) };
        let given = terms.get(1..).unwrap_or_default();
        let found = self.candidates(group, self.whole.then_some((given, f.scope)))?;
        self.tell_index(f, operator, &found)?;
        if found.is_empty() {
            return Ok(());
        }
        let first = found.rules.first().map(|(id, _)| *id).or(found.default);
        let arity = first.and_then(|id| self.rules.info(id)).map_or(0, |info| info.args.len());
        let called = Called { f, terms, arity };
        if found.has_else() && f.expr().is_some_and(|expr| self.unknown_expr(expr, f.scope)) {
            return self.save_call(f, arity, Arc::clone(terms), then);
        }
        // The default counts where the result is asked for, or is not `false`.
        let default = found.default.and_then(|id| self.rules.info(id));
        let together = default.is_some_and(|info| {
            called.has_output() || info.value.as_ref().is_none_or(|value| !value.is_false())
        });
        if together || self.settings.shallow_inlining || self.not_inlined(operator, false) {
            let args = terms.get(1..=arity).unwrap_or_default();
            if self.unknown_ref(operator, f.scope)
                || args.iter().any(|arg| self.unknown_term(arg, f.scope))
            {
                return self.function_support(&called, operator, &found, then);
            }
        }
        self.function_value(&called, &found, then)
    }

    fn function_value(
        &mut self,
        called: &Called<'_>,
        found: &Found,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let mut key = None;
        if self.whole {
            let call = called.terms.get(..=called.arity).unwrap_or(called.terms);
            let mut parts = Vec::with_capacity(call.len());
            for part in call {
                parts.push(self.plug(part, called.f.scope)?);
            }
            let known = self.caches.last().and_then(|cache| cache.get(&parts)).cloned().flatten();
            if let Some(value) = known {
                self.count(Counted::VirtualCacheHit);
                return match called.terms.last() {
                    Some(output) if called.has_output() => {
                        let at = called.f.scope;
                        self.unify(called.f, (output, at), (&value, at), then)
                    }
                    _ if value.is_false() => Ok(()),
                    _ => then(self),
                };
            }
            self.count(Counted::VirtualCacheMiss);
            key = Some(parts);
        }
        left(self.function_all(called, found, key.as_deref(), then))
    }

    fn function_all(
        &mut self,
        called: &Called<'_>,
        found: &Found,
        key: Option<&[Term]>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let mut value: Option<Term> = None;
        let mut waiting = Waiting::default();
        for (first, others) in &found.rules {
            for id in std::iter::once(first).chain(others) {
                let mut one = None;
                let rule = (*id, found.early, key);
                let done = self.function_rule(called, rule, (value.as_ref(), &mut one), then);
                waiting.take(done)?;
                if one.is_some() {
                    value = one;
                    break;
                }
            }
        }
        match found.default {
            Some(id) if value.is_none() => {
                let rule = (id, found.early, key);
                self.function_rule(called, rule, (None, &mut None), then)
            }
            _ => waiting.end(),
        }
    }

    /// Evaluates one definition, of which one value is enough if it is `early`, and notes its
    /// value, where it gives one: `before` is that of another definition.
    fn function_rule(
        &mut self,
        called: &Called<'_>,
        (id, early, key): (RuleId, bool, Option<&[Term]>),
        (before, gave): (Option<&Term>, &mut Option<Term>),
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let Some(info) = self.rules.info(id) else { return Ok(()) };
        let Some(head) = &info.value else { return Ok(()) };
        let mut args = info.args.clone();
        if called.has_output() {
            args.push(head.clone());
        }
        let bare = info.args.len() == called.operands().len();
        let mut last: Option<Term> = before.cloned();
        let f = called.f;
        self.child_for(f, (Arc::clone(&info.body), early), |machine, child| {
            machine.tell_rule(child, StepOp::Enter, id)?;
            let sides = ((called.operands(), f.scope), (args.as_slice(), child.scope));
            machine.unify_all(child, sides.0, sides.1, &mut |machine| {
                machine.run(child, &mut |machine| {
                    machine.tell_rule(child, StepOp::Exit, id)?;
                    if bare && machine.is_saved(head, child.scope) {
                        // Whether it is `false` is seen later.
                        let expr = Expr::new(Kind::Term(head.clone()));
                        machine.save_expr(f, expr, child.scope, then)?;
                        return machine.tell_rule(child, StepOp::Redo, id);
                    }
                    let value = machine.plug(head, child.scope)?;
                    *gave = Some(value.clone());
                    if let Some(key) = key {
                        machine.remember(key, Some(value.clone()));
                    }
                    let refused = bare && value.is_false();
                    let differs = last.as_ref().is_some_and(|last| *last != value);
                    if differs && (refused || machine.whole) {
                        let message = "functions must not produce multiple outputs for same inputs";
                        return Err(Self::error(EvalCode::Conflict, message, &info.location));
                    }
                    if refused {
                        last = Some(value);
                        return Ok(());
                    }
                    if last.is_some() && machine.whole {
                        return machine.tell_rule(child, StepOp::Redo, id);
                    }
                    last = Some(value);
                    then(machine)?;
                    machine.tell_rule(child, StepOp::Redo, id)
                })
            })
        })
    }

    /// Keeps the function as support, and calls it there.
    fn function_support(
        &mut self,
        called: &Called<'_>,
        operator: &[Term],
        found: &Found,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let path = self.supported(operator);
        if !self.support.has(&path) {
            let rules = found.rules.iter().map(|(id, _)| *id).chain(found.default);
            for id in rules.collect::<Vec<_>>() {
                let Some(info) = self.rules.info(id) else { continue };
                self.function_support_rule(called.f, (id, info), &path)?;
            }
        }
        if !self.support.has(&path) {
            return Ok(());
        }
        let operator = Term::Ref(path.into());
        let terms = std::iter::once(operator).chain(called.operands().iter().cloned()).collect();
        self.save_call(called.f, called.arity, terms, then)
    }

    fn function_support_rule(
        &mut self,
        f: &Frame,
        (id, info): (RuleId, &'a RuleInfo),
        path: &[Term],
    ) -> Eval<()> {
        self.child(f, Arc::clone(&info.body), |machine, child| {
            let mut vars = BTreeSet::new();
            info.args.iter().for_each(|arg| vars_of(arg, &mut vars));
            let vars = vars.into_iter().collect();
            machine.unknowns.push(Unknown { refs: Vec::new(), vars, at: child.scope });
            machine.apart(child, id, &mut |machine, saved| {
                let body = machine.written_query(&saved)?;
                if !machine.rules.compiled.passes_type_check(&body) {
                    return Ok(());
                }
                let mut head = referee_rego_syntax::ast::Head {
                    name: info.head.name.clone(),
                    reference: info.head.reference.clone(),
                    ..Default::default()
                };
                let mut args = Vec::with_capacity(info.args.len());
                for arg in &info.args {
                    let arg = machine.plug_out(arg, child.scope)?;
                    args.push(machine.written_term(&arg)?);
                }
                head.args = Some(args);
                if let Some(value) = &info.value {
                    let value = machine.plug_out(value, child.scope)?;
                    head.value = Some(machine.written_term(&value)?);
                }
                let (package, _) = split(path);
                machine.keep_support(&package, (head, info.default), body, false)
            })?;
            machine.unknowns.pop();
            Ok(())
        })
    }
}
