//! Freeing what is large, by a thread of its own.
//!
//! To free a million values takes tens of milliseconds. Nobody who waits for an answer, or has
//! called an evaluation off, is to wait for that as well.

use crate::{Value, node};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;

/// From this many values on a collection that is being made is freed elsewhere.
pub(crate) const LARGE: usize = 1 << 14;

/// From this weight on a value is freed elsewhere. Its parts may be others' as well, and then they
/// stay; so this is more than [`LARGE`].
pub(crate) const HEAVY: u32 = 1 << 17;

/// The tree of a text of more bytes is freed elsewhere.
pub const LARGE_TEXT: usize = 1 << 14;

/// About so many bytes a byte of a text takes in its tree.
pub const TREE_BYTES: usize = 16;

/// So many bytes may wait to be freed; when nothing waits, anything may. What comes on top is freed
/// where it is: then values are made faster than they are freed, and memory counts for more than
/// time.
const MOST_WAITING: u64 = 256 << 20;

/// What something counts at least.
const LEAST: u64 = 1 << 10;

enum Waste {
    Value(Value),
    Other(#[expect(dead_code, reason = "it is only freed")] Box<dyn Send>),
}

thread_local! {
    /// Whether this is the thread that frees.
    static FREES: Cell<bool> = const { Cell::new(false) };
}

/// A thread that frees what is put here.
struct Bin {
    waste: Sender<(Waste, u64)>,
    /// How many bytes wait to be freed.
    waiting: Arc<AtomicU64>,
}

impl Bin {
    /// `None` where no thread can be had.
    fn new() -> Option<Bin> {
        let (bin, waste) = channel::<(Waste, u64)>();
        let waiting = Arc::new(AtomicU64::new(0));
        let left = Arc::clone(&waiting);
        let empty = move || {
            FREES.set(true);
            for (waste, bytes) in waste {
                drop(waste);
                left.fetch_sub(bytes, Ordering::Relaxed);
            }
        };
        thread::Builder::new().name("referee-free".to_owned()).spawn(empty).ok()?;
        Some(Bin { waste: bin, waiting })
    }

    /// The one of this process.
    fn shared() -> Option<&'static Bin> {
        static BIN: OnceLock<Option<Bin>> = OnceLock::new();
        BIN.get_or_init(Bin::new).as_ref()
    }

    /// What was not taken.
    fn put(&self, waste: Waste, bytes: usize) -> Option<Waste> {
        let bytes = u64::try_from(bytes).unwrap_or(MOST_WAITING).max(LEAST);
        let waiting = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        if waiting != 0 && waiting.saturating_add(bytes) > MOST_WAITING {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            return Some(waste);
        }
        let refused = self.waste.send((waste, bytes)).err()?;
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        Some(refused.0.0)
    }
}

/// What was not taken.
fn put(waste: Waste, bytes: usize) -> Option<Waste> {
    match Bin::shared() {
        Some(bin) if !FREES.get() => bin.put(waste, bytes),
        _ => Some(waste),
    }
}

/// Frees something of about so many bytes elsewhere, if it can be: what may hold many thousands of
/// values. A single value needs no help, it does so by itself.
pub fn free<T: Send + 'static>(waste: T, bytes: usize) {
    drop(put(Waste::Other(Box::new(waste)), bytes));
}

/// Frees a large value of which this is the only holder.
pub(crate) fn free_value(value: Value) {
    let bytes = usize::try_from(value.weight()).unwrap_or(usize::MAX);
    let bytes = bytes.saturating_mul(size_of::<Value>());
    if let Some(Waste::Value(value)) = put(Waste::Value(value), bytes) {
        node::free_here(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    /// Tells which thread frees it.
    struct Tell(mpsc::Sender<Option<String>>);

    impl Drop for Tell {
        fn drop(&mut self) {
            // After the test nobody listens any more.
            let _ = self.0.send(thread::current().name().map(str::to_owned));
        }
    }

    /// Keeps the thread that frees busy until it is told to go on.
    struct Hold(mpsc::Receiver<()>);

    impl Drop for Hold {
        fn drop(&mut self) {
            let _ = self.0.recv_timeout(Duration::from_secs(60));
        }
    }

    #[test]
    fn another_thread_frees_unless_it_has_too_much_to_do() {
        // Its own: what other tests leave does not count here.
        let bin = Bin::new().expect("a thread");
        let put = |waste: Box<dyn Send>, bytes| drop(bin.put(Waste::Other(waste), bytes));
        let (tell, told) = mpsc::channel();
        let next = || told.recv_timeout(Duration::from_secs(60)).expect("it is freed");
        // Anything may wait where nothing else does.
        let large = usize::try_from(MOST_WAITING).expect("a size") * 2;
        put(Box::new(Tell(tell.clone())), large);
        assert_eq!(next().as_deref(), Some("referee-free"));
        while bin.waiting.load(Ordering::Relaxed) > 0 {
            thread::yield_now();
        }

        let (hold, held) = mpsc::channel::<()>();
        put(Box::new(Hold(held)), large / 2 - 1024);
        put(Box::new(Tell(tell.clone())), 1);
        put(Box::new(Tell(tell.clone())), 1);
        assert_eq!(next().as_deref(), thread::current().name(), "the second is too much");
        hold.send(()).expect("it is held");
        assert_eq!(next().as_deref(), Some("referee-free"));
    }

    #[test]
    fn values_that_are_large_and_deep_are_freed_by_whoever_holds_them_last() {
        let large = || Value::set((0..i64::from(HEAVY)).map(Value::from));
        let deep = (0..100_000).fold(large(), |deep, _| Value::object([("a", deep)]));
        let other = deep.clone();
        drop(deep);
        assert_eq!(other.depth(), 100_001);
        drop(other);
        drop(Value::array([large(), large()]));
    }
}
