//! `/v1/policies`: OPA's policy API.

use crate::app::App;
use crate::data_path::DataPathError;
use crate::error::ApiError;
use crate::input;
use crate::members::{Members, list};
use crate::query::{Query, decoded};
use crate::reply::{self, Reply};
use crate::state::{Change, PolicyFile, Revision, WriteError};
use crate::timers::{self, Timers};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use referee_rego::SyntaxTree;
use tokio::time::Instant;

/// The longest id of a policy, in bytes.
const MAX_ID: usize = 4_096;

pub(crate) async fn answer(app: &App, rest: &str, request: Request) -> Result<Reply, ApiError> {
    let _room = app.admit(1)?;
    let query = Query::parse(request.uri().query())?;
    let id = decoded(rest.strip_prefix('/').unwrap_or(rest)).map_err(DataPathError::from)?;
    match *request.method() {
        Method::PUT => put(app, id, &query, request).await,
        Method::DELETE => delete(app, id, &query).await,
        _ if id.is_empty() => Ok(listed(&app.state.current(), &query)),
        _ => one(&app.state.current(), &id, &query),
    }
}

fn listed(revision: &Revision, query: &Query) -> Reply {
    let mut members = Members::new();
    members.raw("result", &list(revision.policies().map(|policy| shown(revision, policy))));
    reply::text(StatusCode::OK, members.end(), query.flag("pretty"))
}

fn one(revision: &Revision, id: &str, query: &Query) -> Result<Reply, ApiError> {
    let policy = revision.policy(id).ok_or_else(|| absent(id))?;
    let mut members = Members::new();
    members.raw("result", &shown(revision, policy));
    Ok(reply::text(StatusCode::OK, members.end(), query.flag("pretty")))
}

fn absent(id: &str) -> ApiError {
    WriteError::NoPolicy { id: id.chars().take(200).collect() }.into()
}

/// A policy as OPA shows it: its tree is what the compiler made of it.
fn shown(revision: &Revision, policy: &PolicyFile) -> String {
    let mut members = Members::new();
    members.text("id", policy.id());
    members.text("raw", policy.text());
    let tree = revision.program().module_json(policy.id());
    members.raw("ast", tree.as_deref().unwrap_or("null"));
    members.end()
}

async fn put(app: &App, id: String, query: &Query, request: Request) -> Result<Reply, ApiError> {
    app.check_writes()?;
    if id.len() > MAX_ID {
        return Err(ApiError::Json(format!("the id of a policy is longer than {MAX_ID} bytes")));
    }
    let mut timers = Timers::new(query.flag("metrics"));
    let reading = Instant::now();
    let (head, body) = request.into_parts();
    let bytes = input::read_write(app, &head.headers, body).await?;
    timers.since(timers::READ_BYTES, reading);
    let text = std::str::from_utf8(&bytes).map_err(|_| not_utf8(&id, &bytes))?.to_owned();
    let started = Instant::now();
    let (told_parsed, parsed) = tokio::sync::oneshot::channel();
    let change = app.state.change(move |next| {
        let changed = next.put_policy(&id, &text);
        // Who asked may be gone by now.
        let _ = told_parsed.send(started.elapsed());
        changed.map_err(ApiError::from)
    });
    match change.await {
        Change::Refused(error) => return Err(error),
        Change::Nothing => {}
        Change::Done(_) => {
            let parsed = parsed.await.unwrap_or_default();
            timers.note(timers::MODULE_PARSE, parsed);
            timers.note(timers::MODULE_COMPILE, started.elapsed().saturating_sub(parsed));
        }
    }
    told(query, &timers)
}

async fn delete(app: &App, id: String, query: &Query) -> Result<Reply, ApiError> {
    app.check_writes()?;
    let mut timers = Timers::new(query.flag("metrics"));
    let compiling = Instant::now();
    let change = app
        .state
        .change(move |next| next.delete_policy(&id).map(|()| true).map_err(ApiError::from));
    match change.await {
        Change::Refused(error) => return Err(error),
        Change::Nothing | Change::Done(_) => timers.since(timers::MODULE_COMPILE, compiling),
    }
    told(query, &timers)
}

/// What the parser says of a text that is not UTF-8.
fn not_utf8(id: &str, bytes: &[u8]) -> ApiError {
    match SyntaxTree::parse_bytes(id, bytes) {
        Err(errors) => WriteError::Modules(errors).into(),
        // It would be a fault of the parser to take it.
        Ok(_) => ApiError::Json(format!("{id}: the text is not UTF-8")),
    }
}

fn told(query: &Query, timers: &Timers) -> Result<Reply, ApiError> {
    let mut members = Members::new();
    if let Some(all) = timers.all().filter(|all| !all.is_empty()) {
        let written = members.json("metrics", all);
        written.map_err(|error| ApiError::Unwritable(Box::new(error)))?;
    }
    Ok(reply::text(StatusCode::OK, members.end(), query.flag("pretty")))
}
