//! The end: SIGTERM while requests, uploads and activations are under way.

use crate::archive::bundle;
use crate::collector::Collector;
use crate::http::Client;
use crate::process::{Process, figure, wait};
use crate::upstream::{Upstream, hang, send, tagged};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

const HEAD: &str = "POST /v1/data/none HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n";

#[test]
fn what_is_under_way_at_sigterm_is_answered_and_every_event_arrives() {
    let collector = Collector::start();
    collector.up();
    let bundles = Upstream::start(|asked, stream| tagged(asked, stream, "\"1\"", &bundle("b", 1)));
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "services": {"logs": {"url": collector.upstream.url}, "bundles": {"url": bundles.url}},
        "bundles": {"b": {
            "service": "bundles", "polling": {"min_delay_seconds": 0, "max_delay_seconds": 0},
        }},
        "decision_logs": {
            "service": "logs", "reporting": {"min_delay_seconds": 300, "max_delay_seconds": 600},
        },
        "status": {"service": "logs"},
    });
    let server = Process::start(folder.path(), &config, &[]);
    server.wait("the bundle", || (server.get("/v1/data/b/all") != json!({})).then_some(()));
    // What is asked for now is never answered.
    bundles.behave(|_, stream| hang(stream));
    let mut ids = Vec::new();
    let mut idle = Client::connect(&server.address).unwrap();
    for _ in 0..100 {
        let answer = idle.ask("POST /v1/data/none", &[], b"{}").unwrap();
        ids.push(answer.json()["decision_id"].as_str().unwrap().to_owned());
    }
    let mut under_way: Vec<Client> =
        (0..20).map(|_| Client::connect(&server.address).unwrap()).collect();
    for client in &mut under_way {
        client.send(HEAD.as_bytes()).unwrap();
        client.send(b"{\"input\"").unwrap();
    }
    std::thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    server.signal("-TERM");
    assert!(idle.is_closed_within(Duration::from_secs(3)), "nothing is under way there");
    let address = server.address.clone();
    server.wait("the end of listening", || std::net::TcpStream::connect(&address).err());
    for client in &mut under_way {
        client.send(b": 12}").unwrap();
        let answer = client.answer().unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        ids.push(answer.json()["decision_id"].as_str().unwrap().to_owned());
        assert!(client.is_closed_within(Duration::from_secs(3)), "the connection ends with it");
    }
    let (status, log) = server.ended(Duration::from_secs(8));
    figure(&format!("ended {:?} after SIGTERM", begun.elapsed()));
    assert!(status.success(), "{status}: {log}");
    let arrived = collector.arrived();
    assert!(ids.iter().all(|id| arrived.contains_key(id)), "{} of {}", arrived.len(), ids.len());
    assert!(!log.contains("\"ERROR\""), "{log}");
}

#[test]
fn what_does_not_end_is_cut_off_when_the_grace_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let grace = [("REFEREE_SERVER__SHUTDOWN_GRACE_MS", "700")];
    let server = Process::with(folder.path(), &json!({}), &[], &grace);
    let mut client = Client::connect(&server.address).unwrap();
    client.send(HEAD.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    server.signal("-TERM");
    let (status, log) = server.ended(Duration::from_secs(5));
    assert!(begun.elapsed() >= Duration::from_millis(600), "{:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(status.success(), "{status}");
    assert!(log.contains("requests were cut off at the end of the grace"), "{log}");
    assert!(client.is_closed_within(Duration::from_secs(1)));
}

#[test]
fn a_signal_ends_the_wait_for_bundles_at_once_and_what_was_started_in_order() {
    for name in ["-TERM", "-INT"] {
        let silent = Upstream::start(|_, stream| hang(stream));
        let statuses = Upstream::start(|_, stream| send(stream, 200, &[], b""));
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "services": {"silent": {"url": silent.url}, "told": {"url": statuses.url}},
            "bundles": {"b": {"service": "silent"}},
            "status": {"service": "told", "trigger": "periodic"},
        });
        let path = folder.path().join("opa.json");
        std::fs::write(&path, config.to_string()).unwrap();
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_referee"))
            .env_clear()
            .env("HOME", "/nonexistent")
            .args(["serve", "--no-policy", "--listen", "127.0.0.1:0", "--ready-timeout", "60"])
            .arg("--opa-config")
            .arg(&path)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        wait("the question", String::new, || (!silent.log().is_empty()).then_some(()));
        wait("a status", String::new, || (!statuses.log().is_empty()).then_some(()));
        let (told, begun) = (statuses.log().len(), Instant::now());
        let id = child.id().to_string();
        assert!(std::process::Command::new("kill").args([name, &id]).status().unwrap().success());
        let ended = || child.try_wait().unwrap();
        let status = wait("the end", String::new, ended);
        figure(&format!("ended {:?} after {name} while bundles were waited for", begun.elapsed()));
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert_eq!(status.code(), Some(0));
        assert!(statuses.log().len() > told, "a last status is sent");
    }
}

