//! From the threads that serve to the log: a queue, bounded in bytes, and threads that do the work.
//!
//! Whoever decides only hands the decision over. Masking, writing as text and compressing are done
//! by a few threads of the log's own, which take batches from the queue and give them on in the
//! order in which they were taken. Where they cannot keep up, decisions are dropped and counted;
//! nobody who decides ever waits.

use super::buffer::{Buffer, wide};
use super::counters::{Count, Counters};
use super::event::Decision;
use super::filter::Filter;
use super::limiter::Limiter;
use bytes::Bytes;
use referee_store::Clock;
use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// What decisions may take, in memory, that wait for the threads of the log.
pub(crate) const QUEUE_BYTES: usize = 64 << 20;

/// What a decision takes beside its values.
const EACH: usize = 1_024;

/// The most decisions that a thread takes at once.
const BATCH: usize = 64;

/// How often it is looked whether the threads have ended.
const LOOK: Duration = Duration::from_millis(2);

/// The most threads: each does tens of thousands of decisions a second.
const MAX_THREADS: usize = 4;

/// Where lines of the console go.
pub(crate) type Console = Box<dyn Write + Send>;

/// Makes a decision what is logged of it, on a thread of the log.
pub(crate) type Make = Box<dyn FnOnce() -> Box<Decision> + Send>;

/// A decision that was handed over, its size and when.
struct Handed {
    make: Make,
    size: usize,
    at: Instant,
}

enum Job {
    Decision(Handed),
    Stop,
}

/// What the threads of the log and the uploader share.
pub(crate) struct Shared {
    pub(crate) filter: Filter,
    /// As JSON text.
    pub(crate) labels: String,
    pub(crate) counters: Arc<Counters>,
    pub(crate) clock: Arc<dyn Clock>,
    /// `None` where there is no service.
    pub(crate) buffer: Option<Mutex<Buffer>>,
    pub(crate) console: Option<Mutex<Console>>,
    pub(crate) limiter: Option<Mutex<Limiter>>,
    /// Told when there is a full chunk.
    pub(crate) ready: Notify,
    /// Whether the log ends and there is no time left for masking.
    pub(crate) hurried: AtomicBool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("filter", &self.filter).finish_non_exhaustive()
    }
}

/// The way into the log.
pub(crate) struct Pipeline {
    sender: Sender<Job>,
    queued: Arc<AtomicUsize>,
    limit: usize,
    is_closed: AtomicBool,
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    queue: Arc<Queue>,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("queued", &self.queued).finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Starts the threads.
    pub(crate) fn start(shared: &Arc<Shared>, limit: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with_threads(shared, limit, (cores / 2).clamp(1, MAX_THREADS))
    }

    fn with_threads(shared: &Arc<Shared>, limit: usize, threads: usize) -> Self {
        let (sender, receiver) = channel();
        let queued = Arc::new(AtomicUsize::new(0));
        let queue = Arc::new(Queue {
            receiver: Mutex::new((receiver, 0)),
            turn: Mutex::new(0),
            turned: Condvar::new(),
            queued: Arc::clone(&queued),
            unwritten: AtomicUsize::new(0),
        });
        let threads: Vec<_> = (0..threads)
            .filter_map(|number| {
                let (queue, shared) = (Arc::clone(&queue), Arc::clone(shared));
                let builder = std::thread::Builder::new().name(format!("referee-log-{number}"));
                let started = builder.spawn(move || queue.work(&shared));
                started
                    .inspect_err(
                        |error| tracing::error!(%error, "a thread of the log did not start"),
                    )
                    .ok()
            })
            .collect();
        Self {
            sender,
            queued,
            limit,
            is_closed: AtomicBool::new(false),
            shared: Arc::clone(shared),
            threads: Mutex::new(threads),
            queue,
        }
    }

    /// Hands a decision over, or drops and counts it where there is no room.
    pub(crate) fn push(&self, size: usize, make: Make) {
        let size = size.saturating_add(EACH);
        let before = self.queued.fetch_add(size, Ordering::Relaxed);
        let full = before.saturating_add(size) > self.limit && before > 0;
        if full || self.is_closed.load(Ordering::Relaxed) {
            self.queued.fetch_sub(size, Ordering::Relaxed);
            self.shared.counters.add(Count::BufferFull, 1);
            self.shared.counters.add(Count::BufferBytes, u64::from(full));
            return;
        }
        let handed = Handed { make, size, at: Instant::now() };
        self.queue.unwritten.fetch_add(1, Ordering::Relaxed);
        if self.sender.send(Job::Decision(handed)).is_err() {
            self.shared.counters.add(Count::BufferFull, 1);
        }
    }

    /// Takes no more, and waits until all that was handed over is in the buffer. Blocks. What is not
    /// masked at `hurry` goes there without what a mask could hide; what is not there at `until`,
    /// because nobody reads from the console say, is lost, and counted: how many decisions.
    pub(crate) fn close(&self, hurry: Instant, until: Instant) -> usize {
        self.is_closed.store(true, Ordering::Relaxed);
        let threads = std::mem::take(&mut *locked(&self.threads));
        for _ in &threads {
            // Where nobody takes it, the threads have ended.
            let _gone = self.sender.send(Job::Stop);
        }
        if !have_ended(&threads, hurry) {
            self.shared.hurried.store(true, Ordering::Relaxed);
            tracing::error!("decisions are not masked in time: they are logged without values");
        }
        if have_ended(&threads, until) {
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!("a thread of the log ended in a panic");
                }
            }
        }
        self.give_up()
    }

    /// Gives up what is not in the buffer by now, where it came at the very moment or threads are held
    /// up, and counts it: how many decisions. Threads end with what they have begun; nobody waits for
    /// them.
    fn give_up(&self) -> usize {
        let lost = self.queue.unwritten.load(Ordering::Relaxed);
        let receiver = locked(&self.queue.receiver);
        let stops = receiver.0.try_iter().filter(|job| matches!(job, Job::Stop)).count();
        drop(receiver);
        for _ in 0..stops {
            let _gone = self.sender.send(Job::Stop);
        }
        if lost > 0 {
            let events = lost;
            tracing::error!(events, "decisions are lost: they were not written when time was over");
        }
        self.shared.counters.add(Count::LostAtEnd, wide(lost));
        lost
    }
}

