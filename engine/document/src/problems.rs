//! What is wrong with a part of a document that is read all the same: a bounded list of it, and of what
//! is left out how much.

use crate::text;
use referee_core::Timestamp;
use referee_core::facts::Problem;
use std::collections::BTreeMap;

/// A list of problems.
#[derive(Debug)]
pub(crate) struct Problems {
    told: Vec<Problem>,
    untold: u64,
    most: usize,
    left_out: BTreeMap<&'static str, u64>,
}

impl Problems {
    /// An empty list that tells at most `most`.
    pub(crate) fn new(most: usize) -> Self {
        Self { told: Vec::new(), untold: 0, most, left_out: BTreeMap::new() }
    }

    /// Adds one; `message` is made only where it is told.
    pub(crate) fn add(&mut self, code: &'static str, message: impl FnOnce() -> String) {
        if self.told.len() < self.most {
            self.told.push(Problem { code: code.to_owned(), message: message(), hint: None });
        } else {
            self.untold = self.untold.saturating_add(1);
        }
    }

    /// A time; one that cannot be read is a problem. An empty one, and Go's zero time, say that there is
    /// none.
    pub(crate) fn time(&mut self, what: &'static str, written: Option<&str>) -> Option<Timestamp> {
        let written = written?.trim();
        if written.is_empty() || written.starts_with("0001-01-01") {
            return None;
        }
        let time = text::time(written);
        if time.is_none() {
            self.add("document_time", || {
                format!("the {what} {:?} is not an RFC 3339 time", text::shorten(written, 80))
            });
        }
        time
    }

    /// Counts what is left out.
    pub(crate) fn leave_out(&mut self, what: &'static str, count: u64) {
        if count > 0 {
            let left_out = self.left_out.entry(what).or_default();
            *left_out = left_out.saturating_add(count);
        }
    }

    /// What is left out.
    pub(crate) fn left_out(&self) -> impl Iterator<Item = &'static str> {
        self.left_out.keys().copied()
    }

    /// The list; where not all are told one says how many are not. The last say what is left out.
    pub(crate) fn finish(self) -> Vec<Problem> {
        let Self { mut told, untold, left_out, .. } = self;
        if untold > 0 {
            told.push(Problem {
                code: "document_more_problems".to_owned(),
                message: format!("{untold} more are not told"),
                hint: None,
            });
        }
        told.extend(left_out.into_iter().map(|(what, count)| Problem {
            code: "document_truncated".to_owned(),
            message: format!("{count} {what} are left out"),
            hint: None,
        }));
        told
    }
}
