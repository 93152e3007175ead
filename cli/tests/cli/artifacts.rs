//! What is said of each of the example layouts.

use crate::support::{TRUST, fed, referee, run, verify, with};
use referee_core::{Decision, Facts, Verdict};

#[test]
fn an_artifact_with_trusted_signatures_is_allowed_and_each_of_them_is_named() {
    let run = verify("signed-five", &["--policy", "signed"]).exits(0);
    assert!(run.err.is_empty(), "{run:#?}");
    run.says(&[
        "ALLOW registry.example/team/app:1.4",
        "signatures trusted #0 release ecdsa-p256-sha256 registry.example/team/**",
        "trusted #2 qa ecdsa-p256-sha256 registry.example/team/**",
        "untrusted #1 build ecdsa-p256-sha256",
        "key \"build\" may sign for registry.example/ci/**, which does not admit registry.example/team/app",
        "policy pack signed, revision",
        "read from oci-layout:examples/layouts/signed-five",
    ]);
}

#[test]
fn what_is_not_signed_by_anybody_who_may_is_denied_with_what_was_found() {
    let cases: [(&str, &[&str]); 5] = [
        ("unsigned", &["signatures none"]),
        ("out-of-scope", &["untrusted #0 build", "key_out_of_scope: "]),
        ("copied-signature", &["invalid", "hint: "]),
        ("copied-bundle", &["invalid"]),
        ("payload-altered", &["untrusted #0 unknown signer", "key_unknown: "]),
    ];
    for (layout, lines) in cases {
        let run = verify(layout, &[]).exits(1);
        let run = run.says(&[
            "DENY registry.example/team/app:1.4",
            "because ✗ ",
            "] data.referee.packs.signed.deny at ",
        ]);
        run.says(lines);
    }
}

#[test]
fn signatures_of_the_platforms_of_an_index_are_told_from_those_of_the_index() {
    verify("index-two-platforms", &[])
        .exits(0)
        .says(&["of linux/amd64, sha256:", "of linux/arm64, sha256:"]);
}

#[test]
fn a_signature_over_a_statement_is_told_from_one_of_the_artifact() {
    verify("attested", &[])
        .exits(0)
        .says(&["over a statement of the type https://registry.example/review/v1"]);
}

#[test]
fn of_many_signatures_the_trusted_ones_are_counted_and_shown_on_demand() {
    let brief = verify("hundred-signatures", &[]).exits(0);
    let brief = brief.says(&[
        "and 70 more that are trusted (-v lists them)",
        "and 17 more like it (-v lists them)",
        "and 15 more of signature_untrusted (-v lists them)",
    ]);
    assert!(brief.out.lines().count() < 50, "{brief:#?}");
    let long = verify("hundred-signatures", &["-v"]).exits(0);
    let trusted = long.out.lines().filter(|line| line.contains(" trusted #")).count();
    assert_eq!(trusted, 80, "{long:#?}");
}

#[test]
fn an_artifact_that_is_not_there_is_an_error_and_not_a_denial() {
    let run = verify("no-such-layout", &[]).exits(2);
    run.says(&["ERROR registry.example/team/app:1.4", "failed ✗ ", "[file_unreadable]"]);
}

#[test]
fn several_references_are_answered_in_their_order_and_the_worst_is_the_exit_code() {
    let layout = |name: &str| format!("oci-layout:examples/layouts/{name}");
    let names = ["hundred-signatures", "unsigned", "signed-one"].map(layout);
    let mut command = referee();
    command.arg("verify").args(&names).args(["--trust", "examples/trust-all.yaml"]);
    let run = run(&mut command).exits(1);
    let verdicts: Vec<&str> = run
        .out
        .lines()
        .filter(|line| ["ALLOW", "DENY", "ERROR"].iter().any(|word| line.starts_with(word)))
        .map(|line| line.split("layouts/").nth(1).unwrap())
        .collect();
    assert_eq!(verdicts, ["hundred-signatures", "unsigned", "signed-one"]);
    run.says(&["3 references: 2 allowed, 1 denied"]);
    let mut command = referee();
    command.args(["verify", &names[1], &layout("no-such-layout")]).args(TRUST);
    crate::support::run(&mut command)
        .exits(2)
        .says(&["2 references: 0 allowed, 1 denied, 1 without a decision"]);
}

#[test]
fn in_a_mode_that_lets_through_a_denial_is_told_and_the_exit_code_is_0() {
    verify("unsigned", &["--mode", "warn"]).exits(0).says(&[
        "DENY registry.example/team/app:1.4",
        "mode warn the denial is only a warning, the artifact may be used",
    ]);
    verify("unsigned", &["--mode", "audit"]).exits(0).says(&["mode audit"]);
}

