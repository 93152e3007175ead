//! Cases of ours: forms of the language that meet something unknown, and where we knowingly leave
//! something else than OPA.

use serde_json::{Value as Json, json};

fn case(name: &str, module: &str, query: &str, partial: Json) -> Json {
    json!({
        "id": name,
        "modules": [{ "name": "0", "text": format!("package p\n{module}\n") }],
        "data": { "k": 1, "xs": [1, 2, 3], "o": { "a": 1, "b": 2 }, "system": { "z": 1 } },
        "queries": [query],
        "prints": true,
        "partial": partial,
    })
}

/// Cases of which the same is left.
pub(crate) fn alike() -> Vec<Json> {
    let input = || json!({ "unknowns": ["input"] });
    let plain = [
        ("a document alone", "", "input"),
        ("a document as a value", "", "x = input"),
        (
            "iteration over the unknown",
            "r contains x if { some x in input.xs; x > 1 }",
            "data.p.r[y]",
        ),
        ("a set as a whole", "r contains x if { some x in input.xs; x > 1 }", "data.p.r = y"),
        ("a set member", "r contains x if { x := input.x }", "data.p.r[3]"),
        ("an object", "r[k] := v if { some k, v in input.o }", "data.p.r[\"a\"] = y"),
        ("an object as a whole", "r[k] := v if { some k, v in input.o }", "data.p.r = y"),
        (
            "a head with references",
            "a.b[k].c := v if { some k, v in input.o }",
            "data.p.a.b.x.c = y",
        ),
        ("a set in an object", "a[k] contains v if { some k, v in input.o }", "data.p.a.x[y]"),
        ("a package", "a := input.x\nb := 2", "data.p = x"),
        ("a constant of a package", "a := input.x\nb := 2", "data.p.b = x"),
        ("a function", "f(x) := y if { y := x + input.n }", "data.p.f(3) = z"),
        ("a function by its result", "f(x) if x > input.n", "data.p.f(3)"),
        ("functions by their arguments", "f(1) := 2\nf(2) := 3", "data.p.f(input.x) = z"),
        (
            "a function with a default",
            "default f(_) := 7\nf(x) := 1 if x == input.y",
            "data.p.f(1) = z",
        ),
        ("an else", "r := 1 if { input.a } else := 2 if { input.b }", "data.p.r = x"),
        ("an else that is known", "r := 1 if { data.k == 2 } else := input.b", "data.p.r = x"),
        ("a default that is false", "default r := false\nr if input.a", "data.p.r"),
        ("a default against a constant", "default r := 1\nr := 2 if input.a", "data.p.r == 2"),
        ("a default that is meant", "default r := 1\nr := 2 if input.a", "data.p.r == 1"),
        ("a negation", "r if { not input.a }", "data.p.r"),
        ("a negation of two", "q if { input.a; input.b }\nr if not q", "data.p.r"),
        ("a negation of either", "q if input.a\nq if input.b\nr if not q", "data.p.r"),
        ("a negation over an iteration", "q if { input.a[_] == 1 }\nr if not q", "data.p.r"),
        (
            "a negation with a variable",
            "r if { x := input.x; not q(x) }\nq(x) if { x[_] == 2 }",
            "data.p.r",
        ),
        ("a negation twice", "q if not input.a\nr if not q", "data.p.r"),
        ("a negation that is known", "r if { not data.k == 2; input.a }", "data.p.r"),
        ("every over the unknown", "r if { every x in input.xs { x > 1 } }", "data.p.r"),
        ("every against the unknown", "r if { every x in data.xs { x > input.n } }", "data.p.r"),
        ("every that is known", "r if { every x in data.xs { x > 0 }; input.a }", "data.p.r"),
        ("a comprehension of the unknown", "r := {x | some x in input.xs}", "data.p.r = y"),
        (
            "a comprehension and its count",
            "r if { count({x | some x in input.xs; x > 1}) > 2 }",
            "data.p.r",
        ),
        (
            "a comprehension that is known",
            "r if { input.x in {x | some x in data.xs} }",
            "data.p.r",
        ),
        (
            "a comprehension with something known",
            "r := [y | some x in data.xs; y := x + input.n]",
            "data.p.r = z",
        ),
        ("with over the unknown", "q if input.a == 1\nr if q with input.a as 1", "data.p.r"),
        ("with an unknown value", "q if input.a == 1\nr if q with input.a as input.b", "data.p.r"),
        ("with over data", "q if { data.k == 5; input.x }\nr if q with data.k as 5", "data.p.r"),
        (
            "with a function",
            "f(x) := x + 1\ng(x) := x + input.n\nr if f(1) == 3 with data.p.f as g",
            "data.p.r",
        ),
        ("with a builtin replaced", "r if { count(input.xs) == 3 with count as 3 }", "data.p.r"),
        ("an index that is unknown", "r if data.xs[input.i] == 2", "data.p.r"),
        ("a key that is unknown", "r if data.o[input.k] == 2", "data.p.r"),
        ("a path that is unknown", "a.b := 1\na.c := 2", "data.p.a[input.x] = y"),
        ("data by the unknown", "", "data[input.x] = y"),
        ("sets of the unknown", "r if {1, input.x} == {1, 2}", "data.p.r"),
        ("arrays taken apart", "r := y if { [1, y] = input.x }", "data.p.r = z"),
        ("objects taken apart", "r := y if { {\"a\": y, \"b\": 1} = input.x }", "data.p.r = z"),
        ("membership with a key", "r if { 1, input.x in data.xs }", "data.p.r"),
        ("a template string", "r := $\"a{input.x}b{data.k}\"", "data.p.r = y"),
        ("print", "r if { print(\"x\", input.x); input.a }", "data.p.r"),
        ("walk", "r contains v if { walk(input, [_, v]); v == 1 }", "data.p.r[x]"),
        (
            "walk over the known",
            "r if { walk(data.o, [p, v]); v == input.x; p[0] == input.y }",
            "data.p.r",
        ),
        ("time", "r if { time.now_ns() > input.t }", "data.p.r"),
        ("an error of a builtin", "r if { to_number(\"x\") > input.t }", "data.p.r"),
        ("types that cannot match", "f(x) := upper(x)\nr if f(input.x[0]) == data.k", "data.p.r"),
        ("two values of one variable", "r if { x := input.x; x == 1; x == 2 }", "data.p.r"),
        ("a chain of rules", "a := input.x\nb := a\nc := b\nr if c == 1", "data.p.r"),
        (
            "variables of the query",
            "q contains x if { some x in input.xs }",
            "data.p.q[x]; y = x; y > 1",
        ),
        ("equality of two unknowns", "r if input.a == input.b", "data.p.r"),
        ("a value looked into", "a := input.x\nr if a.b.c == 1", "data.p.r"),
        ("a made value looked into", "a := {\"b\": input.x}\nr if a.b == 1", "data.p.r"),
        ("arithmetic", "r if input.a + input.b * 2 > 10 - input.c", "data.p.r"),
        ("a rule twice", "q := input.x\nr if { q > 1; q < 5 }", "data.p.r"),
    ];
    let mut cases: Vec<Json> =
        plain.iter().map(|(name, module, query)| case(name, module, query, input())).collect();
    for (mode, partial) in [
        ("shallow", json!({ "unknowns": ["input"], "shallow_inlining": true })),
        ("data unknown", json!({ "unknowns": ["data.xs", "data.o", "input.x"] })),
        (
            "not inlined",
            json!({ "unknowns": ["input"], "disable_inlining": ["data.p.q", "data.p.f"] }),
        ),
        ("without a namespace", json!({ "unknowns": ["input"], "skip_namespace": true })),
        ("called now", json!({ "unknowns": ["input.n"], "nondeterministic_builtins": true })),
    ] {
        for (name, module, query) in &plain {
            // The time that it is now is not the same for both.
            if *name != "time" {
                cases.push(case(&format!("{name}: {mode}"), module, query, partial.clone()));
            }
        }
    }
    cases
}

