//! The tree from an object that a policy gives: the inverse of showing it. Members that are not
//! there are empty, unknown ones are passed over; what is of another type is an error.

use super::ast::{
    Argument, Around, Comments, Definition, Directive, DirectiveDefinition, EntryPoint, EnumValue,
    Expected, Field, FieldDefinition, Fragment, InlineFragment, Kind, Operation, Query,
    SchemaDefinition, SchemaDocument, Selection, Spread, Type, Value as Literal, Variable,
};
use super::parser::scalar;
use referee_rego_value::bytes::shown;
use referee_rego_value::{Object, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

type Read<T> = Result<T, String>;

/// How deep objects may be nested.
const MAX_DEPTH: u32 = 400;

fn mismatch(value: &Value, name: &str, wanted: &str) -> String {
    let found = match value {
        Value::Bool(_) => "bool",
        Value::Set(_) => "array",
        other => other.type_name(),
    };
    format!("json: cannot unmarshal {found} into Go struct field .{name} of type {wanted}")
}

/// An object and where it stands.
#[derive(Clone, Copy)]
struct Node<'a>(&'a Object);

impl<'a> Node<'a> {
    fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get_str(name).filter(|value| !matches!(value, Value::Null))
    }

    fn text(self, name: &str) -> Read<String> {
        match self.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(shown(text).into_owned()),
            Some(other) => Err(mismatch(other, name, "string")),
        }
    }

    fn boolean(self, name: &str) -> Read<bool> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(other) => Err(mismatch(other, name, "bool")),
        }
    }

    fn node<T>(self, name: &str, read: impl Fn(Node<'a>) -> Read<T>) -> Read<Option<T>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(object)) => read(Node(object)).map(Some),
            Some(other) => Err(mismatch(other, name, "ast.Value")),
        }
    }

    fn elements(self, name: &str) -> Read<&'a [Value]> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(elements)) => Ok(elements.as_slice()),
            Some(Value::Set(elements)) => Ok(elements.as_slice()),
            Some(other) => Err(mismatch(other, name, "[]ast.Value")),
        }
    }

    fn list<T>(self, name: &str, read: impl Fn(Node<'a>) -> Read<T>) -> Read<Vec<T>> {
        let node = |value: &'a Value| match value {
            Value::Object(object) => read(Node(object)),
            other => Err(mismatch(other, name, "ast.Value")),
        };
        self.elements(name)?.iter().map(node).collect()
    }

    fn texts(self, name: &str) -> Read<Vec<String>> {
        let text = |value: &Value| {
            let text = value.as_str().map(|text| shown(text).into_owned());
            text.ok_or_else(|| mismatch(value, name, "string"))
        };
        self.elements(name)?.iter().map(text).collect()
    }

    fn comments(self, name: &str) -> Read<Comments> {
        let comments = self.node(name, |group| group.list("List", |one| one.text("Value")))?;
        Ok(comments.map(Rc::new))
    }

    fn around(self) -> Read<Around> {
        Ok(Around {
            before: self.comments("BeforeDescriptionComment")?,
            after: self.comments("AfterDescriptionComment")?,
            end: self.comments("EndOfDefinitionComment")?,
        })
    }

    fn directives(self) -> Read<Vec<Directive>> {
        self.list("Directives", directive)
    }

    fn selections(self) -> Read<Vec<Selection>> {
        // Whatever cannot be read as a selection is passed over.
        Ok(self.elements("SelectionSet")?.iter().filter_map(selection).collect())
    }

    fn kind(self, name: &str) -> Read<Rc<Type>> {
        let kind = self.node(name, kind)?;
        kind.ok_or_else(|| format!("the member {name} is missing"))
    }
}

fn check_depth(object: &Object) -> Read<Node<'_>> {
    if object.depth() > MAX_DEPTH {
        return Err("the syntax tree is nested too deep".to_owned());
    }
    Ok(Node(object))
}

/// Reads a document of operations.
///
/// # Errors
/// Where a member is of another type.
pub(super) fn query(object: &Object) -> Read<Query> {
    let node = check_depth(object)?;
    Ok(Query {
        operations: node.list("Operations", operation)?,
        fragments: node.list("Fragments", fragment)?,
    })
}

fn operation(node: Node<'_>) -> Read<Operation> {
    Ok(Operation {
        kind: node.text("Operation")?,
        name: node.text("Name")?,
        variables: node.list("VariableDefinitions", variable)?,
        directives: node.directives()?,
        selections: node.selections()?,
        at: None,
        comments: None,
    })
}

fn variable(node: Node<'_>) -> Read<Rc<Variable>> {
    Ok(Rc::new(Variable {
        name: node.text("Variable")?,
        kind: node.kind("Type")?,
        default: node.node("DefaultValue", literal)?,
        directives: node.directives()?,
        at: None,
        comments: node.comments("Comment")?,
        used: Cell::new(node.boolean("Used")?),
        definition: RefCell::default(),
    }))
}

fn kind(node: Node<'_>) -> Read<Rc<Type>> {
    let name = node.text("NamedType")?;
    let element = node.node("Elem", kind)?;
    if name.is_empty() && element.is_none() {
        return Err("a type has neither a name nor an element".to_owned());
    }
    Ok(Rc::new(Type { name, element, non_null: node.boolean("NonNull")?, at: None }))
}

