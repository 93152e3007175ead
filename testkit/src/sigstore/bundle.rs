//! Sigstore bundles of version 0.3 (sigstore/protobuf-specs `sigstore_bundle.proto`) around
//! statements in envelopes.

use super::layer::{hex_sha256, verifier};
use super::{Instance, Rekor, SIGNED_AT, Signer};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A statement, signed.
struct Sealed<'a> {
    signer: &'a Signer,
    payload: String,
    signature: Vec<u8>,
    /// What the signature is over.
    encoding: Vec<u8>,
}

pub(super) fn make(
    instance: &mut Instance,
    signatures: &[(&Signer, [u8; 32])],
    rekor: Rekor,
) -> Vec<Vec<u8>> {
    let sealed = signatures.iter().map(|(signer, image)| seal(signer, image));
    match rekor {
        Rekor::V1 => sealed.map(|sealed| first(instance, &sealed)).collect(),
        Rekor::V2 => {
            let entered: Vec<(Sealed<'_>, usize, Vec<u8>)> = sealed
                .map(|sealed| {
                    let body = sealed.body_v2().to_string().into_bytes();
                    (sealed, instance.rekor2.append(&body), body)
                })
                .collect();
            // The checkpoint is signed once: it is the same for all of the batch.
            let mut checkpoint = None;
            let bundles = entered.iter().map(|(sealed, index, body)| {
                let mut proof = instance.rekor2.proof(*index, instance.rekor2.name);
                let own = proof["checkpoint"].take();
                proof["checkpoint"] = checkpoint.get_or_insert(own).clone();
                second(instance, sealed, *index, body, &proof)
            });
            bundles.collect()
        }
    }
}

fn seal<'a>(signer: &'a Signer, image: &[u8; 32]) -> Sealed<'a> {
    let payload = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "", "digest": {"sha256": HEXLOWER.encode(image)}}],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    })
    .to_string();
    let encoding =
        format!("DSSEv1 {} {IN_TOTO} {} {payload}", IN_TOTO.len(), payload.len()).into_bytes();
    Sealed { signer, payload, signature: signer.sign(&encoding), encoding }
}

impl Sealed<'_> {
    fn envelope(&self) -> Value {
        json!({
            "payload": BASE64.encode(self.payload.as_bytes()),
            "payloadType": IN_TOTO,
            "signatures": [{"sig": BASE64.encode(&self.signature)}],
        })
    }

    /// `dsse` 0.0.1.
    fn body_v1(&self) -> Value {
        let hash = |bytes: &[u8]| json!({"algorithm": "sha256", "value": hex_sha256(bytes)});
        json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": hash(self.envelope().to_string().as_bytes()),
                "payloadHash": hash(self.payload.as_bytes()),
                "signatures": [{
                    "signature": BASE64.encode(&self.signature),
                    "verifier": verifier(&self.signer.certificate),
                }],
            },
        })
    }

    /// `hashedrekord` 0.0.2.
    fn body_v2(&self) -> Value {
        let digest = BASE64.encode(&Sha256::digest(&self.encoding));
        json!({
            "apiVersion": "0.0.2",
            "kind": "hashedrekord",
            "spec": {"hashedRekordV002": {
                "data": {"algorithm": "SHA2_256", "digest": digest},
                "signature": {"content": BASE64.encode(&self.signature), "verifier": {
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "x509Certificate": {"rawBytes": BASE64.encode(&self.signer.certificate)},
                }},
            }},
        })
    }

    fn bundle(&self, entry: &Value, stamps: &[Vec<u8>]) -> Vec<u8> {
        let stamps: Vec<Value> =
            stamps.iter().map(|der| json!({"signedTimestamp": BASE64.encode(der)})).collect();
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": BASE64.encode(&self.signer.certificate)},
                "tlogEntries": [entry],
                "timestampVerificationData": {"rfc3161Timestamps": stamps},
            },
            "dsseEnvelope": self.envelope(),
        })
        .to_string()
        .into_bytes()
    }
}

/// A bundle with an entry of Rekor v1.
fn first(instance: &mut Instance, sealed: &Sealed<'_>) -> Vec<u8> {
    let body = sealed.body_v1().to_string().into_bytes();
    let log = &mut instance.rekor1;
    let index = log.append(&body);
    let entry = json!({
        "logIndex": super::TransparencyLog::global(index).to_string(),
        "logId": {"keyId": BASE64.encode(&log.id())},
        "kindVersion": {"kind": "dsse", "version": "0.0.1"},
        "integratedTime": SIGNED_AT.to_string(),
        "inclusionPromise": {"signedEntryTimestamp": BASE64.encode(&log.promise(&body, index))},
        "inclusionProof": log.proof(index, &format!("{} - 2605736670972794746", log.name)),
        "canonicalizedBody": BASE64.encode(&body),
    });
    sealed.bundle(&entry, &[])
}

/// A bundle with an entry of Rekor v2.
fn second(
    instance: &Instance,
    sealed: &Sealed<'_>,
    index: usize,
    body: &[u8],
    proof: &Value,
) -> Vec<u8> {
    let entry = json!({
        "logIndex": index.to_string(),
        "logId": {"keyId": BASE64.encode(&instance.rekor2.id())},
        "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
        "inclusionProof": proof,
        "canonicalizedBody": BASE64.encode(body),
    });
    sealed.bundle(&entry, &[instance.stamps.stamp(&sealed.signature)])
}
