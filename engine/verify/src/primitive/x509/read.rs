//! The DER of a certificate (RFC 5280 section 4.1), taken apart without copying.
//!
//! Names, the key and what is signed are handed out as they were written: names are compared and
//! signatures verified over those very bytes, and nothing is encoded a second time.
//!
//! Refused: versions other than 3, unique identifiers (section 4.1.2.8 forbids to make them), an
//! algorithm inside that differs from the one outside, bytes after any structure.

use der::asn1::{AnyRef, BitStringRef, ContextSpecific, ObjectIdentifier};
use der::{Decode, Encode as _, Header, Length, Reader, SliceReader, Tag, TagMode, TagNumber};
use x509_cert::time::Validity;

use super::CertificateError;

/// More extensions than any certificate has; Fulcio's have about 25.
const MAX_EXTENSIONS: usize = 64;

/// A certificate, taken apart.
pub(super) struct Parts<'a> {
    /// The `TBSCertificate` as it was signed.
    pub(super) tbs: &'a [u8],
    /// The `AlgorithmIdentifier` of the signature.
    pub(super) algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
    pub(super) serial: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) validity: Validity,
    pub(super) subject: &'a [u8],
    pub(super) spki: &'a [u8],
    /// How many bytes in the `TBSCertificate` stand before the extensions.
    pub(super) before_extensions: usize,
    pub(super) extensions: Vec<RawExtension<'a>>,
}

/// An extension (section 4.2).
pub(super) struct RawExtension<'a> {
    pub(super) oid: ObjectIdentifier,
    pub(super) critical: bool,
    pub(super) value: &'a [u8],
    /// All of it, as it was written; the value is its end.
    pub(super) written: &'a [u8],
}

/// The error for a structure that is not what it should be.
pub(super) fn malformed<E>(structure: &'static str) -> impl FnOnce(E) -> CertificateError {
    move |_| CertificateError::Malformed { structure }
}

/// Reads one value that fills all of the bytes.
pub(super) fn exactly<'a, T: Decode<'a>>(
    der: &'a [u8],
    structure: &'static str,
) -> Result<T, CertificateError> {
    T::from_der(der).map_err(malformed(structure))
}

/// A reader of what is inside a constructed value that fills all of the bytes.
pub(super) fn inside<'a>(
    der: &'a [u8],
    tag: Tag,
    structure: &'static str,
) -> Result<SliceReader<'a>, CertificateError> {
    let mut reader = SliceReader::new(der).map_err(malformed(structure))?;
    let content = content(&mut reader, tag, structure)?;
    finished(&reader, structure)?;
    SliceReader::new(content).map_err(malformed(structure))
}

/// What is inside the next value, which must have this tag.
fn content<'a>(
    reader: &mut SliceReader<'a>,
    tag: Tag,
    structure: &'static str,
) -> Result<&'a [u8], CertificateError> {
    let header = Header::decode(reader).map_err(malformed(structure))?;
    if header.tag != tag {
        return Err(CertificateError::Malformed { structure });
    }
    reader.read_slice(header.length).map_err(malformed(structure))
}

/// That nothing is left.
pub(super) fn finished(
    reader: &SliceReader<'_>,
    structure: &'static str,
) -> Result<(), CertificateError> {
    if reader.is_finished() { Ok(()) } else { Err(CertificateError::Malformed { structure }) }
}

impl<'a> Parts<'a> {
    /// Takes a certificate apart.
    pub(super) fn of(der: &'a [u8]) -> Result<Self, CertificateError> {
        let mut outer = inside(der, Tag::Sequence, "Certificate")?;
        let tbs = outer.tlv_bytes().map_err(malformed("TBSCertificate"))?;
        let algorithm = outer.tlv_bytes().map_err(malformed("AlgorithmIdentifier"))?;
        let signature: BitStringRef<'a> = outer.decode().map_err(malformed("signature"))?;
        finished(&outer, "Certificate")?;
        let signature =
            signature.as_bytes().ok_or(CertificateError::Malformed { structure: "signature" })?;

        let mut inner = inside(tbs, Tag::Sequence, "TBSCertificate")?;
        let mut before_extensions = 0;
        let mut next = |structure| -> Result<&'a [u8], CertificateError> {
            let written = inner.tlv_bytes().map_err(malformed(structure))?;
            before_extensions += written.len();
            Ok(written)
        };
        let first = next("version")?;
        version(first)?;
        let serial = exactly::<AnyRef<'a>>(next("serialNumber")?, "serialNumber")?;
        let serial = integer(serial).ok_or(CertificateError::Serial)?;
        if next("AlgorithmIdentifier")? != algorithm {
            return Err(CertificateError::AlgorithmsDiffer);
        }
        let issuer = next("issuer")?;
        let validity = exactly(next("validity")?, "validity")?;
        let subject = next("subject")?;
        let spki = next("subjectPublicKeyInfo")?;
        inside(spki, Tag::Sequence, "subjectPublicKeyInfo")?;
        let extensions = if inner.is_finished() { Vec::new() } else { extensions(&mut inner)? };
        finished(&inner, "TBSCertificate")?;
        Ok(Self {
            tbs,
            algorithm,
            signature,
            serial,
            issuer,
            validity,
            subject,
            spki,
            before_extensions,
            extensions,
        })
    }
}

