//! `io.jwt.decode_verify`: signature and registered claims (RFC 7519 section 7.2), checked in
//! OPA's order. What is not met gives `[false, {}, {}]`; what is malformed is an error.

use super::constraints::Constraints;
use super::decode::{Token, object};
use super::header::Header;
use crate::digest::work;
use referee_rego_builtin::{BuiltinError, Context, Result, operand};
use referee_rego_value::bytes::text_of;
use referee_rego_value::{Object, Value};

/// How many tokens may be nested in one another.
const MAX_NESTED: usize = 64;

pub(super) fn decode_verify(
    context: &mut Context<'_>,
    operands: &[Value],
) -> Result<Option<Value>> {
    let constraints = Constraints::read(context, operand::object(operands, 2)?)?;
    let Some((header, payload)) = verified(context, &constraints, operands)? else {
        return Ok(Some(unverified()));
    };
    if !claims(&constraints, &payload)? {
        return Ok(Some(unverified()));
    }
    let found = [Value::from(true), Value::Object(header), Value::Object(payload)];
    Ok(Some(Value::array(found)))
}

fn unverified() -> Value {
    let empty = || Value::object::<&str>([]);
    Value::array([Value::from(false), empty(), empty()])
}

/// Header and payload of the innermost token, where all signatures are good.
fn verified(
    context: &mut Context<'_>,
    constraints: &Constraints,
    operands: &[Value],
) -> Result<Option<(Object, Object)>> {
    let mut text = operand::string(operands, 1)?.to_string();
    for _ in 0..MAX_NESTED {
        work(context, text.len())?;
        let token = Token::split(&text)?;
        let decoded = token.decoded_header(context)?;
        let header = Header::read(&decoded)?;
        if !header.is_valid() {
            return Ok(None);
        }
        if !constraints.algorithm.is_empty() && constraints.algorithm != header.algorithm {
            return Ok(None);
        }
        let signature = token.decoded_signature()?;
        let signed = token.signed();
        if !constraints.verify(context, &header.key_id, &header.algorithm, &signed, &signature)? {
            return Ok(None);
        }
        let payload = token.decoded_payload()?;
        if header.content_type.eq_ignore_ascii_case("JWT") {
            text = text_of(payload);
            continue;
        }
        return Ok(Some((decoded, object(context, &payload)?.map_err(BuiltinError::new)?)));
    }
    Err(BuiltinError::new("JWT is nested too deep"))
}

/// Whether the registered claims are as demanded.
fn claims(constraints: &Constraints, payload: &Object) -> Result<bool> {
    if !constraints.issuer.is_empty() {
        match payload.get_str("iss") {
            Some(Value::String(issuer)) if *issuer.as_str() == *constraints.issuer => {}
            Some(Value::String(_)) | None => return Ok(false),
            Some(_) => return Err(BuiltinError::new("iss value must be a string")),
        }
    }
    match payload.get_str("aud") {
        Some(audience) if !constraints.accepts_audience(audience) => return Ok(false),
        None if !constraints.audience.is_empty() => return Ok(false),
        _ => {}
    }
    match payload.get_str("exp") {
        Some(Value::Number(expires)) if !constraints.is_before(expires) => return Ok(false),
        Some(Value::Number(_)) | None => {}
        Some(_) => return Err(BuiltinError::new("exp value must be a number")),
    }
    match payload.get_str("nbf") {
        Some(Value::Number(begins)) if constraints.is_before(begins) => return Ok(false),
        Some(Value::Number(_)) | None => {}
        Some(_) => return Err(BuiltinError::new("nbf value must be a number")),
    }
    Ok(true)
}
