//! What is in a bundle, and what cannot be.

use crate::support::{files, packed, read, snapshot};
use referee_bundles::{Bundle, ReadOptions, SignaturePolicy};
use referee_core::Coded as _;
use std::cell::Cell;
use std::time::Duration;

#[test]
fn modules_and_data_stand_where_their_folders_say() {
    let found = snapshot(&[
        (
            "/.manifest",
            r#"{"revision":"r7","roots":["a","p"],"rego_version":1,"metadata":{"k":1.50}}"#,
        ),
        ("/a/data.json", r#"{"x": 1.0}"#),
        ("/a/b/data.yaml", "k: [yes]\n"),
        ("/a/c/data.yml", "{}"),
        ("/p/q.rego", "package p.q\n\nz := data.a.x\n"),
        ("/README.md", "not looked at"),
        ("/a/notes.json", "not looked at"),
    ]);
    let found = found.unwrap();
    assert_eq!(found.data.to_json_string(), r#"{"a":{"b":{"k":[true]},"c":{},"x":1.0}}"#);
    assert_eq!(found.manifest.revision, "r7");
    assert_eq!(found.manifest.metadata.as_ref().unwrap().to_json_string(), r#"{"k":1.50}"#);
    assert_eq!(found.data_files, ["a/data.json", "a/b/data.yaml", "a/c/data.yml"]);
    let module = &found.modules[0];
    assert_eq!((module.path.as_str(), module.rego_v0), ("p/q.rego", Some(false)));
    assert_eq!(module.package.as_deref().unwrap(), ["p", "q"]);
    let named: Vec<_> = found.modules_named("authz").collect();
    assert_eq!(named[0].name.as_ref(), "authz/p/q.rego");
    assert_eq!(
        found.manifest.to_value().to_json_string(),
        r#"{"metadata":{"k":1.50},"rego_version":1,"revision":"r7","roots":["a","p"]}"#
    );
    assert!(found.packed_bytes > 100 && found.unpacked_bytes > 100);
    assert!(found.check_usable().is_ok());
}

#[test]
fn a_bundle_without_a_manifest_owns_everything_and_without_data_has_an_empty_object() {
    let found = snapshot(&[("x.rego", "package x\n")]).unwrap();
    assert!(found.manifest.effective_roots().is_everything());
    assert_eq!(found.data.to_json_string(), "{}");
}

#[test]
fn which_rego_a_module_is_follows_from_the_manifest() {
    let v0 = ("old.rego", "package p\n\nv[x] { x := 1 }\n");
    let manifest =
        |pattern: &str| format!(r#"{{"file_rego_versions":{{"{pattern}":0}},"rego_version":1}}"#);
    // A pattern is held against the name that stands in the archive, as in OPA.
    for (pattern, name) in
        [("/old.rego", "/old.rego"), ("old.rego", "old.rego"), ("./old.rego", "./old.rego")]
    {
        let found = snapshot(&[(".manifest", &manifest(pattern)), (name, v0.1)]).unwrap();
        assert_eq!(found.modules[0].rego_v0, Some(true));
        for other in ["/old.rego", "old.rego", "./old.rego"].iter().filter(|other| **other != name)
        {
            let error = snapshot(&[(".manifest", &manifest(pattern)), (other, v0.1)]).unwrap_err();
            assert_eq!(error.code(), "bundle_modules", "{pattern} {other}");
        }
    }
    // Of a folder it is the path from there.
    let folder = files(&[(".manifest", &manifest("/old.rego")), v0]);
    let options = ReadOptions::new(&SignaturePolicy::Unconfigured);
    assert!(Bundle::from_files(folder, &options).is_ok());
    let error = snapshot(&[v0]).unwrap_err();
    assert_eq!(error.code(), "bundle_modules");
    assert!(error.to_string().contains("old.rego:3: rego_parse_error"), "{error}");
    let options = ReadOptions { rego_v0: true, ..ReadOptions::new(&SignaturePolicy::Unconfigured) };
    assert!(Bundle::read(&packed(&[v0]), &options).is_ok());
}

#[test]
fn what_a_service_sends_may_have_files_of_data_without_content() {
    let unsigned = SignaturePolicy::Unconfigured;
    let options = ReadOptions { delivered: true, ..ReadOptions::new(&unsigned) };
    let read = |files: &[(&str, &str)]| {
        Bundle::read(&packed(files), &options)?.into_snapshot().map(|found| found.data)
    };
    let manifest = (".manifest", r#"{"roots":["a"]}"#);
    let data = ("a/b/data.json", r#"{"x": 1}"#);
    for empty in [
        ("data.yaml", "# nothing yet\n"),
        ("data.json", ""),
        ("data.json", "null"),
        ("data.yml", ""),
        ("a/data.json", " \n"),
        ("a/data.json", "null"),
        ("a/data.yaml", "# nothing\n"),
        ("b/data.json", "{}"),
        ("b/data.yml", "x: 1\n"),
    ] {
        let found = read(&[manifest, empty, data]).unwrap();
        assert_eq!(found.to_json_string(), r#"{"a":{"b":{"x":1}}}"#, "{empty:?}");
    }
    let found = read(&[manifest, ("data.yml", "a: {c: 2}\nb: 3\n"), data]).unwrap();
    assert_eq!(found.to_json_string(), r#"{"a":{"b":{"x":1},"c":2}}"#);
    for (file, code) in [
        (("data.json", "7"), "data_unusable"),
        (("b/data.yaml", "x: 1\n"), "bundle_outside_roots"),
        (("b/data.json", r#"{"x": {}}"#), "bundle_outside_roots"),
        (("a/data.json", "{"), "data_unusable"),
    ] {
        assert_eq!(read(&[manifest, file]).unwrap_err().code(), code, "{file:?}");
    }
    // Files of one's own are held to what they should be.
    for (file, code) in [
        (("data.yaml", "# nothing yet\n"), "data_unusable"),
        (("data.json", ""), "data_unusable"),
        (("b/data.yml", "x: 1\n"), "bundle_outside_roots"),
    ] {
        assert_eq!(snapshot(&[manifest, file]).unwrap_err().code(), code, "{file:?}");
    }
}

#[test]
fn what_cannot_be_in_a_bundle_is_refused_with_its_name() {
    let manifest = (".manifest", r#"{"roots":["p","q/r"]}"#);
    for (files, code, text) in [
        (
            &[manifest, ("x.rego", "package x\n")][..],
            "bundle_outside_roots",
            "x.rego: manifest roots [p q/r] do not permit package x",
        ),
        (
            &[manifest, ("q/data.json", r#"{"s": 1}"#)],
            "bundle_outside_roots",
            "q/data.json: manifest roots [p q/r] do not permit data at path '/q/s' (hint: check \
             bundle directory structure)",
        ),
        (
            &[manifest, ("data.json", r#"{"q": 1}"#)],
            "bundle_outside_roots",
            "data.json: manifest roots [p q/r] do not permit data at path '/q' (hint: check \
             bundle directory structure)",
        ),
        (
            &[("a/data.json", r#"{"x": 1}"#), ("data.json", r#"{"a": {"x": 1}}"#)],
            "data_conflict",
            "data.json: merge error: another file has a value at data.a.x",
        ),
        (&[("data.json", "[]")], "data_unusable", "data.json: root value must be object"),
        (
            &[("a/data.json", "{")],
            "data_unusable",
            "a/data.json: not JSON that a policy can read: unexpected end of JSON input (line 1, column 2)",
        ),
        (
            &[(".manifest", "{"), ("a/data.json", "{")],
            "bundle_manifest",
            "the manifest cannot be read",
        ),
        (&[(".manifest", "{} {}")], "bundle_manifest", "the manifest cannot be read"),
        (
            &[(".manifest.pb", "")],
            "bundle_manifest",
            "the manifest is one of protocol buffers, as bundles for the target \"plan\" have it",
        ),
        (
            &[(".manifest", "{}"), ("p/.manifest", "{}")],
            "bundle_manifest",
            "bundle contains multiple manifest files: \"/.manifest\" and \"/p/.manifest\"",
        ),
        (
            &[(".manifest", r#"{"wasm":[{"entrypoint":"a","module":"/policy.wasm"}]}"#)],
            "bundle_manifest",
            "manifest references wasm module '/policy.wasm' but the module file does not exist",
        ),
    ] {
        let error = snapshot(files).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (code, text), "{files:?}");
    }
    let error = snapshot(&[("a/data.json", &"[".repeat(1000))]).unwrap_err();
    assert!(error.to_string().contains("exceeded max depth"), "{error}");
}

#[test]
fn text_that_is_none_is_refused() {
    for name in ["data.json", "data.yaml", "x.rego"] {
        let mut whole =
            crate::support::entry(name.as_bytes(), tar::EntryType::Regular, b"\"\xff\"");
        whole.extend([0; 1024]);
        let error = read(&crate::support::gzipped(&whole)).unwrap_err();
        assert_eq!(error.to_string(), format!("{name} is not UTF-8"));
    }
}

#[test]
fn a_module_over_its_limit_is_refused() {
    let mut options = ReadOptions::new(&SignaturePolicy::Unconfigured);
    options.limits.max_module_bytes = 10;
    let error = Bundle::read(&packed(&[("x.rego", "package x\n\n")]), &options).unwrap_err();
    assert_eq!(error.to_string(), "x.rego has 11 bytes, and a module may have 10");
}

#[test]
fn webassembly_is_kept_and_documents_that_it_answers_for_cannot_be_used() {
    let wasm = ("policy.wasm", "\0asm");
    let found = snapshot(&[wasm, ("plan.json", "{}")]).unwrap();
    assert_eq!(found.raw.len(), 2);
    assert!(found.check_usable().is_ok());
    let manifest = r#"{"wasm":[{"entrypoint":"a/b","module":"/policy.wasm"}]}"#;
    let found = snapshot(&[wasm, (".manifest", manifest)]).unwrap();
    let error = found.check_usable().unwrap_err();
    assert_eq!(error.code(), "bundle_wasm");
    assert_eq!(
        error.to_string(),
        "a/b is answered by WebAssembly in this bundle (/policy.wasm), which is not run here"
    );
    let twice = r#"{"wasm":[{"entrypoint":"a","module":"policy.wasm"},
        {"entrypoint":"a","module":"policy.wasm"}]}"#;
    let error = snapshot(&[wasm, (".manifest", twice)]).unwrap_err();
    assert_eq!(error.to_string(), "entrypoint 'a' cannot be used by more than one wasm module");
    let outside = r#"{"roots":["x"],"wasm":[{"entrypoint":"a","module":"policy.wasm"}]}"#;
    let error = snapshot(&[wasm, (".manifest", outside)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "manifest roots [x] do not permit 'a' entrypoint for wasm module 'policy.wasm'"
    );
}

#[test]
fn all_modules_that_do_not_parse_are_told_or_kept_where_that_is_asked_for() {
    let files = [("a.rego", "package a\n\nx := \n"), ("b.rego", "package b\n\ny := \n")];
    let error = snapshot(&files).unwrap_err().to_string();
    assert!(error.contains("a.rego:4") && error.contains("b.rego:4"), "{error}");
    let options =
        ReadOptions { keep_unparsed: true, ..ReadOptions::new(&SignaturePolicy::Unconfigured) };
    let found = Bundle::read(&packed(&files), &options).unwrap().into_snapshot().unwrap();
    assert_eq!(found.modules.len(), 2);
    assert_eq!(found.modules[0].package, None);
}

#[test]
fn how_long_reading_took_is_told_where_there_is_a_clock() {
    let time = Cell::new(0);
    let clock = || {
        time.set(time.get() + 1);
        Duration::from_nanos(time.get())
    };
    let options =
        ReadOptions { clock: Some(&clock), ..ReadOptions::new(&SignaturePolicy::Unconfigured) };
    let files = packed(&[("a.rego", "package a\n"), ("a/data.json", "{}"), ("b/data.json", "{}")]);
    let found = Bundle::read(&files, &options).unwrap().into_snapshot().unwrap();
    assert_eq!(found.times.data, Some(Duration::from_nanos(2)));
    assert_eq!(found.times.modules, Some(Duration::from_nanos(1)));
}

#[test]
fn places_in_errors_are_told_by_the_name_as_it_stands_in_the_archive() {
    for name in ["/x/p.rego", "./x/p.rego", "x/p.rego"] {
        let error = snapshot(&[(name, "package x\n\ny := ")]).unwrap_err();
        let told = format!("\n{name}:3: rego_parse_error");
        assert!(error.to_string().contains(&told), "{error}");
        let found = snapshot(&[(name, "package x")]).unwrap();
        assert_eq!(found.modules[0].path, "x/p.rego", "{name}");
    }
}
