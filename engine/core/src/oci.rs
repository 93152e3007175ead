//! Descriptors, image manifests and image indexes (image-spec `descriptor.md`, `manifest.md`,
//! `image-index.md`), and Docker's two older media types of the same shape.
//!
//! Parsing is tolerant of fields it does not know, as the specification demands, and strict in
//! what it uses: a digest that cannot be checked or a negative size is an error.

use crate::digest::Digest;
use crate::error::Coded;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Media types this product reads or names.
pub mod media_type {
    /// An OCI image manifest.
    pub const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// An OCI image index.
    pub const IMAGE_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// An OCI artifact manifest (removed before 1.1 was final; still found in registries).
    pub const ARTIFACT_MANIFEST: &str = "application/vnd.oci.artifact.manifest.v1+json";
    /// Docker's image manifest.
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// Docker's manifest list.
    pub const DOCKER_MANIFEST_LIST: &str =
        "application/vnd.docker.distribution.manifest.list.v2+json";
    /// The empty configuration (image-spec "Guidance for an Empty Descriptor").
    pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
    /// A layer of a cosign `.sig` manifest: the simple signing payload.
    pub const COSIGN_SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
    /// The artifact type by which cosign announces legacy signatures as referrers.
    pub const COSIGN_SIGNATURE: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";
    /// A DSSE envelope, the layer of a cosign `.att` manifest.
    pub const DSSE_ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
    /// A Sigstore bundle v0.3, as layer and as artifact type.
    pub const SIGSTORE_BUNDLE_V03: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
    /// What the media type of every version of the Sigstore bundle starts with.
    pub const SIGSTORE_BUNDLE_PREFIX: &str = "application/vnd.dev.sigstore.bundle";
    /// A Notary Project signature.
    pub const NOTARY_SIGNATURE: &str = "application/vnd.cncf.notary.signature";
    /// An in-toto statement.
    pub const IN_TOTO: &str = "application/vnd.in-toto+json";
    /// The artifact type under which cosign's `.att` tags enter the facts, and by which cosign
    /// names attestations among referrers.
    pub const COSIGN_ATTESTATION: &str = "application/vnd.dev.cosign.artifact.att.v1+json";
    /// The artifact type under which cosign's `.sbom` tags enter the facts, and by which cosign
    /// names SBOMs among referrers.
    pub const COSIGN_SBOM: &str = "application/vnd.dev.cosign.artifact.sbom.v1+json";
}

/// What points at content: its type, its digest and its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The type of the content.
    #[serde(default)]
    pub media_type: String,
    /// The digest of the content.
    pub digest: Digest,
    /// The size of the content in bytes.
    pub size: u64,
    /// The artifact type of the manifest pointed at, where that is a manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Annotations.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub annotations: BTreeMap<String, String>,
    /// The platform, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

/// A platform as an index names it (image-spec `image-index.md`, "platform").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Platform {
    /// The operating system, `GOOS` values.
    #[serde(default)]
    pub os: String,
    /// The architecture, `GOARCH` values.
    #[serde(default)]
    pub architecture: String,
    /// The variant of the architecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// An image manifest, or an artifact manifest of the 1.1 release candidates (whose `blobs` are
/// read as `layers`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The media type the document gives itself.
    #[serde(default)]
    pub media_type: Option<String>,
    /// The artifact type the document gives itself.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// The configuration.
    #[serde(default)]
    pub config: Option<Descriptor>,
    /// The layers.
    #[serde(default, alias = "blobs", deserialize_with = "null_as_default")]
    pub layers: Vec<Descriptor>,
    /// What the manifest refers to.
    #[serde(default)]
    pub subject: Option<Descriptor>,
    /// Annotations.
    #[serde(default, deserialize_with = "null_as_default")]
    pub annotations: BTreeMap<String, String>,
}

/// An image index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// The media type the document gives itself.
    #[serde(default)]
    pub media_type: Option<String>,
    /// The artifact type the document gives itself.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// The manifests listed.
    #[serde(default, deserialize_with = "null_as_default")]
    pub manifests: Vec<Descriptor>,
    /// What the index refers to.
    #[serde(default)]
    pub subject: Option<Descriptor>,
    /// Annotations.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub annotations: BTreeMap<String, String>,
}

/// Go writes an empty map or list as `null`; the specification says that a reader may meet it.
fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A document that is not the manifest or index it is taken for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not JSON, or not of the shape.
    #[error("not an OCI {expected}")]
    Malformed {
        /// `manifest` or `index`.
        expected: &'static str,
        /// What the parser found.
        source: serde_json::Error,
    },
    /// The document is both a manifest and an index, so two readers could take it for different
    /// things (image-spec security advisory GHSA-77vh-xpmg-72qh).
    #[error("the document has the fields of both a manifest and an index, so it is refused")]
    Ambiguous,
    /// The document gives itself another media type than the registry gave it.
    #[error("the document says it is {document:?}, but it was served as {served:?}")]
    MediaTypeMismatch {
        /// What the document says.
        document: String,
        /// What came with it.
        served: String,
    },
    /// The media type is none that is known.
    #[error("media type {media_type:?} is not an image manifest or index")]
    UnknownMediaType {
        /// The media type.
        media_type: String,
    },
}

