//! Keys to sign with, a registry in memory, and an engine that only answers.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _,
};
use bytes::Bytes;
use data_encoding::BASE64;
use referee_core::oci::{Document, media_type};
use referee_core::subject::Subject;
use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{
    Budget, Descriptor, Digest, Evidence, EvidenceRequest, Findings, FoundBy, Job, Limits, Outcome,
    Referrer, Repository, Step, Timestamp, Trust, Unavailable, UnavailableCode, UnavailableKind,
    Verifier,
};
use referee_verify::cosign::SIGNATURE;
use referee_verify::envelope::dsse::Envelope;
use referee_verify::{CosignVerifier, InTotoVerifier};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(crate) const NOW: &str = "2026-11-21T00:00:00Z";

/// A key that can sign.
pub(crate) struct Signer {
    pub(crate) pem: String,
    pub(crate) id: Digest,
    sign: Box<Sign>,
}

type Sign = dyn Fn(&[u8]) -> Vec<u8>;

impl Signer {
    pub(crate) fn p256() -> Self {
        Self::ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING)
    }

    pub(crate) fn p384() -> Self {
        Self::ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING)
    }

    fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> Self {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let spki = pair.public_key().as_der().unwrap();
        Self::new(spki.as_ref(), move |message| {
            pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
        })
    }

    pub(crate) fn ed25519() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let spki = pair.public_key().as_der().unwrap();
        Self::new(spki.as_ref(), move |message| pair.sign(message).as_ref().to_vec())
    }

    pub(crate) fn ed25519ph() -> Self {
        use ed25519_dalek::SigningKey;
        use sha2::{Digest as _, Sha512};
        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed).unwrap();
        let key = SigningKey::from_bytes(&seed);
        // RFC 8410 section 4: the prefix of an Ed25519 SubjectPublicKeyInfo.
        let mut spki = data_encoding::HEXLOWER.decode(b"302a300506032b6570032100").unwrap();
        spki.extend_from_slice(key.verifying_key().as_bytes());
        Self::new(&spki, move |message| {
            let hashed = Sha512::new_with_prefix(message);
            key.sign_prehashed(hashed, None).unwrap().to_bytes().to_vec()
        })
    }

    fn new(spki: &[u8], sign: impl Fn(&[u8]) -> Vec<u8> + 'static) -> Self {
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            BASE64.encode(spki)
        );
        Self { pem, id: Digest::sha256(spki), sign: Box::new(sign) }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        (self.sign)(message)
    }

    pub(crate) fn hint(&self) -> String {
        BASE64.encode(&data_encoding::HEXLOWER.decode(self.id.hex().as_bytes()).unwrap())
    }
}

/// A trust document of these keys, everywhere and always.
pub(crate) fn trusting(keys: &[(&str, &Signer)]) -> Trust {
    let keys: Vec<Value> = keys
        .iter()
        .map(|(name, key)| json!({"name": name, "pem": key.pem, "scopes": ["**"]}))
        .collect();
    trust(json!({ "keys": keys }))
}

pub(crate) fn trust(document: Value) -> Trust {
    let document = TrustDocument::read("trust.yaml", &document.to_string()).unwrap();
    let source = TrustSource { name: "trust.yaml".into(), document, files: BTreeMap::new() };
    Trust::new(&[source]).unwrap()
}

