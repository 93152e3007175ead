//! What status tells, and to whom.

use crate::collector::{Collector, within};
use crate::stand::Stand;
use serde_json::{Value, json};

const POLICY: &str = "package demo\n\necho := input.n\n";

#[tokio::test(flavor = "multi_thread")]
async fn status_is_posted_when_something_changes_and_tells_why_logs_do_not_arrive() {
    let (logs, collector) = (Collector::start().await, Collector::start().await);
    logs.refuse(Some(503));
    let config = format!(
        "services: {{c: {{url: 'http://{}'}}, l: {{url: 'http://{}'}}}}\n\
         labels: {{app: demo}}\n\
         decision_logs: {{service: l, reporting: {{min_delay_seconds: 0, max_delay_seconds: 0}}}}\n\
         status: {{service: c, partition_name: part, console: true, prometheus: true}}\n",
        collector.address, logs.address
    );
    let stand = Stand::start(&[("p.rego", POLICY)], &config).await;
    stand.ask("demo/echo", json!({"n": 1})).await;
    let updates = |wanted: fn(&Value) -> bool| {
        let mut found = collector.arrived("/status/part").into_iter().map(|arrived| arrived.json);
        found.rfind(wanted)
    };
    let failing = within(|| updates(|update| update["decision_logs"]["http_code"] == 503)).await;
    assert_eq!(failing["decision_logs"]["code"], "decision_log_error");
    assert_eq!(
        failing["decision_logs"]["message"],
        "log upload failed, server replied with HTTP 503 Service Unavailable"
    );
    assert_eq!(failing["labels"]["app"], "demo");
    assert_eq!(failing["labels"]["id"], "the-id");
    let plugins = json!({
        "decision_logs": {"state": "OK"}, "discovery": {"state": "OK"}, "status": {"state": "OK"},
    });
    assert_eq!(failing["plugins"], plugins);
    assert_eq!(failing["metrics"]["prometheus"]["opa_info"]["type"], "GAUGE");

    logs.refuse(None);
    logs.wait_for("/logs", 1).await;
    within(|| {
        updates(|update| {
            update["decision_logs"]["metrics"]["counter_referee_decision_logs_uploaded"] == 1
        })
        .filter(|update| update["decision_logs"].get("code").is_none())
    })
    .await;

    let text = stand.get("/v1/status").await;
    // In OPA's order.
    assert!(text.starts_with(r#"{"result":{"labels":{"app":"demo","id":"#), "{text}");
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown["result"]["plugins"], plugins);
    let family = &shown["result"]["metrics"]["prometheus"]["http_request_duration_seconds"];
    assert_eq!(family["type"], "HISTOGRAM");
    let metrics = stand.get("/metrics").await;
    for line in [
        "plugin_status_gauge{name=\"decision_logs\",status=\"OK\"} 1",
        "referee_decision_logs_uploaded_total 1",
        "# HELP plugin_status_gauge Gauge for the plugin by status.",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    let lines = stand.console.lines();
    assert_eq!(lines[0]["type"], "openpolicyagent.org/status");
    assert_eq!(lines[0]["msg"], "Status Log");

    // An update for whoever asks, and a last one at the end.
    let status = stand.reporting.status.clone().unwrap();
    let before = collector.arrived("/status/part").len();
    status.trigger().await.unwrap();
    assert!(collector.arrived("/status/part").len() > before);
    stand.reporting.end(std::time::Duration::from_secs(10)).await;
    let last = collector.arrived("/status/part").pop().unwrap().json;
    assert_eq!(last["plugins"]["decision_logs"]["state"], "NOT_READY");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_status_there_is_none() {
    let stand = Stand::start(&[("p.rego", POLICY)], "decision_logs: {console: true}").await;
    let answer: Value = serde_json::from_str(&stand.get("/v1/status").await).unwrap();
    assert_eq!(answer["message"], "status plugin not enabled");
}
