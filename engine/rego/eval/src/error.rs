//! Why an evaluation has no result, with OPA's codes and words (`v1/topdown/errors.go`).

use referee_rego_builtin::{BuiltinError, Cancelled, ErrorKind};
use referee_rego_syntax::Location;
use std::fmt;

/// OPA's code of an error of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EvalCode {
    /// `eval_conflict_error`: definitions do not agree.
    Conflict,
    /// `eval_type_error`: an operand of a builtin is of the wrong type.
    Type,
    /// `eval_builtin_error`: a builtin refuses its operands.
    Builtin,
    /// `eval_cancel_error`: a bound is reached; [`EvalError::cancelled`] says which.
    Cancel,
    /// `eval_with_merge_error`: what `with` replaces cannot be merged with what there is.
    WithMerge,
    /// `eval_internal_error`: anything else.
    Internal,
}

impl EvalCode {
    /// The code as it stands in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conflict => "eval_conflict_error",
            Self::Type => "eval_type_error",
            Self::Builtin => "eval_builtin_error",
            Self::Cancel => "eval_cancel_error",
            Self::WithMerge => "eval_with_merge_error",
            Self::Internal => "eval_internal_error",
        }
    }
}

/// An error of an evaluation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EvalError {
    /// Its code.
    pub code: EvalCode,
    /// What is wrong, in OPA's words, without code and place.
    pub message: String,
    /// Where; [`Location::NONE`] where that is nowhere.
    pub location: Location,
    /// The bound that ended the evaluation, where one did.
    pub cancelled: Option<Cancelled>,
}

/// What an evaluation gives. The error is boxed: it is rare and the result is passed on often.
pub(crate) type Eval<T> = Result<T, Box<EvalError>>;

impl EvalError {
    /// An error at a place.
    #[must_use]
    pub fn new(code: EvalCode, message: impl Into<String>, location: &Location) -> Self {
        let (message, location) = (message.into(), location.clone());
        Self { code, message, location, cancelled: None }
    }

    /// The error of a builtin, at the place of its call.
    #[must_use]
    pub fn of_builtin(name: &str, error: &BuiltinError, location: &Location) -> Self {
        match error.kind {
            ErrorKind::Cancel(cancelled) => Self {
                cancelled: Some(cancelled),
                ..Self::new(EvalCode::Cancel, error.message.clone(), location)
            },
            ErrorKind::Type => {
                Self::new(EvalCode::Type, format!("{name}: {}", error.message), location)
            }
            ErrorKind::Builtin | ErrorKind::Halt => {
                Self::new(EvalCode::Builtin, format!("{name}: {}", error.message), location)
            }
        }
    }
}

impl From<Cancelled> for Box<EvalError> {
    fn from(cancelled: Cancelled) -> Self {
        let error = EvalError::new(EvalCode::Cancel, cancelled.to_string(), &Location::NONE);
        Self::new(EvalError { cancelled: Some(cancelled), ..error })
    }
}

impl fmt::Display for EvalError {
    /// As OPA prints it: `file:row: code: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.location.row > 0 {
            write!(f, "{}: ", self.location)?;
        }
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for EvalError {}
