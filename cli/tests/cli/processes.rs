//! What becomes of the process: readers that go away, signals, the server.

#[cfg(unix)]
use crate::serving::serve;
use crate::support::{referee, with};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
#[cfg(unix)]
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_reader_that_goes_away_changes_neither_the_exit_code_nor_standard_error() {
    let layout = "oci-layout:examples/layouts/hundred-signatures";
    for (arguments, code) in [
        (["facts", layout, "--trust", "examples/trust-all.yaml"], 0),
        (["verify", layout, "-v", "--trust=examples/trust-all.yaml"], 0),
        (["verify", layout, "--output=json", "--facts"], 1),
    ] {
        let mut child = referee()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {err}");
        assert!(!err.contains("panicked") && !err.contains("error:"), "{arguments:?}: {err}");
    }
}

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// The connection that the command opens. A command that ends without asking fails the test: a
/// plain `accept` would wait for ever.
#[cfg(unix)]
fn asked_by(child: &mut Child, listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    loop {
        if let Ok((connection, _)) = listener.accept() {
            return connection;
        }
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "the command ended without asking: {ended:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_for_a_registry_that_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let mut child = referee()
        .args(["verify", &format!("{host}/app:1"), "--plain-http", &host])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _silent = asked_by(&mut child, &listener);
    let started = Instant::now();
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(output.status.code(), Some(130));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.ends_with("error: interrupted [interrupted]\n"), "{err}");
}

#[test]
fn a_registry_that_says_nothing_is_an_error_that_may_be_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let reference = format!("{host}/app:1");
    let started = Instant::now();
    let run = with(&["verify", &reference, "--plain-http", &host, "--timeout", "600ms"]).exits(2);
    assert!(started.elapsed() < Duration::from_secs(5));
    run.says(&["ERROR", "could not be resolved before the deadline", "retry asking again later"]);
}

#[cfg(unix)]
#[test]
fn the_server_says_where_it_listens_answers_and_ends_when_told_to() {
    let (mut server, mut log) = serve(&mut referee(), &["--trust", "examples/trust.yaml"]);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    signal(&server.child, "-TERM");
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("shutting down"), "{rest}");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_address_that_is_taken_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let run = with(&["serve", "--listen", &address, "--log-level", "off"]).exits(2);
    assert!(run.err.starts_with("error: ") && run.err.contains(&address), "{run:#?}");
}
