//! The real OPA, measured by a program of its own (`benches/opa`).

use super::measure::Figure;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `benches/opa/build.sh` put the program; `None` where it has not been run.
#[must_use]
pub fn find() -> Option<PathBuf> {
    let peers = std::env::var_os("REFEREE_PEERS").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cached = cache.or(home).map(|cache| cache.join("referee-peers/bin"));
    let program = |folder: PathBuf| folder.join("opa-bench");
    [peers, cached].into_iter().flatten().map(program).find(|path| path.is_file())
}

/// Runs it over the workloads of a folder: its figures, and the results by workload.
///
/// # Panics
/// Where it cannot be run or fails.
#[must_use]
pub fn figures(
    program: &Path,
    folder: &Path,
    names: &[&str],
    each: std::time::Duration,
) -> (Vec<Figure>, BTreeMap<String, Value>) {
    let mut command = Command::new(program);
    command.arg("-time").arg(format!("{}ms", each.as_millis()));
    command.args(names.iter().map(|name| folder.join(name)));
    let output = command.output().expect("opa-bench runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut figures = Vec::new();
    let mut results = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        if text("what") == "result" {
            results.insert(text("workload"), line["value"].clone());
            continue;
        }
        figures.push(Figure {
            engine: text("engine"),
            workload: text("workload"),
            way: text("what"),
            threads: usize::try_from(line["threads"].as_u64().unwrap_or(1)).expect("few threads"),
            nanoseconds: line["ns"].as_f64().expect("a time"),
        });
    }
    (figures, results)
}
