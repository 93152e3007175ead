//! The artifact in question.

use crate::digest::Digest;
use crate::oci::{Descriptor, Document, Index, media_type};
use crate::reference::{Reference, Repository};
use bytes::Bytes;

/// Annotation by which BuildKit marks an entry of an index that is no platform image
/// (BuildKit `docs/attestations/attestation-storage.md`).
pub const BUILDKIT_REFERENCE_TYPE: &str = "vnd.docker.reference.type";
/// Annotation by which such an entry names the platform manifest that it speaks of.
pub const BUILDKIT_REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";
/// The value of [`BUILDKIT_REFERENCE_TYPE`] on attestation manifests.
pub const BUILDKIT_ATTESTATION_MANIFEST: &str = "attestation-manifest";

/// A resolved artifact: a manifest or index whose bytes have the digest.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Where it stands, or what it is to be judged as. `None` for a layout that nothing names:
    /// no scope but `**` admits that.
    pub repository: Option<Repository>,
    /// The tag it was asked for by.
    pub tag: Option<String>,
    /// Its descriptor.
    pub descriptor: Descriptor,
    /// Its manifest or index, parsed.
    pub document: Document,
    /// The bytes of its manifest or index.
    pub bytes: Bytes,
}

impl Subject {
    /// The digest.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.descriptor.digest
    }

    /// The reference by digest, where the repository is known.
    #[must_use]
    pub fn reference(&self) -> Option<Reference> {
        let repository = self.repository.clone()?;
        Some(Reference::by_digest(repository, self.digest().clone()))
    }

    /// The platform manifests of an index, attestation manifests left out; none for an image.
    pub fn platforms(&self) -> impl Iterator<Item = &Descriptor> {
        self.index()
            .into_iter()
            .flat_map(|index| index.manifests.iter())
            .filter(|d| !is_attestation(d))
    }

    /// The BuildKit attestation manifests of an index, each with the platform manifest it
    /// speaks of.
    pub fn attestation_manifests(&self) -> impl Iterator<Item = (&Descriptor, Digest)> {
        self.index()
            .into_iter()
            .flat_map(|index| index.manifests.iter())
            .filter(|d| is_attestation(d))
            .filter_map(|d| Some((d, d.annotations.get(BUILDKIT_REFERENCE_DIGEST)?.parse().ok()?)))
    }

    fn index(&self) -> Option<&Index> {
        match &self.document {
            Document::Index(index) => Some(index),
            Document::Manifest(_) => None,
        }
    }
}

fn is_attestation(descriptor: &Descriptor) -> bool {
    descriptor
        .annotations
        .get(BUILDKIT_REFERENCE_TYPE)
        .is_some_and(|kind| kind == BUILDKIT_ATTESTATION_MANIFEST)
}

/// Whether a media type is that of an index.
#[must_use]
pub fn is_index(media_type: &str) -> bool {
    matches!(media_type, media_type::IMAGE_INDEX | media_type::DOCKER_MANIFEST_LIST)
}
