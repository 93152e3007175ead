//! The real `opa run --server` and `referee serve`, asked over HTTP with bodies of YAML and JSON.

use crate::find::{skipped, tool};
use crate::serving::{Server, serve};
use crate::started::{alone, opa_server};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

const POLICY: &str = "package p\n\nx := input\n\ndeny contains \"never\" if false\n";

fn ours(policy: &Path) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
    command.env_clear().env("HOME", "/nonexistent").current_dir(policy.parent().unwrap());
    let (server, mut log) = serve(&mut command, &["--policy", policy.to_str().unwrap()]);
    // What it says later must find a reader.
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    server
}

/// The status and the body.
fn ask(server: &Server, media_type: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let head = format!(
        "POST /v1/data/p/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.trim_end().to_owned())
}

#[test]
fn a_body_is_the_same_input_to_both_servers() {
    let Some(opa) = tool("opa") else {
        return skipped("the comparison of servers", "opa is not on this machine");
    };
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("p.rego");
    std::fs::write(&policy, POLICY).unwrap();
    let theirs = opa_server(&mut alone(&opa), [&policy]).unwrap();
    let ours = ours(&policy);
    let both = |media_type: &str, body: &str| {
        let asked = |server| ask(server, media_type, body.as_bytes());
        (asked(&theirs), asked(&ours))
    };
    for body in [
        "",
        "# nothing",
        "null",
        "{}",
        "input: null",
        "input: ~",
        "other: 1",
        "input: yes",
        "input: {1: a, true: b, 1.5: c}",
        "input: {a: 1, a: 2}",
        "input: [0644, 0x1F, 0b11, 1_000, 1:30, 1e3, .5, -0, 017]",
        "input: [12345678901234567890123, 9223372036854775808, 18446744073709551616]",
        "{\"input\": [12345678901234567890123, 1.0, 1e3]}",
        "\u{feff}input: 1",
        "\u{feff}{\"input\": 1.50}",
        "input: 1\n---\ninput: 2\n",
        "x: &x {a: 1}\ninput: {<<: *x, b: [*x, *x]}",
        "input: [!own b, !!str 1, !!binary aGk=, 2001-01-01]",
        "input: |\n  a\n  b\n",
        "input: \"\\u00e9\\x41\"",
    ] {
        let (theirs, ours) = both("application/yaml", body);
        assert_eq!(ours, theirs, "{body}");
        assert_eq!(theirs.0, 200, "{body}");
    }
    for body in ["", "null", "{}", "{\"input\": null}", "{\"input\": [1.0, 1e400]}"] {
        let (theirs, ours) = both("application/json", body);
        assert_eq!(ours, theirs, "{body}");
    }
    // Refused in the same words, unless they are about Go's types.
    for (body, same) in [
        ("input: [1", true),
        ("a:\n\t- 1\n", true),
        ("input: .inf", true),
        ("input: *x", true),
        ("input: {~: d}", true),
        ("input: {? [1] : 2}", false),
        ("[1]", false),
        ("a", false),
    ] {
        let (theirs, ours) = both("application/yaml", body);
        assert_eq!((ours.0, theirs.0), (400, 400), "{body}: {ours:?} {theirs:?}");
        if same {
            // OPA escapes `<` and `>`.
            let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(parsed(&ours.1), parsed(&theirs.1), "{body}");
        }
    }
}
