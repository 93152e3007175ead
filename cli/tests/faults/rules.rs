//! Rules that the server asks for itself (authorization, mask, drop, health) that fail, or never
//! end.

use crate::collector::Collector;
use crate::http::ask;
use crate::process::Process;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Holds for nothing, after much more time than there is.
const FOREVER: &str = "{\n\tsome i in numbers.range(1, 1000000)\n\tsome j in numbers.range(1, 1000000)\n\ti + j == -1\n}";

/// A server that begins with a policy.
fn start(folder: &Path, mut config: Value, policy: &str, more: &[&str]) -> Process {
    let files = folder.join("policy");
    std::fs::create_dir_all(&files).unwrap();
    std::fs::write(files.join("p.rego"), policy).unwrap();
    config["bundles"] = json!({"own": {"resource": format!("file://{}", files.display())}});
    let mut arguments = vec!["--ready-timeout", "10"];
    arguments.extend(more);
    Process::start(folder, &config, &arguments)
}

#[test]
fn authorization_that_never_ends_or_fails_lets_nobody_through() {
    let cases = [
        ("never ends", format!("allow if {FOREVER}"), "eval_cancel_error"),
        (
            "conflicts",
            "allow := true if input.method\n\nallow := false if input.path".to_owned(),
            "eval_conflict_error",
        ),
        ("is no boolean", "allow := \"yes\"".to_owned(), ""),
    ];
    for (what, rule, code) in cases {
        let folder = tempfile::tempdir().unwrap();
        let policy = format!("package system.authz\n\n{rule}\n");
        let server = start(folder.path(), json!({}), &policy, &["--authorization", "basic"]);
        let begun = Instant::now();
        for request in ["GET /v1/data", "PUT /v1/data/x", "GET /metrics", "GET /health"] {
            let answer = ask(&server.address, request, b"{}").unwrap();
            assert!(matches!(answer.status, 401 | 500), "{what}: {request}: {}", answer.text());
            assert!(answer.text().contains(code), "{what}: {}", answer.text());
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}: {:?}", begun.elapsed());
    }
}

#[test]
fn health_that_never_ends_is_unwell_and_others_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let policy = format!("package system.health\n\nlive if {FOREVER}\n\nready := true\n");
    let server = start(folder.path(), json!({}), &policy, &[]);
    let asked: Vec<_> = (0..8)
        .map(|_| {
            let address = server.address.clone();
            std::thread::spawn(move || ask(&address, "GET /health/live", b"").unwrap())
        })
        .collect();
    std::thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    assert_eq!(server.ask("GET /health/ready", b"").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    for asked in asked {
        let answer = asked.join().unwrap();
        assert_eq!(answer.status, 500, "{}", answer.text());
        let told = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(told.contains("deadline"), "{told}");
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn a_mask_that_fails_or_never_ends_lets_nothing_out_unmasked() {
    const SECRET: &str = "a-secret-of-the-caller";
    let cases = [
        ("never ends", format!("mask contains \"/input/secret\" if {FOREVER}"), "mask_failed"),
        (
            "conflicts",
            "mask := [\"/input/a\"]\n\nmask := [\"/input/b\"] if input.path".to_owned(),
            "mask_failed",
        ),
        ("is none", "mask contains {\"op\": \"hide\"}".to_owned(), "mask_invalid"),
        (
            "fails for some",
            "mask contains \"/input/secret\" if not input.input.bad\n\nmask contains 7 if input.input.bad"
                .to_owned(),
            "mask_invalid",
        ),
    ];
    for (what, rule, code) in cases {
        let collector = Collector::start();
        collector.up();
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "services": {"s": {"url": collector.upstream.url}},
            "decision_logs": {
                "service": "s", "console": true,
                "reporting": {
                    "min_delay_seconds": 1, "max_delay_seconds": 1,
                    "spool": {"directory": folder.path().join("spool")},
                },
            },
        });
        let policy = format!("package system.log\n\n{rule}\n");
        let server = start(folder.path(), config, &policy, &[]);
        let body = json!({"input": {"secret": SECRET, "bad": true}}).to_string();
        let begun = Instant::now();
        let answer = server.ask("POST /v1/data/none", body.as_bytes());
        assert!(begun.elapsed() < Duration::from_secs(1), "who asks does not wait for the mask");
        assert_eq!(answer.status, 200);
        server.wait(what, || (collector.count() == 1).then_some(()));
        let (event, _) = collector.arrived().into_values().next().unwrap();
        assert_eq!(event["custom"]["referee"]["mask_error"]["code"], code, "{what}: {event}");
        assert_eq!(event.get("input"), None, "{what}");
        assert_eq!(event["erased"], json!(["/input"]), "{what}");
        assert_eq!(server.metric("referee_decision_logs_mask_failed_total"), 1, "{what}");
        assert!(!event.to_string().contains(SECRET), "{what}: {event}");
        assert!(server.log().contains("Decision Log"), "{what}");
        assert!(!server.log().contains(SECRET), "{what}: on the console");
        for entry in std::fs::read_dir(folder.path().join("spool")).unwrap().flatten() {
            let bytes = std::fs::read(entry.path()).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "{what}: in the spool");
        }
    }
}
