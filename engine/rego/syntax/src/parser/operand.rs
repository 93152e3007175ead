//! What is wrong with operands of `and`, `or` and `not`: braces that hold a value, unions that read
//! like comprehensions, calls without a value.

use super::Parser;
use super::arena::{ExprKind, Exprs, Kind, Loc, TermId};

/// The builtins that a call in infix form may be of, with their number of operands.
const INFIX: [(&str, usize); 17] = [
    ("and", 2),
    ("assign", 2),
    ("div", 2),
    ("eq", 2),
    ("equal", 2),
    ("gt", 2),
    ("gte", 2),
    ("internal.member_2", 2),
    ("internal.member_3", 3),
    ("lt", 2),
    ("lte", 2),
    ("minus", 2),
    ("mul", 2),
    ("neq", 2),
    ("or", 2),
    ("plus", 2),
    ("rem", 2),
];

impl Parser<'_> {
    /// Whether a body begins with a bare `a | b`, which reads like a comprehension too.
    pub(super) fn is_ambiguous_union(&self, body: Exprs) -> bool {
        let Some(expr) = self.arena.first(body).and_then(|expr| self.arena.expr(expr)) else {
            return false;
        };
        let ExprKind::Call(terms) = expr.kind else { return false };
        if self.global_operator(terms) != Some("or") {
            return false;
        }
        let operator = self.arena.run(terms).first().map(|&term| self.arena.loc(term));
        if operator.is_none_or(|loc| self.text(loc) != "|") {
            return false;
        }
        expr.loc.row == 0 || !self.text(expr.loc).trim().starts_with('(')
    }

    pub(super) fn ambiguous_union(&mut self, loc: Loc, body: Exprs, prefix: &str) {
        let braces = self.slice(super::large(loc.offset), self.state.last_end);
        let mut union = braces.to_owned();
        if let Some(expr) = self.arena.first(body) {
            let inner = self.arena.expr_loc(expr);
            let start = super::large(inner.offset.saturating_sub(loc.offset));
            let end = start + super::large(inner.len);
            if start > 0
                && let (Some(before), Some(text), Some(after)) =
                    (braces.get(..start), braces.get(start..end), braces.get(end..))
            {
                union = format!("{before}({text}){after}");
            }
        }
        self.hint(format!(
            "write `{prefix}({braces})` for the comprehension, or `{prefix}{union}` for the set union"
        ));
        self.error(
            loc,
            "ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension",
        );
    }

    pub(super) fn value_in_braces(&mut self, loc: Loc, term: TermId, prefix: &str) {
        let operand = self.slice(super::large(loc.offset), self.state.last_end);
        self.hint(format!(
            "write `{prefix}({operand})` to negate the value, or `{prefix}{{{operand}}}` for a body holding it"
        ));
        let name = self.brace_led(term).name();
        self.error(
            loc,
            format!("`{{...}}` in an operand position must contain expression(s), got: {name}"),
        );
    }

    /// What the brace opens with which a term begins.
    pub(super) fn brace_led(&self, term: TermId) -> &Kind {
        let mut term = term;
        while let Kind::Call(terms) = *self.arena.kind(term)
            && let [operator, first, ..] = *self.arena.run(terms)
        {
            let name = self.operator_name(operator);
            if !INFIX.iter().any(|&(infix, operands)| infix == name && terms.len() == operands + 1)
            {
                break;
            }
            term = first;
        }
        self.arena.kind(term)
    }

    pub(super) fn operator_name(&self, operator: TermId) -> String {
        let Kind::Ref(parts) = *self.arena.kind(operator) else { return String::new() };
        let names: Vec<&str> = self
            .arena
            .run(parts)
            .iter()
            .map(|&part| match self.arena.kind(part) {
                Kind::Var(name) | Kind::String(name) => name.as_str(),
                _ => "?",
            })
            .collect();
        names.join(".")
    }

    pub(super) fn brace_led_operand(&mut self, loc: Loc, operand: &str, operator: &str) {
        self.hint(format!("wrap the operand to keep the value: `({operand}) {operator} ...`"));
        self.error(
            loc,
            format!("operand of `{operator}` cannot begin with `{{` unless the braces hold a body"),
        );
    }

    /// Refuses an operand that only calls builtins without a value.
    pub(super) fn check_void(&mut self, body: Exprs, operator: &str) {
        let mut first = None;
        for &id in self.arena.body(body) {
            let Some(expr) = self.arena.expr(id) else { return };
            let ExprKind::Call(terms) = expr.kind else { return };
            let Some(&called) = self.arena.run(terms).first() else { return };
            let name = match self.operator_name(called).as_str() {
                "print" => "print",
                "internal.print" => "internal.print",
                _ => return,
            };
            if expr.negated {
                return;
            }
            first.get_or_insert((name, expr.loc));
        }
        let Some((name, loc)) = first else { return };
        self.hint(format!(
            "`{name}` produces no value and always succeeds, so the operand can never fail; move it out of the operand, or add an expression that can fail"
        ));
        self.error(
            loc,
            format!("operand of `{operator}` cannot consist only of calls to `{name}`"),
        );
    }
}
