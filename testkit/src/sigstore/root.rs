//! The instance's `trusted_root.json` (sigstore/protobuf-specs `sigstore_trustroot.proto`).

use super::Instance;
use super::log::{Key, TransparencyLog};
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const P256: &str = "PKIX_ECDSA_P256_SHA_256";
const START: &str = "2026-01-01T00:00:00Z";

pub(super) fn trusted_root(instance: &Instance) -> Value {
    let Instance { authority, rekor1, rekor2, stamps } = instance;
    let issuers = [authority.intermediate.der().to_vec(), authority.root.der().to_vec()];
    let stampers = [stamps.certificate.clone(), stamps.root.der().to_vec()];
    let log = |log: &TransparencyLog, details| {
        log_key(&format!("https://{}", log.name), &log.key, details)
    };
    json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [log(rekor1, P256), log(rekor2, "PKIX_ED25519")],
        "certificateAuthorities": [chain("https://fulcio.acme.example", &issuers)],
        "ctlogs": [log_key("https://ct.acme.example", &authority.log, P256)],
        "timestampAuthorities": [chain("https://tsa.acme.example/api/v1/timestamp", &stampers)],
    })
}

fn chain(uri: &str, certificates: &[Vec<u8>]) -> Value {
    let certificates: Vec<Value> =
        certificates.iter().map(|der| json!({"rawBytes": BASE64.encode(der)})).collect();
    json!({
        "subject": {"organization": "acme.example", "commonName": uri},
        "uri": uri,
        "certChain": {"certificates": certificates},
        "validFor": {"start": START},
    })
}

fn log_key(url: &str, key: &Key, details: &str) -> Value {
    json!({
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": BASE64.encode(&key.spki),
            "keyDetails": details,
            "validFor": {"start": START},
        },
        "logId": {"keyId": BASE64.encode(&Sha256::digest(&key.spki))},
    })
}
