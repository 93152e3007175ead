//! What can go wrong with a spool.

use referee_core::Coded;
use std::io;
use std::path::PathBuf;

/// Why a spool cannot be used, or could not take something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// Another process, or another part of this one, uses the folder.
    #[error("{} is in use by another process", .directory.display())]
    InUse {
        /// The folder.
        directory: PathBuf,
    },
    /// A file or folder could not be read or written.
    #[error("{doing} {} failed", .path.display())]
    Io {
        /// What was tried: "writing".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A record is larger than the spool takes.
    #[error("a record of {size} bytes is over the limit of {limit} bytes")]
    TooLarge {
        /// Its size.
        size: usize,
        /// The largest that is taken.
        limit: u64,
    },
    /// The limit is too small for a spool.
    #[error("a spool of {found} bytes is too small: at least {least} bytes are needed")]
    TooSmall {
        /// What was wanted.
        found: u64,
        /// What is needed.
        least: u64,
    },
}

impl Coded for SpoolError {
    fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "spool_in_use",
            Self::Io { .. } => "spool_io",
            Self::TooLarge { .. } => "spool_record_too_large",
            Self::TooSmall { .. } => "spool_too_small",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::InUse { .. } => Some("give each process a folder of its own".into()),
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Some("free space there, or give the spool another folder".into())
                }
                io::ErrorKind::PermissionDenied => {
                    Some("let the process write there, or give the spool another folder".into())
                }
                _ => None,
            },
            Self::TooLarge { .. } | Self::TooSmall { .. } => None,
        }
    }
}

/// Names what was being done where when an error of the file system came.
pub(super) fn io_error(
    doing: &'static str,
    path: impl Into<PathBuf>,
) -> impl FnOnce(io::Error) -> SpoolError {
    let path = path.into();
    move |source| SpoolError::Io { doing, path, source }
}
