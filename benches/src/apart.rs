//! Servers and those who ask them on processors of their own: a load driver that takes the time of
//! the server that it measures says more of itself than of the server.
//!
//! A process starts where the thread runs that starts it. So the driver's thread goes to the
//! servers' processors, starts them, and goes to its own, the last one.

/// Which processors are whose.
#[derive(Debug)]
pub struct Apart {
    #[cfg(target_os = "linux")]
    places: Option<[rustix::thread::CpuSet; 3]>,
}

#[cfg(target_os = "linux")]
impl Apart {
    /// Of the processors that this thread may run on; where there is one only, it is everybody's.
    #[must_use]
    pub fn new() -> Self {
        use rustix::thread::{CpuSet, sched_getaffinity};
        let Ok(all) = sched_getaffinity(None) else { return Self { places: None } };
        let last = (0..CpuSet::MAX_CPU).rev().find(|at| all.is_set(*at));
        let places = last.filter(|_| all.count() > 1).map(|last| {
            let (mut servers, mut client) = (all, CpuSet::new());
            servers.unset(last);
            client.set(last);
            [all, servers, client]
        });
        Self { places }
    }

    fn go(&self, place: usize) -> bool {
        let set = self.places.as_ref().and_then(|places| places.get(place));
        set.is_some_and(|set| rustix::thread::sched_setaffinity(None, set).is_ok())
    }
}

#[cfg(not(target_os = "linux"))]
impl Apart {
    /// There is no telling a thread where to run here.
    #[must_use]
    pub fn new() -> Self {
        Self {}
    }

    fn go(&self, _place: usize) -> bool {
        false
    }
}

impl Default for Apart {
    fn default() -> Self {
        Self::new()
    }
}

impl Apart {
    /// Runs what starts servers on their processors; the thread comes back to the driver's. Whether
    /// they are apart.
    pub fn start<T>(&self, start: impl FnOnce() -> T) -> (T, bool) {
        let there = self.go(1);
        let started = start();
        (started, self.go(2) && there)
    }
}

impl Drop for Apart {
    /// The thread may run everywhere again.
    fn drop(&mut self) {
        self.go(0);
    }
}
