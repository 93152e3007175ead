//! Times of rounds that take turns.

use std::time::{Duration, Instant};

/// A way of doing something, in laps; says how long each took.
pub(super) type Round<'a> = Box<dyn FnMut() -> Vec<Duration> + 'a>;

/// The least rounds of each way.
const ROUNDS: usize = 10;

/// The microseconds that a round of each way takes: of each lap the least of many rounds, since a
/// busy machine only ever adds to it. The ways take turns, so that what disturbs one disturbs the
/// others.
pub(super) fn in_turn<const N: usize>(time: Duration, mut ways: [Round<'_>; N]) -> [f64; N] {
    let started = Instant::now();
    let mut least: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::new());
    let mut rounds = 0;
    while started.elapsed() < time || rounds < ROUNDS {
        for (way, least) in ways.iter_mut().zip(&mut least) {
            let laps = way();
            least.resize(laps.len(), Duration::MAX);
            for (lap, least) in laps.into_iter().zip(least) {
                *least = lap.min(*least);
            }
        }
        rounds += 1;
    }
    least.map(|laps| laps.into_iter().sum::<Duration>().as_secs_f64() * 1e6)
}

/// How long something takes once.
pub(super) fn once(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// A lap for each of several things.
pub(super) fn laps<T>(
    things: impl IntoIterator<Item = T>,
    mut work: impl FnMut(T),
) -> Vec<Duration> {
    things.into_iter().map(|thing| once(|| work(thing))).collect()
}

/// Things made ahead, of which each is used once: making them is not measured.
pub(super) struct Fresh<F, T> {
    make: F,
    ready: Vec<T>,
}

impl<T, F: Fn() -> T> Fresh<F, T> {
    pub(super) fn new(make: F) -> Self {
        Self { make, ready: Vec::new() }
    }

    pub(super) fn next(&mut self) -> T {
        if self.ready.is_empty() {
            self.ready = (0..16).map(|_| (self.make)()).collect();
        }
        self.ready.pop().expect("just made")
    }
}
