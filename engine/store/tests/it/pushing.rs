//! Pushing into registries that refuse, forget, throttle and ask who is there.

use crate::helpers::config;
use crate::server::{Request, error, reply};
use crate::writable::{Content, Referrers, Writable, Written};
use referee_core::{Coded, Digest, Limits, Source};
use referee_store::{
    Copied, Copier, CopyError, CopyProgress, Destination, Environment, RegistryConfig, StoreError,
};
use serde_json::json;
use std::sync::{Arc, OnceLock};

fn destination(registry: &Writable, tag: &str) -> Destination {
    let text = format!("{}/team/app:{tag}", registry.server.host);
    Destination::of(&text, &text.parse().unwrap(), None).unwrap()
}

fn copier(config: &RegistryConfig) -> Copier {
    Copier::new(config, &Limits::default(), &Environment::empty())
}

async fn copy(source: &Source, registry: &Writable, tag: &str) -> Result<Copied, CopyError> {
    let copier = copier(&config(&[&registry.server]));
    copier.copy(source, &destination(registry, tag), &CopyProgress::default()).await
}

/// An image with two referrers, one of which has one itself, and a tag of cosign's.
fn signed() -> (Written, Digest) {
    let mut layout = Written::new();
    let image = layout.image("1.4");
    let sbom = layout.referrer("sbom", &image);
    layout.referrer("signature", &image);
    layout.referrer("signature-of-sbom", &sbom);
    let document = json!({ "schemaVersion": 2, "mediaType": crate::writable::MANIFEST_TYPE,
        "config": layout.blob("application/x", "{}"), "layers": [layout.blob("application/x", "payload")] });
    layout.add(&document, Some(&image.cosign_tag("sig")));
    (layout, image)
}

#[tokio::test]
async fn everything_goes_along_and_the_tag_comes_last() {
    for referrers in [Referrers::Api, Referrers::Silent] {
        let (layout, image) = signed();
        let registry = Writable::start(referrers).await;
        let copied = copy(&layout.source("1.4"), &registry, "1.4").await.unwrap();
        assert_eq!((copied.manifests_pushed, copied.referrers), (5, 3));
        assert_eq!(copied.cosign_tags, [image.cosign_tag("sig")]);
        assert_eq!(copied.referrers_tags, Vec::<String>::new(), "{referrers:?}");
        assert_eq!(registry.tag("1.4").unwrap(), image.as_str());
        assert!(registry.tag(&image.cosign_tag("sig")).is_some());
        let last = registry.pushes().pop().unwrap();
        assert_eq!(last, "PUT /v2/team/app/manifests/1.4");
        let before = registry.content.lock().unwrap().blobs.len();
        let again = copy(&layout.source("1.4"), &registry, "1.4").await.unwrap();
        assert_eq!((again.blobs_pushed, again.bytes_pushed), (0, 0));
        assert_eq!(registry.content.lock().unwrap().blobs.len(), before);
    }
}

#[tokio::test]
async fn without_the_api_the_referrers_tag_lists_what_it_listed_and_what_came() {
    let (layout, image) = signed();
    let registry = Writable::start(Referrers::None).await;
    let other = Digest::sha256(b"other");
    let standing = json!({ "schemaVersion": 2, "mediaType": crate::writable::INDEX_TYPE,
        "manifests": [{ "mediaType": "x", "digest": other, "size": 1, "urls": ["https://u"] }] });
    {
        let mut content = registry.content.lock().unwrap();
        let Content { manifests, tags, .. } = &mut *content;
        let digest = Digest::sha256(standing.to_string().as_bytes()).to_string();
        let kind = crate::writable::INDEX_TYPE.to_owned();
        manifests.insert(digest.clone(), (kind, standing.to_string()));
        tags.insert(image.tag_schema(), digest);
    }
    let copied = copy(&layout.source("1.4"), &registry, "1.4").await.unwrap();
    assert_eq!(copied.referrers_tags.len(), 2, "of the image and of the SBOM");
    let index = registry.manifest(&registry.tag(&image.tag_schema()).unwrap());
    let entries = index["manifests"].as_array().unwrap();
    assert_eq!(entries.len(), 3, "{index:#}");
    assert_eq!(entries[0]["urls"][0], "https://u");
    assert!(entries.iter().any(|e| e["artifactType"] == "application/vnd.test.sbom"), "{index:#}");
    assert!(entries.iter().any(|e| e["annotations"]["name"] == "sbom"), "{index:#}");
    let pushes = registry.pushes().len();
    let again = copy(&layout.source("1.4"), &registry, "1.4").await.unwrap();
    assert_eq!(again.referrers_tags, Vec::<String>::new(), "they are listed already");
    assert!(registry.pushes().len() < pushes * 2);
}

