//! The real `opa`: what it builds and signs is read here, and what is written here it takes.
//!
//! Needs `opa` 1.20.2 in `$REFEREE_PEERS`, in the cache that `.ci/peers.sh` fills, or on the PATH.
//! Where it is missing nothing is compared, and that is said on standard error.

use crate::find::{skipped, tool};
use crate::keys::{Pair, demanded, pair, policy};
use crate::support::files;
use referee_bundles::{
    Bundle, BundleError, BundleLimits, Files, ReadOptions, SIGNATURES_FILE, SignaturePolicy,
    Snapshot, pack, sign,
};
use referee_rego::Value;
use referee_verify::primitive::jws::JwsAlgorithm;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Content that has everything in it which a canonical hash could get wrong.
const CONTENT: [(&str, &str); 5] = [
    (".manifest", r#"{"revision":"r<1>","roots":["p","q"],"metadata":{"z":1.0,"a":[1e3,-0,"é"]}}"#),
    (
        "p/data.json",
        r#"{"n": 1.0, "e": [1e3, 1E+2, -0, -0.0, 12345678901234567890123, 0.1e-7],
           "s": "<&>\u2028\u2029 é \u0001\b\f\n\r\t\"\\/ \u007f \ud83d\ude00 \ud800", "é": {}, "Z": [], "a": {"": null},
           "dup": 1, "dup": {"x": true}}"#,
    ),
    ("p/y/data.yaml", "a: yes\nb: 0644\nc: [1.50, 1e3, ~]\n\"d\": !!str 1\n"),
    ("q/data.yml", "x: 1.0\n"),
    ("q/r.rego", "package q.r\n\nallow if data.p.n == 1\n"),
];

struct Opa {
    program: PathBuf,
    scratch: TempDir,
}

