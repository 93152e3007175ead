//! One X.509 certificate (RFC 5280), read strictly.
//!
//! Refused: bytes after it, more than [`MAX_CERTIFICATE_BYTES`], versions other than 3, an
//! extension that occurs twice, signature algorithms inside and outside that differ, and anything
//! malformed in the extensions that are read here. A key that is not supported does not keep a
//! certificate from being read: [`Certificate::public_key`] says so when the key is wanted.
//!
//! A certificate that was read is not thereby trusted: see [`mod@super::path`].

use super::extension::{
    AUTHORITY_KEY_IDENTIFIER, BASIC_CONSTRAINTS, BasicConstraints, EXTENDED_KEY_USAGE, Extension,
    KEY_USAGE, KeyUsage, SUBJECT_ALTERNATIVE_NAME, SUBJECT_KEY_IDENTIFIER,
    authority_key_identifier, purposes, subject_key_identifier,
};
use super::name::{AlternativeName, distinguished};
use super::read::{Parts, RawExtension, with_extensions};
use crate::primitive::base64;
use crate::primitive::key::{KeyError, PublicKey};
use data_encoding::HEXLOWER;
use der::asn1::ObjectIdentifier;
use referee_core::facts::CertificateFact;
use referee_core::{Digest, Timestamp};
use serde_json::{Map, Value};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use x509_cert::time::Time;

pub use super::certificate_error::CertificateError;

/// The longest certificate, in bytes. Real ones have one to four thousand.
pub const MAX_CERTIFICATE_BYTES: usize = 64 * 1024;
/// The most certificates that one PEM text may hold. Real chains have at most five.
pub const MAX_PEM_CERTIFICATES: usize = 16;

/// An X.509 certificate. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    tbs: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    serial: String,
    issuer: Named,
    subject: Named,
    not_before: Timestamp,
    not_after: Timestamp,
    spki: Vec<u8>,
    key: OnceLock<Result<PublicKey, KeyError>>,
    /// How many bytes in the `TBSCertificate` stand before the extensions, which are its end.
    before_extensions: usize,
    extensions: Vec<Listed>,
    alternative_names: Vec<AlternativeName>,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    purposes: Option<Vec<ObjectIdentifier>>,
    subject_key_identifier: Option<Vec<u8>>,
    authority_key_identifier: Option<Vec<u8>>,
}

/// An extension, and where it stands in the `TBSCertificate`.
struct Listed {
    oid: ObjectIdentifier,
    critical: bool,
    written: Range<usize>,
    value: Range<usize>,
}

impl Listed {
    /// The extensions of a certificate, which are the end of its `TBSCertificate`.
    fn all(parts: &Parts<'_>) -> Vec<Self> {
        let length: usize = parts.extensions.iter().map(|extension| extension.written.len()).sum();
        let mut start = parts.tbs.len().saturating_sub(length);
        let place = |extension: &RawExtension<'_>| {
            let end = start + extension.written.len();
            let value = end.saturating_sub(extension.value.len())..end;
            let written = start..end;
            start = end;
            Self { oid: extension.oid, critical: extension.critical, written, value }
        };
        parts.extensions.iter().map(place).collect()
    }
}

struct Named {
    der: Vec<u8>,
    text: String,
}

impl Named {
    fn read(der: &[u8], structure: &'static str) -> Result<Self, CertificateError> {
        Ok(Self { der: der.to_vec(), text: distinguished(der, structure)? })
    }
}

