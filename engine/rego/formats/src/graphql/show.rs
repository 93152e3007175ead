//! The tree as a policy sees it: OPA turns the library's structures into JSON and drops places,
//! what is null, and what is empty.

use super::ast::{
    Argument, Around, Comments, Definition, Directive, DirectiveDefinition, EntryPoint, EnumValue,
    Field, FieldDefinition, Fragment, InlineFragment, Operation, Query, SchemaDefinition,
    SchemaDocument, Selection, Spread, Type, Value as Literal, Variable,
};
use referee_rego_value::{Object, ObjectBuilder, Value};

/// Whether what is shown means nothing any more; asked at each node.
pub(super) type Stopped<'a> = &'a dyn Fn() -> bool;

/// Collects the members of a node.
struct Node<'a> {
    members: ObjectBuilder,
    stopped: Stopped<'a>,
}

impl<'a> Node<'a> {
    fn new(stopped: Stopped<'a>) -> Self {
        Self { members: ObjectBuilder::default(), stopped }
    }

    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(Value::from(name), value.into());
        self
    }

    fn text(self, name: &str, text: &str) -> Self {
        self.set(name, Value::text(text))
    }

    /// A member that is dropped where it is empty.
    fn node(self, name: &str, node: Object) -> Self {
        if node.is_empty() { self } else { self.set(name, node) }
    }

    fn list<T>(self, name: &str, items: &[T], show: impl Fn(&T, Stopped<'_>) -> Value) -> Self {
        let wanted = items.iter().take_while(|_| !(self.stopped)());
        let kept = wanted.map(|item| show(item, self.stopped)).filter(|shown| match shown {
            Value::Object(object) => !object.is_empty(),
            _ => true,
        });
        let kept: Vec<Value> = kept.collect();
        if kept.is_empty() { self } else { self.set(name, Value::array(kept)) }
    }

    fn comments(self, name: &str, comments: &Comments) -> Self {
        let Some(comments) = comments else { return self };
        let list = Node::new(self.stopped)
            .list("List", comments, |text, stopped| Node::new(stopped).text("Value", text).value());
        self.node(name, list.done())
    }

    fn around(self, around: &Around) -> Self {
        self.comments("BeforeDescriptionComment", &around.before)
            .comments("AfterDescriptionComment", &around.after)
            .comments("EndOfDefinitionComment", &around.end)
    }

    fn directives(self, directives: &[Directive]) -> Self {
        self.list("Directives", directives, directive)
    }

    fn done(self) -> Object {
        self.members.build()
    }

    fn value(self) -> Value {
        Value::Object(self.done())
    }
}

/// Shows a document of operations.
pub(super) fn query(query: &Query, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .list("Operations", &query.operations, operation)
        .list("Fragments", &query.fragments, |it, stopped| fragment(it, stopped))
        .value()
}

fn operation(operation: &Operation, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Operation", &operation.kind)
        .text("Name", &operation.name)
        .list("VariableDefinitions", &operation.variables, |it, stopped| variable(it, stopped))
        .directives(&operation.directives)
        .list("SelectionSet", &operation.selections, selection)
        .comments("Comment", &operation.comments)
        .value()
}

fn variable(variable: &Variable, stopped: Stopped<'_>) -> Value {
    let node = Node::new(stopped)
        .text("Variable", &variable.name)
        .set("Type", kind(&variable.kind, stopped))
        .directives(&variable.directives)
        .comments("Comment", &variable.comments)
        .set("Used", variable.used.get());
    default(node, variable.default.as_ref()).value()
}

fn default<'a>(node: Node<'a>, value: Option<&Literal>) -> Node<'a> {
    match value {
        Some(value) => {
            let shown = literal(value, node.stopped);
            node.set("DefaultValue", shown)
        }
        None => node,
    }
}

fn kind(kind: &Type, stopped: Stopped<'_>) -> Value {
    let node = Node::new(stopped).text("NamedType", &kind.name).set("NonNull", kind.non_null);
    match &kind.element {
        Some(element) => node.set("Elem", self::kind(element, stopped)).value(),
        None => node.value(),
    }
}

