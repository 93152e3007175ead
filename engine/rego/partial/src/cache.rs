//! What rules gave that leave nothing over: computed once.

use crate::term::Term;
use std::collections::BTreeMap;

/// What rules gave, by reference; `None` where they gave nothing.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    known: BTreeMap<Vec<Term>, Option<Term>>,
}

impl Cache {
    /// What is known of a reference.
    pub(crate) fn get(&self, parts: &[Term]) -> Option<&Option<Term>> {
        self.known.get(parts)
    }

    /// Notes what a reference leads to.
    pub(crate) fn put(&mut self, parts: &[Term], found: Option<Term>) {
        self.known.insert(parts.to_vec(), found);
    }
}
