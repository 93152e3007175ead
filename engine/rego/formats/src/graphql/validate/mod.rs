//! Validation of queries (specification section 5): one walk over the document, at each node the
//! rules that look at it, in the library's order.

mod directives;
mod fields;
mod fragments;
mod operations;
mod overlap;
mod suggest;
mod values;

use super::ast::{
    Argument, At, Definition, Directive, Expected, Field, FieldDefinition, Fragment,
    InlineFragment, Kind, Operation, Query, Selection, Spread, Value,
};
use super::error::GraphqlError;
use super::schema::{Schema, plain_field};
use overlap::Compared;
use referee_rego_builtin::{BuiltinError, Context, Result};
use std::collections::HashSet;
use std::rc::Rc;

/// How deep the walk may go, by way of fragments too.
const MAX_DEPTH: usize = 400;

/// Finds all mistakes of a query, in the library's order.
///
/// # Errors
/// Where the work is used up, or fragments lead too deep.
pub(super) fn validate(
    context: &mut Context<'_>,
    schema: &Schema,
    query: &Query,
) -> Result<Vec<GraphqlError>> {
    let mut validator = Validator {
        schema,
        query,
        context,
        errors: Vec::new(),
        depth: 0,
        operation: None,
        walked: HashSet::new(),
        misplaced: HashSet::new(),
        cycles_seen: HashSet::new(),
        used: HashSet::new(),
        in_fragments: false,
        fragment_names: HashSet::new(),
        operation_names: HashSet::new(),
        compared: Compared::default(),
    };
    validator.walk()?;
    Ok(validator.errors)
}

/// The type of a definition that may be missing.
type Parent = Option<Rc<Definition>>;

struct Validator<'a, 'c, 'm> {
    schema: &'a Schema,
    query: &'a Query,
    context: &'c mut Context<'m>,
    errors: Vec<GraphqlError>,
    depth: usize,
    /// The operation that is walked.
    operation: Option<&'a Operation>,
    /// The fragments that were walked within it.
    walked: HashSet<String>,
    /// The directives that were refused at a place.
    misplaced: HashSet<(String, i64, i64)>,
    /// The fragments that were looked at for cycles.
    cycles_seen: HashSet<String>,
    /// The fragments that operations use.
    used: HashSet<String>,
    in_fragments: bool,
    fragment_names: HashSet<String>,
    operation_names: HashSet<String>,
    compared: Compared,
}

impl<'a> Validator<'a, '_, '_> {
    /// Tells a mistake.
    fn report(&mut self, at: At, message: String) -> Result<()> {
        self.context.reserve(message.len())?;
        self.errors.push(GraphqlError::found(at, message));
        Ok(())
    }

