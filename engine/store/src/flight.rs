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

type Running<K, V> = Arc<Mutex<HashMap<K, Shared<BoxFuture<'static, Option<V>>>>>>;

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

/// What became of the work, and whether it was another's.
pub(crate) struct Landed<V> {
    /// The answer; `None` where the work panicked or the runtime is shutting down.
    pub(crate) answer: Option<V>,
    /// Whether somebody else had started it.
    pub(crate) joined: bool,
}

impl<K, V> Flight<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Waits for the work of this key: that which is under way, else `work`, started now.
    pub(crate) async fn run<F>(&self, key: K, work: impl FnOnce() -> F + Send) -> Landed<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let (answer, joined) = self.join(key, work);
        Landed { answer: answer.await, joined }
    }

    fn join<F>(
        &self,
        key: K,
        work: impl FnOnce() -> F,
    ) -> (Shared<BoxFuture<'static, Option<V>>>, bool)
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = running.get(&key) {
            return (answer.clone(), true);
        }
        let landing = Landing { running: Arc::clone(&self.running), key: key.clone() };
        let work = work();
        // Spawned while the map is locked: the task's end, which takes the lock to remove the
        // key, comes after the key is in.
        let task = tokio::spawn(async move {
            let _landing = landing;
            work.await
        });
        let answer = task.map(Result::ok).boxed().shared();
        running.insert(key, answer.clone());
        (answer, false)
    }
}

/// Takes a question off the list when its work ends, however it ends.
struct Landing<K: Eq + Hash, V> {
    running: Running<K, V>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
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
        let ask = |flight: Arc<Flight<&'static str, u32>>| {
            let (asked, gate) = (Arc::clone(&asked), Arc::clone(&gate));
            async move {
                flight
                    .run("q", || async move {
                        gate.notified().await;
                        asked.fetch_add(1, Ordering::SeqCst)
                    })
                    .await
            }
        };
        let first = tokio::spawn(ask(Arc::clone(&flight)));
        let second = tokio::spawn(ask(Arc::clone(&flight)));
        tokio::time::sleep(Duration::from_millis(20)).await;
        gate.notify_one();
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        assert_eq!((first.answer, second.answer), (Some(0), Some(0)));
        assert!(first.joined != second.joined);
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        // Landed: the next question is asked anew.
        gate.notify_one();
        assert_eq!(ask(Arc::clone(&flight)).await.answer, Some(1));
    }

    #[tokio::test]
    async fn a_panic_in_the_work_is_an_answer_to_everybody_and_frees_the_question() {
        let flight = Arc::new(Flight::<&str, u32>::default());
        let waits = Arc::clone(&flight);
        let waiter =
            tokio::spawn(async move { waits.run("q", || async { panic!("on purpose") }).await });
        let answer = tokio::time::timeout(Duration::from_secs(5), waiter).await.unwrap().unwrap();
        assert_eq!(answer.answer, None);
        assert_eq!(flight.run("q", || async { 7 }).await.answer, Some(7));
    }
}
