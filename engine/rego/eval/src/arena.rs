//! Where an evaluation keeps what it computes.

use referee_rego_value::{Value, later};
use std::cell::Cell;
use std::{fmt, mem};

/// An evaluation that took more bytes than this leaves what is freed elsewhere, see [`later`].
const LARGE: u64 = 1 << 20;

/// The values that an evaluation computes, for as long as it runs and beyond.
#[derive(Default)]
pub struct Arena {
    values: typed_arena::Arena<Value>,
    /// How many bytes were taken by the evaluations that keep their values here.
    taken: Cell<u64>,
}

impl Arena {
    /// An arena without values.
    #[must_use]
    pub fn new() -> Self {
        Self { values: typed_arena::Arena::with_capacity(32), taken: Cell::new(0) }
    }

    /// Keeps a value.
    #[inline]
    pub(crate) fn keep(&self, value: Value) -> &Value {
        self.values.alloc(value)
    }

    /// Keeps values, one beside the other.
    #[inline]
    pub(crate) fn keep_all(&self, values: impl IntoIterator<Item = Value>) -> &[Value] {
        self.values.alloc_extend(values)
    }

    /// An evaluation that keeps its values here took so many bytes.
    pub(crate) fn took(&self, bytes: u64) {
        self.taken.set(self.taken.get().saturating_add(bytes));
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if self.taken.get() > LARGE {
            let bytes = usize::try_from(self.taken.get()).unwrap_or(usize::MAX);
            later::free(mem::take(&mut self.values), bytes);
        }
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").field("values", &self.values.len()).finish()
    }
}
