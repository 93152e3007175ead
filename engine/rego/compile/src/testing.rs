//! What OPA's test runner has the compiler do (`v1/tester/runner.go`): tests of the same name get
//! numbers, and tests of several cases say early which case it is.

use crate::conflicts::rule_ref;
use crate::make;
use crate::names::{calls_dotted, is_generated};
use crate::order;
use crate::vars::{self, Params};
use crate::walk::{self, Node};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Module, Rule, Term, TermKind};
use referee_rego_syntax::inspect::ground_prefix;
use referee_rego_syntax::print;
use referee_rego_value::Str;
use std::collections::HashMap;

const TEST: &str = "test_";
const SKIPPED: &str = "todo_test_";
const CASE: [&str; 2] = ["internal", "test_case"];

/// The name of a test, and how many parts of the head's reference it takes: `p.test_q[x]` is
/// `test_q`, two parts long.
fn test_name(rule: &Rule) -> (&str, usize) {
    let parts = ground_prefix(&rule.head.reference);
    let name = |part: &'_ Term| match &part.kind {
        TermKind::Var(name) | TermKind::String(name) => Some(name.clone()),
        _ => None,
    };
    let is_test = |part: &Term| {
        name(part).is_some_and(|name| name.starts_with(TEST) || name.starts_with(SKIPPED))
    };
    let last = parts.len().saturating_sub(1);
    let at = parts.iter().position(is_test).unwrap_or(last);
    let name = match parts.get(at).map(|part| &part.kind) {
        Some(TermKind::Var(name) | TermKind::String(name)) => name.as_str(),
        _ => "",
    };
    (name, at.saturating_add(1))
}

/// The second test of a name becomes `test_x#01`, the third `test_x#02`.
pub(crate) fn number_duplicates(modules: &mut [Module]) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for module in modules {
        for at in 0..module.rules.len() {
            let Some(rule) = module.rules.get(at) else { break };
            let (name, length) = test_name(rule);
            if !name.starts_with(TEST) {
                continue;
            }
            let path = rule_ref(module, rule);
            let end = module.package.path.len().saturating_add(length);
            let key = print::reference(path.get(..end).unwrap_or(&path));
            let count = seen.entry(key).or_default();
            let new = (*count > 0).then(|| Str::from(format!("{name}#{:02}", *count)));
            *count = count.saturating_add(1);
            let Some(new) = new else { continue };
            let rule = module.rules.get_mut(at);
            let last = length.saturating_sub(1);
            if let Some(part) = rule.and_then(|rule| rule.head.reference.get_mut(last)) {
                let kind = if last == 0 { TermKind::Var(new) } else { TermKind::String(new) };
                *part = make::term(kind);
            }
        }
    }
}

/// A test over cases says which it is as soon as that is known, so that a failure can be told of
/// it.
pub(crate) fn name_cases(modules: &mut [Module]) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        let (name, length) = test_name(rule);
        if !name.starts_with(TEST) || calls_case(&rule.body) {
            continue;
        }
        let keys = rule.head.reference.get(length..).unwrap_or_default().to_vec();
        if keys.is_empty() {
            continue;
        }
        keys.iter().for_each(|key| move_up(&mut rule.body, key));
        let below = keys.iter().filter_map(|key| first_use(&rule.body, key)).max();
        let at = below.map_or(0, |below| below.saturating_add(1)).min(rule.body.len());
        let operator = make::term(TermKind::Ref(make::builtin("internal.test_case")));
        let terms = vec![operator, make::term(TermKind::Array(keys))];
        rule.body.insert(at, Expr::new(ExprKind::Call(terms), Location::NONE));
    }
}

fn calls_case(body: &[Expr]) -> bool {
    let mut found = false;
    walk::body(body, &mut |node| {
        found = found
            || matches!(node, Node::Expr(Expr { kind: ExprKind::Call(terms), .. })
                if calls_dotted(terms, &CASE));
        found
    });
    found
}

fn first_use(body: &[Expr], key: &Term) -> Option<usize> {
    let TermKind::Var(name) = &key.kind else { return None };
    body.iter().position(|expr| vars::of_expr(expr, Params::ALL).contains(name))
}

/// Where a generated equality gives a key its value, it goes up to where that is first known. What
/// the author wrote stays where it is.
fn move_up(body: &mut Body, key: &Term) {
    let mut at = body.len();
    while let Some(index) = at.checked_sub(1) {
        match target(body, index, key) {
            // What has come to this place is looked at next.
            Some(to) if to < index => {
                let expr = body.remove(index);
                body.insert(to, expr);
            }
            _ => at = index,
        }
    }
}

/// Where an expression goes, where it gives a key its value.
fn target(body: &[Expr], at: usize, key: &Term) -> Option<usize> {
    let expr = body.get(at).filter(|expr| expr.generated)?;
    let ExprKind::Call(terms) = &expr.kind else { return None };
    let [_, left, right] = terms.as_slice() else { return None };
    if !crate::names::calls(terms, "eq") || order::compare(left, key).is_ne() {
        return None;
    }
    let mut needed = vars::of_term(right, Params::ALL);
    needed.retain(|name| is_generated(name));
    if needed.is_empty() {
        return Some(0);
    }
    let before = body.get(..at).unwrap_or_default();
    let first =
        |name: &Str| before.iter().position(|expr| vars::of_expr(expr, Params::ALL).contains(name));
    Some(needed.iter().filter_map(first).max().unwrap_or(0).saturating_add(1))
}
