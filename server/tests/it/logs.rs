//! What is logged, and what never is.

use crate::stand::Stand;
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_rulings_are_logged_without_bodies_headers_or_raw_user_text() {
    let lines = Lines::default();
    let writer = lines.clone();
    // For the whole process: the server logs from threads of its own. The other tests log into
    // it as well, so only lines with marks of this test are looked at.
    tracing_subscriber::fmt()
        .with_env_filter("referee_server=trace,referee_engine=trace")
        .json()
        .with_writer(move || writer.clone())
        .init();
    let stand = Stand::new().await;
    let reference = "logged-mark\nforged: line\u{1b}[31m";
    let body = json!({"reference": reference, "parameters": {"token": "body-mark"}}).to_string();
    let answer = stand
        .client()
        .await
        .ask("POST /v1/verify?secret=query-mark", &["Authorization: Bearer header-mark"], &body)
        .await;
    let id = answer.header("referee-decision-id").unwrap().to_owned();

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for mark in ["body-mark", "query-mark", "header-mark"] {
        assert!(!text.contains(mark), "{mark}");
    }
    let ours: Vec<Value> = text
        .lines()
        .filter(|line| line.contains(&id))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [ruled, answered] = ours.as_slice() else { panic!("{ours:?}") };
    assert_eq!(ruled["target"], "referee_server::decision");
    assert_eq!(ruled["fields"]["reference"], "\"logged-mark\\nforged: line\\u{1b}[31m\"");
    assert_eq!(ruled["fields"]["verdict"], "error");
    assert_eq!(ruled["fields"]["reason"], "invalid_reference");
    assert_eq!(answered["target"], "referee_server::access");
    let fields = &answered["fields"];
    assert_eq!(fields["route"], "/v1/verify");
    assert_eq!((&fields["status"], &fields["error"]), (&json!(200), &json!(1)));
    assert_eq!(fields["decisions"], id);
    assert_eq!((&fields["method"], &fields["path"]), (&json!("POST"), &json!("/v1/verify")));
    assert!(fields["req_id"].as_u64().is_some_and(|number| number > 0), "{fields}");
    assert!(fields["requested_by"].as_str().unwrap().starts_with("127.0.0.1:"), "{fields}");

    // One that decides nothing, and whose path is text of a caller.
    let path = "/v1/data/path-mark/%0Aforged%1B/a%2Fb";
    stand.client().await.get(&format!("{path}?input=%22query-mark%22")).await;
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("query-mark"));
    let line = text.lines().find(|line| line.contains("path-mark") && line.contains("::access"));
    let answered: Value = serde_json::from_str(line.unwrap()).unwrap();
    let fields = &answered["fields"];
    assert_eq!((&fields["method"], &fields["path"]), (&json!("GET"), &json!(path)));
    assert_eq!(fields.get("decisions"), None, "{fields}");
}
