//! A token in its three parts, and `io.jwt.decode`.

use crate::digest::{hex, work};
use referee_rego_builtin::{BuiltinError, Context, Result, operand};
use referee_rego_go::base64;
use referee_rego_value::bytes::{bytes_of, text_of};
use referee_rego_value::{JsonLimits, Object, Value};

/// How many tokens may be nested in one another.
const MAX_NESTED: usize = 64;

/// The three parts of a token as they stand in it.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) header: String,
    pub(super) payload: String,
    pub(super) signature: String,
}

impl Token {
    /// Takes a token apart.
    pub(super) fn split(text: &str) -> Result<Self> {
        if !text.contains('.') {
            return Err(BuiltinError::new("encoded JWT had no period separators"));
        }
        let mut parts = text.split('.');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(header), Some(payload), Some(signature), None) => Ok(Self {
                header: header.to_owned(),
                payload: payload.to_owned(),
                signature: signature.to_owned(),
            }),
            _ => {
                let found = text.split('.').count();
                Err(BuiltinError::new(format!("encoded JWT must have 3 sections, found {found}")))
            }
        }
    }

    /// The header, decoded.
    pub(super) fn decoded_header(&self, context: &mut Context<'_>) -> Result<Object> {
        let bytes = base64::decode_url(&self.header).map_err(|error| {
            BuiltinError::new(format!("JWT header had invalid encoding: {error}"))
        })?;
        let header = object(context, &bytes)?
            .map_err(|error| BuiltinError::new(format!("bad JWT header: {error}")))?;
        if header.get_str("enc").is_some() {
            return Err(BuiltinError::new("JWT is a JWE object, which is not supported"));
        }
        Ok(header)
    }

    /// The payload's bytes.
    pub(super) fn decoded_payload(&self) -> Result<Vec<u8>> {
        base64::decode_url(&self.payload).map_err(|error| {
            BuiltinError::new(format!("JWT payload had invalid encoding: {error}"))
        })
    }

    /// The signature's bytes.
    pub(super) fn decoded_signature(&self) -> Result<Vec<u8>> {
        base64::decode_url(&self.signature).map_err(BuiltinError::new)
    }

    /// What is signed.
    pub(super) fn signed(&self) -> Vec<u8> {
        bytes_of(&format!("{}.{}", self.header, self.payload)).into_owned()
    }
}

/// The JSON object of a text.
pub(super) fn object(
    context: &mut Context<'_>,
    bytes: &[u8],
) -> Result<std::result::Result<Object, String>> {
    let mut spend = |units| context.passed(units);
    let value = Value::from_json_stream_within(bytes, &JsonLimits::DEFAULT, &mut spend)?;
    Ok(match value {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("decoded JSON type was not an Object".to_owned()),
        Err(error) => Err(format!("invalid JSON: {}", error.message)),
    })
}

/// `io.jwt.decode`: header, payload, and signature in hexadecimal digits.
pub(super) fn decode(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let mut text = operand::string(operands, 1)?.to_string();
    for _ in 0..MAX_NESTED {
        work(context, text.len())?;
        let token = Token::split(&text)?;
        let header = token.decoded_header(context)?;
        let payload = token.decoded_payload()?;
        match header.get_str("cty") {
            Some(Value::String(kind)) if kind.as_str() == "JWT" => {
                // A token in a token may stand in quotes.
                text = text_of(payload).trim_matches(['"', '\'']).to_owned();
                continue;
            }
            Some(Value::String(_)) | None => {}
            Some(_) => return Err(BuiltinError::new("cty: must be a string")),
        }
        let payload = object(context, &payload)?.map_err(BuiltinError::new)?;
        let signature = base64::decode_url(&token.signature).map_err(|error| {
            BuiltinError::new(format!("JWT signature had invalid encoding: {error}"))
        })?;
        return Ok(Some(Value::array([
            Value::Object(header),
            Value::Object(payload),
            Value::from(hex(&signature)),
        ])));
    }
    Err(BuiltinError::new("JWT is nested too deep"))
}
