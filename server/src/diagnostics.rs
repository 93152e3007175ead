//! `/health` and `/metrics`: never shed, never behind a caller's deadline.

use crate::app::App;
use crate::compress;
use crate::error::ApiError;
use crate::exposition::Form;
use crate::members::Members;
use crate::query::Query;
use crate::reply::{self, Reply};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use referee_rego::Value;
use std::time::Duration;

/// How long a policy about health may take: who asks for health has a deadline of seconds.
const HEALTH_TIME: Duration = Duration::from_secs(2);

/// `{}` while the server takes requests and what is asked about besides is well; OPA's words
/// where it is not.
pub(crate) fn health(app: &App, query: Option<&str>) -> Result<Reply, ApiError> {
    if app.is_stopping() {
        return Ok(unwell(StatusCode::SERVICE_UNAVAILABLE, "shutting down"));
    }
    let query = Query::parse(query)?;
    let bundles = query.flag("bundle") || query.flag("bundles");
    if bundles && !app.plugins.bundles_ready() {
        let told = "one or more bundles are not activated";
        return Ok(unwell(StatusCode::INTERNAL_SERVER_ERROR, told));
    }
    let but: Vec<&str> = query.all("exclude-plugin").collect();
    if query.flag("plugins") && !app.plugins.all_well(&but) {
        let told = "one or more plugins are not up";
        return Ok(unwell(StatusCode::INTERNAL_SERVER_ERROR, told));
    }
    Ok(well())
}

/// The rule `data.system.health.{rest}` over how the parts of the server are.
pub(crate) async fn health_rule(app: &App, rest: &str) -> Result<Reply, ApiError> {
    let states = app.plugins.all();
    let states = states.iter().map(|(name, it)| (name.as_str(), Value::from(it.state.as_str())));
    let input = Value::object([
        ("plugin_state", Value::object(states)),
        ("plugins_ready", Value::from(app.plugins.have_been_ready())),
    ]);
    let revision = app.state.current();
    let (asked, _) = revision.document(&format!("/system/health/{rest}"))?;
    let path = asked.path().to_owned();
    let fail = |told: &str| unwell(StatusCode::INTERNAL_SERVER_ERROR, told);
    Ok(match app.engine().evaluate(&asked, Some(input), HEALTH_TIME).await {
        Err(error) => fail(&error.to_string()),
        Ok(evaluation) => match evaluation.value {
            None => fail(&format!("health check ({path}) was undefined")),
            Some(value) if value.as_bool() == Some(true) => well(),
            Some(_) => fail(&format!("health check ({path}) returned unexpected value")),
        },
    })
}

fn well() -> Reply {
    reply::with_body(StatusCode::OK, "application/json", "{}\n")
}

fn unwell(status: StatusCode, told: &str) -> Reply {
    let mut members = Members::new();
    members.text("error", told);
    reply::text(status, members.end(), false)
}

/// The counters, in the form that the caller takes; `name[]` names those that it wants.
pub(crate) fn metrics(
    app: &App,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Reply, ApiError> {
    let query = Query::parse(query)?;
    let names: Vec<&str> = query.all("name[]").collect();
    let text = app.metrics.text().map_err(|error| ApiError::Unwritable(Box::new(error)))?;
    let form = Form::of(headers);
    let mut answer = Reply::new(form.write(&text, &names).into());
    answer.headers_mut().insert(CONTENT_TYPE, form.media_type());
    Ok(match compress::wanted(headers) {
        true => compress::gzipped(answer, app.config.gzip_level),
        false => answer,
    })
}
