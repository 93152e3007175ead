//! What a state keeps and what it refuses.

use super::*;
use referee_rego::{Edit, EvalBudget};
use std::time::Duration;

fn empty() -> State {
    State::new(None, Value::object([])).unwrap()
}

fn path(text: &str) -> Vec<String> {
    text.split('/').map(str::to_owned).collect()
}

fn json(text: &str) -> Value {
    Value::from_json_str(text).unwrap()
}

fn change(
    state: &State,
    change: impl FnOnce(&mut Transaction) -> Result<bool, WriteError>,
) -> Result<Option<Arc<Revision>>, WriteError> {
    match state.change_now(change) {
        Change::Done(revision) => Ok(Some(revision)),
        Change::Nothing => Ok(None),
        Change::Refused(error) => Err(error),
    }
}

fn value(state: &State, path: &str) -> Option<String> {
    let now = referee_core::Timestamp::UNIX_EPOCH;
    let budget = EvalBudget::new(Duration::from_secs(5), now);
    let revision = state.current();
    let value = revision.program().eval(path, &Value::null(), &budget).unwrap();
    value.map(|value| value.to_json_string())
}

#[test]
fn a_policy_and_its_data_are_in_force_together() {
    let state = empty();
    let done = change(&state, |next| {
        next.put_policy("a.rego", "package a\np := data.x.y + 1")?;
        next.put_data(&path("x/y"), Value::from(1))?;
        Ok(true)
    });
    assert_eq!(done.unwrap().unwrap().number(), 2);
    assert_eq!(value(&state, "data.a.p").as_deref(), Some("2"));
    change(&state, |next| {
        next.edit_data(&path("x/y"), &Edit::Replace(Value::from(5))).map(|()| true)
    })
    .unwrap();
    assert_eq!(value(&state, "data.a.p").as_deref(), Some("6"));
}

