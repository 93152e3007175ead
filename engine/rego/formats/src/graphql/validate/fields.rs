//! Rules about fields and their arguments (specification sections 5.3 and 5.4).

use super::{Validator, suggest};
use crate::graphql::ast::{Argument, Definition, Field, FieldDefinition, Selection};
use referee_rego_builtin::Result;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How many lists may be nested in a question about the schema.
const MAX_LISTS: usize = 3;

impl Validator<'_, '_, '_> {
    pub(super) fn field_on_correct_type(&mut self, field: &Field) -> Result<()> {
        let Some(parent) = field.parent.borrow().clone() else { return Ok(()) };
        if field.definition.borrow().is_some() {
            return Ok(());
        }
        let mut message =
            format!("Cannot query field \"{}\" on type \"{}\".", field.name, parent.name);
        let types = self.suggested_types(&parent, &field.name);
        if types.is_empty() {
            let names = suggested_fields(&parent, &field.name);
            message += &suggest::question("Did you mean", suggest::quoted(&names));
        } else {
            let types = suggest::quoted(&types);
            message += &suggest::question("Did you mean to use an inline fragment on", types);
        }
        self.report(field.at, message)
    }

    /// The types behind an abstract one that have a field, the commonest interfaces first.
    fn suggested_types(&self, parent: &Definition, name: &str) -> Vec<String> {
        if !parent.is_abstract() {
            return Vec::new();
        }
        let (mut interfaces, mut objects) = (Vec::new(), Vec::new());
        let mut usage: HashMap<String, usize> = HashMap::new();
        for possible in self.schema.possible(&parent.name) {
            if possible.field(name).is_none() {
                continue;
            }
            objects.push(possible.name.clone());
            for interface in &possible.interfaces {
                let has = self.schema.kind(interface).is_some_and(|it| it.field(name).is_some());
                if has {
                    let count = usage.entry(interface.clone()).or_default();
                    if *count == 0 {
                        interfaces.push(interface.clone());
                    }
                    *count += 1;
                }
            }
        }
        interfaces.append(&mut objects);
        let count = |name: &String| usage.get(name).copied().unwrap_or_default();
        interfaces.sort_by(|a, b| count(b).cmp(&count(a)).then_with(|| a.cmp(b)));
        interfaces
    }

    pub(super) fn known_field_arguments(&mut self, field: &Field) -> Result<()> {
        let (Some(definition), Some(parent)) =
            (field.definition.borrow().clone(), field.parent.borrow().clone())
        else {
            return Ok(());
        };
        let place = format!("field \"{}.{}\"", parent.name, field.name);
        for argument in &field.arguments {
            if definition.argument(&argument.name).is_none() {
                let message = unknown_argument(&argument.name, &place, &definition.arguments);
                self.report(field.at, message)?;
            }
        }
        Ok(())
    }

    pub(super) fn introspection_depth(&mut self, field: &Field) -> Result<()> {
        if !matches!(field.name.as_str(), "__schema" | "__type") {
            return Ok(());
        }
        if self.field_is_too_deep(field, &mut HashSet::new(), 0)? {
            self.report(field.at, "Maximum introspection depth exceeded".to_owned())?;
        }
        Ok(())
    }

    fn field_is_too_deep(
        &mut self,
        field: &Field,
        visited: &mut HashSet<String>,
        lists: usize,
    ) -> Result<bool> {
        let is_list = matches!(
            field.name.as_str(),
            "fields" | "interfaces" | "possibleTypes" | "inputFields"
        );
        let lists = lists + usize::from(is_list);
        if is_list && lists >= MAX_LISTS {
            return Ok(true);
        }
        self.selections_are_too_deep(&field.selections, visited, lists)
    }

    fn selections_are_too_deep(
        &mut self,
        selections: &[Selection],
        visited: &mut HashSet<String>,
        lists: usize,
    ) -> Result<bool> {
        self.deeper(|walker| {
            for selection in selections {
                walker.context.work(1)?;
                let too_deep = match selection {
                    Selection::Field(field) => walker.field_is_too_deep(field, visited, lists)?,
                    Selection::Inline(inline) => {
                        walker.selections_are_too_deep(&inline.selections, visited, lists)?
                    }
                    Selection::Spread(spread) => {
                        let Some(fragment) = spread.definition.borrow().clone() else { continue };
                        if !visited.insert(spread.name.clone()) {
                            continue;
                        }
                        let found =
                            walker.selections_are_too_deep(&fragment.selections, visited, lists)?;
                        visited.remove(&spread.name);
                        found
                    }
                };
                if too_deep {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    pub(super) fn required_field_arguments(&mut self, field: &Field) -> Result<()> {
        let Some(definition) = field.definition.borrow().clone() else { return Ok(()) };
        for argument in missing(&definition.arguments, &field.arguments) {
            let message = format!(
                "Field \"{}\" argument \"{}\" of type \"{}\" is required, but it was not provided.",
                field.name,
                argument.name,
                argument.kind.text()
            );
            self.report(field.at, message)?;
        }
        Ok(())
    }

    pub(super) fn scalar_leafs(&mut self, field: &Field) -> Result<()> {
        let Some(definition) = field.definition.borrow().clone() else { return Ok(()) };
        let Some(kind) = self.kind(definition.kind.innermost()) else { return Ok(()) };
        let name = &field.name;
        if kind.is_leaf() && !field.selections.is_empty() {
            let message = format!(
                "Field \"{name}\" must not have a selection since type \"{}\" has no subfields.",
                kind.name
            );
            return self.report(field.at, message);
        }
        if !kind.is_leaf() && field.selections.is_empty() {
            let message = format!(
                "Field \"{name}\" of type \"{}\" must have a selection of subfields. Did you mean \
                 \"{name} {{ ... }}\"?",
                definition.kind.text()
            );
            return self.report(field.at, message);
        }
        Ok(())
    }

    pub(super) fn unique_arguments(&mut self, arguments: &[Argument]) -> Result<()> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for argument in arguments {
            let count = counts.entry(&argument.name).or_default();
            *count += 1;
            // Only the second is told.
            if *count == 2 {
                let message =
                    format!("There can be only one argument named \"{}\".", argument.name);
                self.report(argument.at, message)?;
            }
        }
        Ok(())
    }
}

fn suggested_fields(parent: &Definition, name: &str) -> Vec<String> {
    if !matches!(parent.kind.as_str(), "OBJECT" | "INTERFACE") {
        return Vec::new();
    }
    suggest::near(name, parent.fields.iter().map(|field| field.name.as_str()))
}

/// What is said of an argument that is not known.
pub(super) fn unknown_argument(name: &str, place: &str, known: &[Rc<FieldDefinition>]) -> String {
    let near = suggest::near(name, known.iter().map(|argument| argument.name.as_str()));
    let question = suggest::question("Did you mean", suggest::quoted(&near));
    format!("Unknown argument \"{name}\" on {place}.{question}")
}

/// The required arguments that are not given.
pub(super) fn missing<'a>(
    known: &'a [Rc<FieldDefinition>],
    given: &'a [Argument],
) -> impl Iterator<Item = &'a Rc<FieldDefinition>> {
    known.iter().filter(|argument| {
        argument.kind.non_null
            && argument.default.is_none()
            && !given.iter().any(|given| given.name == argument.name)
    })
}