fn fragment(fragment: &Fragment, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Name", &fragment.name)
        .list("VariableDefinition", &fragment.variables, |it, stopped| variable(it, stopped))
        .text("TypeCondition", &fragment.condition)
        .directives(&fragment.directives)
        .list("SelectionSet", &fragment.selections, selection)
        .comments("Comment", &fragment.comments)
        .value()
}

fn selection(selection: &Selection, stopped: Stopped<'_>) -> Value {
    match selection {
        Selection::Field(it) => field(it, stopped),
        Selection::Spread(it) => spread(it, stopped),
        Selection::Inline(it) => inline(it, stopped),
    }
}

fn field(field: &Field, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Alias", &field.alias)
        .text("Name", &field.name)
        .list("Arguments", &field.arguments, argument)
        .directives(&field.directives)
        .list("SelectionSet", &field.selections, selection)
        .comments("Comment", &field.comments)
        .value()
}

fn spread(spread: &Spread, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Name", &spread.name)
        .directives(&spread.directives)
        .comments("Comment", &spread.comments)
        .value()
}

fn inline(inline: &InlineFragment, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("TypeCondition", &inline.condition)
        .directives(&inline.directives)
        .list("SelectionSet", &inline.selections, selection)
        .comments("Comment", &inline.comments)
        .value()
}

fn directive(directive: &Directive, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Name", &directive.name)
        .list("Arguments", &directive.arguments, argument)
        .text("Location", "")
        .value()
}

fn argument(argument: &Argument, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Name", &argument.name)
        .set("Value", literal(&argument.value, stopped))
        .comments("Comment", &argument.comments)
        .value()
}

fn literal(value: &Literal, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Raw", &value.raw)
        .list("Children", &value.children, argument)
        .set("Kind", i64::from(value.kind as u8))
        .comments("Comment", &value.comments)
        .set("ExpectedTypeHasDefault", value.expected.borrow().has_default)
        .value()
}

/// Shows a document of definitions.
pub(super) fn schema(schema: &SchemaDocument, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .list("Schema", &schema.schemas, schema_definition)
        .list("SchemaExtension", &schema.schema_extensions, schema_definition)
        .list("Directives", &schema.directives, |it, stopped| directive_definition(it, stopped))
        .list("Definitions", &schema.definitions, definition)
        .list("Extensions", &schema.extensions, definition)
        .comments("Comment", &schema.comments)
        .value()
}

fn schema_definition(schema: &SchemaDefinition, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Description", &schema.description)
        .directives(&schema.directives)
        .list("OperationTypes", &schema.operations, entry_point)
        .around(&schema.around)
        .value()
}

fn entry_point(entry: &EntryPoint, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Operation", &entry.operation)
        .text("Type", &entry.kind)
        .comments("Comment", &entry.comments)
        .value()
}

fn definition(definition: &Definition, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Kind", &definition.kind)
        .text("Description", &definition.description)
        .text("Name", &definition.name)
        .directives(&definition.directives)
        .list("Interfaces", &definition.interfaces, |name, _| Value::text(name))
        .list("Fields", &definition.fields, |it, stopped| field_definition(it, stopped))
        .list("Types", &definition.types, |name, _| Value::text(name))
        .list("EnumValues", &definition.enum_values, enum_value)
        .set("BuiltIn", definition.built_in)
        .around(&definition.around)
        .value()
}

fn field_definition(field: &FieldDefinition, stopped: Stopped<'_>) -> Value {
    let node = Node::new(stopped)
        .text("Description", &field.description)
        .text("Name", &field.name)
        .list("Arguments", &field.arguments, |it, stopped| field_definition(it, stopped))
        .set("Type", kind(&field.kind, stopped))
        .directives(&field.directives)
        .around(&field.around);
    default(node, field.default.as_ref()).value()
}

fn enum_value(value: &EnumValue, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Description", &value.description)
        .text("Name", &value.name)
        .directives(&value.directives)
        .around(&value.around)
        .value()
}

fn directive_definition(directive: &DirectiveDefinition, stopped: Stopped<'_>) -> Value {
    Node::new(stopped)
        .text("Description", &directive.description)
        .text("Name", &directive.name)
        .list("Arguments", &directive.arguments, |it, stopped| field_definition(it, stopped))
        .list("Locations", &directive.locations, |name, _| Value::text(name))
        .set("IsRepeatable", directive.repeatable)
        .around(&directive.around)
        .value()
}
