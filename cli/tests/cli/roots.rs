//! Trusted roots over TUF: the repositories that python-tuf made for the store's tests, served
//! here from loopback.

#[cfg(unix)]
use crate::serving::serve;
use crate::support::{AS, Run, folder, path, referee, run};
use crate::web::{Web, repositories, repository};
use serde_json::Value;
#[cfg(unix)]
use std::io::BufRead as _;

const LAYOUT: &str = "oci-layout:examples/keyless/layout";

/// A folder with a trust document whose one instance a repository keeps.
fn trusting(web: &Web) -> tempfile::TempDir {
    let document = format!(
        "identities: [{{name: workflow, issuer: 'http://workflows.example', subject: {{glob: '**'}}, scopes: ['**']}}]\n\
         sigstore: [{{name: ours, tuf: {{url: 'http://{}', root: root.json}}}}]\n",
        web.host
    );
    let anchor = std::fs::read_to_string(repositories().join("root.json")).unwrap();
    folder(&[("trust.yaml", &document), ("root.json", &anchor)])
}

/// Runs the command with caches of its own.
fn with(home: &tempfile::TempDir, web: &Web, arguments: &[&str]) -> Run {
    let trust = path(home, "trust.yaml");
    let mut command = referee();
    command.env("XDG_CACHE_HOME", home.path().join("cache")).env("REFEREE_TUF__REFRESH", "auto");
    command.env("REFEREE_REGISTRY__PLAIN_HTTP", &web.host).env("REFEREE_TUF__RETRY_MS", "1");
    command.env("REFEREE_REGISTRY__ATTEMPTS", "1");
    run(command.args(arguments).args(["--trust", &trust]))
}

fn facts(run: &Run) -> Value {
    run.json()["trust_roots"][0].clone()
}

#[test]
fn an_artifact_is_verified_under_a_root_that_a_repository_keeps() {
    let web = Web::start("two");
    let home = trusting(&web);
    with(&home, &web, &["verify", LAYOUT, AS[0], AS[1]])
        .exits(0)
        .says(&["ALLOW registry.example/team/app:1.4", "signatures trusted #1 workflow"]);
    let asked = web.asked();
    assert_eq!(asked, 6);
    let evidence = path(&home, "evidence.tar");
    let saving = ["facts", LAYOUT, AS[0], AS[1], "--save-evidence", &evidence];
    let saved = with(&home, &web, &saving).exits(0);
    assert_eq!(web.asked(), asked, "the copy is new");
    let fact = facts(&saved);
    assert_eq!(
        (&fact["name"], &fact["source"], &fact["expires_at"], &fact["expired"]),
        (&"ours".into(), &"tuf".into(), &"2126-01-01T00:00:00Z".into(), &false.into())
    );
    // The evidence holds the root: neither the repository nor the copy is needed.
    web.set(None);
    std::fs::remove_dir_all(home.path().join("cache")).unwrap();
    let replayed = run(referee().args(["facts", "--evidence", &evidence, "--offline"])).exits(0);
    for member in ["trust_roots", "signatures", "referrers"] {
        assert_eq!(replayed.json()[member], saved.json()[member]);
    }
    assert_eq!(replayed.err.lines().count(), 1, "no other facts came out: {replayed:#?}");
    run(referee().args(["verify", "--evidence", &evidence, "--offline"]))
        .exits(0)
        .says(&["signatures trusted #1 workflow"]);
}

#[test]
fn evidence_has_no_say_in_the_roots_of_those_who_bring_trust_of_their_own() {
    let web = Web::start("two");
    let home = trusting(&web);
    let evidence = path(&home, "evidence.tar");
    let saving = ["facts", LAYOUT, AS[0], AS[1], "--save-evidence", &evidence];
    with(&home, &web, &saving).exits(0);
    let verify = ["verify", "--evidence", &evidence];
    // The copy is one's own.
    with(&home, &web, &verify).exits(0).says(&["signatures trusted #1 workflow"]);
    std::fs::remove_dir_all(home.path().join("cache")).unwrap();
    let asked = web.asked();
    let none = "the trusted root of Sigstore instance \"ours\" could not be renewed: nothing may be \
                asked, and there is no copy that holds";
    with(&home, &web, &verify).fails(none, "trust_root_unavailable");
    assert_eq!(web.asked(), asked, "evidence is ruled over without a network");
}

