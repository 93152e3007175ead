//! OCI layouts: folders and tar files, good and bad.

use crate::helpers::{by_digest, tag};
use referee_core::{Digest, FoundBy, Limits};
use referee_store::{LayoutStore, Place, Store, StoreError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A layout being written.
struct Layout {
    folder: TempDir,
    entries: Vec<String>,
}

impl Layout {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("blobs/sha256")).unwrap();
        std::fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
            .unwrap();
        let mut layout = Self { folder, entries: Vec::new() };
        layout.write_index();
        layout
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn place(&self) -> Place {
        Place::Layout(self.path().to_owned())
    }

    fn blob(&self, bytes: &[u8]) -> Digest {
        let digest = Digest::sha256(bytes);
        std::fs::write(self.blob_path(&digest), bytes).unwrap();
        digest
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.path().join("blobs/sha256").join(digest.hex())
    }

    /// Adds a document with annotations as JSON members.
    fn add(&mut self, media_type: &str, document: &str, annotations: &str) -> Digest {
        let digest = self.blob(document.as_bytes());
        self.entries.push(format!(
            r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{},"annotations":{{{annotations}}}}}"#,
            document.len()
        ));
        self.write_index();
        digest
    }

    fn image(&mut self, name: &str, reference: &str) -> Digest {
        let document = format!(
            r#"{{"mediaType":"{MANIFEST}","layers":[],"annotations":{{"name":"{name}"}}}}"#
        );
        let annotations = format!(r#""org.opencontainers.image.ref.name":"{reference}""#);
        self.add(MANIFEST, &document, &annotations)
    }

    fn referrer(&mut self, name: &str, subject: &Digest) -> Digest {
        let document = format!(
            r#"{{"mediaType":"{MANIFEST}","artifactType":"a/{name}","layers":[],"subject":{{"digest":"{subject}","size":1}},"annotations":{{"name":"{name}"}}}}"#
        );
        self.add(MANIFEST, &document, "")
    }

    fn write_index(&mut self) {
        let index = format!(
            r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#,
            self.entries.join(",")
        );
        std::fs::write(self.path().join("index.json"), index).unwrap();
    }

    /// The same layout as a tar file.
    fn tar(&self) -> (TempDir, Place) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layout.tar");
        let mut tar = tar::Builder::new(std::fs::File::create(&path).unwrap());
        tar.append_dir_all(".", self.path()).unwrap();
        tar.into_inner().unwrap();
        (folder, Place::Layout(path))
    }
}

fn store() -> LayoutStore {
    LayoutStore::new(&Limits::default())
}

async fn only(place: &Place) -> Result<Digest, Arc<StoreError>> {
    store().manifest(place, None).await.map(|fetched| fetched.digest)
}

#[tokio::test]
async fn folders_and_tar_files_answer_alike() {
    let mut layout = Layout::new();
    let image = layout.image("app", "1.4");
    let referrer = layout.referrer("sig", &image);
    let blob = layout.blob(b"hello");
    let (_folder, tar) = layout.tar();
    let store = store();
    for place in [layout.place(), tar] {
        let fetched = store.manifest(&place, tag("1.4").as_ref()).await.unwrap();
        assert_eq!((&fetched.digest, fetched.media_type.as_str()), (&image, MANIFEST));
        assert_eq!(store.manifest(&place, None).await.unwrap().digest, image);
        let by_digest = store.manifest(&place, by_digest(&referrer).as_ref()).await.unwrap();
        assert_eq!(by_digest.digest, referrer);
        let listing = store.referrers(&place, &image).await.unwrap();
        assert_eq!(listing.found_by, FoundBy::ReferrersApi);
        assert!(listing.incomplete.is_none(), "{:?}", listing.incomplete);
        assert_eq!(listing.descriptors.len(), 1);
        assert_eq!(listing.descriptors[0].digest, referrer);
        assert_eq!(listing.descriptors[0].artifact_type.as_deref(), Some("a/sig"));
        assert_eq!(listing.descriptors[0].annotations["name"], "sig");
        assert_eq!(store.blob(&place, &blob, 5, 5).await.unwrap(), "hello");
        let missing = store.manifest(&place, tag("2").as_ref()).await.unwrap_err();
        assert!(matches!(*missing, StoreError::NotFound { .. }), "{missing:?}");
        let none = store.referrers(&place, &referrer).await.unwrap();
        assert!(none.descriptors.is_empty() && none.incomplete.is_none());
    }
}

