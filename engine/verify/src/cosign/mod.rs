//! cosign: signatures in its legacy layout and in Sigstore bundles, made with keys and keyless.
//!
//! - A manifest tagged `sha256-<hex>.sig`, or with the artifact type of such, has one signature in
//!   each layer (`specs/SIGNATURE_SPEC.md`).
//! - A manifest with a Sigstore bundle as its layer has the signatures of that bundle
//!   (`specs/BUNDLE_SPEC.md`); a bundle that signs a statement other than cosign's own is an
//!   attestation.
//!
//! Every signature becomes a fact, in order, whatever is wrong with it: none hides another. Where
//! an image has both kinds, both are examined (cosign looks at bundles alone then).
//!
//! A signature is by a key of the trust document, or by whom a certificate names; what authorities
//! and logs vouch for is [`crate::protocol::sigstore`]'s business.
//! Not wanted yet: `.att` and `.sbom` tags.

mod blob;
mod draft;
mod examiner;
mod legacy;
mod plan;
mod sealed;

pub mod simple_signing;
mod target;

pub use blob::Blob;
pub use legacy::{BUNDLE, CERTIFICATE, CHAIN, SIGNATURE, TIMESTAMP};
pub use sealed::SIGN_PREDICATE;

use crate::primitive::keyring::{Keyring, KeyringError};
use crate::problem::{Code, Raised};
use crate::protocol::sigstore::{RootError, Sigstore};
use draft::Draft;
use examiner::Examiner;
use plan::{Item, Kind, announced};
use referee_core::facts::{Format, TrustRootFact};
use referee_core::oci::{Document, ManifestError, media_type};
use referee_core::{
    Budget, Coded, Evidence, EvidenceRequest, FoundBy, Job, Manifest, Outcome, Referrer, Step,
    Timestamp, Trust, Verifier,
};
use target::{Artifact, Target};

use std::sync::Arc;

/// The verifier's name in the facts.
pub const NAME: &str = "cosign";

/// Artifact types under which a registry may list anything: none at all, and the configurations
/// that it falls back to where it does not know the field (distribution-spec "Listing Referrers").
const UNTELLING: [&str; 4] =
    ["", media_type::EMPTY, media_type::IMAGE_MANIFEST, "application/vnd.oci.image.config.v1+json"];

/// Verifies cosign's signatures with the keys and identities of a trust document.
#[derive(Clone, Debug)]
pub struct CosignVerifier {
    keyring: Keyring,
    sigstore: Arc<Sigstore>,
}

/// A trust document that names something that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableTrust {
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyringError),
    /// The trusted root of a Sigstore instance.
    #[error(transparent)]
    Root(#[from] RootError),
}

impl Coded for UnusableTrust {
    fn code(&self) -> &'static str {
        match self {
            Self::Key(error) => error.code(),
            Self::Root(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Key(error) => error.hint(),
            Self::Root(error) => error.hint(),
        }
    }
}

impl CosignVerifier {
    /// A verifier for a trust document.
    ///
    /// # Errors
    /// [`UnusableTrust`] where a key or a trusted root cannot be used.
    pub fn new(trust: &Trust) -> Result<Self, UnusableTrust> {
        Ok(Self { keyring: Keyring::new(trust)?, sigstore: Arc::new(Sigstore::new(trust)?) })
    }

    /// The keys that it verifies with.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }
}

impl Verifier for CosignVerifier {
    fn name(&self) -> &'static str {
        NAME
    }

    fn wants(&self, referrer: &Referrer) -> bool {
        let untelling = UNTELLING.contains(&referrer.artifact_type());
        // What an index holds for its platforms is signed with the index, not by itself.
        announced(referrer) || (untelling && referrer.found_by != FoundBy::Index)
    }

    fn trust_roots(&self, now: Timestamp) -> Vec<TrustRootFact> {
        self.sigstore.roots(now)
    }

    fn verify(&self, job: &Job<'_>, evidence: &Evidence, now: Timestamp, budget: &Budget) -> Step {
        let descriptor = &job.referrer.descriptor;
        let request = EvidenceRequest::Manifest {
            digest: descriptor.digest.clone(),
            media_type: descriptor.media_type.clone(),
        };
        let mut examiner =
            Examiner::new(&self.keyring, &self.sigstore, Target::of(job), now, budget);
        let bytes = match evidence.get(&request) {
            None => return Step::More(vec![request]),
            Some(Outcome::Unavailable(what)) => {
                examiner.note(what.clone(), false);
                return Step::Done(examiner.finish());
            }
            Some(Outcome::Bytes(bytes)) => bytes,
        };
        match Document::parse(bytes, &descriptor.media_type) {
            Ok((Document::Manifest(manifest), _)) => examine(examiner, job, &manifest, evidence),
            // Something else altogether, which was wanted only because its listing said nothing.
            Ok((Document::Index(_), _)) | Err(ManifestError::UnknownMediaType { .. })
                if !announced(job.referrer) =>
            {
                Step::Done(examiner.finish())
            }
            Ok((Document::Index(_), _)) => malformed(examiner, job.referrer, "it is an index"),
            Err(error) => malformed(examiner, job.referrer, &referee_core::error::chain(&error)),
        }
    }
}

