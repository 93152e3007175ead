//! What can go wrong in Rego, with OPA's codes.
//!
//! The codes and their spelling are OPA's (`v1/ast/errors.go`, `v1/topdown/errors.go`), so that a
//! client of OPA's API finds what it looks for.

use crate::value::Value;
use referee_core::Coded;
use referee_rego_builtin::Cancelled;
use std::fmt;

/// The stable code of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RegoCode {
    /// The text is not Rego.
    Parse,
    /// It is Rego, but does not make a program.
    Compile,
    /// A variable cannot be bound.
    UnsafeVar,
    /// A function is unknown or called with the wrong number of arguments.
    Type,
    /// A rule depends on itself.
    Recursion,
    /// A complete rule or a function gave two different values.
    EvalConflict,
    /// A builtin refused its arguments.
    EvalBuiltin,
    /// A value was of a type that the operation does not take.
    EvalType,
    /// The time was over.
    EvalCancel,
    /// Two replacements of `with` cannot be joined.
    EvalWithMerge,
    /// Anything else that an evaluation cannot do, such as to call a builtin that nobody gave.
    EvalInternal,
    /// The engine itself failed.
    Internal,
    /// Two engines evaluated, and their results differ.
    Disagreement,
}

impl RegoCode {
    /// The code as it stands in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "rego_parse_error",
            Self::Compile => "rego_compile_error",
            Self::UnsafeVar => "rego_unsafe_var_error",
            Self::Type => "rego_type_error",
            Self::Recursion => "rego_recursion_error",
            Self::EvalConflict => "eval_conflict_error",
            Self::EvalBuiltin => "eval_builtin_error",
            Self::EvalType => "eval_type_error",
            Self::EvalCancel => "eval_cancel_error",
            Self::EvalWithMerge => "eval_with_merge_error",
            Self::EvalInternal => "eval_internal_error",
            Self::Internal => "internal_error",
            Self::Disagreement => "engine_disagreement",
        }
    }
}

impl fmt::Display for RegoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place in a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The name of the module.
    pub file: String,
    /// The line, from 1.
    pub row: u32,
    /// The column in characters, from 1.
    pub col: u32,
}

impl fmt::Display for Location {
    /// `file:row`, as reasons carry it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.row)
    }
}

/// One error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct RegoError {
    /// What kind of error.
    pub code: RegoCode,
    /// What is wrong, without code and place.
    pub message: String,
    /// Where, where that is known.
    pub location: Option<Location>,
    /// The line of source it is about.
    pub snippet: Option<Box<str>>,
    /// What OPA says under the message: the source line with a caret, or what was had and what was
    /// wanted.
    pub details: Vec<String>,
    /// What it is about, as OPA's documents have it in their `details`.
    pub about: Option<Box<About>>,
    /// Of an evaluation that was ended, what ended it: one bound of its budget, or its caller.
    pub cancelled: Option<Cancelled>,
}

/// What an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum About {
    /// Of an error of the native parser, the whole line and the byte in it.
    Line(SourceLine),
    /// Of a type error `have` and `want`, the two sides of an equality, or a reference and what it
    /// could have been: OPA's document.
    Types(Value),
}

/// A line of a module, and the byte in it that an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// The line.
    pub text: String,
    /// The byte, from 0.
    pub index: usize,
}

impl RegoError {
    /// An error at no place.
    #[must_use]
    pub fn new(code: RegoCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            location: None,
            snippet: None,
            details: Vec::new(),
            about: None,
            cancelled: None,
        }
    }

    /// The same at a place.
    #[must_use]
    pub fn at(self, location: Location) -> Self {
        Self { location: Some(location), ..self }
    }

    /// The same with the line of source it is about.
    #[must_use]
    pub fn with_snippet(self, snippet: impl Into<String>) -> Self {
        Self { snippet: Some(snippet.into().into()), ..self }
    }

    /// The same with lines to show under it.
    #[must_use]
    pub fn with_details(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }

    pub(crate) fn cancelled(by: Cancelled) -> Self {
        Self { cancelled: Some(by), ..Self::new(RegoCode::EvalCancel, by.to_string()) }
    }

    pub(crate) fn with_code(self, code: RegoCode) -> Self {
        Self { code, ..self }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(RegoCode::Internal, message)
    }
}

