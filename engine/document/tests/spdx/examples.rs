//! Documents of others, read where they lie: `REFEREE_SPDX_EXAMPLES` names a folder of them (the
//! repositories spdx-examples, spdx-spec and tools-java, the source distribution of spdx-tools),
//! `REFEREE_VECTORS` the folder of real SBOMs. Each is recounted by Python's libraries.

use crate::support::{aloud, python, run};
use referee_core::facts::{LicenseStatus, Sbom};
use referee_document::{DocumentError, Limits, spdx};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

const SCRIPT: &str = include_str!("oracle.py");

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let ends = |end: &str| path.to_string_lossy().ends_with(end);
        if path.is_dir() {
            walk(&path, found);
        } else if ends(".json") || ends(".spdx") {
            found.push(path);
        }
    }
}

/// What is not read of what the library reads, and why.
const REFUSED_HERE: &[(&str, &str)] = &[
    // A version that there is not: the library reads any.
    ("SPDXWrongVersion.spdx.json", "document_version_unsupported"),
];

/// What is read of what the library does not, and why not there.
const READ_HERE: &[&str] = &[
    // A creator without the word for what it is.
    "BadJSON.spdx.json",
    // A time with fractions of a second.
    "spdx-trivy-vmware_log-intelligence-fluentd-sha256_086af034f561f343f633be9d9f9e95f65ae6c61b8ddb2c6755ef5bb25b40f53a.json",
];

fn licenses_of(sbom: &Sbom, key: Option<&smol_str::SmolStr>) -> Option<Vec<String>> {
    let fact = &sbom.licenses[key?];
    let is_expression = fact.status == LicenseStatus::Expression;
    is_expression.then(|| fact.licenses.iter().map(ToString::to_string).collect())
}

fn compare(path: &str, sbom: &Sbom, there: &Value) {
    let packages = there["packages"].as_array().unwrap();
    assert_eq!(sbom.spec_version, there["version"].as_str().unwrap(), "{path}");
    assert_eq!(sbom.packages.len(), packages.len(), "{path}");
    assert_eq!(sbom.package_count, u64::try_from(packages.len()).unwrap(), "{path}");
    for (here, there) in sbom.packages.iter().zip(packages) {
        let text = |name: &str| there[name].as_str();
        let context = format!("{path}: {}", here.id);
        assert_eq!(Some(here.id.as_str()), text("id"), "{context}");
        assert_eq!(Some(here.name.as_str()), text("name"), "{context}");
        assert_eq!(here.version.as_deref(), text("version"), "{context}");
        let supplier = here.supplier.as_deref().map(|text| text.replace(" ()", ""));
        assert_eq!(supplier.as_deref(), text("supplier"), "{context}");
        if there.get("kind").is_some() {
            assert_eq!(here.kind.as_deref(), text("kind"), "{context}");
        }
        let purls = there["purls"].as_array().unwrap();
        assert_eq!(here.purl.as_deref(), purls.first().and_then(Value::as_str), "{context}");
        for (algorithm, hash) in there["hashes"].as_object().unwrap() {
            let told = sbom.problems.iter().any(|problem| problem.code == "document_hash");
            let same = here.hashes.get(algorithm.as_str()).map(smol_str::SmolStr::as_str);
            assert!(same == hash.as_str() || same.is_none() && told, "{context}: {algorithm}");
        }
        for (name, key) in
            [("declared", &here.license_declared), ("concluded", &here.license_concluded)]
        {
            let names = there[name].as_array().map(|names| {
                names.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>()
            });
            assert_eq!(licenses_of(sbom, key.as_ref()), names, "{context}: {name} {key:?}");
        }
    }
    if let Some(relationships) = there.get("relationships") {
        assert_eq!(sbom.name.as_deref(), there["name"].as_str(), "{path}");
        assert_eq!(sbom.document_id.as_deref(), there["document_id"].as_str(), "{path}");
        let created = sbom.created_at.map(|time| time.to_string());
        assert_eq!(created.as_deref(), there["created"].as_str(), "{path}");
        let here: BTreeSet<_> = sbom
            .relationships
            .iter()
            .map(|one| serde_json::json!([one.from, one.kind, one.to]).to_string())
            .collect();
        let there_relationships: BTreeSet<_> =
            relationships.as_array().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(here, there_relationships, "{path}");
        let mut describes: Vec<_> = sbom.describes.iter().map(ToString::to_string).collect();
        describes.sort();
        let described = there["describes"].as_array().unwrap();
        let described: Vec<_> = described.iter().map(|id| id.as_str().unwrap()).collect();
        // Without a word about it the library says nothing of the only package.
        let only = described.is_empty() && sbom.packages.len() == 1;
        assert!(describes == described || only, "{path}: {describes:?}, there {described:?}");
    }
}

