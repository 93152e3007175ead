//! Single flight: the same question asked by many at once is asked once.
//!
//! The work runs in a task of its own. Whoever stops waiting neither cancels it nor fails another
//! who waits, and a panic in it is an answer to all of them, not a hang.

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

type Running<K, V> = Arc<Mutex<HashMap<K, Landing<V>>>>;

/// Questions under way, each with those who wait for it.
pub(crate) struct Flight<K, V> {
    running: Running<K, V>,
}

impl<K, V> fmt::Debug for Flight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").finish_non_exhaustive()
    }
}

impl<K, V> Default for Flight<K, V> {
    fn default() -> Self {
        Self { running: Arc::default() }
    }
}

/// What a question under way will answer; `None` where its work panicked or the runtime is
/// shutting down.
pub(crate) type Landing<V> = Shared<BoxFuture<'static, Option<V>>>;

impl<K, V> Flight<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Joins the work of this key that is under way, or starts `work` now. Answers what to wait
    /// for, and whether it was under way.
    pub(crate) fn join<F>(&self, key: K, work: impl FnOnce() -> F) -> (Landing<V>, bool)
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(landing) = running.get(&key) {
            return (landing.clone(), true);
        }
        let guard = Guard { running: Arc::clone(&self.running), key: key.clone() };
        let work = work();
        // Spawned while the map is locked: the task's end, which takes the lock to remove the
        // key, comes after the key is in.
        let task = tokio::spawn(async move {
            let _guard = guard;
            work.await
        });
        let landing = task.map(Result::ok).boxed().shared();
        running.insert(key, landing.clone());
        (landing, false)
    }
}

/// Takes a question off the list when its work ends, however it ends.
struct Guard<K: Eq + Hash, V> {
    running: Running<K, V>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Guard<K, V> {
    fn drop(&mut self) {
        let finished =
            self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        // Dropped here, after the lock: it may hold the last reference to an answer.
        drop(finished);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn the_same_question_at_once_is_asked_once() {
        let flight = Arc::new(Flight::<&str, u32>::default());
        let asked = Arc::new(AtomicU32::new(0));
        let gate = Arc::new(Notify::new());
        let ask = || {
            let (asked, gate) = (Arc::clone(&asked), Arc::clone(&gate));
            flight.join("q", || async move {
                gate.notified().await;
                asked.fetch_add(1, Ordering::SeqCst)
            })
        };
        let (first, second) = (ask(), ask());
        assert_eq!((first.1, second.1), (false, true));
        gate.notify_one();
        assert_eq!((first.0.await, second.0.await), (Some(0), Some(0)));
        // Landed: the next question is asked anew.
        gate.notify_one();
        assert_eq!(ask().0.await, Some(1));
    }

    #[tokio::test]
    async fn a_panic_in_the_work_is_an_answer_to_everybody_and_frees_the_question() {
        let flight = Flight::<&str, u32>::default();
        let (waiter, _) = flight.join("q", || async { panic!("on purpose") });
        let answer = tokio::time::timeout(Duration::from_secs(5), waiter).await.unwrap();
        assert_eq!(answer, None);
        assert_eq!(flight.join("q", || async { 7 }).0.await, Some(7));
    }
}
