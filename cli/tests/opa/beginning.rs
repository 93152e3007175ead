//! `opa run --server` and `referee serve` begin with the same bundles: archives that are named, and
//! with `--bundle` folders, too.

use crate::find::{skipped, tool};
use crate::pair::{ask, built};
use crate::serving::{Server, serve};
use crate::started::{alone, opa_server};
use crate::starting::{begun, ours};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

/// Sends a body; the status, and the message of an error.
fn send(server: &Server, method: &str, path: &str, body: &str) -> (String, Value) {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let body: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    (status, body["message"].clone())
}

/// What a server says of its bundles, and whom it lets write where.
fn said(server: &Server) -> Vec<(String, Value)> {
    let (status, mut data) = ask(&server.address, "/v1/data/authz?provenance=true");
    let mut said = vec![(status, data["provenance"]["bundles"].take()), {
        let (status, data) = ask(&server.address, "/v1/data/system/bundles");
        (status, data["result"].clone())
    }];
    let policy = "package authz\n\nallow := true\n";
    for (method, path, body) in [
        ("PUT", "/v1/data/authz/n", "9"),
        ("PUT", "/v1/data/free/n", "9"),
        ("PUT", "/v1/policies/mine", policy),
        ("PUT", "/v1/policies/free", "package free.x\n"),
    ] {
        said.push(send(server, method, path, body));
    }
    for (id, _) in begun(server).1 {
        let path = format!("/v1/policies/{}", id.trim_start_matches('/'));
        said.push((ask(&server.address, &path).0, id.into()));
        said.push(send(server, "DELETE", &path, ""));
    }
    said
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

const FILES: [(&str, &str); 10] = [
    ("v0/.manifest", r#"{"roots": ["v0"]}"#),
    ("folder/.manifest", r#"{"revision": "f1", "roots": ["authz", "x/y"], "metadata": {"m": 1}}"#),
    ("folder/authz/p.rego", "package authz\n\np := data.x.y.n\n"),
    ("folder/x/y/data.json", r#"{"n": 3}"#),
    ("folder/x/y/other.json", "nothing of ours"),
    ("whole/data.yaml", "free: {n: 1}\n"),
    ("whole/q.rego", "package q\n\nq := data.free.n\n"),
    ("beside/in.rego", "package authz\n\nbeside := data.k\n"),
    ("beside/k.json", r#"{"k": 5, "authz": {"n": 77, "gone": true}}"#),
    ("v0/p.rego", "package v0\n\np { true }\n"),
];

#[test]
fn bundles_are_what_opa_begins_with() {
    let Some(opa) = tool("opa") else {
        return skipped("the comparison of bundles at the start", "opa is not on this machine");
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().canonicalize().unwrap();
    write(&at, &FILES);
    built(&opa, &at, "r7", 4, None);
    let whole = at.join("r7.tar.gz").display().to_string();
    let scheme = format!("file://{whole}");
    let absolute = at.join("folder").display().to_string();
    for paths in [
        &["r7.tar.gz"][..],
        &["./r7.tar.gz"],
        &["beside", "r7.tar.gz"],
        &["r7.tar.gz", "r7.tar.gz"],
        &[&whole],
        &[&scheme],
        &["-b", "r7.tar.gz"],
        &["-b", "folder"],
        &["-b", "./folder/"],
        &["--bundle", "whole"],
        &["-b", &absolute],
        &["-b"],
        &["--ignore", "p.rego,x", "-b", "folder"],
        &["--v0-compatible", "-b", "v0"],
        &["--v1-compatible", "-b", "folder"],
    ] {
        let theirs = opa_server(alone(&opa).current_dir(&at), paths).unwrap();
        let (ours, mut log) = serve(&mut ours(&at), paths);
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        assert_eq!(begun(&ours), begun(&theirs), "{paths:?}");
        assert_eq!(said(&ours), said(&theirs), "{paths:?}");
    }
}

/// What a server that takes policies for Rego v0 says: of one that it began with, one of a bundle
/// that was delivered, and one of each version that is written.
fn old(server: &Server) -> Vec<(String, Value)> {
    let policy = |package: &str, head: &str| format!("package {package}\n\np {head} {{ true }}\n");
    let mut said = vec![
        send(server, "PUT", "/v1/policies/old", &policy("old", "")),
        send(server, "PUT", "/v1/policies/new", "package new\n\nimport rego.v1\n\np if true\n"),
        send(server, "PUT", "/v1/policies/none", &policy("none", "if")),
        send(server, "PUT", "/v1/policies/refused", "package refused\n\np if true\n"),
    ];
    // What is wrong is told in other places of the answer.
    said.iter_mut().for_each(|(_, message)| *message = Value::Null);
    for path in ["old/p", "new/p", "none/p", "refused/p", "v0/p"] {
        let (status, mut answer) = ask(&server.address, &format!("/v1/data/{path}"));
        said.push((status, answer["result"].take()));
    }
    said
}

#[test]
fn policies_of_the_api_and_of_bundles_are_rego_v0_where_opa_takes_them_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().canonicalize().unwrap();
    write(&at, &FILES);
    // Of this bundle no manifest says which Rego it is.
    let bare = at.join("bare.tar.gz");
    let mut packed = Command::new("tar");
    packed.arg("-czf").arg(&bare).args(["-C", "v0", ".manifest", "p.rego"]);
    assert!(packed.current_dir(&at).status().unwrap().success());
    let delivered = format!("bundles.b.resource=file://{}", bare.display());
    let ready = ["--ready-timeout", "10"];
    let starts: [(&[&str], &[&str]); 4] = [
        (&["--v0-compatible", "--no-policy"], &["--v0-compatible"]),
        (&["--v0-compatible", "v0/p.rego"], &["--v0-compatible", "v0/p.rego"]),
        (
            &["--v0-compatible", "--no-policy", "--opa-set", &delivered, ready[0], ready[1]],
            &["--v0-compatible", "--set", &delivered, ready[0], ready[1]],
        ),
        (&["--no-policy"], &[]),
    ];
    let expected = |arguments: &[&str], there: bool| {
        let v0 = arguments.contains(&"--v0-compatible");
        let is = |is: bool| if is { Value::Bool(true) } else { Value::Null };
        vec![is(v0), is(true), is(!v0), is(!v0), is(there)]
    };
    for (arguments, opas) in starts {
        let (ours, mut log) = serve(&mut ours(&at), arguments);
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let said = old(&ours);
        let there = !arguments.contains(&"--no-policy") || arguments.contains(&"--opa-set");
        let values: Vec<Value> = said.iter().skip(4).map(|(_, value)| value.clone()).collect();
        assert_eq!(values, expected(arguments, there), "{arguments:?}");
        match tool("opa") {
            None => skipped("the comparison of Rego v0", "opa is not on this machine"),
            Some(opa) => {
                let theirs = opa_server(alone(&opa).current_dir(&at), opas).unwrap();
                assert_eq!(said, old(&theirs), "{arguments:?}");
            }
        }
    }
    // The same as a setting.
    let mut command = ours(&at);
    let command = command.env("REFEREE_POLICY__REGO_V0", "true");
    let (server, mut log) = serve(command, &["--no-policy"]);
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    assert_eq!(old(&server)[4].1, true);
    // Beside a pack, which is Rego v1 whatever is.
    let (server, mut log) = serve(&mut ours(&at), &["--v0-compatible"]);
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    assert_eq!(old(&server)[4].1, true);
}

/// A start that fails: what is told.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let ended = ours(folder).args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).output();
    let ended = ended.unwrap();
    assert_eq!(ended.status.code(), Some(2), "{arguments:?}");
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

fn referee(folder: &Path, arguments: &[&str]) {
    let made = ours(folder).args(arguments).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn a_bundle_at_the_start_is_held_to_its_signature_and_its_roots() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, &FILES);
    let signed = ["--signing-key", "secret", "--signing-alg", "HS256"];
    referee(at, &[&["build", "-b", "folder", "-o", "signed.tar.gz"][..], &signed].concat());
    referee(at, &["build", "-b", "folder", "-o", "plain.tar.gz"]);
    let signed_wrong = "the bundle is signed, and no key is configured to verify it with";
    let hint = "`bundles.NAME.signing.keyid`";
    for arguments in [
        &["signed.tar.gz"][..],
        &["--bundle", "signed.tar.gz"],
        // What a bundle says of itself is not left out.
        &["--ignore", ".*", "signed.tar.gz"],
        &["--ignore", ".signatures.json,*", "signed.tar.gz"],
    ] {
        let told = refused(at, arguments);
        assert!(told.contains(signed_wrong) && told.contains(hint), "{arguments:?}: {told}");
    }
    let key = ["--bundle", "--signing-alg", "HS256", "--verification-key"];
    for (arguments, wrong) in [
        (
            &["--verification-key", "secret", "signed.tar.gz"][..],
            "--verification-key needs --bundle",
        ),
        (&[&key[..], &["secre2", "signed.tar.gz"]].concat(), "bundle_signature_invalid"),
        (&[&key[..], &["secret", "plain.tar.gz"]].concat(), "bundle_unsigned"),
        (&[&key[..], &["secret", "--scope", "x", "signed.tar.gz"]].concat(), "bundle_scope"),
        (&["plain.tar.gz", "signed.tar.gz", "--skip-verify"], "plain.tar.gz"),
        (&["-b", "plain.tar.gz", "whole"], "whole"),
        (&["-b", "v0"], "v0/p.rego:3:"),
    ] {
        let told = refused(at, arguments);
        assert!(told.contains(wrong), "{arguments:?}: {told}");
    }
    for arguments in [
        &[&key[..], &["secret", "signed.tar.gz"]].concat()[..],
        &["--skip-verify", "signed.tar.gz"],
    ] {
        let (server, mut log) = serve(&mut ours(at), arguments);
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        assert_eq!(ask(&server.address, "/v1/data/authz").1["result"]["p"], 3);
        let (status, message) = send(&server, "PUT", "/v1/data/authz/z", "1");
        let owned = r#"path authz/z is owned by bundle "signed.tar.gz""#;
        assert_eq!((status.as_str(), message.as_str()), ("400", Some(owned)));
        let (_, bundles) = ask(&server.address, "/v1/data/system/bundles");
        assert_eq!(bundles["result"]["signed.tar.gz"]["manifest"]["revision"], "f1");
    }
}