impl Coded for ManifestError {
    fn code(&self) -> &'static str {
        "malformed_manifest"
    }
}

/// A manifest or an index, told apart by its media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// A manifest.
    Manifest(Manifest),
    /// An index.
    Index(Index),
}

/// The fields that tell a manifest from an index (GHSA-77vh-xpmg-72qh).
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "mediaType")]
    media_type: Option<String>,
    manifests: Option<serde::de::IgnoredAny>,
    config: Option<serde::de::IgnoredAny>,
    layers: Option<serde::de::IgnoredAny>,
}

impl Document {
    /// Reads a manifest or an index.
    ///
    /// `served` is the media type that came with the bytes (`Content-Type`, or the descriptor's);
    /// where it is empty the document's own decides, and after that its shape.
    ///
    /// # Errors
    /// [`ManifestError`] where the bytes are not JSON of the shape, are of both shapes, or say
    /// that they are another thing than they were served as.
    pub fn parse(bytes: &[u8], served: &str) -> Result<(Self, String), ManifestError> {
        let malformed = |source| ManifestError::Malformed { expected: "manifest or index", source };
        let shape: Shape = serde_json::from_slice(bytes).map_err(malformed)?;
        if shape.manifests.is_some() && (shape.config.is_some() || shape.layers.is_some()) {
            return Err(ManifestError::Ambiguous);
        }
        let media_type = match (shape.media_type, served) {
            (Some(document), "") => document,
            (Some(document), served) if document == served => document,
            // Registries serve some manifests as plain JSON; the document's own word decides then.
            (Some(document), "application/json" | "application/octet-stream" | "text/plain") => {
                document
            }
            (Some(document), served) => {
                let served = served.to_owned();
                return Err(ManifestError::MediaTypeMismatch { document, served });
            }
            (None, "" | "application/json") if shape.manifests.is_some() => {
                media_type::IMAGE_INDEX.into()
            }
            (None, "" | "application/json") => media_type::IMAGE_MANIFEST.into(),
            (None, served) => served.to_owned(),
        };
        let document = match media_type.as_str() {
            media_type::IMAGE_INDEX | media_type::DOCKER_MANIFEST_LIST => Self::Index(
                serde_json::from_slice(bytes)
                    .map_err(|source| ManifestError::Malformed { expected: "index", source })?,
            ),
            media_type::IMAGE_MANIFEST
            | media_type::DOCKER_MANIFEST
            | media_type::ARTIFACT_MANIFEST => Self::Manifest(
                serde_json::from_slice(bytes)
                    .map_err(|source| ManifestError::Malformed { expected: "manifest", source })?,
            ),
            _ => return Err(ManifestError::UnknownMediaType { media_type }),
        };
        Ok((document, media_type))
    }

    /// What the document refers to.
    #[must_use]
    pub fn subject(&self) -> Option<&Descriptor> {
        match self {
            Self::Manifest(manifest) => manifest.subject.as_ref(),
            Self::Index(index) => index.subject.as_ref(),
        }
    }

    /// Its annotations.
    #[must_use]
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        match self {
            Self::Manifest(manifest) => &manifest.annotations,
            Self::Index(index) => &index.annotations,
        }
    }

    /// The artifact type: the field where it is set, else the configuration's media type, as the
    /// referrers API defines it (distribution-spec "Listing Referrers").
    #[must_use]
    pub fn artifact_type(&self) -> Option<&str> {
        match self {
            Self::Manifest(manifest) => manifest
                .artifact_type
                .as_deref()
                .filter(|t| !t.is_empty())
                .or_else(|| manifest.config.as_ref().map(|config| config.media_type.as_str())),
            Self::Index(index) => index.artifact_type.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_both_shapes_is_refused() {
        let bytes = br#"{"manifests":[],"layers":[],"mediaType":"application/vnd.oci.image.index.v1+json"}"#;
        let error = Document::parse(bytes, "").unwrap_err();
        assert!(matches!(error, ManifestError::Ambiguous), "{error}");
    }

    #[test]
    fn a_document_served_as_something_else_is_refused() {
        let bytes = br#"{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
        let error = Document::parse(bytes, media_type::IMAGE_MANIFEST).unwrap_err();
        assert!(matches!(error, ManifestError::MediaTypeMismatch { .. }), "{error}");
    }

    #[test]
    fn html_for_json_is_malformed() {
        let error = Document::parse(b"<html></html>", "text/html").unwrap_err();
        assert!(matches!(error, ManifestError::Malformed { expected: "manifest or index", .. }));
    }

    #[test]
    fn go_nulls_are_empty_lists() {
        let (document, media_type) =
            Document::parse(br#"{"manifests":null,"annotations":null,"config":null}"#, "").unwrap();
        assert_eq!(media_type, media_type::IMAGE_MANIFEST);
        assert!(matches!(document, Document::Manifest(m) if m.layers.is_empty()));
    }
}