impl fmt::Display for RegoError {
    /// As OPA prints it: `file:row: code: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Coded for RegoError {
    fn code(&self) -> &'static str {
        self.code.as_str()
    }

    fn hint(&self) -> Option<String> {
        match self.code {
            RegoCode::EvalCancel => self.cancelled.and_then(remedy).map(str::to_owned),
            RegoCode::Disagreement => Some(
                "One of the engines has a fault: please report it. `--engine native` decides with \
                 the first alone."
                    .to_owned(),
            ),
            RegoCode::Internal => {
                Some("This is a fault of the engine, not of the policy: please report it.".into())
            }
            _ => None,
        }
    }
}

/// What can be done where a bound is reached.
fn remedy(bound: Cancelled) -> Option<&'static str> {
    Some(match bound {
        Cancelled::Time => {
            "The policy took longer than it may: look for loops over loops, or give it more time."
        }
        Cancelled::Steps => {
            "The policy took more steps than it may: look for loops over loops, or give it more."
        }
        Cancelled::Memory => {
            "The policy made more than it may: look for products of collections and for texts that \
             grow with each step."
        }
        Cancelled::Depth => "Rules, functions or values are nested deeper than they may be.",
        Cancelled::Output => "Ask for less than the whole result.",
        _ => return None,
    })
}

/// Every error found while compiling; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegoErrors {
    first: Box<RegoError>,
    rest: Vec<RegoError>,
}

impl RegoErrors {
    pub(crate) fn from_list(errors: Vec<RegoError>) -> Result<(), Self> {
        let mut errors = errors.into_iter();
        match errors.next() {
            None => Ok(()),
            Some(first) => Err(Self { first: Box::new(first), rest: errors.collect() }),
        }
    }

    /// The errors of several; `None` where there are none.
    #[must_use]
    pub fn joined(lists: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut lists = lists.into_iter();
        let mut whole = lists.next()?;
        for errors in lists {
            whole.rest.push(*errors.first);
            whole.rest.extend(errors.rest);
        }
        Some(whole)
    }

    /// The first error.
    #[must_use]
    pub fn first(&self) -> &RegoError {
        &self.first
    }

    /// All errors.
    pub fn iter(&self) -> impl Iterator<Item = &RegoError> {
        std::iter::once(&*self.first).chain(&self.rest)
    }

    /// How many there are; at least 1.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rest.len().saturating_add(1)
    }
}

impl From<RegoError> for RegoErrors {
    fn from(first: RegoError) -> Self {
        Self { first: Box::new(first), rest: Vec::new() }
    }
}

impl fmt::Display for RegoErrors {
    /// As OPA prints it: one error on its own, several under a line that counts them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rest.is_empty() {
            return write!(f, "1 error occurred: {}", self.first);
        }
        write!(f, "{} errors occurred:", self.count())?;
        self.iter().try_for_each(|error| write!(f, "\n{error}"))
    }
}

impl std::error::Error for RegoErrors {}

impl Coded for RegoErrors {
    fn code(&self) -> &'static str {
        self.first.code.as_str()
    }

    fn hint(&self) -> Option<String> {
        self.first.hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_as_opa_prints_it() {
        let error = RegoError::new(RegoCode::UnsafeVar, "var x is unsafe").at(Location {
            file: "a.rego".into(),
            row: 3,
            col: 7,
        });
        assert_eq!(error.to_string(), "a.rego:3: rego_unsafe_var_error: var x is unsafe");
        let one = RegoErrors::from(error.clone());
        assert_eq!(
            one.to_string(),
            "1 error occurred: a.rego:3: rego_unsafe_var_error: var x is unsafe"
        );
        let two = RegoErrors::from_list(vec![error.clone(), error]).unwrap_err();
        assert_eq!(two.count(), 2);
        assert!(two.to_string().starts_with("2 errors occurred:\na.rego:3: "));
    }
}
