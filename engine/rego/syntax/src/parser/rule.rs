//! Rules: heads, bodies, `else`, bodies in a chain, defaults.

use super::Parser;
use super::arena::{Exprs, Kind, Loc};
use super::head::HeadParts;
use super::walk::{place_exprs, place_head};
use crate::ast::{Body, Expr, ExprKind, Head, HeadKeywords, Rule, Term, TermKind};
use crate::compare::{sorted_members, sorted_terms};
use crate::token::Token;
use crate::{Location, inspect};
use referee_rego_value::Str;

/// An `else`, and whether its body stands where it does as a whole.
struct ElseParts {
    rule: Rule,
    in_place: bool,
}

impl Parser<'_> {
    /// A rule, or several where bodies follow one another. `None` without an error where there is
    /// none here.
    pub(super) fn rules(&mut self) -> Option<Vec<Rule>> {
        let rule_loc = self.here();
        self.name_before_ref();
        let mut default = false;
        if self.state.token == Token::Default {
            self.scan();
            default = true;
            self.name_before_ref();
        }
        if self.state.token != Token::Ident {
            return None;
        }
        let HeadParts { mut head, loc: head_loc } = self.head(default)?;
        let contains = head.keywords.has_contains;
        if default {
            return self.default_rule(head, rule_loc).map(|rule| vec![rule]);
        }
        let has_if = self.state.token == Token::If;
        if !contains {
            self.classify_head(&mut head, has_if, head_loc)?;
        }
        head.keywords.has_if = has_if;
        if !has_if && self.state.token != Token::LBrace {
            if !contains {
                return None;
            }
            let body = vec![truth(&self.location(rule_loc))];
            let location = head.location.clone();
            return Some(vec![rule(head, body, true, location)]);
        }
        let body = if has_if { self.body_after_if()? } else { self.braces_body()? };
        let else_rule = self.else_of(&head)?;
        let location = self.location(self.extended(rule_loc));
        let mut first = rule(head, self.build_body(body), false, location);
        let has_else = else_rule.is_some();
        first.else_rule = else_rule.map(Box::new);
        let mut rules = vec![first];
        while self.state.token == Token::LBrace {
            if has_else {
                self.error(self.here(), "expected else keyword");
                return None;
            }
            let loc = self.here();
            let body = self.braces_body()?;
            let location = self.location(self.extended(loc));
            let mut head = rules.first()?.head.clone();
            self.renumber_wildcards(&mut head);
            place_head(&mut head, &location);
            rules.push(rule(head, self.build_body(body), false, location));
        }
        Some(rules)
    }

    /// What `p[x]` means depends on what follows: with `if` a member of an object, without it an
    /// element of a set.
    fn classify_head(&mut self, head: &mut Head, has_if: bool, head_loc: Loc) -> Option<()> {
        let has_args = head.args.as_ref().is_some_and(|args| !args.is_empty());
        let [name, key] = head.reference.as_slice() else { return Some(()) };
        let (name, key) = (variable_name(name), key.clone());
        if has_if {
            let is_ref = matches!(key.kind, TermKind::Ref(_));
            if (!inspect::is_ground(&key) || is_ref) && !has_args {
                head.key = Some(key);
            }
            if head.value.is_none() {
                head.generated_value = true;
                head.value = Some(truth_term(&self.location(head_loc)));
            } else {
                head.name = name?;
            }
        } else if !has_args {
            head.name = name?;
            head.key = Some(key);
            if head.value.is_none() {
                head.reference.truncate(1);
            }
        }
        Some(())
    }

    /// The body after `if`: one expression, or several in braces. Braces may also begin an
    /// expression, but never a set: that would hold always.
    fn body_after_if(&mut self) -> Option<Exprs> {
        self.scan();
        let state = self.state;
        let braces = self.state.token == Token::LBrace;
        if let Some(expr) = self.literal_expr() {
            let is_set = match self.arena.expr(expr).map(|expr| expr.kind) {
                Some(super::arena::ExprKind::Term(term)) => {
                    matches!(self.arena.kind(term), Kind::Set(_))
                }
                _ => false,
            };
            if !(braces && is_set) {
                return Some(self.arena.add_body(&[expr]));
            }
        }
        if !braces {
            return None;
        }
        self.state = state;
        self.braces_body()
    }

    fn braces_body(&mut self) -> Option<Exprs> {
        self.scan();
        let body = self.body(Token::RBrace)?;
        self.scan();
        Some(body)
    }

    /// The `else` after a body, where there is one. The outer `None` is an error.
    fn else_of(&mut self, head: &Head) -> Option<Option<Rule>> {
        if self.state.token != Token::Else || self.name_before_ref() {
            return Some(None);
        }
        if head.reference.len() > 1 && !inspect::is_ground_ref(&head.reference) {
            self.error(self.here(), "else keyword cannot be used on rules with variables in head");
            return None;
        }
        if head.key.is_some() {
            self.error(self.here(), "else keyword cannot be used on multi-value rules");
            return None;
        }
        let mut chain = Vec::new();
        while chain.is_empty() || self.state.token == Token::Else {
            if chain.len() >= super::large(self.max_depth) {
                self.too_deep();
                return None;
            }
            let one = self.one_else(head)?;
            let ended = one.rule.generated_body;
            chain.push(one);
            if ended {
                break;
            }
        }
        let end = self.state.last_end;
        let mut result: Option<Rule> = None;
        while let Some(ElseParts { mut rule, in_place }) = chain.pop() {
            // Every part of the chain reaches to its end.
            let start = super::large(rule.location.offset);
            rule.location.length = super::small(end.saturating_sub(start));
            if in_place {
                place_exprs(&mut rule.body, &rule.location);
            }
            rule.else_rule = result.map(Box::new);
            result = Some(rule);
        }
        Some(result)
    }

    fn one_else(&mut self, outer: &Head) -> Option<ElseParts> {
        let loc = self.here();
        let location = self.location(loc);
        let mut head = outer.clone();
        head.generated_value = false;
        head.keywords = HeadKeywords::default();
        self.renumber_wildcards(&mut head);
        head.location = location.clone();
        self.scan();
        match self.state.token {
            Token::LBrace | Token::If => {
                head.generated_value = true;
                head.value = Some(truth_term(&Location::NONE));
            }
            Token::Assign | Token::Unify => {
                head.assign = self.state.token == Token::Assign;
                self.scan();
                let value = self.infix()?;
                head.value = Some(self.build_term(value));
                head.location = self.location(self.extended(loc));
            }
            _ => {
                self.illegal("expected else value term or rule body");
                return None;
            }
        }
        head.keywords.has_if = self.state.token == Token::If;
        if !head.keywords.has_if && self.state.token != Token::LBrace {
            let rule = rule(head, vec![truth(&location)], true, location);
            return Some(ElseParts { rule, in_place: true });
        }
        if head.keywords.has_if {
            self.scan();
        }
        let in_place = self.state.token != Token::LBrace;
        let body = if !in_place {
            let body = self.braces_body()?;
            self.build_body(body)
        } else if self.state.token == Token::Eof {
            self.illegal("rule body expected");
            return None;
        } else {
            let expr = self.literal_expr()?;
            vec![self.build_expr(expr, 0)]
        };
        Some(ElseParts { rule: rule(head, body, false, location), in_place })
    }

    fn renumber_wildcards(&mut self, head: &mut Head) {
        for arg in head.args.iter_mut().flatten() {
            if let TermKind::Var(name) = &mut arg.kind
                && name.starts_with('$')
            {
                *name = self.wildcard();
            }
        }
    }

    fn default_rule(&mut self, head: Head, rule_loc: Loc) -> Option<Rule> {
        let location = self.location(rule_loc);
        let Some(value) = &head.value else {
            self.error(rule_loc, "illegal default rule (must have a value)");
            return None;
        };
        let mut messages = Vec::new();
        check_default_value(value, &mut messages);
        if messages.is_empty() {
            check_default_args(head.args.as_deref().unwrap_or_default(), &mut messages);
        }
        let valid = messages.is_empty();
        for message in messages {
            self.error(rule_loc, format!("illegal default rule ({message})"));
        }
        let body = vec![truth(&location)];
        valid.then(|| Rule { default: true, ..rule(head, body, false, location) })
    }
}

