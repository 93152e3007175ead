//! The real `opa run --server` and `referee serve` with one configuration file.

use crate::serving::{Server, serve};
use crate::started::{alone, opa_server};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What `opa build` makes of a policy: an archive, signed where a key is given.
pub(crate) fn built(
    opa: &Path,
    folder: &Path,
    revision: &str,
    n: u32,
    key: Option<&Path>,
) -> Vec<u8> {
    let source = folder.join(format!("source-{revision}"));
    std::fs::create_dir_all(source.join("authz")).unwrap();
    let manifest = format!(r#"{{"revision": "{revision}", "roots": ["authz"]}}"#);
    std::fs::write(source.join(".manifest"), manifest).unwrap();
    std::fs::write(source.join("authz/data.json"), format!(r#"{{"n": {n}}}"#)).unwrap();
    let policy = "package authz\n\ntwice := data.authz.n * 2\n\n\
                  from := data.system.bundles.b.manifest.revision\n";
    std::fs::write(source.join("authz/p.rego"), policy).unwrap();
    let archive = folder.join(format!("{revision}.tar.gz"));
    let mut command = Command::new(opa);
    command.env_clear().current_dir(&source).args(["build", "--bundle", "."]).arg("--output");
    command.arg(&archive);
    if let Some(key) = key {
        command.args(["--signing-alg", "ES256", "--signing-key"]).arg(key);
    }
    let made = command.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(archive).unwrap()
}

/// Both servers with one configuration.
pub(crate) struct Both([Server; 2]);

impl Both {
    /// Starts them.
    pub(crate) fn start(opa: &Path, config: &Path) -> Self {
        let arguments = ["--config-file".as_ref(), config.as_os_str()];
        let theirs = opa_server(alone(opa).env("TOKEN", "t0"), arguments).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        command.env_clear().envs([("HOME", "/nonexistent"), ("TOKEN", "t0")]);
        let (ours, mut log) =
            serve(&mut command, &["--no-policy", "--opa-config", config.to_str().unwrap()]);
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self([theirs, ours])
    }

    /// What both answer: status and body.
    pub(crate) fn ask(&self, path: &str) -> [(String, Value); 2] {
        [&self.0[0], &self.0[1]].map(|server| ask(&server.address, path))
    }

    /// Waits until both answer what is wanted, each in its own time.
    pub(crate) fn wait(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> [Value; 2] {
        [&self.0[0], &self.0[1]].map(|server| {
            let patience = Instant::now() + Duration::from_secs(20);
            loop {
                let (status, body) = ask(&server.address, path);
                if wanted(&body) {
                    return body;
                }
                assert!(Instant::now() < patience, "{}{path}: {status} {body}", server.address);
                std::thread::sleep(Duration::from_millis(50));
            }
        })
    }

    /// The status of the bundle without what differs from run to run, once it is as wanted.
    pub(crate) fn status(&self, wanted: impl Fn(&Value) -> bool) -> [Value; 2] {
        let both = self.wait("/v1/status", |body| wanted(&body["result"]["bundles"]["b"]));
        both.map(|body| {
            let mut status = body["result"]["bundles"]["b"].clone();
            let members = status.as_object_mut().unwrap();
            assert!(members.remove("metrics").is_some());
            for (name, value) in members.iter_mut() {
                if name.starts_with("last_") {
                    let never = value.as_str().unwrap().starts_with("0001-");
                    *value = if never { "never" } else { "once" }.into();
                }
            }
            status
        })
    }
}

/// Asks a server once: status and body.
pub(crate) fn ask(address: &str, path: &str) -> (String, Value) {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return ("none".to_owned(), Value::Null);
    };
    // Of an older client no answer comes in chunks.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default().to_owned();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}
