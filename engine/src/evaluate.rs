//! Questions to a program other than the decision, and the decision where there was no question
//! to ask.

use crate::engine::Engine;
use crate::policy::LoadedPolicy;
use referee_core::decision::{Elapsed, Reason};
use referee_core::{Coded, Decision, Verdict};
use referee_rego::{Program, RegoError, Value};
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

impl Engine {
    /// Evaluates what stands at a path of a program's data document, inside the deadline and
    /// under the same bound on evaluations at once as rulings. `None` is undefined, as an answer
    /// and as an input.
    ///
    /// The path must be one that [`referee_rego::data_path`] could have written, or one with
    /// numbers in brackets: with an undefined input it is handed to the evaluator as a query.
    ///
    /// # Errors
    /// [`EvaluateError`].
    pub fn evaluate(
        &self,
        program: &Program,
        path: &str,
        input: Option<Value>,
        deadline: Duration,
    ) -> impl Future<Output = Result<Option<Value>, EvaluateError>> + Send + use<> {
        crate::drive::ask(self, program, path, input, deadline)
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
