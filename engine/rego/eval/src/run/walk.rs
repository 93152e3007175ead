//! `walk`: every value within a value, with the path to it, in OPA's order (`v1/topdown/walk.go`).

use super::members::Members;
use super::slot::Slot;
use referee_rego_value::Value;

/// A walk over a value.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    start: Option<&'a Value>,
    levels: Vec<Members<'a>>,
    path: Vec<Value>,
    /// Whether paths are asked for.
    paths: bool,
    /// So many tests of a value come before its path.
    tests: usize,
}

impl<'a> Walk<'a> {
    /// A walk that begins with the value itself. Where tests come first, the path of a value is
    /// not given with it but asked for afterwards.
    pub(super) fn new(value: &'a Value, paths: bool, tests: usize) -> Self {
        Self { start: Some(value), levels: Vec::new(), path: Vec::new(), paths, tests }
    }

    /// How many tests of a value come before its path.
    pub(super) fn tests(&self) -> usize {
        self.tests
    }

    /// The next path and value.
    pub(super) fn next(&mut self) -> Option<(Slot<'a>, Slot<'a>)> {
        if let Some(value) = self.start.take() {
            self.levels.extend(Members::of(value));
            return Some((self.path_at_once(), Slot::Ref(value)));
        }
        loop {
            let level = self.levels.last_mut()?;
            if !self.paths {
                let Some(value) = level.next_value() else {
                    self.levels.pop();
                    continue;
                };
                if let Slot::Ref(found) = value {
                    self.levels.extend(Members::of(found));
                }
                return Some((Slot::Unset, value));
            }
            let Some((key, value)) = level.next() else {
                self.levels.pop();
                continue;
            };
            // What is left of the path of the value before.
            self.path.truncate(self.levels.len().saturating_sub(1));
            self.path.push(key.into_value());
            if let Slot::Ref(found) = value {
                let path = self.path_at_once();
                self.levels.extend(Members::of(found));
                return Some((path, value));
            }
        }
    }

    /// The path of the value that it has come to.
    pub(super) fn path(&self) -> Slot<'a> {
        Slot::Own(Value::Array(self.path.as_slice().into()))
    }

    fn path_at_once(&self) -> Slot<'a> {
        if self.paths && self.tests == 0 { self.path() } else { Slot::Unset }
    }
}
