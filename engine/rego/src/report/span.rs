//! Spans of source texts, as OPA's reports give them (`v1/cover/range.go`).

use referee_rego_syntax::Location;

/// A place in a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub row: u32,
    /// The column, from 1.
    pub col: u32,
}

/// From one place to another, which is the first that no longer belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// Where it begins.
    pub start: Position,
    /// Where it has ended.
    pub end: Position,
}

impl Range {
    /// The span of a node of the syntax tree.
    pub(crate) fn of(location: &Location) -> Self {
        let start = Position { row: location.row, col: location.col };
        let text = location.text();
        let lines = text.matches('\n').count();
        let last = text.rsplit('\n').next().unwrap_or_default();
        let wide = u32::try_from(last.chars().count()).unwrap_or(u32::MAX);
        let end = Position {
            row: start.row.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX)),
            col: if lines == 0 { start.col } else { 1 }.saturating_add(wide),
        };
        Self { start, end }
    }

    /// Whether another span lies inside this one.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.start <= other.start && self.end >= other.end
    }
}
