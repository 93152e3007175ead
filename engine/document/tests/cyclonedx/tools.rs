//! Documents of real tools: made here where the tool is at hand, or made before by
//! `tests/data/cyclonedx/make.sh`.

use super::support::{aloud, json, python, xml};
use referee_core::facts::{LicenseStatus, Sbom};
use referee_document::cyclonedx::Bom;
use std::path::Path;
use std::process::Command;

/// What a tool writes is new each time in its time and its serial number.
fn without_what_is_new(mut bom: Bom) -> Sbom {
    assert!(bom.sbom.created_at.is_some() && bom.sbom.document_id.is_some());
    bom.sbom.created_at = None;
    bom.sbom.document_id = None;
    bom.sbom.packages.sort_by(|one, other| one.id.cmp(&other.id));
    bom.sbom.relationships.sort();
    bom.sbom
}

/// The same document in JSON and XML says the same; gives what it says.
fn both(of_json: &str, of_xml: &str) -> Sbom {
    let of_json = without_what_is_new(json(of_json));
    let mut of_xml = without_what_is_new(xml(of_xml));
    of_xml.encoding = of_json.encoding;
    assert_eq!(of_json, of_xml);
    assert_eq!(of_json.problems, []);
    of_json
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn cargo_cyclonedx_names_crates_by_purl_with_expressions() {
    let sbom = both(
        include_str!("../data/cyclonedx/cargo.cdx.json"),
        include_str!("../data/cyclonedx/cargo.cdx.xml"),
    );
    assert_eq!(sbom.tools, ["cargo-cyclonedx 0.5.9"]);
    assert_eq!(sbom.authors, ["Jo"]);
    assert_eq!(sbom.name.as_deref(), Some("shop"));
    // The crate, its binary, and three that it depends on.
    assert_eq!((sbom.package_count, sbom.package_types["cargo"]), (5, 5));
    assert_eq!(sbom.relationships.len(), 4);
    let of = |name: &str| sbom.packages.iter().find(|package| package.name == name).unwrap();
    assert_eq!(of("itoa").hashes["sha256"].len(), 64);
    assert_eq!(of("cart").license_declared.as_deref(), Some("LicenseRef-Acme"));
    assert_eq!(sbom.licenses["LicenseRef-Acme"].unlisted, ["LicenseRef-Acme"]);
    let unicode = of("unicode-ident").license_declared.as_deref().unwrap();
    assert_eq!(sbom.licenses[unicode].status, LicenseStatus::Expression);
    assert_eq!(sbom.licenses[unicode].alternatives.len(), 2);
}

#[test]
fn cyclonedx_py_lists_what_an_environment_has() {
    let Some(mut counting) = python("cyclonedx_py") else { return };
    let count = "import importlib.metadata as m; print(len({d.name for d in m.distributions()}))";
    let count: u64 = output(counting.args(["-c", count])).trim().parse().unwrap();
    let write = |format: &str| {
        let tool = ["-m", "cyclonedx_py", "environment", "--no-validate", "--of", format];
        output(python("cyclonedx_py").unwrap().args(tool))
    };
    let sbom = both(&write("JSON"), &write("XML"));
    assert_eq!((sbom.package_count, sbom.package_types["pypi"]), (count, count));
    assert!(!sbom.licenses.is_empty() && !sbom.relationships.is_empty());
    aloud(&format!("{count} packages by cyclonedx-py"));
}

#[test]
fn cyclonedx_npm_lists_what_is_locked() {
    let tool = std::env::var_os("REFEREE_CYCLONEDX_NPM").unwrap_or_else(|| "cyclonedx-npm".into());
    if !Command::new(&tool).arg("--version").output().is_ok_and(|probe| probe.status.success()) {
        aloud("SKIPPED cyclonedx-npm: it is not installed; set REFEREE_CYCLONEDX_NPM");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write_npm_project(folder.path());
    let write = |format: &str| {
        let options = ["--package-lock-only", "--sv", "1.6", "--of", format, "--validate"];
        output(Command::new(&tool).current_dir(folder.path()).args(options))
    };
    let sbom = both(&write("JSON"), &write("XML"));
    assert_eq!(sbom.package_count, 4);
    assert_eq!(sbom.name.as_deref(), Some("@acme/shop"));
    let purls: Vec<_> =
        sbom.packages.iter().filter_map(|package| package.purl.as_deref()).collect();
    assert_eq!(purls.iter().filter(|purl| purl.starts_with("pkg:npm/left-pad@")).count(), 2);
    assert!(purls.iter().any(|purl| purl.starts_with("pkg:npm/%40acme/cart@0.1.0")));
    // One of the two is nested in what depends on it.
    assert!(sbom.relationships.iter().any(|one| one.kind == "contains"));
    assert!(sbom.licenses.contains_key("WTFPL"));
}

/// A project with a lock file: one dependency in two versions, one of them inside another.
fn write_npm_project(folder: &Path) {
    let manifest = r#"{"name":"@acme/shop","version":"1.0.0","license":"MIT",
        "dependencies":{"@acme/cart":"0.1.0","left-pad":"1.3.0"}}"#;
    let lock = r#"{"name":"@acme/shop","version":"1.0.0","lockfileVersion":3,"requires":true,"packages":{
        "":{"name":"@acme/shop","version":"1.0.0","license":"MIT","dependencies":{"@acme/cart":"0.1.0","left-pad":"1.3.0"}},
        "node_modules/@acme/cart":{"version":"0.1.0","license":"ISC OR MIT","dependencies":{"left-pad":"1.2.0"}},
        "node_modules/@acme/cart/node_modules/left-pad":{"version":"1.2.0","license":"WTFPL"},
        "node_modules/left-pad":{"version":"1.3.0","license":"WTFPL"}}}"#;
    std::fs::write(folder.join("package.json"), manifest).unwrap();
    std::fs::write(folder.join("package-lock.json"), lock).unwrap();
}
