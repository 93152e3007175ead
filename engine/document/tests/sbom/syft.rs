//! What the real syft writes of real trees, in every form and version that it writes, beside its own
//! account of what it found (`syft-json`), which nothing of this crate reads.
//!
//! Two trees: a Python environment, and one of what package managers leave behind (Cargo's lock of
//! this workspace, npm's, dpkg's status with the copyright files, where this machine has them).

use referee_core::facts::{LicenseFact, Sbom, SbomFormat};
use referee_document::{Limits, sbom};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Write as _;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every form that syft writes and this crate reads (not SPDX 2.1, nor CycloneDX 1.0 and 1.1), with what there is in it of licences.
const FORMS: [(&str, Licenses); 14] = [
    ("spdx-json@2.2", Licenses::Spdx),
    ("spdx-json@2.3", Licenses::Spdx),
    ("spdx-tag-value@2.2", Licenses::Spdx),
    ("spdx-tag-value@2.3", Licenses::Spdx),
    ("cyclonedx-json@1.2", Licenses::Named),
    ("cyclonedx-json@1.3", Licenses::Named),
    ("cyclonedx-json@1.4", Licenses::Named),
    ("cyclonedx-json@1.5", Licenses::Named),
    ("cyclonedx-json@1.6", Licenses::Named),
    ("cyclonedx-xml@1.2", Licenses::Named),
    ("cyclonedx-xml@1.3", Licenses::Named),
    ("cyclonedx-xml@1.4", Licenses::Named),
    ("cyclonedx-xml@1.5", Licenses::Named),
    ("cyclonedx-xml@1.6", Licenses::Named),
];

/// How a form tells a licence that is no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Licenses {
    /// As a reference of the document's own.
    Spdx,
    /// By its name.
    Named,
}

fn aloud(line: &str) {
    let _seen = writeln!(std::io::stderr(), "{line}");
}

/// The command: `REFEREE_SYFT` names it, else it stands beside `REFEREE_PYTHON`, whose packages may
/// bring it, else on the path.
fn syft() -> Option<OsString> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let beside = variable("REFEREE_PYTHON")
        .map(|python| Path::new(&python).with_file_name("syft"))
        .filter(|path| path.is_file())
        .map(PathBuf::into_os_string);
    let syft = variable("REFEREE_SYFT").or(beside).unwrap_or_else(|| "syft".into());
    if command(&syft).arg("version").output().is_ok_and(|probe| probe.status.success()) {
        return Some(syft);
    }
    aloud(
        "SKIPPED syft: it is not installed; REFEREE_SYFT names it, or REFEREE_PYTHON what has it",
    );
    None
}

/// It looks for a newer version of itself and reads the user's settings otherwise.
fn command(syft: &OsString) -> Command {
    let mut command = Command::new(syft);
    command.env("SYFT_CHECK_FOR_APP_UPDATE", "false").env("XDG_CONFIG_HOME", "/nonexistent");
    command
}

/// What is in a package that syft found: name, version, package URL, licences.
type Row = (String, String, String, BTreeSet<String>);

/// Which depends on which, by their ids.
type Dependencies = BTreeSet<(String, String)>;

/// The words of an expression that are licences.
fn words(expression: &str) -> BTreeSet<String> {
    let parts = expression.split(|c: char| c.is_whitespace() || c == '(' || c == ')');
    let words = parts.filter(|word| !["", "AND", "OR", "WITH"].contains(word));
    words.map(str::to_owned).collect()
}

/// A licence as syft tells it in a form.
fn told(license: &Value, form: Licenses) -> BTreeSet<String> {
    let text = |name: &str| license[name].as_str().unwrap_or_default();
    let (value, expression) = (text("value"), text("spdxExpression"));
    match form {
        _ if !expression.is_empty() => words(expression),
        Licenses::Spdx => {
            let keep = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
            let id: String = value.chars().map(|c| if keep(c) { c } else { '-' }).collect();
            [format!("LicenseRef-{id}")].into()
        }
        Licenses::Named => [value.to_owned()].into(),
    }
}

/// What syft says that it found: the packages by their ids, and which depends on which.
fn account(document: &Value, form: Licenses) -> (BTreeMap<String, Row>, Dependencies) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = document["artifacts"].as_array().unwrap().iter().map(|found| {
        let licenses = found["licenses"].as_array().into_iter().flatten();
        let licenses = licenses.flat_map(|license| told(license, form)).collect();
        let row = (text(&found["name"]), text(&found["version"]), text(&found["purl"]), licenses);
        (text(&found["id"]), row)
    });
    let related = document["artifactRelationships"].as_array().unwrap().iter();
    let depends = related.filter(|one| one["type"] == "dependency-of");
    let depends = depends.map(|one| (text(&one["child"]), text(&one["parent"]))).collect();
    (rows.collect(), depends)
}

/// The id that syft gives to what it found, which is part of what it calls the package.
fn syft_id(id: &str, format: SbomFormat) -> String {
    let id = match format {
        SbomFormat::Spdx => id.rsplit('-').next().unwrap(),
        _ => id.split("package-id=").last().unwrap().split(['&', '#']).next().unwrap(),
    };
    id.to_owned()
}

/// The licences of a text: those that an expression names, else the text.
fn named(text: &str, fact: &LicenseFact) -> BTreeSet<String> {
    if fact.expression.is_none() {
        return match text {
            "NOASSERTION" | "NONE" => BTreeSet::new(),
            // Where there are several a text is quoted among them.
            _ => text
                .split(" AND ")
                .map(|part| part.trim_matches(['"', '(', ')']).to_owned())
                .collect(),
        };
    }
    fact.licenses.iter().flat_map(|license| words(license)).collect()
}

