//! Manifests and blobs whose bytes, lengths or words do not fit.

use crate::helpers::{BODY, by_digest, config, place, store, store_with, tag};
use crate::server::{HTML, JSON, MANIFEST, Script, Server, Step, TEXT, error, head, reply};
use referee_core::{Algorithm, Digest, Limits};
use referee_store::{Store, StoreError};

async fn by_tag(script: impl Fn() -> Script + Send + Sync + 'static) -> StoreError {
    let server = Server::start(move |_| script()).await;
    let store = store(&server);
    let answer = store.manifest(&place(&server), tag("1").as_ref()).await;
    std::sync::Arc::into_inner(answer.unwrap_err()).unwrap()
}

#[tokio::test]
async fn a_manifest_comes_with_its_digest_and_media_type() {
    let server = Server::start(|_| {
        reply(
            200,
            &["Content-Type: application/vnd.oci.image.manifest.v1+json; charset=utf-8"],
            BODY,
        )
    })
    .await;
    let (store, place) = (store(&server), place(&server));
    let fetched = store.manifest(&place, tag("1.4").as_ref()).await.unwrap();
    assert_eq!(fetched.bytes, BODY);
    assert_eq!(fetched.digest, Digest::sha256(BODY));
    assert_eq!(fetched.media_type, "application/vnd.oci.image.manifest.v1+json");
    let long = Digest::of(Algorithm::Sha512, BODY);
    assert_eq!(store.manifest(&place, by_digest(&long).as_ref()).await.unwrap().digest, long);
    let request = server.log().remove(0);
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("GET", "/v2/team/app/manifests/1.4")
    );
    assert!(request.header("accept").contains("application/vnd.oci.image.index.v1+json"));
    assert!(request.header("user-agent").starts_with("referee/"), "{request:?}");
    assert_eq!(request.header("authorization"), "");
}

