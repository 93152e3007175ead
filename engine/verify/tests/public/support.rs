//! One bundle, who is trusted, and what is told of it, line by line.

use crate::oracle;
use crate::places::Place;
use data_encoding::HEXLOWER;
use referee_core::facts::{AttestationFact, SignatureFact};
use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{Budget, Digest, Findings, Limits, Trust};
use referee_verify::CosignVerifier;
use referee_verify::cosign::Blob;
use referee_verify::protocol::tlog::Digests;
use serde_json::Value;
use sigstore_trust_root::{
    SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT, SIGSTORE_STAGING_TRUSTED_ROOT,
};
use std::collections::BTreeMap;

/// When all is verified: after the last of the bundles was made.
const NOW: &str = "2026-11-01T00:00:00Z";

/// What a bundle is about.
#[derive(Clone, Debug)]
pub(crate) enum Artifact {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Bytes that nobody ships: their digest.
    Digest(&'static str),
}

/// Whose trusted root counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Instance {
    PublicGood,
    Staging,
    Github,
    /// One with a trusted root of its own.
    Own(String),
}

impl Instance {
    pub(crate) fn own(place: Place, name: &str) -> Option<Self> {
        place.file(name).map(|root| Self::Own(String::from_utf8(root).unwrap()))
    }

    /// The trusted root, JSON.
    pub(crate) fn root(&self) -> String {
        match self {
            Self::PublicGood => SIGSTORE_PRODUCTION_TRUSTED_ROOT.to_owned(),
            Self::Staging => SIGSTORE_STAGING_TRUSTED_ROOT.to_owned(),
            Self::Github => SIGSTORE_GITHUB_TRUSTED_ROOT.to_owned(),
            Self::Own(root) => root.clone(),
        }
    }

    /// The same with another trusted root, made of this one's.
    pub(crate) fn altered(&self, alter: impl FnOnce(&mut Value)) -> Self {
        let mut root = serde_json::from_str(&self.root()).unwrap();
        alter(&mut root);
        Self::Own(root.to_string())
    }

    fn entry(&self) -> &'static str {
        match self {
            Self::PublicGood => "instance: public-good",
            Self::Staging => "instance: staging",
            Self::Github => "instance: github",
            Self::Own(_) => "file: root",
        }
    }
}

/// Who is trusted.
#[derive(Clone, Debug)]
pub(crate) struct Trusting {
    pub(crate) instance: Instance,
    /// The key, for a bundle without a certificate.
    pub(crate) key: Option<String>,
    entry: String,
    demands: &'static str,
}

impl Trusting {
    /// One signer, as a certificate names them.
    pub(crate) fn identity(instance: Instance, subject: &str, issuer: &str) -> Self {
        Self::of(instance, subject, &format!("'{issuer}'"))
    }

    /// One signer for whom nobody vouched but the authority itself.
    pub(crate) fn nobodys(instance: Instance, subject: &str) -> Self {
        Self::of(instance, subject, "null")
    }

    fn of(instance: Instance, subject: &str, issuer: &str) -> Self {
        let entry = format!(
            "identities: [{{name: signer, issuer: {issuer}, subject: '{subject}', \
             scopes: ['**']}}]\n"
        );
        Self { instance, key: None, entry, demands: "" }
    }

    /// A workflow on GitHub.
    pub(crate) fn workflow(instance: Instance, subject: &str) -> Self {
        let subject = format!("https://github.com/{subject}");
        Self::identity(instance, &subject, "https://token.actions.githubusercontent.com")
    }

    /// A key whose signatures stand in a log.
    pub(crate) fn key(instance: Instance, pem: Vec<u8>, log: &str) -> Self {
        let entry = format!("keys: [{{name: signer, file: key, log: {log}, scopes: ['**']}}]\n");
        Self { instance, key: Some(String::from_utf8(pem).unwrap()), entry, demands: "" }
    }

    /// The same, with a timestamp demanded.
    pub(crate) fn stamped(self) -> Self {
        Self { demands: ", timestamp: required", ..self }
    }

    fn verifier(&self) -> CosignVerifier {
        let (instance, demands) = (self.instance.entry(), self.demands);
        let text = format!("{}sigstore: [{{name: instance, {instance}{demands}}}]\n", self.entry);
        let mut files = BTreeMap::new();
        files.extend(self.key.clone().map(|key| ("key".to_owned(), key)));
        if let Instance::Own(root) = &self.instance {
            files.insert("root".to_owned(), root.clone());
        }
        let document = TrustDocument::read("trust", &text).unwrap();
        let source = TrustSource { name: "trust".to_owned(), document, files };
        CosignVerifier::new(&Trust::new(&[source]).unwrap()).unwrap()
    }
}

