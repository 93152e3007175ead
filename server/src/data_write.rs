//! `PUT`, `PATCH` and `DELETE /v1/data/{path}`: OPA's writes of base documents.

use crate::app::App;
use crate::data_path;
use crate::error::ApiError;
use crate::input::{self, go_kind};
use crate::members::Members;
use crate::query::Query;
use crate::reply::{self, Reply};
use crate::state::{Change, Transaction};
use crate::timers::{self, Timers};
use axum::extract::Request;
use axum::http::header::IF_NONE_MATCH;
use axum::http::{Method, StatusCode};
use referee_rego::{Edit, Value, ValueKind};
use tokio::time::Instant;

/// What a write came to.
#[derive(Debug)]
enum Refusal {
    /// An error.
    Error(Box<ApiError>),
    /// There is something already, and the caller wants nothing written then.
    There,
}

impl<E: Into<ApiError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Error(Box::new(error.into()))
    }
}

pub(crate) async fn answer(
    app: &App,
    rest: &str,
    request: Request,
    started: Instant,
) -> Result<Reply, ApiError> {
    let _room = app.admit(1)?;
    app.check_writes()?;
    let (head, body) = request.into_parts();
    let query = Query::parse(head.uri.query())?;
    let mut timers = Timers::new(query.flag("metrics"));
    let bytes = input::read_write(app, &head.headers, body).await?;
    let path = data_path::for_writing(rest)?;
    let parsing = Instant::now();
    let change = match head.method {
        Method::PUT => {
            let unless_there = head.headers.get(IF_NONE_MATCH).is_some_and(|tag| tag == "*");
            let value = parsed(bytes).await?;
            timers.since(timers::INPUT_PARSE, parsing);
            app.state.change(move |next| put(next, &path, value, unless_there)).await
        }
        Method::PATCH => {
            let edits = operations(&path, &parsed(bytes).await?)?;
            timers.since(timers::INPUT_PARSE, parsing);
            let patch = move |next: &mut Transaction| -> Result<bool, Refusal> {
                for (path, edit) in &edits {
                    next.edit_data(path, edit)?;
                }
                Ok(true)
            };
            app.state.change(patch).await
        }
        _ => {
            let delete = move |next: &mut Transaction| -> Result<bool, Refusal> {
                next.delete_data(&path)?;
                Ok(true)
            };
            app.state.change(delete).await
        }
    };
    match change {
        Change::Refused(Refusal::There) => return Ok(reply::empty(StatusCode::NOT_MODIFIED)),
        Change::Refused(Refusal::Error(error)) => return Err(*error),
        Change::Done(_) | Change::Nothing => {}
    }
    timers.since(timers::HANDLER, started);
    match timers.all() {
        None => Ok(reply::empty(StatusCode::NO_CONTENT)),
        Some(all) => {
            let mut members = Members::new();
            let written = members.json("metrics", all);
            written.map_err(|error| ApiError::Unwritable(Box::new(error)))?;
            Ok(reply::text(StatusCode::OK, members.end(), false))
        }
    }
}

/// Reads what is to be written, which may be large, where it holds up nobody.
async fn parsed(bytes: bytes::Bytes) -> Result<Value, ApiError> {
    /// What is read at once: a few hundred microseconds' worth.
    const SMALL: usize = 64 * 1024;
    if bytes.len() <= SMALL {
        return input::written(&bytes);
    }
    let read = tokio::task::spawn_blocking(move || input::written(&bytes)).await;
    read.map_err(|error| ApiError::Unwritable(Box::new(error)))?
}

fn put(
    next: &mut Transaction,
    path: &[String],
    value: Value,
    unless_there: bool,
) -> Result<bool, Refusal> {
    next.check_scope(path)?;
    if unless_there && next.data().at_path(path).is_ok() {
        return Err(Refusal::There);
    }
    next.put_data(path, value)?;
    Ok(true)
}

/// The operations of a JSON Patch that OPA knows.
fn operations(root: &[String], patch: &Value) -> Result<Vec<(Vec<String>, Edit)>, ApiError> {
    let Some(operations) = patch.elements().filter(|_| patch.kind() == ValueKind::Array) else {
        if patch.kind() == ValueKind::Null {
            return Ok(Vec::new());
        }
        let kind = go_kind(patch.kind());
        let message =
            format!("json: cannot unmarshal {kind} into Go value of type []types.PatchV1");
        return Err(ApiError::Json(message));
    };
    operations.iter().map(|operation| self::operation(root, operation)).collect()
}

fn operation(root: &[String], operation: &Value) -> Result<(Vec<String>, Edit), ApiError> {
    if !matches!(operation.kind(), ValueKind::Object | ValueKind::Null) {
        let kind = go_kind(operation.kind());
        let message = format!("json: cannot unmarshal {kind} into Go value of type types.PatchV1");
        return Err(ApiError::Json(message));
    }
    let text = |name: &str| match input::member(operation, name) {
        None => Ok(String::new()),
        Some(value) => value.as_str().map(std::borrow::Cow::into_owned).ok_or_else(|| {
            let kind = go_kind(value.kind());
            ApiError::Json(format!(
                "json: cannot unmarshal {kind} into Go struct field PatchV1.{name} of type string"
            ))
        }),
    };
    let (op, path) = (text("op")?, text("path")?);
    let value = || input::member(operation, "value").unwrap_or_else(Value::null);
    let edit = match op.as_str() {
        "add" => Edit::Add(value()),
        "remove" => Edit::Remove,
        "replace" => Edit::Replace(value()),
        _ => return Err(ApiError::PatchOperation(op.chars().take(100).collect())),
    };
    let told = || ApiError::PatchPath(path.chars().take(200).collect());
    Ok((data_path::of_operation(root, &path).map_err(|_| told())?, edit))
}
