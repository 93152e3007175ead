//! Keys for every algorithm, made for one run.

use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519,
    PKCS_RSA_SHA256,
};
use referee_bundles::{BundleKey, BundleKeys, SignaturePolicy, Verification};
use referee_verify::primitive::jws::{JwsAlgorithm, JwsSigner};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A private key and what checks it, as texts.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) private: String,
    pub(crate) public: String,
}

impl Pair {
    pub(crate) fn signer(&self, algorithm: JwsAlgorithm) -> JwsSigner {
        JwsSigner::new(algorithm, &self.private).unwrap()
    }

    pub(crate) fn key(&self, algorithm: JwsAlgorithm) -> BundleKey {
        BundleKey::new(algorithm, &self.public).unwrap()
    }
}

fn generated(with: &'static rcgen::SignatureAlgorithm) -> Pair {
    let pair = KeyPair::generate_for(with).unwrap();
    Pair { private: pair.serialize_pem(), public: pair.public_key_pem() }
}

/// A new key on P-256.
pub(crate) fn another() -> Pair {
    generated(&PKCS_ECDSA_P256_SHA256)
}

/// The key for an algorithm: the same for all tests of a run.
pub(crate) fn pair(algorithm: JwsAlgorithm) -> Pair {
    static RSA: OnceLock<Pair> = OnceLock::new();
    static P256: OnceLock<Pair> = OnceLock::new();
    static P384: OnceLock<Pair> = OnceLock::new();
    static P521: OnceLock<Pair> = OnceLock::new();
    static ED25519: OnceLock<Pair> = OnceLock::new();
    let (of, with) = match algorithm {
        JwsAlgorithm::Hs256 | JwsAlgorithm::Hs384 | JwsAlgorithm::Hs512 => {
            let secret = "a secret of this test and of nothing else, long enough for SHA-512";
            return Pair { private: secret.to_owned(), public: secret.to_owned() };
        }
        JwsAlgorithm::Es256 => (&P256, &PKCS_ECDSA_P256_SHA256),
        JwsAlgorithm::Es384 => (&P384, &PKCS_ECDSA_P384_SHA384),
        JwsAlgorithm::Es512 => (&P521, &PKCS_ECDSA_P521_SHA512),
        JwsAlgorithm::EdDsa => (&ED25519, &PKCS_ED25519),
        _ => (&RSA, &PKCS_RSA_SHA256),
    };
    of.get_or_init(|| generated(with)).clone()
}

/// Keys by their names.
pub(crate) fn keys(of: &[(&str, BundleKey)]) -> BundleKeys {
    let keys = of.iter().map(|(name, key)| ((*name).to_owned(), key.clone()));
    Arc::new(keys.collect::<BTreeMap<_, _>>())
}

/// Demands the signature of one key.
pub(crate) fn demanded(name: &str, key: BundleKey) -> Verification {
    Verification::new(keys(&[(name, key)])).with_key_ids(vec![name.to_owned()]).unwrap()
}

pub(crate) fn policy(verification: Verification) -> SignaturePolicy {
    SignaturePolicy::Checked(verification)
}
