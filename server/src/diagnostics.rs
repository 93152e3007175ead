//! `/health` and `/metrics`: never shed, never behind a deadline.

use crate::app::App;
use crate::error::ApiError;
use crate::reply;
use axum::body::Body;
use axum::http::{Response, StatusCode};

/// OpenMetrics 1.0, section "Overall structure".
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `{}` while the server takes requests. OPA's parameters `bundles` and `plugins` ask for things
/// that are loaded before the server listens.
pub(crate) fn health(app: &App) -> Response<Body> {
    if app.is_stopping() {
        let body = "{\"error\":\"shutting down\"}\n";
        return reply::with_body(StatusCode::SERVICE_UNAVAILABLE, "application/json", body);
    }
    reply::with_body(StatusCode::OK, "application/json", "{}\n")
}

/// The counters.
pub(crate) fn metrics(app: &App) -> Result<Response<Body>, ApiError> {
    let text = app.metrics.text().map_err(|error| ApiError::Unwritable(Box::new(error)))?;
    Ok(reply::with_body(StatusCode::OK, OPENMETRICS, text))
}
