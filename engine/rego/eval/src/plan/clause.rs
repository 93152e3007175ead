//! Rules: heads with their bodies, in each of the ways in which they can be asked for.

use crate::plan::body::{Body, Planner};
use crate::plan::group::{Clause, GroupPlan, Info, Kind, Variant};
use crate::plan::index::Index;
use crate::plan::ops::Src;
use crate::plan::term::constant;
use crate::plan::tree::{Group, PlacedRule, Tree};
use crate::plan::{Planned, Unbound};
use referee_rego_syntax::ast::{Rule, Term};
use referee_rego_value::{Str, Value};

/// Whether a rule says what a set contains.
fn contains(rule: &Rule) -> bool {
    rule.head.key.is_some() && rule.head.value.is_none()
}

/// What references need to know of a group.
pub(crate) fn info(group: &Group, tree: &Tree<'_>) -> Info {
    let rules = || group.rules.iter().filter_map(|at| tree.rules.get(*at));
    let open = rules().any(|placed| placed.path.len() > group.path.len());
    let set = rules().next().is_some_and(|placed| contains(placed.rule));
    let kind = match (set, open) {
        (_, true) => Kind::Object,
        (true, false) => Kind::Set,
        (false, false) => Kind::Complete,
    };
    let keys = rules().map(|placed| {
        placed.path.len().saturating_sub(group.path.len()) + usize::from(contains(placed.rule))
    });
    Info {
        path: group.path.clone(),
        kind,
        arity: rules().find_map(|placed| placed.rule.head.args.as_ref().map(Vec::len)),
        keys: if kind == Kind::Complete { 0 } else { keys.max().unwrap_or(0) },
    }
}

/// `data.a.b`, with brackets where a key is no name.
pub(crate) fn path_text(path: &[Value]) -> Str {
    let mut text = String::from("data");
    for key in path {
        match key.as_str() {
            Some(name) if is_name(name) => {
                text.push('.');
                text.push_str(name);
            }
            _ => text.push_str(&format!("[{key}]")),
        }
    }
    Str::from(text)
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first == '_' || first.is_ascii_alphabetic())
        && chars.all(|char| char == '_' || char.is_ascii_alphanumeric())
}

/// Plans the rules of a group.
pub(crate) fn group(
    group: &Group,
    info: &Info,
    placed_rules: &[PlacedRule<'_>],
    planner: &mut Planner<'_>,
) -> GroupPlan {
    let mut definitions = Vec::new();
    let mut rules: Vec<&PlacedRule<'_>> = Vec::new();
    let mut default = None;
    let mut effects = false;
    for placed in group.rules.iter().filter_map(|at| placed_rules.get(*at)) {
        if placed.rule.default {
            default = Some(clause(placed.rule, placed, info, planner, &mut effects));
            continue;
        }
        let mut clauses = Vec::new();
        let mut next = Some(placed.rule);
        while let Some(rule) = next {
            clauses.push(clause(rule, placed, info, planner, &mut effects));
            next = rule.else_rule.as_deref();
        }
        definitions.push(clauses);
        rules.push(placed);
    }
    let rules: Vec<&Rule> = rules.iter().map(|placed| placed.rule).collect();
    let index = Index::build(&rules, &definitions, planner);
    GroupPlan {
        info: info.clone(),
        name: path_text(&info.path),
        definitions,
        default,
        index,
        keep: effects,
        effects,
        whole: false,
    }
}

/// Plans a head with its body.
fn clause(
    rule: &Rule,
    placed: &PlacedRule<'_>,
    info: &Info,
    planner: &mut Planner<'_>,
    effects: &mut bool,
) -> Clause {
    let suffix = placed.path.get(info.path.len()..).unwrap_or_default();
    let contains = contains(rule);
    let most = suffix.len() + usize::from(contains);
    let counts = if info.kind == Kind::Complete { 0..=0 } else { 0..=most };
    let variants = counts
        .map(|known| variant(rule, suffix, known, info, planner, effects))
        .collect::<Vec<_>>();
    // A rule with a key is never left early (OPA's `DocKind`).
    let constant = match &rule.head.value {
        _ if info.kind != Kind::Complete || rule.head.key.is_some() => None,
        Some(value) => constant(value),
        None => Some(Value::Bool(true)),
    };
    Clause {
        location: rule.location.clone(),
        head: rule.head.location.clone(),
        constant,
        contains,
        variants,
    }
}

fn variant(
    rule: &Rule,
    suffix: &[Term],
    known: usize,
    info: &Info,
    planner: &mut Planner<'_>,
    effects: &mut bool,
) -> Variant {
    let args = rule.head.args.as_deref().unwrap_or_default();
    let mut body = Body::new(planner, args.len() + known);
    let planned = parts(&mut body, rule, args, suffix, known);
    let (keys, value) = planned.unwrap_or_else(|Unbound| {
        body.fail();
        (Box::default(), Src::Const(Value::Null))
    });
    *effects |= body.effects > 0;
    let slots = body.slots();
    let node = body.rule_node(rule, suffix, info);
    let mut block = body.finish();
    block.node = node;
    Variant { slots, block, keys, value }
}

fn parts(
    body: &mut Body<'_, '_>,
    rule: &Rule,
    args: &[Term],
    suffix: &[Term],
    known: usize,
) -> Planned<(Box<[Src]>, Src)> {
    let element = if contains(rule) { rule.head.key.as_ref() } else { None };
    let given = suffix.iter().chain(element).take(known);
    for (slot, term) in args.iter().chain(given).enumerate() {
        body.bind_key(term, u32::try_from(slot).unwrap_or(u32::MAX))?;
    }
    body.body(&rule.body)?;
    let keys = body.evaluate_all(suffix)?;
    let value = match element.or(rule.head.value.as_ref()) {
        Some(term) => body.evaluate(term)?,
        None => Src::Const(Value::Bool(true)),
    };
    Ok((keys, value))
}
