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
}

impl<'a> Walk<'a> {
    /// A walk that begins with the value itself.
    pub(super) fn new(value: &'a Value, paths: bool) -> Self {
        Self { start: Some(value), levels: Vec::new(), path: Vec::new(), paths }
    }

    /// The next path and value.
    pub(super) fn next(&mut self) -> Option<(Slot<'a>, Slot<'a>)> {
        if let Some(value) = self.start.take() {
            self.levels.extend(Members::of(value));
            return Some((self.path(), Slot::Ref(value)));
        }
        loop {
            let level = self.levels.last_mut()?;
            let Some((key, value)) = level.next() else {
                self.levels.pop();
                self.path.pop();
                continue;
            };
            if self.paths {
                self.path.truncate(self.levels.len().saturating_sub(1));
                self.path.push(key.value().clone());
            }
            if let Slot::Ref(found) = value {
                let path = self.path();
                if let Some(members) = Members::of(found) {
                    self.levels.push(members);
                }
                return Some((path, value));
            }
        }
    }

    fn path(&self) -> Slot<'a> {
        if self.paths { Slot::Own(Value::array(self.path.iter().cloned())) } else { Slot::Unset }
    }
}
