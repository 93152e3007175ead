//! From facts and a ruling to the decision that is answered.

use crate::established::Established;
use crate::policy::LoadedPolicy;
use crate::resolve::ResolveError;
use crate::view::RatifyViewError;
use referee_core::decision::{Elapsed, Reason};
use referee_core::{Coded, Decision, Timestamp, Verdict};
use referee_rego::{PolicyError, Ruling};
use std::sync::Arc;

/// Why there is no ruling.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoRuling {
    #[error(transparent)]
    Unresolved(#[from] Arc<ResolveError>),
    #[error(transparent)]
    Policy(PolicyError),
    #[error("the policy gave no answer before the deadline")]
    PolicyTimeUp,
    #[error("the policy evaluation failed")]
    PolicyFailed,
    #[error("the policy has no input")]
    View {
        /// Why.
        #[source]
        error: RatifyViewError,
        /// Whether what is missing may be there later.
        retryable: bool,
    },
    #[error("the facts could not be handed to the policy")]
    Facts(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl NoRuling {
    fn retryable(&self) -> bool {
        match self {
            Self::Unresolved(error) => error.retryable(),
            Self::PolicyTimeUp => true,
            Self::View { retryable, .. } => *retryable,
            Self::Policy(_) | Self::PolicyFailed | Self::Facts(_) => false,
        }
    }
}

impl Coded for NoRuling {
    fn code(&self) -> &'static str {
        match self {
            Self::Unresolved(error) => error.code(),
            Self::Policy(error) => error.code(),
            Self::PolicyTimeUp => "policy_timeout",
            Self::PolicyFailed => "policy_failed",
            Self::View { error, .. } => error.code(),
            Self::Facts(_) => "internal_error",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unresolved(error) => error.hint(),
            Self::Policy(error) => error.hint(),
            Self::PolicyTimeUp => {
                Some("allow a longer deadline, or look at what the policy loops over".into())
            }
            Self::View { error, .. } => error.hint(),
            Self::PolicyFailed | Self::Facts(_) => None,
        }
    }
}

/// What the decision says besides the ruling.
pub(crate) struct Frame<'a> {
    pub(crate) decision_id: String,
    pub(crate) reference: String,
    pub(crate) policy: &'a LoadedPolicy,
    pub(crate) established: Option<&'a Established>,
    pub(crate) evaluated_at: Timestamp,
    pub(crate) elapsed: Elapsed,
}

/// Makes the decision.
pub(crate) fn decision(frame: Frame<'_>, ruling: Result<Ruling, NoRuling>) -> Decision {
    let incomplete = frame.established.is_some_and(|e| e.retryable);
    let (verdict, reasons, warnings, retryable) = match ruling {
        Ok(ruling) => {
            let retryable = ruling.verdict != Verdict::Allow && incomplete;
            (ruling.verdict, ruling.reasons, ruling.warnings, retryable)
        }
        Err(error) => {
            let reason = Reason {
                code: Some(error.code().to_owned()),
                message: referee_core::error::chain(&error),
                location: match &error {
                    NoRuling::Policy(PolicyError::Eval(error)) => {
                        error.location.as_ref().map(ToString::to_string)
                    }
                    _ => None,
                },
                hint: error.hint(),
                ..Reason::default()
            };
            (Verdict::Error, vec![reason], Vec::new(), error.retryable())
        }
    };
    Decision {
        decision_id: frame.decision_id,
        reference: frame.reference,
        verdict,
        reasons,
        warnings,
        retryable,
        mode: frame.policy.mode(),
        subject: frame.established.map(|e| e.subject().clone()),
        facts_digest: frame.established.map(|e| e.digest.clone()),
        policy: frame.policy.identity().clone(),
        evaluated_at: frame.evaluated_at,
        elapsed_ms: frame.elapsed,
    }
}