/// A registry in memory, an image in it, and what a verifier may spend.
pub(crate) struct World {
    pub(crate) subject: Subject,
    pub(crate) store: BTreeMap<Digest, Result<Bytes, UnavailableCode>>,
    pub(crate) now: Timestamp,
    pub(crate) limits: Limits,
    pub(crate) cancelled: Arc<AtomicBool>,
    /// What the last run asked for.
    pub(crate) asked: RefCell<BTreeSet<EvidenceRequest>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let bytes = json!({
            "schemaVersion": 2,
            "mediaType": media_type::IMAGE_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": Digest::sha256(b"{}"), "size": 2},
            "layers": [],
        });
        Self::around(Bytes::from(bytes.to_string()), media_type::IMAGE_MANIFEST)
    }

    pub(crate) fn around(bytes: Bytes, media_type: &str) -> Self {
        let (document, media_type) = Document::parse(&bytes, media_type).unwrap();
        let digest = Digest::sha256(&bytes);
        let subject = Subject {
            repository: Some(Repository::new("registry.example", "team/app").unwrap()),
            tag: Some("1.4".into()),
            descriptor: descriptor(&media_type, &bytes),
            document,
            bytes: bytes.clone(),
        };
        Self {
            subject,
            store: BTreeMap::from([(digest, Ok(bytes))]),
            now: NOW.parse().unwrap(),
            limits: Limits::DEFAULT,
            cancelled: Arc::default(),
            asked: RefCell::default(),
        }
    }

    pub(crate) fn digest(&self) -> Digest {
        self.subject.digest().clone()
    }

    /// Puts some bytes into the registry.
    pub(crate) fn put(&mut self, media_type: &str, bytes: &[u8]) -> Descriptor {
        let descriptor = descriptor(media_type, bytes);
        self.store.insert(descriptor.digest.clone(), Ok(Bytes::copy_from_slice(bytes)));
        descriptor
    }

    /// Puts a layer for a legacy signature into the registry.
    pub(crate) fn legacy_layer(&mut self, payload: &[u8], signature: &[u8]) -> Descriptor {
        let mut layer = self.put(media_type::COSIGN_SIMPLE_SIGNING, payload);
        layer.annotations.insert(SIGNATURE.into(), BASE64.encode(signature));
        layer
    }

    /// Puts a layer with a signature of this world's image into the registry.
    pub(crate) fn signed_layer(&mut self, signer: &Signer) -> Descriptor {
        let payload = payload(&self.digest());
        self.legacy_layer(payload.as_bytes(), &signer.sign(payload.as_bytes()))
    }

    /// Puts a `.sig` manifest into the registry.
    pub(crate) fn legacy(&mut self, layers: &[Descriptor]) -> Referrer {
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type::IMAGE_MANIFEST,
            "config": descriptor("application/vnd.oci.image.config.v1+json", b"{}"),
            "layers": layers,
        });
        let manifest = manifest.to_string();
        self.referrer(manifest.as_bytes(), Some(media_type::COSIGN_SIGNATURE), FoundBy::CosignTag)
    }

    /// Puts a manifest that refers to this world's image into the registry.
    pub(crate) fn bundles(&mut self, bundles: &[String]) -> Referrer {
        let layers: Vec<_> = bundles
            .iter()
            .map(|bundle| self.put(media_type::SIGSTORE_BUNDLE_V03, bundle.as_bytes()))
            .collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type::IMAGE_MANIFEST,
            "artifactType": media_type::SIGSTORE_BUNDLE_V03,
            "config": descriptor(media_type::EMPTY, b"{}"),
            "layers": layers,
            "subject": self.subject.descriptor,
        });
        let manifest = manifest.to_string();
        self.referrer(
            manifest.as_bytes(),
            Some(media_type::SIGSTORE_BUNDLE_V03),
            FoundBy::ReferrersApi,
        )
    }

    /// Puts a layer with a DSSE envelope into the registry, as cosign writes it.
    pub(crate) fn envelope_layer(&mut self, envelope: &Value, predicate_type: &str) -> Descriptor {
        let mut layer = self.put(media_type::DSSE_ENVELOPE, envelope.to_string().as_bytes());
        layer.annotations.insert(SIGNATURE.into(), String::new());
        layer.annotations.insert("predicateType".into(), predicate_type.into());
        layer
    }

    /// Puts a manifest of some layers into the registry.
    pub(crate) fn manifest(
        &mut self,
        layers: &[Descriptor],
        artifact_type: Option<&str>,
        found_by: FoundBy,
    ) -> Referrer {
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type::IMAGE_MANIFEST,
            "config": descriptor("application/vnd.oci.image.config.v1+json", b"{}"),
            "layers": layers,
        });
        self.referrer(manifest.to_string().as_bytes(), artifact_type, found_by)
    }

    /// Puts an `.att` manifest into the registry.
    pub(crate) fn attested(&mut self, layers: &[Descriptor]) -> Referrer {
        self.manifest(layers, Some(media_type::COSIGN_ATTESTATION), FoundBy::CosignTag)
    }

    /// Puts any manifest into the registry.
    pub(crate) fn referrer(
        &mut self,
        manifest: &[u8],
        artifact_type: Option<&str>,
        found_by: FoundBy,
    ) -> Referrer {
        let mut descriptor = self.put(media_type::IMAGE_MANIFEST, manifest);
        descriptor.artifact_type = artifact_type.map(str::to_owned);
        Referrer { descriptor, subject: self.digest(), depth: 1, found_by }
    }

    /// Runs a verifier as the engine does, and holds its answer to what must always be true.
    pub(crate) fn run(&self, trust: &Trust, referrer: &Referrer) -> Findings {
        self.run_with(&CosignVerifier::new(trust).unwrap(), referrer)
    }

    /// Runs the verifier of what nobody signed.
    pub(crate) fn read(&self, referrer: &Referrer) -> Findings {
        let findings = self.run_with(&InTotoVerifier::default(), referrer);
        assert!(findings.signatures.is_empty());
        for fact in &findings.attestations {
            assert!(!fact.verified && fact.signed_by.is_empty());
            assert!(!fact.format.is_signable() && fact.verifier == "in-toto");
        }
        findings
    }

    fn run_with(&self, verifier: &dyn Verifier, referrer: &Referrer) -> Findings {
        assert!(verifier.wants(referrer));
        let job = Job { subject: &self.subject, referrer };
        let budget = Budget::new(&self.limits, Arc::clone(&self.cancelled));
        let mut evidence = Evidence::default();
        let mut asked = self.asked.borrow_mut();
        asked.clear();
        loop {
            match verifier.verify(&job, &evidence, self.now, &budget) {
                Step::Done(findings) => {
                    check(&findings);
                    return findings;
                }
                Step::More(requests) => {
                    assert!(!requests.is_empty());
                    for request in requests {
                        assert!(asked.insert(request.clone()), "asked twice: {request:?}");
                        let outcome = self.answer(&request);
                        evidence.insert(request, outcome);
                    }
                }
            }
        }
    }

    fn answer(&self, request: &EvidenceRequest) -> Outcome {
        let code = match (self.store.get(request.digest()), request) {
            (None, _) => UnavailableCode::NotFound,
            (Some(Err(code)), _) => *code,
            (Some(Ok(bytes)), EvidenceRequest::Blob { size, .. })
                if u64::try_from(bytes.len()).unwrap() != *size =>
            {
                UnavailableCode::DigestMismatch
            }
            (Some(Ok(bytes)), _) => return Outcome::Bytes(bytes.clone()),
        };
        let target = request.digest().as_str();
        Outcome::Unavailable(Unavailable::new(UnavailableKind::Blob, target, code, "no"))
    }
}

