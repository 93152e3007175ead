//! `/v1/config`, `/v1/status` and `/`: what the server says of itself.

use crate::app::App;
use crate::error::ApiError;
use crate::members::Members;
use crate::query::Query;
use crate::reply::{self, Reply};
use axum::http::StatusCode;
use referee_rego::Value;

/// The page at `/`: a form for questions to the data API, which works without anything loaded from
/// elsewhere. What comes back is put in as text, never as markup.
const PAGE: &str = include_str!("page.html");

/// The configuration in OPA's form, without what is secret.
pub(crate) fn config(app: &App, query: Option<&str>) -> Result<Reply, ApiError> {
    result(&app.opa_config(), query)
}

/// The status, where somebody keeps it.
pub(crate) fn status(app: &App, query: Option<&str>) -> Result<Reply, ApiError> {
    let status = app.status.get().ok_or(ApiError::NoStatus)?;
    let query = Query::parse(query)?;
    let mut members = Members::new();
    let written = members.json("result", &status.now());
    written.map_err(|error| ApiError::Unwritable(Box::new(error)))?;
    Ok(reply::text(StatusCode::OK, members.end(), query.flag("pretty")))
}

fn result(value: &Value, query: Option<&str>) -> Result<Reply, ApiError> {
    let query = Query::parse(query)?;
    let mut members = Members::new();
    members.value("result", value);
    Ok(reply::text(StatusCode::OK, members.end(), query.flag("pretty")))
}

/// The page.
pub(crate) fn index() -> Reply {
    let page = PAGE.replace("{version}", env!("CARGO_PKG_VERSION"));
    reply::with_body(StatusCode::OK, "text/html; charset=utf-8", page)
}
