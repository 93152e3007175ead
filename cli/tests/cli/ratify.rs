//! Policies of Ratify's, unmodified: what they are given, how they rule, and that the real OPA rules
//! the same over the same document. Ratify's own files are read from the checkout
//! `ratify-project/ratify` below the folder that `REFEREE_CHECKOUTS` names.

use crate::cases::POLICY as DEFAULT;
use crate::support::{AS, Run, TRUST, folder, path, referee, run, verify};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

const VIEW: [&str; 2] = ["--input-view", "ratify"];

fn ruled(layout: &str, policy: &str) -> Run {
    let files = folder(&[("ratify.rego", policy)]);
    let policy = path(&files, "ratify.rego");
    verify(layout, &["--policy", &policy, "--input-view", "ratify"])
}

fn document(layout: &str, trust: &[&str]) -> Value {
    let source = format!("oci-layout:examples/layouts/{layout}");
    let mut command = referee();
    run(command.args(["facts", &source]).args(AS).args(trust).args(VIEW)).exits(0).json()
}

#[test]
fn the_default_policy_allows_what_is_signed_and_denies_what_is_not() {
    ruled("signed-one", DEFAULT).exits(0);
    for layout in ["unsigned", "payload-altered", "out-of-scope"] {
        let denied = ruled(layout, DEFAULT).exits(1);
        assert!(denied.out.contains("data.ratify.policy.valid does not hold."), "{denied:#?}");
    }
}

#[test]
fn a_key_that_is_not_trusted_is_a_failed_verifier() {
    let files = folder(&[("ratify.rego", DEFAULT)]);
    let policy = path(&files, "ratify.rego");
    let trust = folder(&[("trust.yaml", &one_key("qa"))]);
    let trust = path(&trust, "trust.yaml");
    let source = "oci-layout:examples/layouts/signed-one";
    let arguments = ["verify", source, "--policy", &policy, "--trust", &trust];
    run(referee().args(arguments).args(AS).args(VIEW)).exits(1);
    let view = document("signed-one", &["--trust", &trust]);
    let report = &view["verifierReports"][0]["verifierReports"][0];
    assert_eq!(report["isSuccess"], false, "{view:#}");
    assert!(report["errorReason"].is_string(), "{view:#}");
}

fn one_key(name: &str) -> String {
    let key = crate::support::root().join(format!("examples/keys/{name}.pub"));
    let scopes = r#"["registry.example/team/**"]"#;
    format!("keys:\n  - name: {name}\n    file: {}\n    scopes: {scopes}\n", key.display())
}

