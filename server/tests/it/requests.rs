//! Requests that can be read in more than one way: each has one reading here, whoever reads it.

use crate::client::Client;
use crate::stand::{POLICY, Stand, policy_with, serve};
use referee_server::state::{Change, WriteError};
use referee_server::{Authentication, Authorization, ServerConfig};
use serde_json::{Value, json};
use std::io::Write as _;

/// Shows in its reason what it was given, but for who is let through.
const AUTHZ: &str = r#"package system.authz

default allow := {"allowed": false, "reason": "nobody"}

allow if input.identity == "letmein"

allow := {"allowed": false, "reason": json.marshal(input)} if input.headers["X-Show"]
"#;

const LETMEIN: &str = "Authorization: Bearer letmein";

async fn stand() -> Stand {
    let policy = policy_with(POLICY, &[("authz.rego", AUTHZ)]);
    Stand::ruled_by_policy(policy, |config, _| {
        config.authorization = Authorization::Basic;
        config.authentication = Authentication::Token;
        config.h2c = true;
    })
    .await
}

/// What the policy is given.
async fn shown(client: &mut Client, head: &str, headers: &[&str], body: &str) -> Value {
    let headers: Vec<&str> = headers.iter().copied().chain(["X-Show: 1"]).collect();
    let (status, _, message) = client.ask(head, &headers, body).await.error();
    assert_eq!(status, 401, "{head}");
    serde_json::from_str(&message).unwrap_or_else(|_| panic!("{head}: {message}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_what_the_policy_was_asked_about() {
    for (target, path) in [
        ("/v1/data/w//x", vec!["w", "x"]),
        ("/v1/data/w/../z", vec!["z"]),
        ("/v1/data/w/./y", vec!["w", "y"]),
        ("/v1//data/w", vec!["w"]),
        ("//v1/data/w/", vec!["w"]),
        ("/./v1/d%61ta/%77", vec!["w"]),
        ("/x/../v1/data/w", vec!["w"]),
        ("/v1/data/w%2Fx", vec!["w/x"]),
        ("/v1/data/w%2f%2Fx/", vec!["w//x"]),
        ("/v1/data/w/%2e%2e/z", vec!["w", "..", "z"]),
        ("/v1/data/w/%2E", vec!["w", "."]),
        ("/v1/data/w/...", vec!["w", "..."]),
    ] {
        let stand = stand().await;
        let mut client = stand.client().await;
        let head = format!("PUT {target}");
        let input = shown(&mut client, &head, &[], "1").await;
        let whole: Vec<&str> = ["v1", "data"].into_iter().chain(path.iter().copied()).collect();
        assert_eq!(input["path"], json!(whole), "{target}");
        assert_eq!(client.ask(&head, &[LETMEIN], r#"{"at": 1}"#).await.status, 204, "{target}");
        let data = stand.server.state().current().data().to_json();
        let mut expected = json!({"at": 1});
        for name in path.iter().rev() {
            expected = json!({ *name: expected });
        }
        expected["base"] = data["base"].clone();
        assert_eq!(data, expected, "{target}");
        // It is read by that path and removed by it.
        let pointer = path.iter().map(|name| format!("/{}", name.replace('/', "~1")));
        assert!(data.pointer(&pointer.collect::<String>()).is_some(), "{target}");
        let read = client.ask(&format!("GET {target}"), &[LETMEIN], "").await;
        assert_eq!(read.json()["result"], json!({"at": 1}), "{target}");
        let patch = r#"[{"op": "add", "path": "at", "value": 2}]"#;
        assert_eq!(client.ask(&format!("PATCH {target}"), &[LETMEIN], patch).await.status, 204);
        assert_eq!(client.ask(&format!("DELETE {target}"), &[LETMEIN], "").await.status, 204);
        let read = client.ask(&format!("GET {target}"), &[LETMEIN], "").await;
        assert_eq!((read.status, read.body.as_str()), (200, "{}\n"), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_way_of_writing_a_path_is_authorized_as_one_and_written_as_another() {
    const PIECES: [&str; 9] = ["/", "//", "/./", "/../", "/%2e%2e/", "%2F", "%61", ".", "/a"];
    let stand = stand().await;
    let mut client = stand.client().await;
    let state = stand.server.state();
    let mut written = 0;
    for (first, second, third) in PIECES
        .iter()
        .flat_map(|a| PIECES.iter().flat_map(move |b| PIECES.iter().map(move |c| (a, b, c))))
    {
        let target = format!("/v1/data/w{first}{second}{third}x");
        let empty = state.change(|next| -> Result<bool, WriteError> {
            next.put_data(&[], referee_rego::Value::object([]))?;
            Ok(true)
        });
        assert!(matches!(empty.await, Change::Done(_)));
        let head = format!("PUT {target}");
        let input = shown(&mut client, &head, &[], "").await;
        let path: Vec<&str> =
            input["path"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let status = client.ask(&head, &[LETMEIN], "1").await.status;
        let expected = match path.as_slice() {
            ["v1", "data", names @ ..] if !names.is_empty() => {
                written += 1;
                assert_eq!(status, 204, "{target}");
                names.iter().rev().fold(json!(1), |inner, name| json!({ *name: inner }))
            }
            _ => {
                assert_eq!(status, 404, "{target}");
                json!({})
            }
        };
        assert_eq!(state.current().data().to_json(), expected, "{target}");
    }
    assert!(written > 500, "{written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_policy_is_what_the_policy_was_asked_about() {
    let stand = stand().await;
    let mut client = stand.client().await;
    for (target, id) in [
        ("/v1/policies/a//b", "a/b"),
        ("/v1/policies/a/./c/", "a/c"),
        ("/v1/policies/a/../d", "d"),
        ("/v1/policies/a%2Fe", "a/e"),
        ("/v1/policies/a%2F%2Ff", "a//f"),
        ("/v1/policies/%2e%2e/g", "../g"),
        ("/v1//policies/h", "h"),
    ] {
        let head = format!("PUT {target}");
        let input = shown(&mut client, &head, &[], "").await;
        let parts: Vec<&str> = ["v1", "policies"].into_iter().chain(id.split('/')).collect();
        assert_eq!(input["path"], json!(parts), "{target}");
        assert_eq!(client.ask(&head, &[LETMEIN], "package x").await.status, 200, "{target}");
        let there = |stand: &Stand| stand.server.state().current().policy(id).is_some();
        assert!(there(&stand), "{target}");
        assert_eq!(client.ask(&format!("DELETE {target}"), &[LETMEIN], "").await.status, 200);
        assert!(!there(&stand), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_with_slashes_and_dots_too_many_is_served_with_its_query() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    for (head, status) in [
        ("GET //health?bundles", 200),
        ("GET /./health/", 200),
        ("GET /x/../metrics", 200),
        ("GET /v1/..", 200),
        ("GET //", 200),
        ("GET /v1/data/..", 404),
        ("GET /v1/data/../config/", 200),
        ("GET http://x//v1/./data", 200),
        ("HEAD //v1/data", 405),
        ("DELETE /v1/data/", 405),
        ("GET /v1%2Fdata", 404),
        ("GET /%2e/health", 404),
        ("GET /v1/data/%zz", 400),
        ("GET /v1/data/%ff", 400),
        ("GET /x/%zz", 400),
    ] {
        assert_eq!(client.ask(head, &[], "").await.status, status, "{head}");
        if head.starts_with("HEAD") {
            client = stand.client().await;
        }
    }
    let list = client.get("/v1/data//base/./x/../list/?pretty").await;
    assert_eq!(list.body, "{\n  \"result\": [\n    1,\n    2\n  ]\n}\n");
    let body = r#"{"name": "a"}"#;
    for path in ["/v0/data//demo/greeting/", "/v0//data/demo/x/../greeting"] {
        assert_eq!(client.post(path, body).await.body, "\"hello, a\"\n", "{path}");
    }
    let body = r#"{"inputs": {"a": {"name": "a"}}}"#;
    let answer = client.post("/v1/batch//data/demo/./greeting", body).await;
    assert_eq!(answer.body, "{\"responses\":{\"a\":{\"result\":\"hello, a\"}}}\n");
    let answer = client.post("//v0/preview/demo//greeting", r#"{"input": {"name": "a"}}"#).await;
    assert_eq!(answer.body, "{\"result\":\"hello, a\"}\n");
    for path in ["/v1/query/", "//v1/query", "/v1/./query"] {
        let answer = client.get(&format!("{path}?q=x%3D1")).await;
        assert_eq!(answer.body, "{\"result\":[{\"x\":1}]}\n", "{path}");
    }
    let answer = client.post("/v1//compile/", r#"{"query": "input.x > 1"}"#).await;
    assert_eq!(answer.status, 200);
    client.ask("PUT /v1/policies/h", &[], "package system.health\n\nwell := true").await;
    assert_eq!(client.get("//health/./well/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_sees_the_headers_as_they_were_sent_and_the_body_unpacked() {
    let stand = stand().await;
    let mut client = stand.client().await;
    // Larger unpacked than any body may be that comes as it is.
    let name = "n".repeat(2 << 20);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    write!(encoder, r#"{{"input": {{"name": "{name}"}}}}"#).unwrap();
    let packed = encoder.finish().unwrap();
    let head = format!(
        "POST /v1/data/demo/greeting HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n",
        packed.len()
    );
    client.send(format!("{head}X-Show: 1\r\n\r\n").as_bytes()).await;
    client.send(&packed).await;
    let (status, _, message) = client.answer().await.unwrap().error();
    let input: Value = serde_json::from_str(&message).unwrap();
    assert_eq!((status, &input["headers"]["Content-Encoding"]), (401, &json!(["gzip"])));
    assert_eq!(input["body"]["input"]["name"].as_str().unwrap().len(), name.len());
    client.send(format!("{head}{LETMEIN}\r\n\r\n").as_bytes()).await;
    client.send(&packed).await;
    let answer = client.answer().await.unwrap();
    assert_eq!(answer.json()["result"].as_str().unwrap().len(), "hello, ".len() + name.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_sees_what_is_decided_about_and_that_is_decided_about() {
    let stand = stand().await;
    let mut client = stand.client().await;
    for (path, body) in [
        ("/", r#"{"name": "a"}"#),
        ("/v0/data/demo/greeting", r#"{"name": "a"}"#),
        ("/v1/data/demo/greeting", r#"{"input": {"name": "a"}}"#),
        ("/v1/batch/data/demo/greeting", r#"{"inputs": {"a": {"name": "a"}}}"#),
        ("/v0/preview/demo/greeting", r#"{"input": {"name": "a"}}"#),
        ("/v1/verify", r#"{"reference": "registry.example/a:1"}"#),
    ] {
        let head = format!("POST {path}");
        let input = shown(&mut client, &head, &[], body).await;
        assert_eq!(input["body"], serde_json::from_str::<Value>(body).unwrap(), "{path}");
        let answer = client.ask(&head, &[LETMEIN], body).await;
        let understood = ["hello, a", "registry.example/a:1", "undefined_document"];
        assert!(understood.iter().any(|text| answer.body.contains(text)), "{path}: {answer:?}");
        // In the words of the document alone, before anybody is asked who it is.
        let (status, code, message) = client.ask(&head, &[], "bad").await.error();
        assert_eq!((status, code.as_str()), (400, "invalid_parameter"), "{path}");
        assert_eq!(message, "invalid character 'b' looking for beginning of value", "{path}");
    }
    // Read as it is read there: a verify request is never YAML.
    let yaml = ["Content-Type: application/x-yaml"];
    let answer = client.ask("POST /v1/verify", &yaml, "reference: x").await;
    assert_eq!(answer.status, 400);
    let answer = client.ask("POST /v1/verify", &["Content-Encoding: gzip"], "{}").await;
    assert_eq!(answer.status, 415);
    for head in ["POST /v1/query", "POST /v1/compile", "PUT /v1/data/w", "POST /v1/config"] {
        let input = shown(&mut client, head, &[], r#"{"query": "true"}"#).await;
        assert_eq!(input.get("body"), None, "{head}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pieces_of_a_cookie_are_one_to_the_policy() {
    let stand = stand().await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let asked = client.get(format!("http://{}/v1/data", stand.address)).header("x-show", "1");
    let asked = asked.header("cookie", "a=1").header("cookie", "b=2").send().await.unwrap();
    assert_eq!(asked.version(), reqwest::Version::HTTP_2);
    let answer: Value = asked.json().await.unwrap();
    let input: Value = serde_json::from_str(answer["message"].as_str().unwrap()).unwrap();
    assert_eq!(input["headers"]["Cookie"], json!(["a=1; b=2"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_end_or_host_can_be_read_in_two_ways_is_refused() {
    let stand = Stand::new().await;
    let chunks = "2\r\n{}\r\n0\r\n\r\n";
    for (lines, status) in [
        ("POST /v1/data HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked", 200),
        ("POST /v1/data HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked", 501),
        ("POST /v1/data HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked", 501),
        ("POST /v1/data HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked", 501),
        (
            "POST /v1/data HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            501,
        ),
        (
            "POST /v1/data HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
            501,
        ),
        ("POST /v1/data HTTP/1.1\r\nHost: a b\r\nTransfer-Encoding: chunked", 400),
        ("POST /v1/data HTTP/1.1\r\nHost: a/b\r\nTransfer-Encoding: chunked", 400),
        ("POST health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked", 400),
    ] {
        let mut client = stand.client().await;
        client.send(format!("{lines}\r\n\r\n{chunks}").as_bytes()).await;
        let answer = client.answer().await.unwrap();
        assert_eq!(answer.status, status, "{lines}");
        if status != 200 {
            assert_eq!(answer.header("connection"), Some("close"), "{lines}");
            assert!(client.answer().await.is_none(), "{lines}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_policy_of_its_own_is_an_opa_and_follows_no_subject() {
    let change = |config: &mut ServerConfig, _: &str| config.registries = vec!["none".into()];
    let with = Stand::with(change).await;
    let without = serve(None, |server| server).await;
    let body = r#"{"subject": "registry.example/team/app:1"}"#;
    let refused = with.client().await.post("/v1/data/base", body).await;
    assert_eq!(refused.error().1, "registry_not_allowed");
    let mut client = without.client().await;
    for body in [body, r#"{"subject": 5}"#] {
        let answer = client.post("/v1/data/base", body).await.json();
        assert_eq!(answer["warning"]["code"], "api_usage_warning", "{body}");
        assert_eq!(answer.get("result"), None);
    }
    assert_eq!(client.get("/v1/data/base?subject=x:1").await.body, "{}\n");
    let both = r#"{"subject": "registry.example/team/app:1", "input": 1}"#;
    assert_eq!(client.post("/v1/data/base", both).await.body, "{}\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_the_policy_is_to_see_counts_as_work_while_it_is_read() {
    let policy = policy_with(POLICY, &[("authz.rego", AUTHZ)]);
    let stand = Stand::ruled_by_policy(policy, |config, _| {
        config.authorization = Authorization::Basic;
        config.authentication = Authentication::Token;
        (config.max_in_flight, config.max_batch) = (1, 1);
        config.body_read_timeout_ms = 30_000;
    })
    .await;
    let mut slow = stand.client().await;
    slow.send(b"POST /v1/batch/data HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{").await;
    let mut client = stand.client().await;
    let mut shed = None;
    for _ in 0..1_000 {
        let answer = client.ask("POST /v1/data/demo/sum", &[LETMEIN], "{}").await;
        if answer.status == 503 {
            shed = Some(answer.error().1);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(shed.as_deref(), Some("overloaded"));
    assert_eq!(client.ask("GET /health", &[LETMEIN], "").await.status, 200);
    slow.send(b"}").await;
    assert_eq!(slow.answer().await.unwrap().status, 401);
    assert_eq!(client.ask("POST /v1/data/demo/sum", &[LETMEIN], "{}").await.status, 200);
}
