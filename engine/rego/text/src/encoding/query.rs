//! `urlquery.*`, as Go's `net/url` has queries.

use crate::give::{Given, PORTION, VALUE_BYTES, give, passed, portions, text, text_from};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Table, operand};
use referee_rego_go::url::{
    query_escape, query_escape_bytes, query_unescape, query_unescape_bytes,
};
use referee_rego_value::bytes::bytes_of;
use referee_rego_value::{JsonStyle, Value};
use std::collections::BTreeMap;

pub(crate) const TABLE: Table = &[
    ("urlquery.encode", F(encode)),
    ("urlquery.decode", F(decode)),
    ("urlquery.encode_object", F(encode_object)),
    ("urlquery.decode_object", F(decode_object)),
];

/// The most parameters that Go reads.
const MOST_PARAMETERS: usize = 10_000;

fn encode(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let plain = operand::string(operands, 1)?;
    text(ctx, plain.len().saturating_mul(3))?;
    let mut escaped = String::new();
    for portion in portions(plain) {
        passed(ctx, portion.len())?;
        escaped.push_str(&query_escape(portion));
    }
    give(escaped)
}

fn decode(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let encoded = operand::string(operands, 1)?;
    text(ctx, encoded.len())?;
    let mut plain = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        // No character and no escape is cut.
        let whole = |at: &usize| {
            let before = |by: usize| rest.as_bytes().get(at.saturating_sub(by));
            rest.is_char_boundary(*at) && before(1) != Some(&b'%') && before(2) != Some(&b'%')
        };
        let end = (PORTION..rest.len()).find(whole).unwrap_or(rest.len());
        let Some((portion, after)) = rest.split_at_checked(end) else { break };
        passed(ctx, portion.len())?;
        let portion = query_unescape_bytes(portion);
        plain.extend(portion.map_err(|error| BuiltinError::new(error.to_string()))?);
        rest = after;
    }
    let decoded = text_from(ctx, &plain)?;
    give(decoded)
}

fn encode_object(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let object = operand::object(operands, 1)?;
    let wrong = || operand::refused(1, "values must be string, array[string], or set[string]");
    // In the order of the keys' bytes.
    let mut parameters: BTreeMap<Vec<u8>, Vec<&str>> = BTreeMap::new();
    for (key, value) in object.iter() {
        let name = match key.as_str() {
            Some(name) => bytes_of(name).into_owned(),
            None => ctx.json(key, JsonStyle::GO)?.into_bytes(),
        };
        let values = match value {
            Value::String(only) => vec![only.as_str()],
            other => operand::elements(other)
                .ok_or_else(wrong)?
                .iter()
                .map(|element| element.as_str().ok_or_else(wrong))
                .collect::<Result<_, _>>()?,
        };
        parameters.insert(name, values);
    }
    let mut encoded = String::new();
    for (name, values) in &parameters {
        let name = query_escape_bytes(name);
        for value in values {
            let value = query_escape(value);
            text(ctx, name.len().saturating_add(value.len()).saturating_add(2))?;
            if !encoded.is_empty() {
                encoded.push('&');
            }
            encoded.push_str(&name);
            encoded.push('=');
            encoded.push_str(&value);
        }
    }
    give(encoded)
}

fn decode_object(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let query = operand::string(operands, 1)?;
    text(ctx, query.len())?;
    if query.bytes().filter(|byte| *byte == b'&').count() >= MOST_PARAMETERS {
        return Err(BuiltinError::new("number of URL query parameters exceeded limit"));
    }
    let mut parameters: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut wrong = None;
    for part in query.split('&').filter(|part| !part.is_empty()) {
        ctx.work(1)?;
        ctx.reserve(VALUE_BYTES.saturating_mul(4))?;
        if part.contains(';') {
            wrong = Some("invalid semicolon separator in query".to_owned());
            continue;
        }
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match (query_unescape(name), query_unescape(value)) {
            (Ok(name), Ok(value)) => parameters.entry(name).or_default().push(Value::from(value)),
            (Err(error), _) | (_, Err(error)) => {
                wrong.get_or_insert(error.to_string());
            }
        }
    }
    match wrong {
        Some(error) => Err(BuiltinError::new(error)),
        None => give(Value::object(
            parameters.into_iter().map(|(name, values)| (name, Value::Array(values.into()))),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_rego_builtin::{Meter, NoHost};
    use std::time::Duration;

    #[test]
    fn escapes_and_characters_across_the_ends_of_portions_are_read_whole() {
        let clock = || Duration::ZERO;
        let meter = Meter::new(&clock, Duration::MAX, u64::MAX, u64::MAX, None);
        let mut ctx = Context::new(meter, 0, 0, &NoHost, &Value::Null);
        for part in ["%C3%A9", "é", "%20+a", "%F0%9F%98%80", "%FF", "%C3", "a%A9"] {
            for shift in 0..7 {
                let text = format!("{}{}", "x".repeat(shift), part.repeat(PORTION));
                let whole = query_unescape(&text).unwrap();
                let decoded = decode(&mut ctx, &[Value::from(text)]).unwrap();
                assert!(decoded == Some(Value::from(whole)), "{part} {shift}");
            }
        }
        let wrong = format!("{}%4", "a".repeat(PORTION - 1));
        let error = decode(&mut ctx, &[Value::from(wrong)]).unwrap_err();
        assert_eq!(error.message, "invalid URL escape \"%4\"");
    }
}