#[tokio::test]
async fn other_bytes_than_the_digest_names_are_refused() {
    let server = Server::start(|_| reply(200, &[MANIFEST], BODY)).await;
    let other = Digest::sha256(b"other");
    let error = store(&server).manifest(&place(&server), by_digest(&other).as_ref()).await;
    let error = error.unwrap_err();
    assert!(
        matches!(&*error, StoreError::DigestMismatch { found, .. } if *found == Digest::sha256(BODY)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_tag_whose_digest_header_differs_is_refused() {
    let header = format!("Docker-Content-Digest: {}", Digest::sha256(b"other"));
    let error = by_tag(move || reply(200, &[MANIFEST, &header], BODY)).await;
    assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error:?}");
}

#[tokio::test]
async fn a_digest_header_that_says_nothing_is_passed_over() {
    let server =
        Server::start(|_| reply(200, &[MANIFEST, "Docker-Content-Digest: nonsense"], BODY)).await;
    store(&server).manifest(&place(&server), tag("1").as_ref()).await.unwrap();
}

#[tokio::test]
async fn a_manifest_over_the_limit_is_refused_announced_or_not() {
    let mut limits = Limits::default();
    limits.max_manifest_bytes = 50;
    let scripts: [fn() -> Script; 3] = [
        || reply(200, &[MANIFEST], BODY),
        // Announced and never sent: nothing is waited for.
        || vec![head(200, &[MANIFEST, "Content-Length: 99999999999"]), Step::Hang],
        || vec![head(200, &[MANIFEST]), Step::Send(BODY.to_vec()), Step::Hang],
    ];
    for script in scripts {
        let server = Server::start(move |_| script()).await;
        let store = store_with(&config(&[&server]), &limits);
        let error = store.manifest(&place(&server), tag("1").as_ref()).await.unwrap_err();
        assert!(
            matches!(*error, StoreError::TooLarge { limit: 50, unit: "bytes", .. }),
            "{error:?}"
        );
        assert_eq!(server.log().len(), 1);
    }
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_a_size_mismatch() {
    let error = by_tag(|| {
        vec![head(200, &[MANIFEST, "Content-Length: 90"]), Step::Send(b"{\"a\"".to_vec())]
    })
    .await;
    assert!(matches!(error, StoreError::SizeMismatch { expected: 90, found: 4, .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_not_json_is_malformed() {
    let pages: [fn() -> Script; 4] = [
        || reply(200, &[HTML], b"<html>please log in</html>"),
        || reply(200, &[MANIFEST], b"<html>please log in</html>"),
        || reply(200, &[MANIFEST], b"[]"),
        || reply(200, &[MANIFEST], b""),
    ];
    for page in pages {
        let error = by_tag(page).await;
        assert!(matches!(error, StoreError::Malformed { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn only_a_404_in_the_registrys_own_words_is_absence() {
    let own: [fn() -> Script; 3] = [
        || error(404, "MANIFEST_UNKNOWN"),
        || error(404, "NAME_UNKNOWN"),
        || error(404, "NOT_FOUND"),
    ];
    for script in own {
        let error = by_tag(script).await;
        assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
    }
    let foreign: [fn() -> Script; 7] = [
        || reply(404, &[TEXT], b"404 page not found\n"),
        || reply(404, &[], b""),
        || reply(404, &[HTML], b"<html>not found</html>"),
        || reply(404, &[TEXT], b"<!DOCTYPE html>"),
        || reply(404, &[JSON], b"{\"detail\":\"Not Found\"}"),
        || error(404, "DENIED"),
        || reply(404, &["Content-Type: image/png"], b"x"),
    ];
    for script in foreign {
        let error = by_tag(script).await;
        assert!(matches!(error, StoreError::Malformed { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_404_whose_body_breaks_off_is_not_absence() {
    let error = by_tag(|| vec![head(404, &[TEXT, "Content-Length: 90"])]).await;
    assert!(matches!(error, StoreError::SizeMismatch { .. }), "{error:?}");
}

#[tokio::test]
async fn refused_access_is_denied_with_what_the_registry_says() {
    let refused = by_tag(|| error(403, "DENIED")).await;
    let StoreError::Denied { status, detail, .. } = &refused else { panic!("{refused:?}") };
    assert_eq!((*status, detail.as_deref()), (Some(403), Some("DENIED: as the test wants it")));
    let silent = by_tag(|| reply(401, &[], b"")).await;
    assert!(matches!(silent, StoreError::Denied { status: Some(401), .. }), "{silent:?}");
}

#[tokio::test]
async fn a_blob_must_have_its_digest_and_its_size() {
    let server = Server::start(|request| match request.path.rsplit('/').next() {
        Some(last) if last == Digest::sha256(b"gone").as_str() => error(404, "BLOB_UNKNOWN"),
        Some(last) if last == Digest::sha256(b"open").as_str() => {
            vec![head(200, &[]), Step::Send(b"hello".to_vec())]
        }
        _ => reply(200, &[], b"hello"),
    })
    .await;
    let (store, place) = (store(&server), place(&server));
    let hello = Digest::sha256(b"hello");
    assert_eq!(store.blob(&place, &hello, 5, 5).await.unwrap(), "hello");
    let asked = server.log().len();
    let large = store.blob(&place, &hello, 5, 4).await.unwrap_err();
    assert!(matches!(*large, StoreError::TooLarge { limit: 4, unit: "bytes", .. }));
    assert_eq!(server.log().len(), asked, "nothing is read that is known to be too large");
    for size in [4, 6] {
        let other = store.blob(&place, &hello, size, 10).await.unwrap_err();
        assert!(
            matches!(&*other, StoreError::SizeMismatch { expected, found: 5, .. } if *expected == size),
            "{other:?}"
        );
    }
    let open = Digest::sha256(b"open");
    for size in [4, 6] {
        let other = store.blob(&place, &open, size, 10).await.unwrap_err();
        assert!(matches!(*other, StoreError::SizeMismatch { .. }), "{other:?}");
    }
    let other = store.blob(&place, &Digest::sha256(b"jello"), 5, 5).await.unwrap_err();
    assert!(matches!(&*other, StoreError::DigestMismatch { found, .. } if *found == hello));
    let gone = store.blob(&place, &Digest::sha256(b"gone"), 5, 5).await.unwrap_err();
    assert!(matches!(*gone, StoreError::NotFound { .. }), "{gone:?}");
}

#[tokio::test]
async fn a_place_that_is_no_registry_is_not_served() {
    let server = Server::start(|_| vec![]).await;
    let layout = referee_store::Place::Layout("x".into());
    let error = store(&server).manifest(&layout, None).await.unwrap_err();
    assert!(matches!(*error, StoreError::Unserved { .. }));
    let error = store(&server).manifest(&place(&server), None).await.unwrap_err();
    assert!(matches!(*error, StoreError::Malformed { .. }));
}
