//! Answers: JSON written straight to bytes, as OPA writes it.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

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
) -> Result<Response<Body>, serde_json::Error> {
    let mut bytes = Vec::with_capacity(USUAL_LENGTH);
    if pretty {
        serde_json::to_writer_pretty(&mut bytes, value)?;
    } else {
        serde_json::to_writer(&mut bytes, value)?;
    }
    bytes.push(b'\n');
    Ok(with_body(status, "application/json", bytes))
}

/// An answer of some type.
pub(crate) fn with_body(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Body>,
) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// As OPA answers a path that it does not know.
pub(crate) fn not_found() -> Response<Body> {
    with_body(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "404 page not found\n")
}

/// As OPA answers a method that a path does not have: empty. RFC 9110, section 15.5.6, wants
/// `Allow`.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
