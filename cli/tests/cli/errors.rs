//! What is said where there is no answer: each mistake by its exact error.

use crate::support::{folder, path, referee, run, verify, with};

const LAYOUT: &str = "oci-layout:examples/layouts/signed-one";

#[test]
fn a_pack_that_does_not_exist_is_told_with_the_nearest_and_all_there_are() {
    let run = verify("signed-one", &["--policy", "sigend"]);
    let run =
        run.fails("there is no policy pack \"sigend\", did you mean \"signed\"?", "unknown_pack");
    assert!(run.err.contains("\n  hint: the packs are: "), "{run:#?}");
    let run = verify("signed-one", &["--policy", "examples"]);
    let run = run.fails("there is no policy pack \"examples\"", "unknown_pack");
    assert!(run.err.contains("hint: a path has a separator in it: write ./examples"), "{run:#?}");
}

#[test]
fn a_trust_document_that_is_missing_or_misspelled_is_told() {
    let run = with(&["verify", LAYOUT, "--trust", "no-such.yaml"]);
    let run = run.fails("no-such.yaml could not be read", "file_unreadable");
    assert!(run.err.contains("  caused by: No such file or directory"), "{run:#?}");

    let folder = folder(&[("t.yaml", "keys: [{name: a, pem: x, scope: ['**']}]")]);
    let trust = path(&folder, "t.yaml");
    let run = with(&["verify", LAYOUT, "--trust", &trust]).fails(
        &format!("{trust}: unknown field `keys[0].scope`, did you mean `scopes`?"),
        "unknown_field",
    );
    assert!(run.err.contains("hint: the fields here are: "), "{run:#?}");
}

#[test]
fn a_key_that_cannot_be_read_is_told_with_its_name() {
    let folder = folder(&[("t.yaml", "keys: [{name: broken, pem: not a key, scopes: ['**']}]")]);
    let run = with(&["verify", LAYOUT, "--trust", &path(&folder, "t.yaml")]).exits(2);
    assert!(run.err.starts_with("error: ") && run.err.contains("broken"), "{run:#?}");
    assert!(run.err.contains("[key_"), "{run:#?}");
}

#[test]
fn a_reference_that_is_none_is_told_with_what_is_wrong_with_it() {
    let run = with(&["verify", "https://registry.example/app"]);
    run.fails(
        "\"https://registry.example/app\" is no reference: a reference has no scheme: found \"https://\"",
        "invalid_reference",
    );
    let run = with(&["facts", "registry.example/App"]).exits(2);
    assert!(run.err.contains("hint: did you mean \"app\"?"), "{run:#?}");
    let two = ["verify", LAYOUT, LAYOUT, "--as", "registry.example/app:1"];
    with(&two).fails("--as names one artifact, and 2 references are given", "as_for_several");
}

#[test]
fn a_policy_that_does_not_parse_is_told_with_its_line_and_a_mark_under_the_place() {
    let folder = folder(&[("p.rego", "package p\n\ndeny contains msg if {\n\tmsg := := 1\n}\n")]);
    let run = verify("signed-one", &["--policy", &path(&folder, "p.rego")]).exits(2);
    let lines: Vec<&str> = run.err.lines().collect();
    assert!(lines[0].starts_with("error: p.rego:4:"), "{run:#?}");
    assert!(lines[0].contains(": rego_parse_error: "), "{run:#?}");
    assert!(
        lines.iter().any(|line| line.starts_with("  4 |") && line.contains("msg := := 1")),
        "{run:#?}"
    );
    // The mark stands under the second `:=`, or under what is expected there.
    let (code, mark) = (lines[2], lines[3]);
    let column = mark.find('^').unwrap();
    assert!(code.get(column..).unwrap().starts_with(":="), "{run:#?}");
}