#[test]
fn without_the_repository_the_copy_serves_on_and_without_both_there_is_no_answer() {
    let web = Web::start("two");
    let home = trusting(&web);
    web.set(None);
    let verify = ["verify", LAYOUT, AS[0], AS[1]];
    let problem = "the trusted root of Sigstore instance \"ours\" could not be renewed:";
    let failed = format!("{problem} http://{}/2.root.json: the server failed (HTTP 500)", web.host);
    with(&home, &web, &verify).fails(&failed, "trust_root_unavailable");
    let none = format!("{problem} nothing may be asked, and there is no copy that holds");
    let offline = [&verify[..], &["--offline"]].concat();
    with(&home, &web, &offline).fails(&none, "trust_root_unavailable");
    web.set(Some(&repository("other")));
    let refused = with(&home, &web, &verify);
    assert!(refused.err.contains("threshold not met for role root"), "{refused:#?}");
    assert!(refused.err.contains("[trust_root_refused]"), "{refused:#?}");

    web.set(Some(&repository("two")));
    with(&home, &web, &verify).exits(0);
    web.set(None);
    let asked = web.asked();
    let run = with(&home, &web, &offline).exits(0);
    assert_eq!((run.err.as_str(), web.asked()), ("", asked));
    let run = with(&home, &web, &["roots"]).exits(2).says(&[
        "ours",
        "renewed over TUF, good until 2126-01-01T00:00:00Z",
        "the copy is used, which is good until 2126-01-01T00:00:00Z",
    ]);
    assert!(run.out.contains("the server failed (HTTP 500)"), "{run:#?}");
    assert!(web.asked() > asked, "the command asks, however new the copy is");
}

#[test]
fn roots_are_shown_and_saved_for_where_no_network_is() {
    let web = Web::start("two");
    let home = trusting(&web);
    let saved = path(&home, "saved");
    with(&home, &web, &["roots", "--save", &saved]).exits(0).says(&[
        &format!("ours http://{}", web.host),
        "renewed over TUF, good until 2126-01-01T00:00:00Z",
    ]);
    let shown = with(&home, &web, &["roots", "--output", "json"]).exits(0).json();
    let shown = &shown["roots"][0];
    assert_eq!((&shown["name"], &shown["source"]), (&"ours".into(), &"tuf".into()));
    assert_eq!((&shown["used"], &shown["problem"]), (&true.into(), &Value::Null));
    let text = std::fs::read_to_string(home.path().join("trust.yaml")).unwrap();
    let (identities, _) = text.split_once("sigstore:").unwrap();
    let document = format!("{identities}sigstore: [{{name: ours, file: saved/ours.json}}]");
    std::fs::write(home.path().join("trust.yaml"), document).unwrap();
    web.set(None);
    with(&home, &web, &["verify", LAYOUT, AS[0], AS[1]]).exits(0);
    let unwritable = path(&home, "trust.yaml");
    let failed = with(&home, &web, &["roots", "--save", &unwritable]);
    failed.fails(&format!("{unwritable} could not be written"), "file_unwritable");
    let well_known = format!("{identities}sigstore: [{{name: theirs, instance: github}}]");
    std::fs::write(home.path().join("trust.yaml"), well_known).unwrap();
    let offline = with(&home, &web, &["roots", "--offline"]).exits(0);
    offline.says(&["theirs github", "comes with Referee"]);
}

#[test]
#[cfg(unix)]
fn a_server_renews_the_roots_of_its_trust_while_it_serves() {
    let web = Web::start("two");
    let home = trusting(&web);
    let mut command = referee();
    command.env("XDG_CACHE_HOME", home.path().join("cache")).env("REFEREE_TUF__REFRESH", "auto");
    command.env("REFEREE_REGISTRY__PLAIN_HTTP", &web.host);
    command.env("REFEREE_TUF__INTERVAL_MS", "100").env("REFEREE_TUF__RETRY_MS", "1");
    let trust = path(&home, "trust.yaml");
    let (_server, mut log) = serve(&mut command, &["--trust", &trust]);
    let mut next = |said: &str| loop {
        let mut line = String::new();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the server ended before {said:?}");
        if line.contains(said) {
            break line;
        }
    };
    // It cannot be asked for a while, and what serves goes on serving.
    web.set(None);
    let line = next("could not be renewed");
    assert!(line.contains("the copy is used, which is good until 2126"), "{line}");
    web.set(Some(&repository("three")));
    let line = next("trusted roots were renewed");
    assert!(line.contains("trust_revision"), "{line}");
    let asked = web.asked();
    assert!(asked > 6, "{asked}");
}
