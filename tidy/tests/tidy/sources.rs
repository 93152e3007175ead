//! What the sources may not say.

use crate::{report, root};
use std::fs;
use std::path::{Path, PathBuf};

/// Crates that know no IO, no clock and no waiting.
const PURE: [&str; 16] = [
    "engine/core",
    "engine/document",
    "engine/verify",
    "engine/rego",
    "engine/rego/value",
    "engine/rego/syntax",
    "engine/rego/types",
    "engine/rego/compile",
    "engine/rego/eval",
    "engine/rego/partial",
    "engine/rego/go",
    "engine/rego/builtin",
    "engine/rego/text",
    "engine/rego/formats",
    "engine/rego/security",
    "bundles",
];

/// What a pure crate does say, and why it may.
const EXCEPTIONS: [(&str, &str); 2] = [
    // Frees large values; nothing that is computed knows of it.
    ("engine/rego/value/src/later.rs", "std::thread"),
    // A stack for an evaluator that goes deep; it is waited for.
    ("engine/rego/src/back/native/partial.rs", "std::thread"),
];

/// What a pure crate may not say, and what it would mean.
const IMPURE: [(&str, &str); 13] = [
    (".await", "waits"),
    ("async fn", "waits"),
    ("std::fs", "reads the file system"),
    ("std::net::Tcp", "uses the network"),
    ("std::net::Udp", "uses the network"),
    ("ToSocketAddrs", "uses the network"),
    ("std::env", "reads the environment"),
    ("env::var", "reads the environment"),
    ("std::process", "starts or ends processes"),
    ("SystemTime", "reads the clock"),
    ("Timestamp::now", "reads the clock"),
    ("Zoned::now", "reads the clock"),
    ("std::thread", "starts threads"),
];

/// What may panic. Clippy denies these as well; here they are found in code that clippy does not
/// see, such as code behind a feature.
const PANICS: [&str; 6] =
    [".unwrap()", ".expect(", "panic!(", "unreachable!(", "todo!(", "unimplemented!("];

/// The most lines of a source file: past this it has more than one subject.
const MAX_LINES: usize = 600;

struct Source {
    path: PathBuf,
    /// The code: comments and what follows the first `#[cfg(test)] mod` left out.
    code: Vec<(usize, String)>,
    lines: usize,
}

fn sources_under(folder: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source");
            let lines = text.lines().count();
            let mut code = Vec::new();
            for (number, line) in (1..).zip(text.lines()) {
                if line.trim() == "#[cfg(test)]" {
                    break;
                }
                let bare = line.trim_start();
                if !bare.starts_with("//") {
                    let before_comment = line.split(" // ").next().unwrap_or(line);
                    code.push((number, before_comment.to_owned()));
                }
            }
            Source { path, code, lines }
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !matches!(name, "target" | "tests" | "benches" | ".git" | "layouts") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|e| e == "rs")
            && name != "tests.rs"
            && !name.ends_with("_tests.rs")
        {
            files.push(path);
        }
    }
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn the_pure_crates_neither_wait_nor_touch_the_world() {
    let mut breaches = Vec::new();
    let mut read = 0;
    for folder in PURE {
        for source in sources_under(&root().join(folder).join("src")) {
            read += 1;
            for (number, line) in &source.code {
                for (words, meaning) in IMPURE {
                    let excepted = EXCEPTIONS.contains(&(&*shown(&source.path), words));
                    if line.contains(words) && !excepted {
                        breaches
                            .push(format!("{}:{number} {meaning}: {words}", shown(&source.path)));
                    }
                }
            }
        }
    }
    assert!(read > 20, "only {read} sources were read: is the path right?");
    report("the pure crates neither wait nor touch the world", &breaches);
}

#[test]
fn nothing_panics_outside_tests() {
    let mut breaches = Vec::new();
    for source in sources_under(&root()) {
        let shown = shown(&source.path);
        if shown.starts_with("tidy") || shown.starts_with("testkit") {
            continue;
        }
        for (number, line) in &source.code {
            if PANICS.iter().any(|words| line.contains(words)) {
                breaches.push(format!("{shown}:{number} {}", line.trim()));
            }
        }
    }
    report("nothing panics outside tests", &breaches);
}

#[test]
fn only_the_driver_of_the_engine_waits() {
    let engine = root().join("engine/src");
    let mut breaches = Vec::new();
    for source in sources_under(&engine) {
        if source.path.starts_with(engine.join("drive")) {
            continue;
        }
        for (number, line) in &source.code {
            if line.contains(".await") {
                breaches.push(format!("{}:{number}", shown(&source.path)));
            }
        }
    }
    report("in the engine only drive/ waits", &breaches);
}

#[test]
fn only_the_clock_reads_the_wall_clock() {
    let clock = root().join("engine/store/src/clock.rs");
    let mut breaches = Vec::new();
    for source in sources_under(&root()) {
        if source.path == clock || shown(&source.path).starts_with("tidy") {
            continue;
        }
        for (number, line) in &source.code {
            if line.contains("SystemTime::now") || line.contains("Timestamp::now") {
                breaches.push(format!("{}:{number}", shown(&source.path)));
            }
        }
    }
    report("only store's clock reads the wall clock", &breaches);
}

#[test]
fn verifiers_do_not_import_one_another() {
    let verify = root().join("engine/verify/src");
    let shared = ["primitive", "envelope", "protocol"];
    let verifiers: Vec<String> = fs::read_dir(&verify)
        .expect("the verify crate")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .filter(|name| !shared.contains(&name.as_str()))
        .collect();
    let mut breaches = Vec::new();
    for one in &verifiers {
        for source in sources_under(&verify.join(one)) {
            for (number, line) in &source.code {
                for other in verifiers.iter().filter(|other| *other != one) {
                    if line.contains(&format!("crate::{other}")) {
                        breaches.push(format!("{}:{number} imports {other}", shown(&source.path)));
                    }
                }
            }
        }
    }
    report("verifiers do not import one another", &breaches);
}

#[test]
fn a_source_file_has_one_subject() {
    let breaches: Vec<String> = sources_under(&root())
        .iter()
        .filter(|source| source.lines > MAX_LINES)
        .map(|source| format!("{}: {} lines", shown(&source.path), source.lines))
        .collect();
    report("no source file is longer than 600 lines", &breaches);
}

#[test]
fn every_module_opens_by_saying_what_it_is() {
    let breaches: Vec<String> = sources_under(&root())
        .iter()
        .filter(|source| !fs::read_to_string(&source.path).expect("a source").starts_with("//!"))
        .map(|source| shown(&source.path))
        .collect();
    report("every module opens with //!", &breaches);
}
