//! From the arena to the tree.

use super::Parser;
use super::arena::{self, ExprId, Exprs, Kind, Loc, Operand, Parts, TermId, Terms, Withs};
use crate::ast::{
    Body, Comprehension, Every, Expr, ExprKind, Logical, NotBody, ObjectComprehension, Ref,
    SomeDecl, TemplatePart, TemplateString, Term, TermKind, With,
};
use crate::compare::distinct;

impl Parser<'_> {
    pub(super) fn build_term(&self, id: TermId) -> Term {
        Term {
            kind: self.build_kind(self.arena.kind(id)),
            location: self.location(self.arena.loc(id)),
        }
    }

    fn build_kind(&self, kind: &Kind) -> TermKind {
        match kind {
            Kind::Null => TermKind::Null,
            Kind::Bool(value) => TermKind::Bool(*value),
            Kind::Number(number) => TermKind::Number(number.clone()),
            Kind::String(text) => TermKind::String(text.clone()),
            Kind::Var(name) => TermKind::Var(name.clone()),
            Kind::Ref(terms) => TermKind::Ref(self.build_terms(*terms)),
            Kind::Array(terms) => TermKind::Array(self.build_terms(*terms)),
            Kind::Set(terms) => TermKind::Set(distinct(self.build_terms(*terms))),
            Kind::Call(terms) => TermKind::Call(self.build_terms(*terms)),
            Kind::Object(members) => {
                let members = self.arena.run(*members).chunks_exact(2);
                TermKind::Object(
                    members
                        .filter_map(|pair| match *pair {
                            [key, value] => Some((self.build_term(key), self.build_term(value))),
                            _ => None,
                        })
                        .collect(),
                )
            }
            Kind::ArrayComprehension(term, body) => {
                TermKind::ArrayComprehension(self.build_comprehension(*term, *body))
            }
            Kind::SetComprehension(term, body) => {
                TermKind::SetComprehension(self.build_comprehension(*term, *body))
            }
            Kind::ObjectComprehension(key, value, body) => {
                TermKind::ObjectComprehension(Box::new(ObjectComprehension {
                    key: self.build_term(*key),
                    value: self.build_term(*value),
                    body: self.build_body(*body),
                }))
            }
            Kind::Template(parts, multi_line) => {
                TermKind::TemplateString(Box::new(TemplateString {
                    parts: self.build_parts(*parts),
                    multi_line: *multi_line,
                }))
            }
        }
    }

    fn build_comprehension(&self, term: TermId, body: Exprs) -> Box<Comprehension> {
        Box::new(Comprehension { term: self.build_term(term), body: self.build_body(body) })
    }

    fn build_parts(&self, parts: Parts) -> Vec<TemplatePart> {
        let parts = self.arena.parts(parts).iter();
        parts
            .map(|part| match *part {
                arena::Part::Term(term) => TemplatePart::Term(self.build_term(term)),
                arena::Part::Expr(expr) => TemplatePart::Expr(self.build_expr(expr, 0)),
            })
            .collect()
    }

    fn build_terms(&self, terms: Terms) -> Ref {
        self.arena.run(terms).iter().map(|&term| self.build_term(term)).collect()
    }

    pub(super) fn build_body(&self, body: Exprs) -> Body {
        let exprs = self.arena.body(body).iter().zip(0..);
        exprs.map(|(&expr, index)| self.build_expr(expr, index)).collect()
    }

    pub(super) fn build_expr(&self, id: ExprId, index: u32) -> Expr {
        let node = self.arena.expr(id);
        let kind =
            node.map_or(ExprKind::Term(Term::default()), |node| self.build_expr_kind(&node.kind));
        Expr {
            kind,
            with: node.map_or_else(Vec::new, |node| self.build_withs(node.with)),
            negated: node.is_some_and(|node| node.negated),
            generated: false,
            from_assignment: false,
            index,
            location: self.location(self.arena.expr_loc(id)),
        }
    }

    fn build_expr_kind(&self, kind: &arena::ExprKind) -> ExprKind {
        match *kind {
            arena::ExprKind::Term(term) => ExprKind::Term(self.build_term(term)),
            arena::ExprKind::Call(terms) => ExprKind::Call(self.build_terms(terms)),
            arena::ExprKind::Some(symbols, loc) => ExprKind::Some(SomeDecl {
                symbols: self.build_terms(symbols),
                location: self.location(loc),
            }),
            arena::ExprKind::Every { key, value, domain, body, loc } => {
                ExprKind::Every(Box::new(Every {
                    key: key.map(|key| self.build_term(key)),
                    value: self.build_term(value),
                    domain: self.build_term(domain),
                    body: self.build_body(body),
                    location: self.location(loc),
                }))
            }
            arena::ExprKind::Logical { and: true, lhs, rhs, loc } => {
                ExprKind::And(self.build_logical(lhs, rhs, loc))
            }
            arena::ExprKind::Logical { and: false, lhs, rhs, loc } => {
                ExprKind::Or(self.build_logical(lhs, rhs, loc))
            }
            arena::ExprKind::Not { body, explicit, loc } => ExprKind::Not(Box::new(NotBody {
                body: self.build_body(body),
                explicit,
                location: self.location(loc),
            })),
        }
    }

    fn build_logical(&self, lhs: Operand, rhs: Operand, loc: Loc) -> Box<Logical> {
        Box::new(Logical {
            lhs: self.build_body(lhs.body),
            rhs: self.build_body(rhs.body),
            explicit_lhs: lhs.explicit,
            explicit_rhs: rhs.explicit,
            location: self.location(loc),
        })
    }

    fn build_withs(&self, withs: Withs) -> Vec<With> {
        let withs = self.arena.withs(withs).iter();
        withs
            .map(|with| With {
                target: self.build_term(with.target),
                value: self.build_term(with.value),
                location: self.location(with.loc),
            })
            .collect()
    }
}
