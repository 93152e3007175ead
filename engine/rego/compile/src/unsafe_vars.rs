//! Errors about variables that nothing binds (OPA's stages CheckSafetyRuleHeads and
//! CheckSafetyRuleBodies).

use crate::errors::{self, Errors};
use crate::names::{VarSet, is_generated};
use crate::order;
use crate::rule_locals::head_may_have_vars;
use crate::safety::{self, Unsafe};
use crate::tree::Arities;
use crate::vars::{self, Collector, Params};
use crate::walk::{self, Node};
use crate::walk_mut;
use referee_rego_syntax::ast::{Module, Rule, Term, TermKind};
use referee_rego_syntax::inspect::ground_prefix;
use referee_rego_syntax::print;
use referee_rego_syntax::{Code, Error, Location};
use referee_rego_value::Str;
use std::collections::{HashMap, HashSet};

/// Words that OPA has as keywords to be imported.
const KEYWORDS: [&str; 7] = ["in", "every", "contains", "if", "and", "or", "not"];

/// Lines on which rules of several names stand: there errors say of which rule they are.
#[derive(Debug, Default)]
struct SharedRows(HashSet<u32>);

impl SharedRows {
    fn of(module: &Module) -> Self {
        let mut first: HashMap<u32, &[Term]> = HashMap::new();
        let mut shared = HashSet::new();
        for rule in walk::rules(module).filter(|rule| rule.location.row > 0) {
            let name = ground_prefix(&rule.head.reference);
            match first.get(&rule.location.row) {
                Some(other) if order::compare_lists(other, name).is_ne() => {
                    shared.insert(rule.location.row);
                }
                Some(_) => {}
                None => {
                    first.insert(rule.location.row, name);
                }
            }
        }
        Self(shared)
    }

    fn scope(&self, rule: &Rule) -> String {
        if !self.0.contains(&rule.location.row) {
            return String::new();
        }
        format!(" in rule {}", print::reference(ground_prefix(&rule.head.reference)))
    }
}

/// Checks that the variables of heads are bound.
pub(crate) fn check_heads(modules: &[Module], rewritten: &HashMap<Str, Str>, errors: &mut Errors) {
    for module in modules {
        let mut rows = None;
        for rule in walk::rules(module).filter(|rule| head_may_have_vars(&rule.head)) {
            let mut bound = vars::of_body(&rule.body, Params::SAFETY);
            vars::of_args(&rule.head, &mut bound);
            for (name, location) in head_vars(rule) {
                if bound.contains(&name) {
                    continue;
                }
                let written = rewritten.get(&name).unwrap_or(&name);
                if is_generated(written) {
                    continue;
                }
                let scope = rows.get_or_insert_with(|| SharedRows::of(module)).scope(rule);
                let message = format!("var {} is unsafe{scope}", print::variable(written));
                if !errors.push(Error::new(Code::UnsafeVar, message, &location)) {
                    return;
                }
            }
        }
    }
}

/// The variables of a head, each with its last place.
fn head_vars(rule: &Rule) -> Vec<(Str, Location)> {
    let mut found: Vec<(Str, Location)> = Vec::new();
    let mut add = |node: Node<'_>| {
        if let Node::Term(Term { kind: TermKind::Var(name), location }) = node {
            match found.iter_mut().find(|(known, _)| known == name) {
                Some((_, at)) => *at = location.clone(),
                None => found.push((name.clone(), location.clone())),
            }
        }
        false
    };
    let head = &rule.head;
    let parts = head.reference.iter().skip(1);
    head.key.iter().chain(&head.value).chain(parts).for_each(|term| walk::term(term, &mut add));
    found
}

/// Puts the bodies of all rules into order, and checks that their variables are bound.
pub(crate) fn reorder(
    modules: &mut [Module],
    arities: &Arities<'_>,
    rewritten: &HashMap<Str, Str>,
    errors: &mut Errors,
) {
    for module in modules {
        let mut unsafe_rules: Vec<(Vec<Unsafe>, usize)> = Vec::new();
        let mut at = 0;
        walk_mut::rules(module, |rule| {
            let mut globals = VarSet::reserved();
            Collector::new(Params::ALL, &mut globals)
                .terms(rule.head.args.as_deref().unwrap_or_default());
            let body = std::mem::take(&mut rule.body);
            let (ordered, unbound) = safety::reorder(body, &globals, arities);
            rule.body = ordered;
            if !unbound.is_empty() {
                unsafe_rules.push((unbound, at));
            }
            at += 1;
        });
        if unsafe_rules.is_empty() {
            continue;
        }
        let rows = SharedRows::of(module);
        let mut rules = walk::rules(module).enumerate();
        for (unbound, at) in unsafe_rules {
            let rule = rules.find(|(index, _)| *index == at);
            let scope = rule.map(|(_, rule)| rows.scope(rule)).unwrap_or_default();
            errors.extend(report(unbound, rewritten, &scope));
        }
    }
}

/// The errors about what is unsafe.
pub(crate) fn report(
    unbound: Vec<Unsafe>,
    rewritten: &HashMap<Str, Str>,
    scope: &str,
) -> Vec<Error> {
    let mut first: HashMap<&Str, &Location> = HashMap::new();
    for (location, names) in &unbound {
        for name in names.iter() {
            let at = first.entry(name).or_insert(location);
            if errors::order(location, at).is_lt() {
                *at = location;
            }
        }
    }
    let mut named: Vec<_> = first.into_iter().collect();
    named.sort_by(|a, b| errors::order(a.1, b.1).then_with(|| a.0.cmp(b.0)));
    let mut found = Vec::new();
    for (name, location) in named {
        let written = print::variable(rewritten.get(name).unwrap_or(name));
        if is_generated(written) {
            continue;
        }
        let hint = if KEYWORDS.contains(&written) {
            format!(" (hint: `import future.keywords.{written}` to import a future keyword)")
        } else {
            String::new()
        };
        let message = format!("var {written} is unsafe{scope}{hint}");
        found.push(Error::new(Code::UnsafeVar, message, location));
    }
    if !found.is_empty() {
        return found;
    }
    // Generated variables mean nothing to the reader: the expressions are told instead.
    let mut unbound = unbound;
    unbound.sort_by(|a, b| errors::order(&a.0, &b.0));
    let mut seen = VarSet::new();
    for (location, names) in &unbound {
        let before = seen.len();
        names.iter().filter(|name| is_generated(name)).for_each(|name| {
            seen.insert(name);
        });
        if seen.len() > before {
            let message = format!("expression is unsafe{scope}");
            found.push(Error::new(Code::UnsafeVar, message, location));
        }
    }
    found
}
