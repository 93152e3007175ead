//! `with`: what an expression replaces while it is evaluated.

use crate::plan::body::Body;
use crate::plan::ops::{Callee, Native, Op, Replacement, Src, Substitute, Target};
use crate::plan::term::{constant, dotted, head_name};
use crate::plan::{Planned, Unbound};
use referee_rego_syntax::ast::{Expr, Ref, Term, TermKind, With};
use referee_rego_value::{Str, Value};
use std::sync::Arc;

impl Body<'_, '_> {
    /// Plans an expression within its replacements.
    pub(crate) fn scoped(
        &mut self,
        expr: &Expr,
        plan: impl FnOnce(&mut Self) -> Planned<()>,
    ) -> Planned<()> {
        if expr.with.is_empty() {
            return plan(self);
        }
        let replacements: Planned<Box<[Replacement]>> =
            expr.with.iter().map(|with| self.replacement(with)).collect();
        self.push(Op::Enter { with: replacements? });
        let planned = plan(self);
        let planned = self.or_fail(planned);
        self.push(Op::Leave);
        planned
    }

    fn replacement(&mut self, with: &With) -> Planned<Replacement> {
        let single;
        let reference: &Ref = match &with.target.kind {
            TermKind::Ref(reference) => reference,
            TermKind::Var(_) => {
                single = vec![with.target.clone()];
                &single
            }
            _ => return Err(Unbound),
        };
        let path = || -> Planned<Arc<[Value]>> {
            reference.iter().skip(1).map(|key| constant(key).ok_or(Unbound)).collect()
        };
        let target = match head_name(reference).map(Str::as_str) {
            Some("input") => Target::Input(path()?),
            Some("data") => match self.function(reference) {
                Ok((_, arity)) if arity > 0 => Target::Function(Str::new(dotted(reference))),
                _ => Target::Data(path()?),
            },
            _ => Target::Function(Str::new(dotted(reference))),
        };
        let by = match &target {
            Target::Function(_) => self.substitute(&with.value)?,
            _ => Substitute::Value(self.document_value(&with.value)?),
        };
        Ok(Replacement { target, by })
    }

    /// What stands in for a document. A function there is no value: OPA puts the reference to it in
    /// the place, which nothing but its own type equals; here it is the reference's text.
    fn document_value(&mut self, value: &Term) -> Planned<Src> {
        if let TermKind::Ref(reference) = &value.kind
            && let Ok((_, arity)) = self.function(reference)
            && arity > 0
        {
            return Ok(Src::Const(Value::from(dotted(reference).as_str())));
        }
        self.evaluate(value)
    }

    /// What stands in for a function: another function, or a value.
    fn substitute(&mut self, value: &Term) -> Planned<Substitute> {
        if let TermKind::Ref(reference) = &value.kind {
            match head_name(reference).map(Str::as_str) {
                Some("data") => {
                    if let Ok((group, arity)) = self.function(reference)
                        && arity > 0
                    {
                        return Ok(Substitute::Function(Callee::Rule(group)));
                    }
                    let keys: Option<Arc<[Value]>> =
                        reference.iter().skip(1).map(constant).collect();
                    if let Some(keys) = keys {
                        return Ok(Substitute::Document(keys));
                    }
                }
                Some("input") | None => {}
                Some(_) => {
                    let name = dotted(reference);
                    if self.planner.scheme.capabilities.builtins.contains_key(name.as_str()) {
                        let callee = match Native::find(&name) {
                            Some(native) => Callee::Native(native),
                            None => Callee::Builtin(self.builtin(&name)),
                        };
                        return Ok(Substitute::Function(callee));
                    }
                }
            }
        }
        Ok(Substitute::Value(self.evaluate(value)?))
    }
}
