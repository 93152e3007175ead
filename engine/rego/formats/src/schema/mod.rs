//! JSON Schema: `json.verify_schema` and `json.match_schema`; OPA's `topdown/jsonschema.go` over its
//! own validator, `internal/gojsonschema`.
//!
//! Drafts 4, 6 and 7 and the mix of them. What is refused besides what OPA refuses: references to
//! anything outside the schema but the schemas of schemas (nothing is fetched), more than a million
//! nodes, and what OPA's process dies of (a schema that refers to itself without end, numbers
//! beyond Go's), which ends the evaluation with an error.

mod bounds;
mod cache;
mod canonical;
mod compile;
mod format;
mod keywords;
mod meta;
mod model;
mod number;
mod pattern;
mod pool;
mod refusal;
mod validate;

use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::bytes::{bytes_of, has_bytes};
use referee_rego_value::{JsonLimits, JsonStyle, Value};
use refusal::{Refused, Wrong};

pub(crate) const TABLE: Table =
    &[("json.verify_schema", F(verify)), ("json.match_schema", F(matches))];

/// An operand as JSON: a text is read, anything else is taken as JSON has it.
fn json(ctx: &mut Context<'_>, operand: &Value) -> std::result::Result<Value, Refused> {
    match operand {
        Value::String(text) => {
            ctx.work(u32::try_from(text.len() / 4).unwrap_or(u32::MAX))?;
            ctx.reserve(text.len().saturating_mul(4))?;
            Value::from_json_within(bytes_of(text), &JsonLimits::DEFAULT, &mut |units| {
                ctx.passed(units)
            })?
            .map_err(|_| Wrong::Text.into())
        }
        Value::Object(_) | Value::Array(_) if is_json(ctx, operand)? => Ok(operand.clone()),
        Value::Object(_) | Value::Array(_) => {
            let text = ctx.json(operand, JsonStyle::GO)?;
            ctx.work(u32::try_from(text.len()).unwrap_or(u32::MAX))?;
            ctx.reserve(text.len().saturating_mul(4))?;
            Value::from_json_within(text, &JsonLimits::DEFAULT, &mut |units| ctx.passed(units))?
                .map_err(|error| Wrong::Collection(error).into())
        }
        _ => Err(Wrong::Type.into()),
    }
}

/// Whether a value is JSON as it is: no sets, texts for keys, and UTF-8 in texts.
fn is_json(ctx: &mut Context<'_>, value: &Value) -> Result<bool> {
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::Set(_) => return Ok(false),
            Value::String(text) if has_bytes(text) => return Ok(false),
            Value::Array(elements) => {
                ctx.work(u32::try_from(elements.len()).unwrap_or(u32::MAX))?;
                left.extend(elements);
            }
            Value::Object(members) => {
                ctx.work(u32::try_from(members.len()).unwrap_or(u32::MAX))?;
                if members.keys().any(|key| key.as_str().is_none_or(has_bytes)) {
                    return Ok(false);
                }
                left.extend(members.values());
            }
            _ => {}
        }
    }
    Ok(true)
}

fn verify(ctx: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let answer = |truth: bool, detail: Value| Value::array([Value::Bool(truth), detail]);
    Ok(Some(match cache::compiled(ctx, operand::value(operands, 1)?) {
        Ok(_) => answer(true, Value::Null),
        Err(Refused::Schema(wrong)) => {
            answer(false, Value::from(format!("jsonschema: {wrong}").as_str()))
        }
        Err(Refused::End(error)) => return Err(error),
    }))
}

fn matches(ctx: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let document = json(ctx, operand::value(operands, 1)?).map_err(BuiltinError::from)?;
    let schema = cache::compiled(ctx, operand::value(operands, 2)?).map_err(BuiltinError::from)?;
    let findings = validate::validate(ctx, &schema, &document)?;
    let valid = findings.is_empty();
    let findings = findings.into_iter().map(validate::Finding::into_value);
    Ok(Some(Value::array([Value::Bool(valid), Value::array(findings)])))
}
