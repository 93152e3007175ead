//! Which decisions are logged that OPA does not log, and how.

use crate::collector::within;
use crate::stand::Stand;
use referee_core::Digest;
use referee_server::{Authentication, Authorization};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_mask_by_path_is_asked_about_the_path_that_was_decided() {
    let mask = "package system.log\n\nmask contains \"/input/secret\" if input.path == \"demo/who\"\n\n\
                drop if input.path == \"demo/quiet\"\n";
    let policy = "package demo\n\nwho := input.n\n\nquiet := 1\n";
    let config = "decision_logs: {console: true, request_context: {http: {headers: [content-encoding, x-mark]}}}";
    let stand = Stand::start(&[("m.rego", mask), ("p.rego", policy)], config).await;
    let targets = [
        "/v1/data/demo/who",
        "/v1/data/demo//who",
        "/v1/data//demo/who/",
        "/v1/data/demo/./who",
        "/v1/data/demo/x/../who",
        "/v1/data/demo/wh%6f",
        "/v1/data/d%65mo/%77ho/",
        "//v1/data/demo/who",
        "/v0/data//demo/who",
        "/v0/data/demo/wh%6F/",
    ];
    // A client that sends a path as it is.
    let send = async |target: &str, body: &str| {
        let mut stream = TcpStream::connect(stand.address).await.unwrap();
        let head =
            format!("POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Mark: {target}");
        let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{target}: {answer}");
    };
    for target in targets {
        send("/v1/data/demo//qu%69et", "{}").await;
        let input = r#"{"n": 1, "secret": "SECRET"}"#;
        let whole = target.contains("v0");
        send(target, &if whole { input.into() } else { format!(r#"{{"input": {input}}}"#) }).await;
    }
    let names = [("/v1/data/a%2fb/%2e%2e", "a%2Fb/%2E%2E"), ("/v1/data/a%20b!", "a%20b!")];
    for (target, _) in names {
        send(target, "{}").await;
    }
    let lines = lines(&stand, targets.len() + names.len()).await;
    for (line, (_, path)) in lines.iter().skip(targets.len()).zip(names) {
        assert_eq!(line["path"], path);
    }
    for (line, target) in lines.iter().zip(targets) {
        assert_eq!(line["request_context"]["http"]["headers"]["x-mark"], json!([target]));
        assert_eq!((&line["path"], &line["result"]), (&json!("demo/who"), &json!(1)), "{target}");
        assert_eq!(line["erased"], json!(["/input/secret"]), "{target}");
        assert_eq!(line["input"], json!({"n": 1}), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_gives_no_answer_in_time_is_logged() {
    let stand = Stand::start(&[], "decision_logs: {console: true}").await;
    // It is not compiled by then, so that the evaluation has not begun.
    let long = "; 1 == 1".repeat(5_000);
    let body = json!({"query": format!("x := 1{long}"), "input": 5}).to_string();
    let answer = stand.post("/v1/query?timeout=20ms", &body).await;
    assert_eq!(answer["code"], "internal_error");
    let line = lines(&stand, 1).await.remove(0);
    assert!(line["query"].as_str().unwrap().starts_with("assign(x, 1); "));
    assert_eq!(line["input"], 5);
    let error = line["error"].as_str().unwrap();
    assert_eq!(error, "eval_cancel_error: the evaluation gave no answer before the deadline");
    assert!(line.get("result").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_logged_in_each_spelling_and_the_host_is_none() {
    let config = "decision_logs: {console: true, request_context: {http: {headers: [Host, HOST, X-a, x-A]}}}";
    let stand = Stand::start(&[], config).await;
    let client = reqwest::Client::builder().build().unwrap();
    let url = format!("http://{}/v1/data/a", stand.address);
    client.post(&url).header("x-a", "1").send().await.unwrap();
    client.post(&url).send().await.unwrap();
    let lines = lines(&stand, 2).await;
    let logged = json!({"http": {"headers": {"X-a": ["1"], "x-A": ["1"]}}});
    assert_eq!(lines[0]["request_context"], logged);
    assert_eq!(lines[1].get("request_context"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_builtins_gave_is_logged_where_the_top_of_the_configuration_says_so() {
    let policy = ("p.rego", "package p\n\nx := rand.intn(\"a\", 9)\n");
    for (config, is_logged) in [
        ("nd_builtin_cache: true\ndecision_logs: {console: true}", true),
        ("decision_logs: {console: true, nd_builtin_cache: true}", false),
    ] {
        let stand = Stand::start(&[policy], config).await;
        stand.ask("p/x", json!(1)).await;
        let line = lines(&stand, 1).await.remove(0);
        assert_eq!(line.get("nd_builtin_cache").is_some(), is_logged, "{config}");
    }
}
