//! Questions to a program other than the decision, and the decision where there was no question
//! to ask.

use crate::engine::Engine;
use crate::policy::{LoadedPolicy, Pace};
use referee_core::decision::{Elapsed, Reason};
use referee_core::{Coded, Decision, Verdict};
use referee_rego::{
    Calls, Document, EvalBudget, Evaluation, PathError, Program, RegoError, Value, World,
};
use std::sync::Arc;
use std::time::Duration;

/// Why a program gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The evaluation failed.
    #[error(transparent)]
    Rego(#[from] RegoError),
    /// The deadline came first.
    #[error("the evaluation gave no answer before the deadline")]
    TimeUp,
    /// The evaluation ended without an answer: a defect, which the log tells of.
    #[error("the evaluation ended without an answer")]
    Failed,
}

impl Coded for EvaluateError {
    fn code(&self) -> &'static str {
        match self {
            Self::Rego(error) => error.code(),
            // OPA's code for an evaluation that was stopped.
            Self::TimeUp => "eval_cancel_error",
            Self::Failed => "internal_error",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Rego(error) => error.hint(),
            Self::TimeUp => {
                Some("allow a longer deadline, or look at what the policy loops over".into())
            }
            Self::Failed => None,
        }
    }
}

/// A document of a program, to be asked for again and again.
#[derive(Debug)]
pub struct Asked {
    program: Program,
    document: Document,
    runtime: Option<Value>,
    pub(crate) pace: Pace,
}

impl Asked {
    /// What stands at a path of a program. `runtime` is what `opa.runtime` answers.
    ///
    /// # Errors
    /// Where the text is no path as [`referee_rego::data_path`] writes them.
    pub fn new(program: Program, path: &str, runtime: Option<Value>) -> Result<Self, PathError> {
        let document = program.document(path)?;
        Ok(Self { program, document, runtime, pace: Pace::default() })
    }

    /// The path in its one written form.
    #[must_use]
    pub fn path(&self) -> &str {
        self.document.text()
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    pub(crate) fn answer(
        &self,
        input: Option<&Value>,
        budget: &EvalBudget,
    ) -> Result<Evaluation, RegoError> {
        self.answer_in(self.world(), input, budget)
    }

    /// Evaluates it here and now; calls whose answers may differ from one evaluation to the next
    /// are noted.
    ///
    /// # Errors
    /// What the evaluation ended with.
    pub fn answer_noting(
        &self,
        input: Option<&Value>,
        budget: &EvalBudget,
        calls: &Calls,
    ) -> Result<Evaluation, RegoError> {
        self.answer_in(self.world().with_calls(calls), input, budget)
    }

    fn world(&self) -> World<'_> {
        match &self.runtime {
            Some(runtime) => World::NONE.with_runtime(runtime),
            None => World::NONE,
        }
    }

    fn answer_in(
        &self,
        world: World<'_>,
        input: Option<&Value>,
        budget: &EvalBudget,
    ) -> Result<Evaluation, RegoError> {
        self.program.evaluate_document(&self.document, input, budget, &world)
    }
}

impl Engine {
    /// Evaluates a document, inside the deadline and under the same bound on evaluations at once as
    /// rulings; one that was quick the last time is evaluated here and now. A value of `None` is
    /// undefined, as an answer and as an input.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub fn evaluate<'a>(
        &'a self,
        asked: &'a Arc<Asked>,
        input: Option<Value>,
        deadline: Duration,
    ) -> impl Future<Output = Result<Evaluation, EvaluateError>> + Send + 'a {
        crate::drive::ask(self, asked, input, deadline)
    }

    /// Runs an evaluation of any kind on a thread where it holds up nobody, under the same bound on
    /// evaluations at once; it is given what it may take.
    ///
    /// # Errors
    /// [`EvaluateError::TimeUp`] and [`EvaluateError::Failed`].
    pub fn run<T: Send + 'static, F: FnOnce(&EvalBudget) -> T + Send + 'static>(
        &self,
        deadline: Duration,
        evaluation: F,
    ) -> impl Future<Output = Result<T, EvaluateError>> + Send + use<T, F> {
        crate::drive::run(self, deadline, evaluation)
    }

    /// The decision about something that cannot be asked about at all: its verdict is `error`,
    /// and it is not retryable.
    #[must_use]
    pub fn refuse(&self, reference: &str, policy: &LoadedPolicy, error: &dyn Coded) -> Decision {
        Decision {
            decision_id: uuid::Uuid::new_v4().to_string(),
            reference: reference.to_owned(),
            verdict: Verdict::Error,
            reasons: vec![Reason {
                code: Some(error.code().to_owned()),
                message: error.to_string(),
                hint: error.hint(),
                ..Reason::default()
            }],
            warnings: Vec::new(),
            retryable: false,
            mode: policy.mode(),
            subject: None,
            facts_digest: None,
            policy: policy.identity().clone(),
            evaluated_at: self.inner.clock.now(),
            elapsed_ms: Elapsed::default(),
        }
    }
}
