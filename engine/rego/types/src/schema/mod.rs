//! JSON Schemas as types: what a schema says of documents, as far as types can say it.
//!
//! As in OPA (`v1/ast/schema.go`, `parseSchema` in `v1/ast/compile.go`, and its copy of the
//! library gojsonschema) a schema is first checked as a whole, then types are made of `type`,
//! `properties`, `items`, `anyOf`, `allOf` and `$ref`; everything else is checked and ignored.
//! Remote schemas are refused: nothing here reads files or asks hosts.

mod keywords;
mod parse;
mod pool;
mod types;

use crate::{SchemaError, Type};
use referee_rego_value::Value;
use std::sync::{Arc, OnceLock};

/// How deep schemas may be nested, references followed.
const MAX_NESTING: usize = 256;

/// How many schemas a schema may consist of, each reference's target counted once.
const MAX_SCHEMAS: usize = 200_000;

/// The type that a schema describes.
///
/// A schema that contains itself makes a [`Type::Recursive`]; what that stands for is kept here,
/// and the type is to be used only as long as this, or the environment it was given to, is there.
#[derive(Clone, Debug)]
pub struct SchemaType {
    /// The type.
    pub ty: Type,
    pub(crate) definitions: Vec<Arc<OnceLock<Type>>>,
}

/// What `null` is in the schemas of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nulls {
    /// As in OPA no type: `null` alone may be anything, beside another type it is passed over.
    #[default]
    Ignored,
    /// A type: `["string", "null"]` is a string or null.
    Typed,
}

/// The type that a schema describes. `allow_net` has the hosts that may be asked for remote
/// schemas, or `None` where any may: it decides only what is said of a remote reference, as none
/// is followed.
///
/// # Errors
/// What is wrong with the schema; what is shown of it are OPA's words.
pub fn load_schema(
    schema: &Value,
    nulls: Nulls,
    allow_net: Option<&[Arc<str>]>,
) -> Result<SchemaType, SchemaError> {
    if matches!(schema, Value::Null) {
        return Err(SchemaError::Nothing);
    }
    let arena = parse::parse(schema, allow_net)?;
    Ok(types::read(arena, nulls)?)
}
