//! Which proofs of an entry its carrier must have (sigstore/protobuf-specs
//! `protos/sigstore_bundle.proto` and `sigstore_rekor.proto`; sigstore-go `pkg/bundle/bundle.go`).
//!
//! | carrier | promise | inclusion proof |
//! |---|---|---|
//! | bundle 0.1 | required | |
//! | beside a layer of cosign | required | |
//! | bundle 0.2, 0.3, with an entry of Rekor v1 | | required |
//! | bundle 0.2, 0.3, with an entry of Rekor v2 | refused | required |
//!
//! What is there must hold even where it is not required. The first two are older than Rekor v2,
//! which promises nothing, so they never hold with one of its entries.
//!
//! A proof without a checkpoint does not hold, in a bundle 0.1 either, though its promise would do
//! without a proof: it leads to a root that nobody signed, the suite of Sigstore's clients has it
//! refused (`bundle-with-root-cert_fail`), and so do sigstore-go, sigstore-js and sigstore-python.
//! npm's and CPython's bundles 0.1 have no proof, or one with its checkpoint.

use super::Outcome;
use super::error::LogError;

/// What carries a log entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// A Sigstore bundle of version 0.1.
    BundleV01,
    /// A Sigstore bundle of version 0.2.
    BundleV02,
    /// A Sigstore bundle of version 0.3.
    BundleV03,
    /// The annotation `dev.sigstore.cosign/bundle` of a layer.
    Annotation,
}

/// Judges an entry: the first thing that is missing or does not hold. What was signed comes
/// first, since proofs about something else prove nothing.
pub(super) fn judge(outcome: &Outcome<'_>, carrier: Carrier) -> Result<(), LogError> {
    if let Some(kind) = outcome.kind.filter(|kind| kind.is_legacy())
        && carrier != Carrier::Annotation
    {
        let (kind, version) = (kind.name().to_owned(), kind.version().to_owned());
        return Err(LogError::BodyKindUnsupported { kind, version });
    }
    outcome.body.clone()?;
    match &outcome.promise {
        Some(promise) => promise.clone()?,
        None if needs_promise(carrier) => return Err(LogError::PromiseMissing),
        None => {}
    }
    match &outcome.inclusion {
        Some(inclusion) => inclusion.as_ref().map_err(Clone::clone).map(drop),
        None if !needs_promise(carrier) => Err(LogError::ProofMissing),
        None => Ok(()),
    }
}

fn needs_promise(carrier: Carrier) -> bool {
    match carrier {
        Carrier::BundleV01 | Carrier::Annotation => true,
        Carrier::BundleV02 | Carrier::BundleV03 => false,
    }
}
