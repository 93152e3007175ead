//! The decision log while its collector is down, its disk is full and its process is killed.

use crate::collector::Collector;
use crate::http::Client;
use crate::process::{Process, figure, number};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const SPOOLED: &str = "referee_decision_logs_spooled_total";
const UPLOADED: &str = "referee_decision_logs_uploaded_total";
const DROPPED: &str = "decision_logs_dropped_buffer_size_limit_exceeded_total";

fn config(url: &str, reporting: Value) -> Value {
    let mut reporting = reporting;
    reporting["min_delay_seconds"] = json!(1);
    reporting["max_delay_seconds"] = json!(1);
    json!({
        "services": {"s": {"url": url, "response_header_timeout_seconds": 1}},
        "decision_logs": {"service": "s", "reporting": reporting},
        "status": {},
    })
}

fn spool(folder: &Path, max_bytes: u64) -> Value {
    json!({"spool": {"directory": folder.join("spool"), "max_bytes": max_bytes}})
}

/// Has a decision made; its id.
fn decide(client: &mut Client, n: usize, size: usize) -> Option<String> {
    let body = json!({"input": {"n": n, "filling": "x".repeat(size)}}).to_string();
    let answer = client.ask("POST /v1/data/none", &[], body.as_bytes()).ok()?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Some(answer.json()["decision_id"].as_str().unwrap().to_owned())
}

fn decide_many(server: &Process, count: usize, size: usize) -> Vec<String> {
    let mut client = Client::connect(&server.address).unwrap();
    (0..count).map(|n| decide(&mut client, n, size).unwrap()).collect()
}

/// How many bytes the files of a folder have.
fn bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}

/// Decides until the process is killed; the ids in their order, and how many of them were told to
/// be on disk before it was.
fn decide_and_kill(server: Process, after: Duration) -> (Vec<String>, usize) {
    let mut client = Client::connect(&server.address).unwrap();
    let (stop, told) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (stopped, address) = (Arc::clone(&stop), server.address.clone());
    let deciding = std::thread::spawn(move || {
        let mut ids = Vec::new();
        while !stopped.load(Ordering::SeqCst) {
            let Some(id) = decide(&mut client, ids.len(), 100) else { break };
            ids.push(id);
        }
        ids
    });
    let (stopped, telling) = (Arc::clone(&stop), Arc::clone(&told));
    let watching = std::thread::spawn(move || {
        while !stopped.load(Ordering::SeqCst) {
            let Ok(answer) = crate::http::ask(&address, "GET /metrics", b"") else { break };
            let text = answer.text();
            let mut lines = text.lines().filter_map(|line| line.strip_prefix(SPOOLED));
            if let Some(count) = lines.find_map(|count| count.trim().parse().ok()) {
                telling.store(count, Ordering::SeqCst);
            }
        }
    });
    std::thread::sleep(after);
    server.kill();
    stop.store(true, Ordering::SeqCst);
    watching.join().unwrap();
    let ids = deciding.join().unwrap();
    let told = usize::try_from(told.load(Ordering::SeqCst)).unwrap();
    (ids, told)
}

