//! Copying into layouts, and what is not copied at all.

use crate::helpers::{config, tag};
use crate::server::Server;
use crate::writable::{INDEX_TYPE, MANIFEST_TYPE, Written};
use referee_core::{Coded, Digest, FoundBy, Limits, Source};
use referee_store::{
    Copied, Copier, CopyError, CopyProgress, Destination, Environment, LayoutStore, Place, Store,
    StoreError,
};
use serde_json::{Value, json};
use std::path::Path;

fn limited(limits: &Limits) -> Copier {
    let hosts: [&Server; 0] = [];
    Copier::new(&config(&hosts), limits, &Environment::empty())
}

fn into(path: &Path, tag: Option<&str>) -> Destination {
    let text = format!("oci-layout:{}", path.display());
    Destination::of(&text, &text.parse().unwrap(), tag).unwrap()
}

async fn copy(source: &Source, path: &Path, tag: &str) -> Result<Copied, CopyError> {
    let copier = limited(&Limits::default());
    copier.copy(source, &into(path, Some(tag)), &CopyProgress::default()).await
}

fn index(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path.join("index.json")).unwrap()).unwrap()
}

fn partial(path: &Path) -> usize {
    let mut found = 0;
    for folder in [path.to_owned(), path.join("blobs/sha256")] {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let hidden = |e: &std::fs::DirEntry| e.file_name().to_string_lossy().starts_with('.');
        found += entries.filter(|entry| hidden(entry.as_ref().unwrap())).count();
    }
    found
}

#[tokio::test]
async fn a_layout_is_made_and_gives_the_same_listings_as_the_source() {
    let mut layout = Written::new();
    let image = layout.image("1.4");
    let sbom = layout.referrer("sbom", &image);
    layout.referrer("signature", &sbom);
    let other = layout.image("2.0");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/out");
    let copied = copy(&layout.source("1.4"), &path, "1.4").await.unwrap();
    assert_eq!((copied.manifests_pushed, copied.referrers), (3, 2));
    copy(&layout.source("2.0"), &path, "2.0").await.unwrap();
    let before = index(&path);
    copy(&layout.source("1.4"), &path, "1.4").await.unwrap();
    assert_eq!(index(&path), before, "the second time changes nothing");
    assert_eq!(partial(&path), 0);
    let (from, to) = (LayoutStore::new(&Limits::default()), LayoutStore::new(&Limits::default()));
    let (old, new) = (Place::Layout(layout.path().into()), Place::Layout(path.clone()));
    for digest in [&image, &sbom, &other] {
        let theirs = from.referrers(&old, digest).await.unwrap();
        let ours = to.referrers(&new, digest).await.unwrap();
        assert_eq!(ours.descriptors, theirs.descriptors);
        assert_eq!(ours.found_by, theirs.found_by);
    }
    assert_eq!(to.manifest(&new, tag("2.0").as_ref()).await.unwrap().digest, other);
}

#[tokio::test]
async fn an_index_goes_with_its_platforms_and_what_refers_to_them() {
    let mut layout = Written::new();
    let (amd, arm) = (layout.image("amd"), layout.image("arm"));
    let platform = |digest: &Digest, arch: &str| {
        let size = std::fs::metadata(layout.blob_path(digest)).unwrap().len();
        json!({ "mediaType": MANIFEST_TYPE, "digest": digest, "size": size,
            "platform": { "os": "linux", "architecture": arch } })
    };
    let inner = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE,
        "manifests": [platform(&arm, "arm64")] });
    let inner = layout.blob(INDEX_TYPE, &inner.to_string());
    let platform = platform(&amd, "amd64");
    let whole = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE,
        "manifests": [platform, inner] });
    layout.add(&whole, Some("1"));
    layout.referrer("of-arm", &arm);
    let folder = tempfile::tempdir().unwrap();
    let copied = copy(&layout.source("1"), folder.path(), "1").await.unwrap();
    assert_eq!((copied.manifests_pushed, copied.referrers), (5, 1), "{copied:?}");
    let place = Place::Layout(folder.path().into());
    let store = LayoutStore::new(&Limits::default());
    assert_eq!(store.referrers(&place, &arm).await.unwrap().descriptors.len(), 1);
}

