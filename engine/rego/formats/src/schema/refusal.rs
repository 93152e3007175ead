//! Why a schema was not taken.

use referee_rego_builtin::{BuiltinError, Cancelled};

/// A schema that is none, or an evaluation that must end.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is no schema, in OPA's words.
    Schema(String),
    /// Time, steps or memory are used up.
    End(BuiltinError),
}

impl Refused {
    /// It is no schema.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self::Schema(message.into())
    }
}

impl From<String> for Refused {
    fn from(message: String) -> Self {
        Self::Schema(message)
    }
}

impl From<Cancelled> for Refused {
    fn from(cancelled: Cancelled) -> Self {
        Self::End(cancelled.into())
    }
}

impl From<BuiltinError> for Refused {
    fn from(error: BuiltinError) -> Self {
        Self::End(error)
    }
}

impl From<Refused> for BuiltinError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Schema(message) => Self::new(message),
            Refused::End(error) => error,
        }
    }
}
