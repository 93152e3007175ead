//! A cache of what was compiled, by its text: bounded in entries, shared between evaluations.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

/// The most entries of a cache.
const MOST_ENTRIES: usize = 256;

/// The longest text that is kept.
const MOST_TEXT: usize = 64 << 10;

/// A cache by text.
pub(crate) struct Bounded<T>(RwLock<HashMap<Box<str>, T>>);

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T> fmt::Debug for Bounded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounded").finish_non_exhaustive()
    }
}

impl<T: Clone> Bounded<T> {
    pub(crate) fn get(&self, text: &str) -> Option<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(text).cloned()
    }

    /// Keeps an entry. Where the cache is full, another one goes: which is of no matter, as each
    /// can be made again.
    pub(crate) fn insert(&self, text: &str, entry: T) {
        if text.len() > MOST_TEXT {
            return;
        }
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST_ENTRIES
            && let Some(other) = entries.keys().next().cloned()
        {
            entries.remove(&other);
        }
        entries.insert(text.into(), entry);
    }
}
