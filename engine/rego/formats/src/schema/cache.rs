//! Compiled schemas, kept by the value they were compiled from: bounded in entries and in size.

use super::model::Schema;
use super::refusal::Refused;
use super::{compile, json};
use referee_rego_builtin::{Cancelled, Context};
use referee_rego_value::{Number, Value};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The most entries.
const MOST_ENTRIES: usize = 64;
/// The most nodes of a schema that is kept: some 700 bytes each.
const MOST_NODES: usize = 1_024;
/// How large the patterns of a schema that is kept may be together, in thousands of states: what is
/// compiled of them may take some hundred bytes a state.
const MOST_PATTERNS: u64 = 64;
/// The largest schema that is kept, in bytes; its text may be long where its nodes are few.
const MOST_BYTES: usize = 1 << 20;

/// The schemas of all queries.
#[derive(Debug, Default)]
struct Schemas(RwLock<HashMap<Value, Arc<Schema>>>);

/// The last schema of this query: most ask for one only.
#[derive(Debug, Default)]
struct Last(Option<(Value, Arc<Schema>)>);

/// Whether two values are one, not merely equal.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => a.same(b),
        (Value::String(a), Value::String(b)) => a == b,
        _ => false,
    }
}

/// The schema that an operand is, compiled once.
///
/// # Errors
/// Where it is none, in OPA's words.
pub(super) fn compiled(ctx: &mut Context<'_>, operand: &Value) -> Result<Arc<Schema>, Refused> {
    if let Some((known, schema)) = &ctx.cache::<Last>().0
        && same(known, operand)
    {
        return Ok(Arc::clone(schema));
    }
    let schema = shared(ctx, operand)?;
    ctx.cache::<Last>().0 = Some((operand.clone(), Arc::clone(&schema)));
    Ok(schema)
}

fn shared(ctx: &mut Context<'_>, operand: &Value) -> Result<Arc<Schema>, Refused> {
    if !may_be_kept(ctx, operand)? {
        return compile(ctx, operand).map(Arc::new);
    }
    let cache = ctx.shared_cache::<Schemas>();
    let found = cache.0.read().unwrap_or_else(PoisonError::into_inner).get(operand).cloned();
    if let Some(found) = found {
        return Ok(found);
    }
    let schema = Arc::new(compile(ctx, operand)?);
    if schema.len() <= MOST_NODES && schema.patterns() <= MOST_PATTERNS {
        let mut entries = cache.0.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST_ENTRIES
            && let Some(other) = entries.keys().next().cloned()
        {
            entries.remove(&other);
        }
        entries.insert(operand.clone(), Arc::clone(&schema));
    }
    Ok(schema)
}

/// Whether a schema is small enough, and no other that compiles otherwise equals it: `1.0` equals
/// `1`, but is no count.
fn may_be_kept(ctx: &mut Context<'_>, schema: &Value) -> Result<bool, Cancelled> {
    let mut left = vec![schema];
    let mut size = 0_usize;
    while let Some(value) = left.pop() {
        ctx.work(1)?;
        size = size.saturating_add(value.heap_size());
        match value {
            Value::Number(number @ Number::Text(_)) if number.is_integer() => return Ok(false),
            Value::Array(elements) => left.extend(elements),
            Value::Set(elements) => left.extend(elements),
            Value::Object(members) => {
                left.extend(members.keys());
                left.extend(members.values());
            }
            _ => {}
        }
    }
    Ok(size <= MOST_BYTES)
}

fn compile(ctx: &mut Context<'_>, operand: &Value) -> Result<Schema, Refused> {
    let document = json(ctx, operand)?;
    compile::compile(ctx, &document)
}
