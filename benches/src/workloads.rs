//! Workloads for Rego engines: policies that lie in `workloads/`, and documents that are made
//! here, the same ones every time.
//!
//! Two policies are made as well, since no one would read them: a thousand rules of which one
//! applies, and a bundle of ten thousand lines.

use referee_policies::Pack;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

/// Modules, data, an input and what is asked.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// The path of the rule that is asked for, with `data.`; empty where only compiling is
    /// measured.
    pub query: &'static str,
    /// Modules by file name.
    pub modules: Vec<(String, String)>,
    /// Base data.
    pub data: Value,
    /// The input.
    pub input: Value,
}

/// All workloads.
#[must_use]
pub fn all() -> Vec<Workload> {
    vec![
        rbac(),
        trust(),
        licences("licences-1500", 1_500),
        licences("licences-70000", 70_000),
        thousand(),
        comprehensions(),
        walking(),
        bundle(),
    ]
}

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let count = u64::try_from(from.len()).unwrap();
        from[usize::try_from(self.below(count)).unwrap()]
    }
}

fn module(name: &str, text: &str) -> Vec<(String, String)> {
    vec![(format!("{name}.rego"), text.to_owned())]
}

/// Role-based access control; the input has 60 bytes.
fn rbac() -> Workload {
    Workload {
        name: "rbac",
        query: "data.rbac.allow",
        modules: module("rbac", include_str!("../workloads/rbac.rego")),
        data: json!({
            "user_roles": {
                "alice": ["admin"],
                "bob": ["employee", "billing"],
                "eve": ["customer"],
            },
            "role_grants": {
                "customer": [
                    {"action": "read", "type": "dog"},
                    {"action": "read", "type": "cat"},
                    {"action": "adopt", "type": "dog"},
                ],
                "employee": [
                    {"action": "read", "type": "dog"},
                    {"action": "read", "type": "cat"},
                    {"action": "update", "type": "dog"},
                    {"action": "update", "type": "cat"},
                ],
                "billing": [
                    {"action": "read", "type": "finance"},
                    {"action": "update", "type": "finance"},
                ],
            },
        }),
        input: json!({"user": "bob", "action": "update", "type": "finance", "id": 7301}),
    }
}

/// Facts of an artifact: 1,500 packages, 40 signatures, 120 vulnerabilities.
fn trust() -> Workload {
    let mut numbers = Numbers(1);
    let licenses =
        ["MIT", "Apache-2.0", "BSD-3-Clause", "GPL-2.0-only", "LGPL-2.1-or-later", "ISC"];
    let packages: Vec<_> = (0..1_500)
        .map(|at| {
            json!({
                "name": format!("{}{at}", numbers.pick(&["lib", "go-", "py-", "node-"])),
                "version": format!("{}.{}.{}", numbers.below(6), numbers.below(20), numbers.below(9)),
                "licenses": [numbers.pick(&licenses)],
                "purl": format!("pkg:generic/vendor/package-{at}@1"),
            })
        })
        .collect();
    let digest = "sha256:3f1d0c6e2b7a4958c0de1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e";
    let signatures: Vec<_> = (0..40)
        .map(|at| {
            json!({
                "digest": format!("sha256:{at:064x}"),
                "subject": if at % 5 == 4 { "sha256:other" } else { digest },
                "verified": at % 7 != 6,
                "key": {"id": format!("key-{}", at % 10), "algorithm": "ecdsa-p256"},
            })
        })
        .collect();
    let vulnerabilities: Vec<_> = (0..120)
        .map(|at| {
            let place = usize::try_from(numbers.below(1_500)).unwrap();
            json!({
                "id": format!("CVE-2026-{at:04}"),
                "package": packages[place]["name"],
                "version": packages[place]["version"],
                "severity": numbers.pick(&["low", "medium", "high", "critical"]),
                "fixed": numbers.pick(&["", "9.9.9"]),
            })
        })
        .collect();
    let teams = ["build", "release", "security"];
    let keys: Vec<_> =
        (0..6).map(|at| json!({"id": format!("key-{at}"), "team": teams[at % 3]})).collect();
    let accepted: Vec<_> = (0..40)
        .map(|at| {
            let until = if at % 4 == 0 { "2026-01-01" } else { "2027-01-01" };
            json!({"id": format!("CVE-2026-{:04}", at * 3), "until": until})
        })
        .collect();
    Workload {
        name: "trust",
        query: "data.trust.decision",
        modules: module("trust", include_str!("../workloads/trust.rego")),
        data: json!({"policy": {
            "least_signatures": 5,
            "required_teams": ["build", "security", "legal"],
            "keys": keys,
            "banned": [
                {"name": "lib17", "version": "", "reason": "abandoned"},
                {"name": "go-300", "version": "1.", "reason": "backdoor"},
                {"name": "py-42", "version": "0.", "reason": "unmaintained"},
            ],
            "forbidden_licenses": ["GPL-2.0-only", "AGPL-3.0-only"],
            "license_exempt": ["lib", "go-"],
            "accepted": accepted,
        }}),
        input: json!({
            "subject": {"digest": digest, "reference": "registry.example/team/app:1.4"},
            "time": "2026-06-01",
            "signatures": signatures,
            "sbom": {"format": "spdx", "packages": packages},
            "vulnerabilities": vulnerabilities,
        }),
    }
}

