//! What every error of the product has besides its text.
//!
//! CONTRIBUTING.md ("Errors") states the conventions; this trait is the part that code can hold
//! on to: a code that never changes its meaning, and a hint about what to do.

use std::error::Error;

/// An error with a stable code and, where one helps, a hint.
///
/// The code is part of the contract (facts, decisions, HTTP bodies and exit messages carry it);
/// the text of [`std::fmt::Display`] may be improved at any time and must not be matched on.
pub trait Coded: Error {
    /// The stable code: lower case, words joined by `_`.
    fn code(&self) -> &'static str;

    /// What the reader can do about it, in one sentence, where that is known.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// Renders an error and its sources on one line: `outer: inner: innermost`.
///
/// Sources whose text the outer error already ends with are not repeated.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
