//! The syntax tree of GraphQL (specification of October 2021), with the members that OPA shows of
//! it, and with what validation finds out about its nodes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Where something begins: line and column, both from 1; the column of a block string counts from
/// its last line, so it may be less. Trees that come from objects have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: i64,
    pub(super) column: i64,
}

pub(super) type At = Option<Position>;

/// Comments before something, with their `#`.
pub(super) type Comments = Option<Rc<Vec<String>>>;

/// A document of operations.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) operations: Vec<Operation>,
    pub(super) fragments: Vec<Rc<Fragment>>,
}

/// An operation.
#[derive(Debug)]
pub(super) struct Operation {
    /// `query`, `mutation`, `subscription`; empty means the first.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) variables: Vec<Rc<Variable>>,
    pub(super) directives: Vec<Directive>,
    pub(super) selections: Vec<Selection>,
    pub(super) at: At,
    pub(super) comments: Comments,
}

/// A variable of an operation.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) kind: Rc<Type>,
    pub(super) default: Option<Value>,
    pub(super) directives: Vec<Directive>,
    pub(super) at: At,
    pub(super) comments: Comments,
    pub(super) used: Cell<bool>,
    pub(super) definition: RefCell<Option<Rc<Definition>>>,
}

/// A named fragment.
#[derive(Debug)]
pub(super) struct Fragment {
    pub(super) name: String,
    pub(super) variables: Vec<Rc<Variable>>,
    pub(super) condition: String,
    pub(super) directives: Vec<Directive>,
    pub(super) selections: Vec<Selection>,
    pub(super) at: At,
    pub(super) comments: Comments,
}

/// What is selected.
#[derive(Debug)]
pub(super) enum Selection {
    Field(Rc<Field>),
    Spread(Rc<Spread>),
    Inline(InlineFragment),
}

/// A field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) alias: String,
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    pub(super) directives: Vec<Directive>,
    pub(super) selections: Vec<Selection>,
    pub(super) at: At,
    pub(super) comments: Comments,
    pub(super) definition: RefCell<Option<Rc<FieldDefinition>>>,
    /// The type that has the field.
    pub(super) parent: RefCell<Option<Rc<Definition>>>,
}

/// A use of a named fragment.
#[derive(Debug)]
pub(super) struct Spread {
    pub(super) name: String,
    pub(super) directives: Vec<Directive>,
    pub(super) at: At,
    pub(super) comments: Comments,
    pub(super) definition: RefCell<Option<Rc<Fragment>>>,
    pub(super) parent: RefCell<Option<Rc<Definition>>>,
}

/// A fragment without a name.
#[derive(Debug)]
pub(super) struct InlineFragment {
    pub(super) condition: String,
    pub(super) directives: Vec<Directive>,
    pub(super) selections: Vec<Selection>,
    pub(super) at: At,
    pub(super) comments: Comments,
    pub(super) parent: RefCell<Option<Rc<Definition>>>,
}

/// A directive at something.
#[derive(Clone, Debug)]
pub(super) struct Directive {
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    pub(super) at: At,
    pub(super) definition: RefCell<Option<Rc<DirectiveDefinition>>>,
}

/// A name with a value.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) at: At,
    pub(super) comments: Comments,
}

/// The kinds of values, by the numbers that the tree shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Variable,
    Int,
    Float,
    String,
    Block,
    Boolean,
    Null,
    Enum,
    List,
    Object,
}

impl Kind {
    pub(super) const ALL: [Self; 10] = [
        Self::Variable,
        Self::Int,
        Self::Float,
        Self::String,
        Self::Block,
        Self::Boolean,
        Self::Null,
        Self::Enum,
        Self::List,
        Self::Object,
    ];
}

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) raw: String,
    pub(super) kind: Kind,
    /// Elements have no names.
    pub(super) children: Vec<Argument>,
    pub(super) at: At,
    pub(super) comments: Comments,
    pub(super) expected: RefCell<Expected>,
    pub(super) variable: RefCell<Option<Rc<Variable>>>,
}

/// What is expected of a value where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    pub(super) definition: Option<Rc<Definition>>,
    pub(super) kind: Option<Rc<Type>>,
    pub(super) has_default: bool,
}

/// A type: a name, or a list of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Type {
    pub(super) name: String,
    pub(super) element: Option<Rc<Type>>,
    pub(super) non_null: bool,
    pub(super) at: At,
}

impl Type {
    pub(super) fn named(name: &str, non_null: bool) -> Self {
        Self { name: name.to_owned(), element: None, non_null, at: None }
    }

    /// The name in the innermost list.
    pub(super) fn innermost(&self) -> &str {
        let mut found = self;
        while let (true, Some(element)) = (found.name.is_empty(), &found.element) {
            found = element;
        }
        &found.name
    }