#[test]
fn connections_log_and_status_share_one_grace_and_decisions_that_are_lost_are_an_error() {
    let silent = Upstream::start(|_, stream| hang(stream));
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "services": {"s": {"url": silent.url}},
        "decision_logs": {"service": "s"},
        "status": {"service": "s"},
    });
    let grace = [("REFEREE_SERVER__SHUTDOWN_GRACE_MS", "3000")];
    // With a request that does not end, and with none: each begins by what is decided.
    for (holds, least) in [(true, 3_000), (false, 2_900)] {
        let server = Process::with(folder.path(), &config, &[], &grace);
        assert_eq!(server.ask("POST /v1/data/none", b"{}").status, 200);
        let mut client = Client::connect(&server.address).unwrap();
        if holds {
            client.send(HEAD.as_bytes()).unwrap();
        }
        std::thread::sleep(Duration::from_millis(100));
        let begun = Instant::now();
        server.signal("-TERM");
        let (status, log) = server.ended(Duration::from_secs(20));
        let took = begun.elapsed();
        figure(&format!("ended {took:?} after SIGTERM with a grace of 3 s and a silent collector"));
        assert!(took >= Duration::from_millis(least), "{took:?}");
        assert!(took < Duration::from_millis(4_500), "{took:?}");
        assert_eq!(status.code(), Some(2), "{log}");
        assert!(log.contains("are lost: no spool is configured"), "{log}");
    }
}

#[test]
fn a_socket_that_a_killed_server_left_is_taken_over_and_one_that_is_used_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("referee.sock");
    let listen = format!("unix://{}", path.display());
    let ask = || {
        let mut stream = UnixStream::connect(&path)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    };
    let more = ["--listen", listen.as_str()];
    let first = Process::start(folder.path(), &json!({}), &more);
    assert!(ask().unwrap().starts_with("HTTP/1.1 200"));
    // Somebody else listens there.
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_referee"))
        .env_clear()
        .env("HOME", "/nonexistent")
        .current_dir(folder.path())
        .args(["serve", "--no-policy", "--log-format", "json", "--listen", &listen])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("in use") || told.contains("listens"), "{told}");
    first.kill();
    assert!(path.exists() && ask().is_err());
    let second = Process::start(folder.path(), &json!({}), &more);
    assert!(ask().unwrap().starts_with("HTTP/1.1 200"));
    second.signal("-TERM");
    let (status, log) = second.ended(Duration::from_secs(5));
    assert!(status.success(), "{log}");
    assert!(!path.exists(), "who ends in order leaves nothing behind");
}

#[test]
fn a_second_sigterm_changes_nothing_and_events_that_find_no_collector_stay_in_the_spool() {
    let collector = Collector::start();
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "services": {"s": {"url": collector.upstream.url}},
        "decision_logs": {"service": "s", "reporting": {
            "min_delay_seconds": 1, "max_delay_seconds": 1,
            "spool": {"directory": folder.path().join("spool")},
        }},
    });
    let grace = [("REFEREE_SERVER__SHUTDOWN_GRACE_MS", "800")];
    let server = Process::with(folder.path(), &config, &[], &grace);
    let id = server.ask("POST /v1/data/none", b"{}").json()["decision_id"].clone();
    server.signal("-TERM");
    std::thread::sleep(Duration::from_millis(50));
    server.signal("-TERM");
    let (status, log) = server.ended(Duration::from_secs(5));
    assert!(status.success(), "{status}: {log}");
    assert!(log.contains("the server ends before all decisions were uploaded"), "{log}");
    assert!(!log.contains("are lost"), "{log}");
    collector.up();
    let server = Process::start(folder.path(), &config, &[]);
    server.wait("the event", || (collector.count() == 1).then_some(()));
    assert!(collector.arrived().contains_key(id.as_str().unwrap()));
    assert_eq!(server.get("/v1/status")["code"], Value::from("internal_error"), "there is none");
}
