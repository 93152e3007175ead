//! `and`, `or` and `not { … }`, the experimental keywords.

mod support;

use referee_rego_syntax::ParseOptions;
use referee_rego_syntax::ast::RegoVersion;
use support::check;

#[test]
fn operands() {
    let options = ParseOptions {
        all_future_keywords: true,
        version: RegoVersion::V1,
        ..ParseOptions::default()
    };
    for (source, wanted) in [
        ("p if x and y", "p = true if { x and y }"),
        ("p if x or y and z", "p = true if { x or y and z }"),
        ("p if x and y or z", "p = true if { x and y or z }"),
        ("p if { x; y } and z", "p = true if { { x; y } and z }"),
        ("p if x and { y; z }", "p = true if { x and { y; z } }"),
        ("p if (x or y) and z", "p = true if { (x or y) and z }"),
        ("p if not (x or y)", "p = true if { not (x or y) }"),
        ("p if not { x; y }", "p = true if { not {x; y} }"),
        ("p if not x and not y", "p = true if { not x and not y }"),
        ("p if not { x } or y", "p = true if { not {x} or y }"),
        ("p if (x and y) with input as 1", "p = true if { x and y with input as 1 }"),
        ("p if x and y with input as 1", "p = true if { x and y with input as 1 }"),
        ("p if ((x or y))", "p = true if { x or y }"),
        ("p if (not x)", "p = true if { not x }"),
        ("p if not not_x", "p = true if { not not_x }"),
        ("p if x and and(y, z)", "p = true if { x and and(y, z) }"),
        ("p if ({1} & x) and y", "p = true if { and({1}, x) and y }"),
        ("p if {x | y}", "p = true if { {x | y} }"),
        ("p if {x: y | z}", "p = true if { {x: y | z} }"),
        ("p := {a | b and c}", "p := {a | b and c} if { true }"),
        ("p if (x with input as 1) and y", "p = true if { (x with input as 1) and y }"),
        ("p if {x} == {1}", "p = true if { equal({x}, {1}) }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn what_is_wrong_with_operands() {
    let options = ParseOptions {
        all_future_keywords: true,
        version: RegoVersion::V1,
        ..ParseOptions::default()
    };
    for (source, wanted) in [
        ("p if x and", "2:10: rego_parse_error: unexpected eof token\n\tp if x and\n\t         ^"),
        ("p if and x", "2:6: rego_parse_error: unexpected and keyword\n\tp if and x\n\t     ^"),
        (
            "p if x and {}",
            "2:13: rego_parse_error: found empty body\n\tp if x and {}\n\t            ^",
        ),
        ("p if {} and x", "2:7: rego_parse_error: found empty body\n\tp if {} and x\n\t      ^"),
        (
            "p if {1, 2} and x",
            "2:8: rego_parse_error: unexpected , token: expected \\n or ; or }\n\tp if {1, 2} and x\n\t       ^",
        ),
        (
            "p if x and {1, 2}",
            "2:12: rego_parse_error: operand of `and` cannot begin with `{` unless the braces hold a body (hint: wrap the operand to keep the value: `({1, 2}) and ...`)\n\tp if x and {1, 2}\n\t           ^",
        ),
        ("p if not {}", "2:11: rego_parse_error: found empty body\n\tp if not {}\n\t          ^"),
        (
            "p if not {1, 2}",
            "2:10: rego_parse_error: `{...}` in an operand position must contain expression(s), got: set (hint: write `not ({1, 2})` to negate the value, or `not {{1, 2}}` for a body holding it)\n\tp if not {1, 2}\n\t         ^",
        ),
        (
            "p if not {1, 2} & x",
            "2:10: rego_parse_error: `{...}` in an operand position must contain expression(s), got: set (hint: write `not ({1, 2} & x)` to negate the value, or `not {{1, 2} & x}` for a body holding it)\n\tp if not {1, 2} & x\n\t         ^",
        ),
        (
            "p if x with input as 1 and y",
            "2:8: rego_parse_error: `with` modifier is not allowed on operand of `and` (hint: Wrap the operand in `(...)` or `{...}` to scope, or move `with` after the `and` expression to apply it to the whole expression)\n\tp if x with input as 1 and y\n\t       ^",
        ),
        (
            "p if {a | b} and c",
            "2:14: rego_parse_error: unexpected and keyword\n\tp if {a | b} and c\n\t             ^",
        ),
        (
            "p if not {a | b}",
            "2:10: rego_parse_error: ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension (hint: write `not ({a | b})` for the comprehension, or `not {(a | b)}` for the set union)\n\tp if not {a | b}\n\t         ^",
        ),
        (
            "p if x and {a | b}",
            "2:12: rego_parse_error: ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension (hint: write `({a | b})` for the comprehension, or `{(a | b)}` for the set union)\n\tp if x and {a | b}\n\t           ^",
        ),
        ("p if () and x", "2:7: rego_parse_error: unexpected ) token\n\tp if () and x\n\t      ^"),
        (
            "p if x and ()",
            "2:12: rego_parse_error: empty parenthesized group\n\tp if x and ()\n\t           ^",
        ),
        (
            "p if (x and y",
            "2:13: rego_parse_error: expected ) to close parenthesized group\n\tp if (x and y\n\t            ^",
        ),
        (
            "p if print(1) and x",
            "2:6: rego_parse_error: operand of `and` cannot consist only of calls to `print` (hint: `print` produces no value and always succeeds, so the operand can never fail; move it out of the operand, or add an expression that can fail)\n\tp if print(1) and x\n\t     ^",
        ),
        (
            "p if x or { print(1); print(2) }",
            "2:13: rego_parse_error: operand of `or` cannot consist only of calls to `print` (hint: `print` produces no value and always succeeds, so the operand can never fail; move it out of the operand, or add an expression that can fail)\n\tp if x or { print(1); print(2) }\n\t            ^",
        ),
        (
            "p if not ({x; y})",
            "2:10: rego_parse_error: `(...)` in an operand position cannot contain a body (hint: drop the parens to keep the body: `not {x; y}`)\n\tp if not ({x; y})\n\t         ^",
        ),
        (
            "p if (x with input as 1) and y with input as 2 and z",
            "2:48: rego_parse_error: unexpected and keyword\n\tp if (x with input as 1) and y with input as 2 and z\n\t                                               ^",
        ),
        (
            "p if not not x",
            "2:10: rego_parse_error: unexpected not keyword\n\tp if not not x\n\t         ^",
        ),
        (
            "p if x and some y in z",
            "2:12: rego_parse_error: unexpected some keyword\n\tp if x and some y in z\n\t           ^",
        ),
        (
            "p if not some x in y",
            "2:10: rego_parse_error: unexpected some keyword: illegal negation of 'some'\n\tp if not some x in y\n\t         ^",
        ),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn without_the_keywords_they_are_names() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p if and", "p = true if { and }"),
        ("p := or", "p := or if { true }"),
        ("p := and(x, y)", "p := and(x, y) if { true }"),
        ("p if { not x; or }", "p = true if { not x; or }"),
        ("p if not {x}", "p = true if { not {x} }"),
        ("p if not {1}", "p = true if { not {1} }"),
        ("and := 1", "and := 1 if { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn imports_bring_them() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        (
            "import future.keywords\np if x and y",
            "import future.keywords\n\np = true if { x and y }",
        ),
        (
            "import future.keywords.not\np if not { x; y }",
            "import future.keywords[\"not\"]\n\np = true if { not {x; y} }",
        ),
        (
            "import future.keywords.or\np if x or and",
            "import future.keywords.or\n\np = true if { x or and }",
        ),
    ] {
        check("package a\n", source, &options, wanted);
    }
}
