//! The artifact that a bundle is, in a registry or an OCI layout: two layouts are read, one is made.
//!
//! Read are OPA's, in which the first layer of the type [`ARCHIVE`] is the bundle's archive (the
//! page "Bundles" of its documentation, "OCI registries"), and Conftest's, in which each file is a
//! layer, module or data, with its path in `org.opencontainers.image.title`. Made is OPA's: one
//! layer, and the configuration `{}` of an image. The same archive gives the same artifact: no time
//! is in it.
//!
//! Refused: an index, a manifest with neither layout, Conftest's data files under names that
//! bundles do not have.

use super::{BundleBytes, BundleFetchError};
use crate::files::length;
use crate::memory::MemoryStore;
use crate::source::{Place, Store};
use bytes::Bytes;
use referee_core::oci::{Document, Manifest, media_type};
use referee_core::{Descriptor, Digest, Selector};
use serde::Serialize;
use std::collections::BTreeMap;

/// What OPA's layer is (image-spec, "Layer Filesystem Changeset").
const ARCHIVE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// What the configuration beside it is (image-spec, "Image Configuration"). OPA does not look into
/// it, and its documentation has it empty.
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const EMPTY_CONFIG: &[u8] = b"{}";

/// What Conftest's layers are.
const MODULE: &str = "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego";
const DATA: &str = "application/vnd.cncf.openpolicyagent.data.layer.v1+json";

/// What a layer is called (image-spec, "Pre-Defined Annotation Keys"): the name of the file that
/// clients like `oras` make of it.
const TITLE: &str = "org.opencontainers.image.title";
const FILE_NAME: &str = "bundle.tar.gz";

/// How the parts of a bundle are put into an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleLayout {
    /// An archive in one layer.
    Opa,
    /// A layer for each file.
    Conftest,
}

impl BundleLayout {
    /// Its name: `opa` or `conftest`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opa => "opa",
            Self::Conftest => "conftest",
        }
    }
}

/// The artifact of a bundle, of which the manifest was read.
#[derive(Clone, Debug)]
pub(super) struct BundleArtifact {
    /// The digest of the manifest.
    pub(super) digest: Digest,
    parts: Parts,
}

#[derive(Clone, Debug)]
enum Parts {
    Archive(Descriptor),
    Files(Vec<(String, Descriptor)>),
}

impl BundleArtifact {
    /// Reads the manifest; `shown` is what errors call the artifact.
    pub(super) async fn find(
        store: &dyn Store,
        place: &Place,
        selector: Option<&Selector>,
        shown: &str,
    ) -> Result<Self, BundleFetchError> {
        let no_bundle = |problem| no_bundle(shown, problem);
        let fetched = store.manifest(place, selector).await?;
        let document = Document::parse(&fetched.bytes, &fetched.media_type)
            .map_err(|error| no_bundle(referee_core::error::chain(&error)))?;
        let Document::Manifest(Manifest { layers, .. }) = document.0 else {
            return Err(no_bundle("it is an index, and a bundle is one artifact".to_owned()));
        };
        let digest = fetched.digest;
        if let Some(layer) = layers.iter().find(|layer| layer.media_type == ARCHIVE) {
            return Ok(Self { digest, parts: Parts::Archive(layer.clone()) });
        }
        let files = layers
            .into_iter()
            .filter(|layer| matches!(layer.media_type.as_str(), MODULE | DATA))
            .map(|layer| Ok((path(&layer, shown)?, layer)))
            .collect::<Result<Vec<_>, BundleFetchError>>()?;
        if files.is_empty() {
            let problem = format!("no layer is a bundle ({ARCHIVE}) or a part of one ({MODULE})");
            return Err(no_bundle(problem));
        }
        Ok(Self { digest, parts: Parts::Files(files) })
    }

    /// What tells this version from others: the digest of the layer as in OPA, or of the manifest
    /// where there are several.
    pub(super) fn tag(&self) -> &str {
        match &self.parts {
            Parts::Archive(layer) => layer.digest.hex(),
            Parts::Files(_) => self.digest.hex(),
        }
    }

    pub(super) fn layout(&self) -> BundleLayout {
        match &self.parts {
            Parts::Archive(_) => BundleLayout::Opa,
            Parts::Files(_) => BundleLayout::Conftest,
        }
    }

