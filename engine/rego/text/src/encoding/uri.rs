//! `uri.parse` and `uri.is_valid`.

use crate::give::{Given, give, text};
use crate::go::url;
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Table, operand};
use referee_rego_value::Value;

pub(crate) const TABLE: Table = &[("uri.parse", F(parse)), ("uri.is_valid", F(is_valid))];

fn parse(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let uri = operand::string(operands, 1)?;
    text(ctx, uri.len().saturating_mul(4))?;
    let url = url::parse(uri).map_err(BuiltinError::new)?;
    // The path as it was written stands wherever there is one.
    let raw_path = if url.raw_path.is_empty() { url.path.clone() } else { url.raw_path };
    let members = [
        ("scheme", url.scheme),
        ("hostname", url.hostname),
        ("port", url.port),
        ("path", url.path),
        ("raw_path", raw_path),
        ("raw_query", url.raw_query),
        ("fragment", url.fragment),
    ];
    let present = members.into_iter().filter(|(_, part)| !part.is_empty());
    give(Value::object(present.map(|(name, part)| (name, Value::from(part)))))
}

fn is_valid(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let Value::String(uri) = operand::value(operands, 1)? else {
        return give(false);
    };
    text(ctx, uri.len().saturating_mul(4))?;
    give(!uri.is_empty() && url::parse(uri).is_ok())
}
