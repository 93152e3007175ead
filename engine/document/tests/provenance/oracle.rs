//! The same documents, read another way: by `tests/data/provenance/read.py`, which shares nothing
//! with the readers here but the specifications.

use crate::places::{bundles, checkout, variable};
use crate::published::{Statement, statements};
use crate::support::line;
use referee_core::facts::{BuildKind, Provenance};
use referee_document::{Limits, provenance};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/provenance/read.py");

/// What Python reads, one for each statement.
fn read_by_python(statements: &[Statement]) -> Option<Vec<Value>> {
    let python = variable("REFEREE_PYTHON").unwrap_or_else(|| PathBuf::from("python3"));
    let probe = Command::new(&python).args(["-c", "import packageurl"]).output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        println!(
            "SKIPPED reading in Python: REFEREE_PYTHON, or else python3, has no packageurl-python"
        );
        return None;
    }
    let mut child = Command::new(&python)
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = statements
        .iter()
        .map(|s| format!("{}\n", json!({"type": s.predicate_type, "predicate": s.predicate})))
        .collect();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn an_independent_reading_finds_the_same_in_all_documents_of_others() {
    let verifier = checkout("slsa-framework/slsa-verifier");
    let chains = checkout("tektoncd/chains");
    let folders = verifier.into_iter().chain(chains).chain(bundles());
    let mut all: Vec<Statement> = folders.flat_map(|folder| statements(&folder)).collect();
    all.retain(|statement| {
        provenance::kind(&statement.predicate_type) == Some(provenance::Kind::Provenance)
            && statement.predicate.as_object().is_some_and(|members| !members.is_empty())
            && complete(statement)
    });
    let Some(read) = read_by_python(&all) else { return };
    assert_eq!(read.len(), all.len());
    let mut sources = 0;
    for (statement, said) in all.iter().zip(&read) {
        let bytes = statement.predicate.to_string();
        let ours = provenance::read(&statement.predicate_type, bytes.as_bytes(), &Limits::DEFAULT)
            .unwrap_or_else(|error| panic!("{}: {error}", statement.file.display()));
        let place = statement.file.display().to_string();
        compare(&ours, said, &place);
        sources += usize::from(source(&ours, said, &place));
    }
    println!("{} statements are read alike, {sources} with a source", all.len());
}

/// Whether the required members are there: without them it is refused here.
fn complete(statement: &Statement) -> bool {
    let has = |name: &str| statement.predicate.get(name).is_some_and(Value::is_object);
    has("builder") || (has("buildDefinition") && has("runDetails"))
}

fn compare(ours: &Provenance, said: &Value, place: &str) {
    let seconds = |time: Option<referee_core::Timestamp>| time.map(|time| time.unix_seconds());
    assert_eq!(json!(ours.builder), said["builder"], "{place}");
    assert_eq!(json!(ours.build_type), said["build_type"], "{place}");
    assert_eq!(json!(ours.invocation), said["invocation"], "{place}");
    assert_eq!(json!(seconds(ours.started_at)), said["started"], "{place}");
    assert_eq!(json!(seconds(ours.finished_at)), said["finished"], "{place}");
    assert_eq!(ours.parameters, said["parameters"], "{place}");
    assert_eq!(ours.internal_parameters, said["internal"], "{place}");
    let materials: Vec<Value> =
        ours.materials.iter().map(|material| json!([material.uri, material.digest])).collect();
    assert_eq!(json!(materials), said["materials"], "{place}");
    let images: Vec<&str> = ours
        .images
        .iter()
        .filter(|image| image.material.is_some())
        .map(|image| image.repository.as_str())
        .collect();
    assert_eq!(json!(images), said["images"], "{place}");
}

/// Whether there is a source; it has to be the one that slsa-verifier takes.
fn source(ours: &Provenance, said: &Value, place: &str) -> bool {
    let Some(source) = &ours.source else {
        // GitHub's and Google's always have one, unless they contradict themselves.
        let known = matches!(ours.kind, BuildKind::GithubActions | BuildKind::GoogleCloudBuild);
        let config = &said["config"];
        let contradictory = config.is_null() || *config != said["first"][0];
        assert!(!known || contradictory, "{place}: {}", line(ours.source_claimed.as_ref()));
        return false;
    };
    if matches!(ours.kind, BuildKind::GithubActions | BuildKind::GoogleCloudBuild) {
        let uri = said["first"][0].as_str().unwrap();
        let commit = said["commit"].as_str().unwrap();
        let uri = uri.strip_suffix(&format!("/commit/{commit}")).unwrap_or(uri);
        assert_eq!(source.uri, uri, "{place}");
        assert_eq!(json!(source.r#ref), said["first"][1], "{place}");
        assert_eq!(source.digest.as_deref(), Some(commit), "{place}");
    }
    true
}
