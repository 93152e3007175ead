//! Terms, expressions and modifiers, as they are printed after reading.

mod support;

use referee_rego_syntax::ParseOptions;
use referee_rego_syntax::ast::RegoVersion;
use support::check;

#[test]
fn infix_operators_by_strength() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        (
            "p if a + b * c - d / e % f",
            "p = true if { minus(plus(a, mul(b, c)), rem(div(d, e), f)) }",
        ),
        ("p if a | b & c", "p = true if { or(a, and(b, c)) }"),
        ("p if a == b | c", "p = true if { equal(a, or(b, c)) }"),
        ("p if (a + b) * c", "p = true if { mul(plus(a, b), c) }"),
        ("p if a - b - c", "p = true if { minus(minus(a, b), c) }"),
        ("p if a < b == c", "p = true if { equal(lt(a, b), c) }"),
        ("p if x in y", "p = true if { internal.member_2(x, y) }"),
        ("p if x, y in z", "p = true if { internal.member_3(x, y, z) }"),
        ("p if (x in y) in z", "p = true if { internal.member_2(internal.member_2(x, y), z) }"),
        ("p if 1 + 2 in [3]", "p = true if { internal.member_2(plus(1, 2), [3]) }"),
        ("p := x, y in z", "p := internal.member_3(x, y, z) if { true }"),
        ("p if f(x in y, z)", "p = true if { f(internal.member_2(x, y), z) }"),
        ("p if [x in y, z]", "p = true if { [internal.member_2(x, y), z] }"),
        ("p if {x in y: z}", "p = true if { {internal.member_2(x, y): z} }"),
        ("p if -x", "p = true if { minus(0, x) }"),
        ("p if a - -1", "p = true if { minus(a, -1) }"),
        ("p if a -1", "p = true if { minus(a, 1) }"),
        ("p := -input.x", "p := minus(0, input.x) if { true }"),
        ("p if x = y", "p = true if { x = y }"),
        ("p if x := y", "p = true if { assign(x, y) }"),
        ("p if a != b", "p = true if { neq(a, b) }"),
        (
            "p if a >= b; b <= c",
            "2:12: rego_parse_error: unexpected ; token\n\tp if a >= b; b <= c\n\t           ^",
        ),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn collections_and_comprehensions() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p := []", "p := [] if { true }"),
        ("p := {}", "p := {} if { true }"),
        ("p := set()", "p := set() if { true }"),
        ("p := [1, 2,]", "p := [1, 2] if { true }"),
        ("p := {1, 2,}", "p := {1, 2} if { true }"),
        ("p := {\"a\": 1,}", "p := {\"a\": 1} if { true }"),
        ("p := [,1]", "p := [1] if { true }"),
        ("p := {, 1}", "p := {1} if { true }"),
        ("p := {1, 1, 1.0}", "p := {1} if { true }"),
        ("p := {\"b\": 1, \"a\": 2}", "p := {\"a\": 2, \"b\": 1} if { true }"),
        ("p := {x | x := 1}", "p := {x | assign(x, 1)} if { true }"),
        ("p := [x | x := 1; y]", "p := [x | assign(x, 1); y] if { true }"),
        ("p := {x: y | x := 1; y := 2}", "p := {x: y | assign(x, 1); assign(y, 2)} if { true }"),
        ("p := {1 | 2}", "p := {1 | 2} if { true }"),
        ("p := [a | b, c]", "p := [or(a, b), c] if { true }"),
        ("p := {(a | b) | c}", "p := {(a | b) | c} if { true }"),
        ("p := {a + b | c}", "p := {or(plus(a, b), c)} if { true }"),
        ("p := {a + 1: b | c}", "p := {(a + 1): b | c} if { true }"),
        ("p := {[1]: {2}, null: true}", "p := {null: true, [1]: {2}} if { true }"),
        ("p := [x | {y | y}]", "p := [x | {y | y}] if { true }"),
        ("p := {x.y[z] | z}", "p := {x.y[z] | z} if { true }"),
        ("p := {\"a\": b | c}", "p := {\"a\": b | c} if { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn references_and_calls() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p := a.b[\"c\"].d", "p := a.b.c.d if { true }"),
        ("p := a[\"b c\"][_]", "p := a[\"b c\"][_] if { true }"),
        ("p := f(x)[0].y", "p := f(x)[0].y if { true }"),
        ("p := [1, 2][0]", "p := [1, 2][0] if { true }"),
        ("p := {\"a\": 1}.a", "p := {\"a\": 1}.a if { true }"),
        ("p := {1}[x]", "p := {1}[x] if { true }"),
        ("p := a.b.c(1, 2,)", "p := a.b.c(1, 2) if { true }"),
        ("p := a[b[c]]", "p := a[b[c]] if { true }"),
        ("p := f()", "p := f() if { true }"),
        ("p := set(1)", "p := set(1) if { true }"),
        ("p := (a.b)", "p := a.b if { true }"),
        ("p := [x | x][0]", "p := [x | x][0] if { true }"),
        (
            "p if input.x.y; data.z",
            "2:15: rego_parse_error: unexpected ; token\n\tp if input.x.y; data.z\n\t              ^",
        ),
        ("p := a[1+2]", "p := a[plus(1, 2)] if { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn wildcards_are_numbered() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p if { _ = x[_]; y[_] }", "p = true if { _ = x[_]; y[_] }"),
        ("f(_) := _ if x[_]", "f(_) := _ if { x[_] }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn strings() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        (
            "p := \"a\\n\\t\\\"\\\\\\/\\u00e9\\ud83d\\ude00\"",
            "p := \"a\\n\\t\\\"\\\\/é😀\" if { true }",
        ),
        ("p := \"\\ud800x\"", "p := \"�x\" if { true }"),
        ("p := `a\\n\"b`", "p := \"a\\\\n\\\"b\" if { true }"),
        ("p := `a\nb`", "p := \"a\\nb\" if { true }"),
        ("p := \"\"", "p := \"\" if { true }"),
        ("p := \"é\"", "p := \"é\" if { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn numbers() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        (
            "p := [0, 1, -1, 1.5, 1e5, 1E-5, 0.1, 0e1]",
            "p := [0, 1, -1, 1.5, 1e5, 1E-5, 0.1, 0e1] if { true }",
        ),
        (
            "p := [100000000000000000000, 1.0, 0.10]",
            "p := [100000000000000000000, 1.0, 0.10] if { true }",
        ),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn template_strings() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p := $\"a{x}b\"", "p := $\"a{x}b\" if { true }"),
        ("p := $\"{x}{y + 1}\"", "p := $\"{x}{plus(y, 1)}\" if { true }"),
        ("p := $`a\n{x}`", "p := $\"a\\n{x}\" if { true }"),
        ("p := $\"\\{{1}\\n\"", "p := $\"\\{1\\n\" if { true }"),
        ("p := $\"\"", "p := $\"\" if { true }"),
        ("p := $\"{\"s\"} {null}\"", "p := $\"s null\" if { true }"),
        ("p := $\"{f(x) with input as 1}\"", "p := $\"{f(x) with input as 1}\" if { true }"),
        ("p := $\"{ # c\n1 }\"", "p := $\"{1}\" if { true }"),
        ("p := $\"{$\"{x}\"}\"", "p := $\"{$\"{x}\"}\" if { true }"),
        ("p := $\"{x[_]}\"", "p := $\"{x[_]}\" if { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn declarations_and_modifiers() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p if { some x; x }", "p = true if { some x; x }"),
        ("p if { some x, y; z }", "p = true if { some x, y; z }"),
        ("p if some x in y", "p = true if { some x in y }"),
        ("p if some x, y in z", "p = true if { some x, y in z }"),
        ("p if { some x in y with input as 1 }", "p = true if { some x in y with input as 1 }"),
        ("p if every x in y { z }", "p = true if { every x in y { z } }"),
        (
            "p if every x, y in z { w with input as 1 }",
            "p = true if { every x, y in z { w with input as 1 } }",
        ),
        ("p if not x", "p = true if { not x }"),
        (
            "p if not x with input.a as 1 with data.b as 2",
            "p = true if { not x with input.a as 1 with data.b as 2 }",
        ),
        (
            "p if { x with input as {\"a\": y | z} }",
            "p = true if { x with input as {\"a\": y | z} }",
        ),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn line_ends_and_semicolons() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p if { x\ny; z\n}", "p = true if { x; y; z }"),
        ("p if {\n\n# c\nx # d\n}", "p = true if { x }"),
        ("p :=\n1", "p := 1 if { true }"),
        ("p if\nx", "p = true if { x }"),
        ("p := [\n1,\n2\n]", "p := [1, 2] if { true }"),
        ("p if x ;", "2:8: rego_parse_error: unexpected ; token\n\tp if x ;\n\t       ^"),
        (
            "p := 1; q := 2",
            "2:1: rego_parse_error: multiple expressions cannot be used for rule head",
        ),
        ("p := 1 q := 2", "p := 1 if { true }\nq := 2 if { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}
