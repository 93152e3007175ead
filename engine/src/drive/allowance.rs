//! What one gathering may still do: whether it goes on, and how many bytes of blobs it may fetch.

use referee_core::Digest;
use std::collections::HashSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// What one gathering may still do. Shared by all its work.
#[derive(Debug)]
pub(crate) struct Allowance {
    pub(crate) cancelled: Arc<AtomicBool>,
    fetched: Mutex<Fetched>,
}

#[derive(Debug)]
struct Fetched {
    left: u64,
    /// What was paid for: two verifiers may want the same.
    paid: HashSet<Digest>,
    /// Whether something was refused.
    exhausted: bool,
}

impl Allowance {
    /// It may fetch so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let fetched = Fetched { left: bytes, paid: HashSet::new(), exhausted: false };
        Self { cancelled: Arc::default(), fetched: Mutex::new(fetched) }
    }

    /// Whether a blob may be fetched; its bytes are then taken from what is left, once.
    pub(crate) fn take(&self, digest: &Digest, bytes: u64) -> bool {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        if fetched.paid.contains(digest) {
            return true;
        }
        let Some(left) = fetched.left.checked_sub(bytes) else {
            fetched.exhausted = true;
            return false;
        };
        fetched.left = left;
        fetched.paid.insert(digest.clone());
        true
    }

    /// Whether something was not fetched because there were not so many bytes left.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner).exhausted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_given_than_there_is_and_the_same_is_paid_for_once() {
        let allowance = Allowance::new(10);
        let [a, b, c] = ["a", "b", "c"].map(|text| Digest::sha256(text.as_bytes()));
        assert!(allowance.take(&a, 6));
        assert!(!allowance.is_exhausted());
        assert!(!allowance.take(&b, 5));
        assert!(allowance.is_exhausted());
        assert!(allowance.take(&a, 6));
        assert!(allowance.take(&c, 4));
        assert!(!allowance.take(&b, 1));
    }
}
