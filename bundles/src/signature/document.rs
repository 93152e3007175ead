//! `.signatures.json` and the token in it.

use super::error::SignatureError;
use data_encoding::BASE64URL_NOPAD;
use referee_rego::{Value, ValueKind};
use std::borrow::Cow;

/// The most characters of a text from a bundle that an error repeats.
const SHOWN: usize = 80;
/// OPA's name for the way that is not a plugin.
const DEFAULT_PLUGIN: &str = "_default";

/// A token, taken apart; nothing of it is trusted.
pub(super) struct Token {
    /// What is signed: header and payload as they are written.
    pub(super) signed: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// The name of the key: from the header, else from the payload.
    pub(super) key_id: Option<String>,
    pub(super) scope: String,
    pub(super) files: Vec<Listed>,
}

/// A file that a signature lists.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) hash: String,
    pub(super) algorithm: String,
}

/// Reads the token of a file of signatures. `None` where the file says nothing, which is as if it
/// were not there.
///
/// # Errors
/// Where it has not the form that it must have, or not exactly one token.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Token>, SignatureError> {
    let document = json(bytes)?;
    if document.kind() == ValueKind::Null {
        return Ok(None);
    }
    let Some(_) = document.entries() else {
        return Err(malformed(".signatures.json", "an object"));
    };
    let plugin = optional_text(&document, "plugin", ".signatures.json: plugin")?;
    let signatures = match document.get("signatures").filter(is_said) {
        None => None,
        Some(list) => {
            let wanted = || malformed(".signatures.json: signatures", "a list of texts");
            Some(list.elements().ok_or_else(wanted)?)
        }
    };
    if signatures.is_none() && plugin.as_deref().is_none_or(str::is_empty) {
        return Ok(None);
    }
    if let Some(name) = plugin.filter(|name| !name.is_empty() && name != DEFAULT_PLUGIN) {
        return Err(SignatureError::Plugin { name: cut(&name) });
    }
    match signatures.unwrap_or_default().as_slice() {
        [] => Err(SignatureError::NoToken),
        [token] => {
            let text = token.as_str();
            let text =
                text.ok_or_else(|| malformed(".signatures.json: signatures", "a list of texts"))?;
            Token::read(&text).map(Some)
        }
        _ => Err(SignatureError::SeveralTokens),
    }
}

impl Token {
    /// Takes the compact form apart (RFC 7515 section 7.1).
    fn read(text: &str) -> Result<Self, SignatureError> {
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed("the signature", "a JWT of three parts"));
        };
        let decode = |part: &str, place| {
            let decoded = BASE64URL_NOPAD.decode(part.as_bytes());
            decoded.map_err(|_| malformed(place, "base64url without padding"))
        };
        let read = |part: &str, place| {
            let bytes = decode(part, place)?;
            let text = std::str::from_utf8(&bytes).ok();
            let value = text.and_then(|text| Value::from_json_str(text).ok());
            let value = value.filter(|value| value.kind() == ValueKind::Object);
            value.ok_or_else(|| malformed(place, "a JSON object"))
        };
        let fields = read(header, "the header of the signature")?;
        if fields.get("crit").is_some() {
            return Err(SignatureError::Critical);
        }
        let claims = read(payload, "the payload of the signature")?;
        let of_header = optional_text(&fields, "kid", "kid of the signature's header")?;
        let of_claims = optional_text(&claims, "keyid", "keyid of the signature's payload")?;
        let said = |id: &String| !id.is_empty();
        Ok(Self {
            signed: [header.as_bytes(), b".", payload.as_bytes()].concat(),
            signature: decode(signature, "the last part of the signature")?,
            key_id: of_header.filter(said).or(of_claims.filter(said)),
            scope: optional_text(&claims, "scope", "scope of the signature's payload")?
                .unwrap_or_default(),
            files: listed(&claims)?,
        })
    }
}

fn listed(claims: &Value) -> Result<Vec<Listed>, SignatureError> {
    let wanted = || malformed("files of the signature's payload", "a list of objects");
    let Some(files) = claims.get("files").filter(is_said) else { return Ok(Vec::new()) };
    let text = |file: &Value, name| {
        optional_text(file, name, "a file of the signature's payload")
            .map(Option::unwrap_or_default)
    };
    let file = |file: &Value| {
        file.entries().ok_or_else(wanted)?;
        Ok(Listed {
            name: text(file, "name")?,
            hash: text(file, "hash")?,
            algorithm: text(file, "algorithm")?,
        })
    };
    files.elements().ok_or_else(wanted)?.iter().map(file).collect()
}

fn json(bytes: &[u8]) -> Result<Value, SignatureError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SignatureError::NotJson(None))?;
    Value::from_json_str(text).map_err(|error| SignatureError::NotJson(Some(error)))
}

fn is_said(value: &Value) -> bool {
    value.kind() != ValueKind::Null
}

fn optional_text(
    value: &Value,
    name: &str,
    place: &'static str,
) -> Result<Option<String>, SignatureError> {
    let Some(found) = value.get(name).filter(is_said) else { return Ok(None) };
    found.as_str().map(Cow::into_owned).map(Some).ok_or_else(|| malformed(place, "a text"))
}

fn malformed(place: &'static str, wanted: &'static str) -> SignatureError {
    SignatureError::Malformed { place, wanted }
}

/// A text from a bundle as errors show it.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
