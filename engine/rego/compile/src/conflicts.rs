//! Rules that contradict one another, data or packages (OPA's stage CheckRuleConflicts,
//! `v1/ast/conflicts.go`).

use crate::errors::{Errors, compile, types};
use crate::functions::written;
use crate::order;
use crate::tree::{Key, Modules, Node, RuleId, RuleTree, rule_at};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Module, Ref, Rule, Term, TermKind};
use referee_rego_syntax::inspect::{ground_prefix, is_ground_ref};
use referee_rego_syntax::print;
use referee_rego_value::{Str, Value};
use std::collections::HashMap;

/// What the stage looks at.
pub(crate) struct Conflicts<'c> {
    pub(crate) modules: &'c [Module],
    pub(crate) tree: &'c RuleTree,
    pub(crate) rewritten: &'c HashMap<Str, Str>,
}

/// The absolute reference of a rule.
pub(crate) fn rule_ref(module: &Module, rule: &Rule) -> Ref {
    let mut reference = module.package.path.clone();
    let mut parts = rule.head.reference.iter().cloned();
    if let Some(mut head) = parts.next() {
        if let TermKind::Var(name) = head.kind {
            head.kind = TermKind::String(name);
        }
        reference.push(head);
    }
    reference.extend(parts);
    reference
}

/// A place as OPA writes it within messages: without a file it is the text there.
fn place(location: &Location) -> String {
    if location.file().is_empty() && !location.text().is_empty() {
        return location.text().to_owned();
    }
    location.to_string()
}

impl<'c> Conflicts<'c> {
    fn rule(&self, id: RuleId) -> Option<(&'c Module, &'c Rule)> {
        rule_at(self.modules, self.tree.rule(id)?)
    }

    /// Checks rules against one another, then against data, then against packages.
    pub(crate) fn check(&self, data: &Value, errors: &mut Errors) {
        self.tree.depth_first(|_, node| {
            if errors.is_full() {
                return true;
            }
            self.node(node, errors)
        });
        if data.as_object().is_none_or(|object| !object.is_empty()) {
            with_data(self.modules, self.tree, data, errors);
        }
        self.packages(errors);
    }

    /// Checks the rules at one path; whether what is below need not be looked at.
    fn node(&self, node: &Node, errors: &mut Errors) -> bool {
        let rules: Vec<_> = node.rules.iter().filter_map(|id| self.rule(*id)).collect();
        let (Some((_, first)), Some((last_module, last))) = (rules.first(), rules.last()) else {
            return false;
        };
        let mut conflicts = Vec::new();
        let (mut complete, mut partial, mut sets, mut set_objects) = (false, false, false, false);
        let is_set = |rule: &Rule| rule.head.value.is_none();
        let args = |rule: &Rule| rule.head.args.as_ref().map_or(0, Vec::len);
        let mut ground = true;
        for (_, rule) in &rules {
            let is_ground = is_ground_ref(&rule.head.reference);
            ground &= is_ground;
            if is_ground && !node.children.is_empty() && conflicts.is_empty() {
                conflicts = self.below(node, false);
            }
            if !is_set(rule) && is_ground {
                complete = true;
            } else {
                partial = true;
            }
            sets |= is_set(rule) && is_ground;
            set_objects |= is_set(rule) && !is_ground;
        }
        if conflicts.is_empty() && !ground && !node.children.is_empty() {
            conflicts = self.below(node, true);
        }
        let name = || written(&rule_ref(last_module, last), self.rewritten);
        let mixed = rules
            .iter()
            .any(|(_, rule)| is_set(rule) != is_set(first) || args(rule) != args(first));
        let defaults: Vec<_> = rules.iter().filter(|(_, rule)| rule.default).collect();
        let error = if !conflicts.is_empty() {
            let lines: Vec<_> = conflicts
                .iter()
                .map(|(found, at)| {
                    format!("  rule {} at {}", written(found, self.rewritten), place(at))
                })
                .collect();
            let message = format!("rule {} conflicts with:\n{}", name(), lines.join("\n"));
            types(message, &first.location)
        } else if mixed || (complete && partial) || (sets && set_objects) {
            types(format!("conflicting rules {} found", name()), &first.location)
        } else if let (true, Some((module, _))) = (defaults.len() > 1, defaults.first()) {
            let places: Vec<_> = defaults.iter().map(|(_, rule)| place(&rule.location)).collect();
            let message =
                format!("multiple default rules {} found at {}", name(), places.join(", "));
            types(message, &module.package.location)
        } else {
            return false;
        };
        !errors.push(error)
    }

