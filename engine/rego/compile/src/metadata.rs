//! Calls of `rego.metadata.rule` and `rego.metadata.chain` become constants (OPA's stage
//! RewriteRegoMetadataCalls).

use crate::annotations::{AnnotationSet, Link, path_strings};
use crate::make::{self, Generator};
use crate::names::calls_dotted;
use crate::order;
use crate::tree::RuleTree;
use crate::walk::{self, Node};
use crate::walk_mut::{self, NodeMut};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{
    Annotations, Body, Expr, ExprKind, Module, Rule, SchemaAnnotation, Term, TermKind,
};
use referee_rego_types::Capabilities;
use referee_rego_value::{Str, Value};

const CHAIN: [&str; 3] = ["rego", "metadata", "chain"];
const RULE: [&str; 3] = ["rego", "metadata", "rule"];

fn is_call(expr: &Expr, name: &[&str]) -> bool {
    matches!(&expr.kind, ExprKind::Call(terms) if calls_dotted(terms, name))
}

fn find_call(rule: &Rule, name: &[&str]) -> Option<Location> {
    let mut found = None;
    for rule in walk::chain(rule) {
        walk::rule(rule, &mut |node| {
            if let Node::Expr(expr) = node
                && found.is_none()
                && is_call(expr, name)
            {
                found = Some(expr.location.clone());
            }
            found.is_some()
        });
    }
    found
}

/// Whether metadata is asked for at all.
pub(crate) fn is_called(modules: &[Module]) -> bool {
    modules
        .iter()
        .flat_map(|module| &module.rules)
        .any(|rule| find_call(rule, &CHAIN).is_some() || find_call(rule, &RULE).is_some())
}

/// What is put in front of a rule's body.
struct Injection {
    rule: usize,
    branch: usize,
    chain: Option<Term>,
    own: Option<Term>,
}

/// Rewrites all modules.
pub(crate) fn rewrite(
    modules: &mut [Module],
    tree: &RuleTree,
    set: &AnnotationSet,
    generator: &mut Generator,
    capabilities: &Capabilities,
) {
    let chain_allowed = capabilities.get("rego.metadata.chain").is_some();
    let rule_allowed = capabilities.get("rego.metadata.rule").is_some();
    for at in 0..modules.len() {
        let found = injections(modules, tree, set, at, chain_allowed, rule_allowed);
        let Some(module) = modules.get_mut(at) else { break };
        for injection in found {
            let Some(rule) = module.rules.get_mut(injection.rule) else { continue };
            let mut branch = 0;
            let mut injection = Some(injection);
            walk_mut::chain(rule, |rule| {
                if let Some(found) = injection.take_if(|found| found.branch == branch) {
                    inject(rule, found, generator);
                }
                branch += 1;
            });
        }
    }
}

fn injections(
    modules: &[Module],
    tree: &RuleTree,
    set: &AnnotationSet,
    at: usize,
    chain_allowed: bool,
    rule_allowed: bool,
) -> Vec<Injection> {
    let mut found = Vec::new();
    let Some(module) = modules.get(at) else { return found };
    for (index, rule) in module.rules.iter().enumerate() {
        let Some(id) = tree.id(at, index) else { continue };
        for ((branch, rule), id) in walk::chain(rule).enumerate().zip(tree.chain(id)) {
            let chain = find_call(rule, &CHAIN).filter(|_| chain_allowed);
            let own = find_call(rule, &RULE).filter(|_| rule_allowed);
            if chain.is_none() && own.is_none() {
                break;
            }
            let chain = chain.map(|location| Term {
                kind: chain_term(set.chain(modules, tree, id)).kind,
                location,
            });
            let own = own.map(|location| {
                let blocks = set.of_rule(id);
                let first = blocks.into_iter().min_by(|a, b| {
                    crate::errors::order(&a.annotations.location, &b.annotations.location)
                });
                let kind = match first {
                    Some(block) => annotations_term(&block.annotations).kind,
                    None => TermKind::Object(Vec::new()),
                };
                Term { kind, location }
            });
            found.push(Injection { rule: index, branch, chain, own });
        }
    }
    found
}

fn inject(rule: &mut Rule, injection: Injection, generator: &mut Generator) {
    let mut body = Body::with_capacity(rule.body.len().saturating_add(2));
    let mut constant = |term: Option<Term>| {
        term.map(|mut term| {
            let expr = generator.extract(&mut term);
            make::append(&mut body, expr);
            term
        })
    };
    let chain = constant(injection.chain);
    let own = constant(injection.own);
    make::append_all(&mut body, std::mem::take(&mut rule.body));
    rule.body = body;
    let mut replace = |node: NodeMut<'_>| {
        if let NodeMut::Body(body) = node {
            for expr in body {
                replace_call(expr, chain.as_ref(), own.as_ref());
            }
        }
        false
    };
    walk_mut::head(&mut rule.head, &mut replace);
    walk_mut::body(&mut rule.body, &mut replace);
}

