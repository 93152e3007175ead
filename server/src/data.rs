//! `GET` and `POST /v1/data/{path}`: OPA's data API over the policies and data in force.
//!
//! With a `subject` the facts about it are gathered first and are the input; what the caller
//! sends as `input` then stands in the facts under `request.parameters`. A server without a policy of
//! its own is an OPA, to which a member `subject` means nothing: nothing is gathered there.

use crate::app::App;
use crate::deadline::{Due, said_deadline};
use crate::decide::{Decided, Deciding};
use crate::error::{ApiError, InputError};
use crate::explain::Mode;
use crate::input::{self, BODY, malformed, member};
use crate::members::Members;
use crate::query::Query;
use crate::reply::{self, Reply};
use crate::state::Revision;
use crate::timers::{self, Timers};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use referee_core::Source;
use referee_rego::Value;
use std::sync::Arc;
use tokio::time::Instant;

/// OPA's warning where a body has no input.
const NO_INPUT: &str =
    r#"{"code":"api_usage_warning","message":"'input' key missing from the request"}"#;

/// What a request asks with, in whichever form it came.
#[derive(Debug, Default)]
struct Asked {
    input: Option<Value>,
    subject: Option<String>,
    /// What else stands in the body: nothing to the answer, and for the log.
    others: Option<Value>,
}

pub(crate) async fn answer(
    app: &App,
    path: &str,
    request: Request,
    started: Instant,
) -> Result<Reply, ApiError> {
    let _room = app.admit(1)?;
    let (head, body) = request.into_parts();
    let query = Query::parse(head.uri.query())?;
    let allowed = said_deadline(&head.headers, &query)?.within(app, None)?;
    let due = Due::new(started, allowed);
    let is_post = head.method == Method::POST;
    let mut timers = Timers::new(timers::wanted(&query) || app.sink.get().is_some());
    let follows = app.state.current().rules();
    let asked = if is_post {
        let bytes = input::read(app, &head, body).await?;
        let parsing = Instant::now();
        let document = input::document(&head.headers, &bytes)?;
        let asked = asked_in_body(document, follows, app.sink.get().is_some())?;
        timers.since(timers::INPUT_PARSE, parsing);
        asked
    } else {
        let parsing = Instant::now();
        let asked = asked_in_query(&query, follows)?;
        timers.since(timers::INPUT_PARSE, parsing);
        asked
    };
    let warned = is_post && asked.input.is_none() && asked.subject.is_none();
    let logged = asked.others.map(|others| Value::object([("request_metadata", others)]));
    let input = match &asked.subject {
        Some(subject) => {
            let gathering = Instant::now();
            let facts = facts(app, subject, asked.input, due).await?;
            timers.since("timer_referee_gather_ns", gathering);
            Some(facts)
        }
        None => asked.input,
    };
    let revision = app.state.current();
    let deciding = Deciding {
        app,
        revision: &revision,
        path,
        strict: query.flag("strict-builtin-errors"),
        explain: Mode::of(&query),
        instrumented: timers::instrumented(&query),
        pretty: query.flag("pretty"),
        due,
        started,
        batch: None,
        custom: logged.as_ref(),
        required: false,
    };
    let decided = deciding.decide(&head, input, timers).await?;
    tell(&query, &revision, &decided, warned)
}

/// The answer, its members in OPA's order.
fn tell(
    query: &Query,
    revision: &Arc<Revision>,
    decided: &Decided,
    warned: bool,
) -> Result<Reply, ApiError> {
    let unwritable = |error| ApiError::Unwritable(Box::new(error));
    let mut members = Members::new();
    if let Some(id) = &decided.decision_id {
        members.text("decision_id", id);
    }
    if query.flag("provenance") {
        members.raw("provenance", &provenance(revision)?);
    }
    if let Some(explanation) = &decided.explanation {
        members.raw("explanation", explanation);
    }
    if timers::wanted(query)
        && let Some(all) = decided.timers.told()
    {
        members.json("metrics", &all).map_err(unwritable)?;
    }
    if let Some(value) = &decided.value {
        members.value("result", value);
    }
    if warned {
        members.raw("warning", NO_INPUT);
    }
    Ok(reply::text(StatusCode::OK, members.end(), query.flag("pretty")))
}

/// OPA's `provenance`: what runs, and with which bundles; without bundles the revision of the
/// server's own policy, if that is known already.
pub(crate) fn provenance(revision: &Revision) -> Result<String, ApiError> {
    let mut members = Members::new();
    members.text("version", env!("CARGO_PKG_VERSION"));
    members.text("build_commit", "");
    members.text("build_timestamp", "");
    members.text("build_hostname", "");
    if revision.bundles().is_empty() {
        let ruling = revision.ruling_at_hand().and_then(|ruling| ruling.as_ref().ok());
        if let Some(policy) = ruling {
            members.text("revision", &policy.identity().revision);
        }
    } else {
        let mut bundles = Members::new();
        for (name, bundle) in revision.bundles() {
            let mut said = Members::new();
            said.text("revision", bundle.revision());
            bundles.raw_named(name, &said.end());
        }
        members.raw("bundles", &bundles.end());
    }
    Ok(members.end())
}

/// `follows`: subjects are followed.
fn asked_in_query(query: &Query, follows: bool) -> Result<Asked, ApiError> {
    let part = "parameter";
    let input = query.last("input").map(|text| Value::from_json_body(text.as_bytes()));
    let input = input.transpose().map_err(|error| malformed(part, error))?;
    let subject = query.get("subject").filter(|_| follows).map(ToOwned::to_owned);
    Ok(Asked { input, subject, others: None })
}

/// `follows`: subjects are followed; `logged`: what stands beside is wanted.
fn asked_in_body(document: Option<Value>, follows: bool, logged: bool) -> Result<Asked, ApiError> {
    let Some(document) = input::object(document)? else { return Ok(Asked::default()) };
    let subject = match member(&document, "subject").filter(|_| follows) {
        None => None,
        Some(subject) => match subject.as_str() {
            Some(subject) => Some(subject.into_owned()),
            None => return Err(malformed(BODY, InputError::Subject(subject.kind().as_str()))),
        },
    };
    let others = if logged { others(&document, follows) } else { None };
    Ok(Asked { input: member(&document, "input"), subject, others })
}

/// The members of a body that mean nothing here, which OPA logs for those who put them there.
fn others(document: &Value, follows: bool) -> Option<Value> {
    let meant = |name: &str| name == "input" || (follows && name == "subject");
    let members = document.entries()?.into_iter();
    let named = members.filter_map(|(name, value)| Some((name.as_str()?.into_owned(), value)));
    let others: Vec<_> = named.filter(|(name, _)| !meant(name)).collect();
    let object = || Value::object(others.iter().map(|(name, it)| (name.as_str(), it.clone())));
    (!others.is_empty()).then(object)
}

async fn facts(
    app: &App,
    subject: &str,
    input: Option<Value>,
    due: Due,
) -> Result<Value, ApiError> {
    let source: Source = subject.parse()?;
    app.registries.admit(&source)?;
    let parameters = match input.map(|input| input.to_json()) {
        None | Some(serde_json::Value::Null) => serde_json::Map::new(),
        Some(serde_json::Value::Object(members)) => members,
        Some(_) => return Err(ApiError::SubjectInput),
    };
    let request = referee_engine::Request {
        deadline: Some(due.left()),
        parameters,
        ..referee_engine::Request::new(source)
    };
    Ok(app.engine().gather(&request).await?.input()?)
}
