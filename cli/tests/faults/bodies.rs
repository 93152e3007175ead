//! Bodies that are larger than they may be, on every endpoint that reads one, beside the real OPA.

use crate::find::{skipped, tool};
use crate::http::{Answer, Client};
use crate::process::{Process, figure};
use crate::serving::Server;
use crate::started::{alone, opa_server};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// The most bytes of a body, and of one that is unpacked.
const MOST: usize = 20_000;
const UNPACKED: usize = 100_000;

/// What reads a body: OPA's first, then those of Referee alone.
const OPAS: [&str; 8] = [
    "POST /v1/data/p",
    "POST /v0/data/p",
    "POST /",
    "POST /v1/query",
    "POST /v1/compile",
    "PUT /v1/data/x",
    "PATCH /v1/data/x",
    "PUT /v1/policies/x",
];
const OWN: [&str; 2] = ["POST /v1/batch/data/p", "POST /v0/preview/p"];

fn config() -> Value {
    json!({"server": {"decoding": {"max_length": MOST, "gzip": {"max_length": UNPACKED}}}})
}

fn opa(folder: &Path) -> Option<Server> {
    let program = tool("opa")?;
    let path = folder.join("theirs.json");
    std::fs::write(&path, config().to_string()).unwrap();
    opa_server(&mut alone(&program), ["--config-file".as_ref(), path.as_os_str()])
}

/// A question, or a document, of so many bytes.
fn body(request: &str, size: usize) -> Vec<u8> {
    let filling = "x".repeat(size);
    let text = match request {
        "POST /v1/query" | "POST /v1/compile" => {
            format!(r#"{{"query": "true == true", "f": "{filling}"}}"#)
        }
        "PATCH /v1/data/x" => format!(r#"[{{"op": "add", "path": "/a", "value": "{filling}"}}]"#),
        "PUT /v1/policies/x" => format!("package x\n\n# {filling}\ny := 1\n"),
        _ => format!(r#"{{"input": "{filling}", "inputs": {{}}}}"#),
    };
    text.into_bytes()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn announced(address: &str, request: &str) -> io::Result<Answer> {
    Client::connect(address)?.ask(request, &[], &body(request, MOST))
}

fn chunked(address: &str, request: &str) -> io::Result<Answer> {
    let mut client = Client::connect(address)?;
    let mut text =
        format!("{request} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body(request, MOST).chunks(4_096) {
        text.extend(format!("{:x}\r\n", chunk.len()).bytes());
        text.extend(chunk);
        text.extend(b"\r\n");
    }
    client.send(&[&text, &b"0\r\n\r\n"[..]].concat())?;
    client.answer()
}

fn unpacking(address: &str, request: &str) -> io::Result<Answer> {
    let bytes = packed(&body(request, UNPACKED));
    Client::connect(address)?.ask(request, &["Content-Encoding: gzip"], &bytes)
}

fn told(answer: io::Result<Answer>) -> (u16, Value, Value) {
    let answer = answer.unwrap();
    let body = answer.json();
    (answer.status, body["code"].clone(), body["message"].clone())
}

#[test]
fn a_body_over_the_limit_is_refused_in_opas_words_announced_in_chunks_or_packed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &config(), &[]);
    let theirs = opa(folder.path());
    if theirs.is_none() {
        skipped("bodies over the limits beside opa", "there is no opa");
    }
    for address in
        [Some(&server.address), theirs.as_ref().map(|it| &it.address)].into_iter().flatten()
    {
        let put = Client::connect(address).unwrap().ask("PUT /v1/data/x", &[], b"{}").unwrap();
        assert_eq!(put.status, 204, "{}", put.text());
    }
    let before = server.memory("VmHWM");
    let refused = (400, json!("invalid_parameter"), json!("request body too large"));
    let mut differ = Vec::new();
    for request in OPAS.iter().chain(&OWN) {
        assert_eq!(told(announced(&server.address, request)), refused, "{request}");
        let ours = told(chunked(&server.address, request));
        assert_eq!(ours, refused, "{request}");
        if let Some(theirs) = theirs.as_ref().filter(|_| OPAS.contains(request)) {
            assert_eq!(told(announced(&theirs.address, request)), refused, "{request}");
            let theirs = told(chunked(&theirs.address, request));
            if theirs != ours {
                differ.push(format!("{request} in chunks: {theirs:?}"));
            }
        }
        // What is not unpacked is read as it came.
        if request.starts_with("P") && !request.starts_with("POST") {
            continue;
        }
        let (status, code, message) = told(unpacking(&server.address, request));
        assert_eq!((status, &code), (400, &json!("invalid_parameter")), "{request}: {message}");
        assert!(
            message.as_str().unwrap().contains("could not decompress the body"),
            "{request}: {message}"
        );
        if let Some(theirs) = theirs.as_ref().filter(|_| OPAS.contains(request)) {
            let theirs = told(unpacking(&theirs.address, request));
            if theirs != (status, code, message.clone()) {
                differ.push(format!("{request} packed: {theirs:?} and not {message}"));
            }
        }
    }
    // A bomb: a kilobyte a megabyte, a thousand of them at once, each stopped at the limit.
    let bomb = packed(&vec![b' '; 10_000_000]);
    assert!(bomb.len() < MOST, "{}", bomb.len());
    let mut clients: Vec<Client> =
        (0..100).map(|_| Client::connect(&server.address).unwrap()).collect();
    for client in &mut clients {
        let head = format!(
            "POST /v1/data/p HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            bomb.len()
        );
        client.send(&[head.as_bytes(), &bomb].concat()).unwrap();
    }
    for client in &mut clients {
        let answer = client.answer().unwrap();
        assert_eq!(answer.status, 400, "{}", answer.text());
        // The connection serves on.
        assert_eq!(client.ask("GET /health", &[], b"").unwrap().status, 200);
    }
    let grown = server.memory("VmHWM") - before;
    figure(&format!("bodies over the limits cost {grown} KiB; opa differs: {differ:#?}"));
    assert!(grown < 64 * 1_024, "{grown} KiB");
}

#[test]
fn a_length_of_gigabytes_is_answered_at_once_and_nothing_is_set_aside_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &json!({}), &[]);
    let before = server.memory("VmHWM");
    // Less than what a write may have, and never sent.
    let mut waiting: Vec<Client> = Vec::new();
    for _ in 0..50 {
        let mut client = Client::connect(&server.address).unwrap();
        client
            .send(b"PUT /v1/data/x HTTP/1.1\r\nHost: x\r\nContent-Length: 268000000\r\n\r\n{")
            .unwrap();
        waiting.push(client);
    }
    // The last is beyond what a length may be at all.
    for (length, status) in [("99999999999", 400), ("18446744073709551615", 431)] {
        let started = Instant::now();
        let mut client = Client::connect(&server.address).unwrap();
        let head =
            format!("PUT /v1/data/x HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        client.send(head.as_bytes()).unwrap();
        let answer = client.answer().unwrap();
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
    assert_eq!(server.ask("GET /health", b"").status, 200);
    for mut client in waiting {
        let answer = client.answer().unwrap();
        assert_eq!((answer.status, &answer.json()["code"]), (408, &json!("body_timeout")));
    }
    let grown = server.memory("VmHWM") - before;
    assert!(grown < 32 * 1_024, "{grown} KiB");
}
