//! `referee eval`.

use crate::support::{fed, folder, path, referee, run, with};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write as _;
use std::path::Path;

#[test]
fn a_result_has_the_form_that_opa_gives_it() {
    let run = with(&["eval", "1 + 2"]).exits(0);
    assert_eq!(
        run.json(),
        json!({"result": [{"expressions": [
            {"value": 3, "text": "1 + 2", "location": {"row": 1, "col": 1}}
        ]}]})
    );
    let bound = fed(&["eval", "-i", "-", "x := input.a"], r#"{"a": [1]}"#).exits(0).json();
    assert_eq!(bound["result"][0]["bindings"], json!({"x": [1]}));
}

#[test]
fn undefined_is_an_empty_document_and_a_failure_only_on_request() {
    assert_eq!(with(&["eval", "input.a"]).exits(0).json(), json!({}));
    assert_eq!(with(&["eval", "-o", "pretty", "input.a"]).exits(0).out, "undefined\n");
    assert_eq!(with(&["eval", "-o", "raw", "input.a"]).exits(0).out, "");
    with(&["eval", "--fail", "input.a"]).exits(1);
    with(&["eval", "--fail-defined", "input.a"]).exits(0);
    with(&["eval", "--fail-defined", "1 == 1"]).exits(1);
}

#[test]
fn values_are_written_for_readers_or_for_scripts() {
    let input = r#"{"a": "x y", "b": {"c": [1]}}"#;
    assert_eq!(fed(&["eval", "-i", "-", "-o", "raw", "input.a"], input).exits(0).out, "x y\n");
    let pretty = fed(&["eval", "-i", "-", "-o", "pretty", "input.b"], input).exits(0);
    assert_eq!(pretty.out, "{\n  \"c\": [\n    1\n  ]\n}\n");
    let rows = with(&["eval", "-o", "pretty", "some x in [1, 2]"]).exits(0);
    assert_eq!(rows.out, "┌───┐\n│ x │\n├───┤\n│ 1 │\n│ 2 │\n└───┘\n");
    assert_eq!(with(&["eval", "-f", "values", "1; \"a\""]).exits(0).out, "[\n  1,\n  \"a\"\n]\n");
    assert_eq!(with(&["eval", "-f", "bindings", "x := 1"]).exits(0).out, "{\n  \"x\": 1\n}\n");
    let discarded = with(&["eval", "-f", "discard", "1"]).exits(0);
    assert_eq!(discarded.json(), json!({"result": "discarded"}));
}

#[test]
fn numbers_keep_all_their_digits() {
    let run = with(&["eval", "-f", "raw", "123456789012345678901234567890; 1.10"]).exits(0);
    assert_eq!(run.out, "123456789012345678901234567890 1.10\n");
}

#[test]
fn a_policy_and_data_are_at_hand() {
    let folder = folder(&[
        ("p/p.rego", "package p\n\ndeny contains \"few\" if input.size < data.least\n"),
        ("least.json", r#"{"least": 3}"#),
        ("input.yaml", "size: 2\n"),
    ]);
    let mut command = referee();
    command.args(["eval", "-p", &path(&folder, "p"), "-d", &path(&folder, "least.json")]);
    command.args(["-i", &path(&folder, "input.yaml"), "-o", "raw", "data.p.deny"]);
    assert_eq!(run(&mut command).exits(0).out, "[\"few\"]\n");
}

#[test]
fn an_error_is_told_as_opa_tells_it() {
    let folder = folder(&[("p.rego", "package p\n\nallow if {\n\tx == 1\n}\n")]);
    let policy = path(&folder, "p.rego");
    let run = with(&["eval", "-p", &policy, "data.p.allow"]).exits(2).json();
    assert_eq!(run["errors"][0]["code"], "rego_unsafe_var_error", "{run:#}");
    assert_eq!(run["errors"][0]["location"]["row"], 4, "{run:#}");
    let run = with(&["eval", "-p", &policy, "-o", "pretty", "data.p.allow"]).exits(2);
    assert!(run.err.starts_with("error: p.rego:4:"), "{run:#?}");
    assert!(run.err.contains("rego_unsafe_var_error"), "{run:#?}");
    let all = with(&["eval", "x == 1; y == 2"]).exits(2).json();
    assert!(all["errors"].as_array().unwrap().len() >= 2, "{all:#}");
    let run = with(&["eval", "data.p."]).exits(2).json();
    assert!(run["errors"][0]["message"].is_string(), "{run:#}");
}

#[test]
fn an_input_that_is_no_document_is_told() {
    let folder = folder(&[("i.json", "{")]);
    let input = path(&folder, "i.json");
    with(&["eval", "-i", &input, "1"])
        .fails(&format!("{input} cannot be used as a document"), "input_unusable");
    with(&["eval", "-i", "/no/such.json", "1"])
        .fails("/no/such.json could not be read", "file_unreadable");
}

#[test]
fn yaml_is_read_as_opa_reads_it_and_refused_in_its_words() {
    let folder = folder(&[
        ("i.yaml", "on: yes\n---\nx: [\n"),
        ("nothing.yaml", ""),
        ("nothing.json", ""),
        ("broken.yaml", "a:\n\t- 1\n"),
    ]);
    let input = |name: &str| with(&["eval", "-f", "raw", "-i", &path(&folder, name), "input"]);
    assert_eq!(input("i.yaml").exits(0).out, "{\"true\":true}\n");
    assert_eq!(input("nothing.yaml").exits(0).out, "null\n");
    let nothing = path(&folder, "nothing.json");
    input("nothing.json")
        .fails(&format!("{nothing} cannot be used as a document"), "input_unusable");
    let why = "yaml: line 2: found character that cannot start any token";
    let broken = path(&folder, "broken.yaml");
    let told = input("broken.yaml")
        .fails(&format!("{broken} cannot be used as a document"), "input_unusable");
    assert!(told.err.contains(&format!("caused by: {why}")), "{told:#?}");
    let told = with(&["eval", "-d", &broken, "1"]).exits(2).json();
    let message = format!("{broken}: error converting YAML to JSON: {why}");
    assert_eq!(told["errors"][0]["message"], message, "{told:#}");
}

#[test]
fn an_evaluation_without_end_is_ended() {
    let query = "count([1 | some a in numbers.range(1, 5000); some b in numbers.range(1, 5000); \
                 some c in numbers.range(1, 5000); a + b + c == 0])";
    let run = with(&["eval", "--timeout", "300ms", query]).exits(2).json();
    assert_eq!(run["errors"][0]["code"], "eval_cancel_error", "{run:#}");
}

#[test]
fn data_is_loaded_as_opa_loads_it() {
    let folder = folder(&[
        ("d/a/data.json", r#"{"x": 1}"#),
        ("d/a/other.yaml", "z: 2\n"),
        ("d/a/p.rego", "package p\n\nv := data.a.x + data.a.z\n"),
        ("d/.hidden/data.json", r#"{"x": 3}"#),
        ("d/notes.txt", "nothing"),
    ]);
    let at = path(&folder, "d");
    let raw = |more: &[&str], query: &str| {
        let mut command = referee();
        run(command.args(["eval", "-f", "raw"]).args(more).arg(query)).exits(0).out
    };
    assert_eq!(raw(&["-d", &at], "data.p.v"), "3\n");
    assert_eq!(
        raw(&["-d", &at, "--ignore", ".*"], "data"),
        "{\"a\":{\"x\":1,\"z\":2},\"p\":{\"v\":3}}\n"
    );
    assert_eq!(raw(&["-d", &format!("z.w:{at}"), "--ignore", ".*,*.rego"], "data.z.w.a.x"), "1\n");
    // In a bundle only data.json and data.yaml are data.
    assert_eq!(raw(&["-b", &at, "--ignore", ".*"], "data.a"), "{\"x\":1}\n");
}

#[test]
fn files_that_cannot_be_put_together_are_all_told() {
    let folder = folder(&[("a.json", r#"{"x": 1}"#), ("b.json", r#"{"x": 2}"#), ("c.json", "[1]")]);
    let at = folder.path().to_str().unwrap();
    let run = with(&["eval", "-d", at, "1"]).exits(2).json();
    let told = |n: usize| run["errors"][n]["message"].as_str().unwrap().to_owned();
    assert!(
        told(0).ends_with("b.json: merge error: another file has a value at data.x"),
        "{run:#}"
    );
    assert!(told(1).ends_with("c.json: document must be of type object"), "{run:#}");
    let run = with(&["eval", "-d", at, "-f", "pretty", "1"]).exits(2);
    assert!(run.err.contains("[data_conflict]") && run.err.contains("  hint: "), "{run:#?}");
    let run = with(&["eval", "-d", "no/such", "1"]).exits(2).json();
    assert!(run["errors"][0]["message"].as_str().unwrap().starts_with("no/such could not be read"));
}

#[test]
fn a_bundle_says_which_rego_its_modules_are() {
    let folder = folder(&[
        (
            ".manifest",
            r#"{"rego_version": 0, "file_rego_versions": {"*/new.rego": 1}, "roots": ["p", "q"]}"#,
        ),
        ("old.rego", "package p\n\nv[x] { x := 1 }\n"),
        ("q/new.rego", "package q\n\nv contains 1 if true\n"),
    ]);
    let at = folder.path().to_str().unwrap();
    let run = with(&["eval", "-b", at, "-f", "raw", "data.p.v; data.q.v"]).exits(0);
    assert_eq!(run.out, "[1] [1]\n");
    std::fs::write(folder.path().join("x.rego"), "package x\n").unwrap();
    let run = with(&["eval", "-b", at, "1"]).exits(2).json();
    let message = run["errors"][0]["message"].as_str().unwrap();
    assert!(message.ends_with("manifest roots [p q] do not permit package x"), "{run:#}");
}

/// A compressed archive of files.
fn archive(at: &Path, files: &[(&str, &str)]) {
    let packed = GzEncoder::new(std::fs::File::create(at).unwrap(), Compression::fast());
    let mut archive = tar::Builder::new(packed);
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(text.len()).unwrap());
        archive.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
}

#[test]
fn a_bundle_may_be_an_archive() {
    let folder = folder(&[("b.tar.gz", ""), ("cut.tar.gz", ""), ("no.tar.gz", "{}")]);
    let at = |name: &str| path(&folder, name);
    let files = [
        (".manifest", r#"{"roots": ["p", "n"]}"#),
        ("p/a.rego", "package p\n\nv := data.n.big\n"),
        ("n/data.yaml", r#"{"big": 12345678901234567890123}"#),
        ("n/notes.json", "not read"),
    ];
    archive(at("b.tar.gz").as_ref(), &files);
    let whole = std::fs::read(at("b.tar.gz")).unwrap();
    std::fs::write(at("cut.tar.gz"), &whole[..whole.len() / 2]).unwrap();
    let other = std::fs::File::create(at("other.tar.gz")).unwrap();
    let mut other = GzEncoder::new(other, Compression::fast());
    other.write_all(b"package p\n").unwrap();
    other.finish().unwrap();
    for flag in ["-b", "-d"] {
        let run = with(&["eval", flag, &at("b.tar.gz"), "-f", "raw", "data.p.v"]).exits(0);
        assert_eq!(run.out, "12345678901234567890123\n", "{flag}");
        for (name, why) in [
            ("cut.tar.gz", "could not be read: "),
            ("no.tar.gz", "could not be read: it is not compressed with gzip"),
            (
                "other.tar.gz",
                "could not be read: it is compressed with gzip, but what it holds is no tar archive",
            ),
        ] {
            let run = with(&["eval", flag, &at(name), "-f", "pretty", "1"]).exits(2);
            let expected = format!("error: {} {why}", at(name));
            assert!(run.err.starts_with(&expected), "{run:#?}");
        }
    }
    archive(at("b.tar.gz").as_ref(), &[("x.rego", "package x\n\ny := \n")]);
    let run = with(&["eval", "-b", &at("b.tar.gz"), "1"]).exits(2).json();
    let place = &run["errors"][0]["location"];
    assert_eq!(place["file"], format!("{}/x.rego", at("b.tar.gz")), "{run:#}");
}

#[cfg(unix)]
#[test]
fn a_link_back_to_its_own_folder_is_told_as_such() {
    let folder = folder(&[("a/p.rego", "package p\n")]);
    let link = folder.path().join("a/again");
    std::os::unix::fs::symlink(folder.path(), &link).unwrap();
    for flag in ["-b", "-d"] {
        let at = folder.path().to_str().unwrap();
        let run = with(&["eval", flag, at, "-f", "pretty", "1"]).exits(2);
        let why = format!("error: {} leads back to a folder that it is in", link.display());
        assert!(run.err.starts_with(&why), "{run:#?}");
    }
}

#[test]
fn the_manifest_of_a_bundle_stands_in_any_folder_and_there_is_only_one() {
    let folder = folder(&[
        ("p/.manifest", r#"{"rego_version": 0}"#),
        ("p/old.rego", "package p\n\nv[x] { x := 1 }\n"),
    ]);
    let at = folder.path().to_str().unwrap();
    assert_eq!(with(&["eval", "-b", at, "-f", "raw", "data.p.v"]).exits(0).out, "[1]\n");
    std::fs::write(folder.path().join("q.manifest"), "{}").unwrap();
    let run = with(&["eval", "-b", at, "1"]).exits(2).json();
    let message = run["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.ends_with(
            "bundle contains multiple manifest files: \"/p/.manifest\" and \"/q.manifest\""
        ),
        "{run:#}"
    );
}

#[test]
fn the_query_or_the_input_comes_from_standard_input_and_never_both() {
    assert_eq!(fed(&["eval", "--stdin", "-f", "raw"], "1 + 1").exits(0).out, "2\n");
    assert_eq!(fed(&["eval", "-I", "-f", "raw", "input.a"], "a: 1\n").exits(0).out, "1\n");
    with(&["eval", "--stdin", "-I"]).exits(2);
    with(&["eval", "--stdin", "-i", "-"])
        .fails("the query and the input cannot both be read from standard input", "stdin_twice");
    with(&["eval"]).exits(2);
    with(&["eval", "1", "--stdin"]).exits(2);
    with(&["eval", "-I", "-i", "x", "1"]).exits(2);
    with(&["eval", "--fail", "--fail-defined", "1"]).exits(2);
}

#[test]
fn a_query_stands_in_a_package_and_imports() {
    let folder = folder(&[("p.rego", "package p.q\n\nv := 7\n")]);
    let policy = path(&folder, "p.rego");
    let raw = ["eval", "-d", &policy, "-f", "raw"];
    let with_more = |more: &[&str]| run(referee().args(raw).args(more)).exits(0).out;
    assert_eq!(with_more(&["--package", "p.q", "v"]), "7\n");
    assert_eq!(with_more(&["--import", "data.p.q as r", "r.v"]), "7\n");
}

#[test]
fn errors_of_builtins_are_told_on_request() {
    with(&["eval", "1 / 0"]).exits(0);
    let run = with(&["eval", "--strict-builtin-errors", "1 / 0"]).exits(2).json();
    assert_eq!(run["errors"][0]["message"], "div: divide by zero");
    assert_eq!(run["errors"][0]["code"], "eval_builtin_error");
    let run = with(&["eval", "--show-builtin-errors", "1 / 0"]).exits(0).json();
    assert_eq!(run["errors"][0]["message"], "div: divide by zero");
    with(&["eval", "--show-builtin-errors", "--strict-builtin-errors", "1"]).exits(2);
}

#[test]
fn the_steps_are_told_as_opa_prints_them() {
    let text = "package p\n\nallow if {\n\ttrace(\"here\")\n\tsome x in [1, 2]\n\tx > 1\n}\n";
    let folder = folder(&[("p.rego", text)]);
    let policy = path(&folder, "p.rego");
    let explained = |steps: &str| {
        with(&["eval", "-d", &policy, "-f", "pretty", "--explain", steps, "data.p.allow"])
            .exits(0)
            .out
            .lines()
            .map(|line| line.split_once("    ").map_or(line, |(_, step)| step.trim()).to_owned())
            .collect::<Vec<_>>()
    };
    let notes = ["Enter data.p.allow = _", "| Enter data.p.allow", "| | Note \"here\"", "true"];
    assert_eq!(explained("notes"), notes);
    let fails = ["Enter data.p.allow = _", "| Enter data.p.allow", "| | Fail gt(x, 1)", "true"];
    assert_eq!(explained("fails"), fails);
    let full = explained("full");
    assert!(full.contains(&"| | Eval gt(x, 1)".to_owned()), "{full:#?}");
    assert!(full.contains(&"| | Exit data.p.allow early".to_owned()), "{full:#?}");
    let run = with(&["eval", "-d", &policy, "--explain", "notes", "data.p.allow"]).exits(0).json();
    assert_eq!(run["explanation"][2]["Message"], "here", "{run:#}");
}

#[test]
fn metrics_profile_and_coverage_have_opas_names() {
    let folder = folder(&[("p.rego", "package p\n\na if input.x\n\nb if input.y\n")]);
    let policy = path(&folder, "p.rego");
    let mut command = referee();
    command.args(["eval", "-d", &policy, "--metrics", "--profile", "--coverage", "data.p.a"]);
    let run = run(&mut command).exits(0).json();
    for timer in ["query_parse", "query_compile", "query_eval", "module_parse", "module_compile"] {
        assert!(run["metrics"][format!("timer_rego_{timer}_ns")].is_u64(), "{timer} {run:#}");
    }
    let line = &run["profile"][0];
    for name in ["total_time_ns", "num_eval", "num_redo", "num_gen_expr", "location"] {
        assert!(!line[name].is_null(), "{name} {run:#}");
    }
    let file = &run["coverage"]["files"][&policy];
    assert_eq!(file["covered_lines"], serde_json::Value::Null, "{run:#}");
    assert_eq!(file["not_covered_lines"], 2, "{run:#}");
    assert_eq!(run["coverage"]["coverage"], 0, "{run:#}");
    let run = with(&["eval", "--metrics", "--count", "3", "1"]).exits(0).json();
    assert_eq!(run["aggregated_metrics"]["timer_rego_query_eval_ns"]["count"], 3, "{run:#}");
    with(&["eval", "--profile-sort", "beauty", "1"]).fails(
        "--profile-sort: \"beauty\" is none of total_time_ns, num_eval, num_redo, num_gen_expr, \
         file, line",
        "unknown_word",
    );
}

#[test]
fn a_builtin_that_is_only_declared_compiles_and_can_be_replaced_but_not_called() {
    let declared = r#"{"features": ["rego_v1"], "builtins": [
        {"name": "acme.lookup", "decl": {"type": "function", "args": [{"type": "string"}], "result": {"type": "string"}}},
        {"name": "eq", "decl": {"type": "function", "args": [{"type": "any"}, {"type": "any"}], "result": {"type": "boolean"}}, "infix": "="},
        {"name": "assign", "decl": {"type": "function", "args": [{"type": "any"}, {"type": "any"}], "result": {"type": "boolean"}}, "infix": ":="}
    ]}"#;
    let folder = folder(&[
        ("c.json", declared),
        (
            "p.rego",
            "package p\n\nv := acme.lookup(\"a\")\n\nmock(_) := \"b\"\n\nw := x if {\n\tx := v with acme.lookup as mock\n}\n",
        ),
    ]);
    let (policy, capabilities) = (path(&folder, "p.rego"), path(&folder, "c.json"));
    let base = ["eval", "-d", &policy, "--capabilities", &capabilities, "-f", "json"];
    let asked = |query: &str| run(referee().args(base).arg(query));
    let run = asked("data.p.w").exits(0).json();
    assert_eq!(run["result"][0]["expressions"][0]["value"], "b", "{run:#}");
    let run = asked("data.p.v").exits(2).json();
    assert!(run["errors"][0]["message"].as_str().unwrap().contains("acme.lookup"), "{run:#}");
    with(&["check", &policy, "--capabilities", &capabilities]).exits(0);
    let run = with(&["check", &policy]).exits(2);
    let unknown = "with keyword target must reference existing input, data, or a function";
    assert!(run.err.contains(unknown), "{run:#?}");
}

#[test]
fn engines_are_chosen_and_what_only_one_knows_is_said_of_the_other() {
    for engine in ["native", "regorus", "both"] {
        let run = with(&["eval", "--engine", engine, "-f", "raw", "1 + 1"]).exits(0);
        assert_eq!(run.out, "2\n", "{engine}");
    }
    with(&["eval", "--engine", "regorus", "--coverage", "1"])
        .fails("--coverage needs the native engine", "native_only");
    for engine in ["regorus", "both"] {
        with(&["eval", "--engine", engine, "--package", "p", "x"])
            .fails("--package needs the native engine", "native_only");
    }
    let run =
        run(referee().env("REFEREE_POLICY__ENGINE", "regorus").args(["eval", "--profile", "1"]));
    run.fails("--profile needs the native engine", "native_only");
}

#[test]
fn what_is_left_of_a_query_is_told_and_nothing_left_is_a_failure_on_request() {
    let folder = folder(&[(
        "p.rego",
        "package p\n\ndefault allow := false\n\nallow if { input.user in data.users }\n",
    )]);
    let policy = path(&folder, "p.rego");
    let run = with(&["eval", "--partial", "-o", "source", "-d", &policy, "data.p.allow = x"]);
    assert_eq!(
        run.exits(0).out,
        "# Query 1\ndata.partial.p.allow = x\n\n# Module 1\npackage partial.p\n\n\
         default allow = false\n"
    );
    let unknown = ["eval", "--partial", "-u", "data.users", "-o", "source", "-d", &policy];
    let run = with(&[&unknown[..], &["data.p.allow"]].concat()).exits(0);
    assert!(run.out.contains("data.partial.p.allow"), "{}", run.out);
    with(&["eval", "--partial", "--fail", "false"]).exits(1);
    with(&["eval", "--partial", "--fail-defined", "input.x"]).exits(1);
    with(&["eval", "--partial", "--fail", "input.x"]).exits(0);
}

#[test]
fn what_partial_evaluation_cannot_tell_is_refused() {
    with(&["eval", "--partial", "-o", "raw", "1"]).exits(2);
    with(&["eval", "-o", "source", "1"]).exits(2);
    with(&["eval", "--partial", "--coverage", "1"]).exits(2);
    with(&["eval", "-u", "input", "1"]).exits(2);
    with(&["eval", "--partial", "-u", "http.send", "1"]).exits(2);
}