#[tokio::test]
async fn what_only_a_tag_lists_is_listed_by_a_tag_again() {
    let mut layout = Written::new();
    let image = layout.image("1");
    let silent = layout.image("silent");
    let size = std::fs::metadata(layout.blob_path(&silent)).unwrap().len();
    let listed = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [
        { "mediaType": MANIFEST_TYPE, "digest": silent, "size": size, "artifactType": "a/b" }] });
    layout.add(&listed, Some(&image.tag_schema()));
    let folder = tempfile::tempdir().unwrap();
    let copied = copy(&layout.source("1"), folder.path(), "1").await.unwrap();
    assert_eq!(copied.referrers_tags, [image.tag_schema()]);
    let place = Place::Layout(folder.path().into());
    let listing = LayoutStore::new(&Limits::default()).referrers(&place, &image).await.unwrap();
    assert_eq!(listing.found_by, FoundBy::ReferrersTag);
    assert_eq!(listing.descriptors[0].artifact_type.as_deref(), Some("a/b"));
}

#[tokio::test]
async fn a_listing_that_is_not_complete_ends_the_matter_before_anything_is_written() {
    let mut layout = Written::new();
    let image = layout.image("1");
    let referrer = layout.referrer("gone", &image);
    std::fs::remove_file(layout.blob_path(&referrer)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let error = copy(&layout.source("1"), folder.path(), "1").await.unwrap_err();
    assert!(matches!(&error, CopyError::Incomplete { digest, .. } if *digest == image), "{error}");
    assert_eq!(error.code(), "listing_incomplete");
    assert!(!folder.path().join("index.json").exists() && !folder.path().join("blobs").exists());
}

#[tokio::test]
async fn what_stands_deeper_than_is_followed_or_is_too_much_is_told() {
    let mut layout = Written::new();
    let image = layout.image("1");
    let first = layout.referrer("first", &image);
    let second = layout.referrer("second", &first);
    let folder = tempfile::tempdir().unwrap();
    let ask = async |limits: Limits| {
        let destination = into(folder.path(), Some("1"));
        let copier = limited(&limits);
        copier.copy(&layout.source("1"), &destination, &CopyProgress::default()).await
    };
    let mut limits = Limits::default();
    limits.max_depth = 1;
    let error = ask(limits.clone()).await.unwrap_err();
    assert!(
        matches!(&error, CopyError::TooDeep { digest, limit: 1 } if *digest == first),
        "{error}, not {second}"
    );
    limits.max_depth = 2;
    assert_eq!(ask(limits.clone()).await.unwrap().referrers, 2, "nothing refers to the second");
    limits.max_referrers = 2;
    let error = ask(limits).await.unwrap_err();
    assert_eq!(error.code(), "listing_incomplete", "the layout lists no more: {error}");
}

#[tokio::test]
async fn a_manifest_that_cannot_be_read_is_not_copied() {
    let mut layout = Written::new();
    let both =
        json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [], "layers": [] });
    let digest = layout.add(&both, Some("1"));
    let folder = tempfile::tempdir().unwrap();
    let error = copy(&layout.source("1"), folder.path(), "1").await.unwrap_err();
    // The layout's listing reads every manifest there is, so it may be the first to say so.
    assert!(
        matches!(&error, CopyError::Manifest { digest: found, .. } if *found == digest),
        "{error}"
    );
    assert_eq!(error.code(), "malformed_manifest");
}

