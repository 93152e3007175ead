//! Witnesses of transparency logs: who says that the log showed everybody the same.
//!
//! A witness is named by its verifier key, `name+id+key` (C2SP `signed-note.md`, "Verifier keys"):
//! an Ed25519 key of the type 0x04, for cosignatures (`tlog-cosignature.md`), or 0x01, which says
//! only that it is Ed25519. Other types are refused.

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Ed25519 (`signed-note.md`, "Signature types").
const ED25519: u8 = 0x01;
/// Ed25519 for cosignatures with a time (`tlog-cosignature.md`).
const COSIGNATURE: u8 = 0x04;

/// A witness of transparency logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its name.
    pub name: String,
    /// The id by which its cosignatures name its key.
    pub id: [u8; 4],
    /// Its Ed25519 key.
    pub key: [u8; 32],
}

/// A text that is no verifier key of a witness.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// Not of the form.
    #[error(
        "a verifier key is a name, eight hexadecimal digits and a key in base64, with `+` between"
    )]
    Form,
    /// Of another type.
    #[error(
        "its key is of the type {found:#04x}; cosignatures are made with Ed25519, 0x04 or 0x01"
    )]
    Type {
        /// The type.
        found: u8,
    },
    /// Its id is not that of its name and key: one of the three was altered.
    #[error("its id is not {expected}, which is that of its name and key")]
    Id {
        /// The id that it would have.
        expected: String,
    },
}

impl Witness {
    /// Reads a verifier key.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub fn parse(text: &str) -> Result<Self, WitnessError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(found), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(WitnessError::Form);
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(WitnessError::Form);
        }
        let id: [u8; 4] = HEXLOWER
            .decode(found.as_bytes())
            .ok()
            .and_then(|id| id.try_into().ok())
            .ok_or(WitnessError::Form)?;
        let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| WitnessError::Form)?;
        let (kind, key) = bytes.split_first().ok_or(WitnessError::Form)?;
        if !matches!(*kind, ED25519 | COSIGNATURE) {
            return Err(WitnessError::Type { found: *kind });
        }
        let key: [u8; 32] = key.try_into().map_err(|_| WitnessError::Form)?;
        let expected = id_of(name, *kind, &key);
        if id != expected {
            return Err(WitnessError::Id { expected: HEXLOWER.encode(&expected) });
        }
        Ok(Self { name: name.to_owned(), id: id_of(name, COSIGNATURE, &key), key })
    }

    pub(super) fn describe(&self) -> Value {
        json!({ "name": self.name, "key": HEXLOWER.encode(&self.key) })
    }
}

/// The id of a key (`signed-note.md`, "Signatures").
fn id_of(name: &str, kind: u8, key: &[u8]) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update(b"\n")
        .chain_update([kind])
        .chain_update(key)
        .finalize();
    let mut id = [0; 4];
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both forms of one key, by `github.com/transparency-dev/formats` 0.1.1.
    const PLAIN: &str = "witness.example/w1+5fec5871+AdB4AKMqTCtDtarkhLzMVm8OzzHFYblpeOV+txhW4s4M";
    const WITNESS: &str =
        "witness.example/w1+d7a40e63+BNB4AKMqTCtDtarkhLzMVm8OzzHFYblpeOV+txhW4s4M";

    #[test]
    fn a_key_is_the_same_witness_in_either_form() {
        let witness = Witness::parse(WITNESS).unwrap();
        assert_eq!(witness.name, "witness.example/w1");
        assert_eq!(Witness::parse(PLAIN).unwrap(), witness);
        assert_eq!(WITNESS.split('+').nth(1).unwrap(), HEXLOWER.encode(&witness.id));
    }

    #[test]
    fn what_is_no_verifier_key_says_why() {
        let altered = WITNESS.replacen("w1", "w2", 1);
        assert!(matches!(Witness::parse(&altered), Err(WitnessError::Id { .. })));
        let other = format!("w+00000000+{}", BASE64.encode(&[2; 33]));
        assert_eq!(Witness::parse(&other), Err(WitnessError::Type { found: 2 }));
        let form = WitnessError::Form;
        let short = format!("w+00000000+{}", BASE64.encode(&[4; 32]));
        for text in ["", "w", "w+0", "+00000000+BAAA", "w+0000000+BAAA", "w+00000000+BA", &short] {
            assert_eq!(Witness::parse(text), Err(form.clone()), "{text:?}");
        }
    }
}
