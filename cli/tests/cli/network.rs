//! Policies reach the hosts that are named, and no others.

use crate::support::{folder, path, with};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

/// A server that answers so many requests with the same document; its port.
fn server(requests: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for _ in 0..requests {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                          Content-Length: 13\r\nConnection: close\r\n\r\n{\"level\": 42}";
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    port
}

fn query(port: u16) -> String {
    format!("http.send({{\"method\": \"get\", \"url\": \"http://127.0.0.1:{port}/x\"}}).body.level")
}

#[test]
fn without_a_word_policies_reach_nothing() {
    let port = server(0);
    let run = with(&["eval", "--strict-builtin-errors", &query(port)]).exits(2).json();
    let message = run["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("http.send: "), "{run:#}");
    let run = with(&["eval", "--allow-net", "127.0.0.2", "--strict-builtin-errors", &query(port)]);
    let run = run.exits(2).json();
    assert_eq!(run["errors"][0]["code"], "eval_builtin_error", "{run:#}");
}

#[test]
fn a_host_that_is_named_is_reached() {
    let port = server(3);
    for hosts in
        [&["--allow-net", "127.0.0.1"][..], &["--allow-net", "a.example", "--allow-net", "*"]]
    {
        let query = query(port);
        let run = with(&[&["eval", "-f", "raw"], hosts, &[query.as_str()]].concat()).exits(0);
        assert_eq!(run.out, "42\n", "{run:#?}");
    }
    let text = format!("package t\n\ntest_level if {{\n\t{} == 42\n}}\n", query(port));
    let folder = folder(&[("t.rego", &text)]);
    with(&["test", &path(&folder, "t.rego"), "--allow-net", "127.0.0.1"]).exits(0);
}

#[test]
fn a_test_without_a_network_fails_where_it_asks_for_one() {
    let text = format!("package t\n\ntest_level if {{\n\t{} == 42\n}}\n", query(server(0)));
    let folder = folder(&[("t.rego", &text)]);
    with(&["test", &path(&folder, "t.rego")]).exits(1).says(&["FAIL data.t.test_level"]);
}

#[test]
fn a_name_is_looked_up_where_its_host_is_named() {
    let query = "net.lookup_ip_addr(\"localhost\")";
    let run = with(&["eval", "-f", "raw", "--allow-net", "localhost", query]).exits(0);
    assert!(run.out.contains("127.0.0.1") || run.out.contains("::1"), "{run:#?}");
    with(&["eval", "--fail", query]).exits(1);
}

#[test]
fn what_is_no_host_is_told_and_so_is_an_engine_without_a_network() {
    for host in ["https://example.com", "example.com:443", "*.example.com", ""] {
        let run = with(&["eval", "--allow-net", host, "1"]).exits(2);
        let message = "expected a host without scheme, port and path, or * for any";
        assert!(run.err.contains(message), "{run:#?}");
    }
    with(&["eval", "--engine", "regorus", "--allow-net", "*", "1"])
        .fails("--allow-net needs the native engine", "native_only");
}
