//! Modules of every broken kind: each is read, or refused with an error at a place in it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what the tests share may fail as they may")]

mod support;

use referee_rego::{CompileOptions, Module, RegoCode, RegoEngine, RegoErrors, SyntaxTree, Value};
use std::fmt::Write;
use support::{budget, compile, told};

/// Something of every form.
const RICH: &str = r#"# METADATA
# title: All of it
# custom:
#   severity: [HIGH, "LOW"]
package rich.sample["x"]

import data.lib.f as g
import input.request

# METADATA
# scope: rule
default allow := false

allow if {
	some i, item in input.items
	item.name == `raw\n` # a comment
	not denied with input as {"a": [1, -2.5e3, null]} with data.x as set()
	every k, v in item.labels { startswith(k, "é\u00e9\n"); v != "" }
} else := {"why": $"is {input.user}"} if {
	x := [y | y := input.list[_]; y > 3]
	{z: w | some z, w in x} == {1: 2,}
}

denied contains msg if msg := sprintf("%v", [input.a["b"].c[_]])

conf.deep[key].of contains {1, 2, "three"} if some key in ["a", "b"]

f(_, [x, {"k": y}]) := (x + y) * 2 / 3 % 4 - 1 if x & y | x
"#;

fn read(text: &str) -> Result<SyntaxTree, RegoErrors> {
    SyntaxTree::parse("m.rego", text, false)
}

/// That every error of a text stands in it.
fn placed(text: &str, errors: &RegoErrors) {
    let rows = text.split('\n').count();
    for error in errors.iter() {
        assert_eq!(error.code, RegoCode::Parse, "{error}");
        let place = error.location.as_ref().unwrap();
        assert_eq!(place.file, "m.rego");
        assert!(usize::try_from(place.row).unwrap() <= rows, "{error}\n{text}");
        let line = text.split('\n').nth(usize::try_from(place.row).unwrap().saturating_sub(1));
        let longest = line.unwrap_or_default().len() + 1;
        assert!(usize::try_from(place.col).unwrap() <= longest, "{error} col {}", place.col);
    }
}

#[test]
fn a_module_cut_off_anywhere_is_read_or_refused_at_a_place_in_it() {
    assert!(read(RICH).is_ok());
    let mut refused = 0;
    for (at, _) in RICH.char_indices() {
        let (text, _) = RICH.split_at(at);
        for rego_v0 in [false, true] {
            if let Err(errors) = SyntaxTree::parse("m.rego", text, rego_v0) {
                placed(text, &errors);
                refused += 1;
            }
        }
    }
    assert!(refused > 1_000, "{refused}");
}

#[test]
fn a_module_with_any_one_character_replaced_is_read_or_refused_at_a_place_in_it() {
    for mark in
        ["\0", "\u{ff}", "\"", "{", "}", "`", "\u{feff}", "\r", "(", "\\", "#", "\u{202e}", ""]
    {
        for (at, old) in RICH.char_indices() {
            let (before, after) = RICH.split_at(at);
            let text = format!("{before}{mark}{}", after.strip_prefix(old).unwrap());
            if let Err(errors) = read(&text) {
                placed(&text, &errors);
            }
        }
    }
}

/// The first error of a module.
fn refusal(text: &str) -> String {
    let errors = compile(text).map(|_| panic!("compiles: {text:.80}")).unwrap_err();
    let error = errors.first();
    let place = error.location.as_ref().map(|place| format!("{}:{}: ", place.row, place.col));
    let mut message = format!("{}{}: {}", place.unwrap_or_default(), error.code, error.message);
    if message.len() > 200 {
        message = format!("{}…", message.chars().take(160).collect::<String>());
    }
    message
}

/// Ten megabytes of one thing.
fn ten_megabytes(of: &str) -> String {
    format!("package p\nx := {}", of.repeat((10 << 20) / of.len()))
}

