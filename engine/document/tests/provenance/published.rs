//! Documents that other projects publish: what tools attached in the world, and what specifications
//! and builders show.

use crate::places::{bundles, checkout, files};
use crate::support::{codes, image, line};
use referee_core::facts::{BuildKind, Provenance};
use referee_document::{Limits, provenance};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A statement in a file.
pub(crate) struct Statement {
    pub(crate) file: PathBuf,
    pub(crate) predicate_type: String,
    pub(crate) predicate: Value,
}

/// The statements of provenance and summaries in the files below a folder: as they are, and in
/// envelopes at any depth.
pub(crate) fn statements(folder: &Path) -> Vec<Statement> {
    let mut found = Vec::new();
    for file in files(folder) {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        if !text.contains("payload") && !text.contains("slsa.dev/") {
            continue;
        }
        if file.extension().is_some_and(|extension| extension == "md") {
            // Examples in documents; those with comments or gaps are no JSON.
            let blocks =
                text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
            let values = blocks.filter_map(|block| serde_json::from_str(block).ok());
            values.for_each(|value: Value| collect(&value, &file, &mut found));
            continue;
        }
        let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        values.map_while(Result::ok).for_each(|value| collect(&value, &file, &mut found));
    }
    found
}

fn collect(value: &Value, file: &Path, found: &mut Vec<Statement>) {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    if let (Some(kind), Some(predicate)) = (text("predicateType"), value.get("predicate")) {
        if provenance::kind(kind).is_some() && predicate.is_object() {
            let (predicate_type, predicate) = (kind.to_owned(), predicate.clone());
            found.push(Statement { file: file.to_owned(), predicate_type, predicate });
        }
        return;
    }
    if let (Some(payload), Some(_)) = (text("payload"), text("payloadType")) {
        let standard = payload.replace('-', "+").replace('_', "/");
        let bytes = data_encoding::BASE64.decode(standard.as_bytes()).unwrap_or_default();
        if let Ok(statement) = serde_json::from_slice(&bytes) {
            collect(&statement, file, found);
        }
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, file, found)),
        Value::Object(members) => {
            members.values().for_each(|member| collect(member, file, found));
        }
        _ => {}
    }
}

fn read(statement: &Statement) -> Provenance {
    let bytes = statement.predicate.to_string();
    provenance::read(&statement.predicate_type, bytes.as_bytes(), &Limits::DEFAULT)
        .unwrap_or_else(|error| panic!("{}: {error}", statement.file.display()))
}

fn provenances(folder: &Path) -> Vec<(String, Provenance)> {
    let statements = statements(folder);
    let wanted = statements.iter().filter(|statement| {
        provenance::kind(&statement.predicate_type) == Some(provenance::Kind::Provenance)
    });
    let name = |statement: &Statement| {
        statement.file.strip_prefix(folder).unwrap().to_string_lossy().into_owned()
    };
    wanted.map(|statement| (name(statement), read(statement))).collect()
}

#[test]
fn every_provenance_that_slsa_verifier_is_tested_with_is_read() {
    let Some(folder) = checkout("slsa-framework/slsa-verifier") else { return };
    let read = provenances(&folder.join("cli"));
    assert!(read.len() > 200, "{} found", read.len());
    let mut kinds = BTreeMap::<String, usize>::new();
    for (name, provenance) in &read {
        let kind = format!("{:?} {}", provenance.kind, provenance.slsa_version);
        *kinds.entry(kind).or_default() += 1;
        assert_ne!(provenance.kind, BuildKind::Other, "{name} {:?}", provenance.build_type);
        // What BuildKit makes by itself names nobody.
        let unnamed = provenance.kind == BuildKind::Buildkit && codes(provenance).is_empty();
        assert!(provenance.builder.is_some() || unnamed, "{name}");
        if name.contains("mismatch") || provenance.source.is_some() {
            continue;
        }
        // What was tampered with contradicts itself.
        assert!(name.contains("invalid"), "{name}");
        assert_eq!(codes(provenance), ["document_source"], "{name}");
    }
    println!("{kinds:#?}");
}

