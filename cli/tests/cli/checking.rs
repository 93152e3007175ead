//! `referee check`, `referee parse` and `referee capabilities`.

use crate::support::{fed, folder, path, with};
use serde_json::json;

#[test]
fn modules_that_are_well_are_passed_over_in_silence() {
    let folder = folder(&[("p.rego", "package p\n\nallow if input.user == \"bob\"\n")]);
    let run = with(&["check", &path(&folder, "p.rego")]).exits(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
}

#[test]
fn every_error_is_told_with_its_line_and_a_mark() {
    let folder = folder(&[("p.rego", "package p\n\na if {\n\tx == 1\n}\n\nb if {\n\ty == 1\n}\n")]);
    let at = path(&folder, "p.rego");
    let run = with(&["check", &at]).exits(2);
    assert!(run.err.starts_with("error: 2 errors occurred:"), "{run:#?}");
    for line in ["p.rego:4:2: rego_unsafe_var_error: var x is unsafe", "  4 |     x == 1", "^"] {
        assert!(run.err.contains(line), "{line} in {run:#?}");
    }
    let json = with(&["check", &at, "-f", "json"]).exits(2).json();
    assert_eq!(
        json["errors"][1],
        json!({"message": "var y is unsafe", "code": "rego_unsafe_var_error",
               "location": {"file": at, "row": 8, "col": 2}})
    );
    let one = with(&["check", &at, "-f", "json", "-m", "1"]).exits(2).json();
    assert_eq!(one["errors"].as_array().unwrap().len(), 2, "the error and that more are left out");
}

#[test]
fn an_error_of_the_syntax_has_opas_details() {
    let folder = folder(&[
        ("p.rego", "package p\n\nallow { true }\n"),
        ("q.rego", "package q\n\nallow if {\n\tx := := 1\n}\n"),
        ("empty.rego", ""),
    ]);
    let json = with(&["check", &path(&folder, "q.rego"), "-f", "json"]).exits(2).json();
    let error = &json["errors"][0];
    assert_eq!(error["code"], "rego_parse_error", "{json:#}");
    assert_eq!(error["message"], "unexpected assign token", "{json:#}");
    assert_eq!(error["details"], json!({"line": "\tx := := 1", "idx": 6}), "{json:#}");
    let empty = path(&folder, "empty.rego");
    let json = with(&["check", &empty, "-f", "json"]).exits(2).json();
    assert_eq!(json["errors"][0]["location"], json!({"file": empty, "row": 0, "col": 0}));
    let run = with(&["check", &empty]).exits(2);
    assert_eq!(run.err, format!("error: {empty}: rego_parse_error: empty module\n"));
    let at = path(&folder, "p.rego");
    let json = with(&["check", &at, "-f", "json"]).exits(2).json();
    let error = &json["errors"][0];
    assert_eq!(error["message"], "`if` keyword is required before rule body", "{json:#}");
    with(&["check", &at, "--v0-compatible"]).exits(0);
    with(&["check", &at, "--v0-v1"]).exits(2);
}

#[test]
fn a_fact_that_may_be_null_may_be_held_against_null_and_its_members_are_checked() {
    let check = |body: &str| {
        let text = format!(
            "package p\n\ndeny contains \"x\" if {{\n\tsome s in input.signatures\n\t{body}\n}}\n"
        );
        let folder = folder(&[("p.rego", &text)]);
        with(&["check", &path(&folder, "p.rego"), "--schema", "facts"])
    };
    for body in [
        "s.scope == null",
        "s.scope == \"**\"",
        "startswith(s.scope, \"registry.example/\")",
        "s.key == null",
        "s.key.name == \"release\"",
        "s.key.not_after == null",
        "s.expires_at != null; time.parse_rfc3339_ns(s.expires_at) < 1",
        "some stamp in s.timestamps; stamp.error.code == \"timestamp_untrusted\"",
    ] {
        let run = check(body);
        assert_eq!(run.code, Some(0), "{body}: {run:#?}");
    }
    let run = check("s.scope == 1").exits(2);
    assert!(run.err.contains("any<null, string>"), "{run:#?}");
    let run = check("s.key.nmae == \"release\"").exits(2);
    assert!(run.err.contains("undefined ref"), "{run:#?}");
}

#[test]
fn a_misspelled_fact_is_an_error_that_names_the_facts_there_are() {
    let text =
        "package p\n\ndeny contains \"x\" if {\n\tsome s in input.signaturs\n\ts.trusted\n}\n";
    let folder = folder(&[("p.rego", text)]);
    let at = path(&folder, "p.rego");
    for more in [&["--schema", "facts"][..], &[][..]] {
        let run = with(&[&["check", &at], more].concat()).exits(2);
        assert!(run.err.contains("rego_type_error: undefined ref: input.signaturs"), "{run:#?}");
        let details =
            "    = have: \"signaturs\"\n    = want (one of): [\"attestations\" \"complete\"";
        assert!(run.err.contains(details), "{run:#?}");
    }
    with(&["check", &at, "--no-schema"]).exits(0);
    let run = with(&["check", &at]).exits(2);
    assert!(run.err.contains("note: the modules look like policies over facts"), "{run:#?}");
}

#[test]
fn a_policy_over_another_input_is_checked_against_its_own_schema() {
    let text = "package k8s\n\ndeny contains \"x\" if {\n\tinput.request.object.kind == \"Pod\"\n\t\
                input.request.operatoin == \"CREATE\"\n}\n";
    let schema = r#"{"type": "object", "properties": {"request": {"type": "object", "properties": {
        "object": {}, "operation": {"type": "string"}}, "additionalProperties": false}}}"#;
    let folder = folder(&[("p.rego", text), ("s.json", schema), ("dir/review.json", schema)]);
    let at = path(&folder, "p.rego");
    with(&["check", &at]).exits(0);
    let run = with(&["check", &at, "-s", &path(&folder, "s.json")]).exits(2);
    assert!(run.err.contains("undefined ref: input.request.operatoin"), "{run:#?}");
    with(&["check", &at, "-s", &path(&folder, "dir")]).exits(0);
    let annotated =
        format!("# METADATA\n# scope: package\n# schemas:\n#   - input: schema.review\n{text}");
    std::fs::write(&at, annotated).unwrap();
    let run = with(&["check", &at, "-s", &path(&folder, "dir")]).exits(2);
    assert!(run.err.contains("undefined ref: input.request.operatoin"), "{run:#?}");
    let run = with(&["check", &at, "-s", "no-such.json"]);
    run.fails("no-such.json could not be read", "file_unreadable");
}

