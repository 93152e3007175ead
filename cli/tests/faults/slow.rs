//! Clients that are slow, go away or never listen, and what others notice of them.

use crate::http::Client;
use crate::process::{Process, figure};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const LIMITS: [(&str, &str); 5] = [
    ("REFEREE_SERVER__HEADER_READ_TIMEOUT_MS", "1500"),
    ("REFEREE_SERVER__BODY_READ_TIMEOUT_MS", "1500"),
    ("REFEREE_SERVER__WRITE_TIMEOUT_MS", "1500"),
    ("REFEREE_SERVER__IDLE_TIMEOUT_MS", "60000"),
    ("REFEREE_SERVER__MAX_CONNECTIONS", "200"),
];

/// A client that asks again and again, on a new connection each time; the longest it waited.
pub(crate) struct Healthy {
    stop: Arc<AtomicBool>,
    asking: JoinHandle<(usize, Duration)>,
}

impl Healthy {
    pub(crate) fn begin(server: &Process) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, address) = (Arc::clone(&stop), server.address.clone());
        let asking = std::thread::spawn(move || {
            let (mut count, mut longest) = (0, Duration::ZERO);
            while !stopped.load(Ordering::SeqCst) {
                let started = Instant::now();
                let answer = crate::http::ask(&address, "POST /v1/data/none", b"{}").unwrap();
                assert_eq!(answer.status, 200, "{}", answer.text());
                longest = longest.max(started.elapsed());
                count += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            (count, longest)
        });
        Self { stop, asking }
    }

    /// How long one answer took at the longest.
    pub(crate) fn end(self, what: &str) {
        self.stop.store(true, Ordering::SeqCst);
        let (count, longest) = self.asking.join().unwrap();
        figure(&format!("{what}: {count} answers meanwhile, the longest wait {longest:?}"));
        assert!(count > 0 && longest < Duration::from_secs(2), "{count}, {longest:?}");
    }
}

fn start(folder: &tempfile::TempDir) -> Process {
    Process::with(folder.path(), &json!({}), &[], &LIMITS)
}

fn connect(server: &Process, count: usize) -> Vec<Client> {
    (0..count).map(|_| Client::connect(&server.address).unwrap()).collect()
}

/// Whether all of them are closed before long.
fn all_closed(clients: Vec<Client>, what: &str) {
    let begun = Instant::now();
    for mut client in clients {
        assert!(client.is_closed_within(Duration::from_secs(8)), "{what}");
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{what}: {:?}", begun.elapsed());
}

#[test]
fn heads_and_bodies_that_trickle_in_are_given_up_and_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder);
    let before = (server.memory("VmRSS"), server.descriptors());
    let healthy = Healthy::begin(&server);
    let mut heads = connect(&server, 60);
    let mut bodies = connect(&server, 60);
    let half = connect(&server, 20);
    for client in &mut bodies {
        client
            .send(b"POST /v1/data/p HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
            .unwrap();
    }
    for client in &half {
        // One that says nothing, and will not.
        client.finish().unwrap();
    }
    for _ in 0..25 {
        for client in heads.iter_mut().chain(&mut bodies) {
            // It may be closed already.
            let _gone = client.send(b"x");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    all_closed(heads, "heads");
    for client in &mut bodies {
        let answer = client.answer().unwrap();
        assert_eq!((answer.status, &answer.json()["code"]), (408, &json!("body_timeout")));
    }
    all_closed(bodies, "bodies");
    all_closed(half, "half");
    healthy.end("140 slow clients");
    server.wait("the end of connections", || (server.descriptors() <= before.1 + 4).then_some(()));
    let grown = server.memory("VmRSS").saturating_sub(before.0);
    assert!(grown < 16 * 1_024, "{grown} KiB");
}

#[test]
fn a_client_that_finished_sending_is_answered_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder);
    let mut client = Client::connect(&server.address).unwrap();
    client.send(b"POST /v1/data/none HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}").unwrap();
    client.finish().unwrap();
    assert_eq!(client.answer().unwrap().status, 200);
    assert!(client.is_closed_within(Duration::from_secs(2)));
}

#[test]
fn answers_that_nobody_takes_are_given_up_within_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder);
    let large = json!({"text": "x".repeat(4 << 20)}).to_string();
    assert_eq!(server.ask("PUT /v1/data/large", large.as_bytes()).status, 204);
    let before = (server.memory("VmHWM"), server.descriptors());
    let healthy = Healthy::begin(&server);
    let mut clients = connect(&server, 24);
    for client in &mut clients {
        // Several on one connection: only one is made at a time.
        for _ in 0..8 {
            client.send(b"GET /v1/data/large HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        }
    }
    server.wait("connections", || (server.descriptors() >= before.1 + 24).then_some(()));
    server.wait("the end of connections", || (server.descriptors() <= before.1 + 4).then_some(()));
    healthy.end("24 clients that take no answers");
    let grown = (server.memory("VmHWM") - before.0) / 1_024;
    figure(&format!("24 answers of 4 MiB that nobody takes cost {grown} MiB"));
    // Two copies of each at the most: the document as text, and on its way.
    assert!(grown < 24 * 4 * 3, "{grown} MiB");
}

#[test]
fn connections_that_do_nothing_make_room_for_those_that_ask() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder);
    let before = server.memory("VmRSS");
    // More than there may be, each of which was served once and then stays.
    let mut idle = Vec::new();
    for _ in 0..500 {
        let mut client = Client::connect(&server.address).unwrap();
        let started = Instant::now();
        assert_eq!(client.ask("GET /health", &[], b"").unwrap().status, 200);
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        idle.push(client);
    }
    let healthy = Healthy::begin(&server);
    // And more that never ask.
    let silent = connect(&server, 400);
    std::thread::sleep(Duration::from_millis(500));
    healthy.end("900 connections that do nothing");
    assert!(server.descriptors() < 260, "{}", server.descriptors());
    let grown = server.memory("VmRSS").saturating_sub(before);
    assert!(grown < 32 * 1_024, "{grown} KiB");
    drop((idle, silent));
}

#[test]
fn where_few_files_may_be_open_there_are_fewer_connections_and_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::limited(folder.path(), &json!({}), &[], "ulimit -n 400");
    let healthy = Healthy::begin(&server);
    let mut idle = Vec::new();
    for _ in 0..600 {
        let mut client = Client::connect(&server.address).unwrap();
        assert_eq!(client.ask("GET /health", &[], b"").unwrap().status, 200);
        idle.push(client);
    }
    healthy.end("600 idle connections where 400 files may be open");
    assert!(server.descriptors() < 300, "{}", server.descriptors());
    assert!(!server.log().contains("no connection could be accepted"), "{}", server.log());
}

#[test]
fn a_low_limit_of_open_files_that_may_be_raised_is_raised() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::limited(folder.path(), &json!({}), &[], "ulimit -Sn 100");
    let idle: Vec<Client> = (0..300)
        .map(|_| {
            let mut client = Client::connect(&server.address).unwrap();
            assert_eq!(client.ask("GET /health", &[], b"").unwrap().status, 200);
            client
        })
        .collect();
    assert!(server.descriptors() > idle.len(), "none of them had to leave");
}
