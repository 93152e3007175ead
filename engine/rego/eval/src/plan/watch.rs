//! What plans tell those who follow each step.

use crate::plan::body::Body;
use crate::plan::clause::path_text;
use crate::plan::group::Info;
use crate::plan::term::constant;
use crate::steps::{Node, NodeKind, Tree, Variable};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Every, Expr, ExprKind, Rule, Term, TermKind};
use referee_rego_syntax::print;
use referee_rego_value::{Str, Value};
use std::sync::Arc;

impl Body<'_, '_> {
    /// The node of a body, where somebody follows. `before` is how many variables were bound before
    /// it; it is asked for while those of the body are known.
    pub(crate) fn body_node(&self, body: &[Expr], before: usize) -> Option<Arc<Node>> {
        if !self.planner.scheme.watched {
            return None;
        }
        let location = body.first().map_or(Location::NONE, |first| first.location.clone());
        let tree = body.to_vec();
        let text = print::body(&tree);
        let tree = Arc::new(Tree::Body(tree));
        let mut names = Names::default();
        body.iter().for_each(|expr| names.of(expr));
        let variables = self.variables(names, before);
        Some(Arc::new(Node { kind: NodeKind::Body, text, tree, location, variables, domain: None }))
    }

    /// What goes through the domain of an `every`, where somebody follows; it is asked for while
    /// the variables of the `every` are known. `before` is how many were bound before it.
    pub(crate) fn domain_node(&self, every: &Every, before: usize) -> Option<Arc<Node>> {
        if !self.planner.scheme.watched {
            return None;
        }
        let location = every.domain.location.clone();
        let term = |kind| Term { kind, location: location.clone() };
        let mut member = match &every.domain.kind {
            TermKind::Ref(parts) => parts.clone(),
            _ => vec![every.domain.clone()],
        };
        member.extend(every.key.clone());
        let operator = TermKind::Ref(vec![term(TermKind::Var(Str::new_static("eq")))]);
        let terms = vec![term(operator), term(TermKind::Ref(member)), every.value.clone()];
        let expr = Expr::new(ExprKind::Call(terms), location.clone());
        let mut names = Names::default();
        names.of(&expr);
        let variables = self.variables(names, before);
        let tree = vec![expr];
        let text = print::body(&tree);
        let tree = Arc::new(Tree::Body(tree));
        Some(Arc::new(Node { kind: NodeKind::Expr, text, tree, location, variables, domain: None }))
    }

    /// The variables of these names that have a value at some time.
    fn variables(&self, names: Names, before: usize) -> Vec<Variable> {
        let variable = |(name, written): (Str, Str)| {
            let (src, at) = self.lookup(&name)?;
            Some(Variable { before: at < before, src, name, written })
        };
        names.0.into_iter().filter_map(variable).collect()
    }

    /// What an expression denies, where somebody follows.
    pub(crate) fn positive(&self, expr: &Expr) -> Option<Expr> {
        let watched = self.planner.scheme.watched && expr.negated;
        watched.then(|| Expr { negated: false, with: Vec::new(), ..expr.clone() })
    }

    /// The node of a definition, where somebody follows. `suffix` is what its head has beyond the
    /// path of the group.
    pub(crate) fn rule_node(&self, rule: &Rule, suffix: &[Term], info: &Info) -> Option<Arc<Node>> {
        if !self.planner.scheme.watched {
            return None;
        }
        let mut names = Names::default();
        let head = &rule.head;
        let args = head.args.iter().flatten();
        let rest = head.reference.iter().skip(1).chain(&head.key).chain(&head.value);
        args.chain(rest).for_each(|term| names.of_term(term));
        let ground = suffix.iter().map_while(constant);
        let path: Vec<Value> = info.path.iter().cloned().chain(ground).collect();
        // OPA tells that it begins before its arguments have their values.
        let variables = self.variables(names, 0);
        Some(Arc::new(Node {
            kind: NodeKind::Rule,
            text: path_text(&path).to_string(),
            tree: Arc::new(Tree::Rule(Box::new(rule.clone()))),
            location: rule.location.clone(),
            variables,
            domain: None,
        }))
    }

    /// Says what the mark at this position is about, where somebody follows. `before` is how many
    /// variables were bound at it.
    pub(crate) fn describe(&mut self, position: usize, before: usize, expr: &Expr, text: String) {
        if !self.planner.scheme.watched {
            return;
        }
        let mut names = Names::default();
        names.of(expr);
        let variables = self.variables(names, before);
        let location = expr.location.clone();
        let tree = Arc::new(Tree::Body(vec![expr.clone()]));
        let node = Node { kind: NodeKind::Expr, text, tree, location, variables, domain: None };
        if let Some(mark) = self.mark_at(position) {
            mark.node = Some(Arc::new(node));
        }
    }
}

/// The names of variables, each once, with what is written in their places. Those of bodies inside
/// are among them: what has no value outside is not found.
#[derive(Debug, Default)]
struct Names(Vec<(Str, Str)>);

impl Names {
    fn of(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Term(term) => self.of_term(term),
            ExprKind::Call(terms) => terms.iter().skip(1).for_each(|term| self.of_term(term)),
            ExprKind::Every(every) => {
                self.of_term(&every.domain);
                self.of_body(&every.body);
            }
            ExprKind::Not(not) => self.of_body(&not.body),
            ExprKind::And(sides) | ExprKind::Or(sides) => {
                self.of_body(&sides.lhs);
                self.of_body(&sides.rhs);
            }
            ExprKind::Some(_) => {}
        }
        expr.with.iter().for_each(|with| self.of_term(&with.value));
    }

    fn of_body(&mut self, body: &[Expr]) {
        body.iter().for_each(|expr| self.of(expr));
    }

    fn of_term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Var(name) if !self.0.iter().any(|(known, _)| known == name) => {
                self.0.push((name.clone(), Str::new(term.location.text())));
            }
            TermKind::Ref(terms)
            | TermKind::Array(terms)
            | TermKind::Set(terms)
            | TermKind::Call(terms) => terms.iter().for_each(|term| self.of_term(term)),
            TermKind::Object(members) => members.iter().for_each(|(key, value)| {
                self.of_term(key);
                self.of_term(value);
            }),
            TermKind::ArrayComprehension(inner) => {
                self.of_term(&inner.term);
                self.of_body(&inner.body);
            }
            TermKind::SetComprehension(inner) => {
                self.of_term(&inner.term);
                self.of_body(&inner.body);
            }
            TermKind::ObjectComprehension(inner) => {
                self.of_term(&inner.key);
                self.of_term(&inner.value);
                self.of_body(&inner.body);
            }
            _ => {}
        }
    }
}
