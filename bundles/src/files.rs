//! The files of a bundle before anything is made of them.

use crate::archive;
use crate::limits::BundleLimits;
use crate::path;
use referee_core::Coded;
use std::collections::BTreeSet;
use std::io;

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleFile {
    /// Its path inside, without a slash at the beginning.
    pub path: String,
    /// Its name as it stands in the archive: `/p.rego` where OPA built it, `./p.rego` where tar
    /// packed a folder. Places in errors are told by it, as in OPA; nothing is decided by it.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl BundleFile {
    /// Its name without its folders.
    #[must_use]
    pub fn base(&self) -> &str {
        path::base(&self.path)
    }
}

/// The files of a bundle, in the order in which they came, within limits and no two of one path.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: Vec<BundleFile>,
    paths: BTreeSet<String>,
    packed: u64,
    unpacked: u64,
}

impl Files {
    /// Unpacks an archive in memory.
    ///
    /// # Errors
    /// Where it cannot be read, is no tar archive compressed with gzip, is over the limits, or
    /// holds what is no file.
    pub fn unpack(packed: impl io::Read, limits: &BundleLimits) -> Result<Self, ArchiveError> {
        archive::unpack(packed, limits)
    }

    /// Adds a file: `name` is a path with slashes.
    ///
    /// # Errors
    /// Where it is over the limits, its name is not usable, or there is one of that name.
    pub fn add(
        &mut self,
        name: &str,
        bytes: Vec<u8>,
        limits: &BundleLimits,
    ) -> Result<(), ArchiveError> {
        let Some(path) = path::normalized(name.as_bytes(), limits)? else {
            return Err(ArchiveError::NameControl { name: name.to_owned() });
        };
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.room_for(&path, size, limits)?;
        self.push(path.clone(), path, bytes)
    }

    /// Whether a file of so many bytes may be added.
    pub(crate) fn room_for(
        &self,
        path: &str,
        size: u64,
        limits: &BundleLimits,
    ) -> Result<(), ArchiveError> {
        if size > limits.max_file_bytes {
            let limit = limits.max_file_bytes;
            return Err(ArchiveError::FileTooLarge { path: path.to_owned(), size, limit });
        }
        if self.unpacked.saturating_add(size) > limits.max_unpacked_bytes {
            return Err(ArchiveError::UnpackedTooLarge { limit: limits.max_unpacked_bytes });
        }
        if u32::try_from(self.files.len()).map_or(true, |count| count >= limits.max_files) {
            return Err(ArchiveError::TooManyFiles { limit: limits.max_files });
        }
        Ok(())
    }

    pub(crate) fn push(
        &mut self,
        path: String,
        name: String,
        bytes: Vec<u8>,
    ) -> Result<(), ArchiveError> {
        if !self.paths.insert(path.clone()) {
            return Err(ArchiveError::Duplicate { path });
        }
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.unpacked = self.unpacked.saturating_add(size);
        self.files.push(BundleFile { path, name, bytes });
        Ok(())
    }

    pub(crate) fn set_packed(&mut self, bytes: u64) {
        self.packed = bytes;
    }

    /// Leaves out all files but those for whose paths `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.files.retain(|file| keep(&file.path));
        self.paths.retain(|path| keep(path));
    }

    /// The files.
    pub fn iter(&self) -> impl Iterator<Item = &BundleFile> {
        self.files.iter()
    }

    pub(crate) fn into_files(self) -> Vec<BundleFile> {
        self.files
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How many bytes the archive had; 0 where there was none.
    #[must_use]
    pub fn packed_bytes(&self) -> u64 {
        self.packed
    }

    /// How many bytes the files have together.
    #[must_use]
    pub fn unpacked_bytes(&self) -> u64 {
        self.unpacked
    }
}

