//! Trusted roots over TUF, from repositories that python-tuf made (`tests/data/tuf/make.py`).

use crate::helpers::config;
use crate::server::{Script, Server, Step, head, reply};
use referee_core::facts::TrustRootSource;
use referee_core::trust::{RootSource, SuppliedRoot, TrustDocument, TrustSource, TrustedSigstore};
use referee_core::{Coded as _, Limits, Timestamp, Trust};
use referee_store::tuf::{InPlace, Refresh, TufProblem};
use referee_store::{Asking, Environment, StoreError, Supplied, TrustRoots, TufConfig, TufError};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Before the timestamp of `one` ends.
const NOW: &str = "2026-11-22T00:00:00Z";
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tuf")
}

/// What a repository keeps.
fn kept(repository: &str) -> String {
    let mut files = fs::read_dir(data().join(repository).join("targets")).unwrap();
    let path = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    fs::read_to_string(path).unwrap()
}

fn file(repository: &str, path: &str) -> Script {
    match fs::read(data().join(repository).join(path.trim_start_matches('/'))) {
        Ok(bytes) => reply(200, &[], &bytes),
        Err(_) => reply(404, &[], b""),
    }
}

/// A repository that can be changed while it is served.
async fn repository() -> (Server, Arc<Mutex<&'static str>>) {
    let state = Arc::new(Mutex::new("one"));
    let served = Arc::clone(&state);
    (Server::start(move |request| file(*served.lock().unwrap(), &request.path)).await, state)
}

/// One instance whose root a repository keeps, and an identity that counts there.
fn trust(url: &str) -> Trust {
    trusting(&format!("sigstore: [{{name: ours, tuf: {{url: '{url}', root: root.json}}}}]"))
}

fn trusting(sigstore: &str) -> Trust {
    let text =
        format!("identities: [{{name: a, issuer: i, subject: s, scopes: ['**']}}]\n{sigstore}");
    let document = TrustDocument::read("trust.yaml", &text).unwrap();
    let anchor = fs::read_to_string(data().join("root.json")).unwrap();
    let files = BTreeMap::from([("root.json".to_owned(), anchor)]);
    Trust::new(&[TrustSource { name: "trust.yaml".into(), document, files }]).unwrap()
}

fn ours(server: &Server) -> Trust {
    trust(&format!("http://{}", server.host))
}

fn settings() -> TufConfig {
    let mut settings = TufConfig::default();
    settings.timeout_ms = 1_500;
    settings
}

fn roots(server: &Server, settings: &TufConfig) -> TrustRoots {
    TrustRoots::new(settings, &config(&[server]), &Limits::DEFAULT, &Environment::empty()).unwrap()
}

async fn ask(roots: &TrustRoots, trust: Trust, at: Timestamp) -> Result<Supplied, TufError> {
    roots.supply(trust, at, Asking::Allowed, Duration::MAX, |_| Ok(())).await
}

fn root(trust: &Trust) -> &SuppliedRoot {
    match &trust.sigstore().first().unwrap().root {
        RootSource::Supplied { root, .. } => root,
        other => panic!("no root was supplied: {other:?}"),
    }
}

#[tokio::test]
async fn a_root_is_fetched_and_its_copy_serves_until_it_is_to_be_asked_again() {
    let (server, state) = repository().await;
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.folder = Some(folder.path().join("not/yet/there"));
    let first = ask(&roots(&server, &settings), ours(&server), now()).await.unwrap();
    assert!(first.notes.is_empty(), "{:?}", first.notes);
    let had = root(&first.trust);
    assert_eq!(had.json, kept("one"));
    assert_eq!(had.source, TrustRootSource::Tuf);
    assert_eq!(had.expires_at, Some("2026-12-01T00:00:00Z".parse().unwrap()));
    assert_eq!(first.again_at, Some(now().saturating_add(A_DAY)));
    let asked: Vec<String> = server.paths();
    assert_eq!(
        asked[..5],
        ["/2.root.json", "/3.root.json", "/timestamp.json", "/1.snapshot.json", "/1.targets.json"]
    );
    assert_eq!(asked.len(), 6, "{asked:?}");
    assert_eq!(server.count("/targets/"), 1);

    // Another process, the same day.
    let later = now().saturating_add(A_DAY / 2);
    let second = ask(&roots(&server, &settings), ours(&server), later).await.unwrap();
    assert_eq!(root(&second.trust), had);
    assert_eq!(server.paths().len(), 6, "nothing is asked while the copy is new");

    // The next day nothing has changed, and only that is asked.
    let next = now().saturating_add(A_DAY);
    let third = ask(&roots(&server, &settings), ours(&server), next).await.unwrap();
    assert_eq!(root(&third.trust), had);
    assert_eq!(server.paths()[6..], ["/3.root.json", "/timestamp.json"]);

    // Then it has; who asks anew learns of it before the day is over.
    *state.lock().unwrap() = "two";
    let roots = roots(&server, &settings);
    let fourth =
        roots.supply(ours(&server), next, Asking::Anew, Duration::MAX, |_| Ok(())).await.unwrap();
    assert_eq!(root(&fourth.trust).json, kept("two"));
    assert_eq!(root(&fourth.trust).expires_at, Some("2126-01-01T00:00:00Z".parse().unwrap()));
    assert_ne!(fourth.trust.revision(), third.trust.revision());
}

