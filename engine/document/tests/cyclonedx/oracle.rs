//! The reference implementation (`cyclonedx-python-lib`) reads the same documents: real ones, those of
//! the specification, and those that it writes itself in every version and both encodings.

use super::support::{Theirs, aloud, python, specification, vectors};
use referee_document::cyclonedx::Bom;
use referee_document::{Limits, cyclonedx};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

fn facts(bom: &Bom) -> Value {
    json!({"sbom": bom.sbom, "report": bom.report, "vex": bom.vex})
}

fn read(theirs: &Theirs) -> Option<Bom> {
    let read = if theirs.is_xml() { cyclonedx::xml } else { cyclonedx::json };
    read(&theirs.bytes, &Limits::DEFAULT).ok()
}

/// Runs a script of Python beside this file.
fn run(mut python: Command, script: &str, input: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cyclonedx").join(script);
    let python = python.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = python.spawn().unwrap();
    let mut stdin = running.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = running.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{script:?}", script = output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Compares all that can be read; gives how many were compared.
fn compare(python: Command, documents: &[Theirs], allowed_unread: &[&str]) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let mut input = String::new();
    for (position, theirs) in documents.iter().enumerate() {
        let Some(bom) = read(theirs) else { continue };
        let extension = if theirs.is_xml() { "xml" } else { "json" };
        let path = folder.path().join(format!("{position}.{extension}"));
        let facts_path = folder.path().join(format!("{position}.facts"));
        std::fs::write(&path, &theirs.bytes).unwrap();
        std::fs::write(&facts_path, facts(&bom).to_string()).unwrap();
        let case = json!({"name": theirs.name, "path": path, "facts": facts_path});
        input.push_str(&format!("{case}\n"));
    }
    let result = run(python, "oracle.py", &input);
    assert_eq!(result["differences"], json!([]), "{result:#}");
    for name in result["unread"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        let allowed = allowed_unread.iter().any(|allowed| name.contains(allowed));
        assert!(allowed, "the reference does not read {name}");
    }
    result["compared"].as_u64().unwrap()
}

#[test]
fn real_sboms_say_what_the_reference_reads_in_them() {
    let documents = vectors();
    let Some(python) = python("cyclonedx").filter(|_| !documents.is_empty()) else { return };
    let compared = compare(python, &documents, &[]);
    assert_eq!(compared, u64::try_from(documents.len()).unwrap());
    aloud(&format!("{compared} real SBOMs beside the reference"));
}

#[test]
fn documents_of_the_specification_say_what_the_reference_reads_in_them() {
    let mut documents = specification();
    documents.retain(|theirs| !theirs.name.contains("invalid"));
    let Some(python) = python("cyclonedx").filter(|_| !documents.is_empty()) else { return };
    // It fails over data, certificates and elements of other namespaces.
    let unread = ["valid-saasbom", "valid-cryptography-full", "valid-external-elements"];
    let compared = compare(python, &documents, &unread);
    aloud(&format!("{compared} documents of the specification beside the reference"));
}

#[test]
fn what_the_reference_writes_says_the_same_in_every_version_and_both_encodings() {
    let mut documents = vectors();
    // The reference takes minutes to write the largest.
    documents.retain(|theirs| theirs.bytes.len() < 1_000_000);
    let Some(python) = python("cyclonedx").filter(|_| !documents.is_empty()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut input = String::new();
    for theirs in &documents {
        let path = folder.path().join(&theirs.name);
        std::fs::write(&path, &theirs.bytes).unwrap();
        input.push_str(&format!("{}\n", json!({"path": path, "into": folder.path()})));
    }
    let written = run(python, "write.py", &input);
    let written = written.as_array().unwrap();
    assert_eq!(written.len(), documents.len() * 6);
    for pair in written {
        let bytes = |encoding: &str| std::fs::read(pair[encoding].as_str().unwrap()).unwrap();
        let json = cyclonedx::json(&bytes("json"), &Limits::DEFAULT).unwrap();
        let mut xml = cyclonedx::xml(&bytes("xml"), &Limits::DEFAULT).unwrap();
        xml.sbom.encoding = json.sbom.encoding;
        assert_eq!(json.sbom.spec_version, pair["version"].as_str().unwrap());
        assert_eq!(json.sbom.package_count, pair["count"].as_u64().unwrap(), "{pair}");
        assert_eq!(json.sbom.problems, []);
        // The reference sorts in the order of each encoding.
        let sorted = |mut bom: Bom| {
            bom.sbom.packages.sort_by(|one, other| one.id.cmp(&other.id));
            bom.sbom.relationships.sort();
            bom
        };
        assert!(sorted(json) == sorted(xml), "{pair}");
    }
}
