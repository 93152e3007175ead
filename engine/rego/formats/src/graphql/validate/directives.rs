//! Rules about directives (specification section 5.7).

use super::Validator;
use super::fields::{missing, unknown_argument};
use crate::graphql::ast::Directive;
use referee_rego_builtin::Result;
use std::collections::HashSet;

impl Validator<'_, '_, '_> {
    pub(super) fn known_directive_arguments(&mut self, directive: &Directive) -> Result<()> {
        let Some(definition) = directive.definition.borrow().clone() else { return Ok(()) };
        let place = format!("directive \"@{}\"", directive.name);
        for argument in &directive.arguments {
            if definition.argument(&argument.name).is_none() {
                let message = unknown_argument(&argument.name, &place, &definition.arguments);
                self.report(directive.at, message)?;
            }
        }
        Ok(())
    }

    pub(super) fn known_directive(
        &mut self,
        directive: &Directive,
        location: &'static str,
    ) -> Result<()> {
        let name = &directive.name;
        let Some(definition) = directive.definition.borrow().clone() else {
            return self.report(directive.at, format!("Unknown directive \"@{name}\"."));
        };
        if definition.locations.iter().any(|known| known == location) {
            return Ok(());
        }
        // Fragments are walked more than once, and told once.
        let new =
            directive.at.is_none_or(|at| self.misplaced.insert((name.clone(), at.line, at.column)));
        if new {
            let message = format!("Directive \"@{name}\" may not be used on {location}.");
            self.report(directive.at, message)?;
        }
        Ok(())
    }

    pub(super) fn required_directive_arguments(&mut self, directive: &Directive) -> Result<()> {
        let Some(definition) = directive.definition.borrow().clone() else { return Ok(()) };
        for argument in missing(&definition.arguments, &directive.arguments) {
            let message = format!(
                "Directive \"@{}\" argument \"{}\" of type \"{}\" is required, but it was not \
                 provided.",
                definition.name,
                argument.name,
                argument.kind.text()
            );
            self.report(directive.at, message)?;
        }
        Ok(())
    }

    pub(super) fn on_directive_list(&mut self, directives: &[Directive]) -> Result<()> {
        let mut seen = HashSet::new();
        for directive in directives {
            let repeatable = directive.definition.borrow().as_ref().is_some_and(|it| it.repeatable);
            if !seen.insert(&directive.name) && !repeatable {
                let message = format!(
                    "The directive \"@{}\" can only be used once at this location.",
                    directive.name
                );
                self.report(directive.at, message)?;
            }
        }
        Ok(())
    }
}
