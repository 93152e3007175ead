//! Every local variable gets a name of its own; `:=` and `some` are gone afterwards (OPA's stage
//! RewriteLocalVars).
//!
//! Assigned and declared variables are checked on the way: whether they have been used, assigned
//! or declared before, whether they are used at all.

use crate::errors::compile;
use crate::make::{self, Generator};
use crate::names::{VarSet, calls, operator, root_document, var};
use crate::scope::{Occurrence, Scopes};
use crate::unused;
use crate::vars::{self, Params};
use crate::{order, walk};
use referee_rego_syntax::ast::{Body, Expr, ExprKind, TemplatePart, Term, TermKind, With};
use referee_rego_syntax::print;
use referee_rego_syntax::{Error, Location};
use referee_rego_value::Str;
use std::collections::HashMap;

/// How many terms may be gone through in any rule, and how many more for each byte of it. OPA goes
/// through what is in statements twice, and again for each statement around it: hostile policies
/// could make that last for ever.
const STEPS: u64 = 500_000;
const STEPS_A_BYTE: u64 = 32;

/// How many terms may be gone through where so many bytes are written.
pub(crate) fn steps(bytes: u32) -> u64 {
    u64::from(bytes).saturating_mul(STEPS_A_BYTE).saturating_add(STEPS)
}

/// What is said where it would be more.
const TOO_DEEP: &str = "statements nested too deeply";

/// What the compiler made of variables.
pub(crate) type Rewritten = HashMap<Str, Str>;

/// Gives variables their names.
pub(crate) struct Locals<'c> {
    pub(crate) generator: &'c mut Generator,
    pub(crate) rewritten: &'c mut Rewritten,
    pub(crate) strict: bool,
    pub(crate) scopes: Scopes,
    pub(crate) errors: Vec<Error>,
    /// Whether there was an assignment.
    pub(crate) assignment: bool,
    /// How many more terms may be gone through.
    pub(crate) steps: u64,
}

/// What an assignment is refused with in a negated expression: it binds nothing.
pub(crate) const NEGATED: &str = "cannot assign vars inside negated expression";

