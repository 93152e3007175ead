//! Changes to the data of a bundle.

use crate::support::{packed, read, snapshot};
use referee_bundles::{Bundle, Delta, Manifest};
use referee_core::Coded as _;
use referee_rego::Value;

fn delta(manifest: &str, patch: &str) -> Result<Delta, referee_bundles::BundleError> {
    match read(&packed(&[(".manifest", manifest), ("patch.json", patch)]))? {
        Bundle::Delta(delta) => Ok(delta),
        Bundle::Snapshot(_) => panic!("a snapshot"),
    }
}

/// The data after changes, or what is wrong with them.
fn changed(data: &str, operations: &str) -> Result<String, String> {
    let data = Value::from_json_str(data).unwrap();
    let delta = delta("{}", &format!(r#"{{"data":{operations}}}"#)).map_err(|e| e.to_string())?;
    let changed = delta.apply(&Manifest::default(), &data).map_err(|error| error.to_string())?;
    Ok(changed.to_json_string())
}

#[test]
fn changes_are_made_in_their_order() {
    for (data, operations, expected) in [
        ("{}", r#"[{"op":"upsert","path":"/a/b/c","value":1}]"#, r#"{"a":{"b":{"c":1}}}"#),
        (
            r#"{"a":{"b":1}}"#,
            r#"[{"op":"upsert","path":"a/c","value":2}]"#,
            r#"{"a":{"b":1,"c":2}}"#,
        ),
        (r#"{"a":1}"#, r#"[{"op":"upsert","path":"/a","value":[2]}]"#, r#"{"a":[2]}"#),
        (r#"{"a":1,"b":2}"#, r#"[{"op":"remove","path":"/a"}]"#, r#"{"b":2}"#),
        (
            r#"{"a":{"b":1}}"#,
            r#"[{"op":"replace","path":"/a/b","value":null}]"#,
            r#"{"a":{"b":null}}"#,
        ),
        (r#"{"a":[1,3]}"#, r#"[{"op":"upsert","path":"/a/1","value":2}]"#, r#"{"a":[1,2,3]}"#),
        (r#"{"a":[1]}"#, r#"[{"op":"upsert","path":"/a/-","value":2}]"#, r#"{"a":[1,2]}"#),
        (r#"{"a":[1,2]}"#, r#"[{"op":"remove","path":"/a/0"}]"#, r#"{"a":[2]}"#),
        (
            r#"{"a":[{"b":1}]}"#,
            r#"[{"op":"replace","path":"/a/0/b","value":2}]"#,
            r#"{"a":[{"b":2}]}"#,
        ),
        (
            "{}",
            r#"[{"op":"upsert","path":"/a~1b/c~0d/e%2Ff","value":1}]"#,
            r#"{"a/b":{"c~d":{"e/f":1}}}"#,
        ),
        (
            "{}",
            r#"[{"op":"upsert","path":"/a","value":{}},{"op":"upsert","path":"/a/b","value":1.0},
                {"op":"replace","path":"/a/b","value":2.50}]"#,
            r#"{"a":{"b":2.50}}"#,
        ),
        (r#"{"a":1}"#, r#"[{"op":"replace","path":"/","value":{"b":1}}]"#, r#"{"b":1}"#),
        (r#"{"a":1}"#, "[]", r#"{"a":1}"#),
        (r#"{"a":1}"#, "null", r#"{"a":1}"#),
    ] {
        assert_eq!(changed(data, operations).unwrap(), expected, "{operations}");
    }
}

#[test]
fn a_change_that_cannot_be_made_is_refused_and_named() {
    for (data, operations, text) in [
        (
            "{}",
            r#"[{"op":"remove","path":"/a"}]"#,
            "data[0] of patch.json changes what is not there: 'a'",
        ),
        (
            r#"{"a":[1]}"#,
            r#"[{"op":"upsert","path":"/b","value":1},{"op":"replace","path":"/a/1","value":2}]"#,
            "data[1] of patch.json changes what is not there: 'a/1'",
        ),
        (
            r#"{"a":[1]}"#,
            r#"[{"op":"upsert","path":"/a/01","value":2}]"#,
            "data[0] of patch.json changes what is not there: 'a/01'",
        ),
        (
            r#"{"a":"x"}"#,
            r#"[{"op":"upsert","path":"/a/b","value":1}]"#,
            "data[0] of patch.json leads into what is no object and no array: 'a/b'",
        ),
        (
            "{}",
            r#"[{"op":"remove","path":"/"}]"#,
            "data[0] of patch.json would leave no object at the root of the data",
        ),
        (
            "{}",
            r#"[{"op":"upsert","path":"","value":1}]"#,
            "data[0] of patch.json would leave no object at the root of the data",
        ),
        (
            "{}",
            r#"[{"op":"add","path":"/a","value":1}]"#,
            "bad patch operation: \"add\" in data[0] of patch.json",
        ),
        (
            "{}",
            r#"[{"op":"upsert","path":"/a%zz","value":1}]"#,
            "error parsing patch path: \"/a%zz\" in data[0] of patch.json",
        ),
        ("{}", r#"[{"op":"upsert","value":1}]"#, "path of data[0] of patch.json must be a text"),
        ("{}", r#"[7]"#, "op of data[0] of patch.json must be a text"),
        ("{}", r#"{}"#, "data of patch.json must be a list"),
    ] {
        assert_eq!(changed(data, operations).unwrap_err(), text, "{operations}");
    }
    let deep = format!(r#"[{{"op":"upsert","path":"{}","value":1}}]"#, "/a".repeat(129));
    assert!(changed("{}", &deep).unwrap_err().starts_with("error parsing patch path"));
}

#[test]
fn changes_outside_of_the_roots_are_refused_however_they_are_escaped() {
    for path in ["/b/x", "/a%2Fb", "/ab", "/"] {
        let patch = format!(r#"{{"data":[{{"op":"upsert","path":"{path}","value":{{}}}}]}}"#);
        let error = delta(r#"{"roots":["a"]}"#, &patch).unwrap_err();
        assert_eq!(error.code(), "bundle_outside_roots", "{path}");
    }
    let inside = r#"{"data":[{"op":"upsert","path":"/%61/x","value":{}}]}"#;
    assert!(delta(r#"{"roots":["a"]}"#, inside).is_ok());
}

#[test]
fn a_delta_changes_the_bundle_of_its_roots_only() {
    let base = snapshot(&[(".manifest", r#"{"roots":["a","b"]}"#), ("a/data.json", "{}")]).unwrap();
    let patch = r#"{"data":[{"op":"upsert","path":"/a/x","value":1}]}"#;
    let same = delta(r#"{"roots":["b","/a/"],"revision":"2"}"#, patch).unwrap();
    let changed = same.apply(&base.manifest, &base.data).unwrap();
    assert_eq!(changed.to_json_string(), r#"{"a":{"x":1}}"#);
    let other = delta(r#"{"roots":["a"]}"#, patch).unwrap();
    let error = other.apply(&base.manifest, &base.data).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the delta has the roots [a] and the bundle that is in use [a b], or they differ in their \
         WebAssembly"
    );
}

#[test]
fn a_delta_holds_nothing_but_changes() {
    let error = |files: &[(&str, &str)]| {
        let error = read(&packed(files)).unwrap_err();
        (error.code(), error.to_string())
    };
    for other in ["x.rego", "a/data.json", "policy.wasm"] {
        let text = format!("delta bundle expected to contain only patch file but {other} found");
        assert_eq!(error(&[("patch.json", "{}"), (other, "{}")]), ("bundle_patch", text));
    }
    assert_eq!(
        error(&[("a/patch.json", "{}")]),
        (
            "bundle_patch",
            "a/patch.json is no file of a bundle: the changes of a delta stand in patch.json at its \
             root"
                .to_owned()
        )
    );
    assert_eq!(error(&[("patch.json", "[]")]).1, "the whole of patch.json must be an object");
    assert_eq!(error(&[("patch.json", "{")]).1, "patch.json cannot be read");
    let alone = read(&packed(&[("patch.json", "{}")])).unwrap().into_snapshot().unwrap_err();
    assert_eq!(alone.code(), "bundle_delta");
}