    /// Fetches its layers, at most `limit` bytes of them.
    pub(super) async fn fetch(
        &self,
        store: &dyn Store,
        place: &Place,
        limit: u64,
    ) -> Result<BundleBytes, BundleFetchError> {
        match &self.parts {
            Parts::Archive(layer) => {
                let bytes = store.blob(place, &layer.digest, layer.size, limit).await?;
                Ok(BundleBytes::Archive(bytes))
            }
            Parts::Files(layers) => {
                let mut left = limit;
                let mut files = Vec::with_capacity(layers.len());
                for (path, layer) in layers {
                    let bytes = store.blob(place, &layer.digest, layer.size, left).await?;
                    left = left.saturating_sub(length(&bytes));
                    files.push((path.clone(), bytes));
                }
                files.sort_by(|(a, _), (b, _)| a.cmp(b));
                Ok(BundleBytes::Files(files))
            }
        }
    }
}

fn path(layer: &Descriptor, shown: &str) -> Result<String, BundleFetchError> {
    let Some(title) = layer.annotations.get(TITLE) else {
        return Err(no_bundle(shown, format!("the layer {} has no {TITLE}", layer.digest)));
    };
    let base = title.rsplit('/').next().unwrap_or_default();
    if layer.media_type == DATA && !matches!(base, "data.json" | "data.yaml" | "data.yml") {
        let problem = "data of a bundle stand in data.json, data.yaml or data.yml, and what is left \
                       out would change decisions";
        return Err(no_bundle(shown, format!("{title:?}: {problem}")));
    }
    Ok(title.clone())
}

fn no_bundle(shown: &str, problem: String) -> BundleFetchError {
    BundleFetchError::NoBundle { target: shown.to_owned(), problem }
}

/// OPA's manifest. Its members stand in this order, so that the same bundle has the same digest.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made<'a> {
    schema_version: u32,
    media_type: &'static str,
    config: Descriptor,
    layers: [Descriptor; 1],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
}

fn described(media_type: &str, bytes: &[u8]) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest: Digest::sha256(bytes),
        size: length(bytes),
        artifact_type: None,
        annotations: BTreeMap::new(),
        platform: None,
    }
}

/// Makes the artifact of a bundle's archive at a place in memory; its digest.
///
/// # Errors
/// Never for what can be written as JSON, which all of this can.
pub(crate) fn made(
    archive: &Bytes,
    annotations: &BTreeMap<String, String>,
    memory: &MemoryStore,
    place: &Place,
) -> Result<Digest, serde_json::Error> {
    let mut layer = described(ARCHIVE, archive);
    layer.annotations.insert(TITLE.to_owned(), FILE_NAME.to_owned());
    let manifest = Made {
        schema_version: 2,
        media_type: media_type::IMAGE_MANIFEST,
        config: described(CONFIG, EMPTY_CONFIG),
        layers: [layer],
        annotations,
    };
    let manifest = serde_json::to_vec(&manifest)?;
    memory.push_blob(place, EMPTY_CONFIG);
    memory.push_blob(place, archive.clone());
    Ok(memory.push_manifest(place, media_type::IMAGE_MANIFEST, manifest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_artifact_of_a_bundle_is_the_same_bytes_each_time() {
        let place = Place::Layout("x".into());
        let annotations =
            BTreeMap::from([("b".to_owned(), "2".to_owned()), ("a".into(), "1".into())]);
        let memory = MemoryStore::new();
        let digest = made(&Bytes::from_static(b"archive"), &annotations, &memory, &place).unwrap();
        let fetched = futures_util::FutureExt::now_or_never(
            memory.manifest(&place, Some(&Selector::Digest(digest))),
        );
        let text = String::from_utf8(fetched.unwrap().unwrap().bytes.to_vec()).unwrap();
        let expected = concat!(
            r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","#,
            r#""config":{"mediaType":"application/vnd.oci.image.config.v1+json","#,
            r#""digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","#,
            r#""size":2},"#,
            r#""layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","#,
            r#""digest":"sha256:0eb3e36bfb24dcd9bb1d1bece1531216b59539a8fde17ee80224af0653c92aa3","#,
            r#""size":7,"annotations":{"org.opencontainers.image.title":"bundle.tar.gz"}}],"#,
            r#""annotations":{"a":"1","b":"2"}}"#,
        );
        assert_eq!(text, expected);
    }
}