/// The pack `licenses` over an SBOM of so many packages, two of which have a licence that is not
/// allowed.
fn licences(name: &'static str, packages: usize) -> Workload {
    let pack = Pack::find("licenses").expect("a pack");
    let modules = referee_policies::library().iter().chain(pack.modules);
    let mut data: Value = serde_json::from_str(pack.default_data).expect("JSON");
    data["parameters"]["allowed"] = json!(["MIT", "Apache-2.0", "BSD-*", "ISC", "LGPL-*"]);
    let licenses: BTreeMap<String, Value> = (0..300)
        .map(|at| {
            let own = match at {
                0 => "AGPL-3.0-only".to_owned(),
                at => format!("LicenseRef-{at}"),
            };
            let (text, ways) = match at {
                0 => (own.clone(), json!([[own]])),
                at if at % 2 == 0 => (format!("{own} OR MIT"), json!([[own], ["MIT"]])),
                _ => ("MIT AND ISC".to_owned(), json!([["ISC", "MIT"]])),
            };
            let names: Vec<_> = ways
                .as_array()
                .into_iter()
                .flatten()
                .flat_map(|way| way.as_array().cloned().unwrap_or_default())
                .collect();
            let license = json!({
                "status": "expression", "expression": text, "alternatives": ways,
                "alternatives_omitted": false, "licenses": names, "unlisted": [],
                "replaced": {}, "error": null, "declared": 1, "concluded": 0,
            });
            (text, license)
        })
        .collect();
    let texts: Vec<&String> = licenses.keys().filter(|text| !text.starts_with("AGPL")).collect();
    let listed: Vec<_> = (0..packages)
        .map(|at| {
            let license =
                if at % (packages / 2) == 7 { "AGPL-3.0-only" } else { texts[at % texts.len()] };
            json!({
                "id": format!("SPDXRef-{at}"), "name": format!("package-{at}"), "version": "1.2.3",
                "purl": format!("pkg:npm/package-{at}@1.2.3"), "kind": "library", "supplier": null,
                "hashes": {}, "license_declared": license, "license_concluded": null,
            })
        })
        .collect();
    let digest = "sha256:3f1d0c6e2b7a4958c0de1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e";
    let referrer = "sha256:5a1d0c6e2b7a4958c0de1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e";
    let spdx = "https://spdx.dev/Document";
    Workload {
        name,
        query: "data.referee.packs.licenses.decision",
        modules: modules
            .map(|module| (module.name.replace('/', "-"), module.text.to_owned()))
            .collect(),
        data,
        input: json!({
            "facts_version": 1,
            "request": {"reference": "registry.example/team/app:1.4", "time": "2026-06-01T00:00:00Z"},
            "subject": {"digest": digest, "platforms": []},
            "referrers": [],
            "signatures": [{
                "id": 0, "purpose": "attestation", "predicate_type": spdx, "referrer": referrer,
                "subject": digest, "status": "trusted", "valid": true, "trusted": true,
                "trusted_by": ["release"], "key": {"id": "sha256:00", "name": "release"},
                "errors": [],
            }],
            "attestations": [{
                "id": 0, "format": "dsse", "referrer": referrer, "subject": digest,
                "predicate_type": spdx, "signed_by": [0], "signed_through": null,
                "verified": true, "errors": [],
                "content": {"document": referrer, "size": 1, "kinds": ["sbom"], "error": null},
            }],
            "sboms": [{
                "id": 0, "attestation": 0, "document": referrer, "referrer": referrer,
                "subject": digest, "signed_by": [0], "signed_through": null, "verified": true,
                "format": "spdx", "package_count": packages, "packages": listed,
                "licenses": licenses, "truncated": false, "problems": [],
            }],
            "vulnerability_reports": [], "vex": [], "provenance": [],
            "verification_summaries": [], "schema_checks": [], "trust_roots": [],
            "unavailable": [], "complete": true, "verifiers": {},
        }),
    }
}

/// A thousand rules, one of which applies.
fn thousand() -> Workload {
    let mut text = String::from("package thousand\n\ndefault decision := \"deny\"\n");
    for at in 0..1_000 {
        write!(
            text,
            "\ndecision := \"allow-{at}\" if {{\n\tinput.service == \"service-{at}\"\n\tinput.method == \
             \"{}\"\n\tinput.level > {}\n}}\n",
            ["GET", "PUT", "POST", "DELETE"][at % 4],
            at % 10,
        )
        .unwrap();
    }
    Workload {
        name: "thousand",
        query: "data.thousand.decision",
        modules: module("thousand", &text),
        data: json!({}),
        input: json!({"service": "service-777", "method": "PUT", "level": 9}),
    }
}

