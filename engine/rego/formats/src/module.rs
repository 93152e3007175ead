//! `rego.parse_module`; OPA's `topdown/parse.go`: a module as the JSON of its tree.
//!
//! The module is read by the rules of version 1, whatever the policy's own version is.

use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_syntax::ast::RegoVersion;
use referee_rego_syntax::json::{JsonOptions, module_to_json};
use referee_rego_syntax::{Error, ParseOptions};
use referee_rego_value::Value;

pub(crate) const TABLE: Table = &[("rego.parse_module", F(parse_module))];

/// How many bytes of a tree a byte of text may become, generously.
const TREE_BYTES: usize = 64;

fn parse_module(ctx: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let name = operand::string(operands, 1)?;
    // OPA numbers this operand 1, too.
    let text = match operand::value(operands, 2)? {
        Value::String(text) => text,
        other => return Err(BuiltinError::operand(1, "string", other.type_name())),
    };
    ctx.work(u32::try_from(text.len()).unwrap_or(u32::MAX))?;
    ctx.reserve(text.len().saturating_mul(TREE_BYTES))?;
    let options = ParseOptions::new(RegoVersion::V1);
    let module = referee_rego_syntax::parse_module(name, text, &options)
        .map_err(|errors| BuiltinError::new(told(&errors)))?;
    Ok(Some(module_to_json(&module, &JsonOptions::parse_module())))
}

/// Errors as OPA tells several of them.
fn told(errors: &[Error]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    match lines.as_slice() {
        [] => "no error(s)".to_owned(),
        [one] => format!("1 error occurred: {one}"),
        _ => format!("{} errors occurred:\n{}", lines.len(), lines.join("\n")),
    }
}
