//! `referee push` and `pull`, to and from layouts; registries are asked beside the real `opa`
//! (`cli/tests/opa/shipping.rs`).

use crate::support::{folder, path, referee, run, with};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use tempfile::TempDir;

const CONTENT: [(&str, &str); 3] = [
    ("b/.manifest", r#"{"revision": "r1", "roots": ["a"]}"#),
    ("b/a/data.json", r#"{"n": 1}"#),
    ("b/a/p.rego", "package a.p\n\ntwice := data.a.n * 2\n"),
];

/// A folder with a key pair and a bundle, which is signed where that is wanted.
fn built(signed: bool) -> TempDir {
    let folder = folder(&CONTENT);
    let at = |name: &str| path(&folder, name);
    for name in ["one", "two"] {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        std::fs::write(at(&format!("{name}.pem")), pair.serialize_pem()).unwrap();
        std::fs::write(at(&format!("{name}.pub")), pair.public_key_pem()).unwrap();
    }
    let (from, to, key) = (at("b"), at("b.tar.gz"), at("one.pem"));
    let mut arguments = vec!["build", "-b", &from, "-o", &to];
    if signed {
        arguments.extend(["--signing-alg", "ES256", "--signing-key", &key]);
    }
    with(&arguments).exits(0);
    folder
}

fn layout(folder: &TempDir, tag: &str) -> String {
    format!("oci-layout:{}{tag}", path(folder, "layout"))
}

fn bytes(folder: &TempDir, name: &str) -> Vec<u8> {
    std::fs::read(path(folder, name)).unwrap()
}

/// A layout with one artifact: a manifest with such layers, whose first is called `1`.
fn layout_of(at: &Path, layers: &[(&str, Option<&str>, &[u8])]) -> String {
    let blobs = at.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let push = |kind: &str, bytes: &[u8]| {
        let digest = referee_core::Digest::sha256(bytes);
        std::fs::write(blobs.join(digest.hex()), bytes).unwrap();
        json!({"mediaType": kind, "digest": digest.as_str(), "size": bytes.len()})
    };
    let layers: Vec<Value> = layers
        .iter()
        .map(|(kind, title, bytes)| {
            let mut layer = push(kind, bytes);
            if let Some(title) = title {
                layer["annotations"] = json!({"org.opencontainers.image.title": title});
            }
            layer
        })
        .collect();
    const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    let config = push("application/vnd.oci.image.config.v1+json", b"{}");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers,
    });
    let mut entry = push(MANIFEST, manifest.to_string().as_bytes());
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": "1"});
    let index = json!({"schemaVersion": 2, "manifests": [entry]});
    std::fs::write(at.join("index.json"), index.to_string()).unwrap();
    std::fs::write(at.join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}").unwrap();
    format!("oci-layout:{}", at.display())
}

const ARCHIVE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MODULE: &str = "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego";
const DATA: &str = "application/vnd.cncf.openpolicyagent.data.layer.v1+json";

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(u64::try_from(bytes.len()).unwrap());
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&archive.into_inner().unwrap()).unwrap();
    packed.finish().unwrap()
}