#[tokio::test]
async fn a_changed_layout_is_seen() {
    let mut layout = Layout::new();
    let image = layout.image("app", "1");
    let store = store();
    assert!(store.referrers(&layout.place(), &image).await.unwrap().descriptors.is_empty());
    let (folder, tar) = layout.tar();
    assert!(store.referrers(&tar, &image).await.unwrap().descriptors.is_empty());
    layout.referrer("sig", &image);
    assert_eq!(store.referrers(&layout.place(), &image).await.unwrap().descriptors.len(), 1);
    let (_folder, again) = layout.tar();
    let (Place::Layout(from), Place::Layout(to)) = (&again, &tar) else { panic!("no layouts") };
    std::fs::rename(from, to).unwrap();
    assert_eq!(store.referrers(&tar, &image).await.unwrap().descriptors.len(), 1);
    drop(folder);
}

#[tokio::test]
async fn tags_are_found_as_tools_write_them() {
    for (name, reference) in [
        ("org.opencontainers.image.ref.name", "1.4"),
        ("org.opencontainers.image.ref.name", "registry.example/team/app:1.4"),
        ("io.containerd.image.name", "registry.example:5000/team/app:1.4"),
    ] {
        let mut layout = Layout::new();
        let image = layout.add(MANIFEST, "{\"layers\":[]}", &format!(r#""{name}":"{reference}""#));
        let fetched = store().manifest(&layout.place(), tag("1.4").as_ref()).await.unwrap();
        assert_eq!(fetched.digest, image, "{reference}");
        for other in ["4", "app:1.4", "5000"] {
            let missing = store().manifest(&layout.place(), tag(other).as_ref()).await;
            assert!(matches!(*missing.unwrap_err(), StoreError::NotFound { .. }), "{other}");
        }
    }
}

#[tokio::test]
async fn two_manifests_of_one_tag_are_ambiguous_but_an_exact_name_decides() {
    let mut layout = Layout::new();
    layout.image("a", "registry.example/a:1");
    layout.image("b", "registry.example/b:1");
    let error = store().manifest(&layout.place(), tag("1").as_ref()).await.unwrap_err();
    assert!(matches!(&*error, StoreError::Ambiguous { tags, .. } if tags.len() == 2), "{error:?}");
    let exact = layout.image("c", "1");
    let fetched = store().manifest(&layout.place(), tag("1").as_ref()).await.unwrap();
    assert_eq!(fetched.digest, exact);
}

#[tokio::test]
async fn without_a_selector_the_one_subject_is_meant() {
    let mut layout = Layout::new();
    let empty = only(&layout.place()).await.unwrap_err();
    assert!(matches!(*empty, StoreError::NotFound { .. }), "{empty:?}");
    let image = layout.image("app", "1");
    layout.referrer("sig", &image);
    layout.image("cosign", &image.cosign_tag("sig"));
    layout.image("index", &image.tag_schema());
    assert_eq!(only(&layout.place()).await.unwrap(), image);
    layout.entries.push(layout.entries[0].replace("\"1\"", "\"latest\""));
    layout.write_index();
    assert_eq!(only(&layout.place()).await.unwrap(), image, "two tags of one image");
    layout.image("other", "2");
    let error = only(&layout.place()).await.unwrap_err();
    let StoreError::Ambiguous { tags, .. } = &*error else { panic!("{error:?}") };
    assert_eq!(*tags, ["1", "2"]);
}

#[tokio::test]
async fn the_referrers_tag_lists_what_has_no_subject() {
    let mut layout = Layout::new();
    let image = layout.image("app", "1");
    let attached = layout.blob(b"{}");
    let index = format!(
        r#"{{"mediaType":"{INDEX}","manifests":[{{"mediaType":"{MANIFEST}","digest":"{attached}","size":2}}]}}"#
    );
    let name = format!(r#""org.opencontainers.image.ref.name":"{}""#, image.tag_schema());
    layout.add(INDEX, &index, &name);
    let listing = store().referrers(&layout.place(), &image).await.unwrap();
    assert_eq!(listing.found_by, FoundBy::ReferrersTag);
    assert!(listing.incomplete.is_none(), "{:?}", listing.incomplete);
    assert_eq!(listing.descriptors[0].digest, attached);
    layout.referrer("sig", &image);
    let both = store().referrers(&layout.place(), &image).await.unwrap();
    assert_eq!((both.found_by, both.descriptors.len()), (FoundBy::ReferrersApi, 2));
}

#[tokio::test]
async fn a_manifest_that_cannot_be_read_leaves_the_listing_incomplete() {
    type Damage = fn(&Layout, &Digest);
    type Expected = fn(&StoreError) -> bool;
    let cases: [(Damage, Expected); 3] = [
        (
            |layout, digest| std::fs::remove_file(layout.blob_path(digest)).unwrap(),
            |e| matches!(e, StoreError::NotFound { .. }),
        ),
        (
            |layout, digest| std::fs::write(layout.blob_path(digest), "{}").unwrap(),
            |e| matches!(e, StoreError::SizeMismatch { .. }),
        ),
        (
            |layout, digest| {
                let path = layout.blob_path(digest);
                let text = std::fs::read_to_string(&path).unwrap();
                std::fs::write(&path, text.replace("a/sig", "a/gis")).unwrap();
            },
            |e| matches!(e, StoreError::DigestMismatch { .. }),
        ),
    ];
    for (number, (damage, expected)) in cases.into_iter().enumerate() {
        let mut layout = Layout::new();
        let image = layout.image("app", "1");
        let good = layout.referrer("good", &image);
        let damaged = layout.referrer("sig", &image);
        damage(&layout, &damaged);
        let listing = store().referrers(&layout.place(), &image).await.unwrap();
        assert_eq!(listing.descriptors.len(), 1, "{number}");
        assert_eq!(listing.descriptors[0].digest, good);
        let why = listing.incomplete.unwrap();
        assert!(expected(&why), "{number}: {why:?}");
    }
}

#[tokio::test]
async fn limits_on_layouts_are_kept() {
    let mut layout = Layout::new();
    let image = layout.image("app", "1");
    layout.referrer("a", &image);
    layout.referrer("b", &image);
    let mut limits = Limits::default();
    limits.max_referrers = 2;
    let listing = LayoutStore::new(&limits).referrers(&layout.place(), &image).await.unwrap();
    let why = listing.incomplete.unwrap();
    assert!(matches!(*why, StoreError::TooLarge { limit: 2, unit: "manifests", .. }), "{why:?}");
    let mut limits = Limits::default();
    limits.max_manifest_bytes = 10;
    let error = LayoutStore::new(&limits).manifest(&layout.place(), None).await.unwrap_err();
    assert!(matches!(*error, StoreError::TooLarge { limit: 10, unit: "bytes", .. }), "{error:?}");
    let (_folder, tar) = layout.tar();
    let mut limits = Limits::default();
    limits.max_layout_tar_bytes = 100;
    let error = LayoutStore::new(&limits).manifest(&tar, None).await.unwrap_err();
    assert!(matches!(*error, StoreError::TooLarge { limit: 100, .. }), "{error:?}");
    let blob = layout.blob(b"hello");
    for (size, limit) in [(5, 4), (4, 4)] {
        let error = store().blob(&layout.place(), &blob, size, limit).await.unwrap_err();
        assert!(matches!(*error, StoreError::TooLarge { limit: 4, .. }), "{error:?}");
    }
    let error = store().blob(&layout.place(), &blob, 4, 10).await.unwrap_err();
    assert!(matches!(*error, StoreError::SizeMismatch { expected: 4, found: 5, .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_no_layout_is_told() {
    let missing = only(&Place::Layout("/nonexistent/layout".into())).await.unwrap_err();
    assert!(matches!(*missing, StoreError::File { .. }), "{missing:?}");
    for version in ["2.0.0", "1.1.0", "1.0.", "1.0.x", ""] {
        let layout = Layout::new();
        let marker = format!(r#"{{"imageLayoutVersion":"{version}"}}"#);
        std::fs::write(layout.path().join("oci-layout"), marker).unwrap();
        let error = only(&layout.place()).await.unwrap_err();
        assert!(matches!(*error, StoreError::Malformed { .. }), "{version}: {error:?}");
    }
    for file in ["oci-layout", "index.json"] {
        let layout = Layout::new();
        std::fs::write(layout.path().join(file), "<html>").unwrap();
        let error = only(&layout.place()).await.unwrap_err();
        assert!(matches!(*error, StoreError::Malformed { .. }), "{file}: {error:?}");
        std::fs::remove_file(layout.path().join(file)).unwrap();
        let error = only(&layout.place()).await.unwrap_err();
        assert!(matches!(*error, StoreError::Malformed { .. }), "{file}: {error:?}");
    }
}

#[tokio::test]
async fn files_that_are_no_plain_tar_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layout.tar");
    for (content, word) in [
        (&b"\x1f\x8b\x08\x00rest"[..], "gzip"),
        (b"\x28\xb5\x2f\xfdrest", "zstd"),
        (b"not a tar file, but long enough to hold a header? no", "tar"),
    ] {
        std::fs::write(&path, content).unwrap();
        let error = only(&Place::Layout(path.clone())).await.unwrap_err();
        let StoreError::Malformed { problem, .. } = &*error else { panic!("{error:?}") };
        assert!(problem.contains(word), "{problem}");
    }
}

#[tokio::test]
async fn tar_files_that_lead_outside_or_say_two_things_are_refused() {
    let entries: [&[(&str, &str)]; 3] = [
        &[("oci-layout", "{}"), ("../../etc/passwd", "x")],
        &[("oci-layout", "{}"), ("/etc/passwd", "x")],
        &[("index.json", "{}"), ("./index.json", "{ }")],
    ];
    for entries in entries {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layout.tar");
        let mut tar = tar::Builder::new(std::fs::File::create(&path).unwrap());
        for (name, content) in entries {
            let mut header = tar::Header::new_ustar();
            // Past the library, which would not write such names.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_cksum();
            tar.append(&header, content.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap();
        let error = only(&Place::Layout(path)).await.unwrap_err();
        assert!(matches!(*error, StoreError::Malformed { .. }), "{entries:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_tar_file_that_breaks_off_is_refused() {
    let mut layout = Layout::new();
    layout.image("app", "1");
    let (_folder, tar) = layout.tar();
    let Place::Layout(path) = &tar else { panic!("no layout") };
    let bytes = std::fs::read(path).unwrap();
    for length in [600, 1_600, 3_000] {
        std::fs::write(path, &bytes[..length]).unwrap();
        let error = only(&tar).await.unwrap_err();
        assert!(matches!(*error, StoreError::Malformed { .. }), "{length}: {error:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_inside_the_layout_and_not_out_of_it() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "hello").unwrap();
    let layout = Layout::new();
    let blob = Digest::sha256(b"hello");
    symlink(outside.path().join("secret"), layout.blob_path(&blob)).unwrap();
    let error = store().blob(&layout.place(), &blob, 5, 5).await.unwrap_err();
    assert!(matches!(*error, StoreError::Malformed { .. }), "{error:?}");
    std::fs::remove_file(layout.blob_path(&blob)).unwrap();
    std::fs::write(layout.path().join("inside"), "hello").unwrap();
    symlink("../../inside", layout.blob_path(&blob)).unwrap();
    assert_eq!(store().blob(&layout.place(), &blob, 5, 5).await.unwrap(), "hello");
}
