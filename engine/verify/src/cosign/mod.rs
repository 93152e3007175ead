//! cosign: signatures made with keys, in its legacy layout and in Sigstore bundles.
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
//! Not verified by this version: signatures made with certificates (`unsupported`), and what
//! transparency logs and timestamp authorities add (told with `verified: false`, never needed).
//! Not wanted yet: `.att` and `.sbom` tags.

pub mod bundle;
mod draft;
mod examiner;
mod legacy;
mod plan;
mod sealed;
pub mod simple_signing;

pub use legacy::{BUNDLE, CERTIFICATE, SIGNATURE, TIMESTAMP};
pub use sealed::SIGN_PREDICATE;

use crate::primitive::keyring::{Keyring, KeyringError};
use crate::problem::{Code, Raised};
use draft::Draft;
use examiner::Examiner;
use plan::{Item, Kind, announced};
use referee_core::facts::Format;
use referee_core::oci::{Document, ManifestError, media_type};
use referee_core::{
    Budget, Evidence, EvidenceRequest, FoundBy, Job, Manifest, Outcome, Referrer, Step, Timestamp,
    Trust, Verifier,
};

/// The verifier's name in the facts.
pub const NAME: &str = "cosign";

/// Artifact types under which a registry may list anything: none at all, and the configurations
/// that it falls back to where it does not know the field (distribution-spec "Listing Referrers").
const UNTELLING: [&str; 4] =
    ["", media_type::EMPTY, media_type::IMAGE_MANIFEST, "application/vnd.oci.image.config.v1+json"];

/// Verifies cosign's signatures with the keys of a trust document.
#[derive(Clone, Debug)]
pub struct CosignVerifier {
    keyring: Keyring,
}

impl CosignVerifier {
    /// A verifier for a trust document.
    ///
    /// # Errors
    /// [`KeyringError`] where a key cannot be used.
    pub fn new(trust: &Trust) -> Result<Self, KeyringError> {
        Ok(Self { keyring: Keyring::new(trust)? })
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

    fn verify(&self, job: &Job<'_>, evidence: &Evidence, now: Timestamp, budget: &Budget) -> Step {
        let descriptor = &job.referrer.descriptor;
        let request = EvidenceRequest::Manifest {
            digest: descriptor.digest.clone(),
            media_type: descriptor.media_type.clone(),
        };
        let mut examiner = Examiner::new(&self.keyring, job, now, budget);
        let bytes = match evidence.get(&request) {
            None => return Step::More(vec![request]),
            Some(Outcome::Unavailable(what)) => {
                examiner.note(what.clone(), false);
                return Step::Done(examiner.finish());
            }
            Some(Outcome::Bytes(bytes)) => bytes,
        };
        match Document::parse(bytes, &descriptor.media_type) {
            Ok((Document::Manifest(manifest), _)) => examine(examiner, &manifest, evidence),
            // Something else altogether, which was wanted only because its listing said nothing.
            Ok((Document::Index(_), _)) | Err(ManifestError::UnknownMediaType { .. })
                if !announced(job.referrer) =>
            {
                Step::Done(examiner.finish())
            }
            Ok((Document::Index(_), _)) => malformed(examiner, "it is an index"),
            Err(error) => malformed(examiner, &referee_core::error::chain(&error)),
        }
    }
}

/// A manifest that announces signatures and cannot be read: how many it would have held is not
/// known, so it counts as one.
fn malformed(mut examiner: Examiner<'_>, message: &str) -> Step {
    let referrer = examiner.job.referrer;
    let mut draft = Draft::new(referrer, format(plan::is_bundle(referrer.artifact_type())));
    draft
        .raise(Raised::new(Code::MalformedManifest, format!("the referrer's manifest: {message}")));
    examiner.push(draft);
    Step::Done(examiner.finish())
}

fn format(bundle: bool) -> Format {
    if bundle { Format::SigstoreBundle } else { Format::SimpleSigning }
}

fn examine(mut examiner: Examiner<'_>, manifest: &Manifest, evidence: &Evidence) -> Step {
    let job = examiner.job;
    let ours = announced(job.referrer) || plan::calls_itself_ours(manifest);
    let mut layers = plan::layers(manifest, ours);
    if layers.is_empty() {
        return match ours {
            true => malformed(examiner, "it announces signatures and has none"),
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
        None => None,
        Some(request) => match evidence.get(&request) {
            None => return Step::More(vec![request]),
            some => some,
        },
    };
    examiner.shared = other_referrer(manifest, job.referrer);
    for item in &items {
        if examiner.is_full() {
            examiner.too_many();
            break;
        }
        examine_item(&mut examiner, item, artifact);
    }
    if items.len() < found {
        examiner.too_many();
    }
    Step::Done(examiner.finish())
}

fn examine_item(examiner: &mut Examiner<'_>, item: &Item<'_>, artifact: Option<&Outcome>) {
    let referrer = examiner.job.referrer;
    let draft = match item {
        Item::Legacy(layer, payload) => return legacy::examine(examiner, layer, payload),
        Item::Bundle(bundle) => match bundle.as_ref() {
            Ok(bundle) => return sealed::examine(examiner, bundle, artifact),
            Err(error) => {
                let mut draft = Draft::new(referrer, Format::SigstoreBundle);
                draft.raise(error.raised());
                draft
            }
        },
        Item::Unavailable(layer, kind, what) => {
            let mut draft = Draft::new(referrer, format(*kind == Kind::Bundle));
            if *kind == Kind::Legacy {
                legacy::beside(layer, &mut draft);
            }
            examiner.unavailable(&mut draft, what);
            draft
        }
        Item::Other(layer) => {
            let mut draft = Draft::new(referrer, format(plan::is_bundle(referrer.artifact_type())));
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
