//! `opa run --server PATH…` and `referee serve PATH…` begin with the same policies and data.

use crate::find::{skipped, tool};
use crate::pair::ask;
use crate::serving::{Server, serve};
use crate::started::{alone, opa_server};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const FILES: [(&str, &str); 12] = [
    ("uses/word.rego", "package w\n\n# The referee decides.\nby := \"referee\"\n"),
    ("uses/own.rego", "package referee.facts\n\ndefault name := \"mine\"\n"),
    ("uses/data.rego", "package u\n\nimport data.referee.x\n\ny := x.y\n"),
    ("az/a.rego", "package a\n\nallow := data.x.y\n"),
    ("az/sub/authz.rego", "package system.authz\n\ndefault allow := false\n"),
    ("az/read.me", "nothing of ours"),
    ("folder/a/b/one.json", r#"{"x": {"y": 7}}"#),
    ("folder/two.yaml", "z: 3"),
    ("d.json", r#"{"x": {"y": 5}}"#),
    ("e.yml", "q: [1]"),
    ("bad.rego", "package b\n\np := unknown\n"),
    ("list.json", "[1]"),
];

pub(crate) fn ours(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
    command.env_clear().env("HOME", "/nonexistent").current_dir(folder);
    command
}

/// A folder of files as Kubernetes mounts a ConfigMap: links to a hidden folder.
#[cfg(unix)]
fn mounted(at: &Path) {
    let files = at.join("..2026_01");
    std::fs::create_dir_all(&files).unwrap();
    std::fs::write(files.join("p.rego"), "package m\n\ndefault p := 1\n").unwrap();
    std::fs::write(files.join("d.json"), r#"{"m_data": 2}"#).unwrap();
    for (to, link) in
        [("..2026_01", "..data"), ("..data/p.rego", "p.rego"), ("..data/d.json", "d.json")]
    {
        std::os::unix::fs::symlink(to, at.join(link)).unwrap();
    }
}

/// The data without what differs from run to run, and the policies: ids and texts.
pub(crate) fn begun(server: &Server) -> (Value, Vec<(String, String)>) {
    let (status, mut data) = ask(&server.address, "/v1/data");
    assert_eq!(status, "200");
    data.as_object_mut().unwrap().remove("decision_id");
    let (_, policies) = ask(&server.address, "/v1/policies");
    let policies = policies["result"].as_array().cloned().unwrap_or_default();
    let text = |policy: &Value, name: &str| policy[name].as_str().unwrap().to_owned();
    let mut policies: Vec<_> =
        policies.iter().map(|policy| (text(policy, "id"), text(policy, "raw"))).collect();
    policies.sort();
    (data, policies)
}

#[test]
fn paths_are_what_opa_begins_with() {
    let Some(opa) = tool("opa") else {
        return skipped("the comparison of starts", "opa is not on this machine");
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().canonicalize().unwrap();
    for (name, text) in FILES {
        let path = at.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    mounted(&at.join("map"));
    let whole = at.join("az").display().to_string();
    let scheme = format!("file://{}", at.join("d.json").display());
    for paths in [
        &["az"][..],
        &["./az", "d.json"],
        &["./az/a.rego", "d.json", "e.yml"],
        &["az/../az/"],
        &["folder"],
        &["p.q:d.json"],
        &[&scheme],
        &[&whole],
        &["--ignore", ".*", "map"],
        &["--ignore=sub,*.me", "az"],
        // A package and data of one's own where the library of ours would stand.
        &["uses/word.rego"],
        &["uses"],
        &["d.json", "referee:d.json", "uses/data.rego"],
    ] {
        let theirs = opa_server(alone(&opa).current_dir(&at), paths).unwrap();
        let (ours, mut log) = serve(&mut ours(&at), paths);
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        assert_eq!(begun(&ours), begun(&theirs), "{paths:?}");
    }
    for (paths, wrong) in [
        (&["nothing"][..], "nothing could not be read"),
        (&["map"], "multiple default rules data.m.p found"),
        (&["bad.rego"], "bad.rego:3:6: rego_unsafe_var_error: var unknown is unsafe"),
        (&["list.json"], "list.json: document must be of type object"),
        (&["d.json", "./d.json"], "merge error: another file has a value at data.x.y"),
        (
            &["az/a.rego", "a:d.json", "a.allow:d.json"],
            "conflicting rule for data path a/allow found",
        ),
    ] {
        let theirs = opa_server(alone(&opa).current_dir(&at), paths);
        assert!(theirs.is_none(), "{paths:?}");
        let ended = ours(&at).args(["serve", "--listen", "127.0.0.1:0"]).args(paths).output();
        let ended = ended.unwrap();
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(2) && told.contains(wrong), "{paths:?}: {told}");
    }
}

#[test]
fn what_began_from_files_is_changed_over_the_api() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.rego"), FILES[3].1).unwrap();
    std::fs::write(folder.path().join("d.json"), FILES[8].1).unwrap();
    let whole = folder.path().join("a.rego").display().to_string();
    let (server, mut log) = serve(&mut ours(folder.path()), &[&whole, "d.json"]);
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    assert_eq!(ask(&server.address, "/v1/data/a").1["result"]["allow"], 5);
    let id = whole.trim_start_matches('/');
    let (status, policy) = ask(&server.address, &format!("/v1/policies/{id}"));
    assert_eq!((status.as_str(), policy["result"]["id"].as_str()), ("200", Some(id)));
    // Nothing of what was named rules over artifacts.
    let ended = ours(folder.path()).args(["serve", "a.rego", "--policy", "signed"]).output();
    let told = String::from_utf8_lossy(&ended.unwrap().stderr).into_owned();
    assert!(told.contains("cannot be used with '--policy <PACK|PATH>'"), "{told}");
}

#[test]
fn the_library_is_there_where_a_policy_at_the_start_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let uses = "package u\n\nimport data.referee.text\n\nu := data.referee.sbom\n";
    std::fs::write(at.join("u.rego"), uses).unwrap();
    std::fs::write(at.join("word.rego"), FILES[0].1).unwrap();
    for (paths, there) in [(&["word.rego"][..], false), (&["word.rego", "u.rego"], true)] {
        let (server, mut log) = serve(&mut ours(at), paths);
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let (data, policies) = begun(&server);
        assert_eq!(data["result"].get("referee").is_some(), there, "{paths:?}");
        assert_eq!(policies.len(), paths.len(), "{paths:?}");
    }
}
