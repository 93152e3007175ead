//! A private Sigstore instance, made when it is asked for: an authority that issues certificates
//! as Fulcio does, certificate and transparency logs, a timestamp authority, and the
//! `trusted_root.json` that names them all.
//!
//! Curves are those of the public-good instance: P-384 for the authorities, Ed25519 for Rekor v2,
//! P-256 for everything else. It signs whatever it is asked to, and all at the same few minutes of 2026.

mod authority;
mod bundle;
pub mod der;
mod layer;
mod log;
mod root;
mod stamp;

pub use authority::{Signer, Workflow};
pub use log::TransparencyLog;

use authority::Authority;
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use stamp::TimestampAuthority;

/// When everything is signed, in seconds since 1970: 2026-06-01T10:02:00Z, two minutes into the
/// validity of all signing certificates.
pub const SIGNED_AT: u64 = 1_780_308_120;

/// The version of the transparency log that signatures are entered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rekor {
    /// Each entry has a promise, which proves the time, and a checkpoint of its own: the one of the
    /// moment at which it was entered.
    V1,
    /// The entries are taken in one batch and share its checkpoint; a timestamp proves the time of
    /// each.
    V2,
}

/// The instance.
pub struct Instance {
    authority: Authority,
    rekor1: TransparencyLog,
    rekor2: TransparencyLog,
    stamps: TimestampAuthority,
}

impl Default for Instance {
    fn default() -> Self {
        Self::new()
    }
}

impl Instance {
    /// An instance with new keys.
    #[must_use]
    pub fn new() -> Self {
        Self {
            authority: Authority::new(),
            rekor1: TransparencyLog::new("rekor1.acme.example", &PKCS_ECDSA_P256_SHA256),
            rekor2: TransparencyLog::new("rekor2.acme.example", &PKCS_ED25519),
            stamps: TimestampAuthority::new(),
        }
    }

    /// Its `trusted_root.json`.
    #[must_use]
    pub fn trusted_root(&self) -> String {
        root::trusted_root(self).to_string()
    }

    /// A workflow's new key, with the certificate that the authority issues for it.
    #[must_use]
    pub fn signer(&self, workflow: &Workflow) -> Signer {
        self.authority.issue(workflow)
    }

    /// Sigstore bundles as cosign 3 makes them: each signer's statement about the image with this
    /// SHA-256.
    #[must_use]
    pub fn bundles(&mut self, signatures: &[(&Signer, [u8; 32])], rekor: Rekor) -> Vec<Vec<u8>> {
        bundle::make(self, signatures, rekor)
    }

    /// The layer that cosign 2 adds to a manifest of signatures: the payload that is signed about
    /// the image with this digest, and the annotations beside it.
    #[must_use]
    pub fn layer(
        &mut self,
        signer: &Signer,
        image: &str,
    ) -> (Vec<u8>, Vec<(&'static str, String)>) {
        layer::make(self, signer, image)
    }
}
