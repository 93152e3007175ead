//! `glob.match` and `glob.quote_meta`; `topdown/glob.go` over github.com/gobwas/glob.
//!
//! `*` stands for any characters but delimiters, `**` for any characters, `?` for one that is no
//! delimiter, `[abc]`, `[a-z]` and `[!a-z]` for one of a class, `{a,b*}` for alternatives.
//!
//! That library decides some patterns otherwise than its documentation says: `a**a` matches `a`,
//! and `?` the empty text. Policies are written against what it does, so the same steps are gone
//! here: a pattern becomes matchers, these are put together, and how is what decides. Each step is
//! charged, since some patterns take it long.

mod compile;
mod matcher;
mod parse;

use crate::cache::Bounded;
use crate::give::{Given, give, text, units};
use matcher::Matcher;
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Result, Table, operand};
use referee_rego_value::Value;
use referee_rego_value::bytes::{bytes_of, shown};
use std::sync::Arc;

pub(crate) const TABLE: Table = &[("glob.match", F(matches)), ("glob.quote_meta", F(quote))];

/// The globs that were compiled, by their delimiters and text.
#[derive(Debug, Default)]
struct Globs(Bounded<Arc<Matcher>>);

fn quote(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let pattern = operand::string(operands, 1)?;
    text(ctx, pattern.len().saturating_mul(2))?;
    let mut quoted = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        if matches!(c, '*' | '?' | '\\' | '[' | ']' | '{' | '}') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    give(quoted)
}

fn matches(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let pattern = operand::string(operands, 1)?;
    let delimiters = delimiters(ctx, operands)?;
    let subject = operand::string(operands, 3)?;
    // A pattern must be characters.
    let glob = compiled(ctx, &shown(pattern), &delimiters)?;
    give(glob.matches(ctx, &bytes_of(subject))?)
}

/// The delimiters: none where the operand is null, a point where it is empty.
fn delimiters(ctx: &mut Context<'_>, operands: &[Value]) -> Result<String> {
    let found = operand::value(operands, 2)?;
    let array = match found {
        Value::Null => return Ok(String::new()),
        Value::Array(array) if array.is_empty() => return Ok(".".to_owned()),
        Value::Array(array) => array,
        other => return Err(operand::one_of(2, other, &["array", "null"])),
    };
    ctx.work(units(array.len()))?;
    let mut delimiters = String::new();
    for element in array.iter() {
        let Value::String(delimiter) = element else {
            return Err(operand::element(2, found, element, &["string"]));
        };
        let delimiter = shown(delimiter);
        let mut characters = delimiter.chars();
        match (characters.next(), characters.next()) {
            (Some(only), None) => delimiters.push(only),
            _ => return Err(operand::element(2, found, element, &["rune"])),
        }
    }
    Ok(delimiters)
}

fn compiled(ctx: &mut Context<'_>, pattern: &str, delimiters: &str) -> Result<Arc<Matcher>> {
    let key = [delimiters, "\0", pattern].concat();
    let cache = ctx.shared_cache::<Globs>();
    if let Some(found) = cache.0.get(&key) {
        return Ok(found);
    }
    ctx.work(units(pattern.len().saturating_mul(8)))?;
    ctx.reserve(pattern.len().saturating_mul(64))?;
    let tree = parse::parse(pattern)?;
    let glob = Arc::new(compile::compile(ctx, &tree, delimiters)?);
    cache.0.insert(&key, Arc::clone(&glob));
    Ok(glob)
}
