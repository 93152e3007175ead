//! The signed attributes of a token (RFC 5652 sections 5.3 and 11, RFC 3161 section 2.4.2).
//!
//! What is signed is not the `TSTInfo` but these: `contentType`, `messageDigest` (the hash of the
//! `TSTInfo`) and `signingCertificate` (RFC 2634 section 5.4) or `signingCertificateV2` (RFC 5035
//! section 3), which binds the signer's certificate, so that no other certificate of the same key
//! can take its place. Others, such as `signingTime`, are not used.
//!
//! Refused: attributes that are not in DER order, of which a reader that sorts them and one that
//! does not would see two different signed texts; one of the four twice; a first `ESSCertID` that
//! is not the signer's. SHA-1 stands in the first version of `ESSCertID` by its definition; there
//! it only says which of an authority's certificates is meant. Further `ESSCertID`s, which name
//! the authorities above the signer, have to be well formed and are not used: the path says that.

use super::algorithm::hash;
use super::asn1::{Field, Fields, context};
use super::error::TimestampError;
use crate::primitive::signature::Hash;
use crate::primitive::x509::Certificate;
use aws_lc_rs::digest;
use der::asn1::ObjectIdentifier;
use der::{Tag, TagNumber};

pub(super) const CONTENT_TYPE: &str = "contentType";
pub(super) const MESSAGE_DIGEST: &str = "messageDigest";
pub(super) const SIGNING_CERTIFICATE: &str = "signingCertificate";
pub(super) const SIGNING_CERTIFICATE_V2: &str = "signingCertificateV2";
const ATTRIBUTES: &str = "signedAttrs";

const KNOWN: [(ObjectIdentifier, &str); 4] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3"), CONTENT_TYPE),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4"), MESSAGE_DIGEST),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12"), SIGNING_CERTIFICATE),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47"), SIGNING_CERTIFICATE_V2),
];

/// So many attributes are read; real tokens have four or five.
pub(super) const MAX_ATTRIBUTES: usize = 32;
/// So many certificates may be named; real tokens name one to three.
const MAX_IDENTIFIERS: usize = 16;

/// The attributes that matter.
pub(super) struct Attributes<'a> {
    pub(super) content_type: ObjectIdentifier,
    pub(super) message_digest: &'a [u8],
    signing: Vec<CertificateId<'a>>,
}

/// `ESSCertID` or `ESSCertIDv2`: which certificate is the signer's.
struct CertificateId<'a> {
    attribute: &'static str,
    /// `None` is SHA-1.
    hash: Option<Hash>,
    value: &'a [u8],
    /// The issuer, DER of a `Name`, and the serial number, content of an INTEGER.
    issued: Option<(&'a [u8], &'a [u8])>,
}

/// Reads the content of `signedAttrs`.
pub(super) fn read(value: &[u8]) -> Result<Attributes<'_>, TimestampError> {
    let list = Fields::new(value, ATTRIBUTES)?.rest("signed attributes", MAX_ATTRIBUTES)?;
    if !list.is_sorted_by(|one, next| one.whole <= next.whole) {
        return Err(TimestampError::Malformed { structure: ATTRIBUTES });
    }
    let mut found = [None; KNOWN.len()];
    for Field { whole, .. } in list {
        let mut fields = Fields::sequence(whole, ATTRIBUTES)?;
        let oid = fields.oid()?;
        let mut values = Fields::new(fields.take(Tag::Set)?, ATTRIBUTES)?;
        fields.end()?;
        for (slot, (known, attribute)) in found.iter_mut().zip(KNOWN) {
            if known == oid {
                let value = values.next()?;
                if slot.replace(value).is_some() || values.end().is_err() {
                    return Err(TimestampError::AttributeRepeated { attribute });
                }
            }
        }
    }
    let [content_type, message_digest, v1, v2] = found;
    let missing = |attribute| TimestampError::AttributeMissing { attribute };
    let content_type = content_type.ok_or(missing(CONTENT_TYPE))?;
    let message_digest = message_digest.ok_or(missing(MESSAGE_DIGEST))?;
    let mut signing = Vec::new();
    if let Some(field) = v1 {
        signing.push(identifier(field, SIGNING_CERTIFICATE)?);
    }
    if let Some(field) = v2 {
        signing.push(identifier(field, SIGNING_CERTIFICATE_V2)?);
    }
    if signing.is_empty() {
        return Err(missing(SIGNING_CERTIFICATE_V2));
    }
    Ok(Attributes {
        content_type: Fields::new(content_type.whole, CONTENT_TYPE)?.oid()?,
        message_digest: Fields::new(message_digest.whole, MESSAGE_DIGEST)?
            .take(Tag::OctetString)?,
        signing,
    })
}

/// The first certificate of `SigningCertificate` or `SigningCertificateV2`, which is the signer's.
fn identifier<'a>(
    field: Field<'a>,
    attribute: &'static str,
) -> Result<CertificateId<'a>, TimestampError> {
    let mut fields = Fields::sequence(field.whole, attribute)?;
    let list = Fields::new(fields.take(Tag::Sequence)?, attribute)?;
    fields.optional(Tag::Sequence)?;
    fields.end()?;
    let mut identifiers = Vec::new();
    for Field { whole, .. } in list.rest("certificate identifiers", MAX_IDENTIFIERS)? {
        identifiers.push(one(Fields::sequence(whole, attribute)?, attribute)?);
    }
    let first = identifiers.into_iter().next();
    first.ok_or(TimestampError::Malformed { structure: attribute })
}

fn one<'a>(
    mut fields: Fields<'a>,
    attribute: &'static str,
) -> Result<CertificateId<'a>, TimestampError> {
    let hash = if attribute == SIGNING_CERTIFICATE {
        None
    } else if fields.peek() == Some(Tag::Sequence) {
        let algorithm = fields.algorithm()?;
        let oid = algorithm.oid;
        Some(hash(&algorithm).ok_or(TimestampError::AttributeAlgorithm { attribute, oid })?)
    } else {
        Some(Hash::Sha256)
    };
    let value = fields.take(Tag::OctetString)?;
    let issued =
        fields.optional(Tag::Sequence)?.map(|value| issued(value, attribute)).transpose()?;
    fields.end()?;
    Ok(CertificateId { attribute, hash, value, issued })
}

/// `IssuerSerial` (RFC 5035 section 5): the issuer is one `directoryName`.
fn issued<'a>(
    value: &'a [u8],
    attribute: &'static str,
) -> Result<(&'a [u8], &'a [u8]), TimestampError> {
    let mut fields = Fields::new(value, attribute)?;
    let mut names = fields.open(attribute)?;
    let name = names.take(context(TagNumber::N4))?;
    names.end()?;
    let serial = fields.take(Tag::Integer)?;
    fields.end()?;
    Ok((name, serial))
}

impl Attributes<'_> {
    /// That the certificate is the one that the attributes bind.
    pub(super) fn bind(&self, signer: &Certificate) -> Result<(), TimestampError> {
        for id in &self.signing {
            let value = match id.hash {
                Some(hash) => hash.of(signer.der()),
                None => {
                    let sha1 = &digest::SHA1_FOR_LEGACY_USE_ONLY;
                    digest::digest(sha1, signer.der()).as_ref().to_vec()
                }
            };
            let is_issued = id.issued.is_none_or(|(issuer, serial)| {
                issuer == signer.issuer_der() && super::signer::is_serial(signer, serial)
            });
            if value != id.value || !is_issued {
                return Err(TimestampError::AttributeMismatch { attribute: id.attribute });
            }
        }
        Ok(())
    }
}
