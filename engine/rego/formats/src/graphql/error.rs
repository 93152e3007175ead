//! Errors of GraphQL, in the words of the library that OPA uses (gqlparser v2), and as OPA writes
//! them.

use super::ast::At;
use std::fmt;

/// A mistake and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GraphqlError {
    pub(super) message: String,
    /// None: nothing is said of a place. A place of none is told as -1.
    pub(super) place: Option<(i64, i64)>,
}

impl GraphqlError {
    /// A mistake at a place; `-1:-1` where the tree does not know it.
    pub(super) fn at(at: At, message: impl Into<String>) -> Self {
        let place = at.map_or((-1, -1), |at| (at.line, at.column));
        Self { message: message.into(), place: Some(place) }
    }

    /// A mistake at a place, where the tree knows it.
    pub(super) fn found(at: At, message: impl Into<String>) -> Self {
        Self { message: message.into(), place: at.map(|at| (at.line, at.column)) }
    }
}

impl fmt::Display for GraphqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("input")?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Mistakes as OPA writes them: the place of the first at the end.
pub(super) fn shown(text: &str) -> String {
    let mut parts = text.splitn(4, ':');
    if let (Some(_), Some(row), Some(column), Some(message)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
        && let (Ok(row), Ok(column)) = (row.parse::<u64>(), column.parse::<u64>())
    {
        let message = message.trim_start_matches(' ');
        let message = message.strip_suffix(".\n").unwrap_or(message);
        return format!("{message} in GraphQL string at location {row}:{column}");
    }
    format!("GraphQL parse error: {text}")
}

/// Several mistakes, a line each.
pub(super) fn lines(errors: &[GraphqlError]) -> String {
    errors.iter().map(|error| format!("{error}\n")).collect()
}
