//! OPA's REST API beyond questions: policies and data that change, and what the server says of
//! itself.

use crate::stand::{Stand, policy, serve};
use referee_server::state::{Change, WriteError};
use referee_server::{
    DecisionEvent, DecisionOutcome, DecisionSink, DecisionSubject, PluginState, Server,
    ServerConfig, Writes,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_put_shown_and_taken_away() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let listed = client.get("/v1/policies").await.json();
    assert_eq!(listed["result"][0]["id"], "demo.rego", "{listed}");
    assert_eq!(listed["result"].as_array().unwrap().len(), 1, "the library is not among them");
    let text = "package extra\n\np := \"<\" if input.x > 1\n";
    for expected in ["{}\n", "{}\n"] {
        let answer = client.ask("PUT /v1/policies/a/b%20c", &[], text).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, expected));
    }
    let shown = client.get("/v1/policies/a/b%20c").await;
    let start = r#"{"result":{"id":"a/b c","raw":"package extra\n\np := \"\u003c\" if input.x \u003e 1\n","ast":{"package":{"path":[{"type":"var","value":"data"},"#;
    assert!(shown.body.starts_with(start), "{}", shown.body);
    let answer = client.post("/v1/data/extra/p", r#"{"input": {"x": 2}}"#).await;
    assert_eq!(answer.body, "{\"result\":\"\\u003c\"}\n");
    let metrics = client.ask("DELETE /v1/policies/a/b%20c?metrics", &[], "").await.json();
    assert!(metrics["metrics"]["timer_rego_module_compile_ns"].is_u64(), "{metrics}");
    let (status, code, message) = client.get("/v1/policies/a/b%20c").await.error();
    let expected = "storage_not_found_error: policy id \"a/b c\"";
    assert_eq!((status, code.as_str(), message.as_str()), (404, "resource_not_found", expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_about_a_type_without_end_is_short() {
    let stand = Stand::new().await;
    let doubled: Vec<String> = (0..300).map(|at| format!("x{} = [x{at}, x{at}]", at + 1)).collect();
    let policy =
        |used: &str| format!("package e\np if {{ x0 = 1; {}; {used} }}", doubled.join("; "));
    let mut client = stand.client().await;
    for (used, message) in [
        ("x250 = 1", "match error"),
        ("x250.a", "undefined ref: x250.a"),
        ("x250[0].a.b", "undefined ref: x250[0].a.b"),
        ("startswith(x250, x250)", "startswith: invalid argument(s)"),
    ] {
        let answer = client.ask("PUT /v1/policies/e", &[], &policy(used)).await;
        let error = &answer.json()["errors"][0];
        assert_eq!((answer.status, &error["message"]), (400, &json!(message)), "{used}");
        assert!(answer.body.len() < 1_500, "{used}: {}", answer.body);
    }
    let answer = client.ask("PUT /v1/policies/e", &[], &policy("x1 = 1")).await;
    let number = json!({"type": "number"});
    let details = json!({"a": {"type": "array", "static": [number, number]}, "b": number});
    assert_eq!(answer.json()["errors"][0]["details"], details);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_none_is_refused_with_places_and_changes_nothing() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let answer = client.ask("PUT /v1/policies/e", &[], "package e\np { true }").await;
    let message = "error(s) occurred while compiling module(s)".to_owned();
    assert_eq!(answer.error(), (400, "invalid_parameter".to_owned(), message.clone()));
    assert_eq!(
        answer.json()["errors"],
        json!([{"code": "rego_parse_error", "message": "`if` keyword is required before rule body",
                "location": {"file": "e", "row": 2, "col": 1}}])
    );
    let answer = client.ask("PUT /v1/policies/e", &[], " ").await;
    let empty = "e:0: rego_parse_error: empty module".to_owned();
    assert_eq!(answer.error(), (400, "invalid_parameter".to_owned(), empty));
    client.ask("PUT /v1/policies/f", &[], "package f\ng(x) := x").await;
    client.ask("PUT /v1/policies/u", &[], "package u\np := data.f.g(1)").await;
    let answer = client.ask("DELETE /v1/policies/f", &[], "").await;
    assert_eq!(answer.error(), (400, "invalid_operation".to_owned(), message));
    assert_eq!(answer.json()["errors"][0]["message"], "undefined function data.f.g");
    assert_eq!(client.get("/v1/data/u").await.body, "{\"result\":{\"p\":1}}\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn data_is_put_patched_and_taken_away() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    for (head, headers, body, status, told) in [
        ("PUT /v1/data/x/y", &[][..], "{\"z\": [1]}", 204, ""),
        ("PUT /v1/data/x/y", &["If-None-Match: *"][..], "5", 304, ""),
        ("PATCH /v1/data/x", &[][..], r#"[{"op": "add", "path": "/y/z/-", "value": 2}]"#, 204, ""),
        ("PATCH /v1/data/x", &[][..], r#"[{"op": "move"}]"#, 400, "bad patch operation: move"),
        (
            "PATCH /v1/data/x",
            &[][..],
            r#"[{"op": "remove", "path": "/y"}, {"op": "remove", "path": "/no"}]"#,
            404,
            "storage_not_found_error: document does not exist",
        ),
        ("PUT /v1/data/x/y/z/q", &[][..], "1", 404, "storage_write_conflict_error: /x/y/z"),
        (
            "PUT /v1/data/demo/sum",
            &[][..],
            "1",
            400,
            "1 error occurred: demo.rego:31: rego_compile_error: conflicting rule for data path demo/sum found",
        ),
        ("PUT /v1/data", &[][..], "5", 400, "storage_invalid_patch_error: root must be object"),
        ("PUT /v1/data/x", &[][..], "{", 400, "unexpected EOF"),
        (
            "DELETE /v1/data/x/no",
            &[][..],
            "",
            404,
            "storage_not_found_error: document does not exist",
        ),
    ] {
        let answer = client.ask(head, headers, body).await;
        let message = if told.is_empty() { String::new() } else { answer.error().2 };
        assert_eq!((answer.status, message.as_str()), (status, told), "{head} {body}");
    }
    assert_eq!(client.get("/v1/data/x").await.body, "{\"result\":{\"y\":{\"z\":[1,2]}}}\n");
    let answer = client.ask("DELETE /v1/data/x?metrics", &[], "").await;
    assert!(answer.json()["metrics"]["timer_server_handler_ns"].is_u64());
    assert_eq!(client.get("/v1/data/x").await.body, "{}\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_writes_are_refused_nothing_changes() {
    for (writes, hint) in [
        (Writes::Refuse, "set server.writes to `allow` or `auto`"),
        (Writes::Auto, "it listens on an address that others reach"),
    ] {
        let stand = Stand::with(|config, _| {
            config.writes = writes;
            if writes == Writes::Auto {
                config.listen = vec![std::net::SocketAddr::from(([0, 0, 0, 0], 0)).into()];
            }
        })
        .await;
        let mut client = stand.client().await;
        for head in [
            "PUT /v1/policies/x",
            "DELETE /v1/policies/demo.rego",
            "PUT /v1/data/x",
            "PATCH /v1/data/base",
            "DELETE /v1/data/base",
        ] {
            let answer = client.ask(head, &[], "[]").await;
            let message = "this server takes no changes of policies and data over its API";
            let expected = (403, "writes_refused".to_owned(), message.to_owned());
            assert_eq!(answer.error(), expected, "{head}");
            assert!(answer.json()["hint"].as_str().unwrap().starts_with(hint), "{answer:?}");
        }
        assert_eq!(client.get("/v1/data/base/list").await.body, "{\"result\":[1,2]}\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ruling_is_by_the_policy_that_is_in_force() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let asked = json!({"reference": stand.reference("signed-one")});
    let before = client.verify(&asked).await.json();
    assert_eq!(before["decisions"][0]["verdict"], "allow", "{before}");
    assert_eq!(before["decisions"][0]["policy"]["revision"], "r1");
    let text = "package demo\n\ndeny contains {\"code\": \"frozen\", \"message\": \"no\"}\n";
    assert_eq!(client.ask("PUT /v1/policies/freeze", &[], text).await.status, 200);
    let after = client.verify(&asked).await.json();
    assert_eq!(after["decisions"][0]["verdict"], "deny", "{after}");
    assert_eq!(after["decisions"][0]["reasons"][0]["code"], "frozen");
    let revision = after["decisions"][0]["policy"]["revision"].as_str().unwrap();
    assert!(revision.len() == 12 && revision != "r1", "{revision}");
    for id in ["freeze", "demo.rego"] {
        client.ask(&format!("DELETE /v1/policies/{id}"), &[], "").await;
    }
    let gone = client.verify(&asked).await;
    let message = "the policy of this server cannot rule any more".to_owned();
    assert_eq!(gone.error(), (500, "policy_undefined".to_owned(), message));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_policy_answers_until_it_is_asked_to_rule() {
    let stand = serve(None, |server| server).await;
    let mut client = stand.client().await;
    assert_eq!(client.get("/v1/data").await.body, "{\"result\":{}}\n");
    assert_eq!(client.get("/v1/policies").await.body, "{\"result\":[]}\n");
    let message = "this server has no policy of its own, and the request names none".to_owned();
    let answer = client.verify(&json!({"reference": "registry.example/a:1"})).await;
    assert_eq!(answer.error(), (400, "no_policy".to_owned(), message));
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_answered_and_refused_as_opa_does() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let answer = client.get("/v1/query?q=data.base.list%5Bi%5D%20%3D%20x").await;
    assert_eq!(answer.body, "{\"result\":[{\"i\":0,\"x\":1},{\"i\":1,\"x\":2}]}\n");
    let body = r#"{"query": "input.a = x; x > 1", "input": {"a": 2}}"#;
    assert_eq!(client.post("/v1/query", body).await.body, "{\"result\":[{\"x\":2}]}\n");
    assert_eq!(client.get("/v1/query?q=data.nothing").await.body, "{}\n");
    for (path, status, code, message) in [
        ("/v1/query", 400, "invalid_parameter", "missing parameter 'q'"),
        ("/v1/query?q=", 500, "internal_error", "cannot evaluate empty query"),
        (
            "/v1/query?q=x%20%3A%3D",
            400,
            "invalid_parameter",
            "error(s) occurred while parsing query",
        ),
        (
            "/v1/query?q=x%20%3E%201",
            400,
            "invalid_parameter",
            "error(s) occurred while compiling query",
        ),
        (
            "/v1/query?q=http.send(%7B%7D)",
            400,
            "invalid_parameter",
            "error(s) occurred while compiling query",
        ),
    ] {
        let (found, told, said) = client.get(path).await.error();
        assert_eq!((found, told.as_str(), said.as_str()), (status, code, message), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v0_answers_the_bare_value() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let answer = client.post("/v0/data/demo/greeting", r#"{"name": "you"}"#).await;
    assert_eq!(answer.body, "\"hello, you\"\n");
    let undefined = |kind: &str, path: &str| {
        (404, "undefined_document".to_owned(), format!("document {kind}: {path}"))
    };
    let answer = client.post("/v0/data/demo/greeting", "{}").await;
    assert_eq!(answer.error(), undefined("undefined", "data.demo.greeting"));
    let answer = client.post("/v0/data/no/x-y/0", "{}").await;
    assert_eq!(answer.error(), undefined("missing", "data.no[\"x-y\"][0]"));
    assert_eq!(client.post("/", "{}").await.error(), undefined("missing", "data.system.main"));
    client.ask("PUT /v1/policies/main", &[], "package system\nmain := {\"got\": input}").await;
    assert_eq!(client.post("/", "[1]").await.body, "{\"got\":[1]}\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_asks_the_parts_and_the_policy() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    for path in ["/health", "/health?bundles&plugins", "/health/"] {
        let answer = client.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}\n"), "{path}");
    }
    let plugins = stand.server.plugins();
    plugins.set("bundle", PluginState::NotReady, "");
    plugins.set("status", PluginState::Error, "it broke");
    for (path, told) in [
        ("/health?bundle", "one or more bundles are not activated"),
        ("/health?plugins&exclude-plugin=bundle", "one or more plugins are not up"),
        ("/health/live", "health check (data.system.health.live) was undefined"),
    ] {
        let answer = client.get(path).await;
        let expected = format!("{{\"error\":\"{told}\"}}\n");
        assert_eq!((answer.status, answer.body), (500, expected), "{path}");
    }
    let both = client.get("/health?plugins&exclude-plugin=bundle&exclude-plugin=status").await;
    assert_eq!(both.status, 200);
    let text = "package system.health\nlive if input.plugin_state.status == \"ERROR\"\n\
                ready if input.plugins_ready\nodd := 5\n";
    client.ask("PUT /v1/policies/health", &[], text).await;
    assert_eq!(client.get("/health/live").await.body, "{}\n");
    assert_eq!(client.get("/health/ready").await.status, 500);
    let odd = client.get("/health/odd").await.body;
    assert_eq!(
        odd,
        "{\"error\":\"health check (data.system.health.odd) returned unexpected value\"}\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_of_itself_what_opa_says() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let config = client.get("/v1/config").await.json();
    assert_eq!(config["result"]["default_decision"], "/system/main");
    assert_eq!(config["result"]["labels"]["version"], env!("CARGO_PKG_VERSION"));
    let expected = (500, "internal_error".to_owned(), "status plugin not enabled".to_owned());
    assert_eq!(client.get("/v1/status").await.error(), expected);
    let page = client.get("/").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.body.contains("<form"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_come_and_go_under_gzip() {
    use std::io::Write as _;
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let text = format!(r#"{{"input": {{"name": "{}"}}}}"#, "n".repeat(2_000));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let head = format!(
        "POST /v1/data/demo/greeting HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    );
    client.send(head.as_bytes()).await;
    client.send(&packed).await;
    let answer = client.answer().await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body.len(), r#"{"result":"hello, "}"#.len() + 2_000 + 1);
    assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
    let headers = ["Accept-Encoding: br, gzip"];
    let answer = client.ask("POST /v1/data/demo/greeting", &headers, &text).await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    for (body, told) in [("xx", "unexpected EOF"), (text.as_str(), "gzip: invalid header")] {
        let answer = client.ask("POST /v1/data/demo", &["Content-Encoding: gzip"], body).await;
        let (status, _, message) = answer.error();
        let told = format!("could not decompress the body: {told}");
        assert_eq!((status, message), (400, told), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_inputs_are_answered_at_once_and_a_preview_leaves_nothing() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let body = r#"{"inputs": {"a": {"name": "a"}, "b": {}}, "common_input": {"x": 1}}"#;
    let answer = client.post("/v1/batch/data/demo/greeting", body).await;
    assert_eq!(answer.body, "{\"responses\":{\"a\":{\"result\":\"hello, a\"},\"b\":{}}}\n");
    let body = r#"{"inputs": {"a": {"clash": true}, "b": {}}}"#;
    let mixed = client.post("/v1/batch/data/demo/clash", body).await;
    assert_eq!(mixed.status, 207);
    let mixed = mixed.json();
    assert_eq!(mixed["responses"]["a"]["code"], "internal_error");
    assert_eq!(mixed["responses"]["a"]["http_status_code"], "500");
    assert_eq!(mixed["responses"]["b"], json!({"http_status_code": "200"}));
    let all =
        client.post("/v1/batch/data/demo/clash", r#"{"inputs": {"a": {"clash": true}}}"#).await;
    assert_eq!(all.status, 500);

    let body = r#"{"rego_modules": {"m": "package m\np := data.base.list[0] + data.y"}, "data": {"y": 4}}"#;
    assert_eq!(client.post("/v0/preview/m/p", body).await.body, "{\"result\":5}\n");
    let body = r#"{"rego_modules": {"m": "package m\np := 1"}, "rego": "x := data"}"#;
    let sandboxed = client.post("/v0/preview?sandbox", body).await.body;
    assert_eq!(sandboxed, "{\"result\":[{\"x\":{\"m\":{\"p\":1}}}]}\n");
    assert_eq!(client.get("/v1/data/m").await.body, "{}\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_is_explained_step_by_step() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    client.ask("PUT /v1/policies/t", &[], "package t\np if { input.x; trace(\"seen\") }").await;
    let told = client.post("/v1/data/t/p?explain=notes&pretty", r#"{"input": {"x": 1}}"#).await;
    assert_eq!(
        told.json()["explanation"],
        json!([
            "query:1     Enter data.t.p = _",
            "t:2         | Enter data.t.p",
            "t:2         | | Note \"seen\""
        ])
    );
    let told = client.post("/v1/data/t/p?explain=full", r#"{"input": {"x": 1}}"#).await.json();
    let first = &told["explanation"][0];
    assert_eq!((&first["op"], &first["type"]), (&json!("enter"), &json!("body")));
    assert_eq!(first["node"][0]["terms"][2], json!({"type": "var", "value": "$term1"}));
    let undefined = client.post("/v1/data/t/p?explain=notes", "{\"input\": {}}").await.json();
    assert_eq!(undefined, json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_that_is_cut_says_so() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let policy = "package long\nn := count([1 | input.a[_]; input.a[_]])";
    client.ask("PUT /v1/policies/long", &[], policy).await;
    let input = json!({"input": {"a": (0..300).collect::<Vec<_>>()}}).to_string();
    let cut = "explanation cut: there are more steps than are told";
    let lines = client.post("/v1/data/long/n?explain=full&pretty", &input).await.json();
    let lines = lines["explanation"].as_array().unwrap();
    assert_eq!(lines.len(), 200_001);
    let last = lines[200_000].as_str().unwrap();
    assert!(last.ends_with(&format!("Note \"{cut}\"")), "{last}");
    // Items are longer, so that there are fewer of them.
    let items = client.post("/v1/data/long/n?explain=full", &input).await.json();
    let items = items["explanation"].as_array().unwrap();
    assert!((1_000..200_001).contains(&items.len()), "{}", items.len());
    assert_eq!(items[items.len() - 1]["message"], json!(cut));
}

/// Keeps what it is told.
#[derive(Debug, Default)]
struct Kept(Mutex<Vec<DecisionEvent>>);

impl DecisionSink for Kept {
    fn record(&self, event: DecisionEvent) {
        self.0.lock().unwrap().push(event);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_told_to_the_log_with_the_id_that_the_caller_has() {
    let kept = Arc::new(Kept::default());
    let sink: Arc<dyn DecisionSink> = kept.clone();
    let stand =
        serve(Some(policy(crate::stand::POLICY)), |server| server.with_decision_sink(sink)).await;
    let mut client = stand.client().await;
    let asked = r#"{"input": 7, "com.example/ticket": {"n": 1}, "Input": 8}"#;
    let body = client.post("/v1/data/demo/sum", asked).await.json();
    client.post("/v1/data/demo/clash", r#"{"input": {"clash": true}}"#).await;
    client.get("/v1/query?q=x%3D%201%20%23%20one").await;
    for (query, status) in
        [("x := 1; y = \"a\" > 2", 200), ("nobody(1)", 400), ("x = ", 400), ("# x", 500)]
    {
        let asked = json!({ "query": query }).to_string();
        assert_eq!(client.post("/v1/query", &asked).await.status, status, "{query}");
    }
    client.post("/v1/data/demo/sum?instrument", "{}").await;
    let events = kept.0.lock().unwrap();
    let [sum, clash, query, bound, undefined, empty, measured] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(bound.subject, DecisionSubject::Query("assign(x, 1); y = gt(\"a\", 2)".into()));
    assert_eq!(undefined.subject, DecisionSubject::Query("nobody(1)".into()));
    assert_eq!(empty.subject, DecisionSubject::Query(String::new()));
    for refused in [undefined, empty] {
        assert!(matches!(&refused.outcome, DecisionOutcome::Error(_)));
        assert!(!refused.metrics.contains_key("timer_rego_query_eval_ns"));
    }
    assert!(sum.measures.histograms.is_empty());
    assert!(measured.measures.histograms.contains_key("histogram_eval_op_plug"));
    assert_eq!(body["decision_id"], sum.decision_id.as_str());
    assert_eq!(sum.subject, DecisionSubject::Path("demo/sum".into()));
    assert_eq!(sum.input.as_ref().unwrap().to_json_string(), "7");
    assert!(
        matches!(&sum.outcome, DecisionOutcome::Result(value) if value.to_json_string() == "3")
    );
    let custom = sum.custom.as_ref().unwrap().to_json_string();
    assert_eq!(custom, r#"{"request_metadata":{"Input":8,"com.example/ticket":{"n":1}}}"#);
    assert_eq!((&clash.custom, &query.custom), (&None, &None));
    assert!(sum.requested_by.as_ref().unwrap().starts_with("127.0.0.1:"));
    assert!(sum.metrics.contains_key("timer_rego_query_eval_ns"));
    let DecisionOutcome::Error(error) = &clash.outcome else { panic!("{clash:?}") };
    assert_eq!(error.to_json()["code"], "internal_error");
    assert_eq!(query.subject, DecisionSubject::Query("x = 1".into()));
    assert_eq!((sum.request_id, query.request_id), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_the_revision_that_it_began_with() {
    let stand = Stand::new().await;
    let mut client = stand.client().await;
    let state = Arc::clone(stand.server.state());
    let old = state.current();
    let change = state.change(|next| -> Result<bool, WriteError> {
        next.put_data(&["base".to_owned(), "list".to_owned()], referee_rego::Value::null())?;
        Ok(true)
    });
    assert!(matches!(change.await, Change::Done(revision) if revision.number() == 2));
    assert_eq!(client.get("/v1/data/base/list").await.body, "{\"result\":null}\n");
    assert_eq!(old.data().to_json()["base"]["list"], json!([1, 2]));
    let config = ServerConfig::default();
    let named = BTreeMap::from([("default".to_owned(), policy(crate::stand::POLICY))]);
    let refused = Server::new(config, stand.engine.clone(), None, named).unwrap_err().to_string();
    assert!(refused.starts_with("a policy is named `default`"), "{refused}");
}
