//! Which manifest a selector means, and what refers to a digest.

use super::open::Layout;
use crate::entries::Entries;
use crate::error::StoreError;
use crate::source::{Fetched, Listing};
use referee_core::oci::{Document, media_type};
use referee_core::{Descriptor, Digest, FoundBy, Selector};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The tag of a manifest (image-spec `annotations.md`).
pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The whole reference, as containerd writes it.
const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// The media type a document gives itself.
#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "mediaType", default)]
    media_type: Option<String>,
}

impl Layout {
    /// Finds and reads a manifest.
    pub(super) fn manifest(&self, selector: Option<&Selector>) -> Result<Fetched, StoreError> {
        let descriptor = match selector {
            Some(Selector::Tag(tag)) => self.by_tag(tag)?,
            Some(Selector::Digest(digest)) => {
                return self.fetch(digest, self.listed(digest));
            }
            None => self.only()?,
        };
        self.fetch(&descriptor.digest, Some(descriptor))
    }

    fn listed(&self, digest: &Digest) -> Option<&Descriptor> {
        self.index.manifests.iter().find(|descriptor| descriptor.digest == *digest)
    }

    fn fetch(&self, digest: &Digest, listed: Option<&Descriptor>) -> Result<Fetched, StoreError> {
        let size = listed.map(|descriptor| descriptor.size);
        let bytes = self.blob(digest, size, self.limits.max_manifest_bytes)?;
        let media_type = listed
            .map(|descriptor| descriptor.media_type.clone())
            .filter(|media_type| !media_type.is_empty())
            .or_else(|| serde_json::from_slice::<Typed>(&bytes).ok()?.media_type)
            .unwrap_or_default();
        Ok(Fetched { bytes, digest: digest.clone(), media_type })
    }

    /// The manifest of a tag: one named exactly so, else one whose full reference ends in it.
    pub(super) fn by_tag(&self, tag: &str) -> Result<&Descriptor, StoreError> {
        let exact = |d: &Descriptor| d.annotations.get(REF_NAME).is_some_and(|name| name == tag);
        let ends = |name: &String| {
            name.rsplit_once(':').is_some_and(|(before, last)| {
                last == tag && !before.is_empty() && !name.contains('@')
            })
        };
        let full = |d: &Descriptor| {
            [REF_NAME, CONTAINERD_NAME].iter().any(|key| d.annotations.get(*key).is_some_and(ends))
        };
        let target = || format!("{}:{tag}", self.name);
        self.single(exact, target)?
            .map_or_else(|| self.single(full, target), |found| Ok(Some(found)))?
            .ok_or_else(|| StoreError::NotFound { target: target() })
    }

    /// The one manifest that fits; several entries of one digest are one.
    fn single(
        &self,
        fits: impl Fn(&Descriptor) -> bool,
        target: impl Fn() -> String,
    ) -> Result<Option<&Descriptor>, StoreError> {
        let mut fitting = self.index.manifests.iter().filter(|descriptor| fits(descriptor));
        let Some(first) = fitting.next() else { return Ok(None) };
        if fitting.any(|other| other.digest != first.digest) {
            let all = self.index.manifests.iter().filter(|descriptor| fits(descriptor));
            let tags = all.map(|descriptor| descriptor.digest.to_string()).collect();
            return Err(StoreError::Ambiguous { target: target(), tags });
        }
        Ok(Some(first))
    }

    /// The one manifest that refers to nothing.
    fn only(&self) -> Result<&Descriptor, StoreError> {
        let mut subjects: Vec<&Descriptor> = Vec::new();
        for descriptor in &self.index.manifests {
            let named = descriptor.annotations.get(REF_NAME).map_or("", String::as_str);
            let known = subjects.iter().any(|subject| subject.digest == descriptor.digest);
            if !is_attachment_tag(named) && !known && !self.refers(descriptor)? {
                subjects.push(descriptor);
            }
        }
        match subjects.as_slice() {
            [] => Err(StoreError::NotFound { target: self.name.clone() }),
            [only] => Ok(only),
            several => {
                let name = |descriptor: &&Descriptor| {
                    let tag = descriptor.annotations.get(REF_NAME);
                    tag.cloned().unwrap_or_else(|| descriptor.digest.to_string())
                };
                let tags: BTreeSet<String> = several.iter().map(name).collect();
                let tags = tags.into_iter().collect();
                Err(StoreError::Ambiguous { target: self.name.clone(), tags })
            }
        }
    }

    /// Whether a manifest has a subject.
    fn refers(&self, descriptor: &Descriptor) -> Result<bool, StoreError> {
        Ok(self.document(descriptor)?.is_some_and(|document| document.subject().is_some()))
    }

