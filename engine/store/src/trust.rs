//! Reading trust documents and the key files they name.
//!
//! What they mean is [`referee_core::trust`]'s business; this module only brings the text. A file
//! that is missing, too large or no file is an error, never a key less.

use crate::error::StoreError;
use crate::files;
use referee_core::trust::{TrustDocument, TrustError, TrustSource};
use referee_core::{Coded, Limits, Trust};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why there is no trust.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustLoadError {
    /// A document or a key file could not be read.
    #[error(transparent)]
    File(#[from] StoreError),
    /// A document names a file, of a key or a trusted root, that could not be read.
    #[error("{document} names the file {file}")]
    KeyFile {
        /// The document.
        document: String,
        /// The file as the document names it.
        file: String,
        /// Why it could not be read.
        source: StoreError,
    },
    /// A document says something it cannot mean.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

impl Coded for TrustLoadError {
    fn code(&self) -> &'static str {
        match self {
            Self::File(error) | Self::KeyFile { source: error, .. } => error.code(),
            Self::Trust(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::KeyFile { .. } => Some("files are named relative to the trust document".into()),
            Self::Trust(error) => error.hint(),
        }
    }
}

/// Reads trust documents, YAML or JSON, and the key files they name (relative to the document),
/// and merges them.
///
/// Blocks on the file system: an async caller wraps it in `spawn_blocking`. Each file is held to
/// [`Limits::max_trust_bytes`]. No paths at all is a trust that trusts nobody.
///
/// # Errors
/// [`TrustLoadError`] for the first file that cannot be read or that says what it cannot mean.
pub fn load_trust<P: AsRef<Path>>(paths: &[P], limits: &Limits) -> Result<Trust, TrustLoadError> {
    trust_of(&read_trust(paths, limits)?)
}

/// A trust document as it was read, with the files it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustText {
    /// What errors call it: its path.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The text of each file it names, under the name it is named by.
    pub files: BTreeMap<String, String>,
}

/// Reads trust documents and the files they name, without looking at what they mean together.
///
/// # Errors
/// As [`load_trust`].
pub fn read_trust<P: AsRef<Path>>(
    paths: &[P],
    limits: &Limits,
) -> Result<Vec<TrustText>, TrustLoadError> {
    paths.iter().map(|path| text(path.as_ref(), limits)).collect()
}

/// What trust documents that were read mean together.
///
/// # Errors
/// [`TrustLoadError::Trust`] for the first that says what it cannot mean.
pub fn trust_of(texts: &[TrustText]) -> Result<Trust, TrustLoadError> {
    let sources = texts
        .iter()
        .map(|TrustText { name, text, files }| {
            let document = TrustDocument::read(name, text)?;
            Ok(TrustSource { name: name.clone(), document, files: files.clone() })
        })
        .collect::<Result<Vec<_>, TrustError>>()?;
    Ok(Trust::new(&sources)?)
}

fn text(path: &Path, limits: &Limits) -> Result<TrustText, TrustLoadError> {
    let name = path.display().to_string();
    let text = files::read_text(path, limits.max_trust_bytes)?;
    let document = TrustDocument::read(&name, &text).map_err(TrustError::from)?;
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    let mut contents = BTreeMap::new();
    for file in document.files() {
        if contents.contains_key(file) {
            continue;
        }
        let content =
            files::read_text(&folder.join(file), limits.max_trust_bytes).map_err(|source| {
                TrustLoadError::KeyFile { document: name.clone(), file: file.to_owned(), source }
            })?;
        contents.insert(file.to_owned(), content);
    }
    Ok(TrustText { name, text, files: contents })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn key_files_are_read_relative_to_their_document() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("keys")).unwrap();
        fs::write(folder.path().join("keys/a.pem"), "PEM").unwrap();
        let path = folder.path().join("trust.yaml");
        fs::write(&path, "keys: [{name: a, file: keys/a.pem, scopes: ['**']}]").unwrap();
        let trust = load_trust(&[&path], &Limits::DEFAULT).unwrap();
        assert_eq!(trust.keys().first().unwrap().pem, "PEM");
        let twice = load_trust(&[&path, &path], &Limits::DEFAULT).unwrap_err();
        assert!(matches!(twice, TrustLoadError::Trust(TrustError::DuplicateName { .. })));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.yaml");
        let missing = load_trust(&[&path], &Limits::DEFAULT).unwrap_err();
        assert!(matches!(missing, TrustLoadError::File(StoreError::File { .. })), "{missing}");
        assert!(missing.to_string().contains("trust.yaml"), "{missing}");
        let directory = load_trust(&[folder.path()], &Limits::DEFAULT).unwrap_err();
        assert!(matches!(directory, TrustLoadError::File(StoreError::File { .. })));
        fs::write(&path, "keys: [{name: a, file: a.pem, scopes: ['**']}]").unwrap();
        let key = load_trust(&[&path], &Limits::DEFAULT).unwrap_err();
        assert!(matches!(key, TrustLoadError::KeyFile { source: StoreError::File { .. }, .. }));
        fs::write(folder.path().join("a.pem"), [0xff, 0xfe]).unwrap();
        let binary = load_trust(&[&path], &Limits::DEFAULT).unwrap_err();
        assert!(matches!(
            binary,
            TrustLoadError::KeyFile { source: StoreError::Malformed { .. }, .. }
        ));
        let mut limits = Limits::default();
        limits.max_trust_bytes = 10;
        let large = load_trust(&[&path], &limits).unwrap_err();
        assert!(matches!(
            large,
            TrustLoadError::File(StoreError::TooLarge { limit: 10, unit: "bytes", .. })
        ));
        fs::write(&path, "key: []").unwrap();
        let unknown = load_trust(&[&path], &Limits::DEFAULT).unwrap_err();
        assert_eq!(unknown.code(), "unknown_field");
    }
}