fn fragment(node: Node<'_>) -> Read<Rc<Fragment>> {
    Ok(Rc::new(Fragment {
        name: node.text("Name")?,
        variables: node.list("VariableDefinition", variable)?,
        condition: node.text("TypeCondition")?,
        directives: node.directives()?,
        selections: node.selections()?,
        at: None,
        comments: None,
    }))
}

/// The library tries a field first, and nearly everything is one.
fn selection(value: &Value) -> Option<Selection> {
    let node = Node(value.as_object()?);
    if let Ok(field) = field(node) {
        return Some(Selection::Field(Rc::new(field)));
    }
    if let Ok(spread) = spread(node) {
        return Some(Selection::Spread(Rc::new(spread)));
    }
    inline(node).ok().map(Selection::Inline)
}

fn field(node: Node<'_>) -> Read<Field> {
    Ok(Field {
        alias: node.text("Alias")?,
        name: node.text("Name")?,
        arguments: node.list("Arguments", argument)?,
        directives: node.directives()?,
        selections: node.selections()?,
        at: None,
        comments: None,
        definition: RefCell::default(),
        parent: RefCell::default(),
    })
}

fn spread(node: Node<'_>) -> Read<Spread> {
    Ok(Spread {
        name: node.text("Name")?,
        directives: node.directives()?,
        at: None,
        comments: node.comments("Comment")?,
        definition: RefCell::default(),
        parent: RefCell::default(),
    })
}

fn inline(node: Node<'_>) -> Read<InlineFragment> {
    Ok(InlineFragment {
        condition: node.text("TypeCondition")?,
        directives: node.directives()?,
        selections: node.selections()?,
        at: None,
        comments: None,
        parent: RefCell::default(),
    })
}

fn directive(node: Node<'_>) -> Read<Directive> {
    Ok(Directive {
        name: node.text("Name")?,
        arguments: node.list("Arguments", argument)?,
        at: None,
        definition: RefCell::default(),
    })
}

fn argument(node: Node<'_>) -> Read<Argument> {
    let value = node.node("Value", literal)?;
    Ok(Argument {
        name: node.text("Name")?,
        value: value.ok_or_else(|| "the member Value is missing".to_owned())?,
        at: None,
        comments: node.comments("Comment")?,
    })
}

fn literal(node: Node<'_>) -> Read<Literal> {
    let kind = match node.get("Kind") {
        None => Kind::Variable,
        Some(value) => value
            .as_i64()
            .and_then(|number| usize::try_from(number).ok())
            .and_then(|number| Kind::ALL.get(number).copied())
            .ok_or_else(|| mismatch(value, "Kind", "ast.ValueKind"))?,
    };
    let has_default = node.boolean("ExpectedTypeHasDefault")?;
    Ok(Literal {
        children: node.list("Children", argument)?,
        comments: node.comments("Comment")?,
        expected: RefCell::new(Expected { has_default, ..Expected::default() }),
        ..scalar(kind, node.text("Raw")?, None)
    })
}

/// Reads a document of definitions.
///
/// # Errors
/// Where a member is of another type.
pub(super) fn schema(object: &Object) -> Read<SchemaDocument> {
    let node = check_depth(object)?;
    let directives = node.list("Directives", directive_definition)?;
    Ok(SchemaDocument {
        schemas: node.list("Schema", schema_definition)?,
        schema_extensions: node.list("SchemaExtension", schema_definition)?,
        directives: directives.into_iter().map(Rc::new).collect(),
        definitions: node.list("Definitions", definition)?,
        extensions: node.list("Extensions", definition)?,
        comments: node.comments("Comment")?,
    })
}

fn schema_definition(node: Node<'_>) -> Read<SchemaDefinition> {
    Ok(SchemaDefinition {
        description: node.text("Description")?,
        directives: node.directives()?,
        operations: node.list("OperationTypes", |node| {
            Ok(EntryPoint {
                operation: node.text("Operation")?,
                kind: node.text("Type")?,
                at: None,
                comments: node.comments("Comment")?,
            })
        })?,
        at: None,
        around: node.around()?,
    })
}

fn definition(node: Node<'_>) -> Read<Definition> {
    Ok(Definition {
        kind: node.text("Kind")?,
        description: node.text("Description")?,
        name: node.text("Name")?,
        directives: node.directives()?,
        interfaces: node.texts("Interfaces")?,
        fields: node.list("Fields", field_definition)?,
        types: node.texts("Types")?,
        type_positions: Vec::new(),
        enum_values: node.list("EnumValues", |node| {
            Ok(EnumValue {
                description: node.text("Description")?,
                name: node.text("Name")?,
                directives: node.directives()?,
                at: None,
                around: node.around()?,
            })
        })?,
        at: None,
        built_in: node.boolean("BuiltIn")?,
        around: node.around()?,
    })
}

fn field_definition(node: Node<'_>) -> Read<Rc<FieldDefinition>> {
    Ok(Rc::new(FieldDefinition {
        description: node.text("Description")?,
        name: node.text("Name")?,
        arguments: node.list("Arguments", field_definition)?,
        default: node.node("DefaultValue", literal)?,
        kind: node.kind("Type")?,
        directives: node.directives()?,
        at: None,
        around: node.around()?,
    }))
}

fn directive_definition(node: Node<'_>) -> Read<DirectiveDefinition> {
    Ok(DirectiveDefinition {
        description: node.text("Description")?,
        name: node.text("Name")?,
        arguments: node.list("Arguments", field_definition)?,
        locations: node.texts("Locations")?,
        repeatable: node.boolean("IsRepeatable")?,
        at: None,
        around: node.around()?,
    })
}
