//! The verifier's fixtures (`engine/verify/tests/data/sigstore`), whole or with one thing altered,
//! before the real cosigns and before Referee.

use super::{Bench, Cosign, Signer, run};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One fixture.
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) layout: String,
    pub(crate) purpose: String,
    pub(crate) services: String,
    pub(crate) signers: Vec<String>,
}

/// What is asked about a fixture: who must have signed, and which root vouches for that.
#[derive(Clone)]
pub(crate) struct Question {
    /// The file of the key, where one must have signed.
    pub(crate) key: Option<&'static str>,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) root: &'static str,
    /// Whether a log entry, and a timestamp, are demanded.
    pub(crate) logged: bool,
    pub(crate) stamped: bool,
    /// Whether the certificate must be in a certificate transparency log.
    pub(crate) sct: bool,
}

/// Where an altered or whole fixture is.
pub(crate) enum Place {
    Image(String),
    File(PathBuf),
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/verify/tests/data/sigstore")
}

fn read_json(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap()
}

pub(crate) fn fixtures() -> Vec<Fixture> {
    let manifest = read_json(&folder().join("MANIFEST.json"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let fixtures = manifest["fixtures"].as_array().unwrap().iter();
    let fixtures = fixtures.map(|fixture| Fixture {
        name: text(&fixture["name"]),
        layout: text(&fixture["layout"]),
        purpose: text(&fixture["purpose"]),
        services: text(&fixture["services"]),
        signers: fixture["signers"].as_array().unwrap().iter().map(text).collect(),
    });
    fixtures.collect()
}

impl Fixture {
    /// The question that it was made to be answered yes to, for one of its signers.
    pub(crate) fn question(&self, signer: &str) -> Question {
        let manifest = read_json(&folder().join("MANIFEST.json"));
        let signer = &manifest["signers"][signer];
        let text = |member: &str| signer[member].as_str().unwrap_or_default().to_owned();
        let key = signer.get("key").map(|_| "release.pub");
        let stamps = ["stamped", "v1-stamped", "v2", "by-hand"].contains(&self.services.as_str());
        Question {
            key,
            issuer: text("issuer"),
            subject: text("subject"),
            root: "trusted_root.json",
            logged: !["stamped", "by-hand"].contains(&self.services.as_str()),
            stamped: stamps && key.is_none(),
            sct: true,
        }
    }

    /// Whether cosign is to look for bundles.
    fn has_bundle(&self) -> bool {
        self.layout != "legacy"
    }
}

impl Bench {
    /// Puts a fixture into the registry, or beside its file, with what `alter` does to its one
    /// signature. `None` where there is nothing of the kind to alter.
    pub(crate) fn place(
        &self,
        fixture: &Fixture,
        label: &str,
        alter: Option<&dyn Fn(&mut Signature) -> bool>,
    ) -> Option<Place> {
        if fixture.layout == "blob" {
            let from = folder().join(format!("blobs/{}.sigstore.json", fixture.name));
            let to = self.folder().join(format!("{}-{label}.json", fixture.name));
            fs::copy(&from, &to).unwrap();
            if let Some(alter) = alter {
                let mut signature = Signature::Bundle(read_json(&from));
                if !alter(&mut signature) {
                    return None;
                }
                fs::write(&to, signature.bundle().unwrap().to_string()).unwrap();
            }
            return Some(Place::File(to));
        }
        let name = format!("{}-{label}", fixture.name);
        let layout = self.folder().join(&name);
        copy_folder(&folder().join("layouts").join(&fixture.name), &layout);
        if let Some(alter) = alter
            && !alter_layout(&layout, fixture, alter)
        {
            return None;
        }
        let image = format!("{}/team/{name}", self.host());
        let from = format!("oci-layout:{}:1.4", layout.display());
        let copied = self.copy(&from, &format!("{image}:1.4"), &[self.host()]);
        Some(Place::Image(format!("{image}@{}", copied["digest"].as_str().unwrap())))
    }

    /// What Referee says.
    pub(crate) fn rules(&self, place: &Place, question: &Question) -> bool {
        let mut command = self.question("verify", place, question);
        let output = run(command.args(["--output", "json"]));
        super::Answer { output }.allowed()
    }

    /// Whether Referee finds a verified attestation of this type.
    pub(crate) fn attested(&self, place: &Place, question: &Question, kind: &str) -> bool {
        let text = super::must(&mut self.question("facts", place, question));
        let facts: Value = serde_json::from_str(&text).unwrap();
        let attestations = facts["attestations"].as_array().unwrap();
        attestations.iter().any(|one| one["predicate_type"] == kind && one["verified"] == true)
    }

    fn question(&self, what: &str, place: &Place, question: &Question) -> Command {
        let required = |is: bool| if is { "required" } else { "optional" };
        let file = |name: &str| folder().join(name).display().to_string();
        let log = required(question.logged);
        let mut trust = json!({"sigstore": [{
            "name": "acme", "file": file(question.root), "log": log,
            "timestamp": required(question.stamped), "sct": required(question.sct),
        }]});
        match question.key {
            Some(key) => {
                trust["keys"] =
                    json!([{"name": "key", "file": file(key), "log": log, "scopes": ["**"]}]);
            }
            None => {
                trust["identities"] = json!([{
                    "name": "who", "issuer": question.issuer, "subject": question.subject,
                    "scopes": ["**"],
                }]);
            }
        }
        let path = tempfile::Builder::new().suffix(".yaml").tempfile_in(self.folder());
        let (_, path) = path.unwrap().keep().unwrap();
        fs::write(&path, trust.to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        match place {
            Place::Image(image) => command.args([what, image, "--plain-http", self.host()]),
            Place::File(bundle) => command
                .arg(format!("{what}-blob"))
                .arg(folder().join("blobs/artifact"))
                .arg("--bundle")
                .arg(bundle),
        };
        command.arg("--trust").arg(path);
        command
    }
}

impl Signer {
    /// What cosign says; with a predicate's type, of attestations of that type.
    pub(crate) fn accepts(
        &self,
        bench: &Bench,
        fixture: &Fixture,
        place: &Place,
        question: &Question,
        kind: Option<&str>,
    ) -> bool {
        let mut command = self.command(bench);
        let blob = matches!(place, Place::File(_));
        command.arg(match (blob, fixture.purpose.as_str()) {
            (false, "signature") => "verify",
            (false, _) => "verify-attestation",
            (true, "signature") => "verify-blob",
            (true, _) => "verify-blob-attestation",
        });
        match (self.which, fixture.has_bundle()) {
            (Cosign::Two, true) => command.arg("--new-bundle-format"),
            (Cosign::Three, false) => command.args(["--new-bundle-format=false", "--offline"]),
            (Cosign::Two, false) => command.arg("--offline"),
            (Cosign::Three, true) => &mut command,
        };
        command.arg("--trusted-root").arg(folder().join(question.root));
        match question.key {
            Some(key) => command.arg("--key").arg(folder().join(key)),
            None => command
                .args(["--certificate-identity", &question.subject])
                .args(["--certificate-oidc-issuer", &question.issuer]),
        };
        if !question.logged {
            command.arg("--insecure-ignore-tlog");
        }
        if !question.sct {
            command.arg("--insecure-ignore-sct");
        }
        if question.stamped {
            command.arg("--use-signed-timestamps");
        }
        if let Some(kind) = kind {
            command.args(["--type", kind]);
        }
        match place {
            Place::Image(image) => command.arg(image),
            Place::File(bundle) => {
                command.arg("--bundle").arg(bundle).arg(folder().join("blobs/artifact"))
            }
        };
        run(&mut command).status.success()
    }
}

/// A signature as it is stored, to be altered.
pub(crate) enum Signature {
    /// The annotations of a layer, and the layer.
    Legacy {
        annotations: Value,
        payload: Vec<u8>,
    },
    Bundle(Value),
}

const BUNDLE: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

impl Signature {
    fn bundle(&mut self) -> Option<&mut Value> {
        match self {
            Self::Legacy { .. } => None,
            Self::Bundle(bundle) => Some(bundle),
        }
    }

    /// Alters a string of the bundle or, by the same name, of the old layout.
    pub(crate) fn text(&mut self, pointer: &str, alter: &dyn Fn(&str) -> String) -> bool {
        let (annotations, holder, place) = match self {
            Self::Bundle(bundle) => {
                let Some(value) = bundle.pointer_mut(pointer) else { return false };
                return altered(value, alter);
            }
            Self::Legacy { annotations, .. } => {
                let (holder, place) = match pointer {
                    MESSAGE_SIGNATURE => {
                        let name = "dev.cosignproject.cosign/signature";
                        return altered(&mut annotations[name], alter);
                    }
                    TOKEN => (TIMESTAMP, "/SignedRFC3161Timestamp"),
                    _ => (
                        BUNDLE,
                        match pointer.strip_prefix(ENTRY) {
                            Some("/logIndex") => "/Payload/logIndex",
                            Some("/integratedTime") => "/Payload/integratedTime",
                            Some("/canonicalizedBody") => "/Payload/body",
                            Some("/inclusionPromise/signedEntryTimestamp") => {
                                "/SignedEntryTimestamp"
                            }
                            _ => return false,
                        },
                    ),
                };
                (annotations, holder, place)
            }
        };
        let Some(text) = annotations.get(holder).and_then(Value::as_str) else { return false };
        let mut document: Value = serde_json::from_str(text).unwrap();
        let done = document.pointer_mut(place).is_some_and(|value| altered(value, alter));
        annotations[holder] = json!(document.to_string());
        done
    }

    /// Takes something away: a log entry or the timestamps.
    pub(crate) fn without(&mut self, what: &str) -> bool {
        match self {
            Self::Legacy { annotations, .. } => {
                let holder = if what == "tlogEntries" { BUNDLE } else { TIMESTAMP };
                annotations.as_object_mut().unwrap().remove(holder).is_some()
            }
            Self::Bundle(bundle) => {
                let material = bundle["verificationMaterial"].as_object_mut().unwrap();
                let gone = material.remove(what);
                gone.is_some_and(|gone| {
                    gone.as_object().is_none_or(|o| !o.is_empty()) && gone != json!([])
                })
            }
        }
    }

    /// Alters what is signed: the payload of the old layout, or the envelope's.
    pub(crate) fn payload(&mut self) -> bool {
        match self {
            Self::Legacy { payload, .. } => {
                payload.push(b' ');
                true
            }
            Self::Bundle(_) => self.text("/dsseEnvelope/payload", &|text| turned(text, 40)),
        }
    }
}

pub(crate) const ENTRY: &str = "/verificationMaterial/tlogEntries/0";
pub(crate) const TOKEN: &str =
    "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
pub(crate) const MESSAGE_SIGNATURE: &str = "/messageSignature/signature";
pub(crate) const ENVELOPE_SIGNATURE: &str = "/dsseEnvelope/signatures/0/sig";

fn altered(value: &mut Value, alter: &dyn Fn(&str) -> String) -> bool {
    *value = match &*value {
        Value::String(text) => json!(alter(text)),
        Value::Number(number) => json!(alter(&number.to_string()).parse::<u64>().unwrap()),
        _ => return false,
    };
    true
}

/// Base64 with another letter at a place from its end.
pub(crate) fn turned(text: &str, from_end: usize) -> String {
    let (before, after) = text.split_at(text.len() - from_end);
    let mut after = after.chars();
    let other = if after.next() == Some('A') { 'B' } else { 'A' };
    format!("{before}{other}{}", after.as_str())
}

fn alter_layout(layout: &Path, fixture: &Fixture, alter: &dyn Fn(&mut Signature) -> bool) -> bool {
    let blobs = layout.join("blobs/sha256");
    let name = |digest: &Value| digest.as_str().unwrap().trim_start_matches("sha256:").to_owned();
    let put = |bytes: &[u8]| {
        let digest = referee_core::Digest::sha256(bytes);
        fs::write(blobs.join(digest.hex()), bytes).unwrap();
        (json!(digest), json!(bytes.len()))
    };
    let mut index = read_json(&layout.join("index.json"));
    let entry = index["manifests"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .find(|entry| entry["annotations"]["org.opencontainers.image.ref.name"] != "1.4");
    let entry = entry.unwrap();
    let mut manifest = read_json(&blobs.join(name(&entry["digest"])));
    let mut layer = manifest["layers"][0].clone();
    let content = fs::read(blobs.join(name(&layer["digest"]))).unwrap();
    let mut signature = match fixture.has_bundle() {
        true => Signature::Bundle(serde_json::from_slice(&content).unwrap()),
        false => Signature::Legacy {
            annotations: layer["annotations"].clone(),
            payload: content.clone(),
        },
    };
    if !alter(&mut signature) {
        return false;
    }
    let content = match signature {
        Signature::Bundle(bundle) => bundle.to_string().into_bytes(),
        Signature::Legacy { annotations, payload } => {
            layer["annotations"] = annotations;
            payload
        }
    };
    (layer["digest"], layer["size"]) = put(&content);
    manifest["layers"] = json!([layer]);
    (entry["digest"], entry["size"]) = put(manifest.to_string().as_bytes());
    fs::write(layout.join("index.json"), index.to_string()).unwrap();
    true
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}
