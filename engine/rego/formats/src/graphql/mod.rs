//! `graphql.*` (OPA: `v1/topdown/graphql.go`, over gqlparser v2): queries and schemas, parsed,
//! validated, and shown as the library's trees.
//!
//! Documents are nested at most 200 deep; comparisons between fields and suggestions count as
//! work.

mod ast;
mod checks;
mod definitions;
mod error;
mod lexer;
mod parser;
mod prelude;
mod query;
mod read;
mod schema;
mod show;
mod validate;

use ast::{Query, SchemaDocument};
use parser::GoOn;
use referee_rego_builtin::{
    BuiltinError, Context, ErrorKind, Implementation, Result, Table, operand,
};
use referee_rego_value::Value;
use referee_rego_value::bytes::shown;
use schema::Schema;
use std::cell::RefCell;

pub(crate) const TABLE: Table = &[
    ("graphql.is_valid", Implementation::Function(is_valid)),
    ("graphql.parse", Implementation::Function(parse)),
    ("graphql.parse_and_verify", Implementation::Function(parse_and_verify)),
    ("graphql.parse_query", Implementation::Function(parse_query)),
    ("graphql.parse_schema", Implementation::Function(parse_schema)),
    ("graphql.schema_is_valid", Implementation::Function(schema_is_valid)),
];

/// A byte of a document becomes about so many bytes of a tree.
const GROWTH: usize = 64;

fn count(context: &mut Context<'_>, text: &str) -> Result<()> {
    context.work(u32::try_from(text.len() / 4).unwrap_or(u32::MAX))?;
    Ok(context.reserve(text.len().saturating_mul(GROWTH))?)
}

/// Does something that asks whether to go on; its work was counted before.
fn stoppable<T>(context: &mut Context<'_>, done: impl FnOnce(GoOn<'_>) -> T) -> Result<T> {
    let mut stopped = None;
    let done = done(&mut |units| {
        if stopped.is_none() {
            stopped = context.passed(units).err();
        }
        stopped.is_none()
    });
    stopped.map_or(Ok(done), |why| Err(why.into()))
}

/// Shows something that was counted before.
fn shown_within(
    context: &mut Context<'_>,
    show: impl FnOnce(show::Stopped<'_>) -> Value,
) -> Result<Value> {
    let going = RefCell::new((context, None));
    let value = show(&|| {
        let (context, stopped) = &mut *going.borrow_mut();
        if stopped.is_none() {
            *stopped = context.passed(16).err();
        }
        stopped.is_some()
    });
    let (_, stopped) = going.into_inner();
    stopped.map_or(Ok(value), |why| Err(why.into()))
}

/// The query of an operand: a text, or a tree.
fn query(context: &mut Context<'_>, operands: &[Value]) -> Result<Query> {
    match operand::value(operands, 1)? {
        Value::String(text) => {
            count(context, text)?;
            let parsed = stoppable(context, |go_on| query::parse(&shown(text), go_on))?;
            parsed.map_err(|error| refused(&error.to_string()))
        }
        Value::Object(object) => read::query(object).map_err(BuiltinError::new),
        other => Err(neither(0, other)),
    }
}

/// The schema's document of an operand: a text, or a tree.
fn document(
    context: &mut Context<'_>,
    operands: &[Value],
    position: usize,
) -> Result<SchemaDocument> {
    match operand::value(operands, position)? {
        Value::String(text) => {
            count(context, text)?;
            let parsed = stoppable(context, |go_on| definitions::parse(&shown(text), go_on))?;
            parsed.map_err(|error| refused(&error.to_string()))
        }
        Value::Object(object) => read::schema(object).map_err(BuiltinError::new),
        other => Err(neither(position - 1, other)),
    }
}

fn refused(text: &str) -> BuiltinError {
    BuiltinError::new(error::shown(text))
}

/// OPA counts these operands from 0.
fn neither(position: usize, value: &Value) -> BuiltinError {
    let kind = value.type_name();
    let message = format!("operand {position} must be one of {{string, object}} but got {kind}");
    BuiltinError::type_error(message)
}

fn schema(context: &mut Context<'_>, document: &SchemaDocument) -> Result<Schema> {
    context.work(1_000)?;
    let made = stoppable(context, |go_on| Schema::new(document, go_on))?;
    made.map_err(|error| {
        let front = "Error in gqlparser SchemaDocument to Schema conversion";
        BuiltinError::new(format!("{front}: {error}"))
    })
}

fn validate(context: &mut Context<'_>, schema: &Schema, query: &Query) -> Result<()> {
    let errors = validate::validate(context, schema, query)?;
    if errors.is_empty() { Ok(()) } else { Err(refused(&error::lines(&errors))) }
}

/// The trees of a query and its schema, where the query is valid.
fn verified(context: &mut Context<'_>, operands: &[Value]) -> Result<(Value, Value)> {
    let query = query(context, operands)?;
    let document = document(context, operands, 2)?;
    let shown = (
        shown_within(context, |stopped| show::query(&query, stopped))?,
        shown_within(context, |stopped| show::schema(&document, stopped))?,
    );
    let schema = schema(context, &document)?;
    validate(context, &schema, &query)?;
    Ok(shown)
}

fn parse(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let (query, schema) = verified(context, operands)?;
    Ok(Some(Value::array([query, schema])))
}

/// What a mistake gives where mistakes are no errors; that the work is used up still is one.
fn unless<T>(checked: Result<T>) -> Result<Option<T>> {
    match checked {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind, ErrorKind::Cancel(_) | ErrorKind::Halt) => Err(error),
        Err(_) => Ok(None),
    }
}

fn parse_and_verify(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let found = unless(verified(context, operands))?;
    let valid = Value::from(found.is_some());
    let empty = || Value::object::<&str>([]);
    let (query, schema) = found.unwrap_or_else(|| (empty(), empty()));
    Ok(Some(Value::array([valid, query, schema])))
}

fn parse_query(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    operand::string(operands, 1)?;
    let query = query(context, operands)?;
    shown_within(context, |stopped| show::query(&query, stopped)).map(Some)
}

fn parse_schema(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    operand::string(operands, 1)?;
    let document = document(context, operands, 1)?;
    shown_within(context, |stopped| show::schema(&document, stopped)).map(Some)
}

fn is_valid(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let valid = unless(query(context, operands).and_then(|query| {
        let document = document(context, operands, 2)?;
        let schema = schema(context, &document)?;
        validate(context, &schema, &query)
    }))?;
    Ok(Some(Value::from(valid.is_some())))
}

fn schema_is_valid(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let valid = unless(document(context, operands, 1).and_then(|it| schema(context, &it)))?;
    Ok(Some(Value::from(valid.is_some())))
}
