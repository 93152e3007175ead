//! Caches that outlive an evaluation: what is expensive to make of an operand and always the same,
//! such as compiled patterns and parsed keys.
//!
//! They hold nothing that depends on the world, on time or on who asks, so that sharing them
//! changes no result. Each family bounds its own.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// Caches of builtins, one of each type, for as long as who made them wants to keep them.
#[derive(Default)]
pub struct SharedCaches(RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl fmt::Debug for SharedCaches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedCaches").finish_non_exhaustive()
    }
}

impl SharedCaches {
    /// The cache of a type, made where it is not there yet.
    #[must_use]
    pub fn get<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let id = TypeId::of::<T>();
        let found = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(Ok(cache)) = found.map(Arc::downcast) {
            return cache;
        }
        let mut caches = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let cache = Arc::clone(caches.entry(id).or_insert_with(|| Arc::new(T::default())));
        // The entry of a type holds a value of that type; a fresh one otherwise never happens.
        cache.downcast().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_cache_is_made_once_and_shared() {
        let caches = SharedCaches::default();
        caches.get::<AtomicU32>().store(7, Ordering::Relaxed);
        assert_eq!(caches.get::<AtomicU32>().load(Ordering::Relaxed), 7);
        assert_eq!(*caches.get::<String>(), "");
    }
}
