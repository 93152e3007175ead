//! Bodies of requests to OPA's API: bounded, unpacked, read as JSON or YAML.

use crate::app::App;
use crate::body::{self, BodyError};
use crate::compress::{is_gzip, unpacked};
use crate::error::{ApiError, InputError};
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use referee_rego::{Value, ValueKind};

/// What an error calls the body.
pub(crate) const BODY: &str = "body";

/// The body of a request whose policy was shown it: read already, and unpacked. It stands beside the
/// head, which is as it was sent.
#[derive(Clone)]
pub(crate) struct Shown(pub(crate) Bytes);

/// The body that a policy was shown.
pub(crate) fn shown(head: &Parts) -> Option<Bytes> {
    head.extensions.get::<Shown>().map(|Shown(bytes)| bytes.clone())
}

/// Reads the body of a question.
pub(crate) async fn read(app: &App, head: &Parts, body: Body) -> Result<Bytes, ApiError> {
    if let Some(bytes) = shown(head) {
        return Ok(bytes);
    }
    let bytes = read_to(app, &head.headers, body, app.config.max_body()).await?;
    if !is_gzip(&head.headers) {
        return Ok(bytes);
    }
    Ok(unpacked(&bytes, app.config.max_unpacked())?)
}

/// Reads the body of a write. OPA does not unpack these.
pub(crate) async fn read_write(
    app: &App,
    headers: &HeaderMap,
    body: Body,
) -> Result<Bytes, ApiError> {
    read_to(app, headers, body, app.config.max_write()).await
}

async fn read_to(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Bytes, ApiError> {
    let within = app.config.body_read_timeout();
    body::read(headers, body, limit, within).await.map_err(|error| match error {
        // As OPA tells it to its clients.
        BodyError::TooLarge { .. } => ApiError::InputTooLarge,
        other => ApiError::Body(other),
    })
}

/// Whether a body is YAML: there is no one type for it, so OPA looks for the word.
fn is_yaml(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| media_type.contains("yaml"))
}

/// A document in a body; `None` where the body is empty.
pub(crate) fn document(headers: &HeaderMap, bytes: &[u8]) -> Result<Option<Value>, ApiError> {
    if is_yaml(headers) {
        let text = std::str::from_utf8(bytes).map_err(|_| malformed(BODY, InputError::NotUtf8))?;
        if text.is_empty() {
            return Ok(None);
        }
        return Value::from_json_or_yaml_str(text).map(Some).map_err(|e| malformed(BODY, e));
    }
    json(bytes)
}

/// A document of JSON in a body; `None` where the body is empty.
pub(crate) fn json(bytes: &[u8]) -> Result<Option<Value>, ApiError> {
    if bytes.trim_ascii().is_empty() {
        return Ok(None);
    }
    Value::from_json_body(bytes).map(Some).map_err(|e| malformed(BODY, e))
}

/// A document that must be an object; `null` is none.
pub(crate) fn object(document: Option<Value>) -> Result<Option<Value>, ApiError> {
    let Some(document) = document else { return Ok(None) };
    match document.kind() {
        ValueKind::Object => Ok(Some(document)),
        ValueKind::Null => Ok(None),
        kind => Err(malformed(BODY, InputError::NoObject(go_kind(kind)))),
    }
}

/// A member that is there and is not `null`. As in Go, its name may be written in any case; where
/// it stands there as it should be written as well, that one counts, whatever comes last.
pub(crate) fn member(document: &Value, name: &str) -> Option<Value> {
    let plain = document.get(name);
    let found = plain.or_else(|| {
        let named = |given: &Value| given.as_str().is_some_and(|given| is_same_name(&given, name));
        let mut members = document.entries()?.into_iter();
        members.find(|(given, _)| named(given)).map(|(_, value)| value)
    });
    found.filter(|value| value.kind() != ValueKind::Null)
}

/// Whether Go's `encoding/json` takes two names for the same: by Unicode's simple case folding,
/// which has two characters for letters of ASCII.
fn is_same_name(given: &str, name: &str) -> bool {
    let folded = |letter: char| match letter {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    given.chars().map(folded).eq(name.chars().map(folded))
}

/// What Go calls a kind of JSON.
pub(crate) fn go_kind(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Boolean => "bool",
        other => other.as_str(),
    }
}

pub(crate) fn malformed(part: &'static str, problem: impl Into<InputError>) -> ApiError {
    ApiError::Input { part, problem: problem.into() }
}

/// The document that a write brings, or the text of the error in OPA's words.
pub(crate) fn written(bytes: &[u8]) -> Result<Value, ApiError> {
    Value::from_json_body(bytes).map_err(|error| ApiError::Json(error.to_string()))
}

/// The object of a request, read as OPA's server decodes one.
pub(crate) fn request(bytes: &[u8], go_type: &str) -> Result<Value, ApiError> {
    let value =
        Value::from_json_body(bytes).map_err(|error| ApiError::Decoding(error.to_string()))?;
    match value.kind() {
        ValueKind::Object => Ok(value),
        ValueKind::Null => Ok(Value::object([])),
        kind => Err(ApiError::Decoding(format!(
            "json: cannot unmarshal {} into Go value of type types.{go_type}",
            go_kind(kind)
        ))),
    }
}

/// A member that is a string; empty where it is not there.
pub(crate) fn text(request: &Value, go_type: &str, name: &str) -> Result<String, ApiError> {
    match member(request, name) {
        None => Ok(String::new()),
        Some(value) => match value.as_str() {
            Some(text) => Ok(text.into_owned()),
            None => Err(mistyped(&value, go_type, name, "string")),
        },
    }
}

/// Go's words for a member of another kind.
pub(crate) fn mistyped(value: &Value, go_type: &str, name: &str, wanted: &str) -> ApiError {
    ApiError::Decoding(format!(
        "json: cannot unmarshal {} into Go struct field {go_type}.{name} of type {wanted}",
        go_kind(value.kind())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_member_is_taken_in_any_case_and_the_plain_one_first() {
        let body = Value::from_json_str(
            r#"{"INPUT": 1, "Query": 2, "query": 3, "un\u212Anown\u017f": 4, "op\u0131ons": 5, "x": null}"#,
        )
        .unwrap();
        let number = |name| member(&body, name).map(|value| value.to_json_string());
        assert_eq!(number("input").as_deref(), Some("1"));
        assert_eq!(number("query").as_deref(), Some("3"));
        assert_eq!(number("unknowns").as_deref(), Some("4"));
        assert_eq!(number("options"), None);
        assert_eq!(member(&body, "x"), None);
    }
}
