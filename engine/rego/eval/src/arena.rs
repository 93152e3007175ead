//! Where an evaluation keeps what it computes.

use referee_rego_value::Value;
use std::fmt;

/// The values that an evaluation computes, for as long as it runs and beyond.
#[derive(Default)]
pub struct Arena(typed_arena::Arena<Value>);

impl Arena {
    /// An arena without values.
    #[must_use]
    pub fn new() -> Self {
        Self(typed_arena::Arena::with_capacity(32))
    }

    /// Keeps a value.
    pub(crate) fn keep(&self, value: Value) -> &Value {
        self.0.alloc(value)
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").field("values", &self.0.len()).finish()
    }
}
