//! Reading a source and writing down what came of it.

#![allow(dead_code, reason = "each file of tests uses what it needs")]

use referee_rego_syntax::{Error, ParseOptions, parse_module, parse_query, print};

/// All errors, each with its place and lines.
pub(crate) fn told(errors: &[Error]) -> String {
    errors.iter().map(Error::to_string).collect::<Vec<_>>().join("\n")
}

/// A module that begins with `before` comes out as wanted: what is printed of it after its
/// package, or its errors.
pub(crate) fn check(before: &str, source: &str, options: &ParseOptions, wanted: &str) {
    let found = match parse_module("", &format!("{before}{source}"), options) {
        Ok(module) => module.to_string(),
        Err(errors) => told(&errors),
    };
    let found = found.strip_prefix("package a\n\n").unwrap_or(&found);
    assert_eq!(found, wanted, "\n{source}");
}

/// A query comes out as wanted: what is printed of it, or its errors.
pub(crate) fn check_query(source: &str, options: &ParseOptions, wanted: &str) {
    let found =
        match parse_query(source, options) {
            Ok(body) => print::body(&body),
            Err(errors) => errors
                .iter()
                .map(|error| {
                    if error.location.row == 0 { error.message.clone() } else { error.to_string() }
                })
                .collect::<Vec<_>>()
                .join("\n"),
        };
    assert_eq!(found, wanted, "\n{source}");
}
