//! Checks the expressions of a body, each with what those before it have said of variables, and
//! says of which type a term is (OPA's `CheckBody`, `GetByValue`).

use super::Run;
use super::problem::Problem;
use super::scope::Scope;
use super::terms::{constant, is_root};
use crate::Type;
use crate::algebra::native;
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Term, TermKind};
use referee_rego_syntax::compare::sorted_members;

impl Run<'_> {
    /// Checks a body in its own scope. Its variables have their types there afterwards.
    pub(super) fn check_body(&self, scope: &Scope<'_>, body: &Body) -> Vec<Problem> {
        let mut problems = Vec::new();
        for expr in body {
            if expr.with.is_empty() {
                self.check_expr(scope, expr, &mut problems);
                continue;
            }
            match self.replacing(scope, expr) {
                None => self.check_expr(scope, expr, &mut problems),
                Some(replaced) => self.check_expr(&replaced, expr, &mut problems),
            }
        }
        problems
    }

    fn check_expr(&self, scope: &Scope<'_>, expr: &Expr, out: &mut Vec<Problem>) {
        let in_closures = self.check_closures(scope, expr);
        let mut in_refs = Vec::new();
        self.check_refs(scope, expr, &mut in_refs);
        let explained = !in_closures.is_empty() || !in_refs.is_empty();
        out.extend(in_closures);
        out.extend(in_refs);
        // What follows from something unknown is not worth saying beside why it is unknown.
        let problem = self.check_call(scope, expr);
        out.extend(problem.filter(|problem| !(explained && problem.of_unknown)));
    }

    fn check_call(&self, scope: &Scope<'_>, expr: &Expr) -> Option<Problem> {
        self.check_withs(scope, expr).or_else(|| {
            let ExprKind::Call(_) = &expr.kind else {
                return None;
            };
            self.check_operands(scope, expr)
        })
    }

    /// The type of a term.
    pub(super) fn type_of(&self, scope: &Scope<'_>, term: &Term) -> Type {
        match &term.kind {
            TermKind::Null => Type::Null,
            TermKind::Bool(_) => Type::Boolean,
            TermKind::Number(_) => Type::Number,
            TermKind::String(_) | TermKind::TemplateString(_) => Type::String,
            TermKind::Var(_) if is_root(term) => scope.reference(std::slice::from_ref(term)),
            TermKind::Var(name) => scope.variable(name),
            TermKind::Ref(reference) => scope.reference(reference),
            TermKind::Array(elements) => {
                let items: Vec<_> =
                    elements.iter().map(|element| self.type_of(scope, element)).collect();
                let rest = items.is_empty().then(Type::any);
                Type::array(items, rest)
            }
            TermKind::Set(elements) => {
                match Type::union(elements.iter().map(|element| self.type_of(scope, element))) {
                    Type::Unknown => Type::set(Type::any()),
                    of => Type::set(of),
                }
            }
            TermKind::Object(members) => self.type_of_object(scope, members),
            TermKind::ArrayComprehension(_)
            | TermKind::SetComprehension(_)
            | TermKind::ObjectComprehension(_) => self.closure_type(scope, term),
            TermKind::Call(_) => Type::Unknown,
        }
    }

    fn type_of_object(&self, scope: &Scope<'_>, members: &[(Term, Term)]) -> Type {
        let (mut listed, mut rest) = (Vec::new(), None);
        // Of several keys that are not constant the last counts, in OPA's order of terms.
        for (key, value) in sorted_members(members) {
            let ty = self.type_of(scope, value);
            match constant(key) {
                Some(key) => listed.push((native(&key), ty)),
                None => rest = Some((self.type_of(scope, key), ty)),
            }
        }
        if listed.is_empty() && rest.is_none() {
            rest = Some((Type::any(), Type::any()));
        }
        Type::object(listed, rest)
    }
}
