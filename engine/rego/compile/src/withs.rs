//! `with`: what may be replaced, and by what (OPA's stage RewriteWithValues). Values that must be
//! evaluated are evaluated before.

use crate::comprehensions::{Shared, places};
use crate::errors::{Errors, compile, types};
use crate::make::{self, Generator};
use crate::names::{head_var, var};
use crate::tree::{Arities, dotted};
use crate::walk::requires_eval;
use crate::walk_mut::{self, NodeMut};
use referee_rego_syntax::Error;
use referee_rego_syntax::ast::{Body, Expr, Module, Ref, Term, TermKind};
use referee_rego_syntax::print;
use referee_rego_types::Declaration;
use referee_rego_value::Str;

const REPLACING: &str = "with keyword replacing built-in function:";

/// Checks and rewrites modifiers.
pub(crate) struct Withs<'c> {
    pub(crate) generator: &'c mut Generator,
    pub(crate) arities: Arities<'c>,
    pub(crate) unsafe_builtins: &'c [Str],
    pub(crate) allow_undefined: bool,
}

impl Withs<'_> {
    /// Rewrites all modules.
    pub(crate) fn run(&mut self, modules: &mut [Module], errors: &mut Errors) {
        for module in modules {
            walk_mut::rules(module, |rule| {
                walk_mut::rule(rule, &mut |node| match node {
                    NodeMut::Body(body) => match self.body(body) {
                        Ok(()) => false,
                        Err(error) => {
                            errors.push(error);
                            true
                        }
                    },
                    _ => false,
                });
            });
        }
    }

    /// Rewrites a query; bodies in it are left alone, as OPA leaves them.
    pub(crate) fn body(&mut self, body: &mut Body) -> Result<(), Error> {
        if body.iter().all(|expr| expr.with.is_empty()) {
            return Ok(());
        }
        let mut last: Option<Shared> = None;
        for mut expr in std::mem::take(body) {
            match Shared::take(&last, &expr.with) {
                Some(with) => expr.with = with,
                None => {
                    let origin = places(&expr.with);
                    self.expr(&mut expr, body)?;
                    last = Some(Shared { origin, with: expr.with.clone() });
                }
            }
            make::push(body, expr);
        }
        Ok(())
    }

    fn expr(&mut self, expr: &mut Expr, body: &mut Body) -> Result<(), Error> {
        for with in &mut expr.with {
            if self.validate(&mut with.target, &mut with.value)? {
                make::push(body, self.generator.extract(&mut with.value));
            }
        }
        Ok(())
    }

    /// Checks a modifier; whether its value must be evaluated before.
    fn validate(&self, target: &mut Term, value: &mut Term) -> Result<bool, Error> {
        if let Some(name) = var(value)
            && self.arities.builtins.contains_key(name.as_str())
        {
            value.kind = TermKind::Ref(single(name));
        }
        let builtin = self.builtin(target)?;
        let parts = match &target.kind {
            TermKind::Ref(parts) => Some(parts),
            _ => None,
        };
        match (parts.and_then(|parts| head_var(parts)).map(Str::as_str), builtin) {
            (Some("data"), _) => {
                if let Some(answer) = self.data(target, value)? {
                    return Ok(answer);
                }
            }
            (Some("input"), _) => {}
            (_, Some(builtin)) => {
                if let Some(name) = var(target) {
                    target.kind = TermKind::Ref(single(&name.clone()));
                }
                check_target(target, &builtin)?;
                if self.is_function(value)? {
                    return Ok(false);
                }
            }
            _ if self.allow_undefined && (parts.is_some() || var(target).is_some()) => {
                return Ok(false);
            }
            _ => {
                let message =
                    "with keyword target must reference existing input, data, or a function";
                return Err(types(message, &target.location));
            }
        }
        Ok(requires_eval(value))
    }

    /// Checks the replacement of something in `data`; an answer where that is final.
    fn data(&self, target: &Term, value: &Term) -> Result<Option<bool>, Error> {
        let TermKind::Ref(parts) = &target.kind else { return Ok(None) };
        let tree = self.arities.tree;
        let mut node = Some(tree.root());
        // OPA stops where nothing is below; the last part is looked up from there.
        let inner = parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default();
        for part in inner {
            let key = crate::tree::Key::of(part);
            let child = key.and_then(|key| node.and_then(|node| tree.below(node, &key)));
            match child {
                None => break,
                Some(child) if !child.rules.is_empty() => {
                    let message = "with keyword cannot partially replace virtual document(s)";
                    return Err(compile(message, &target.location));
                }
                child => node = child,
            }
        }
        let last = parts.last().filter(|_| parts.len() > 1).and_then(crate::tree::Key::of);
        let found = last.and_then(|key| node.and_then(|node| tree.below(node, &key)));
        let takes_args = |found: &crate::tree::Node| {
            let place = |id: &crate::tree::RuleId| tree.rule(*id);
            found.rules.iter().filter_map(place).any(|place| place.args > 0)
        };
        if found.is_some_and(takes_args) && self.is_function(value)? {
            return Ok(Some(false));
        }
        // A function is no value.
        if let TermKind::Ref(parts) = &value.kind
            && tree.find(parts).is_some_and(takes_args)
        {
            return Ok(Some(false));
        }
        Ok(None)
    }

    /// Whether a value is a rule, a function or a builtin.
    fn is_function(&self, value: &Term) -> Result<bool, Error> {
        if let TermKind::Ref(parts) = &value.kind
            && self.arities.tree.find(parts).is_some()
        {
            return Ok(true);
        }
        Ok(self.builtin(value)?.is_some())
    }

    /// The builtin that a term names; an error where it must not be called.
    fn builtin(&self, term: &Term) -> Result<Option<std::sync::Arc<Declaration>>, Error> {
        let name = match &term.kind {
            TermKind::Ref(parts) => dotted(parts).unwrap_or_else(|| print::reference(parts).into()),
            TermKind::Var(name) => Str::from(print::variable(name)),
            _ => return Ok(None),
        };
        if self.unsafe_builtins.contains(&name) {
            let message = format!("{REPLACING} target must not be unsafe: {}", print::quote(&name));
            return Err(compile(message, &term.location));
        }
        Ok(self.arities.builtins.get(name.as_str()).cloned())
    }
}

fn single(name: &Str) -> Ref {
    vec![make::term(TermKind::Var(name.clone()))]
}

fn check_target(target: &Term, builtin: &Declaration) -> Result<(), Error> {
    let name = &builtin.name;
    let quoted = print::quote(name);
    let what = if matches!(&**name, "eq" | "rego.metadata.chain" | "rego.metadata.rule") {
        format!("replacement of {quoted} invalid")
    } else if name.starts_with("internal.") {
        format!("replacement of internal function {quoted} invalid")
    } else if builtin.relation {
        "target must not be a relation".to_owned()
    } else if builtin.function.result.is_none() {
        "target must not be a void function".to_owned()
    } else {
        return Ok(());
    };
    Err(compile(format!("{REPLACING} {what}"), &target.location))
}
