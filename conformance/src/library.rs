//! Compares the results of a policy library's own tests under two test runners.
//!
//! Read are `opa test --format json` (an array of results) and what Referee prints for
//! `referee test --output json` (an object with an array of them): a test is what it is in both
//! when it passes, fails, errs or is skipped in both, and each of its cases as well.

use crate::json::Json;
use std::collections::BTreeMap;
use std::fmt;

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Result {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// Its evaluation ended with an error.
    Errored,
    /// It was skipped: a `todo_test_`.
    Skipped,
}

impl fmt::Display for Result {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::Skipped => "skipped",
        })
    }
}

/// A test: its result, and the error where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its result.
    pub result: Result,
    /// The code and message of the error.
    pub error: Option<String>,
}

/// Tests by package and name, in the order of names.
pub type Tests = BTreeMap<String, Test>;

/// A document that holds no test results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no test results: {0}")]
pub struct NoResults(String);

/// Reads the results of either runner.
///
/// # Errors
/// Where the document is of neither form.
pub fn read(document: &Json) -> std::result::Result<Tests, NoResults> {
    let missing = |what: &str| NoResults(what.to_owned());
    let list = match document {
        Json::Array(list) => list.as_slice(),
        // What an object of results calls its list.
        other => ["tests", "results"]
            .iter()
            .find_map(|name| other.get(name)?.as_array())
            .ok_or_else(|| missing("neither an array nor an object with `tests`"))?,
    };
    let mut tests = Tests::new();
    for test in list {
        let text = |name| test.get(name).and_then(Json::as_str);
        let package = text("package").unwrap_or_default();
        let package = package.strip_prefix("data.").unwrap_or(package);
        let name = text("name").ok_or_else(|| missing("a result without name"))?;
        // Referee may give whole names.
        let name = name.strip_prefix(&format!("data.{package}.")).unwrap_or(name);
        // Rules of one name in several modules: OPA numbers the later ones, and which is later
        // differs from run to run. Where they stand tells them apart.
        let mut whole = format!("{package}.{}", without_number(name));
        if let Some(place) = test.get("location").and_then(place) {
            whole = format!("{whole} ({place})");
        }
        let (first, mut again) = (whole.clone(), 1);
        while tests.contains_key(&whole) {
            again += 1;
            whole = format!("{first}#{again:02}");
        }
        tests.insert(whole, one(test).ok_or_else(|| missing("a result without outcome"))?);
    }
    Ok(tests)
}

/// A name without the number that tells it from others of the same name.
fn without_number(name: &str) -> &str {
    match name.rsplit_once('#') {
        Some((before, number)) if number.bytes().all(|digit| digit.is_ascii_digit()) => before,
        _ => name,
    }
}

/// `file:row`, where a place has both.
fn place(location: &Json) -> Option<String> {
    let row = location.get("row")?.to_string();
    Some(format!("{}:{row}", location.get("file")?.as_str()?))
}

fn one(test: &Json) -> Option<Test> {
    let error = test.get("error").filter(|error| **error != Json::Null).map(|error| {
        let part = |name| error.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        match error.as_str() {
            Some(text) => text.to_owned(),
            None => {
                let place = error.get("location").and_then(place);
                let place = place.map_or_else(String::new, |place| format!("{place}: "));
                format!("{place}{}: {}", part("code"), part("message"))
            }
        }
    });
    let flag = |name| test.get(name).and_then(Json::as_bool).unwrap_or_default();
    let word = ["outcome", "result", "status"].iter().find_map(|name| test.get(name)?.as_str());
    let result = match word {
        Some("pass" | "passed") => Result::Passed,
        Some("fail" | "failed") => Result::Failed,
        Some("error" | "errored") => Result::Errored,
        Some("skip" | "skipped") => Result::Skipped,
        Some(_) => return None,
        None if error.is_some() => Result::Errored,
        None if flag("skip") => Result::Skipped,
        None if flag("fail") => Result::Failed,
        None => Result::Passed,
    };
    Some(Test { result, error })
}

