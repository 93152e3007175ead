//! Policies and inputs that mean harm, or look as if: none may hang, crash or pass for another.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what the tests share may fail as they may")]

use referee_core::Timestamp;
use referee_rego::{
    CompileOptions, EngineChoice, EvalBudget, Module, Program, RegoCode, RegoEngine, RegoError,
    RegoErrors, Value, ValueError,
};
use std::time::{Duration, Instant};

fn regorus() -> CompileOptions {
    CompileOptions::DEFAULT.with_engine(EngineChoice::Regorus)
}

fn compile(text: &str) -> Result<Program, RegoErrors> {
    let data = Value::object([]);
    RegoEngine::compile(&[Module::new("p.rego", text)], data, regorus())
}

fn budget(time: Duration) -> EvalBudget {
    EvalBudget::new(time, Timestamp::UNIX_EPOCH)
}

fn eval(text: &str, input: &Value) -> Result<Option<Value>, RegoError> {
    let text = format!("package p\n\n{text}\n");
    let program = compile(&text).map_err(|errors| errors.first().clone())?;
    program.eval("data.p.x", input, &budget(Duration::from_secs(5)))
}

fn code(text: &str) -> RegoCode {
    let result = eval(text, &Value::null());
    result.map(|value| panic!("{value:?} of {text:.80}")).unwrap_err().code
}

#[test]
fn a_loop_that_never_ends_is_cancelled_when_its_time_is_over() {
    let limit = Duration::from_millis(100);
    for body in [
        "numbers.range(1, 1000)[_] + numbers.range(1, 1000)[_] + numbers.range(1, 1000)[_] < 0",
        "every a in numbers.range(1, 900000) { every b in numbers.range(1, 900000) { a + b > 0 } }",
        "count([1 | some a in numbers.range(1, 5000); some b in numbers.range(1, 5000); a < b]) < 0",
        "not f(1)",
    ] {
        let text = format!(
            "package p\n\nx if {{ {body} }}\n\nf(_) if {{ some a in numbers.range(1, 50000); some b in \
             numbers.range(1, 50000); a + b < 0 }}\n\nf(2) := true\n"
        );
        let program = compile(&text).unwrap();
        let started = Instant::now();
        let error = program.eval("data.p.x", &Value::null(), &budget(limit)).unwrap_err();
        let elapsed = started.elapsed();
        assert_eq!(error.code, RegoCode::EvalCancel, "{body}: {error}");
        // Left alone, each would take minutes or more. How promptly it ends is for benchmarks: a
        // busy machine may let this thread wait for seconds.
        assert!(elapsed < Duration::from_secs(30), "{body}: {elapsed:?}");
    }
}

#[test]
fn no_time_at_all_is_a_cancelled_evaluation() {
    let program = compile("package p\n\nx := 1\n").unwrap();
    let error = program.eval("data.p.x", &Value::null(), &budget(Duration::ZERO)).unwrap_err();
    assert_eq!(error.code, RegoCode::EvalCancel);
}

#[test]
fn builtins_that_would_take_all_memory_end_the_evaluation_even_inside_not() {
    for call in [
        "numbers.range(1, 1000000000)",
        "numbers.range(-9223372036854775808, 9223372036854775807)",
        "numbers.range(0, 1e30)",
        "numbers.range(0, 1e300)",
        "numbers.range_step(0, 100000000000, 2)",
        "net.cidr_expand(\"10.0.0.0/8\")",
        "net.cidr_expand(\"::/0\")",
        "sprintf(\"%999999999d\", [1])",
        "sprintf(\"%0999999999999999999999999d\", [1])",
        "sprintf(\"%.99999999f\", [1.5])",
        "bits.lsh(1, 4000000000)",
        "replace(input.long, \"\", input.long)",
        "replace(input.long, \"a\", input.long)",
        "regex.replace(input.long, \"a\", input.long)",
        "strings.replace_n({\"a\": input.long}, input.long)",
        "concat(input.long, numbers.range(1, 100000))",
        "json.patch({}, [{\"op\": \"add\", \"path\": input.deep, \"value\": 1}])",
        "graph.reachable_paths(input.graph, {\"0\"})",
    ] {
        let graph: serde_json::Map<_, _> = (0..60_u32)
            .map(|node| {
                let next: Vec<_> = (node + 1..(node + 4).min(60)).map(|n| n.to_string()).collect();
                (node.to_string(), next.into())
            })
            .collect();
        let input = serde_json::json!({
            "long": "a".repeat(1 << 20), "deep": "/a".repeat(100_000), "graph": graph,
        });
        let started = Instant::now();
        let result = eval(&format!("x if not {call}"), &Value::from_json(input).unwrap());
        let error = result.map(|value| panic!("{call} is {value:?}")).unwrap_err();
        assert_eq!(error.code, RegoCode::EvalBuiltin, "{call}: {error}");
        assert!(started.elapsed() < Duration::from_secs(20), "{call}");
    }
}

