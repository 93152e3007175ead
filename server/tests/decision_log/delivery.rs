//! What arrives, in which order, and what is told of what does not.

use crate::collector::{Collector, within};
use crate::stand::Stand;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const POLICY: &str = "package demo\n\necho := input.n\n";

const MASK: &str = r#"package system.log

mask contains "/input/secret"

drop if input.input.quiet
"#;

fn config(collector: &Collector, reporting: &str) -> String {
    format!(
        "services: {{c: {{url: 'http://{}'}}}}\n\
         labels: {{app: demo}}\n\
         decision_logs: {{service: c, reporting: {{{reporting}}}}}\n",
        collector.address
    )
}

fn spool(directory: &Path) -> String {
    format!(
        "min_delay_seconds: 0, max_delay_seconds: 0, spool: {{directory: '{}'}}",
        directory.display()
    )
}

fn numbers(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["result"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_collector_loses_nothing_and_changes_no_order() {
    for reporting in [
        "min_delay_seconds: 0, max_delay_seconds: 0, upload_size_limit_bytes: 2000",
        "min_delay_seconds: 0, max_delay_seconds: 1, upload_size_limit_bytes: 2000, buffer_type: event, trigger: immediate",
    ] {
        let collector = Collector::start().await;
        collector.refuse(Some(503));
        let stand =
            Stand::start(&[("p.rego", POLICY), ("m.rego", MASK)], &config(&collector, reporting))
                .await;
        let mut ids = Vec::new();
        for number in 0..150 {
            let answer = stand.ask("demo/echo", json!({"n": number, "secret": "SECRET"})).await;
            ids.push(answer["decision_id"].clone());
            stand.ask("demo/echo", json!({"n": 0, "quiet": true})).await;
        }
        within(|| (collector.refused() > 2).then_some(())).await;
        assert!(collector.events("/logs").is_empty());
        collector.refuse(None);
        let events = collector.wait_for("/logs", 150).await;
        assert_eq!(numbers(&events), (0..150).collect::<Vec<_>>());
        let found: Vec<Value> = events.iter().map(|event| event["decision_id"].clone()).collect();
        assert_eq!(found, ids);
        for arrived in collector.arrived("/logs") {
            assert!(arrived.bytes <= 2_000 && !arrived.json.to_string().contains("SECRET"));
        }
        assert_eq!(events[0]["erased"], json!(["/input/secret"]));
        assert_eq!(events[0]["labels"]["app"], "demo");
        assert_eq!(stand.count("referee_decision_logs_dropped_by_policy"), 150);
        within(|| (stand.count("referee_decision_logs_uploaded") == 150).then_some(())).await;
        assert_eq!(stand.end(Duration::from_secs(10)).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_delivered_before_the_end_is_delivered_by_the_next_run_from_the_spool() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start().await;
    collector.refuse(Some(500));
    let config = config(&collector, &spool(folder.path()));
    let stand = Stand::start(&[("p.rego", POLICY)], &config).await;
    for number in 0..50 {
        stand.ask("demo/echo", json!({ "n": number })).await;
    }
    assert_eq!(stand.end(Duration::from_millis(300)).await, 0);
    drop(stand);
    assert!(collector.events("/logs").is_empty() && collector.refused() > 0);
    collector.refuse(None);
    let stand = within_open(&config).await;
    for number in 50..60 {
        stand.ask("demo/echo", json!({ "n": number })).await;
    }
    let events = collector.wait_for("/logs", 60).await;
    assert_eq!(numbers(&events), (0..60).collect::<Vec<_>>());
    stand.end(Duration::from_secs(10)).await;
}

/// The folder is free as soon as the first log is gone with all that it shares.
async fn within_open(config: &str) -> Stand {
    tokio::time::sleep(Duration::from_millis(200)).await;
    Stand::start(&[("p.rego", POLICY)], config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_memory_only_when_the_server_ends_is_counted() {
    let collector = Collector::start().await;
    collector.refuse(Some(500));
    let reporting = "min_delay_seconds: 100, max_delay_seconds: 100";
    let stand = Stand::start(&[("p.rego", POLICY)], &config(&collector, reporting)).await;
    for number in 0..5 {
        stand.ask("demo/echo", json!({ "n": number })).await;
    }
    assert_eq!(stand.end(Duration::from_millis(300)).await, 5);
    assert_eq!(stand.count("referee_decision_logs_lost_at_end"), 5);
    stand.ask("demo/echo", json!({"n": 1})).await;
    assert_eq!(stand.count("decision_logs_dropped_buffer_size_limit_exceeded"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_what_waits_is_delivered() {
    let collector = Collector::start().await;
    let reporting = "min_delay_seconds: 100, max_delay_seconds: 100";
    let stand = Stand::start(&[("p.rego", POLICY)], &config(&collector, reporting)).await;
    for number in 0..5 {
        stand.ask("demo/echo", json!({ "n": number })).await;
    }
    assert_eq!(stand.end(Duration::from_secs(20)).await, 0);
    assert_eq!(numbers(&collector.events("/logs")), [0, 1, 2, 3, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_rate_decisions_are_answered_but_not_kept() {
    let collector = Collector::start().await;
    let reporting = "trigger: manual, max_decisions_per_second: 3";
    let stand = Stand::start(&[("p.rego", POLICY)], &config(&collector, reporting)).await;
    for number in 0..30 {
        let answer = stand.ask("demo/echo", json!({ "n": number })).await;
        assert_eq!(answer["result"], number);
    }
    let log = stand.reporting.decision_log.clone().unwrap();
    within(|| (stand.count("decision_logs_dropped_rate_limit_exceeded") > 0).then_some(())).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(collector.events("/logs").is_empty(), "nothing is sent before it is asked for");
    log.trigger().await.unwrap();
    let sent = u64::try_from(collector.events("/logs").len()).unwrap();
    assert!((3..30).contains(&sent), "{sent}");
    assert_eq!(sent + stand.count("decision_logs_dropped_rate_limit_exceeded"), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_gets_a_line_for_each_decision_and_no_service_is_needed() {
    let stand = Stand::start(
        &[("p.rego", POLICY), ("m.rego", MASK)],
        "decision_logs: {console: true, request_context: {http: {headers: [X-Mark]}}}",
    )
    .await;
    stand.ask("demo/echo", json!({"n": 7, "secret": "SECRET"})).await;
    let lines = within(|| Some(stand.console.lines()).filter(|lines| !lines.is_empty())).await;
    let line = &lines[0];
    assert_eq!(line["type"], "openpolicyagent.org/decision_logs");
    assert_eq!((&line["msg"], &line["level"]), (&json!("Decision Log"), &json!("info")));
    assert_eq!((&line["input"], &line["result"]), (&json!({"n": 7}), &json!(7)));
    stand.end(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_says_much_has_what_it_was_sent() {
    let collector = Collector::start().await;
    collector.say(1 << 20);
    let reporting = "min_delay_seconds: 0, max_delay_seconds: 0";
    let stand = Stand::start(&[("p.rego", POLICY)], &config(&collector, reporting)).await;
    for number in 0..3 {
        stand.ask("demo/echo", json!({"n": number})).await;
        within(|| (stand.count("referee_decision_logs_uploaded") == number + 1).then_some(()))
            .await;
    }
    assert_eq!(numbers(&collector.events("/logs")), [0, 1, 2]);
    assert_eq!(stand.end(Duration::from_secs(10)).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_masks_that_take_long_hold_nothing_up() {
    let collector = Collector::start().await;
    let mask = "package system.log\n\nmask := count([1 | some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i == j + 200000])";
    let reporting = "min_delay_seconds: 300, max_delay_seconds: 300";
    let modules = [("p.rego", POLICY), ("m.rego", mask)];
    let stand = Stand::start(&modules, &config(&collector, reporting)).await;
    for number in 0..40 {
        stand.ask("demo/echo", json!({"n": number, "secret": "SECRET"})).await;
    }
    let begun = std::time::Instant::now();
    assert_eq!(stand.end(Duration::from_secs(4)).await, 0);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let events = collector.events("/logs");
    assert_eq!(events.len(), 40);
    for event in events {
        assert_eq!(event["custom"]["referee"]["mask_error"]["code"], "mask_failed");
        assert!(event.get("input").is_none());
    }
}
