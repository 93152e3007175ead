//! Calls of functions that are rules (OPA's `evalFunc`).

use crate::index::Found;
use crate::machine::{Eval, Frame, Machine, Next};
use crate::rules::RuleInfo;
use crate::save::Unknown;
use crate::scopes::vars_of;
use crate::support::split;
use crate::term::{Expr, Kind, Term};
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
        let found = self.candidates(group);
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
        let mut gave = false;
        for (id, others) in &found.rules {
            let mut one = self.function_rule(called, *id, then)?;
            for other in others {
                if one {
                    break;
                }
                one = self.function_rule(called, *other, then)?;
            }
            gave |= one;
        }
        match found.default {
            Some(id) if !gave => self.function_rule(called, id, then).map(|_| ()),
            _ => Ok(()),
        }
    }

    /// Evaluates one definition; whether it gave a value.
    fn function_rule(
        &mut self,
        called: &Called<'_>,
        id: RuleId,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<bool> {
        let Some(info) = self.rules.info(id) else { return Ok(false) };
        let Some(head) = &info.value else { return Ok(false) };
        let mut args = info.args.clone();
        if called.has_output() {
            args.push(head.clone());
        }
        let bare = info.args.len() == called.operands().len();
        let mut gave = false;
        let mut refused: Option<Term> = None;
        let f = called.f;
        self.child(f, Arc::clone(&info.body), |machine, child| {
            let sides = ((called.operands(), f.scope), (args.as_slice(), child.scope));
            machine.unify_all(child, sides.0, sides.1, &mut |machine| {
                machine.run(child, &mut |machine| {
                    if bare && machine.is_saved(head, child.scope) {
                        // Whether it is `false` is seen later.
                        let expr = Expr::new(Kind::Term(head.clone()));
                        return machine.save_expr(f, expr, child.scope, then);
                    }
                    let value = machine.plug(head, child.scope)?;
                    gave = true;
                    if bare && value.is_false() {
                        if refused.as_ref().is_some_and(|before| *before != value) {
                            let message =
                                "functions must not produce multiple outputs for same inputs";
                            return Err(Self::error(EvalCode::Conflict, message, &info.location));
                        }
                        refused = Some(value);
                        return Ok(());
                    }
                    refused = Some(value);
                    then(machine)
                })
            })
        })?;
        Ok(gave)
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
                self.function_support_rule(called.f, info, &path)?;
            }
        }
        if !self.support.has(&path) {
            return Ok(());
        }
        let operator = Term::Ref(path.into());
        let terms = std::iter::once(operator).chain(called.operands().iter().cloned()).collect();
        self.save_call(called.f, called.arity, terms, then)
    }

    fn function_support_rule(&mut self, f: &Frame, info: &'a RuleInfo, path: &[Term]) -> Eval<()> {
        self.child(f, Arc::clone(&info.body), |machine, child| {
            let mut vars = BTreeSet::new();
            info.args.iter().for_each(|arg| vars_of(arg, &mut vars));
            let vars = vars.into_iter().collect();
            machine.unknowns.push(Unknown { refs: Vec::new(), vars, at: child.scope });
            machine.apart(child, &mut |machine, saved| {
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
