//! The order of facts: by the way a referrer was found, not by which answer came first, so that
//! the same artifact always yields the same document.

/// A place in the tree of subject, platforms and referrers; compared from the root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order(Vec<usize>);

impl Order {
    pub(crate) fn root() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn child(&self, position: usize) -> Self {
        let mut path = self.0.clone();
        path.push(position);
        Self(path)
    }
}