/// Waits until all threads have ended, or it is so late; whether they have.
fn have_ended(threads: &[JoinHandle<()>], until: Instant) -> bool {
    loop {
        if threads.iter().all(JoinHandle::is_finished) {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(LOOK);
    }
}

struct Queue {
    /// The receiver, and the number of the next batch.
    receiver: Mutex<(Receiver<Job>, u64)>,
    /// The number of the batch that is given on next.
    turn: Mutex<u64>,
    turned: Condvar,
    queued: Arc<AtomicUsize>,
    /// How many decisions were handed over and are not given on.
    unwritten: AtomicUsize,
}

impl Queue {
    fn work(&self, shared: &Shared) {
        loop {
            let (batch, number, ends) = self.take();
            let count = batch.len();
            let sizes: usize = batch.iter().map(|handed| handed.size).sum();
            let passes = Passing { queue: self, number };
            let ready = shared.prepare(batch);
            passes.wait();
            shared.give_on(ready);
            drop(passes);
            self.queued.fetch_sub(sizes, Ordering::Relaxed);
            self.unwritten.fetch_sub(count, Ordering::Relaxed);
            if ends {
                return;
            }
        }
    }

    fn take(&self) -> (Vec<Handed>, u64, bool) {
        let mut receiver = locked(&self.receiver);
        let number = receiver.1;
        receiver.1 += 1;
        let mut batch = Vec::new();
        match receiver.0.recv() {
            Ok(Job::Decision(handed)) => batch.push(handed),
            Ok(Job::Stop) | Err(_) => return (batch, number, true),
        }
        while batch.len() < BATCH {
            match receiver.0.try_recv() {
                Ok(Job::Decision(handed)) => batch.push(handed),
                Ok(Job::Stop) => return (batch, number, true),
                Err(_) => break,
            }
        }
        (batch, number, false)
    }
}

/// A batch's place in the order. It passes on however its work ends, so that one that fails holds
/// nobody up.
struct Passing<'a> {
    queue: &'a Queue,
    number: u64,
}

impl Passing<'_> {
    fn wait(&self) {
        let mut turn = locked(&self.queue.turn);
        while *turn != self.number {
            turn = self.queue.turned.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        self.wait();
        *locked(&self.queue.turn) += 1;
        self.queue.turned.notify_all();
    }
}

/// A decision as text, and when it was made.
struct Ready {
    uploaded: Option<Bytes>,
    line: Option<String>,
    at: Instant,
}

impl Shared {
    fn prepare(&self, batch: Vec<Handed>) -> Vec<Ready> {
        let ready = batch.into_iter().filter_map(|Handed { make, at, .. }| {
            let mut decision = make();
            if !self.filter.keeps(&mut decision, &self.counters, &self.hurried) {
                return None;
            }
            let line = self.console.as_ref().map(|_| {
                let mut line = decision.on_console(&self.labels, self.clock.now());
                line.push('\n');
                line
            });
            let uploaded = self.buffer.as_ref().map(|_| decision.uploaded(&self.labels).into());
            Some(Ready { uploaded, line, at })
        });
        ready.collect()
    }

    fn give_on(&self, ready: Vec<Ready>) {
        if let Some(console) = &self.console {
            let mut console = locked(console);
            let lines = ready.iter().filter_map(|ready| ready.line.as_ref());
            let mut written = Ok(());
            for line in lines {
                written = written.and_then(|()| console.write_all(line.as_bytes()));
            }
            if let Err(error) = written.and_then(|()| console.flush()) {
                tracing::error!(%error, "decisions could not be written to the console");
            }
        }
        let Some(buffer) = &self.buffer else { return };
        let events = ready.into_iter().filter(|ready| {
            let Some(limiter) = &self.limiter else { return true };
            let passes = locked(limiter).allow(ready.at);
            self.counters.add(Count::RateLimited, u64::from(!passes));
            passes
        });
        let events: Vec<Bytes> = events.filter_map(|ready| ready.uploaded).collect();
        let mut buffer = locked(buffer);
        buffer.push(events, &self.counters);
        if buffer.is_ready() {
            self.ready.notify_one();
        }
    }

    /// Has what is in a spool forced to the disk.
    pub(crate) fn look_after_at_end(&self) {
        if let Some(buffer) = &self.buffer {
            locked(buffer).sync(&self.counters);
        }
    }

    /// How many events are lost if the process ends now, and it counts them.
    pub(crate) fn count_lost(&self) -> usize {
        let lost = self.buffer.as_ref().map_or(0, |buffer| locked(buffer).in_memory());
        self.counters.add(Count::LostAtEnd, wide(lost));
        lost
    }
}

/// What a thread that panicked left is as good as before: nothing here is changed by halves.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
mod tests;
