//! What the entries of the trust document have in common: a name, scopes, files, and errors that
//! say which entry they are about.

use super::{Scope, TrustError, TrustSource};
use std::fmt;

/// What kind of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind {
    /// One of `keys`.
    Key,
    /// One of `identities`.
    Identity,
    /// One of `sigstore`.
    Sigstore,
}

impl EntryKind {
    /// The list it stands in.
    #[must_use]
    pub fn list(self) -> &'static str {
        match self {
            Self::Key => "keys",
            Self::Identity => "identities",
            Self::Sigstore => "sigstore",
        }
    }
}

/// Which entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The document.
    pub document: String,
    /// Its kind.
    pub kind: EntryKind,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            EntryKind::Key => "key",
            EntryKind::Identity => "identity",
            EntryKind::Sigstore => "Sigstore instance",
        };
        write!(f, "{}: {kind} {:?}", self.document, self.name)
    }
}

impl Entry {
    pub(super) fn new(
        source: &TrustSource,
        kind: EntryKind,
        position: usize,
        name: &str,
    ) -> Result<Self, TrustError> {
        let document = source.name.clone();
        if name.trim().is_empty() {
            return Err(TrustError::EmptyName { document, list: kind.list(), position });
        }
        Ok(Self { document, kind, name: name.to_owned() })
    }

    /// The content of a file that the entry names.
    pub(super) fn file(&self, source: &TrustSource, file: &str) -> Result<String, TrustError> {
        let missing = || TrustError::MissingFile { entry: self.clone(), file: file.to_owned() };
        source.files.get(file).cloned().ok_or_else(missing)
    }
}

/// The scopes of an entry, of which there must be one.
pub(super) fn scopes(entry: &Entry, written: &[String]) -> Result<Vec<Scope>, TrustError> {
    if written.is_empty() {
        return Err(TrustError::NoScopes { entry: entry.clone() });
    }
    let read = |scope: &String| {
        scope.parse().map_err(|source| TrustError::Scope {
            entry: entry.clone(),
            scope: scope.clone(),
            source,
        })
    };
    written.iter().map(read).collect()
}