#[tokio::test]
async fn what_the_registry_does_not_list_afterwards_is_an_error() {
    let (layout, image) = signed();
    let registry = Writable::start(Referrers::Forgetful).await;
    let error = copy(&layout.source("1.4"), &registry, "1.4").await.unwrap_err();
    let CopyError::NotListed { digest, missing, .. } = &error else { panic!("{error}") };
    assert_eq!((digest, missing.len()), (&image, 2));
    assert_eq!(registry.tag("1.4"), None, "the tag does not point at what cannot be verified");
}

#[tokio::test]
async fn a_tag_is_not_taken_from_something_else_unless_that_is_asked_for() {
    let (layout, image) = signed();
    for tag in ["1.4".to_owned(), image.cosign_tag("sig")] {
        let registry = Writable::start(Referrers::Api).await;
        let other = r#"{"schemaVersion":2,"layers":[]}"#;
        let digest = Digest::sha256(other.as_bytes());
        {
            let mut content = registry.content.lock().unwrap();
            let kind = crate::writable::MANIFEST_TYPE.to_owned();
            content.manifests.insert(digest.to_string(), (kind, other.to_owned()));
            content.tags.insert(tag.clone(), digest.to_string());
        }
        let error = copy(&layout.source("1.4"), &registry, "1.4").await.unwrap_err();
        let CopyError::TagTaken { tag: taken, found, .. } = &error else { panic!("{error}") };
        assert_eq!((taken, found), (&tag, &digest));
        assert_eq!(error.code(), "tag_taken");
        assert_eq!(registry.pushes(), Vec::<String>::new(), "nothing was pushed");
        let forcing = copier(&config(&[&registry.server])).forcing(true);
        let place = destination(&registry, "1.4");
        forcing.copy(&layout.source("1.4"), &place, &CopyProgress::default()).await.unwrap();
        assert_eq!(registry.tag("1.4").unwrap(), image.as_str());
    }
}

