//! What compiled rules read of the input and of the world.

use crate::reads::{KEYS, Reads};
use referee_rego_compile::Compiled;
use referee_rego_syntax::ast::{
    Body, Expr, ExprKind, Head, Logical, Module, Ref, Rule, TemplatePart, Term, TermKind,
};
use referee_rego_types::Capabilities;

/// Builtins that must run each time though their value is the same: what they do besides counts.
const EFFECTS: [&str; 2] = ["trace", "opa.runtime"];

/// What the rules of a compiled module read.
pub(super) fn of(compiled: &Compiled, module: &Module) -> Reads {
    let mut found = Found { reads: Reads::default(), capabilities: &compiled.capabilities };
    module.rules.iter().for_each(|rule| found.rule(rule));
    found.reads
}

struct Found<'a> {
    reads: Reads,
    capabilities: &'a Capabilities,
}

impl Found<'_> {
    fn rule(&mut self, rule: &Rule) {
        let mut next = Some(rule);
        while let Some(rule) = next {
            self.head(&rule.head);
            self.body(&rule.body);
            next = rule.else_rule.as_deref();
        }
    }

    fn head(&mut self, head: &Head) {
        // The first part of a head is the rule's own name.
        head.reference.iter().skip(1).for_each(|term| self.term(term));
        head.args.iter().flatten().for_each(|term| self.term(term));
        head.key.iter().chain(&head.value).for_each(|term| self.term(term));
    }

    fn body(&mut self, body: &Body) {
        body.iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &Expr) {
        for with in &expr.with {
            if is_input(&with.target) {
                // Replaced by something else, which the evaluation of one rule then sees for
                // another's.
                self.reads.whole_input = true;
            }
            self.term(&with.target);
            self.term(&with.value);
        }
        match &expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) => terms.iter().for_each(|term| self.term(term)),
            ExprKind::Some(some) => some.symbols.iter().for_each(|term| self.term(term)),
            ExprKind::Every(every) => {
                self.term(&every.domain);
                self.body(&every.body);
            }
            ExprKind::And(sides) | ExprKind::Or(sides) => self.sides(sides),
            ExprKind::Not(not) => self.body(&not.body),
        }
    }

    fn sides(&mut self, sides: &Logical) {
        self.body(&sides.lhs);
        self.body(&sides.rhs);
    }

    fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => {}
            TermKind::Var(name) => self.reads.whole_input |= name == "input",
            TermKind::Ref(reference) => self.reference(reference),
            TermKind::Array(terms) | TermKind::Set(terms) | TermKind::Call(terms) => {
                terms.iter().for_each(|term| self.term(term));
            }
            TermKind::Object(members) => members.iter().for_each(|(key, value)| {
                self.term(key);
                self.term(value);
            }),
            TermKind::ArrayComprehension(made) | TermKind::SetComprehension(made) => {
                self.term(&made.term);
                self.body(&made.body);
            }
            TermKind::ObjectComprehension(made) => {
                self.term(&made.key);
                self.term(&made.value);
                self.body(&made.body);
            }
            TermKind::TemplateString(template) => {
                template.parts.iter().for_each(|part| match part {
                    TemplatePart::Term(term) => self.term(term),
                    TemplatePart::Expr(expr) => self.expr(expr),
                });
            }
        }
    }

    fn reference(&mut self, reference: &Ref) {
        let Some((head, keys)) = reference.split_first() else { return };
        let TermKind::Var(name) = &head.kind else {
            reference.iter().for_each(|term| self.term(term));
            return;
        };
        if name == "input" {
            let path: Vec<String> = keys.iter().map_while(constant).take(KEYS).collect();
            if path.is_empty() {
                self.reads.whole_input = true;
            } else {
                self.reads.input.insert(path);
            }
        } else if name != "data" {
            self.builtin(name, keys);
        }
        keys.iter().for_each(|term| self.term(term));
    }

    /// Takes note of a builtin that is called or mentioned.
    fn builtin(&mut self, first: &str, keys: &[Term]) {
        let mut name = first.to_owned();
        for key in keys.iter().map_while(constant) {
            name.push('.');
            name.push_str(&key);
        }
        let declared = self.capabilities.builtins.get(name.as_str());
        self.reads.volatile |= declared.is_some_and(|found| found.nondeterministic)
            || EFFECTS.contains(&name.as_str());
    }
}

fn is_input(target: &Term) -> bool {
    let head = match &target.kind {
        TermKind::Ref(reference) => reference.first().map(|head| &head.kind),
        kind => Some(kind),
    };
    matches!(head, Some(TermKind::Var(name)) if name == "input")
}

fn constant(term: &Term) -> Option<String> {
    if let TermKind::String(text) = &term.kind { Some(text.to_string()) } else { None }
}
