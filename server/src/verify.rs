//! `POST /v1/verify`: references in, decisions out.

use crate::access::{self, Ruling};
use crate::app::{App, Served};
use crate::body;
use crate::compress::is_encoded;
use crate::deadline::{Due, meant_deadline};
use crate::decide;
use crate::decision_sink::{DecisionEvent, DecisionOutcome, DecisionSubject};
use crate::error::ApiError;
use crate::input;
use crate::query::Query;
use crate::reply;
use crate::route::Answer;
use crate::state::Revision;
use crate::timers::{self, Timers};
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;
use futures_util::future::join_all;
use referee_core::document::{self, DocumentError};
use referee_core::{Coded, Decision, Facts, Source};
use referee_rego::Value as Rego;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::time::Instant;

/// The header with the number of the decision, where there is just one.
const DECISION_ID: HeaderName = HeaderName::from_static("referee-decision-id");

/// The most characters of a text that is no reference which the answer gives back.
const MAX_ECHO: usize = 300;

/// What errors call the body.
const BODY: &str = "body";

/// The body of a request.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Ask {
    /// One reference.
    reference: Option<String>,
    /// Several references.
    references: Option<Vec<String>>,
    /// The policy to rule, by its name.
    policy: Option<String>,
    /// The Kubernetes namespace, or whatever plays its part.
    namespace: Option<String>,
    /// Whatever else the policy is to know.
    parameters: Map<String, Value>,
    /// Whether to answer the facts with each decision.
    facts: bool,
    /// How long the answer may take, in milliseconds.
    deadline_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Told<'a> {
    decisions: &'a [Judged],
}

/// A decision with the facts it was made of.
#[derive(Debug, Serialize)]
struct Judged {
    #[serde(flatten)]
    decision: Decision,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<Facts>,
}

pub(crate) async fn answer(
    app: &App,
    request: Request,
    started: Instant,
) -> Result<Answer, ApiError> {
    // Room for the first reference is taken before anything is read: a body takes memory.
    let _room = app.admit(1)?;
    let (head, body) = request.into_parts();
    let query = Query::parse(head.uri.query())?;
    let bytes = read_body(app, &head, body).await?;
    let said = meant_deadline(&head.headers, &query)?;
    let mut ask = read(&bytes)?;
    let references = references(&mut ask, app.config.max_batch())?;
    let revision = app.state.current();
    let policy = app.policy(ask.policy.as_deref()).await?;
    if ask.facts && !app.config.expose_facts {
        return Err(ApiError::FactsKept);
    }
    let allowed = said.within(app, ask.deadline_ms)?;
    let _more_room = app.admit(references.len().saturating_sub(1))?;
    let due = Due::new(started, allowed);
    let judged = join_all(references.iter().map(|text| judge(app, &policy, text, &ask, due))).await;
    if let Some(sink) = app.sink.get() {
        let log = Log { app, head: &head, revision: &revision, ask: &ask, started };
        judged.iter().for_each(|judged| sink.record(log.event(&judged.decision)));
    }
    tell(&judged, query.flag("pretty"))
}

/// The body as it was sent: there is no other.
pub(crate) async fn read_body(app: &App, head: &Parts, body: Body) -> Result<Bytes, ApiError> {
    if is_encoded(&head.headers) {
        return Err(ApiError::Encoded);
    }
    if let Some(bytes) = input::shown(head) {
        return Ok(bytes);
    }
    let limit = app.config.max_body();
    Ok(body::read(&head.headers, body, limit, app.config.body_read_timeout()).await?)
}

/// What the decision log is told of a ruling.
struct Log<'a> {
    app: &'a App,
    head: &'a Parts,
    /// Its policies say what is hidden; those that ruled may be others.
    revision: &'a Arc<Revision>,
    ask: &'a Ask,
    started: Instant,
}

