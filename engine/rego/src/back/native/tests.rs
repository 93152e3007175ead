//! The tests of a program, from its compiled rules.

use super::{Backend, rules};
use crate::path::data_path;
use crate::test_runner::Test;
use referee_rego_syntax::ast::{Module, Rule, Term, TermKind};

/// How the names of tests begin.
const PREFIXES: [&str; 2] = ["test_", "todo_test_"];

impl Backend {
    /// The rules that are tests, in the order of modules and inside them.
    pub(in crate::back) fn tests(&self) -> Vec<Test> {
        let Ok(compiled) = self.made.compiled() else { return Vec::new() };
        let modules = compiled.modules.iter();
        let tests = modules
            .flat_map(|(_, module)| module.rules.iter().filter_map(|rule| test(module, rule)));
        tests.collect()
    }
}

fn test(module: &Module, rule: &Rule) -> Option<Test> {
    let names: Vec<&str> = rule.head.reference.iter().enumerate().map_while(name).collect();
    let at =
        names.iter().position(|name| PREFIXES.iter().any(|prefix| name.starts_with(prefix)))?;
    let own = names.get(..=at)?;
    let package = module.package.path.iter().skip(1).enumerate();
    let package: Vec<&str> = package.map_while(|(at, term)| name((at + 1, term))).collect();
    let (first, rest) = own.split_first()?;
    // As OPA writes a reference: what it begins with stands as it is (`test_x#01`).
    let written = data_path(rest.iter().copied());
    let rest = written.strip_prefix("data").unwrap_or(&written);
    Some(Test {
        package: rules::package(module),
        name: format!("{first}{rest}"),
        path: data_path(package.into_iter().chain(own.iter().copied())),
        location: rules::location(&rule.location),
        skipped: names.get(at).is_some_and(|name| name.starts_with("todo_test_")),
        has_cases: rule.head.args.is_none() && has_cases(rule),
    })
}

/// Whether a rule makes an object with keys that are not known beforehand: cases.
fn has_cases(rule: &Rule) -> bool {
    let head = &rule.head;
    match (&head.key, &head.value) {
        (Some(_), value) => value.is_some(),
        (None, _) => head.reference.iter().enumerate().any(|part| name(part).is_none()),
    }
}

/// A part of a reference that is known: the variable at its head, a string after it.
fn name((position, term): (usize, &Term)) -> Option<&str> {
    match &term.kind {
        TermKind::Var(name) if position == 0 => Some(name),
        TermKind::String(name) => Some(name),
        _ => None,
    }
}
