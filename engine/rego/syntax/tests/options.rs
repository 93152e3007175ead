//! What the options switch: versions, keywords, capabilities.

#![allow(clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use referee_rego_syntax::ast::{Module, RegoVersion};
use referee_rego_syntax::{Error, ParseCapabilities, ParseOptions, parse_module};
use support::told;

fn read(source: &str, options: &ParseOptions) -> Result<Module, String> {
    parse_module("", source, options).map_err(|errors: Vec<Error>| told(&errors))
}

#[test]
fn a_module_knows_which_rego_it_is_in() {
    for (version, source, wanted) in [
        (RegoVersion::V0, "package a", RegoVersion::V0),
        (RegoVersion::V0, "package a\nimport rego.v1", RegoVersion::V0CompatV1),
        (RegoVersion::V0, "package a\nimport future.keywords", RegoVersion::V0),
        (RegoVersion::V0CompatV1, "package a", RegoVersion::V0CompatV1),
        (RegoVersion::V1, "package a\nimport rego.v1", RegoVersion::V1),
    ] {
        assert_eq!(
            read(source, &ParseOptions::new(version)).map(|module| module.version),
            Ok(wanted)
        );
    }
}

#[test]
fn keywords_may_be_on_without_an_import() {
    let source = "package a\np { some x in [1]; x }";
    let options = ParseOptions::new(RegoVersion::V0);
    assert!(read(source, &options).is_err());
    let options = ParseOptions { future_keywords: vec!["in".to_owned()], ..options };
    assert!(read(source, &options).is_ok());
    let options = ParseOptions { future_keywords: vec!["foo".to_owned()], ..options };
    assert_eq!(
        read(source, &options).map(|_| ()),
        Err("rego_parse_error: unknown future keyword: foo".to_owned())
    );
}

#[test]
fn capabilities_say_which_keywords_may_be_imported() {
    let capabilities =
        ParseCapabilities { future_keywords: vec!["in".to_owned()], features: Vec::new() };
    let options =
        ParseOptions { capabilities: Some(capabilities), ..ParseOptions::new(RegoVersion::V0) };
    assert!(read("package a\nimport future.keywords.in", &options).is_ok());
    let error = read("package a\nimport future.keywords.if", &options).map(|_| ());
    let wanted = "2:8: rego_parse_error: unexpected keyword, must be one of [in]\n\timport future.keywords.if\n\t       ^";
    assert_eq!(error, Err(wanted.to_owned()));
    let error = read("package a\nimport rego.v1", &options).map(|_| ());
    let wanted = "2:8: rego_parse_error: invalid import, `rego.v1` is not supported by current capabilities\n\timport rego.v1\n\t       ^";
    assert_eq!(error, Err(wanted.to_owned()));
}

#[test]
fn capabilities_switch_features() {
    let features = |features: &[&str]| {
        let mut capabilities = ParseCapabilities::of_version(RegoVersion::V1);
        capabilities.features = features.iter().map(|&feature| feature.to_owned()).collect();
        ParseOptions { capabilities: Some(capabilities), ..ParseOptions::default() }
    };
    let error = read("package a", &features(&[])).map(|_| ());
    let wanted =
        "rego_parse_error: illegal capabilities: rego_v1 feature required for parsing v1 Rego";
    assert_eq!(error, Err(wanted.to_owned()));
    let error = read("package a\np := $\"{x}\"", &features(&["rego_v1"])).map(|_| ());
    let wanted = "template strings are not supported by current capabilities";
    assert!(error.is_err_and(|error| error.contains(wanted)));
    assert!(read("package a\np := data.if", &features(&["rego_v1"])).is_err());
    assert!(read("package a\np := data.if", &features(&["rego_v1", "keywords_in_refs"])).is_ok());
}

#[test]
fn capabilities_may_not_name_unknown_keywords() {
    let mut capabilities = ParseCapabilities::of_version(RegoVersion::V1);
    capabilities.future_keywords.push("foo".to_owned());
    let options = ParseOptions { capabilities: Some(capabilities), ..ParseOptions::default() };
    let wanted = "rego_parse_error: illegal capabilities: unknown keyword: foo";
    assert_eq!(read("package a", &options).map(|_| ()), Err(wanted.to_owned()));
}

#[test]
fn metadata_is_read_where_it_is_asked_for() {
    let source = "# METADATA\n# title: x\npackage a\n\n# METADATA\n# title: y\np := 1";
    let module = read(source, &ParseOptions::default());
    assert_eq!(module.as_ref().map(|module| module.annotations.len()), Ok(0));
    let attached = module.map(|mut module| {
        let result = referee_rego_syntax::attach_annotations(&mut module);
        (
            result.is_ok(),
            module.annotations.len(),
            module.rules.iter().map(|rule| rule.annotations.len()).sum::<usize>(),
        )
    });
    assert_eq!(attached, Ok((true, 2, 1)));
}

#[test]
fn metadata_read_later_is_checked_too() {
    let source = "package a\n# METADATA\n# title: [\np := 1\n";
    let mut module =
        read(source, &ParseOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let errors = referee_rego_syntax::attach_annotations(&mut module).err().unwrap_or_default();
    assert_eq!(
        told(&errors),
        "3:1: rego_parse_error: yaml: line 1: did not find expected node content"
    );
}
