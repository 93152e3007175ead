//! What plans tell those who follow each step.

use crate::plan::body::Body;
use crate::plan::clause::path_text;
use crate::plan::group::Info;
use crate::steps::{Node, NodeKind, Variable};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Expr, ExprKind, Rule, Term, TermKind};
use referee_rego_syntax::print;
use referee_rego_value::Str;
use std::sync::Arc;

impl Body<'_, '_> {
    /// The node of a body, where somebody follows.
    pub(crate) fn body_node(&self, body: &[Expr]) -> Option<Arc<Node>> {
        if !self.planner.scheme.watched {
            return None;
        }
        let location = body.first().map_or(Location::NONE, |first| first.location.clone());
        let text = print::body(&body.to_vec());
        Some(Arc::new(Node { kind: NodeKind::Body, text, location, variables: Vec::new() }))
    }

    /// What an expression denies, where somebody follows.
    pub(crate) fn positive(&self, expr: &Expr) -> Option<Expr> {
        let watched = self.planner.scheme.watched && expr.negated;
        watched.then(|| Expr { negated: false, with: Vec::new(), ..expr.clone() })
    }

    /// The node of a definition, where somebody follows.
    pub(crate) fn rule_node(&self, rule: &Rule, info: &Info) -> Option<Arc<Node>> {
        if !self.planner.scheme.watched {
            return None;
        }
        let mut names = Vec::new();
        let head = &rule.head;
        let args = head.args.iter().flatten();
        args.clone().for_each(|term| term_names(term, &mut names));
        let given = names.len();
        let rest = head.reference.iter().skip(1).chain(&head.key).chain(&head.value);
        rest.for_each(|term| term_names(term, &mut names));
        let variables = names.into_iter().enumerate().filter_map(|(at, name)| {
            let (src, _) = self.lookup(&name)?;
            Some(Variable { before: at < given, src, name })
        });
        Some(Arc::new(Node {
            kind: NodeKind::Rule,
            text: path_text(&info.path).to_string(),
            location: rule.location.clone(),
            variables: variables.collect(),
        }))
    }

    /// Says what the mark at this position is about, where somebody follows. `before` is how many
    /// variables were bound at it.
    pub(crate) fn describe(&mut self, position: usize, before: usize, expr: &Expr, text: String) {
        if !self.planner.scheme.watched {
            return;
        }
        let mut names = Vec::new();
        names_of(expr, &mut names);
        let variables = names.into_iter().filter_map(|name| {
            let (src, at) = self.lookup(&name)?;
            Some(Variable { before: at < before, src, name })
        });
        let variables: Vec<Variable> = variables.collect();
        let location = expr.location.clone();
        let node = Node { kind: NodeKind::Expr, text, location, variables };
        if let Some(mark) = self.mark_at(position) {
            mark.node = Some(Arc::new(node));
        }
    }
}

/// The names of the variables of an expression, each once. Bodies within it have their own.
fn names_of(expr: &Expr, names: &mut Vec<Str>) {
    match &expr.kind {
        ExprKind::Term(term) => term_names(term, names),
        ExprKind::Call(terms) => {
            terms.iter().skip(1).for_each(|term| term_names(term, names));
        }
        ExprKind::Every(every) => term_names(&every.domain, names),
        ExprKind::Some(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) => {}
    }
    for with in &expr.with {
        term_names(&with.value, names);
    }
}

fn term_names(term: &Term, names: &mut Vec<Str>) {
    match &term.kind {
        TermKind::Var(name) if !names.contains(name) => names.push(name.clone()),
        TermKind::Ref(terms)
        | TermKind::Array(terms)
        | TermKind::Set(terms)
        | TermKind::Call(terms) => terms.iter().for_each(|term| term_names(term, names)),
        TermKind::Object(members) => members.iter().for_each(|(key, value)| {
            term_names(key, names);
            term_names(value, names);
        }),
        _ => {}
    }
}
