//! Scenarios and their cases, as the suite runs them.

use super::expand::{self, SuiteError};
use super::files::FILES;
use super::http::Wire;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// How strictly two answers are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strictness {
    /// Status, headers and the body's text.
    #[default]
    Text,
    /// Status, headers and the body as a JSON value: neither blanks nor the order of members
    /// count. For what has no order in OPA either.
    Json,
    /// As [`Text`](Self::Text), but that errors, results and the lines of a message may come in any
    /// order: OPA has none where it goes through a map.
    Unordered,
    /// Status and headers, and whether there is a body. For pages that people read.
    Status,
    /// Status, and of a body in Prometheus' form the names, types and labels of OPA's own families
    /// (`http_request_duration_seconds`). What Go's runtime tells of itself is not compared.
    Families,
}

/// A request and how the answers to it are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The whole name: `group/scenario: step [labels]`. Unique in the suite.
    pub name: String,
    /// What is sent.
    pub(super) wire: Wire,
    /// How the answers are compared.
    pub(super) strictness: Strictness,
    /// Whether OPA's handler may panic, so that it closes the connection without an answer. Where
    /// the reference does, the target must answer that the request is wrong (a status of 400 to
    /// 499); where it does not, the answers are compared.
    pub crashes: bool,
}

/// Requests that are sent one after another, to a server that holds nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The file's group.
    pub group: String,
    /// The name, with the group.
    pub name: String,
    /// What puts its policies and data.
    pub(super) setup: Vec<Wire>,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// The suite that comes with Referee.
///
/// # Errors
/// Never, for the files that come with it: a test reads them all.
pub fn load() -> Result<Vec<Scenario>, SuiteError> {
    expanded(FILES.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect())
}

/// The scenarios of a folder: its files `*.yaml`, in the order of their names.
///
/// # Errors
/// Where a file cannot be read, or is no file of scenarios.
pub fn load_folder(folder: &Path) -> Result<Vec<Scenario>, SuiteError> {
    let io = |path: &Path, source| SuiteError::Io { path: path.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|source| io(folder, source))? {
        let path = entry.map_err(|source| io(folder, source))?.path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut texts = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|source| io(&path, source))?;
        texts.push((path.display().to_string(), text));
    }
    expanded(texts)
}

fn expanded(files: Vec<(String, String)>) -> Result<Vec<Scenario>, SuiteError> {
    let mut scenarios = Vec::new();
    for (file, text) in files {
        scenarios.extend(expand::file(&file, &text)?);
    }
    let mut names = BTreeSet::new();
    for scenario in &scenarios {
        let cases = scenario.cases.iter().map(|case| &case.name);
        for name in cases.chain([&scenario.name]) {
            if !names.insert(name.clone()) {
                return Err(SuiteError::Twice(name.clone()));
            }
        }
    }
    Ok(scenarios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_has_more_than_fifteen_hundred_cases_of_every_endpoint() {
        let scenarios = load().unwrap();
        let cases: Vec<_> = scenarios.iter().flat_map(|scenario| &scenario.cases).collect();
        assert!(cases.len() >= 1_500, "{}", cases.len());
        for (method, path, least) in [
            ("GET", "/v1/data", 100),
            ("POST", "/v1/data", 200),
            ("PUT", "/v1/data", 50),
            ("PATCH", "/v1/data", 50),
            ("DELETE", "/v1/data", 20),
            ("POST", "/v0/data", 50),
            ("GET", "/v1/policies", 20),
            ("PUT", "/v1/policies", 100),
            ("DELETE", "/v1/policies", 10),
            ("GET", "/v1/query", 50),
            ("POST", "/v1/query", 50),
            ("POST", "/v1/compile", 50),
            ("GET", "/health", 20),
            ("GET", "/v1/config", 2),
            ("GET", "/v1/status", 2),
            ("GET", "/metrics", 1),
            ("HEAD", "/v1/data", 1),
        ] {
            let found = cases
                .iter()
                .filter(|case| case.wire.method == method && case.wire.target.starts_with(path))
                .count();
            assert!(found >= least, "{method} {path}: {found}");
        }
    }
}
