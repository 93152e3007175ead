//! Both sides: OPA behind pipes, and Referee's front.

use referee_core::Timestamp;
use referee_rego::{CompileOptions, EvalBudget, Module, PartialQuestion, RegoEngine, Value};
use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The real OPA.
pub(crate) struct Oracle(pub(crate) PathBuf);

fn lines(bytes: &[u8]) -> Vec<Json> {
    String::from_utf8_lossy(bytes).lines().map(read).collect()
}

/// A document; one with numbers that this reader does not hold is no answer, but for its id.
fn read(line: &str) -> Json {
    serde_json::from_str(line).unwrap_or_else(|error| {
        assert!(error.to_string().contains("number out of range"), "{error}: {line}");
        let id = line.strip_prefix("{\"id\":").and_then(|rest| rest.split(',').next());
        let id: u64 = id.unwrap().parse().unwrap();
        json!({ "id": id, "errors": [{ "message": "context deadline exceeded: out of range" }] })
    })
}

impl Oracle {
    /// Whether the program was built since it evaluates partially.
    pub(crate) fn knows_partial_evaluation(&self) -> bool {
        let case = json!({ "id": 0, "queries": ["input.x = 1"], "partial": {} });
        self.ask(&[case])[0]["answers"][0]["partial"]["queries"].is_array()
    }

    /// OPA's own cases, from the source of its tests.
    pub(crate) fn cases_of(&self, tests: &Path) -> Vec<Json> {
        let output = Command::new(&self.0).arg("-partial-cases").arg(tests).output().unwrap();
        lines(&output.stdout)
    }

