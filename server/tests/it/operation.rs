//! Health, metrics, routes, and winding down.

use crate::client::Client;
use crate::stand::{Stand, close};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_wrong_methods_are_answered_as_opa_answers_them() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let answer = client.get("/v1/nothing").await;
    assert_eq!((answer.status, answer.body.as_str()), (404, "404 page not found\n"));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let words = "Method Not Allowed\n";
    for (head, allowed, body) in [
        ("GET /v1/verify", Some("POST"), words),
        ("OPTIONS /v1/data/a", None, ""),
        ("DELETE /v1/data", None, ""),
        ("POST /v1/policies", None, ""),
        ("DELETE /v1/query", None, ""),
        ("GET /v0/data/a", None, ""),
        ("HEAD /v1/config", None, ""),
        ("POST /health", Some("GET, HEAD"), words),
        ("PUT /v1/config", Some("GET, HEAD"), words),
        ("PATCH /metrics", Some("GET, HEAD"), words),
        ("PUT /v1/compile", Some("GET, HEAD, POST"), words),
        ("DELETE /", Some("GET, HEAD, POST"), words),
    ] {
        let answer = client.ask(head, &[], "").await;
        assert_eq!((answer.status, answer.body.as_str()), (405, body), "{head}");
        assert_eq!(answer.header("allow"), allowed, "{head}");
        let sniffed = allowed.map(|_| "nosniff");
        assert_eq!(answer.header("x-content-type-options"), sniffed, "{head}");
    }
    let answer = client.ask("HEAD /health", &[], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (405, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_an_empty_object_with_or_without_opas_parameters() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    for path in ["/health", "/health/", "/health?bundles&plugins=true&exclude-plugin=x"] {
        let answer = client.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}\n"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_hold_every_series_and_nothing_that_a_caller_made_up() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let text = client.get("/metrics").await.body;
    for verdict in ["allow", "deny", "error"] {
        for policy in ["default", "strict"] {
            let series =
                format!("referee_decisions_total{{verdict=\"{verdict}\",policy=\"{policy}\"}} 0\n");
            assert!(text.contains(&series), "{series} in {text}");
        }
    }
    let reference = stand.reference("signed-one");
    client.verify(&json!({"reference": reference})).await;
    client.verify(&json!({"reference": reference, "policy": "made-up"})).await;
    client.get("/v1/data/made/up").await;
    client.get("/made-up").await;
    client.ask("MADEUP /v1/data", &[], "").await;
    let answer = client.get("/metrics").await;
    let kind = answer.header("content-type").unwrap();
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    for series in [
        "referee_decisions_total{verdict=\"allow\",policy=\"default\"} 1\n",
        "referee_decision_duration_seconds_count{policy=\"default\"} 1\n",
        "http_request_duration_seconds_count{code=\"200\",handler=\"v1/verify\",method=\"post\"} 1\n",
        "http_request_duration_seconds_count{code=\"400\",handler=\"v1/verify\",method=\"post\"} 1\n",
        "http_request_duration_seconds_count{code=\"200\",handler=\"v1/data\",method=\"get\"} 1\n",
        "http_request_duration_seconds_count{code=\"404\",handler=\"catchall\",method=\"get\"} 1\n",
        "http_request_duration_seconds_count{code=\"405\",handler=\"catchall\",method=\"unknown\"} 1\n",
        "http_request_duration_seconds_count{code=\"200\",handler=\"metrics\",method=\"get\"} 1\n",
        "referee_http_in_flight 0\n",
        "referee_http_requests_shed_total 0\n",
        "referee_store_cache_hits_total ",
        "referee_store_cache_misses_total ",
        "referee_store_cache_content_bytes ",
        "referee_build_info{version=",
        "# TYPE go_info gauge\ngo_info 0\n",
    ] {
        assert!(answer.body.contains(series), "{series} in {}", answer.body);
    }
    assert!(!answer.body.contains("made") && !answer.body.contains("team/"), "{}", answer.body);
    assert!(answer.body.contains("# TYPE referee_decisions_total counter\n"), "{}", answer.body);
    let taken = ["accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5"];
    let answer = client.ask("GET /metrics?name[]=referee_decisions", &taken, "").await;
    let kind = answer.header("content-type").unwrap();
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(answer.body.starts_with("# HELP referee_decisions "), "{}", answer.body);
    assert!(answer.body.ends_with("# EOF\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_diagnostic_listener_tells_how_the_server_is_and_nothing_else() {
    let stand =
        Stand::with(|config, _| config.diagnostic_listen = vec!["127.0.0.1:0".parse().unwrap()])
            .await;
    let mut client = Client::connect(stand.diagnostic.unwrap()).await;
    assert_eq!(client.get("/health").await.status, 200);
    assert_eq!(client.get("/metrics").await.status, 200);
    for head in ["GET /v1/data", "POST /v1/verify"] {
        assert_eq!(client.ask(head, &[], "").await.status, 404, "{head}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_told_to_stop_finishes_what_is_under_way_and_says_that_it_stops() {
    let mut stand =
        Stand::with(|config, _| config.diagnostic_listen = vec!["127.0.0.1:0".parse().unwrap()])
            .await;
    close(&stand.gate.manifests);
    let mut busy = stand.client().await;
    let body = json!({"reference": stand.reference("signed-one")}).to_string();
    let request = busy.request("POST /v1/verify?timeout=20s", &[], &body);
    busy.send(request.as_bytes()).await;
    let mut diagnostic = Client::connect(stand.diagnostic.unwrap()).await;
    while !diagnostic.get("/metrics").await.body.contains("referee_http_in_flight 1\n") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut idle = stand.client().await;
    assert_eq!(idle.get("/health").await.status, 200);

    stand.stop();
    assert!(idle.answer().await.is_none(), "an idle connection is closed");
    let health = diagnostic.get("/health").await;
    assert_eq!((health.status, health.body.as_str()), (503, "{\"error\":\"shutting down\"}\n"));
    // The socket is closed beside the connections, by a task of its own.
    let patience = tokio::time::Instant::now() + Duration::from_secs(5);
    while tokio::net::TcpStream::connect(stand.address).await.is_ok() {
        assert!(tokio::time::Instant::now() < patience, "connections are still accepted");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    stand.gate.manifests.add_permits(100);
    let answer = busy.answer().await.unwrap();
    assert_eq!(answer.json()["decisions"][0]["verdict"], "allow");
    assert!(busy.answer().await.is_none(), "then its connection is closed");
    assert_eq!(stand.ended().await.cut_off, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_finished_at_the_end_of_the_grace_is_cut_off() {
    let mut stand = Stand::with(|config, _| config.shutdown_grace_ms = 100).await;
    close(&stand.gate.manifests);
    let mut busy = stand.client().await;
    let body = json!({"reference": stand.reference("signed-one")}).to_string();
    let request = busy.request("POST /v1/verify?timeout=20s", &[], &body);
    busy.send(request.as_bytes()).await;
    let mut client = stand.client().await;
    while !client.get("/metrics").await.body.contains("referee_http_in_flight 1\n") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stand.stop();
    assert_eq!(stand.ended().await.cut_off, 1);
    assert!(busy.answer().await.is_none());
}
