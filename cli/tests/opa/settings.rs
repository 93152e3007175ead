//! `serve --opa-set`, `--opa-set-file` and `--ready-timeout`, beside `--set`, `--set-file` and
//! `--ready-timeout` of the real `opa run`.

use crate::find::{skipped, tool};
use crate::pair::{ask, built};
use crate::serving::{Server, serve};
use crate::source::{Offer, Source, Who};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Assignments, each a flag without its beginning and what is assigned.
type Assignments<'a> = &'a [(&'static str, &'a str)];

fn opa_run(opa: &Path, address: &str, assignments: Assignments<'_>, more: &[&str]) -> Command {
    let mut command = Command::new(opa);
    command.env_clear().envs([("HOME", "/nonexistent"), ("REGION", "west")]);
    command.args(["run", "--server", "--disable-telemetry", "--addr", address]).args(more);
    for (flag, text) in assignments {
        command.args([&format!("--{flag}"), *text]);
    }
    command
}

fn referee(assignments: Assignments<'_>, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
    command.env_clear().envs([("HOME", "/nonexistent"), ("REGION", "west")]);
    command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]).args(more);
    for (flag, text) in assignments {
        command.args([&format!("--opa-{flag}"), *text]);
    }
    command
}

fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Runs a command that is to end by itself.
fn ended(command: &mut Command) -> Output {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let patience = Instant::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > patience {
            child.kill().unwrap();
            panic!("it serves: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().unwrap()
}

/// The error that `referee serve` ends with.
fn refused(assignments: Assignments<'_>, more: &[&str]) -> String {
    let output = ended(&mut referee(assignments, more));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    error.lines().find(|line| line.starts_with("error: ")).unwrap_or(&error).to_owned()
}

#[test]
fn assignments_make_the_same_configuration_as_opas() {
    let Some(opa) = tool("opa") else {
        return skipped("settings beside opa", "there is no opa");
    };
    let folder = tempfile::tempdir().unwrap();
    let body = built(&opa, folder.path(), "r1", 1, None);
    let source = Source::start(Offer { etag: "\"1\"", content_type: "application/gzip", body });
    let file = folder.path().join("config.yaml");
    let text = "services: {s: {url: http://127.0.0.1:9/}}\nlabels: {a: old, b: kept}\n\
                bundles: {b: {service: s, polling: {min_delay_seconds: 60, max_delay_seconds: 60}}}\n";
    std::fs::write(&file, text).unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "t0ken\n").unwrap();
    let url = format!("services.s.url={}/base", source.url);
    let token_file = format!("services.s.credentials.bearer.token={}", token.display());
    let assignments: Assignments<'_> = &[
        ("set", &url),
        ("set", "labels.a=new,labels.where=${REGION},labels.text=a\\,b\\=c"),
        ("set", "bundles.b.resource=b.tar.gz"),
        ("set", "bundles.b.polling.min_delay_seconds=1,bundles.b.polling.max_delay_seconds=2"),
        ("set", "bundles.b.size_limit_bytes=1000000"),
        ("set", "default_decision=authz/twice"),
        ("set", "decision_logs.console=true"),
        ("set", "decision_logs.request_context.http.headers={x-one,x-two}"),
        ("set", "decision_logs.reporting.max_decisions_per_second=10"),
        ("set", "status.console=true"),
        ("set-file", &token_file),
    ];
    let path = file.to_str().unwrap();
    let address = free();
    let theirs = opa_run(&opa, &address, assignments, &["--config-file", path])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let theirs = Server { child: theirs, address };
    let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
    command.env_clear().envs([("HOME", "/nonexistent"), ("REGION", "west")]);
    let mut arguments = vec!["--opa-config", path, "--ready-timeout", "20"];
    let flags: Vec<String> = assignments.iter().map(|(flag, _)| format!("--opa-{flag}")).collect();
    for (flag, (_, text)) in flags.iter().zip(assignments) {
        arguments.extend([flag.as_str(), text]);
    }
    let (ours, mut log) = serve(&mut command, &arguments);
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    // It waited for the bundle, so that it is there from the first request on.
    assert_eq!(ask(&ours.address, "/v1/data/authz/twice").1["result"], 2);
    let patience = Instant::now() + Duration::from_secs(20);
    while ask(&theirs.address, "/v1/data/authz/twice").1["result"] != 2 {
        assert!(Instant::now() < patience, "opa has no bundle");
        std::thread::sleep(Duration::from_millis(50));
    }
    let shown = [&theirs, &ours].map(|server| {
        let mut shown = ask(&server.address, "/v1/config").1["result"].clone();
        let labels = shown["labels"].as_object_mut().unwrap();
        assert!(labels.remove("id").is_some() && labels.remove("version").is_some());
        shown
    });
    for name in ["labels", "bundles", "default_decision", "decision_logs", "status"] {
        assert_eq!(shown[0][name], shown[1][name], "{name}");
    }
    assert_eq!(
        shown[1]["labels"],
        json!({"a": "new", "b": "kept", "where": "west", "text": "a,b=c"})
    );
    for shown in &shown {
        assert_eq!(shown["services"]["s"]["url"], format!("{}/base", source.url));
        assert!(!shown.to_string().contains("t0ken"), "{shown}");
    }
    // The token of the file was sent, without the end of its line.
    for who in [Who::Opa, Who::Referee] {
        assert_eq!(source.authorized(who), Some("bearer t0ken".to_owned()));
    }
}

