//! Answers come in time, whatever the registry does.

use crate::stand::{Stand, close};
use serde_json::json;
use std::time::{Duration, Instant};

/// What the machine that runs the tests may add.
const MARGIN: Duration = Duration::from_millis(250);

#[tokio::test(flavor = "multi_thread")]
async fn the_header_is_kept_when_the_store_hangs_and_the_verdict_comes_from_partial_facts() {
    let stand = Stand::new().await;
    close(&stand.gate.blobs);
    let body = json!({"reference": stand.reference("signed-one"), "facts": true,
        "deadline_ms": 20_000})
    .to_string();
    let started = Instant::now();
    let answer = stand
        .client()
        .await
        .ask("POST /v1/verify?timeout=10s", &["Referee-Timeout: 0.4"], &body)
        .await;
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_millis(400) + MARGIN, "{elapsed:?}");
    let body = answer.json();
    let decision = &body["decisions"][0];
    assert_eq!((answer.status, &decision["verdict"]), (200, &json!("deny")), "{body}");
    assert_eq!(decision["reasons"][0]["code"], "undetermined");
    assert_eq!(decision["retryable"], true);
    assert_eq!(decision["facts"]["complete"], false);
    assert_eq!(decision["facts"]["unavailable"][0]["code"], "timeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_deadline_holds_for_a_whole_batch() {
    let stand = Stand::new().await;
    close(&stand.gate.manifests);
    let references: Vec<_> = ["signed-one", "unsigned", "signed-two"]
        .iter()
        .cycle()
        .take(30)
        .map(|layout| stand.reference(layout))
        .collect();
    let body = json!({"references": references, "deadline_ms": 300});
    let started = Instant::now();
    let answer = stand.client().await.verify(&body).await.json();
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_millis(300) + MARGIN, "{elapsed:?}");
    for decision in answer["decisions"].as_array().unwrap() {
        assert_eq!(decision["verdict"], "error");
        assert_eq!(decision["reasons"][0]["code"], "timeout");
        assert_eq!(decision["retryable"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_is_cut_to_the_servers_own() {
    let stand = Stand::with(|config, _| {
        config.default_deadline_ms = 100;
        config.max_deadline_ms = 250;
    })
    .await;
    close(&stand.gate.manifests);
    let reference = stand.reference("signed-one");
    let mut client = stand.client().await;
    for (path, header) in [
        ("/v1/verify", "Referee-Timeout: 1m"),
        ("/v1/verify?timeout=30s", "X-Nothing: 1"),
        ("/v1/verify", "X-Nothing: 1"),
    ] {
        let body = json!({"reference": reference}).to_string();
        let started = Instant::now();
        let answer = client.ask(&format!("POST {path}"), &[header], &body).await;
        assert!(started.elapsed() < Duration::from_millis(250) + MARGIN);
        assert_eq!(answer.json()["decisions"][0]["reasons"][0]["code"], "timeout");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_is_none_is_refused() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let none = "is not a duration greater than zero, such as 2.5, 3s or 1500ms";
    for (head, header, message) in [
        ("POST /v1/verify", "Referee-Timeout: soon", format!("Referee-Timeout: \"soon\" {none}")),
        ("POST /v1/verify?timeout=-1s", "X: 1", format!("timeout: \"-1s\" {none}")),
        ("POST /v1/data/demo", "Referee-Timeout: 0", format!("Referee-Timeout: \"0\" {none}")),
    ] {
        let answer = client.ask(head, &[header], r#"{"reference": "a/b"}"#).await;
        assert_eq!(answer.error(), (400, "invalid_parameter".to_owned(), message));
    }
    // To OPA it is a parameter that means nothing.
    for path in ["/v1/data/demo/sum?timeout=soon", "/v1/data/demo/sum?timeout"] {
        assert_eq!(client.get(path).await.body, "{\"result\":3}\n", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_request_ends_at_its_deadline_whether_it_waits_or_computes() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let started = Instant::now();
    let answer =
        client.post("/v1/data/demo/slow?timeout=300ms", r#"{"input": {"slow": true}}"#).await;
    assert!(started.elapsed() < Duration::from_millis(300) + MARGIN, "{:?}", started.elapsed());
    let message = "error(s) occurred while evaluating query".to_owned();
    assert_eq!(answer.error(), (500, "internal_error".to_owned(), message));
    assert_eq!(answer.json()["errors"][0]["code"], "eval_cancel_error");

    close(&stand.gate.manifests);
    let body = json!({"subject": stand.reference("signed-one")}).to_string();
    let started = Instant::now();
    let answer = client.post("/v1/data/demo?timeout=300ms", &body).await;
    assert!(started.elapsed() < Duration::from_millis(300) + MARGIN, "{:?}", started.elapsed());
    let message = "the facts about the subject could not be gathered".to_owned();
    assert_eq!(answer.error(), (504, "subject_unresolved".to_owned(), message));
    assert_eq!(answer.json()["errors"][0]["code"], "timeout");
}
