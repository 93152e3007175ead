//! `POST /v0/data/{path}` and `POST /`: the whole body is the input, the answer is the bare value.

use crate::app::App;
use crate::deadline::{Due, said_deadline};
use crate::decide::Deciding;
use crate::error::ApiError;
use crate::input;
use crate::query::Query;
use crate::reply::{self, Reply};
use crate::timers::Timers;
use axum::extract::Request;
use axum::http::StatusCode;
use referee_rego::Value;
use tokio::time::Instant;

/// `path` is what stands after `/v0/data`; `None` asks for the decision that the server gives where
/// none is named.
pub(crate) async fn answer(
    app: &App,
    path: Option<&str>,
    request: Request,
    started: Instant,
) -> Result<Reply, ApiError> {
    let _room = app.admit(1)?;
    let (head, body) = request.into_parts();
    let query = Query::parse(head.uri.query())?;
    let allowed = said_deadline(&head.headers, &query)?.within(app, None)?;
    let told = |error| ApiError::InputV0(Box::new(error));
    let bytes = input::read(app, &head, body).await.map_err(|error| match error {
        packed @ ApiError::Unpack(_) => told(packed),
        other => other,
    })?;
    let document = input::document(&head.headers, &bytes).map_err(told)?;
    // To OPA an empty body is `null` here.
    let input = Some(document.unwrap_or_else(Value::null));
    let revision = app.state.current();
    let path = path.unwrap_or(&app.config.default_decision);
    let deciding = Deciding {
        app,
        revision: &revision,
        path,
        strict: false,
        explain: None,
        instrumented: false,
        pretty: false,
        due: Due::new(started, allowed),
        started,
        batch: None,
        custom: None,
        required: true,
    };
    let timers = Timers::new(app.sink.get().is_some());
    let decided = deciding.decide(&head, input, timers).await?;
    // What is undefined was an error.
    let value = decided.value.unwrap_or_else(Value::null);
    let mut text = String::new();
    value.write_go_json(&mut text);
    Ok(reply::text(StatusCode::OK, text, query.flag("pretty")))
}
