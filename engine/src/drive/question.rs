//! Questions to a program that are not rulings.

use super::answer::after;
use super::policy::{Evaluated, evaluate};
use crate::engine::Engine;
use crate::evaluate::{Asked, EvaluateError};
use referee_rego::{EvalBudget, Evaluation, RegoCode, RegoError, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a document may take that is evaluated without going to another thread.
const AT_ONCE: Duration = Duration::from_millis(2);

pub(crate) async fn ask(
    engine: &Engine,
    asked: &Arc<Asked>,
    input: Option<Value>,
    deadline: Duration,
) -> Result<Evaluation, EvaluateError> {
    let started = Instant::now();
    let until = after(started, deadline);
    let budget = budget(engine, deadline);
    if asked.pace.is_quick() {
        let answer = asked.answer(input.as_ref(), &budget.with_time(deadline.min(AT_ONCE)));
        asked.pace.note(started.elapsed());
        let cancelled = |error: &RegoError| error.code == RegoCode::EvalCancel;
        if !answer.as_ref().is_err_and(cancelled) {
            return Ok(answer?);
        }
    }
    let asked = Arc::clone(asked);
    let evaluation = move || {
        // Some of the time may have gone by in waiting for a thread.
        let started = Instant::now();
        let time = until.saturating_duration_since(started);
        let answer = asked.answer(input.as_ref(), &budget.with_time(time));
        asked.pace.note(started.elapsed());
        answer
    };
    told(evaluate(&engine.inner.evaluations, until, evaluation).await)?.map_err(Into::into)
}

pub(crate) fn run<T: Send + 'static, F: FnOnce(&EvalBudget) -> T + Send + 'static>(
    engine: &Engine,
    deadline: Duration,
    evaluation: F,
) -> impl Future<Output = Result<T, EvaluateError>> + Send + use<T, F> {
    let until = after(Instant::now(), deadline);
    let budget = budget(engine, deadline);
    let permits = engine.inner.evaluations.clone();
    let evaluation =
        move || evaluation(&budget.with_time(until.saturating_duration_since(Instant::now())));
    async move { told(evaluate(&permits, until, evaluation).await) }
}

fn budget(engine: &Engine, deadline: Duration) -> EvalBudget {
    // Nothing replays these answers: what is random in them may be random.
    let (seed, _) = uuid::Uuid::new_v4().as_u64_pair();
    EvalBudget::new(deadline, engine.inner.clock.now()).with_seed(seed)
}

fn told<T>(evaluated: Evaluated<T>) -> Result<T, EvaluateError> {
    match evaluated {
        Evaluated::Answer(answer) => Ok(answer),
        Evaluated::TimeUp => Err(EvaluateError::TimeUp),
        Evaluated::Failed => Err(EvaluateError::Failed),
    }
}
