//! What can be wrong with a bundle.

use crate::delta::PatchError;
use crate::files::ArchiveError;
use crate::manifest_error::ManifestError;
use crate::roots::RootsError;
use crate::signature::SignatureError;
use referee_core::Coded;
use referee_rego::{RegoErrors, ValueError};

/// Why a bundle cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Its files could not be had.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Its signature is not one that counts.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Its manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Its roots, or those of several bundles, overlap.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// Its changes cannot be used.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// A file that must be text is none.
    #[error("{path} is not UTF-8")]
    NotText {
        /// The file.
        path: String,
    },
    /// A module is too large.
    #[error("{path} has {size} bytes, and a module may have {limit}")]
    ModuleTooLarge {
        /// The file.
        path: String,
        /// Its size, in bytes.
        size: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A file of data cannot be read.
    #[error("{path}: {source}")]
    Data {
        /// The file.
        path: String,
        /// Why.
        source: ValueError,
    },
    /// Data at the root are no object.
    #[error("{path}: root value must be object")]
    DataNoObject {
        /// The file.
        path: String,
    },
    /// Two files say something about one place.
    #[error("{path}: merge error: another file has a value at {at}")]
    DataConflict {
        /// The file that was read later.
        path: String,
        /// The place, with dots.
        at: String,
    },
    /// Data stand outside of the roots.
    #[error(
        "{path}: manifest roots {roots} do not permit data at path '/{at}' (hint: check bundle \
         directory structure)"
    )]
    DataOutside {
        /// The file.
        path: String,
        /// The roots.
        roots: String,
        /// The place, with slashes.
        at: String,
    },
    /// Modules do not parse.
    #[error("{source}")]
    Modules {
        /// Everything that is wrong with them.
        source: RegoErrors,
    },
    /// A module stands outside of the roots.
    #[error("{path}: manifest roots {roots} do not permit package {package}")]
    ModuleOutside {
        /// The file.
        path: String,
        /// The roots.
        roots: String,
        /// The package, without `data.`.
        package: String,
    },
    /// The manifest names a file of WebAssembly that there is not.
    #[error("manifest references wasm module '{module}' but the module file does not exist")]
    WasmMissing {
        /// Its name.
        module: String,
    },
    /// WebAssembly would answer for what is outside of the roots.
    #[error(
        "manifest roots {roots} do not permit '{entrypoint}' entrypoint for wasm module '{module}'"
    )]
    WasmOutside {
        /// The roots.
        roots: String,
        /// The path of the document.
        entrypoint: String,
        /// The file.
        module: String,
    },
    /// Two files of WebAssembly would answer for one document.
    #[error("entrypoint '{entrypoint}' cannot be used by more than one wasm module")]
    WasmTwice {
        /// The path of the document.
        entrypoint: String,
    },
    /// WebAssembly answers for documents, and is not run here.
    #[error(
        "{entrypoint} is answered by WebAssembly in this bundle ({module}), which is not run here"
    )]
    Wasm {
        /// The first of the documents.
        entrypoint: String,
        /// The file.
        module: String,
    },
    /// Changes to data stand beside something else.
    #[error("delta bundle expected to contain only patch file but {path} found")]
    DeltaWithFile {
        /// The file.
        path: String,
    },
    /// Changes to data stand in a folder.
    #[error(
        "{path} is no file of a bundle: the changes of a delta stand in patch.json at its root"
    )]
    PatchMisplaced {
        /// The file.
        path: String,
    },
    /// A whole bundle is needed, and these are changes to one.
    #[error("it is a delta, which only changes the data of a bundle that is in use")]
    DeltaAlone,
    /// The changes are to another bundle than the one that is in use.
    #[error(
        "the delta has the roots {found} and the bundle that is in use {wanted}, or they differ in \
         their WebAssembly"
    )]
    DeltaOfOther {
        /// The roots of the bundle.
        wanted: String,
        /// The roots of the delta.
        found: String,
    },
}

impl BundleError {
    /// The file inside that it is about, where it is about one and begins with its path.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::NotText { path }
            | Self::ModuleTooLarge { path, .. }
            | Self::Data { path, .. }
            | Self::DataNoObject { path }
            | Self::DataConflict { path, .. }
            | Self::DataOutside { path, .. }
            | Self::ModuleOutside { path, .. }
            | Self::PatchMisplaced { path } => Some(path),
            _ => None,
        }
    }
}

impl Coded for BundleError {
    fn code(&self) -> &'static str {
        match self {
            Self::Archive(error) => error.code(),
            Self::Signature(error) => error.code(),
            Self::Manifest(error) => error.code(),
            Self::Roots(error) => error.code(),
            Self::Patch(error) => error.code(),
            Self::NotText { .. } | Self::Data { .. } | Self::DataNoObject { .. } => "data_unusable",
            Self::ModuleTooLarge { .. } => "bundle_too_large",
            Self::DataConflict { .. } => "data_conflict",
            Self::DataOutside { .. } | Self::ModuleOutside { .. } => "bundle_outside_roots",
            Self::Modules { .. } => "bundle_modules",
            Self::WasmMissing { .. } | Self::WasmOutside { .. } | Self::WasmTwice { .. } => {
                "bundle_manifest"
            }
            Self::Wasm { .. } => "bundle_wasm",
            Self::DeltaWithFile { .. } | Self::PatchMisplaced { .. } => "bundle_patch",
            Self::DeltaAlone | Self::DeltaOfOther { .. } => "bundle_delta",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Archive(error) => return error.hint(),
            Self::Signature(error) => return error.hint(),
            Self::Manifest(error) => return error.hint(),
            Self::Roots(error) => return error.hint(),
            Self::Patch(error) => return error.hint(),
            Self::Wasm { .. } => "build it for the target \"rego\"",
            Self::ModuleOutside { .. } | Self::DataOutside { .. } => {
                "add the path to the `roots` of the .manifest, or take the file out"
            }
            Self::DeltaOfOther { .. } => {
                "a delta has the same `roots` and `wasm` in its .manifest as the bundle it changes"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
