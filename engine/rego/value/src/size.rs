//! How much memory values take, for limits: approximate, and never less than what was asked of the
//! allocator for the value itself.

use crate::{Array, Number, Object, Set, Str, Value};

/// Counts and header of a shared allocation.
const SHARED: usize = 32;

fn text_size(text: &Str) -> usize {
    if text.is_heap_allocated() { text.len() + 2 * size_of::<usize>() } else { 0 }
}

impl Array {
    /// The bytes of its own allocation, without those of its elements.
    #[must_use]
    pub fn heap_size(&self) -> usize {
        if self.is_empty() { 0 } else { SHARED + size_of_val(self.as_slice()) }
    }
}

impl Set {
    /// The bytes of its own allocation, without those of its elements.
    #[must_use]
    pub fn heap_size(&self) -> usize {
        self.0
            .as_ref()
            .map_or(0, |node| SHARED + size_of_val(&node.slice) + node.header.header.heap_size())
    }
}

impl Object {
    /// The bytes of its own allocation, without those of its members.
    #[must_use]
    pub fn heap_size(&self) -> usize {
        self.0
            .as_ref()
            .map_or(0, |node| SHARED + size_of_val(&node.slice) + node.header.header.heap_size())
    }
}

impl Value {
    /// The bytes that are allocated for this value alone: not for its elements or members, and not
    /// its own 24 bytes. Takes no time.
    #[must_use]
    pub fn heap_size(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(Number::Int(_)) => 0,
            Self::Number(Number::Text(text)) => text.heap_size(),
            Self::String(text) => text_size(text),
            Self::Array(array) => array.heap_size(),
            Self::Object(object) => object.heap_size(),
            Self::Set(set) => set.heap_size(),
        }
    }

    /// The bytes that are allocated for this value and everything in it. What is shared counts as
    /// often as it occurs. Looks at each element.
    #[must_use]
    pub fn deep_heap_size(&self) -> usize {
        let mut size = 0_usize;
        let mut waiting = vec![self];
        while let Some(value) = waiting.pop() {
            size = size.saturating_add(value.heap_size());
            match value {
                Self::Array(array) => waiting.extend(array),
                Self::Set(set) => waiting.extend(set),
                Self::Object(object) => {
                    waiting.extend(object.keys());
                    waiting.extend(object.values());
                }
                Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => {}
            }
        }
        size
    }
}
