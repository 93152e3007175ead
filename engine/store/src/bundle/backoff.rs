//! When to ask again.

use std::time::Duration;

/// The wait before the second try.
const FIRST: Duration = Duration::from_millis(100);

/// By how much each wait is longer than the one before it, and by how much of it chance changes it
/// (OPA's numbers, which are gRPC's).
const FACTOR: f64 = 1.6;
const JITTER: f64 = 0.2;

/// The wait between two tries: short after the first failure, longer after each further one, and
/// never longer than the longest.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Waits that go up to the longest.
    #[must_use]
    pub fn new(longest: Duration) -> Self {
        Self { longest, failures: 0 }
    }

    /// Forgets the failures.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure. Where the other side asked to be left alone for longer,
    /// that is kept, up to the longest.
    pub fn after_failure(&mut self, asked: Option<Duration>) -> Duration {
        let exponent = i32::try_from(self.failures).unwrap_or(i32::MAX).min(64);
        self.failures = self.failures.saturating_add(1);
        let grown = FIRST.as_secs_f64() * FACTOR.powi(exponent);
        let wait = Duration::try_from_secs_f64(grown).unwrap_or(self.longest).min(self.longest);
        let wait = wait.mul_f64(1.0 + JITTER * (fastrand::f64() * 2.0 - 1.0));
        wait.max(asked.unwrap_or_default()).min(self.longest)
    }
}

/// A wait between two, by chance, so that many do not come at once.
#[must_use]
pub fn between(shortest: Duration, longest: Duration) -> Duration {
    shortest + longest.saturating_sub(shortest).mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_longest_and_begin_anew_after_success() {
        let mut backoff = Backoff::new(Duration::from_secs(2));
        for expected in [0.1, 0.16, 0.256, 0.4096] {
            let wait = backoff.after_failure(None).as_secs_f64();
            assert!((0.79..1.21).contains(&(wait / expected)), "{wait} for {expected}");
        }
        for _ in 0..1_000 {
            backoff.after_failure(None);
        }
        let wait = backoff.after_failure(None);
        assert!(wait > Duration::from_millis(1_500) && wait <= Duration::from_secs(2), "{wait:?}");
        backoff.reset();
        assert!(backoff.after_failure(None) < Duration::from_millis(121));
        backoff.reset();
        let asked = backoff.after_failure(Some(Duration::from_secs(1)));
        assert_eq!(asked, Duration::from_secs(1));
        let asked = backoff.after_failure(Some(Duration::from_secs(3600)));
        assert_eq!(asked, Duration::from_secs(2));
    }

    #[test]
    fn a_wait_between_two_is_between_them() {
        let (min, max) = (Duration::from_secs(1), Duration::from_secs(3));
        for _ in 0..100 {
            let wait = between(min, max);
            assert!(wait >= min && wait <= max);
        }
        assert_eq!(between(max, min), max);
    }
}
