//! Paths that were asked for, ready to be evaluated again.

use crate::data_path::{self, DataPathError};
use arc_swap::ArcSwap;
use referee_engine::Asked;
use referee_rego::{Program, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// How many paths are kept; what a service asks for is a handful. When there are more the oldest
/// are forgotten together: a caller can make up paths without end.
const MOST: usize = 256;

/// Paths by their text in the URL. Reading takes no lock; a new path is put in by copying the map.
#[derive(Debug, Default)]
pub(super) struct Documents(ArcSwap<HashMap<String, Arc<Asked>>>);

impl Documents {
    /// The document at a path of a URL, and whether it was ready.
    pub(super) fn get(
        &self,
        url: &str,
        program: impl FnOnce() -> Program,
        runtime: &Value,
    ) -> Result<(Arc<Asked>, bool), DataPathError> {
        if let Some(known) = self.0.load().get(url) {
            return Ok((Arc::clone(known), true));
        }
        let path = data_path::from_url(url)?;
        let asked = Asked::new(program(), &path, Some(runtime.clone()))
            .map_err(|_| DataPathError::Unreadable)?;
        let asked = Arc::new(asked);
        self.0.rcu(|known| {
            let mut next = if known.len() < MOST { HashMap::clone(known) } else { HashMap::new() };
            next.insert(url.to_owned(), Arc::clone(&asked));
            next
        });
        Ok((asked, false))
    }
}
