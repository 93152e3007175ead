//! An answer as a policy sees it.

use super::canonical;
use super::freshness::first;
use referee_rego_builtin::{Context, Result};
use referee_rego_formats::yaml;
use referee_rego_value::{JsonLimits, Object, Value};
use std::collections::BTreeMap;

/// Which answers may be remembered (RFC 7231 section 6.1).
const CACHEABLE: &[u16] = &[200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501];

/// Whether an answer of a status may be remembered.
pub(super) fn is_cacheable(status_code: u16) -> bool {
    CACHEABLE.contains(&status_code)
}

/// How a body is read, whatever its content type says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Decoding {
    pub(super) json: bool,
    pub(super) yaml: bool,
}

/// Shows an answer. A body that cannot be read is `null`.
pub(super) fn show(
    context: &mut Context<'_>,
    (status, status_code): (&str, u16),
    headers: &[(String, String)],
    body: &[u8],
    decoding: Decoding,
) -> Result<Value> {
    context.work(u32::try_from(body.len() / 16).unwrap_or(u32::MAX))?;
    context.reserve(body.len().saturating_mul(2))?;
    let content_type = first(headers, "content-type");
    let json = || Value::from_json_stream(body, &JsonLimits::DEFAULT).ok();
    let decoded = if decoding.json || canonical::is_json(content_type) {
        json()
    } else if decoding.yaml
        || content_type.contains("application/yaml")
        || content_type.contains("application/x-yaml")
    {
        match json() {
            Some(value) => Some(value),
            None => yaml::decode(context, body)?.ok(),
        }
    } else {
        None
    };
    let mut fields: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (name, value) in headers {
        fields.entry(name.to_lowercase()).or_default().push(Value::text(value));
    }
    let fields =
        fields.into_iter().map(|(name, values)| (Value::text(&name), Value::array(values)));
    Ok(Value::object([
        ("status", Value::text(status)),
        ("status_code", Value::from(i64::from(status_code))),
        ("body", decoded.unwrap_or(Value::Null)),
        ("raw_body", Value::of_bytes(body.to_vec())),
        ("headers", Value::Object(fields.collect::<Object>())),
    ]))
}
