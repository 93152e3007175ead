//! Makes what the compiler adds to a tree: variables, equalities, references to builtins.

use crate::names::VarSet;
use crate::vars;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Module, Ref, Term, TermKind};
use referee_rego_value::Str;
use std::collections::HashMap;

/// Makes variables that do not occur yet: `__local0__`, `__local1__`, ….
#[derive(Debug, Default)]
pub(crate) struct Generator {
    taken: VarSet,
    prefix: &'static str,
    next: u32,
    /// What a generated variable stands for, for errors: where a reference began with a call or a
    /// composite value.
    pub(crate) subjects: HashMap<Str, Term>,
    /// The variables that were made for what was pulled out of terms, in the order of making.
    pub(crate) pulled: Vec<Str>,
}

impl Generator {
    /// For modules.
    pub(crate) fn for_modules(modules: &[Module]) -> Self {
        let mut taken = VarSet::new();
        modules.iter().for_each(|module| vars::of_module(module, &mut taken));
        taken.retain(|name| name.starts_with("__local"));
        Self { taken, prefix: "__local", ..Self::default() }
    }

    /// For a query: its variables are `__localq0__` and so on.
    pub(crate) fn for_query(body: &[Expr]) -> Self {
        let mut taken = vars::of_body(body, vars::Params::ALL);
        taken.retain(|name| name.starts_with("__localq"));
        Self { taken, prefix: "__localq", ..Self::default() }
    }

    /// The next variable.
    pub(crate) fn name(&mut self) -> Str {
        loop {
            let name = smol(self.prefix, self.next);
            self.next = self.next.saturating_add(1);
            if !self.taken.contains(&name) {
                return name;
            }
        }
    }

    /// The next variable, as a term at a place.
    pub(crate) fn var(&mut self, location: &Location) -> Term {
        Term { kind: TermKind::Var(self.name()), location: location.clone() }
    }

    /// A new variable, and the expression that makes it equal to a term. The term becomes the
    /// variable.
    pub(crate) fn extract(&mut self, term: &mut Term) -> Expr {
        let local = self.var(&term.location);
        let location = term.location.clone();
        let other = std::mem::replace(term, local.clone());
        Expr { generated: true, ..equality(local, other, location) }
    }
}

/// `__local` and a number, made without allocation.
fn smol(prefix: &str, number: u32) -> Str {
    let mut digits = [0_u8; 10];
    let mut rest = number;
    let mut count = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0'.wrapping_add(u8::try_from(rest % 10).unwrap_or_default());
        rest /= 10;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    let text = digits.get(digits.len() - count..).unwrap_or_default();
    let text = std::str::from_utf8(text).unwrap_or_default();
    [prefix, text, "__"].into_iter().collect()
}

/// A term that stands nowhere.
pub(crate) fn term(kind: TermKind) -> Term {
    Term { kind, location: Location::NONE }
}

/// `left = right`.
pub(crate) fn equality(left: Term, right: Term, location: Location) -> Expr {
    let operator = term(TermKind::Ref(builtin("eq")));
    Expr::new(ExprKind::Call(vec![operator, left, right]), location)
}

/// The reference to a builtin.
pub(crate) fn builtin(name: &str) -> Ref {
    let mut parts = name.split('.').map(Str::new);
    let head = parts.next().map(|head| term(TermKind::Var(head)));
    head.into_iter().chain(parts.map(|part| term(TermKind::String(part)))).collect()
}

/// `true`.
pub(crate) fn always(location: Location) -> Expr {
    let holds = Term { kind: TermKind::Bool(true), location: location.clone() };
    Expr::new(ExprKind::Term(holds), location)
}

/// Whether a body is nothing but `true`, as it is where none is written.
pub(crate) fn is_empty(body: &[Expr]) -> bool {
    matches!(body, [Expr { kind: ExprKind::Term(Term { kind: TermKind::Bool(true), .. }), .. }])
}

/// Adds an expression to a body.
pub(crate) fn push(body: &mut Body, mut expr: Expr) {
    expr.index = u32::try_from(body.len()).unwrap_or(u32::MAX);
    body.push(expr);
}

/// Adds an expression to a body; a body that is nothing but `true` is replaced by it.
pub(crate) fn append(body: &mut Body, expr: Expr) {
    if is_empty(body) {
        body.clear();
    }
    push(body, expr);
}

/// Adds expressions to a body; a body that is nothing but `true` is replaced by them.
pub(crate) fn append_all(body: &mut Body, exprs: Vec<Expr>) {
    if !exprs.is_empty() && is_empty(body) {
        body.clear();
    }
    exprs.into_iter().for_each(|expr| push(body, expr));
}
