//! The same bundles through `sigstore-verify`.

use crate::support::{Artifact, Instance, Trusting};
use data_encoding::HEXLOWER;
use sigstore_trust_root::TrustedRoot;
use sigstore_types::{
    Artifact as Theirs, ArtifactDigest, Bundle, DerPublicKey, DigestBytes, HashAlgorithm,
};
use sigstore_verify::{PublicKeyVerificationPolicy, VerificationPolicy, Verifier};

/// What the family says, whoever signed: its error as text.
pub(crate) fn verdict(
    bundle: &[u8],
    artifact: &Artifact,
    trusting: &Trusting,
) -> Result<(), String> {
    let text = std::str::from_utf8(bundle).map_err(|error| error.to_string())?;
    let bundle = Bundle::from_json(text).map_err(|error| error.to_string())?;
    let root = TrustedRoot::from_json(&trusting.instance.root()).map_err(|e| e.to_string())?;
    let verifier = Verifier::new(&root).map_err(|error| error.to_string())?;
    let digest;
    let artifact = match artifact {
        Artifact::Bytes(bytes) => Theirs::from(bytes.as_slice()),
        Artifact::Digest(text) => {
            let (algorithm, hex) = text.split_once(':').unwrap();
            let algorithm = match algorithm {
                "sha256" => HashAlgorithm::Sha2256,
                _ => HashAlgorithm::Sha2512,
            };
            let bytes = DigestBytes::new(HEXLOWER.decode(hex.as_bytes()).unwrap());
            digest = ArtifactDigest::new(algorithm, bytes).unwrap();
            Theirs::from(digest)
        }
    };
    let verified = match &trusting.key {
        Some(pem) => {
            let key = DerPublicKey::from_pem(pem).map_err(|error| error.to_string())?;
            verifier.verify(artifact, &bundle, &PublicKeyVerificationPolicy::new(key))
        }
        None => {
            let mut policy = VerificationPolicy::any_identity();
            if trusting.instance == Instance::Github {
                // The instance has neither log.
                policy = policy.skip_tlog_unsafe().skip_sct();
            }
            verifier.verify(artifact, &bundle, &policy)
        }
    };
    verified.map(drop).map_err(|error| error.to_string())
}
