//! Signatures in DSSE envelopes around in-toto statements, by themselves or in Sigstore bundles, and
//! signatures in bundles of the artifact's bytes.

use super::attested::{attest, attest_unread};
use super::draft::Draft;
use super::examiner::{By, Examiner, Hint, Made, Message, other_subject};
use super::target::{Artifact, Target};
use crate::envelope::bundle::{Bundle, Content, Material};
use crate::envelope::dsse::{self, Envelope};
use crate::envelope::statement::{Statement, StatementSubject, shorten};
use crate::primitive::signature::Hash;
use crate::primitive::x509::{Certificate, CertificateError};
use crate::problem::{Code, Raised};
use crate::protocol::sigstore::{self, Proofs, Signer};
use crate::protocol::tlog::{self, Digests};
use data_encoding::HEXLOWER;
use referee_core::Descriptor;
use referee_core::facts::{Format, Purpose};

/// The predicate type by which cosign 3 signs an image: a statement that says nothing but which
/// digest it is for.
pub const SIGN_PREDICATE: &str = "https://sigstore.dev/cosign/sign/v1";

/// What signatures came with: what carries them, who made them, and what proves it.
#[derive(Debug)]
pub(super) struct Seal<'a> {
    pub(super) format: Format,
    /// Who made them, or why that cannot be read.
    pub(super) by: Result<Source, Raised>,
    pub(super) proofs: Proofs<'a>,
    /// The JSON of the envelope, where a log may have been sent it as it stands.
    pub(super) written: Option<&'a [u8]>,
}

/// Who signatures say that they are by.
#[derive(Debug)]
pub(super) enum Source {
    /// A key of the trust document.
    Key(Hint),
    /// Who this certificate names.
    Certificate(Box<Signer>),
}

impl Source {
    pub(super) fn by(&self) -> By<'_> {
        match self {
            Self::Key(hint) => By::Key(hint),
            Self::Certificate(signer) => By::Certificate(signer),
        }
    }

    /// Who one of several signatures is by: the certificate beside them is that of one of them
    /// (DSSE `protocol.md`: each signature is verified by itself).
    fn by_one_of(&self, several: bool) -> By<'_> {
        match self {
            Self::Certificate(signer) if several => By::CertificateOrKey(signer),
            _ => self.by(),
        }
    }
}

impl<'a> Seal<'a> {
    fn of(bundle: &'a Bundle) -> Self {
        let alone = match &bundle.content {
            Content::Envelope(envelope) => envelope.signatures.len() == 1,
            Content::Message { .. } => true,
        };
        let by = match &bundle.material {
            Material::PublicKey { hint } => Ok(Source::Key(Hint::new(hint, alone))),
            Material::Certificate { leaf, intermediates } => signer(leaf, intermediates),
        };
        let proofs = Proofs {
            carrier: bundle.version,
            entries: &bundle.entries,
            timestamps: &bundle.timestamps,
        };
        Self { format: Format::SigstoreBundle, by, proofs, written: None }
    }

    pub(super) fn draft(&self, examiner: &Examiner<'_>) -> Draft {
        let mut draft = Draft::new(&examiner.target, self.format);
        match &self.by {
            Ok(Source::Certificate(signer)) => draft.signed_with(signer),
            Ok(Source::Key(_)) => {}
            Err(problem) => draft.raise(problem.clone()),
        }
        (draft.fact.transparency, draft.fact.timestamps) = sigstore::unverified(&self.proofs);
        draft
    }
}

fn signer(leaf: &[u8], intermediates: &[Vec<u8>]) -> Result<Source, Raised> {
    let read = |der: &[u8]| Certificate::from_der(der).map_err(|error| unreadable(&error));
    let leaf = read(leaf)?;
    let intermediates: Result<Vec<_>, _> = intermediates.iter().map(|der| read(der)).collect();
    // `sigstore_bundle.proto`, `x509_certificate_chain`: the root comes from the verifier, and one
    // that was sent is to be ignored. npm's attestations of 2022 and 2023 have it.
    let mut intermediates = intermediates?;
    intermediates.retain(|certificate| !certificate.is_self_issued());
    Ok(Source::Certificate(Box::new(Signer::new(leaf, intermediates))))
}

/// The problem of a certificate that cannot be read.
pub(super) fn unreadable(error: &CertificateError) -> Raised {
    Raised::new(Code::MalformedCertificate, format!("the certificate cannot be read: {error}"))
}

/// Examines one bundle. `artifact` is what the bundle signs, where it signs bytes.
pub(super) fn examine(examiner: &mut Examiner<'_>, bundle: &Bundle, artifact: Artifact<'_>) {
    let seal = Seal::of(bundle);
    match &bundle.content {
        Content::Envelope(envelope) => examine_envelope(examiner, &seal, envelope, None),
        Content::Message { digest, signature } => {
            let mut draft = seal.draft(examiner);
            if let Ok(source) = &seal.by
                && !examiner.out_of_time(&mut draft)
            {
                let digest = digest.as_ref().map(|(name, value)| (name.as_str(), value.as_slice()));
                message(examiner, &seal, source, digest, signature, artifact, &mut draft);
            }
            examiner.push(draft);
        }
    }
}

