//! Whether what stands in the log is about this very signature, this very certificate or key and
//! this very content. A proof of inclusion says nothing of it: without this check an entry about
//! something else passes (CVE-2022-36056).
//!
//! Which kind logs what:
//!
//! | kind | of a message | of an envelope |
//! |---|---|---|
//! | `hashedrekord` 0.0.1, `rekord` 0.0.1 | yes | no |
//! | `hashedrekord` 0.0.2 | yes | yes, over the pre-authentication encoding |
//! | `dsse` 0.0.1 and 0.0.2, `intoto` 0.0.2 | no | yes |
//! | `intoto` 0.0.1 | no | yes, by the digest of the envelope as it was sent |
//!
//! An entry with all signatures of an envelope must have exactly those of this one: Rekor takes
//! an envelope only with a key for each. A certificate is compared as a whole, a key by its id.
//! What sigstore-go and sigstore-verify do not read in bundles and is read here: envelopes with
//! several signatures, `dsse` 0.0.2, and SHA-384 and SHA-512 in `hashedrekord`.

use super::entry::{Entry, Kind};
use super::error::{BodyProblem, LogError, Which};
use super::shape::{
    Dsse, DsseV002, HashOutput, HashedRekordV002, HexHash, IntotoV001, IntotoV002, Rekord,
    SignatureV2, VerifierV2, parse,
};
use super::signed::{Content, Signed, Verifier};
use crate::envelope::dsse::Envelope;
use crate::primitive::key::PublicKey;
use crate::primitive::signature::Hash;
use crate::primitive::{base64, pem};
use data_encoding::HEXLOWER;

/// A verifier as an entry names it.
enum Named {
    Certificate(Vec<u8>),
    /// `None` is a key that cannot be read, and so is none that verified anything.
    Key(Option<PublicKey>),
}

/// Holds the body of an entry against what was signed.
pub(super) fn verify(entry: &Entry, kind: Kind, signed: &Signed<'_>) -> Result<(), LogError> {
    let body = &entry.canonicalized_body;
    match (kind, signed.content) {
        (Kind::HashedRekordV001 | Kind::RekordV001, Content::Message(digests)) => {
            let rekord: Rekord<'_> = parse(body, kind)?;
            rekord_format(kind, &rekord)?;
            let (algorithm, value) = hex_hash("spec.data.hash", &rekord.data.hash)?;
            let signature = decode("spec.signature.content", &rekord.signature.content)?;
            let key = &rekord.signature.public_key.content;
            same(signature == signed.signature, Which::Signature)?;
            same(is(&signed.verifier, &pem_verifier(key)?), Which::Verifier)?;
            let expected = digests.get(algorithm).ok_or_else(|| unknown(algorithm))?;
            same(value == expected, Which::Digest)
        }
        (Kind::HashedRekordV002, content) => {
            let HashedRekordV002 { content: logged } = parse(body, kind)?;
            let (algorithm, value) = hash_output(&logged.data)?;
            signature_v2(&logged.signature, signed, Some(algorithm))?;
            let expected = match content {
                Content::Message(digests) => {
                    digests.get(algorithm).ok_or_else(|| unknown(algorithm))?.to_vec()
                }
                Content::Envelope { envelope, .. } => {
                    algorithm.of(&envelope.pre_authentication_encoding())
                }
            };
            same(value == expected, Which::Digest)
        }
        (Kind::DsseV001, Content::Envelope { envelope, written }) => {
            let dsse: Dsse<'_> = parse(body, kind)?;
            let mut named = Vec::new();
            for item in &dsse.signatures {
                named.push((
                    decode("spec.signatures[].signature", &item.signature)?,
                    pem_verifier(&item.verifier)?,
                ));
            }
            signatures(&named, signed, envelope)?;
            payload_hash("spec.payloadHash", &dsse.payload_hash, envelope)?;
            envelope_hash("spec.envelopeHash", &dsse.envelope_hash, written)
        }
        (Kind::DsseV002, Content::Envelope { envelope, .. }) => {
            let DsseV002 { content: logged } = parse(body, kind)?;
            let mut named = Vec::new();
            for item in &logged.signatures {
                key_details(&item.verifier.key_details)?;
                named.push((
                    decode("spec.dsseV002.signatures[].content", &item.content)?,
                    verifier_v2(&item.verifier)?,
                ));
            }
            signatures(&named, signed, envelope)?;
            let (algorithm, value) = hash_output(&logged.payload_hash)?;
            same(value == algorithm.of(&envelope.payload), Which::Payload)
        }
        (Kind::IntotoV001, Content::Envelope { envelope, written: Some(written) }) => {
            let IntotoV001 { content, public_key } = parse(body, kind)?;
            same(is(&signed.verifier, &pem_verifier(&public_key)?), Which::Verifier)?;
            if let Some(hash) = &content.payload_hash {
                payload_hash("spec.content.payloadHash", hash, envelope)?;
            }
            // The signature is in the envelope, which is logged by its digest alone.
            let has = |own: &Option<Vec<u8>>| own.as_deref() == Some(signed.signature);
            same(envelope.signatures.iter().any(has), Which::Signature)?;
            envelope_hash("spec.content.hash", &content.hash, Some(written))
        }
        (Kind::IntotoV002, Content::Envelope { envelope, written }) => {
            let IntotoV002 { content } = parse(body, kind)?;
            let logged = &content.envelope;
            let mut named = Vec::new();
            for item in &logged.signatures {
                let field = "spec.content.envelope.signatures[].sig";
                let text = decode(field, &item.sig)?;
                // Of what is no base64 within it is another signature, whatever it is.
                let other = LogError::BodyMismatch { which: Which::Signature };
                let signature = str::from_utf8(&text).ok().and_then(base64::any).ok_or(other)?;
                named.push((signature, pem_verifier(&item.public_key)?));
            }
            signatures(&named, signed, envelope)?;
            same(logged.payload_type == envelope.payload_type, Which::PayloadType)?;
            if let Some(payload) = &logged.payload {
                let payload = decode_twice("spec.content.envelope.payload", payload)?;
                same(payload == envelope.payload, Which::Payload)?;
            }
            payload_hash("spec.content.payloadHash", &content.payload_hash, envelope)?;
            envelope_hash("spec.content.hash", &content.hash, written)
        }
        (kind, Content::Message(_)) => {
            Err(LogError::BodyKindUnfit { kind, content: "the signature of a message" })
        }
        (kind, Content::Envelope { .. }) => {
            Err(LogError::BodyKindUnfit { kind, content: "this DSSE envelope" })
        }
    }
}

