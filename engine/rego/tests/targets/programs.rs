//! Modules: any text is read or refused at a place in it, and what compiles is evaluated to the
//! same value however it is looked at.

use super::{budget, grammar};
use referee_rego::{
    CompileOptions, Module, Program, Question, RegoCode, RegoEngine, RegoErrors, Reports,
    SyntaxTree, Value,
};
use std::sync::Arc;

/// Any bytes as a module: the first says in which version of Rego.
pub(super) fn parse(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let rego_v0 = first & 1 == 1;
    match SyntaxTree::parse("m.rego", &text, rego_v0) {
        Ok(tree) => {
            let json = tree.to_json(true, true);
            assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
            assert!(!tree.sketch(true).is_empty());
        }
        Err(errors) => errors.iter().for_each(|error| {
            let place = error.location.as_ref();
            let rows = text.split('\n').count();
            let within = |row: u32| usize::try_from(row).is_ok_and(|row| row <= rows.max(1));
            assert!(place.is_none_or(|place| within(place.row)), "{error:?} is outside");
            assert!(!error.message.is_empty());
        }),
    }
    let options = CompileOptions::DEFAULT.with_rego_v0(rego_v0).with_strict(first & 2 == 2);
    if let Ok(program) = compile(&text, options) {
        agree(&program, "data", &input());
    }
}

/// Bytes as choices among the forms of the language.
pub(super) fn evaluate(bytes: &[u8]) {
    let text = grammar::module(bytes);
    let options = CompileOptions::DEFAULT.with_strict_builtin_errors(bytes.len() % 2 == 1);
    match compile(&text, options) {
        Ok(program) => agree(&program, "data.t", &input()),
        Err(errors) => {
            let parses = errors.iter().all(|error| error.code != RegoCode::Parse);
            assert!(parses, "the grammar writes what does not parse: {errors}\n{text}");
        }
    }
}

fn compile(text: &str, options: CompileOptions) -> Result<Program, RegoErrors> {
    let modules = [Module::new("m.rego", Arc::<str>::from(text))];
    let compiled = RegoEngine::compile(&modules, data(), options);
    let faulty = |errors: &RegoErrors| errors.iter().any(|e| e.code == RegoCode::Internal);
    assert!(!compiled.as_ref().is_err_and(faulty), "{compiled:?}\n{text}");
    compiled
}

fn input() -> Value {
    document(r#"{"a": [1, 2, 2, "x"], "b": {"c": 1, "d": [], "x": null}, "n": 3, "s": "xyz"}"#)
}

fn data() -> Value {
    document(r#"{"base": {"k": ["a", "b", 1], "m": {"a": 1, "b": {"c": [2]}}, "e": {}}}"#)
}

fn document(text: &str) -> Value {
    Value::from_json_str(text).unwrap_or_else(|_| Value::null())
}

/// A question has one answer: asked again, without shortcuts, and when each step is followed.
fn agree(program: &Program, query: &str, input: &Value) {
    let plain = Question::new(query, budget()).over(Some(input));
    let first = program.ask(&plain).results;
    if first.as_ref().is_err_and(|errors| errors.first().code == RegoCode::EvalCancel) {
        return;
    }
    assert_eq!(first, program.ask(&plain).results, "asked again");
    // Without an early exit an error comes up that is passed by with one, and the other way about
    // nothing may be lost.
    let Ok(first) = first else { return };
    let mut slow = plain.clone();
    slow.indexing = false;
    let reports = Reports { coverage: true, trace: true, variables: true, ..Reports::default() };
    let watched = plain.clone().telling(reports);
    let value = program.eval(query, input, &budget()).ok().flatten();
    let bound = first.rows.first().and_then(|row| row.expressions.first());
    assert_eq!(bound.map(|expression| &expression.value), value.as_ref(), "as a path");
    for (name, question) in [("without an index", slow), ("watched", watched)] {
        match program.ask(&question).results {
            Ok(results) => assert_eq!(first.rows, results.rows, "{name}"),
            Err(errors) => {
                assert_eq!(errors.first().code, RegoCode::EvalCancel, "{name}: {errors}");
            }
        }
    }
}