/// Joins and groups of 120 pods and 30 services.
fn comprehensions() -> Workload {
    let mut numbers = Numbers(2);
    let registries = ["docker.io", "registry.example", "ghcr.io", "quay.io"];
    let apps = ["web", "api", "db", "cache", "queue", "cron"];
    let pods: Vec<_> = (0..120)
        .map(|at| {
            let containers: Vec<_> = (0..=numbers.below(2))
                .map(|_| {
                    json!({
                        "image": format!("{}/team/app-{}", numbers.pick(&registries), numbers.below(40)),
                        "cpu": 100 * numbers.below(12),
                        "ports": [8080 + numbers.below(4), 9090],
                    })
                })
                .collect();
            json!({
                "name": format!("pod-{at}"),
                "namespace": format!("team-{}", numbers.below(12)),
                "labels": {"app": numbers.pick(&apps)},
                "containers": containers,
            })
        })
        .collect();
    let services: Vec<_> = (0..30)
        .map(|at| {
            json!({
                "name": format!("service-{at}"),
                "namespace": format!("team-{}", numbers.below(12)),
                "selector": {"app": numbers.pick(&apps)},
                "port": 8080 + numbers.below(4),
            })
        })
        .collect();
    Workload {
        name: "comprehensions",
        query: "data.comprehensions.report",
        modules: module("comprehensions", include_str!("../workloads/comprehensions.rego")),
        data: json!({}),
        input: json!({"pods": pods, "services": services}),
    }
}

/// A document of some 3,000 values.
fn walking() -> Workload {
    fn tree(numbers: &mut Numbers, depth: u32) -> Value {
        if depth == 0 {
            return match numbers.below(4) {
                0 => json!(numbers.below(1_000)),
                1 => json!(format!("secret:{}", numbers.below(100))),
                2 => json!({"image": format!("registry.example/app-{}", numbers.below(60))}),
                _ => json!(["a", true, null]),
            };
        }
        let members = (0..5).map(|at| (format!("member{at}"), tree(numbers, depth - 1)));
        Value::Object(members.collect())
    }
    Workload {
        name: "walk",
        query: "data.walking.report",
        modules: module("walk", include_str!("../workloads/walk.rego")),
        data: json!({}),
        input: tree(&mut Numbers(3), 4),
    }
}

/// Ten thousand lines in a hundred modules: parsed and compiled, not evaluated.
fn bundle() -> Workload {
    let modules = (0..100)
        .map(|at| {
            let mut text = format!("# Rules of team {at}.\npackage bundle.team{at}\n\n");
            text.push_str(if at == 0 { "\n\n" } else { "import data.bundle.team0\n\n" });
            for rule in 0..6 {
                write!(
                    text,
                    "# METADATA\n# title: rule {rule}\ndeny contains message if {{\n\tsome container in \
                     input.spec.containers\n\tnot startswith(container.image, \"registry.example/team{at}/\")\n\t\
                     container.resources.limits.cpu > {rule}\n\tmessage := sprintf(\"%s: image %s may not \
                     run\", [container.name, container.image])\n}}\n\n",
                )
                .unwrap();
            }
            write!(
                text,
                "level := \"high\" if {{\n\tinput.level > 7\n}} else := \"low\" if {{\n\tinput.level > \
                 3\n}} else := \"none\"\n\nlimits := {{\n\t\"cpu\": 4,\n\t\"memory\": \"8Gi\",\n\t\"ports\": \
                 [80, 443, 8080],\n}}\n\n",
            )
            .unwrap();
            for function in 0..4 {
                write!(
                    text,
                    "within{function}(value, range) if {{\n\tvalue >= range.low + {function}\n\tvalue < \
                     range.high\n}}\n\n",
                )
                .unwrap();
            }
            if at > 0 {
                text.push_str("inherited contains message if some message in team0.deny\n");
            }
            let lines = text.lines().count();
            // A hundred lines each.
            for line in lines..100 {
                writeln!(text, "constant_{line} := {{\"line\": {line}, \"name\": \"n{line}\"}}").unwrap();
            }
            (format!("team{at}.rego"), text)
        })
        .collect();
    Workload { name: "bundle", query: "", modules, data: json!({}), input: json!({}) }
}

impl Workload {
    /// Writes it to a folder of its name, for programs that read it from there.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let folder = folder.join(self.name);
        fs::create_dir_all(folder.join("policy"))?;
        for (name, text) in &self.modules {
            fs::write(folder.join("policy").join(name), text)?;
        }
        fs::write(folder.join("data.json"), self.data.to_string())?;
        fs::write(folder.join("input.json"), self.input.to_string())?;
        let about = json!({"name": self.name, "query": self.query});
        fs::write(folder.join("workload.json"), about.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_are_as_large_as_they_say() {
        let input = rbac().input.to_string();
        assert!((55..=65).contains(&input.len()), "{} bytes", input.len());
        let facts = trust().input;
        assert_eq!(facts["sbom"]["packages"].as_array().unwrap().len(), 1_500);
        assert_eq!(facts["signatures"].as_array().unwrap().len(), 40);
        assert_eq!(facts["vulnerabilities"].as_array().unwrap().len(), 120);
        let lines: usize = bundle().modules.iter().map(|(_, text)| text.lines().count()).sum();
        assert_eq!(lines, 10_000);
    }
}
