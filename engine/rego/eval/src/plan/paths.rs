//! Paths that are known when the plan is made, each with a number under which its value is kept.

use crate::plan::ops::Path;
use hashbrown::HashMap;
use referee_rego_value::Value;
use std::sync::Arc;

/// How many things need a place to keep something in an evaluation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Paths into `input`.
    pub(crate) inputs: u32,
    /// Paths into the base document.
    pub(crate) bases: u32,
    /// Comprehensions.
    pub(crate) comprehensions: u32,
}

/// Paths, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    root: Option<Arc<Path>>,
    below: HashMap<(u32, Value), Arc<Path>, foldhash::fast::FixedState>,
}

impl Paths {
    /// Takes over the paths that were found beside these.
    pub(crate) fn extend(&mut self, found: Self) {
        self.root = self.root.take().or(found.root);
        self.below.extend(found.below);
    }

    /// The path with these keys; `known` are looked up first, `count` numbers new ones.
    pub(crate) fn find(
        &mut self,
        keys: &[Value],
        known: Option<&Self>,
        count: &mut u32,
    ) -> Arc<Path> {
        let root = known.and_then(|known| known.root.clone()).or_else(|| self.root.clone());
        let mut path = root.unwrap_or_else(|| {
            let root = Arc::new(Path { id: next(count), key: None, parent: None });
            self.root = Some(Arc::clone(&root));
            root
        });
        for key in keys {
            let place = (path.id, key.clone());
            let found = known.and_then(|known| known.below.get(&place));
            path = match found.or_else(|| self.below.get(&place)) {
                Some(found) => Arc::clone(found),
                None => {
                    let id = next(count);
                    let new = Path { id, key: Some(key.clone()), parent: Some(path) };
                    let new = Arc::new(new);
                    self.below.insert(place, Arc::clone(&new));
                    new
                }
            };
        }
        path
    }
}

/// The next number.
pub(crate) fn next(count: &mut u32) -> u32 {
    let id = *count;
    *count = count.saturating_add(1);
    id
}