#[test]
fn a_policy_that_could_not_rule_is_an_error_and_never_a_pass() {
    let nothing = folder(&[("p.rego", "package p\n\nfine if true\n")]);
    let run = verify("signed-one", &["--policy", &path(&nothing, "p.rego")]);
    run.fails("no package defines any of deny, violation, warn and allow", "policy_undefined");

    let two = folder(&[
        ("a.rego", "package a\n\nallow if true\n"),
        ("b.rego", "package b\n\nallow if true\n"),
    ]);
    let two = two.path().to_str().unwrap();
    let run = verify("signed-one", &["--policy", two]).exits(2);
    assert!(run.err.starts_with("error: several packages could decide: a, b"), "{run:#?}");
    verify("signed-one", &["--policy", two, "--package", "b"]).exits(0);

    let empty = folder(&[("readme.txt", "")]);
    let empty = empty.path().to_str().unwrap();
    let run = verify("signed-one", &["--policy", empty]);
    run.fails(&format!("{empty} holds no Rego module"), "policy_empty");
}

#[test]
fn a_policy_that_loops_ends_at_its_deadline_without_a_verdict() {
    let text = "package p\n\ndeny contains \"x\" if {\n\tsome a in numbers.range(1, 5000)\n\t\
                some b in numbers.range(1, 5000)\n\tsome c in numbers.range(1, 5000)\n\t\
                a + b + c == 0\n}\n";
    let folder = folder(&[("p.rego", text)]);
    let started = std::time::Instant::now();
    let run = verify("signed-one", &["--policy", &path(&folder, "p.rego"), "--timeout", "500ms"]);
    assert!(started.elapsed() < std::time::Duration::from_secs(5), "{run:#?}");
    let run = run.exits(2).says(&["ERROR registry.example/team/app:1.4"]);
    assert!(
        run.out.contains("[eval_cancel_error]") || run.out.contains("[policy_timeout]"),
        "{run:#?}"
    );
}

#[test]
fn arguments_that_cannot_be_used_are_told_before_anything_is_done() {
    let cases: [(&[&str], &str); 5] = [
        (&["verify", LAYOUT, "--timeout", "30"], "expected a duration such as 30s, 500ms or 1m30s"),
        (&["verify", LAYOUT, "--set", "minimum"], "expected KEY=VALUE"),
        (&["verify", LAYOUT, "--mode", "strict"], "expected enforce, warn or audit"),
        (&["verify", LAYOUT, "--now", "today"], "is not an RFC 3339 time"),
        (&["verify"], "required arguments were not provided"),
    ];
    for (arguments, message) in cases {
        let run = with(arguments).exits(2);
        assert!(run.err.starts_with("error: ") && run.err.contains(message), "{run:#?}");
    }
    let twice = ["verify", LAYOUT, "--set", "n=1", "--set", "n=2"];
    with(&twice).fails("--set n is given twice", "set_twice");
}

#[test]
fn nobody_to_trust_is_noted_because_it_is_seldom_meant() {
    let run = run(referee().args(["verify", LAYOUT])).exits(1);
    assert_eq!(
        run.err,
        "note: no trust document is given (--trust), so no signature can be trusted\n"
    );
}

#[test]
fn a_flag_of_opas_that_there_is_not_is_named_with_the_reason() {
    for (arguments, flag, why) in [
        (&["eval", "-t", "wasm", "1"][..], "target", "there is no target but rego"),
        (&["test", "--bench", "examples"], "bench", "tests are not measured"),
        (&["test", "-w", "examples"], "watch", "files are not watched; run the command again"),
        (
            &["capabilities", "--version", "v0.17.0"],
            "version",
            "there are the capabilities of one version; --file reads those of another",
        ),
        (
            &["serve", "-w"],
            "watch",
            "files are watched as bundles: --no-policy --opa-set \
             bundles.NAME.resource=file:///FOLDER --ready-timeout 10",
        ),
        (
            &["serve", "--pprof"],
            "pprof",
            "profiles are not served; /metrics tells how long requests take",
        ),
    ] {
        let message = format!("--{flag} is a flag of opa that referee does not have: {why}");
        with(arguments).fails(&message, "flag_absent");
    }
    for accepted in [&["-t", "rego"][..], &["-O", "0"], &["--pretty-limit", "10"]] {
        with(&[&["eval", "1"], accepted].concat()).exits(0);
    }
}