fn or_nothing<T: Deref<Target = str>>(text: &Option<T>) -> String {
    text.as_deref().unwrap_or_default().to_owned()
}

/// The same of the facts; without what stands for the tree itself.
fn read(sbom: &Sbom) -> (Vec<(String, Row)>, Dependencies) {
    let id = |id: &str| syft_id(id, sbom.format);
    let rows = sbom.packages.iter().filter(|package| !sbom.describes.contains(&package.id));
    // A distribution is a component of CycloneDX, and no package to syft.
    let rows = rows.filter(|package| package.kind.as_deref() != Some("operating-system"));
    let rows = rows.map(|package| {
        let texts = [&package.license_declared, &package.license_concluded];
        let texts = texts.into_iter().flatten();
        let licenses = texts.flat_map(|text| named(text, &sbom.licenses[text])).collect();
        let (version, purl) = (or_nothing(&package.version), or_nothing(&package.purl));
        (id(&package.id), (package.name.to_string(), version, purl, licenses))
    });
    let depends = sbom.relationships.iter().filter_map(|one| match one.kind.as_str() {
        "depends_on" => Some((id(&one.from), id(&one.to))),
        "dependency_of" => Some((id(&one.to), id(&one.from))),
        _ => None,
    });
    (rows.collect(), depends.collect())
}

/// Compares a tree in all forms; gives how many packages there were.
fn compare(syft: &OsString, tree: &Path) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = |form: &str| folder.path().join(form);
    let mut scan = command(syft);
    scan.args(["scan", "--quiet"]).arg(format!("dir:{}", tree.display()));
    for form in FORMS.iter().map(|(form, _)| *form).chain(["syft-json"]) {
        scan.arg("--output").arg(format!("{form}={}", path(form).display()));
    }
    let output = scan.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value =
        serde_json::from_slice(&std::fs::read(path("syft-json")).unwrap()).unwrap();
    let mut count = 0;
    for (form, licenses) in FORMS {
        let (expected, depends) = account(&document, licenses);
        let bytes = std::fs::read(path(form)).unwrap();
        let found =
            sbom::read(&bytes, &Limits::DEFAULT).map_err(|error| format!("{form}: {error}"));
        let sbom = found.unwrap().sbom;
        assert_eq!(sbom.problems, [], "{form}");
        assert_eq!(Some(sbom.spec_version.as_str()), form.split('@').nth(1));
        let (rows, ours) = read(&sbom);
        assert_eq!(rows.len(), expected.len(), "{form}");
        let rows: BTreeMap<String, Row> = rows.into_iter().collect();
        for (id, row) in &expected {
            assert_eq!(rows.get(id), Some(row), "{form}: {id}");
        }
        assert!(ours == depends, "{form}: {} and {}", ours.len(), depends.len());
        count = rows.len();
    }
    count
}

#[test]
fn what_syft_writes_of_an_environment_is_what_it_found_in_it() {
    let Some(syft) = syft() else { return };
    let python = std::env::var_os("REFEREE_PYTHON").unwrap_or_else(|| "python3".into());
    let asked = Command::new(&python).args(["-c", "import sys; print(sys.prefix)"]).output();
    let Some(asked) = asked.ok().filter(|asked| asked.status.success()) else {
        return aloud("SKIPPED syft over an environment: there is no Python");
    };
    let tree = PathBuf::from(String::from_utf8(asked.stdout).unwrap().trim());
    if !tree.join("pyvenv.cfg").is_file() {
        return aloud("SKIPPED syft over an environment: REFEREE_PYTHON is in none of its own");
    }
    let packages = compare(&syft, &tree);
    assert!(packages > 1, "{packages}");
    aloud(&format!(
        "FIGURE {packages} packages of an environment by syft, in {} forms",
        FORMS.len()
    ));
}

#[test]
fn what_syft_writes_of_package_managers_traces_is_what_it_found_in_them() {
    let Some(syft) = syft() else { return };
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path();
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    std::fs::copy(lock, tree.join("Cargo.lock")).unwrap();
    let npm = r#"{"name":"@acme/shop","version":"1.0.0","lockfileVersion":3,"packages":{
        "":{"name":"@acme/shop","version":"1.0.0","license":"MIT","dependencies":{"@acme/cart":"0.1.0"}},
        "node_modules/@acme/cart":{"version":"0.1.0","license":"ISC OR MIT"},
        "node_modules/left-pad":{"version":"1.3.0","license":"WTFPL"}}}"#;
    std::fs::write(tree.join("package-lock.json"), npm).unwrap();
    let root = Path::new("/");
    let mut traces = vec![PathBuf::from("var/lib/dpkg/status"), PathBuf::from("etc/os-release")];
    for entry in std::fs::read_dir(root.join("usr/share/doc")).into_iter().flatten() {
        traces.push(entry.unwrap().path().strip_prefix(root).unwrap().join("copyright"));
    }
    if root.join(&traces[0]).is_file() {
        for trace in traces.iter().filter(|trace| root.join(trace).is_file()) {
            std::fs::create_dir_all(tree.join(trace).parent().unwrap()).unwrap();
            std::fs::copy(root.join(trace), tree.join(trace)).unwrap();
        }
    } else {
        aloud("SKIPPED syft over dpkg's packages: this machine has none");
    }
    let packages = compare(&syft, tree);
    assert!(packages > 400, "{packages}");
    aloud(&format!("FIGURE {packages} packages of managers by syft, in {} forms", FORMS.len()));
}
