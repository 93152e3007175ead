//! Metadata that means harm.

#![allow(clippy::unwrap_used, reason = "what the tests share may fail as they may")]

use referee_rego_syntax::ast::RegoVersion;
use referee_rego_syntax::{ParseOptions, parse_module};

#[test]
fn yaml_that_its_library_cannot_face_is_an_error() {
    let options = ParseOptions::new(RegoVersion::V1).with_annotations(true);
    for value in ["[!!str, a]", "[!<a>, b]", "[!a!b, c]"] {
        let text = format!("# METADATA\n# custom: {value}\npackage p\n");
        let errors = parse_module("p.rego", &text, &options).unwrap_err();
        let first = errors.first().unwrap();
        let expected = "yaml: did not find expected whitespace or line break";
        assert_eq!((errors.len(), first.message.as_str()), (1, expected), "{value}");
    }
}