/// What must be true of any findings.
pub(crate) fn check(findings: &Findings) {
    use referee_core::facts::SignatureStatus as Status;
    for (position, fact) in findings.signatures.iter().enumerate() {
        assert_eq!(usize::try_from(fact.id).unwrap(), position);
        assert_eq!(fact.trusted, fact.status == Status::Trusted, "{fact:?}");
        assert_eq!(fact.trusted, fact.errors.is_empty(), "{fact:?}");
        assert_eq!(fact.trusted, !fact.trusted_by.is_empty(), "{fact:?}");
        if fact.trusted {
            assert!(fact.valid && fact.in_scope == Some(true), "{fact:?}");
            assert!(fact.key.as_ref().is_some_and(|key| !key.revoked), "{fact:?}");
        }
        if fact.valid {
            assert!(matches!(fact.status, Status::Trusted | Status::Untrusted), "{fact:?}");
            assert!(fact.key.is_some() || fact.certificate.is_some(), "{fact:?}");
        }
        if fact.status == Status::Unavailable {
            let name = format!("signatures/{position}");
            assert!(findings.unavailable.iter().any(|u| u.affects.contains(&name)), "{fact:?}");
        }
        assert!(fact.transparency.iter().all(|entry| !entry.verified));
        assert!(fact.timestamps.iter().all(|entry| !entry.verified));
    }
    use referee_core::facts::Purpose;
    for fact in findings.signatures.iter().filter(|fact| fact.purpose == Purpose::Attestation) {
        let named = findings.attestations.iter().filter(|a| a.signed_by.contains(&fact.id));
        assert_eq!(named.count(), 1, "{fact:?}");
    }
    for attestation in &findings.attestations {
        let trusted = attestation
            .signed_by
            .iter()
            .any(|position| findings.signatures[usize::try_from(*position).unwrap()].trusted);
        assert_eq!(attestation.verified, trusted);
        assert!(!attestation.verified || attestation.errors.is_empty(), "{attestation:?}");
        assert!(!attestation.predicate_omitted || attestation.predicate.is_null());
    }
    assert!(findings.unavailable.iter().all(|u| !u.affects.is_empty()));
}

