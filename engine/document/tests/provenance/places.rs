//! Where documents of other projects lie: in checkouts below the folder that `REFEREE_CHECKOUTS`
//! names, `<owner>/<name>` each, and in the module caches of Go and Cargo.

use std::path::{Path, PathBuf};

/// The most files that are looked at below one folder.
const MAX_FILES: usize = 20_000;

/// A checkout, or nothing and a loud word.
pub(crate) fn checkout(name: &str) -> Option<PathBuf> {
    let found = variable("REFEREE_CHECKOUTS").map(|folder| folder.join(name));
    let found = found.filter(|folder| folder.is_dir());
    if found.is_none() {
        println!("SKIPPED {name}: REFEREE_CHECKOUTS names no folder that has a checkout of it");
    }
    found
}

/// Folders with bundles of public tools: `sigstore-verify` in Cargo's home, `sigstore-go` and
/// `cosign` in Go's module cache.
pub(crate) fn bundles() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let home = variable("HOME").unwrap_or_default();
    let cargo = variable("CARGO_HOME").unwrap_or_else(|| home.join(".cargo"));
    for registry in children(&cargo.join("registry/src")) {
        found
            .extend(children(&registry).into_iter().filter(|path| named(path, "sigstore-verify-")));
    }
    let go = variable("REFEREE_GO_MODULES")
        .or_else(|| variable("GOMODCACHE"))
        .or_else(|| Some(variable("GOPATH")?.join("pkg/mod")))
        .unwrap_or_else(|| home.join("go/pkg/mod"));
    let sigstore = children(&go.join("github.com/sigstore"));
    found.extend(sigstore.into_iter().filter(|path| named(path, "sigstore-go@")));
    found
}

/// The files below a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in children(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if found.len() < MAX_FILES {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn named(path: &Path, prefix: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
}
