//! Sources that would exhaust a careless parser: nesting, going back, size, bytes that are no text.

mod support;

use referee_rego_syntax::ast::RegoVersion;
use referee_rego_syntax::{ParseOptions, parse_module, parse_module_bytes};
use support::told;

/// The first message about a source, or nothing where it is read.
fn refusal(source: &str, options: &ParseOptions) -> String {
    match parse_module("", source, options) {
        Ok(_) => String::new(),
        Err(errors) => errors.first().map(|error| error.message.clone()).unwrap_or_default(),
    }
}

fn with_everything(version: RegoVersion) -> ParseOptions {
    ParseOptions { all_future_keywords: true, ..ParseOptions::new(version) }
}

const TOO_DEEP: &str = "max parsing recursion depth exceeded";

#[test]
fn nesting_is_bounded_in_every_kind_of_bracket() {
    for open in [
        "[", "{", "(", "{a|", "[a|", "f(", "a[", "{x:", "$\"{", "not {", "not (", "{(", "x and (",
        "[x | {",
    ] {
        let source = format!("package a\np if {}", open.repeat(20_000));
        let options = with_everything(RegoVersion::V1);
        let message = refusal(&source, &options);
        let refused =
            message == TOO_DEEP || message.starts_with("unexpected") || message == "illegal token";
        assert!(refused, "{open}: {message}");
    }
}

#[test]
fn chains_of_operators_and_of_else_are_nesting_too() {
    let options = ParseOptions::default();
    let chain = |count| format!("package a\np := {}1", "1 + ".repeat(count));
    assert_eq!(refusal(&chain(450), &options), "");
    assert_eq!(refusal(&chain(600), &options), TOO_DEEP);
    let chain = |count| format!("package a\np if x{}", " else := 1 if y".repeat(count));
    assert_eq!(refusal(&chain(450), &options), "");
    assert_eq!(refusal(&chain(600), &options), TOO_DEEP);
}

#[test]
fn the_depth_is_that_of_the_options() {
    let source =
        |depth: usize| format!("package a\np := {}{}", "[".repeat(depth), "]".repeat(depth));
    let options = ParseOptions { max_depth: 10, ..ParseOptions::default() };
    assert_eq!(refusal(&source(10), &options), "");
    assert_eq!(refusal(&source(11), &options), TOO_DEEP);
}

#[test]
fn going_back_does_not_multiply() {
    // Each of these is read several times at each level by a parser that forgets what it read.
    for (version, part) in [
        (RegoVersion::V0, "some [x | "),
        (RegoVersion::V0, "[a | "),
        (RegoVersion::V1, "[x | {[x | {"),
        (RegoVersion::V1, "{ {a | b} | "),
        (RegoVersion::V1, "not (not {"),
    ] {
        let source = format!("package a\np {{ {}", part.repeat(60));
        let message = refusal(&source, &with_everything(version));
        assert_ne!(message, "", "{part}");
    }
}

#[test]
fn a_source_that_is_read_again_without_end_is_refused() {
    let source = format!("package a\np {{ {}", "some [x | ".repeat(300));
    let options = ParseOptions::new(RegoVersion::V0);
    assert_eq!(refusal(&source, &options), "source needs too much backtracking");
}

#[test]
fn sources_beyond_the_size_are_refused() {
    let options = ParseOptions { max_bytes: 20, ..ParseOptions::default() };
    assert_eq!(refusal("package a\np := 1", &options), "");
    assert_eq!(
        refusal("package a\np := 123456789", &options),
        "source too large: 24 bytes, at most 20 are read"
    );
}

#[test]
fn many_comments_and_many_rules_are_no_trouble() {
    let source = format!("package a\n{}", "# a comment\n".repeat(100_000));
    assert_eq!(
        parse_module("", &source, &ParseOptions::default())
            .map(|module| module.comments.len())
            .ok(),
        Some(100_000)
    );
    let source = format!("package a\n{}", "p contains x if x := input.y[_]\n".repeat(10_000));
    assert_eq!(
        parse_module("", &source, &ParseOptions::default()).map(|module| module.rules.len()).ok(),
        Some(10_000)
    );
}

#[test]
fn the_lines_under_errors_do_not_add_up_without_bound() {
    let source = format!("package a\np := {}", "$\"{".repeat(100_000));
    let errors = parse_module("", &source, &ParseOptions::default()).err().unwrap_or_default();
    let lines: usize = errors.iter().flat_map(|error| &error.details).map(String::len).sum();
    assert!(errors.len() > 100 && lines < 16 << 20, "{} errors, {lines} bytes", errors.len());
}

#[test]
fn bytes_that_are_no_text_are_errors_where_they_stand() {
    for (bytes, wanted) in [
        (
            &b"package a\np := \"\xff\""[..],
            "2:6: rego_parse_error: illegal utf-8 character\n\tp := \"\u{fffd}\"\n\t     ^",
        ),
        (
            b"package a\n# \xc3\x28\np := 1",
            "2:1: rego_parse_error: illegal utf-8 character\n\t# \u{fffd}(\n\t^",
        ),
        (b"package a\np := \"\xe2\x82\" + x y", "2:6: rego_parse_error: illegal utf-8 character"),
        (
            b"package a\np := 1\x00",
            "2:6: rego_parse_error: illegal null character\n\tp := 1\0\n\t     ^",
        ),
        (b"package a\np := \xef\xbb\xbf1", "2:5: rego_parse_error: illegal byte-order mark"),
    ] {
        let errors =
            parse_module_bytes("", bytes, &ParseOptions::default()).err().unwrap_or_default();
        assert!(told(&errors).starts_with(wanted), "{}", told(&errors));
    }
}

#[test]
fn a_byte_order_mark_at_the_beginning_is_skipped() {
    assert_eq!(refusal("\u{feff}package a", &ParseOptions::default()), "");
}

#[test]
fn aliases_of_metadata_do_not_multiply() {
    let mut source =
        "# METADATA\n# custom:\n#  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        source.push_str(&format!("#  a{level}: &a{level} [{alias}x]\n"));
    }
    source.push_str("package a\n");
    let options = ParseOptions::default().with_annotations(true);
    assert_eq!(refusal(&source, &options), "yaml: document contains excessive aliasing");
    let source = format!("# METADATA\n# custom: {}\npackage a\n", "[".repeat(5_000));
    assert_eq!(refusal(&source, &options), "yaml: exceeded max depth of 100");
}