#[test]
fn the_document_has_ratify_s_members() {
    let view = document("signed-one", &TRUST);
    let reports = view["verifierReports"].as_array().unwrap();
    assert_eq!(reports.len(), 1, "{view:#}");
    let report = &reports[0];
    assert_eq!(report["subject"], "registry.example/team/app:1.4");
    assert_eq!(report["artifactType"], "application/vnd.dev.cosign.artifact.sig.v1+json");
    assert!(report["referenceDigest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(report["nestedReports"], json!([]));
    let cosign = &report["verifierReports"][0];
    assert_eq!(cosign["isSuccess"], true);
    for name in ["name", "verifierName", "type", "verifierType"] {
        assert_eq!(cosign[name], "cosign", "{name}");
    }
    let verification = &cosign["extensions"]["signatures"][0]["verifications"][0];
    assert_eq!(verification["isSuccess"], true);
    assert_eq!(verification["keyInformation"]["name"], "release");
    assert_eq!(document("unsigned", &TRUST), json!({"verifierReports": []}));
}

#[test]
fn a_policy_without_the_rule_or_with_one_of_another_type_allows_nothing() {
    let failed = ruled("signed-one", "package ratify.policy\n\nallow = true\n");
    failed.fails("there is no rule data.ratify.policy.valid", "policy_undefined");
    let odd = ruled("signed-one", "package ratify.policy\n\nvalid = \"yes\"\n").exits(2);
    assert!(odd.out.contains("a boolean"), "{odd:#?}");
    ruled("signed-one", "package ratify.policy\n\nvalid { input.none }\n").exits(1);
}

#[test]
fn a_document_is_made_of_saved_facts_too() {
    let facts = run(referee()
        .args(["facts", "oci-layout:examples/layouts/signed-one"])
        .args(AS)
        .args(TRUST));
    let files =
        folder(&[("ratify.rego", DEFAULT), ("facts.json", &facts.exits(0).out), ("x.json", "{}")]);
    let eval = |input: &str| {
        let (policy, input) = (path(&files, "ratify.rego"), path(&files, input));
        let query = "data.ratify.policy.valid";
        let arguments = ["eval", query, "--data", &policy, "--input", &input, "-f", "raw"];
        run(referee().args(arguments).args(VIEW))
    };
    assert_eq!(eval("facts.json").exits(0).out.trim(), "true");
    assert!(eval("x.json").err.contains("the input is no document of facts"));
}

/// OPA, where it is installed.
fn opa() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or(home.join(".cache"), PathBuf::from);
    let peers =
        std::env::var_os("REFEREE_PEERS").map_or(cache.join("referee-peers/bin"), PathBuf::from);
    let found = Some(peers.join("opa")).filter(|opa| opa.is_file());
    if found.is_none() {
        println!(
            "SKIPPED OPA over Ratify's documents: it is not installed; .ci/peers.sh does that"
        );
    }
    found
}

/// Policies: our own, and those of Ratify where a checkout of it is there.
fn policies() -> Vec<(String, String)> {
    let mut all = vec![("default".to_owned(), DEFAULT.to_owned())];
    let checkouts = std::env::var_os("REFEREE_CHECKOUTS").map(PathBuf::from).unwrap_or_default();
    let ratify = checkouts.join("ratify-project/ratify");
    let sample = ratify.join("config/samples/clustered/policy/config_v1beta1_policy_rego.yaml");
    let Ok(sample) = std::fs::read_to_string(&sample) else {
        println!("SKIPPED Ratify's own policies: REFEREE_CHECKOUTS has no ratify-project/ratify");
        return all;
    };
    // The policy is a block in the resource; it is the last member.
    let (_, block) = sample.split_once("policy: |").unwrap();
    let block: String = block.lines().map(|l| format!("{}\n", l.trim_start())).collect();
    all.push(("Ratify's default".to_owned(), block));
    for name in ["sbom-validation.rego", "vulnerability-report-validation.rego"] {
        let text = std::fs::read_to_string(ratify.join("library/rego").join(name)).unwrap();
        all.push((name.to_owned(), text));
    }
    all
}

#[test]
fn opa_rules_alike_over_the_same_documents_by_ratify_s_own_policies() {
    let Some(opa) = opa() else { return };
    let layouts =
        ["signed-one", "unsigned", "signed-mixed", "signed-two", "attested", "signed-one-bundle"];
    for (name, policy) in policies() {
        for layout in layouts {
            let view = document(layout, &TRUST).to_string();
            let files = folder(&[("ratify.rego", &policy), ("input.json", &view)]);
            let ours = {
                let policy = path(&files, "ratify.rego");
                verify(layout, &["--policy", &policy, "--input-view", "ratify"]).code
            };
            let output = Command::new(&opa)
                .args(["eval", "--v0-compatible", "-f", "raw", "-d"])
                .arg(path(&files, "ratify.rego"))
                .arg("-i")
                .arg(path(&files, "input.json"))
                .arg("data.ratify.policy.valid")
                .output()
                .unwrap();
            let theirs = String::from_utf8_lossy(&output.stdout).trim() == "true";
            assert!(output.status.success(), "{name} {layout}: {output:?}");
            assert_eq!(ours, Some(i32::from(!theirs)), "{name} over {layout}: {view}");
        }
    }
}
