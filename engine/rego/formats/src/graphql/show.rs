//! The tree as a policy sees it: OPA turns the library's structures into JSON and drops places,
//! what is null, and what is empty.

use super::ast::{
    Argument, Around, Comments, Definition, Directive, DirectiveDefinition, EntryPoint, EnumValue,
    Field, FieldDefinition, Fragment, InlineFragment, Operation, Query, SchemaDefinition,
    SchemaDocument, Selection, Spread, Type, Value as Literal, Variable,
};
use referee_rego_value::{Object, ObjectBuilder, Value};

/// Collects the members of a node.
#[derive(Default)]
struct Node(ObjectBuilder);

impl Node {
    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(Value::from(name), value.into());
        self
    }

    fn text(self, name: &str, text: &str) -> Self {
        self.set(name, text)
    }

    /// A member that is dropped where it is empty.
    fn node(self, name: &str, node: Object) -> Self {
        if node.is_empty() { self } else { self.set(name, node) }
    }

    fn list<T>(self, name: &str, items: &[T], show: impl Fn(&T) -> Value) -> Self {
        let kept = items.iter().map(show).filter(|shown| match shown {
            Value::Object(object) => !object.is_empty(),
            _ => true,
        });
        let kept: Vec<Value> = kept.collect();
        if kept.is_empty() { self } else { self.set(name, Value::array(kept)) }
    }

    fn comments(self, name: &str, comments: &Comments) -> Self {
        let Some(comments) = comments else { return self };
        let list = Self::default()
            .list("List", comments, |text| Self::default().text("Value", text).value());
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
        self.0.build()
    }

    fn value(self) -> Value {
        Value::Object(self.done())
    }
}

/// Shows a document of operations.
pub(super) fn query(query: &Query) -> Value {
    Node::default()
        .list("Operations", &query.operations, operation)
        .list("Fragments", &query.fragments, |it| fragment(it))
        .value()
}

fn operation(operation: &Operation) -> Value {
    Node::default()
        .text("Operation", &operation.kind)
        .text("Name", &operation.name)
        .list("VariableDefinitions", &operation.variables, |it| variable(it))
        .directives(&operation.directives)
        .list("SelectionSet", &operation.selections, selection)
        .comments("Comment", &operation.comments)
        .value()
}

fn variable(variable: &Variable) -> Value {
    let node = Node::default()
        .text("Variable", &variable.name)
        .set("Type", kind(&variable.kind))
        .directives(&variable.directives)
        .comments("Comment", &variable.comments)
        .set("Used", variable.used.get());
    default(node, variable.default.as_ref()).value()
}

fn default(node: Node, value: Option<&Literal>) -> Node {
    match value {
        Some(value) => node.set("DefaultValue", literal(value)),
        None => node,
    }
}

fn kind(kind: &Type) -> Value {
    let node = Node::default().text("NamedType", &kind.name).set("NonNull", kind.non_null);
    match &kind.element {
        Some(element) => node.set("Elem", self::kind(element)).value(),
        None => node.value(),
    }
}

fn fragment(fragment: &Fragment) -> Value {
    Node::default()
        .text("Name", &fragment.name)
        .list("VariableDefinition", &fragment.variables, |it| variable(it))
        .text("TypeCondition", &fragment.condition)
        .directives(&fragment.directives)
        .list("SelectionSet", &fragment.selections, selection)
        .comments("Comment", &fragment.comments)
        .value()
}

fn selection(selection: &Selection) -> Value {
    match selection {
        Selection::Field(it) => field(it),
        Selection::Spread(it) => spread(it),
        Selection::Inline(it) => inline(it),
    }
}

fn field(field: &Field) -> Value {
    Node::default()
        .text("Alias", &field.alias)
        .text("Name", &field.name)
        .list("Arguments", &field.arguments, argument)
        .directives(&field.directives)
        .list("SelectionSet", &field.selections, selection)
        .comments("Comment", &field.comments)
        .value()
}

fn spread(spread: &Spread) -> Value {
    Node::default()
        .text("Name", &spread.name)
        .directives(&spread.directives)
        .comments("Comment", &spread.comments)
        .value()
}

fn inline(inline: &InlineFragment) -> Value {
    Node::default()
        .text("TypeCondition", &inline.condition)
        .directives(&inline.directives)
        .list("SelectionSet", &inline.selections, selection)
        .comments("Comment", &inline.comments)
        .value()
}

fn directive(directive: &Directive) -> Value {
    Node::default()
        .text("Name", &directive.name)
        .list("Arguments", &directive.arguments, argument)
        .text("Location", "")
        .value()
}

fn argument(argument: &Argument) -> Value {
    Node::default()
        .text("Name", &argument.name)
        .set("Value", literal(&argument.value))
        .comments("Comment", &argument.comments)
        .value()
}

fn literal(value: &Literal) -> Value {
    Node::default()
        .text("Raw", &value.raw)
        .list("Children", &value.children, argument)
        .set("Kind", i64::from(value.kind as u8))
        .comments("Comment", &value.comments)
        .set("ExpectedTypeHasDefault", value.expected.borrow().has_default)
        .value()
}

/// Shows a document of definitions.
pub(super) fn schema(schema: &SchemaDocument) -> Value {
    Node::default()
        .list("Schema", &schema.schemas, schema_definition)
        .list("SchemaExtension", &schema.schema_extensions, schema_definition)
        .list("Directives", &schema.directives, |it| directive_definition(it))
        .list("Definitions", &schema.definitions, definition)
        .list("Extensions", &schema.extensions, definition)
        .comments("Comment", &schema.comments)
        .value()
}

fn schema_definition(schema: &SchemaDefinition) -> Value {
    Node::default()
        .text("Description", &schema.description)
        .directives(&schema.directives)
        .list("OperationTypes", &schema.operations, entry_point)
        .around(&schema.around)
        .value()
}

fn entry_point(entry: &EntryPoint) -> Value {
    Node::default()
        .text("Operation", &entry.operation)
        .text("Type", &entry.kind)
        .comments("Comment", &entry.comments)
        .value()
}

fn definition(definition: &Definition) -> Value {
    Node::default()
        .text("Kind", &definition.kind)
        .text("Description", &definition.description)
        .text("Name", &definition.name)
        .directives(&definition.directives)
        .list("Interfaces", &definition.interfaces, |name| Value::from(name.as_str()))
        .list("Fields", &definition.fields, |it| field_definition(it))
        .list("Types", &definition.types, |name| Value::from(name.as_str()))
        .list("EnumValues", &definition.enum_values, enum_value)
        .set("BuiltIn", definition.built_in)
        .around(&definition.around)
        .value()
}

fn field_definition(field: &FieldDefinition) -> Value {
    let node = Node::default()
        .text("Description", &field.description)
        .text("Name", &field.name)
        .list("Arguments", &field.arguments, |it| field_definition(it))
        .set("Type", kind(&field.kind))
        .directives(&field.directives)
        .around(&field.around);
    default(node, field.default.as_ref()).value()
}

fn enum_value(value: &EnumValue) -> Value {
    Node::default()
        .text("Description", &value.description)
        .text("Name", &value.name)
        .directives(&value.directives)
        .around(&value.around)
        .value()
}

fn directive_definition(directive: &DirectiveDefinition) -> Value {
    Node::default()
        .text("Description", &directive.description)
        .text("Name", &directive.name)
        .list("Arguments", &directive.arguments, |it| field_definition(it))
        .list("Locations", &directive.locations, |name| Value::from(name.as_str()))
        .set("IsRepeatable", directive.repeatable)
        .around(&directive.around)
        .value()
}
