//! A file that evidence is about: its digest and its bundles, and its bytes only where the facts
//! need them.
//!
//! One digest alone names the file. Others, as signatures by P-384 keys are over, follow from the
//! bytes: who saves evidence could otherwise put those of a file that was signed beside the digest
//! of one that was not.

use super::EvidenceError;
use super::format::{Stored, malformed};
use bytes::Bytes;
use referee_core::Digest;
use serde::{Deserialize, Serialize};

/// A file that was asked about, apart from any registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// Its SHA-256, by which facts call it.
    pub sha256: [u8; 32],
    /// Its size in bytes, where all of it was at hand.
    pub size: Option<u64>,
    /// All of it, where a signature is over something else than its SHA-256.
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
            size: file.size,
            content: file.bytes.as_ref().map(&mut add),
            bundles: file.bundles.iter().map(add).collect(),
        }
    }

    /// The file; `load` reads and checks bytes of the evidence.
    ///
    /// # Errors
    /// Those of `load`; [`EvidenceError::Malformed`] where what is said of the file is no
    /// SHA-256, or is not that of its content.
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
        let sha256 = self.digest.value().as_slice().try_into();
        Ok(EvidenceFile {
            sha256: sha256.map_err(|_| malformed("the digest of the file is no SHA-256", None))?,
            size: self.size,
            bytes,
            bundles: self.bundles.iter().map(load).collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> EvidenceFile {
        EvidenceFile {
            sha256: Digest::sha256(b"file").value().try_into().unwrap(),
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
        for file in
            [file(), EvidenceFile { bytes: None, size: None, bundles: Vec::new(), ..file() }]
        {
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
            (FileRecord { size: Some(5), ..record }, "that of another"),
        ] {
            let error = read(&wrong).unwrap_err();
            assert!(matches!(error, EvidenceError::Malformed { .. }), "{error}");
            assert!(error.to_string().contains(problem), "{error}");
        }
    }
}