#[test]
fn ten_megabytes_of_one_thing_are_refused_for_what_it_is() {
    for (part, expected) in [
        ("[", "rego_parse_error: max parsing recursion depth exceeded"),
        ("{", "rego_parse_error: max parsing recursion depth exceeded"),
        ("(", "rego_parse_error: max parsing recursion depth exceeded"),
        ("-", "rego_parse_error: "),
        ("not ", "rego_parse_error: "),
        ("x", "rego_unsafe_var_error: var xxxx"),
        ("\0", "rego_parse_error: illegal null character"),
        ("\"", "rego_parse_error: "),
        ("`", "rego_parse_error: "),
        ("1 + ", "rego_parse_error: max parsing recursion depth exceeded"),
        ("x.", "rego_parse_error: "),
        ("x[", "rego_parse_error: max parsing recursion depth exceeded"),
        ("\u{feff}", "rego_parse_error: illegal byte-order mark"),
        ("0", "rego_parse_error: "),
        ("1e", "rego_parse_error: "),
        ("\\", "rego_parse_error: "),
        ("😀", "rego_parse_error: "),
    ] {
        let refused = refusal(&ten_megabytes(part));
        let (_, error) = refused.split_once(": ").unwrap();
        assert!(error.starts_with(expected), "{part}: {refused}");
    }
}

#[test]
fn numbers_of_absurd_size_are_refused() {
    let digits = "9".repeat(1_000_000);
    let text = format!("package p\nx := 0.{digits} < 1");
    assert_eq!(told(&text, &Value::null()), "true");
    let huge = format!("package p\nx := 1e{digits}");
    assert_eq!(refusal(&huge), "2:6: rego_parse_error: unexpected number token: invalid float");
    for number in [&digits, "1e999999999", "1e-999999999"] {
        let refused = refusal(&format!("package p\nx := {number}"));
        assert_eq!(refused, "2:6: rego_parse_error: number too big", "{number:.20}");
    }
}

