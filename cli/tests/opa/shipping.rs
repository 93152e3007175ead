//! Bundles in real registries, between `referee push` and `pull`, the real `opa run`, `oras` and
//! `conftest`: what one of them writes the others read.

use crate::find::{skipped, tool};
use crate::pair::Both;
use crate::registry::{Kind, Registry};
use rcgen::KeyPair;
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The user `u` with the password `hunter2-registry`, as docker-registry wants it (bcrypt).
const USERS: &str = "u:$2b$05$abcdefghijklmnopqrstuulZu.ILEXqeNBq7QTUS3kx8ZZIO3trhO\n";

const KINDS: [Kind; 2] = [Kind::Distribution, Kind::Oci11];

fn must(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// What opa, referee and others work in: a registry, and a folder with keys and a bundle's files.
struct Yard {
    registry: Registry,
}

impl Yard {
    fn start(kind: Kind, users: Option<&str>) -> Option<Self> {
        let registry = Registry::start(kind, users)?;
        for name in ["one", "two"] {
            let pair = KeyPair::generate().unwrap();
            let at = |ending: &str| registry.folder().join(format!("{name}.{ending}"));
            std::fs::write(at("pem"), pair.serialize_pem()).unwrap();
            std::fs::write(at("pub"), pair.public_key_pem()).unwrap();
        }
        Some(Self { registry })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.registry.folder().join(name)
    }

    fn reference(&self, rest: &str) -> String {
        format!("{}/{rest}", self.registry.host())
    }

    /// The files of a bundle, in a folder of that name.
    fn source(&self, revision: &str, n: u32) -> PathBuf {
        let source = self.at(revision);
        std::fs::create_dir_all(source.join("authz")).unwrap();
        let manifest = format!(r#"{{"revision": "{revision}", "roots": ["authz"]}}"#);
        std::fs::write(source.join(".manifest"), manifest).unwrap();
        std::fs::write(source.join("authz/data.json"), format!(r#"{{"n": {n}}}"#)).unwrap();
        let policy = "package authz\n\ntwice := data.authz.n * 2\n\n\
                      from := data.system.bundles.b.manifest.revision\n";
        std::fs::write(source.join("authz/p.rego"), policy).unwrap();
        source
    }

    /// A bundle that a program builds, `opa` or `referee`: the arguments are the same.
    fn built(&self, program: &Path, revision: &str, n: u32, key: Option<&str>) -> PathBuf {
        let source = self.source(revision, n);
        let archive = self.at(&format!("{revision}.tar.gz"));
        let mut command = Command::new(program);
        command.env_clear().current_dir(source).args(["build", "--bundle", ".", "--output"]);
        command.arg(&archive);
        if let Some(key) = key {
            let key = self.at(&format!("{key}.pem"));
            command.args(["--signing-alg", "ES256", "--signing-key"]).arg(key);
        }
        must(&mut command);
        archive
    }

    fn referee(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        command.env_clear().env("HOME", self.registry.folder()).stdin(Stdio::null());
        command.env("REFEREE_LIMITS__MAX_POLICY_DATA_BYTES", "67108864");
        command.current_dir(self.registry.folder()).args(arguments);
        command.args(["--plain-http", self.registry.host()]);
        command
    }

    fn push(&self, bundle: &Path, reference: &str) -> Value {
        let bundle = bundle.to_str().unwrap();
        let mut command = self.referee(&["push", bundle, reference, "-f", "json"]);
        serde_json::from_str(&must(&mut command)).unwrap()
    }

    /// The error of a pull, of which nothing may be left.
    fn pull_fails(&self, reference: &str, more: &[&str]) -> String {
        let output = self.referee(&["pull", reference, "-o", "never"]).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(!self.at("never").exists());
        String::from_utf8(output.stderr).unwrap()
    }

    /// What the documentation of OPA says to push a bundle with.
    fn oras(&self, oras: &Path, bundle: &Path, reference: &str) {
        std::fs::write(self.at("config.json"), "{}").unwrap();
        let name = bundle.file_name().unwrap().to_str().unwrap();
        let mut command = Command::new(oras);
        command.env("HOME", self.registry.folder()).current_dir(self.registry.folder());
        command.args(["push", "--plain-http", reference, "--config"]);
        command.arg("config.json:application/vnd.oci.image.config.v1+json");
        must(command.arg(format!("{name}:application/vnd.oci.image.layer.v1.tar+gzip")));
    }

    /// The configuration of a server whose bundle `b` is of this registry.
    fn config(&self, reference: &str, key: Option<&str>, token: Option<&str>) -> PathBuf {
        let mut config = json!({
            "services": {"s": {"url": format!("http://{}", self.registry.host()), "type": "oci"}},
            "bundles": {"b": {
                "service": "s", "resource": reference,
                "polling": {"min_delay_seconds": 1, "max_delay_seconds": 1},
            }},
            "status": {"console": true},
        });
        if let Some(key) = key {
            let text = std::fs::read_to_string(self.at(&format!("{key}.pub"))).unwrap();
            config["keys"] = json!({"k": {"algorithm": "ES256", "key": text}});
            config["bundles"]["b"]["signing"] = json!({"keyid": "k"});
        }
        if let Some(token) = token {
            let bearer = json!({"scheme": "Basic", "token": token});
            config["services"]["s"]["credentials"] = json!({"bearer": bearer});
        }
        let path = self.at("opa.json");
        std::fs::write(&path, config.to_string()).unwrap();
        path
    }
}

#[test]
fn what_referee_pushes_opa_serves_as_referee_does() {
    let Some(opa) = tool("opa") else { return skipped("shipping", "there is no opa") };
    let referee = Path::new(env!("CARGO_BIN_EXE_referee"));
    let mut served = 0;
    for kind in KINDS {
        let Some(yard) = Yard::start(kind, None) else { continue };
        let reference = yard.reference("org/policy:1");
        let first = yard.push(&yard.built(referee, "r1", 1, Some("one")), &reference);
        assert_eq!((&first["revision"], &first["signed"]), (&json!("r1"), &json!(true)));
        let both = Both::start(&opa, &yard.config(&reference, Some("one"), None));
        let document = |n: i64| both.wait("/v1/data/authz", |body| body["result"]["twice"] == n);
        let [theirs, ours] = document(2);
        assert_eq!(theirs, ours);
        assert_eq!(ours["result"]["from"], "r1");
        // The tag moves, and both follow; a bundle of another signer is none to both.
        let forced = |bundle: &Path| {
            let mut command =
                yard.referee(&["push", bundle.to_str().unwrap(), &reference, "--force"]);
            must(&mut command);
        };
        forced(&yard.built(referee, "r2", 2, Some("two")));
        both.wait("/v1/status", |body| body["result"]["bundles"]["b"]["code"] == "bundle_error");
        let [theirs, ours] = document(2);
        assert_eq!(theirs, ours);
        forced(&yard.built(referee, "r3", 3, Some("one")));
        let [theirs, ours] = document(6);
        assert_eq!(theirs, ours);
        assert_eq!(ours["result"]["from"], "r3");
        served += 1;
    }
    eprintln!("FIGURE shipping: opa serves what referee pushed, from {served} registries");
}

#[test]
fn what_opa_built_and_oras_pushed_is_pulled_and_served() {
    let (Some(opa), Some(oras)) = (tool("opa"), tool("oras")) else {
        return skipped("shipping", "there is no opa or no oras");
    };
    for kind in KINDS {
        let Some(yard) = Yard::start(kind, None) else { continue };
        let reference = yard.reference("org/policy:1");
        let bundle = yard.built(&opa, "r1", 4, Some("one"));
        yard.oras(&oras, &bundle, &reference);
        let pulling = ["pull", &reference, "-o", "out.tar.gz", "-f", "json"];
        let verifying = ["--signing-alg", "ES256", "--verification-key", "one.pub"];
        let pulled: Value =
            serde_json::from_str(&must(yard.referee(&pulling).args(verifying))).unwrap();
        assert_eq!((&pulled["revision"], &pulled["layout"]), (&json!("r1"), &json!("opa")));
        assert_eq!(pulled["verified_by"]["algorithm"], "ES256");
        assert_eq!(std::fs::read(yard.at("out.tar.gz")).unwrap(), std::fs::read(&bundle).unwrap());
        let error = yard
            .pull_fails(&reference, &["--signing-alg", "ES256", "--verification-key", "two.pub"]);
        assert!(error.contains("[bundle_signature_invalid]"), "{error}");
        let both = Both::start(&opa, &yard.config(&reference, Some("one"), None));
        let [theirs, ours] = both.wait("/v1/data/authz", |body| body["result"]["twice"] == 8);
        assert_eq!(theirs, ours);
        // And the other way round: oras makes of what referee pushed the file that it was.
        let pushed = yard.push(&bundle, &yard.reference("org/other:2"));
        let digest = pushed["digest"].as_str().unwrap();
        let there = yard.reference(&format!("org/other@{digest}"));
        let mut command = Command::new(&oras);
        command.env("HOME", yard.at("")).args(["pull", "--plain-http", &there, "--output"]);
        must(command.arg(yard.at("by-oras")));
        let written = std::fs::read(yard.at("by-oras/bundle.tar.gz")).unwrap();
        assert_eq!(written, std::fs::read(&bundle).unwrap());
    }
}

#[test]
fn what_conftest_pushed_is_pulled_as_an_archive() {
    let Some(conftest) = tool("conftest") else {
        return skipped("shipping", "there is no conftest");
    };
    for kind in KINDS {
        let Some(yard) = Yard::start(kind, None) else { continue };
        let folder = yard.at("policy");
        std::fs::create_dir_all(folder.join("lib")).unwrap();
        std::fs::write(folder.join("data.json"), r#"{"most": 3}"#).unwrap();
        let main = "package main\n\nimport data.lib.names\n\n\
                    deny contains \"too many\" if input.n > data.policy.most\n\n\
                    deny contains \"no name\" if not names.good(input.name)\n";
        std::fs::write(folder.join("main.rego"), main).unwrap();
        let lib = "package lib.names\n\ngood(name) if startswith(name, \"a\")\n";
        std::fs::write(folder.join("lib/names.rego"), lib).unwrap();
        let reference = yard.reference("org/conftest:1");
        let mut command = Command::new(&conftest);
        command.env("HOME", yard.at("")).current_dir(yard.at(""));
        must(command.args(["push", "--tls=false", "--policy", "policy", &reference]));
        let pulled = must(&mut yard.referee(&["pull", &reference, "-o", "c.tar.gz", "-f", "json"]));
        let pulled: Value = serde_json::from_str(&pulled).unwrap();
        assert_eq!((&pulled["layout"], &pulled["signed"]), (&json!("conftest"), &json!(false)));
        std::fs::write(yard.at("input.json"), r#"{"n": 4, "name": "b"}"#).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        command.env_clear().current_dir(yard.at("")).args(["eval", "-b", "c.tar.gz", "-f", "raw"]);
        let denied = must(command.args(["--input", "input.json", "data.main.deny"]));
        assert_eq!(denied, "[\"no name\",\"too many\"]\n");
    }
}

#[test]
fn a_registry_that_lets_nobody_in_is_told_as_such_and_takes_credentials() {
    let Some(yard) = Yard::start(Kind::Distribution, Some(USERS)) else { return };
    let referee = Path::new(env!("CARGO_BIN_EXE_referee"));
    let bundle = yard.built(referee, "r1", 5, None);
    let bundle = bundle.to_str().unwrap();
    let reference = yard.reference("org/policy:1");
    let denied = |command: &mut Command| {
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            error.contains("access denied (HTTP 401)") && error.contains("[denied]"),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    };
    denied(&mut yard.referee(&["push", bundle, &reference]));
    denied(&mut yard.referee(&["pull", &reference, "-o", "never"]));
    let login = |password: &str| {
        let auth = data_encoding::BASE64.encode(format!("u:{password}").as_bytes());
        let config = json!({"auths": {yard.registry.host(): {"auth": auth}}});
        std::fs::create_dir_all(yard.at("docker")).unwrap();
        std::fs::write(yard.at("docker/config.json"), config.to_string()).unwrap();
    };
    let logged_in = |arguments: &[&str]| {
        let mut command = yard.referee(arguments);
        command.env("DOCKER_CONFIG", yard.at("docker"));
        command
    };
    login("hunter2-wrong");
    denied(&mut logged_in(&["push", bundle, &reference]));
    login("hunter2-registry");
    denied(&mut logged_in(&["push", bundle, &reference, "--anonymous"]));
    must(&mut logged_in(&["push", bundle, &reference]));
    must(&mut logged_in(&["pull", &reference, "-o", "out.tar.gz"]));
    assert!(!yard.at("never").exists());
    let Some(opa) = tool("opa") else { return skipped("shipping", "there is no opa") };
    let both = Both::start(&opa, &yard.config(&reference, None, Some("u:hunter2-registry")));
    let [theirs, ours] = both.wait("/v1/data/authz", |body| body["result"]["twice"] == 10);
    assert_eq!(theirs, ours);
}

#[test]
fn what_a_registry_holds_and_is_no_bundle_is_told_by_what_is_wrong_with_it() {
    let (Some(oras), Some(yard)) = (tool("oras"), Yard::start(Kind::Distribution, None)) else {
        return skipped("shipping", "there is no oras or no registry");
    };
    let error = yard.pull_fails(&yard.reference("org/policy:none"), &[]);
    assert!(error.contains("org/policy:none was not found [not_found]"), "{error}");
    let digest = format!("org/policy@sha256:{}", "0".repeat(64));
    let error = yard.pull_fails(&yard.reference(&digest), &[]);
    assert!(error.contains("[not_found]"), "{error}");

    std::fs::write(yard.at("text"), "text").unwrap();
    let plain = yard.reference("org/plain:1");
    let mut command = Command::new(&oras);
    command.current_dir(yard.at("")).args(["push", "--plain-http", &plain, "text:text/plain"]);
    must(&mut command);
    let error = yard.pull_fails(&plain, &[]);
    assert!(error.contains("no layer is a bundle") && error.contains("[no_bundle]"), "{error}");
    let index = yard.reference("org/plain:all");
    let mut command = Command::new(&oras);
    command.args(["manifest", "index", "create", "--plain-http", &index, "1"]);
    must(&mut command);
    let error = yard.pull_fails(&index, &[]);
    assert!(error.contains("it is an index") && error.contains("[no_bundle]"), "{error}");

    let nonsense = yard.reference("org/nonsense:1");
    yard.oras(&oras, &yard.at("text"), &nonsense);
    let error = yard.pull_fails(&nonsense, &[]);
    assert!(error.contains("it is not compressed with gzip [bundle_not_gzip]"), "{error}");

    let mut bomb = tar::Builder::new(flate2::write::GzEncoder::new(
        std::fs::File::create(yard.at("bomb.tar.gz")).unwrap(),
        flate2::Compression::best(),
    ));
    let mut header = tar::Header::new_ustar();
    header.set_size(100 << 20);
    header.set_mode(0o644);
    let spaces = std::io::repeat(b' ').take(100 << 20);
    bomb.append_data(&mut header, "data.json", spaces).unwrap();
    bomb.into_inner().unwrap().finish().unwrap();
    let reference = yard.reference("org/bomb:1");
    yard.oras(&oras, &yard.at("bomb.tar.gz"), &reference);
    let error = yard.pull_fails(&reference, &[]);
    let large = "data.json has 104857600 bytes, and a file may have 67108864 [bundle_too_large]";
    assert!(error.contains(large), "{error}");

    // The registry's own disk was altered.
    let bundle = yard.built(Path::new(env!("CARGO_BIN_EXE_referee")), "r1", 1, None);
    let altered = yard.reference("org/altered:1");
    yard.push(&bundle, &altered);
    let layer = referee_core::Digest::sha256(&std::fs::read(&bundle).unwrap());
    let hex = layer.hex();
    let stored =
        format!("registry/docker/registry/v2/blobs/sha256/{}/{hex}/data", hex.get(..2).unwrap());
    let mut bytes = std::fs::read(yard.at(&stored)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(yard.at(&stored), bytes).unwrap();
    let error = yard.pull_fails(&altered, &[]);
    assert!(error.contains("the bytes have the digest sha256:"), "{error}");
    assert!(error.contains("[digest_mismatch]"), "{error}");
}
