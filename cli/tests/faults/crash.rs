//! Kills while bundles are activated and kept on disk.

use crate::archive::filled;
use crate::process::{Process, figure, number};
use crate::upstream::{Upstream, send};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Bytes that do not compress, other ones for each number.
fn filling(n: u32) -> String {
    let mut state = u64::from(n) * 2 + 1;
    let mut text = String::new();
    while text.len() < 300_000 {
        // Knuth's generator (MMIX).
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(&format!("{:08x}", state >> 32));
    }
    text
}

/// The revision that is served, whole: policy, data and manifest are of one.
fn whole(server: &Process) -> Option<u32> {
    let told = server.get("/v1/data/b");
    let n = u32::try_from(told["result"]["n"].as_u64()?).unwrap();
    assert_eq!(told["result"]["all"], json!([n, n, n]), "one revision's rule and data");
    assert!(told["result"]["filling"] == filling(n), "all of its data");
    assert_eq!(told["result"]["revision"], format!("r{n}"), "and its manifest");
    Some(n)
}

fn config(url: &str, folder: &Path) -> Value {
    json!({
        "services": {"s": {"url": url}},
        "bundles": {"b": {
            "service": "s", "persist": true,
            "polling": {"min_delay_seconds": 0, "max_delay_seconds": 0},
        }},
        "persistence_directory": folder.join("kept"),
        "status": {},
    })
}

#[test]
fn whenever_the_server_is_killed_it_begins_again_with_one_whole_revision() {
    let kills = number("REFEREE_FAULT_KILLS", 24);
    let count = Arc::new(AtomicU32::new(0));
    let upstream = Upstream::start(|_, _| Ok(()));
    let folder = tempfile::tempdir().unwrap();
    let config = config(&upstream.url, folder.path());
    let kept = folder.path().join("kept/bundles/b");
    let (mut last, mut leftovers, mut seen) = (0, 0, 0);
    for kill in 0..kills {
        leftovers += left(&kept);
        upstream.down();
        let server = Process::start(folder.path(), &config, &[]);
        assert_eq!(left(&kept), 0, "what was half written is cleared away");
        let begun = whole(&server);
        match begun {
            Some(n) => {
                assert!(n >= last, "{n} was kept after {last}");
                last = n;
                assert_eq!(server.ask("GET /v1/data/b/n", b"").status, 200);
            }
            None => {
                assert_eq!(last, 0, "nothing is there, and {last} was");
                let health = server.ask("GET /health?bundles", b"");
                assert_eq!(health.status, 500, "and that is told");
            }
        }
        let counter = Arc::clone(&count);
        upstream.behave(move |_, stream| {
            let n = counter.fetch_add(1, Ordering::SeqCst) + 1;
            send(stream, 200, &[&format!("ETag: \"{n}\"")], &filled("b", n, &filling(n)))
        });
        // Once something came, at another moment each time.
        server.wait("a revision", || whole(&server).filter(|n| Some(*n) != begun));
        std::thread::sleep(Duration::from_millis(u64::try_from(kill * 37 % 101).unwrap()));
        seen += usize::from(whole(&server).is_some());
        server.kill();
    }
    let made = count.load(Ordering::SeqCst);
    figure(&format!(
        "{kills} kills among {made} activations; {leftovers} files were half written; {last} was kept last"
    ));
    assert!(seen == kills && last > 0);
}

/// How many files there are that were not written to their end.
fn left(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".tmp")).count()
}

#[test]
fn what_was_kept_and_is_damaged_is_not_served_and_that_is_told() {
    let upstream = Upstream::start(|_, stream| {
        send(stream, 200, &["ETag: \"1\""], &filled("b", 1, &filling(1)))
    });
    let folder = tempfile::tempdir().unwrap();
    let config = config(&upstream.url, folder.path());
    let server = Process::start(folder.path(), &config, &[]);
    let place = folder.path().join("kept/bundles/b/bundle.tar.gz");
    server.wait("the file", || place.is_file().then_some(()));
    server.kill();
    let mut bytes = std::fs::read(&place).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&place, &bytes).unwrap();
    upstream.down();
    let server = Process::start(folder.path(), &config, &[]);
    assert_eq!(whole(&server), None);
    assert_eq!(server.ask("GET /health?bundles", b"").status, 500);
    assert!(server.bundle("b")["code"] == "bundle_error", "{}", server.bundle("b"));
    upstream.behave(|_, stream| send(stream, 200, &["ETag: \"2\""], &filled("b", 2, &filling(2))));
    server.wait("the next one", || (whole(&server) == Some(2)).then_some(()));
}
