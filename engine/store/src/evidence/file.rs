//! A file that evidence is about: its digests and its bundles, and its bytes only where the facts
//! need them.

use super::format::{Stored, malformed};
use super::{EvidenceError, INDEX};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use referee_core::Digest;
use serde::{Deserialize, Serialize};

/// A file that was asked about, apart from any registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// Its SHA-256, by which facts call it.
    pub sha256: [u8; 32],
    /// Its SHA-384, where all of it was at hand.
    pub sha384: Option<[u8; 48]>,
    /// Its SHA-512, where all of it was at hand.
    pub sha512: Option<[u8; 64]>,
    /// Its size in bytes, where all of it was at hand.
    pub size: Option<u64>,
    /// All of it, where a signature is over the bytes themselves and not over a digest.
    pub bytes: Option<Bytes>,
    /// The bundles that were to vouch for it.
    pub bundles: Vec<Bytes>,
}

/// The same in `evidence.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRecord {
    digest: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha384: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha512: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<Stored>,
    bundles: Vec<Stored>,
}

impl FileRecord {
    /// What is written of a file; `add` adds bytes to the evidence.
    pub(super) fn new(file: &EvidenceFile, mut add: impl FnMut(&Bytes) -> Stored) -> Self {
        Self {
            digest: Digest::from_sha256(&file.sha256),
            sha384: file.sha384.as_ref().map(|value| HEXLOWER.encode(value)),
            sha512: file.sha512.as_ref().map(|value| HEXLOWER.encode(value)),
            size: file.size,
            content: file.bytes.as_ref().map(&mut add),
            bundles: file.bundles.iter().map(add).collect(),
        }
    }

    /// The file; `load` reads and checks bytes of the evidence.
    ///
    /// # Errors
    /// Those of `load`; [`EvidenceError::Malformed`] where what is said of the file is no digest of
    /// its kind, or is not that of its content.
    pub(super) fn read(
        &self,
        mut load: impl FnMut(&Stored) -> Result<Bytes, EvidenceError>,
    ) -> Result<EvidenceFile, EvidenceError> {
        let bytes = self.content.as_ref().map(&mut load).transpose()?;
        if self.content.as_ref().is_some_and(|content| {
            content.digest != self.digest || self.size.is_some_and(|size| size != content.size)
        }) {
            return Err(malformed("the content of the file is that of another", None));
        }
        Ok(EvidenceFile {
            sha256: value(self.digest.hex())?,
            sha384: self.sha384.as_deref().map(value).transpose()?,
            sha512: self.sha512.as_deref().map(value).transpose()?,
            size: self.size,
            bytes,
            bundles: self.bundles.iter().map(load).collect::<Result<_, _>>()?,
        })
    }
}

/// The value of a digest of so many bytes.
fn value<const BYTES: usize>(hex: &str) -> Result<[u8; BYTES], EvidenceError> {
    let value = HEXLOWER.decode(hex.as_bytes()).ok();
    value.and_then(|value| value.try_into().ok()).ok_or_else(|| EvidenceError::Malformed {
        file: INDEX.to_owned(),
        problem: format!("a digest of the file is not {BYTES} bytes in lower-case hex"),
        source: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> EvidenceFile {
        EvidenceFile {
            sha256: Digest::sha256(b"file").value().try_into().unwrap(),
            sha384: Some([7; 48]),
            sha512: None,
            size: Some(4),
            bytes: Some(Bytes::from_static(b"file")),
            bundles: vec![Bytes::from_static(b"one"), Bytes::from_static(b"two")],
        }
    }

    fn stored(bytes: &Bytes) -> Stored {
        Stored { digest: Digest::sha256(bytes), size: crate::files::length(bytes) }
    }

    fn read(record: &FileRecord) -> Result<EvidenceFile, EvidenceError> {
        let all = ["file", "one", "two", "else"].map(|text| Bytes::from_static(text.as_bytes()));
        record.read(|wanted| {
            let found = all.iter().find(|bytes| Digest::sha256(bytes) == wanted.digest);
            Ok(found.unwrap().clone())
        })
    }

    #[test]
    fn a_file_comes_back_as_it_was_kept() {
        for file in [
            file(),
            EvidenceFile { bytes: None, size: None, sha384: None, bundles: Vec::new(), ..file() },
        ] {
            let record = FileRecord::new(&file, stored);
            let text = serde_json::to_string(&record).unwrap();
            assert_eq!(read(&serde_json::from_str(&text).unwrap()).unwrap(), file);
        }
    }

    #[test]
    fn what_contradicts_itself_is_malformed() {
        let record = FileRecord::new(&file(), stored);
        let other = stored(&Bytes::from_static(b"else"));
        for (wrong, problem) in [
            (FileRecord { content: Some(other), ..record.clone() }, "that of another"),
            (FileRecord { size: Some(5), ..record.clone() }, "that of another"),
            (FileRecord { sha384: Some("00".into()), ..record.clone() }, "not 48 bytes"),
            (FileRecord { sha512: Some("x".into()), ..record }, "not 64 bytes"),
        ] {
            let error = read(&wrong).unwrap_err();
            assert!(matches!(error, EvidenceError::Malformed { .. }), "{error}");
            assert!(error.to_string().contains(problem), "{error}");
        }
    }
}
