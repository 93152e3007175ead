//! What nobody honest writes.

use crate::support::{codes, current, first, second, v1};
use referee_core::Coded as _;
use referee_document::provenance::{PROVENANCE_V0_2, PROVENANCE_V1};
use referee_document::{DocumentError, Limits, provenance};
use serde_json::{Value, json};

const GITHUB: &str = "https://actions.github.io/buildtypes/workflow/v1";

fn refused(error: &DocumentError, code: &str, words: &str) {
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn predicate_types_are_taken_by_the_letter() {
    for kind in [
        "https://slsa.dev/provenance/v1.1",
        "https://slsa.dev/provenance/v1/",
        "https://slsa.dev/provenance/v1-rc1",
        "https://slsa.dev/provenance/v0.3",
        "http://slsa.dev/provenance/v1",
        "https://slsa.dev/verification_summary/v0.1",
        "",
    ] {
        assert_eq!(provenance::kind(kind), None, "{kind}");
        let error = provenance::read(kind, b"{}", &Limits::DEFAULT).unwrap_err();
        refused(&error, "document_format_unknown", "SLSA provenance");
        let error = provenance::summary(kind, b"{}", &Limits::DEFAULT).unwrap_err();
        refused(&error, "document_format_unknown", "verification summary");
    }
    let error = provenance::summary(PROVENANCE_V1, b"{}", &Limits::DEFAULT).unwrap_err();
    refused(&error, "document_format_unknown", "verification summary");
}

#[test]
fn what_lacks_the_parts_without_which_it_says_nothing_is_refused() {
    refused(&current(&json!({})).unwrap_err(), "document_incomplete", "buildDefinition");
    let half = json!({"buildDefinition": {}, "runDetails": null});
    refused(&current(&half).unwrap_err(), "document_incomplete", "runDetails");
    refused(&second(&json!({"buildType": "x"})).unwrap_err(), "document_incomplete", "builder");
    refused(&first(&json!({"builder": null})).unwrap_err(), "document_incomplete", "builder");
}

#[test]
fn an_array_is_no_object_wherever_it_stands() {
    let error = current(&json!([{}, {}])).unwrap_err();
    refused(&error, "document_malformed", "SLSA provenance 1");
    let error = current(&json!({"buildDefinition": ["t", {}], "runDetails": {}})).unwrap_err();
    refused(&error, "document_malformed", "'s buildDefinition is not");
    let listed = v1(GITHUB, json!({"workflow": ["a", "b"]}), Value::Null, json!([]));
    let error = current(&listed).unwrap_err();
    refused(&error, "document_malformed", "'s buildDefinition.externalParameters.workflow is not");
    let listed = v1(GITHUB, json!([]), Value::Null, json!([]));
    refused(&current(&listed).unwrap_err(), "document_malformed", "externalParameters is not");
    let listed = v1(GITHUB, json!({}), Value::Null, json!([["uri"]]));
    let error = current(&listed).unwrap_err();
    refused(&error, "document_malformed", "resolvedDependencies[0] is not");
}

#[test]
fn a_member_of_a_wrong_type_is_named_by_its_path() {
    let at = |pointer: &str, value: Value| {
        let mut predicate = v1(GITHUB, json!({}), json!({}), json!([{}, {}]));
        predicate["runDetails"]["metadata"] = json!({});
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        predicate.pointer_mut(parent).unwrap()[name] = value;
        current(&predicate).unwrap_err()
    };
    for (pointer, value, path) in [
        ("/buildDefinition/buildType", json!(1), "buildDefinition.buildType"),
        (
            "/buildDefinition/resolvedDependencies",
            json!({}),
            "buildDefinition.resolvedDependencies",
        ),
        ("/runDetails/builder", json!("id"), "runDetails.builder"),
        ("/runDetails/builder/id", json!([]), "runDetails.builder.id"),
        ("/runDetails/builder/version", json!({"a": 1}), "runDetails.builder.version.a"),
        ("/runDetails/metadata/startedOn", json!(1), "runDetails.metadata.startedOn"),
        (
            "/buildDefinition/internalParameters/github",
            json!({"event_name": 1}),
            "buildDefinition.internalParameters.github.event_name",
        ),
    ] {
        refused(&at(pointer, value), "document_malformed", &format!("'s {path} is not"));
    }
    let mut predicate = v1(GITHUB, json!({}), json!({}), json!([{}, {"digest": {"sha1": 5}}]));
    let path = "resolvedDependencies[1].digest.sha1 is not";
    refused(&current(&predicate).unwrap_err(), "document_malformed", path);
    predicate["buildDefinition"]["resolvedDependencies"] = json!([null]);
    let path = "resolvedDependencies[0] is not";
    refused(&current(&predicate).unwrap_err(), "document_malformed", path);
}

#[test]
fn a_member_that_is_given_twice_is_refused() {
    let twice = r#"{"builder":{"id":"good"},"builder":{"id":"evil"},"buildType":"x"}"#;
    let error = provenance::read(PROVENANCE_V0_2, twice.as_bytes(), &Limits::DEFAULT).unwrap_err();
    refused(&error, "document_malformed", "SLSA provenance 0.2");
    let twice = format!(
        r#"{{"buildDefinition":{{"buildType":"{GITHUB}","externalParameters":
        {{"workflow":{{"repository":"https://a/good/r","repository":"https://a/evil/r"}}}}}},"runDetails":{{}}}}"#
    );
    let error = provenance::read(PROVENANCE_V1, twice.as_bytes(), &Limits::DEFAULT).unwrap_err();
    refused(&error, "document_malformed", "externalParameters.workflow");
}