#[test]
fn bounded_builtins_do_their_work_below_the_bounds() {
    for (call, expected) in [
        ("numbers.range(1, 3)", "[1,2,3]"),
        ("numbers.range(3, 1)", "[3,2,1]"),
        ("numbers.range_step(0, 10, 5)", "[0,5,10]"),
        ("count(numbers.range(1, 1000000))", "1000000"),
        ("net.cidr_expand(\"10.0.0.0/30\")", r#"["10.0.0.0","10.0.0.1","10.0.0.2","10.0.0.3"]"#),
        ("sprintf(\"%5d|%s|%%|%v\", [1, \"a\", [2]])", "\"    1|a|%|[2]\""),
        ("bits.lsh(1, 60)", "1152921504606846976"),
        ("replace(\"aXa\", \"X\", \"-\")", "\"a-a\""),
        ("strings.replace_n({\"a\": \"b\"}, \"cat\")", "\"cbt\""),
        ("concat(\",\", {\"b\", \"a\"})", "\"a,b\""),
        ("json.patch({}, [{\"op\": \"add\", \"path\": \"/a\", \"value\": 1}])", r#"{"a":1}"#),
        ("graph.reachable_paths({\"a\": [\"b\"], \"b\": []}, {\"a\"})", r#"[["a","b"]]"#),
        ("strings.count(\"dummy\", \"\")", "6"),
        ("strings.count(\"aaaa\", \"aa\")", "2"),
        ("opa.runtime()", "{}"),
    ] {
        let value = eval(&format!("x := {call}"), &Value::null()).unwrap();
        assert_eq!(value.unwrap().to_json_string(), expected, "{call}");
    }
}

#[test]
fn source_nested_too_deep_is_an_error_at_load() {
    for (open, close) in
        [("[", "]"), ("(", ")"), ("{\"a\": ", "}"), ("f(", ")"), ("[1 | x := ", "]"), ("y[", "]")]
    {
        for depth in [300, 10_000, 300_000] {
            let text = format!("x := {}1{}", open.repeat(depth), close.repeat(depth));
            assert_eq!(code(&text), RegoCode::Parse, "{open} {depth}");
        }
    }
    for link in ["1 + ", "x.", "- ", "1 in ", "1 +\n", "1 == "] {
        assert_eq!(code(&format!("x := {}1", link.repeat(100_000))), RegoCode::Parse, "{link}");
    }
    for link in ["[0]", ".a"] {
        assert_eq!(code(&format!("x := input{}", link.repeat(100_000))), RegoCode::Parse, "{link}");
    }
}

#[test]
fn source_that_a_parser_reads_twice_at_every_depth_does_not_hold_it_up() {
    for (open, close) in [("[", "]"), ("{", "}"), ("{\"a\": ", "}"), ("[{\"a\": ", "}]")] {
        for depth in [5, 12, 14, 15, 16, 17, 18, 25, 39] {
            let text = format!("x := {}1{}", open.repeat(depth), close.repeat(depth));
            let started = Instant::now();
            let _ = eval(&text, &Value::null());
            assert!(started.elapsed() < Duration::from_secs(120), "{open} {depth}");
        }
    }
}

#[test]
fn chains_just_inside_the_limit_are_compiled_and_evaluated() {
    let sum = format!("x := {}1", "1 + ".repeat(200));
    assert_eq!(eval(&sum, &Value::null()).unwrap().unwrap().to_json_string(), "201");
    let sum = format!("x := {}1{}", "(1 + ".repeat(28), ")".repeat(28));
    assert_eq!(eval(&sum, &Value::null()).unwrap().unwrap().to_json_string(), "29");
}

#[test]
fn rules_inside_rules_are_bounded_and_what_is_allowed_fits_the_stack() {
    let chain = |length: usize, link: &dyn Fn(usize) -> String| {
        let rules: Vec<_> = (0..length).map(link).collect();
        format!("x := r0\n\n{}\n\nr{length} := 1\nr{length}_f(_) := 1\n", rules.join("\n"))
    };
    let plain = |n: usize| format!("r{n} := r{}", n + 1);
    let nested = |n: usize| format!("r{n} := [y | some y in [z | z := {{w | w := r{}}}]]", n + 1);
    let function = |n: usize| format!("r{n} := r{n}_f(1)\nr{n}_f(_) := r{}_f(1)", n + 1);
    let dotted = |n: usize| {
        format!(
            "r{n} if {{ every y in [1] {{ some z in [y]; not not_{n}; data.p.r{} }} }}\nnot_{n} if false",
            n + 1
        )
    };
    for (name, link) in [
        ("plain", &plain as &dyn Fn(usize) -> String),
        ("nested", &nested),
        ("function", &function),
        ("dotted", &dotted),
    ] {
        assert_eq!(code(&chain(2_000, link)), RegoCode::Compile, "{name}");
        let longest = (1..400).rev().find(|length| {
            let text = format!("package p\n\n{}\n", chain(*length, link));
            compile(&text).is_ok()
        });
        let longest = longest.unwrap();
        println!("{name}: {longest}");
        eval(&chain(longest, link), &Value::null()).unwrap();
    }
}

#[test]
fn recursion_is_an_error_at_load_however_it_is_hidden() {
    for text in [
        "x := x",
        "x := y\ny := x",
        "x := f(1)\nf(n) := f(n - 1)",
        "x := f(1)\nf(n) := g(n)\ng(n) := f(n)",
        "x := f(1)\nf(n) := data.p.f(n)",
        "x := data.p",
        "x := data[y] if some y in [\"p\"]",
        "x contains y if some y in x",
        "x := [y | y := z]\nz := count(x)",
    ] {
        assert_eq!(code(text), RegoCode::Recursion, "{text}");
    }
    let error = eval("x := y\ny := x", &Value::null()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "p.rego:3: rego_recursion_error: rule data.p.x is recursive: data.p.x -> data.p.y -> data.p.x"
    );
}

#[test]
fn what_only_looks_like_recursion_is_none() {
    for text in [
        "x := y if { y := 1 }\ny := x",
        "x := input.x",
        "x := f(1)\nf(x) := x",
        "x := y.a\ny.a := 1\ny.b := x",
    ] {
        let input = Value::object([("x", Value::from(1))]);
        assert!(eval(text, &input).unwrap().is_some(), "{text}");
    }
}

#[test]
fn input_and_data_nested_too_deep_are_refused() {
    let text = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(matches!(Value::from_json_str(&text), Err(ValueError::Json { .. })));
    let mut json = serde_json::Value::Null;
    let mut value = Value::null();
    for _ in 0..200 {
        json = serde_json::json!([json]);
        value = Value::object([("a", value)]);
    }
    assert!(matches!(Value::from_json(json), Err(ValueError::TooDeep)));
    let errors = RegoEngine::compile(&[], value, regorus()).unwrap_err();
    assert_eq!(errors.first().code, RegoCode::Compile);
}

#[test]
fn numbers_of_absurd_size_are_refused_not_computed() {
    for text in ["1e999999999", "1e400", "-1e1000000"] {
        let error = eval("x := input", &Value::from_json_str(text).unwrap()).unwrap_err();
        assert_eq!(error.code, RegoCode::EvalType);
        assert!(error.message.starts_with("the engine regorus cannot hold the number"), "{error}");
    }
    for call in ["to_number(\"1e999999999\")", "json.unmarshal(\"1e999999999\")"] {
        assert_eq!(eval(&format!("x := {call}"), &Value::null()).unwrap(), None, "{call}");
    }
}

#[test]
fn a_result_nested_too_deep_is_an_error() {
    let rules: Vec<_> = (0..50).map(|n| format!("r{n} := [[[r{}]]]", n + 1)).collect();
    let text = format!("x := r0\n{}\nr50 := 1", rules.join("\n"));
    assert_eq!(code(&text), RegoCode::EvalType);
}

#[test]
fn there_is_no_network() {
    let send = eval(
        "x := http.send({\"method\": \"GET\", \"url\": \"http://127.0.0.1:1/\"})",
        &Value::null(),
    );
    assert_eq!(send, Ok(None));
    assert_eq!(code("x := net.lookup_ip_addr(\"example.org\")"), RegoCode::Type);
}

#[test]
fn a_panic_of_the_interpreter_is_an_internal_error() {
    // `is_numeric` takes a superscript for a digit, `to_digit` does not.
    let error = eval("x := sprintf(\"%\\u00b2d\", [1])", &Value::null()).unwrap_err();
    assert_eq!(error.code, RegoCode::Internal);
    assert!(error.message.starts_with("the interpreter panicked: "), "{error}");
}

#[test]
fn policies_with_random_damage_neither_crash_nor_hang() {
    let source = include_str!("../../../policies/packs/distinct-keys/policy.rego");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(bound).unwrap()).unwrap()
    };
    let pieces = [
        "{",
        "}",
        "[",
        "(",
        ")",
        "\"",
        "`",
        "#",
        "|",
        " if ",
        " some ",
        "not ",
        "every x in ",
        ":=",
        "contains ",
        "with input as ",
        "else ",
        "\n",
        "data",
        ".",
        "\u{fe0f}",
        "1e9",
        "\\u12",
    ];
    for _ in 0..1_500 {
        let mut text = source.to_owned();
        for _ in 0..=random(4) {
            let mut from = random(text.len());
            while !text.is_char_boundary(from) {
                from -= 1;
            }
            let mut to = (from + random(30)).min(text.len());
            while !text.is_char_boundary(to) {
                to += 1;
            }
            text.replace_range(from..to, &pieces[random(pieces.len())].repeat(1 + random(3)));
        }
        let started = Instant::now();
        if let Ok(program) = compile(&text) {
            let budget = budget(Duration::from_secs(1));
            let _ = program.eval("data.referee.packs.distinct_keys", &Value::null(), &budget);
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{text}");
    }
}