/// What is established about a bundle.
pub(crate) fn findings(bundle: &[u8], artifact: &Artifact, trusting: &Trusting) -> Findings {
    let (digest, digests, bytes): (Digest, _, _) = match artifact {
        Artifact::Bytes(bytes) => (Digest::sha256(bytes), Digests::of(bytes), Some(&bytes[..])),
        Artifact::Digest(text) => {
            let digest: Digest = text.parse().unwrap();
            let value = HEXLOWER.decode(text.split_once(':').unwrap().1.as_bytes()).unwrap();
            let mut digests = Digests::default();
            match value.len() {
                32 => digests.sha256 = value.try_into().ok(),
                _ => digests.sha512 = value.try_into().ok(),
            }
            (digest, digests, None)
        }
    };
    let blob = Blob { digest: &digest, digests: &digests, bytes, repository: None };
    let budget = Budget::new(&Limits::DEFAULT, std::sync::Arc::default());
    trusting.verifier().verify_blob(&blob, bundle, NOW.parse().unwrap(), &budget)
}

/// What the family is to say of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Accepts,
    Refuses,
    /// It refuses what is accepted here, for this reason.
    IsStricter(&'static str),
    /// It accepts what is refused here, for this reason.
    IsLaxer(&'static str),
}

/// Holds what is told of a bundle against what is expected, and the family's word beside it.
pub(crate) fn expect(
    bundle: &[u8],
    artifact: &Artifact,
    trusting: &Trusting,
    family: Family,
    expected: &[&str],
) -> Findings {
    let findings = findings(bundle, artifact, trusting);
    let told = told(&findings);
    assert_eq!(told, expected, "{told:#?}");
    let trusted = findings.signatures.iter().any(|signature| signature.trusted);
    let theirs = oracle::verdict(bundle, artifact, trusting);
    let (ours, accepted) = match family {
        Family::Accepts => (true, true),
        Family::Refuses => (false, false),
        Family::IsStricter(_) => (true, false),
        Family::IsLaxer(_) => (false, true),
    };
    assert_eq!((trusted, theirs.is_ok()), (ours, accepted), "{family:?}: {theirs:?}");
    findings
}

/// What is established, in lines.
fn told(findings: &Findings) -> Vec<String> {
    assert!(findings.unavailable.is_empty(), "{:?}", findings.unavailable);
    let signatures = findings.signatures.iter().flat_map(signature);
    signatures.chain(findings.attestations.iter().map(attestation)).collect()
}

fn signature(fact: &SignatureFact) -> Vec<String> {
    let mut lines = vec![format!("{} {}", word(&fact.status), word(&fact.purpose))];
    lines.extend(fact.identity.as_ref().map(|identity| {
        format!("by {} of {}", identity.subject, identity.issuer.as_deref().unwrap_or("nobody"))
    }));
    lines.extend(fact.key.as_ref().map(|key| format!("by key {}", key.algorithm)));
    let checks = &fact.checks;
    let stages = [
        ("certificate", checks.certificate),
        ("sct", checks.sct),
        ("log", checks.log),
        ("time", checks.time),
        ("signature", checks.signature),
        ("binding", checks.binding),
    ];
    let held = stages.iter().map(|(name, check)| (word(check), *name));
    let mut outcomes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (outcome, name) in held {
        outcomes.entry(outcome).or_default().push(name);
    }
    lines.extend(
        outcomes.iter().rev().map(|(outcome, names)| format!("{outcome}: {}", names.join(" "))),
    );
    for entry in &fact.transparency {
        let proofs: Vec<String> = entry.proofs.iter().map(word).collect();
        lines.push(format!(
            "log {} {} {} [{}]{}",
            entry.name.as_deref().unwrap_or("unknown"),
            entry.kind.as_deref().unwrap_or("unknown"),
            entry.index,
            proofs.join(" "),
            if entry.verified { "" } else { " not verified" },
        ));
    }
    for stamp in &fact.timestamps {
        let time = stamp.time.map_or_else(|| "unknown".to_owned(), |time| time.to_string());
        let wrong = stamp.error.as_ref().map(|error| format!(": {}", error.code));
        let outcome = match stamp.verified {
            true => String::new(),
            false => format!(" not verified{}", wrong.unwrap_or_default()),
        };
        lines.push(format!("time {time} {} {}{outcome}", word(&stamp.source), stamp.authority));
    }
    lines.extend(fact.errors.iter().map(|error| format!("error {}", error.code)));
    lines
}

fn attestation(fact: &AttestationFact) -> String {
    let verified = if fact.verified { "verified" } else { "not verified" };
    let unwrapped = if fact.unwrapped { ", unwrapped" } else { "" };
    let errors: Vec<&str> = fact.errors.iter().map(|error| error.code.as_str()).collect();
    let by: Vec<String> = fact.signed_by.iter().map(u32::to_string).collect();
    let wrong = if errors.is_empty() { String::new() } else { format!(": {}", errors.join(" ")) };
    let of = fact.predicate_type.as_deref().unwrap_or("unknown");
    format!("attestation {of} {verified} by #{}{unwrapped}{wrong}", by.join(" #"))
}

/// The word for a value in the facts.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}
