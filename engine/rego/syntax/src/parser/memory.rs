//! How deep the parser is, and the terms that it has read so far.

use super::arena::TermId;
use super::{Parser, Remembered, State};

impl Parser<'_> {
    /// Goes one level deeper; where that is too deep, an error and `false`.
    pub(super) fn enter(&mut self) -> bool {
        if self.depth >= self.max_depth {
            self.too_deep();
            return false;
        }
        self.depth += 1;
        true
    }

    pub(super) fn too_deep(&mut self) {
        self.error(self.here(), "max parsing recursion depth exceeded");
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The term that was read here before, and the state after it.
    pub(super) fn remembered(&self) -> Option<(Option<TermId>, State)> {
        let offset = self.state.offset;
        let mut upper = self.memory.len();
        for &base in self.layers.iter().rev().chain(std::iter::once(&0)) {
            let layer = self.memory.get(base..upper).unwrap_or_default();
            // The newest of a layer is that of the highest offset.
            if let Ok(index) = layer.binary_search_by_key(&offset, |entry| entry.offset) {
                return layer.get(index).map(|entry| (entry.term, entry.after));
            }
            upper = base;
        }
        None
    }

    /// Remembers a term that began at an offset; what lies at or after it is forgotten.
    pub(super) fn remember(&mut self, offset: usize, term: Option<TermId>) {
        let base = self.layers.last().copied().unwrap_or(0);
        while self.memory.len() > base
            && self.memory.last().is_some_and(|entry| entry.offset >= offset)
        {
            self.memory.pop();
        }
        self.memory.push(Remembered { offset, term, after: self.state });
    }

    /// Forgets all about the statement that is complete, save what was read beyond its end.
    pub(super) fn forget(&mut self) {
        let offset = self.state.offset;
        self.memory.retain(|entry| entry.offset >= offset);
        if self.memory.iter().all(|entry| entry.term.is_none()) {
            self.arena.clear();
        }
        self.layers.clear();
        self.fruitless.clear();
        self.pending.clear();
        self.pending_exprs.clear();
    }
}