#[test]
fn strict_mode_refuses_what_is_not_used() {
    let folder = folder(&[("p.rego", "package p\n\nimport data.x\n\na if {\n\ty := 1\n}\n")]);
    let at = path(&folder, "p.rego");
    with(&["check", &at]).exits(0);
    let run = with(&["check", &at, "--strict"]).exits(2);
    assert!(run.err.contains("rego_compile_error: import data.x unused"), "{run:#?}");
    with(&["check", &at, "-S", "--engine", "regorus"])
        .fails("--strict needs the native engine", "native_only");
}

#[test]
fn files_that_are_no_modules_are_told() {
    with(&["check", "no/such.rego"]).exits(2);
    with(&["check"]).exits(2);
    let folder = folder(&[("broken.rego", "package \u{0}\n"), ("c.json", "{"), ("d.json", "{}")]);
    with(&["check", &path(&folder, "broken.rego")]).exits(2);
    std::fs::write(folder.path().join("latin.rego"), b"package p\n\nx := \"\xe4\"\n").unwrap();
    let run = with(&["check", &path(&folder, "latin.rego")]).exits(2);
    assert!(
        run.err.contains("could not be read: it is not UTF-8 text: byte 17 does not fit"),
        "{run:#?}"
    );
    let capabilities = path(&folder, "c.json");
    with(&["check", "examples", "--capabilities", &capabilities])
        .fails(&format!("{capabilities} cannot be used as a document"), "input_unusable");
    let nested = format!("package p\n\nx := {}{}\n", "[".repeat(5_000), "]".repeat(5_000));
    std::fs::write(folder.path().join("deep.rego"), nested).unwrap();
    let run = with(&["check", &path(&folder, "deep.rego")]).exits(2);
    assert!(run.err.contains("rego_parse_error: max parsing recursion depth exceeded"), "{run:#?}");
}

#[test]
fn a_module_is_shown_as_a_tree() {
    let text = "package p\n\n# a comment\nallow if input.x\n";
    let folder = folder(&[("p.rego", text), ("b.rego", "package p\n\nx if\n")]);
    let at = path(&folder, "p.rego");
    let run = with(&["parse", &at]).exits(0);
    assert!(run.out.starts_with("module\n package\n  ref\n   data\n   \"p\"\n rule\n"), "{run:#?}");
    let json = with(&["parse", &at, "-f", "json"]).exits(0).json();
    assert_eq!(json["package"]["path"][1]["value"], "p", "{json:#}");
    assert_eq!(json["rules"][0]["head"]["name"], "allow", "{json:#}");
    assert!(json["comments"].is_array() && json["rules"][0].get("location").is_none(), "{json:#}");
    let include = "--json-include=locations,-comments";
    let json = with(&["parse", &at, "-f", "json", include]).exits(0).json();
    assert_eq!(json["rules"][0]["location"]["row"], 4, "{json:#}");
    assert!(json.get("comments").is_none(), "{json:#}");
    let piped = fed(&["parse", "-f", "json", "-"], text).exits(0).json();
    assert_eq!(piped["rules"][0]["head"]["name"], "allow", "{piped:#}");
    let broken = with(&["parse", &path(&folder, "b.rego"), "-f", "json"]).exits(2).json();
    assert_eq!(broken["errors"][0]["code"], "rego_parse_error", "{broken:#}");
    let run = with(&["parse", &path(&folder, "b.rego")]).exits(2);
    assert!(run.err.contains("rego_parse_error"), "{run:#?}");
    with(&["parse", &at, "--json-include", "colours"]).exits(2);
}

#[test]
fn capabilities_have_opas_form() {
    let json = with(&["capabilities"]).exits(0).json();
    assert!(json["builtins"].as_array().unwrap().len() > 200, "{json:#}");
    assert!(json["features"].is_array() && json["future_keywords"].is_array(), "{json:#}");
    assert_eq!(json["builtins"][0]["name"], "abs");
    assert_eq!(with(&["capabilities", "--current"]).exits(0).json(), json);
    let declared = r#"{"builtins": [{"name": "acme.f", "decl": {"type": "function"}}], "x": 1}"#;
    let folder = folder(&[
        ("a.json", r#"{"builtins": []}"#),
        ("c.json", declared),
        ("d.json", r#"{"builtins": 1}"#),
    ]);
    let none = with(&["capabilities", "--file", &path(&folder, "a.json")]).exits(0).json();
    assert_eq!(none, json!({}), "opa leaves out what is empty");
    let one = with(&["capabilities", "--file", &path(&folder, "c.json")]).exits(0).json();
    assert_eq!(one["builtins"][0]["name"], "acme.f", "{one:#}");
    let run = with(&["capabilities", "--file", &path(&folder, "d.json")]).exits(2);
    assert!(run.err.contains("[capabilities_unusable]"), "{run:#?}");
}
