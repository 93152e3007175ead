//! Programs of the fuzzer, asked partially.

use referee_conformance::fuzz::{Options, sketch};
use referee_conformance::rego::Input;
use serde_json::{Value as Json, json};

/// The cases of a seed: each query of its program, with something of it unknown.
pub(crate) fn cases(seed: u64) -> Vec<Json> {
    let options =
        Options { v0: 0, strict: 0, broken: 0, strict_builtin_errors: 0, ..Options::default() };
    let program = sketch(seed, &options).program();
    let parse = |text: String| serde_json::from_str::<Json>(&text).unwrap();
    let data = program.data.as_ref().map_or(json!({}), |data| parse(data.to_string()));
    let input = match &program.input {
        Input::Json(input) => parse(input.to_string()),
        _ => Json::Null,
    };
    let modules: Vec<Json> = program
        .modules
        .iter()
        .map(|module| json!({ "name": module.name, "text": module.text }))
        .collect();
    let keys = |document: &Json, root: &str| -> Vec<String> {
        let names = document.as_object().into_iter().flatten().map(|(name, _)| name);
        names.map(|name| format!("{root}[{}]", json!(name))).collect()
    };
    let (inputs, bases) = (keys(&input, "input"), keys(&data, "data"));
    let queries = program.queries.iter().enumerate();
    queries
        .map(|(at, query)| {
            let turn = usize::try_from(seed).unwrap() + at;
            let some = |list: &[String]| list.get(turn % list.len().max(1)).cloned();
            let unknowns = match turn % 4 {
                0 => vec!["input".to_owned()],
                1 => some(&inputs).into_iter().chain(some(&bases)).collect(),
                2 => some(&bases).into_iter().chain(["input".to_owned()]).collect(),
                _ => some(&inputs).into_iter().collect(),
            };
            // The query on its own, as rules are asked for, negated, and with its value.
            let query = match (turn % 3, query.strip_suffix(" = x")) {
                (0, Some(alone)) => alone.to_owned(),
                (1, Some(alone)) => format!("not {alone}"),
                _ => query.clone(),
            };
            json!({
                "id": format!("seed {seed} query {at}"),
                "modules": modules,
                "data": data,
                "input": input,
                "queries": [query],
                "prints": true,
                "timeout_ms": 5_000,
                "partial": {
                    "unknowns": unknowns,
                    "disable_inlining": (turn % 7 == 3).then(|| query_path(&query)),
                    "shallow_inlining": turn % 11 == 5,
                },
            })
        })
        .collect()
}

/// The rule that a query asks for.
fn query_path(query: &str) -> Vec<String> {
    let path: String =
        query.chars().take_while(|char| char.is_alphanumeric() || "._".contains(*char)).collect();
    vec![path]
}
