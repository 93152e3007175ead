//! The rules of parsed modules, as the front tells of them.

use crate::error::Location;
use crate::path::data_path;
use crate::rules::{RuleInfo, RuleKind};
use referee_rego_syntax::ast::{Head, Module, Rule, TermKind};

/// The package of a module, without `data.`.
pub(super) fn package(module: &Module) -> String {
    let parts = module.package.path.iter().skip(1).filter_map(constant);
    let path = data_path(parts);
    let name = path.strip_prefix("data").unwrap_or(&path);
    name.strip_prefix('.').unwrap_or(name).to_owned()
}

/// The definitions of a module, in its order.
pub(super) fn of(module: &Module) -> impl Iterator<Item = RuleInfo> + '_ {
    let package = package(module);
    module.rules.iter().map(move |rule| describe(&package, module, rule))
}

fn describe(package: &str, module: &Module, rule: &Rule) -> RuleInfo {
    let names: Vec<&str> = rule
        .head
        .reference
        .iter()
        .enumerate()
        .map_while(|(position, term)| match &term.kind {
            // A variable names something only at the head of a reference.
            TermKind::Var(name) if position == 0 => Some(name.as_str()),
            _ => constant(term),
        })
        .collect();
    let package_parts = module.package.path.iter().skip(1).filter_map(constant);
    let path = data_path(package_parts.chain(names.iter().copied()));
    let name = data_path(names);
    let name = name.strip_prefix("data.").unwrap_or(&name).to_owned();
    RuleInfo {
        package: package.to_owned(),
        name,
        path,
        kind: kind(&rule.head),
        default: rule.default,
        location: location(&rule.location),
        head: 0..0,
    }
}

fn kind(head: &Head) -> RuleKind {
    if let Some(args) = &head.args {
        return RuleKind::Function { arity: args.len() };
    }
    let open = head.reference.iter().skip(1).any(|term| constant(term).is_none());
    match (&head.key, &head.value) {
        (Some(_), None) => RuleKind::PartialSet,
        // In v0 the key stands beside the name, not in the reference.
        (Some(key), Some(_)) if constant(key).is_none() => RuleKind::PartialObject,
        _ if open => RuleKind::PartialObject,
        _ => RuleKind::Complete,
    }
}

fn constant(term: &referee_rego_syntax::ast::Term) -> Option<&str> {
    if let TermKind::String(text) = &term.kind { Some(text) } else { None }
}

/// A place as the front tells it.
pub(super) fn location(location: &referee_rego_syntax::Location) -> Location {
    Location { file: location.file().to_owned(), row: location.row, col: location.col }
}
