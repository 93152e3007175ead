//! The type checker: types of rules, and what it refuses with which words.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails, and its helpers are a module"
)]

mod support;

use support::{World, body, errors, reference, type_of, written};

/// The only error of a module, without its place.
fn error(text: &str) -> String {
    let errors = errors(text);
    let [error] = errors.as_slice() else { panic!("{text}: {errors:?}") };
    error.split_once("rego_type_error: ").unwrap().1.to_owned()
}

#[test]
fn a_rule_is_of_the_type_of_its_value() {
    for (text, ty) in [
        ("p = 1", "number"),
        ("p = [1, \"a\"]", "array<number, string>"),
        ("p = []", "array[any]"),
        ("p = {}", "object[any: any]"),
        ("p = {\"a\": {1, \"b\"}}", "object<a: set[any<number, string>]>"),
        ("p = {\"b\": 1, \"a\": null}", "object<a: null, b: number>"),
        ("p = x if x = input.y", "any"),
        ("p contains x if { x = 1 }", "set[number]"),
        ("p[x] = y if { x = \"a\"; y = 1 }", "object[string: number]"),
        ("p[x].q = y if { x = \"a\"; y = 1 }", "object[string: object[string: number]]"),
        ("p = x if { x = [y | y = 1] }", "array[number]"),
        ("p = x if { x = {y: true | y = \"a\"} }", "object[string: boolean]"),
        ("p = x if { count([1], x) }", "number"),
        ("f(x) = y if { plus(x, 1, y) }\np = x if data.test.f(2, x)", "number"),
    ] {
        assert_eq!(type_of(text), ty, "{text}");
    }
}

#[test]
fn definitions_of_a_rule_add_up() {
    for (text, ty) in [
        ("p = 1\np = \"a\"", "any<number, string>"),
        ("p = 1 if { false } else = true", "any<boolean, number>"),
        ("p contains 1\np contains \"a\"", "set[any<number, string>]"),
        ("p.a = 1\np.b = \"c\"", "object<a: number, b: string>[string: any]"),
        (
            "p[x] = 1 if x = \"a\"\np[x] = y if { x = 1; y = \"b\" }",
            "object[any<number, string>: any<number, string>]",
        ),
        ("p.a = 1\np[x] = y if { x = \"a\"; y = \"b\" }", "object[string: any<number, string>]"),
    ] {
        assert_eq!(type_of(text), ty, "{text}");
    }
}

#[test]
fn functions_have_the_types_that_their_bodies_say() {
    let world = World::default();
    let mut env = world.env();
    let text = "package test\nf(x, [y, z]) = w if { plus(x, 1, w); y = \"a\" }\ng(x) if true";
    assert!(world.rules(&mut env, text).errors.is_empty());
    let ty = |name: &str| env.lookup(&reference(name)).to_string();
    assert_eq!(ty("data.test.f"), "(number, array<string, any>) => number");
    assert_eq!(ty("data.test.g"), "(any) => boolean");
    assert_eq!(ty("data.test.h"), "any");
    assert_eq!(
        ty("io.jwt.decode"),
        "(string) => array<object[any: any], object[any: any], string>"
    );
}

#[test]
fn equalities_that_cannot_hold_are_told_with_both_types() {
    assert_eq!(error("p if { 1 = \"a\" }"), "match error\n\tleft  : number\n\tright : string");
    assert_eq!(
        error("p if { x = [1, 2]; x = [y, \"a\"] }"),
        "match error\n\tleft  : array<number, number>\n\tright : array<???, string>"
    );
    assert_eq!(
        error("p if { {\"a\": x} = {\"b\": 1} }"),
        "match error\n\tleft  : object<a: ???>\n\tright : object<b: number>"
    );
    for text in [
        "p if { x = y; y = 1; x = 2 }",
        "p if { [x, 1] = [\"a\", y]; y = 1; x = \"b\" }",
        "p if { {\"a\": x} = {\"a\": y}; x = 1 }",
        "p if { x = input.a; x = 1; x = 2 }",
    ] {
        assert!(errors(text).is_empty(), "{text}");
    }
}

#[test]
fn calls_are_told_with_what_is_had_and_wanted() {
    assert_eq!(
        error("p if { plus(1, \"a\", x) }"),
        "plus: invalid argument(s)\n\thave: (number, string, ???)\n\twant: (x: number, y: number, z: number)"
    );
    assert_eq!(
        error("p if { count(1, 2, 3) }"),
        "count: too many arguments\n\thave: (number, number, number)\n\twant: (collection: any<string, array[any], object[any: any], set[any]>, n: number)"
    );
    assert_eq!(
        error("p if { plus(1) }"),
        "plus: too few arguments\n\thave: (number)\n\twant: (x: number, y: number, z: number)"
    );
    assert_eq!(
        error("f(x) = x if { x = 1 }\np if { data.test.f(\"a\", y) }"),
        "data.test.f: invalid argument(s)\n\thave: (string, ???)\n\twant: (number, number)"
    );
    assert_eq!(error("p if { nosuch(1) }"), "undefined function nosuch");
    assert_eq!(error("q = 1\np if { data.test.q(1) }"), "undefined function data.test.q");
    assert!(errors("p if { print(1, \"a\", [x | x = 1]) }").is_empty());
    assert!(errors("p if { data.other.f(1) }").is_empty());
    assert_eq!(
        error("p if { eq(1) }"),
        "eq: too few arguments\n\thave: (number)\n\twant: (any, any)"
    );
}

