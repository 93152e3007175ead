//! Types of some rules, checked once more: with a schema of the input that the modules were compiled
//! without (OPA's `VerifyAuthorizationPolicySchema`).

use crate::Compiled;
use crate::errors::types;
use crate::graph;
use crate::make;
use crate::tree::{RuleId, rule_at};
use crate::typing::dependents;
use crate::walk_mut::{self, NodeMut};
use referee_rego_syntax::ast::{Ref, TermKind};
use referee_rego_syntax::{Error, Location};
use referee_rego_types::check::{Checker, RuleToCheck, TypeEnv};
use referee_rego_types::{Nulls, load_schema};
use referee_rego_value::{Str, Value};
use std::collections::HashSet;

impl Compiled {
    /// The type errors of the rules at a path below `data`, and of all that these need, where
    /// `input` has a schema. Metadata is not heeded. There are none where no rule is.
    #[must_use]
    pub fn errors_against(&self, path: &[&str], schema: &Value) -> Vec<Error> {
        let mut reference: Ref = vec![make::term(TermKind::Var(Str::new_static("data")))];
        reference.extend(path.iter().map(|name| make::term(TermKind::String(Str::new(name)))));
        let wanted = self.needed(graph::branches_of(&self.tree, &reference));
        let modules = &*self.modules;
        let input =
            match load_schema(schema, Nulls::Ignored, self.capabilities.allow_net.as_deref()) {
                Ok(found) => found,
                Err(error) => {
                    return vec![types(error.to_string(), &Location::NONE)];
                }
            };
        let rules: Vec<RuleToCheck<'_>> = self
            .graph
            .sorted()
            .unwrap_or_default()
            .into_iter()
            .filter(|id| wanted.contains(id))
            .filter_map(|id| {
                let (module, rule) = rule_at(modules, self.tree.rule(id)?)?;
                Some(RuleToCheck { rule, package: &module.package.path, schemas: Vec::new() })
            })
            .collect();
        let checker = Checker {
            rewrite: &|reference| self.written(reference),
            dependents: &|reference| dependents(modules, &self.tree, &self.graph, reference),
            schemas: None,
            allow_undefined_functions: false,
        };
        checker.check_rules(&mut TypeEnv::new(&self.capabilities, Some(input)), &rules).errors
    }

    /// Some rules and all that they need, directly or not.
    fn needed(&self, mut open: Vec<RuleId>) -> HashSet<RuleId> {
        let mut found = HashSet::new();
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(self.graph.needs(id));
            }
        }
        found
    }

    /// A reference with the names of variables as they were written.
    fn written(&self, reference: &Ref) -> Ref {
        let mut parts = reference.clone();
        let mut replace = |node: NodeMut<'_>| {
            if let NodeMut::Term(term) = node
                && let TermKind::Var(name) = &term.kind
                && let Some(written) = self.rewritten.get(name)
            {
                term.kind = TermKind::Var(written.clone());
            }
            false
        };
        parts.iter_mut().for_each(|part| walk_mut::term(part, &mut replace));
        parts
    }
}
