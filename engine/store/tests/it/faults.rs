//! Servers that are slow, busy or broken.

use crate::helpers::{BODY, config, place, store, store_with, tag};
use crate::server::{HTML, JSON, MANIFEST, Request, Script, Server, Step, error, head, reply};
use referee_core::Limits;
use referee_store::{Place, Store, StoreError};
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn failure(server: &Server) -> Arc<StoreError> {
    store(server).manifest(&place(server), tag("1").as_ref()).await.unwrap_err()
}

fn fine() -> Script {
    reply(200, &[MANIFEST], BODY)
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_timeout_after_all_attempts() {
    let server = Server::start(|_| vec![Step::Hang]).await;
    let error = failure(&server).await;
    assert!(
        matches!(*error, StoreError::Timeout { stage: "waiting for an answer", .. }),
        "{error:?}"
    );
    assert_eq!(server.log().len(), 3);
}

#[tokio::test]
async fn a_body_that_stops_coming_is_a_timeout() {
    let server = Server::start(|_| {
        vec![head(200, &[MANIFEST, "Content-Length: 90"]), Step::Send(b"{".to_vec()), Step::Hang]
    })
    .await;
    let error = failure(&server).await;
    assert!(matches!(*error, StoreError::Timeout { stage: "reading the body", .. }), "{error:?}");
}

#[tokio::test]
async fn a_body_that_drips_ends_with_the_whole_requests_time() {
    let server = Server::start(|_| {
        let mut script = vec![head(200, &[MANIFEST, "Content-Length: 1000"])];
        for _ in 0..1_000 {
            script.extend([Step::Send(b" ".to_vec()), Step::Wait(Duration::from_millis(50))]);
        }
        script
    })
    .await;
    let mut config = config(&[&server]);
    config.total_timeout_ms = 600;
    let start = Instant::now();
    let store = store_with(&config, &Limits::default());
    let error = store.manifest(&place(&server), tag("1").as_ref()).await.unwrap_err();
    assert!(matches!(*error, StoreError::Timeout { stage: "the whole request", .. }), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(server.log().len(), 1, "there was no time for another try");
}

#[tokio::test]
async fn a_closed_port_is_a_failed_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let mut config = config(&[]);
    config.plain_http = vec![host.clone()];
    let place = Place::Registry(referee_core::Repository::new(&host, "a").unwrap());
    let store = store_with(&config, &Limits::default());
    let error = store.manifest(&place, tag("1").as_ref()).await.unwrap_err();
    assert!(matches!(*error, StoreError::Connection { .. }), "{error:?}");
}

#[tokio::test]
async fn faults_that_pass_are_tried_again() {
    let passing: [fn() -> Script; 7] = [
        || error(500, "UNKNOWN"),
        || error(503, "UNAVAILABLE"),
        || reply(502, &[HTML], b"<html>bad gateway</html>"),
        || reply(429, &[], b""),
        || reply(429, &["Retry-After: 0"], b""),
        || vec![],
        || vec![head(200, &[MANIFEST, "Content-Length: 90"]), Step::Send(b"{".to_vec())],
    ];
    for (number, fault) in passing.into_iter().enumerate() {
        let server = Server::start(move |request: &Request| match request.before {
            0 | 1 => fault(),
            _ => fine(),
        })
        .await;
        let fetched = store(&server).manifest(&place(&server), tag("1").as_ref()).await;
        assert_eq!(fetched.unwrap().bytes, BODY, "fault {number}");
        assert_eq!(server.log().len(), 3, "fault {number}");
    }
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let server = Server::start(|request: &Request| match request.before {
        0 => reply(429, &["Retry-After: 1"], b""),
        _ => fine(),
    })
    .await;
    let start = Instant::now();
    store(&server).manifest(&place(&server), tag("1").as_ref()).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(950), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_that_keeps_throttling_is_told_of_as_such() {
    let server = Server::start(|_| reply(429, &[], b"")).await;
    let error = failure(&server).await;
    assert!(matches!(*error, StoreError::Throttled { retry_after: None, .. }), "{error:?}");
    assert_eq!(server.log().len(), 3);
}

#[tokio::test]
async fn a_server_that_asks_for_too_long_a_wait_is_told_of_at_once() {
    let server = Server::start(|_| reply(429, &["Retry-After: 3600"], b"")).await;
    let error = failure(&server).await;
    let hour = Some(Duration::from_secs(3_600));
    assert!(
        matches!(&*error, StoreError::Throttled { retry_after, .. } if *retry_after == hour),
        "{error:?}"
    );
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_told_of_with_its_status() {
    let server = Server::start(|_| error(500, "UNKNOWN")).await;
    let failed = failure(&server).await;
    assert!(matches!(*failed, StoreError::Server { status: 500, .. }), "{failed:?}");
    assert_eq!(server.log().len(), 3);
}

#[tokio::test]
async fn a_server_that_cannot_do_it_is_not_asked_again() {
    let server = Server::start(|_| error(501, "UNSUPPORTED")).await;
    let failed = failure(&server).await;
    assert!(matches!(*failed, StoreError::Server { status: 501, .. }), "{failed:?}");
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn an_unexpected_status_is_malformed_and_not_absence() {
    for status in [204, 206, 400, 405, 406, 410] {
        let server = Server::start(move |_| reply(status, &[JSON], b"{}")).await;
        let error = failure(&server).await;
        assert!(matches!(*error, StoreError::Malformed { .. }), "{status}: {error:?}");
    }
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_configured() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let now = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (count, peak) = (Arc::clone(&now), Arc::clone(&most));
    let server = Server::start(move |_| {
        let under_way = count.fetch_add(1, Ordering::SeqCst) + 1;
        peak.fetch_max(under_way, Ordering::SeqCst);
        let count = Arc::clone(&count);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(40)).await;
            count.fetch_sub(1, Ordering::SeqCst);
        });
        let mut script = vec![Step::Wait(Duration::from_millis(60))];
        script.extend(fine());
        script
    })
    .await;
    let mut config = config(&[&server]);
    config.max_concurrent_per_host = 2;
    let store = store_with(&config, &Limits::default());
    let asked = (0..10).map(|number| {
        let (store, place) = (store.clone(), place(&server));
        tokio::spawn(
            async move { store.manifest(&place, tag(&format!("{number}")).as_ref()).await },
        )
    });
    for answer in asked.collect::<Vec<_>>() {
        answer.await.unwrap().unwrap();
    }
    assert!(most.load(Ordering::SeqCst) <= 2, "{most:?}");
}