impl Certificate {
    /// Reads a certificate from DER.
    ///
    /// # Errors
    /// [`CertificateError`], which says what is wrong with it.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            let (bytes, limit) = (der.len(), MAX_CERTIFICATE_BYTES);
            return Err(CertificateError::TooLong { bytes, limit });
        }
        let parts = Parts::of(der)?;
        let value = |oid: ObjectIdentifier| {
            parts.extensions.iter().find(|e| e.oid == oid).map(|extension| extension.value)
        };
        let names = value(SUBJECT_ALTERNATIVE_NAME).map(AlternativeName::read_all).transpose()?;
        let authority =
            value(AUTHORITY_KEY_IDENTIFIER).map(authority_key_identifier).transpose()?;
        Ok(Self(Arc::new(Inner {
            tbs: parts.tbs.to_vec(),
            algorithm: parts.algorithm.to_vec(),
            signature: parts.signature.to_vec(),
            serial: HEXLOWER.encode(unsigned(parts.serial)),
            issuer: Named::read(parts.issuer, "issuer")?,
            subject: Named::read(parts.subject, "subject")?,
            not_before: timestamp(parts.validity.not_before),
            not_after: timestamp(parts.validity.not_after),
            spki: parts.spki.to_vec(),
            key: OnceLock::new(),
            alternative_names: names.unwrap_or_default(),
            basic_constraints: value(BASIC_CONSTRAINTS).map(BasicConstraints::read).transpose()?,
            key_usage: value(KEY_USAGE).map(KeyUsage::read).transpose()?,
            purposes: value(EXTENDED_KEY_USAGE).map(purposes).transpose()?,
            subject_key_identifier: value(SUBJECT_KEY_IDENTIFIER)
                .map(subject_key_identifier)
                .transpose()?,
            authority_key_identifier: authority.flatten(),
            before_extensions: parts.before_extensions,
            extensions: Listed::all(&parts),
            der: der.to_vec(),
        })))
    }

    /// Reads one or several certificates from PEM (RFC 7468). Text between the blocks is allowed,
    /// as tools write it; blocks of another kind are not.
    ///
    /// # Errors
    /// [`CertificateError`], which says what is wrong with the text or with a certificate in it.
    pub fn from_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
        const END: &str = "-----END CERTIFICATE-----";
        let mut certificates = Vec::new();
        let mut open: Option<String> = None;
        for line in text.lines().map(str::trim) {
            match &mut open {
                None if line == BEGIN => open = Some(String::new()),
                None if line.starts_with("-----BEGIN ") => return Err(CertificateError::PemLabel),
                None => {}
                Some(content) if line == END => {
                    if certificates.len() >= MAX_PEM_CERTIFICATES {
                        return Err(CertificateError::TooManyPem { limit: MAX_PEM_CERTIFICATES });
                    }
                    let problem = "the content of a block is not base64";
                    let der = base64::standard(content).ok_or(CertificateError::Pem { problem })?;
                    certificates.push(Self::from_der(&der)?);
                    open = None;
                }
                Some(content) => {
                    content.extend(line.split_ascii_whitespace());
                    if content.len() > MAX_CERTIFICATE_BYTES * 2 {
                        let problem = "a block is too long";
                        return Err(CertificateError::Pem { problem });
                    }
                }
            }
        }
        if open.is_some() {
            let problem = "a BEGIN line has no END line";
            return Err(CertificateError::Pem { problem });
        }
        if certificates.is_empty() {
            return Err(CertificateError::NoPem);
        }
        Ok(certificates)
    }

    /// The bytes it was read from.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The SHA-256 of its DER.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        Digest::sha256(&self.0.der)
    }

    /// The SubjectPublicKeyInfo as it was written, DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// The subject's key.
    ///
    /// # Errors
    /// [`KeyError`] where it is of a kind or size that is not supported.
    pub fn public_key(&self) -> Result<&PublicKey, KeyError> {
        let key = self.0.key.get_or_init(|| PublicKey::from_spki(&self.0.spki));
        key.as_ref().map_err(KeyError::clone)
    }

    /// The subject, RFC 4514. Empty in Fulcio's certificates.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject.text
    }

    /// The subject as it was written, DER of a `Name`.
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        &self.0.subject.der
    }

    /// The issuer, RFC 4514.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer.text
    }

    /// The issuer as it was written, DER of a `Name`.
    #[must_use]
    pub fn issuer_der(&self) -> &[u8] {
        &self.0.issuer.der
    }

    /// The serial number in lower-case hex, without a byte that only holds the sign.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.0.serial
    }

    /// The start of its validity, which belongs to it.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// The end of its validity, which belongs to it.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// The subject alternative names, in the order they were written.
    #[must_use]
    pub fn alternative_names(&self) -> &[AlternativeName] {
        &self.0.alternative_names
    }

    /// An extension.
    #[must_use]
    pub fn extension(&self, oid: ObjectIdentifier) -> Option<Extension<'_>> {
        self.extensions().find(|(own, _)| *own == oid).map(|(_, extension)| extension)
    }

    /// All extensions, in the order they were written. No two have the same identifier.
    pub fn extensions(&self) -> impl Iterator<Item = (ObjectIdentifier, Extension<'_>)> {
        self.0.extensions.iter().map(|listed| {
            let value = self.0.tbs.get(listed.value.clone()).unwrap_or_default();
            (listed.oid, Extension { critical: listed.critical, value })
        })
    }

    /// Whether it says that its key is an authority's (`basicConstraints`).
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.0.basic_constraints.is_some_and(|constraints| constraints.ca)
    }

    /// How many authorities may stand between this one and a leaf, where it says so.
    #[must_use]
    pub fn path_length(&self) -> Option<u8> {
        self.0.basic_constraints.and_then(|constraints| constraints.path_length)
    }

    /// What the key may be used for, where it says so.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.key_usage
    }

    /// The purposes of the key, where it has any (`extendedKeyUsage`).
    #[must_use]
    pub fn purposes(&self) -> Option<&[ObjectIdentifier]> {
        self.0.purposes.as_deref()
    }

    /// The identifier of the subject's key, where it has one.
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.0.subject_key_identifier.as_deref()
    }

    /// The identifier of the issuer's key, where it has one.
    #[must_use]
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.0.authority_key_identifier.as_deref()
    }

    /// Whether subject and issuer have the same name.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.0.subject.der == self.0.issuer.der
    }

    /// Whether it is valid at a point in time. Both ends belong to the validity.
    #[must_use]
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.not_before() <= at && at <= self.not_after()
    }

    /// What stands in the facts, with the claims that its issuer put in.
    #[must_use]
    pub fn fact(&self, claims: Map<String, Value>) -> CertificateFact {
        CertificateFact {
            subject: self.subject().to_owned(),
            issuer: self.issuer().to_owned(),
            serial: self.serial().to_owned(),
            sans: self.alternative_names().iter().map(AlternativeName::text).collect(),
            not_before: self.not_before(),
            not_after: self.not_after(),
            claims,
        }
    }

    /// The `TBSCertificate`: what is signed.
    #[must_use]
    pub fn tbs_der(&self) -> &[u8] {
        &self.0.tbs
    }

    /// The `TBSCertificate` with an extension cut out, every other byte as it was signed (RFC 6962
    /// section 3.2 wants it so); `None` where there is no such extension.
    #[must_use]
    pub fn tbs_der_without(&self, oid: ObjectIdentifier) -> Option<Vec<u8>> {
        let Inner { tbs, before_extensions, extensions, .. } = &*self.0;
        let cut = extensions.iter().find(|listed| listed.oid == oid)?.written.clone();
        let start = extensions.first()?.written.start;
        let kept = [tbs.get(start..cut.start)?, tbs.get(cut.end..)?].concat();
        with_extensions(tbs, *before_extensions, &kept)
    }

    /// The `AlgorithmIdentifier` of the signature.
    pub(super) fn algorithm_der(&self) -> &[u8] {
        &self.0.algorithm
    }

    /// The issuer's signature.
    pub(super) fn signature(&self) -> &[u8] {
        &self.0.signature
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject())
            .field("issuer", &self.issuer())
            .field("serial", &self.serial())
            .finish_non_exhaustive()
    }
}

/// A serial number without the byte that only holds the sign.
fn unsigned(serial: &[u8]) -> &[u8] {
    match serial {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    }
}

/// The year 9999 is how RFC 5280 section 4.1.2.5 says "never"; what is past the last point in time
/// that can be told is told as that.
fn timestamp(time: Time) -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(time.to_unix_duration())
}