fn replace_call(expr: &mut Expr, chain: Option<&Term>, own: Option<&Term>) {
    let local = match (chain, own) {
        (Some(local), _) if is_call(expr, &CHAIN) => local,
        (_, Some(local)) if is_call(expr, &RULE) => local,
        _ => return,
    };
    let local = make::term(local.kind.clone());
    let ExprKind::Call(terms) = &mut expr.kind else { return };
    let location = expr.location.clone();
    let made = match std::mem::take(terms).into_iter().nth(1) {
        Some(output) => make::equality(output, local, location),
        None => Expr::new(ExprKind::Term(local), location),
    };
    *expr = Expr { generated: true, index: expr.index, ..made };
}

fn string(text: &Str) -> Term {
    make::term(TermKind::String(text.clone()))
}

fn array(items: impl IntoIterator<Item = Term>) -> Term {
    make::term(TermKind::Array(items.into_iter().collect()))
}

/// An object of members that are there.
fn object<const N: usize>(members: [(&'static str, Option<Term>); N]) -> Term {
    let present = members
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (string(&Str::new_static(key)), value)));
    let mut members: Vec<(Term, Term)> = present.collect();
    order::normalize_object(&mut members);
    make::term(TermKind::Object(members))
}

fn list<T>(items: &[T], make: impl Fn(&T) -> Term) -> Option<Term> {
    (!items.is_empty()).then(|| array(items.iter().map(make)))
}

/// The term that a value is.
pub(crate) fn value_term(value: &Value) -> Term {
    make::term(match value {
        Value::Null => TermKind::Null,
        Value::Bool(value) => TermKind::Bool(*value),
        Value::Number(number) => TermKind::Number(number.clone()),
        Value::String(text) => TermKind::String(text.clone()),
        Value::Array(items) => TermKind::Array(items.iter().map(value_term).collect()),
        Value::Set(items) => TermKind::Set(items.iter().map(value_term).collect()),
        Value::Object(members) => {
            let pair = |(key, value): &(Value, Value)| (value_term(key), value_term(value));
            TermKind::Object(members.iter().map(pair).collect())
        }
    })
}

fn named_values(members: &[(Str, Value)]) -> Option<Term> {
    let mut found: Vec<_> =
        members.iter().map(|(key, value)| (string(key), value_term(value))).collect();
    order::normalize_object(&mut found);
    (!found.is_empty()).then(|| make::term(TermKind::Object(found)))
}

fn present(text: &Str) -> Option<Term> {
    (!text.is_empty()).then(|| string(text))
}

fn schema_term(schema: &SchemaAnnotation) -> Term {
    object([
        ("path", (!schema.path.is_empty()).then(|| array(path_strings(&schema.path)))),
        ("schema", schema.schema.as_ref().map(|path| array(path_strings(path)))),
        ("definition", schema.definition.as_ref().map(value_term)),
    ])
}

/// The value of `rego.metadata.rule()`.
fn annotations_term(block: &Annotations) -> Term {
    object([
        ("scope", present(&block.scope)),
        ("title", block.title.as_ref().and_then(present)),
        ("entrypoint", block.entrypoint.then(|| make::term(TermKind::Bool(true)))),
        ("description", block.description.as_ref().and_then(present)),
        ("organizations", list(&block.organizations, string)),
        (
            "related_resources",
            list(&block.related_resources, |found| {
                object([
                    ("ref", present(&found.reference)),
                    ("description", found.description.as_ref().and_then(present)),
                ])
            }),
        ),
        (
            "authors",
            list(&block.authors, |author| {
                object([
                    ("name", present(&author.name)),
                    ("email", author.email.as_ref().and_then(present)),
                ])
            }),
        ),
        ("schemas", list(&block.schemas, schema_term)),
        ("custom", named_values(&block.custom)),
        ("labels", named_values(&block.labels)),
    ])
}

/// The value of `rego.metadata.chain()`.
fn chain_term(links: Vec<Link>) -> Term {
    array(links.into_iter().map(|link| {
        object([
            ("path", Some(array(path_strings(link.path.get(1..).unwrap_or_default())))),
            ("annotations", link.annotations.as_deref().map(annotations_term)),
        ])
    }))
}