    /// OPA's answers to requests, in their order.
    pub(crate) fn ask(&self, cases: &[Json]) -> Vec<Json> {
        let mut command = Command::new(&self.0);
        command.args(["--workers", "2"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut to = child.stdin.take().unwrap();
        let text: Vec<String> = cases
            .iter()
            .enumerate()
            .map(|(at, case)| {
                let mut case = case.clone();
                case["id"] = json!(at);
                case.to_string()
            })
            .collect();
        let writer = std::thread::spawn(move || to.write_all((text.join("\n") + "\n").as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        let mut answers = lines(&output.stdout);
        answers.sort_by_key(|answer| answer["id"].as_u64());
        assert_eq!(answers.len(), cases.len());
        answers
    }
}

fn strings(list: &Json) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// What Referee leaves of a case, as OPA's JSON, and as text.
pub(crate) fn ours(case: &Json) -> Result<(Json, String), String> {
    let modules = case["modules"].as_array().into_iter().flatten();
    let modules: Vec<Module> = modules
        .map(|module| {
            Module::new(module["name"].as_str().unwrap(), module["text"].as_str().unwrap())
        })
        .collect();
    let data = match &case["data"] {
        Json::Null => Value::object([]),
        data => Value::from_json(data.clone()).unwrap(),
    };
    let options = CompileOptions::DEFAULT
        .with_experimental_keywords(case["experimental_keywords"] == json!(true))
        .with_data_conflicts_checked(true);
    let program = RegoEngine::compile(&modules, data, options).map_err(|it| it.to_string())?;
    let now = Timestamp::from_unix_seconds(1_700_000_000).unwrap();
    let budget = EvalBudget::new(Duration::from_secs(30), now);
    let input = match case["input_term"].as_str() {
        Some(term) => {
            let rows = program.query_with(term, None, &budget).map_err(|it| it.to_string())?.rows;
            rows.into_iter().next().map(|row| row.expressions[0].value.clone())
        }
        None => match &case["input"] {
            Json::Null => None,
            input => Some(Value::from_json(input.clone()).unwrap()),
        },
    };
    let asked = &case["partial"];
    let unknowns = strings(&asked["unknowns"]);
    let disabled = strings(&asked["disable_inlining"]);
    let query = case["queries"][0].as_str().unwrap();
    let mut question = PartialQuestion::new(query, budget).over(input.as_ref());
    if !asked["unknowns"].is_null() {
        question = question.without(Some(&unknowns));
    }
    question.disable_inlining = &disabled;
    question.shallow_inlining = asked["shallow_inlining"] == json!(true);
    question.nondeterministic_builtins = asked["nondeterministic_builtins"] == json!(true);
    question.skip_namespace = asked["skip_namespace"] == json!(true);
    let residual = program.partial(&question).residual.map_err(|it| it.to_string())?;
    let left = serde_json::from_str(&residual.to_json()).map_err(|it| it.to_string())?;
    Ok((left, residual.to_rego()))
}

/// OPA lists modules of the support in the random order of Go's maps, and so rules that it finds
/// by their values: sorted they can be compared. The numbers in generated names depend on that
/// order, too.
fn sorted(list: &Json) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    let mut texts: Vec<String> = list.map(|item| unnumbered(&plain(item).to_string())).collect();
    texts.sort();
    texts
}

/// A tree without the indices of expressions, the expressions of bodies and rules of modules
/// being sorted.
fn plain(item: &Json) -> Json {
    match item {
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(plain).collect();
            let sortable = |item: &Json| item.get("terms").is_some() || item.get("head").is_some();
            if items.iter().all(sortable) {
                items.sort_by_key(|item| unnumbered(&item.to_string()));
            }
            Json::Array(items)
        }
        Json::Object(members) => {
            let members = members.iter().filter(|(name, _)| *name != "index");
            Json::Object(members.map(|(name, item)| (name.clone(), plain(item))).collect())
        }
        other => other.clone(),
    }
}

/// A text without the numbers of bodies in generated names: `__local0__12`, `__not1_0_2__`.
fn unnumbered(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (at, part) in text.split("\"").enumerate() {
        if at > 0 {
            plain.push('"');
        }
        let digits = |text: &str| text.trim_end_matches(|char: char| char.is_ascii_digit()).len();
        if part.starts_with("__not") {
            plain.push_str("__not__");
        } else if part.starts_with("__local") || part.starts_with("$_") || is_var(part) {
            plain.push_str(&part[..digits(part)]);
        } else {
            plain.push_str(part);
        }
    }
    plain
}

/// Whether a text may be a variable that got the number of its body.
fn is_var(text: &str) -> bool {
    let letters = text.trim_end_matches(|char: char| char.is_ascii_digit());
    letters.len() < text.len() && letters.len() <= 3 && letters.chars().all(char::is_alphanumeric)
}

/// Whether both leave the same; `false` where OPA refuses the case and Referee does, too.
pub(crate) fn compare(case: &Json, theirs: &Json) -> Result<bool, String> {
    let answer = &theirs["answers"][0];
    let refused = |faults: &Json| faults.as_array().is_some_and(|faults| !faults.is_empty());
    let ours = ours(case);
    if refused(&theirs["errors"]) || refused(&answer["errors"]) {
        let fault = if refused(&theirs["errors"]) { &theirs["errors"] } else { &answer["errors"] };
        return match ours {
            Err(_) => Ok(false),
            // OPA panics where it would turn round an `every`.
            Ok(_) if fault[0]["code"] == json!("panic") => Ok(false),
            // How long OPA may take is no matter of what it says.
            Ok(_) if fault.to_string().contains("context deadline exceeded") => Ok(false),
            Ok((_, text)) => Err(format!("OPA: {fault}\nours:\n{text}")),
        };
    }
    let partial = &answer["partial"];
    let theirs_text = strings(&partial["text"]).join("\n");
    let (ours, text) = ours.map_err(|error| format!("OPA:\n{theirs_text}\nours: {error}"))?;
    for part in ["queries", "support"] {
        if sorted(&ours[part]) != sorted(&partial[part]) {
            let query = case["queries"][0].as_str().unwrap();
            let modules: Vec<_> = case["modules"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|it| it["text"].as_str().unwrap())
                .collect();
            return Err(format!(
                "{query} {} {}\n{}\nOPA:\n{theirs_text}\nours:\n{text}\n",
                case["partial"],
                case["data"],
                modules.join("\n")
            ));
        }
    }
    Ok(true)
}
