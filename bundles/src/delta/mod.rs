//! Changes to the data of a bundle that is in use (`patch.json`; page "Bundles", section "Delta
//! Bundles" of OPA's documentation).
//!
//! A delta has the manifest of the bundle it changes, with the same roots. It changes data only,
//! all of it or none. Unlike in OPA an empty list of changes changes nothing, and a delta is held to
//! the same signatures as a snapshot.

mod apply;
mod read;

pub(crate) use read::read_patch;
pub use read::{PatchError, PatchKind, PatchOperation};

use crate::error::BundleError;
use crate::manifest::Manifest;
use crate::signature::SignedBy;
use referee_rego::Value;

/// Changes to the data of a bundle.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Delta {
    /// What it says of itself: after it was applied that is what holds for the bundle.
    pub manifest: Manifest,
    /// The changes, in the order in which they are made. All are under its roots.
    pub operations: Vec<PatchOperation>,
    /// Whose signature was found to hold; `None` where none was demanded.
    pub signed_by: Option<SignedBy>,
    /// What the server that it came from calls this version of the bundle.
    pub etag: Option<String>,
    /// How many bytes the archive had, compressed; 0 where there was none.
    pub packed_bytes: u64,
}

impl Delta {
    /// The data after the changes. `manifest` is that of the bundle in use, whose data they are,
    /// or all data: what is not under the roots stays as it is.
    ///
    /// # Errors
    /// Where the delta is one of another bundle, or a change cannot be made; then none is.
    pub fn apply(&self, manifest: &Manifest, data: &Value) -> Result<Value, BundleError> {
        if !self.manifest.fits(manifest) {
            let shown = |manifest: &Manifest| manifest.effective_roots().to_string();
            let (wanted, found) = (shown(manifest), shown(&self.manifest));
            return Err(BundleError::DeltaOfOther { wanted, found });
        }
        Ok(apply::apply(&self.operations, data)?)
    }
}
