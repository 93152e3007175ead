//! The extensions of a certificate that say what its key is for (RFC 5280 section 4.2.1).

use super::CertificateError;
use super::read::{exactly, inside, malformed};
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef};
use der::{Reader as _, Tag, TagNumber, Tagged as _};
use x509_cert::ext::pkix;

pub(super) const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.5.29.14");
pub(super) const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
pub(super) const SUBJECT_ALTERNATIVE_NAME: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.5.29.17");
pub(super) const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
pub(super) const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");
pub(super) const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.5.29.35");
pub(super) const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// An extension of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Whether a reader that does not know it must refuse the certificate.
    pub critical: bool,
    /// The DER in it.
    pub value: &'a [u8],
}

/// What a key may be used for (section 4.2.1.3): the bits, the first being the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// `digitalSignature`.
    #[must_use]
    pub fn digital_signature(self) -> bool {
        self.bit(0)
    }

    /// `nonRepudiation`, also named `contentCommitment`.
    #[must_use]
    pub fn non_repudiation(self) -> bool {
        self.bit(1)
    }

    /// `keyCertSign`.
    #[must_use]
    pub fn key_cert_sign(self) -> bool {
        self.bit(5)
    }

    fn bit(self, number: u16) -> bool {
        self.0 & (1 << number) != 0
    }

    pub(super) fn read(der: &[u8]) -> Result<Self, CertificateError> {
        let bits: BitStringRef<'_> = exactly(der, "keyUsage")?;
        let set = bits.bits().take(9).enumerate().filter(|(_, set)| *set);
        Ok(Self(set.fold(0, |usage, (number, _)| usage | (1 << number))))
    }
}

/// Whether a key is an authority's, and how many authorities may stand below it (section 4.2.1.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BasicConstraints {
    pub(super) ca: bool,
    pub(super) path_length: Option<u8>,
}

impl BasicConstraints {
    pub(super) fn read(der: &[u8]) -> Result<Self, CertificateError> {
        let read: pkix::BasicConstraints = exactly(der, "basicConstraints")?;
        Ok(Self { ca: read.ca, path_length: read.path_len_constraint })
    }
}

/// The purposes of a key (section 4.2.1.12).
pub(super) fn purposes(der: &[u8]) -> Result<Vec<ObjectIdentifier>, CertificateError> {
    let mut reader = inside(der, Tag::Sequence, "extendedKeyUsage")?;
    let mut purposes = Vec::new();
    while !reader.is_finished() {
        purposes.push(reader.decode().map_err(malformed("extendedKeyUsage"))?);
    }
    if purposes.is_empty() {
        return Err(CertificateError::Malformed { structure: "extendedKeyUsage" });
    }
    Ok(purposes)
}

/// The subject key identifier (section 4.2.1.2).
pub(super) fn subject_key_identifier(der: &[u8]) -> Result<Vec<u8>, CertificateError> {
    let read: OctetStringRef<'_> = exactly(der, "subjectKeyIdentifier")?;
    Ok(read.as_bytes().to_vec())
}

/// The authority key identifier (section 4.2.1.1), where it is by key; by issuer and serial number
/// is not looked at, the signature says which it was.
pub(super) fn authority_key_identifier(der: &[u8]) -> Result<Option<Vec<u8>>, CertificateError> {
    let mut reader = inside(der, Tag::Sequence, "authorityKeyIdentifier")?;
    let mut key = None;
    while !reader.is_finished() {
        let any: AnyRef<'_> = reader.decode().map_err(malformed("authorityKeyIdentifier"))?;
        if any.tag() == (Tag::ContextSpecific { constructed: false, number: TagNumber::N0 }) {
            key = Some(any.value().to_vec());
        }
    }
    Ok(key)
}
