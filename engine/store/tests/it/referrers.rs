//! Listings: whole, or saying why not.

use crate::helpers::{BODY, config, digest, place, store, store_with};
use crate::server::{
    HTML, INDEX, JSON, MANIFEST, Request, Script, Server, Step, TEXT, error, head, reply,
};
use referee_core::{FoundBy, Limits};
use referee_store::{Listing, Store, StoreError};
use std::ops::Range;
use std::sync::Arc;

/// What a server does, and the error that must come of it.
type Case = (fn() -> Script, fn(&StoreError) -> bool);

fn entry(number: usize) -> String {
    format!(
        r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{}","size":{number},"artifactType":"a/{number}"}}"#,
        digest(number)
    )
}

fn index(entries: &[String]) -> Vec<u8> {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{}]}}"#,
        entries.join(",")
    )
    .into_bytes()
}

fn page(numbers: Range<usize>) -> Vec<u8> {
    index(&numbers.map(entry).collect::<Vec<_>>())
}

fn linked(body: &[u8], link: &str) -> Script {
    reply(200, &[INDEX, &format!("Link: {link}")], body)
}

async fn list(server: &Server) -> Result<Listing, Arc<StoreError>> {
    store(server).referrers(&place(server), &digest(0)).await
}

fn is_referrers(request: &Request) -> bool {
    request.path.starts_with("/v2/team/app/referrers/")
}

/// Answers the first page with a link and hands the second to `second`.
async fn two_pages(second: impl Fn(&Request) -> Script + Send + Sync + 'static) -> Listing {
    let server = Server::start(move |request: &Request| {
        if request.path.contains("page=2") {
            return second(request);
        }
        linked(&page(1..3), &format!("<{}?page=2>; rel=\"next\"", request.path))
    })
    .await;
    list(&server).await.unwrap()
}

#[tokio::test]
async fn an_empty_listing_is_complete() {
    let server = Server::start(|_| reply(200, &[INDEX], &index(&[]))).await;
    let listing = list(&server).await.unwrap();
    assert!(listing.descriptors.is_empty() && listing.incomplete.is_none());
    assert_eq!(listing.found_by, FoundBy::ReferrersApi);
    let request = server.log().remove(0);
    assert!(!request.path.contains('?'), "no filter is sent: {}", request.path);
    let null = br#"{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":null}"#;
    let server = Server::start(move |_| reply(200, &[JSON], null)).await;
    assert!(list(&server).await.unwrap().incomplete.is_none());
}

#[tokio::test]
async fn ten_thousand_referrers_are_read_page_by_page() {
    let server = Server::start(|request: &Request| {
        let (path, last) = request.path.split_once("?last=").unwrap_or((&request.path, "0"));
        let last: usize = last.parse().unwrap();
        let body = page(last..last + 200);
        if last + 200 == 10_000 {
            return reply(200, &[INDEX], &body);
        }
        linked(&body, &format!("<{path}?last={}>; rel=\"next\"", last + 200))
    })
    .await;
    let mut limits = Limits::default();
    limits.max_referrers = 10_000;
    let mut config = config(&[&server]);
    config.total_timeout_ms = 60_000;
    let listing =
        store_with(&config, &limits).referrers(&place(&server), &digest(0)).await.unwrap();
    assert!(listing.incomplete.is_none(), "{:?}", listing.incomplete);
    assert_eq!(listing.descriptors.len(), 10_000);
    assert_eq!(listing.descriptors[9_999].digest, digest(9_999));
    limits.max_referrers = 1_000;
    let cut = store_with(&config, &limits).referrers(&place(&server), &digest(0)).await.unwrap();
    assert_eq!(cut.descriptors.len(), 1_000);
    let why = cut.incomplete.unwrap();
    assert!(
        matches!(*why, StoreError::TooLarge { limit: 1_000, unit: "referrers", .. }),
        "{why:?}"
    );
}

