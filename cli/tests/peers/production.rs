//! What an image in production carries, made by the real cosign in a real registry: two signatures, a
//! signed SBOM, a signed vulnerability report with VEX, signed provenance. The example policy
//! `examples/production` allows it, and denies it for the right reason where one thing is different.

use super::find::skipped;
use super::{Answer, Bench, Cosign, Kind, Signer, must};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What an image carries. Each part has who signs it.
struct Carried {
    signers: Vec<&'static str>,
    sbom: Option<(&'static str, Value)>,
    report: Option<(&'static str, Value)>,
    vex: Option<(&'static str, Value)>,
    provenance: Option<(&'static str, Value)>,
}

/// A time so many days ago.
fn days_ago(days: u32) -> String {
    let when = format!("{days} days ago");
    must(Command::new("date").args(["-u", "-d", &when, "+%Y-%m-%dT%H:%M:%SZ"])).trim().to_owned()
}

fn package(name: &str, version: &str, license: &str) -> Value {
    json!({
        "SPDXID": format!("SPDXRef-Package-{name}"), "name": name, "versionInfo": version,
        "downloadLocation": "NOASSERTION", "licenseConcluded": "NOASSERTION",
        "licenseDeclared": license, "supplier": "Organization: Example",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": format!("pkg:npm/{name}@{version}"),
        }],
    })
}

fn sbom(packages: &[Value]) -> Value {
    let describes: Vec<&Value> = packages.iter().map(|package| &package["SPDXID"]).collect();
    json!({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": "app", "documentNamespace": "https://example.com/sbom/app",
        "creationInfo": {"created": days_ago(1), "creators": ["Organization: Example", "Tool: maker-1.0"]},
        "documentDescribes": describes, "packages": packages,
    })
}

/// What cosign's predicate of vulnerabilities has in it, with Trivy's report of one critical finding
/// that has a fix.
fn report(days: u32) -> Value {
    let time = days_ago(days);
    json!({
        "invocation": {"uri": "", "event_id": "", "builder.id": ""},
        "scanner": {
            "uri": "pkg:github/aquasecurity/trivy@0.60.0", "version": "0.60.0",
            "db": {"uri": "", "version": "2", "lastUpdate": time},
            "result": {
                "SchemaVersion": 2, "CreatedAt": time, "ArtifactName": "app",
                "ArtifactType": "container_image",
                "Results": [{
                    "Target": "package-lock.json", "Class": "lang-pkgs", "Type": "npm",
                    "Vulnerabilities": [{
                        "VulnerabilityID": "CVE-2024-0001", "PkgName": "left-pad",
                        "PkgIdentifier": {"PURL": "pkg:npm/left-pad@1.3.0"},
                        "InstalledVersion": "1.3.0", "FixedVersion": "1.3.1", "Status": "fixed",
                        "Severity": "CRITICAL", "SeveritySource": "nvd",
                    }],
                }],
            },
        },
        "metadata": {"scanStartedOn": time, "scanFinishedOn": time},
    })
}

fn vex(digest: &str) -> Value {
    let hash = digest.strip_prefix("sha256:").unwrap_or(digest);
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex/1",
        "author": "security@example.com", "timestamp": days_ago(1), "version": 1,
        "statements": [{
            "vulnerability": {"name": "CVE-2024-0001"},
            "products": [{
                "@id": format!("pkg:oci/app@{digest}"), "hashes": {"sha-256": hash},
                "subcomponents": [{"@id": "pkg:npm/left-pad@1.3.0"}],
            }],
            "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path",
        }],
    })
}

fn provenance(builder: &str, repository: &str, base: &str) -> Value {
    json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {
                "ref": "refs/tags/v1.4.0", "repository": repository,
                "path": ".github/workflows/release.yml",
            }},
            "internalParameters": {"github": {"event_name": "push"}},
            "resolvedDependencies": [
                {
                    "uri": format!("git+{repository}@refs/tags/v1.4.0"),
                    "digest": {"gitCommit": "5d54ca7e6ed4bd3b1e2c3f6b6a8c2b5d5f0a1b2c"},
                },
                {"uri": format!("pkg:docker/{base}"), "digest": {"sha256": "aa".repeat(32)}},
            ],
        },
        "runDetails": {"builder": {"id": builder}, "metadata": {"invocationId": "https://github.com/team/app/actions/runs/1"}},
    })
}

const BUILDER: &str = "https://github.com/team/app/.github/workflows/release.yml@refs/tags/v1.4.0";
const SOURCE: &str = "https://github.com/team/app";
const BASE: &str = "registry.example/base/node@22";

impl Carried {
    /// Everything as it is wanted, for the image with this digest.
    fn good(digest: &str) -> Self {
        Self {
            signers: vec!["release", "security"],
            sbom: Some(("release", sbom(&[package("left-pad", "1.3.0", "MIT")]))),
            report: Some(("scanner", report(1))),
            vex: Some(("security", vex(digest))),
            provenance: Some(("release", provenance(BUILDER, SOURCE, BASE))),
        }
    }
}

/// A change of one thing, and the codes of the reasons that it is denied for. The first names the
/// change; what follows from it, because nothing else says it any more, comes with it.
struct Change {
    name: &'static str,
    make: fn(&mut Carried),
    codes: &'static [&'static str],
    /// What a message of a reason must name.
    names: &'static str,
}

