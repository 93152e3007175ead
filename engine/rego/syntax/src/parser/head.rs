//! The heads of rules: name, reference, arguments, key and value.

use super::Parser;
use super::arena::{Kind, Loc, TermId, Terms};
use super::rule::{truth_term, variable_name};
use crate::Location;
use crate::ast::{Head, Term};
use crate::print::reference;
use crate::token::Token;

/// A head as it is read.
pub(super) struct HeadParts {
    pub(super) head: Head,
    /// Its place in the source.
    pub(super) loc: Loc,
}

impl Parser<'_> {
    /// The head of a rule, up to its value.
    pub(super) fn head(&mut self, default: bool) -> Option<HeadParts> {
        let loc = self.here();
        let name = self.variable();
        let Some(term) = self.finish_head(name) else {
            self.illegal("expected rule head name");
            return None;
        };
        let mut head = self.head_of(term)?;
        match self.state.token {
            Token::Contains => {
                if head.args.is_some() {
                    let name = reference(&head.reference);
                    self.illegal(format!(
                        "the contains keyword can only be used with multi-value rule definitions (e.g., {name} contains <VALUE> {{ ... }})"
                    ));
                }
                self.scan();
                let key = self.infix();
                if key.is_none() {
                    let name = reference(&head.reference);
                    self.illegal(format!(
                        "expected rule key term (e.g., {name} contains <VALUE> {{ ... }})"
                    ));
                }
                head.key = key.map(|key| self.build_term(key));
                head.keywords.has_contains = true;
            }
            Token::Unify => {
                self.scan();
                head.value = self.infix().map(|value| self.build_term(value));
                if head.value.is_none() {
                    let name = reference(&head.reference);
                    self.illegal(format!(
                        "expected rule value term (e.g., {name}[<nil>] = <VALUE> {{ ... }})"
                    ));
                }
            }
            Token::Assign => {
                self.scan();
                head.assign = true;
                head.value = self.infix().map(|value| self.build_term(value));
                if head.value.is_none() {
                    let name = reference(&head.reference);
                    let note = match &head.args {
                        Some(args) if !args.is_empty() => {
                            format!(
                                "expected function value term (e.g., {name}(...) := <VALUE> {{ ... }})"
                            )
                        }
                        _ if default => {
                            format!(
                                "expected default rule value term (e.g., default {name} := <VALUE>)"
                            )
                        }
                        _ => {
                            format!("expected rule value term (e.g., {name} := <VALUE> {{ ... }})")
                        }
                    };
                    self.illegal(note);
                }
            }
            _ => {}
        }
        let has_args = head.args.as_ref().is_some_and(|args| !args.is_empty());
        if head.value.is_none()
            && head.key.is_none()
            && !head.keywords.has_contains
            && (head.reference.len() != 2 || has_args)
        {
            head.generated_value = true;
            head.value = Some(truth_term(&Location::NONE));
        }
        let loc = self.extended(loc);
        head.location = self.location(loc);
        Some(HeadParts { head, loc })
    }

    /// The name, reference and arguments of a head.
    fn head_of(&mut self, term: TermId) -> Option<Head> {
        let mut head = Head::default();
        match *self.arena.kind(term) {
            Kind::Var(ref name) => {
                head.name = name.clone();
                head.reference = vec![self.build_term(term)];
            }
            Kind::Ref(parts) => self.name_head(&mut head, parts),
            Kind::Call(terms) => {
                let (operator, args) = self.arena.run(terms).split_first()?;
                let (operator, args) =
                    (*operator, args.iter().map(|&arg| self.build_term(arg)).collect());
                let Kind::Ref(parts) = *self.arena.kind(operator) else { return None };
                let first = self.arena.run(parts).first().copied()?;
                if !matches!(self.arena.kind(first), Kind::Var(_)) {
                    let invalid = reference(&self.build_run(parts));
                    self.illegal(format!("rule head ref {invalid} invalid"));
                    return None;
                }
                self.name_head(&mut head, parts);
                head.args = Some(args);
            }
            _ => return None,
        }
        Some(head)
    }

    fn name_head(&self, head: &mut Head, parts: Terms) {
        head.reference = self.build_run(parts);
        if let [name] = head.reference.as_slice() {
            head.name = variable_name(name).unwrap_or_default();
        }
    }

    fn build_run(&self, terms: Terms) -> Vec<Term> {
        self.arena.run(terms).iter().map(|&term| self.build_term(term)).collect()
    }
}
