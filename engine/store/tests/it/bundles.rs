//! Bundles of registries, and bundles on disk while the process is killed.

use crate::server::{MANIFEST, Request, Script, Server, error, reply};
use crate::service::config;
use referee_core::{Coded as _, Digest, Limits};
use referee_store::bundle::{BundleBytes, BundleSource as _, BundleStore, RegistryBundles};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const ARCHIVE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MODULE: &str = "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego";
const DATA: &str = "application/vnd.cncf.openpolicyagent.data.layer.v1+json";
const LIMIT: u64 = 1_000;

fn layer(kind: &str, title: Option<&str>, bytes: &[u8]) -> Value {
    let mut layer = json!({
        "mediaType": kind, "digest": Digest::sha256(bytes).to_string(), "size": bytes.len(),
    });
    if let Some(title) = title {
        layer["annotations"] = json!({"org.opencontainers.image.title": title});
    }
    layer
}

/// A registry with one manifest under the tag `1`, and blobs.
async fn registry(layers: Vec<Value>, blobs: Vec<&'static [u8]>) -> Server {
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": layer("application/vnd.oci.image.config.v1+json", None, b"{}"), "layers": layers,
    });
    Server::start(move |request| answer(request, &manifest, &blobs)).await
}

fn answer(request: &Request, manifest: &Value, blobs: &[&'static [u8]]) -> Script {
    if request.path == "/v2/o/policy/manifests/1" {
        return reply(200, &[MANIFEST], manifest.to_string().as_bytes());
    }
    let named = |bytes: &&&[u8]| request.path.ends_with(Digest::sha256(bytes).as_str());
    match blobs.iter().find(named) {
        Some(bytes) => reply(200, &[], bytes),
        None => error(404, "BLOB_UNKNOWN"),
    }
}

fn bundles(server: &Server, more: &Value) -> RegistryBundles {
    let config = config(&format!("http://{}", server.host), more);
    RegistryBundles::new(&config, "registry.example/o/policy:1", &Limits::default()).unwrap()
}

#[tokio::test]
async fn opas_layout_is_its_first_archive_and_the_tag_its_digest() {
    let layers = vec![
        layer("text/plain", None, b"other"),
        layer(ARCHIVE, None, b"first"),
        layer(ARCHIVE, None, b"second"),
    ];
    let server = registry(layers, vec![b"first", b"second"]).await;
    let bundles = bundles(&server, &json!({}));
    let fetched = bundles.fetch("", LIMIT).await.unwrap();
    let Some(BundleBytes::Archive(bytes)) = fetched.bytes else { panic!("{fetched:?}") };
    assert_eq!(
        (bytes.as_ref(), fetched.etag.as_str()),
        (&b"first"[..], Digest::sha256(b"first").hex())
    );
    let again = bundles.fetch(&fetched.etag, LIMIT).await.unwrap();
    assert!(again.bytes.is_none() && again.etag == fetched.etag);
    assert_eq!(server.count("/v2/o/policy/blobs/"), 1);
    let error = bundles.fetch("", 3).await.unwrap_err();
    assert_eq!(error.code(), "too_large");
}

#[tokio::test]
async fn conftests_layout_is_its_files_by_their_titles() {
    let layers = vec![
        layer(MODULE, Some("policy/b.rego"), b"package b"),
        layer(MODULE, Some("a.rego"), b"package a"),
        layer(DATA, Some("x/data.json"), b"{}"),
    ];
    let server = registry(layers, vec![b"package a", b"package b", b"{}"]).await;
    let bundles = bundles(&server, &json!({}));
    let fetched = bundles.fetch("", LIMIT).await.unwrap();
    let Some(BundleBytes::Files(files)) = &fetched.bytes else { panic!("{fetched:?}") };
    let paths: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["a.rego", "policy/b.rego", "x/data.json"]);
    assert!(bundles.fetch(&fetched.etag, LIMIT).await.unwrap().bytes.is_none());
    assert_eq!(bundles.fetch("", 10).await.unwrap_err().code(), "too_large");
}

#[tokio::test]
async fn what_is_no_bundle_is_told_with_what_it_is() {
    let cases = [
        (vec![layer("text/plain", None, b"x")], "no layer is a bundle"),
        (vec![], "no layer is a bundle"),
        (vec![layer(MODULE, None, b"x")], "has no org.opencontainers.image.title"),
        (
            vec![layer(DATA, Some("exceptions.json"), b"x")],
            "what is left out would change decisions",
        ),
    ];
    for (layers, problem) in cases {
        let server = registry(layers, vec![b"x"]).await;
        let error = bundles(&server, &json!({})).fetch("", LIMIT).await.unwrap_err();
        assert_eq!(error.code(), "no_bundle");
        assert!(error.to_string().contains(problem), "{error}");
    }
    let server = registry(vec![layer(ARCHIVE, None, b"whole")], vec![]).await;
    let error = bundles(&server, &json!({})).fetch("", LIMIT).await.unwrap_err();
    assert_eq!(error.code(), "not_found");
}

