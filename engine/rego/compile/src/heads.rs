//! Heads of rules hold variables and constants only: what must be evaluated goes into the body
//! (OPA's stages RewriteRuleHeadRefs and RewriteRefsInHead).

use crate::errors::{Errors, compile, types};
use crate::make::{self, Generator};
use crate::names::{is_scalar, var};
use crate::order;
use crate::walk::requires_eval;
use crate::walk_mut;
use referee_rego_syntax::ast::{Module, Rule, TermKind};
use referee_rego_syntax::print;
use referee_rego_types::Capabilities;

/// What the heads of rules may be references to.
struct Allowed {
    strings: bool,
    general: bool,
}

/// References in heads: keys that are neither variables nor scalars become variables.
pub(crate) fn rewrite_references(
    modules: &mut [Module],
    generator: &mut Generator,
    capabilities: &Capabilities,
    errors: &mut Errors,
) {
    let v1 = capabilities.has_feature("rego_v1");
    let allowed = Allowed {
        strings: v1 || capabilities.has_feature("rule_head_ref_string_prefixes"),
        general: v1 || capabilities.has_feature("rule_head_refs"),
    };
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        rewrite_reference(rule, generator, &allowed, errors);
    }
}

fn rewrite_reference(
    rule: &mut Rule,
    generator: &mut Generator,
    allowed: &Allowed,
    errors: &mut Errors,
) {
    if !allowed.strings && !allowed.general && rule.head.name.is_empty() {
        let written = print::reference(&rule.head.reference);
        let message = format!("rule heads with refs are not supported: {written}");
        errors.push(compile(message, &rule.location));
        return;
    }
    let last = rule.head.reference.len().saturating_sub(1);
    let is_set = rule.head.value.is_none();
    for at in 1..rule.head.reference.len() {
        let Some(part) = rule.head.reference.get(at) else { break };
        if !allowed.general && (is_set || at != last) {
            if !matches!(part.kind, TermKind::String(_)) {
                let written = print::reference(&rule.head.reference);
                let message = format!(
                    "rule heads with general refs (containing variables) are not supported: \
                     {written}"
                );
                if !errors.push(types(message, &rule.location)) {
                    return;
                }
            }
            continue;
        }
        if var(part).is_some() || is_scalar(part) {
            continue;
        }
        let is_key = at == last
            && rule.head.key.as_ref().is_some_and(|key| order::compare(key, part).is_eq());
        let Some(part) = rule.head.reference.get_mut(at) else { break };
        let expr = generator.extract(part);
        if is_key {
            rule.head.key = Some(part.clone());
        }
        make::append(&mut rule.body, expr);
    }
}

/// Keys, values and arguments with references or comprehensions in them become variables.
pub(crate) fn rewrite_terms(modules: &mut [Module], generator: &mut Generator) {
    for module in modules {
        walk_mut::rules(module, |rule| {
            let head = &mut rule.head;
            let args = head.args.iter_mut().flatten();
            for term in head.key.iter_mut().chain(&mut head.value).chain(args) {
                if requires_eval(term) {
                    make::append(&mut rule.body, generator.extract(term));
                }
            }
        });
    }
}
