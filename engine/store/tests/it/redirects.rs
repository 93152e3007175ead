//! Redirects: followed where blobs need them, refused where they would carry something away.

use crate::helpers::{config, place, store, store_with};
use crate::server::{Request, Server, reply};
use referee_core::{Digest, Limits};
use referee_store::{Store, StoreError};

fn hello() -> Digest {
    Digest::sha256(b"hello")
}

#[tokio::test]
async fn a_blob_is_fetched_from_where_the_registry_redirects_without_its_credentials() {
    let storage = Server::start(|_| reply(200, &[], b"hello")).await;
    let location = format!("Location: http://{}/bucket/object?signature=s3cret", storage.host);
    let registry = Server::start(move |request: &Request| {
        if request.header("authorization").is_empty() {
            reply(401, &["WWW-Authenticate: Basic realm=\"r\""], b"")
        } else {
            reply(307, &[&location], b"")
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let file = format!(r#"{{"auths":{{"{}":{{"auth":"dTpw"}}}}}}"#, registry.host);
    std::fs::write(folder.path().join("config.json"), file).unwrap();
    let mut config = config(&[&registry, &storage]);
    config.anonymous = false;
    config.docker_config = Some(folder.path().to_owned());
    let store = store_with(&config, &Limits::default());
    assert_eq!(store.blob(&place(&registry), &hello(), 5, 5).await.unwrap(), "hello");
    let at_storage = storage.log().remove(0);
    assert_eq!(at_storage.path, "/bucket/object?signature=s3cret");
    assert_eq!(at_storage.header("authorization"), "");
    assert_eq!(at_storage.header("referer"), "");
}

#[tokio::test]
async fn storage_that_asks_who_we_are_learns_nothing() {
    let storage =
        Server::start(|_| reply(401, &["WWW-Authenticate: Basic realm=\"r\""], b"")).await;
    let location = format!("Location: http://{}/x", storage.host);
    let registry = Server::start(move |_| reply(307, &[&location], b"")).await;
    let folder = tempfile::tempdir().unwrap();
    let file = format!(
        r#"{{"auths":{{"{}":{{"auth":"dTpw"}},"{}":{{"auth":"dTpw"}}}}}}"#,
        registry.host, storage.host
    );
    std::fs::write(folder.path().join("config.json"), file).unwrap();
    let mut config = config(&[&registry, &storage]);
    config.anonymous = false;
    config.docker_config = Some(folder.path().to_owned());
    let store = store_with(&config, &Limits::default());
    let error = store.blob(&place(&registry), &hello(), 5, 5).await.unwrap_err();
    assert!(matches!(*error, StoreError::Denied { status: Some(401), .. }), "{error:?}");
    assert_eq!(storage.log().len(), 1);
    assert_eq!(storage.log().remove(0).header("authorization"), "");
}

#[tokio::test]
async fn a_redirect_to_plain_http_is_refused_unless_the_host_is_listed() {
    let storage = Server::start(|_| reply(200, &[], b"hello")).await;
    let location = format!("Location: http://{}/x", storage.host);
    let registry = Server::start(move |_| reply(307, &[&location], b"")).await;
    let error = store(&registry).blob(&place(&registry), &hello(), 5, 5).await.unwrap_err();
    assert!(matches!(*error, StoreError::Malformed { .. }), "{error:?}");
    assert_eq!(storage.log().len(), 0);
}

#[tokio::test]
async fn redirects_that_lead_nowhere_good_are_refused() {
    let cases = [
        ("/again", 6),
        ("ftp://registry.example/x", 1),
        ("http://registry.example/x", 1),
        ("https://u:p@registry.example/x", 1),
        ("https://[", 1),
    ];
    for (to, requests) in cases {
        let location = format!("Location: {to}");
        let server = Server::start(move |_| reply(302, &[&location], b"")).await;
        let error = store(&server).blob(&place(&server), &hello(), 5, 5).await.unwrap_err();
        assert!(matches!(*error, StoreError::Malformed { .. }), "{to}: {error:?}");
        assert_eq!(server.log().len(), requests, "{to}");
    }
    let server = Server::start(|_| reply(302, &[], b"")).await;
    let error = store(&server).blob(&place(&server), &hello(), 5, 5).await.unwrap_err();
    assert!(matches!(*error, StoreError::Malformed { .. }), "{error:?}");
}
