//! What is over a limit is left out, counted and told; nothing takes longer than its size.

use crate::support::{codes, current, second, v1};
use referee_document::provenance::{PROVENANCE_V0_2, PROVENANCE_V1};
use referee_document::{Limits, provenance};
use serde_json::{Value, json};
use std::fmt::Write as _;

#[test]
fn materials_over_the_limit_are_counted() {
    let limits = Limits { max_materials: 3, ..Limits::DEFAULT };
    let materials: Vec<Value> =
        (0..10).map(|number| json!({"uri": format!("pkg:docker/a{number}@1")})).collect();
    let predicate = json!({"builder": {}, "materials": materials}).to_string();
    let read = provenance::read(PROVENANCE_V0_2, predicate.as_bytes(), &limits).unwrap();
    assert_eq!((read.materials.len(), read.material_count, read.images.len()), (3, 10, 3));
    assert!(read.truncated);
    assert_eq!(codes(&read), ["document_truncated"]);
    assert_eq!(read.problems[0].message, "7 materials are left out");
}

#[test]
fn a_source_that_is_beyond_the_limit_is_none() {
    let limits = Limits { max_materials: 1, ..Limits::DEFAULT };
    let commit = "4b220de5058abfd01ff619c9d2ff6b09a049bea0";
    let repository = "https://github.com/org/repo";
    let predicate = v1(
        "https://actions.github.io/buildtypes/workflow/v1",
        json!({"workflow": {"repository": repository}}),
        Value::Null,
        json!([{}, {"uri": repository, "digest": {"gitCommit": commit}}]),
    );
    let bytes = predicate.to_string();
    let read = provenance::read(PROVENANCE_V1, bytes.as_bytes(), &limits).unwrap();
    assert_eq!((read.source, read.truncated), (None, true));
    assert!(current(&predicate).unwrap().source.is_some());
}

#[test]
fn a_starter_s_parameters_are_whole_or_left_out() {
    let external = json!({"small": 1, "large": "x".repeat(300 * 1024)});
    let read = current(&v1("t", external, Value::Null, json!([]))).unwrap();
    assert_eq!((read.parameters, read.truncated), (Value::Null, true));
    assert!(read.problems[0].message.contains("are left out"), "{:?}", read.problems);
}

#[test]
fn a_builder_s_parameters_are_without_what_is_too_large() {
    let internal = json!({"builderPlatform": "linux/amd64", "buildConfig": "x".repeat(300 * 1024)});
    let read = current(&v1("t", Value::Null, internal, json!([]))).unwrap();
    assert_eq!(read.internal_parameters, json!({"builderPlatform": "linux/amd64"}));
    assert!(read.truncated);
    assert!(read.problems[0].message.contains("\"buildConfig\""), "{:?}", read.problems);
}

#[test]
fn parameters_that_are_nested_too_deep_are_left_out() {
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let predicate = format!(
        r#"{{"buildDefinition":{{"externalParameters":{{"a":{deep}}},"internalParameters":{{"a":{deep},"b":1}}}},"runDetails":{{}}}}"#
    );
    let read = provenance::read(PROVENANCE_V1, predicate.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!(codes(&read), ["document_truncated", "document_truncated"]);
    assert_eq!((read.parameters, read.internal_parameters), (Value::Null, json!({"b": 1})));
}

#[test]
fn problems_are_bounded() {
    let bad = json!({"uri": "pkg:docker/UPPER", "digest": {"sha1": "no"}});
    let materials = vec![bad; 500];
    let read = second(&json!({"builder": {}, "materials": materials})).unwrap();
    assert_eq!(read.problems.len(), Limits::DEFAULT.max_problems + 1);
    assert_eq!(read.problems.last().unwrap().message, "980 more are not told");
}

#[test]
fn a_provenance_of_64_mib_is_read_in_one_pass_over_its_materials() {
    let mut text = String::with_capacity(64 << 20);
    text.push_str(r#"{"buildDefinition":{"buildType":"https://actions.github.io/buildtypes/workflow/v1","externalParameters":{"workflow":{"repository":"https://github.com/org/repo"}},"resolvedDependencies":["#);
    let mut count = 0_u64;
    while text.len() < (60 << 20) {
        let comma = if count == 0 { "" } else { "," };
        write!(text, r#"{comma}{{"uri":"git+https://github.com/org/r{count}@refs/heads/main","digest":{{"gitCommit":"4b220de5058abfd01ff619c9d2ff6b09a049bea0"}}}}"#).unwrap();
        count += 1;
    }
    text.push_str(r#"]},"runDetails":{"builder":{"id":"b"}}}"#);
    let read = provenance::read(PROVENANCE_V1, text.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!((read.materials.len(), read.material_count), (20_000, count));
    assert!(read.truncated && read.source.is_none());
}