#[test]
fn bundles_that_public_tools_attached_tell_repository_commit_and_workflow() {
    let folders = bundles();
    if folders.is_empty() {
        println!(
            "SKIPPED bundles of public tools: sigstore-verify and sigstore-go are in no cache"
        );
    }
    for folder in folders {
        let read = provenances(&folder);
        let npm = read
            .iter()
            .find(|(name, _)| name.ends_with("sigstore.js@2.0.0-provenance.sigstore.json"));
        let (_, npm) = npm.unwrap();
        assert_eq!(npm.kind, BuildKind::GithubActions);
        assert_eq!(
            line(npm.source.as_ref()),
            "https://github.com/sigstore/sigstore-js refs/heads/main \
             f0b49a04e5a62250e0f60fb128004a73110fe311 .github/workflows/release.yml"
        );
        assert_eq!(npm.trigger.as_deref(), Some("push"));
        assert_eq!(npm.builder.as_deref(), Some("https://github.com/actions/runner/github-hosted"));
        assert!(npm.problems.is_empty());
    }
}

#[test]
fn the_examples_of_tekton_chains_tell_the_pipeline_s_definition_as_the_source() {
    let Some(folder) = checkout("tektoncd/chains") else { return };
    let (mut sources, mut claims, mut images) = (0, 0, 0);
    for (name, provenance) in provenances(&folder.join("docs")) {
        assert_eq!(provenance.kind, BuildKind::Tekton, "{name}");
        sources += usize::from(provenance.source.is_some());
        claims += usize::from(provenance.source_claimed.is_some());
        images += provenance.images.len();
        if let Some(source) = &provenance.source {
            assert_eq!(source.uri, "https://github.com/chuangw6/demos", "{name}");
        }
    }
    println!("Tekton: {sources} with a source, {claims} with a claim, {images} images");
    assert!(sources > 0 && claims > 0 && images > 0);
}

/// Made by BuildKit's own code: `data/provenance/buildkit/make.sh`.
const BUILDKIT: &str = include_str!("../data/provenance/buildkit.json");

#[test]
fn buildkit_s_own_documents_say_the_same_in_both_versions() {
    let builds: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_str(BUILDKIT).unwrap();
    let commit = "4b220de5058abfd01ff619c9d2ff6b09a049bea0";
    let image_digest = "sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d";
    let archive = image_digest.strip_prefix("sha256:").unwrap();
    let git = format!("https://github.com/org/repo - {commit} Dockerfile");
    let tag = format!("https://github.com/org/repo refs/tags/v1 {commit} Dockerfile");
    let http = format!("https://example.com/context.tar.gz - {archive} -");
    let named = "https://github.com/good/repo refs/heads/main - -";
    for (name, source, claimed, images) in [
        (
            "git",
            git.as_str(),
            tag.as_str(),
            vec![
                "docker.io/library/alpine:3.17",
                "ghcr.io/org/base",
                "localhost:5000/team/tool:1",
                "pkg:oci/alpine:layout",
            ],
        ),
        ("http", http.as_str(), "none", vec![]),
        (
            "local",
            "none",
            "https://github.com/org/repo - - Dockerfile",
            vec!["docker.io/library/alpine:3.17"],
        ),
        // The client named a repository that BuildKit never fetched.
        ("named", "none", named, vec!["localhost:5000/team/tool:1"]),
    ] {
        for (version, predicate) in &builds[name] {
            let statement = Statement {
                file: PathBuf::from(format!("{name} {version}")),
                predicate_type: format!("https://slsa.dev/provenance/{version}"),
                predicate: predicate.clone(),
            };
            let read = read(&statement);
            assert_eq!(read.kind, BuildKind::Buildkit, "{name} {version}");
            assert_eq!(line(read.source.as_ref()), source, "{name} {version}");
            assert_eq!(line(read.source_claimed.as_ref()), claimed, "{name} {version}");
            let wanted: Vec<_> =
                images.iter().map(|image| format!("{image}@{image_digest}")).collect();
            assert_eq!(
                read.images.iter().map(image).collect::<Vec<_>>(),
                wanted,
                "{name} {version}"
            );
            assert_eq!(read.invocation.as_deref(), Some("rpv7a389uzil5lqmrgwhijwjz"));
            assert_eq!(read.problems, [], "{name} {version}");
            let complete = read.completeness.unwrap();
            assert_eq!(complete.materials, name != "local", "{name} {version}");
        }
    }
}