fn rule(head: Head, body: Body, generated_body: bool, location: Location) -> Rule {
    Rule {
        default: false,
        head,
        body,
        else_rule: None,
        annotations: Vec::new(),
        generated_body,
        location,
    }
}

pub(crate) fn truth_term(location: &Location) -> Term {
    Term { kind: TermKind::Bool(true), location: location.clone() }
}

pub(crate) fn truth(location: &Location) -> Expr {
    Expr::new(ExprKind::Term(truth_term(location)), location.clone())
}

pub(crate) fn variable_name(term: &Term) -> Option<Str> {
    match &term.kind {
        TermKind::Var(name) => Some(name.clone()),
        _ => None,
    }
}

/// What a default may not be: references, variables and calls, save in comprehensions.
fn check_default_value(value: &Term, messages: &mut Vec<String>) {
    let mut refuse = |what: &str| messages.push(format!("value cannot contain {what}"));
    match &value.kind {
        TermKind::Ref(_) => refuse("ref"),
        TermKind::Var(_) => refuse("var"),
        TermKind::Call(_) => refuse("call"),
        TermKind::Array(elements) => {
            elements.iter().for_each(|element| check_default_value(element, messages));
        }
        TermKind::Set(elements) => {
            sorted_terms(elements)
                .into_iter()
                .for_each(|element| check_default_value(element, messages));
        }
        TermKind::Object(members) => {
            for (key, value) in sorted_members(members) {
                check_default_value(key, messages);
                check_default_value(value, messages);
            }
        }
        TermKind::TemplateString(template) => {
            inspect::template_terms(template).for_each(|term| check_default_value(term, messages));
        }
        _ => {}
    }
}

/// The arguments of a default are different variables.
fn check_default_args(args: &[Term], messages: &mut Vec<String>) {
    let mut seen: Vec<&Str> = Vec::new();
    for arg in args {
        match &arg.kind {
            TermKind::Var(name) if seen.contains(&name) => {
                messages
                    .push(format!("arguments cannot be repeated {}", crate::print::variable(name)));
            }
            TermKind::Var(name) => seen.push(name),
            kind => messages.push(format!("arguments cannot contain {}", kind.name())),
        }
    }
}