#[tokio::test]
async fn refusals_say_what_was_refused_and_what_can_be_done() {
    type Case = (&'static str, &'static str, u16, &'static str, &'static str, &'static str);
    let cases: [Case; 6] = [
        ("POST", "/blobs/uploads/", 403, "DENIED", "denied", "docker login"),
        ("POST", "/blobs/uploads/", 404, "NAME_UNKNOWN", "rejected", "made first"),
        ("POST", "/blobs/uploads/", 405, "UNSUPPORTED", "rejected", "takes no pushes"),
        ("PUT", "/blobs/uploads/", 413, "SIZE_INVALID", "rejected", "limits how large"),
        ("PUT", "/manifests/", 400, "MANIFEST_INVALID", "rejected", ""),
        ("PUT", "/manifests/", 401, "UNAUTHORIZED", "denied", "docker login"),
    ];
    for (method, part, status, code, expected, hint) in cases {
        let (layout, _) = signed();
        let registry = Writable::with(Referrers::Api, move |request: &Request| {
            (request.method == method && request.path.contains(part)).then(|| error(status, code))
        })
        .await;
        let error = copy(&layout.source("1.4"), &registry, "1.4").await.unwrap_err();
        assert!(matches!(error, CopyError::Destination(_)), "{error:?}");
        assert_eq!(error.code(), expected, "{error}");
        let text = error.to_string();
        assert!(text.contains("/team/app") && text.contains(&status.to_string()), "{text}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{:?}", error.hint());
        assert_eq!(registry.tag("1.4"), None);
    }
}

#[tokio::test]
async fn what_passes_is_tried_again_from_the_beginning_of_the_blob() {
    let (layout, image) = signed();
    let registry = Writable::with(Referrers::Api, |request: &Request| {
        let first = request.before == 0;
        let put = request.method == "PUT" && first;
        let upload = put && request.path.contains("/blobs/uploads/");
        match () {
            () if upload && request.body.starts_with("layer") => Some(error(503, "UNAVAILABLE")),
            () if upload && request.body == "payload" => Some(error(404, "BLOB_UPLOAD_UNKNOWN")),
            () if put && request.path.ends_with("/manifests/1.4") => {
                Some(reply(429, &["Retry-After: 0"], b""))
            }
            () => None,
        }
    })
    .await;
    copy(&layout.source("1.4"), &registry, "1.4").await.unwrap();
    assert_eq!(registry.tag("1.4").unwrap(), image.as_str());
    let failing = Writable::with(Referrers::Api, |request: &Request| {
        let upload = request.method == "PUT" && request.path.contains("/blobs/uploads/");
        upload.then(|| error(503, "UNAVAILABLE"))
    })
    .await;
    let error = copy(&layout.source("1.4"), &failing, "1.4").await.unwrap_err();
    assert_eq!(error.code(), "server_failed", "{error}");
}

#[tokio::test]
async fn a_blob_that_is_wrong_at_the_source_is_never_whole_at_the_destination() {
    let (layout, _) = signed();
    let layer = Digest::sha256(b"layer of 1.4");
    std::fs::write(layout.blob_path(&layer), "layer of 1.5").unwrap();
    let registry = Writable::start(Referrers::Api).await;
    let error = copy(&layout.source("1.4"), &registry, "1.4").await.unwrap_err();
    let CopyError::Source(cause) = &error else { panic!("{error:?}") };
    assert!(matches!(**cause, StoreError::DigestMismatch { .. }), "{cause}");
    assert!(error.to_string().contains(layer.as_str()), "{error}");
    assert!(!registry.content.lock().unwrap().blobs.contains_key(layer.as_str()));
    std::fs::remove_file(layout.blob_path(&layer)).unwrap();
    let error = copy(&layout.source("1.4"), &registry, "1.4").await.unwrap_err();
    assert!(matches!(&error, CopyError::Source(e) if matches!(**e, StoreError::NotFound { .. })));
}

#[tokio::test]
async fn an_upload_goes_on_only_where_a_redirect_could_lead() {
    for location in ["http://other.example/x", "ftp://127.0.0.1/x", "http://u:p@127.0.0.1/x"] {
        let (layout, _) = signed();
        let registry = Writable::with(Referrers::Api, move |request: &Request| {
            let header = format!("Location: {location}");
            (request.method == "POST").then(|| reply(202, &[&header], b""))
        })
        .await;
        let error = copy(&layout.source("1.4"), &registry, "1.4").await.unwrap_err();
        assert_eq!(error.code(), "malformed", "{error}");
    }
}

#[tokio::test]
async fn another_digest_than_the_manifests_own_is_not_taken() {
    let (layout, _) = signed();
    let registry = Writable::with(Referrers::Api, |request: &Request| {
        let wrong = format!("Docker-Content-Digest: {}", Digest::sha256(b"other"));
        let put = request.method == "PUT" && request.path.contains("/manifests/");
        put.then(|| reply(201, &[&wrong], b""))
    })
    .await;
    let error = copy(&layout.source("1.4"), &registry, "1.4").await.unwrap_err();
    assert_eq!(error.code(), "digest_mismatch", "{error}");
}

#[tokio::test]
async fn a_token_for_pushing_is_asked_for_and_blobs_of_the_registry_are_mounted() {
    let own = Arc::new(OnceLock::<String>::new());
    let host = Arc::clone(&own);
    let (layout, image) = signed();
    let registry = Writable::with(Referrers::Api, move |request: &Request| {
        let path = request.path.as_str();
        if path.starts_with("/token") {
            let pushes = path.contains("repository%3Ateam%2Fapp%3Apull%2Cpush");
            let mounts = path.contains("repository%3Afrom%2Fteam%2Fapp%3Apull");
            let token = if pushes && mounts { "push" } else { "pull" };
            return Some(reply(200, &[], format!(r#"{{"token":"{token}"}}"#).as_bytes()));
        }
        let needed = if path.starts_with("/v2/from/") { "Bearer pull" } else { "Bearer push" };
        if request.header("authorization") != needed {
            let challenge = format!(
                "WWW-Authenticate: Bearer realm=\"http://{}/token\",service=\"s\"",
                host.get().unwrap()
            );
            return Some(reply(401, &[&challenge], b""));
        }
        let mounted = path.starts_with("/v2/team/app/blobs/uploads/?mount=")
            && path.ends_with("from=from%2Fteam%2Fapp");
        (request.method == "POST" && mounted).then(|| reply(201, &[], b""))
    })
    .await;
    own.set(registry.server.host.clone()).unwrap();
    {
        // What the layout holds, where it is copied from.
        let mut content = registry.content.lock().unwrap();
        for entry in std::fs::read_dir(layout.path().join("blobs/sha256")).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let digest = Digest::sha256(text.as_bytes()).to_string();
            if text.contains("schemaVersion") {
                let kind = crate::writable::MANIFEST_TYPE.to_owned();
                content.manifests.insert(digest, (kind, text));
            }
        }
        content.tags.insert("1.4".into(), image.to_string());
    }
    let source = format!("{}/from/team/app:1.4", registry.server.host).parse().unwrap();
    let copied = copy(&source, &registry, "2").await.unwrap();
    assert_eq!((copied.blobs_pushed, copied.blobs_mounted), (0, 5), "{copied:?}");
    assert_eq!(registry.tag("2").unwrap(), image.as_str());
}