#[test]
fn a_command_of_opas_that_there_is_not_is_named_with_what_there_is_instead() {
    for (arguments, message) in [
        (
            &["run", "--server", "-b", "x"][..],
            "run is a command of opa that referee does not have: `referee serve PATH…` is `opa run \
             --server PATH…`, with most of its flags; a query is asked by `referee eval`",
        ),
        (
            &["fmt", "--help"],
            "fmt is a command of opa that referee does not have: modules are formatted by opa or regal",
        ),
    ] {
        with(arguments).fails(message, "command_absent");
    }
}

#[test]
fn a_variable_that_opa_run_takes_a_flag_from_is_refused_and_not_passed_over() {
    for (variable, instead) in [
        ("OPA_RUN_AUTHORIZATION", "give --authorization"),
        ("OPA_RUN_TLS_CERT_FILE", "give --tls-cert-file"),
        ("OPA_RUN_SET", "--opa-set"),
    ] {
        let message = format!(
            "{variable} is a variable of opa run, which referee does not read: {instead}, or unset it"
        );
        let mut command = referee();
        command.env(variable, "basic").args(["serve", "--no-policy"]);
        run(&mut command).fails(&message, "variable_absent");
    }
}

#[test]
fn words_that_a_flag_does_not_know_are_told_with_those_it_knows() {
    for (arguments, told) in [
        (&["eval", "-f", "table", "1"][..], "json, values, bindings, pretty, source, raw, discard"),
        (&["eval", "--explain", "debug", "1"], "off, full, notes, fails"),
        (&["eval", "--engine", "v8", "1"], "native, regorus, both"),
        (&["test", "--sort", "name", "x"], "none, duration"),
        (&["test", "-f", "gobench", "x"], "human, json, junit"),
    ] {
        let run = with(arguments).exits(2);
        assert!(run.err.contains(&format!("[possible values: {told}]")), "{run:#?}");
    }
    with(&["eval", "-f", "source", "1"]).fails(
        "--output: \"source\" is none of json, values, bindings, pretty, raw, discard",
        "unknown_word",
    );
    with(&["eval", "--coverage-runs", "all", "1"])
        .fails("--coverage-runs: \"all\" is none of index_excluded, early_exit", "unknown_word");
    with(&["parse", "x", "--json-include", "all"]).fails(
        "--json-include: \"all\" is none of locations, comments, -locations, -comments",
        "unknown_word",
    );
}

#[test]
fn an_input_in_which_there_is_nothing_is_a_pipe_that_broke() {
    let run = crate::support::fed(&["eval", "-I", "input"], " \n");
    let run = run.fails("standard input cannot be used as a document", "input_unusable");
    assert!(run.err.contains("unexpected end of JSON input"), "{run:#?}");
    let run = crate::support::fed(&["eval", "--stdin", "-f", "pretty"], "# nothing\n").exits(2);
    assert_eq!(run.err, "error: rego_parse_error: cannot evaluate empty query\n");
}

#[test]
fn what_is_larger_than_the_limits_is_told_with_the_limit_and_its_setting() {
    let folder = folder(&[("big.json", &format!("[{}1]", "0,".repeat(40_000)))]);
    let big = path(&folder, "big.json");
    let mut command = referee();
    command.env("REFEREE_LIMITS__MAX_POLICY_DATA_BYTES", "65536");
    let run = run(command.args(["eval", "-i", &big, "1"]));
    let run = run.fails(&format!("{big} could not be read"), "file_unreadable");
    assert!(run.err.contains("caused by: it is larger than 65536 bytes"), "{run:#?}");
    assert!(run.err.contains("limits.max_policy_data_bytes for data, input"), "{run:#?}");
}

#[test]
fn tests_that_do_not_compile_are_told_to_programs_as_a_document() {
    let folder = folder(&[("t.rego", "package t\n\ntest_x if y == 1\n\ntest_z if w == 1\n")]);
    let at = path(&folder, "t.rego");
    let json = with(&["test", &at, "-f", "json"]).exits(2).json();
    assert_eq!(json["errors"].as_array().unwrap().len(), 2, "{json:#}");
    assert_eq!(json["errors"][0]["code"], "rego_unsafe_var_error", "{json:#}");
    let json = with(&["test", &at, "-f", "json", "-m", "1"]).exits(2).json();
    assert_eq!(json["errors"][1]["message"], "error limit reached", "{json:#}");
}
