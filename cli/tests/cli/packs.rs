//! The packs as whoever changes one meets them: checked, and tested in both engines.

use crate::support::{root, with};

#[test]
fn every_pack_is_free_of_findings_and_passes_its_tests_in_both_engines() {
    let folders = std::fs::read_dir(root().join("policies/packs")).unwrap();
    let mut folders: Vec<_> = folders.map(|entry| entry.unwrap().file_name()).collect();
    folders.sort();
    assert!(folders.len() >= 7, "{folders:?}");
    for name in folders {
        let folder = format!("policies/packs/{}", name.to_str().unwrap());
        let checked = with(&["check", &folder]).exits(0);
        assert_eq!(checked.out, "", "{folder}");
        with(&["test", &folder, "--engine", "both"]).exits(0).says(&["0 failed"]);
    }
}
