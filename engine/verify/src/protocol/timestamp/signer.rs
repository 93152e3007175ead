//! Whose signature a token has: the certificate that it names, and whether that leads to an
//! authority.
//!
//! A pinned authority has its signer's certificate itself, and what the token embeds does not
//! matter. Otherwise the certificate is the token's own, and leads to an anchor of the authority
//! over the authority's intermediates and the token's.

use super::Authority;
use super::asn1::unsigned;
use super::error::TimestampError;
use super::token::{SignerId, Token};
use crate::primitive::memory::Memory;
use crate::primitive::x509::{Certificate, Usage, path};
use data_encoding::HEXLOWER;

/// Finds the token's signer among this authority's and checks its path at the token's time.
pub(super) fn find(
    token: &Token<'_>,
    embedded: &Embedded,
    authority: &Authority,
    memory: &Memory,
) -> Result<Certificate, TimestampError> {
    let id = token.signer.id;
    let (signer, embedded) = match &authority.leaf {
        Some(leaf) if names(id, leaf) => (leaf, [].as_slice()),
        Some(_) => return Err(TimestampError::SignerMismatch),
        None => (embedded.signer(token)?, embedded.certificates.as_slice()),
    };
    token.signer.attributes.bind(signer)?;
    let intermediates: Vec<_> = authority.intermediates.iter().chain(embedded).cloned().collect();
    let (usage, time) = (Usage::TimeStamping, token.info.time);
    path(signer, &intermediates, &authority.anchors, usage, time, memory)
        .map_err(TimestampError::Path)?;
    Ok(signer.clone())
}

/// The certificates that a token brings with it. One that cannot be read matters only where it
/// would be the signer's.
#[derive(Default)]
pub(super) struct Embedded {
    certificates: Vec<Certificate>,
    unreadable: Option<TimestampError>,
}

impl Embedded {
    pub(super) fn read(token: &Token<'_>) -> Self {
        let mut certificates = Vec::new();
        let mut unreadable = None;
        for der in &token.certificates {
            match Certificate::from_der(der) {
                Ok(certificate) => certificates.push(certificate),
                Err(error) => unreadable = Some(TimestampError::Certificate(error)),
            }
        }
        Self { certificates, unreadable }
    }

    /// The certificate that the token names; of several of one name, the one that it binds.
    fn signer(&self, token: &Token<'_>) -> Result<&Certificate, TimestampError> {
        let mut named =
            self.certificates.iter().filter(|certificate| names(token.signer.id, certificate));
        let Some(first) = named.next() else {
            return Err(self.unreadable.clone().unwrap_or(TimestampError::CertificateMissing));
        };
        let is_bound = |one: &&Certificate| token.signer.attributes.bind(one).is_ok();
        Ok(std::iter::once(first).chain(named).find(is_bound).unwrap_or(first))
    }
}

/// Whether this is the certificate that a token names.
fn names(id: SignerId<'_>, certificate: &Certificate) -> bool {
    match id {
        SignerId::Issued { issuer, serial } => {
            issuer == certificate.issuer_der() && is_serial(certificate, serial)
        }
        SignerId::Key(id) => certificate.subject_key_identifier() == Some(id),
    }
}

/// Whether the content of an INTEGER is the serial number of a certificate.
pub(super) fn is_serial(certificate: &Certificate, value: &[u8]) -> bool {
    certificate.serial() == HEXLOWER.encode(unsigned(value))
}
