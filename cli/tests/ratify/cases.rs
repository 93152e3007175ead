//! What Ratify and Referee are both asked about, and how what they say is compared.
//!
//! `reports/` has what the real Ratify 1.4.4 says of each case, with one verifier of cosign's
//! signatures that has the keys of the case, one of SBOMs (`application/spdx+json`) and one of
//! vulnerability reports (`application/sarif+json`); `make.sh` makes them.

use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// One artifact, with who may sign it.
#[derive(Debug)]
pub(crate) struct Case {
    /// Its name: the artifact is `registry.example/team/<name>:1.4`.
    pub(crate) name: &'static str,
    /// Where it lies, below the repository's root.
    pub(crate) layout: &'static str,
    /// The keys that may sign it, likewise.
    pub(crate) keys: &'static [&'static str],
    /// What comes of it.
    pub(crate) expected: Expected,
}

/// What comes of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// Both documents say the same, and Ratify's default policy rules so over both.
    Alike(bool),
    /// They differ, and why: how the policy rules over Ratify's and over Referee's.
    Differ(bool, bool, &'static str),
}

use Expected::{Alike, Differ};

const RELEASE: &[&str] = &["examples/keys/release.pub"];
const SIGNER: &[&str] = &["cli/tests/ratify/keys/signer.pub"];

const fn example(name: &'static str, layout: &'static str, expected: Expected) -> Case {
    Case { name, layout, keys: RELEASE, expected }
}

const fn own(name: &'static str, layout: &'static str, expected: Expected) -> Case {
    Case { name, layout, keys: SIGNER, expected }
}

const BUNDLE: &str = "Ratify has no verifier of Sigstore bundles, so that nobody looked at one";

/// The cases.
pub(crate) const CASES: &[Case] = &[
    example("nothing", "examples/layouts/unsigned", Alike(false)),
    example("signed", "examples/layouts/signed-one", Alike(true)),
    example("referrer", "examples/layouts/signed-one-referrer", Alike(true)),
    example("index", "examples/layouts/index-two-platforms", Alike(true)),
    example("buildkit", "examples/layouts/buildkit-attestation", Alike(true)),
    example("altered", "examples/layouts/payload-altered", Alike(false)),
    example("two-signers", "examples/layouts/signed-two", Alike(false)),
    example("att-tag", "examples/layouts/attested-legacy", Alike(false)),
    Case {
        name: "wrong-key",
        layout: "examples/layouts/signed-one",
        keys: &["examples/keys/qa.pub"],
        expected: Alike(false),
    },
    own("supplied", "cli/tests/ratify/layouts/supplied", Alike(true)),
    own("unknown", "cli/tests/ratify/layouts/unknown", Alike(false)),
    own("undated", "cli/tests/ratify/layouts/undated", Alike(false)),
    own("broken", "cli/tests/ratify/layouts/broken", Alike(false)),
    example("bundle", "examples/layouts/signed-one-bundle", Differ(false, true, BUNDLE)),
    Case {
        name: "two-keys",
        layout: "examples/layouts/signed-one",
        keys: &["examples/keys/release.pub", "examples/keys/qa.pub"],
        expected: Differ(
            false,
            true,
            "Ratify tells of each key that it tried as a verification of its own, and one that did \
             not sign is one that failed",
        ),
    },
    example(
        "copied",
        "examples/layouts/copied-signature",
        Differ(
            true,
            false,
            "Ratify verifies the signature and not that what is signed names this artifact",
        ),
    ),
];

/// Ratify's default policy in words of our own: nothing failed, and nothing went without a verifier.
pub(crate) const POLICY: &str = r#"package ratify.policy

default valid := false

valid {
	not bad(input)
}

bad(document) {
	[place, value] := walk(document)
	value == false
	place[count(place) - 1] == "isSuccess"
}

bad(document) {
	[place, value] := walk(document)
	place[count(place) - 1] == "verifierReports"
	count(value) == 0
}
"#;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

impl Case {
    /// What it is called.
    pub(crate) fn reference(&self) -> String {
        format!("registry.example/team/{}:1.4", self.name)
    }

    /// The layout as a source.
    pub(crate) fn source(&self) -> String {
        format!("oci-layout:{}", root().join(self.layout).display())
    }

    /// The keys with their names.
    pub(crate) fn keys(&self) -> Vec<(String, PathBuf)> {
        let keys = self.keys.iter().map(|key| root().join(key));
        keys.map(|key| (key.file_stem().unwrap().to_str().unwrap().to_owned(), key)).collect()
    }

    /// The trust document with them.
    pub(crate) fn trust(&self) -> String {
        let keys = self.keys().into_iter().map(|(name, file)| {
            format!(
                "  - name: {name}\n    file: {}\n    scopes: ['registry.example/team/*']\n",
                file.display()
            )
        });
        format!("keys:\n{}", keys.collect::<String>())
    }