#[test]
fn what_is_pulled_is_what_was_pushed_byte_for_byte() {
    let folder = built(true);
    let (bundle, to, out) =
        (path(&folder, "b.tar.gz"), layout(&folder, ":1"), path(&folder, "out.tar.gz"));
    let pushed = with(&["push", &bundle, &to, "-f", "json", "--annotation", "by=me"]).exits(0);
    let pushed = pushed.json();
    assert_eq!(pushed["revision"], "r1");
    assert_eq!(pushed["roots"], json!(["a"]));
    assert_eq!(pushed["type"], "snapshot");
    assert_eq!((&pushed["signed"], &pushed["verified_by"]), (&json!(true), &json!(null)));
    let digest = pushed["digest"].as_str().unwrap();
    assert_eq!(pushed["reference"], format!("{}@{digest}", layout(&folder, "")));
    let key = path(&folder, "one.pub");
    let verifying = ["--signing-alg", "ES256", "--verification-key", &key];
    let pulled = run(referee().args(["pull", &to, "-o", &out, "-f", "json"]).args(verifying));
    let pulled = pulled.exits(0).json();
    assert_eq!(
        pulled,
        json!({
            "source": to, "reference": pushed["reference"], "digest": digest, "layout": "opa",
            "output": out, "bytes": bytes(&folder, "b.tar.gz").len(), "type": "snapshot",
            "revision": "r1", "roots": ["a"], "signed": true,
            "verified_by": {"key": "default", "algorithm": "ES256", "scope": null},
        })
    );
    assert_eq!(bytes(&folder, "out.tar.gz"), bytes(&folder, "b.tar.gz"));
    // The same bundle is the same artifact, and nothing of it is pushed twice.
    let again = with(&["push", &bundle, &to, "-f", "json", "--annotation", "by=me"]).exits(0);
    assert_eq!(again.json()["digest"], digest);
    assert_eq!(again.json()["bytes_pushed"], 0);
    with(&["pull", &format!("{}@{digest}", layout(&folder, "")), "-o", &out]).exits(0).says(&[
        "PULLED oci-layout:",
        digest,
        "revision r1",
        "signature there is one, not verified (--verification-key)",
        "layout opa",
    ]);
    run(referee().args(["push", &bundle, &to, "--force"]).args(verifying)).exits(0).says(&[
        "PUSHED",
        "type snapshot",
        "revision r1",
        "signature verified: key \"default\", ES256",
    ]);
    let leftover =
        |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().contains("partial");
    let mut entries = std::fs::read_dir(folder.path()).unwrap();
    assert!(!entries.any(|entry| leftover(entry.unwrap())));
}

#[test]
fn a_bundle_of_another_signer_goes_neither_way() {
    let (signed, plain) = (built(true), built(false));
    let (one, two) = (path(&signed, "one.pub"), path(&signed, "two.pub"));
    let with_key = |arguments: &[&str], key: &str| {
        run(referee().args(arguments).args(["--signing-alg", "ES256", "--verification-key", key]))
    };
    let (bundle, to) = (path(&signed, "b.tar.gz"), layout(&signed, ":1"));
    let wrong = "the signature is not one of the key \"default\"";
    with_key(&["push", &bundle, &to], &two)
        .fails(&format!("{bundle}: {wrong}"), "bundle_signature_invalid");
    assert!(!Path::new(&path(&signed, "layout")).exists(), "nothing was pushed");
    with_key(&["push", &bundle, &to], &one).exits(0);
    let out = path(&signed, "out.tar.gz");
    std::fs::write(&out, "before").unwrap();
    with_key(&["pull", &to, "-o", &out], &two)
        .fails(&format!("{to}: {wrong}"), "bundle_signature_invalid");
    with_key(&["pull", &to, "-o", &out, "--scope", "write"], &one).fails(
        &format!("{to}: scope mismatch: the signature is for \"\", and \"write\" is demanded"),
        "bundle_scope",
    );
    assert_eq!(std::fs::read(&out).unwrap(), b"before", "the file stays as it was");
    let (bundle, to) = (path(&plain, "b.tar.gz"), layout(&plain, ":1"));
    let unsigned = "bundle missing .signatures.json file: a signature is demanded";
    with_key(&["push", &bundle, &to], &one)
        .fails(&format!("{bundle}: {unsigned}"), "bundle_unsigned");
    with(&["push", &bundle, &to]).exits(0).says(&["signature none"]);
    with_key(&["pull", &to, "-o", &out], &one)
        .fails(&format!("{to}: {unsigned}"), "bundle_unsigned");
}

