//! Bundles from servers that misbehave.

use crate::bundle_server::{BundleServer, Reply, bundle, simple, tagged};
use referee_rego::Value;
use referee_server::opa_config::{OpaConfig, OpaConfigText};
use referee_server::plugins::Services;
use referee_server::plugins::bundle::{BundleHost, BundlePlugin, BundleStatus};
use referee_server::state::State;
use referee_server::{PluginState, Plugins};
use referee_store::SystemClock;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Bundles, and what they are activated in.
pub(crate) struct Bundles {
    pub(crate) plugin: BundlePlugin,
    pub(crate) state: Arc<State>,
    pub(crate) plugins: Arc<Plugins>,
}

pub(crate) fn config(text: &str, persistence: Option<&Path>) -> OpaConfig {
    let folder = persistence.map_or_else(String::new, |folder| {
        format!("persistence_directory: {}\n", folder.display())
    });
    let text = format!("{folder}{text}");
    let text = OpaConfigText { file: Some(("c.yaml", &text)), ..OpaConfigText::default() };
    OpaConfig::read(text, |_| None).unwrap()
}

pub(crate) async fn start_with(config: &OpaConfig) -> Bundles {
    let state = Arc::new(State::new(None, Value::object([])).unwrap());
    let plugins = Arc::new(Plugins::default());
    let host = BundleHost {
        state: Arc::clone(&state),
        plugins: Arc::clone(&plugins),
        clock: Arc::new(SystemClock),
    };
    let services = Services::of(config).unwrap();
    let plugin = BundlePlugin::start(config, &services, host).await.unwrap().unwrap();
    Bundles { plugin, state, plugins }
}

/// One manual bundle `b` for each name, of a service at an address.
pub(crate) async fn manual(url: &str, names: &[&str], more: &str) -> Bundles {
    start_with(&config(&manual_text(url, names, more), None)).await
}

pub(crate) fn manual_text(url: &str, names: &[&str], more: &str) -> String {
    let mut text = format!("services: {{s: {{url: '{url}', response_header_timeout_seconds: 1}}}}");
    text.push_str("\nbundles:\n");
    for name in names {
        text.push_str(&format!("  {name}: {{trigger: manual, resource: /{name}{more}}}\n"));
    }
    text
}

impl Bundles {
    pub(crate) async fn trigger(&self, name: &str) -> Result<(), String> {
        let triggered = self.plugin.trigger(name).await;
        triggered.map_err(|failure| referee_core::error::chain(&failure))
    }

    pub(crate) fn data(&self) -> String {
        self.state.current().data().to_json_string()
    }

    pub(crate) fn status(&self, name: &str) -> BundleStatus {
        self.plugin.statuses()[name].clone()
    }

    pub(crate) fn ready(&self) -> bool {
        self.plugins.all()["bundle"].state == PluginState::Ok
    }
}

const A1: &str = r#"{"a":{"n":1},"system":{"bundles":{"a":{"etag":"\"1\"","manifest":{"revision":"r1","roots":["a"]}}}}}"#;

#[tokio::test]
async fn a_bundle_is_activated_once_and_its_tag_sent_from_then_on() {
    let server = BundleServer::start(|asked| tagged(asked, "\"1\"", &simple("a", "r1", 1))).await;
    let bundles = manual(&server.url, &["a"], "").await;
    assert!(!bundles.ready());
    bundles.trigger("a").await.unwrap();
    assert!(bundles.ready());
    assert_eq!(bundles.data(), A1);
    let status = bundles.status("a");
    assert_eq!((status.active_revision.as_str(), status.kind), ("r1", "snapshot"));
    assert!(status.size > 100 && status.code.is_empty() && status.metrics.len() >= 4, "{status:?}");
    let number = bundles.state.current().number();
    bundles.trigger("a").await.unwrap();
    assert_eq!(bundles.state.current().number(), number);
    let again = bundles.status("a");
    assert_eq!(again.last_successful_activation, status.last_successful_activation);
    assert_eq!(again.last_successful_download, status.last_successful_download);
    assert!(again.last_successful_request > status.last_successful_request);
    let log = server.log();
    assert_eq!((log[0].path.as_str(), log[0].header("if-none-match")), ("/a", None));
    assert_eq!(log[0].header("prefer"), Some("modes=snapshot,delta"));
    assert_eq!(log[1].header("if-none-match"), Some("\"1\""));
}

