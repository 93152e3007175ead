//! A timestamp response or token (RFC 3161 section 2.4.2) and the signed data in it (RFC 5652).
//!
//! Sigstore keeps the whole `TimeStampResp`, Notary Project the `ContentInfo` in it; both are
//! read. Nothing is decoded that is not used, and nothing unsigned is believed: certificates,
//! revocation lists and unsigned attributes are only kept or passed over.
//!
//! Refused: more than [`super::MAX_TOKEN`] bytes, bytes after the token, BER, a status that is
//! neither granted nor granted with modifications, signed data of other versions than 3, content
//! of another type than `TSTInfo`, several signers or none, and no signed attributes.

use super::algorithm::hash;
use super::asn1::{Field, Fields, context, primitive};
use super::attributes::{self, Attributes};
use super::error::TimestampError;
use super::info::{self, Info};
use super::{MAX_CERTIFICATES, MAX_TOKEN};
use crate::primitive::signature::Hash;
use der::asn1::ObjectIdentifier;
use der::{Tag, TagNumber};

pub(super) const CONTENT_INFO: &str = "ContentInfo";
const RESPONSE: &str = "TimeStampResp";
const SIGNED_DATA: &str = "SignedData";
const CONTENT: &str = "encapContentInfo";
const SIGNER_INFO: &str = "SignerInfo";
const DIGESTS: &str = "digestAlgorithms";

const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const ID_CT_TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// A token, taken apart.
pub(super) struct Token<'a> {
    pub(super) info: Info<'a>,
    /// The certificates in it, each of them DER.
    pub(super) certificates: Vec<&'a [u8]>,
    pub(super) signer: Signer<'a>,
}

/// The one `SignerInfo`.
pub(super) struct Signer<'a> {
    pub(super) id: SignerId<'a>,
    pub(super) digest: Hash,
    pub(super) attributes: Attributes<'a>,
    /// The attributes as the SET OF that is signed.
    pub(super) signed: Vec<u8>,
    /// The `signatureAlgorithm`, DER.
    pub(super) algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
}

/// How the token names its signer.
#[derive(Clone, Copy)]
pub(super) enum SignerId<'a> {
    /// By the issuer, DER of a `Name`, and the serial number, content of an INTEGER.
    Issued { issuer: &'a [u8], serial: &'a [u8] },
    /// By the identifier of its key.
    Key(&'a [u8]),
}

/// Takes a response or a token apart, and checks that its parts fit one another.
pub(super) fn read(bytes: &[u8]) -> Result<Token<'_>, TimestampError> {
    if bytes.len() > MAX_TOKEN {
        return Err(TimestampError::TooLarge { bytes: bytes.len() });
    }
    let mut fields = Fields::sequence(bytes, RESPONSE)?;
    // A response starts with a `PKIStatusInfo`, a token with the identifier of its content.
    if fields.peek() == Some(Tag::Sequence) {
        status(fields.open("PKIStatusInfo")?)?;
        if fields.end().is_ok() {
            return Err(TimestampError::NoToken);
        }
        let token = fields.next()?;
        fields.end()?;
        content_info(token.whole)
    } else {
        content_info(bytes)
    }
}

fn status(mut fields: Fields<'_>) -> Result<(), TimestampError> {
    let code = fields.number()?;
    fields.optional(Tag::Sequence)?;
    fields.optional(Tag::BitString)?;
    fields.end()?;
    // Granted, and granted with modifications.
    if code > 1 { Err(TimestampError::Status { code }) } else { Ok(()) }
}

fn content_info(bytes: &[u8]) -> Result<Token<'_>, TimestampError> {
    let mut fields = Fields::sequence(bytes, CONTENT_INFO)?;
    content_type(CONTENT_INFO, fields.oid()?, ID_SIGNED_DATA)?;
    let content = fields.take(context(TagNumber::N0))?;
    fields.end()?;
    signed_data(Fields::sequence(content, SIGNED_DATA)?)
}

