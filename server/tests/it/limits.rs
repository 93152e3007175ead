//! What a caller cannot make the server do.

use crate::stand::{Stand, close};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused_announced_or_in_chunks() {
    let stand = Stand::with(|config, _| config.max_body_bytes = 1_000).await;
    let expected =
        (413, "body_too_large".to_owned(), "the request body is larger than 1000 bytes".to_owned());
    let body = json!({"reference": "x".repeat(2_000)}).to_string();
    let answer = stand.client().await.post("/v1/verify", &body).await;
    assert_eq!(answer.error(), expected);

    let mut client = stand.client().await;
    let chunk = format!("{:x}\r\n{}\r\n", 600, "x".repeat(600));
    let head = "POST /v1/verify HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(format!("{head}{chunk}{chunk}0\r\n\r\n").as_bytes()).await;
    assert_eq!(client.answer().await.unwrap().error(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_first_is_told_before_it_sends() {
    let stand = Stand::with(|config, _| config.max_body_bytes = 1_000).await;
    let mut client = stand.client().await;
    let head = "POST /v1/verify HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n";
    client.send(format!("{head}Content-Length: 1001\r\n\r\n").as_bytes()).await;
    assert_eq!(client.answer().await.unwrap().status, 413);
    let mut client = stand.client().await;
    client.send(format!("{head}Content-Length: 2\r\n\r\n").as_bytes()).await;
    assert_eq!(client.answer().await.unwrap().status, 100);
    client.send(b"{}").await;
    assert_eq!(client.answer().await.unwrap().status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_the_limit_is_turned_away_at_once_and_health_is_not() {
    let stand = Stand::with(|config, _| {
        config.max_batch = 2;
        config.max_in_flight = 2;
    })
    .await;
    close(&stand.gate.manifests);
    let body = json!({"references": [stand.reference("signed-one"), stand.reference("unsigned")]});
    let mut busy = stand.client().await;
    let request = busy.request("POST /v1/verify?timeout=20s", &[], &body.to_string());
    busy.send(request.as_bytes()).await;

    let mut client = stand.client().await;
    let in_flight = |text: &str| text.contains("referee_http_in_flight 2\n");
    while !in_flight(&client.get("/metrics").await.body) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let started = Instant::now();
    for (path, body) in [
        ("/v1/verify", json!({"reference": "registry.example/a:1"})),
        ("/v1/data/demo/sum", json!({"input": 1})),
    ] {
        let answer = client.post(path, &body.to_string()).await;
        let message = "there is too much to do at the moment".to_owned();
        assert_eq!(answer.error(), (503, "overloaded".to_owned(), message));
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.json()["hint"], "come back in 1 s");
    }
    assert!(started.elapsed() < Duration::from_secs(1), "it waited: {:?}", started.elapsed());
    assert_eq!(client.get("/health").await.status, 200);
    assert!(client.get("/metrics").await.body.contains("referee_http_requests_shed_total 2\n"));

    stand.gate.manifests.add_permits(100);
    let answer = busy.answer().await.unwrap().json();
    assert_eq!(answer["decisions"][0]["verdict"], "allow");
    assert_eq!(client.post("/v1/data/demo/sum", "{}").await.status, 200, "there is room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_takes_as_much_room_as_it_has_references() {
    let stand = Stand::with(|config, _| {
        config.max_batch = 3;
        config.max_in_flight = 4;
    })
    .await;
    close(&stand.gate.manifests);
    let references = vec![stand.reference("signed-one"); 3];
    let body = json!({"references": references, "deadline_ms": 20_000});
    let mut busy = stand.client().await;
    let request = busy.request("POST /v1/verify", &[], &body.to_string());
    busy.send(request.as_bytes()).await;
    let mut client = stand.client().await;
    while !client.get("/metrics").await.body.contains("referee_http_in_flight 3\n") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(client.verify(&body).await.status, 503);
    assert_eq!(client.post("/v1/data/demo/sum", "{}").await.status, 200, "one more fits in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_lets_its_head_trickle_in_loses_the_connection() {
    let stand = Stand::with(|config, _| config.header_read_timeout_ms = 300).await;
    let mut client = stand.client().await;
    let started = Instant::now();
    client.send(b"POST /v1/verify HTTP/1.1\r\n").await;
    assert!(client.answer().await.is_none(), "the connection was closed without an answer");
    let elapsed = started.elapsed();
    assert!((250..1_500).contains(&elapsed.as_millis()), "{elapsed:?}");

    let mut silent = stand.client().await;
    let started = Instant::now();
    assert!(silent.answer().await.is_none());
    assert!(started.elapsed() < Duration::from_millis(1_500), "nor may it say nothing at all");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_outlives_the_time_for_a_head() {
    let stand = Stand::with(|config, _| config.header_read_timeout_ms = 200).await;
    let mut client = stand.client().await;
    assert_eq!(client.get("/health").await.status, 200);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(client.get("/health").await.status, 200);
    // And the next head is under the limit again.
    let started = Instant::now();
    client.send(b"GET /hea").await;
    assert!(client.answer().await.is_none());
    assert!(started.elapsed() < Duration::from_millis(1_500), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed_in_the_end() {
    let stand = Stand::with(|config, _| {
        config.header_read_timeout_ms = 100;
        config.idle_timeout_ms = 300;
    })
    .await;
    let mut client = stand.client().await;
    assert_eq!(client.get("/health").await.status, 200);
    let started = Instant::now();
    assert!(client.answer().await.is_none());
    assert!((250..2_000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_given_up() {
    let stand = Stand::with(|config, _| config.body_read_timeout_ms = 200).await;
    let mut client = stand.client().await;
    client.send(b"POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{").await;
    let message = "nothing came of the request body for 200 ms".to_owned();
    let answer = client.answer().await.unwrap();
    assert_eq!(answer.error(), (408, "body_timeout".to_owned(), message));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_over_the_limit_is_refused() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let path = format!("/v1/data/demo/sum?input=%22{}%22", "x".repeat(63 * 1024));
    assert_eq!(client.get(&path).await.status, 200);
    let header = format!("X-Large: {}", "x".repeat(65 * 1024));
    assert_eq!(client.ask("GET /health", &[&header], "").await.status, 431);
}
