//! `referee build`, `sign` and `inspect`.

use crate::support::{folder, path, referee, run, with};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::json;
use std::path::Path;

const CONTENT: [(&str, &str); 4] = [
    ("foo/.manifest", r#"{"revision": "r1", "roots": ["p", "q"], "metadata": {"k": 1.0}}"#),
    ("foo/p/data.json", r#"{"n": 1.0}"#),
    (
        "foo/q/r.rego",
        "# METADATA\n# title: All\npackage q.r\n\n# METADATA\n# entrypoint: true\nallow if data.p.n == 1\n",
    ),
    ("foo/README.md", "for readers"),
];

fn bytes(at: &str) -> Vec<u8> {
    std::fs::read(at).unwrap()
}

/// The names in an archive with their texts.
fn unpacked(at: &str) -> Vec<(String, String)> {
    let mut archive =
        tar::Archive::new(flate2::read::GzDecoder::new(std::io::Cursor::new(bytes(at))));
    let entries = archive.entries().unwrap();
    entries
        .map(|entry| {
            let mut entry = entry.unwrap();
            let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            let mut text = String::new();
            std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
            (name, text)
        })
        .collect()
}

#[test]
fn a_bundle_is_the_same_bytes_wherever_its_folder_lies() {
    let (one, other) = (folder(&CONTENT), folder(&CONTENT));
    for folder in [&one, &other] {
        let built = run(referee()
            .args(["build", "-b", &path(folder, "foo"), "-o", &path(folder, "b.tar.gz")])
            .args(["-e", "q/r/allow"]));
        assert_eq!(built.exits(0).out, "");
    }
    assert_eq!(bytes(&path(&one, "b.tar.gz")), bytes(&path(&other, "b.tar.gz")));
    assert_eq!(
        unpacked(&path(&one, "b.tar.gz")),
        [
            (
                "/.manifest".to_owned(),
                "{\"revision\":\"r1\",\"roots\":[\"p\",\"q\"],\"rego_version\":1,\"metadata\":{\"k\":1.0}}\n".to_owned()
            ),
            ("/data.json".to_owned(), "{\"p\":{\"n\":1.0}}\n".to_owned()),
            ("/q/r.rego".to_owned(), CONTENT[2].1.to_owned()),
        ]
    );
    let again = path(&one, "again.tar.gz");
    with(&["build", "-b", &path(&one, "b.tar.gz"), "-o", &again]).exits(0);
    assert_eq!(bytes(&again), bytes(&path(&one, "b.tar.gz")));
    let asked = with(&["eval", "-b", &again, "-f", "raw", "data.q.r.allow"]).exits(0);
    assert_eq!(asked.out, "true\n");
}

#[test]
fn files_that_are_no_bundle_become_one_that_owns_everything() {
    let folder = folder(&CONTENT);
    let out = path(&folder, "b.tar.gz");
    let built = run(referee().current_dir(folder.path().join("foo")).args([
        "build",
        ".",
        "-o",
        &out,
        "-r",
        "7",
        "--metadata",
        r#"{"by": "me"}"#,
    ]));
    assert_eq!(built.exits(0).err, "note: ./.manifest is not looked at without --bundle\n");
    let found = unpacked(&out);
    assert_eq!(
        found[0].1,
        "{\"revision\":\"7\",\"roots\":[\"\"],\"rego_version\":1,\"metadata\":{\"by\":\"me\"}}\n"
    );
    assert_eq!(found[2].0, "/q/r.rego");
}

#[test]
fn several_bundles_become_one_where_none_claims_what_is_anothers() {
    let folder = folder(&[
        ("a/.manifest", r#"{"roots": ["a"], "rego_version": 0}"#),
        ("a/x.rego", "package a\n\nv[x] { x := 1 }\n"),
        ("b/.manifest", r#"{"roots": ["b"]}"#),
        ("b/x.rego", "package b\n\nv contains 1\n"),
        ("b/b/data.json", "{}"),
        ("c/.manifest", r#"{"roots": ["b/y"]}"#),
    ]);
    let at = |name: &str| path(&folder, name);
    let out = at("out.tar.gz");
    with(&["build", "-b", &at("b"), &at("a"), "-o", &out]).exits(0);
    let found = unpacked(&out);
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["/.manifest", "/b/x.rego", "/data.json", "/x.rego"]);
    assert_eq!(
        found[0].1,
        "{\"revision\":\"\",\"roots\":[\"a\",\"b\"],\"rego_version\":1,\"file_rego_versions\":{\"/x.rego\":0}}\n"
    );
    assert_eq!(
        with(&["eval", "-b", &out, "-f", "raw", "data.a.v; data.b.v"]).exits(0).out,
        "[1] [1]\n"
    );
    with(&["build", "-b", &at("b"), &at("c"), "-o", &out]).fails(
        &format!(
            "bundles have overlapping roots: {} with its root \"b\" and {} with \"b/y\"",
            at("b"),
            at("c")
        ),
        "bundle_roots_overlap",
    );
    let both = with(&["eval", "-b", &at("b"), "-b", &at("c"), "1"]).exits(2).json();
    let message = both["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("bundles have overlapping roots: "), "{message}");
}

#[test]
fn what_cannot_be_a_bundle_is_not_written() {
    let folder =
        folder(&[("p.rego", "package p\n\nx := y\n"), ("q.rego", "package q\n\nx := 1\n")]);
    let at = |name: &str| path(&folder, name);
    let out = at("b.tar.gz");
    let built = with(&["build", &at("p.rego"), "-o", &out]).exits(2);
    assert!(built.err.contains("rego_unsafe_var_error: var y is unsafe"), "{built:#?}");
    with(&["build", &at("q.rego"), "-e", "q/z", "-o", &out]).fails(
        "the entrypoint \"q/z\" names no rule and no package of the modules",
        "entrypoint_unknown",
    );
    with(&["build", &at("q.rego"), "-o", &at("no/such/b.tar.gz")]).fails(
        &format!(
            "{} could not be written: No such file or directory (os error 2)",
            at("no/such/b.tar.gz")
        ),
        "file_unwritable",
    );
    with(&["build", &at("q.rego"), "--metadata", "[]", "-o", &out])
        .fails("--metadata must be a JSON object: it is none", "bundle_metadata");
    with(&["build", &at("q.rego"), "-O", "1", "-o", &out]).fails(
        "--optimize is a flag of opa that referee does not have: bundles hold modules as they are, \
         which is -O 0",
        "flag_absent",
    );
    with(&["build", &at("q.rego"), "-t", "wasm", "-o", &out]).fails(
        "--target is a flag of opa that referee does not have: there is no target but rego",
        "flag_absent",
    );
    with(&["build", &at("q.rego"), "--verification-key", "x", "-o", &out])
        .fails("--verification-key needs --bundle", "flag_conflict");
    assert!(!Path::new(&out).exists());
    with(&["build", &at("q.rego"), "-O", "0", "-t", "rego", "-e", "q/x", "-e", "q", "-o", &out])
        .exits(0);
}

#[test]
fn what_is_signed_is_read_under_its_key_and_under_no_other() {
    let folder = folder(&CONTENT);
    let at = |name: &str| path(&folder, name);
    for name in ["one", "two"] {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        std::fs::write(at(&format!("{name}.pem")), pair.serialize_pem()).unwrap();
        std::fs::write(at(&format!("{name}.pub")), pair.public_key_pem()).unwrap();
    }
    std::fs::write(at("claims.json"), r#"{"scope": "write"}"#).unwrap();
    let (foo, signed, out) = (at("foo"), at("signed.tar.gz"), at("out.tar.gz"));
    let build = |from: &str, more: &[&str]| {
        let common = ["build", "-b", from, "--signing-alg", "ES256"];
        run(referee().args(common).args(more))
    };
    let claims = at("claims.json");
    build(&foo, &["-o", &signed, "--signing-key", &at("one.pem"), "--claims-file", &claims])
        .exits(0);
    let (one, two) = (at("one.pub"), at("two.pub"));
    build(&signed, &["-o", &out, "--verification-key", &one, "--scope", "write"]).exits(0);
    let refused = |more: &[&str], what: &str, code: &str| {
        let what = format!("{signed}: {what}");
        build(&signed, &[&["-o", &out], more].concat()).fails(&what, code);
    };
    refused(
        &["--verification-key", &two, "--scope", "write"],
        "the signature is not one of the key \"default\"",
        "bundle_signature_invalid",
    );
    refused(
        &["--verification-key", &one],
        "scope mismatch: the signature is for \"write\", and \"\" is demanded",
        "bundle_scope",
    );
    refused(
        &[],
        "the bundle is signed, and no key is configured to verify it with",
        "bundle_keys_not_configured",
    );
    build(&foo, &["-o", &out, "--verification-key", &one]).fails(
        &format!("{foo}: bundle missing .signatures.json file: a signature is demanded"),
        "bundle_unsigned",
    );
    // A folder, signed where it lies.
    let key = at("one.pem");
    let sign = |more: &[&str]| run(referee().args(["sign", "-b"]).args(more));
    sign(&[&foo, "-o", &foo, "--signing-alg", "ES256", "--signing-key", &key]).exits(0);
    build(&foo, &["-o", &out, "--verification-key", &one]).exits(0);
    std::fs::write(at("foo/README.md"), "altered").unwrap();
    let altered = build(&foo, &["-o", &out, "--verification-key", &one]).exits(2);
    assert!(altered.err.contains("README.md: digest mismatch (want: "), "{altered:#?}");
    sign(&[&foo]).fails("there is no --signing-key", "key_not_given");
    sign(&[&foo, "--signing-key", &key, "--signing-alg", "RS257"]).fails(
        "--signing-alg: the signature algorithm \"RS257\" is not known",
        "signature_algorithm_unknown",
    );
    sign(&[&foo, "--signing-key", &one, "--signing-alg", "ES256"]).fails(
        "--signing-key cannot be used: there is no PEM block of a private key for ES256 in it",
        "key_no_private",
    );
    // A secret may be told as it is, and is never shown.
    let secret = "a secret that is long enough for HMAC";
    let wrong = sign(&[&foo, "--signing-key", secret, "--signing-alg", "ES256"]).exits(2);
    assert!(!wrong.err.contains(secret), "{wrong:#?}");
    build(&at("claims.json"), &["-o", &out]).exits(2);
}

#[test]
fn what_is_in_a_bundle_is_shown_in_opas_form() {
    let folder = folder(&CONTENT);
    let at = |name: &str| path(&folder, name);
    let shown = with(&["inspect", &at("foo"), "-f", "json", "-a"]).exits(0).json();
    assert_eq!(
        shown["manifest"],
        json!({"revision": "r1", "roots": ["p", "q"], "metadata": {"k": 1.0}})
    );
    assert_eq!(shown["signatures_config"], json!({}));
    assert_eq!(
        shown["namespaces"],
        json!({"data.p": [at("foo/p/data.json")], "data.q.r": [at("foo/q/r.rego")]})
    );
    assert_eq!(
        shown["annotations"][1],
        json!({
            "annotations": {"entrypoint": true, "scope": "document"},
            "location": {"file": at("foo/q/r.rego"), "row": 7, "col": 1},
            "path": [
                {"type": "var", "value": "data"},
                {"type": "string", "value": "q"},
                {"type": "string", "value": "r"},
                {"type": "string", "value": "allow"},
            ],
        })
    );
    assert_eq!(shown["capabilities"]["features"], json!(["rego_v1"]));
    assert_eq!(shown["capabilities"]["builtins"][0]["name"], "equal");
    with(&["inspect", &at("foo"), "-a"]).exits(0).says(&[
        "│ Revision │ r1 │",
        "│ Roots    │ p │",
        "│ Metadata │ {\"k\":1.0} │",
        "Entrypoint: true",
    ]);
    std::fs::write(at("foo/x.rego"), "package q.x\n\ny := no.such(1)\n").unwrap();
    let shown = with(&["inspect", &at("foo"), "-f", "json"]).exits(0);
    assert!(shown.err.starts_with("note: the modules do not compile: "), "{shown:#?}");
    assert!(shown.json().get("capabilities").is_none());
}

#[test]
fn what_strangers_wrote_into_a_bundle_cannot_deceive_its_reader() {
    let folder = folder(&[
        ("b/.manifest", "{\"revision\": \"\\u001b[31mred\\u202e\"}"),
        ("b/p.rego", "# METADATA\n# title: \"a\\eb\\u202E\"\npackage p\n"),
    ]);
    let shown = with(&["inspect", &path(&folder, "b"), "-a"]).exits(0);
    assert!(!shown.out.contains(['\u{1b}', '\u{202e}']), "{shown:#?}");
}
