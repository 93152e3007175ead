//! `GET` and `POST /v1/data/{path}`: OPA's data API over the default policy's program.
//!
//! With a `subject` the facts about it are gathered first and are the input; what the caller
//! sends as `input` then stands in the facts under `request.parameters`.

use crate::app::App;
use crate::body::{self, BodyError};
use crate::deadline::Due;
use crate::error::{ApiError, InputError};
use crate::query::Query;
use crate::reply;
use crate::state::Revision;
use crate::verify::{encoded, said_deadline};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use bytes::Bytes;
use referee_core::Source;
use referee_rego::{Value, ValueKind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// What stands before the path of the document.
const PREFIX: &str = "/v1/data";

/// The body of a request. OPA passes over members that it does not know.
#[derive(Debug, Default, Deserialize)]
struct Ask<'a> {
    /// `null` is no input, as for OPA.
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
    #[serde(default)]
    subject: Option<String>,
}

/// What a request asks with, in whichever form it came.
#[derive(Debug, Default)]
struct Asked {
    input: Option<Input>,
    subject: Option<String>,
}

#[derive(Debug)]
enum Input {
    Text(Box<RawValue>),
    Value(Value),
}

/// The members in OPA's order.
#[derive(Debug, Serialize)]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: Option<Provenance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<BTreeMap<&'static str, u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<Warning>,
}

#[derive(Debug, Serialize)]
struct Warning {
    code: &'static str,
    message: &'static str,
}

const NO_INPUT: Warning =
    Warning { code: "api_usage_warning", message: "'input' key missing from the request" };

#[derive(Debug, Serialize)]
struct Provenance {
    version: &'static str,
    build_commit: &'static str,
    build_timestamp: &'static str,
    build_hostname: &'static str,
    revision: String,
}

/// The clocks of OPA's `metrics` that there is something to say about.
#[derive(Debug, Default)]
struct Timers(BTreeMap<&'static str, u64>);

impl Timers {
    fn note(&mut self, name: &'static str, elapsed: Duration) {
        self.0.insert(name, u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX));
    }
}

pub(crate) async fn answer(
    app: &App,
    request: Request,
    started: Instant,
) -> Result<Response<Body>, ApiError> {
    let _room = app.admit(1)?;
    let (head, body) = request.into_parts();
    let mut timers = Timers::default();
    let revision = app.state.current();
    let url = head.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let query = Query::parse(head.uri.query())?;
    let allowed = said_deadline(&head.headers, &query)?.within(app, None)?;
    let due = Due::new(started, allowed);
    let is_post = head.method == Method::POST;
    let asked = if is_post {
        let bytes = read(app, &head.headers, body).await?;
        timers.note("timer_server_read_bytes_ns", started.elapsed());
        asked_in_body(&head.headers, &bytes)?
    } else {
        asked_in_query(&query)?
    };
    let warning = (is_post && asked.input.is_none() && asked.subject.is_none()).then_some(NO_INPUT);
    let part = if is_post { "body" } else { "parameter" };
    let input = match &asked.subject {
        Some(subject) => {
            let gathering = Instant::now();
            let facts = facts(app, subject, asked.input, part, due).await?;
            timers.note("timer_referee_gather_ns", gathering.elapsed());
            Some(facts)
        }
        None => {
            let parsing = Instant::now();
            let input = asked.input.map(|input| value(input, part)).transpose()?;
            timers.note("timer_rego_input_parse_ns", parsing.elapsed());
            input
        }
    };
    let (asked, _) = if query.flag("strict-builtin-errors") {
        revision.strict_document(url)?
    } else {
        revision.document(url)?
    };
    let evaluating = Instant::now();
    let evaluation = app.engine().evaluate(&asked, input, due.left_to_evaluate()).await?;
    let result = evaluation.value;
    timers.note("timer_rego_query_eval_ns", evaluating.elapsed());
    timers.note("timer_server_handler_ns", started.elapsed());
    let told = Told {
        provenance: query.flag("provenance").then(|| provenance(&revision)),
        metrics: query.flag("metrics").then_some(timers.0),
        result,
        warning,
    };
    reply::json(StatusCode::OK, &told, query.flag("pretty"))
        .map_err(|error| ApiError::Unwritable(Box::new(error)))
}

/// The body of a request, within its limits.
pub(crate) async fn read(app: &App, headers: &HeaderMap, body: Body) -> Result<Bytes, ApiError> {
    if encoded(headers) {
        return Err(ApiError::Encoded);
    }
    let (limit, within) = (app.config.max_body(), app.config.body_read_timeout());
    body::read(headers, body, limit, within).await.map_err(|error| match error {
        // As OPA tells it to its clients.
        BodyError::TooLarge { .. } => ApiError::InputTooLarge,
        other => ApiError::Body(other),
    })
}

