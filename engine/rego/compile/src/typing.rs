//! Hands rules and queries to the type checker (OPA's stage CheckTypes).

use crate::Options;
use crate::annotations::AnnotationSet;
use crate::conflicts::rule_ref;
use crate::errors::{Errors, types};
use crate::graph::{self, Graph};
use crate::locals::Rewritten;
use crate::make;
use crate::names::calls;
use crate::tree::{Modules, RuleTree, rule_at};
use crate::walk::{self, Node};
use crate::walk_mut::{self, NodeMut};
use referee_rego_syntax::ast::{Expr, ExprKind, Module, Ref, Term, TermKind};
use referee_rego_syntax::inspect::ground_prefix;
use referee_rego_syntax::{Location, attach_annotations};
use referee_rego_types::check::{Checker, Outcome, RuleToCheck, SchemaSet, TypeEnv};
use referee_rego_types::{SchemaType, load_schema};
use referee_rego_value::Str;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

/// The type of `input` where there is a schema for it.
pub(crate) fn input_schema(options: &Options, errors: &mut Errors) -> Option<SchemaType> {
    let root = vec![make::term(TermKind::Var(Str::new_static("schema")))];
    let (schema, nulls) = options.schemas.as_ref()?.get(&root)?;
    match load_schema(schema, nulls, options.capabilities.allow_net.as_deref()) {
        Ok(found) => Some(found),
        Err(error) => {
            errors.push(types(error.to_string(), &Location::NONE));
            None
        }
    }
}

/// Reads metadata that was not read with the modules: it is asked for.
pub(crate) fn parse_metadata(modules: &mut [Module], errors: &mut Errors) {
    for module in modules.iter_mut().filter(|module| module.annotations.is_empty()) {
        if let Err(found) = attach_annotations(module)
            && !errors.extend(found)
        {
            return;
        }
    }
}

/// What generated variables stand for in messages.
pub(crate) struct Subjects<'c> {
    /// Those that were noted.
    pub(crate) noted: &'c HashMap<Str, Term>,
    /// The names of those that were pulled out of terms.
    names: &'c [Str],
    /// What was pulled out, found in the tree when it is needed.
    pulled: OnceCell<HashMap<Str, Term>>,
}

impl<'c> Subjects<'c> {
    pub(crate) fn new(noted: &'c HashMap<Str, Term>, names: &'c [Str]) -> Self {
        Self { noted, names, pulled: OnceCell::new() }
    }

    /// A reference as it was written.
    pub(crate) fn rewrite<'a>(
        &self,
        reference: &Ref,
        rewritten: &[&Rewritten],
        bodies: impl FnOnce(&mut dyn FnMut(Node<'a>) -> bool),
    ) -> Ref {
        let mut parts = reference.clone();
        let pulled = self.pulled.get_or_init(|| {
            let names: HashSet<&Str> = self.names.iter().collect();
            let mut found = HashMap::new();
            bodies(&mut |node| pulled(node, &names, &mut found));
            found
        });
        let mut replace = |node: NodeMut<'_>| {
            let NodeMut::Term(term) = node else { return false };
            let TermKind::Var(name) = &term.kind else { return false };
            if let Some(subject) = self.noted.get(name).or_else(|| pulled.get(name)) {
                term.kind = subject.kind.clone();
                // OPA goes on into what it has put in.
                return false;
            }
            if let Some(written) = rewritten.iter().find_map(|names| names.get(name)) {
                term.kind = TermKind::Var(written.clone());
            }
            false
        };
        parts.iter_mut().for_each(|part| walk_mut::term(part, &mut replace));
        parts
    }
}

/// `__local0__ = data.a.b`, as the compiler pulls it out.
fn pulled(node: Node<'_>, names: &HashSet<&Str>, found: &mut HashMap<Str, Term>) -> bool {
    if let Node::Expr(Expr { kind: ExprKind::Call(terms), generated: true, .. }) = node
        && let [_, Term { kind: TermKind::Var(name), .. }, subject] = terms.as_slice()
        && calls(terms, "eq")
        && names.contains(name)
    {
        found.insert(name.clone(), subject.clone());
    }
    false
}

/// The references of the rules that a reference may be to, and of all that depend on these.
pub(crate) fn dependents<M: Modules + ?Sized>(
    modules: &M,
    tree: &RuleTree,
    graph: &Graph,
    reference: &Ref,
) -> Vec<Ref> {
    let rules: Vec<_> = graph::rules_of(tree, reference);
    if rules.is_empty() {
        return Vec::new();
    }
    let places = graph.dependents(&rules).into_iter().filter_map(|id| tree.rule(id));
    let found = places.filter_map(|place| rule_at(modules, place));
    found.map(|(module, rule)| ground_prefix(&rule_ref(module, rule)).to_vec()).collect()
}

/// What the checker is given.
pub(crate) struct Run<'c> {
    pub(crate) modules: &'c [Module],
    pub(crate) tree: &'c RuleTree,
    pub(crate) graph: &'c Graph,
    pub(crate) annotations: &'c AnnotationSet,
    pub(crate) rewritten: &'c Rewritten,
    pub(crate) subjects: &'c HashMap<Str, Term>,
    pub(crate) pulled: &'c [Str],
    pub(crate) options: &'c Options,
}

impl Run<'_> {
    /// Checks all rules, each after those it depends on.
    pub(crate) fn check(&self, env: &mut TypeEnv) -> Outcome {
        let subjects = Subjects::new(self.subjects, self.pulled);
        let rewrite = |reference: &Ref| {
            subjects.rewrite(reference, &[self.rewritten], |mut enter| {
                let rules = self.modules.iter().flat_map(walk::rules);
                rules.for_each(|rule| walk::rule(rule, &mut enter));
            })
        };
        let dependents =
            |reference: &Ref| dependents(self.modules, self.tree, self.graph, reference);
        let schemas: Option<&SchemaSet> = self.options.schemas.as_ref();
        let checker = Checker {
            rewrite: &rewrite,
            dependents: &dependents,
            schemas,
            allow_undefined_functions: self.options.allow_undefined_functions,
        };
        let rules: Vec<RuleToCheck<'_>> = self
            .graph
            .sorted()
            .unwrap_or_default()
            .into_iter()
            .filter_map(|id| {
                let (module, rule) = rule_at(self.modules, self.tree.rule(id)?)?;
                let schemas = if self.options.use_annotations {
                    self.annotations.schemas(self.modules, self.tree, id)
                } else {
                    Vec::new()
                };
                Some(RuleToCheck { rule, package: &module.package.path, schemas })
            })
            .collect();
        checker.check_rules(env, &rules)
    }
}