    /// A manifest or index; `None` where the descriptor is of something else.
    fn document(&self, descriptor: &Descriptor) -> Result<Option<Document>, StoreError> {
        let manifest = matches!(
            descriptor.media_type.as_str(),
            "" | media_type::IMAGE_MANIFEST
                | media_type::IMAGE_INDEX
                | media_type::DOCKER_MANIFEST
                | media_type::DOCKER_MANIFEST_LIST
                | media_type::ARTIFACT_MANIFEST
        );
        if !manifest {
            return Ok(None);
        }
        let fetched = self.fetch(&descriptor.digest, Some(descriptor))?;
        let parsed = Document::parse(&fetched.bytes, &fetched.media_type);
        let (document, _) = parsed.map_err(|error| StoreError::Malformed {
            target: format!("{}@{}", self.name, descriptor.digest),
            problem: "the manifest cannot be read".into(),
            source: Some(Box::new(error)),
        })?;
        Ok(Some(document))
    }

    /// Everything in the index whose subject is the digest, and what the referrers tag lists.
    ///
    /// A manifest that cannot be read may be a referrer: the listing is then not complete.
    pub(super) fn referrers(&self, digest: &Digest) -> Result<Listing, StoreError> {
        let target = format!("{} referrers of {digest}", self.name);
        let mut entries = Entries::new(self.limits.max_referrers);
        let most = usize::try_from(self.limits.max_referrers).unwrap_or(usize::MAX);
        for (position, descriptor) in self.index.manifests.iter().enumerate() {
            if position >= most {
                let limit = u64::from(self.limits.max_referrers);
                let target = target.clone();
                entries.cut(StoreError::TooLarge { target, limit, unit: "manifests" });
                break;
            }
            if descriptor.digest == *digest {
                continue;
            }
            match self.document(descriptor) {
                Ok(Some(document)) if document.subject().is_some_and(|s| s.digest == *digest) => {
                    entries.push(referrer(descriptor, &document), &target);
                }
                Ok(_) => {}
                Err(error) => entries.cut(error),
            }
        }
        let direct = entries.descriptors.len();
        let listed = self.tagged(digest, &mut entries, &target)?;
        let Entries { descriptors, incomplete, .. } = entries;
        let found_by =
            if listed && direct == 0 { FoundBy::ReferrersTag } else { FoundBy::ReferrersApi };
        Ok(Listing { descriptors, found_by, incomplete })
    }

    /// Adds what the index of the referrers tag lists; whether there is one.
    fn tagged(
        &self,
        digest: &Digest,
        entries: &mut Entries,
        target: &str,
    ) -> Result<bool, StoreError> {
        let descriptor = match self.by_tag(&digest.tag_schema()) {
            Ok(descriptor) => descriptor,
            Err(StoreError::NotFound { .. }) => return Ok(false),
            Err(error) => {
                entries.cut(error);
                return Ok(false);
            }
        };
        let added = self
            .fetch(&descriptor.digest, Some(descriptor))
            .and_then(|fetched| entries.add(&fetched.bytes, &fetched.media_type, target));
        if let Err(error) = added {
            entries.cut(error);
        }
        Ok(true)
    }
}

/// The descriptor as the referrers API would give it: with the artifact type and annotations of
/// the manifest (distribution-spec, "Listing Referrers").
fn referrer(descriptor: &Descriptor, document: &Document) -> Descriptor {
    Descriptor {
        artifact_type: document.artifact_type().map(ToOwned::to_owned),
        annotations: document.annotations().clone(),
        ..descriptor.clone()
    }
}

/// Whether a tag is one that marks what is attached to another manifest: the referrers tag
/// schema's `sha256-<hex>` and cosign's `sha256-<hex>.sig`, `.att` and `.sbom`.
fn is_attachment_tag(tag: &str) -> bool {
    let Some(rest) = tag.strip_prefix("sha256-") else { return false };
    let hex = rest.split('.').next().unwrap_or("");
    let suffix = rest.strip_prefix(hex).unwrap_or("");
    hex.len() == 64
        && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && matches!(suffix, "" | ".sig" | ".att" | ".sbom")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_attachments_are_known() {
        let hex = "0".repeat(64);
        for suffix in ["", ".sig", ".att", ".sbom"] {
            assert!(is_attachment_tag(&format!("sha256-{hex}{suffix}")), "{suffix}");
        }
        for other in ["1.4", "sha256-0", "sha256-", &format!("sha256-{hex}.other")] {
            assert!(!is_attachment_tag(other), "{other}");
        }
    }
}
