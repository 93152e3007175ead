//! Thousands of policies, in one bundle and put one by one.

use crate::archive::archive;
use crate::http::Client;
use crate::process::{Process, figure, number};
use crate::upstream::{Upstream, tagged};
use serde_json::{Value, json};
use std::time::Instant;

fn module(n: usize, factor: usize) -> String {
    format!("package many.p{n}\n\nx := input.n * {factor}\n\nallow if x > {n}\n")
}

fn asked(client: &mut Client, n: usize) -> Value {
    let answer = client.ask(&format!("POST /v1/data/many/p{n}"), &[], br#"{"input": {"n": 7}}"#);
    answer.unwrap().json()["result"].clone()
}

fn expected(n: usize, factor: usize) -> Value {
    let x = 7 * factor;
    if x > n { json!({"x": x, "allow": true}) } else { json!({"x": x}) }
}

/// Those that are looked at: the first, the last, and some between them.
fn some(count: usize) -> Vec<usize> {
    (0..count).step_by((count / 7).max(1)).chain([count - 1]).collect()
}

#[test]
fn thousands_of_policies_in_one_bundle_are_served_and_replaced() {
    let count = number("REFEREE_FAULT_POLICIES", 1_000);
    let bundle = move |revision: usize| {
        let modules: Vec<(String, String)> =
            (0..count).map(|n| (format!("/p{n}.rego"), module(n, revision))).collect();
        let manifest = format!(r#"{{"revision": "r{revision}", "roots": ["many"]}}"#);
        let mut files = vec![("/.manifest", manifest.as_str())];
        files.extend(modules.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        archive(&files)
    };
    let bytes = bundle(1);
    let upstream = Upstream::start(move |asked, stream| tagged(asked, stream, "\"1\"", &bytes));
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "services": {"s": {"url": upstream.url}},
        "bundles": {"b": {"polling": {"min_delay_seconds": 1, "max_delay_seconds": 1}}},
        "status": {},
    });
    let started = Instant::now();
    let server = Process::start(folder.path(), &config, &[]);
    let mut first = None;
    for revision in 1..=3 {
        let bytes = bundle(revision);
        let tag = format!("\"{revision}\"");
        upstream.behave(move |asked, stream| tagged(asked, stream, &tag, &bytes));
        server.wait("the bundle", || {
            let found = server.bundle("b")["active_revision"] == format!("r{revision}");
            found.then_some(())
        });
        first.get_or_insert(started.elapsed());
        let mut client = Client::connect(&server.address).unwrap();
        for n in some(count) {
            assert_eq!(asked(&mut client, n), expected(n, revision), "p{n} of r{revision}");
        }
    }
    figure(&format!(
        "{count} policies in a bundle: served after {:?}, {} MiB after three revisions",
        first.unwrap(),
        server.memory("VmRSS") / 1_024
    ));
}

#[test]
fn thousands_of_policies_put_one_by_one_are_served_replaced_and_deleted_in_flat_memory() {
    let count = number("REFEREE_FAULT_PUTS", 500);
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &json!({}), &[]);
    let mut client = Client::connect(&server.address).unwrap();
    let put = |client: &mut Client, n: usize, factor: usize| {
        let text = module(n, factor);
        let answer = client.ask(&format!("PUT /v1/policies/p{n}"), &[], text.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    let started = Instant::now();
    for n in 0..count {
        put(&mut client, n, 1);
    }
    let filled = started.elapsed();
    for n in some(count) {
        assert_eq!(asked(&mut client, n), expected(n, 1));
    }
    // The same few, again and again: what went must be given back.
    let cycles = count.min(300);
    let mut resident = Vec::new();
    for round in 0..3 {
        for cycle in 0..cycles {
            put(&mut client, cycle % 10, 2 + cycle % 2);
        }
        resident.push(server.memory("VmRSS"));
        assert_eq!(asked(&mut client, count - 1), expected(count - 1, 1), "round {round}");
        assert_eq!(asked(&mut client, 3), expected(3, 2 + 1));
    }
    figure(&format!(
        "{count} policies put in {filled:?}; memory after 1, 2 and 3 times {cycles} replacements: {resident:?} KiB"
    ));
    let grown = resident[2].saturating_sub(resident[1]);
    assert!(grown < 4_096 + resident[1] / 20, "{resident:?}");
    for n in 1..count {
        let answer = client.ask(&format!("DELETE /v1/policies/p{n}"), &[], b"").unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(client.ask("GET /v1/data/many/p1", &[], b"").unwrap().json(), json!({}));
    assert_eq!(asked(&mut client, 0), expected(0, 2));
    let left = client.ask("GET /v1/policies", &[], b"").unwrap().json();
    assert_eq!(left["result"].as_array().unwrap().len(), 1);
}