impl Locals<'_> {
    /// Gives the variables of a body their names.
    pub(crate) fn body(&mut self, body: &mut Body, used: &VarSet) {
        let scoped = |scope: &crate::scope::Scope| {
            scope.values().any(|entry| entry.occurrence == Occurrence::Declared)
        };
        let declares = body.iter().any(|expr| matches!(expr.kind, ExprKind::Some(_)))
            || self.scopes.top().is_some_and(scoped);
        let written = if declares { unused::declarations(body) } else { Vec::new() };
        let first = body.first().map(|expr| expr.location.clone()).unwrap_or_default();
        for mut expr in std::mem::take(body) {
            if self.statement(&mut expr) {
                make::push(body, expr);
            }
        }
        if body.is_empty() {
            make::push(body, make::always(Location::NONE));
        }
        if self.strict && self.errors.is_empty() {
            self.errors = unused::assigned(&self.scopes, used, &first);
        }
        if self.errors.is_empty() {
            self.errors = unused::declared(&self.scopes, used, body, &written, &first);
        }
    }

    /// Gives the variables of an expression their names; whether it stays.
    fn statement(&mut self, expr: &mut Expr) -> bool {
        match &mut expr.kind {
            ExprKind::Call(terms) if calls(terms, "assign") => {
                self.assignment = true;
                self.assign(expr);
                true
            }
            ExprKind::Some(_) => self.some(expr),
            ExprKind::Every(_) => self.every(expr),
            ExprKind::Not(_) => {
                self.not(expr);
                true
            }
            ExprKind::And(_) | ExprKind::Or(_) => {
                self.logical(expr);
                true
            }
            ExprKind::Term(_) | ExprKind::Call(_) => {
                self.expr(expr, true);
                true
            }
        }
    }

    /// A new name for a variable that is assigned or declared.
    pub(crate) fn declare(
        &mut self,
        name: &Str,
        occurrence: Occurrence,
        at: &Location,
    ) -> Result<Str, String> {
        let written = print::variable(name);
        match self.scopes.occurrence(name) {
            Some(Occurrence::Seen) => Err(format!("var {written} referenced above")),
            Some(Occurrence::Assigned) => Err(format!("var {written} assigned above")),
            Some(Occurrence::Declared) => Err(format!("var {written} declared above")),
            Some(Occurrence::Argument) => Err(format!("arg {written} redeclared")),
            None => Ok(self.introduce(name, occurrence, at)),
        }
    }

    /// A new name for a variable, whatever was before.
    pub(crate) fn introduce(&mut self, name: &Str, occurrence: Occurrence, at: &Location) -> Str {
        let new = self.generator.name();
        self.rewritten.insert(new.clone(), name.clone());
        self.scopes.insert(name.clone(), new.clone(), occurrence, at);
        new
    }

    fn assign(&mut self, expr: &mut Expr) {
        if expr.negated {
            self.errors.push(compile(NEGATED, &expr.location));
            return;
        }
        let before = self.errors.len();
        let ExprKind::Call(terms) = &mut expr.kind else { return };
        let [operator, target, value] = terms.as_mut_slice() else { return };
        self.term(value, false);
        expr.with.iter_mut().for_each(|with| self.term(&mut with.value, false));
        self.target(target, &expr.location);
        if self.errors.len() == before {
            let head = match &operator.kind {
                TermKind::Ref(parts) => parts.first().map(|head| head.location.clone()),
                _ => None,
            };
            let location = head.unwrap_or_default();
            let name = TermKind::Var(Str::new_static("eq"));
            let head = Term { kind: name, location: location.clone() };
            *operator = Term { kind: TermKind::Ref(vec![head]), location };
            expr.from_assignment = true;
        }
    }

    /// The left side of an assignment.
    fn target(&mut self, term: &mut Term, at: &Location) {
        let name = var(term).or_else(|| root_document(term)).cloned();
        if let Some(name) = name {
            match self.declare(&name, Occurrence::Assigned, at) {
                Ok(new) => term.kind = TermKind::Var(new),
                Err(message) => self.errors.push(compile(message, &term.location)),
            }
            return;
        }
        match &mut term.kind {
            TermKind::Array(terms) => terms.iter_mut().for_each(|term| self.target(term, at)),
            TermKind::Object(members) => {
                members.iter_mut().for_each(|(_, value)| self.target(value, at));
            }
            kind => {
                let message = format!("cannot assign to {}", kind_name(kind));
                self.errors.push(compile(message, &term.location));
            }
        }
    }

    /// Gives the variables in an expression their names. With `modifiers` the targets of `with`
    /// keep to `input`, even where a local hides it.
    pub(crate) fn expr(&mut self, expr: &mut Expr, modifiers: bool) {
        match &mut expr.kind {
            ExprKind::Term(term) => self.term(term, modifiers),
            ExprKind::Call(terms) => self.terms(terms, modifiers),
            ExprKind::Some(some) => self.terms(&mut some.symbols, modifiers),
            ExprKind::Every(every) => {
                every.key.iter_mut().for_each(|key| self.term(key, modifiers));
                self.term(&mut every.value, modifiers);
                self.term(&mut every.domain, modifiers);
                every.body.iter_mut().for_each(|expr| self.expr(expr, modifiers));
            }
            ExprKind::And(both) | ExprKind::Or(both) => {
                let sides = both.lhs.iter_mut().chain(&mut both.rhs);
                sides.for_each(|expr| self.expr(expr, modifiers));
            }
            ExprKind::Not(not) => {
                not.body.iter_mut().for_each(|expr| self.expr(expr, modifiers));
            }
        }
        for with in &mut expr.with {
            if modifiers {
                self.with(with);
            } else {
                self.term(&mut with.target, false);
                self.term(&mut with.value, false);
            }
        }
    }

    fn with(&mut self, with: &mut With) {
        self.term(&mut with.target, false);
        if let Some(hidden) = self.scopes.declared("input").cloned() {
            let input = TermKind::Var(Str::new_static("input"));
            match &mut with.target.kind {
                TermKind::Var(name) if *name == hidden => {
                    with.target.kind = TermKind::Ref(vec![make::term(input)]);
                }
                TermKind::Ref(parts) => {
                    if let Some(head) = parts.first_mut()
                        && var(head) == Some(&hidden)
                    {
                        head.kind = input;
                    }
                }
                _ => {}
            }
        }
        self.term(&mut with.value, false);
    }

    fn terms(&mut self, terms: &mut [Term], modifiers: bool) {
        terms.iter_mut().for_each(|term| self.term(term, modifiers));
    }

    /// Gives the variables in a term their names.
    pub(crate) fn term(&mut self, term: &mut Term, modifiers: bool) {
        match self.steps.checked_sub(1) {
            Some(left) => self.steps = left,
            None => {
                if self.errors.last().is_none_or(|error| error.message != TOO_DEEP) {
                    self.errors.push(compile(TOO_DEEP, &term.location));
                }
                return;
            }
        }
        if let Some(root) = root_document(term) {
            let declared = self.scopes.any_occurrence(root).filter(|by| *by != Occurrence::Seen);
            let new = declared.and_then(|_| self.scopes.declared(root)).cloned();
            if let Some(new) = new {
                term.kind = TermKind::Var(new);
            }
            return;
        }
        match &mut term.kind {
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => {}
            TermKind::Var(name) => match self.scopes.meet(name) {
                Some(new) => *name = new,
                None => {
                    let name = name.clone();
                    self.scopes.insert(name.clone(), name, Occurrence::Seen, &Location::NONE);
                }
            },
            TermKind::Ref(parts) | TermKind::Array(parts) => self.terms(parts, modifiers),
            TermKind::Call(parts) => {
                self.check_shadowed(parts, &term.location);
                self.terms(parts, modifiers);
            }
            TermKind::Object(members) => {
                for (key, value) in members.iter_mut() {
                    self.term(key, false);
                    self.term(value, false);
                }
                order::normalize_object(members);
            }
            TermKind::Set(items) => {
                self.terms(items, false);
                order::normalize_set(items);
            }
            TermKind::ArrayComprehension(found) | TermKind::SetComprehension(found) => {
                let used = vars::of_term(&found.term, Params::ALL);
                self.scopes.push();
                self.body(&mut found.body, &used);
                self.term(&mut found.term, false);
                self.scopes.pop();
            }
            TermKind::ObjectComprehension(found) => {
                let mut used = vars::of_term(&found.key, Params::ALL);
                used.extend(&vars::of_term(&found.value, Params::ALL));
                self.scopes.push();
                self.body(&mut found.body, &used);
                self.term(&mut found.key, false);
                self.term(&mut found.value, false);
                self.scopes.pop();
            }
            TermKind::TemplateString(template) => {
                template.parts.iter_mut().for_each(|part| match part {
                    TemplatePart::Term(term) => self.term(term, modifiers),
                    TemplatePart::Expr(expr) => self.expr(expr, modifiers),
                });
            }
        }
    }

    /// A function that is called must not be hidden by a variable: functions are no values.
    fn check_shadowed(&mut self, call: &[Term], location: &Location) {
        let Some(parts) = operator(call) else { return };
        let hides = |name: &Str| self.scopes.declared(name).is_some_and(|new| new != name);
        let mut count = 0;
        walk::terms(parts, &mut |node| {
            if let walk::Node::Term(Term { kind: TermKind::Var(name), .. }) = node {
                count += usize::from(hides(name));
            }
            false
        });
        let message = format!("called function {} shadowed", print::reference(parts));
        self.errors.extend((0..count).map(|_| compile(message.clone(), location)));
    }

    /// Gives the variables of a template string in a head their names.
    pub(crate) fn template(&mut self, term: &mut Term) {
        let TermKind::TemplateString(template) = &mut term.kind else { return };
        for part in &mut template.parts {
            if let TemplatePart::Expr(expr) = part {
                self.scopes.push();
                self.expr(expr, true);
                self.scopes.pop();
            }
        }
    }
}

/// What kind of term it is, in OPA's words.
fn kind_name(kind: &TermKind) -> &'static str {
    match kind {
        TermKind::Null => "null",
        TermKind::Bool(_) => "boolean",
        TermKind::Number(_) => "number",
        TermKind::String(_) => "string",
        TermKind::Var(_) => "var",
        TermKind::Ref(_) => "ref",
        TermKind::Array(_) => "array",
        TermKind::Object(_) => "object",
        TermKind::Set(_) => "set",
        TermKind::ArrayComprehension(_) => "arraycomprehension",
        TermKind::SetComprehension(_) => "setcomprehension",
        TermKind::ObjectComprehension(_) => "objectcomprehension",
        TermKind::Call(_) => "call",
        TermKind::TemplateString(_) => "templatestring",
    }
}