#[test]
fn which_version_runs_is_in_the_data_as_in_opas() {
    let begun = |module: &str, data: &str| {
        let state = State::new(None, Value::object([("version", Value::from("1.2.3"))])).unwrap();
        let module = referee_rego::Module::new("m.rego", module);
        let mut beginning = Beginning::new(CompileOptions::DEFAULT);
        beginning.policies.push(FirstPolicy { id: "m.rego".into(), module, library: false });
        beginning.data = json(data);
        state.begin_with(beginning).unwrap();
        state
    };
    let told = r#"{"build_commit":"","build_hostname":"","build_timestamp":"","version":"1.2.3"}"#;
    for (module, data, expected) in [
        ("package a", "{}", told),
        ("package system.main", r#"{"system": {"x": 1}}"#, told),
        ("package a", r#"{"system": {"version": 7}}"#, "7"),
        ("package system\n\nversion := 8", "{}", "8"),
    ] {
        let state = begun(module, data);
        assert_eq!(value(&state, "data.system.version").as_deref(), Some(expected), "{module}");
    }
    assert_eq!(value(&begun("package a", r#"{"system": 1}"#), "data.system").as_deref(), Some("1"));
}

#[test]
fn the_same_policy_again_changes_nothing() {
    let state = empty();
    let put = |text: &'static str| move |next: &mut Transaction| next.put_policy("a", text);
    assert!(change(&state, put("package a")).unwrap().is_some());
    assert!(change(&state, put("package a")).unwrap().is_none());
    assert_eq!(state.current().number(), 2);
}

#[test]
fn a_change_that_fails_leaves_everything_as_it_was() {
    let state = empty();
    change(&state, |next| next.put_policy("a", "package a\np := 1")).unwrap();
    let refused = change(&state, |next| {
        next.put_data(&path("b/c"), Value::from(1))?;
        next.put_policy("b", "package b\nq := data.a.f(1)")
    });
    assert!(matches!(refused, Err(WriteError::Modules(_))), "{refused:?}");
    let refused = change(&state, |next| next.put_data(&path("a/p"), Value::from(1)).map(|()| true));
    let message =
        "1 error occurred: a:2: rego_compile_error: conflicting rule for data path a/p found";
    assert_eq!(refused.unwrap_err().to_string(), message);
    let refused = change(&state, |next| next.put_policy("c", "package c\np if"));
    assert!(matches!(refused, Err(WriteError::Modules(_))), "{refused:?}");
    assert_eq!(
        change(&state, |next| next.put_policy("c", " ")).unwrap_err().to_string(),
        "c:0: rego_parse_error: empty module"
    );
    assert_eq!(state.current().number(), 2);
    assert_eq!(state.current().policies().count(), 1);
    assert_eq!(state.current().data().to_json_string(), "{}");
}

#[test]
fn a_policy_that_others_need_stays() {
    let state = empty();
    change(&state, |next| next.put_policy("a", "package a\nf(x) := x")).unwrap();
    change(&state, |next| next.put_policy("b", "package b\nq := data.a.f(1)")).unwrap();
    let refused = change(&state, |next| next.delete_policy("a").map(|()| true));
    assert!(matches!(refused, Err(WriteError::Needed(_))), "{refused:?}");
    assert_eq!(
        change(&state, |next| next.delete_policy("z").map(|()| true)).unwrap_err().to_string(),
        "storage_not_found_error: policy id \"z\""
    );
    change(&state, |next| next.delete_policy("b").map(|()| true)).unwrap();
    change(&state, |next| next.delete_policy("a").map(|()| true)).unwrap();
    assert_eq!(state.current().policies().count(), 0);
}

fn bundle(name: &str, roots: &[&str], data: &str, module: &str) -> BundleContent {
    let mut content = BundleContent::new(name, roots.iter().map(ToString::to_string).collect());
    content.revision = format!("{name}-1");
    content.manifest = json(&format!(r#"{{"revision": "{name}-1"}}"#));
    content.data = json(data);
    content.modules = vec![BundleModule::new("/p.rego", module)];
    content
}

#[test]
fn a_bundle_takes_the_place_of_what_stood_under_its_roots() {
    let state = empty();
    change(&state, |next| {
        next.put_policy("old", "package a.b\nq := 1")?;
        next.put_policy("other", "package c\nq := 1")?;
        next.put_data(&path("a/x"), Value::from(1))?;
        next.put_data(&path("c2/y"), Value::from(1)).map(|()| true)
    })
    .unwrap();
    let first =
        bundle("first", &["a", "d/e"], r#"{"a": {"z": 3}, "d": {"e": 4}}"#, "package a\np := 2");
    change(&state, |next| next.activate(std::slice::from_ref(&first)).map(|()| true)).unwrap();
    let revision = state.current();
    let ids: Vec<_> = revision.policies().map(PolicyFile::id).collect();
    assert_eq!(ids, ["first/p.rego", "other"]);
    assert_eq!(
        revision.data().to_json_string(),
        r#"{"a":{"z":3},"c2":{"y":1},"d":{"e":4},"system":{"bundles":{"first":{"etag":"","manifest":{"revision":"first-1"}}}}}"#
    );
    for (at, told) in [
        ("", "can't write to document root with bundle roots configured"),
        ("a/q", "path a/q is owned by bundle \"first\""),
        ("d", "path d is owned by bundle \"first\""),
    ] {
        let at: Vec<String> = at.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect();
        assert_eq!(revision.check_scope(&at).unwrap_err().to_string(), told);
    }
    assert_eq!(revision.check_scope(&path("c/q")), Ok(()));
    let refused = change(&state, |next| next.put_policy("mine", "package a.sub"));
    assert_eq!(refused.unwrap_err().to_string(), "path a/sub is owned by bundle \"first\"");

    let second = bundle("second", &["a/b"], "{}", "package a.b");
    let refused =
        change(&state, |next| next.activate(std::slice::from_ref(&second)).map(|()| true));
    assert_eq!(
        refused.unwrap_err().to_string(),
        "bundle \"second\" owns \"a/b\" and bundle \"first\" owns \"a\": roots of two bundles may \
         not overlap"
    );
    let outside = bundle("second", &["z"], "{}", "package y");
    let refused =
        change(&state, |next| next.activate(std::slice::from_ref(&outside)).map(|()| true));
    assert_eq!(
        refused.unwrap_err().to_string(),
        "policy \"second/p.rego\" of bundle \"second\" has package y, which is under none of its roots"
    );
    // Moved to other roots, it leaves nothing behind; another may take them in the same change.
    let moved = bundle("first", &["m"], r#"{"m": 1}"#, "package m.n");
    let second = bundle("second", &["a"], r#"{"a": {"new": 1}}"#, "package a");
    let moved = [moved, second];
    let refused = change(&state, |next| next.activate(&moved).map(|()| true));
    assert!(matches!(refused, Ok(Some(_))), "{refused:?}");
    let data = state.current().data().to_json_string();
    assert!(data.starts_with(r#"{"a":{"new":1},"c2":{"y":1},"d":{},"m":1,"#), "{data}");
    change(&state, |next| {
        next.deactivate("first");
        next.deactivate("second");
        Ok(true)
    })
    .unwrap();
    assert!(state.current().bundles().is_empty());
    assert_eq!(value(&state, "data.a"), None);
}

#[test]
fn a_bundle_of_everything_leaves_what_bundles_say_of_themselves() {
    let state = empty();
    let all = bundle(
        "all",
        &[""],
        r#"{"x": 1}"#,
        "package p\nq := data.system.bundles.all.manifest.revision",
    );
    for _ in 0..2 {
        change(&state, |next| next.activate(std::slice::from_ref(&all)).map(|()| true)).unwrap();
        assert_eq!(value(&state, "data.p.q").as_deref(), Some("\"all-1\""));
    }
    let told = state.current().check_scope(&path("y")).unwrap_err().to_string();
    assert_eq!(told, "all paths owned by bundle \"all\"");
}
