//! How often expressions were evaluated and how long that took, as OPA's profiler tells it
//! (`v1/profiler`): by file and row; the time from one expression to the next is that of the
//! first.

use crate::error::Location;
use referee_rego_syntax::Location as Place;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

/// The profile of an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    lines: BTreeMap<(String, u32), Entry>,
    last: Option<Last>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    line: ProfileLine,
    expressions: BTreeSet<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Last {
    place: Noted,
    index: u32,
    again: bool,
    since: Duration,
}

/// What is kept of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Noted {
    location: Location,
    text: String,
}

/// The profile of the expressions of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileLine {
    /// How long they took.
    pub time: Duration,
    /// How often they were evaluated.
    pub evaluated: u64,
    /// How often it was gone back to them.
    pub redone: u64,
    /// How many expressions the compiler made of the row.
    pub expressions: usize,
    /// Where the first of them stands.
    pub location: Location,
    /// Its text, which names it where it stands in no file.
    pub text: String,
}

/// What a profile is sorted by, the largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileOrder {
    /// The time.
    Time,
    /// How often evaluated.
    Evaluated,
    /// How often redone.
    Redone,
    /// How many expressions.
    Expressions,
    /// The file, the last of the alphabet first.
    File,
    /// The row, the last first.
    Line,
}

impl Profile {
    /// An expression begins, or it is gone back to it.
    pub(crate) fn note(&mut self, place: &Place, index: u32, again: bool, now: Duration) {
        self.settle(now);
        let location = Location { file: place.file().to_owned(), row: place.row, col: place.col };
        let place = Noted { location, text: place.text().to_owned() };
        self.last = Some(Last { place, index, again, since: now });
    }

    /// Puts down the expression that was under way.
    pub(crate) fn settle(&mut self, now: Duration) {
        let Some(last) = self.last.take() else { return };
        let Noted { location, text } = last.place;
        let key = (location.file.clone(), location.row);
        let entry = self.lines.entry(key).or_insert_with(|| Entry {
            line: ProfileLine {
                time: Duration::ZERO,
                evaluated: 0,
                redone: 0,
                expressions: 0,
                location,
                text,
            },
            expressions: BTreeSet::new(),
        });
        entry.line.time = entry.line.time.saturating_add(now.saturating_sub(last.since));
        if last.again {
            entry.line.redone += 1;
        } else {
            entry.line.evaluated += 1;
        }
        entry.expressions.insert(last.index);
        entry.line.expressions = entry.expressions.len();
    }

    /// The rows, sorted by these, the first of them first; at most so many where a limit is given.
    #[must_use]
    pub fn lines(&self, orders: &[ProfileOrder], limit: Option<usize>) -> Vec<ProfileLine> {
        let mut lines: Vec<_> = self.lines.values().map(|entry| entry.line.clone()).collect();
        lines.sort_by(|a, b| {
            let compared = orders.iter().map(|order| order.compare(a, b));
            compared.fold(Ordering::Equal, Ordering::then)
        });
        lines.truncate(limit.unwrap_or(usize::MAX));
        lines
    }
}

impl ProfileOrder {
    /// OPA's order where none is asked for.
    pub const DEFAULT: [Self; 5] =
        [Self::Time, Self::Evaluated, Self::Redone, Self::File, Self::Line];

    /// The order that OPA calls so.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Some(match name {
            "total_time_ns" => Self::Time,
            "num_eval" => Self::Evaluated,
            "num_redo" => Self::Redone,
            "num_gen_expr" => Self::Expressions,
            "file" => Self::File,
            "line" => Self::Line,
            _ => return None,
        })
    }

    fn compare(self, a: &ProfileLine, b: &ProfileLine) -> Ordering {
        match self {
            Self::Time => b.time.cmp(&a.time),
            Self::Evaluated => b.evaluated.cmp(&a.evaluated),
            Self::Redone => b.redone.cmp(&a.redone),
            Self::Expressions => b.expressions.cmp(&a.expressions),
            Self::File => b.location.file.cmp(&a.location.file),
            Self::Line => b.location.row.cmp(&a.location.row),
        }
    }
}
