//! Deltas, waiting for news and status updates: the same server and configuration for the real
//! `opa run` and `referee serve`, which end with the same documents and ask in the same words.

use crate::find::{skipped, tool};
use crate::pair::{Both, built};
use crate::source::{Offer, Source, Who};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const GZIP: &str = "application/gzip";
const WAITS: &str = "application/vnd.openpolicyagent.bundles";

fn offer(etag: &'static str, body: Vec<u8>) -> Offer {
    Offer { etag, content_type: GZIP, body }
}

/// A delta: OPA has no command that makes one.
fn delta(revision: &str, operations: &Value) -> Vec<u8> {
    let manifest = json!({"revision": revision, "roots": ["authz"]}).to_string();
    let patch = json!({"data": operations}).to_string();
    let packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(packed);
    for (name, text) in [(".manifest", manifest), ("patch.json", patch)] {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

fn config(folder: &Path, url: &str, polling: &Value) -> PathBuf {
    let config = json!({
        "services": {"s": {"url": format!("{url}/base")}},
        "labels": {"region": "west"},
        "bundles": {"b": {"service": "s", "resource": "b.tar.gz", "polling": polling}},
        "status": {"service": "s"},
    });
    let path = folder.join("config.json");
    std::fs::write(&path, config.to_string()).unwrap();
    path
}

fn same(both: [Value; 2], what: &str) -> Value {
    let [theirs, ours] = both;
    assert_eq!(theirs, ours, "{what}");
    ours
}

#[test]
fn deltas_change_the_same_data_in_both_and_a_bad_one_changes_none() {
    let Some(opa) = tool("opa") else {
        return skipped("polling beside opa", "there is no opa");
    };
    let folder = tempfile::tempdir().unwrap();
    let build = |revision: &str, n: u32| built(&opa, folder.path(), revision, n, None);
    let source = Source::start(offer("\"r1\"", build("r1", 1)));
    let polling = json!({"min_delay_seconds": 1, "max_delay_seconds": 1});
    let both = Both::start(&opa, &config(folder.path(), &source.url, &polling));
    let twice = |n: i64| move |body: &Value| body["result"]["authz"]["twice"] == n;
    same(both.wait("/v1/data", twice(2)), "the snapshot");
    let deltas: [(&'static str, Value, i64); 3] = [
        (
            "\"d1\"",
            json!([
                {"op": "upsert", "path": "/authz/n", "value": 5},
                {"op": "upsert", "path": "/authz/deep/er", "value": {"list": [1, {"a~b/c": null}]}},
            ]),
            10,
        ),
        (
            "\"d2\"",
            json!([
                {"op": "replace", "path": "/authz/n", "value": 7},
                {"op": "upsert", "path": "/authz/deep/er/list/-", "value": "last"},
                {"op": "replace", "path": "/authz/deep/er/list/0", "value": 1.50},
                {"op": "remove", "path": "/authz/deep/er/list/1/a~0b~1c"},
            ]),
            14,
        ),
        (
            "\"d3\"",
            json!([
                {"op": "remove", "path": "/authz/deep"},
                {"op": "upsert", "path": "/authz/n", "value": 8},
            ]),
            16,
        ),
    ];
    for (etag, operations, n) in deltas {
        source.offer(offer(etag, delta(etag.trim_matches('"'), &operations)));
        let document = same(both.wait("/v1/data", twice(n)), etag);
        assert_eq!(document["result"]["authz"]["from"], etag.trim_matches('"'));
        let status =
            same(both.status(|status| status["active_revision"] == etag.trim_matches('"')), etag);
        assert_eq!(status["type"], "delta");
    }
    // Changes that cannot be made, of which the first could: none is.
    let bad = json!([
        {"op": "upsert", "path": "/authz/n", "value": 100},
        {"op": "replace", "path": "/authz/none/such", "value": 1},
    ]);
    source.offer(offer("\"bad\"", delta("bad", &bad)));
    let [theirs, ours] = both.status(|status| status["code"] == "bundle_error");
    assert_eq!(theirs["active_revision"], "d3");
    assert_eq!(ours["active_revision"], "d3");
    same(both.wait("/v1/data", twice(16)), "after a bad delta");
    // Nor is a bundle used that does not compile.
    source.offer(offer("\"torn\"", b"torn".to_vec()));
    both.status(|status| status["code"] == "bundle_error");
    same(both.wait("/v1/data", twice(16)), "after what is no bundle");
    source.offer(offer("\"r2\"", build("r2", 2)));
    let document = same(both.wait("/v1/data", twice(4)), "the next snapshot");
    assert!(document["result"]["authz"].get("deep").is_none(), "{document}");
    let [theirs, ours] = both.status(|status| status["active_revision"] == "r2");
    assert_eq!(theirs, ours);

    // And both told of it in the same words, wherever status updates go.
    let revisions = |who: Who| {
        let mut told: Vec<Value> = Vec::new();
        for (path, body) in source.posted(who) {
            assert_eq!(path, "/base/status");
            let revision = body["bundles"]["b"]["active_revision"].clone();
            if !revision.is_null() && told.last() != Some(&revision) {
                told.push(revision);
            }
        }
        told
    };
    let patience = Instant::now() + Duration::from_secs(20);
    let expected = ["r1", "d1", "d2", "d3", "r2"].map(Value::from);
    while (revisions(Who::Opa).as_slice(), revisions(Who::Referee).as_slice())
        != (&expected[..], &expected[..])
    {
        let told = (revisions(Who::Opa), revisions(Who::Referee));
        assert!(Instant::now() < patience, "{told:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
    let members = |who: Who| {
        let (_, last) = source.posted(who).pop().unwrap();
        let names =
            |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
        assert_eq!(last["labels"]["region"], "west");
        (
            names(&last),
            names(&last["labels"]),
            names(&last["bundles"]["b"]),
            names(&last["plugins"]),
        )
    };
    assert_eq!(members(Who::Opa), members(Who::Referee));
}

#[test]
fn both_wait_for_news_where_the_server_can_and_poll_where_it_cannot() {
    let Some(opa) = tool("opa") else {
        return skipped("polling beside opa", "there is no opa");
    };
    let folder = tempfile::tempdir().unwrap();
    let build = |revision: &str, n: u32| built(&opa, folder.path(), revision, n, None);
    let waiting = |etag, body| Offer { etag, content_type: WAITS, body };
    let source = Source::start(waiting("\"r1\"", build("r1", 1)));
    // Who polled would not have the next one within the test.
    let polling = json!({
        "min_delay_seconds": 2, "max_delay_seconds": 2, "long_polling_timeout_seconds": 4,
    });
    let both = Both::start(&opa, &config(folder.path(), &source.url, &polling));
    let is =
        |revision: &'static str| move |body: &Value| body["result"]["authz"]["from"] == revision;
    same(both.wait("/v1/data", is("r1")), "the first");
    std::thread::sleep(Duration::from_millis(5_500));
    let asked = source.asked(Who::Referee);
    assert_eq!(source.asked(Who::Opa), asked);
    let waits = "prefer: modes=snapshot,delta;wait=4";
    assert!(asked.iter().all(|lines| lines.iter().any(|line| line == waits)), "{asked:?}");
    assert_eq!(asked.len(), 2, "the first time, and with the tag: {asked:?}");
    // What is new comes at once.
    let next = build("r2", 2);
    let started = Instant::now();
    source.offer(waiting("\"r2\"", next));
    same(both.wait("/v1/data", is("r2")), "the second");
    let took = started.elapsed();
    assert!(took < Duration::from_millis(1_800), "{took:?}");
    // A server that cannot wait any more is not asked to.
    let next = build("r3", 3);
    source.offer(offer("\"r3\"", next));
    same(both.wait("/v1/data", is("r3")), "the third");
    source.forget();
    let patience = Instant::now() + Duration::from_secs(20);
    while source.asked(Who::Opa).is_empty() || source.asked(Who::Referee).is_empty() {
        assert!(Instant::now() < patience);
        std::thread::sleep(Duration::from_millis(100));
    }
    let asked = source.asked(Who::Referee);
    assert_eq!(source.asked(Who::Opa), asked);
    assert!(asked.iter().flatten().any(|line| line == "prefer: modes=snapshot,delta"), "{asked:?}");
}
