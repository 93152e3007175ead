//! What is wrong with a source: words, places, lines, and which errors come together.

mod support;

use referee_rego_syntax::ParseOptions;
use referee_rego_syntax::ast::RegoVersion;
use support::check;

#[test]
fn what_is_wrong_is_told_in_the_words_of_opa() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        (
            "p := ",
            "2:5: rego_parse_error: unexpected eof token\n\tp := \n\t   ^\n2:5: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := \n\t   ^",
        ),
        (
            "p := [",
            "2:6: rego_parse_error: unexpected eof token\n\tp := [\n\t     ^\n2:6: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := [\n\t     ^",
        ),
        (
            "p := [1",
            "2:7: rego_parse_error: unexpected eof token: expected \",\" or \"]\"\n\tp := [1\n\t      ^\n2:7: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := [1\n\t      ^",
        ),
        (
            "p := {1",
            "2:7: rego_parse_error: unexpected eof token: non-terminated set\n\tp := {1\n\t      ^\n2:7: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := {1\n\t      ^",
        ),
        (
            "p := {\"a\": 1",
            "2:12: rego_parse_error: unexpected eof token: non-terminated object\n\tp := {\"a\": 1\n\t           ^\n2:12: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := {\"a\": 1\n\t           ^",
        ),
        (
            "p := {\"a\": }",
            "2:12: rego_parse_error: unexpected } token\n\tp := {\"a\": }\n\t           ^\n2:12: rego_parse_error: unexpected } token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := {\"a\": }\n\t           ^",
        ),
        (
            "p := {\"a\" 1}",
            "2:11: rego_parse_error: unexpected number token: non-terminated set\n\tp := {\"a\" 1}\n\t          ^\n2:11: rego_parse_error: unexpected number token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := {\"a\" 1}\n\t          ^",
        ),
        (
            "p := [1 2]",
            "2:9: rego_parse_error: unexpected number token: expected \",\" or \"]\"\n\tp := [1 2]\n\t        ^\n2:9: rego_parse_error: unexpected number token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := [1 2]\n\t        ^",
        ),
        (
            "p := f(1",
            "2:8: rego_parse_error: unexpected eof token: expected \",\" or \")\"\n\tp := f(1\n\t       ^\n2:8: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := f(1\n\t       ^",
        ),
        (
            "p := (1",
            "2:7: rego_parse_error: non-terminated expression\n\tp := (1\n\t      ^\n2:7: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := (1\n\t      ^",
        ),
        (
            "p := a[1",
            "2:8: rego_parse_error: unexpected eof token: expected [\n\tp := a[1\n\t       ^\n2:8: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := a[1\n\t       ^",
        ),
        (
            "p := a.",
            "2:7: rego_parse_error: unexpected eof token: expected identifier\n\tp := a.\n\t      ^\n2:7: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := a.\n\t      ^",
        ),
        (
            "p := a.1",
            "2:8: rego_parse_error: unexpected number token: expected identifier\n\tp := a.1\n\t       ^\n2:8: rego_parse_error: unexpected number token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := a.1\n\t       ^",
        ),
        (
            "p := \"a",
            "2:6: rego_parse_error: non-terminated string\n\tp := \"a\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := \"a\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := \"a\n\t     ^",
        ),
        (
            "p := `a",
            "2:6: rego_parse_error: non-terminated string\n\tp := `a\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := `a\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := `a\n\t     ^",
        ),
        (
            "p := \"\\q\"",
            "2:6: rego_parse_error: illegal escape sequence\n\tp := \"\\q\"\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := \"\\q\"\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := \"\\q\"\n\t     ^",
        ),
        (
            "p := \"\\u12\"",
            "2:6: rego_parse_error: non-terminated string\n\tp := \"\\u12\"\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := \"\\u12\"\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := \"\\u12\"\n\t     ^",
        ),
        (
            "p := \"a\tb\\n\"",
            "2:6: rego_parse_error: illegal string literal: \"a\tb\\n\"\n\tp := \"a\tb\\n\"\n\t     ^\n2:6: rego_parse_error: unexpected string token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := \"a\tb\\n\"\n\t     ^",
        ),
        (
            "p := 01",
            "2:6: rego_parse_error: unexpected number token: expected number without leading zero\n\tp := 01\n\t     ^\n2:6: rego_parse_error: unexpected number token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := 01\n\t     ^",
        ),
        (
            "p := 1a",
            "2:6: rego_parse_error: illegal number format\n\tp := 1a\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := 1a\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := 1a\n\t     ^",
        ),
        (
            "p := 1.",
            "2:6: rego_parse_error: expected fraction\n\tp := 1.\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := 1.\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := 1.\n\t     ^",
        ),
        (
            "p := 1e",
            "2:6: rego_parse_error: expected exponent\n\tp := 1e\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := 1e\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := 1e\n\t     ^",
        ),
        (
            "p := 1e100000",
            "2:6: rego_parse_error: number too big\n\tp := 1e100000\n\t     ^\n2:6: rego_parse_error: unexpected number token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := 1e100000\n\t     ^",
        ),
        (
            "p := .",
            "2:6: rego_parse_error: unexpected eof token: expected number\n\tp := .\n\t     ^\n2:6: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := .\n\t     ^",
        ),
        (
            "p := -",
            "2:6: rego_parse_error: unexpected eof token: expected number\n\tp := -\n\t     ^\n2:6: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := -\n\t     ^",
        ),
        (
            "p := --1",
            "2:7: rego_parse_error: unexpected minus token: expected number\n\tp := --1\n\t      ^\n2:7: rego_parse_error: unexpected minus token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := --1\n\t      ^",
        ),
        (
            "p := !",
            "2:6: rego_parse_error: illegal ! character\n\tp := !\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := !\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := !\n\t     ^",
        ),
        (
            "p := @",
            "2:6: rego_parse_error: illegal token\n\tp := @\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := @\n\t     ^",
        ),
        (
            "p := $",
            "2:6: rego_parse_error: illegal $ character\n\tp := $\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := $\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := $\n\t     ^",
        ),
        ("p := a é", "2:8: rego_parse_error: illegal token\n\tp := a é\n\t       ^"),
        (
            "p := \0",
            "2:5: rego_parse_error: illegal null character\n\tp := \0\n\t   ^\n2:5: rego_parse_error: illegal token\n\tp := \0\n\t   ^\n2:5: rego_parse_error: illegal token\n\tp := \0\n\t   ^",
        ),
        (
            "p := \u{feff}",
            "2:5: rego_parse_error: illegal byte-order mark\n\tp := \u{feff}\n\t   ^\n2:5: rego_parse_error: illegal token\n\tp := \u{feff}\n\t   ^\n2:5: rego_parse_error: illegal token\n\tp := \u{feff}\n\t   ^",
        ),
        ("p := 1 |", "2:8: rego_parse_error: unexpected eof token\n\tp := 1 |\n\t       ^"),
        ("p := 1 +", "2:8: rego_parse_error: unexpected eof token\n\tp := 1 +\n\t       ^"),
        ("p := x y", "2:8: rego_parse_error: var cannot be used for rule name"),
        ("p if", "2:4: rego_parse_error: unexpected eof token\n\tp if\n\t   ^"),
        ("p if {", "2:6: rego_parse_error: unexpected eof token\n\tp if {\n\t     ^"),
        ("p if { }", "p = true if { {} }"),
        ("p if {}", "p = true if { {} }"),
        ("p if x y", "2:8: rego_parse_error: var cannot be used for rule name"),
        (
            "p if { x y }",
            "2:10: rego_parse_error: unexpected identifier token: expected \\n or ; or }\n\tp if { x y }\n\t         ^",
        ),
        (
            "p if { x",
            "2:8: rego_parse_error: unexpected eof token: expected \\n or ; or }\n\tp if { x\n\t       ^",
        ),
        ("p if not", "2:8: rego_parse_error: unexpected eof token\n\tp if not\n\t       ^"),
        (
            "p if not not x",
            "2:10: rego_parse_error: unexpected not keyword\n\tp if not not x\n\t         ^",
        ),
        (
            "p if some",
            "2:9: rego_parse_error: unexpected eof token: expected var\n\tp if some\n\t        ^",
        ),
        (
            "p if some 1",
            "2:11: rego_parse_error: unexpected number token: expected var\n\tp if some 1\n\t          ^",
        ),
        (
            "p if some x in",
            "2:13: rego_parse_error: unexpected in keyword\n\tp if some x in\n\t            ^",
        ),
        (
            "p if not some x",
            "2:10: rego_parse_error: unexpected some keyword: illegal negation of 'some'\n\tp if not some x\n\t         ^",
        ),
        (
            "p if not every x in y { z }",
            "2:10: rego_parse_error: unexpected every keyword: illegal negation of 'every'\n\tp if not every x in y { z }\n\t         ^",
        ),
        ("p if every", "2:10: rego_parse_error: unexpected eof token\n\tp if every\n\t         ^"),
        (
            "p if every x",
            "2:12: rego_parse_error: unexpected eof token: expected `x[, y] in xs { ... }` expression\n\tp if every x\n\t           ^",
        ),
        (
            "p if every x in y",
            "2:17: rego_parse_error: unexpected eof token: missing body\n\tp if every x in y\n\t                ^",
        ),
        (
            "p if every 1 in y { z }",
            "2:19: rego_parse_error: unexpected { token: expected value to be a variable\n\tp if every 1 in y { z }\n\t                  ^",
        ),
        (
            "p if every 1, x in y { z }",
            "2:22: rego_parse_error: unexpected { token: expected key to be a variable\n\tp if every 1, x in y { z }\n\t                     ^",
        ),
        (
            "p if x with",
            "2:11: rego_parse_error: unexpected eof token: expected ident\n\tp if x with\n\t          ^",
        ),
        (
            "p if x with 1 as 2",
            "2:13: rego_parse_error: unexpected number token: expected ident\n\tp if x with 1 as 2\n\t            ^",
        ),
        (
            "p if x with input",
            "2:17: rego_parse_error: unexpected eof token: expected as keyword\n\tp if x with input\n\t                ^",
        ),
        (
            "p if x with f(x) as 1",
            "2:18: rego_parse_error: unexpected as keyword: expected with target path\n\tp if x with f(x) as 1\n\t                 ^",
        ),
        (
            "p if some f(x)",
            "2:14: rego_parse_error: unexpected eof token: expected `x in xs` or `x, y in xs` expression\n\tp if some f(x)\n\t             ^",
        ),
        (
            "p contains",
            "2:10: rego_parse_error: unexpected eof token\n\tp contains\n\t         ^\n2:10: rego_parse_error: unexpected eof token: expected rule key term (e.g., p contains <VALUE> { ... })\n\tp contains\n\t         ^",
        ),
        ("p contains 1 2", "2:14: rego_parse_error: number cannot be used for rule name"),
        (
            "f(x) contains 1",
            "2:6: rego_parse_error: unexpected contains keyword: the contains keyword can only be used with multi-value rule definitions (e.g., f contains <VALUE> { ... })\n\tf(x) contains 1\n\t     ^",
        ),
        (
            "p[x] contains",
            "2:13: rego_parse_error: unexpected eof token\n\tp[x] contains\n\t            ^\n2:13: rego_parse_error: unexpected eof token: expected rule key term (e.g., p[x] contains <VALUE> { ... })\n\tp[x] contains\n\t            ^",
        ),
        (
            "p =",
            "2:3: rego_parse_error: unexpected eof token\n\tp =\n\t  ^\n2:3: rego_parse_error: unexpected eof token: expected rule value term (e.g., p[<nil>] = <VALUE> { ... })\n\tp =\n\t  ^",
        ),
        (
            "f(x) :=",
            "2:7: rego_parse_error: unexpected eof token\n\tf(x) :=\n\t      ^\n2:7: rego_parse_error: unexpected eof token: expected function value term (e.g., f(...) := <VALUE> { ... })\n\tf(x) :=\n\t      ^",
        ),
        (
            "p[\"a\"] :=",
            "2:9: rego_parse_error: unexpected eof token\n\tp[\"a\"] :=\n\t        ^\n2:9: rego_parse_error: unexpected eof token: expected rule value term (e.g., p.a := <VALUE> { ... })\n\tp[\"a\"] :=\n\t        ^",
        ),
        ("default", "2:1: rego_parse_error: unexpected default keyword\n\tdefault\n\t^"),
        ("default p", "default p = true"),
        (
            "default p :=",
            "2:12: rego_parse_error: unexpected eof token\n\tdefault p :=\n\t           ^\n2:12: rego_parse_error: unexpected eof token: expected default rule value term (e.g., default p := <VALUE>)\n\tdefault p :=\n\t           ^",
        ),
        (
            "default p := x",
            "2:1: rego_parse_error: illegal default rule (value cannot contain var)\n\tdefault p := x\n\t^",
        ),
        (
            "default p := input.x",
            "2:1: rego_parse_error: illegal default rule (value cannot contain ref)\n\tdefault p := input.x\n\t^",
        ),
        (
            "default p := f(1)",
            "2:1: rego_parse_error: illegal default rule (value cannot contain call)\n\tdefault p := f(1)\n\t^",
        ),
        (
            "default p := [x, y]",
            "2:1: rego_parse_error: illegal default rule (value cannot contain var)\n\tdefault p := [x, y]\n\t^\n2:1: rego_parse_error: illegal default rule (value cannot contain var)\n\tdefault p := [x, y]\n\t^",
        ),
        (
            "default f(x, x) := 1",
            "2:1: rego_parse_error: illegal default rule (arguments cannot be repeated x)\n\tdefault f(x, x) := 1\n\t^",
        ),
        (
            "default f(1) := 1",
            "2:1: rego_parse_error: illegal default rule (arguments cannot contain number)\n\tdefault f(1) := 1\n\t^",
        ),
        (
            "default p contains 1",
            "2:1: rego_parse_error: illegal default rule (must have a value)\n\tdefault p contains 1\n\t^",
        ),
        ("p + 1", "2:1: rego_parse_error: rule name conflicts with built-in function"),
        ("p == 1", "2:1: rego_parse_error: rule name conflicts with built-in function"),
        ("1", "2:1: rego_parse_error: number cannot be used for rule name"),
        ("\"a\"", "2:1: rego_parse_error: string cannot be used for rule name"),
        ("[1]", "2:1: rego_parse_error: array cannot be used for rule name"),
        ("x", "2:1: rego_parse_error: var cannot be used for rule name"),
        ("p[x]", "2:1: rego_parse_error: `contains` keyword is required for partial set rules"),
        ("p { x }", "2:1: rego_parse_error: `if` keyword is required before rule body"),
        ("p.q", "2:1: rego_parse_error: `contains` keyword is required for partial set rules"),
        ("f(x)", "f(x) = true if { true }"),
        ("count(x)", "2:1: rego_parse_error: rule name conflicts with built-in function"),
        ("f()", "2:1: rego_parse_error: rule argument list must take at least one argument"),
        ("not x", "2:1: rego_parse_error: negated expressions cannot be used for rule head"),
        ("some x", "2:1: rego_parse_error: 'some' declarations cannot be used for rule head"),
        (
            "x with input as 1",
            "2:1: rego_parse_error: expressions using with keyword cannot be used for rule head",
        ),
        ("x; y", "2:1: rego_parse_error: multiple expressions cannot be used for rule head"),
        (
            "p if x else",
            "2:11: rego_parse_error: unexpected eof token: expected else value term or rule body\n\tp if x else\n\t          ^",
        ),
        (
            "p if x else y",
            "2:13: rego_parse_error: unexpected identifier token: expected else value term or rule body\n\tp if x else y\n\t            ^",
        ),
        (
            "p[x] if x else := 1",
            "2:11: rego_parse_error: else keyword cannot be used on rules with variables in head\n\tp[x] if x else := 1\n\t          ^",
        ),
        (
            "p contains 1 if x else := 2",
            "2:19: rego_parse_error: else keyword cannot be used on multi-value rules\n\tp contains 1 if x else := 2\n\t                  ^",
        ),
        (
            "p if { x } else := 1 { y }",
            "2:12: rego_parse_error: `if` keyword is required before rule body",
        ),
        ("p if { x } { y }", "p = true if { x }\np = true if { y }"),
        ("package b", "2:1: rego_parse_error: unexpected package"),
        ("import", "2:6: rego_parse_error: unexpected eof token\n\timport\n\t     ^"),
        (
            "import x",
            "2:8: rego_parse_error: unexpected import path, must begin with one of: {data, future, input, rego}, got: x (hint: if this is unexpected, try updating OPA)\n\timport x\n\t       ^",
        ),
        (
            "import data[x]",
            "2:13: rego_parse_error: unexpected var token: expecting string\n\timport data[x]\n\t            ^",
        ),
        (
            "import data.x as",
            "2:16: rego_parse_error: unexpected eof token: expected var\n\timport data.x as\n\t               ^",
        ),
        (
            "import data.x as 1",
            "2:18: rego_parse_error: unexpected number token: expected var\n\timport data.x as 1\n\t                 ^",
        ),
        (
            "import data.x as if",
            "2:18: rego_parse_error: unexpected if keyword: expected var\n\timport data.x as if\n\t                 ^",
        ),
        (
            "import data.if",
            "2:13: rego_parse_error: unexpected import path, must not end with a keyword, got: if (hint: import a different path or use an alias)\n\timport data.if\n\t            ^",
        ),
        (
            "import future",
            "2:8: rego_parse_error: invalid import, must be `future.keywords`\n\timport future\n\t       ^",
        ),
        (
            "import future.x",
            "2:8: rego_parse_error: invalid import, must be `future.keywords`\n\timport future.x\n\t       ^",
        ),
        (
            "import future.keywords.x",
            "2:8: rego_parse_error: unexpected keyword, must be one of [and contains every if in not or]\n\timport future.keywords.x\n\t       ^",
        ),
        (
            "import future.keywords as x",
            "2:8: rego_parse_error: `future` imports cannot be aliased\n\timport future.keywords as x\n\t       ^",
        ),
        (
            "import rego",
            "2:8: rego_parse_error: invalid import `rego`, must be `rego.v1`\n\timport rego\n\t       ^",
        ),
        (
            "import rego.v2",
            "2:8: rego_parse_error: invalid import `rego.v2`, must be `rego.v1`\n\timport rego.v2\n\t       ^",
        ),
        (
            "import rego.v1.x",
            "2:8: rego_parse_error: invalid import `rego.v1.x`, must be `rego.v1`\n\timport rego.v1.x\n\t       ^",
        ),
        (
            "p := 1.2.3",
            "2:6: rego_parse_error: illegal ref (head cannot be number)\n\tp := 1.2.3\n\t     ^\n2:10: rego_parse_error: unexpected number token: expected identifier\n\tp := 1.2.3\n\t         ^\n2:10: rego_parse_error: unexpected number token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := 1.2.3\n\t         ^",
        ),
        (
            "p := $\"",
            "2:6: rego_parse_error: non-terminated string\n\tp := $\"\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := $\"\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := $\"\n\t     ^",
        ),
        (
            "p := $\"{",
            "2:8: rego_parse_error: unexpected eof token\n\tp := $\"{\n\t       ^\n2:8: rego_parse_error: invalid template-string expression\n\tp := $\"{\n\t       ^\n2:8: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := $\"{\n\t       ^",
        ),
        (
            "p := $\"{x",
            "2:9: rego_parse_error: expected } to end template string expression\n\tp := $\"{x\n\t        ^\n2:9: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := $\"{x\n\t        ^",
        ),
        (
            "p := $\"{}\"",
            "2:9: rego_parse_error: unexpected } token\n\tp := $\"{}\"\n\t        ^\n2:9: rego_parse_error: invalid template-string expression\n\tp := $\"{}\"\n\t        ^\n2:9: rego_parse_error: unexpected } token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := $\"{}\"\n\t        ^",
        ),
        (
            "p := $\"{not x}\"",
            "2:9: rego_parse_error: unexpected negation ('not') in template-string expression\n\tp := $\"{not x}\"\n\t        ^\n2:14: rego_parse_error: unexpected } token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := $\"{not x}\"\n\t             ^",
        ),
        (
            "p := $\"{x = 1}\"",
            "2:9: rego_parse_error: unexpected unification ('=') in template-string expression\n\tp := $\"{x = 1}\"\n\t        ^\n2:14: rego_parse_error: unexpected } token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := $\"{x = 1}\"\n\t             ^",
        ),
        (
            "p := $\"{x := 1}\"",
            "2:9: rego_parse_error: unexpected assignment (':=') in template-string expression\n\tp := $\"{x := 1}\"\n\t        ^\n2:15: rego_parse_error: unexpected } token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := $\"{x := 1}\"\n\t              ^",
        ),
        (
            "p := $\"{some x in y}\"",
            "2:9: rego_parse_error: unexpected 'some' in template-string expression\n\tp := $\"{some x in y}\"\n\t        ^\n2:20: rego_parse_error: unexpected } token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := $\"{some x in y}\"\n\t                   ^",
        ),
        (
            "p := $\"{every x in y { z }}\"",
            "2:9: rego_parse_error: unexpected 'every' in template-string expression\n\tp := $\"{every x in y { z }}\"\n\t        ^\n2:27: rego_parse_error: unexpected } token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := $\"{every x in y { z }}\"\n\t                          ^",
        ),
        (
            "p := $`{x}",
            "2:10: rego_parse_error: non-terminated string\n\tp := $`{x}\n\t         ^\n2:10: rego_parse_error: expected template-string part\n\tp := $`{x}\n\t         ^\n2:10: rego_parse_error: illegal token\n\tp := $`{x}\n\t         ^",
        ),
        (
            "p := $\"\\q\"",
            "2:6: rego_parse_error: illegal escape sequence\n\tp := $\"\\q\"\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := $\"\\q\"\n\t     ^\n2:6: rego_parse_error: illegal token\n\tp := $\"\\q\"\n\t     ^",
        ),
        (
            "p := 1[0]",
            "2:6: rego_parse_error: illegal ref (head cannot be number)\n\tp := 1[0]\n\t     ^",
        ),
        (
            "p := null.x",
            "2:6: rego_parse_error: illegal ref (head cannot be null)\n\tp := null.x\n\t     ^",
        ),
        ("if := 1", "2:1: rego_parse_error: unexpected if keyword\n\tif := 1\n\t^"),
        (
            "p := if",
            "2:6: rego_parse_error: unexpected if keyword\n\tp := if\n\t     ^\n2:6: rego_parse_error: unexpected if keyword: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := if\n\t     ^\n2:7: rego_parse_error: unexpected eof token\n\tp := if\n\t      ^",
        ),
        (
            "p := {a: b | }",
            "2:14: rego_parse_error: unexpected } token\n\tp := {a: b | }\n\t             ^",
        ),
        (
            "p := [a | ]",
            "2:11: rego_parse_error: found empty body\n\tp := [a | ]\n\t          ^\n2:11: rego_parse_error: unexpected ] token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := [a | ]\n\t          ^",
        ),
        (
            "p := {a | b c}",
            "2:13: rego_parse_error: unexpected identifier token: expected \\n or ; or }\n\tp := {a | b c}\n\t            ^\n2:13: rego_parse_error: unexpected identifier token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := {a | b c}\n\t            ^",
        ),
        ("contains := 1", "2:1: rego_parse_error: contains keyword cannot be used for rule name"),
        (
            "p[",
            "2:2: rego_parse_error: unexpected eof token\n\tp[\n\t ^\n2:2: rego_parse_error: unexpected eof token: expected rule head name\n\tp[\n\t ^",
        ),
        (
            "p(",
            "2:2: rego_parse_error: unexpected eof token\n\tp(\n\t ^\n2:2: rego_parse_error: unexpected eof token: expected rule head name\n\tp(\n\t ^",
        ),
        (
            "a.b(c",
            "2:5: rego_parse_error: unexpected eof token: expected \",\" or \")\"\n\ta.b(c\n\t    ^\n2:5: rego_parse_error: unexpected eof token: expected rule head name\n\ta.b(c\n\t    ^",
        ),
        ("}", "2:1: rego_parse_error: unexpected } token\n\t}\n\t^"),
        (")", "2:1: rego_parse_error: unexpected ) token\n\t)\n\t^"),
        ("p := 1 }", "2:8: rego_parse_error: unexpected } token\n\tp := 1 }\n\t       ^"),
        (
            "p := #c",
            "2:7: rego_parse_error: unexpected eof token\n\tp := #c\n\t      ^\n2:7: rego_parse_error: unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := #c\n\t      ^",
        ),
        (
            "\t p := ]",
            "2:8: rego_parse_error: unexpected ] token\n\t p := ]\n\t      ^\n2:8: rego_parse_error: unexpected ] token: expected rule value term (e.g., p := <VALUE> { ... })\n\t p := ]\n\t      ^",
        ),
        ("p if { x; }", "2:11: rego_parse_error: unexpected } token\n\tp if { x; }\n\t          ^"),
        ("p if { ; }", "2:8: rego_parse_error: unexpected ; token\n\tp if { ; }\n\t       ^"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn packages() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("", "0:0: rego_parse_error: empty module"),
        ("# c", "0:0: rego_parse_error: empty module"),
        ("p := 1", "1:1: rego_parse_error: package expected"),
        ("package", "1:7: rego_parse_error: unexpected eof token\n\tpackage\n\t      ^"),
        (
            "package a.b[c]",
            "1:13: rego_parse_error: unexpected var token: expecting string\n\tpackage a.b[c]\n\t            ^",
        ),
        ("package a.b[\"c d\"]", "package a.b[\"c d\"]\n"),
        ("package 1", "1:9: rego_parse_error: unexpected number token\n\tpackage 1\n\t        ^"),
        (
            "package a[x]",
            "1:11: rego_parse_error: unexpected var token: expecting string\n\tpackage a[x]\n\t          ^",
        ),
        (
            "package a(b)",
            "1:12: rego_parse_error: unexpected eof token\n\tpackage a(b)\n\t           ^",
        ),
        ("package input", "package input\n"),
        ("package if", "package if\n"),
        ("package a b", "1:11: rego_parse_error: var cannot be used for rule name"),
        ("package.x := 1", "1:1: rego_parse_error: package expected"),
    ] {
        check("", source, &options, wanted);
    }
}