#[test]
fn a_function_with_one_definition_in_error_is_no_function() {
    let function = "f(x) = 1 if { plus(x, 1, y); x[input.k] } else = 2\n";
    let undefined = "undefined function data.test.f";
    let bodies = ["data.test.f(1)", "data.test.f(1) with data.test.f as data.test.f"];
    for body in bodies {
        let found = errors(&format!("{function}p if {{ {body} }}"));
        let [first, second] = found.as_slice() else { panic!("{body}: {found:?}") };
        assert!(first.contains("undefined ref: x[input.k]"), "{first}");
        assert!(second.ends_with(undefined), "{second}");
    }
}

#[test]
fn minus_zero_is_the_first_index_of_an_array_and_a_fraction_is_none() {
    assert!(errors("p if { x = [7]; x[-0] = 7 }").is_empty());
    assert_eq!(error("p if { x = [7]; x[0.0] = 7 }").lines().next(), Some("undefined ref: x[0.0]"));
}

#[test]
fn references_by_keys_that_are_not_there_name_those_that_are() {
    let rules = "c = {\"a\": {\"b\": 1}, \"d\": \"e\"}\n";
    assert_eq!(
        error(&format!("{rules}p if {{ data.test.c.x }}")),
        "undefined ref: data.test.c.x\n\tdata.test.c.x\n\t            ^\n\t            have: \"x\"\n\t            want (one of): [\"a\" \"d\"]"
    );
    assert_eq!(
        error(&format!("{rules}p if {{ data.test.c.a.b.z }}")),
        "undefined ref: data.test.c.a.b.z\n\tdata.test.c.a.b.z\n\t^^^^^^^^^^^^^^^\n\thave: number"
    );
    assert_eq!(
        error(&format!("{rules}p if {{ x = 1; data.test.c[x] }}")),
        "undefined ref: data.test.c[x]\n\tdata.test.c[x]\n\t            ^\n\t            have (type): number\n\t            want (one of): [\"a\" \"d\"]"
    );
    assert_eq!(
        error("s contains 1\np if { data.test.s[\"a\"] }"),
        "undefined ref: data.test.s.a\n\tdata.test.s.a\n\t            ^\n\t            have: \"a\"\n\t            want (type): number"
    );
    assert_eq!(
        error("p if { input[1] }\nq if { data.test[1] }").lines().next().unwrap(),
        "undefined ref: data.test[1]"
    );
    assert!(errors("p if { data.test.nothing.here; input.a.b; data[x][y] }").is_empty());
}

#[test]
fn functions_are_no_values() {
    let rules = "f(x) = 1\n";
    assert_eq!(
        error(&format!("{rules}p if {{ data.test.f }}")),
        "function data.test.f used as reference, not called\n\tdata.test.f\n\t^^^^^^^^^^^\n\thave: (any) => number"
    );
    let told = errors(&format!("{rules}p if {{ count(data.test.f, 1) }}"));
    assert_eq!(told.len(), 2);
    assert!(told[1].contains("function data.test.f used as reference, not called"));
}

#[test]
fn what_stands_in_a_package_is_unknown_where_the_last_of_it_is_a_function() {
    let text = "a := input.a\nf(x) := x\ng(x) := x\np if { y = data.test[k] }";
    assert_eq!(error(text), "match error\n\tleft  : ???\n\tright : ???");
    assert_eq!(errors("f(x) := x\na := input.a\np if { y = data.test[k] }").len(), 0);
}

#[test]
fn what_stands_in_a_package_of_functions_of_different_arity_is_unknown() {
    let told = "match error\n\tleft  : ???\n\tright : ???";
    assert_eq!(error("f(x) := x\ng(x, y) := x\np if { z = data.test[k] }"), told);
    // A third that comes right after takes the place of what was lost.
    let text = "f(x) := x\ng(x, y) := x\nh(x) := x\np if { z = data.test[k] }";
    assert_eq!(error(text), told);
}

#[test]
fn a_wrong_rule_is_not_held_against_those_that_use_it() {
    assert_eq!(
        errors("p if { 1 = \"a\" }\nq if { data.test.p.x.y; plus(data.test.p, 1, 2) }").len(),
        1
    );
}

#[test]
fn errors_are_sorted_by_place() {
    let found =
        errors("p if { 1 = \"a\"; data.test.q = 2 }\nq if { 2 = \"a\" }\nr if { 3 = \"a\" }");
    let places: Vec<_> = found.iter().map(|error| error.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["a.rego:2", "a.rego:3", "a.rego:4"]);
}

