//! The packs as whoever changes one meets them: checked, and tested in both engines.

use crate::support::{folder, path, root, verify, with};

#[test]
fn every_pack_is_free_of_findings_and_passes_its_tests_in_both_engines() {
    let folders = std::fs::read_dir(root().join("policies/packs")).unwrap();
    let mut folders: Vec<_> = folders.map(|entry| entry.unwrap().file_name()).collect();
    folders.sort();
    assert!(folders.len() >= 13, "{folders:?}");
    for name in folders {
        let folder = format!("policies/packs/{}", name.to_str().unwrap());
        let checked = with(&["check", &folder]).exits(0);
        assert_eq!(checked.out, "", "{folder}");
        with(&["test", &folder, "--engine", "both"]).exits(0).says(&["0 failed"]);
    }
}

#[test]
fn a_policy_of_ones_own_may_import_packs_and_decides_itself() {
    let source = ["--policy", "examples/production"];
    let run = verify("signed-one", &source).exits(1);
    run.says(&["DENY", "data.production.deny at production.rego", "policy package production"]);
    with(&["test", "examples/production"]).exits(0).says(&["0 failed"]);
    with(&["check", "examples/production"]).exits(0);

    let text = "package mine\n\nimport data.referee.packs.signed\n\n\
                deny contains \"no\" if not signed.allow\n\n\
                deny contains \"other\" if input.subject.tag != \"1.4\"\n";
    let own = folder(&[("mine.rego", text)]);
    verify("signed-one", &["--policy", &path(&own, "")]).exits(0).says(&["policy package mine"]);
    verify("unsigned", &["--policy", &path(&own, "")]).exits(1).says(&["data.mine.deny"]);
}

#[test]
fn a_pack_that_is_imported_does_not_decide_in_place_of_a_policy_that_has_no_rule_to_decide() {
    let text = "package mine\n\nimport data.referee.packs.signed\n\ndenied := signed.deny\n";
    let own = folder(&[("mine.rego", text)]);
    let run = verify("signed-one", &["--policy", &path(&own, "")]).exits(2);
    assert!(run.err.contains("[policy_undefined]"), "{run:#?}");
}
