//! What the documents promise.

use crate::{report, root};
use std::fs;
use std::path::Path;

const DOCUMENTS: [&str; 5] =
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"];

/// The files that a document links to, without those on the web.
fn links(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|link| link.split('#').next().unwrap_or(link).to_owned())
        .filter(|link| !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:"))
        .collect()
}

fn documents() -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = DOCUMENTS.iter().map(|name| root().join(name)).collect();
    for folder in ["docs", "examples", "benches"] {
        for entry in fs::read_dir(root().join(folder)).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "md") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn what_documents_link_to_exists() {
    let mut breaches = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document)
            .unwrap_or_else(|error| panic!("{}: {error}", document.display()));
        let folder = document.parent().unwrap_or(Path::new("."));
        for link in links(&text) {
            if !folder.join(&link).exists() {
                breaches.push(format!("{} links to {link}", document.display()));
            }
        }
    }
    report("what documents link to exists", &breaches);
}

#[test]
fn the_folders_that_the_architecture_names_exist() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let mut named = 0;
    let mut breaches = Vec::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("| `") else { continue };
        let Some((folder, _)) = rest.split_once("` |") else { continue };
        named += 1;
        if !root().join(folder).exists() {
            breaches.push(folder.to_owned());
        }
    }
    assert!(named >= 9, "the table of crates was not found");
    report("the folders that ARCHITECTURE.md names exist", &breaches);
}
