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
    /// speaks of; with the index itself where it does not say which.
    pub fn attestation_manifests(&self) -> impl Iterator<Item = (&Descriptor, Digest)> {
        let platform = |descriptor: &Descriptor| {
            let named = descriptor.annotations.get(BUILDKIT_REFERENCE_DIGEST)?;
            named.parse::<Digest>().ok()
        };
        self.index()
            .into_iter()
            .flat_map(|index| index.manifests.iter())
            .filter(|d| is_attestation(d))
            .map(move |d| (d, platform(d).unwrap_or_else(|| self.digest().clone())))
    }

    fn index(&self) -> Option<&Index> {
        match &self.document {
            Document::Index(index) => Some(index),
            Document::Manifest(_) => None,
        }
    }
}

/// BuildKit gives its attestation manifests the platform `unknown/unknown`. An entry with a platform
/// that a runtime would choose is an image, whatever its annotations say.
fn is_attestation(descriptor: &Descriptor) -> bool {
    let unknown = |name: &String| matches!(name.as_str(), "" | "unknown");
    let platform = descriptor.platform.as_ref();
    let no_image = platform.is_none_or(|p| unknown(&p.os) && unknown(&p.architecture));
    let kind = descriptor.annotations.get(BUILDKIT_REFERENCE_TYPE);
    no_image && kind.is_some_and(|kind| kind == BUILDKIT_ATTESTATION_MANIFEST)
}

/// Whether a media type is that of an index.
#[must_use]
pub fn is_index(media_type: &str) -> bool {
    matches!(media_type, media_type::IMAGE_INDEX | media_type::DOCKER_MANIFEST_LIST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attestation_manifest_is_no_platform_and_is_never_passed_over() {
        let [a, b, disguised] = ["a", "b", "disguised"].map(|n| Digest::sha256(n.as_bytes()));
        let index = serde_json::json!({
            "mediaType": media_type::IMAGE_INDEX,
            "manifests": [
                { "mediaType": media_type::IMAGE_MANIFEST, "digest": a, "size": 1 },
                { "mediaType": media_type::IMAGE_MANIFEST, "digest": b, "size": 1, "annotations": {
                    BUILDKIT_REFERENCE_TYPE: BUILDKIT_ATTESTATION_MANIFEST,
                    BUILDKIT_REFERENCE_DIGEST: a } },
                { "mediaType": media_type::IMAGE_MANIFEST, "digest": b, "size": 1, "annotations": {
                    BUILDKIT_REFERENCE_TYPE: BUILDKIT_ATTESTATION_MANIFEST } },
                // A runtime takes this one for linux/amd64.
                { "mediaType": media_type::IMAGE_MANIFEST, "digest": disguised, "size": 1,
                    "platform": { "os": "linux", "architecture": "amd64" }, "annotations": {
                    BUILDKIT_REFERENCE_TYPE: BUILDKIT_ATTESTATION_MANIFEST,
                    BUILDKIT_REFERENCE_DIGEST: a } },
            ],
        });
        let bytes = Bytes::from(index.to_string());
        let (document, media_type) = Document::parse(&bytes, "").unwrap();
        let digest = Digest::sha256(&bytes);
        let descriptor = Descriptor {
            media_type,
            digest: digest.clone(),
            size: 1,
            artifact_type: None,
            annotations: std::collections::BTreeMap::new(),
            platform: None,
        };
        let subject = Subject { repository: None, tag: None, descriptor, document, bytes };
        let platforms: Vec<_> = subject.platforms().map(|d| d.digest.clone()).collect();
        assert_eq!(platforms, vec![a.clone(), disguised]);
        let spoken_of: Vec<_> = subject.attestation_manifests().map(|(_, d)| d).collect();
        assert_eq!(spoken_of, [a, digest]);
    }
}
