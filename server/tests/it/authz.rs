//! Who callers are, and what the policy lets them do.

use crate::client::Client;
use crate::listen::Files;
use crate::stand::{POLICY, Stand, policy_with};
use referee_server::{Authentication, Authorization, ServerConfig};
use serde_json::{Value, json};

/// Shows in its reason what it was given, but for who is let through.
const AUTHZ: &str = r#"package system.authz

default allow := {"allowed": false, "reason": "nobody"}

allow if input.identity == "letmein"

allow if input.identity == "CN=a client,O=Example"

allow := {"allowed": false, "reason": json.marshal(input)} if input.params.show
"#;

async fn stand(text: Option<&str>, change: impl FnOnce(&mut ServerConfig)) -> Stand {
    let others: Vec<_> = text.iter().map(|text| ("authz.rego", *text)).collect();
    let policy = policy_with(POLICY, &others);
    Stand::ruled_by_policy(policy, |config, _| {
        config.authorization = Authorization::Basic;
        config.authentication = Authentication::Token;
        change(config);
    })
    .await
}

const UNAUTHORIZED: (u16, &str) = (401, "unauthorized");

fn told(answer: &crate::client::Answer) -> (u16, String, String) {
    answer.error()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_whom_the_policy_allows_is_answered_on_every_path() {
    let stand = stand(Some(AUTHZ), |config| {
        config.diagnostic_listen = vec!["127.0.0.1:0".parse().unwrap()];
    })
    .await;
    let mut client = stand.client().await;
    let heads =
        ["GET /health", "GET /metrics", "POST /v1/data/demo/sum", "POST /v1/verify", "GET /x"];
    for head in heads {
        let (status, code, message) = told(&client.ask(head, &[], "").await);
        assert_eq!((status, code.as_str()), UNAUTHORIZED, "{head}");
        assert_eq!(message, "nobody", "{head}");
        let answer = client.ask(head, &["Authorization: Bearer letmein"], "{}").await;
        assert_ne!(answer.status, 401, "{head}");
    }
    let mut diagnostic = Client::connect(stand.diagnostic.unwrap()).await;
    assert_eq!(diagnostic.get("/health").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_is_given_what_opa_gives_it() {
    let stand = stand(Some(AUTHZ), |_| {}).await;
    let mut client = stand.client().await;
    let shown = async |client: &mut Client, head: &str, headers: &[&str], body: &str| {
        let (status, _, message) = told(&client.ask(head, headers, body).await);
        assert_eq!(status, 401, "{head}");
        serde_json::from_str::<Value>(&message).unwrap()
    };
    let headers = ["x-request-id: 1", "X-Request-Id: 2", "Authorization: Bearer tok"];
    let input = shown(&mut client, "GET /v1//data/a%2Fb/1/?show=a&show=b&c", &headers, "").await;
    assert_eq!(
        input,
        json!({
            "method": "GET",
            "path": ["v1", "data", "a/b", "1"],
            "params": {"show": ["a", "b"], "c": [""]},
            "headers": {"X-Request-Id": ["1", "2"], "Authorization": ["Bearer tok"]},
            "identity": "tok",
        })
    );
    let body = r#"{"input": {"n": 12345678901234567890}}"#;
    let input = shown(&mut client, "POST /v1/data/demo?show", &[], body).await;
    assert_eq!(input["body"]["input"]["n"].to_string(), "12345678901234567890");
    assert_eq!(input["headers"]["Content-Length"], json!([body.len().to_string()]));
    let yaml = ["Content-Type: application/x-yaml"];
    let input = shown(&mut client, "POST /v0/data/demo?show", &yaml, "a: [1]").await;
    assert_eq!(input["body"], json!({"a": [1]}));
    let answer = client.ask("POST /v1/data/demo", &[], "{").await;
    assert_eq!((told(&answer).0, told(&answer).1.as_str()), (400, "invalid_parameter"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_the_policy_saw_is_still_the_input() {
    let stand = stand(Some(AUTHZ), |_| {}).await;
    let mut client = stand.client().await;
    let answer = client
        .ask(
            "POST /v1/data/demo/greeting",
            &["Authorization: Bearer letmein"],
            r#"{"input": {"name": "a"}}"#,
        )
        .await;
    assert_eq!(answer.body, "{\"result\":\"hello, a\"}\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_and_where_it_fails_nobody_is_let_through() {
    let undefined = "authorization policy missing or undefined";
    let failed = "error(s) occurred while evaluating query";
    let clash =
        "package system.authz\n\nallow := true if input.method\n\nallow := false if input.path\n";
    for (text, status, message) in [
        (None, 500, undefined),
        (Some("package system.authz\n\nallow := true if input.x\n"), 500, undefined),
        (Some("package system.authz\n\nallow := {}\n"), 500, "document missing or undefined"),
        (Some(clash), 500, failed),
        (
            Some("package system.authz\n\nallow := 1\n"),
            401,
            "request rejected by administrative policy",
        ),
    ] {
        let stand = stand(text, |_| {}).await;
        let mut client = stand.client().await;
        let (found, _, told) = told(&client.get("/health").await);
        assert_eq!((found, told.as_str()), (status, message));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_says_who_its_client_is() {
    let files = Files::new();
    let stand = stand(Some(AUTHZ), |config| {
        files.configure(config);
        config.authentication = Authentication::Tls;
    })
    .await;
    let url = format!("https://localhost:{}/v1/data/demo/sum", stand.address.port());
    let answer = files.client(Some("a client")).get(&url).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "{\"result\":3}\n");
    let other = files.client(Some("another"));
    assert_eq!(other.get(&url).send().await.unwrap().status(), 401);
    let answer: Value =
        other.get(format!("{url}?show")).send().await.unwrap().json().await.unwrap();
    let input: Value = serde_json::from_str(answer["message"].as_str().unwrap()).unwrap();
    assert_eq!(input["identity"], "CN=another,O=Example");
    let certificate = &input["client_certificates"][0];
    assert_eq!(certificate["Subject"]["CommonName"], "another");
    assert_eq!(certificate["DNSNames"], json!(["localhost"]));
    assert!(certificate["Raw"].is_string() && certificate.get("URIStrings").is_none());
}