#[test]
fn comprehensions_are_checked_once_told() {
    assert_eq!(
        error("p if { x = [y | y = 1; y = \"a\"] }"),
        "match error\n\tleft  : number\n\tright : string"
    );
    assert!(
        error("c = 1\np if { sum([y | y = data.test.c.z], x) }")
            .starts_with("undefined ref: data.test.c.z")
    );
    assert!(errors("p if { x = {1}; [y | x[y]; plus(y, 1, z)] = w }").is_empty());
}

#[test]
fn bodies_of_every_and_not_are_checked_for_references() {
    let rules = "c = {\"a\": 1}\n";
    for text in ["p if { every x in [1] { data.test.c.z } }", "p if { not data.test.c.z }"] {
        assert!(
            error(&format!("{rules}{text}")).starts_with("undefined ref: data.test.c.z"),
            "{text}"
        );
    }
}

#[test]
fn what_with_replaces_may_be_of_either_type() {
    let rules = "c = {\"a\": 1}\n";
    for text in [
        "p if { data.test.c.z with data.test.c as {\"z\": 1} }",
        "p if { data.test.c = [1] with data.test.c as [2] }",
        "p if { data.test.c.z with data.test[x] as 1 }",
    ] {
        assert!(errors(&format!("{rules}{text}")).is_empty(), "{text}");
    }
    assert!(
        error(&format!("{rules}p if {{ data.test.c.z with data.test.c as {{\"y\": 1}} }}"))
            .starts_with("undefined ref: data.test.c.z")
    );
}

#[test]
fn rules_that_depend_on_what_with_replaces_may_be_anything() {
    let world = World { dependents: vec![("input.a", "data.test.c")], ..World::default() };
    let text = "c = {\"a\": 1}\np if { data.test.c.z with input.a as 1 }";
    assert_eq!(world.errors(text), Vec::<String>::new());
    assert_eq!(errors(text).len(), 1);
}

#[test]
fn what_only_such_a_rule_lets_pass_leaves_a_comprehension_unknown() {
    let world = World { dependents: vec![("data.test.q", "data.test.c")], ..World::default() };
    let rules = "q = 1\nc = {\"a\": 1} if data.test.q\n";
    assert_eq!(
        world.errors(&format!(
            "{rules}p if {{ x = [y | y = data.test.c.z with data.test.q as 1] }}"
        )),
        ["a.rego:4: rego_type_error: match error\n\tleft  : ???\n\tright : ???"]
    );
    assert!(
        world
            .errors(&format!("{rules}p if {{ x = data.test.c.z with data.test.q as 1 }}"))
            .is_empty()
    );
}

#[test]
fn a_replaced_function_keeps_its_arity() {
    let rules = "f(x) = 1\ng(x, y) = 1\n";
    assert_eq!(
        error(&format!("{rules}p if {{ data.test.f(1, 1) with data.test.f as data.test.g }}")),
        "data.test.f: arity mismatch\n\thave: (any, any)\n\twant: (any)"
    );
    assert!(
        errors(&format!("{rules}p if {{ count([1], 1) with count as data.test.f }}")).is_empty()
    );
    assert!(errors(&format!("{rules}p if {{ count([1], 1) with count as 3 }}")).is_empty());
}

#[test]
fn queries_are_checked_against_the_rules() {
    let world = World::default();
    let mut env = world.env();
    assert!(world.rules(&mut env, "package test\nc = {\"a\": 1}").errors.is_empty());
    let outcome = world.query(&env, &body("data.test.c.z; 1 = \"a\""));
    let told: Vec<_> = outcome.errors.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(told, ["undefined ref: data.test.c.z", "match error"]);
    assert!(world.query(&env, &body("data.test.c.a = x; x = 1")).errors.is_empty());
}

#[test]
fn the_builtins_that_are_called_are_told() {
    let world = World::default();
    let outcome = world.rules(
        &mut world.env(),
        "package test\np if { count([1], x); not startswith(\"a\", \"b\") }",
    );
    let required: Vec<_> = outcome.required.iter().map(|name| &**name).collect();
    assert_eq!(required, ["count", "startswith"]);
}

#[test]
fn undefined_functions_pass_where_they_are_allowed() {
    let world = World::default();
    let checker = referee_rego_types::check::Checker {
        rewrite: &Clone::clone,
        dependents: &|_| Vec::new(),
        schemas: None,
        allow_undefined_functions: true,
    };
    assert!(checker.check_body(&world.env(), &body("nosuch(1)")).errors.is_empty());
}

#[test]
fn an_arity_error_shows_what_is_known_of_the_operands() {
    let world = World::default();
    let call = body("count([1, \"a\"], {x | x = 1}, y)");
    let error =
        referee_rego_types::check::arity_mismatch(&world.env(), &reference("count"), &call[0])
            .unwrap();
    assert_eq!(
        written(&[error])[0].split_once("rego_type_error: ").unwrap().1,
        "count: arity mismatch\n\thave: (array<number, string>, set[number], ???)\n\twant: (collection: any<string, array[any], object[any: any], set[any]>)"
    );
    assert!(
        referee_rego_types::check::arity_mismatch(&world.env(), &reference("data.a.f"), &call[0])
            .is_none()
    );
}
