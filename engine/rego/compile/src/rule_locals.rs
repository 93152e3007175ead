//! The variables of rules get names of their own: arguments first, then what is in comprehensions
//! of the head, then the body, then the head once more.

use crate::errors::{Errors, compile};
use crate::locals::{Locals, Rewritten, steps};
use crate::make::Generator;
use crate::names::{VarSet, is_scalar, is_wildcard};
use crate::order;
use crate::resolve::declared_in_body;
use crate::scope::{Occurrence, Scope, Scopes};
use crate::vars::{self, Collector, Params};
use crate::walk::{self, Node};
use crate::walk_mut::{self, NodeMut};
use referee_rego_syntax::ast::{Head, Module, Rule, Term, TermKind};
use referee_rego_syntax::{Error, Location};
use referee_rego_types::Declaration;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the stage works with.
pub(crate) struct Stage<'c> {
    pub(crate) generator: &'c mut Generator,
    pub(crate) rewritten: &'c mut Rewritten,
    pub(crate) builtins: &'c BTreeMap<Arc<str>, Arc<Declaration>>,
    pub(crate) strict: bool,
}

/// Whether there may be variables in a head.
pub(crate) fn head_may_have_vars(head: &Head) -> bool {
    let args = head.args.iter().flatten();
    let parts = head.reference.iter().skip(1);
    args.chain(&head.key).chain(&head.value).chain(parts).any(|term| !is_scalar(term))
}

impl Stage<'_> {
    /// Rewrites the rules of all modules; whether there was an assignment.
    pub(crate) fn run(&mut self, modules: &mut [Module], errors: &mut Errors) -> bool {
        let mut assignment = false;
        for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
            if errors.is_full() {
                break;
            }
            assignment |= self.rule(rule, &mut steps(rule.location.length), errors);
        }
        assignment
    }

    fn locals(&mut self, scope: Scope, steps: u64) -> Locals<'_> {
        Locals {
            generator: self.generator,
            rewritten: self.rewritten,
            strict: self.strict,
            scopes: Scopes::new(scope),
            errors: Vec::new(),
            assignment: false,
            steps,
        }
    }

    fn rule(&mut self, rule: &mut Rule, steps: &mut u64, errors: &mut Errors) -> bool {
        let mut unused = VarSet::new();
        if self.strict {
            vars::of_args(&rule.head, &mut unused);
        }
        let mut locals = self.locals(Scope::new(), *steps);
        for arg in rule.head.args.iter_mut().flatten() {
            locals.argument(arg);
        }
        errors.extend(std::mem::take(&mut locals.errors));
        let args = locals.scopes.into_first();
        let location = rule.head.location.clone();
        let mut assignment = false;
        let mut next = Some(rule);
        while let Some(rule) = next {
            let (found, assigns) = self.branch(rule, &args, &mut unused, steps, errors);
            assignment |= assigns;
            if !errors.extend(found) {
                return assignment;
            }
            next = rule.else_rule.as_deref_mut();
        }
        for name in unused.iter().filter(|name| self.strict && !is_wildcard(name)) {
            let message =
                format!("unused argument {name}. (hint: use _ (wildcard variable) instead)");
            if !errors.push(compile(message, &location)) {
                break;
            }
        }
        assignment
    }

    /// Rewrites a rule without its `else`.
    fn branch(
        &mut self,
        rule: &mut Rule,
        args: &Scope,
        unused: &mut VarSet,
        steps: &mut u64,
        errors: &mut Errors,
    ) -> (Vec<Error>, bool) {
        let has_vars = head_may_have_vars(&rule.head);
        let mut used = VarSet::new();
        if has_vars {
            let mut locals = self.locals(Scope::new(), *steps);
            locals.nested(&mut rule.head);
            *steps = locals.steps;
            errors.extend(locals.errors);
            used = head_vars(&rule.head, unused);
        }
        let shadowing = self.shadowing(rule, args);
        let mut locals = self.locals(args.clone(), *steps);
        for name in shadowing {
            locals.introduce(&name, Occurrence::Seen, &Location::NONE);
        }
        locals.body(&mut rule.body, &used);
        *steps = locals.steps;
        unused.retain(|name| locals.scopes.count(name) <= 1);
        let (found, assigns) = (locals.errors, locals.assignment);
        if has_vars {
            rename_head(&mut rule.head, &locals.scopes.into_first());
        }
        (found, assigns)
    }

    /// Variables of a body that are called as builtins are: they get other names, so that no later
    /// stage takes them for what they are not. Those in `with` may mean the builtin.
    fn shadowing(&self, rule: &Rule, args: &Scope) -> Vec<referee_rego_value::Str> {
        let params = Params { ref_call_head: true, closures: true, ..Params::ALL };
        let mut found = vars::of_body(&rule.body, params);
        found.retain(|name| self.builtins.contains_key(name.as_str()));
        if found.is_empty() {
            return Vec::new();
        }
        let declared = declared_in_body(&rule.body);
        let mut modifiers = VarSet::new();
        for rule in walk::chain(rule) {
            walk::rule(rule, &mut |node| {
                if let Node::With(with) = node {
                    Collector::new(Params::ALL, &mut modifiers).with(with);
                }
                false
            });
        }
        found.retain(|name| {
            !declared.contains(name) && !modifiers.contains(name) && !args.contains_key(name)
        });
        found.sorted()
    }
}

