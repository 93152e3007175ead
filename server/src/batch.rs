//! `POST /v1/batch/data/{path}`: one document over many inputs, as Enterprise OPA answers it. All of
//! them are answered from one revision.

use crate::app::App;
use crate::data::provenance;
use crate::deadline::{Due, said_deadline};
use crate::decide::Deciding;
use crate::error::ApiError;
use crate::input::{self, BODY, malformed, member};
use crate::members::Members;
use crate::query::Query;
use crate::reply::{self, Reply};
use crate::timers::{self, Timers};
use axum::extract::Request;
use axum::http::StatusCode;
use referee_rego::{Value, ValueKind};
use tokio::time::Instant;

/// The warning where nothing is asked.
const NO_INPUTS: &str =
    r#"{"code":"api_usage_warning","message":"'inputs' key missing from the request"}"#;

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
    let bytes = input::read(app, &head, body).await?;
    let document = input::object(input::document(&head.headers, &bytes)?)?;
    let document = document.unwrap_or_else(|| Value::object([]));
    let inputs = match member(&document, "inputs") {
        None => None,
        Some(inputs) => match inputs.entries() {
            Some(inputs) => Some(inputs),
            None => return Err(mistyped("inputs", &inputs)),
        },
    };
    let common = member(&document, "common_input");
    if let Some(common) = common.as_ref().filter(|common| common.kind() != ValueKind::Object) {
        return Err(mistyped("common_input", common));
    }
    let revision = app.state.current();
    let batch = app.sink.get().map(|_| uuid::Uuid::new_v4().to_string());
    let mut answers = Vec::new();
    for (name, input) in inputs.iter().flatten() {
        let input = match &common {
            Some(common) => common.merged_with(input),
            None => input.clone(),
        };
        let deciding = Deciding {
            app,
            revision: &revision,
            path,
            strict: query.flag("strict-builtin-errors"),
            explain: None,
            instrumented: timers::instrumented(&query),
            pretty: false,
            due,
            started: Instant::now(),
            batch: batch.as_deref(),
            custom: None,
            required: false,
        };
        let timers = Timers::new(timers::wanted(&query) || app.sink.get().is_some());
        let name = name.as_str().map(std::borrow::Cow::into_owned).unwrap_or_default();
        answers.push((name, deciding.decide(&head, Some(input), timers).await));
    }
    let failed = answers.iter().filter(|(_, answer)| answer.is_err()).count();
    let status = match failed {
        0 => StatusCode::OK,
        failed if failed == answers.len() => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::MULTI_STATUS,
    };
    let unwritable = |error| ApiError::Unwritable(Box::new(error));
    let mut responses = Members::new();
    for (name, answer) in &answers {
        let (mut told, code) = match answer {
            Err(error) => (Members::opened(&error.to_json()), error.status()),
            Ok(decided) => {
                let mut told = Members::new();
                if let Some(id) = &decided.decision_id {
                    told.text("decision_id", id);
                }
                if query.flag("provenance") {
                    told.raw("provenance", &provenance(&revision)?);
                }
                if timers::wanted(&query)
                    && let Some(all) = decided.timers.told()
                {
                    told.json("metrics", &all).map_err(unwritable)?;
                }
                if let Some(value) = &decided.value {
                    told.value("result", value);
                }
                (told, StatusCode::OK)
            }
        };
        if status == StatusCode::MULTI_STATUS {
            // A string, as Enterprise OPA and its clients have it.
            told.text("http_status_code", code.as_str());
        }
        responses.raw_named(name, &told.end());
    }
    let mut members = Members::new();
    if let Some(batch) = &batch {
        members.text("batch_decision_id", batch);
    }
    if timers::wanted(&query) {
        let mut whole = Timers::asked(&query);
        whole.since(timers::HANDLER, started);
        members.json("metrics", &whole.all()).map_err(unwritable)?;
    }
    members.raw("responses", &responses.end());
    if inputs.is_none() {
        members.raw("warning", NO_INPUTS);
    }
    Ok(reply::text(status, members.end(), query.flag("pretty")))
}

fn mistyped(name: &'static str, value: &Value) -> ApiError {
    let found = value.kind().as_str();
    malformed(BODY, crate::error::InputError::Member { name, found, wanted: "an object" })
}
