//! What can be wrong with a JSON Schema, in the words of OPA's copy of `gojsonschema`.

use crate::url::UrlError;
use thiserror::Error;

/// What is wrong with a schema.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchemaFault {
    /// The whole is neither an object nor a boolean.
    #[error("schema is invalid")]
    NoSchema,
    /// A part that must be a schema is none.
    #[error("Expected: Valid Schema, given: Invalid JSON")]
    NoPart,
    /// `$schema` is no text.
    #[error("$schema must be of type string")]
    NoDraft,
    /// A keyword has a value of another type.
    #[error("Invalid type. Expected: {expected}, given: {given}")]
    Type {
        /// What it must be; for `type` the keyword, as in OPA.
        expected: &'static str,
        /// The keyword; for `type` what it must be.
        given: &'static str,
    },
    /// The same of other keywords.
    #[error("{keyword} must be of {kind}")]
    Kind {
        /// The keyword.
        keyword: &'static str,
        /// What it must be, with an article: `an array`.
        kind: &'static str,
    },
    /// The same of what must be an object.
    #[error("{what} must be of type object")]
    NoObject {
        /// What it is: `Properties`.
        what: &'static str,
    },
    /// There is no such type.
    #[error(
        "has a primitive type that is NOT VALID -- given: /{name}/ Expected valid values \
         are:[array boolean integer number null object string]"
    )]
    UnknownType {
        /// Its name.
        name: String,
    },
    /// A type is named twice.
    #[error("{name} type is duplicated")]
    RepeatedType {
        /// Its name.
        name: String,
    },
    /// An element of a keyword stands there twice.
    #[error("{keyword} items must be unique")]
    Repeated {
        /// The keyword.
        keyword: &'static str,
    },
    /// A number is zero or less.
    #[error("{keyword} must be strictly greater than 0")]
    NotPositive {
        /// The keyword.
        keyword: &'static str,
    },
    /// A count is less than zero.
    #[error("{keyword} must be greater than or equal to 0")]
    Negative {
        /// The keyword.
        keyword: &'static str,
    },
    /// A bound excludes all that the other lets in.
    #[error("{least} cannot be greater than {most}")]
    Order {
        /// The keyword of the lower bound.
        least: &'static str,
        /// The keyword of the upper bound.
        most: &'static str,
    },
    /// A keyword says something of another, which is not there.
    #[error("{keyword} cannot be used without {other}")]
    Without {
        /// The keyword.
        keyword: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A dependency is neither a schema nor a list of names.
    #[error("Dependency must be of type Schema Or Array Of Strings")]
    Dependency,
    /// A keyword is no regular expression.
    #[error("{keyword} must be a valid regex")]
    Pattern {
        /// The keyword.
        keyword: &'static str,
    },
    /// A name in `patternProperties` is no regular expression.
    #[error("Invalid regex pattern '{pattern}'")]
    PatternName {
        /// The name.
        pattern: String,
    },
    /// A reference or an identifier is no URL.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// Two parts have the same identifier.
    #[error("Reference already exists: \"{reference}\"")]
    RepeatedReference {
        /// The identifier.
        reference: String,
    },
    /// A reference does not say where its schema is, and nothing else does.
    #[error("Reference {reference} must be canonical")]
    NotCanonical {
        /// The reference.
        reference: String,
    },
    /// A reference leads to a host that must not be asked.
    #[error("remote reference loading disabled: {address}")]
    Disabled {
        /// Its URL without the fragment.
        address: String,
    },
    /// A reference leads to a host that may be asked, but nothing here asks hosts.
    #[error("remote reference loading not supported: {address}")]
    Remote {
        /// Its URL without the fragment.
        address: String,
    },
    /// A pointer names a member that is not there.
    #[error("Object has no key '{key}'")]
    NoKey {
        /// The name.
        key: String,
    },
    /// A pointer names an element by what is no number.
    #[error("Invalid array index '{token}'")]
    NoIndex {
        /// What it is.
        token: String,
    },
    /// A pointer names an element that is not there.
    #[error("Out of bound array[0,{length}] index '{index}'")]
    OutOfBounds {
        /// How many elements there are.
        length: usize,
        /// The index.
        index: i64,
    },
    /// A pointer leads into what has no parts.
    #[error("Invalid token reference '{token}'")]
    NoMember {
        /// The name of the part.
        token: String,
    },
    /// It stands for more schemas than are taken.
    #[error("schema is too large")]
    TooLarge,
    /// Its schemas are too deep inside one another.
    #[error("schema is nested too deep")]
    TooDeep,
}

impl SchemaFault {
    /// A keyword with a value of another type.
    #[must_use]
    pub fn invalid(expected: &'static str, given: &'static str) -> Self {
        Self::Type { expected, given }
    }
}
