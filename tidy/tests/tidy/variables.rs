//! Environment variables that tests and scripts read. The command refuses a variable that begins like
//! its own and is not known, so that one that is set for the tests must be known to it.

use crate::{report, root};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Where tests and scripts stand, and programs that only they run.
const FOLDERS: [&str; 7] =
    [".ci", "benches", "cli/tests", "conformance", "engine", "server", "testkit"];

/// What stands before a name that is read.
const READS: [&str; 5] = ["var(\"", "var_os(\"", "variable(\"", "files(\"", "${"];

fn collect(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let ends = |ending: &str| path.extension().is_some_and(|extension| extension == ending);
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, found);
        } else if ends("rs") || ends("sh") || path.ends_with(".ci/run") {
            let text: String = fs::read_to_string(&path).expect("a source file");
            // A call may be broken before its first argument.
            let text = text.split_whitespace().collect::<String>();
            for before in READS {
                let reads = text.split(before).skip(1).filter(|rest| rest.starts_with("REFEREE_"));
                found.extend(reads.map(|rest| {
                    rest.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect()
                }));
            }
        }
    }
}

#[test]
fn variables_of_tests_and_scripts_are_known_to_the_command_and_told() {
    let mut read = BTreeSet::new();
    FOLDERS.iter().for_each(|folder| collect(&root().join(folder), &mut read));
    assert!(read.len() > 10, "{} variables were found", read.len());
    let known = fs::read_to_string(root().join("cli/src/config/env.rs")).expect("the list");
    let told = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    let mut breaches = Vec::new();
    for name in read {
        if !known.contains(&format!("\"{name}\"")) {
            breaches.push(format!("{name} is not in the list OTHERS of cli/src/config/env.rs"));
        }
        if !told.contains(&format!("`{name}")) {
            breaches.push(format!("{name} is not in CONTRIBUTING.md"));
        }
    }
    report("variables of tests and scripts are known to the command and told", &breaches);
}