fn same(is_same: bool, which: Which) -> Result<(), LogError> {
    if is_same { Ok(()) } else { Err(LogError::BodyMismatch { which }) }
}

/// Holds all the signatures of an entry against one of them and the envelope.
fn signatures(
    named: &[(Vec<u8>, Named)],
    signed: &Signed<'_>,
    envelope: &Envelope,
) -> Result<(), LogError> {
    let mut own = named.iter().filter(|(signature, _)| signature == signed.signature).peekable();
    same(own.peek().is_some(), Which::Signature)?;
    same(own.any(|(_, verifier)| is(&signed.verifier, verifier)), Which::Verifier)?;
    let in_envelope =
        |signature: &Vec<u8>| envelope.signatures.iter().any(|own| own.as_ref() == Some(signature));
    let in_entry = |own: &Option<Vec<u8>>| {
        own.as_ref().is_some_and(|own| named.iter().any(|(signature, _)| signature == own))
    };
    let all = named.iter().all(|(signature, _)| in_envelope(signature))
        && envelope.signatures.iter().all(in_entry);
    same(all, Which::Signatures)
}

/// Whether a verifier of an entry is the one of the signature.
fn is(verifier: &Verifier<'_>, named: &Named) -> bool {
    match (verifier, named) {
        (Verifier::Certificate(der), Named::Certificate(named)) => der == named,
        (Verifier::Key(key), Named::Key(Some(named))) => key.id() == named.id(),
        _ => false,
    }
}

/// A verifier of Rekor v1: base64 over PEM. Of a chain it is the first certificate.
fn pem_verifier(text: &str) -> Result<Named, LogError> {
    let malformed = || LogError::BodyMalformed(BodyProblem::Verifier);
    let bytes = decode("a verifier", text)?;
    let text = str::from_utf8(&bytes).map_err(|_| malformed())?;
    let block = pem::read(first_block(text)).map_err(|_| malformed())?;
    match block.label.as_str() {
        "CERTIFICATE" => Ok(Named::Certificate(block.der)),
        _ => Ok(Named::Key(PublicKey::from_pem(first_block(text)).ok())),
    }
}

/// The text through its first `END` line.
fn first_block(text: &str) -> &str {
    let end = text.find("-----END ").and_then(|start| {
        let line = text.get(start..)?.find('\n')?;
        text.get(..start + line)
    });
    end.unwrap_or(text)
}

/// Holds a signature of Rekor v2 against ours, and its hash, where it has one, against the data's.
fn signature_v2(
    logged: &SignatureV2<'_>,
    signed: &Signed<'_>,
    algorithm: Option<Hash>,
) -> Result<(), LogError> {
    let signature = decode("spec.hashedRekordV002.signature.content", &logged.content)?;
    same(signature == signed.signature, Which::Signature)?;
    same(is(&signed.verifier, &verifier_v2(&logged.verifier)?), Which::Verifier)?;
    if key_details(&logged.verifier.key_details)? != algorithm {
        return Err(algorithm_problem("keyDetails", &logged.verifier.key_details));
    }
    Ok(())
}

/// A verifier of Rekor v2: base64 over DER.
fn verifier_v2(verifier: &VerifierV2<'_>) -> Result<Named, LogError> {
    match (&verifier.x509_certificate, &verifier.public_key) {
        (Some(certificate), None) => {
            decode("x509Certificate.rawBytes", &certificate.raw_bytes).map(Named::Certificate)
        }
        (None, Some(key)) => {
            let der = decode("publicKey.rawBytes", &key.raw_bytes)?;
            Ok(Named::Key(PublicKey::from_spki(&der).ok()))
        }
        _ => Err(LogError::BodyMalformed(BodyProblem::Verifier)),
    }
}