#[tokio::test]
async fn more_pages_than_the_limit_are_told() {
    let server = Server::start(|request: &Request| {
        let number = request.path.split_once("?n=").map_or(0, |(_, n)| n.parse().unwrap());
        linked(&page(number..number + 1), &format!("<?n={}>; rel=next", number + 1))
    })
    .await;
    let mut limits = Limits::default();
    limits.max_listing_pages = 3;
    let store = store_with(&config(&[&server]), &limits);
    let listing = store.referrers(&place(&server), &digest(0)).await.unwrap();
    assert_eq!(listing.descriptors.len(), 3);
    let why = listing.incomplete.unwrap();
    assert!(matches!(*why, StoreError::TooLarge { limit: 3, unit: "pages", .. }), "{why:?}");
}

#[tokio::test]
async fn pages_that_are_too_much_together_are_told() {
    let server = Server::start(|request: &Request| {
        let number = request.path.split_once("?n=").map_or(0, |(_, n)| n.parse().unwrap());
        linked(&page(number..number + 1), &format!("<?n={}>; rel=next", number + 1))
    })
    .await;
    let mut limits = Limits::default();
    let one = u64::try_from(page(0..1).len()).unwrap();
    limits.max_listing_bytes = 2 * one;
    let store = store_with(&config(&[&server]), &limits);
    let listing = store.referrers(&place(&server), &digest(0)).await.unwrap();
    assert_eq!(listing.descriptors.len(), 2);
    let why = listing.incomplete.unwrap();
    assert!(matches!(*why, StoreError::TooLarge { unit: "bytes", .. }), "{why:?}");
}

#[tokio::test]
async fn pages_that_go_in_a_circle_are_told() {
    let server = Server::start(|request: &Request| {
        let next = if request.path.contains("b") { "?a" } else { "?b" };
        linked(&page(1..2), &format!("<{next}>; rel=next"))
    })
    .await;
    let listing = list(&server).await.unwrap();
    let why = listing.incomplete.unwrap();
    assert!(matches!(*why, StoreError::Malformed { .. }), "{why:?}");
    assert!(server.log().len() <= 4);
}

#[tokio::test]
async fn a_next_page_anywhere_else_is_not_fetched() {
    let elsewhere = Server::start(|_| reply(200, &[INDEX], &page(5..6))).await;
    let links = [
        format!("<http://{}/v2/team/app/referrers/x>; rel=next", elsewhere.host),
        "<https://registry.example/v2/team/app/referrers/x>; rel=next".into(),
        "</v2/other/app/referrers/x>; rel=next".into(),
        "</v2/team/app/referrers/../blobs/x>; rel=next".into(),
        "</v2/team/app/referrersx/x>; rel=next".into(),
        "<//registry.example/v2/team/app/referrers/x>; rel=next".into(),
        "<http://[>; rel=next".into(),
        "not a link".into(),
    ];
    for link in links {
        let header = link.clone();
        let server = Server::start(move |_| linked(&page(1..3), &header)).await;
        let mut config = config(&[&server, &elsewhere]);
        config.attempts = 1;
        let store = store_with(&config, &Limits::default());
        let listing = store.referrers(&place(&server), &digest(0)).await.unwrap();
        assert_eq!(listing.descriptors.len(), 2, "{link}");
        let why = listing.incomplete.unwrap();
        assert!(matches!(*why, StoreError::Malformed { .. }), "{link}: {why:?}");
        assert_eq!(server.log().len(), 1, "{link}");
    }
    assert_eq!(elsewhere.log().len(), 0);
}

