//! Reads the interpreter's errors, which are text.
//!
//! regorus reports everything as one text with a picture in it:
//!
//! ```text
//! --> trust.rego:3:7
//!   |
//! 3 | deny contains x if { input.a }
//!   |       ^
//! error: use of undefined variable `x` is unsafe
//! ```
//!
//! Code, place and source line are read from that text here, once, and are typed from then on.
//! This is the one place that goes by the text of an error, because there is nothing else to go
//! by; the version of the crate is pinned, and the tests hold each text that matters to its code.

use crate::error::{Location, RegoCode, RegoError};
use referee_rego_builtin::Cancelled;
use regorus::LimitError;

/// What the interpreter was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Reading a module.
    Parse,
    /// Preparing the evaluation of all of them.
    Prepare,
    /// Evaluating.
    Evaluate,
}

/// The error of an evaluation whose time is over, in OPA's words.
pub(super) fn cancelled() -> RegoError {
    RegoError::cancelled(Cancelled::Time)
}

pub(super) fn read(error: &anyhow::Error, phase: Phase) -> RegoError {
    if let Some(LimitError::TimeLimitExceeded { .. }) = error.downcast_ref::<LimitError>() {
        return cancelled();
    }
    let text = format!("{error:#}");
    let message = message(&text);
    let code = code(message, phase);
    if code == RegoCode::EvalCancel {
        return cancelled();
    }
    let (location, snippet) =
        place(&text).map_or((None, None), |(location, snippet)| (Some(location), snippet));
    let snippet = snippet.map(String::into_boxed_str);
    RegoError { location, snippet, ..RegoError::new(code, message) }
}

/// What is wrong, without the picture. Of errors inside errors it is the innermost.
fn message(text: &str) -> &str {
    for part in text.split("error: ").skip(1) {
        // An error that only wraps another is followed by that other's picture at once.
        if let Some(line) = part.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
            return line.trim_end_matches(':');
        }
    }
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(text)
}

/// The place of the outermost picture: of errors inside errors that is where the author looks.
fn place(text: &str) -> Option<(Location, Option<String>)> {
    let (_, rest) = text.split_once("--> ")?;
    let mut lines = rest.lines();
    let mut parts = lines.next()?.rsplitn(3, ':');
    let (col, row, file) = (parts.next()?, parts.next()?, parts.next()?);
    let (row_text, row) = (row, row.parse().ok()?);
    let col = col.trim().parse().ok()?;
    let source = lines.nth(1).and_then(|line| line.trim_start().strip_prefix(row_text));
    let snippet = source.and_then(|line| line.split_once("| ")).map(|(_, line)| line.to_owned());
    let col = column(snippet.as_deref().unwrap_or_default(), col);
    Some((Location { file: file.to_owned(), row, col }, snippet))
}

/// The column in characters: the interpreter counts a tab as four.
pub(super) fn column(line: &str, counted: u32) -> u32 {
    let mut characters = line.chars();
    let (mut at, mut column) = (1_u32, 1_u32);
    while at < counted {
        let width = if characters.next() == Some('\t') { 4 } else { 1 };
        at = at.saturating_add(width);
        column = column.saturating_add(1);
    }
    column
}

/// The code for a message, by what it says.
fn code(message: &str, phase: Phase) -> RegoCode {
    let says = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    if says(&["execution exceeded time limit"]) {
        return RegoCode::EvalCancel;
    }
    if says(&["is unsafe", "used before definition"]) {
        return RegoCode::UnsafeVar;
    }
    if says(&["recursion detected"]) {
        return RegoCode::Recursion;
    }
    if says(&["could not find function", "mismatch in number of arguments"]) {
        return RegoCode::Type;
    }
    match phase {
        Phase::Parse => RegoCode::Parse,
        Phase::Prepare => RegoCode::Compile,
        Phase::Evaluate if says(&["internal error"]) => RegoCode::Internal,
        Phase::Evaluate if says(CONFLICTS) => RegoCode::EvalConflict,
        Phase::Evaluate if says(TYPES) => RegoCode::EvalType,
        Phase::Evaluate => RegoCode::EvalBuiltin,
    }
}

/// A rule or function with two values.
const CONFLICTS: &[&str] =
    &["multiple outputs", "produced more than one value", "conflict", "generated multiple"];

/// An operand of a type that the operation does not take.
const TYPES: &[&str] =
    &["expects", "requires", "must be", "got `", "cannot be indexed", "not an object"];

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, phase: Phase) -> RegoError {
        read(&anyhow::Error::msg(text.to_owned()), phase)
    }

    #[test]
    fn place_line_and_message_are_read_from_the_picture() {
        let text = "\n--> C:\\pol icy.rego:12:7\n   |\n12 | x := y | z\n   |       ^\nerror: use of undefined variable `y` is unsafe";
        let error = parsed(text, Phase::Prepare);
        assert_eq!(error.code, RegoCode::UnsafeVar);
        assert_eq!(error.message, "use of undefined variable `y` is unsafe");
        let location = Location { file: "C:\\pol icy.rego".into(), row: 12, col: 7 };
        assert_eq!(error.location, Some(location));
        assert_eq!(error.snippet.as_deref(), Some("x := y | z"));
    }

    #[test]
    fn a_tab_is_one_column() {
        assert_eq!(column("\t\tx := y", 9), 3);
        assert_eq!(column("ab c", 4), 4);
        assert_eq!(column("", 3), 3);
    }

    #[test]
    fn of_errors_inside_errors_the_outer_place_and_the_inner_message_are_told() {
        let text = "\n--> a.rego:2:1\n  |\n2 | x\n  | ^\nerror: \n--> b:9:9\n  |\n9 | \n  | ^\nerror: inner";
        let error = parsed(text, Phase::Evaluate);
        assert_eq!(error.message, "inner");
        assert_eq!(error.location.unwrap().to_string(), "a.rego:2");
    }

    #[test]
    fn a_text_without_a_picture_is_the_message() {
        let error = parsed("data must be object", Phase::Prepare);
        assert_eq!(error, RegoError::new(RegoCode::Compile, "data must be object"));
    }

    #[test]
    fn a_limit_is_known_by_its_type_and_where_that_is_lost_by_its_text() {
        let limit = LimitError::TimeLimitExceeded {
            elapsed: std::time::Duration::from_secs(2),
            limit: std::time::Duration::from_secs(1),
        };
        assert_eq!(parsed(&limit.to_string(), Phase::Evaluate), cancelled());
        assert_eq!(read(&anyhow::Error::new(limit), Phase::Evaluate), cancelled());
    }
}
