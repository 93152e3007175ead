//! Remembering which signatures were found to hold.
//!
//! A hundred bundles of one workflow share certificates, log checkpoints and timestamp authorities.
//! Whether a signature holds follows from key, scheme, message and signature alone, so what held
//! once holds again; only the mathematics is left out the second time, never a judgement about
//! time, names or trust. What did not hold is not remembered: a stranger could fill the memory
//! with it.

use super::key::PublicKey;
use super::signature::Scheme;
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::mem;
use std::sync::{Mutex, PoisonError};

/// So many signatures are remembered, and as many again of the generation before: 32 bytes each,
/// and a bundle has about five.
const GENERATION: usize = 8_192;

/// What names a check: a hash over key, scheme, message and signature.
type Mark = [u8; 32];

/// Which signatures held. Shared by all examinations of one verifier; not meant for signatures by
/// keys that anybody may name, of which there is no end.
#[derive(Debug, Default)]
pub struct Memory {
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashSet<Mark>,
    old: HashSet<Mark>,
}

impl Memory {
    /// Whether a key made this signature over this message by this scheme.
    #[must_use]
    pub fn verify(
        &self,
        key: &PublicKey,
        scheme: Scheme,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let held = self.check(key, scheme, message, signature);
        held.map(|held| self.keep(held)).is_some()
    }

    /// The same, where it turns out only later whether the key is one that not anybody may name:
    /// what held is remembered once it is handed to [`Memory::keep`].
    #[must_use]
    pub fn check(
        &self,
        key: &PublicKey,
        scheme: Scheme,
        message: &[u8],
        signature: &[u8],
    ) -> Option<Held> {
        let mark = mark(key, scheme, message, signature);
        if self.knows(&mark) {
            return Some(Held(None));
        }
        key.verify(scheme, message, signature).then_some(Held(Some(mark)))
    }

    /// Remembers a signature that held.
    pub fn keep(&self, held: Held) {
        let Held(Some(mark)) = held else { return };
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if generations.young.len() >= GENERATION {
            generations.old = mem::take(&mut generations.young);
        }
        generations.young.insert(mark);
    }

    fn knows(&self, mark: &Mark) -> bool {
        let generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.contains(mark) || generations.old.contains(mark)
    }
}

/// A signature that held.
#[derive(Debug)]
#[must_use]
pub struct Held(
    /// Its mark, where it is not remembered yet.
    Option<Mark>,
);

impl Held {
    /// One that is not to be remembered.
    pub fn unremembered() -> Self {
        Self(None)
    }
}

/// Every part is of a fixed length or hashed on its own, so that no two checks share a mark.
fn mark(key: &PublicKey, scheme: Scheme, message: &[u8], signature: &[u8]) -> Mark {
    let mut hash = Sha256::new();
    hash.update(Sha256::digest(key.id().as_str()));
    hash.update(Sha256::digest(scheme.name(0)));
    hash.update(Sha256::digest(message));
    hash.update(Sha256::digest(signature));
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};

    #[test]
    fn what_held_is_remembered_once_it_is_kept() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let key = PublicKey::from_spki(pair.public_key().as_der().unwrap().as_ref()).unwrap();
        let signature = pair.sign(b"message");
        let (scheme, signature) = (Scheme::Ed25519, signature.as_ref());
        let (memory, mark) = (Memory::default(), mark(&key, scheme, b"message", signature));
        let held = memory.check(&key, scheme, b"message", signature).unwrap();
        assert!(!memory.knows(&mark));
        memory.keep(held);
        assert!(memory.knows(&mark));
        assert!(memory.verify(&key, scheme, b"message", signature));
        assert!(memory.check(&key, scheme, b"another", signature).is_none());
        assert!(!memory.verify(&key, scheme, b"another", signature));
    }

    #[test]
    fn no_more_is_kept_than_two_generations() {
        let memory = Memory::default();
        for number in 0..3 * GENERATION as u64 {
            let mark = Sha256::digest(number.to_be_bytes()).into();
            memory.keep(Held(Some(mark)));
            assert!(memory.knows(&mark));
        }
        let generations = memory.generations.lock().unwrap();
        assert_eq!((generations.young.len(), generations.old.len()), (GENERATION, GENERATION));
    }
}