/// Cases of which OPA leaves something that means something else, or that cannot be compiled:
/// each with what we leave.
pub(crate) fn unlike() -> Vec<(Json, &'static str)> {
    let unknown = || json!({ "unknowns": ["input"] });
    vec![
        (
            case(
                "the with of what is turned round",
                "q if input.x == data.k\ns if q with input.x as input.y\nr if not s",
                "data.p.r",
                unknown(),
            ),
            "not data.p.q with input.x as input.y",
        ),
        (
            case(
                "every inside a comprehension",
                "r := [x | some x in [1]; every y in input.ys { y > x }]",
                "data.p.r = z",
                unknown(),
            ),
            "z = [__local2__1 | __local5__1 = [1]; __local2__1 = __local5__1[__local1__1]; \
             __local6__1 = input.ys; every __local3__1, __local4__1 in __local6__1 \
             { gt(__local4__1, __local2__1) }]",
        ),
        (
            case(
                "with inside every",
                "q if input.k == 1\nr if { x := input.m; every y in input.ys { q with input.k as x; y > 1 } }",
                "data.p.r",
                unknown(),
            ),
            "every __local1__1, __local2__1 in input.ys { data.p.q with input.k as input.m; \
             gt(__local2__1, 1) }; __local0__1 = input.m",
        ),
        (
            case(
                "what comes after a negation with with",
                "q if { some x in input.a; x > data.k }\nr if { not q with data.k as 3; data.k == 1 }",
                "data.p.r",
                unknown(),
            ),
            "not data.partial.__not1_0_2__ with data.k as 3\n\npackage partial\n\n\
             __not1_0_2__ = true if { gt(input.a[__local1__3], 3) }",
        ),
    ]
}
