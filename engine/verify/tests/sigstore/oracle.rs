//! The same bundles through `sigstore-verify`, the Rust library of the Sigstore project: what it
//! refuses is refused here.

use crate::vectors::Case;
use sigstore_trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_types::{Bundle, DerPublicKey};
use sigstore_verify::{PublicKeyVerificationPolicy, VerificationPolicy, Verifier};

/// The family's verifier for one case.
pub(crate) struct Oracle {
    verifier: Verifier,
    key: Option<DerPublicKey>,
}

impl Oracle {
    /// `None` where the case's trusted root or key is not one for it.
    pub(crate) fn new(case: &Case) -> Option<Self> {
        let root = case.root.as_deref().unwrap_or(SIGSTORE_PRODUCTION_TRUSTED_ROOT);
        let verifier = Verifier::new(&TrustedRoot::from_json(root).ok()?).ok()?;
        let key = match &case.key {
            Some(pem) => Some(DerPublicKey::from_pem(pem).ok()?),
            None => None,
        };
        Some(Self { verifier, key })
    }

    /// Whether it verifies, whoever signed.
    pub(crate) fn accepts(&self, case: &Case, bundle: &[u8]) -> bool {
        let Some(bundle) = std::str::from_utf8(bundle).ok().and_then(|b| Bundle::from_json(b).ok())
        else {
            return false;
        };
        let artifact = case.artifact.as_slice();
        match &self.key {
            Some(key) => {
                let policy = PublicKeyVerificationPolicy::new(key.clone());
                self.verifier.verify(artifact, &bundle, &policy).is_ok()
            }
            None => {
                let policy = VerificationPolicy::any_identity();
                self.verifier.verify(artifact, &bundle, &policy).is_ok()
            }
        }
    }
}

#[test]
fn what_the_family_refuses_of_the_suite_is_refused_here() {
    let (mut both, mut total) = (0, 0);
    for case in crate::vectors::cases() {
        let ours = case.verifier().is_some_and(|v| case.trusts(&v, &case.bundle));
        let theirs = Oracle::new(&case).is_some_and(|o| o.accepts(&case, &case.bundle));
        assert_eq!(ours, !case.must_fail(), "{}", case.name);
        assert!(theirs || !ours, "{}: only we accept it", case.name);
        both += usize::from(ours && theirs);
        total += 1;
    }
    println!("FIGURE sigstore oracle: {both} of {total} cases accepted by both");
}