/// A manifest that announces signatures and cannot be read: how many it would have held is not
/// known, so it counts as one.
fn malformed(mut examiner: Examiner<'_>, referrer: &Referrer, message: &str) -> Step {
    let mut draft = Draft::new(&examiner.target, format(plan::is_bundle(referrer.artifact_type())));
    draft
        .raise(Raised::new(Code::MalformedManifest, format!("the referrer's manifest: {message}")));
    examiner.push(draft);
    Step::Done(examiner.finish())
}

fn format(bundle: bool) -> Format {
    if bundle { Format::SigstoreBundle } else { Format::SimpleSigning }
}

fn examine(
    mut examiner: Examiner<'_>,
    job: &Job<'_>,
    manifest: &Manifest,
    evidence: &Evidence,
) -> Step {
    let ours = announced(job.referrer) || plan::calls_itself_ours(manifest);
    let mut layers = plan::layers(manifest, ours);
    if layers.is_empty() {
        return match ours {
            true => malformed(examiner, job.referrer, "it announces signatures and has none"),
            false => Step::Done(examiner.finish()),
        };
    }
    let found = layers.len();
    layers.truncate(examiner.max_signatures());
    plan::hold(&mut layers, examiner.budget);
    let items = match plan::read(&layers, evidence, examiner.budget) {
        Ok(items) => items,
        Err(missing) => return Step::More(missing),
    };
    let artifact = match plan::artifact(job, &items) {
        None => Artifact::Bytes(&job.subject.bytes),
        Some(request) => match evidence.get(&request) {
            None => return Step::More(vec![request]),
            Some(Outcome::Bytes(bytes)) => Artifact::Bytes(bytes),
            Some(Outcome::Unavailable(what)) => Artifact::Unavailable(what),
        },
    };
    examiner.shared = other_referrer(manifest, job.referrer);
    for item in &items {
        if examiner.is_full() {
            examiner.too_many();
            break;
        }
        examine_item(&mut examiner, job.referrer, item, artifact);
    }
    if items.len() < found {
        examiner.too_many();
    }
    Step::Done(examiner.finish())
}

fn examine_item(
    examiner: &mut Examiner<'_>,
    referrer: &Referrer,
    item: &Item<'_>,
    artifact: Artifact<'_>,
) {
    let draft = match item {
        Item::Legacy(layer, payload) => return legacy::examine(examiner, layer, payload),
        Item::Bundle(bundle) => match bundle.as_ref() {
            Ok(bundle) => return sealed::examine(examiner, bundle, artifact),
            Err(error) => {
                let mut draft = Draft::new(&examiner.target, Format::SigstoreBundle);
                draft.raise(error.raised());
                draft
            }
        },
        Item::Unavailable(layer, kind, what) => {
            let mut draft = match kind {
                Kind::Legacy => legacy::without_payload(examiner, layer),
                _ => Draft::new(&examiner.target, format(*kind == Kind::Bundle)),
            };
            examiner.unavailable(&mut draft, what);
            draft
        }
        Item::Other(layer) => {
            let mut draft =
                Draft::new(&examiner.target, format(plan::is_bundle(referrer.artifact_type())));
            let media_type: String = layer.media_type.chars().take(80).collect();
            let message = format!("layer {} is of type {media_type:?}", layer.digest);
            draft.raise(Raised::new(Code::LayerTypeUnsupported, message));
            draft
        }
    };
    examiner.push(draft);
}

/// The problem of a manifest that says that it refers to something else than it was found for.
fn other_referrer(manifest: &Manifest, referrer: &Referrer) -> Option<Raised> {
    let named = &manifest.subject.as_ref()?.digest;
    (*named != referrer.subject).then(|| {
        Raised::new(
            Code::ReferrerSubjectMismatch,
            format!("the manifest refers to {named}, and it was found for {}", referrer.subject),
        )
        .hint("the registry or the tag lists it for an artifact that it does not refer to")
    })
}
