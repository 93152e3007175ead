//! What was signed, for a log entry to be held against.

use crate::envelope::dsse::Envelope;
use crate::primitive::key::PublicKey;
use crate::primitive::signature::Hash;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// One signature, what verifies it and what it is over.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The signature.
    pub signature: &'a [u8],
    /// What verifies it.
    pub verifier: Verifier<'a>,
    /// What it is over.
    pub content: Content<'a>,
}

/// What verifies a signature.
#[derive(Clone, Copy, Debug)]
pub enum Verifier<'a> {
    /// The DER of the signing certificate.
    Certificate(&'a [u8]),
    /// A key without a certificate.
    Key(&'a PublicKey),
}

/// What a signature is over.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// Bytes, of which the digests are at hand.
    Message(&'a Digests),
    /// An envelope of which the signature is one.
    Envelope {
        /// The envelope.
        envelope: &'a Envelope,
        /// The JSON of the envelope as it was sent to the log, where it is at hand: beside
        /// cosign's `.att` layers it is the layer. `None` for a bundle, which writes it anew.
        written: Option<&'a [u8]>,
    },
}

/// Digests of one artifact, by the algorithms that logs know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    /// SHA-256.
    pub sha256: Option<[u8; 32]>,
    /// SHA-384.
    pub sha384: Option<[u8; 48]>,
    /// SHA-512.
    pub sha512: Option<[u8; 64]>,
}

impl Digests {
    /// All the digests of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: Hash::Sha256.of(bytes).try_into().ok(),
            sha384: Hash::Sha384.of(bytes).try_into().ok(),
            sha512: Hash::Sha512.of(bytes).try_into().ok(),
        }
    }

    /// The digest by an algorithm, if it is at hand.
    #[must_use]
    pub fn get(&self, algorithm: Hash) -> Option<&[u8]> {
        match algorithm {
            Hash::Sha256 => self.sha256.as_ref().map(<[u8; 32]>::as_slice),
            Hash::Sha384 => self.sha384.as_ref().map(<[u8; 48]>::as_slice),
            Hash::Sha512 => self.sha512.as_ref().map(<[u8; 64]>::as_slice),
        }
    }
}

/// Computes the digests of what comes piece by piece.
#[derive(Clone, Debug, Default)]
pub struct DigestsOfPieces {
    sha256: Sha256,
    sha384: Sha384,
    sha512: Sha512,
}

impl DigestsOfPieces {
    /// Takes in the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.sha256.update(piece);
        self.sha384.update(piece);
        self.sha512.update(piece);
    }

    /// The digests of all pieces.
    #[must_use]
    pub fn finish(self) -> Digests {
        Digests {
            sha256: Some(self.sha256.finalize().into()),
            sha384: Some(self.sha384.finalize().into()),
            sha512: Some(self.sha512.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_digests_of_the_whole() {
        let mut pieces = DigestsOfPieces::default();
        pieces.update(b"one ");
        pieces.update(b"two");
        assert_eq!(pieces.finish(), Digests::of(b"one two"));
    }
}