#[test]
fn what_is_no_bundle_is_not_pushed() {
    let folder = built(false);
    let at = |name: &str| path(&folder, name);
    let to = layout(&folder, ":1");
    let fails = |name: &str, bytes: &[u8], message: &str, code: &str| {
        std::fs::write(at(name), bytes).unwrap();
        with(&["push", &at(name), &to]).fails(&format!("{}{message}", at(name)), code);
    };
    let not_gzip = " could not be read: it is not compressed with gzip";
    fails("text", b"nonsense", not_gzip, "bundle_not_gzip");
    let whole = bytes(&folder, "b.tar.gz");
    let half = &whole[..whole.len() / 2];
    fails("half", half, " could not be read: it is cut off", "bundle_truncated");
    let module = packed(&[("p.rego", b"package p\n\nx := \n")]);
    std::fs::write(at("module"), module).unwrap();
    let refused = with(&["push", &at("module"), &to]).exits(2);
    assert!(refused.err.contains("rego_parse_error"), "{refused:#?}");
    let outside = packed(&[(".manifest", br#"{"roots": ["a"]}"#), ("p.rego", b"package b\n")]);
    fails(
        "outside",
        &outside,
        "/p.rego: manifest roots [a] do not permit package b",
        "bundle_outside_roots",
    );
    let (b, hint) = (at("b"), format!("  hint: make one of it: referee build -b {}\n", at("b")));
    let refused = with(&["push", &b, &to]);
    assert!(refused.err.ends_with(&hint), "{refused:#?}");
    refused.fails(
        &format!("{b} is a folder, and what is pushed is the archive of a bundle"),
        "bundle_is_folder",
    );
    let refused = with(&["push", &at("none"), &to]).exits(2);
    assert!(refused.err.contains("[file_unreadable]"), "{refused:#?}");
    let twice = ["push", &at("b.tar.gz"), &to, "--annotation", "a=1", "--annotation", "a=2"];
    with(&twice).fails("--annotation a is given twice", "set_twice");
    assert!(!Path::new(&at("layout")).exists(), "nothing was pushed");
}

#[test]
fn a_tag_is_moved_only_where_that_is_asked_for_and_a_digest_is_no_destination() {
    let (one, other) = (built(true), built(false));
    let (to, bundle) = (layout(&one, ":1"), path(&other, "b.tar.gz"));
    with(&["push", &path(&one, "b.tar.gz"), &to]).exits(0);
    let refused = with(&["push", &bundle, &to]).exits(2);
    assert!(refused.err.contains("the tag 1 stands at sha256:"), "{refused:#?}");
    assert!(
        refused.err.contains("[tag_taken]\n  hint: nothing was pushed; --force"),
        "{refused:#?}"
    );
    with(&["push", &bundle, &to, "--force"]).exits(0);
    let digest = format!("registry.example/a@sha256:{}", "0".repeat(64));
    with(&["push", &bundle, &digest]).fails(
        &format!(
            "{bundle} was not pushed to {digest}: {digest} names a digest, and what is copied \
             brings its own"
        ),
        "invalid_reference",
    );
    let untagged = with(&["push", &bundle, &layout(&other, ""), "-f", "json"]).exits(0).json();
    let pinned = untagged["reference"].as_str().unwrap();
    assert_eq!(untagged["destination"], layout(&other, ""));
    with(&["pull", pinned, "-o", &path(&other, "out.tar.gz")]).exits(0);
    with(&["pull", &layout(&other, ":1"), "-o", "x"]).exits(2);
}

#[test]
fn conftests_layout_is_pulled_as_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    let out = path(&folder, "out.tar.gz");
    let from = layout_of(
        &folder.path().join("l"),
        &[
            (MODULE, Some("a/p.rego"), b"package a.p\n\nx := data.a.n + 1\n"),
            (DATA, Some("a/data.json"), b"{\"n\": 1}"),
        ],
    );
    let pulled = with(&["pull", &from, "-o", &out, "-f", "json"]).exits(0).json();
    assert_eq!((&pulled["layout"], &pulled["roots"]), (&json!("conftest"), &json!([""])));
    let asked = with(&["eval", "-b", &out, "-f", "raw", "data.a.p.x"]).exits(0);
    assert_eq!(asked.out, "2\n");
}

#[test]
fn what_is_no_bundle_or_means_harm_is_not_pulled() {
    let folder = tempfile::tempdir().unwrap();
    let out = path(&folder, "out.tar.gz");
    let counter = std::cell::Cell::new(0);
    let pulling = |layers: &[(&str, Option<&str>, &[u8])]| {
        counter.set(counter.get() + 1);
        let from = layout_of(&folder.path().join(counter.get().to_string()), layers);
        let mut command = referee();
        command.env("REFEREE_LIMITS__MAX_POLICY_DATA_BYTES", "100000");
        let pulled = run(command.args(["pull", &from, "-o", &out]));
        assert!(!Path::new(&out).exists(), "{pulled:#?}");
        (from, pulled)
    };
    let (from, pulled) = pulling(&[("text/plain", None, b"x")]);
    let none = "no layer is a bundle (application/vnd.oci.image.layer.v1.tar+gzip) or a part of one \
                (application/vnd.cncf.openpolicyagent.policy.layer.v1+rego)";
    pulled.fails(&format!("no bundle was pulled: {from}: {none}"), "no_bundle");
    let (from, pulled) = pulling(&[(ARCHIVE, None, b"nonsense")]);
    let not_gzip = format!("{from} could not be read: it is not compressed with gzip");
    pulled.fails(&not_gzip, "bundle_not_gzip");
    let bomb = packed(&[("data.json", &[b' '; 2_000_000])]);
    assert!(bomb.len() < 10_000);
    let (from, pulled) = pulling(&[(ARCHIVE, None, &bomb)]);
    let large = "data.json has 2000000 bytes, and a file may have 100000";
    pulled.fails(&format!("{from} could not be read: {large}"), "bundle_too_large");
    let mut noise = vec![0; 100_001];
    for (at, byte) in (0u64..).zip(&mut noise) {
        *byte = (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
    }
    let (_, pulled) = pulling(&[(ARCHIVE, None, &noise)]);
    assert!(
        pulled.err.contains("is larger than the limit of 100000 bytes [too_large]"),
        "{pulled:#?}"
    );
    assert!(pulled.err.contains("hint: limits.max_policy_data_bytes is a setting"), "{pulled:#?}");
    let (_, pulled) = pulling(&[(MODULE, Some("../p.rego"), b"package p")]);
    assert!(pulled.err.contains("leads out of its folder"), "{pulled:#?}");
    let twice: (&str, Option<&str>, &[u8]) = (MODULE, Some("p.rego"), b"package p");
    let (_, pulled) = pulling(&[twice, twice]);
    assert!(pulled.err.contains("p.rego is in it twice"), "{pulled:#?}");
    // A layer that is not what its digest says.
    let from = layout_of(&folder.path().join("altered"), &[(ARCHIVE, None, b"one thing")]);
    let digest = referee_core::Digest::sha256(b"one thing");
    let blob = folder.path().join("altered/blobs/sha256").join(digest.hex());
    std::fs::write(blob, b"a 2nd one").unwrap();
    let pulled = with(&["pull", &from, "-o", &out]).exits(2);
    assert!(pulled.err.contains("[digest_mismatch]"), "{pulled:#?}");
    let pulled = with(&["pull", "oci-layout:examples/layouts/index-two-platforms", "-o", &out]);
    assert!(pulled.err.contains("it is an index, and a bundle is one artifact [no_bundle]"));
    assert!(!Path::new(&out).exists());
}

#[cfg(unix)]
#[test]
fn only_a_file_is_written_over() {
    let folder = built(false);
    let to = layout(&folder, ":1");
    with(&["push", &path(&folder, "b.tar.gz"), &to]).exits(0);
    let there = path(&folder, "b");
    with(&["pull", &to, "-o", &there])
        .fails(&format!("{there} could not be written: it is no regular file"), "file_unwritable");
    let socket = path(&folder, "socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    with(&["pull", &to, "-o", &socket])
        .fails(&format!("{socket} could not be written: it is no regular file"), "file_unwritable");
}