fn signed_data(mut fields: Fields<'_>) -> Result<Token<'_>, TimestampError> {
    version(SIGNED_DATA, fields.number()?, 3)?;
    let digests = Fields::new(fields.take(Tag::Set)?, DIGESTS)?;
    let mut content = fields.open(CONTENT)?;
    content_type("eContentType", content.oid()?, ID_CT_TST_INFO)?;
    let mut wrapped = Fields::new(content.take(context(TagNumber::N0))?, CONTENT)?;
    content.end()?;
    let info = wrapped.take(Tag::OctetString)?;
    wrapped.end()?;
    let certificates = match fields.optional(context(TagNumber::N0))? {
        Some(set) => Fields::new(set, "certificates")?.rest("certificates", MAX_CERTIFICATES)?,
        None => Vec::new(),
    };
    fields.optional(context(TagNumber::N1))?;
    let signers = Fields::new(fields.take(Tag::Set)?, SIGNER_INFO)?;
    fields.end()?;
    let signers = signers.rest("signers", MAX_CERTIFICATES)?;
    let [signer] = signers.as_slice() else {
        return Err(TimestampError::SignerCount { count: signers.len() });
    };
    let signer = signer_info(signer.whole, info)?;
    listed(digests, signer.digest)?;
    Ok(Token {
        signer,
        info: info::read(info)?,
        // The other choices are attribute certificates and older forms (RFC 5652 section 10.2.2).
        certificates: certificates.iter().filter(is_certificate).map(|f| f.whole).collect(),
    })
}

/// That a hash is in the list of those that signers use. RFC 5652 section 5.1 lets a verifier
/// insist on that, and openssl does.
fn listed(digests: Fields<'_>, digest: Hash) -> Result<(), TimestampError> {
    let mut is_listed = false;
    for field in digests.rest("digest algorithms", MAX_CERTIFICATES)? {
        let listed = Fields::new(field.whole, DIGESTS)?.algorithm()?;
        is_listed |= hash(&listed) == Some(digest);
    }
    if is_listed { Ok(()) } else { Err(TimestampError::DigestNotListed) }
}

fn is_certificate(field: &&Field<'_>) -> bool {
    field.tag == Tag::Sequence
}

/// Reads the signer, whose attributes have to be about this content.
fn signer_info<'a>(bytes: &'a [u8], content: &[u8]) -> Result<Signer<'a>, TimestampError> {
    let mut fields = Fields::sequence(bytes, SIGNER_INFO)?;
    let found = fields.number()?;
    let (id, expected) = if fields.peek() == Some(Tag::Sequence) {
        let mut id = fields.open("IssuerAndSerialNumber")?;
        let issuer = id.next()?.whole;
        let serial = id.take(Tag::Integer)?;
        id.end()?;
        (SignerId::Issued { issuer, serial }, 1)
    } else {
        (SignerId::Key(fields.take(primitive(TagNumber::N0))?), 3)
    };
    version(SIGNER_INFO, found, expected)?;
    let digest = fields.algorithm()?;
    let digest = hash(&digest).ok_or(TimestampError::DigestAlgorithm { oid: digest.oid })?;
    if fields.peek() != Some(context(TagNumber::N0)) {
        return Err(TimestampError::AttributeMissing { attribute: attributes::CONTENT_TYPE });
    }
    let written = fields.next()?;
    let algorithm = fields.next()?.whole;
    let signature = fields.take(Tag::OctetString)?;
    fields.optional(context(TagNumber::N1))?;
    fields.end()?;

    let attributes = attributes::read(written.value)?;
    let mismatch = |attribute| TimestampError::AttributeMismatch { attribute };
    if attributes.content_type != ID_CT_TST_INFO {
        return Err(mismatch(attributes::CONTENT_TYPE));
    }
    if attributes.message_digest != digest.of(content) {
        return Err(mismatch(attributes::MESSAGE_DIGEST));
    }
    Ok(Signer { id, digest, attributes, signed: as_set(written.whole), algorithm, signature })
}

/// The attributes are written with the tag `[0]`, and signed with the tag of a SET (RFC 5652
/// section 5.4). Every other byte stays as it is.
fn as_set(written: &[u8]) -> Vec<u8> {
    let mut bytes = written.to_vec();
    if let Some(tag) = bytes.first_mut() {
        *tag = Tag::Set.octet();
    }
    bytes
}

fn version(structure: &'static str, found: u64, expected: u64) -> Result<(), TimestampError> {
    if found == expected {
        Ok(())
    } else {
        Err(TimestampError::Version { structure, found, expected })
    }
}

fn content_type(
    place: &'static str,
    found: ObjectIdentifier,
    expected: ObjectIdentifier,
) -> Result<(), TimestampError> {
    if found == expected { Ok(()) } else { Err(TimestampError::ContentType { place, found }) }
}