    /// Goes one level deeper.
    fn deeper<T>(&mut self, walk: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(BuiltinError::new("the query is nested too deep"));
        }
        self.depth += 1;
        let walked = walk(self);
        self.depth -= 1;
        walked
    }

    fn kind(&self, name: &str) -> Parent {
        self.schema.kind(name).cloned()
    }

    fn fragment(&self, name: &str) -> Option<&'a Rc<Fragment>> {
        self.query.fragments.iter().find(|fragment| fragment.name == name)
    }

    fn walk(&mut self) -> Result<()> {
        let query = self.query;
        for operation in &query.operations {
            self.walked.clear();
            self.walk_operation(operation)?;
        }
        for fragment in &query.fragments {
            self.walked.clear();
            self.walk_fragment(fragment)?;
        }
        Ok(())
    }

    fn walk_operation(&mut self, operation: &'a Operation) -> Result<()> {
        self.operation = Some(operation);
        for variable in &operation.variables {
            let definition = self.kind(variable.kind.innermost());
            *variable.definition.borrow_mut() = definition.clone();
            self.on_variable(variable)?;
            if let Some(default) = &variable.default {
                let mut expected = default.expected.borrow_mut();
                expected.kind = Some(variable.kind.clone());
                expected.definition = definition;
            }
        }
        for variable in &operation.variables {
            if let Some(default) = &variable.default {
                self.walk_value(default)?;
            }
            self.walk_directives(&variable.directives, "VARIABLE_DEFINITION")?;
        }
        let location = match operation.kind.as_str() {
            "mutation" => "MUTATION",
            "subscription" => "SUBSCRIPTION",
            _ => "QUERY",
        };
        self.walk_directives(&operation.directives, location)?;
        let root = self.schema.root(&operation.kind).cloned();
        self.walk_selections(&root, &operation.selections)?;
        self.on_operation(operation)?;
        self.operation = None;
        Ok(())
    }

    fn walk_fragment(&mut self, fragment: &'a Rc<Fragment>) -> Result<()> {
        let definition = self.kind(&fragment.condition);
        self.walk_directives(&fragment.directives, "FRAGMENT_DEFINITION")?;
        self.walk_selections(&definition, &fragment.selections)?;
        self.on_fragment(fragment, &definition)
    }

    fn walk_directives(&mut self, directives: &[Directive], location: &'static str) -> Result<()> {
        for directive in directives {
            let definition = self.schema.directives.get(&directive.name).cloned();
            (*directive.definition.borrow_mut()).clone_from(&definition);
            for argument in &directive.arguments {
                let known = definition.as_ref().and_then(|it| it.argument(&argument.name));
                self.walk_argument(known, argument)?;
            }
            self.on_directive(directive, location)?;
        }
        self.on_directive_list(directives)
    }

    fn walk_argument(
        &mut self,
        known: Option<&Rc<FieldDefinition>>,
        argument: &Argument,
    ) -> Result<()> {
        if let Some(known) = known {
            self.want(&argument.value, known);
        }
        self.walk_value(&argument.value)
    }

    /// Notes what is expected of a value.
    fn want(&self, value: &Value, known: &FieldDefinition) {
        let default = known.default.as_ref();
        *value.expected.borrow_mut() = Expected {
            definition: self.kind(known.kind.innermost()),
            kind: Some(known.kind.clone()),
            has_default: default.is_some_and(|default| default.kind != Kind::Null),
        };
    }

    fn walk_value(&mut self, value: &Value) -> Result<()> {
        self.context.work(1)?;
        if value.kind == Kind::Variable
            && let Some(operation) = self.operation
        {
            let variable = operation.variables.iter().find(|one| one.name == value.raw);
            if let Some(variable) = variable {
                variable.used.set(true);
            }
            *value.variable.borrow_mut() = variable.cloned();
        }
        if !value.children.is_empty() {
            self.deeper(|walker| walker.walk_children(value))?;
        }
        self.on_value(value)
    }

    fn walk_children(&mut self, value: &Value) -> Result<()> {
        let expected = value.expected.borrow().clone();
        for child in &value.children {
            if value.kind == Kind::Object {
                let definition = expected.definition.as_ref();
                if let Some(field) = definition.and_then(|it| it.field(&child.name)) {
                    self.want(&child.value, field);
                }
            } else if let Some(element) = expected.kind.as_ref().and_then(|it| it.element.as_ref())
            {
                let mut inner = child.value.expected.borrow_mut();
                inner.kind = Some(element.clone());
                inner.definition = expected.definition.clone();
            }
            self.walk_value(&child.value)?;
        }
        Ok(())
    }

    fn walk_selections(&mut self, parent: &Parent, selections: &'a [Selection]) -> Result<()> {
        self.deeper(|walker| {
            for selection in selections {
                walker.context.work(1)?;
                match selection {
                    Selection::Field(field) => walker.walk_field(parent, field)?,
                    Selection::Inline(inline) => walker.walk_inline(parent, inline)?,
                    Selection::Spread(spread) => walker.walk_spread(parent, spread)?,
                }
            }
            Ok(())
        })
    }

    fn walk_field(&mut self, parent: &Parent, field: &'a Rc<Field>) -> Result<()> {
        let definition = if field.name == "__typename" {
            let kind = super::ast::Type::named("String", false);
            Some(Rc::new(plain_field("__typename", kind, None)))
        } else {
            parent.as_ref().and_then(|parent| parent.field(&field.name)).cloned()
        };
        (*field.definition.borrow_mut()).clone_from(&definition);
        (*field.parent.borrow_mut()).clone_from(parent);
        let next = definition.as_ref().and_then(|it| self.kind(it.kind.innermost()));
        for argument in &field.arguments {
            let known = definition.as_ref().and_then(|it| it.argument(&argument.name));
            self.walk_argument(known, argument)?;
        }
        self.walk_directives(&field.directives, "FIELD")?;
        self.walk_selections(&next, &field.selections)?;
        self.on_field(field)
    }

    fn walk_inline(&mut self, parent: &Parent, inline: &'a InlineFragment) -> Result<()> {
        (*inline.parent.borrow_mut()).clone_from(parent);
        let next =
            if inline.condition.is_empty() { parent.clone() } else { self.kind(&inline.condition) };
        self.walk_directives(&inline.directives, "INLINE_FRAGMENT")?;
        self.walk_selections(&next, &inline.selections)?;
        self.on_inline(inline)
    }

    fn walk_spread(&mut self, parent: &Parent, spread: &'a Rc<Spread>) -> Result<()> {
        let definition = self.fragment(&spread.name);
        *spread.definition.borrow_mut() = definition.cloned();
        (*spread.parent.borrow_mut()).clone_from(parent);
        let next = definition.and_then(|it| self.kind(&it.condition));
        self.walk_directives(&spread.directives, "FRAGMENT_SPREAD")?;
        if let Some(definition) = definition
            && self.walked.insert(definition.name.clone())
        {
            self.walk_directives(&definition.directives, "FRAGMENT_DEFINITION")?;
            self.walk_selections(&next, &definition.selections)?;
        }
        self.on_spread(spread)
    }

    fn on_operation(&mut self, operation: &'a Operation) -> Result<()> {
        self.known_root_type(operation)?;
        self.lone_anonymous_operation(operation)?;
        self.no_unused_variables(operation)?;
        self.no_overlap(&operation.selections)?;
        self.single_field_subscription(operation)?;
        self.unique_operation_name(operation)?;
        self.unique_variable_names(operation)?;
        self.variables_are_input_types(operation)
    }

    fn on_field(&mut self, field: &Rc<Field>) -> Result<()> {
        self.field_on_correct_type(field)?;
        self.known_field_arguments(field)?;
        self.introspection_depth(field)?;
        if self.operation.is_some() {
            self.no_overlap(&field.selections)?;
        }
        self.required_field_arguments(field)?;
        self.scalar_leafs(field)?;
        self.unique_arguments(&field.arguments)
    }

    fn on_fragment(&mut self, fragment: &'a Rc<Fragment>, definition: &Parent) -> Result<()> {
        self.fragment_on_composite_type(fragment, definition)?;
        self.known_fragment_type(fragment, definition)?;
        self.no_fragment_cycles(fragment)?;
        self.no_unused_fragment(fragment)?;
        self.no_overlap(&fragment.selections)?;
        self.unique_fragment_name(fragment)
    }

    fn on_inline(&mut self, inline: &InlineFragment) -> Result<()> {
        self.inline_on_composite_type(inline)?;
        self.known_inline_type(inline)?;
        self.no_overlap(&inline.selections)?;
        self.possible_inline(inline)
    }

    fn on_spread(&mut self, spread: &Spread) -> Result<()> {
        self.known_fragment_name(spread)?;
        if !self.in_fragments {
            self.used.insert(spread.name.clone());
        }
        self.possible_spread(spread)
    }

    fn on_directive(&mut self, directive: &Directive, location: &'static str) -> Result<()> {
        self.known_directive_arguments(directive)?;
        self.known_directive(directive, location)?;
        self.required_directive_arguments(directive)?;
        self.unique_arguments(&directive.arguments)
    }

    fn on_value(&mut self, value: &Value) -> Result<()> {
        self.no_undefined_variable(value)?;
        self.unique_input_fields(value)?;
        self.value_of_correct_type(value)?;
        self.variable_in_allowed_position(value)
    }
}
