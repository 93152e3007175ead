//! `strings.render_template`: Go's `text/template` over JSON data; `topdown/template.go`.
//!
//! All actions, pipelines, variables, nested templates and functions of that language are there,
//! but for complex numbers. Control structures and templates nest less deep than in Go, as they
//! are walked by recursion.

mod ast;
mod data;
mod exec;
mod functions;
mod lex;
mod number;
mod parse;

use crate::cache::Bounded;
use crate::give::{Given, give, text, units};
use ast::Templates;
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::bytes::joined;
use referee_rego_value::{JsonLimits, Value};
use std::sync::Arc;

pub(crate) const TABLE: Table = &[("strings.render_template", F(render))];

/// The templates that were parsed.
#[derive(Debug, Default)]
struct Parsed(Bounded<Arc<Templates>>);

fn render(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let template = operand::string(operands, 1)?;
    let variables = operand::object(operands, 2)?;
    let data = data(ctx, Value::Object(variables.clone()))?;
    let templates = parsed(ctx, template)?;
    let rendered = exec::execute(ctx, &templates, template, &data)?;
    give(joined(rendered.replace("<no value>", "<undefined>")))
}

/// The data as JSON: OPA reads the text of the value in Rego as such, so that it refuses what JSON
/// has not, as sets.
fn data(ctx: &mut Context<'_>, variables: Value) -> Result<Value> {
    let json = ctx.text(&variables)?;
    text(ctx, json.len().saturating_mul(24))?;
    Value::from_json_stream(&json, &JsonLimits::DEFAULT)
        .map_err(|error| BuiltinError::new(error.message))
}

fn parsed(ctx: &mut Context<'_>, template: &str) -> Result<Arc<Templates>> {
    let cache = ctx.shared_cache::<Parsed>();
    if let Some(found) = cache.0.get(template) {
        return Ok(found);
    }
    ctx.work(units(template.len()))?;
    ctx.reserve(template.len().saturating_mul(32))?;
    let templates = Arc::new(parse::parse(template).map_err(BuiltinError::new)?);
    cache.0.insert(template, Arc::clone(&templates));
    Ok(templates)
}
