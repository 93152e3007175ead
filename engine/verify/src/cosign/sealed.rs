//! Signatures in Sigstore bundles: a DSSE envelope around an in-toto statement, or the signature
//! of the artifact's bytes.

use super::bundle::{Bundle, Content, Material};
use super::draft::Draft;
use super::examiner::{Examiner, Hint, Pushed, other_subject};
use crate::envelope::dsse::{self, Envelope};
use crate::envelope::statement::{Statement, StatementError};
use crate::primitive::signature::Hash;
use crate::problem::{Code, Raised};
use data_encoding::HEXLOWER;
use referee_core::facts::{AttestationFact, Format, Purpose};
use referee_core::{Digest, Outcome};
use serde_json::Value;

/// The predicate type by which cosign 3 signs an image: a statement that says nothing but which
/// digest it is for.
pub const SIGN_PREDICATE: &str = "https://sigstore.dev/cosign/sign/v1";

/// The most digests that one message repeats from a statement.
const MAX_DIGESTS_NAMED: usize = 3;

/// Examines one bundle. `artifact` is the bytes of what the referrer refers to, where they were
/// asked for.
pub(super) fn examine(examiner: &mut Examiner<'_>, bundle: &Bundle, artifact: Option<&Outcome>) {
    match &bundle.content {
        Content::Envelope(envelope) => examine_envelope(examiner, bundle, envelope),
        Content::Message { digest, signature } => {
            let mut draft = draft(examiner, bundle);
            if !keyless(bundle, &mut draft) && !examiner.out_of_time(&mut draft) {
                let digest = digest.as_ref().map(|(name, value)| (name.as_str(), value.as_slice()));
                message(examiner, bundle, digest, signature, artifact, &mut draft);
            }
            examiner.push(draft);
        }
    }
}

fn draft(examiner: &Examiner<'_>, bundle: &Bundle) -> Draft {
    let mut draft = Draft::new(examiner.job.referrer, Format::SigstoreBundle);
    draft.fact.transparency.clone_from(&bundle.transparency);
    draft.fact.timestamps.clone_from(&bundle.timestamps);
    draft
}

/// Raises the problem of a bundle that is made with a certificate.
fn keyless(bundle: &Bundle, draft: &mut Draft) -> bool {
    let keyless = bundle.material == Material::Certificate;
    if keyless {
        draft.raise(super::legacy::keyless());
    }
    keyless
}

fn hint(bundle: &Bundle, binding: bool) -> Hint {
    match &bundle.material {
        Material::PublicKey { hint } => Hint::new(hint, binding),
        Material::Certificate => Hint::default(),
    }
}

fn examine_envelope(examiner: &mut Examiner<'_>, bundle: &Bundle, envelope: &Envelope) {
    let statement = match envelope.payload_type.as_str() {
        dsse::IN_TOTO => Statement::parse(&envelope.payload).map_err(|error| {
            let code = match &error {
                StatementError::Json(_) => Code::MalformedStatement,
                StatementError::Version { .. } => Code::StatementTypeUnsupported,
            };
            Raised::new(code, error.to_string())
        }),
        other => {
            let other: String = other.chars().take(80).collect();
            let message = format!("the envelope holds {other:?}, not an in-toto statement");
            Err(Raised::new(Code::PayloadTypeUnsupported, message))
        }
    };
    let encoding = envelope.pre_authentication_encoding();
    let hint = hint(bundle, envelope.signatures.len() == 1);
    let mut pushed = Vec::new();
    for signature in &envelope.signatures {
        if examiner.is_full() {
            examiner.too_many();
            break;
        }
        let mut draft = draft(examiner, bundle);
        claims(&statement, &examiner.job.referrer.subject, &mut draft);
        match signature {
            None => draft.raise(Raised::new(
                Code::SignatureEncoding,
                "the signature in the envelope is not base64",
            )),
            Some(signature) => {
                if !keyless(bundle, &mut draft) && !examiner.out_of_time(&mut draft) {
                    examiner.find_key(&mut draft, &hint, |key| key.made(&encoding, signature));
                }
            }
        }
        pushed.push(examiner.push(draft));
    }
    if envelope.signatures.is_empty() {
        let mut draft = draft(examiner, bundle);
        claims(&statement, &examiner.job.referrer.subject, &mut draft);
        draft.raise(Raised::new(Code::SignatureMissing, "the envelope has no signature"));
        pushed.push(examiner.push(draft));
    }
    if let Ok(statement) = &statement
        && statement.predicate_type != SIGN_PREDICATE
    {
        attest(examiner, statement, &pushed);
    }
}

