//! Any bytes as a file of signatures, and as the payload of a token: nothing that nobody signed is
//! taken for signed.

use data_encoding::BASE64URL_NOPAD;
use referee_bundles::{
    Bundle, BundleKey, BundleLimits, Files, ReadOptions, SIGNATURES_FILE, SignaturePolicy,
    Verification,
};
use referee_verify::primitive::jws::{JwsAlgorithm, JwsSigner};
use std::collections::BTreeMap;
use std::sync::Arc;

const SECRET: &str = "a secret of this target and of nothing else";

pub(crate) fn any(bytes: &[u8]) {
    assert!(!is_taken(bytes));
    // Well signed, and whatever is in it: only where each file is listed with its hash.
    let header = BASE64URL_NOPAD.encode(br#"{"alg":"HS256"}"#);
    let signed = format!("{header}.{}", BASE64URL_NOPAD.encode(bytes));
    let signer = JwsSigner::new(JwsAlgorithm::Hs256, SECRET).unwrap();
    let signature = BASE64URL_NOPAD.encode(&signer.sign(signed.as_bytes()).unwrap());
    let token = format!(r#"{{"signatures":["{signed}.{signature}"]}}"#);
    if is_taken(token.as_bytes()) {
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(text.contains("x.rego") && text.contains("SHA-"), "{text}");
    }
    // Any bytes as a whole token, and as each part of one.
    let text: String = bytes.iter().map(|byte| char::from(byte % 96 + 32)).collect();
    let quoted = serde_json::to_string(&text).unwrap();
    assert!(!is_taken(format!(r#"{{"signatures":[{quoted}]}}"#).as_bytes()));
    let altered = format!("{}.{}.{}", header, BASE64URL_NOPAD.encode(bytes), "AAAA");
    assert!(!is_taken(format!(r#"{{"signatures":["{altered}"]}}"#).as_bytes()));
}

fn is_taken(document: &[u8]) -> bool {
    let key = BundleKey::new(JwsAlgorithm::Hs256, SECRET).unwrap();
    let keys = Arc::new(BTreeMap::from([("k".to_owned(), key)]));
    let verification = Verification::new(keys).with_key_ids(vec!["k".to_owned()]).unwrap();
    let mut files = Files::default();
    let limits = BundleLimits::DEFAULT;
    files.add("x.rego", b"package x\n".to_vec(), &limits).unwrap();
    files.add(SIGNATURES_FILE, document.to_vec(), &limits).unwrap();
    let policy = SignaturePolicy::Checked(verification);
    Bundle::from_files(files, &ReadOptions::new(&policy)).is_ok()
}
