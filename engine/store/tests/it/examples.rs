//! The example layouts, made by the real tools, read as folders and as tar files.

use crate::helpers::{by_digest, tag};
use referee_core::oci::Document;
use referee_core::{Digest, Limits};
use referee_store::{LayoutStore, Place, Store};
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Examples {
    layouts: Vec<Example>,
}

#[derive(Deserialize)]
struct Example {
    name: String,
    reference: String,
    subject: Digest,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/layouts")
}

fn examples() -> Vec<Example> {
    let text = std::fs::read(folder().join("MANIFEST.json")).unwrap();
    let examples: Examples = serde_json::from_slice(&text).unwrap();
    examples.layouts
}

fn tarred(layout: &Path, into: &Path) -> Place {
    let path = into.join("layout.tar");
    let mut tar = tar::Builder::new(std::fs::File::create(&path).unwrap());
    tar.append_dir_all("", layout).unwrap();
    tar.into_inner().unwrap();
    Place::Layout(path)
}

/// Everything below a manifest, blobs and all.
async fn read_all(store: &LayoutStore, place: &Place, digest: &Digest) -> usize {
    let fetched = store.manifest(place, by_digest(digest).as_ref()).await.unwrap();
    assert_eq!(fetched.digest, *digest);
    let (document, _) = Document::parse(&fetched.bytes, &fetched.media_type).unwrap();
    let mut read = 1;
    match document {
        Document::Manifest(manifest) => {
            for blob in manifest.layers.iter().chain(&manifest.config) {
                store.blob(place, &blob.digest, blob.size, 1 << 24).await.unwrap();
                read += 1;
            }
        }
        Document::Index(index) => {
            for entry in &index.manifests {
                read += Box::pin(read_all(store, place, &entry.digest)).await;
            }
        }
    }
    read
}

#[tokio::test]
async fn every_example_layout_is_found_listed_and_read_to_the_last_blob() {
    let store = LayoutStore::new(&Limits::default());
    let examples = examples();
    let folders = std::fs::read_dir(folder())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(examples.len(), folders.count(), "every folder is in MANIFEST.json");
    for Example { name, reference, subject } in examples {
        let path = folder().join(&name);
        let scratch = tempfile::tempdir().unwrap();
        let tar = tarred(&path, scratch.path());
        let mut answers = Vec::new();
        for place in [Place::Layout(path), tar] {
            let (_, version) = reference.rsplit_once(':').unwrap();
            let by_tag = store.manifest(&place, tag(version).as_ref()).await.unwrap();
            assert_eq!(by_tag.digest, subject, "{name}");
            assert_eq!(store.manifest(&place, None).await.unwrap().digest, subject, "{name}");
            let listing = store.referrers(&place, &subject).await.unwrap();
            assert!(listing.incomplete.is_none(), "{name}: {:?}", listing.incomplete);
            let mut read = read_all(&store, &place, &subject).await;
            for referrer in &listing.descriptors {
                read += read_all(&store, &place, &referrer.digest).await;
            }
            answers.push((listing.descriptors, listing.found_by, read));
        }
        assert_eq!(answers[0], answers[1], "{name}: folder and tar file");
    }
}

#[tokio::test]
async fn bundles_are_listed_as_referrers_however_they_are_attached() {
    let store = LayoutStore::new(&Limits::default());
    for (name, found_by, count) in [
        ("unsigned", "referrers-api", 0),
        ("signed-one-bundle", "referrers-api", 1),
        ("signed-one-referrer", "referrers-api", 1),
        ("signed-bundle-tag-schema", "referrers-tag", 2),
    ] {
        let place = Place::Layout(folder().join(name));
        let subject = store.manifest(&place, None).await.unwrap().digest;
        let listing = store.referrers(&place, &subject).await.unwrap();
        assert_eq!(listing.found_by.as_str(), found_by, "{name}");
        assert_eq!(listing.descriptors.len(), count, "{name}");
    }
}
