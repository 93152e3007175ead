//! Names in certificates: distinguished ones as text, and the alternative ones.
//!
//! Texts are for people and facts; certificates are matched by the bytes of their names.

use super::CertificateError;
use super::read::{exactly, finished, inside, malformed};
use data_encoding::HEXLOWER;
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode as _, Reader as _, Tag, Tagged as _};
use std::net::IpAddr;
use x509_cert::name::Name;

/// The longest distinguished name, in bytes of its text; RFC 5280 appendix A bounds each attribute
/// by 64 characters or less, mostly.
const MAX_NAME: usize = 4_096;
/// The most alternative names that a certificate may have.
const MAX_NAMES: usize = 256;

/// A subject alternative name (RFC 5280 section 4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AlternativeName {
    /// `rfc822Name`: an e-mail address.
    Email(String),
    /// `uniformResourceIdentifier`.
    Uri(String),
    /// `dNSName`.
    Dns(String),
    /// `iPAddress`.
    Ip(IpAddr),
    /// `directoryName`, as RFC 4514 text.
    Directory(String),
    /// `otherName`.
    Other {
        /// Its type.
        oid: ObjectIdentifier,
        /// Its value, DER.
        value: Vec<u8>,
    },
    /// A choice that nothing here uses: `x400Address`, `ediPartyName` or `registeredID`.
    Unused {
        /// The number of its tag.
        tag: u8,
    },
}

impl AlternativeName {
    /// The name as it stands in the facts: the address, the URI, the domain, …; an `otherName` of
    /// UTF-8 text is the text, and any other its type and its value in hex.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Email(text) | Self::Uri(text) | Self::Dns(text) | Self::Directory(text) => {
                text.clone()
            }
            Self::Ip(address) => address.to_string(),
            Self::Other { oid, value } => {
                utf8(value).unwrap_or_else(|| format!("{oid}:{}", HEXLOWER.encode(value)))
            }
            Self::Unused { tag } => format!("[{tag}]"),
        }
    }

    pub(super) fn read_all(der: &[u8]) -> Result<Vec<Self>, CertificateError> {
        let mut reader = inside(der, Tag::Sequence, "subjectAltName")?;
        let mut names = Vec::new();
        while !reader.is_finished() {
            if names.len() >= MAX_NAMES {
                return Err(CertificateError::TooManyNames { limit: MAX_NAMES });
            }
            let any: AnyRef<'_> = reader.decode().map_err(malformed("subjectAltName"))?;
            names.push(Self::read(any)?);
        }
        Ok(names)
    }

    fn read(any: AnyRef<'_>) -> Result<Self, CertificateError> {
        let refused = CertificateError::Malformed { structure: "GeneralName" };
        let Tag::ContextSpecific { number, constructed } = any.tag() else { return Err(refused) };
        let value = any.value();
        Ok(match (number.value(), constructed) {
            (0, true) => {
                let mut reader = der::SliceReader::new(value).map_err(malformed("otherName"))?;
                let oid = reader.decode().map_err(malformed("otherName"))?;
                let explicit: AnyRef<'_> = reader.decode().map_err(malformed("otherName"))?;
                finished(&reader, "otherName")?;
                match explicit.tag() {
                    Tag::ContextSpecific { number, constructed: true } if number.value() == 0 => {}
                    _ => return Err(refused),
                }
                // One value, no more.
                exactly::<AnyRef<'_>>(explicit.value(), "otherName")?;
                Self::Other { oid, value: explicit.value().to_vec() }
            }
            (1, false) => Self::Email(ascii(value)?),
            (2, false) => Self::Dns(ascii(value)?),
            (4, true) => Self::Directory(distinguished(value, "directoryName")?),
            (6, false) => Self::Uri(ascii(value)?),
            (7, false) => Self::Ip(address(value).ok_or(refused)?),
            (tag @ (3 | 5 | 8), _) => Self::Unused { tag },
            _ => return Err(refused),
        })
    }
}

/// The text of a UTF8String that fills all of the bytes.
pub(super) fn utf8(der: &[u8]) -> Option<String> {
    let any = AnyRef::from_der(der).ok()?;
    if any.tag() != Tag::Utf8String {
        return None;
    }
    std::str::from_utf8(any.value()).ok().map(str::to_owned)
}

/// A distinguished name as RFC 4514 text.
pub(super) fn distinguished(
    der: &[u8],
    structure: &'static str,
) -> Result<String, CertificateError> {
    let text = exactly::<Name>(der, structure)?.to_string();
    if text.len() > MAX_NAME {
        return Err(CertificateError::NameTooLong { bytes: text.len(), limit: MAX_NAME });
    }
    Ok(text)
}

/// An IA5String is ASCII.
fn ascii(value: &[u8]) -> Result<String, CertificateError> {
    match std::str::from_utf8(value) {
        Ok(text) if text.is_ascii() => Ok(text.to_owned()),
        _ => Err(CertificateError::Malformed { structure: "IA5String" }),
    }
}

fn address(value: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(value)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(value).map(IpAddr::from))
        .ok()
}
