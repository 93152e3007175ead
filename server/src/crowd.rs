//! Room for connections, and who makes room where there is none.
//!
//! A connection that does nothing costs next to nothing, so it may stay for long; but whoever holds
//! as many of these as there may be would keep everybody else out. So where there is no room, the
//! connection that has done nothing for the longest time is closed for the one that has come. Where
//! each has a request under way, who comes waits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// How long whoever comes waits for room before another connection is asked to leave. It is also
/// the time in which one that was asked to leave says goodbye.
pub(crate) const LEAVING: Duration = Duration::from_millis(200);

/// All connections of some sockets.
#[derive(Debug)]
pub(crate) struct Crowd {
    room: Arc<Semaphore>,
    seats: Mutex<BTreeMap<u64, Arc<Guest>>>,
    numbers: AtomicU64,
    begun: Instant,
}

/// A connection, as far as it matters who has to leave.
#[derive(Debug)]
pub(crate) struct Guest {
    /// How many requests are under way on it.
    open: AtomicUsize,
    /// When that changed last, in milliseconds after `begun`.
    changed: AtomicU64,
    begun: Instant,
    asked: AtomicBool,
    leave: Notify,
}

impl Guest {
    /// A request has come.
    pub(crate) fn begin(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.changed.store(since(self.begun), Ordering::Relaxed);
    }

    /// A request is answered.
    pub(crate) fn end(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.changed.store(since(self.begun), Ordering::Relaxed);
    }

    /// Whether a request is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }

    /// Waits until it is asked to leave, which it is once.
    pub(crate) async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }
}

/// The place of a connection, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    crowd: Arc<Crowd>,
    number: u64,
    guest: Arc<Guest>,
    _permit: OwnedSemaphorePermit,
}

impl Seat {
    pub(crate) fn guest(&self) -> &Arc<Guest> {
        &self.guest
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.crowd.seats().remove(&self.number);
    }
}

impl Crowd {
    /// Room for so many connections.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            room: Arc::new(Semaphore::new(most)),
            seats: Mutex::default(),
            numbers: AtomicU64::new(0),
            begun: Instant::now(),
        })
    }

    /// A place for a connection that has come, once there is one. `None` where there never will be.
    pub(crate) async fn seat(self: &Arc<Self>) -> Option<Seat> {
        loop {
            let room = Arc::clone(&self.room);
            if let Ok(permit) = room.try_acquire_owned() {
                return Some(self.seated(permit));
            }
            self.ask_one_to_leave();
            let room = Arc::clone(&self.room).acquire_owned();
            if let Ok(permit) = tokio::time::timeout(LEAVING, room).await {
                return permit.ok().map(|permit| self.seated(permit));
            }
        }
    }

    fn seated(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Seat {
        let guest = Arc::new(Guest {
            open: AtomicUsize::new(0),
            changed: AtomicU64::new(since(self.begun)),
            begun: self.begun,
            asked: AtomicBool::new(false),
            leave: Notify::new(),
        });
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.seats().insert(number, Arc::clone(&guest));
        Seat { crowd: Arc::clone(self), number, guest, _permit: permit }
    }

    /// Asks the one that has done nothing for the longest time, if any does nothing.
    pub(crate) fn ask_one_to_leave(&self) {
        let seats = self.seats();
        let idle = seats.values().filter(|it| !it.is_busy() && !it.asked.load(Ordering::Relaxed));
        if let Some(guest) = idle.min_by_key(|guest| guest.changed.load(Ordering::Relaxed)) {
            guest.asked.store(true, Ordering::Relaxed);
            guest.leave.notify_one();
        }
    }

    /// Nothing is changed here by halves.
    fn seats(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Guest>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_one_that_has_done_nothing_for_the_longest_time_is_asked_and_a_busy_one_never() {
        let crowd = Crowd::new(3);
        let busy = crowd.seat().await.unwrap();
        busy.guest().begin();
        let old = crowd.seat().await.unwrap();
        std::thread::sleep(Duration::from_millis(5));
        let young = crowd.seat().await.unwrap();
        let waiting = tokio::spawn({
            let crowd = Arc::clone(&crowd);
            async move { crowd.seat().await.is_some() }
        });
        old.guest().asked_to_leave().await;
        assert!(!busy.guest().asked.load(Ordering::Relaxed));
        assert!(!young.guest().asked.load(Ordering::Relaxed));
        drop(old);
        assert!(waiting.await.unwrap());
        assert_eq!(crowd.seats().len(), 2, "what is dropped is forgotten");
    }

    #[tokio::test]
    async fn where_all_are_busy_who_comes_waits() {
        let crowd = Crowd::new(1);
        let busy = crowd.seat().await.unwrap();
        busy.guest().begin();
        let waited = tokio::time::timeout(LEAVING * 2, crowd.seat()).await;
        assert!(waited.is_err() && !busy.guest().asked.load(Ordering::Relaxed));
        busy.guest().end();
        let (seated, ()) = tokio::join!(crowd.seat(), async {
            busy.guest().asked_to_leave().await;
            drop(busy);
        });
        assert!(seated.is_some());
    }
}
