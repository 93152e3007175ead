//! Files of scenarios, and what they expand to.
//!
//! A file has a `group`, named `policies`, and `scenarios`; a scenario has a `name`, the `policies`
//! it puts (as `/v1/policies/suite/NAME`), the `data` it puts, and `steps`; a step has a `request`
//! (`METHOD TARGET`), and may have a `name`, `headers`, a `body`, `gzip` or `chunked`, and how the
//! answers are compared (`compare`), and whether OPA `crashes` on it. Scenarios and steps may have `each`: named lists, or maps from
//! labels, of texts; every combination is one of its own, the labels in its name. Texts take
//!
//! - `{{NAME}}`, the text of this combination,
//! - `{{url NAME}}`, the same escaped for a URL,
//! - `{{json NAME}}`, the same as a JSON string,
//! - `{{repeat N TEXT}}`, a text N times.
//!
//! A step without a name is called by its request; what has the name of a step before it has its
//! number behind it.
//!
//! Nothing is random: a suite has the same cases in the same order each time.

use super::case::{Case, Scenario, Strictness};
use super::http::Wire;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::io::Write as _;
use std::path::PathBuf;

/// The most times a text is repeated: a body of that many bytes is over no server's limit.
const REPEATED: usize = 4 << 20;

/// A file of scenarios that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is no file of scenarios.
    #[error("{file}: not a file of scenarios: {source}")]
    Yaml {
        /// Which.
        file: String,
        /// Why.
        source: yaml_serde::Error,
    },
    /// A placeholder names nothing, or is none.
    #[error("{place}: nothing stands for {{{{{placeholder}}}}}")]
    Placeholder {
        /// The case or scenario.
        place: String,
        /// What stands between the braces.
        placeholder: String,
    },
    /// What a scenario names is not there, or of another form.
    #[error("{place}: {what}")]
    Form {
        /// The case or scenario.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// A name stands there twice.
    #[error("two cases are called {0}")]
    Twice(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    group: String,
    #[serde(default)]
    policies: Map<String, Value>,
    scenarios: Vec<ScenarioText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioText {
    name: String,
    #[serde(default)]
    policies: Vec<String>,
    data: Option<String>,
    #[serde(default)]
    each: Map<String, Value>,
    steps: Vec<StepText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepText {
    name: Option<String>,
    request: String,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    gzip: bool,
    #[serde(default)]
    chunked: bool,
    #[serde(default)]
    each: Map<String, Value>,
    #[serde(default)]
    compare: Strictness,
    #[serde(default)]
    crashes: bool,
}

/// The texts of one combination: name, label, text.
type Combination = Vec<(String, String, String)>;

/// Reads a file and expands it.
pub(super) fn file(file: &str, text: &str) -> Result<Vec<Scenario>, SuiteError> {
    let written: FileText = yaml_serde::from_str(text)
        .map_err(|source| SuiteError::Yaml { file: file.to_owned(), source })?;
    let mut scenarios = Vec::new();
    for scenario in &written.scenarios {
        let place = format!("{}/{}", written.group, scenario.name);
        for outer in combinations(&place, &scenario.each)? {
            scenarios.push(expanded(&written, scenario, &outer)?);
        }
    }
    Ok(scenarios)
}

fn expanded(
    file: &FileText,
    scenario: &ScenarioText,
    outer: &Combination,
) -> Result<Scenario, SuiteError> {
    let name = format!("{}/{}{}", file.group, scenario.name, labels(outer));
    let fill = |text: &str| filled(&name, text, outer);
    let mut setup = Vec::new();
    if let Some(data) = &scenario.data {
        setup.push(Wire {
            method: "PUT".into(),
            target: "/v1/data".into(),
            body: fill(data)?.into_bytes(),
            ..Wire::default()
        });
    }
    for policy in &scenario.policies {
        let policy = fill(policy)?;
        let text = file.policies.get(&policy).and_then(Value::as_str).ok_or_else(|| {
            SuiteError::Form { place: name.clone(), what: format!("no policy {policy}") }
        })?;
        setup.push(Wire {
            method: "PUT".into(),
            target: format!("/v1/policies/suite/{policy}"),
            body: fill(text)?.into_bytes(),
            ..Wire::default()
        });
    }
    let mut cases: Vec<Case> = Vec::new();
    for step in &scenario.steps {
        for inner in combinations(&name, &step.each)? {
            let all: Combination = outer.iter().chain(&inner).cloned().collect();
            let mut next = case(&name, step, &all, &labels(&inner))?;
            let same = |known: &&Case| {
                known.name.strip_prefix(&next.name).is_some_and(|rest| {
                    rest.is_empty() || rest.strip_prefix(" #").is_some_and(is_a_number)
                })
            };
            let before = cases.iter().filter(same).count();
            if before > 0 {
                next.name.push_str(&format!(" #{}", before + 1));
            }
            cases.push(next);
        }
    }
    Ok(Scenario { group: file.group.clone(), name, setup, cases })
}

fn is_a_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn case(
    scenario: &str,
    step: &StepText,
    values: &Combination,
    labels: &str,
) -> Result<Case, SuiteError> {
    let step_name = step.name.as_ref().unwrap_or(&step.request);
    let name = format!("{scenario}: {step_name}{labels}");
    let form = |what: &str| SuiteError::Form { place: name.clone(), what: what.to_owned() };
    let request = filled(&name, &step.request, values)?;
    let (method, target) =
        request.split_once(' ').ok_or_else(|| form("a request is METHOD TARGET"))?;
    let mut headers = Vec::new();
    for (field, value) in &step.headers {
        let value = value.as_str().ok_or_else(|| form("a header is a text"))?;
        headers.push((filled(&name, field, values)?, filled(&name, value, values)?));
    }
    let mut body = filled(&name, &step.body, values)?.into_bytes();
    if step.gzip {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        let written = packed.write_all(&body).and_then(|()| packed.finish());
        body = written.map_err(|_| form("the body cannot be compressed"))?;
        headers.push(("Content-Encoding".into(), "gzip".into()));
    }
    // A value of a list may leave a header out.
    headers.retain(|(_, value)| value != "-");
    let wire = Wire {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body,
        chunked: step.chunked,
    };
    Ok(Case { name, wire, strictness: step.compare, crashes: step.crashes })
}

/// Every combination of the lists, the last list fastest.
fn combinations(place: &str, each: &Map<String, Value>) -> Result<Vec<Combination>, SuiteError> {
    let mut all: Vec<Combination> = vec![Vec::new()];
    for (name, values) in each {
        let values = labelled(place, name, values)?;
        let mut longer = Vec::with_capacity(all.len().saturating_mul(values.len()));
        for shorter in &all {
            for (label, text) in &values {
                let mut combination = shorter.clone();
                combination.push((name.clone(), label.clone(), text.clone()));
                longer.push(combination);
            }
        }
        all = longer;
    }
    Ok(all)
}

fn labelled(place: &str, name: &str, values: &Value) -> Result<Vec<(String, String)>, SuiteError> {
    let form = || SuiteError::Form {
        place: place.to_owned(),
        what: format!("each {name}: a list of texts, or a map from labels to texts"),
    };
    match values {
        Value::Array(list) => {
            let texts = list.iter().map(|value| {
                value.as_str().map(|text| (text.to_owned(), text.to_owned())).ok_or_else(form)
            });
            texts.collect()
        }
        Value::Object(map) => {
            let texts = map.iter().map(|(label, value)| {
                value.as_str().map(|text| (label.clone(), text.to_owned())).ok_or_else(form)
            });
            texts.collect()
        }
        _ => Err(form()),
    }
}

fn labels(combination: &Combination) -> String {
    if combination.is_empty() {
        return String::new();
    }
    let labels: Vec<_> = combination.iter().map(|(_, label, _)| label.as_str()).collect();
    format!(" [{}]", labels.join(" | "))
}

/// A text with its placeholders filled in.
fn filled(place: &str, text: &str, values: &Combination) -> Result<String, SuiteError> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        // Go templates and Rego have other uses for two braces: they stand where no `}}` ends them.
        let Some((placeholder, behind)) = after.split_once("}}") else {
            break;
        };
        whole.push_str(before);
        let error = || SuiteError::Placeholder {
            place: place.to_owned(),
            placeholder: placeholder.to_owned(),
        };
        let value = |name: &str| {
            let known = values.iter().rev().find(|(known, ..)| known == name);
            known.map(|(_, _, text)| text.as_str()).ok_or_else(error)
        };
        match placeholder.split_once(' ') {
            None => whole.push_str(&filled(place, value(placeholder)?, values)?),
            Some(("url", name)) => whole.push_str(&escaped(value(name)?)),
            Some(("json", name)) => {
                whole.push_str(&Value::from(filled(place, value(name)?, values)?).to_string());
            }
            Some(("repeat", what)) => {
                let (count, unit) = what.split_once(' ').ok_or_else(error)?;
                let count: usize = count.parse().map_err(|_| error())?;
                if count.saturating_mul(unit.len()) > REPEATED {
                    return Err(error());
                }
                whole.push_str(&unit.repeat(count));
            }
            Some(_) => return Err(error()),
        }
        rest = behind;
    }
    whole.push_str(rest);
    Ok(whole)
}

/// Everything but letters, digits and `-._~` as `%XX`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
group: g
policies:
  p: "package p\nx := {{value}}"
scenarios:
- name: s
  policies: [p]
  data: '{"a": 1}'
  each: {value: ["1"]}
  steps:
  - request: GET /v1/query?q={{url q}}
    each: {q: {equal: "x = 1", other: 'a/"b"'}, n: [x]}
  - name: posted
    request: POST /v1/query
    headers: {Accept: "-", X: "{{value}}"}
    body: '{"query":{{json value}},"pad":"{{repeat 3 ab}}"}'
    compare: json
"#;

    #[test]
    fn every_combination_is_a_case_with_its_labels() {
        let scenarios = file("f", TEXT).unwrap();
        let [scenario] = scenarios.as_slice() else { panic!("one") };
        assert_eq!(scenario.name, "g/s [1]");
        assert_eq!(scenario.setup.len(), 2);
        assert_eq!(scenario.setup[1].body, b"package p\nx := 1");
        assert_eq!(scenario.setup[1].target, "/v1/policies/suite/p");
        let names: Vec<_> = scenario.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "g/s [1]: GET /v1/query?q={{url q}} [equal | x]",
                "g/s [1]: GET /v1/query?q={{url q}} [other | x]",
                "g/s [1]: posted"
            ]
        );
        assert_eq!(scenario.cases[1].wire.target, "/v1/query?q=a%2F%22b%22");
        let posted = &scenario.cases[2];
        assert_eq!(posted.wire.body, br#"{"query":"1","pad":"ababab"}"#);
        assert_eq!(posted.wire.headers, [("X".to_owned(), "1".to_owned())]);
        assert_eq!(posted.strictness, Strictness::Json);
    }

    #[test]
    fn what_stands_for_nothing_is_an_error_that_names_the_place() {
        let wrong = TEXT.replace("X: \"{{value}}\"", "X: \"{{valu}}\"");
        let error = file("f", &wrong).unwrap_err();
        assert!(matches!(
            &error,
            SuiteError::Placeholder { place, placeholder }
                if place == "g/s [1]: posted" && placeholder == "valu"
        ));
        let wrong = TEXT.replace("policies: [p]", "policies: [q]");
        assert!(matches!(
            file("f", &wrong),
            Err(SuiteError::Form { what, .. }) if what == "no policy q"
        ));
        let wrong = TEXT.replace("name: posted", "nam: posted");
        assert!(matches!(file("f", &wrong), Err(SuiteError::Yaml { .. })));
    }
}
