//! Rules about operations and their variables (specification sections 5.2 and 5.8).

use super::{Validator, suggest};
use crate::graphql::ast::{At, Operation, Selection, Variable};
use referee_rego_builtin::Result;
use std::collections::{HashMap, HashSet};

impl Validator<'_, '_, '_> {
    pub(super) fn known_root_type(&mut self, operation: &Operation) -> Result<()> {
        if self.schema.root(&operation.kind).is_some() {
            return Ok(());
        }
        let message = format!("Schema does not support operation type \"{}\"", operation.kind);
        self.report(operation.at, message)
    }

    pub(super) fn lone_anonymous_operation(&mut self, operation: &Operation) -> Result<()> {
        if !operation.name.is_empty() || self.query.operations.len() < 2 {
            return Ok(());
        }
        let message = "This anonymous operation must be the only defined operation.";
        self.report(operation.at, message.to_owned())
    }

    pub(super) fn no_unused_variables(&mut self, operation: &Operation) -> Result<()> {
        for variable in operation.variables.iter().filter(|variable| !variable.used.get()) {
            let place = if operation.name.is_empty() {
                String::new()
            } else {
                format!(" in operation \"{}\"", operation.name)
            };
            let message = format!("Variable \"${}\" is never used{place}.", variable.name);
            self.report(variable.at, message)?;
        }
        Ok(())
    }

    pub(super) fn single_field_subscription(&mut self, operation: &Operation) -> Result<()> {
        if self.schema.subscription.is_none() || operation.kind != "subscription" {
            return Ok(());
        }
        let mut fields = Vec::new();
        self.top_fields(&operation.selections, &mut HashSet::new(), &mut fields)?;
        let mut seen = HashSet::new();
        fields.retain(|(name, _)| seen.insert(name.clone()));
        let name = if operation.name.is_empty() {
            "Anonymous Subscription".to_owned()
        } else {
            format!("Subscription \"{}\"", operation.name)
        };
        if let Some((_, at)) = fields.get(1) {
            self.report(*at, format!("{name} must select only one top level field."))?;
        }
        for (_, at) in fields.iter().filter(|(field, _)| field.starts_with("__")) {
            let message = format!("{name} must not select an introspection top level field.");
            self.report(*at, message)?;
        }
        Ok(())
    }

    fn top_fields(
        &mut self,
        selections: &[Selection],
        walked: &mut HashSet<String>,
        fields: &mut Vec<(String, At)>,
    ) -> Result<()> {
        self.deeper(|walker| {
            for selection in selections {
                walker.context.work(1)?;
                match selection {
                    Selection::Field(field) => fields.push((field.name.clone(), field.at)),
                    Selection::Inline(inline) => {
                        walker.top_fields(&inline.selections, walked, fields)?;
                    }
                    Selection::Spread(spread) => {
                        let Some(fragment) = spread.definition.borrow().clone() else {
                            return Ok(());
                        };
                        if walked.insert(fragment.name.clone()) {
                            walker.top_fields(&fragment.selections, walked, fields)?;
                        }
                    }
                }
            }
            Ok(())
        })
    }

    pub(super) fn unique_operation_name(&mut self, operation: &Operation) -> Result<()> {
        if self.operation_names.insert(operation.name.clone()) {
            return Ok(());
        }
        let message = format!("There can be only one operation named \"{}\".", operation.name);
        self.report(operation.at, message)
    }

    pub(super) fn unique_variable_names(&mut self, operation: &Operation) -> Result<()> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for variable in &operation.variables {
            let count = counts.entry(&variable.name).or_default();
            *count += 1;
            // Only the second is told.
            if *count == 2 {
                let message =
                    format!("There can be only one variable named \"${}\".", variable.name);
                self.report(variable.at, message)?;
            }
        }
        Ok(())
    }

    pub(super) fn variables_are_input_types(&mut self, operation: &Operation) -> Result<()> {
        for variable in &operation.variables {
            let input = variable.definition.borrow().as_ref().is_none_or(|it| it.is_input());
            if !input {
                let message = format!(
                    "Variable \"${}\" cannot be non-input type \"{}\".",
                    variable.name,
                    variable.kind.text()
                );
                self.report(variable.at, message)?;
            }
        }
        Ok(())
    }

    pub(super) fn on_variable(&mut self, variable: &Variable) -> Result<()> {
        if variable.definition.borrow().is_some() {
            return Ok(());
        }
        let name = variable.kind.innermost();
        self.report(variable.at, format!("Unknown type \"{name}\"."))
    }

    /// What is said of a type that is not known, with those that are like it.
    pub(super) fn unknown_type(&self, name: &str) -> String {
        let near = suggest::near(name, self.schema.types.keys().map(String::as_str));
        let question = suggest::question("Did you mean", suggest::quoted(&near));
        format!("Unknown type \"{name}\".{question}")
    }
}
