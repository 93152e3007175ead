//! Bundles whose versions come, fail, are withdrawn and come again.

use crate::bundle_server::{BundleServer, Reply, bundle, simple, tagged};
use crate::bundles::{config, manual, manual_text, start_with};
use serde_json::json;
use std::time::Duration;

/// A bundle of one root with one module.
fn module(root: &str, revision: &str, body: &str) -> Vec<u8> {
    bundle(&[
        (".manifest", &format!(r#"{{"revision": "{revision}", "roots": ["{root}"]}}"#)),
        (&format!("{root}/p.rego"), &format!("package {root}\n\n{body}")),
    ])
}

/// A delta of the bundle of the root `a` that replaces one value.
fn delta(revision: &str, path: &str, value: u32) -> Vec<u8> {
    let change =
        format!(r#"{{"data": [{{"op": "replace", "path": "{path}", "value": {value}}}]}}"#);
    bundle(&[
        (".manifest", &format!(r#"{{"revision": "{revision}", "roots": ["a"]}}"#)),
        ("patch.json", &change),
    ])
}

#[tokio::test]
async fn a_version_that_waited_and_was_withdrawn_never_comes_into_force() {
    let refuse = |revision: &str| module("b", revision, "allow := false");
    let waits = || module("b", "v2", "allow := true if data.a.g(1)");
    let cases: Vec<(&str, Box<dyn Fn() -> Reply + Send + Sync>)> = vec![
        ("not modified", Box::new(|| Reply::Send(304, vec!["ETag: 1".into()], vec![]))),
        ("the same bytes", Box::new(move || Reply::Send(200, vec![], refuse("v1")))),
        ("other bytes", Box::new(move || Reply::Send(200, vec![], refuse("v3")))),
        ("no bundle", Box::new(|| Reply::Send(200, vec![], b"nothing".to_vec()))),
        ("a page", Box::new(|| Reply::Send(200, vec![], b"<!doctype html>".to_vec()))),
        ("gone", Box::new(|| Reply::Send(404, vec![], vec![]))),
        ("a delta", Box::new(|| Reply::Send(200, vec![], delta("v4", "/b/x", 1)))),
    ];
    for (shown, reply) in cases {
        let server = BundleServer::start(move |asked| match asked.path.as_str() {
            "/a" => tagged(asked, "1", &module("a", "v1", "f(x) := 1")),
            _ => tagged(asked, "1", &refuse("v1")),
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let text = manual_text(&server.url, &["a", "b"], ", persist: true");
        let bundles = start_with(&config(&text, Some(folder.path()))).await;
        bundles.trigger("a").await.unwrap();
        bundles.trigger("b").await.unwrap();
        server.behave(move |_| Reply::Send(200, vec!["ETag: 2".into()], waits()));
        let error = bundles.trigger("b").await.unwrap_err();
        assert!(error.contains("undefined function data.a.g"), "{shown}: {error}");
        server.behave(move |_| reply());
        let _either = bundles.trigger("b").await;
        let kept = folder.path().join("bundles/b/bundle.tar.gz");
        let (revision, on_disk) =
            (bundles.status("b").active_revision, std::fs::read(&kept).unwrap());
        assert!(["v1", "v3"].contains(&revision.as_str()), "{shown}");
        server.behave(|asked| tagged(asked, "3", &module("a", "v5", "f(x) := 1\n\ng(x) := true")));
        bundles.trigger("a").await.unwrap();
        assert_eq!(bundles.status("a").active_revision, "v5", "{shown}");
        assert_eq!(bundles.status("b").active_revision, revision, "{shown}");
        assert_eq!(std::fs::read(&kept).unwrap(), on_disk, "{shown}");
    }
}

#[tokio::test]
async fn a_version_that_waits_comes_though_its_server_is_down_meanwhile() {
    let server = BundleServer::start(move |asked| match asked.path.as_str() {
        "/a" => tagged(asked, "1", &module("a", "v1", "f(x) := 1")),
        _ => tagged(asked, "1", &module("b", "v2", "allow := true if data.a.g(1)")),
    })
    .await;
    let bundles = manual(&server.url, &["a", "b"], "").await;
    bundles.trigger("a").await.unwrap();
    bundles.trigger("b").await.unwrap_err();
    server.behave(|_| Reply::Send(503, vec![], vec![]));
    bundles.trigger("b").await.unwrap_err();
    server.behave(|asked| tagged(asked, "3", &module("a", "v5", "g(x) := true")));
    bundles.trigger("a").await.unwrap();
    assert_eq!(bundles.status("b").active_revision, "v2");
}

#[tokio::test]
async fn after_a_delta_that_fails_another_one_can_come() {
    let whole = || simple("a", "r1", 1);
    // A server with one snapshot, and a delta for whoever has it.
    let serve = move |delta: Vec<u8>| {
        move |asked: &_| match crate::bundle_server::Asked::header(asked, "if-none-match") {
            None => Reply::Send(200, vec!["ETag: e1".into()], whole()),
            Some("e1") => Reply::Send(200, vec!["ETag: e2".into()], delta.clone()),
            Some(_) => Reply::Send(304, vec![], vec![]),
        }
    };
    let server = BundleServer::start(serve(delta("r2", "/a/none/there", 7))).await;
    let bundles = manual(&server.url, &["a"], "").await;
    bundles.trigger("a").await.unwrap();
    for _ in 0..2 {
        bundles.trigger("a").await.unwrap_err();
        let message = bundles.status("a").message;
        assert!(!message.is_empty());
        // The whole bundle is what is in force: the delta is newer, and not there.
        bundles.trigger("a").await.unwrap();
        assert_eq!(bundles.status("a").message, message);
        assert_eq!(server.log().last().unwrap().header("if-none-match"), None);
    }
    server.behave(serve(delta("r3", "/a/n", 7)));
    bundles.trigger("a").await.unwrap();
    let status = bundles.status("a");
    assert_eq!((status.active_revision.as_str(), status.code), ("r3", ""));
    assert!(bundles.data().starts_with(r#"{"a":{"n":7}"#), "{}", bundles.data());
    bundles.trigger("a").await.unwrap();
    assert_eq!(server.log().last().unwrap().header("if-none-match"), Some("e2"));
}

#[tokio::test]
async fn a_snapshot_that_is_kept_late_is_kept_under_its_own_tag() {
    let folder = tempfile::tempdir().unwrap();
    let server = BundleServer::start(|asked| tagged(asked, "e1", &simple("a", "r1", 1))).await;
    let text = manual_text(&server.url, &["a"], ", persist: true");
    let config = config(&text, Some(folder.path()));
    let in_the_way = folder.path().join("bundles");
    std::fs::write(&in_the_way, "a file").unwrap();
    let bundles = start_with(&config).await;
    bundles.trigger("a").await.unwrap();
    assert!(bundles.status("a").has_failed());
    server.behave(|asked| tagged(asked, "e2", &delta("r2", "/a/n", 2)));
    bundles.trigger("a").await.unwrap();
    std::fs::remove_file(&in_the_way).unwrap();
    bundles.trigger("a").await.unwrap();
    assert!(in_the_way.join("a/bundle.tar.gz").exists());
    drop(bundles);
    server.behave(|asked| tagged(asked, "e2", &simple("a", "r2", 2)));
    let again = start_with(&config).await;
    assert_eq!(again.status("a").active_revision, "r1");
    again.trigger("a").await.unwrap();
    assert_eq!(server.log().last().unwrap().header("if-none-match"), Some("e1"));
    assert!(again.data().starts_with(r#"{"a":{"n":2}"#), "{}", again.data());
}

#[tokio::test]
async fn a_service_that_is_down_does_not_hold_readiness_back_and_modules_that_do_not_compile_do() {
    let server = BundleServer::start(|asked| tagged(asked, "1", &simple("a", "r1", 1))).await;
    let bundles = manual(&server.url, &["a", "b"], "").await;
    bundles.trigger("a").await.unwrap();
    server.behave(|_| Reply::Send(503, vec![], vec![]));
    bundles.trigger("a").await.unwrap_err();
    server.behave(|asked| tagged(asked, "1", &simple("b", "r1", 1)));
    assert!(!bundles.ready());
    bundles.trigger("b").await.unwrap();
    assert!(bundles.ready() && bundles.status("a").has_failed());

    server.behave(|asked| tagged(asked, "1", &simple("a", "r1", 1)));
    let bundles = manual(&server.url, &["a", "b"], "").await;
    bundles.trigger("a").await.unwrap();
    server.behave(|_| Reply::Send(200, vec![], module("a", "r2", "x := data.f(1)")));
    bundles.trigger("a").await.unwrap_err();
    server.behave(|asked| tagged(asked, "2", &simple("b", "r1", 1)));
    bundles.trigger("b").await.unwrap();
    assert!(!bundles.ready() && !bundles.status("a").is_ready());
}

#[tokio::test]
async fn what_cannot_be_read_is_no_success_and_what_is_not_in_force_has_no_size() {
    let server = BundleServer::start(|asked| tagged(asked, "1", &simple("a", "r1", 1))).await;
    let bundles = manual(&server.url, &["a"], "").await;
    bundles.trigger("a").await.unwrap();
    let good = bundles.status("a");
    server.behave(|_| Reply::Send(200, vec![], module("a", "r2", "p = {\n")));
    bundles.trigger("a").await.unwrap_err();
    let unread = bundles.status("a");
    assert_eq!(unread.last_successful_download, good.last_successful_download);
    assert_eq!(unread.last_successful_request, good.last_successful_request);
    assert_eq!((unread.size, unread.kind), (good.size, "snapshot"));
    assert!(unread.last_request > good.last_request);
    assert_eq!(unread.errors[0]["details"], json!({"line": "p = {", "idx": 4}));

    server.behave(|_| Reply::Send(200, vec![], module("a", "r2", "p := 1 + \"x\"\n")));
    bundles.trigger("a").await.unwrap_err();
    let refused = bundles.status("a");
    assert!(refused.last_successful_download > good.last_successful_download);
    assert_eq!(refused.last_successful_request, refused.last_request);
    assert_eq!(refused.size, good.size);
    let details = &refused.errors[0]["details"];
    assert_eq!(details["have"][0], json!({"type": "number"}));
    assert_eq!(details["want"]["args"][0]["type"], "number");

    server.behave(|_| Reply::Send(200, vec![], bundle(&[("x/a.rego", "")])));
    bundles.trigger("a").await.unwrap_err();
    let empty = bundles.status("a");
    assert_eq!(empty.message, "/x/a.rego:0: rego_parse_error: empty module");
    assert!(empty.errors.is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_wait_is_found_out_by_an_answer_without_news() {
    let folder = tempfile::tempdir().unwrap();
    let server = BundleServer::start(|asked| tagged(asked, "1", &simple("a", "r1", 1))).await;
    let text = |polling: &str| {
        format!(
            "services: {{s: {{url: '{}'}}}}\nbundles: {{a: {{persist: true, polling: \
             {{min_delay_seconds: 60, max_delay_seconds: 60{polling}}}}}}}",
            server.url
        )
    };
    let bundles = start_with(&config(&text(""), Some(folder.path()))).await;
    assert!(bundles.plugin.ready_within(Duration::from_secs(10)).await);
    drop(bundles);
    let polling = text(", long_polling_timeout_seconds: 10");
    let again = start_with(&config(&polling, Some(folder.path()))).await;
    assert!(again.plugin.ready_within(Duration::from_secs(10)).await);
    let asked = server.log().len();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(server.log().len() <= asked + 1, "{} and then {}", asked, server.log().len());
    let last = server.log().last().unwrap().clone();
    assert_eq!(last.header("prefer"), Some("modes=snapshot,delta;wait=10"));
    assert_eq!(last.header("if-none-match"), Some("1"));
}
