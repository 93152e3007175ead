//! OPA's bundles: read, verified, applied and written. Bytes in, bytes out.
//!
//! - [`Files`]: the files of a bundle, out of an archive (`.tar.gz`) or handed in one by one.
//! - [`Bundle`]: what they are: a [`Snapshot`] (modules, data and the [`Manifest`] that says which
//!   part of the documents they may fill), or a [`Delta`] (changes to the data of a snapshot).
//! - [`SignaturePolicy`]: who must have signed a bundle; [`sign`]: how one is signed.
//! - [`Roots`]: which part of the documents is whose, and what two bundles both claim.
//! - [`pack`]: an archive of files, always the same bytes for the same files.
//!
//! The format is OPA's (`v1/bundle` of OPA 1.20, and the page "Bundles" of its documentation).
//! Archives are taken for hostile: everything about them is bounded by [`BundleLimits`].
//!
//! This crate is pure: no IO, no clock, no environment. WebAssembly is kept and never run.

mod archive;
mod build;
mod bundle;
mod data;
mod delta;
mod error;
mod files;
mod glob;
mod limits;
mod manifest;
mod manifest_error;
mod path;
mod read;
mod roots;
mod signature;

pub use archive::pack;
pub use bundle::{Bundle, BundleModule, RawFile, RawKind, Snapshot, module_id};
pub use delta::{Delta, PatchError, PatchKind, PatchOperation};
pub use error::BundleError;
pub use files::{ArchiveError, BundleFile, Files};
pub use glob::{PatternProblem, matches_file};
pub use limits::BundleLimits;
pub use manifest::{Manifest, WasmResolver};
pub use manifest_error::ManifestError;
pub use read::{ReadOptions, ReadTimes, is_part};
pub use roots::{Roots, RootsConflict, RootsError, check_roots};
pub use signature::{
    BundleKey, BundleKeys, HashAlgorithm, SIGNATURES_FILE, SignatureError, SignaturePolicy,
    SignedBy, SigningError, Verification, sign,
};