#[test]
fn assignments_that_make_no_sense_end_both_before_they_serve() {
    let opa = tool("opa");
    if opa.is_none() {
        skipped("settings beside opa", "there is no opa");
    }
    let service = ("set", "services.s.url=http://127.0.0.1:9");
    let cases: [(Assignments<'_>, &str, bool); 9] = [
        (&[("set", "labels")], "error: --opa-set \"labels\": ", true),
        (&[("set", "labels.a[x]=1")], "error: --opa-set \"labels.a[x]\": ", true),
        (&[("set-file", "labels.a=/none/such")], "/none/such cannot be read", true),
        (
            &[service, ("set", "bundles.b.polling.min_delay_seconds=soon")],
            "bundles.b.polling.min_delay_seconds",
            true,
        ),
        (
            &[
                service,
                ("set", "bundles.b.polling.min_delay_seconds=5"),
                ("set", "bundles.b.polling.max_delay_seconds=2"),
            ],
            "bundles.b.polling",
            true,
        ),
        (&[service, ("set", "bundles.b.service=other")], "other", true),
        (&[service, ("set", "bundles.b.signing.keyid=none")], "there are no keys", true),
        (&[service, ("set", "services.s.credentials.s3_signing.x=1")], "s3_signing", false),
        // OPA leaves the text as it stands, which is another configuration than was meant.
        (&[("set", "labels.a=${NO_SUCH_VARIABLE}")], "NO_SUCH_VARIABLE is not set", false),
    ];
    for (assignments, expected, by_opa) in cases {
        let error = refused(assignments, &[]);
        assert!(error.contains(expected), "{assignments:?}: {error}");
        let Some(opa) = opa.as_ref().filter(|_| by_opa) else { continue };
        let output = ended(&mut opa_run(opa, &free(), assignments, &[]));
        assert_ne!(output.status.code(), Some(0), "opa: {assignments:?}");
    }
    let secret = [service, ("set", "services.s.credentials.bearer.token[x]=hunter2")];
    let error = refused(&secret, &[]);
    assert!(error.contains("[invalid_assignment]") && !error.contains("hunter2"), "{error}");
}

#[test]
fn a_server_that_is_to_be_ready_and_is_not_in_time_ends_and_says_why() {
    let none = Source::start(Offer { etag: "", content_type: "text/plain", body: b"no".to_vec() });
    let url = format!("services.s.url={}", none.url);
    let assignments: Assignments<'_> = &[("set", &url), ("set", "bundles.b.resource=b.tar.gz")];
    let started = Instant::now();
    let error = refused(assignments, &["--ready-timeout", "1"]);
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(
        error,
        "error: the bundles are not active after 1 s: \"b\": bundle read failed: it is not \
         compressed with gzip [not_ready]"
    );
    // Nobody answers at all.
    let nobody: Assignments<'_> =
        &[("set", "services.s.url=http://127.0.0.1:9"), ("set", "bundles.b.resource=b.tar.gz")];
    let error = refused(nobody, &["--ready-timeout", "1"]);
    assert!(error.contains("after 1 s: \"b\": ") && error.contains("connection failed"), "{error}");
    if let Some(opa) = tool("opa") {
        let output = ended(&mut opa_run(&opa, &free(), assignments, &["--ready-timeout", "1"]));
        assert_ne!(output.status.code(), Some(0), "opa is not ready either");
        let body = built(&opa, tempfile::tempdir().unwrap().path(), "r1", 1, None);
        let offer = Offer { etag: "\"1\"", content_type: "application/gzip", body };
        // What comes late and in time is waited for.
        let late = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(1_200));
            none.offer(offer);
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        command.env_clear().env("HOME", "/nonexistent");
        let arguments = [
            "--ready-timeout",
            "20",
            "--opa-set",
            &url,
            "--opa-set",
            "bundles.b.resource=b.tar.gz",
        ];
        let (server, _log) = serve(&mut command, &arguments);
        assert!(started.elapsed() >= Duration::from_millis(1_200));
        let answer: Value = ask(&server.address, "/v1/data/authz/twice").1;
        assert_eq!(answer["result"], 2);
        late.join().unwrap();
    } else {
        skipped("settings beside opa", "there is no opa");
    }
}