/// Why the files of a bundle could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// Its bytes could not be read.
    #[error("the archive could not be read")]
    Read(#[source] io::Error),
    /// It has not the form of gzip (RFC 1952).
    #[error("it is not compressed with gzip")]
    NotGzip,
    /// It ends too early.
    #[error("it is cut off")]
    Truncated,
    /// What gzip compressed, or its checksum, is not what it was.
    #[error("it is damaged: its compressed data or their checksum do not hold")]
    Damaged,
    /// What is compressed is no tar archive.
    #[error("it is compressed with gzip, but what it holds is no tar archive")]
    NotTar,
    /// After some entries there is no more tar archive.
    #[error("what follows its first {after} {} is no tar archive", if *after == 1 { "entry" } else { "entries" })]
    TarDamaged {
        /// How many entries were read.
        after: u32,
    },
    /// There is something after the archive.
    #[error("there are bytes after its end")]
    TrailingBytes,
    /// It is too large as it comes.
    #[error("it has more than {limit} bytes, compressed")]
    PackedTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// It unpacks to too much.
    #[error("it unpacks to more than {limit} bytes")]
    UnpackedTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// One file is too large.
    #[error("{path} has {size} bytes, and a file may have {limit}")]
    FileTooLarge {
        /// The file.
        path: String,
        /// Its size, in bytes.
        size: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// It has too many files.
    #[error("it holds more than {limit} files")]
    TooManyFiles {
        /// The limit.
        limit: u32,
    },
    /// A name is too long.
    #[error("a name in it has more than {limit} bytes: {name}")]
    NameTooLong {
        /// Its beginning.
        name: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A name has too many folders.
    #[error("a name in it has more than {limit} folders: {name}")]
    NameTooDeep {
        /// The name.
        name: String,
        /// The limit.
        limit: usize,
    },
    /// A name is not UTF-8.
    #[error("a name in it is not UTF-8: {name}")]
    NameNotText {
        /// What can be shown of it.
        name: String,
    },
    /// A name is empty or has control characters.
    #[error("a name in it is empty or has control characters: {name}")]
    NameControl {
        /// What can be shown of it.
        name: String,
    },
    /// A name leads to another folder.
    #[error("a name in it leads out of its folder: {name}")]
    NameLeadsOut {
        /// The name.
        name: String,
    },
    /// An entry is neither a file nor a folder.
    #[error("{path} is {kind}, and a bundle holds files only")]
    NotAFile {
        /// Its path.
        path: String,
        /// What it is, with its article.
        kind: &'static str,
    },
    /// Two files have one path.
    #[error("{path} is in it twice")]
    Duplicate {
        /// The path.
        path: String,
    },
}

impl Coded for ArchiveError {
    fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "bundle_unreadable",
            Self::NotGzip => "bundle_not_gzip",
            Self::Truncated => "bundle_truncated",
            Self::Damaged => "bundle_damaged",
            Self::NotTar | Self::TarDamaged { .. } => "bundle_not_tar",
            Self::TrailingBytes => "bundle_trailing_bytes",
            Self::PackedTooLarge { .. }
            | Self::UnpackedTooLarge { .. }
            | Self::FileTooLarge { .. }
            | Self::TooManyFiles { .. } => "bundle_too_large",
            Self::NameTooLong { .. }
            | Self::NameTooDeep { .. }
            | Self::NameNotText { .. }
            | Self::NameControl { .. }
            | Self::NameLeadsOut { .. } => "bundle_name",
            Self::NotAFile { .. } => "bundle_not_a_file",
            Self::Duplicate { .. } => "bundle_duplicate_file",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotGzip | Self::NotTar => {
                "a bundle is a folder, or an archive as `referee build`, `opa build` or `tar -czf` \
                 writes it"
            }
            Self::Truncated | Self::Damaged | Self::TarDamaged { .. } => {
                "fetch or build it again: it was not written to its end, or altered on its way"
            }
            Self::NotAFile { .. } => "pack what the link leads to: `tar --dereference`",
            Self::PackedTooLarge { .. }
            | Self::UnpackedTooLarge { .. }
            | Self::FileTooLarge { .. }
            | Self::TooManyFiles { .. } => {
                "if it is meant to be so large, raise the limit in the configuration"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
