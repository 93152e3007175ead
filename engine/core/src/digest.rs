//! Content digests, `algorithm:hex`, as the OCI image specification defines them
//! (image-spec `descriptor.md`, "Digests").
//!
//! Only the registered algorithms SHA-256 and SHA-512 are read (SHA-384 is not registered, and
//! an unknown algorithm cannot be checked, so it is refused rather than carried along).

use crate::error::Coded;
use data_encoding::HEXLOWER;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256, Sha512};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A digest algorithm registered by the OCI image specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-256, 64 hex characters.
    Sha256,
    /// SHA-512, 128 hex characters.
    Sha512,
}

impl Algorithm {
    /// The name before the colon.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn hex_length(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// A digest that has been checked for form: known algorithm, right length, lower-case hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    text: Box<str>,
}

impl Digest {
    /// The SHA-256 digest of some bytes.
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> Self {
        Self::of(Algorithm::Sha256, bytes)
    }

    /// The digest of some bytes by the given algorithm.
    #[must_use]
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let hex = match algorithm {
            Algorithm::Sha256 => HEXLOWER.encode(&Sha256::digest(bytes)),
            Algorithm::Sha512 => HEXLOWER.encode(&Sha512::digest(bytes)),
        };
        Self { algorithm, text: format!("{}:{hex}", algorithm.as_str()).into() }
    }

    /// The digest with this value: a SHA-256 that somebody computed.
    #[must_use]
    pub fn from_sha256(value: &[u8; 32]) -> Self {
        Self::from_value(Algorithm::Sha256, value)
    }

    /// The digest with this value: a SHA-512 that somebody computed.
    #[must_use]
    pub fn from_sha512(value: &[u8; 64]) -> Self {
        Self::from_value(Algorithm::Sha512, value)
    }

    fn from_value(algorithm: Algorithm, value: &[u8]) -> Self {
        Self {
            algorithm,
            text: format!("{}:{}", algorithm.as_str(), HEXLOWER.encode(value)).into(),
        }
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> Vec<u8> {
        // The text was read or written as lower-case hex.
        HEXLOWER.decode(self.hex().as_bytes()).unwrap_or_default()
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hex part, without the algorithm.
    #[must_use]
    pub fn hex(&self) -> &str {
        self.text.split_once(':').map_or("", |(_, hex)| hex)
    }

    /// The whole digest, `algorithm:hex`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether these bytes have this digest.
    #[must_use]
    pub fn matches(&self, bytes: &[u8]) -> bool {
        Self::of(self.algorithm, bytes) == *self
    }

    /// The tag that the referrers tag schema gives to this digest's index: `sha256-<hex>`
    /// (distribution-spec, "Referrers Tag Schema": at most 32 characters of algorithm and 64 of
    /// hex, anything not allowed in a tag replaced by `-`).
    #[must_use]
    pub fn tag_schema(&self) -> String {
        let hex: String = self.hex().chars().take(64).collect();
        format!("{}-{hex}", self.algorithm.as_str())
    }

    /// The tag that cosign gives to what it attaches to this digest, for the suffix `sig`, `att`
    /// or `sbom`: `sha256-<hex>.<suffix>` (cosign `specs/SIGNATURE_SPEC.md`, "Tag-based
    /// discovery").
    #[must_use]
    pub fn cosign_tag(&self, suffix: &str) -> String {
        format!("{}-{}.{suffix}", self.algorithm.as_str(), self.hex())
    }
}

/// A digest that is computed piece by piece, for content that is never held as a whole.
#[derive(Clone, Debug)]
pub struct Hasher(State);

#[derive(Clone, Debug)]
enum State {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// A hasher that has seen nothing yet.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
        })
    }

    /// Takes in the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        match &mut self.0 {
            State::Sha256(state) => state.update(piece),
            State::Sha512(state) => state.update(piece),
        }
    }

    /// The digest of all pieces.
    #[must_use]
    pub fn finish(self) -> Digest {
        let (algorithm, hex) = match self.0 {
            State::Sha256(state) => (Algorithm::Sha256, HEXLOWER.encode(&state.finalize())),
            State::Sha512(state) => (Algorithm::Sha512, HEXLOWER.encode(&state.finalize())),
        };
        Digest { algorithm, text: format!("{}:{hex}", algorithm.as_str()).into() }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DigestError {
    /// There is no colon.
    #[error("digest {text:?} has no algorithm: expected `sha256:<64 hex characters>`")]
    NoAlgorithm {
        /// What was given, cut to 80 characters.
        text: String,
    },
    /// The algorithm is not one that can be checked.
    #[error("digest algorithm {algorithm:?} is not supported: sha256 and sha512 are")]
    UnsupportedAlgorithm {
        /// The part before the colon.
        algorithm: String,
    },
    /// The hex part has the wrong length.
    #[error("{algorithm} digest has {found} hex characters, expected {expected}", algorithm = algorithm.as_str())]
    WrongLength {
        /// The algorithm named.
        algorithm: Algorithm,
        /// How many characters it needs.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The hex part has a character that is not lower-case hex.
    #[error("digest has {character:?} where lower-case hex is expected")]
    NotHex {
        /// The first such character.
        character: char,
    },
}

impl Coded for DigestError {
    fn code(&self) -> &'static str {
        "invalid_digest"
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let Some((name, hex)) = text.split_once(':') else {
            return Err(DigestError::NoAlgorithm { text: text.chars().take(80).collect() });
        };
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha512" => Algorithm::Sha512,
            other => {
                let algorithm = other.chars().take(80).collect();
                return Err(DigestError::UnsupportedAlgorithm { algorithm });
            }
        };
        if let Some(character) = hex.chars().find(|c| !matches!(c, '0'..='9' | 'a'..='f')) {
            return Err(DigestError::NotHex { character });
        }
        if hex.len() != algorithm.hex_length() {
            return Err(DigestError::WrongLength {
                algorithm,
                expected: algorithm.hex_length(),
                found: hex.len(),
            });
        }
        Ok(Self { algorithm, text: text.into() })
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Digest {
    fn schema_name() -> Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A content digest, `algorithm:hex`.",
            "pattern": "^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // SHA-256 and SHA-512 of the empty string: FIPS 180-4 examples.
    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_empty_string_has_its_published_digest() {
        assert_eq!(Digest::sha256(b"").as_str(), EMPTY);
        assert!(Digest::of(Algorithm::Sha512, b"").as_str().starts_with("sha512:cf83e1357eefb8bd"));
    }

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"ab");
            hasher.update(b"");
            hasher.update(b"c");
            assert_eq!(hasher.finish(), Digest::of(algorithm, b"abc"));
        }
    }

    #[test]
    fn a_digest_that_cannot_be_checked_is_refused_with_its_reason() {
        let cases: [(&str, DigestError); 5] = [
            ("e3b0", DigestError::NoAlgorithm { text: "e3b0".into() }),
            ("sha384:00", DigestError::UnsupportedAlgorithm { algorithm: "sha384".into() }),
            (
                "sha256:00",
                DigestError::WrongLength { algorithm: Algorithm::Sha256, expected: 64, found: 2 },
            ),
            ("sha256:E3", DigestError::NotHex { character: 'E' }),
            ("sha256:../..", DigestError::NotHex { character: '.' }),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Digest>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn tags_made_of_a_digest_follow_their_specifications() {
        let digest: Digest = EMPTY.parse().unwrap();
        assert_eq!(digest.tag_schema(), EMPTY.replace(':', "-"));
        assert_eq!(digest.cosign_tag("sig"), format!("{}.sig", EMPTY.replace(':', "-")));
        let long = Digest::of(Algorithm::Sha512, b"");
        assert_eq!(long.tag_schema().len(), "sha512-".len() + 64);
    }
}
