//! Rules: their bodies, and the type of each (OPA's `checkRule`).

use super::problem::Problem;
use super::scope::Scope;
use super::terms::{variable, walk};
use super::tree::{Key, Node, key_type};
use super::{RuleToCheck, Run, TypeEnv};
use crate::{Function, Type};
use referee_rego_syntax::Error;
use referee_rego_syntax::ast::{Ref, Rule, Term, TermKind};
use referee_rego_syntax::inspect::ground_prefix;
use std::sync::Arc;

/// The whole reference of a rule: its package's path, then its own. The name that its own begins
/// with is a key there.
fn path(rule: &Rule, package: &Ref) -> Ref {
    let mut path = package.clone();
    for (at, part) in rule.head.reference.iter().enumerate() {
        let mut part = part.clone();
        if at == 0
            && let TermKind::Var(name) = part.kind
        {
            part.kind = TermKind::String(name);
        }
        path.push(part);
    }
    path
}

/// What is known of a rule.
enum Known {
    /// Its type, and where it is put: the ground part of its reference.
    Type(Type, usize),
    /// Nothing.
    Nothing,
    /// Its body is wrong.
    Wrong,
}

impl Run<'_> {
    /// Checks a rule and adds its type to the environment.
    pub(super) fn check_rule(&self, env: &mut TypeEnv, entry: &RuleToCheck<'_>) -> Vec<Error> {
        self.memo.borrow_mut().clear();
        let mut problems = Vec::new();
        let layer = self.schema_layer(env, entry, &mut problems);
        let path = path(entry.rule, entry.package);
        let known = {
            let globals = Scope::tree(&env.globals, None);
            let rules = Scope::tree(&env.rules, Some(&globals));
            let schemas = Scope::tree(&layer, Some(&rules));
            let body = Scope::body(&schemas);
            let found = self.check_body(&body, &entry.rule.body);
            let known = match found.is_empty() {
                true => self.type_of_rule(&body, entry.rule, &path),
                false => Known::Wrong,
            };
            problems.extend(found);
            known
        };
        match known {
            Known::Type(ty, ground) => {
                let keys = path.iter().take(ground).map_while(Key::of);
                let keys: Vec<_> = keys.map(|key| (key.clone(), key_type(&key))).collect();
                env.rules.insert(&keys, &ty);
            }
            Known::Nothing => {}
            // Expressions that refer to it are not to be blamed.
            Known::Wrong => env.rules.put(path.iter().map_while(Key::of), Type::any()),
        }
        problems.into_iter().map(|problem| problem.error).collect()
    }

    /// The schemas of a rule by path.
    fn schema_layer(
        &self,
        env: &mut TypeEnv,
        entry: &RuleToCheck<'_>,
        problems: &mut Vec<Problem>,
    ) -> Node {
        let mut layer = Node::default();
        for annotation in &entry.schemas {
            let put = self.schema_type(env, annotation, entry.rule).and_then(|ty| {
                let Some(ty) = ty else {
                    return Ok(None);
                };
                let globals = Scope::tree(&env.globals, None);
                let rules = Scope::tree(&env.rules, Some(&globals));
                let scope = Scope::tree(&layer, Some(&rules));
                self.overridden(&scope, &annotation.path, ty, entry.rule).map(Some)
            });
            match put {
                Ok(Some((length, ty))) => {
                    layer.put(annotation.path.iter().take(length).map_while(Key::of), ty);
                }
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        layer
    }

    fn type_of_rule(&self, scope: &Scope<'_>, rule: &Rule, path: &Ref) -> Known {
        let head = &rule.head;
        if let Some(args) = head.args.as_deref().filter(|args| !args.is_empty()) {
            return Known::Type(self.type_of_function(scope, rule, args), path.len());
        }
        let ty = match (&head.value, &head.key) {
            (Some(value), _) => self.type_of(scope, value),
            (None, Some(key)) => match self.type_of(scope, key) {
                Type::Unknown => return Known::Nothing,
                ty => Type::set(ty),
            },
            (None, None) => return Known::Nothing,
        };
        let ground = ground_prefix(path).len();
        let ty = path.iter().skip(ground).rev().try_fold(ty, |ty, part| {
            let key = self.type_of(scope, part);
            let known = !matches!((&key, &ty), (Type::Unknown, _) | (_, Type::Unknown));
            known.then(|| Type::object(Vec::new(), Some((key, ty))))
        });
        match ty {
            None | Some(Type::Unknown) => Known::Nothing,
            Some(ty) => Known::Type(ty, ground),
        }
    }

    fn type_of_function(&self, scope: &Scope<'_>, rule: &Rule, args: &[Term]) -> Type {
        for arg in args {
            walk(arg, &mut |term| {
                // An argument that the body says nothing of may be anything.
                if let Some(name) = variable(term)
                    && matches!(scope.variable(name), Type::Unknown)
                {
                    scope.put(name, Type::any());
                }
                false
            });
        }
        let result = rule.head.value.as_ref().map(|value| self.type_of(scope, value));
        Type::Function(Arc::new(Function {
            args: args.iter().map(|arg| (None, self.type_of(scope, arg))).collect(),
            result: result.filter(|ty| !matches!(ty, Type::Unknown)),
            ..Function::default()
        }))
    }
}