    /// The rules below a node: of those below one another only the outer ones.
    fn below(&self, node: &Node, functions: bool) -> Vec<(Ref, Location)> {
        let mut found: Vec<(Ref, Location)> = Vec::new();
        let children =
            |node: &Node| -> Vec<u32> { node.children.values().rev().copied().collect() };
        let mut open = children(node);
        while let Some(at) = open.pop() {
            let node = self.tree.node(at);
            for (module, rule) in node.rules.iter().filter_map(|id| self.rule(*id)) {
                if !functions || rule.head.args.as_ref().is_some_and(|args| !args.is_empty()) {
                    found.push((rule_ref(module, rule), rule.location.clone()));
                }
            }
            open.extend(children(node));
        }
        // What is below a reference comes right after it.
        found.sort_by(|a, b| order::compare_lists(&a.0, &b.0));
        let mut outer: Vec<(Ref, Location)> = Vec::new();
        for item in found {
            if !outer.last().is_some_and(|last| order::has_prefix(&item.0, &last.0)) {
                outer.push(item);
            }
        }
        outer
    }

    /// Checks that no rule stands where a package is.
    fn packages(&self, errors: &mut Errors) {
        let mut packages: HashMap<Vec<&str>, Vec<&Module>> = HashMap::new();
        for module in self.modules {
            packages.entry(strings(&module.package.path)).or_default().push(module);
        }
        for module in self.modules {
            let package = strings(&module.package.path);
            for rule in &module.rules {
                let reference = &rule.head.reference;
                if ground_prefix(reference).len() < reference.len() {
                    continue;
                }
                let mut path = package.clone();
                path.extend(reference.iter().enumerate().filter_map(
                    |(at, part)| match &part.kind {
                        TermKind::Var(name) if at == 0 => Some(name.as_str()),
                        TermKind::String(name) => Some(name.as_str()),
                        _ => None,
                    },
                ));
                if path.len() < package.len().saturating_add(reference.len()) {
                    continue;
                }
                for other in packages.get(&path).into_iter().flatten() {
                    let inner = other.package.path.get(1..).unwrap_or_default();
                    let message = format!(
                        "package {} conflicts with rule {} defined at {}",
                        print::reference(inner),
                        print::reference(reference),
                        place(&rule.location)
                    );
                    if !errors.push(types(message, &module.package.location)) {
                        return;
                    }
                }
            }
        }
    }
}

/// Checks that no rule stands where data is.
pub(crate) fn with_data<M: Modules + ?Sized>(
    modules: &M,
    tree: &RuleTree,
    data: &Value,
    errors: &mut Errors,
) {
    tree.depth_first(|path, node| {
        let names: Option<Vec<&Str>> = path
            .iter()
            .map(|key| match key {
                Key::String(name) => Some(name),
                _ => None,
            })
            .collect();
        let Some(names) = names else { return true };
        if !exists(data, &names) {
            return true;
        }
        let first = node.rules.first().and_then(|id| rule_at(modules, tree.rule(*id)?));
        let Some((_, first)) = first else { return false };
        let path: Vec<_> = names.iter().map(|name| name.as_str()).collect();
        let message = format!("conflicting rule for data path {} found", path.join("/"));
        errors.push(compile(message, &first.location));
        true
    });
}

fn strings(path: &[Term]) -> Vec<&str> {
    path.iter()
        .skip(1)
        .filter_map(|part| match &part.kind {
            TermKind::String(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// Whether there is something at a path in data, or something that is no object before it;
/// there is nothing below what is not there.
fn exists(data: &Value, path: &[&Str]) -> bool {
    let mut value = data;
    for name in path {
        let Value::Object(object) = value else { return true };
        match object.get_str(name) {
            Some(found) => value = found,
            None => return false,
        }
    }
    true
}
