//! What is wrong with a part of a document that is read all the same: a bounded list of it.

use referee_core::facts::Problem;

/// A list of problems.
#[derive(Debug)]
pub(crate) struct Problems {
    told: Vec<Problem>,
    untold: u64,
    most: usize,
}

impl Problems {
    /// An empty list that tells at most `most`.
    pub(crate) fn new(most: usize) -> Self {
        Self { told: Vec::new(), untold: 0, most }
    }

    /// Adds one; `message` is made only where it is told.
    pub(crate) fn add(&mut self, code: &'static str, message: impl FnOnce() -> String) {
        if self.told.len() < self.most {
            self.told.push(Problem { code: code.to_owned(), message: message(), hint: None });
        } else {
            self.untold = self.untold.saturating_add(1);
        }
    }

    /// The list; where not all are told a last one says how many are not.
    pub(crate) fn finish(self) -> Vec<Problem> {
        let Self { mut told, untold, .. } = self;
        if untold > 0 {
            told.push(Problem {
                code: "document_more_problems".to_owned(),
                message: format!("{untold} more are not told"),
                hint: None,
            });
        }
        told
    }
}