#[tokio::test]
async fn an_archive_is_taken_as_one_whatever_type_the_server_gives_it() {
    let server = BundleServer::start(|_| {
        let files = [("a/data.json", "\u{feff}{\"n\": 1}"), (".manifest", r#"{"roots": ["a"]}"#)];
        Reply::Send(200, vec!["Content-Type: text/html".into()], bundle(&files))
    })
    .await;
    let bundles = manual(&server.url, &["a"], "").await;
    bundles.trigger("a").await.unwrap();
    assert!(bundles.data().starts_with(r#"{"a":{"n":1},"#), "{}", bundles.data());
}

#[tokio::test]
async fn whatever_a_server_sends_the_bundle_before_it_stays_in_force() {
    let server = BundleServer::start(|asked| tagged(asked, "\"1\"", &simple("a", "r1", 1))).await;
    let bundles = manual(&server.url, &["a"], "").await;
    bundles.trigger("a").await.unwrap();
    let send = |status, body: &[u8]| Reply::Send(status, vec!["ETag: x".into()], body.to_vec());
    let whole = simple("a", "r2", 2);
    let half = whole[..whole.len() / 2].to_vec();
    let cases: Vec<(Reply, &str, Option<u16>)> = vec![
        (send(500, b"x"), "server replied with Internal Server Error", Some(500)),
        (send(404, b""), "server replied with Not Found", Some(404)),
        (send(204, b""), "server replied with No Content", Some(204)),
        (send(301, b""), "a redirect without a usable address", None),
        (send(200, b""), "nothing came in place of a bundle", None),
        (send(200, b"<!doctype html>"), "a page for people came in place of a bundle", None),
        (send(200, b"nothing"), "bundle read failed: ", None),
        (send(200, &half), "bundle read failed: ", None),
        (
            Reply::Cut(b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nx".to_vec()),
            "1 bytes came",
            None,
        ),
        (Reply::Cut(b"nonsense".to_vec()), "the connection failed", None),
        (Reply::Hang, "waiting for an answer took longer than 1000 ms", None),
        (send(200, &bundle(&[("a/p.rego", "package a\n\nx := ")])), "error(s) occurred", None),
        (send(200, &bundle(&[("a/p.rego", "package a\n\nx := data.f(1)")])), "error(s)", None),
        (
            send(200, &bundle(&[(".manifest", r#"{"roots": ["b"]}"#), ("a/data.json", "1")])),
            "do not permit data at path '/a'",
            None,
        ),
        (send(200, &bundle(&[("patch.json", r#"{"data": []}"#)])), "the delta has the roots", None),
        (
            send(200, &bundle(&[(".signatures.json", r#"{"signatures": ["a.b.c"]}"#)])),
            "bundle read failed: ",
            None,
        ),
    ];
    for (reply, message, http_code) in cases {
        let shown = format!("{reply:.100?}");
        server.behave(move |_| reply.clone());
        let error = bundles.trigger("a").await.expect_err(&shown);
        let status = bundles.status("a");
        assert!(status.message.contains(message), "{shown}: {status:?}");
        assert_eq!((status.code, status.http_code), ("bundle_error", http_code), "{error}");
        assert_eq!(status.errors.is_empty(), !status.message.starts_with("error(s)"));
        assert_eq!(status.active_revision, "r1");
        assert_eq!(bundles.data(), A1);
        assert!(bundles.ready(), "what was ready once stays so, as in OPA");
    }
    server.behave(|asked| tagged(asked, "\"2\"", &simple("a", "r2", 2)));
    bundles.trigger("a").await.unwrap();
    let status = bundles.status("a");
    assert_eq!((status.active_revision.as_str(), status.code), ("r2", ""));
    assert!(status.message.is_empty() && status.errors.is_empty());
}

#[tokio::test]
async fn tags_are_not_believed_and_hashes_are() {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    // The same tag for other bytes, whatever the caller has.
    let server = BundleServer::start(move |_| {
        let n = u32::try_from(counter.fetch_add(1, Ordering::SeqCst)).unwrap();
        let headers = vec!["ETag: same".to_owned()];
        Reply::Send(200, headers, simple("a", &format!("r{n}"), n))
    })
    .await;
    let bundles = manual(&server.url, &["a"], "").await;
    for n in 0..3 {
        bundles.trigger("a").await.unwrap();
        assert_eq!(bundles.status("a").active_revision, format!("r{n}"));
    }
    // Other tags for the same bytes.
    let counter = Arc::clone(&count);
    server.behave(move |_| {
        let n = counter.fetch_add(1, Ordering::SeqCst);
        Reply::Send(200, vec![format!("ETag: t{n}")], simple("a", "r2", 2))
    });
    let number = bundles.state.current().number();
    bundles.trigger("a").await.unwrap();
    bundles.trigger("a").await.unwrap();
    assert_eq!(bundles.state.current().number(), number, "nothing was activated");
    assert_eq!(server.log().last().unwrap().header("if-none-match"), Some("t3"));
    // Not modified, though nothing was named.
    let other = BundleServer::start(|_| Reply::Send(304, vec![], vec![])).await;
    let bundles = manual(&other.url, &["a"], "").await;
    let error = bundles.trigger("a").await.unwrap_err();
    assert!(error.ends_with("not modified (HTTP 304), though no version was named"), "{error}");
    assert!(!bundles.ready());
}

#[tokio::test]
async fn overlapping_roots_name_both_bundles_and_go_when_one_gives_way() {
    let server = BundleServer::start(|asked| match asked.path.as_str() {
        "/a" => tagged(asked, "\"1\"", &simple("a", "r1", 1)),
        _ => tagged(asked, "\"1\"", &bundle(&[("b/data.json", "{}")])),
    })
    .await;
    let bundles = manual(&server.url, &["a", "b"], "").await;
    bundles.trigger("a").await.unwrap();
    let error = bundles.trigger("b").await.unwrap_err();
    assert_eq!(
        error,
        "bundle \"b\" owns \"\" and bundle \"a\" owns \"a\": roots of two bundles may not overlap"
    );
    assert!(!bundles.ready());
    // A root goes from one bundle to the other: neither can go first.
    server.behave(|asked| match asked.path.as_str() {
        "/a" => tagged(asked, "\"2\"", &simple("c", "r2", 2)),
        _ => tagged(asked, "\"2\"", &simple("a", "r3", 3)),
    });
    bundles.trigger("b").await.unwrap_err();
    bundles.trigger("a").await.unwrap();
    assert_eq!(bundles.status("a").active_revision, "r2");
    assert_eq!(bundles.status("b").active_revision, "r3");
    assert!(bundles.ready() && !bundles.status("b").has_failed());
}

#[tokio::test]
async fn bundles_that_need_one_another_are_activated_together() {
    let part = |root: &str, other: &str| {
        bundle(&[
            (".manifest", &format!(r#"{{"roots": ["{root}"]}}"#)),
            ("p.rego", &format!("package {root}\n\nf(x) := x\n\ny := data.{other}.f(1)")),
        ])
    };
    let (a, b) = (part("a", "b"), part("b", "a"));
    let server = BundleServer::start(move |asked| match asked.path.as_str() {
        "/a" => tagged(asked, "a", &a),
        _ => tagged(asked, "b", &b),
    })
    .await;
    let bundles = manual(&server.url, &["a", "b"], "").await;
    let error = bundles.trigger("a").await.unwrap_err();
    assert!(error.contains("undefined function data.b.f"), "{error}");
    bundles.trigger("b").await.unwrap();
    assert!(bundles.ready());
    assert!(!bundles.status("a").has_failed(), "{:?}", bundles.status("a"));
    assert_eq!(bundles.state.current().policies().count(), 2);
}

#[tokio::test]
async fn a_delta_changes_data_and_one_that_cannot_is_answered_by_asking_for_the_whole() {
    let server = BundleServer::start(|asked| tagged(asked, "\"1\"", &simple("a", "r1", 1))).await;
    let bundles = manual(&server.url, &["a"], "").await;
    bundles.trigger("a").await.unwrap();
    let delta = |revision: &str, path: &str| {
        bundle(&[
            (".manifest", &format!(r#"{{"revision": "{revision}", "roots": ["a"]}}"#)),
            (
                "patch.json",
                &format!(r#"{{"data": [{{"op": "replace", "path": "{path}", "value": 7}}]}}"#),
            ),
        ])
    };
    let (good, bad) = (delta("r2", "/a/n"), delta("r3", "/a/none/there"));
    server.behave(move |asked| tagged(asked, "\"2\"", &good));
    bundles.trigger("a").await.unwrap();
    let status = bundles.status("a");
    assert_eq!((status.kind, status.active_revision.as_str()), ("delta", "r2"));
    assert!(bundles.data().starts_with(r#"{"a":{"n":7}"#), "{}", bundles.data());
    assert_eq!(bundles.state.current().bundles()["a"].revision(), "r2");
    assert_eq!(bundles.state.current().policies().count(), 1);
    server.behave(move |asked| match asked.header("if-none-match") {
        None => tagged(asked, "\"4\"", &simple("a", "r4", 4)),
        Some(_) => tagged(asked, "\"3\"", &bad),
    });
    bundles.trigger("a").await.unwrap_err();
    assert_eq!(bundles.status("a").active_revision, "r2");
    bundles.trigger("a").await.unwrap();
    assert_eq!(bundles.status("a").active_revision, "r4");
    assert_eq!(server.log().last().unwrap().header("if-none-match"), None);
}

#[tokio::test]
async fn what_was_kept_on_disk_serves_while_nobody_can_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let server = BundleServer::start(|asked| tagged(asked, "\"1\"", &simple("a", "r1", 1))).await;
    let text = |url: &str| manual_text(url, &["a", "none"], ", persist: true");
    let first = start_with(&config(&text(&server.url), Some(folder.path()))).await;
    first.trigger("a").await.unwrap();
    drop(first);
    let again = start_with(&config(&text(&server.url), Some(folder.path()))).await;
    assert_eq!(again.status("a").active_revision, "r1");
    assert_eq!(again.data(), A1);
    assert!(!again.ready(), "the other one is not there");
    again.trigger("a").await.unwrap();
    assert_eq!(server.log().last().unwrap().header("if-none-match"), Some("\"1\""));
    drop(again);
    // What is on disk is not believed.
    let kept = folder.path().join("bundles/a/bundle.tar.gz");
    std::fs::write(&kept, "nonsense").unwrap();
    let broken = start_with(&config(&text(&server.url), Some(folder.path()))).await;
    assert!(broken.status("a").message.starts_with("bundle read failed"));
    broken.trigger("a").await.unwrap();
    assert_eq!(broken.status("a").active_revision, "r1");
    assert_eq!(std::fs::read(&kept).unwrap(), simple("a", "r1", 1));
    // A disk that takes nothing does not keep a bundle from being used.
    std::fs::remove_dir_all(folder.path().join("bundles")).unwrap();
    std::fs::write(folder.path().join("bundles"), "a file").unwrap();
    server.behave(|asked| tagged(asked, "\"2\"", &simple("a", "r2", 2)));
    broken.trigger("a").await.unwrap();
    let status = broken.status("a");
    assert_eq!((status.active_revision.as_str(), status.code), ("r2", "bundle_error"));
    let told = "the bundle is in force, but is not kept on disk for the next start: ";
    assert!(status.message.starts_with(told), "{status:?}");
    assert!(status.message.contains("could not be written: "), "{status:?}");
    assert!(status.message.contains("(os error "), "the cause is told: {status:?}");
    std::fs::remove_file(folder.path().join("bundles")).unwrap();
    broken.trigger("a").await.unwrap();
    assert!(!broken.status("a").has_failed());
    assert_eq!(std::fs::read(&kept).unwrap(), simple("a", "r2", 2));
}

#[tokio::test]
async fn a_bundle_is_polled_and_a_server_that_waits_for_news_is_asked_to() {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let server = BundleServer::start(move |asked| {
        let n = counter.fetch_add(1, Ordering::SeqCst);
        if n < 2 {
            return Reply::Send(503, vec![], vec![]);
        }
        let mut reply = tagged(asked, "\"1\"", &simple("a", "r1", 1));
        if let Reply::Send(_, headers, _) = &mut reply {
            headers[1] = "Content-Type: application/vnd.openpolicyagent.bundles".to_owned();
        }
        reply
    })
    .await;
    let polling =
        "polling: {min_delay_seconds: 60, max_delay_seconds: 60, long_polling_timeout_seconds: 5}";
    let text = format!("services: {{s: {{url: '{}'}}}}\nbundles: {{a: {{{polling}}}}}", server.url);
    let bundles = start_with(&config(&text, None)).await;
    assert!(bundles.plugin.ready_within(Duration::from_secs(10)).await);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let log = server.log();
    assert!((5..=7).contains(&log.len()), "at most once a second: {}", log.len());
    let prefer = Some("modes=snapshot,delta;wait=5");
    assert!(log.iter().all(|asked| asked.header("prefer") == prefer));
    assert_eq!(log[0].path, "/bundles/a");
    drop(bundles);
    let asked = server.log().len();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(server.log().len(), asked, "nobody asks any more");
}

#[tokio::test]
async fn a_folder_is_a_bundle_that_is_activated_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.rego"), "package a\n\nx := 1").unwrap();
    // What means nothing in a bundle may be as large as it likes.
    let image = std::fs::File::create(folder.path().join("image.bin")).unwrap();
    image.set_len(200 * 1024 * 1024).unwrap();
    let text = format!("bundles: {{f: {{resource: 'file://{}'}}}}", folder.path().display());
    let bundles = start_with(&config(&text, None)).await;
    assert!(bundles.plugin.ready_within(Duration::from_secs(10)).await);
    let mut changes = bundles.plugin.watch();
    std::fs::write(folder.path().join("data.json"), r#"{"b": 1}"#).unwrap();
    let seen = async {
        while !bundles.data().contains(r#""b":1"#) {
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(10), seen).await.unwrap();
    assert!(!bundles.plugin.ready_within(Duration::ZERO).await || bundles.ready());
}

#[tokio::test]
async fn no_service_bundle_or_key_that_cannot_be_used_is_started_with() {
    let cases = [
        ("bundles: {b: {resource: 'file://host/x'}}", "bundles.b.resource: "),
        ("keys: {k: {key: nonsense}}\nbundles: {b: {resource: 'file:///x'}}", "keys.k: "),
        (
            "keys: {k: {private_key: x}}\nbundles: {b: {resource: 'file:///x', signing: {keyid: k}}}",
            "bundles.b.signing: ",
        ),
    ];
    for (text, expected) in cases {
        let config = config(text, None);
        let host = BundleHost {
            state: Arc::new(State::new(None, Value::object([])).unwrap()),
            plugins: Arc::default(),
            clock: Arc::new(SystemClock),
        };
        let services = Services::of(&config).unwrap();
        let error = BundlePlugin::start(&config, &services, host).await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