#[tokio::test]
async fn a_registry_gets_the_credentials_of_the_service() {
    let ask = |scheme: &'static str, token: &'static str, expected: &'static str| async move {
        let server = Server::start(move |request| {
            if request.header("authorization") == expected {
                return answer(
                    request,
                    &json!({
                        "schemaVersion": 2,
                        "mediaType": "application/vnd.oci.image.manifest.v1+json",
                        "layers": [layer(ARCHIVE, None, b"x")],
                    }),
                    &[b"x"],
                );
            }
            reply(401, &["WWW-Authenticate: Basic realm=\"r\""], b"")
        })
        .await;
        let more = json!({"credentials": {"bearer": {"token": token, "scheme": scheme}}});
        bundles(&server, &more).fetch("", LIMIT).await.map(|fetched| fetched.bytes.unwrap().len())
    };
    assert_eq!(ask("Basic", "u:p", "Basic dTpw").await.unwrap(), 1);
    assert_eq!(ask("", "secret", "Bearer c2VjcmV0").await.unwrap(), 1);
    assert_eq!(ask("Bearer", "wrong", "Bearer c2VjcmV0").await.unwrap_err().code(), "denied");
    assert_eq!(ask("Basic", "hunter2", "").await.unwrap_err().code(), "configuration");
}

#[test]
fn settings_that_a_registry_has_not_are_refused() {
    for (url, more, resource, setting) in [
        (
            "https://h",
            json!({"allow_insecure_tls": true}),
            "h/r:1",
            "services.s.allow_insecure_tls",
        ),
        ("https://h", json!({"headers": {"a": "b"}}), "h/r:1", "services.s.headers"),
        ("https://h", json!({"credentials": {"oauth2": {}}}), "h/r:1", "services.s.credentials"),
        ("https://u:p@h", json!({}), "h/r:1", "services.s.url"),
        ("https://h", json!({}), "UPPER", "the resource \"UPPER\""),
        ("https://h", json!({}), "h/UPPER:1", "the resource \"h/UPPER:1\""),
        ("https://h", json!({}), "authz:v1", "the resource \"authz:v1\""),
        ("https://h", json!({}), "h/r", "the resource \"h/r\""),
        ("https://h:1", json!({}), "h:1/r", "the resource \"h:1/r\""),
    ] {
        let config = config(url, &more);
        let error = RegistryBundles::new(&config, resource, &Limits::default()).unwrap_err();
        assert_eq!(error.target(), setting);
    }
}

#[test]
fn the_first_part_of_a_resource_is_a_host_whatever_it_looks_like() {
    let digest = format!("sha256:{}", "a".repeat(64));
    for (resource, place) in [
        ("registry/authz:v1", "h:5000/authz, v1".to_owned()),
        ("org/a:latest", "h:5000/a, latest".to_owned()),
        ("ghcr.io/org/a:1", "h:5000/org/a, 1".to_owned()),
        (&format!("registry:5000/org/a@{digest}"), format!("h:5000/org/a, {digest}")),
    ] {
        let config = config("http://h:5000", &json!({}));
        let bundles = RegistryBundles::new(&config, resource, &Limits::default()).unwrap();
        assert_eq!(bundles.place(), place, "{resource}");
    }
}

/// A file of this name in the working folder has the child below write.
const GO: &str = "write-for-ever";

#[tokio::test]
#[ignore = "it is run, and killed, by the test below"]
async fn writes_until_it_is_killed() {
    if !Path::new(GO).exists() {
        return;
    }
    let store = BundleStore::new(Path::new("."));
    loop {
        for (byte, length) in [(b'a', 60_000), (b'b', 90_000)] {
            let bytes = vec![byte; length].into();
            store.save("x", bytes, &char::from(byte).to_string()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_keeps_a_bundle_leaves_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(GO), "").unwrap();
    let store = BundleStore::new(folder.path());
    let mut found = 0;
    for round in 0..25 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "bundles::writes_until_it_is_killed"])
            .current_dir(folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(40 + round * 7)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let Some(kept) = store.load("x", 100_000).await.unwrap() else { continue };
        found += 1;
        let first = kept.bytes[0];
        let length = if first == b'a' { 60_000 } else { 90_000 };
        assert_eq!(kept.bytes.len(), length);
        assert!(kept.bytes.iter().all(|byte| *byte == first));
        let etag = char::from(first).to_string();
        assert!(kept.etag.is_empty() || kept.etag == etag, "{:?} for {etag}", kept.etag);
    }
    assert!(found > 5, "the child wrote in {found} rounds");
}
