//! `max_decisions_per_second`: a token bucket.

use std::time::Instant;

/// Lets so many through a second, and as many at once after a rest; one at least.
#[derive(Debug)]
pub(crate) struct Limiter {
    rate: f64,
    room: f64,
    tokens: f64,
    last: Instant,
}

impl Limiter {
    pub(crate) fn new(rate: f64, now: Instant) -> Self {
        let room = rate.floor().max(1.0);
        Self { rate, room, tokens: room, last: now }
    }

    /// Whether one more may pass. Times that go backwards count as no time.
    pub(crate) fn allow(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.last).as_secs_f64();
        self.last = self.last.max(now);
        self.tokens = (self.tokens + elapsed * self.rate).min(self.room);
        let passes = self.tokens >= 1.0;
        if passes {
            self.tokens -= 1.0;
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn so_many_pass_a_second_and_no_more() {
        let start = Instant::now();
        let mut limiter = Limiter::new(10.0, start);
        let passed =
            (0..10_000u64).filter(|ms| limiter.allow(start + Duration::from_millis(*ms))).count();
        // Ten at once at the beginning, then ten in each of ten seconds.
        assert!((109..=110).contains(&passed), "{passed}");
    }

    #[test]
    fn less_than_one_a_second_is_one_now_and_then() {
        let start = Instant::now();
        let mut limiter = Limiter::new(0.5, start);
        let at =
            |limiter: &mut Limiter, seconds| limiter.allow(start + Duration::from_secs(seconds));
        assert!(at(&mut limiter, 0));
        assert!(!at(&mut limiter, 1));
        assert!(at(&mut limiter, 2));
        assert!(!at(&mut limiter, 1), "time does not go backwards");
        let mut none = Limiter::new(0.0, start);
        assert!(at(&mut none, 0) && !at(&mut none, 1_000_000));
    }
}
