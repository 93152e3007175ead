//! A program that is made of another by compiling what has changed is the program that compiling
//! everything makes: the same answers, and the same errors in the same order.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod edits;

use edits::{Edits, Random};
use referee_core::Timestamp;
use referee_rego::{
    CompileOptions, EvalBudget, Module, Program, RegoEngine, RegoErrors, SyntaxTree, Value,
};
use std::collections::BTreeMap;
use std::time::Duration;

fn budget() -> EvalBudget {
    EvalBudget::new(Duration::from_secs(60), Timestamp::UNIX_EPOCH)
}

type Sources = Vec<(Module, Option<SyntaxTree>)>;

/// What is asked of programs; rules and packages of all modules are in it.
fn answers(program: &Program, queries: &[String]) -> Vec<String> {
    let input = Value::from_json_str(r#"{"user": "ann", "n": 3, "roles": ["a", "b"]}"#).unwrap();
    let budget = budget();
    let one = |query: &String| {
        let value = program.evaluate(query, &input, &budget);
        format!("{query}: {value:?}")
    };
    queries.iter().map(one).collect()
}

fn texts(errors: &RegoErrors) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

fn parsed(name: &str, text: &str) -> Option<(Module, Option<SyntaxTree>)> {
    let module = Module::new(name, text);
    let tree = SyntaxTree::of_module(&module, &CompileOptions::DEFAULT).ok()?;
    Some((module, Some(tree)))
}

fn whole(sources: &Sources, data: &Value) -> Result<Program, RegoErrors> {
    let options = CompileOptions::DEFAULT.with_data_conflicts_checked(true);
    RegoEngine::compile_parsed(sources, data.clone(), options)
}

#[test]
fn random_changes_make_the_program_that_compiling_everything_makes() {
    let data = Value::from_json_str(r#"{"users": {"ann": 1}, "p3": {"base": [1, 2]}}"#).unwrap();
    let (mut changes, mut incremental, mut refused) = (0, 0, 0);
    for seed in 0..60 {
        let mut edits = Edits::new(Random(seed));
        let mut known: BTreeMap<String, (Module, Option<SyntaxTree>)> = BTreeMap::new();
        for (name, text) in edits.first() {
            known.insert(name.clone(), parsed(&name, &text).unwrap());
        }
        let mut program =
            whole(&known.values().cloned().collect(), &data).expect("the first modules compile");
        for _ in 0..40 {
            let mut next = known.clone();
            for (name, text) in edits.next() {
                match text {
                    None => drop(next.remove(&name)),
                    Some(text) => {
                        let Some(module) = parsed(&name, &text) else { panic!("{text}") };
                        next.insert(name, module);
                    }
                }
            }
            let sources: Sources = next.values().cloned().collect();
            let expected = whole(&sources, &data);
            let made = program.with_parsed_modules(&sources, data.clone(), true);
            changes += 1;
            match (expected, made) {
                (Ok(expected), Ok(made)) => {
                    let queries = edits.queries();
                    let (a, b) = (answers(&expected, &queries), answers(&made, &queries));
                    assert_eq!(a, b, "seed {seed}, change {changes}");
                    let packages = (expected.packages(), made.packages());
                    assert_eq!(packages.0, packages.1);
                    assert_eq!(expected.all_rules(), made.all_rules());
                    assert_eq!(expected.reads(), made.reads());
                    incremental += usize::from(made.modules_compiled() < sources.len());
                    (program, known) = (made, next);
                }
                (Err(expected), Err(made)) => {
                    refused += 1;
                    assert_eq!(texts(&expected), texts(&made), "seed {seed}, change {changes}");
                    edits.undo();
                }
                (expected, made) => panic!(
                    "seed {seed}, change {changes}: {:?} but {:?}",
                    expected.map(|_| ()),
                    made.map(|_| ())
                ),
            }
        }
        // What is made where it is first asked for is the whole as well.
        let sources: Sources = known.values().cloned().collect();
        let expected = whole(&sources, &data).unwrap();
        for (module, _) in &sources {
            let json = (expected.module_json(&module.name), program.module_json(&module.name));
            assert_eq!(json.0, json.1);
        }
        let query = "x := data.p0; y := data.lib; z := data.p1.top";
        let input = Value::object([]);
        let budget = budget();
        let rows = (expected.query(query, &input, &budget), program.query(query, &input, &budget));
        assert_eq!(format!("{:?}", rows.0), format!("{:?}", rows.1));
    }
    println!("{changes} changes, {incremental} of them in part, {refused} refused");
    assert!(incremental > changes / 4, "{incremental} of {changes}");
    assert!(refused > changes / 20, "{refused} of {changes}");
}

#[test]
fn of_many_policies_only_the_one_that_is_written_is_compiled() {
    let text = |n: usize| {
        format!(
            "package app.p{n}\n\nimport data.lib.names\n\ndefault allow := false\n\nallow if {{\n\t\
             names.known(input.user)\n\tinput.n == {n}\n}}\n"
        )
    };
    let lib = "package lib.names\n\nknown(name) if name in {\"ann\", \"bob\"}\n";
    let mut known = BTreeMap::from([("lib".to_owned(), parsed("lib", lib).unwrap())]);
    for n in 0..100 {
        known.insert(format!("p{n}"), parsed(&format!("p{n}"), &text(n)).unwrap());
    }
    let data = Value::object([]);
    let program = whole(&known.values().cloned().collect(), &data).unwrap();
    known.insert("p100".into(), parsed("p100", &text(100)).unwrap());
    let sources: Sources = known.values().cloned().collect();
    let next = program.with_parsed_modules(&sources, data.clone(), true).unwrap();
    // With the library that it calls.
    assert_eq!(next.modules_compiled(), 2);
    let input = Value::from_json_str(r#"{"user": "ann", "n": 100}"#).unwrap();
    let asked = |program: &Program| program.eval("data.app.p100.allow", &input, &budget()).unwrap();
    assert_eq!(asked(&next), Some(Value::from(true)));
    assert_eq!(asked(&program), None);
    // All call the library: when it changes, everything is compiled.
    known.insert("lib".into(), parsed("lib", &lib.replace("ann", "eve")).unwrap());
    let sources: Sources = known.values().cloned().collect();
    let last = next.with_parsed_modules(&sources, data, true).unwrap();
    assert_eq!(last.modules_compiled(), 102);
    assert_eq!(asked(&last), Some(Value::from(false)));
}

#[test]
fn writing_one_policy_again_and_again_needs_no_more_room() {
    let data = Value::object([]);
    let mut known = BTreeMap::new();
    for n in 0..10 {
        let name = format!("p{n}");
        known.insert(name.clone(), parsed(&name, &format!("package p{n}\n\nx := {n}\n")).unwrap());
    }
    let mut program = whole(&known.values().cloned().collect(), &data).unwrap();
    let mut whole_ones = 0;
    for n in 0..2_500 {
        let text = format!("package p3\n\ny if input.a{n}.b.c == input.d{n}.e\n");
        known.insert("p3".into(), parsed("p3", &text).unwrap());
        let sources: Sources = known.values().cloned().collect();
        program = program.with_parsed_modules(&sources, data.clone(), true).unwrap();
        whole_ones += usize::from(program.modules_compiled() == 10);
    }
    // Paths into the input are counted up; from time to time the whole is compiled.
    assert!((1..10).contains(&whole_ones), "{whole_ones}");
}