/// The content of a `TBSCertificate` before its extensions, of which the length is known.
fn before_extensions(tbs: &[u8], length: usize) -> Option<&[u8]> {
    let mut reader = SliceReader::new(tbs).ok()?;
    Header::decode(&mut reader).ok()?;
    reader.read_slice(Length::try_from(length).ok()?).ok()
}

/// A `TBSCertificate` with these extensions in place of its own, which so many bytes stand before.
pub(super) fn with_extensions(tbs: &[u8], before: usize, extensions: &[u8]) -> Option<Vec<u8>> {
    let mut content = before_extensions(tbs, before)?.to_vec();
    // The list of extensions has at least one (section 4.1), so an empty one is left out.
    if !extensions.is_empty() {
        let list = wrapped(Tag::Sequence, extensions)?;
        let number = TagNumber::N3;
        content.extend(wrapped(Tag::ContextSpecific { constructed: true, number }, &list)?);
    }
    wrapped(Tag::Sequence, &content)
}

fn wrapped(tag: Tag, content: &[u8]) -> Option<Vec<u8>> {
    let length = Length::try_from(content.len()).ok()?;
    let mut der = Header::new(tag, length).ok()?.to_der().ok()?;
    der.extend_from_slice(content);
    Some(der)
}

/// Only version 3 has extensions, without which a certificate says nothing about what it is for.
/// The version stands in front unless it is 1.
fn version(written: &[u8]) -> Result<(), CertificateError> {
    let any: AnyRef<'_> = exactly(written, "version")?;
    let version = match der::Tagged::tag(&any) {
        Tag::Integer => 1,
        Tag::ContextSpecific { .. } => {
            let version: ContextSpecific<u8> = exactly(written, "version")?;
            if version.tag_number != TagNumber::N0 || version.tag_mode != TagMode::Explicit {
                return Err(CertificateError::Malformed { structure: "version" });
            }
            version.value.saturating_add(1)
        }
        _ => return Err(CertificateError::Malformed { structure: "version" }),
    };
    if version == 3 { Ok(()) } else { Err(CertificateError::Version { version }) }
}

/// The bytes of a serial number: 20 octets at most (section 4.1.2.2), and one for the sign, which
/// some authorities did not count. Others made negative ones or zero, so that only bytes count.
fn integer(any: AnyRef<'_>) -> Option<&[u8]> {
    let value = any.value();
    let minimal = !matches!(value, [0, next, ..] if next & 0x80 == 0)
        && !matches!(value, [0xff, next, ..] if next & 0x80 != 0);
    let fits = der::Tagged::tag(&any) == Tag::Integer && (1..=21).contains(&value.len());
    (fits && minimal).then_some(value)
}

fn extensions<'a>(inner: &mut SliceReader<'a>) -> Result<Vec<RawExtension<'a>>, CertificateError> {
    let number = TagNumber::N3;
    let tag = Tag::ContextSpecific { constructed: true, number };
    let list = content(inner, tag, "extensions")?;
    let mut reader = inside(list, Tag::Sequence, "extensions")?;
    let mut extensions: Vec<RawExtension<'a>> = Vec::new();
    while !reader.is_finished() {
        let extension = extension(reader.tlv_bytes().map_err(malformed("Extension"))?)?;
        if extensions.iter().any(|other| other.oid == extension.oid) {
            return Err(CertificateError::DuplicateExtension { oid: extension.oid });
        }
        if extensions.len() >= MAX_EXTENSIONS {
            return Err(CertificateError::TooManyExtensions { limit: MAX_EXTENSIONS });
        }
        extensions.push(extension);
    }
    if extensions.is_empty() {
        return Err(CertificateError::Malformed { structure: "extensions" });
    }
    Ok(extensions)
}

fn extension(written: &[u8]) -> Result<RawExtension<'_>, CertificateError> {
    let mut reader = inside(written, Tag::Sequence, "Extension")?;
    let oid = reader.decode().map_err(malformed("Extension"))?;
    let critical: Option<bool> = reader.decode().map_err(malformed("Extension"))?;
    let value = content(&mut reader, Tag::OctetString, "Extension")?;
    finished(&reader, "Extension")?;
    Ok(RawExtension { oid, critical: critical.unwrap_or(false), value, written })
}
