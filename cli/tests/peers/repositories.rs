//! TUF repositories: the real cosign and Referee begin with the same root and take the same ones.

use super::find::{skipped, tool};
use super::web::{Web, repositories, repository};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What becomes of a file; nothing where it is to be missing.
type Alter = fn(Vec<u8>) -> Option<Vec<u8>>;

/// What a repository is turned into, and what is served before it, to the same client.
struct Case {
    name: &'static str,
    before: Option<&'static str>,
    of: &'static str,
    /// A file that is altered, and how.
    altered: Option<(&'static str, Alter)>,
    taken: bool,
    /// Why cosign takes what we refuse.
    taken_by_cosign: Option<&'static str>,
}

const NOTHING: Case =
    Case { name: "", before: None, of: "two", altered: None, taken: false, taken_by_cosign: None };

/// A digit more where the version is: the signature is over another.
fn later(bytes: Vec<u8>) -> Option<Vec<u8>> {
    let text = String::from_utf8(bytes).unwrap();
    let changed = text.replacen("\"version\": ", "\"version\": 1", 1);
    assert_ne!(changed, text);
    Some(changed.into_bytes())
}

fn cases() -> Vec<Case> {
    vec![
        Case { name: "the first time", taken: true, ..NOTHING },
        Case { name: "nothing new", before: Some("two"), taken: true, ..NOTHING },
        Case { name: "newer", before: Some("two"), of: "three", taken: true, ..NOTHING },
        Case {
            name: "older",
            before: Some("three"),
            taken_by_cosign: Some("`cosign initialize` forgets what it had and begins anew"),
            ..NOTHING
        },
        Case { name: "another's", of: "other", ..NOTHING },
        Case { name: "another's, later", before: Some("two"), of: "other", ..NOTHING },
        Case { name: "timestamp", altered: Some(("timestamp.json", later)), ..NOTHING },
        Case { name: "snapshot", altered: Some(("2.snapshot.json", later)), ..NOTHING },
        Case { name: "targets", altered: Some(("2.targets.json", later)), ..NOTHING },
        Case { name: "root", altered: Some(("2.root.json", later)), ..NOTHING },
        Case { name: "no timestamp", altered: Some(("timestamp.json", |_| None)), ..NOTHING },
        Case { name: "no snapshot", altered: Some(("2.snapshot.json", |_| None)), ..NOTHING },
        Case { name: "no target", altered: Some(("targets", |_| None)), ..NOTHING },
        Case {
            name: "target",
            altered: Some(("targets", |bytes| Some([&bytes[..], b" "].concat()))),
            ..NOTHING
        },
        Case {
            name: "cut short",
            altered: Some(("timestamp.json", |bytes| Some(bytes[..bytes.len() / 2].to_vec()))),
            ..NOTHING
        },
    ]
}

/// A copy of a repository with one file altered.
fn altered(case: &Case, folder: &Path) {
    let from = repository(case.of);
    fs::create_dir_all(folder.join("targets")).unwrap();
    for part in ["", "targets"] {
        for entry in fs::read_dir(from.join(part)).unwrap() {
            let entry = entry.unwrap();
            if !entry.file_type().unwrap().is_file() {
                continue;
            }
            let name = entry.file_name().into_string().unwrap();
            let mut bytes = Some(fs::read(entry.path()).unwrap());
            if let Some((file, alter)) = case.altered
                && (file == name || file == part)
            {
                bytes = alter(bytes.unwrap());
            }
            if let Some(bytes) = bytes {
                fs::write(folder.join(part).join(name), bytes).unwrap();
            }
        }
    }
}

/// Whether cosign takes what is served.
fn cosign_takes(cosign: &Path, web: &Web, home: &Path) -> bool {
    let mut command = Command::new(cosign);
    command.env("HOME", home).args(["initialize", "--mirror"]).arg(format!("http://{}", web.host));
    command.arg("--root").arg(repositories().join("root.json")).stdin(Stdio::null());
    command.output().unwrap().status.success()
}

/// Whether Referee does.
fn referee_takes(web: &Web, home: &Path) -> bool {
    let trust = format!(
        "identities: [{{name: a, issuer: i, subject: s, scopes: ['**']}}]\n\
         sigstore: [{{name: ours, tuf: {{url: 'http://{}', root: root.json}}}}]\n",
        web.host
    );
    fs::write(home.join("trust.yaml"), trust).unwrap();
    fs::copy(repositories().join("root.json"), home.join("root.json")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
    command.env("XDG_CACHE_HOME", home).env("REFEREE_REGISTRY__ATTEMPTS", "1");
    command.args(["roots", "--plain-http", &web.host, "--trust"]).arg(home.join("trust.yaml"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    match output.status.code() {
        Some(0) => true,
        Some(2) => false,
        code => panic!("{code:?} {output:?}"),
    }
}

#[test]
fn what_cosign_takes_from_a_repository_referee_takes_and_what_it_refuses_is_refused() {
    let mut compared = 0;
    for name in ["cosign2", "cosign3"] {
        let Some(cosign): Option<PathBuf> = tool(name) else {
            skipped(name, "it is not on this machine");
            continue;
        };
        for case in cases() {
            let web = Web::start("two");
            let (folder, theirs, ours) = (
                tempfile::tempdir().unwrap(),
                tempfile::tempdir().unwrap(),
                tempfile::tempdir().unwrap(),
            );
            if case.before.is_some() {
                web.set(case.before.map(repository).as_deref());
                assert!(cosign_takes(&cosign, &web, theirs.path()), "{name}: {}", case.name);
                assert!(referee_takes(&web, ours.path()), "{}", case.name);
            }
            altered(&case, folder.path());
            web.set(Some(folder.path()));
            let cosign = cosign_takes(&cosign, &web, theirs.path());
            let asked = web.asked();
            let referee = referee_takes(&web, ours.path());
            assert!(web.asked() > asked && asked > 0, "both asked: {}", case.name);
            assert_eq!(referee, case.taken, "Referee: {}", case.name);
            let expected = case.taken || case.taken_by_cosign.is_some();
            assert_eq!(cosign, expected, "{name}: {}", case.name);
            compared += 1;
        }
    }
    eprintln!("FIGURE repositories: {compared} TUF repositories taken or refused as cosign does");
}
