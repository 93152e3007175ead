//! Why a builtin gives no value.

use crate::context::Cancelled;
use std::fmt;

/// The result of a builtin.
pub type Result<T> = std::result::Result<T, BuiltinError>;

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `eval_type_error`: an operand is of the wrong type. Undefined unless strict.
    Type,
    /// `eval_builtin_error`: the builtin refuses its operands. Undefined unless strict.
    Builtin,
    /// `eval_cancel_error`: time, steps or memory are used up. Always ends the evaluation.
    Cancel(Cancelled),
    /// `eval_builtin_error` that ends the evaluation, strict or not (OPA's `Halt`).
    Halt,
}

/// A failure of a builtin. The evaluator puts the builtin's name before the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinError {
    /// What kind of failure it is.
    pub kind: ErrorKind,
    /// OPA's words, without the name of the builtin.
    pub message: String,
}

impl BuiltinError {
    /// The builtin refuses its operands.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Builtin, message: message.into() }
    }

    /// An operand is of the wrong type: `operand 2 must be string but got number`. `position` is
    /// from 1; `wanted` and `got` as OPA writes them.
    #[must_use]
    pub fn operand(position: usize, wanted: &str, got: &str) -> Self {
        let message = format!("operand {position} must be {wanted} but got {got}");
        Self { kind: ErrorKind::Type, message }
    }

    /// An operand is of the wrong type, in other words than the usual.
    #[must_use]
    pub fn type_error(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Type, message: message.into() }
    }

    /// An error that ends the evaluation, strict or not.
    #[must_use]
    pub fn halt(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Halt, message: message.into() }
    }
}

impl From<Cancelled> for BuiltinError {
    fn from(cancelled: Cancelled) -> Self {
        Self { kind: ErrorKind::Cancel(cancelled), message: cancelled.to_string() }
    }
}

impl fmt::Display for BuiltinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BuiltinError {}
