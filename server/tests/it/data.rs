//! The data API, case by case against OPA's surface.

use crate::stand::Stand;
use serde_json::{Value, json};

const WARNING: &str =
    r#""warning":{"code":"api_usage_warning","message":"'input' key missing from the request"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_opas_to_the_byte() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let post = |path: &'static str, body: &'static str| (format!("POST {path}"), body);
    let get = |path: &'static str| (format!("GET {path}"), "");
    for ((head, body), expected) in [
        (
            post("/v1/data/demo/greeting", r#"{"input": {"name": "you"}}"#),
            r#"{"result":"hello, you"}"#.to_owned(),
        ),
        (
            post("/v1/data/demo/greeting/", r#"{"input": {"name": 1}}"#),
            r#"{"result":"hello, 1"}"#.to_owned(),
        ),
        // Undefined: 200 and no result.
        (post("/v1/data/demo/greeting", r#"{"input": {}}"#), "{}".to_owned()),
        (post("/v1/data/no/such", r#"{"input": 1}"#), "{}".to_owned()),
        // No input is a warning; null is one in the query only.
        (post("/v1/data/demo/sum", ""), format!(r#"{{"result":3,{WARNING}}}"#)),
        (post("/v1/data/demo/sum", "null"), format!(r#"{{"result":3,{WARNING}}}"#)),
        (post("/v1/data/demo/sum", r#"{"unput": 1}"#), format!(r#"{{"result":3,{WARNING}}}"#)),
        (post("/v1/data/demo/is_null", "{}"), format!(r#"{{{WARNING}}}"#)),
        (post("/v1/data/demo/is_null", r#"{"input": null}"#), format!(r#"{{{WARNING}}}"#)),
        (get("/v1/data/demo/is_null"), "{}".to_owned()),
        (get("/v1/data/demo/is_null?input=null"), r#"{"result":true}"#.to_owned()),
        (
            get("/v1/data/demo/greeting?input=%7B%22name%22%3A%22a+b%22%7D"),
            r#"{"result":"hello, a b"}"#.to_owned(),
        ),
        // Paths.
        (get("/v1/data/base/a%2Fb/0"), r#"{"result":10}"#.to_owned()),
        (get("/v1/data/base//a%2Fb/1/x%20y/"), r#"{"result":true}"#.to_owned()),
        (get("/v1/data/base/list/9"), "{}".to_owned()),
        (get("/v1/data/base/list?pretty"), "{\n  \"result\": [\n    1,\n    2\n  ]\n}".to_owned()),
        (get("/v1/data/base/list?pretty=false"), r#"{"result":[1,2]}"#.to_owned()),
        (get("/v1/data/base/list?explain=bogus&instrument=no"), r#"{"result":[1,2]}"#.to_owned()),
        // A builtin that fails is undefined.
        (get("/v1/data/demo/failing"), "{}".to_owned()),
    ] {
        let answer = client.ask(&head, &[], body).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, format!("{expected}\n").as_str()),
            "{head}"
        );
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_document_is_packages_and_data() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    for path in ["/v1/data", "/v1/data/"] {
        let body = client.post(path, r#"{"input": {"name": "x"}}"#).await.json();
        assert_eq!(body["result"]["demo"]["greeting"], "hello, x", "{path}: {body}");
        assert_eq!(body["result"]["demo"]["trusted"], json!([]), "{path}");
        assert_eq!(body["result"]["base"]["list"], json!([1, 2]), "{path}");
    }
    let body = client.get("/v1/data/base").await.json();
    assert_eq!(body["result"], json!({"a/b": [10, {"x y": true}], "list": [1, 2]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn yaml_is_read_where_the_content_type_says_so() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let yaml = ["Content-Type: application/x-yaml"];
    let head = "POST /v1/data/demo/greeting";
    let answer = client.ask(head, &yaml, "input:\n  name: you\n").await;
    assert_eq!(answer.body, "{\"result\":\"hello, you\"}\n");
    let answer = client.ask("POST /v1/data/demo/sum", &yaml, "").await;
    assert_eq!(answer.body, format!("{{\"result\":3,{WARNING}}}\n"));
    let (status, code, message) = client.ask(head, &yaml, "input: [").await.error();
    assert_eq!((status, code.as_str()), (400, "invalid_parameter"));
    assert_eq!(
        message,
        "body contains malformed input document: yaml: line 1: did not find expected node content"
    );
    let sum = "POST /v1/data/demo/sum";
    for body in ["# nothing", "null", "input: ~"] {
        let answer = client.ask(sum, &yaml, body).await;
        assert_eq!(answer.body, format!("{{\"result\":3,{WARNING}}}\n"), "{body}");
    }
    for (body, expected) in [
        ("[1]", "json: cannot unmarshal array into Go value of type types.alias"),
        ("input: .nan", "json: unsupported value: NaN"),
        ("subject: 5", "subject is number, and must be a string"),
    ] {
        let (status, _, message) = client.ask(sum, &yaml, body).await.error();
        let expected = format!("body contains malformed input document: {expected}");
        assert_eq!((status, message), (400, expected), "{body}");
    }
    let deep = format!("input: {}{}", "[".repeat(500), "]".repeat(500));
    let (_, _, message) = client.ask(sum, &yaml, &deep).await.error();
    assert!(message.ends_with("nested deeper than 128 levels"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_request_is_told_as_opa_tells_it() {
    let stand = Stand::with(|config, _| config.max_body_bytes = 100).await;
    let mut client = stand.client().await;
    let large = format!(r#"{{"input": "{}"}}"#, "x".repeat(100));
    let malformed = "body contains malformed input document: ";
    for (head, body, message) in [
        ("POST /v1/data/demo", "{\"input\": ", format!("{malformed}unexpected EOF")),
        (
            "POST /v1/data/demo",
            "[1]",
            format!("{malformed}json: cannot unmarshal array into Go value of type types.alias"),
        ),
        (
            "POST /v1/data/demo",
            "{\"input\": 1} x",
            format!("{malformed}invalid character 'x' looking for beginning of value"),
        ),
        (
            "POST /v1/data/demo",
            "{\"subject\": 1}",
            format!("{malformed}subject is number, and must be a string"),
        ),
        (
            "GET /v1/data/demo?input=%7B",
            "",
            "parameter contains malformed input document: unexpected EOF".to_owned(),
        ),
        ("GET /v1/data/%zz", "", "the path is not percent-encoded UTF-8".to_owned()),
        (
            "GET /v1/data/demo?input=%ff",
            "",
            "the query string is not percent-encoded UTF-8".to_owned(),
        ),
        ("GET /v1/data/a%22b", "", "invalid path: invalid ref term 'a\"b'".to_owned()),
        ("POST /v1/data/demo", &large, "request body too large".to_owned()),
    ] {
        let answer = client.ask(head, &[], body).await;
        assert_eq!(answer.error(), (400, "invalid_parameter".to_owned(), message), "{head} {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_that_fails_is_a_500_with_opas_codes() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let answer = client.post("/v1/data/demo/clash", r#"{"input": {"clash": true}}"#).await;
    let message = "error(s) occurred while evaluating query".to_owned();
    assert_eq!(answer.error(), (500, "internal_error".to_owned(), message.clone()));
    let body = answer.json();
    assert_eq!(body["errors"][0]["code"], "eval_conflict_error");
    assert_eq!(body["errors"][0]["location"]["file"], "demo.rego", "{body}");

    let answer = client.get("/v1/data/demo/failing?strict-builtin-errors").await;
    assert_eq!(answer.error(), (500, "internal_error".to_owned(), message));
    assert_eq!(answer.json()["errors"][0]["code"], "eval_builtin_error");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_provenance_are_told_when_asked_for() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let path = "/v1/data/demo/sum?metrics&provenance=TRUE";
    let body = client.post(path, r#"{"input": 1}"#).await.json();
    assert_eq!(body["result"], 3);
    let timers: Vec<&String> = body["metrics"].as_object().unwrap().keys().collect();
    assert_eq!(
        timers,
        [
            "counter_server_query_cache_hit",
            "timer_rego_input_parse_ns",
            "timer_rego_query_compile_ns",
            "timer_rego_query_eval_ns",
            "timer_server_handler_ns"
        ]
    );
    assert!(body["metrics"]["timer_rego_query_eval_ns"].as_u64().unwrap() > 0);
    assert_eq!(body["provenance"]["revision"], "r1");
    assert_eq!(body["provenance"]["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_subject_the_facts_are_the_input() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let subject = stand.reference("signed-one");
    let body = json!({"subject": subject, "input": {"team": "a"}}).to_string();
    let answer = client.post("/v1/data/demo/echo", &body).await.json();
    assert_eq!(answer["result"]["facts_version"], 1, "{answer}");
    assert_eq!(answer["result"]["request"]["reference"], json!(subject));
    assert_eq!(answer["result"]["request"]["parameters"], json!({"team": "a"}));
    assert_eq!(answer["result"]["signatures"][0]["trusted"], true);
    assert_eq!(answer["warning"], Value::Null, "there is an input");

    let answer = client.get(&format!("/v1/data/demo/trusted?subject={subject}")).await;
    assert_eq!(answer.body, "{\"result\":[0]}\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_that_cannot_be_had_is_an_error_and_not_undefined() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let absent = format!("{}/team/absent:1", stand.registry.host());
    let answer = client.post("/v1/data/demo", &json!({"subject": absent}).to_string()).await;
    let message = "the facts about the subject could not be gathered".to_owned();
    assert_eq!(answer.error(), (502, "subject_unresolved".to_owned(), message));
    assert_eq!(answer.json()["errors"][0]["code"], "not_found");

    let answer = client.post("/v1/data/demo", r#"{"subject": "https://a/b"}"#).await;
    let message = "subject: a reference has no scheme: found \"https://\"".to_owned();
    assert_eq!(answer.error(), (400, "invalid_parameter".to_owned(), message));
    assert_eq!(answer.json()["errors"][0]["code"], "invalid_reference");

    let body = json!({"subject": stand.reference("signed-one"), "input": [1]}).to_string();
    let message =
        "beside a subject, `input` must be an object: it becomes input.request.parameters";
    let answer = client.post("/v1/data/demo", &body).await;
    assert_eq!(answer.error(), (400, "invalid_parameter".to_owned(), message.to_owned()));
}
