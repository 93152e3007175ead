//! Which crate may import which (ARCHITECTURE.md, "Arrows").

use crate::{report, root};
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};

/// What a family of builtins may know: values, what Go makes of texts, what a builtin is, and the
/// parser, which some call.
const BUILTINS: &[&str] =
    &["referee-rego-builtin", "referee-rego-go", "referee-rego-syntax", "referee-rego-value"];

/// Everything a crate may depend on inside the workspace. What is not here may not be.
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("referee-core", &[][..]),
        ("referee-document", &["referee-core"]),
        ("referee-verify", &["referee-core", "referee-document"]),
        ("referee-rego-value", &[]),
        ("referee-rego-go", &["referee-rego-value"]),
        ("referee-rego-syntax", &["referee-rego-go", "referee-rego-value"]),
        ("referee-rego-types", &["referee-rego-go", "referee-rego-syntax", "referee-rego-value"]),
        (
            "referee-rego-compile",
            &["referee-rego-syntax", "referee-rego-types", "referee-rego-value"],
        ),
        ("referee-rego-builtin", &["referee-rego-value"]),
        ("referee-rego-text", BUILTINS),
        ("referee-rego-formats", BUILTINS),
        (
            "referee-rego-security",
            &[
                "referee-rego-builtin",
                "referee-rego-formats",
                "referee-rego-go",
                "referee-rego-value",
            ],
        ),
        (
            "referee-rego-eval",
            &[
                "referee-rego-builtin",
                "referee-rego-compile",
                "referee-rego-syntax",
                "referee-rego-types",
                "referee-rego-value",
            ],
        ),
        (
            "referee-rego-partial",
            &[
                "referee-rego-builtin",
                "referee-rego-compile",
                // Only for what an error of an evaluation is: both have the same.
                "referee-rego-eval",
                "referee-rego-syntax",
                "referee-rego-types",
                "referee-rego-value",
            ],
        ),
        (
            "referee-rego",
            &[
                "referee-core",
                "referee-rego-builtin",
                "referee-rego-compile",
                "referee-rego-eval",
                "referee-rego-formats",
                "referee-rego-partial",
                "referee-rego-security",
                "referee-rego-syntax",
                "referee-rego-text",
                "referee-rego-types",
                "referee-rego-value",
            ],
        ),
        ("referee-bundles", &["referee-core", "referee-verify", "referee-rego"]),
        // A policy's way to the network is a host of its own, which only this crate can be.
        ("referee-store", &["referee-core", "referee-verify", "referee-rego"]),
        ("referee-policies", &[]),
        (
            "referee-engine",
            &[
                "referee-core",
                "referee-document",
                "referee-verify",
                "referee-rego",
                "referee-store",
            ],
        ),
        (
            "referee-server",
            &[
                "referee-engine",
                "referee-core",
                "referee-verify",
                "referee-rego",
                "referee-store",
                "referee-bundles",
                "referee-policies",
            ],
        ),
        (
            "referee-conformance",
            &[
                "referee-engine",
                "referee-core",
                "referee-verify",
                "referee-rego",
                "referee-store",
                "referee-bundles",
            ],
        ),
        (
            "referee",
            &[
                "referee-engine",
                "referee-core",
                "referee-verify",
                "referee-rego",
                "referee-store",
                "referee-bundles",
                "referee-policies",
                "referee-server",
                "referee-conformance",
            ],
        ),
        ("referee-tidy", &[]),
        // Test support: others may have it as a dev-dependency only.
        ("referee-testkit", &["referee-core"]),
        (
            "referee-benches",
            &[
                "referee-engine",
                "referee-core",
                "referee-document",
                "referee-verify",
                "referee-rego",
                "referee-store",
                "referee-bundles",
                "referee-policies",
                "referee-server",
                "referee-conformance",
                "referee-testkit",
            ],
        ),
    ])
}

/// Crates that do IO, keep time or wait, and the only crates that may name them.
const IO_CRATES: [(&[&str], &[&str]); 4] = [
    (
        &[
            "reqwest",
            "hyper",
            "hyper-util",
            "docker_credential",
            "rustls",
            "rustls-platform-verifier",
            "tokio-rustls",
        ],
        &["referee-store", "referee-server", "referee-benches"],
    ),
    (
        &["axum", "tower", "kube", "k8s-openapi"],
        &["referee-server", "referee-benches", "referee-testkit"],
    ),
    (
        &["tokio", "futures-util", "async-trait", "moka", "figment"],
        &[
            "referee-store",
            "referee-engine",
            "referee-server",
            "referee",
            "referee-benches",
            "referee-testkit",
        ],
    ),
    // Bundles are archives; what reads them has bytes, and unpacks to no file system.
    (&["tar"], &["referee-store", "referee-bundles", "referee-testkit"]),
];

#[test]
fn crates_import_only_along_the_arrows() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata");
    let allowed = allowed();
    let mut breaches = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some(may) = allowed.get(name) else {
            breaches.push(format!("{name} is not in the table of arrows"));
            continue;
        };
        let normal: BTreeSet<&str> = package
            .dependencies
            .iter()
            .filter(|d| d.kind != DependencyKind::Development)
            .map(|d| d.name.as_str())
            .collect();
        for dependency in &normal {
            if dependency.starts_with("referee") && !may.contains(dependency) {
                breaches.push(format!("{name} imports {dependency}"));
            }
            for (crates, users) in IO_CRATES {
                if crates.contains(dependency) && !users.contains(&name) {
                    breaches.push(format!("{name} imports {dependency}, which only {users:?} may"));
                }
            }
        }
    }
    report("crates import only along the arrows", &breaches);
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata");
    let mut breaches = Vec::new();
    for package in &metadata.packages {
        let text = std::fs::read_to_string(&package.manifest_path).expect("a manifest");
        if !text.contains("[lints]\nworkspace = true") {
            breaches.push(package.manifest_path.to_string());
        }
    }
    report("every crate takes the workspace's lints", &breaches);
}