#[test]
fn keywords_that_v0_lacks_are_hinted_at() {
    let options = ParseOptions { version: RegoVersion::V0, ..ParseOptions::default() };
    for (source, wanted) in [
        (
            "p { some x in y }",
            "2:12: rego_parse_error: unexpected identifier token: expected \\n or ; or } (hint: `import future.keywords.in` for `some x in xs` expressions)\n\tp { some x in y }\n\t           ^",
        ),
        (
            "p { every x in y { z } }",
            "2:11: rego_parse_error: unexpected identifier token: expected \\n or ; or } (hint: `import future.keywords.every` for `every x in xs { ... }` expressions)\n\tp { every x in y { z } }\n\t          ^",
        ),
        (
            "p { some x, y in z; z }",
            "2:15: rego_parse_error: unexpected identifier token: expected \\n or ; or } (hint: `import future.keywords.in` for `some x in xs` expressions)\n\tp { some x, y in z; z }\n\t              ^",
        ),
        (
            "p if x",
            "2:1: rego_parse_error: var cannot be used for rule name\n2:3: rego_parse_error: var cannot be used for rule name\n2:6: rego_parse_error: var cannot be used for rule name",
        ),
        (
            "p contains x",
            "2:1: rego_parse_error: var cannot be used for rule name\n2:3: rego_parse_error: var cannot be used for rule name\n2:12: rego_parse_error: var cannot be used for rule name",
        ),
        (
            "p := $\"a\"",
            "2:6: rego_parse_error: template strings are not supported by current capabilities\n\tp := $\"a\"\n\t     ^\n2:6: rego_parse_error: unexpected template-string-end token: expected rule value term (e.g., p := <VALUE> { ... })\n\tp := $\"a\"\n\t     ^",
        ),
        (
            "import data.not",
            "2:13: rego_parse_error: unexpected import path, must not end with a keyword, got: not (hint: import a different path or use an alias)\n\timport data.not\n\t            ^",
        ),
        (
            "import future.keywords.foo",
            "2:8: rego_parse_error: unexpected keyword, must be one of [and contains every if in not or]\n\timport future.keywords.foo\n\t       ^",
        ),
        (
            "import rego.v1 as x",
            "2:8: rego_parse_error: `rego` imports cannot be aliased\n\timport rego.v1 as x\n\t       ^",
        ),
        (
            "import rego.v1\np { x }",
            "3:1: rego_parse_error: `if` keyword is required before rule body",
        ),
        (
            "import rego.v1\np[x] { x = 1 }",
            "3:1: rego_parse_error: `if` keyword is required before rule body\n3:1: rego_parse_error: `contains` keyword is required for partial set rules",
        ),
        ("import rego.v1\np", "3:1: rego_parse_error: var cannot be used for rule name"),
        (
            "import rego.v1\nif = 1 if x",
            "3:1: rego_parse_error: if keyword cannot be used for rule name",
        ),
        ("import rego.v1\nf(x)", "import rego.v1\n\nf(x) = true if { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn rules_of_v1() {
    let options = ParseOptions { version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("p { x }", "2:1: rego_parse_error: `if` keyword is required before rule body"),
        (
            "p[x] { x }",
            "2:1: rego_parse_error: `if` keyword is required before rule body\n2:1: rego_parse_error: `contains` keyword is required for partial set rules",
        ),
        ("p[x]", "2:1: rego_parse_error: `contains` keyword is required for partial set rules"),
        ("f(x) { x }", "2:1: rego_parse_error: `if` keyword is required before function body"),
        ("p", "2:1: rego_parse_error: var cannot be used for rule name"),
        ("p.q", "2:1: rego_parse_error: `contains` keyword is required for partial set rules"),
        ("p[x] := 1 { x }", "2:1: rego_parse_error: `if` keyword is required before rule body"),
        ("p := 1 { x }", "2:1: rego_parse_error: `if` keyword is required before rule body"),
        (
            "every := 1 if x",
            "2:7: rego_parse_error: unexpected assign token\n\tevery := 1 if x\n\t      ^",
        ),
        ("in := 1", "2:1: rego_parse_error: unexpected in keyword\n\tin := 1\n\t^"),
        (
            "p = x { x } else = 2 { y }",
            "2:1: rego_parse_error: `if` keyword is required before rule body\n2:13: rego_parse_error: `if` keyword is required before rule body",
        ),
        ("p contains x { x }", "2:1: rego_parse_error: `if` keyword is required before rule body"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}
