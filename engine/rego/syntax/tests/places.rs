//! Where nodes stand: rows, columns and the text that belongs to them.

#![allow(clippy::panic, reason = "a test that cannot go on fails")]

use referee_rego_syntax::ast::{Expr, ExprKind, Module, Term, TermKind};
use referee_rego_syntax::{Location, ParseOptions, parse_module, parse_query};

fn module(source: &str) -> Module {
    parse_module("a.rego", source, &ParseOptions::default())
        .unwrap_or_else(|errors| panic!("{source}: {errors:?}"))
}

fn place(location: &Location) -> (u32, u32, &str) {
    (location.row, location.col, location.text())
}

fn first(source: &str) -> Expr {
    let body = parse_query(source, &ParseOptions { skip_rules: true, ..ParseOptions::default() });
    body.ok().and_then(|body| body.into_iter().next()).unwrap_or_else(|| panic!("{source}"))
}

fn terms(expr: Expr) -> Vec<Term> {
    match expr.kind {
        ExprKind::Call(terms) => terms,
        ExprKind::Term(term) => vec![term],
        _ => Vec::new(),
    }
}

#[test]
fn a_rule_stands_where_its_head_begins_and_reaches_to_its_end() {
    let module = module("package a\n\n  p contains x if {\n\tx := 1\n}\nq := 2\n");
    let rules: Vec<_> = module.rules.iter().map(|rule| place(&rule.location)).collect();
    assert_eq!(rules, [(3, 3, "p contains x if {\n\tx := 1\n}"), (6, 1, "q := 2")]);
    let heads: Vec<_> = module.rules.iter().map(|rule| place(&rule.head.location)).collect();
    assert_eq!(heads, [(3, 3, "p contains x"), (6, 1, "q := 2")]);
}

#[test]
fn columns_count_characters_and_offsets_bytes() {
    let module = module("package a\np if { \"é€\" == x }\n");
    let expr = module.rules.first().and_then(|rule| rule.body.first().cloned());
    let terms = expr.map(terms).unwrap_or_default();
    let places: Vec<_> = terms.iter().map(|term| place(&term.location)).collect();
    assert_eq!(places, [(2, 13, "=="), (2, 8, "\"é€\""), (2, 16, "x")]);
}

#[test]
fn the_text_of_a_term_in_parentheses_has_them() {
    let places = |source: &str| {
        let terms = terms(first(source));
        terms
            .iter()
            .map(|term| (term.location.col, term.location.text().to_owned()))
            .collect::<Vec<_>>()
    };
    let at = |col, text: &str| (col, text.to_owned());
    assert_eq!(places("(x)"), [at(2, "(x)")]);
    assert_eq!(places("((x.y))"), [at(3, "((x.y))")]);
    assert_eq!(places("(a + b) * c"), [at(9, "*"), at(2, "(a + b)"), at(11, "c")]);
}

#[test]
fn references_and_calls_have_the_text_from_their_head_to_their_end() {
    let Some(Term { kind: TermKind::Ref(parts), location }) = terms(first("a.b[c] ")).pop() else {
        panic!("no reference")
    };
    assert_eq!(place(&location), (1, 1, "a.b[c]"));
    let parts: Vec<_> = parts.iter().map(|part| place(&part.location)).collect();
    assert_eq!(parts, [(1, 1, "a"), (1, 3, "b"), (1, 5, "c")]);
    let call = terms(first("x = f(1, [2]).y"));
    assert_eq!(call.get(2).map(|call| place(&call.location)), Some((1, 5, "f(1, [2]).y")));
}

#[test]
fn an_expression_takes_its_modifiers_in() {
    let expr = first("not x with input as 1; y");
    assert_eq!(place(&expr.location), (1, 1, "not x with input as 1"));
    assert_eq!(
        expr.with.first().map(|with| place(&with.location)),
        Some((1, 7, "with input as 1"))
    );
}

#[test]
fn bodies_in_a_chain_have_their_own_place_in_the_head_too() {
    let options = ParseOptions::new(referee_rego_syntax::ast::RegoVersion::V0);
    let module = parse_module("", "package a\nf(x) = 1 { x } { y }", &options);
    let module = module.unwrap_or_else(|errors| panic!("{errors:?}"));
    let rule = module.rules.get(1).unwrap_or_else(|| panic!("one rule only"));
    assert_eq!(place(&rule.location), (2, 16, "{ y }"));
    let arg = rule.head.args.as_ref().and_then(|args| args.first());
    assert_eq!(arg.map(|arg| place(&arg.location)), Some((2, 16, "{ y }")));
}

#[test]
fn what_stands_in_no_source_has_no_place() {
    let module = module("package a\np if x\n");
    let value = module.rules.first().and_then(|rule| rule.head.value.clone());
    assert_eq!(
        value.map(|value| (value.location.row, value.to_string())),
        Some((0, "true".to_owned()))
    );
}

#[test]
fn comments_stand_where_their_mark_does() {
    let module = module("package a # one\r\n# two\n");
    let comments: Vec<_> = module
        .comments
        .iter()
        .map(|comment| (place(&comment.location), comment.text.as_str()))
        .collect();
    assert_eq!(comments, [((1, 11, "# one\r"), " one"), ((2, 1, "# two"), " two")]);
}

#[test]
fn an_error_knows_its_line_for_json() {
    let errors = parse_module("", "package a\n\tp := x y", &ParseOptions::default()).err();
    let errors = errors.unwrap_or_default();
    assert_eq!(errors.first().and_then(|error| error.source_line()), None);
    let errors = parse_module("", "package a\n\tp := ]", &ParseOptions::default()).err();
    let errors = errors.unwrap_or_default();
    assert_eq!(errors.first().and_then(|error| error.source_line()), Some(("\tp := ]", 6)));
}
