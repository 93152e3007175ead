//! The real `opa run --server` and `referee serve` with one configuration file: what they make of
//! bundles that the real `opa build` built and signed, and of a server that then fails.

use crate::find::{skipped, tool};
use crate::pair::{Both, built};
use rcgen::KeyPair;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server of bundles answers: status, tag, body.
type Answer = (u16, String, Vec<u8>);

/// Serves one answer to everybody; the heads of what was asked.
struct Bundles {
    url: String,
    answer: Arc<Mutex<Answer>>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Bundles {
    fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (answer, heads) = (Arc::new(Mutex::new(answer)), Arc::<Mutex<Vec<String>>>::default());
        let server = Self { url, answer: Arc::clone(&answer), heads: Arc::clone(&heads) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, heads) = (Arc::clone(&answer), Arc::clone(&heads));
                std::thread::spawn(move || answer_one(stream, &answer, &heads));
            }
        });
        server
    }

    fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }
}

fn answer_one(mut stream: TcpStream, answer: &Mutex<Answer>, heads: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_exact(&mut byte).is_err() {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let (status, etag, body) = answer.lock().unwrap().clone();
    let known = head.contains(&format!("if-none-match: {etag}\r\n"));
    heads.lock().unwrap().push(head);
    let (status, body) = if known && status == 200 { (304, Vec::new()) } else { (status, body) };
    let head = format!(
        "HTTP/1.1 {status} X\r\nETag: {etag}\r\nContent-Type: application/gzip\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

fn config(folder: &Path, url: &str, key: Option<&str>, name: &str) -> PathBuf {
    let mut config = json!({
        "services": {"s": {
            "url": format!("{url}/base"), "headers": {"X-One": "1"},
            "credentials": {"bearer": {"token": "${TOKEN}"}},
        }},
        "labels": {"region": "west"},
        "bundles": {"b": {
            "service": "s", "resource": "b.tar.gz",
            "polling": {"min_delay_seconds": 1, "max_delay_seconds": 1},
        }},
        "status": {"console": true},
    });
    if let Some(key) = key {
        config["keys"] = json!({"k": {"algorithm": "ES256", "key": key}});
        config["bundles"]["b"]["signing"] = json!({"keyid": "k"});
    }
    let path = folder.join(name);
    std::fs::write(&path, serde_json::to_string_pretty(&config).unwrap()).unwrap();
    path
}

#[test]
fn one_configuration_has_both_servers_serve_the_same_bundle_and_tell_the_same_of_it() {
    let Some(opa) = tool("opa") else {
        return skipped("delivery beside opa", "there is no opa");
    };
    let folder = tempfile::tempdir().unwrap();
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let at = |name: &str, key: &KeyPair| {
        let path = folder.path().join(name);
        std::fs::write(&path, key.serialize_pem()).unwrap();
        path
    };
    let (own_key, other_key) = (at("key.pem", &key), at("other.pem", &other));
    let build =
        |revision: &str, n: u32, key: Option<&Path>| built(&opa, folder.path(), revision, n, key);
    let server = Bundles::start((200, "\"1\"".into(), build("r1", 1, Some(&own_key))));
    let public = key.public_key_pem();
    let config = config(folder.path(), &server.url, Some(&public), "c.json");
    let both = Both::start(&opa, &config);

    let document = both.wait("/v1/data/authz", |body| body["result"]["twice"] == 2);
    assert_eq!(document[0], document[1]);
    both.wait("/health?bundles", |body| body == &json!({}));
    let [theirs, ours] = both.status(|status| status["active_revision"] == "r1");
    assert_eq!(theirs, ours);
    // Asked again, both name the tag and say what they understand.
    std::thread::sleep(Duration::from_millis(1_500));
    let heads = server.heads.lock().unwrap().clone();
    let relevant = |head: &str| -> Vec<String> {
        let names = ["get ", "if-none-match", "prefer", "authorization", "x-one"];
        let lines = head.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
        let mut lines: Vec<String> = lines.map(ToOwned::to_owned).collect();
        lines.sort();
        lines
    };
    let asked = |ours: bool| -> BTreeSet<Vec<String>> {
        let own = heads.iter().filter(|head| head.contains("user-agent: referee") == ours);
        own.map(|head| relevant(head)).collect()
    };
    assert_eq!(asked(false), asked(true));
    assert_eq!(asked(true).len(), 2, "the first time, and with the tag");

    // Servers that fail, and bundles that may not be used: both keep what they have.
    let failing: [(&str, Answer); 5] = [
        ("error", (500, "x".into(), b"no".to_vec())),
        ("none", (404, "x".into(), Vec::new())),
        ("nonsense", (200, "x".into(), b"nonsense".to_vec())),
        ("unsigned", (200, "x".into(), build("r2", 2, None))),
        ("other key", (200, "x".into(), build("r3", 3, Some(&other_key)))),
    ];
    for (what, answer) in failing {
        let status = answer.0;
        server.answer((200, "\"1\"".into(), build("r1", 1, Some(&own_key))));
        both.status(|status| status.get("code").is_none());
        server.answer(answer);
        let [mut theirs, mut ours] = both.status(|status| status.get("code").is_some());
        assert!(ours["message"].as_str().unwrap().len() > 10, "{what}: {ours}");
        if status == 200 {
            // The words are each one's own, and so is what of a bundle is told that is not used.
            for status in [&mut theirs, &mut ours] {
                for name in ["message", "size"] {
                    status.as_object_mut().unwrap().remove(name);
                }
            }
        }
        assert_eq!(theirs, ours, "{what}");
        let document = both.ask("/v1/data/authz");
        assert_eq!(document[0], document[1], "{what}");
        assert_eq!(document[1].1["result"]["from"], "r1", "{what}");
    }
    server.answer((200, "\"2\"".into(), build("r4", 4, Some(&own_key))));
    let document = both.wait("/v1/data/authz", |body| body["result"]["twice"] == 8);
    assert_eq!(document[0], document[1]);
    let [theirs, ours] = both.status(|status| status["active_revision"] == "r4");
    assert_eq!(theirs, ours);

    // What is shown of the configuration.
    let [theirs, ours] = both.ask("/v1/config").map(|(_, body)| body["result"].clone());
    for name in ["bundles", "keys", "default_decision", "default_authorization_decision"] {
        assert_eq!(theirs[name], ours[name], "{name}");
    }
    assert_eq!(ours["services"]["s"]["headers"]["X-One"], "REDACTED");
    assert_eq!(ours["services"]["s"].get("credentials"), None);
    assert_eq!(theirs["labels"]["region"], ours["labels"]["region"]);
    assert!(!ours.to_string().contains("t0"));
}
