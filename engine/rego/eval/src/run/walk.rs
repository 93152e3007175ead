//! `walk`: every value within a value, with the path to it, in OPA's order (`v1/topdown/walk.go`).

use super::members::{Key, Parts};
use referee_rego_value::Value;

/// A collection that is being gone through.
#[derive(Debug)]
struct Level<'a> {
    parts: Parts<'a>,
    /// The key of the member that was come to last.
    key: Key<'a>,
}

impl<'a> Level<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        Parts::of(value).map(|parts| Self { parts, key: Key::Index(0) })
    }
}

/// A walk over a value.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    start: Option<&'a Value>,
    levels: Vec<Level<'a>>,
    /// So many levels lead to the value that it has come to.
    depth: usize,
    /// Its path, kept for the room.
    path: Vec<Value>,
    /// So many tests of a value come before its path.
    tests: usize,
}

impl<'a> Walk<'a> {
    /// A walk that begins with the value itself. So many tests come before the path of a value is
    /// asked for.
    pub(super) fn new(value: &'a Value, tests: usize) -> Self {
        Self { start: Some(value), levels: Vec::new(), depth: 0, path: Vec::new(), tests }
    }

    /// How many tests of a value come before its path.
    pub(super) fn tests(&self) -> usize {
        self.tests
    }

    /// The next value.
    #[inline]
    pub(super) fn next(&mut self) -> Option<&'a Value> {
        if let Some(value) = self.start.take() {
            self.levels.extend(Level::of(value));
            return Some(value);
        }
        loop {
            let depth = self.levels.len();
            let level = self.levels.last_mut()?;
            let Some((key, value)) = level.parts.next() else {
                self.levels.pop();
                continue;
            };
            level.key = key;
            self.depth = depth;
            if let Some(below) = Level::of(value) {
                self.levels.push(below);
            }
            return Some(value);
        }
    }

    /// The path of the value that it has come to.
    pub(super) fn path(&mut self) -> Value {
        self.path.clear();
        self.path.extend(self.levels.iter().take(self.depth).map(|level| level.key.value()));
        Value::Array(self.path.as_slice().into())
    }
}
