//! What can be wrong with documents of types, declarations and capabilities, and with schemas.

use referee_rego_go::schema::SchemaFault;
use referee_rego_value::Value;
use thiserror::Error;

/// What is wrong with a document that describes types, declarations or capabilities, in OPA's words
/// where OPA has some.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The document, or a part of it, is of another kind.
    #[error("{what} must be {wanted} but is {got}")]
    Kind {
        /// The part: `capabilities`, `'builtins'`.
        what: String,
        /// What it must be: `an array`.
        wanted: &'static str,
        /// The kind it is of, as OPA names it: `object`.
        got: &'static str,
    },
    /// A member is not there.
    #[error("'{name}' is missing")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// There is no such kind of types.
    #[error("unsupported type '{name}'")]
    UnsupportedType {
        /// Its name.
        name: String,
    },
    /// A function is of another type.
    #[error("invalid type")]
    NoFunction,
    /// A function has a result and any number of arguments.
    #[error("illegal value: non-void variadic functions not supported")]
    NonVoidVariadic,
    /// Types are too deep inside one another.
    #[error("types are nested too deep")]
    TooDeep,
    /// A part of the document is wrong.
    #[error("{place}: {source}")]
    At {
        /// Which part.
        place: String,
        /// What is wrong with it.
        source: Box<Self>,
    },
}

impl DocumentError {
    /// A member that is of another kind.
    pub(crate) fn member(name: &str, wanted: &'static str, got: &Value) -> Self {
        Self::Kind { what: format!("'{name}'"), wanted, got: got.type_name() }
    }

    /// The same error of a part of a larger document.
    pub(crate) fn at(self, place: String) -> Self {
        Self::At { place, source: Box::new(self) }
    }
}

/// Why no type can be made of a JSON Schema.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The document is `null`.
    #[error("no schema as input to compile")]
    Nothing,
    /// It is no schema, or refers to one that is not there.
    #[error("unable to compile the schema: {0}")]
    Unusable(#[from] SchemaFault),
    /// What it says is nothing that types can say.
    #[error("type checking: {0}")]
    NoType(#[from] Untyped),
}

/// Why a schema describes no type.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Untyped {
    /// A member or an alternative has none.
    #[error("unexpected schema type: {0}")]
    Part(#[source] Box<Self>),
    /// An element has none.
    #[error("unexpected schema type")]
    Element,
    /// The schemas of `allOf` are of different types.
    #[error("unable to merge these schemas: type mismatch: {first} and {second}")]
    Mismatch {
        /// The types of one: `string`, `[array,object]`, `Undefined`.
        first: String,
        /// The types of another.
        second: String,
    },
    /// Parts of the schemas of `allOf` are of different types, or they are of another type than what
    /// they stand in.
    #[error("unable to merge these schemas")]
    NoMerge,
}