/// What differs between two runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// How many tests have the same result.
    pub same: usize,
    /// Tests with different results: name, wanted, got.
    pub different: Vec<(String, Test, Test)>,
    /// Tests that only the first run has.
    pub missing: Vec<String>,
    /// Tests that only the second run has.
    pub extra: Vec<String>,
    /// Tests that err in both, with different errors: name, wanted, got.
    pub other_errors: Vec<(String, String, String)>,
}

impl Comparison {
    /// Whether every test has the same result.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.different.is_empty() && self.missing.is_empty() && self.extra.is_empty()
    }
}

/// Compares two runs.
#[must_use]
pub fn compare(wanted: &Tests, got: &Tests) -> Comparison {
    let mut comparison = Comparison::default();
    for (name, one) in wanted {
        match got.get(name) {
            None => comparison.missing.push(name.clone()),
            Some(two) if one.result == two.result => {
                comparison.same += 1;
                if let (Some(a), Some(b)) = (&one.error, &two.error)
                    && a != b
                {
                    comparison.other_errors.push((name.clone(), a.clone(), b.clone()));
                }
            }
            Some(two) => comparison.different.push((name.clone(), one.clone(), two.clone())),
        }
    }
    comparison.extra = got.keys().filter(|name| !wanted.contains_key(*name)).cloned().collect();
    comparison
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_of_one_name_are_told_apart_by_their_places() {
        let read = |text: &str| read(&Json::parse(text).unwrap()).unwrap();
        let opa = read(
            r#"[
            {"package": "data.a", "name": "test_x#01", "location": {"file": "a.rego", "row": 3}},
            {"package": "data.a", "name": "test_x", "location": {"file": "b.rego", "row": 7},
             "error": {"code": "c", "message": "m", "location": {"file": "p.rego", "row": 1}}}
        ]"#,
        );
        let ours = read(
            r#"{"tests": [
            {"package": "a", "name": "test_x", "location": {"file": "a.rego", "row": 3}},
            {"package": "a", "name": "test_x#01", "location": {"file": "b.rego", "row": 7},
             "outcome": "error", "error": "p.rego:1: c: m"}
        ]}"#,
        );
        assert_eq!(opa, ours);
        assert!(opa.contains_key("a.test_x (a.rego:3)"), "{opa:?}");
    }

    #[test]
    fn both_forms_of_results_are_read_and_compared() {
        let opa = r#"[
            {"package": "data.a", "name": "test_x", "duration": 1},
            {"package": "data.a", "name": "test_y", "fail": true},
            {"package": "data.a", "name": "test_z", "error": {"code": "c", "message": "m"}},
            {"package": "data.a", "name": "todo_test_w", "skip": true}
        ]"#;
        let ours = r#"{"passed": 1, "tests": [
            {"package": "a", "name": "test_x", "outcome": "pass"},
            {"package": "a", "name": "data.a.test_y", "outcome": "pass"},
            {"package": "a", "name": "test_z", "outcome": "error", "error": "c: n"},
            {"package": "a", "name": "test_v", "outcome": "fail"}
        ]}"#;
        let opa = read(&Json::parse(opa).unwrap()).unwrap();
        let ours = read(&Json::parse(ours).unwrap()).unwrap();
        let comparison = compare(&opa, &ours);
        assert_eq!(comparison.same, 2);
        assert_eq!(comparison.different.len(), 1);
        assert_eq!(comparison.different[0].0, "a.test_y");
        assert_eq!(comparison.missing, ["a.todo_test_w"]);
        assert_eq!(comparison.extra, ["a.test_v"]);
        assert_eq!(comparison.other_errors, [("a.test_z".into(), "c: m".into(), "c: n".into())]);
        assert!(!comparison.is_same());
        let none = read(&Json::parse("{}").unwrap()).unwrap_err();
        assert_eq!(
            none.to_string(),
            "no test results: neither an array nor an object with `tests`"
        );
    }
}