pub(crate) fn descriptor(media_type: &str, bytes: &[u8]) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest: Digest::sha256(bytes),
        size: u64::try_from(bytes.len()).unwrap(),
        artifact_type: None,
        annotations: BTreeMap::new(),
        platform: None,
    }
}

/// A legacy payload as cosign writes it.
pub(crate) fn payload(digest: &Digest) -> String {
    format!(
        r#"{{"critical":{{"identity":{{"docker-reference":"registry.example/team/app"}},"image":{{"docker-manifest-digest":"{digest}"}},"type":"cosign container image signature"}},"optional":{{"team":"a"}}}}"#
    )
}

/// An in-toto statement about a digest.
pub(crate) fn statement(digest: &Digest, predicate_type: &str, predicate: &Value) -> String {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": digest.hex()}, "annotations": {"team": "a"}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    })
    .to_string()
}

/// A bundle with an envelope that these keys signed; the hint is the first one's.
pub(crate) fn envelope_bundle(payload: &str, signers: &[&Signer]) -> Value {
    let envelope = Envelope {
        payload: payload.as_bytes().to_vec(),
        payload_type: "application/vnd.in-toto+json".into(),
        signatures: Vec::new(),
    };
    let message = envelope.pre_authentication_encoding();
    let signatures: Vec<_> =
        signers.iter().map(|s| json!({"sig": BASE64.encode(&s.sign(&message))})).collect();
    json!({
        "mediaType": media_type::SIGSTORE_BUNDLE_V03,
        "verificationMaterial": {"publicKey": {"hint": signers.first().map(|s| s.hint())}},
        "dsseEnvelope": {
            "payload": BASE64.encode(payload.as_bytes()),
            "payloadType": envelope.payload_type,
            "signatures": signatures,
        },
    })
}

/// A bundle over bytes.
pub(crate) fn message_bundle(bytes: &[u8], signer: &Signer) -> Value {
    let digest = data_encoding::HEXLOWER.decode(Digest::sha256(bytes).hex().as_bytes()).unwrap();
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.3",
        "verificationMaterial": {"publicKey": {"hint": signer.hint()}},
        "messageSignature": {
            "messageDigest": {"algorithm": "SHA2_256", "digest": BASE64.encode(&digest)},
            "signature": BASE64.encode(&signer.sign(bytes)),
        },
    })
}

/// The status of each signature with its first code.
pub(crate) fn told(findings: &Findings) -> Vec<String> {
    findings
        .signatures
        .iter()
        .map(|fact| {
            let status = serde_json::to_value(fact.status).unwrap();
            let codes: Vec<_> = fact.errors.iter().map(|e| e.code.as_str()).collect();
            format!("{} {}", status.as_str().unwrap(), codes.join(",")).trim().to_owned()
        })
        .collect()
}