impl Log<'_> {
    /// The input is what was asked, as it stands under `input.request` in the facts; the result is
    /// the ruling; what it rests on stands under `custom.referee`.
    fn event(&self, decision: &Decision) -> DecisionEvent {
        let mut request = Map::new();
        request.insert("reference".to_owned(), decision.reference.clone().into());
        if let Some(namespace) = &self.ask.namespace {
            request.insert("namespace".to_owned(), namespace.clone().into());
        }
        request.insert("parameters".to_owned(), self.ask.parameters.clone().into());
        let result = json!({
            "verdict": decision.verdict,
            "reasons": decision.reasons,
            "warnings": decision.warnings,
            "retryable": decision.retryable,
            "mode": decision.mode,
        });
        let custom = json!({"referee": {
            "kind": "verify",
            "subject": decision.subject,
            "facts_digest": decision.facts_digest,
            "policy": decision.policy,
            "elapsed_ms": decision.elapsed_ms,
        }});
        // What was read from JSON, or is written as it, is no deeper than values may be.
        let value = |json| Rego::from_json(json).unwrap_or_else(|_| Rego::null());
        let subject = DecisionSubject::Path(decision.policy.package.replace('.', "/"));
        let outcome = DecisionOutcome::Result(value(result));
        let input = Some(value(json!({ "request": request })));
        let mut timers = Timers::new(true);
        timers.since(timers::HANDLER, self.started);
        let event =
            decide::event(self.app, self.revision, self.head, subject, input, outcome, &timers);
        DecisionEvent {
            decision_id: decision.decision_id.clone(),
            timestamp: decision.evaluated_at,
            custom: Some(value(custom)),
            ..event
        }
    }
}

fn tell(judged: &[Judged], pretty: bool) -> Result<Answer, ApiError> {
    let mut response = reply::json(StatusCode::OK, &Told { decisions: judged }, pretty)
        .map_err(|error| ApiError::Unwritable(Box::new(error)))?;
    if let [only] = judged
        && let Ok(id) = HeaderValue::from_str(&only.decision.decision_id)
    {
        response.headers_mut().insert(DECISION_ID, id);
    }
    let rulings = judged.iter().map(|judged| Ruling {
        decision_id: judged.decision.decision_id.clone(),
        verdict: judged.decision.verdict,
    });
    Ok(Answer { response, rulings: rulings.collect() })
}

/// Reads the body. The way that tells mistakes well costs more than a whole ruling, so it is
/// taken only where the quick one fails.
fn read(bytes: &[u8]) -> Result<Ask, ApiError> {
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    if is_object && let Ok(ask) = serde_json::from_slice(bytes) {
        return Ok(ask);
    }
    let shape = |message: String| DocumentError::Shape {
        name: "request".to_owned(),
        path: BODY.to_owned(),
        message,
    };
    let value: Value = serde_json::from_slice(bytes).map_err(|e| shape(e.to_string()))?;
    if !value.is_object() {
        return Err(shape("it must be an object".to_owned()).into());
    }
    Ok(document::from_value(BODY, value)?)
}

fn references(ask: &mut Ask, limit: usize) -> Result<Vec<String>, ApiError> {
    let references = match (ask.reference.take(), ask.references.take()) {
        (Some(one), None) => vec![one],
        (None, Some(several)) => several,
        _ => return Err(ApiError::OneOfTwo),
    };
    match references.len() {
        0 => Err(ApiError::NothingAsked),
        found if found > limit => Err(ApiError::TooMany { found, limit }),
        _ => Ok(references),
    }
}

/// One reference. Whatever is wrong with it is told in its own decision.
async fn judge(app: &App, policy: &Served, text: &str, ask: &Ask, due: Due) -> Judged {
    let started = Instant::now();
    let judged = match admitted(app, text) {
        Ok(source) => {
            let request = referee_engine::Request {
                deadline: Some(due.left()),
                namespace: ask.namespace.clone(),
                parameters: ask.parameters.clone(),
                ..referee_engine::Request::new(source)
            };
            let ruled = app.engine().rule(&request, &policy.policy).await;
            let facts = ruled.gathered.filter(|_| ask.facts).map(|gathered| gathered.facts());
            Judged { decision: ruled.decision, facts }
        }
        Err(error) => {
            let echo: String = text.chars().take(MAX_ECHO).collect();
            Judged { decision: app.engine().refuse(&echo, &policy.policy, &*error), facts: None }
        }
    };
    policy.meters.ruled(judged.decision.verdict, started.elapsed());
    access::decision(&policy.name, &judged.decision);
    judged
}

fn admitted(app: &App, text: &str) -> Result<Source, Box<dyn Coded + Send + Sync>> {
    let source: Source = match text.parse() {
        Ok(source) => source,
        Err(error) => {
            let error: referee_core::reference::ReferenceError = error;
            return Err(Box::new(error));
        }
    };
    match app.registries.admit(&source) {
        Ok(()) => Ok(source),
        Err(refused) => Err(Box::new(refused)),
    }
}
