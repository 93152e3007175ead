//! Rules of every kind, as they are printed after reading.

mod support;

use referee_rego_syntax::ParseOptions;
use referee_rego_syntax::ast::RegoVersion;
use support::check;

#[test]
fn rules_with_one_value() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p := 1", "p := 1 if { true }"),
        ("p = 1", "p = 1 if { true }"),
        ("p if x", "p = true if { x }"),
        ("p if { x; y }", "p = true if { x; y }"),
        ("p := x if { x := 1 }", "p := x if { assign(x, 1) }"),
        ("p.q.r := 1", "p.q.r := 1 if { true }"),
        ("p.q if x", "p.q = true if { x }"),
        ("p[x] := y if y := x", "p[x] := y if { assign(y, x) }"),
        ("p[x] if x := 1", "p[x] = true if { assign(x, 1) }"),
        ("p.q[x].r := 1 if x := 2", "p.q[x].r := 1 if { assign(x, 2) }"),
        ("p[\"a b\"].c := 1", "p[\"a b\"].c := 1 if { true }"),
        ("p := {1, 2}", "p := {1, 2} if { true }"),
        ("p := input", "p := input if { true }"),
        ("p\t:=\t1", "p := 1 if { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn rules_with_many_values() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p contains 1", "p contains 1 if { true }"),
        ("p contains x if x := 1", "p contains x if { assign(x, 1) }"),
        ("p contains x if { x := 1 }", "p contains x if { assign(x, 1) }"),
        (
            "p.q contains [x, y] if { x := 1; y := 2 }",
            "p.q contains [x, y] if { assign(x, 1); assign(y, 2) }",
        ),
        (
            "p[x] contains y if { x := 1; y := 2 }",
            "p[x] contains y if { assign(x, 1); assign(y, 2) }",
        ),
        (
            "contains contains 1",
            "2:1: rego_parse_error: var cannot be used for rule name\n2:10: rego_parse_error: var cannot be used for rule name\n2:19: rego_parse_error: number cannot be used for rule name",
        ),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn functions() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("f(x) := x", "f(x) := x if { true }"),
        ("f(x) = 1 if x", "f(x) = 1 if { x }"),
        ("f(x, [y], {\"a\": z}) := x", "f(x, [y], {\"a\": z}) := x if { true }"),
        ("f(_, _) := 1", "f(_, _) := 1 if { true }"),
        ("f(x) if { x }", "f(x) = true if { x }"),
        ("a.b.f(x) := 1", "a.b.f(x) := 1 if { true }"),
        ("f() := 1", "f := 1 if { true }"),
        ("f(\"a\") := 1", "f(\"a\") := 1 if { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn defaults() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("default p := 1", "default p := 1"),
        ("default p = false", "default p = false"),
        ("default f(x) := 1", "default f(x) := 1"),
        (
            "default f(_, _) := {\"a\": [x | x := 1]}",
            "default f(_, _) := {\"a\": [x | assign(x, 1)]}",
        ),
        ("default p.q := 1", "default p.q := 1"),
        ("default p[x] := 1", "default p[x] := 1"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn else_rules() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        (
            "p := 1 if x else := 2 if y else := 3",
            "p := 1 if { x } else = 2 if { y } else = 3 if { true }",
        ),
        ("p if x else := 2", "p = true if { x } else = 2 if { true }"),
        ("p if { x } else if { y }", "p = true if { x } else = true if { y }"),
        ("f(_) := 1 if x else := 2 if y", "f(_) := 1 if { x } else = 2 if { y }"),
        ("p if x else = 2 if { y; z }", "p = true if { x } else = 2 if { y; z }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn keywords_stand_in_references() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("if.x := 1", "if.x := 1 if { true }"),
        ("p.if := 1", "p[\"if\"] := 1 if { true }"),
        (
            "p if data.default.not.package",
            "p = true if { data[\"default\"][\"not\"][\"package\"] }",
        ),
        (
            "p.contains.in := input.every.some",
            "p[\"contains\"][\"in\"] := input[\"every\"][\"some\"] if { true }",
        ),
        ("not.x := 1 if not.y", "not.x := 1 if { not.y }"),
        ("p if { not.x; every.y }", "p = true if { not.x; every.y }"),
        ("default.x := 1", "default.x := 1 if { true }"),
        ("import data.if.x", "import data[\"if\"].x\n"),
        ("import.x := 1", "import.x := 1 if { true }"),
        ("package.x := 1", "package.x := 1 if { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn statements_of_terms_are_rules() {
    let options = ParseOptions { version: RegoVersion::V0, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p[x]", "p[x] { true }"),
        ("p.q.r", "p.q.r = true { true }"),
        ("p = 1", "p = 1 { true }"),
        ("p := 1", "p := 1 { true }"),
        ("p[1] = 2", "p[1] = 2 { true }"),
        ("f(x) = 2", "f(x) = 2 { true }"),
        ("f(x)", "f(x) = true { true }"),
        ("input = 1", "input = 1 { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn v0_rules() {
    let options = ParseOptions { version: RegoVersion::V0, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p { x }", "p = true { x }"),
        ("p[x] { x = 1 }", "p[x] { x = 1 }"),
        ("p[x] = y { x = 1; y = 2 }", "p[x] = y { x = 1; y = 2 }"),
        ("p = 1 { x } { y } { z }", "p = 1 { x }\np = 1 { y }\np = 1 { z }"),
        ("f(_) = 1 { x } { y }", "f(_) = 1 { x }\nf(_) = 1 { y }"),
        ("p { x } else = 1 { y } else { z }", "p = true { x } else = 1 { y } else = true { z }"),
        ("p.q.r[x] = 1 { x = 2 }", "p.q.r[x] = 1 { x = 2 }"),
        ("if { x }", "if = true { x }"),
        ("contains[x] { x = 1 }", "contains[x] { x = 1 }"),
        ("every = 1", "every = 1 { true }"),
        ("p { in = 1; in }", "p = true { in = 1; in }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn imports_bring_keywords_into_v0() {
    let options = ParseOptions { version: RegoVersion::V0, ..ParseOptions::default() };
    for (source, wanted) in [
        (
            "import future.keywords\np contains x if { some x in [1] }",
            "import future.keywords\n\np[x] { some x in [1] }",
        ),
        ("import future.keywords.if\np if x", "import future.keywords[\"if\"]\n\np = true { x }"),
        ("import rego.v1\np contains 1", "import rego.v1\n\np contains 1 if { true }"),
        (
            "import future.keywords.every\np { every x in y { z in x } }",
            "import future.keywords[\"every\"]\n\np = true { every x in y { internal.member_2(z, x) } }",
        ),
        (
            "import future.keywords.contains\np contains x { x = 1 }",
            "import future.keywords[\"contains\"]\n\np[x] { x = 1 }",
        ),
        (
            "import data.foo\nimport data.foo.bar as baz\nimport input.x\nimport input\np = 1",
            "import data.foo\nimport data.foo.bar as baz\nimport input.x\nimport input\n\np = 1 { true }",
        ),
    ] {
        check("package a\n", source, &options, wanted);
    }
}