#[tokio::test]
async fn a_second_page_that_fails_leaves_the_listing_incomplete() {
    let cases: [Case; 8] = [
        (|| reply(429, &[], b""), |e| matches!(e, StoreError::Throttled { .. })),
        (|| error(500, "UNKNOWN"), |e| matches!(e, StoreError::Server { status: 500, .. })),
        (|| error(403, "DENIED"), |e| matches!(e, StoreError::Denied { status: Some(403), .. })),
        (|| error(404, "NAME_UNKNOWN"), |e| matches!(e, StoreError::Malformed { .. })),
        (|| reply(200, &[HTML], b"<html>"), |e| matches!(e, StoreError::Malformed { .. })),
        (|| reply(200, &[INDEX], b"{}"), |e| matches!(e, StoreError::Malformed { .. })),
        (|| vec![Step::Hang], |e| matches!(e, StoreError::Timeout { .. })),
        (
            || vec![head(200, &[INDEX, "Content-Length: 9"]), Step::Send(b"{".to_vec())],
            |e| matches!(e, StoreError::SizeMismatch { .. }),
        ),
    ];
    for (number, (script, expected)) in cases.into_iter().enumerate() {
        let listing = two_pages(move |_| script()).await;
        assert_eq!(listing.descriptors.len(), 2, "{number}");
        let why = listing.incomplete.unwrap();
        assert!(expected(&why), "{number}: {why:?}");
    }
}

#[tokio::test]
async fn referrers_listed_twice_are_told_once() {
    let listing = two_pages(|_| reply(200, &[INDEX], &page(2..4))).await;
    let digests: Vec<_> = listing.descriptors.iter().map(|d| d.digest.clone()).collect();
    assert_eq!(digests, [digest(1), digest(2), digest(3)]);
    assert!(listing.incomplete.is_none());
}

#[tokio::test]
async fn a_wrong_entry_does_not_hide_the_good_ones_but_is_told() {
    let wrong = [
        r#"{"digest":"sha256:short","size":1}"#,
        r#"{"size":1}"#,
        r#"{"digest":5}"#,
        "7",
        "null",
        "[]",
    ];
    for wrong in wrong {
        let body = index(&[entry(1), wrong.into(), entry(2)]);
        let server = Server::start(move |_| reply(200, &[INDEX], &body)).await;
        let listing = list(&server).await.unwrap();
        assert_eq!(listing.descriptors.len(), 2, "{wrong}");
        let why = listing.incomplete.unwrap();
        assert!(matches!(*why, StoreError::Malformed { .. }), "{wrong}: {why:?}");
    }
}

#[tokio::test]
async fn a_listing_filtered_though_nobody_asked_is_not_complete() {
    let server =
        Server::start(|_| reply(200, &[INDEX, "OCI-Filters-Applied: artifactType"], &page(1..2)))
            .await;
    let why = list(&server).await.unwrap().incomplete.unwrap();
    assert!(matches!(*why, StoreError::Malformed { .. }), "{why:?}");
}