/// The hash of a signature algorithm (`sigstore_common.proto`, `PublicKeyDetails`): `None` for
/// pure Ed25519, which has none.
fn key_details(name: &str) -> Result<Option<Hash>, LogError> {
    Ok(Some(match name {
        "PKIX_ECDSA_P256_SHA_256"
        | "PKIX_ECDSA_P384_SHA_256"
        | "PKIX_ECDSA_P521_SHA_256"
        | "PKIX_RSA_PKCS1V15_2048_SHA256"
        | "PKIX_RSA_PKCS1V15_3072_SHA256"
        | "PKIX_RSA_PKCS1V15_4096_SHA256"
        | "PKIX_RSA_PSS_2048_SHA256"
        | "PKIX_RSA_PSS_3072_SHA256"
        | "PKIX_RSA_PSS_4096_SHA256" => Hash::Sha256,
        "PKIX_ECDSA_P384_SHA_384" => Hash::Sha384,
        "PKIX_ECDSA_P521_SHA_512" | "PKIX_ED25519_PH" => Hash::Sha512,
        "PKIX_ED25519" => return Ok(None),
        _ => return Err(algorithm_problem("keyDetails", name)),
    }))
}

/// `rekord` of cosign is of the format `x509`, which `hashedrekord` does not have.
fn rekord_format(kind: Kind, rekord: &Rekord<'_>) -> Result<(), LogError> {
    match (kind, rekord.signature.format.as_deref()) {
        (Kind::RekordV001, Some("x509")) | (Kind::HashedRekordV001, None) => Ok(()),
        (_, found) => Err(algorithm_problem("spec.signature.format", found.unwrap_or_default())),
    }
}

/// A hash of Rekor v1.
fn hex_hash(field: &'static str, hash: &HexHash<'_>) -> Result<(Hash, Vec<u8>), LogError> {
    let algorithm = match &*hash.algorithm {
        "sha256" => Hash::Sha256,
        "sha384" => Hash::Sha384,
        "sha512" => Hash::Sha512,
        found => return Err(algorithm_problem(field, found)),
    };
    let value = HEXLOWER.decode(hash.value.as_bytes()).map_err(|_| {
        LogError::BodyMalformed(BodyProblem::Encoding { field, encoding: "lower case hex" })
    })?;
    Ok((algorithm, value))
}

/// A hash of Rekor v1 where it takes no other than SHA-256.
fn sha256(field: &'static str, hash: &HexHash<'_>) -> Result<Vec<u8>, LogError> {
    match hex_hash(field, hash)? {
        (Hash::Sha256, value) => Ok(value),
        _ => Err(algorithm_problem(field, &hash.algorithm)),
    }
}

/// A hash of Rekor v2 (`sigstore_common.proto`, `HashOutput`).
fn hash_output(hash: &HashOutput<'_>) -> Result<(Hash, Vec<u8>), LogError> {
    let algorithm = match &*hash.algorithm {
        "SHA2_256" => Hash::Sha256,
        "SHA2_384" => Hash::Sha384,
        "SHA2_512" => Hash::Sha512,
        found => return Err(algorithm_problem("a digest", found)),
    };
    Ok((algorithm, decode("a digest", &hash.digest)?))
}

fn payload_hash(
    field: &'static str,
    hash: &HexHash<'_>,
    envelope: &Envelope,
) -> Result<(), LogError> {
    same(sha256(field, hash)? == Hash::Sha256.of(&envelope.payload), Which::Payload)
}

/// Without the envelope as it was sent its digest says nothing: JSON is written in many ways.
fn envelope_hash(
    field: &'static str,
    hash: &HexHash<'_>,
    written: Option<&[u8]>,
) -> Result<(), LogError> {
    let value = sha256(field, hash)?;
    same(written.is_none_or(|written| value == Hash::Sha256.of(written)), Which::Envelope)
}

fn decode(field: &'static str, text: &str) -> Result<Vec<u8>, LogError> {
    let problem = BodyProblem::Encoding { field, encoding: "padded standard base64" };
    base64::standard(text).ok_or(LogError::BodyMalformed(problem))
}

/// `intoto` 0.0.2 has signatures and payload as they stand in the envelope, which is in base64,
/// once more in base64.
fn decode_twice(field: &'static str, text: &str) -> Result<Vec<u8>, LogError> {
    let inner = decode(field, text)?;
    let problem = BodyProblem::Encoding { field, encoding: "base64 of base64" };
    let inner = str::from_utf8(&inner).ok().and_then(base64::any);
    inner.ok_or(LogError::BodyMalformed(problem))
}

fn unknown(algorithm: Hash) -> LogError {
    let algorithm = match algorithm {
        Hash::Sha256 => "SHA-256",
        Hash::Sha384 => "SHA-384",
        Hash::Sha512 => "SHA-512",
    };
    LogError::DigestUnknown { algorithm }
}

fn algorithm_problem(field: &'static str, found: &str) -> LogError {
    let found = found.chars().take(80).collect();
    LogError::BodyMalformed(BodyProblem::Algorithm { field, found })
}