    /// The type as it is written.
    pub(super) fn text(&self) -> String {
        let (mut front, mut back) = (String::new(), String::new());
        let mut found = self;
        loop {
            if found.non_null {
                back.insert(0, '!');
            }
            match &found.element {
                Some(element) if found.name.is_empty() => {
                    front.push('[');
                    back.insert(0, ']');
                    found = element;
                }
                _ => return front + &found.name + &back,
            }
        }
    }

    /// Whether a value of this type may stand where the other is expected.
    pub(super) fn fits(&self, other: &Self) -> bool {
        let (mut one, mut other) = (self, other);
        loop {
            if one.name != other.name || (other.non_null && !one.non_null) {
                return false;
            }
            match (&one.element, &other.element) {
                (Some(_), None) => return false,
                (Some(a), Some(b)) => (one, other) = (a, b),
                (None, _) => return true,
            }
        }
    }
}

/// A document of definitions.
#[derive(Debug, Default)]
pub(super) struct SchemaDocument {
    pub(super) schemas: Vec<SchemaDefinition>,
    pub(super) schema_extensions: Vec<SchemaDefinition>,
    pub(super) directives: Vec<Rc<DirectiveDefinition>>,
    pub(super) definitions: Vec<Definition>,
    pub(super) extensions: Vec<Definition>,
    pub(super) comments: Comments,
}

/// Comments around a definition.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    pub(super) before: Comments,
    pub(super) after: Comments,
    pub(super) end: Comments,
}

/// The entry points of a schema.
#[derive(Clone, Debug, Default)]
pub(super) struct SchemaDefinition {
    pub(super) description: String,
    pub(super) directives: Vec<Directive>,
    pub(super) operations: Vec<EntryPoint>,
    pub(super) at: At,
    pub(super) around: Around,
}

/// An entry point: an operation and the type of its root.
#[derive(Clone, Debug)]
pub(super) struct EntryPoint {
    pub(super) operation: String,
    pub(super) kind: String,
    pub(super) at: At,
    pub(super) comments: Comments,
}

/// A definition of a type.
#[derive(Clone, Debug, Default)]
pub(super) struct Definition {
    /// `SCALAR`, `OBJECT`, `INTERFACE`, `UNION`, `ENUM`, `INPUT_OBJECT`.
    pub(super) kind: String,
    pub(super) description: String,
    pub(super) name: String,
    pub(super) directives: Vec<Directive>,
    pub(super) interfaces: Vec<String>,
    pub(super) fields: Vec<Rc<FieldDefinition>>,
    pub(super) types: Vec<String>,
    pub(super) type_positions: Vec<At>,
    pub(super) enum_values: Vec<EnumValue>,
    pub(super) at: At,
    pub(super) built_in: bool,
    pub(super) around: Around,
}

impl Definition {
    pub(super) fn is_leaf(&self) -> bool {
        matches!(self.kind.as_str(), "ENUM" | "SCALAR")
    }

    pub(super) fn is_abstract(&self) -> bool {
        matches!(self.kind.as_str(), "INTERFACE" | "UNION")
    }

    pub(super) fn is_composite(&self) -> bool {
        matches!(self.kind.as_str(), "OBJECT" | "INTERFACE" | "UNION")
    }

    pub(super) fn is_input(&self) -> bool {
        matches!(self.kind.as_str(), "SCALAR" | "ENUM" | "INPUT_OBJECT")
    }

    pub(super) fn field(&self, name: &str) -> Option<&Rc<FieldDefinition>> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// A definition of a field, or of an argument, which has the same parts.
#[derive(Clone, Debug)]
pub(super) struct FieldDefinition {
    pub(super) description: String,
    pub(super) name: String,
    pub(super) arguments: Vec<Rc<FieldDefinition>>,
    pub(super) default: Option<Value>,
    pub(super) kind: Rc<Type>,
    pub(super) directives: Vec<Directive>,
    pub(super) at: At,
    pub(super) around: Around,
}

impl FieldDefinition {
    pub(super) fn argument(&self, name: &str) -> Option<&Rc<FieldDefinition>> {
        self.arguments.iter().find(|argument| argument.name == name)
    }
}

/// A value of an enumeration.
#[derive(Clone, Debug)]
pub(super) struct EnumValue {
    pub(super) description: String,
    pub(super) name: String,
    pub(super) directives: Vec<Directive>,
    pub(super) at: At,
    pub(super) around: Around,
}

/// A definition of a directive.
#[derive(Clone, Debug)]
pub(super) struct DirectiveDefinition {
    pub(super) description: String,
    pub(super) name: String,
    pub(super) arguments: Vec<Rc<FieldDefinition>>,
    pub(super) locations: Vec<String>,
    pub(super) repeatable: bool,
    pub(super) at: At,
    pub(super) around: Around,
}

impl DirectiveDefinition {
    pub(super) fn argument(&self, name: &str) -> Option<&Rc<FieldDefinition>> {
        self.arguments.iter().find(|argument| argument.name == name)
    }
}
