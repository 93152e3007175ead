//! Where something stands in a source.

use std::fmt;
use std::sync::Arc;

/// A source text with its name; shared by everything parsed from it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The name, as errors give it: usually the path of the file. May be empty.
    pub name: Arc<str>,
    /// The text.
    pub text: Arc<str>,
}

/// Where a node of the tree stands: a span of its source.
#[derive(Clone)]
pub struct Location {
    /// The source; `None` for what stands in none.
    pub source: Option<Arc<Source>>,
    /// At which byte it begins, from 0.
    pub offset: u32,
    /// How many bytes it is long.
    pub length: u32,
    /// Its line, from 1; 0 where it stands in no source.
    pub row: u32,
    /// Its column as OPA counts it, from 1.
    pub col: u32,
}

impl Location {
    /// The place of what stands in no source.
    pub const NONE: Self = Self { source: None, offset: 0, length: 0, row: 0, col: 0 };

    /// The name of its source; empty where there is none.
    #[must_use]
    pub fn file(&self) -> &str {
        self.source.as_deref().map_or("", |source| &source.name)
    }

    /// The line of the source on which it begins.
    #[must_use]
    pub fn line(&self) -> Option<&str> {
        let text = &self.source.as_deref()?.text;
        let row = usize::try_from(self.row.checked_sub(1)?).ok()?;
        // From the offset, so that a source of very many errors is not gone through for each.
        let Some((before, after)) = text.split_at_checked(usize::try_from(self.offset).ok()?)
        else {
            return text.lines().nth(row);
        };
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = before.len() + after.find('\n').unwrap_or(after.len());
        text.get(start..).filter(|rest| !rest.is_empty())?;
        let line = text.get(start..end)?;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        let start = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(self.length).unwrap_or(usize::MAX));
        self.source.as_deref().and_then(|source| source.text.get(start..end)).unwrap_or_default()
    }
}

impl Default for Location {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Location {
    /// `file:row`, or `row:col` where the source has no name, as OPA prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file().is_empty() {
            write!(f, "{}:{}", self.row, self.col)
        } else {
            write!(f, "{}:{}", self.file(), self.row)
        }
    }
}