#[test]
fn a_key_that_has_expired_by_the_given_time_is_not_trusted() {
    let pem = std::fs::read_to_string(crate::support::root().join("examples/keys/release.pub"));
    let document = serde_json::json!({"keys": [{
        "name": "release", "pem": pem.unwrap(), "scopes": ["**"],
        "not_after": "2030-01-01T00:00:00Z",
    }]});
    let folder = crate::support::folder(&[("trust.json", &document.to_string())]);
    let trust = crate::support::path(&folder, "trust.json");
    let layout = "oci-layout:examples/layouts/signed-one";
    let at = |now: &str| with(&["verify", layout, "--trust", &trust, "--now", now]);
    at("2029-12-31T23:59:59Z").exits(0).says(&["ALLOW", "trusted #0 release"]);
    at("2030-01-01T00:00:00Z").exits(1).says(&["DENY", "untrusted #0 release", "key_expired: "]);
}

#[test]
fn a_decision_as_json_is_the_engines_decision_with_the_facts_on_request() {
    let run = verify("signed-two", &["--output", "json", "--facts"]).exits(0);
    let document = run.json();
    let first = document["decisions"][0].clone();
    let decision: Decision = serde_json::from_value(first.clone()).unwrap();
    assert_eq!(decision.verdict, Verdict::Allow);
    assert_eq!(decision.reference, "registry.example/team/app:1.4");
    let facts: Facts = serde_json::from_value(first["facts"].clone()).unwrap();
    assert_eq!(Some(facts.digest().unwrap()), decision.facts_digest);
    let without = verify("signed-two", &["--output", "json"]).exits(0).json();
    assert_eq!(without["decisions"][0].get("facts"), None);
}

#[test]
fn facts_are_written_for_replays_and_can_be_asked_about() {
    let layout = "oci-layout:examples/layouts/signed-two";
    let facts =
        with(&["facts", layout, "--trust", "examples/trust-all.yaml", "--param", "n=2"]).exits(0);
    let document: Facts = serde_json::from_str(&facts.out).unwrap();
    assert_eq!(document.request.parameters["n"], 2);
    let query = "[s.key.name | some s in input.signatures; s.trusted]";
    let names = fed(&["eval", "-i", "-", "-o", "raw", query], &facts.out).exits(0);
    assert_eq!(names.out, "[\"release\",\"build\"]\n");
    let compact = with(&["facts", layout, "--compact"]).exits(0);
    assert_eq!(compact.out.lines().count(), 1);
    with(&["facts", "oci-layout:examples/layouts/none"])
        .fails("oci-layout:examples/layouts/none could not be read", "file_unreadable");
}

#[test]
fn the_tree_of_referrers_shows_platforms_and_how_each_referrer_was_found() {
    let layout = "oci-layout:examples/layouts/index-two-platforms";
    with(&["discover", layout]).exits(0).says(&[
        "├─ application/vnd.dev.cosign.artifact.sig.v1+json",
        "├─ linux/amd64 sha256:",
        "│ └─ application/vnd.dev.cosign.artifact.sig.v1+json",
        "└─ linux/arm64 sha256:",
        "by cosign-tag",
    ]);
    with(&["discover", "oci-layout:examples/layouts/unsigned"])
        .exits(0)
        .says(&["nothing refers to it"]);
    let nested = with(&["discover", layout, "--output", "json"]).exits(0).json();
    assert_eq!(nested["complete"], true);
    assert_eq!(nested["referrers"][0]["found_by"], "cosign-tag");
    assert_eq!(nested["platforms"][1]["platform"]["architecture"], "arm64");
    assert_eq!(nested["platforms"][1]["referrers"][0]["depth"], 1);
}

#[test]
fn the_version_tells_what_decides() {
    let run = with(&["version", "--output", "json"]).exits(0).json();
    assert_eq!(run["rego"]["back_end"], "regorus");
    assert_eq!(run["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_packs_parameters_are_set_and_those_it_does_not_have_are_refused() {
    let with =
        |more: &[&str]| verify("signed-five", &[&["--policy", "distinct-keys"], more].concat());
    with(&["--set", "minimum=4"]).exits(0).says(&["policy pack distinct-keys, revision"]);
    with(&["--set", "minimum=5"]).exits(1).says(&["because ✗ "]);
    with(&["--set", "minimal=1"]).exits(1).says(&["[invalid_parameters]"]);
    let run = with(&["--set", "minimum=many"]).exits(1);
    run.says(&["[invalid_parameters]"]);
}
