//! `uri.parse` and `uri.is_valid`.

use crate::give::{Given, give, text};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Table, operand};
use referee_rego_go::url::Url;
use referee_rego_value::Value;
use referee_rego_value::bytes::text_of;

pub(crate) const TABLE: Table = &[("uri.parse", F(parse)), ("uri.is_valid", F(is_valid))];

fn parse(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let uri = operand::string(operands, 1)?;
    text(ctx, uri.len().saturating_mul(4))?;
    let url = Url::parse(uri).map_err(|error| BuiltinError::new(error.to_string()))?;
    let (hostname, port) = url.host_and_port();
    let path = text_of(url.path);
    // The path as it was written stands wherever there is one.
    let raw_path = if url.raw_path.is_empty() { path.clone() } else { url.raw_path };
    let members = [
        ("scheme", url.scheme),
        ("hostname", hostname),
        ("port", port),
        ("path", path),
        ("raw_path", raw_path),
        ("raw_query", url.raw_query),
        ("fragment", text_of(url.fragment)),
    ];
    let present = members.into_iter().filter(|(_, part)| !part.is_empty());
    give(Value::object(present.map(|(name, part)| (name, Value::from(part)))))
}

fn is_valid(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let Value::String(uri) = operand::value(operands, 1)? else {
        return give(false);
    };
    text(ctx, uri.len().saturating_mul(4))?;
    give(!uri.is_empty() && Url::parse(uri).is_ok())
}
