//! Why a text is no licence expression.

use referee_core::Coded;

/// Why a text is no licence expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpressionError {
    /// It is longer than what is read.
    #[error("the expression has {size} bytes; at most {limit} are read")]
    TooLong {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// It has a character that no expression has.
    #[error("{character:?} (byte {position}) stands in no licence expression")]
    Character {
        /// The character.
        character: char,
        /// Where, in bytes from the start.
        position: usize,
    },
    /// An identifier is neither on the SPDX licence list nor a reference.
    #[error("{id:?} is neither on the SPDX licence list nor a reference")]
    UnknownLicense {
        /// The identifier, at most 80 characters.
        id: String,
    },
    /// What stands after `WITH` is neither on the list of exceptions nor a reference.
    #[error("{id:?} is neither on the SPDX list of exceptions nor a reference")]
    UnknownException {
        /// The identifier, at most 80 characters.
        id: String,
    },
    /// `NONE` or `NOASSERTION` as a part: they stand alone, and are no licences.
    #[error("{id} is no licence that can be part of an expression")]
    NotALicense {
        /// Which of them.
        id: &'static str,
    },
    /// A deprecated identifier stands for a licence with an exception, and another one follows.
    #[error("{id} has an exception already, and a second one follows")]
    SecondException {
        /// The identifier.
        id: &'static str,
    },
    /// A licence or `(` is expected.
    #[error("a licence is expected {place}")]
    LicenseExpected {
        /// Where.
        place: Place,
    },
    /// An exception is expected.
    #[error("an exception is expected {place}")]
    ExceptionExpected {
        /// Where.
        place: Place,
    },
    /// `AND`, `OR` or `)` is expected.
    #[error("AND, OR or the end is expected {place}")]
    OperatorExpected {
        /// Where.
        place: Place,
    },
    /// A `)` without `(`.
    #[error("the parenthesis closed at byte {position} was never opened")]
    NeverOpened {
        /// Where, in bytes from the start.
        position: usize,
    },
    /// A `(` without `)`.
    #[error("the parenthesis opened at byte {position} is never closed")]
    NeverClosed {
        /// Where, in bytes from the start.
        position: usize,
    },
}

/// A place in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// So many bytes from the start.
    Byte(usize),
    /// Its end.
    End,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Byte(position) => write!(f, "at byte {position}"),
            Self::End => f.write_str("at the end"),
        }
    }
}

impl Coded for ExpressionError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "license_too_long",
            Self::UnknownLicense { .. } | Self::UnknownException { .. } => "license_unknown",
            _ => "license_malformed",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownLicense { .. } => {
                Some("name a licence that is not on the list LicenseRef-…".to_owned())
            }
            _ => None,
        }
    }
}
