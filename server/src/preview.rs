//! `POST /v0/preview/{path}`: what policies and data would say that come with the question, as in
//! Enterprise OPA. Nothing of them stays.

use crate::adhoc::refused;
use crate::app::App;
use crate::data_path;
use crate::deadline::{Due, said_deadline};
use crate::error::ApiError;
use crate::input::{self, BODY, malformed, member};
use crate::members::Members;
use crate::query::Query;
use crate::reply::{self, Reply};
use crate::state::{Revision, WriteError};
use axum::extract::Request;
use axum::http::StatusCode;
use referee_engine::EvaluateError;
use referee_rego::{
    EvalBudget, Module, Program, Question, RegoEngine, SyntaxTree, Value, ValueKind, World,
};
use tokio::time::Instant;

/// What a preview is made of.
#[derive(Debug)]
struct Wanted {
    path: String,
    input: Option<Value>,
    data: Option<Value>,
    modules: Vec<(String, String)>,
    /// A query in the place of the path.
    rego: Option<String>,
    strict: bool,
    sandbox: bool,
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
    let bytes = input::read(app, &head, body).await?;
    let document = input::object(input::document(&head.headers, &bytes)?)?;
    let document = document.unwrap_or_else(|| Value::object([]));
    let wanted = Wanted {
        path: data_path::from_url(path)?,
        input: member(&document, "input"),
        data: objects(&document, "data")?,
        modules: modules(&document)?,
        rego: member(&document, "rego").map(|rego| text("rego", &rego)).transpose()?,
        strict: query.flag("strict"),
        sandbox: query.flag("sandbox"),
    };
    if member(&document, "nd_builtin_cache").is_some() {
        return Err(ApiError::NotImplemented("nd_builtin_cache is not read by this server"));
    }
    let revision = app.state.current();
    let answer =
        app.engine().run(due.left_to_evaluate(), move |budget| preview(&wanted, &revision, budget));
    let (value, prints) = answer.await??;
    let mut members = Members::new();
    if query.flag("print") {
        members.text("printed", &prints.iter().map(|p| format!("{p}\n")).collect::<String>());
    }
    if let Some(value) = value {
        members.value("result", &value);
    }
    Ok(reply::text(StatusCode::OK, members.end(), query.flag("pretty")))
}

fn preview(
    wanted: &Wanted,
    revision: &Revision,
    budget: &EvalBudget,
) -> Result<(Option<Value>, Vec<String>), ApiError> {
    let program = program(wanted, revision)?;
    let world = World::NONE.with_runtime(revision.runtime());
    let input = wanted.input.as_ref();
    let Some(rego) = &wanted.rego else {
        let evaluation = program.evaluate_in(&wanted.path, input, budget, &world);
        let evaluation = evaluation.map_err(EvaluateError::from)?;
        return Ok((evaluation.value, evaluation.prints));
    };
    let package = wanted.path.strip_prefix("data.").filter(|package| !package.contains('['));
    let question = Question::new(rego, *budget).over(input).without_builtins(&["http.send"]);
    let answer = program.ask(&question.in_world(world).in_package(package));
    let results = answer.results.map_err(refused)?;
    let rows = results.rows.into_iter().map(|row| {
        Value::object(row.bindings.iter().map(|(name, value)| (name.as_str(), value.clone())))
    });
    Ok((Some(Value::array(rows)), results.prints))
}

fn program(wanted: &Wanted, revision: &Revision) -> Result<Program, ApiError> {
    let mut sources: Vec<(Module, Option<SyntaxTree>)> = Vec::new();
    let mut data = Value::object([]);
    if !wanted.sandbox {
        let kept = revision.program().modules().iter();
        let kept = kept.filter(|module| !wanted.modules.iter().any(|(id, _)| **id == *module.name));
        sources.extend(kept.map(|module| {
            let tree = revision.policy(&module.name).map(|policy| policy.tree().clone());
            (module.clone(), tree)
        }));
        data = revision.data().clone();
    }
    if let Some(brought) = &wanted.data {
        data = data.merged_with(brought);
    }
    if wanted.modules.is_empty() && !wanted.sandbox && wanted.data.is_none() && !wanted.strict {
        return Ok(revision.program().clone());
    }
    let brought = wanted.modules.iter();
    sources.extend(brought.map(|(id, text)| (Module::new(id.as_str(), text.as_str()), None)));
    let options = revision.program().options().clone().with_strict(wanted.strict);
    let compiled = RegoEngine::compile_parsed(&sources, data, options);
    Ok(compiled.map_err(WriteError::Modules)?)
}

fn objects(document: &Value, name: &'static str) -> Result<Option<Value>, ApiError> {
    match member(document, name) {
        Some(value) if value.kind() != ValueKind::Object => {
            Err(mistyped(name, &value, "an object"))
        }
        other => Ok(other),
    }
}

fn modules(document: &Value) -> Result<Vec<(String, String)>, ApiError> {
    let Some(modules) = objects(document, "rego_modules")? else { return Ok(Vec::new()) };
    let modules = modules.entries().unwrap_or_default().into_iter();
    let module = |(id, module): (Value, Value)| {
        let id = id.as_str().map(std::borrow::Cow::into_owned).unwrap_or_default();
        Ok((id, text("rego_modules", &module)?))
    };
    modules.map(module).collect()
}

fn text(name: &'static str, value: &Value) -> Result<String, ApiError> {
    let text = value.as_str().map(std::borrow::Cow::into_owned);
    text.ok_or_else(|| mistyped(name, value, "a string"))
}

fn mistyped(name: &'static str, value: &Value, wanted: &'static str) -> ApiError {
    let found = value.kind().as_str();
    malformed(BODY, crate::error::InputError::Member { name, found, wanted })
}
