//! Why there is no answer, and how a policy sees that.

use referee_rego_builtin::{BuiltinError, ErrorKind};
use referee_rego_value::Value;

/// A failure of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The request is wrong; OPA puts its own code and the name of the builtin before the words.
    Refused(BuiltinError),
    /// The request is wrong, in plain words.
    Plain(String),
    /// The network failed: `Get "http://…": …`.
    Network(String),
    /// It took too long.
    Timeout {
        /// `Get`.
        operation: String,
        /// The URL.
        url: String,
    },
    /// The evaluation ends.
    Ended(BuiltinError),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Refused(BuiltinError::new(message))
    }
}

impl Failure {
    /// The error of the builtin, where errors are raised.
    pub(super) fn raised(self) -> BuiltinError {
        match self {
            Self::Refused(error) | Self::Ended(error) => error,
            Self::Plain(message) | Self::Network(message) => BuiltinError::new(message),
            Self::Timeout { operation, url } => {
                BuiltinError::new(format!("{operation} {url}: request timed out"))
            }
        }
    }

    /// The object that stands for an answer, where errors are not raised.
    pub(super) fn shown(self) -> Result<Value, BuiltinError> {
        let (code, message) = match self {
            Self::Ended(error) => return Err(error),
            Self::Refused(error) => {
                let code = match error.kind {
                    ErrorKind::Type => "eval_type_error",
                    _ => "eval_builtin_error",
                };
                ("internal", format!("{code}: http.send: {}", error.message))
            }
            Self::Plain(message) => ("internal", message),
            Self::Network(message) => ("network", message),
            Self::Timeout { operation, url } => (
                "network",
                format!(
                    "{operation} \"{url}\": context deadline exceeded (Client.Timeout exceeded \
                     while awaiting headers)"
                ),
            ),
        };
        let code = Value::from(format!("eval_http_send_{code}_error"));
        Ok(Value::object([
            ("status_code", Value::from(0)),
            ("error", Value::object([("code", code), ("message", Value::from(message))])),
        ]))
    }
}
