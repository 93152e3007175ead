//! The tree as JSON, as `opa parse` prints it and `rego.parse_module` gives it.

#![allow(clippy::panic, reason = "a test that cannot go on fails")]

use referee_rego_syntax::json::{self, JsonOptions};
use referee_rego_syntax::{ParseOptions, parse_module, parse_query};

fn text(source: &str, options: &JsonOptions) -> String {
    let read = ParseOptions::default().with_annotations(true);
    match parse_module("a.rego", source, &read) {
        Ok(module) => json::module_to_text(&module, options, false),
        Err(errors) => format!("{errors:?}"),
    }
}

#[test]
fn members_stand_in_the_order_of_opa() {
    assert_eq!(
        text("package a\nimport data.b as c\np := 1 # d", &JsonOptions::parse_module()),
        concat!(
            r#"{"package":{"path":[{"type":"var","value":"data"},{"type":"string","value":"a"}]},"#,
            r#""imports":[{"alias":"c","path":{"type":"ref","value":[{"type":"var","value":"data"},{"type":"string","value":"b"}]}}],"#,
            r#""rules":[{"body":[{"index":0,"terms":{"type":"boolean","value":true}}],"#,
            r#""head":{"name":"p","value":{"type":"number","value":1},"assign":true,"ref":[{"type":"var","value":"p"}]}}],"#,
            r#""comments":[{"Text":"IGQ=","Location":{"file":"a.rego","row":3,"col":8}}]}"#
        )
    );
}

#[test]
fn places_come_with_their_text_in_base64() {
    assert_eq!(
        text("package a\np := 1", &JsonOptions::opa_parse(true, true)),
        concat!(
            r#"{"package":{"location":{"file":"a.rego","row":1,"col":1,"text":"cGFja2FnZQ=="},"#,
            r#""path":[{"location":{"file":"a.rego","row":1,"col":9,"text":"YQ=="},"type":"var","value":"data"},"#,
            r#"{"location":{"file":"a.rego","row":1,"col":9,"text":"YQ=="},"type":"string","value":"a"}]},"#,
            r#""rules":[{"body":[{"index":0,"location":{"file":"a.rego","row":2,"col":6,"text":"MQ=="},"#,
            r#""terms":{"location":{"file":"a.rego","row":2,"col":6,"text":"MQ=="},"type":"boolean","value":true}}],"#,
            r#""head":{"name":"p","value":{"location":{"file":"a.rego","row":2,"col":6,"text":"MQ=="},"type":"number","value":1},"#,
            r#""assign":true,"ref":[{"location":{"file":"a.rego","row":2,"col":1,"text":"cA=="},"type":"var","value":"p"}],"#,
            r#""location":{"file":"a.rego","row":2,"col":1,"text":"cCA6PSAx"}},"#,
            r#""location":{"file":"a.rego","row":2,"col":1,"text":"cCA6PSAx"}}]}"#
        )
    );
}

#[test]
fn comments_may_be_left_out() {
    let found = text("package a # b", &JsonOptions::opa_parse(false, false));
    assert!(!found.contains("comments"), "{found}");
}

