//! Why a schema was not taken.

use super::canonical::OutOfRange;
use referee_rego_builtin::{BuiltinError, Cancelled};
use referee_rego_go::schema::SchemaFault;
use referee_rego_go::url::UrlError;
use referee_rego_value::JsonError;
use thiserror::Error;

/// What is wrong with an operand that is to be a schema, or a document. It is shown in OPA's words.
#[derive(Debug, Error)]
pub(super) enum Wrong {
    /// It is no schema.
    #[error(transparent)]
    Fault(#[from] SchemaFault),
    /// A number in it has no text to compare it by.
    #[error(transparent)]
    Number(#[from] OutOfRange),
    /// It is neither a text nor a collection.
    #[error("wrong type, expected string or object")]
    Type,
    /// It is a text, and no JSON.
    #[error("invalid JSON string")]
    Text,
    /// It is a collection that JSON cannot say.
    #[error("{}", .0.message)]
    Collection(JsonError),
}

/// A schema that is none, or an evaluation that must end.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is no schema.
    Schema(Wrong),
    /// Time, steps or memory are used up.
    End(BuiltinError),
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        Self::Schema(wrong)
    }
}

impl From<SchemaFault> for Refused {
    fn from(fault: SchemaFault) -> Self {
        Self::Schema(fault.into())
    }
}

impl From<UrlError> for Refused {
    fn from(error: UrlError) -> Self {
        SchemaFault::from(error).into()
    }
}

impl From<OutOfRange> for Refused {
    fn from(number: OutOfRange) -> Self {
        Self::Schema(number.into())
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
            Refused::Schema(wrong) => Self::new(wrong.to_string()),
            Refused::End(error) => error,
        }
    }
}