#[test]
fn strings_of_escapes_are_read() {
    let escapes = r#"\u00e9\n\t\"\\"#.repeat(100_000);
    let text = format!("package p\nx := count(\"{escapes}\")");
    assert_eq!(told(&text, &Value::null()), "500000");
    for (escape, expected) in [(r"\x41", "3:6"), (r"\u12", "3:6"), (r"\", "3:6"), ("\n", "3:6")] {
        let refused = refusal(&format!("package p\n\nx := \"{escape}\""));
        assert!(refused.starts_with(expected), "{escape}: {refused}");
        assert!(refused.contains("rego_parse_error"), "{escape}: {refused}");
    }
}

#[test]
fn a_hundred_thousand_rules_are_a_program() {
    let mut text = "package p\n".to_owned();
    for at in 0..100_000 {
        writeln!(text, "x contains {at}").unwrap();
    }
    let program = compile(&text).unwrap();
    let value = program.eval("data.p.x", &Value::null(), &budget()).unwrap().unwrap();
    assert_eq!(value.elements().unwrap().len(), 100_000);
}

#[test]
fn a_hundred_thousand_imports_are_read() {
    let mut text = "package p\n".to_owned();
    for at in 0..100_000 {
        writeln!(text, "import data.q{at}").unwrap();
    }
    text.push_str("x := 1\n");
    assert_eq!(told(&text, &Value::null()), "1");
    let twice = "package p\nimport data.q\nimport data.q\nx := q\n";
    let strict = CompileOptions::DEFAULT.with_strict(true);
    let modules = [Module::new("p.rego", twice)];
    let errors = RegoEngine::compile(&modules, Value::object([]), strict).unwrap_err();
    let error = errors.first();
    assert_eq!(error.code, RegoCode::Compile);
    assert_eq!(error.message, "import must not shadow import data.q");
}

fn modules(texts: &[&str]) -> Result<referee_rego::Program, RegoErrors> {
    let named =
        texts.iter().enumerate().map(|(at, text)| Module::new(format!("m{at}.rego"), *text));
    let modules: Vec<_> = named.collect();
    RegoEngine::compile(&modules, Value::object([]), CompileOptions::DEFAULT)
}

#[test]
fn packages_that_import_one_another_are_a_program_and_rules_in_a_ring_are_not() {
    let imports =
        ["package a\nimport data.b\nx := b.y\n", "package b\nimport data.a\ny := 1\nz := a.x\n"];
    let program = modules(&imports).unwrap();
    let value = program.eval("data.b.z", &Value::null(), &budget());
    assert_eq!(value, Ok(Some(Value::from(1))));
    for (texts, expected) in [
        (
            ["package a\nimport data.b\nx := b.y\n", "package b\nimport data.a\ny := a.x\n"],
            "rule data.a.x is recursive: data.a.x -> data.b.y -> data.a.x",
        ),
        (
            ["package a\nx := data.b\n", "package b\ny := data.a.x\n"],
            "rule data.a.x is recursive: data.a.x -> data.b.y -> data.a.x",
        ),
        (
            ["package a\nf(x) := data.b.g(x)\n", "package b\ng(x) := data.a.f(x)\n"],
            "rule data.a.f is recursive: data.a.f -> data.b.g -> data.a.f",
        ),
        (
            ["package a\nx := data[input.y]\n", "package b\ny := 1\n"],
            "rule data.a.x is recursive: data.a.x -> data.a.x",
        ),
    ] {
        let errors = modules(&texts).unwrap_err();
        let error = errors.first();
        assert_eq!((error.code, error.message.as_str()), (RegoCode::Recursion, expected));
    }
}

#[test]
fn a_thousand_of_anything_within_one_another_are_refused() {
    let nest = |open: &str, inner: &str, close: &str| {
        format!("package p\nx if {{ y := {}{inner}{} }}", open.repeat(1_000), close.repeat(1_000))
    };
    let deep = "rego_parse_error: max parsing recursion depth exceeded";
    for (text, expected) in [
        (nest("[z | z := ", "1", "]"), deep),
        (nest("{z | z := ", "1", "}"), deep),
        (nest("{1: z | z := ", "1", "}"), "rego_parse_error: "),
        (nest("[1 | every z in [1] { z; true == ", "1", "}]"), deep),
        (nest("f(", "1", ")"), deep),
        (nest("$\"{", "1", "}\""), deep),
        (nest("{\"a\": ", "1", "}"), deep),
        (format!("package p\nx if y{}", " else := 1 if y".repeat(1_000)), deep),
        (format!("package p\nx if {}true", "not ".repeat(1_000)), "rego_parse_error: "),
        (format!("package p\nx := {}1", "1 - ".repeat(1_000)), deep),
    ] {
        let refused = refusal(&text);
        assert!(refused.contains(expected), "{refused}: {text:.60}");
    }
}

#[test]
fn a_thousand_replacements_on_one_expression_hold_in_their_order() {
    let withs = (0..1_000).map(|at| format!(" with input.k{at} as {at}"));
    let text = format!("package p\ny := input.k999\nx := z if z := y{}", withs.collect::<String>());
    assert_eq!(told(&text, &Value::object([])), "999");
}

#[test]
fn marks_that_look_like_others_are_not_those() {
    for (text, expected) in [
        ("package p\nх := 1", "2:1: rego_parse_error: illegal token"),
        ("package p\nx ꞉= 1", "2:3: rego_parse_error: illegal token"),
        ("package p\nx := “a”", "2:6: rego_parse_error: illegal token"),
        (
            "package p\nx := 1\u{a0}+ 2",
            "2:6: rego_parse_error: unexpected number token: invalid float",
        ),
        ("package p\nx := y\u{2028}y := 2", "2:7: rego_parse_error: illegal token"),
        ("package p\nx := ١", "2:6: rego_parse_error: illegal token"),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
}

#[test]
fn line_ends_and_marks_at_the_beginning_of_a_file_change_nothing() {
    let text = "package p\n\nx := y if {\n\ty := 1\n}\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
        assert_eq!(told(&text, &Value::null()), "1", "{text:?}");
    }
}