/// A body as a document, JSON or YAML as its type says; `None` where it is empty.
pub(crate) fn document(headers: &HeaderMap, bytes: &[u8]) -> Result<Option<Value>, ApiError> {
    let part = "body";
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| malformed(part, InputError::NotUtf8))?;
    let value = if is_yaml(headers) {
        Value::from_json_or_yaml_str(text)
    } else {
        Value::from_json_str(text)
    };
    value.map(Some).map_err(|error| malformed(part, error))
}

/// OPA's rule: the type of the body has `yaml` in it.
fn is_yaml(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| media_type.contains("yaml"))
}

fn asked_in_query(query: &Query) -> Result<Asked, ApiError> {
    let input = query.get("input").map(|text| RawValue::from_string(text.to_owned()));
    let input = input.transpose().map_err(|error| malformed("parameter", error))?;
    let subject = query.get("subject").map(ToOwned::to_owned);
    Ok(Asked { input: input.map(Input::Text), subject })
}

fn asked_in_body(headers: &HeaderMap, bytes: &[u8]) -> Result<Asked, ApiError> {
    let part = "body";
    if is_yaml(headers) {
        let text = std::str::from_utf8(bytes).map_err(|_| malformed(part, InputError::NotUtf8))?;
        return asked_in_yaml(text);
    }
    let text = bytes.trim_ascii();
    if text.is_empty() || text == b"null" {
        return Ok(Asked::default());
    }
    // An array would be read as the members of an object in their order.
    if !text.starts_with(b"{") {
        let error = serde_json::from_slice::<serde::de::IgnoredAny>(bytes)
            .map_or_else(InputError::Json, |_| InputError::NoObject);
        return Err(malformed(part, error));
    }
    let ask: Ask<'_> = serde_json::from_slice(bytes).map_err(|error| malformed(part, error))?;
    Ok(Asked { input: ask.input.map(|input| Input::Text(input.to_owned())), subject: ask.subject })
}

fn asked_in_yaml(text: &str) -> Result<Asked, ApiError> {
    let part = "body";
    if text.is_empty() {
        return Ok(Asked::default());
    }
    let document = Value::from_json_or_yaml_str(text).map_err(|error| malformed(part, error))?;
    if !matches!(document.kind(), ValueKind::Object | ValueKind::Null) {
        return Err(malformed(part, InputError::NoObject));
    }
    let member = |name| document.get(name).filter(|value| value.kind() != ValueKind::Null);
    let subject = member("subject").map(|subject| serde_json::from_value(subject.to_json()));
    let subject = subject.transpose().map_err(|error| malformed(part, error))?;
    Ok(Asked { input: member("input").map(Input::Value), subject })
}

fn value(input: Input, part: &'static str) -> Result<Value, ApiError> {
    match input {
        Input::Text(text) => {
            Value::from_json_str(text.get()).map_err(|error| malformed(part, error))
        }
        Input::Value(value) => Ok(value),
    }
}

async fn facts(
    app: &App,
    subject: &str,
    input: Option<Input>,
    part: &'static str,
    due: Due,
) -> Result<Value, ApiError> {
    let source: Source = subject.parse()?;
    app.registries.admit(&source)?;
    let input = match input {
        None => serde_json::Value::Null,
        Some(Input::Value(value)) => value.to_json(),
        Some(Input::Text(text)) => {
            serde_json::from_str(text.get()).map_err(|error| malformed(part, error))?
        }
    };
    let parameters = match input {
        serde_json::Value::Null => serde_json::Map::new(),
        serde_json::Value::Object(members) => members,
        _ => return Err(ApiError::SubjectInput),
    };
    let request = referee_engine::Request {
        deadline: Some(due.left()),
        parameters,
        ..referee_engine::Request::new(source)
    };
    Ok(app.engine().gather(&request).await?.input()?)
}

fn malformed(part: &'static str, problem: impl Into<InputError>) -> ApiError {
    ApiError::Input { part, problem: problem.into() }
}

fn provenance(revision: &Revision) -> Provenance {
    let ruling = revision.ruling().and_then(|ruling| ruling.as_ref().ok());
    let revision = ruling.map(|policy| policy.identity().revision.clone());
    Provenance {
        version: env!("CARGO_PKG_VERSION"),
        build_commit: "",
        build_timestamp: "",
        build_hostname: "",
        revision: revision.unwrap_or_default(),
    }
}