#[tokio::test]
async fn layers_that_are_not_to_be_pushed_elsewhere_are_left_out_and_counted() {
    let mut layout = Written::new();
    let config = layout.blob("application/vnd.oci.image.config.v1+json", "{}");
    let foreign = json!({ "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "digest": Digest::sha256(b"elsewhere"), "size": 9, "urls": ["https://elsewhere.example"] });
    let document = json!({ "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config,
        "layers": [foreign] });
    layout.add(&document, Some("1"));
    let folder = tempfile::tempdir().unwrap();
    let copied = copy(&layout.source("1"), folder.path(), "1").await.unwrap();
    assert_eq!((copied.blobs_pushed, copied.blobs_left_out), (1, 1));
}

#[tokio::test]
async fn only_a_layout_or_nothing_is_written_into() {
    let mut layout = Written::new();
    layout.image("1");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for (path, told) in [(file.as_path(), "there is a file"), (folder.path(), "is not empty")] {
        let error = copy(&layout.source("1"), path, "1").await.unwrap_err();
        let CopyError::Destination(cause) = &error else { panic!("{error:?}") };
        let StoreError::Unwritable { source, .. } = &**cause else { panic!("{cause:?}") };
        assert!(source.to_string().contains(told), "{source}");
        assert_eq!(error.code(), "file_unwritable");
    }
}

#[tokio::test]
async fn a_tag_of_a_layout_is_not_taken_from_something_else_unless_that_is_asked_for() {
    let mut layout = Written::new();
    let (one, two) = (layout.image("1"), layout.image("2"));
    let folder = tempfile::tempdir().unwrap();
    copy(&layout.source("1"), folder.path(), "x").await.unwrap();
    let error = copy(&layout.source("2"), folder.path(), "x").await.unwrap_err();
    assert!(
        matches!(&error, CopyError::TagTaken { found, wanted, .. } if *found == one && *wanted == two),
        "{error}"
    );
    let forcing = limited(&Limits::default()).forcing(true);
    let destination = into(folder.path(), Some("x"));
    forcing.copy(&layout.source("2"), &destination, &CopyProgress::default()).await.unwrap();
    let store = LayoutStore::new(&Limits::default());
    let place = Place::Layout(folder.path().into());
    assert_eq!(store.manifest(&place, tag("x").as_ref()).await.unwrap().digest, two);
    assert_eq!(index(folder.path())["manifests"].as_array().unwrap().len(), 2, "the other stays");
}

#[tokio::test]
async fn a_copy_that_broke_off_goes_on_and_what_is_damaged_is_written_anew() {
    let mut layout = Written::new();
    let image = layout.image("1");
    let layer = Digest::sha256(b"layer of 1");
    let folder = tempfile::tempdir().unwrap();
    let kept = layout.path().join("kept");
    std::fs::rename(layout.blob_path(&layer), &kept).unwrap();
    let error = copy(&layout.source("1"), folder.path(), "1").await.unwrap_err();
    assert!(matches!(&error, CopyError::Source(_)), "{error:?}");
    assert!(!folder.path().join("index.json").exists(), "half a copy is no layout");
    assert_eq!(partial(folder.path()), 0);
    std::fs::rename(&kept, layout.blob_path(&layer)).unwrap();
    copy(&layout.source("1"), folder.path(), "1").await.unwrap();
    let arrived = folder.path().join("blobs/sha256").join(layer.hex());
    std::fs::write(&arrived, "layer of 2").unwrap();
    let copied = copy(&layout.source("1"), folder.path(), "1").await.unwrap();
    assert_eq!((copied.blobs_pushed, copied.blobs_present), (1, 1));
    assert_eq!(std::fs::read(&arrived).unwrap(), b"layer of 1");
    assert_eq!(copied.digest, Some(image));
}

#[test]
fn a_full_disk_is_told_with_what_to_do() {
    let source = std::io::ErrorKind::StorageFull.into();
    let cause = StoreError::Unwritable { target: "out/blobs/sha256/0".into(), source };
    let error = CopyError::Destination(std::sync::Arc::new(cause));
    assert_eq!(error.code(), "file_unwritable");
    let hint = "the disk is full; run again with room, what was written is used";
    assert_eq!(error.hint().unwrap(), hint);
    assert!(error.to_string().contains("out/blobs/sha256/0 could not be written"), "{error}");
}
