//! Signatures in cosign's old layout (cosign `specs/SIGNATURE_SPEC.md`).

use super::{Instance, SIGNED_AT, Signer, TransparencyLog};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::json;
use sha2::{Digest as _, Sha256};

pub(super) fn make(
    instance: &mut Instance,
    signer: &Signer,
    image: &str,
) -> (Vec<u8>, Vec<(&'static str, String)>) {
    let payload = json!({
        "critical": {
            "identity": {"docker-reference": "registry.example/team/app"},
            "image": {"docker-manifest-digest": image},
            "type": "cosign container image signature",
        },
        "optional": null,
    })
    .to_string()
    .into_bytes();
    let signature = BASE64.encode(&signer.sign(&payload));
    let body = json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": hex_sha256(&payload)}},
            "signature": {
                "content": signature,
                "publicKey": {"content": verifier(&signer.certificate)},
            },
        },
    })
    .to_string()
    .into_bytes();
    let log = &mut instance.rekor1;
    let index = log.append(&body);
    let bundle = json!({
        "SignedEntryTimestamp": BASE64.encode(&log.promise(&body, index)),
        "Payload": {
            "body": BASE64.encode(&body),
            "integratedTime": SIGNED_AT,
            "logIndex": TransparencyLog::global(index),
            "logID": HEXLOWER.encode(&log.id()),
        },
    });
    let chain = [&signer.intermediate, instance.authority.root.der().as_ref()].map(pem).concat();
    let annotations = vec![
        ("dev.cosignproject.cosign/signature", signature),
        ("dev.sigstore.cosign/certificate", pem(&signer.certificate)),
        ("dev.sigstore.cosign/chain", chain),
        ("dev.sigstore.cosign/bundle", bundle.to_string()),
    ];
    (payload, annotations)
}

pub(super) fn hex_sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// A certificate as Rekor v1 has it: base64 over PEM.
pub(super) fn verifier(certificate: &[u8]) -> String {
    BASE64.encode(pem(certificate).as_bytes())
}

fn pem(der: impl AsRef<[u8]>) -> String {
    let text = BASE64.encode(der.as_ref());
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem + "-----END CERTIFICATE-----\n"
}