#[tokio::test]
async fn a_page_over_the_limit_is_refused() {
    let server = Server::start(|_| reply(200, &[INDEX], &page(0..100))).await;
    let mut limits = Limits::default();
    limits.max_listing_page_bytes = 1_000;
    let store = store_with(&config(&[&server]), &limits);
    let error = store.referrers(&place(&server), &digest(0)).await.unwrap_err();
    assert!(
        matches!(*error, StoreError::TooLarge { limit: 1_000, unit: "bytes", .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_first_page_that_is_no_index_is_an_error() {
    let pages: [fn() -> Script; 5] = [
        || reply(200, &[HTML], b"<html>log in</html>"),
        || reply(200, &[MANIFEST], BODY),
        || reply(200, &[JSON], b"{\"manifests\":[]}"),
        || reply(200, &[INDEX], b"{\"mediaType\":\"application/vnd.oci.image.index.v1+json\"}"),
        || reply(200, &[INDEX], b"[]"),
    ];
    for script in pages {
        let server = Server::start(move |_| script()).await;
        let error = list(&server).await.unwrap_err();
        assert!(matches!(*error, StoreError::Malformed { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn without_an_api_the_tag_lists_and_the_api_is_not_asked_again() {
    let none: [fn() -> Script; 2] =
        [|| reply(404, &[TEXT], b"404 page not found\n"), || error(404, "NOT_FOUND")];
    for no_api in none {
        let server = Server::start(move |request: &Request| {
            if is_referrers(request) { no_api() } else { reply(200, &[INDEX], &page(1..3)) }
        })
        .await;
        let store = store(&server);
        let listing = store.referrers(&place(&server), &digest(0)).await.unwrap();
        assert_eq!(listing.found_by, FoundBy::ReferrersTag);
        assert_eq!(listing.descriptors.len(), 2);
        assert!(listing.incomplete.is_none());
        store.referrers(&place(&server), &digest(0)).await.unwrap();
        assert_eq!(server.count("/v2/team/app/referrers/"), 1);
        let tag = format!("/v2/team/app/manifests/{}", digest(0).tag_schema());
        assert_eq!(server.count(&tag), 2);
    }
}

#[tokio::test]
async fn without_api_and_tag_there_are_none() {
    let server = Server::start(|request: &Request| {
        if is_referrers(request) {
            reply(404, &[TEXT], b"404 page not found\n")
        } else {
            error(404, "MANIFEST_UNKNOWN")
        }
    })
    .await;
    let listing = list(&server).await.unwrap();
    assert!(listing.descriptors.is_empty() && listing.incomplete.is_none());
    assert_eq!(listing.found_by, FoundBy::ReferrersTag);
}

#[tokio::test]
async fn a_repository_unknown_to_the_api_is_not_taken_for_a_missing_api() {
    let server = Server::start(|request: &Request| match is_referrers(request) {
        true if request.before == 0 => error(404, "NAME_UNKNOWN"),
        true => reply(200, &[INDEX], &page(1..3)),
        false => error(404, "MANIFEST_UNKNOWN"),
    })
    .await;
    let store = store(&server);
    let first = store.referrers(&place(&server), &digest(0)).await.unwrap();
    assert!(first.descriptors.is_empty());
    let second = store.referrers(&place(&server), &digest(0)).await.unwrap();
    assert_eq!(second.descriptors.len(), 2);
}

#[tokio::test]
async fn only_a_real_404_leads_to_the_tag() {
    let others: [fn() -> Script; 8] = [
        || error(400, "UNSUPPORTED"),
        || error(401, "UNAUTHORIZED"),
        || error(403, "DENIED"),
        || error(405, "UNSUPPORTED"),
        || reply(429, &[], b""),
        || error(500, "UNKNOWN"),
        || error(501, "UNSUPPORTED"),
        || reply(404, &[HTML], b"<html>not found</html>"),
    ];
    for (number, script) in others.into_iter().enumerate() {
        let server = Server::start(move |request: &Request| {
            if is_referrers(request) { script() } else { error(404, "MANIFEST_UNKNOWN") }
        })
        .await;
        list(&server).await.expect_err(&format!("{number}"));
        assert_eq!(server.count("/v2/team/app/manifests/"), 0, "{number}");
    }
}

#[tokio::test]
async fn a_tag_that_fails_is_an_error_and_one_that_is_no_index_is_incomplete() {
    let failing: [Case; 4] = [
        (|| reply(429, &[], b""), |e| matches!(e, StoreError::Throttled { .. })),
        (|| error(403, "DENIED"), |e| matches!(e, StoreError::Denied { .. })),
        (|| error(500, "UNKNOWN"), |e| matches!(e, StoreError::Server { .. })),
        (|| reply(404, &[HTML], b"<html>"), |e| matches!(e, StoreError::Malformed { .. })),
    ];
    let serve = |script: fn() -> Script| {
        Server::start(
            move |request: &Request| {
                if is_referrers(request) { reply(404, &[], b"") } else { script() }
            },
        )
    };
    for (script, expected) in failing {
        let error = list(&serve(script).await).await.unwrap_err();
        assert!(expected(&error), "{error:?}");
    }
    let listing = list(&serve(|| reply(200, &[MANIFEST], BODY)).await).await.unwrap();
    let why = listing.incomplete.unwrap();
    assert!(listing.descriptors.is_empty());
    assert!(matches!(*why, StoreError::Malformed { .. }), "{why:?}");
}