    /// Where the report is kept.
    pub(crate) fn report(&self) -> PathBuf {
        root().join(format!("cli/tests/ratify/reports/{}.json", self.name))
    }

    /// Holds both documents and how Ratify's policy rules over ours to what is expected of the case.
    pub(crate) fn hold(&self, theirs: &Value, ours: &Value, our_verdict: bool) {
        let mut theirs = theirs.clone();
        // It is left out where it is false.
        let verdict = theirs.as_object_mut().unwrap().remove("isSuccess").is_some();
        let (theirs, ours) = (sorted(theirs), sorted(ours.clone()));
        match self.expected {
            Alike(expected) => {
                let mut differences = Vec::new();
                compare(&theirs, &ours, "", &mut differences);
                assert!(differences.is_empty(), "{}: {differences:#?}\n{ours:#}", self.name);
                assert_eq!((verdict, our_verdict), (expected, expected), "{}", self.name);
            }
            Differ(of_theirs, of_ours, reason) => {
                let expected = (of_theirs, of_ours);
                assert_eq!((verdict, our_verdict), expected, "{}: {reason}", self.name);
                assert_eq!(outline(&theirs), outline(&ours), "{}", self.name);
            }
        }
    }
}

/// The document in an order of its own: Ratify's is that in which its verifiers
/// end, and that of its keys is none.
pub(crate) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(name, member)| (name, sorted(member))).collect()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(sorted).collect();
            if items.iter().all(Value::is_object) {
                let places = ["/referenceDigest", "/name", "/keyInformation/name"];
                let key =
                    |item: &Value| places.map(|place| item.pointer(place).map(Value::to_string));
                items.sort_by_key(key);
            }
            items.into()
        }
        other => other,
    }
}

/// Which referrers are told of, and where.
fn outline(document: &Value) -> Value {
    let reports = document["verifierReports"].as_array().into_iter();
    let nested = document["nestedReports"].as_array().into_iter();
    let reports = reports.chain(nested).flatten().filter(|report| report["subject"].is_string());
    reports
        .map(|report| {
            let members = ["subject", "referenceDigest", "artifactType"];
            let told = members.map(|name| (name.to_owned(), report[name].clone()));
            let mut told = Map::from_iter(told);
            told.insert("nested".to_owned(), outline(report));
            told.into()
        })
        .collect::<Vec<Value>>()
        .into()
}

/// Says where the documents differ but for what docs/policies.md tells.
fn compare(theirs: &Value, ours: &Value, place: &str, differences: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(of_theirs), Value::Object(of_ours)) => {
            let names =
                of_theirs.keys().chain(of_ours.keys().filter(|n| !of_theirs.contains_key(*n)));
            for name in names {
                let (one, other) = (&theirs[name.as_str()], &ours[name.as_str()]);
                let failed = theirs["isSuccess"] == false;
                if !is_known(name, one, other, failed) {
                    compare(one, other, &format!("{place}/{name}"), differences);
                }
            }
        }
        (Value::Array(of_theirs), Value::Array(of_ours)) if of_theirs.len() == of_ours.len() => {
            for (position, (one, other)) in of_theirs.iter().zip(of_ours).enumerate() {
                compare(one, other, &format!("{place}/{position}"), differences);
            }
        }
        _ if theirs == ours => {}
        _ => differences.push(format!("{place}: theirs {theirs}, ours {ours}")),
    }
}

/// Whether a member differs as it may.
fn is_known(name: &str, theirs: &Value, ours: &Value, failed: bool) -> bool {
    match name {
        // Each in its own words.
        "message" | "error" => theirs.is_string() && ours.is_string(),
        // Ratify has no reasons of those of its verifiers that are programs of their own.
        "errorReason" | "remediation" => failed && (ours.is_null() || ours.is_string()),
        "summary" => {
            [theirs, ours].iter().all(|said| said.as_array().is_some_and(|s| !s.is_empty()))
        }
        // The facts have no text of a signature, and no key that did not make one.
        "signature" => theirs.is_string() && ours.is_null(),
        "keyInformation" => failed && ours.as_object().is_some_and(Map::is_empty),
        "trustPolicy" => ours.is_null(),
        // Nor all that SPDX says of how a document was made.
        "creationInfo" => {
            let who = |creator: &Value| {
                let creator = creator.as_str().unwrap();
                creator
                    .trim_start_matches("Organization: ")
                    .trim_start_matches("Person: ")
                    .to_owned()
            };
            let creators = |info: &Value| -> Vec<String> {
                info["creators"].as_array().unwrap().iter().map(who).collect()
            };
            // An address in brackets after a name is not kept.
            let same = |one: &String, other: &String| {
                one.strip_prefix(other.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
            };
            let (of_theirs, of_ours) = (creators(theirs), creators(ours));
            theirs["created"] == ours["created"]
                && of_theirs.len() == of_ours.len()
                && of_theirs.iter().zip(&of_ours).all(|(one, other)| same(one, other))
        }
        _ => false,
    }
}
