//! Which decisions are logged that OPA does not log, and how.

use crate::collector::within;
use crate::stand::Stand;
use referee_core::Digest;
use referee_server::{Authentication, Authorization};
use serde_json::{Value, json};

const AUTHZ: &str = r#"package system.authz

allow := {"allowed": false, "reason": "not you"} if input.path[0] == "v1"

allow if input.path[0] == "metrics"
"#;

async fn lines(stand: &Stand, count: usize) -> Vec<Value> {
    within(|| Some(stand.console.lines()).filter(|lines| lines.len() >= count)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_not_let_through_is_logged_without_its_secrets() {
    let config = "decision_logs: {console: true}";
    let stand = Stand::with(&[("authz.rego", AUTHZ)], config, |settings| {
        settings.authentication = Authentication::Token;
        settings.authorization = Authorization::Basic;
    })
    .await;
    let client = reqwest::Client::builder().build().unwrap();
    let url = format!("http://{}/v1/data/a?x=SECRET", stand.address);
    let body = r#"{"input": "SECRET"}"#;
    let sent = client.post(url).header("X-Key", "SECRET").bearer_auth("SECRET").body(body).send();
    assert_eq!(sent.await.unwrap().status(), 401);
    let line = lines(&stand, 1).await.remove(0);
    assert!(!line.to_string().contains("SECRET"), "{line}");
    assert_eq!(line["path"], "system/authz/allow");
    let digest = Digest::sha256(b"SECRET");
    let asked = json!({"method": "POST", "path": ["v1", "data", "a"], "identity": digest.as_str()});
    assert_eq!(line["input"], asked);
    assert_eq!(line["result"], json!({"allowed": false, "reason": "not you"}));
    assert_eq!(line["custom"], json!({"referee": {"kind": "authorization"}}));

    // Undefined, which refuses as well.
    stand.get("/health").await;
    let line = lines(&stand, 2).await.remove(1);
    assert_eq!(line["input"], json!({"method": "GET", "path": ["health"]}));
    let error = line["error"].as_str().unwrap();
    assert!(error.ends_with("authorization policy missing or undefined"), "{error}");

    // What is let through is no denial.
    stand.get("/metrics").await;
    for _ in 0..200 {
        stand.get("/v1/data/a").await;
    }
    let counted = stand.count("referee_decision_logs_dropped_denials");
    assert!(counted > 20, "{counted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ruling_is_logged_with_what_it_rests_on() {
    let mask = "package system.log\n\nmask contains \"/input/request/parameters/token\"\n";
    let stand = Stand::start(&[("mask.rego", mask)], "decision_logs: {console: true}").await;
    let body = json!({
        "reference": "registry.example/team/app:1",
        "namespace": "prod",
        "parameters": {"token": "SECRET", "x": 1},
    });
    let answer = stand.post("/v1/verify", &body.to_string()).await;
    let decision = &answer["decisions"][0];
    let line = lines(&stand, 1).await.remove(0);
    assert!(!line.to_string().contains("SECRET"), "{line}");
    assert_eq!(line["decision_id"], decision["decision_id"]);
    assert_eq!(line["path"], "ruling");
    let asked = json!({"reference": "registry.example/team/app:1", "namespace": "prod", "parameters": {"x": 1}});
    assert_eq!(line["input"]["request"], asked);
    for member in ["verdict", "reasons", "retryable", "mode"] {
        assert_eq!(line["result"][member], decision[member], "{member}");
    }
    let rests = &line["custom"]["referee"];
    assert_eq!((&rests["kind"], &rests["policy"]), (&json!("verify"), &decision["policy"]));
    assert_eq!(line["erased"], json!(["/input/request/parameters/token"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decisions_of_a_batch_share_its_id() {
    let policy = "package demo\n\necho := input.n\n";
    let stand = Stand::start(&[("p.rego", policy)], "decision_logs: {console: true}").await;
    let body = r#"{"inputs": {"a": {"n": 1}, "b": {"n": 2}}}"#;
    let answer = stand.post("/v1/batch/data/demo/echo", body).await;
    let lines = lines(&stand, 2).await;
    for line in &lines {
        assert_eq!(line["batch_decision_id"], answer["batch_decision_id"]);
        assert_eq!(line["path"], "demo/echo");
    }
    assert_ne!(lines[0]["decision_id"], lines[1]["decision_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_says_which_trace_it_belongs_to_and_which_request_it_was() {
    let stand = Stand::start(&[], "decision_logs: {console: true}").await;
    let client = reqwest::Client::builder().build().unwrap();
    let url = format!("http://{}/v1/data/a", stand.address);
    stand.get("/health").await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for trace in [trace, "nonsense"] {
        client.post(&url).header("traceparent", trace).send().await.unwrap();
    }
    let lines = lines(&stand, 2).await;
    assert_eq!(lines[0]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(lines[0]["span_id"], "00f067aa0ba902b7");
    assert_eq!((lines[1].get("trace_id"), lines[1].get("span_id")), (None, None));
    assert_eq!((&lines[0]["req_id"], &lines[1]["req_id"]), (&json!(2), &json!(3)));
}
