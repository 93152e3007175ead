//! Errors of the parser, the compiler and the evaluator, as the front tells them.

use super::rules;
use crate::error::{About, RegoCode, RegoError, RegoErrors, SourceLine};
use crate::value::Value;
use referee_rego_eval::{EvalCode, EvalError};
use referee_rego_syntax::{Code, Error};
use referee_rego_value::{self as native, bytes};

/// The longest line of source that an error shows, in characters.
const MAX_SNIPPET: usize = 300;

/// Of how many errors the lines are shown, where the parser did not choose: nobody reads more, and
/// a source can be one long line with an error at each of its characters.
const MAX_LINES: usize = 100;

/// An error as the front tells it. `shown`: with its line, even where the parser did not show it.
pub(super) fn read(error: Error, shown: bool) -> RegoError {
    let code = match error.code {
        Code::Parse => RegoCode::Parse,
        Code::Compile => RegoCode::Compile,
        Code::Type => RegoCode::Type,
        Code::UnsafeVar => RegoCode::UnsafeVar,
        Code::Recursion => RegoCode::Recursion,
    };
    let line = error.source_line();
    let line = line.map(|(line, index)| About::Line(SourceLine { text: line.to_owned(), index }));
    let types = || Some(About::Types(Value(native::Value::clone(error.document.as_deref()?))));
    let about = line.or_else(types).map(Box::new);
    let made = RegoError { about, ..RegoError::new(code, error.message) };
    let made = made.with_details(error.details);
    // An empty module has a name and no line.
    if error.location.row == 0 && error.location.file().is_empty() {
        return made;
    }
    let made = made.at(rules::location(&error.location));
    let shown = shown || !made.details.is_empty();
    match shown.then(|| error.location.line()).flatten() {
        Some(line) => made.with_snippet(line.chars().take(MAX_SNIPPET).collect::<String>()),
        None => made,
    }
}

/// The errors of modules or queries: the first with their lines.
pub(super) fn as_told(errors: Vec<Error>) -> impl Iterator<Item = RegoError> {
    errors.into_iter().enumerate().map(|(at, error)| read(error, at < MAX_LINES))
}

/// The errors of a stage, as the front tells them.
pub(crate) fn all(errors: Vec<Error>) -> RegoErrors {
    match RegoErrors::from_list(as_told(errors).collect()) {
        Err(errors) => errors,
        Ok(()) => RegoError::internal("the compiler refused without an error").into(),
    }
}

/// An error of an evaluation, as the front tells it.
#[expect(clippy::boxed_local, reason = "errors of an evaluation come in boxes")]
pub(super) fn failed(error: Box<EvalError>) -> RegoError {
    let code = match error.code {
        EvalCode::Conflict => RegoCode::EvalConflict,
        EvalCode::Type => RegoCode::EvalType,
        EvalCode::Builtin => RegoCode::EvalBuiltin,
        EvalCode::Cancel => RegoCode::EvalCancel,
        EvalCode::WithMerge => RegoCode::EvalWithMerge,
        EvalCode::Internal => RegoCode::EvalInternal,
        _ => RegoCode::Internal,
    };
    let made = RegoError {
        cancelled: error.cancelled,
        ..RegoError::new(code, bytes::shown(&error.message))
    };
    if error.location.row == 0 { made } else { made.at(rules::location(&error.location)) }
}
