//! What a comprehension collects is a variable or constant: what must be evaluated goes into its
//! body (OPA's stage RewriteComprehensionTerms).

use crate::make::{self, Generator};
use crate::walk::requires_eval;
use crate::walk_mut::{self, NodeMut};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Body, Module, Term, TermKind, With};

/// Rewrites all modules.
pub(crate) fn rewrite(modules: &mut [Module], generator: &mut Generator) {
    for module in modules {
        walk_mut::rules(module, |rule| {
            walk_mut::rule(rule, &mut |node| visit(node, generator));
        });
    }
}

/// Rewrites a query.
pub(crate) fn rewrite_query(body: &mut Body, generator: &mut Generator) {
    walk_mut::body(body, &mut |node| visit(node, generator));
}

fn visit(node: NodeMut<'_>, generator: &mut Generator) -> bool {
    match node {
        NodeMut::Term(term) => {
            comprehension(term, generator);
            false
        }
        NodeMut::Body(body) if body.iter().any(|expr| !expr.with.is_empty()) => {
            modified(body, generator);
            true
        }
        NodeMut::Body(_) | NodeMut::Expr(_) => false,
    }
}

fn comprehension(term: &mut Term, generator: &mut Generator) {
    let mut pull = |item: &mut Term, body: &mut Body| {
        if requires_eval(item) {
            make::append(body, generator.extract(item));
        }
    };
    match &mut term.kind {
        TermKind::ArrayComprehension(found) | TermKind::SetComprehension(found) => {
            pull(&mut found.term, &mut found.body);
        }
        TermKind::ObjectComprehension(found) => {
            pull(&mut found.key, &mut found.body);
            pull(&mut found.value, &mut found.body);
        }
        _ => {}
    }
}

/// A body with modifiers in it.
fn modified(body: &mut Body, generator: &mut Generator) {
    let mut last: Option<Shared> = None;
    for expr in body {
        let mut with = std::mem::take(&mut expr.with);
        walk_mut::expr(expr, &mut |node| visit(node, generator));
        match Shared::take(&last, &with) {
            Some(same) => expr.with = same,
            None => {
                let origin = places(&with);
                for item in &mut with {
                    walk_mut::with(item, &mut |node| visit(node, generator));
                }
                last = Some(Shared { origin, with: with.clone() });
                expr.with = with;
            }
        }
    }
}

/// The modifiers of an expression. What has been pulled out of an expression has the same
/// modifiers, not others like them: OPA rewrites them once.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) origin: Vec<Location>,
    pub(crate) with: Vec<With>,
}

impl Shared {
    /// The modifiers as they are now, where these are the same as those that were rewritten last.
    pub(crate) fn take(last: &Option<Self>, with: &[With]) -> Option<Vec<With>> {
        let last = last.as_ref()?;
        let same = |(a, b): (&Location, &With)| {
            let b = &b.location;
            a.offset == b.offset && a.row > 0 && a.row == b.row && a.file() == b.file()
        };
        (!with.is_empty()
            && last.origin.len() == with.len()
            && last.origin.iter().zip(with).all(same))
        .then(|| last.with.clone())
    }
}

/// Where modifiers stand.
pub(crate) fn places(with: &[With]) -> Vec<Location> {
    with.iter().map(|item| item.location.clone()).collect()
}