fn changes() -> Vec<Change> {
    fn change(
        name: &'static str,
        codes: &'static [&'static str],
        names: &'static str,
        make: fn(&mut Carried),
    ) -> Change {
        Change { name, make, codes, names }
    }
    vec![
        change("one-signer", &["missing_signer"], "security", |it| it.signers = vec!["release"]),
        change("no-sbom", &["document_missing"], "SBOM", |it| it.sbom = None),
        change("sbom-by-another", &["document_missing", "document_signer"], "scanner", |it| {
            it.sbom = it.sbom.take().map(|(_, sbom)| ("scanner", sbom));
        }),
        change("sbom-by-a-stranger", &["document_missing", "document_untrusted"], "SBOM", |it| {
            it.sbom = it.sbom.take().map(|(_, sbom)| ("other", sbom))
        }),
        change("licence", &["license_not_allowed"], "AGPL-3.0-only", |it| {
            it.sbom = Some(("release", sbom(&[package("left-pad", "1.3.0", "AGPL-3.0-only")])));
        }),
        change("package", &["package_forbidden"], "event-stream", |it| {
            it.sbom = Some(("release", sbom(&[package("event-stream", "3.3.6", "MIT")])));
        }),
        change("no-report", &["document_missing"], "vulnerability report", |it| it.report = None),
        change("old-report", &["report_stale"], "days", |it| {
            it.report = Some(("scanner", report(30)));
        }),
        change("no-vex", &["vulnerability"], "CVE-2024-0001", |it| it.vex = None),
        change("vex-by-another", &["vulnerability"], "left-pad", |it| {
            it.vex = it.vex.take().map(|(_, vex)| ("scanner", vex));
        }),
        change("vex-for-another-image", &["vulnerability"], "1.3.1", |it| {
            it.vex = Some(("security", vex(&format!("sha256:{}", "00".repeat(32)))));
        }),
        change("no-provenance", &["document_missing"], "provenance", |it| it.provenance = None),
        change("builder", &["provenance_builder"], "laptop", |it| {
            it.provenance = Some(("release", provenance("https://laptop.example", SOURCE, BASE)));
        }),
        change("source", &["provenance_source"], "https://github.com/fork/app", |it| {
            let fork = "https://github.com/fork/app";
            it.provenance = Some(("release", provenance(BUILDER, fork, BASE)));
        }),
        change("base-image", &["base_image"], "docker.io/somebody/image", |it| {
            let base = "docker.io/somebody/image@1";
            it.provenance = Some(("release", provenance(BUILDER, SOURCE, base)));
        }),
    ]
}

impl Signer {
    /// Attests a predicate of a type that cosign has a name for.
    fn attest_as(&self, bench: &Bench, image: &str, key: &str, kind: &str, predicate: &Value) {
        let path = bench.folder().join("document.json");
        fs::write(&path, predicate.to_string()).unwrap();
        let mut command = self.command(bench);
        command.args(["attest", "--yes", "--key", &format!("{key}.key"), "--type", kind]);
        command.arg("--predicate").arg(path);
        must(command.arg("--signing-config").arg(self.no_services(bench)).arg(image));
    }
}

fn attach(bench: &Bench, cosign: &Signer, image: &str, carried: &Carried) {
    for key in &carried.signers {
        cosign.sign(bench, image, key, true, &[]);
    }
    for (kind, document) in [
        ("spdxjson", &carried.sbom),
        ("vuln", &carried.report),
        ("openvex", &carried.vex),
        ("slsaprovenance1", &carried.provenance),
    ] {
        if let Some((key, predicate)) = document {
            cosign.attest_as(bench, image, key, kind, predicate);
        }
    }
}

fn codes(answer: &Answer) -> BTreeSet<String> {
    let document: Value = serde_json::from_slice(&answer.output.stdout).unwrap();
    let reasons = document["decisions"][0]["reasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_as_production_wants_it_is_allowed_and_one_change_denies_it_for_its_own_reason() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/production");
    let example = example.to_str().unwrap();
    let Some(bench) = Bench::start(Kind::Oci11) else { return };
    let Some(cosign) = bench.cosign(Cosign::Three) else {
        return skipped("production", "cosign3 is not on this machine");
    };
    for key in ["security", "scanner"] {
        bench.generate_key(key);
    }
    let trusted = ["release", "security", "scanner"];
    let digest_of = |image: &str| image.split_once('@').unwrap().1.to_owned();

    let image = bench.push_image("team/app", "good");
    attach(&bench, &cosign, &image, &Carried::good(&digest_of(&image)));
    let answer = bench.referee(&image, &trusted, example);
    assert!(answer.allowed(), "{}", answer.text());

    let changes = changes();
    for change in &changes {
        let image = bench.push_image("team/app", change.name);
        let mut carried = Carried::good(&digest_of(&image));
        (change.make)(&mut carried);
        attach(&bench, &cosign, &image, &carried);
        let answer = bench.referee(&image, &trusted, example);
        assert_eq!(answer.verdict(), "deny", "{}: {}", change.name, answer.text());
        let expected: BTreeSet<String> = change.codes.iter().map(|&code| code.into()).collect();
        assert_eq!(codes(&answer), expected, "{}: {}", change.name, answer.text());
        assert!(answer.text().contains(change.names), "{}: {}", change.name, answer.text());
    }
    eprintln!(
        "FIGURE production: 1 image allowed, {} changes denied, each for its reason",
        changes.len()
    );
}