#[test]
fn null_and_empty_are_the_same_as_unset() {
    let predicate = v1("", Value::Null, Value::Null, Value::Null);
    let read = current(&predicate).unwrap();
    assert_eq!((read.build_type, read.parameters, read.material_count), (None, Value::Null, 0));
    let empty =
        json!({"builder": {"id": ""}, "invocation": null, "metadata": null, "materials": null});
    let read = second(&empty).unwrap();
    assert_eq!((read.builder, read.completeness, read.problems.len()), (None, None, 0));
    let material = json!([{"uri": "", "name": null, "digest": {"sha1": null, "sha256": ""}}]);
    let read = second(&json!({"builder": {}, "materials": material})).unwrap();
    assert_eq!((read.materials[0].uri.as_deref(), read.materials[0].digest.len()), (None, 0));
}

#[test]
fn digests_that_are_none_are_told_and_left_out() {
    let many: serde_json::Map<String, Value> =
        (0..40).map(|number| (format!("a{number}"), json!("00"))).collect();
    for (digest, kept) in [
        (json!({"sha1": "my-git-commit", "sha256": "AB"}), 1),
        (json!({"dirHash": "h1:abc="}), 0),
        (json!({"sha256": "abc"}), 0),
        (json!({"sha256": "00".repeat(200)}), 0),
        (Value::Object(many), 32),
    ] {
        let read = second(&json!({"builder": {}, "materials": [{"uri": "x", "digest": digest}]}));
        let read = read.unwrap();
        assert_eq!((read.materials[0].digest.len(), codes(&read)), (kept, vec!["document_digest"]));
    }
    let twice = br#"{"builder":{},"materials":[{"digest":{"sha1":"aa","sha1":"bb","sha1":"aa"}}]}"#;
    let read = provenance::read(PROVENANCE_V0_2, twice, &Limits::DEFAULT).unwrap();
    assert_eq!((read.materials[0].digest.len(), codes(&read)), (0, vec!["document_digest"]));
}

#[test]
fn a_time_that_is_none_is_told() {
    let metadata = json!({"buildStartedOn": "yesterday", "buildFinishedOn": 0.to_string()});
    let read = second(&json!({"builder": {}, "metadata": metadata})).unwrap();
    assert_eq!((read.started_at, codes(&read)), (None, vec!["document_time", "document_time"]));
}

#[test]
fn bytes_that_are_no_json_are_refused_for_what_they_are() {
    let read =
        |bytes: &[u8]| provenance::read(PROVENANCE_V1, bytes, &Limits::DEFAULT).unwrap_err().code();
    assert_eq!(read(b""), "document_malformed");
    assert_eq!(read(b"{\"buildDefinition\":"), "document_malformed");
    assert_eq!(read(b"\xff\xfe"), "document_encoding");
    assert_eq!(read("[".repeat(100_000).as_bytes()), "document_malformed");
    let small = Limits { max_bytes: 4, ..Limits::DEFAULT };
    let error = provenance::read(PROVENANCE_V1, b"{    }", &small).unwrap_err();
    assert_eq!(error.code(), "document_too_large");
}
