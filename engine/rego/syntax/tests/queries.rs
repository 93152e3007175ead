//! Queries: expressions without a package.

mod support;

use referee_rego_syntax::ParseOptions;
use referee_rego_syntax::ast::RegoVersion;
use support::check_query;

#[test]
fn queries_are_expressions() {
    let options =
        ParseOptions { skip_rules: true, version: RegoVersion::V1, ..ParseOptions::default() };
    for (source, wanted) in [
        ("x := 1; y = x", "assign(x, 1); y = x"),
        ("input.a[_] = x", "input.a[_] = x"),
        ("p", "p"),
        ("a; b", "a; b"),
        ("p := 1", "assign(p, 1)"),
        ("some x in y", "some x in y"),
        ("{1}", "{1}"),
        ("{x | y}", "{x | y}"),
        ("x\ny", "x; y"),
        ("not x", "not x"),
        ("data.a.b == 1", "equal(data.a.b, 1)"),
        ("count(x, n)", "count(x, n)"),
        ("\"a\"", "\"a\""),
        ("1 +", "1:3: rego_parse_error: unexpected eof token\n\t1 +\n\t  ^"),
        ("package a", "expected body but got *ast.Package"),
        ("import data.x", "expected body but got *ast.Import"),
        ("", ""),
    ] {
        check_query(source, &options, wanted);
    }
}
