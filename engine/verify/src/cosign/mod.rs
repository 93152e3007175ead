//! cosign: signatures in its legacy layout and in Sigstore bundles, made with keys and keyless.
//!
//! - A manifest tagged `sha256-<hex>.sig`, or with the artifact type of such, has one signature in
//!   each layer (`specs/SIGNATURE_SPEC.md`).
//! - A manifest with a Sigstore bundle as its layer has the signatures of that bundle
//!   (`specs/BUNDLE_SPEC.md`); a bundle that signs a statement other than cosign's own is an
//!   attestation.
//! - A manifest tagged `sha256-<hex>.att`, or with a DSSE envelope as its layer, has the signatures
//!   of that envelope over a statement (`specs/ATTESTATION_SPEC.md`); what proves them stands beside
//!   it. Envelopes are also looked for where others put them: among referrers, and in BuildKit's
//!   attestation manifests.
//!
//! Every signature becomes a fact, in order, whatever is wrong with it: none hides another. Where
//! an image has both kinds, both are examined (cosign looks at bundles alone then).
//!
//! A signature is by a key of the trust document, or by whom a certificate names; what authorities
//! and logs vouch for is [`crate::protocol::sigstore`]'s business.
//! Statements and documents that nobody signed are not this verifier's.

mod attested;
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

use crate::envelope::held::tells_nothing;
use crate::layers;
use crate::primitive::keyring::{Keyring, KeyringError};
use crate::problem::{Code, Raised};
use crate::protocol::sigstore::{RootError, Sigstore};
use attested::attest_unread;
use draft::Draft;
use examiner::Examiner;
use plan::{Item, Kind, announced};
use referee_core::facts::{Format, Purpose, TrustRootFact};
use referee_core::oci::{Document, ManifestError};
use referee_core::{
    Budget, Coded, Descriptor, Evidence, EvidenceRequest, Job, Manifest, Outcome, Referrer, Step,
    Timestamp, Trust, UnavailableCode, Verifier,
};
use referee_document::Library;
use target::{Artifact, Target};

use std::sync::Arc;

/// The verifier's name in the facts.
pub const NAME: &str = "cosign";

/// Verifies cosign's signatures with the keys and identities of a trust document.
#[derive(Clone, Debug)]
pub struct CosignVerifier {
    keyring: Keyring,
    sigstore: Arc<Sigstore>,
    library: Arc<Library>,
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
        Ok(Self {
            keyring: Keyring::new(trust)?,
            sigstore: Arc::new(Sigstore::new(trust)?),
            library: Arc::default(),
        })
    }

    /// The same verifier with a library that it shares with others.
    #[must_use]
    pub fn with_library(mut self, library: &Arc<Library>) -> Self {
        self.library = library.clone();
        self
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
        announced(referrer).is_some()
            || plan::may_be_signed(referrer)
            || tells_nothing(referrer.artifact_type())
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
        let mut examiner = Examiner::new(self, Target::of(job), now, budget);
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
                if announced(job.referrer).is_none() =>
            {
                Step::Done(examiner.finish())
            }
            Ok((Document::Index(_), _)) => {
                malformed(examiner, announced(job.referrer), "it is an index")
            }
            // Where it may be unsigned as well, the verifier of that tells it.
            Err(_) if announced(job.referrer).is_none() && plan::may_be_signed(job.referrer) => {
                Step::Done(examiner.finish())
            }
            Err(error) => {
                let message = referee_core::error::chain(&error);
                malformed(examiner, announced(job.referrer), &message)
            }
        }
    }
}

/// A manifest that announces signatures and cannot be read: how many it would have held is not
/// known, so it counts as one.
fn malformed(mut examiner: Examiner<'_>, announced: Option<Format>, message: &str) -> Step {
    let draft = Draft::new(&examiner.target, announced.unwrap_or(Format::SimpleSigning));
    let message = format!("the referrer's manifest: {message}");
    failed(&mut examiner, draft, None, Raised::new(Code::MalformedManifest, message));
    Step::Done(examiner.finish())
}

/// Adds a signature of which nothing but what is wrong is known, and the attestation that it was
/// to sign.
fn failed(
    examiner: &mut Examiner<'_>,
    mut draft: Draft,
    layer: Option<&Descriptor>,
    problem: Raised,
) {
    let (format, purpose) = (draft.fact.format, draft.fact.purpose);
    draft.raise(problem.clone());
    let pushed = examiner.push(draft);
    if purpose == Purpose::Attestation {
        attest_unread(examiner, format, layer, problem, &[pushed]);
    }
}

fn examine(
    mut examiner: Examiner<'_>,
    job: &Job<'_>,
    manifest: &Manifest,
    evidence: &Evidence,
) -> Step {
    let ours = announced(job.referrer).or_else(|| plan::calls_itself(manifest));
    let mut layers = plan::layers(manifest, ours, examiner.budget);
    if layers.is_empty() {
        return match ours {
            Some(_) => malformed(examiner, ours, "it announces signatures and has none"),
            None => Step::Done(examiner.finish()),
        };
    }
    let found = layers.len();
    layers.truncate(examiner.max_signatures());
    layers::hold(&mut layers, examiner.budget);
    let items = match plan::read(&layers, evidence) {
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
    examiner.shared = layers::other_referrer(manifest, job.referrer);
    for item in &items {
        if examiner.is_full() {
            examiner.too_many();
            break;
        }
        examine_item(&mut examiner, ours, item, artifact);
    }
    if items.len() < found {
        examiner.too_many();
    }
    Step::Done(examiner.finish())
}

fn examine_item(
    examiner: &mut Examiner<'_>,
    ours: Option<Format>,
    item: &Item<'_>,
    artifact: Artifact<'_>,
) {
    match item {
        Item::Legacy(layer, payload) => legacy::examine(examiner, layer, payload),
        Item::Envelope(layer, written, Ok(envelope)) => {
            legacy::examine_envelope(examiner, layer, written, envelope);
        }
        Item::Envelope(layer, _, Err(error)) => {
            let draft = legacy::without_payload(examiner, layer, Format::Dsse);
            failed(examiner, draft, Some(layer), error.raised());
        }
        Item::Bundle(bundle) => match bundle.as_ref() {
            Ok(bundle) => sealed::examine(examiner, bundle, artifact),
            Err(error) => {
                let draft = Draft::new(&examiner.target, Format::SigstoreBundle);
                failed(examiner, draft, None, error.raised());
            }
        },
        Item::Unsigned => {}
        // What may be unsigned and is too large to tell is told by the verifier of that.
        Item::Unavailable(_, Kind::Statement, what) if what.code == UnavailableCode::TooLarge => {}
        Item::Unavailable(_, Kind::Statement, what) => examiner.note(what.clone(), false),
        Item::Unavailable(layer, kind, what) => {
            let draft = match kind {
                Kind::Legacy => legacy::without_payload(examiner, layer, Format::SimpleSigning),
                Kind::Envelope => legacy::without_payload(examiner, layer, Format::Dsse),
                _ => Draft::new(&examiner.target, Format::SigstoreBundle),
            };
            examiner.note(what.clone(), true);
            failed(examiner, draft, Some(layer), Raised::unavailable(what));
        }
        Item::Other(layer) => {
            let draft = Draft::new(&examiner.target, ours.unwrap_or(Format::SimpleSigning));
            failed(examiner, draft, Some(layer), layers::unsupported(layer));
        }
    }
}