#[test]
fn every_kind_of_term_has_its_form() {
    for (source, wanted) in [
        ("null", r#"{"type":"null","value":{}}"#),
        ("\"<a>\"", r#"{"type":"string","value":"\u003ca\u003e"}"#),
        ("{}", r#"{"type":"object","value":[]}"#),
        (
            "{2, 1}",
            r#"{"type":"set","value":[{"type":"number","value":1},{"type":"number","value":2}]}"#,
        ),
        (
            "{2: x, 1: y}",
            r#"{"type":"object","value":[[{"type":"number","value":1},{"type":"var","value":"y"}],[{"type":"number","value":2},{"type":"var","value":"x"}]]}"#,
        ),
        (
            "[x | y]",
            r#"{"type":"arraycomprehension","value":{"term":{"type":"var","value":"x"},"body":[{"index":0,"terms":{"type":"var","value":"y"}}]}}"#,
        ),
        (
            "{x: y | z}",
            r#"{"type":"objectcomprehension","value":{"key":{"type":"var","value":"x"},"value":{"type":"var","value":"y"},"body":[{"index":0,"terms":{"type":"var","value":"z"}}]}}"#,
        ),
        ("$\"\"", r#"{"type":"templatestring","value":{"parts":null,"multi_line":false}}"#),
        (
            "$\"a{x}\"",
            r#"{"type":"templatestring","value":{"parts":[{"type":"string","value":"a"},{"index":0,"terms":{"type":"var","value":"x"}}],"multi_line":false}}"#,
        ),
        ("_", r#"{"type":"var","value":"$0"}"#),
    ] {
        let options = ParseOptions { skip_rules: true, ..ParseOptions::default() };
        let body = parse_query(source, &options).unwrap_or_else(|errors| panic!("{errors:?}"));
        let found = json::body_to_text(&body, &JsonOptions::default(), false);
        assert_eq!(found, format!(r#"[{{"index":0,"terms":{wanted}}}]"#), "{source}");
    }
}

#[test]
fn every_kind_of_expression_has_its_form() {
    for (source, wanted) in [
        ("some x", r#""terms":{"symbols":[{"type":"var","value":"x"}]}"#),
        (
            "every x in y { z }",
            r#""terms":{"body":[{"index":0,"terms":{"type":"var","value":"z"}}],"domain":{"type":"var","value":"y"},"key":null,"value":{"type":"var","value":"x"}}"#,
        ),
        (
            "not x",
            r#""terms":{"body":[{"index":0,"terms":{"type":"var","value":"x"}}],"explicit_body":false,"type":"not"}"#,
        ),
        (
            "x and { y }",
            r#""terms":{"explicit_rhs":true,"lhs":[{"index":0,"terms":{"type":"var","value":"x"}}],"rhs":[{"index":0,"terms":{"type":"var","value":"y"}}],"type":"and"}"#,
        ),
        (
            "x with input as 1",
            r#""terms":{"type":"var","value":"x"},"with":[{"target":{"type":"ref","value":[{"type":"var","value":"input"}]},"value":{"type":"number","value":1}}]"#,
        ),
    ] {
        let options =
            ParseOptions { skip_rules: true, all_future_keywords: true, ..ParseOptions::default() };
        let body = parse_query(source, &options).unwrap_or_else(|errors| panic!("{errors:?}"));
        let found = json::body_to_text(&body, &JsonOptions::default(), false);
        assert_eq!(found, format!(r#"[{{"index":0,{wanted}}}]"#), "{source}");
    }
}

#[test]
fn an_indentation_is_two_blanks() {
    let body = parse_query("1", &ParseOptions::default()).unwrap_or_default();
    assert_eq!(
        json::body_to_text(&body, &JsonOptions::default(), true),
        "[\n  {\n    \"index\": 0,\n    \"terms\": {\n      \"type\": \"number\",\n      \"value\": 1\n    }\n  }\n]"
    );
}

#[test]
fn values_say_the_same_as_text() {
    let source = "# METADATA\n# title: t\npackage a\np contains x if some x in input.y";
    let options = ParseOptions::default().with_annotations(true);
    let module = parse_module("", source, &options).unwrap_or_else(|errors| panic!("{errors:?}"));
    let value = json::module_to_json(&module, &JsonOptions::default());
    let annotations =
        value.as_object().and_then(|module| module.get_str("annotations")).map(|one| one.to_json());
    assert_eq!(annotations.as_deref(), Some(r#"[{"scope":"package","title":"t"}]"#));
}

#[test]
fn metadata_as_a_value_is_what_rego_metadata_gives() {
    let source = concat!(
        "# METADATA\n# title: t\n# entrypoint: true\n# authors: [A <a@b>]\n# schemas:\n# - input.x: schema.y\n",
        "# related_resources: [https://x]\n# custom: {k: [1]}\n# compile: {unknowns: [input]}\npackage a\n"
    );
    let options = ParseOptions::default().with_annotations(true);
    let module = parse_module("", source, &options).unwrap_or_else(|errors| panic!("{errors:?}"));
    let found: Vec<String> =
        module.annotations.iter().map(|one| one.to_value().to_json()).collect();
    assert_eq!(
        found,
        [concat!(
            r#"{"authors":[{"email":"a@b","name":"A"}],"custom":{"k":[1]},"entrypoint":true,"#,
            r#""related_resources":[{"ref":"https://x"}],"schemas":[{"path":["input","x"],"schema":["schema","y"]}],"#,
            r#""scope":"package","title":"t"}"#
        )]
    );
}
