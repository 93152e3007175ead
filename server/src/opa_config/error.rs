//! What can be wrong with OPA's configuration file.

use referee_core::Coded;

/// An OPA configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpaConfigError {
    /// A variable that is not set.
    #[error("{name}:{line}: the environment variable {variable} is not set")]
    UndefinedVariable {
        /// The file, or the flag.
        name: String,
        /// The line, from 1 on.
        line: usize,
        /// The variable.
        variable: String,
    },
    /// The file is larger than it may be.
    #[error("{name}: larger than {limit} bytes")]
    TooLarge {
        /// The file.
        name: String,
        /// The limit.
        limit: u64,
    },
    /// Neither YAML nor JSON.
    #[error("{name}: not valid YAML or JSON")]
    Syntax {
        /// The file.
        name: String,
        /// What the reader found, with the line where it is known.
        source: referee_rego::ValueError,
    },
    /// A member of the wrong type, or a value that makes no sense.
    #[error("{name}: {path}: {message}")]
    Shape {
        /// The file.
        name: String,
        /// The member with its path.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// An option of OPA that Referee has not, and that must not be passed over in silence.
    #[error("{name}: {path} is not supported: {reason}")]
    Unsupported {
        /// The file.
        name: String,
        /// The member with its path.
        path: String,
        /// What would be lost.
        reason: &'static str,
    },
    /// An assignment that is none.
    #[error("{flag} {text:?}: {problem}")]
    Assignment {
        /// `--set` or `--set-file`.
        flag: &'static str,
        /// The part before the value: the value could be a secret.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Coded for OpaConfigError {
    fn code(&self) -> &'static str {
        match self {
            Self::UndefinedVariable { .. } => "undefined_variable",
            Self::TooLarge { .. } => "document_too_large",
            Self::Syntax { .. } => "document_syntax",
            Self::Shape { .. } => "document_shape",
            Self::Unsupported { .. } => "unsupported_option",
            Self::Assignment { .. } => "invalid_assignment",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::UndefinedVariable { variable, .. } => {
                Some(format!("set {variable}, to nothing if nothing is meant"))
            }
            Self::Assignment { .. } => Some("write path.to.option=value".to_owned()),
            Self::Unsupported { .. } => Some("take it out of the file".to_owned()),
            _ => None,
        }
    }
}