/// What the statement says of itself, and whether it names the digest that the referrer is for.
fn claims(statement: &Result<Statement<'_>, Raised>, expected: &Digest, draft: &mut Draft) {
    let statement = match statement {
        Ok(statement) => statement,
        Err(problem) => return draft.raise(problem.clone()),
    };
    draft.fact.predicate_type = Some(statement.predicate_type.clone());
    if statement.predicate_type != SIGN_PREDICATE {
        draft.fact.purpose = Purpose::Attestation;
    }
    match statement.subject(expected) {
        Some(subject) => draft.fact.annotations = subject.annotations(),
        None => draft.raise(other_subject(&named(statement), expected)),
    }
}

/// The digests that a statement is about, for a message.
fn named(statement: &Statement<'_>) -> String {
    let mut digests = statement
        .subjects
        .iter()
        .flat_map(|subject| &subject.digest)
        .map(|(name, value)| shorten(&format!("{name}:{value}")));
    let first: Vec<_> = digests.by_ref().take(MAX_DIGESTS_NAMED).collect();
    match (first.is_empty(), digests.count()) {
        (true, _) => "no digest at all".to_owned(),
        (false, 0) => first.join(", "),
        (false, more) => format!("{} and {more} more", first.join(", ")),
    }
}

/// As long as a SHA-512 digest, so that a hostile statement cannot fill the facts.
fn shorten(text: &str) -> String {
    text.chars().take(135).collect()
}

fn attest(examiner: &mut Examiner<'_>, statement: &Statement<'_>, pushed: &[Pushed]) {
    let text = statement.predicate.map(|predicate| predicate.get());
    let small = text.filter(|text| text.len() <= examiner.budget.max_predicate_bytes);
    // What is nested deeper than 128 levels, or has numbers that no float holds, cannot be handed
    // over either.
    let predicate: Option<Value> = small.and_then(|text| serde_json::from_str(text).ok());
    let omitted = text.is_some() && predicate.is_none();
    let referrer = examiner.job.referrer;
    examiner.attest(AttestationFact {
        id: 0,
        referrer: referrer.descriptor.digest.clone(),
        subject: referrer.subject.clone(),
        predicate_type: statement.predicate_type.clone(),
        signed_by: pushed.iter().map(|pushed| pushed.position).collect(),
        // Trusted signatures name the subject: one that does not is invalid.
        verified: pushed.iter().any(|pushed| pushed.trusted),
        predicate: predicate.unwrap_or(Value::Null),
        predicate_omitted: omitted,
    });
}

/// A signature over the artifact's bytes.
fn message(
    examiner: &mut Examiner<'_>,
    bundle: &Bundle,
    digest: Option<(&str, &[u8])>,
    signature: &[u8],
    artifact: Option<&Outcome>,
    draft: &mut Draft,
) {
    let bytes = match artifact {
        Some(Outcome::Bytes(bytes)) => bytes.as_ref(),
        Some(Outcome::Unavailable(what)) => return examiner.unavailable(draft, what),
        None => examiner.job.subject.bytes.as_ref(),
    };
    let hint = hint(bundle, true);
    // A hash of another kind says nothing that the signature over the bytes does not.
    let stated = digest.and_then(|(name, value)| Some((hash(name)?, value)));
    match stated.filter(|(hash, value)| hash.of(bytes) != *value) {
        Some((hash, value)) => {
            let named = format!("the bytes with the hash {}", shorten(&HEXLOWER.encode(value)));
            draft.raise(other_subject(&named, &examiner.job.referrer.subject));
            examiner.find_key(draft, &hint, |key| key.made_over_hash(hash, value, signature));
        }
        None => examiner.find_key(draft, &hint, |key| key.made(bytes, signature)),
    }
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
