//! Servers of bundles that fail and lie.

use crate::archive::{archive, bomb, bundle, crowd};
use crate::process::{Process, figure};
use crate::upstream::{Asked, Upstream, hang, send, tagged};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What a server may do in place of sending a bundle.
type Fault = fn(&Asked, &mut TcpStream) -> io::Result<()>;

/// A name, what the server does, the code in the log, a part of the message in status, and the
/// status that was answered with.
type Case = (&'static str, Fault, &'static str, &'static str, Option<u16>);

const CASES: &[Case] = &[
    (
        "silent",
        |_, stream| hang(stream),
        "timeout",
        "waiting for an answer took longer than 1000 ms",
        None,
    ),
    (
        "short",
        |_, stream| {
            let body = bundle("short", 2);
            let head = format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\n\r\n", body.len() + 1);
            stream.write_all(&[head.as_bytes(), &body].concat())
        },
        "size_mismatch",
        "bytes came",
        None,
    ),
    (
        "chunk",
        |_, stream| {
            let body = bundle("chunk", 2);
            let head =
                format!("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len());
            stream.write_all(&[head.as_bytes(), &body].concat())
        },
        "connection_failed",
        "the connection failed",
        None,
    ),
    (
        "half",
        |_, stream| send(stream, 200, &[], &bundle("half", 2)[..100]),
        "bundle_truncated",
        "bundle read failed: ",
        None,
    ),
    (
        "damaged",
        |_, stream| {
            let mut body = bundle("damaged", 2);
            let middle = body.len() / 2;
            body[middle] ^= 0xff;
            send(stream, 200, &[], &body)
        },
        "bundle_not_tar",
        "bundle read failed: ",
        None,
    ),
    (
        "outside",
        |_, stream| send(stream, 200, &[], &archive(&[("../../p.rego", "package outside")])),
        "bundle_name",
        "bundle read failed: ",
        None,
    ),
    (
        "foreign",
        |_, stream| send(stream, 200, &[], &bundle("silent", 2)),
        "bundle_activation",
        "roots of two bundles may not overlap",
        None,
    ),
    (
        "page",
        |_, stream| send(stream, 200, &["Content-Type: text/html"], b"<!doctype html>"),
        "no_bundle",
        "a page for people came in place of a bundle",
        None,
    ),
    ("empty", |_, stream| send(stream, 200, &[], b""), "no_bundle", "nothing came", None),
    (
        "broken",
        |_, stream| send(stream, 500, &[], b"no"),
        "bundle_status",
        "server replied with Internal Server Error",
        Some(500),
    ),
    (
        "throttling",
        |_, stream| send(stream, 429, &["Retry-After: 86400"], b""),
        "bundle_status",
        "server replied with Too Many Requests",
        Some(429),
    ),
    (
        "headers",
        |_, stream| {
            stream.write_all(b"HTTP/1.1 200 X\r\n")?;
            // Until the other side has had enough.
            loop {
                stream.write_all(&[b"X-Header: ", &[b'x'; 8_000][..], b"\r\n"].concat())?;
            }
        },
        "connection_failed",
        "the connection failed",
        None,
    ),
    (
        "circle",
        |asked, stream| send(stream, 302, &[&format!("Location: {}", asked.path)], b""),
        "malformed",
        "redirect",
        None,
    ),
    (
        "rego",
        |_, stream| {
            let files = [
                ("/.manifest", r#"{"roots": ["rego"]}"#),
                ("/rego/p.rego", "package rego\n\nall := data.unknown.f(1)"),
            ];
            send(stream, 200, &[], &archive(&files))
        },
        "bundle_activation",
        "error(s) occurred while compiling module(s)",
        None,
    ),
];

fn config(url: &str, names: &[&str]) -> Value {
    let one = |name: &&str| {
        let polling = json!({"min_delay_seconds": 1, "max_delay_seconds": 1});
        ((*name).to_owned(), json!({"service": "s", "resource": name, "polling": polling}))
    };
    json!({
        "services": {"s": {
            "url": url,
            "response_header_timeout_seconds": 1,
            "headers": {"X-Secret": "header-secret"},
            "credentials": {"bearer": {"token": "token-secret"}},
        }},
        "bundles": names.iter().map(one).collect::<serde_json::Map<_, _>>(),
        "status": {"prometheus": true},
    })
}

/// What a bundle made by [`bundle`] has its rule say.
fn said(n: u32) -> Value {
    json!({"result": [n, n, n]})
}

#[test]
fn whatever_servers_of_bundles_do_the_last_good_one_serves_the_fault_is_told_and_passes() {
    let phase = Arc::new(AtomicUsize::new(1));
    let now = Arc::clone(&phase);
    let faults: BTreeMap<&str, Fault> = CASES.iter().map(|case| (case.0, case.1)).collect();
    let upstream = Upstream::start(move |asked, stream| {
        let name = asked.path.trim_start_matches('/');
        match (now.load(Ordering::SeqCst), faults.get(name)) {
            (2, Some(fault)) => fault(asked, stream),
            (n, _) => {
                let n = u32::try_from(n).unwrap();
                tagged(asked, stream, &format!("\"{n}\""), &bundle(name, n))
            }
        }
    });
    let names: Vec<&str> = CASES.iter().map(|case| case.0).collect();
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &config(&upstream.url, &names), &[]);
    server
        .wait("readiness", || (server.ask("GET /health?bundles", b"").status == 200).then_some(()));

    phase.store(2, Ordering::SeqCst);
    let mut bad = Vec::new();
    for (name, _, code, message, http_code) in CASES {
        let status = server.wait(&format!("failure of {name}"), || {
            let status = server.bundle(name);
            (status["code"] == "bundle_error").then_some(status)
        });
        let told = status["message"].as_str().unwrap();
        if !told.contains(message) {
            bad.push(format!("{name}: {told}"));
        }
        assert_eq!(status["http_code"].as_u64(), http_code.map(u64::from), "{name}: {status}");
        assert_eq!(status["active_revision"], "r1", "{name}");
        assert_eq!(server.get(&format!("/v1/data/{name}/all")), said(1), "{name}");
        let log = server.log();
        let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let codes: Vec<_> = events
            .filter(|event| event["bundle"] == *name && event["level"] == "ERROR")
            .map(|event| event["code"].clone())
            .collect();
        if !codes.iter().any(|found| found == code) {
            bad.push(format!("{name}: {codes:?}"));
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(server.ask("GET /health?bundles", b"").status, 200, "what serves is ready");
    let metrics = server.ask("GET /metrics", b"").text();
    for name in &names {
        let series = format!("bundle_failed_load_counter{{name=\"{name}\",code=\"bundle_error\"");
        assert!(metrics.contains(&series), "{name}: {metrics}");
    }

    phase.store(3, Ordering::SeqCst);
    let mended = Instant::now();
    for name in &names {
        server.wait(&format!("recovery of {name}"), || {
            let told = server.get(&format!("/v1/data/{name}/all"));
            assert!(told == said(1) || told == said(3), "{name}: {told}");
            (told == said(3) && server.bundle(name)["code"] == Value::Null).then_some(())
        });
    }
    // The longest delay is a second, and a `Retry-After` of a day is cut to it.
    assert!(mended.elapsed() < Duration::from_secs(15), "{:?}", mended.elapsed());
    let all = format!("{}{}", server.log(), server.get("/v1/status"));
    assert!(!all.contains("-secret"), "credentials are told");
}

#[test]
fn a_server_that_says_not_modified_to_a_stranger_keeps_the_server_from_being_ready_until_it_stops()
{
    let upstream = Upstream::start(|_, stream| send(stream, 304, &["ETag: \"9\""], b""));
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &config(&upstream.url, &["b"]), &[]);
    let status = server.wait("the failure", || {
        let status = server.bundle("b");
        (status["code"] == "bundle_error").then_some(status)
    });
    let message = status["message"].as_str().unwrap();
    assert!(message.ends_with("not modified (HTTP 304), though no version was named"), "{message}");
    assert_eq!(status["http_code"], 304);
    let health = server.ask("GET /health?bundles", b"");
    assert_eq!(
        (health.status, &health.json()["error"]),
        (500, &json!("one or more bundles are not activated"))
    );
    assert_eq!(server.ask("GET /health", b"").status, 200);
    assert_eq!(server.get("/v1/data/b"), json!({}));
    upstream.behave(|asked, stream| tagged(asked, stream, "\"9\"", &bundle("b", 1)));
    server
        .wait("readiness", || (server.ask("GET /health?bundles", b"").status == 200).then_some(()));
    assert_eq!(server.get("/v1/data/b/all"), said(1));
}

#[test]
fn tags_that_lie_neither_hide_a_bundle_nor_activate_one_twice() {
    // One tag for whatever there is.
    let upstream = Upstream::start(|_, stream| send(stream, 200, &["ETag: same"], &bundle("b", 1)));
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &config(&upstream.url, &["b"]), &[]);
    server.wait("the first", || (server.get("/v1/data/b/all") == said(1)).then_some(()));
    upstream.behave(|_, stream| send(stream, 200, &["ETag: same"], &bundle("b", 2)));
    server.wait("the second", || (server.get("/v1/data/b/all") == said(2)).then_some(()));
    // A tag of its own for each answer.
    let activated = server.bundle("b")["last_successful_activation"].clone();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    upstream.behave(move |_, stream| {
        let tag = format!("ETag: t{}", counter.fetch_add(1, Ordering::SeqCst));
        send(stream, 200, &[&tag], &bundle("b", 2))
    });
    server.wait("three answers", || (count.load(Ordering::SeqCst) >= 3).then_some(()));
    let status = server.bundle("b");
    assert_eq!(status["last_successful_activation"], activated);
    assert_eq!(status["code"], Value::Null);
}

#[test]
fn a_redirect_elsewhere_is_followed_without_credentials() {
    let elsewhere =
        Upstream::start(|asked, stream| tagged(asked, stream, "\"1\"", &bundle("b", 1)));
    let target = format!("Location: {}/moved", elsewhere.url);
    let upstream = Upstream::start(move |_, stream| send(stream, 302, &[&target], b""));
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &config(&upstream.url, &["b"]), &[]);
    server.wait("the bundle", || (server.get("/v1/data/b/all") == said(1)).then_some(()));
    let first = upstream.log();
    assert_eq!(first[0].header("authorization"), Some("bearer token-secret"));
    assert_eq!(first[0].header("x-secret"), Some("header-secret"));
    for asked in elsewhere.log() {
        assert!(!asked.head.contains("secret"), "{}", asked.head);
        assert!(asked.head.contains("prefer: modes=snapshot,delta"), "{}", asked.head);
    }
}

/// Bundles that cost much, one after another: what they cost in memory is bounded.
#[test]
fn bundles_that_mean_harm_are_refused_within_bounded_memory() {
    let roots: Vec<String> = (0..100_000).map(|n| format!("\"a{n}/b\"")).collect();
    let manifest = format!(r#"{{"revision": "r2", "roots": [{}, "b", "b/c"]}}"#, roots.join(","));
    let nested = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let cases: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        (
            "a file of 600 MiB",
            bomb("b/data.json", 600 * 1024 * 1024),
            "bundle_too_large",
            "b/data.json has 629145600 bytes, and a file may have 536870912",
        ),
        ("150,000 entries", crowd(150_000), "bundle_too_large", "it holds more than 100000 files"),
        (
            "a manifest of 100,000 roots",
            archive(&[("/.manifest", &manifest), ("/b/data.json", "{}")]),
            "bundle_manifest",
            "manifest has overlapped roots: 'b' and 'b/c'",
        ),
        (
            "data 200,000 deep",
            archive(&[("/.manifest", r#"{"roots": ["b"]}"#), ("/b/data.json", &nested)]),
            "data_unusable",
            "exceeded max depth",
        ),
    ];
    let upstream = Upstream::start(|asked, stream| tagged(asked, stream, "\"1\"", &bundle("b", 1)));
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &config(&upstream.url, &["b"]), &[]);
    server.wait("the first", || (server.get("/v1/data/b/all") == said(1)).then_some(()));
    let before = server.memory("VmHWM");
    for (what, body, code, message) in cases {
        let body = Arc::new(body);
        upstream.behave(move |_, stream| send(stream, 200, &["ETag: \"2\""], &body));
        server.wait(what, || {
            let told = server.bundle("b")["message"].as_str().unwrap_or_default().to_owned();
            let log = server.log();
            (told.contains(message) && log.contains(&format!("\"code\":\"{code}\""))).then_some(())
        });
        assert_eq!(server.get("/v1/data/b/all"), said(1), "{what}");
    }
    // A body without an end: as much as an archive may have is read, and no more.
    upstream.behave(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let chunk = [b"100000\r\n", &vec![b'x'; 0x10_0000][..], b"\r\n"].concat();
        loop {
            stream.write_all(&chunk)?;
        }
    });
    let told = server.wait("the end of a body without one", || {
        let told = server.bundle("b")["message"].as_str().unwrap_or_default().to_owned();
        told.contains("is larger than").then_some(told)
    });
    assert!(told.contains("134217728 bytes"), "{told}");
    upstream.behave(|asked, stream| tagged(asked, stream, "\"3\"", &bundle("b", 3)));
    server.wait("recovery", || (server.get("/v1/data/b/all") == said(3)).then_some(()));
    let grown = (server.memory("VmHWM") - before) / 1_024;
    figure(&format!("bundles that mean harm cost {grown} MiB at most"));
    // What an archive may have, packed, and as much again for what else there is.
    assert!(grown < 256, "{grown} MiB");
}

/// A body that stops coming is given up after thirty seconds; until then nothing else waits.
#[test]
fn a_body_that_stops_coming_holds_up_nothing_and_is_given_up() {
    let stop = |_: &Asked, stream: &mut TcpStream| {
        stream.write_all(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nx")?;
        hang(stream)
    };
    let hung = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&hung);
    let upstream = Upstream::start(move |asked, stream| match asked.path.as_str() {
        "/slow" if count.fetch_add(1, Ordering::SeqCst) > 0 => stop(asked, stream),
        "/drip" if asked.header("if-none-match").is_some() => {
            let body = bundle("drip", 2);
            let head = format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes())?;
            for byte in body.chunks(16) {
                stream.write_all(byte)?;
                std::thread::sleep(Duration::from_millis(100));
            }
            Ok(())
        }
        path => tagged(asked, stream, "\"1\"", &bundle(path.trim_start_matches('/'), 1)),
    });
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &config(&upstream.url, &["slow", "drip", "b"]), &[]);
    server.wait("all", || (server.ask("GET /health?bundles", b"").status == 200).then_some(()));
    server.wait("silence", || (hung.load(Ordering::SeqCst) > 1).then_some(()));
    let silent = Instant::now();
    // What comes slowly comes.
    server.wait("what drips", || (server.get("/v1/data/drip/all") == said(2)).then_some(()));
    assert_eq!(server.get("/v1/data/slow/all"), said(1));
    upstream.behave(|asked, stream| {
        tagged(asked, stream, "\"3\"", &bundle(asked.path.trim_start_matches('/'), 3))
    });
    server.wait("another bundle", || (server.get("/v1/data/b/all") == said(3)).then_some(()));
    while silent.elapsed() < Duration::from_secs(25) {
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(server.get("/v1/data/slow/all"), said(1));
    server.wait("recovery", || (server.get("/v1/data/slow/all") == said(3)).then_some(()));
    assert!(
        server.log().contains("reading the body took longer than 30000 ms"),
        "{}",
        server.log()
    );
}