/// Examines the signatures of an envelope, which stands in a layer of its own where one is given.
pub(super) fn examine_envelope(
    examiner: &mut Examiner<'_>,
    seal: &Seal<'_>,
    envelope: &Envelope,
    layer: Option<&Descriptor>,
) {
    let statement = match envelope.payload_type.as_str() {
        dsse::IN_TOTO => Statement::parse(&envelope.payload).map_err(|error| error.raised()),
        other => {
            let other: String = other.chars().take(80).collect();
            let message = format!("the envelope holds {other:?}, not an in-toto statement");
            Err(Raised::new(Code::PayloadTypeUnsupported, message))
        }
    };
    let encoding = envelope.pre_authentication_encoding();
    let content = tlog::Content::Envelope { envelope, written: seal.written };
    let mut pushed = Vec::new();
    for signature in &envelope.signatures {
        if examiner.is_full() {
            examiner.too_many();
            break;
        }
        let mut draft = seal.draft(examiner);
        claims(&statement, &examiner.target, &mut draft);
        match (signature, &seal.by) {
            (None, _) => draft.not_made(Raised::new(
                Code::SignatureEncoding,
                "the signature in the envelope is not base64",
            )),
            (Some(signature), Ok(source)) => {
                if !examiner.out_of_time(&mut draft) {
                    let message = Message::Bytes(&encoding);
                    let by = source.by_one_of(envelope.signatures.len() > 1);
                    let proofs = seal.proofs;
                    examiner.examine(&mut draft, &Made { signature, by, message, content, proofs });
                }
            }
            (Some(_), Err(_)) => {}
        }
        pushed.push(examiner.push(draft));
    }
    if envelope.signatures.is_empty() {
        let mut draft = seal.draft(examiner);
        claims(&statement, &examiner.target, &mut draft);
        draft.not_made(Raised::new(Code::SignatureMissing, "the envelope has no signature"));
        pushed.push(examiner.push(draft));
    }
    match statement {
        Ok(statement) if statement.predicate_type == SIGN_PREDICATE => {}
        Ok(statement) => {
            let wrong = subject(&statement, &examiner.target).err();
            attest(examiner, seal.format, &statement, wrong, &pushed);
        }
        // What a bundle would have said is not known, so it counts as a signature.
        Err(_) if seal.format == Format::SigstoreBundle => {}
        Err(problem) => attest_unread(examiner, seal.format, layer, problem, &pushed),
    }
}

/// The subject that is what the referrer is for.
fn subject<'s>(
    statement: &'s Statement<'_>,
    target: &Target<'_>,
) -> Result<&'s StatementSubject, Raised> {
    let subject = target.digests().find_map(|digest| statement.subject(digest));
    subject.ok_or_else(|| other_subject(&statement.named(), target.subject))
}

/// What the statement says of itself, and whether it names the digest that the referrer is for.
fn claims(statement: &Result<Statement<'_>, Raised>, target: &Target<'_>, draft: &mut Draft) {
    let statement = match statement {
        Ok(statement) => statement,
        Err(problem) => return draft.raise(problem.clone()),
    };
    draft.fact.predicate_type = Some(statement.predicate_type.clone());
    draft.fact.purpose = match statement.predicate_type.as_str() {
        SIGN_PREDICATE => Purpose::Signature,
        _ => Purpose::Attestation,
    };
    let subject = subject(statement, target);
    draft.fact.annotations =
        subject.as_ref().map(|subject| subject.annotations()).unwrap_or_default();
    draft.bound(subject.map(drop));
}

/// A signature over the artifact's bytes.
fn message(
    examiner: &mut Examiner<'_>,
    seal: &Seal<'_>,
    source: &Source,
    digest: Option<(&str, &[u8])>,
    signature: &[u8],
    artifact: Artifact<'_>,
    draft: &mut Draft,
) {
    let all;
    let (message, digests) = match artifact {
        Artifact::Bytes(bytes) => {
            all = Digests::of(bytes);
            (Message::Bytes(bytes), &all)
        }
        Artifact::Digests(digests) => (Message::Digests(digests), digests),
        Artifact::Unavailable(what) => return examiner.unavailable(draft, what),
    };
    // A hash of another kind says nothing that the signature over the bytes does not.
    let stated = digest.and_then(|(name, value)| Some((hash(name)?, value)));
    let other = stated.filter(|(hash, value)| digests.get(*hash).is_some_and(|own| own != *value));
    draft.bound(match other {
        Some((_, value)) => {
            let named = format!("the bytes with the hash {}", shorten(&HEXLOWER.encode(value)));
            Err(other_subject(&named, examiner.target.subject))
        }
        None => Ok(()),
    });
    let message = match other {
        Some((hash, value)) => Message::Hash(hash, value),
        None => message,
    };
    let content = tlog::Content::Message(digests);
    let (by, proofs) = (source.by(), seal.proofs);
    examiner.examine(draft, &Made { signature, by, message, content, proofs });
}

/// Hashes by their names in sigstore/protobuf-specs `sigstore_common.proto`, `HashAlgorithm`.
fn hash(name: &str) -> Option<Hash> {
    match name {
        "SHA2_256" => Some(Hash::Sha256),
        "SHA2_384" => Some(Hash::Sha384),
        "SHA2_512" => Some(Hash::Sha512),
        _ => None,
    }
}