#[test]
fn published_examples_are_read_as_spdx_tools_reads_them() {
    let Some(folder) = std::env::var_os("REFEREE_SPDX_EXAMPLES") else {
        aloud("SKIPPED SPDX examples: REFEREE_SPDX_EXAMPLES names no folder of them");
        return;
    };
    let Some(python) = python("SPDX examples beside spdx-tools", "spdx_tools") else { return };
    let mut paths = Vec::new();
    walk(Path::new(&folder), &mut paths);
    let input: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
    let answers = run(&python, SCRIPT, &input);
    let answers: Vec<Value> =
        answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), paths.len());
    let (mut same, mut neither) = (0, 0);
    for (path, there) in paths.iter().zip(answers) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let path = path.to_string_lossy().into_owned();
        let here = spdx::read(&std::fs::read(&path).unwrap(), &Limits::DEFAULT);
        let refused = REFUSED_HERE.iter().find(|(refused, _)| *refused == name);
        match (here, there.get("error")) {
            (Ok(sbom), None) => {
                assert!(refused.is_none(), "{path} is read after all");
                compare(&path, &sbom, &there);
                same += 1;
            }
            (Err(error), None) => {
                let code = referee_core::Coded::code(&error);
                assert_eq!(refused.map(|(_, code)| *code), Some(code), "{path}: {error}");
            }
            (Ok(_), Some(error)) => assert!(READ_HERE.contains(&name.as_str()), "{path}: {error}"),
            (Err(_), Some(_)) => neither += 1,
        }
    }
    // As many as are in the source package of spdx-tools.
    assert!(same >= 8, "{same} examples in {}", folder.display());
    aloud(&format!("FIGURE SPDX examples: {same} as spdx-tools, {neither} read by neither"));
}

/// Real SBOMs beside the repository, uncompressed.
fn vectors() -> Vec<(String, Vec<u8>)> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let named = std::env::var_os("REFEREE_VECTORS").map(PathBuf::from);
    let folder = named.unwrap_or_else(beside).join("sbom");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        aloud(&format!("SKIPPED SBOMs: no folder {}; set REFEREE_VECTORS", folder.display()));
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.to_string_lossy().ends_with(".spdx.json.gz") {
            let mut bytes = Vec::new();
            let file = std::fs::File::open(&path).unwrap();
            flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
            found.push((path.to_string_lossy().into_owned(), bytes));
        }
    }
    assert!(!found.is_empty(), "no SPDX in {}", folder.display());
    found
}

#[test]
fn real_sboms_are_read_as_spdx_tools_reads_them() {
    let vectors = vectors();
    if vectors.is_empty() {
        return;
    }
    let Some(python) = python("SBOMs beside spdx-tools", "spdx_tools") else { return };
    for (name, bytes) in vectors {
        let place = tempfile::Builder::new().suffix(".spdx.json").tempfile().unwrap();
        std::fs::write(place.path(), &bytes).unwrap();
        let answer = run(&python, SCRIPT, &format!("{}\n", place.path().display()));
        let there: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(there.get("error"), None, "{name}");
        let sbom = spdx::read(&bytes, &Limits::DEFAULT).unwrap();
        compare(&name, &sbom, &there);
        assert_eq!(sbom.problems, [], "{name}");
        assert!(!sbom.truncated);
        let packages = sbom.packages.len();
        aloud(&format!("FIGURE {name}: {packages} packages as spdx-tools"));
    }
}

#[test]
fn real_sboms_cut_anywhere_are_refused_as_json_that_ends() {
    for (name, bytes) in vectors() {
        for at in 1..200 {
            let end = bytes.len() * at / 200;
            let error = spdx::json(&bytes[..end], &Limits::DEFAULT).unwrap_err();
            let is_cut =
                matches!(error, DocumentError::Json { .. } | DocumentError::Encoding { .. });
            assert!(is_cut, "{name} cut at {end}: {error}");
        }
    }
}