#[tokio::test]
async fn without_a_folder_the_copy_lasts_as_long_as_the_process() {
    let (server, _) = repository().await;
    let roots = roots(&server, &settings());
    ask(&roots, ours(&server), now()).await.unwrap();
    let asked = server.paths().len();
    ask(&roots, ours(&server), now()).await.unwrap();
    assert_eq!(server.paths().len(), asked);
}

#[tokio::test]
async fn what_does_not_hold_is_refused_and_the_copy_serves_on() {
    type Change = fn(&str) -> Option<Script>;
    // What is served in the place of `two`, and what is said of it.
    let cases: [(&str, Change, &str); 7] = [
        ("an older state", |path| Some(file("one", path)), "rollback detected"),
        ("another's metadata", |path| Some(file("other", path)), "threshold not met"),
        (
            "a timestamp cut short",
            |path| (path == "/timestamp.json").then(|| reply(200, &[], b"{\"signed\": {")),
            "failed to parse JSON",
        ),
        (
            "a target of other bytes",
            |path| path.starts_with("/targets/").then(|| reply(200, &[], kept("one").as_bytes())),
            "integrity check failed",
        ),
        (
            "a snapshot that is not the one announced",
            |path| (path == "/2.snapshot.json").then(|| file("one", "/1.snapshot.json")),
            "snapshot version 1 does not match timestamp pin 2",
        ),
        (
            "no timestamp",
            |path| (path == "/timestamp.json").then(|| reply(404, &[], b"")),
            "timestamp.json not found",
        ),
        (
            "a root by somebody else",
            |path| (path == "/3.root.json").then(|| file("other", "/2.root.json")),
            "root version must increment by one",
        ),
    ];
    for (what, change, expected) in cases {
        let state = Arc::new(Mutex::new(None::<Change>));
        let served = Arc::clone(&state);
        let server = Server::start(move |request| {
            let changed = served.lock().unwrap().and_then(|change| change(&request.path));
            changed.unwrap_or_else(|| file("two", &request.path))
        })
        .await;
        let roots = roots(&server, &settings());
        // What is in the copy is not asked for again.
        let copied = !what.starts_with("a target") && !what.starts_with("a snapshot");
        if copied {
            ask(&roots, ours(&server), now()).await.unwrap();
        }
        *state.lock().unwrap() = Some(change);
        let later = now().saturating_add(A_DAY);
        match ask(&roots, ours(&server), later).await {
            Ok(supplied) => {
                assert_eq!(root(&supplied.trust).json, kept("two"), "{what}");
                let note = supplied.notes.first().unwrap_or_else(|| panic!("{what}: no note"));
                assert_eq!(note.error.code(), "trust_root_refused", "{what}: {note}");
                assert!(note.to_string().contains(expected), "{what}: {note}");
                assert!(matches!(note.in_place, InPlace::Copy { expired: false, .. }), "{note}");
            }
            Err(error) => {
                assert_eq!(error.code(), "trust_root_refused", "{what}: {error}");
                assert!(error.to_string().contains(expected), "{what}: {error}");
                assert!(!copied, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn a_copy_past_its_time_says_so_and_is_no_good_where_a_new_one_is_required() {
    let (server, _) = repository().await;
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.folder = Some(folder.path().to_owned());
    ask(&roots(&server, &settings), ours(&server), now()).await.unwrap();
    // The repository stands still: somebody keeps its news from us, or nobody renews it.
    let late = "2026-12-02T00:00:00Z".parse().unwrap();
    let frozen = ask(&roots(&server, &settings), ours(&server), late).await.unwrap();
    let end = "2026-12-01T00:00:00Z".parse().unwrap();
    assert_eq!(root(&frozen.trust).expires_at, Some(end));
    let note = frozen.notes.first().unwrap();
    assert_eq!(note.in_place, InPlace::Copy { expires_at: Some(end), expired: true });
    let expired = "timestamp metadata expired at 2026-12-01T00:00:00Z";
    assert!(note.to_string().contains(expired), "{note}");
    // Without asking it is the copy's age that is told.
    let unasked = roots(&server, &settings)
        .supply(ours(&server), late, Asking::Never, Duration::MAX, |_| Ok(()))
        .await
        .unwrap();
    let note = unasked.notes.first().unwrap();
    assert!(
        matches!(note.error.problem, TufProblem::Expired { expires_at } if expires_at == end),
        "{note}"
    );
    settings.refresh = Refresh::Required;
    let much_later = late.saturating_add(A_DAY);
    let error = ask(&roots(&server, &settings), ours(&server), much_later).await.unwrap_err();
    assert_eq!(error.code(), "trust_root_refused", "{error}");
    assert!(error.to_string().contains(expired), "{error}");
}

#[tokio::test]
async fn a_repository_that_cannot_be_asked_is_told_and_left_alone_for_a_while() {
    let endless = |request: &crate::server::Request| -> Script {
        if request.path != "/timestamp.json" {
            return file("one", &request.path);
        }
        let mut script = vec![head(200, &[])];
        script.extend((0..64).map(|_| Step::Send(vec![b' '; 64 * 1024])));
        script
    };
    let too_large = Server::start(endless).await;
    let failing = Server::start(|_| reply(500, &[], b"")).await;
    let silent = Server::start(|_| vec![Step::Hang]).await;
    let slow = Server::start(|request| {
        let mut script = file("one", &request.path);
        script.insert(0, Step::Wait(Duration::from_millis(350)));
        script
    })
    .await;
    let elsewhere = Server::start(|_| reply(302, &["Location: http://other.example/"], b"")).await;
    type Is = fn(&TufProblem) -> bool;
    let cases: [(&str, &Server, Is); 5] = [
        ("too large", &too_large, |problem| {
            matches!(problem, TufProblem::Unavailable(error)
                if matches!(**error, StoreError::TooLarge { limit: 16_384, .. }))
        }),
        ("failing", &failing, |problem| {
            matches!(problem, TufProblem::Unavailable(error)
                if matches!(**error, StoreError::Server { status: 500, .. }))
        }),
        ("silent", &silent, |problem| matches!(problem, TufProblem::Timeout { .. })),
        ("slow", &slow, |problem| matches!(problem, TufProblem::Timeout { .. })),
        ("elsewhere", &elsewhere, |problem| {
            matches!(problem, TufProblem::Unavailable(error)
                if matches!(**error, StoreError::Malformed { .. }))
        }),
    ];
    for (what, server, is) in cases {
        let roots = roots(server, &settings());
        let error = ask(&roots, ours(server), now()).await.unwrap_err();
        assert!(is(&error.problem), "{what}: {error}");
        assert_eq!(error.code(), "trust_root_unavailable", "{what}: {error}");
        let asked = server.connections();
        let again = now().saturating_add(Duration::from_secs(60));
        let error = ask(&roots, ours(server), again).await.unwrap_err();
        let TufProblem::Waiting { failed_at, again_at, .. } = error.problem else {
            panic!("{what}: {error}")
        };
        assert_eq!((failed_at, again_at), (now(), now().saturating_add(Duration::from_secs(300))));
        assert_eq!(server.connections(), asked, "{what}");
        let error = ask(&roots, ours(server), again_at).await.unwrap_err();
        assert!(is(&error.problem), "{what}: {error}");
    }
}

#[tokio::test]
async fn a_damaged_copy_is_no_copy_and_a_folder_that_cannot_be_written_no_obstacle() {
    let (server, _) = repository().await;
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.folder = Some(folder.path().to_owned());
    ask(&roots(&server, &settings), ours(&server), now()).await.unwrap();
    let copy = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read_to_string(&copy).unwrap();
    let another = whole.replacen("\"version\":1", "\"version\":2", 1);
    assert_ne!(another, whole);
    // Somebody writes a root of their own into the copy: its hash is not the signed one.
    let forged = whole.replace("rekor1.acme.example", "rekor1.evil.example");
    assert_ne!(forged, whole);
    let half = whole.chars().take(whole.len() / 2).collect::<String>();
    for damaged in [half, "[]".into(), another, forged] {
        fs::write(&copy, &damaged).unwrap();
        let before = server.paths().len();
        let supplied = ask(&roots(&server, &settings), ours(&server), now()).await.unwrap();
        assert_eq!(root(&supplied.trust).json, kept("one"));
        assert!(server.paths().len() > before, "it is asked for again");
        assert_eq!(fs::read_to_string(&copy).unwrap(), whole);
    }
    // A file is where the folder should be.
    settings.folder = Some(copy);
    let supplied = ask(&roots(&server, &settings), ours(&server), now()).await.unwrap();
    assert_eq!(root(&supplied.trust).json, kept("one"));
    assert!(supplied.notes.is_empty());
}

#[tokio::test]
async fn a_well_known_root_falls_back_to_the_one_that_comes_with_referee() {
    let (server, _) = repository().await;
    let mut settings = settings();
    let mirror = format!("http://{}", server.host);
    settings.mirrors = BTreeMap::from([(referee_core::trust::WellKnown::PublicGood, mirror)]);
    let well_known = || trusting("sigstore: [{name: public-good, instance: public-good}]");
    let supplied = ask(&roots(&server, &settings), well_known(), now()).await.unwrap();
    let instance = supplied.trust.sigstore().first().unwrap();
    assert!(matches!(instance.root, RootSource::WellKnown(_)), "{instance:?}");
    let note = supplied.notes.first().unwrap();
    assert_eq!((note.error.code(), note.in_place), ("trust_root_refused", InPlace::Embedded));
    // That nothing is to be asked is no news.
    let roots_of = |settings: &TufConfig| roots(&server, settings);
    settings.refresh = Refresh::Never;
    let asked = server.paths().len();
    let supplied = ask(&roots_of(&settings), well_known(), now()).await.unwrap();
    assert_eq!((supplied.notes.len(), server.paths().len()), (0, asked));
    // For a repository of one's own there is nothing to fall back to.
    let error = ask(&roots_of(&settings), ours(&server), now()).await.unwrap_err();
    assert!(matches!(error.problem, TufProblem::NotAsked), "{error}");
    settings.refresh = Refresh::Required;
    let error = ask(&roots_of(&settings), well_known(), now()).await.unwrap_err();
    assert_eq!(error.code(), "trust_root_refused", "{error}");
}

#[tokio::test]
async fn only_roots_that_matter_are_asked_for() {
    let (server, _) = repository().await;
    let url = format!("http://{}", server.host);
    let text = format!(
        "sigstore: [{{name: a, instance: staging}}, {{name: b, tuf: {{url: '{url}', root: root.json}}}}]"
    );
    let text = format!(
        "identities: [{{name: i, issuer: i, subject: s, sigstore: [b], scopes: ['**']}}]\n{text}"
    );
    let document = TrustDocument::read("t", &text).unwrap();
    let anchor = fs::read_to_string(data().join("root.json")).unwrap();
    let files = BTreeMap::from([("root.json".to_owned(), anchor)]);
    let trust = Trust::new(&[TrustSource { name: "t".into(), document, files }]).unwrap();
    let supplied = ask(&roots(&server, &settings()), trust, now()).await.unwrap();
    let supplied: Vec<bool> = supplied
        .trust
        .sigstore()
        .iter()
        .map(|instance| matches!(instance.root, RootSource::Supplied { .. }))
        .collect();
    assert_eq!(supplied, [false, true]);
    let nobody = ask(&roots(&server, &settings()), Trust::nobody(), now()).await.unwrap();
    assert_eq!(nobody.again_at, None);
}

#[tokio::test]
async fn a_root_that_cannot_be_used_is_none() {
    let (server, _) = repository().await;
    let unusable = |_: &TrustedSigstore| Err("a log of the future".into());
    let roots = roots(&server, &settings());
    let error = roots
        .supply(ours(&server), now(), Asking::Allowed, Duration::MAX, unusable)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "trust_root_refused");
    assert!(error.to_string().ends_with("it cannot be used: a log of the future"), "{error}");
}

#[tokio::test]
async fn plain_http_is_for_hosts_that_are_listed() {
    let (server, _) = repository().await;
    let mut registry = config(&[&server]);
    registry.plain_http.clear();
    let roots =
        TrustRoots::new(&settings(), &registry, &Limits::DEFAULT, &Environment::empty()).unwrap();
    let error = ask(&roots, ours(&server), now()).await.unwrap_err();
    assert!(error.to_string().contains("not listed in registry.plain_http"), "{error}");
    assert_eq!(server.connections(), 0);
}
