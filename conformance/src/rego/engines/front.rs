//! Referee's own front, `referee-rego`. All that this crate knows of it stands here.

use super::host::{LocalHost, with_sleep};
use crate::json::Json;
use crate::rego::program::{
    Answer, Dialect, Fault, Implementation, Input, Module, Outcome, Place, Program, Row, Settings,
};
use referee_core::Timestamp;
use referee_rego::{
    CompileOptions, EngineChoice, EvalBudget, QueryRow, Question, RegoEngine, RegoError, Value,
    World,
};

/// Referee, as a policy author meets it, with one of its engines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Front {
    engine: EngineChoice,
    /// Whether it answers with what the evaluation gives that explains.
    explains: bool,
}

impl Front {
    /// Referee with an engine.
    #[must_use]
    pub fn new(engine: EngineChoice) -> Self {
        Self { engine, explains: false }
    }

    /// Referee's own engine, answering with what the evaluation gives whose steps are told. What
    /// cannot be answered is not explained: its errors are those of the other evaluation.
    #[must_use]
    pub fn explaining() -> Self {
        Self { engine: EngineChoice::Native, explains: true }
    }
}

impl Implementation for Front {
    fn name(&self) -> &str {
        if self.explains { "native, explaining" } else { self.engine.as_str() }
    }

    fn run(&self, program: &Program) -> Outcome {
        let host = LocalHost::new(&program.settings.env);
        match compile(program, self.engine) {
            Ok(Ok((compiled, input, budget))) => {
                let ask = |query: &String| {
                    let question = Question::new(query, budget).over(input.as_ref());
                    answer(&compiled, question, (&host, self.explains))
                };
                Outcome::Answered(program.queries.iter().map(ask).collect())
            }
            Ok(Err(errors)) => Outcome::Rejected(errors),
            Err(what) => Outcome::Broken(what),
        }
    }
}

type Ready = (referee_rego::Program, Option<Value>, EvalBudget);

fn compile(program: &Program, engine: EngineChoice) -> Result<Result<Ready, Vec<Fault>>, String> {
    let settings = &program.settings;
    let budget = budget(settings)?;
    let module =
        |module: &Module| referee_rego::Module::new(module.name.as_str(), module.text.as_str());
    let modules: Vec<_> = program.modules.iter().map(module).collect();
    let data = program.data.as_ref().map_or_else(|| "{}".into(), Json::to_string);
    let data = Value::from_json_str(&data).map_err(|error| format!("data: {error}"))?;
    let options = CompileOptions::DEFAULT
        .with_engine(engine)
        .with_strict(settings.strict)
        .with_strict_builtin_errors(settings.strict_builtin_errors)
        .with_experimental_keywords(settings.experimental_keywords)
        .with_data_conflicts_checked(settings.data_conflicts)
        .with_rego_v0(settings.dialect != Dialect::V1);
    let sleeps = program.modules.iter().any(|module| module.text.contains("test.sleep"));
    let options = if sleeps { with_sleep(options)? } else { options };
    let compiled = match RegoEngine::compile(&modules, data, options) {
        Ok(compiled) => compiled,
        Err(errors) => return Ok(Err(errors.iter().map(fault).collect())),
    };
    let input = match &program.input {
        Input::None => None,
        Input::Json(input) => Some(
            Value::from_json_str(&input.to_string()).map_err(|error| format!("input: {error}"))?,
        ),
        // The front has no reader of ground terms: a query gives them.
        Input::Term(term) => {
            let results = compiled.query_with(term, None, &budget);
            let results = results.map_err(|error| format!("input_term: {error}"))?;
            let row = results.rows.into_iter().next();
            row.and_then(|row| row.expressions.into_iter().next()).map(|first| first.value)
        }
    };
    Ok(Ok((compiled, input, budget)))
}

fn budget(settings: &Settings) -> Result<EvalBudget, String> {
    let now = settings.now_ns.unwrap_or_default().div_euclid(1_000_000_000);
    let now = Timestamp::from_unix_seconds(now).ok_or("a time before year 1 or after 9999")?;
    Ok(EvalBudget::new(settings.timeout, now))
}

fn answer<'a>(
    compiled: &referee_rego::Program,
    mut question: Question<'a>,
    (host, explains): (&'a LocalHost<'a>, bool),
) -> Answer {
    question.world = World::NONE.with_host(host);
    question.reports.explanation = explains;
    let referee_rego::Answer { results, told, .. } = compiled.ask(&question);
    let results = match told.explained {
        Some(explained) => explained,
        None if explains && results.is_ok() => return Answer::Errors(Vec::new()),
        None => results,
    };
    match results {
        Ok(results) => Answer::Rows(results.rows.into_iter().filter(holds).map(row).collect()),
        Err(errors) => Answer::Errors(errors.iter().map(fault).collect()),
    }
}

/// The front gives a row for an expression that is false; OPA's evaluator does not.
fn holds(row: &QueryRow) -> bool {
    row.expressions.iter().all(|expression| expression.value.as_bool() != Some(false))
}

fn row(row: QueryRow) -> Row {
    let document = |value: Value| {
        let text = value.to_json_string();
        Json::parse(&text).unwrap_or_else(|error| format!("unreadable: {error}: {text}").into())
    };
    row.bindings.into_iter().map(|(name, value)| (name, document(value))).collect()
}

fn fault(error: &RegoError) -> Fault {
    Fault {
        code: error.code.as_str().to_owned(),
        message: error.message.clone(),
        place: error.location.as_ref().map(|at| Place {
            file: if at.file == "query" { String::new() } else { at.file.clone() },
            row: at.row,
            col: at.col,
        }),
    }
}