/// The variables of a head that its body must bind.
fn head_vars(head: &Head, unused: &mut VarSet) -> VarSet {
    let mut used = VarSet::new();
    let mut collector = Collector::new(Params::ALL, &mut used);
    head.reference.iter().skip(1).chain(&head.key).for_each(|term| collector.term(term));
    if let Some(value) = &head.value {
        let found = vars::of_term(value, Params::ALL);
        unused.retain(|name| !found.contains(name));
        used.extend(&found);
    }
    used
}

fn rename_head(head: &mut Head, scope: &Scope) {
    let mut rename = |node: NodeMut<'_>| {
        if let NodeMut::Term(Term { kind: TermKind::Var(name), .. }) = node
            && let Some(entry) = scope.get(name)
        {
            *name = entry.name.clone();
        }
        false
    };
    head.args.iter_mut().flatten().for_each(|term| walk_mut::term(term, &mut rename));
    let parts = head.reference.iter_mut().skip(1);
    parts.for_each(|term| walk_mut::term(term, &mut rename));
    head.key.iter_mut().chain(&mut head.value).for_each(|term| walk_mut::term(term, &mut rename));
}

impl Locals<'_> {
    /// Gives the variables of an argument their names.
    fn argument(&mut self, term: &mut Term) {
        match &mut term.kind {
            TermKind::Var(name) => {
                *name = match self.scopes.meet(name) {
                    Some(new) => new,
                    None => self.introduce(&name.clone(), Occurrence::Argument, &Location::NONE),
                };
            }
            TermKind::Ref(terms) | TermKind::Array(terms) => {
                terms.iter_mut().for_each(|term| self.argument(term));
            }
            TermKind::Object(members) => {
                members.iter_mut().for_each(|(_, value)| self.argument(value));
            }
            TermKind::Call(_) => {
                let message = "rule arguments cannot contain calls";
                self.errors.push(compile(message, &term.location));
            }
            _ => {}
        }
    }

    /// Gives the variables in comprehensions and template strings of a head their names.
    fn nested(&mut self, head: &mut Head) {
        let args = head.args.iter_mut().flatten();
        for term in args.chain(&mut head.key).chain(&mut head.value) {
            self.nested_term(term);
        }
    }

    fn nested_term(&mut self, term: &mut Term) {
        if walk::is_comprehension(term) {
            self.scopes = Scopes::new(Scope::new());
            return self.term(term, false);
        }
        match &mut term.kind {
            TermKind::Object(members) => {
                for (key, value) in members.iter_mut() {
                    self.nested_term(key);
                    self.nested_term(value);
                }
                order::normalize_object(members);
            }
            TermKind::Set(items) => {
                items.iter_mut().for_each(|item| self.nested_term(item));
                order::normalize_set(items);
            }
            TermKind::Ref(terms) | TermKind::Array(terms) | TermKind::Call(terms) => {
                terms.iter_mut().for_each(|term| self.nested_term(term));
            }
            TermKind::TemplateString(_) => {
                self.scopes = Scopes::new(Scope::new());
                self.template(term);
            }
            _ => {}
        }
    }
}
