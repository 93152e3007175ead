//! A file and the bundle that signs it, apart from any registry.

use super::CosignVerifier;
use super::draft::Draft;
use super::examiner::Examiner;
use super::sealed;
use super::target::{Artifact, Target};
use crate::envelope::bundle::Bundle;
use crate::protocol::tlog::Digests;
use referee_core::facts::Format;
use referee_core::{Budget, Digest, Findings, Repository, Timestamp};

/// A file that a bundle is for.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    /// Its digest.
    pub digest: &'a Digest,
    /// Its digests by all algorithms that are at hand.
    pub digests: &'a Digests,
    /// All of it, where that is at hand. Without it a signature by an Ed25519 key is not verified:
    /// that is over the bytes themselves.
    pub bytes: Option<&'a [u8]>,
    /// What it is to be judged as; without that only the scope `**` admits it.
    pub repository: Option<&'a Repository>,
}

impl CosignVerifier {
    /// Examines the signatures of a file in a Sigstore bundle.
    #[must_use]
    pub fn verify_blob(
        &self,
        blob: &Blob<'_>,
        bundle: &[u8],
        now: Timestamp,
        budget: &Budget,
    ) -> Findings {
        let referrer = Digest::sha256(bundle);
        let sha256 = blob.digests.sha256.as_ref().map(Digest::from_sha256);
        let sha512 = blob.digests.sha512.as_ref().map(Digest::from_sha512);
        let others = [sha256, sha512].into_iter().flatten();
        let also: Vec<Digest> = others.filter(|digest| digest != blob.digest).collect();
        let target = Target {
            referrer: &referrer,
            subject: blob.digest,
            also: &also,
            repository: blob.repository,
        };
        let mut examiner = Examiner::new(self, target, now, budget);
        let artifact = match blob.bytes {
            Some(bytes) => Artifact::Bytes(bytes),
            None => Artifact::Digests(blob.digests),
        };
        match Bundle::parse(bundle) {
            Ok(bundle) => sealed::examine(&mut examiner, &bundle, artifact),
            Err(error) => {
                let mut draft = Draft::new(&target, Format::SigstoreBundle);
                draft.raise(error.raised());
                examiner.push(draft);
            }
        }
        examiner.finish()
    }
}
