//! `/v1/query`: OPA's queries that come as text.

use crate::app::App;
use crate::deadline::{Due, said_deadline};
use crate::decide::{event, told};
use crate::decision_sink::{DecisionEvent, DecisionOutcome, DecisionSubject};
use crate::error::ApiError;
use crate::explain::{self, Mode, Telling};
use crate::input::{self, member};
use crate::members::{Members, list};
use crate::query::Query;
use crate::reply::{self, Reply};
use crate::timers::{self, Timers};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use referee_engine::EvaluateError;
use referee_rego::{Answer, QueryResults, Question, RegoCode, RegoErrors, Told, Value, World};
use tokio::time::Instant;

/// Builtins that queries from outside may not call, as in OPA; policies may.
pub(crate) const UNSAFE: &[&str] = &["http.send"];

/// What OPA's decoder calls the body.
const GO_TYPE: &str = "QueryRequestV1";

pub(crate) async fn answer(
    app: &App,
    request: Request,
    started: Instant,
) -> Result<Reply, ApiError> {
    let _room = app.admit(1)?;
    let (head, body) = request.into_parts();
    let query = Query::parse(head.uri.query())?;
    let allowed = said_deadline(&head.headers, &query)?.within(app, None)?;
    let due = Due::new(started, allowed);
    let is_post = head.method == Method::POST;
    let (text, input) = if is_post {
        let bytes = input::read(app, &head, body).await?;
        let request = input::request(&bytes, GO_TYPE)?;
        (input::text(&request, GO_TYPE, "query")?, member(&request, "input"))
    } else {
        (query.last("q").ok_or(ApiError::NoQuery)?.to_owned(), None)
    };
    let mut timers = Timers::new(timers::wanted(&query) || app.sink.get().is_some());
    let revision = app.state.current();
    let (mode, pretty) = (Mode::of(&query), query.flag("pretty"));
    let telling = Telling { mode, pretty, instrumented: timers::instrumented(&query) };
    // What is no query is refused before OPA would log it, and what it logs is the query as it read it.
    let as_read = |sink| Some((sink, input.clone(), referee_rego::query_text(&text).ok()?));
    let logged = app.sink.get().and_then(as_read);
    let (program, runtime) = (revision.program().clone(), revision.runtime().clone());
    let calls = app.calls();
    let noted = calls.clone();
    let evaluation = app.engine().run(due.left_to_evaluate(), move |budget| {
        let question = Question::new(&text, *budget).over(input.as_ref());
        let question = question.telling(telling.reports()).without_builtins(UNSAFE).trying_rules();
        let mut world = World::NONE.with_runtime(&runtime);
        world.calls = noted.as_deref();
        program.ask(&question.in_world(world))
    });
    // One that gave no answer in time is logged as any that fails.
    let (results, said) = match evaluation.await {
        Ok(Answer { results, told, .. }) => (results.map_err(refused), told),
        Err(error) => (Err(ApiError::from(error)), Told::default()),
    };
    timers.measured(said.measures);
    timers.read_base(said.read_base);
    explain::log_prints(&said.prints);
    // What is nothing is not compiled, and what does not compile is not evaluated.
    if !matches!(&results, Err(ApiError::EmptyQuery)) {
        timers.note(timers::QUERY_COMPILE, said.times.parse.saturating_add(said.times.compile));
    }
    if !matches!(&results, Err(ApiError::EmptyQuery | ApiError::AdHoc(_))) {
        timers.note(timers::QUERY_EVAL, said.times.eval);
    }
    if is_post {
        timers.since(timers::HANDLER, started);
    }
    if let Some((sink, input, text)) = logged {
        let outcome = match &results {
            Ok(results) => DecisionOutcome::Result(Value::array(results.rows.iter().map(bindings))),
            Err(error) => DecisionOutcome::Error(told(error)),
        };
        let subject = DecisionSubject::Query(text);
        let event = event(app, &revision, &head, subject, input, outcome, &timers);
        sink.record(DecisionEvent { calls, ..event });
    }
    let results = results?;
    let mut members = Members::new();
    if let Some(mode) = mode {
        members.raw("explanation", &explain::text(&said.explanation, mode, pretty)?);
    }
    if timers::wanted(&query)
        && let Some(all) = timers.told()
    {
        let written = members.json("metrics", &all);
        written.map_err(|error| ApiError::Unwritable(Box::new(error)))?;
    }
    if !results.rows.is_empty() {
        members.raw("result", &rows(&results));
    }
    Ok(reply::text(StatusCode::OK, members.end(), pretty))
}

/// What is wrong with a query, or with its evaluation.
pub(crate) fn refused(errors: RegoErrors) -> ApiError {
    let first = errors.first();
    match first.code {
        RegoCode::Parse if first.message == "cannot evaluate empty query" => ApiError::EmptyQuery,
        RegoCode::Parse
        | RegoCode::Compile
        | RegoCode::Type
        | RegoCode::UnsafeVar
        | RegoCode::Recursion => ApiError::AdHoc(errors),
        _ => ApiError::Evaluate(EvaluateError::from(first.clone())),
    }
}

fn rows(results: &QueryResults) -> String {
    list(results.rows.iter().map(|row| {
        let mut text = String::new();
        bindings(row).write_go_json(&mut text);
        text
    }))
}

/// The variables of a way in which a query holds; those that nobody named are left out.
fn bindings(row: &referee_rego::QueryRow) -> Value {
    let named = row.bindings.iter().filter(|(name, _)| !name.starts_with('$') && name != "_");
    Value::object(named.map(|(name, value)| (name.as_str(), value.clone())))
}
