//! One question to a program that is not a ruling.

use super::answer::after;
use super::policy::{Evaluated, evaluate};
use crate::engine::Engine;
use crate::evaluate::EvaluateError;
use referee_rego::{EvalBudget, Program, RegoError, Value};
use std::time::Duration;
use tokio::time::Instant;

pub(crate) fn ask(
    engine: &Engine,
    program: &Program,
    path: &str,
    input: Option<Value>,
    deadline: Duration,
) -> impl Future<Output = Result<Option<Value>, EvaluateError>> + Send + use<> {
    let until = after(Instant::now(), deadline);
    let now = engine.inner.clock.now();
    // Nothing replays these answers: what is random in them may be random.
    let (seed, _) = uuid::Uuid::new_v4().as_u64_pair();
    let permits = engine.inner.evaluations.clone();
    let (program, path) = (program.clone(), path.to_owned());
    async move {
        let evaluation = move || {
            // Some of the time may have gone by in waiting for a thread.
            let time = until.saturating_duration_since(Instant::now());
            answer(&program, &path, input.as_ref(), &EvalBudget::new(time, now).with_seed(seed))
        };
        match evaluate(&permits, until, evaluation).await {
            Evaluated::Answer(answer) => Ok(answer?),
            Evaluated::TimeUp => Err(EvaluateError::TimeUp),
            Evaluated::Failed => Err(EvaluateError::Failed),
        }
    }
}

fn answer(
    program: &Program,
    path: &str,
    input: Option<&Value>,
    budget: &EvalBudget,
) -> Result<Option<Value>, RegoError> {
    match input {
        Some(input) => program.eval(path, input, budget),
        None => {
            let results = program.query_with(path, None, budget)?;
            let row = results.rows.into_iter().next();
            Ok(row.and_then(|row| row.expressions.into_iter().next()).map(|found| found.value))
        }
    }
}
