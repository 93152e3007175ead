//! The forms that other programs read.

use crate::support::{AS, TRUST, referee, run, verify};

#[test]
fn junit_has_a_test_case_for_each_reference_with_the_reasons_as_its_failure() {
    let run = verify("unsigned", &["--output", "junit"]).exits(1);
    assert!(run.out.starts_with(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"1\" failures=\"1\""
    ));
    assert!(run.out.contains("name=\"registry.example/team/app:1.4\""), "{run:#?}");
    assert!(run.out.contains("<failure type=\""), "{run:#?}");
    assert_elements_are_closed(&run.out);
    let run = verify("no-such", &["--output", "junit"]).exits(2);
    assert!(
        run.out.contains("errors=\"1\"") && run.out.contains("<error type=\"file_unreadable\"")
    );
    let run = verify("signed-one", &["--output", "junit"]).exits(0);
    assert!(run.out.contains("failures=\"0\""), "{run:#?}");
    assert_elements_are_closed(&run.out);
}

/// Holds that each element that is opened is closed, in order.
fn assert_elements_are_closed(xml: &str) {
    let mut open = Vec::new();
    for part in xml.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{xml}");
        } else if !tag.starts_with('?') && !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "{xml}");
}

#[test]
fn sarif_has_a_result_for_each_reason_and_a_rule_for_each_code() {
    let sarif = verify("unsigned", &["--output", "sarif"]).exits(1).json();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "referee");
    let result = &run["results"][0];
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
    assert_eq!(place, "registry.example/team/app:1.4");
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    let clean = verify("signed-one", &["--output", "sarif"]).exits(0).json();
    assert_eq!(clean["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn github_has_an_annotation_for_each_reason_and_a_notice_for_what_is_allowed() {
    let run = verify("unsigned", &["--output", "github"]).exits(1);
    assert!(run.out.starts_with("::error title=registry.example/team/app%3A1.4%3A "), "{run:#?}");
    let run = verify("unsigned", &["--output", "github", "--mode", "warn"]).exits(0);
    assert!(run.out.starts_with("::warning title="), "{run:#?}");
    let run = verify("signed-one", &["--output", "github"]).exits(0);
    assert!(run.out.starts_with("::notice title=registry.example/team/app%3A1.4::allowed by "));
}

#[test]
fn lines_are_kept_to_the_width_of_the_terminal() {
    for columns in [80, 120] {
        for layout in ["signed-five", "payload-altered", "index-two-platforms", "unsigned"] {
            let mut command = referee();
            command.args(["verify", &format!("oci-layout:examples/layouts/{layout}")]);
            command.args(AS).args(TRUST).env("COLUMNS", columns.to_string());
            let run = run(&mut command);
            for line in run.out.lines() {
                assert!(line.chars().count() <= columns, "{columns}: {line:?}");
            }
        }
    }
}
