//! The documents of the specification's own tests: the valid ones are read without a complaint, of
//! the invalid ones it is known what each comes to, and the same document says the same in JSON and
//! in XML.

use super::support::{Theirs, aloud, specification};
use referee_core::facts::{LicenseStatus, SbomEncoding};
use referee_document::cyclonedx::Bom;
use referee_document::{DocumentError, Limits, cyclonedx};
use std::collections::BTreeMap;

fn read(theirs: &Theirs) -> Result<Bom, DocumentError> {
    let read = if theirs.is_xml() { cyclonedx::xml } else { cyclonedx::json };
    read(&theirs.bytes, &Limits::DEFAULT)
}

/// The codes of what is wrong with a document, each once.
fn codes(bom: &Bom) -> Vec<String> {
    let of_report = bom.report.iter().flat_map(|report| &report.problems);
    let of_vex = bom.vex.iter().flat_map(|vex| &vex.problems);
    let all = bom.sbom.problems.iter().chain(of_report).chain(of_vex);
    let mut codes: Vec<String> = all.map(|problem| problem.code.clone()).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// What a document's name says of it: `valid-bom` of `1.6/valid-bom-1.6.json`.
fn kind(theirs: &Theirs) -> &str {
    let file = theirs.name.split_once('/').unwrap().1;
    let stem = file.rsplit_once('.').unwrap().0;
    stem.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.')
        .trim_end_matches('-')
}

#[test]
fn valid_documents_are_read_without_a_complaint() {
    let mut count = 0;
    for theirs in specification() {
        if !kind(&theirs).starts_with("valid") {
            continue;
        }
        count += 1;
        let read = read(&theirs);
        if theirs.name.starts_with("1.0/") || theirs.name.starts_with("1.1/") {
            assert!(
                matches!(&read, Err(DocumentError::Version { format: "CycloneDX", version, .. })
                    if theirs.name.starts_with(version.as_str())),
                "{}: {read:?}",
                theirs.name
            );
            continue;
        }
        let bom = read.unwrap_or_else(|error| panic!("{}: {error:?}", theirs.name));
        // Its vector begins with `AN` where `AV:N` is meant.
        let slips = ["1.4/valid-vulnerability-1.4.xml", "1.5/valid-vulnerability-1.5.xml"];
        let expected: &[&str] =
            if slips.contains(&theirs.name.as_str()) { &["document_score"] } else { &[] };
        assert_eq!(codes(&bom), expected, "{}", theirs.name);
        assert!(theirs.name.starts_with(bom.sbom.spec_version.as_str()), "{}", theirs.name);
        assert!(!bom.sbom.truncated, "{}", theirs.name);
    }
    aloud(&format!("{count} valid documents of the specification"));
}

/// What an invalid document comes to.
enum Outcome {
    /// It is read, and this is told of it.
    Problem(&'static str),
    /// It is read, and a licence in it is unknown.
    UnknownLicense,
    /// It is read: what is wrong is in a member that is not read, or does not change what is said.
    Read,
    /// It is not CycloneDX.
    Format,
    /// Its version is unknown.
    Version,
    /// An element stands twice.
    Element,
}

/// The invalid documents by kind. What the specification's schemas refuse is wider than what facts
/// depend on.
const INVALID: [(&str, Outcome); 43] = [
    ("informal-invalid-component-versionRange-non-external-explicit", Outcome::Read),
    ("informal-invalid-component-versionRange-non-external-implicit", Outcome::Read),
    ("invalid-bomformat", Outcome::Format),
    ("invalid-citations", Outcome::Read),
    ("invalid-component-external-version-and-range", Outcome::Read),
    ("invalid-component-ref", Outcome::Problem("document_duplicate_id")),
    ("invalid-component-swid", Outcome::Read),
    ("invalid-component-type", Outcome::Read),
    ("invalid-component-versionRange-non-external-explicit", Outcome::Read),
    ("invalid-component-versionRange-non-external-implicit", Outcome::Read),
    ("invalid-dependency", Outcome::Problem("document_reference")),
    ("invalid-empty-component", Outcome::Problem("document_name")),
    ("invalid-hash-alg", Outcome::Problem("document_hash")),
    ("invalid-hash-md5", Outcome::Problem("document_hash")),
    ("invalid-hash-sha1", Outcome::Problem("document_hash")),
    ("invalid-hash-sha256", Outcome::Problem("document_hash")),
    ("invalid-hash-sha512", Outcome::Problem("document_hash")),
    ("invalid-issue-type", Outcome::Read),
    ("invalid-license-choice", Outcome::Read),
    ("invalid-license-declared-concluded-mix", Outcome::Read),
    ("invalid-license-encoding", Outcome::Read),
    ("invalid-license-id", Outcome::UnknownLicense),
    ("invalid-license-id-count", Outcome::Element),
    ("invalid-license-missing-id-and-name", Outcome::Problem("document_license")),
    ("invalid-license-name-count", Outcome::Element),
    ("invalid-metadata-distribution", Outcome::Read),
    ("invalid-metadata-license", Outcome::Read),
    ("invalid-metadata-timestamp", Outcome::Problem("document_time")),
    ("invalid-missing-component-type", Outcome::Read),
    ("invalid-namespace", Outcome::Version),
    ("invalid-patch-type", Outcome::Read),
    ("invalid-properties", Outcome::Read),
    ("invalid-scope", Outcome::Read),
    ("invalid-serialnumber", Outcome::Read),
    ("invalid-service-data", Outcome::Read),
    ("skip_invalid-empty-component", Outcome::Problem("document_name")),
    ("skip_invalid-missing-component-type", Outcome::Read),
    ("invalid-component-identifiers", Outcome::Read),
    ("invalid-formulation", Outcome::Read),
    ("invalid-machine-learning", Outcome::Read),
    ("invalid-standard", Outcome::Read),
    ("invalid-tags", Outcome::Read),
    ("invalid-vulnerability", Outcome::Read),
];

#[test]
fn of_invalid_documents_it_is_known_what_each_comes_to() {
    let mut count = 0;
    for theirs in specification() {
        let kind = kind(&theirs);
        let old = theirs.name.starts_with("1.0/") || theirs.name.starts_with("1.1/");
        if kind.starts_with("valid") || old {
            continue;
        }
        count += 1;
        let known = INVALID.iter().find(|(name, _)| *name == kind);
        let (_, outcome) = known.unwrap_or_else(|| panic!("{} is new", theirs.name));
        let read = read(&theirs);
        let as_expected = match (outcome, &read) {
            // In these two the second reference is empty, which is none.
            (Outcome::Problem("document_duplicate_id"), Ok(bom))
                if ["1.6/invalid-component-ref-1.6.json", "1.7/invalid-component-ref-1.7.json"]
                    .contains(&theirs.name.as_str()) =>
            {
                codes(bom).is_empty()
            }
            (Outcome::Problem(code), Ok(bom)) => codes(bom) == [*code],
            (Outcome::Read, Ok(bom)) => codes(bom).is_empty(),
            (Outcome::UnknownLicense, Ok(bom)) => {
                let mut licenses = bom.sbom.licenses.values();
                licenses.any(|license| license.status == LicenseStatus::Unknown)
            }
            (Outcome::Format, Err(DocumentError::UnknownFormat { .. }))
            | (Outcome::Version, Err(DocumentError::Version { .. })) => true,
            (Outcome::Element, Err(DocumentError::Element { what, .. })) => {
                what.ends_with("stands twice in one element")
            }
            _ => false,
        };
        assert!(as_expected, "{}: {read:?}", theirs.name);
    }
    aloud(&format!("{count} invalid documents of the specification"));
}

/// Documents of one name that are not the same document: another time, another version, a purl in one
/// of them, a typing error.
const DIFFERENT: [(&[&str], &str); 12] = [
    (&["1.2", "1.3", "1.4", "1.5"], "valid-bom"),
    (&["1.2", "1.3", "1.4", "1.5"], "valid-component-ref"),
    (&["1.3", "1.4", "1.5"], "valid-compositions"),
    (&["1.2", "1.3", "1.4", "1.5"], "valid-dependency"),
    (&["1.2", "1.3", "1.4", "1.5"], "valid-license-expression"),
    (&["1.2", "1.3", "1.4", "1.5"], "valid-license-id"),
    (&["1.2", "1.3", "1.4", "1.5"], "valid-license-name"),
    (&["1.2", "1.3", "1.4", "1.5"], "valid-metadata-timestamp"),
    (&["1.4", "1.5"], "valid-vulnerability"),
    (&["1.7"], "valid-component-external-with-version"),
    (&["1.7"], "valid-cryptography-implementation"),
    (&["1.7"], "valid-license-choice"),
];

#[test]
fn the_same_document_says_the_same_in_json_and_in_xml() {
    let mut pairs: BTreeMap<String, Vec<Bom>> = BTreeMap::new();
    for theirs in specification() {
        let stem = theirs.name.rsplit_once('.').unwrap().0.to_owned();
        if let (true, Ok(mut bom)) = (kind(&theirs).starts_with("valid"), read(&theirs)) {
            let encoding = if theirs.is_xml() { SbomEncoding::Xml } else { SbomEncoding::Json };
            assert_eq!(bom.sbom.encoding, encoding);
            bom.sbom.encoding = SbomEncoding::Json;
            pairs.entry(stem).or_default().push(bom);
        }
    }
    let mut count = 0;
    for (stem, boms) in pairs {
        let [json, xml] = boms.as_slice() else { continue };
        count += 1;
        let differ = DIFFERENT.iter().any(|(versions, kind)| {
            versions.iter().any(|version| format!("{version}/{kind}-{version}") == stem)
                || format!("1.7/{kind}") == stem
        });
        assert_eq!(json != xml, differ, "{stem}: {json:?} {xml:?}");
    }
    aloud(&format!("{count} documents of the specification in both encodings"));
}
