//! Walks the interpreter's syntax tree: references, calls and declared variables of a rule.
//!
//! The tree is the crate's `unstable` module; only this file, [`super::analysis`] and
//! [`super::graph`] know its shape. The walk recurses as deep as the tree, which the scan of the
//! source and the parser's own limit of 32 nested expressions bound.

use regorus::unstable::{Expr, Literal, Query, Rule, RuleAssign, RuleHead, Span};
use std::collections::BTreeSet;

/// A reference: a variable and what follows it.
#[derive(Clone, Debug)]
pub(super) struct Reference<'a> {
    /// The variable it begins with.
    pub(super) root: &'a Span,
    /// What follows: names, and `None` for what is known only when it is evaluated.
    pub(super) steps: Vec<Option<String>>,
}

impl Reference<'_> {
    /// The names that follow, as far as they are known.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.steps.iter().map_while(Option::as_ref)
    }

    /// Whether all that follows is known.
    pub(super) fn is_constant(&self) -> bool {
        self.steps.iter().all(Option::is_some)
    }
}

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    /// What is called.
    pub(super) function: Reference<'a>,
    /// How many arguments are handed over.
    pub(super) arguments: usize,
}

/// What a rule uses.
#[derive(Default)]
pub(super) struct Uses<'a> {
    pub(super) references: Vec<Reference<'a>>,
    pub(super) calls: Vec<Call<'a>>,
    /// What `with` replaces.
    pub(super) targets: Vec<Reference<'a>>,
    /// The names that the rule declares for itself: arguments, `some`, `:=`, `every`.
    pub(super) locals: BTreeSet<&'a str>,
    /// How deep the tree is.
    pub(super) depth: usize,
    level: usize,
}

/// The reference that an expression is, where it is one.
pub(super) fn reference(expr: &Expr) -> Option<Reference<'_>> {
    let mut steps = Vec::new();
    let mut current = expr;
    let root = loop {
        match current {
            Expr::Var { span, .. } => break span,
            Expr::RefDot { refr, field, .. } => {
                steps.push(Some(field.0.text().to_owned()));
                current = refr;
            }
            Expr::RefBrack { refr, index, .. } => {
                steps.push(match index.as_ref() {
                    Expr::String { value, .. } | Expr::RawString { value, .. } => {
                        value.as_string().ok().map(|text| text.to_string())
                    }
                    // No rule's name is a number: its text is as good as any that is no name.
                    Expr::Number { span, .. }
                    | Expr::Bool { span, .. }
                    | Expr::Null { span, .. } => Some(format!("[{}]", span.text())),
                    _ => None,
                });
                current = refr;
            }
            _ => return None,
        }
    };
    steps.reverse();
    Some(Reference { root, steps })
}

impl<'a> Uses<'a> {
    /// What a rule uses, its head included.
    pub(super) fn of(rule: &'a Rule) -> Self {
        let mut uses = Self::default();
        match rule {
            Rule::Spec { head, bodies, .. } => {
                uses.head(head);
                for body in bodies {
                    if let Some(assign) = &body.assign {
                        uses.assign(assign);
                    }
                    uses.query(&body.query);
                }
            }
            Rule::Default { args, value, .. } => {
                for argument in args {
                    uses.declare(argument);
                }
                uses.expr(value);
            }
        }
        uses
    }

    fn head(&mut self, head: &'a RuleHead) {
        match head {
            RuleHead::Compr { refr, assign, .. } => {
                self.indices(refr);
                if let Some(assign) = assign {
                    self.assign(assign);
                }
            }
            RuleHead::Set { refr, key, .. } => {
                self.indices(refr);
                if let Some(key) = key {
                    self.expr(key);
                }
            }
            RuleHead::Func { refr, args, assign, .. } => {
                self.indices(refr);
                for argument in args {
                    self.declare(argument);
                }
                if let Some(assign) = assign {
                    self.assign(assign);
                }
            }
        }
    }

    fn assign(&mut self, assign: &'a RuleAssign) {
        self.expr(&assign.value);
    }

    fn query(&mut self, query: &'a Query) {
        self.level = self.level.saturating_add(1);
        self.statements(query);
        self.level = self.level.saturating_sub(1);
    }

    fn statements(&mut self, query: &'a Query) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { vars, .. } => self.locals.extend(vars.iter().map(Span::text)),
                Literal::SomeIn { key, value, collection, .. } => {
                    if let Some(key) = key {
                        self.declare(key);
                    }
                    self.declare(value);
                    self.expr(collection);
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.expr(expr),
                Literal::Every { key, value, domain, query, .. } => {
                    self.locals.extend(key.iter().chain([value]).map(Span::text));
                    self.expr(domain);
                    self.query(query);
                }
            }
            for modifier in &statement.with_mods {
                // What is replaced is not used; what replaces it is.
                self.targets.extend(reference(&modifier.refr));
                self.indices(&modifier.refr);
                self.expr(&modifier.r#as);
            }
        }
    }

    /// The variables of a pattern are the rule's own; the rest of it is used.
    fn declare(&mut self, pattern: &'a Expr) {
        match pattern {
            Expr::Var { span, .. } => {
                self.locals.insert(span.text());
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                for item in items {
                    self.declare(item);
                }
            }
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.expr(key);
                    self.declare(value);
                }
            }
            other => self.expr(other),
        }
    }

    /// What stands between the brackets of a reference.
    fn indices(&mut self, expr: &'a Expr) {
        let mut current = expr;
        loop {
            match current {
                Expr::RefDot { refr, .. } => current = refr,
                Expr::RefBrack { refr, index, .. } => {
                    self.expr(index);
                    current = refr;
                }
                Expr::Var { .. } => return,
                other => return self.expr(other),
            }
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        self.level = self.level.saturating_add(1);
        self.depth = self.depth.max(self.level);
        self.expr_inner(expr);
        self.level = self.level.saturating_sub(1);
    }

    fn expr_inner(&mut self, expr: &'a Expr) {
        match expr {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                self.references.extend(reference(expr));
                self.indices(expr);
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                for item in items {
                    self.expr(item);
                }
            }
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.expr(key);
                    self.expr(value);
                }
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expr(term);
                self.query(query);
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.expr(key);
                self.expr(value);
                self.query(query);
            }
            Expr::Call { fcn, params, .. } => {
                if let Some(function) = reference(fcn) {
                    self.calls.push(Call { function, arguments: params.len() });
                }
                for param in params {
                    self.expr(param);
                }
            }
            Expr::UnaryExpr { expr, .. } => self.expr(expr),
            Expr::AssignExpr { op, lhs, rhs, .. } => {
                match op {
                    regorus::unstable::AssignOp::ColEq => self.declare(lhs),
                    regorus::unstable::AssignOp::Eq => self.expr(lhs),
                }
                self.expr(rhs);
            }
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. } => {
                self.expr(lhs);
                self.expr(rhs);
            }
            Expr::Membership { key, value, collection, .. } => {
                if let Some(key) = key {
                    self.expr(key);
                }
                self.expr(value);
                self.expr(collection);
            }
        }
    }
}
