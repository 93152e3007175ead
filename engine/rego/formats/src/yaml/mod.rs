//! `yaml.*` (OPA: `v1/topdown/encoding.go`): YAML as `sigs.k8s.io/yaml` reads and writes it over
//! go-yaml v2, which is a port of libyaml for YAML 1.1. Only the first document of a stream counts.
//!
//! Documents are nested at most 1,000 deep, and what aliases may make of them is limited.

mod analyze;
mod compose;
mod emit;
mod json;
mod order;
mod parser;
mod resolve;
mod scalars;
mod scanner;
mod tags;
mod text;
mod tree;

use referee_rego_builtin::{
    BuiltinError, Cancelled, Context, Implementation, Result, Table, operand,
};
use referee_rego_value::bytes::bytes_of;
use referee_rego_value::{JsonStyle, Value, later};
use std::result::Result as Either;

pub(crate) const TABLE: Table = &[
    ("yaml.is_valid", Implementation::Function(is_valid)),
    ("yaml.marshal", Implementation::Function(marshal)),
    ("yaml.unmarshal", Implementation::Function(unmarshal)),
];

/// How deep a document may be nested.
const MAX_DEPTH: usize = 1_000;

/// A value as go-yaml has it.
#[derive(Clone, Debug)]
enum Datum {
    Null,
    Bool(bool),
    Int(i64),
    /// Beyond the range of the signed ones.
    Uint(u64),
    Float(f64),
    Text(String),
    Sequence(Vec<Self>),
    /// In the order of the text; of equal keys, the last counts.
    Mapping(Vec<(Self, Self)>),
}

/// Why a text has no value.
#[derive(Debug)]
enum Failure {
    /// The YAML is refused.
    Yaml(String),
    /// It has no JSON.
    Json(String),
    TooDeep,
    /// The evaluation is to end.
    Stop(BuiltinError),
}

impl From<Cancelled> for Failure {
    fn from(stop: Cancelled) -> Self {
        Self::Stop(stop.into())
    }
}

impl Failure {
    /// The words of the failure, unless the evaluation is to end.
    fn text(self) -> Result<String> {
        match self {
            Self::Yaml(message) => Ok(format!("yaml: {message}")),
            Self::Json(message) => Ok(message),
            Self::TooDeep => Ok(format!("yaml: exceeded max depth of {MAX_DEPTH}")),
            Self::Stop(error) => Err(error),
        }
    }
}

fn datum(context: &mut Context<'_>, text: &[u8]) -> Either<Datum, Failure> {
    context.work(u32::try_from(text.len() / 8).unwrap_or(u32::MAX))?;
    context.reserve(text.len())?;
    let tree = tree::Tree::read(context, text)?;
    let datum = compose::compose(context, &tree);
    if text.len() > later::LARGE_TEXT {
        later::free(tree, text.len().saturating_mul(later::TREE_BYTES));
    }
    datum
}

/// Reads a document into a JSON value; the inner error is in OPA's words.
///
/// # Errors
/// Where the work or the memory of the evaluation is used up.
pub fn decode(context: &mut Context<'_>, text: &[u8]) -> Result<Either<Value, String>> {
    let value = datum(context, text).and_then(|datum| datum.into_value(context));
    match value {
        Ok(value) => Ok(Ok(value)),
        Err(failure) => failure.text().map(Err),
    }
}

fn unmarshal(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let text = operand::string(operands, 1)?;
    match decode(context, &bytes_of(text))? {
        Ok(value) => Ok(Some(value)),
        Err(message) => Err(BuiltinError::new(message)),
    }
}

fn is_valid(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let Ok(text) = operand::string(operands, 1) else { return Ok(Some(Value::from(false))) };
    Ok(Some(Value::from(decode(context, &bytes_of(text))?.is_ok())))
}

/// By way of JSON, which is read as YAML: so the library does, and it decides on how numbers and
/// some characters look.
fn marshal(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let value = operand::value(operands, 1)?;
    let json = context.json(value, JsonStyle::GO)?;
    let written = datum(context, json.as_bytes()).and_then(|datum| emit::emit(context, &datum));
    match written {
        Ok(text) => Ok(Some(Value::text(&text))),
        Err(failure) => Err(BuiltinError::new(failure.text()?)),
    }
}
