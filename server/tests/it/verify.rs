//! `POST /v1/verify`: what is decided, and what is refused.

use crate::stand::Stand;
use serde_json::{Value, json};

fn verdicts(body: &Value) -> Vec<&str> {
    let decisions = body["decisions"].as_array().unwrap();
    decisions.iter().map(|decision| decision["verdict"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_artifact_is_allowed_and_the_decision_carries_its_number() {
    let stand = Stand::new().await;
    let reference = stand.reference("signed-one");
    let answer = stand.client().await.verify(&json!({"reference": reference})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    let decision = &body["decisions"][0];
    assert_eq!(decision["verdict"], "allow", "{body}");
    assert_eq!(decision["reference"], json!(reference));
    assert_eq!(decision["policy"]["revision"], "r1");
    assert_eq!(decision["facts"], Value::Null, "facts are told only when asked for");
    assert_eq!(answer.header("referee-decision-id"), decision["decision_id"].as_str());
    assert!(answer.body.ends_with("}]}\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_come_with_the_decision_when_asked_for() {
    let stand = Stand::new().await;
    let body = json!({"reference": stand.reference("signed-one"), "facts": true,
        "namespace": "prod", "parameters": {"a": [1]}, "deadline_ms": 9000});
    let body = stand.client().await.verify(&body).await.json();
    let facts = &body["decisions"][0]["facts"];
    assert_eq!(facts["facts_version"], 1);
    assert_eq!(facts["signatures"][0]["status"], "trusted");
    assert_eq!(facts["request"]["namespace"], "prod");
    assert_eq!(facts["request"]["parameters"], json!({"a": [1]}));
    let deadline = facts["request"]["deadline_ms"].as_u64().unwrap();
    assert!((8_000..=9_000).contains(&deadline), "{deadline}");
    assert_eq!(body["decisions"][0]["warnings"][0]["message"], "asked for prod");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_artifact_is_denied_with_the_policys_reason() {
    let stand = Stand::new().await;
    let body = json!({"reference": stand.reference("unsigned")});
    let answer = stand.client().await.verify(&body).await;
    let body = answer.json();
    assert_eq!((answer.status, verdicts(&body)), (200, vec!["deny"]));
    let reason = &body["decisions"][0]["reasons"][0];
    assert_eq!((&reason["code"], &reason["rule"]), (&json!("unsigned"), &json!("data.demo.deny")));
    assert_eq!(body["decisions"][0]["retryable"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_that_is_not_there_is_an_error() {
    let stand = Stand::new().await;
    let body = json!({"reference": format!("{}/team/absent:1", stand.registry.host())});
    let answer = stand.client().await.verify(&body).await;
    let body = answer.json();
    assert_eq!((answer.status, verdicts(&body)), (200, vec!["error"]));
    assert_eq!(body["decisions"][0]["reasons"][0]["code"], "not_found");
    assert_eq!(body["decisions"][0]["subject"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_stand_in_the_order_asked_and_a_bad_reference_fails_only_itself() {
    let stand = Stand::new().await;
    let references = [
        stand.reference("unsigned"),
        "registry.example/UPPER/case:1".to_owned(),
        stand.reference("signed-one"),
        "oci-layout:/etc".to_owned(),
        stand.reference("unsigned"),
        "line\nfeed\u{1b}[31m".to_owned(),
    ];
    let answer = stand.client().await.verify(&json!({"references": references})).await;
    let body = answer.json();
    assert_eq!(verdicts(&body), ["deny", "error", "allow", "error", "deny", "error"]);
    assert_eq!(answer.header("referee-decision-id"), None, "there are several");
    let codes: Vec<_> = [1, 3, 5]
        .map(|at: usize| body["decisions"][at]["reasons"][0]["code"].as_str().unwrap())
        .to_vec();
    assert_eq!(codes, ["invalid_reference", "layout_not_allowed", "invalid_reference"]);
    for (position, reference) in references.iter().enumerate() {
        assert_eq!(body["decisions"][position]["reference"], json!(reference));
    }
    assert_eq!(body["decisions"][1]["retryable"], false);
    assert!(body["decisions"][1]["decision_id"].as_str().is_some_and(|id| id.len() == 36));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_policy_rules_and_an_unknown_one_is_refused() {
    let stand = Stand::new().await;
    let reference = stand.reference("signed-one");
    let mut client = stand.client().await;
    for (policy, verdict) in [("strict", "deny"), ("default", "allow")] {
        let body = json!({"reference": reference, "policy": policy});
        assert_eq!(verdicts(&client.verify(&body).await.json()), [verdict]);
    }
    let answer = client.verify(&json!({"reference": reference, "policy": "strikt"})).await;
    let expected = (400, "unknown_policy".to_owned(), "there is no policy \"strikt\"".to_owned());
    assert_eq!(answer.error(), expected);
    assert_eq!(answer.json()["hint"], "the policies here are: default, strict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_wrong_is_refused_with_what_is_wrong_and_where() {
    let stand = Stand::with(|config, _| {
        config.max_batch = 2;
        config.expose_facts = false;
    })
    .await;
    let mut client = stand.client().await;
    let invalid = |message: &str| (400, "invalid_parameter".to_owned(), message.to_owned());
    for (body, expected) in [
        (
            r#"{"paramaters": {}}"#,
            invalid("body: unknown field `paramaters`, did you mean `parameters`?"),
        ),
        ("{", invalid("request: body: EOF while parsing an object at line 1 column 1")),
        ("", invalid("request: body: EOF while parsing a value at line 1 column 0")),
        (r#"["a/b"]"#, invalid("request: body: it must be an object")),
        (
            r#"{"reference": 5}"#,
            invalid("body: reference: invalid type: integer `5`, expected a string"),
        ),
        (
            r#"{"references": ["a", 5]}"#,
            invalid("body: references[1]: invalid type: integer `5`, expected a string"),
        ),
        ("{}", invalid("the body must have one of `reference` and `references`, and not both")),
        (
            r#"{"reference": "a", "references": ["b"]}"#,
            invalid("the body must have one of `reference` and `references`, and not both"),
        ),
        (r#"{"references": []}"#, invalid("`references` is empty")),
        (
            r#"{"references": ["a", "b", "c"]}"#,
            invalid("3 references are more than the 2 of one request"),
        ),
        (
            r#"{"reference": "a", "deadline_ms": 0}"#,
            invalid(
                "deadline_ms: \"0ms\" is not a duration greater than zero, such as 2.5, 3s or 1500ms",
            ),
        ),
        (
            r#"{"reference": "a", "facts": true}"#,
            (403, "facts_not_exposed".to_owned(), "this server does not hand out facts".to_owned()),
        ),
    ] {
        assert_eq!(client.post("/v1/verify", body).await.error(), expected, "{body}");
    }
    let answer = client.post("/v1/verify", r#"{"paramaters": {}}"#).await.json();
    assert_eq!(answer["errors"][0]["code"], "unknown_field");
    assert_eq!(
        answer["hint"],
        "the fields here are: reference, references, policy, namespace, parameters, facts, deadline_ms"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pretty_and_a_trailing_slash_are_understood() {
    let stand = Stand::new().await;
    let body = json!({"reference": stand.reference("signed-one")}).to_string();
    let answer = stand.client().await.post("/v1/verify/?pretty", &body).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.starts_with("{\n  \"decisions\": ["), "{}", answer.body);
}