#[test]
fn what_was_told_to_be_on_disk_arrives_though_the_server_was_killed() {
    let collector = Collector::start();
    let folder = tempfile::tempdir().unwrap();
    let config = config(&collector.upstream.url, spool(folder.path(), 64 << 20));
    let (mut safe, mut all) = (BTreeSet::new(), BTreeSet::new());
    let kills = number("REFEREE_FAULT_KILLS", 24) / 3;
    for kill in 0..kills {
        // In the second half it is killed while it uploads.
        if kill == kills / 2 {
            collector.up();
        }
        let server = Process::start(folder.path(), &config, &[]);
        let after = Duration::from_millis(150 + u64::try_from(kill * 83 % 257).unwrap());
        let (ids, told) = decide_and_kill(server, after);
        // The answer to a decision may have been lost with the process after it was on disk.
        safe.extend(ids.iter().take(told).cloned());
        all.extend(ids);
    }
    collector.up();
    let server = Process::start(folder.path(), &config, &[]);
    server.wait("what was safe", || {
        let arrived = collector.arrived();
        safe.iter().all(|id| arrived.contains_key(id)).then_some(())
    });
    server.signal("-TERM");
    let (status, log) = server.ended(Duration::from_secs(15));
    assert!(status.success(), "{log}");
    let arrived = collector.arrived();
    let twice: usize = arrived.values().map(|(_, times)| times - 1).sum();
    let unanswered = arrived.keys().filter(|id| !all.contains(*id)).count();
    figure(&format!(
        "{kills} kills: {} decisions, {} told to be on disk, {} arrived, {twice} of them again",
        all.len(),
        safe.len(),
        arrived.len()
    ));
    assert!(!safe.is_empty());
    // At most the decision that was under way at each kill.
    assert!(unanswered <= kills, "{unanswered} that nobody asked for");
    // What was being sent, or had just been, when it was killed.
    assert!(arrived.values().all(|(_, times)| *times <= kills), "again without end");
}

#[test]
fn an_outage_of_the_collector_fills_the_spool_to_its_bound_and_every_event_arrives_or_is_counted() {
    const BOUND: u64 = 256 << 10;
    let collector = Collector::start();
    let folder = tempfile::tempdir().unwrap();
    let config = config(&collector.upstream.url, spool(folder.path(), BOUND));
    let server = Process::start(folder.path(), &config, &[]);
    let made = 2_000;
    let half = decide_many(&server, made / 2, 500);
    let before = server.memory("VmRSS");
    let ids: Vec<String> = half.into_iter().chain(decide_many(&server, made / 2, 500)).collect();
    server.wait("the spool", || (server.metric(SPOOLED) == made as u64).then_some(()));
    assert!(bytes(&folder.path().join("spool")) <= BOUND + 4_096, "the bound holds");
    let grown = server.memory("VmRSS").saturating_sub(before);
    let dropped = server.metric(DROPPED);
    assert!(dropped > 0 && dropped < made as u64, "{dropped}");
    // The collector is asked from time to time; it may not have refused yet.
    let status = server.wait("the error", || {
        let status = server.get("/v1/status")["result"]["decision_logs"].clone();
        (status["code"] == "decision_log_error").then_some(status)
    });
    let counted = &status["metrics"]["counter_decision_logs_dropped_buffer_size_limit_exceeded"];
    assert!(counted.as_u64().is_some_and(|counted| counted > 0), "{status}");
    collector.up();
    server.wait("delivery", || (collector.count() as u64 + dropped == made as u64).then_some(()));
    let arrived = collector.arrived();
    assert!(arrived.values().all(|(_, times)| *times == 1));
    // Old ones went, but for those that were about to be sent.
    assert!(ids.iter().rev().take(100).all(|id| arrived.contains_key(id)));
    server.wait("the end of the error", || {
        (server.get("/v1/status")["result"]["decision_logs"]["code"] == Value::Null).then_some(())
    });
    assert_eq!(server.metric(UPLOADED), made as u64 - dropped);
    figure(&format!("a full spool costs {grown} KiB of memory for a thousand decisions"));
    assert!(grown < 16 * 1_024, "{grown} KiB");
}

#[test]
fn where_the_disk_takes_no_more_decisions_are_answered_and_events_wait_in_memory() {
    let collector = Collector::start();
    let folder = tempfile::tempdir().unwrap();
    let config = config(&collector.upstream.url, spool(folder.path(), 64 << 20));
    // No file may be longer than 64 blocks of 512 bytes; who writes more is told, not ended.
    let limits = "trap '' XFSZ; ulimit -f 64";
    let server = Process::limited(folder.path(), &config, &[], limits);
    let made = 500;
    let ids = decide_many(&server, made, 500);
    server.wait("the full disk", || {
        server.log().contains("the spool takes no more: decisions wait in memory").then_some(())
    });
    let spooled = server.metric(SPOOLED);
    assert!(spooled < made as u64, "{spooled}");
    assert!(bytes(&folder.path().join("spool")) <= 40 << 10);
    collector.up();
    server.wait("delivery", || (collector.count() == made).then_some(()));
    let arrived = collector.arrived();
    assert!(ids.iter().all(|id| arrived[id].1 == 1));
    assert_eq!(server.metric(DROPPED), 0);
    // There is room again.
    let more = decide_many(&server, 10, 500);
    server.wait("more", || (collector.count() == made + more.len()).then_some(()));
}

