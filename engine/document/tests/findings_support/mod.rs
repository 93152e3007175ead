//! What tests of reports and of VEX have in common: folders of other projects' documents, Python.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Files below the folders that a variable names (separated as in `PATH`), else below modules of
/// Go's cache, whose names end in one of `endings`. Nothing is said where there are none.
#[allow(dead_code, reason = "each test binary uses what it needs of this")]
pub(crate) fn files(named_by: &str, modules: &[&str], endings: &[&str]) -> Vec<PathBuf> {
    let own = variable(named_by).map(|list| std::env::split_paths(&list).collect());
    let folders: Vec<PathBuf> = own.unwrap_or_else(|| {
        let cache = go_modules();
        modules
            .iter()
            .flat_map(|module| versions(&cache.as_deref()?.join(module)))
            .flatten()
            .collect()
    });
    let mut found = Vec::new();
    for folder in folders {
        walk(&folder, endings, &mut found);
    }
    found.sort();
    if found.is_empty() {
        println!(
            "SKIPPED: {named_by} names no folder with reports, nor has Go's cache {modules:?}"
        );
    }
    found
}

fn walk(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            walk(&path, endings, found);
        } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
            found.push(path);
        }
    }
}

fn go_modules() -> Option<PathBuf> {
    let path = || Some(variable("GOPATH")?.join("pkg/mod"));
    let home = || Some(variable("HOME")?.join("go/pkg/mod"));
    let own = variable("REFEREE_GO_MODULES").or_else(|| variable("GOMODCACHE"));
    own.or_else(path).or_else(home)
}

/// The versions of a module, `<path>@v1.2.3`.
fn versions(module: &Path) -> Option<Vec<PathBuf>> {
    let name = format!("{}@", module.file_name()?.to_string_lossy());
    let entries = std::fs::read_dir(module.parent()?).ok()?.flatten().map(|entry| entry.path());
    let of =
        |path: &PathBuf| path.file_name().is_some_and(|f| f.to_string_lossy().starts_with(&name));
    Some(entries.filter(of).collect())
}

/// What a script prints for what it is given; `None`, with a loud word, where there is no Python
/// that can import `library`.
#[allow(dead_code, reason = "each test binary uses what it needs of this")]
pub(crate) fn python(library: &str, script: &str, input: &[u8]) -> Option<Vec<u8>> {
    let python = variable("REFEREE_PYTHON").unwrap_or_else(|| "python3".into());
    let mut imports = Command::new(&python);
    imports.args(["-c", &format!("import {library}")]).stderr(Stdio::null());
    if !imports.status().is_ok_and(|status| status.success()) {
        println!(
            "SKIPPED: {} cannot import {library}; REFEREE_PYTHON may name another",
            python.display()
        );
        return None;
    }
    let mut child = Command::new(&python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the script failed");
    Some(output.stdout)
}
