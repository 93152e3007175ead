//! Answers: JSON written straight to bytes, as OPA writes it.

use crate::members::indented;
use axum::http::header::{ALLOW, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
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

/// A line for people, as Go's HTTP library writes errors: it is not to be taken for anything else.
fn plain(status: StatusCode, line: &'static str) -> Reply {
    let mut response = with_body(status, "text/plain; charset=utf-8", line);
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// As OPA answers a path that it does not know.
pub(crate) fn not_found() -> Reply {
    plain(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// As Go's router answers a method that a path does not have.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Reply {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