impl Opa {
    fn find(what: &str) -> Option<Self> {
        let Some(program) = tool("opa") else {
            skipped(what, "there is no opa; .ci/peers.sh opa installs it");
            return None;
        };
        Some(Self { program, scratch: tempfile::tempdir().unwrap() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("HOME", "/nonexistent").current_dir(self.scratch.path()).args(args);
        command
    }

    /// Whether it did it, and what it said.
    fn run(&self, args: &[&str]) -> Result<String, String> {
        let output = self.command(args).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        if output.status.success() { Ok(said) } else { Err(said) }
    }

    fn folder(&self, name: &str) -> String {
        for (path, text) in CONTENT {
            self.write(&format!("{name}/{path}"), text.as_bytes());
        }
        self.path(name).to_str().unwrap().to_owned()
    }
}

fn read(packed: &[u8], policy: &SignaturePolicy) -> Result<Snapshot, BundleError> {
    Bundle::read(packed, &ReadOptions::new(policy))?.into_snapshot()
}

/// The files of a bundle with their signature.
fn signed(
    algorithm: JwsAlgorithm,
    pair: &Pair,
    key_id: Option<&str>,
    claims: Option<&str>,
) -> Files {
    let mut found = files(&CONTENT);
    let claims = claims.map(|claims| Value::from_json_str(claims).unwrap());
    let bytes = sign(&found, &pair.signer(algorithm), key_id, claims.as_ref(), "").unwrap();
    found.add(SIGNATURES_FILE, bytes, &BundleLimits::DEFAULT).unwrap();
    found
}

#[test]
fn what_opa_builds_and_signs_is_taken_under_its_key_by_every_algorithm() {
    let Some(opa) = Opa::find("bundles of opa, signed") else { return };
    let folder = opa.folder("foo");
    for algorithm in JwsAlgorithm::ALL {
        let pair = pair(algorithm);
        opa.write("private.pem", pair.private.as_bytes());
        let name = algorithm.as_str();
        opa.run(&[
            "build",
            "-b",
            &folder,
            "-o",
            "b.tar.gz",
            "--signing-key",
            "private.pem",
            "--signing-alg",
            name,
            "-r",
            "r2",
        ])
        .unwrap();
        let packed = std::fs::read(opa.path("b.tar.gz")).unwrap();
        let accepted = policy(demanded("k", pair.key(algorithm)));
        let snapshot = read(&packed, &accepted).unwrap();
        assert_eq!(snapshot.manifest.revision, "r2");
        assert_eq!(snapshot.signed_by.unwrap().algorithm, algorithm);
        assert_eq!(snapshot.modules.len(), 1);
        // And the data are what the files say.
        let ours = read(&pack(&files(&CONTENT)).unwrap(), &SignaturePolicy::Unconfigured).unwrap();
        assert_eq!(snapshot.data.to_json_string(), ours.data.to_json_string());
        // Altered: not a byte of the archive may be another.
        let mut altered = Files::default();
        for file in Files::unpack(packed.as_slice(), &BundleLimits::DEFAULT).unwrap().iter() {
            let mut bytes = file.bytes.clone();
            if file.path.ends_with(".rego") {
                bytes.push(b'\n');
            }
            altered.add(&file.path, bytes, &BundleLimits::DEFAULT).unwrap();
        }
        let error = read(&pack(&altered).unwrap(), &accepted).unwrap_err();
        assert!(matches!(
            error,
            BundleError::Signature(referee_bundles::SignatureError::Digest { .. })
        ));
    }
}

#[test]
fn a_folder_that_opa_signed_is_taken_under_the_path_it_was_given_by() {
    let Some(opa) = Opa::find("folders that opa signed") else { return };
    opa.folder("foo");
    let pair = pair(JwsAlgorithm::Ps384);
    opa.write("private.pem", pair.private.as_bytes());
    let signing = ["--signing-key", "private.pem", "--signing-alg", "PS384"];
    let absolute = opa.path("foo").to_str().unwrap().to_owned();
    for given in ["foo", "./foo", "foo/../foo", "../../tmp/../SCRATCH", absolute.as_str()] {
        let scratch = opa.scratch.path().file_name().unwrap().to_str().unwrap();
        let given = &given.replace("../../tmp/../SCRATCH", &format!("../{scratch}/foo"));
        opa.run(&[&["sign", "-b", given][..], &signing].concat()).unwrap();
        let mut found = files(&CONTENT);
        let signature = std::fs::read(opa.path(SIGNATURES_FILE)).unwrap();
        found.add(SIGNATURES_FILE, signature, &BundleLimits::DEFAULT).unwrap();
        let accepted = policy(demanded("k", pair.key(JwsAlgorithm::Ps384)));
        let options = ReadOptions { folder: Some(given), ..ReadOptions::new(&accepted) };
        Bundle::from_files(found, &options).unwrap();
    }
}

#[test]
fn opa_takes_what_is_packed_and_signed_here_by_every_algorithm_and_nothing_that_was_altered() {
    let Some(opa) = Opa::find("bundles for opa, signed") else { return };
    for algorithm in JwsAlgorithm::ALL {
        let pair = pair(algorithm);
        let public = match algorithm.is_symmetric() {
            true => pair.public.clone(),
            false => opa.write("public.pem", pair.public.as_bytes()),
        };
        let whole = signed(algorithm, &pair, Some("default"), None);
        opa.write("ours.tar.gz", &pack(&whole).unwrap());
        let mut other = Files::default();
        for file in whole.iter() {
            let text =
                if file.path == "q/data.yml" { b"x: 2.0\n".to_vec() } else { file.bytes.clone() };
            other.add(&file.path, text, &BundleLimits::DEFAULT).unwrap();
        }
        opa.write("altered.tar.gz", &pack(&other).unwrap());
        let build = |bundle: &str| {
            opa.run(&[
                "build",
                "-b",
                bundle,
                "-o",
                "out.tar.gz",
                "--verification-key",
                &public,
                "--signing-alg",
                algorithm.as_str(),
            ])
        };
        build("ours.tar.gz").unwrap();
        let error = build("altered.tar.gz").unwrap_err();
        assert!(error.contains("digest mismatch"), "{error}");
    }
    let value = opa.run(&["eval", "-b", "ours.tar.gz", "-f", "raw", "data.q.r.allow"]).unwrap();
    assert_eq!(value.trim(), "true");
}

#[test]
fn the_server_of_opa_activates_what_is_packed_and_signed_here() {
    let Some(opa) = Opa::find("bundles for the server of opa") else { return };
    let algorithm = JwsAlgorithm::Es256;
    let pair = pair(algorithm);
    let scope = Some(r#"{"scope":"write"}"#);
    let bundle = opa.write("b.tar.gz", &pack(&signed(algorithm, &pair, None, scope)).unwrap());
    let config = serde_json::json!({
        "bundles": { "b": { "resource": format!("file://{bundle}"), "signing": { "keyid": "k" } } },
        "keys": { "k": { "key": pair.public, "algorithm": "ES256", "scope": "write" } },
    });
    let config = opa.write("config.json", config.to_string().as_bytes());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut child = opa
        .command(&["run", "--server", "--disable-telemetry", "--addr", &free, "-c", &config])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let activated = became(&free, "/health?bundles", "200 OK");
    let value = ask(&free, "/v1/data/q/r/allow").unwrap_or_default();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(activated && value.contains("\"result\":true"), "{activated} {value}");
}

fn became(address: &str, path: &str, wanted: &str) -> bool {
    let patience = Instant::now() + Duration::from_secs(30);
    while Instant::now() < patience {
        if ask(address, path).is_some_and(|answer| answer.contains(wanted)) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

fn ask(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn a_delta_is_what_opa_takes_for_one() {
    let Some(opa) = Opa::find("deltas for opa") else { return };
    let delta = files(&[
        (".manifest", r#"{"revision":"2","roots":["p"]}"#),
        ("patch.json", r#"{"data":[{"op":"upsert","path":"/p/x","value":1}]}"#),
    ]);
    let bundle = opa.write("d.tar.gz", &pack(&delta).unwrap());
    let said = opa.run(&["inspect", "-f", "json", &bundle]).unwrap();
    assert!(said.contains("\"revision\": \"2\""), "{said}");
    assert!(Path::new(&bundle).is_file());
}
