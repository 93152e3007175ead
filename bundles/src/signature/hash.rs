//! The hashes of files (`v1/bundle/hash.go` of OPA).
//!
//! Files that hold documents are hashed over their content: JSON on one line, members sorted by
//! name, numbers as they are written, so that it makes no difference how a file is laid out. All
//! others are hashed over their bytes. OPA takes files for documents by their names alone, so
//! `data.yml` is not one.

use referee_rego::{Value, ValueError};
use sha2::digest::DynDigest;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use std::fmt;

/// A hash function that a signature may use for files: the family SHA-2 (FIPS 180-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// SHA-224.
    Sha224,
    /// SHA-256, which is what signatures are made with.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA-512/224.
    Sha512_224,
    /// SHA-512/256.
    Sha512_256,
}

/// What a name of a hash function stands for.
pub(super) enum Named {
    Known(HashAlgorithm),
    /// Other files of the same hash can be made.
    Weak(&'static str),
    Unknown,
}

impl HashAlgorithm {
    /// The function of a name as signatures have it.
    pub(super) fn named(name: &str) -> Named {
        Named::Known(match name {
            "SHA-224" => Self::Sha224,
            "SHA-256" => Self::Sha256,
            "SHA-384" => Self::Sha384,
            "SHA-512" => Self::Sha512,
            "SHA-512-224" => Self::Sha512_224,
            "SHA-512-256" => Self::Sha512_256,
            "MD5" => return Named::Weak("MD5"),
            "SHA-1" => return Named::Weak("SHA-1"),
            _ => return Named::Unknown,
        })
    }

    /// Its name in signatures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha512_224 => "SHA-512-224",
            Self::Sha512_256 => "SHA-512-256",
        }
    }

    fn hasher(self) -> Box<dyn DynDigest> {
        match self {
            Self::Sha224 => Box::new(Sha224::new()),
            Self::Sha256 => Box::new(Sha256::new()),
            Self::Sha384 => Box::new(Sha384::new()),
            Self::Sha512 => Box::new(Sha512::new()),
            Self::Sha512_224 => Box::new(Sha512_224::new()),
            Self::Sha512_256 => Box::new(Sha512_256::new()),
        }
    }

    /// The hash of bytes.
    pub(super) fn of_bytes(self, bytes: &[u8]) -> Vec<u8> {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finalize().into_vec()
    }

    /// The hash of a document.
    pub(super) fn of_value(self, value: &Value) -> Vec<u8> {
        let mut hasher = Hasher(self.hasher());
        // The hasher takes everything.
        let _ = value.write_json(&mut hasher);
        hasher.0.finalize().into_vec()
    }
}

/// Text goes in, and nothing is kept of it.
struct Hasher(Box<dyn DynDigest>);

impl fmt::Write for Hasher {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// The document that a file is hashed as; `None` where it is hashed over its bytes.
///
/// # Errors
/// Where the content cannot be read: without a cause, because it is not UTF-8.
pub(super) fn structured(path: &str, bytes: &[u8]) -> Result<Option<Value>, Option<ValueError>> {
    let parse = match crate::path::base(path) {
        "data.json" | "data.yaml" | ".manifest" | "signatures.json" => Value::from_json_or_yaml_str,
        _ => return Ok(None),
    };
    let text = std::str::from_utf8(bytes).map_err(|_| None)?;
    parse(text).map(Some).map_err(Some)
}
