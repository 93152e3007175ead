//! Answers: JSON written straight to bytes, as OPA writes it.

use crate::members::indented;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use bytes::Bytes;
use serde::Serialize;

/// An answer with its whole body.
pub(crate) type Reply = Response<Bytes>;

/// Where most answers fit without growing: one decision with a few reasons.
const USUAL_LENGTH: usize = 1_024;

/// A JSON answer with a line feed at its end; over several lines where `pretty`.
///
/// # Errors
/// Where the value cannot be written as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(
    status: StatusCode,
    value: &T,
    pretty: bool,
) -> Result<Reply, serde_json::Error> {
    let mut bytes = Vec::with_capacity(USUAL_LENGTH);
    if pretty {
        serde_json::to_writer_pretty(&mut bytes, value)?;
    } else {
        serde_json::to_writer(&mut bytes, value)?;
    }
    bytes.push(b'\n');
    Ok(with_body(status, "application/json", bytes))
}

/// An answer of JSON text on one line, as [`crate::members`] writes it.
pub(crate) fn text(status: StatusCode, json: String, pretty: bool) -> Reply {
    let mut text = if pretty { indented(&json) } else { json };
    text.push('\n');
    with_body(status, "application/json", text)
}

/// An answer of some type.
pub(crate) fn with_body(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Bytes>,
) -> Reply {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// An answer that is its status.
pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

/// As OPA answers a path that it does not know.
pub(crate) fn not_found() -> Reply {
    with_body(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "404 page not found\n")
}

/// As OPA answers a method that a path does not have: empty on its old paths, in words on the
/// others. RFC 9110, section 15.5.6, wants `Allow` on all.
pub(crate) fn method_not_allowed(allowed: &'static str, in_words: bool) -> Reply {
    let mut response = if in_words {
        let body = "Method Not Allowed\n";
        with_body(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", body)
    } else {
        empty(StatusCode::METHOD_NOT_ALLOWED)
    };
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