#[test]
fn without_a_spool_what_has_no_room_is_counted_and_what_is_left_at_the_end_is_told() {
    let collector = Collector::start();
    let folder = tempfile::tempdir().unwrap();
    let reporting = json!({"buffer_type": "event", "buffer_size_limit_events": 300});
    let config = config(&collector.upstream.url, reporting);
    let server =
        Process::with(folder.path(), &config, &[], &[("REFEREE_SERVER__SHUTDOWN_GRACE_MS", "500")]);
    decide_many(&server, 1_000, 100);
    let dropped = server.wait("the bound", || {
        let dropped = server.metric(DROPPED);
        (dropped >= 600).then_some(dropped)
    });
    server.signal("-TERM");
    let (status, log) = server.ended(Duration::from_secs(10));
    assert_eq!(status.code(), Some(2), "{log}");
    let lost = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|event| event["message"].as_str().is_some_and(|it| it.contains("are lost")))
        .and_then(|event| event["events"].as_u64());
    let lost = lost.unwrap_or_else(|| panic!("nothing is told: {log}"));
    // What is in a chunk already is not counted against the events that may wait.
    assert!(lost + dropped >= 900 && lost + dropped <= 1_000, "{lost} + {dropped}");
}

#[test]
fn a_chunk_that_the_collector_always_refuses_is_given_up_and_counted_and_holds_up_no_other() {
    let collector = Collector::start();
    let folder = tempfile::tempdir().unwrap();
    let config = config(&collector.upstream.url, spool(folder.path(), 64 << 20));
    let server = Process::start(folder.path(), &config, &[]);
    collector.refuse("poison");
    let before = decide_many(&server, 20, 10);
    server.wait("those before", || (collector.count() == before.len()).then_some(()));
    let poison = server.ask("POST /v1/data/none", br#"{"input": "poison"}"#);
    assert_eq!(poison.status, 200);
    server.wait("the refusal", || {
        (server.get("/v1/status")["result"]["decision_logs"]["http_code"] == 413).then_some(())
    });
    let behind = decide_many(&server, 20, 10);
    server
        .wait("those behind", || (collector.count() == before.len() + behind.len()).then_some(()));
    assert_eq!(server.metric("referee_decision_logs_refused_total"), 1);
    assert!(server.log().contains("decisions are given up"), "{}", server.log());
    assert!(collector.arrived().values().all(|(_, times)| *times == 1));
}

#[test]
fn a_collector_that_hangs_or_fails_holds_up_no_decision_and_gets_all_of_them_in_the_end() {
    let collector = Collector::start();
    let folder = tempfile::tempdir().unwrap();
    let config = config(&collector.upstream.url, json!({}));
    let server = Process::start(folder.path(), &config, &[]);
    let mut made = Vec::new();
    collector.upstream.behave(|_, stream| crate::upstream::hang(stream));
    made.extend(decide_many(&server, 50, 10));
    server.wait("the end of waiting", || {
        server.log().contains("waiting for an answer took longer than 1000 ms").then_some(())
    });
    for status in [500, 401, 404, 429] {
        collector.upstream.behave(move |_, stream| crate::upstream::send(stream, status, &[], b""));
        made.extend(decide_many(&server, 50, 10));
        server.wait("the failure", || {
            let told = server.get("/v1/status")["result"]["decision_logs"]["http_code"].clone();
            (told == status).then_some(())
        });
    }
    collector.up();
    server.wait("delivery", || (collector.count() == made.len()).then_some(()));
    let arrived = collector.arrived();
    assert!(made.iter().all(|id| arrived.contains_key(id)));
}
