//! RFC 3161 timestamps: a trusted authority says that a signature existed at a time.
//!
//! Follows RFC 3161 (with RFC 5816, `ESSCertIDv2`) over RFC 5652 (CMS). A token establishes a
//! time if it is a `TSTInfo` over the hash of exactly these bytes, signed by one signer over
//! attributes that bind the content and the signer's certificate, by a certificate that is for
//! timestamps alone (RFC 3161 section 2.3) and leads to a trusted authority at that very time,
//! which lies in the period in which the authority is trusted.
//!
//! Refused: SHA-1, in the imprint and in the signature; a signer that the authority does not
//! have, where the authority has one; everything in BER; more than [`MAX_TOKEN`] bytes or
//! [`MAX_CERTIFICATES`] certificates. Whether a certificate was revoked is not asked.
//!
//! With several authorities, the first that the token verifies under counts; if there is none,
//! the error is that of the authority with which verification came furthest.

mod algorithm;
mod asn1;
mod attributes;
mod error;
mod info;
mod signer;
mod token;

pub use error::TimestampError;

use crate::primitive::memory::Memory;
use crate::primitive::signature::Hash;
use crate::primitive::x509::Certificate;
use der::asn1::ObjectIdentifier;
use referee_core::Timestamp;
use std::time::Duration;

/// The largest token that is read, in bytes. Real ones have up to seven thousand, with the
/// certificates of the whole path.
pub const MAX_TOKEN: usize = 64 * 1024;
/// So many certificates may stand in a token. Real ones have up to four.
pub const MAX_CERTIFICATES: usize = 16;

/// A timestamp authority that is trusted, and when.
#[derive(Clone, Debug)]
pub struct Authority {
    /// What it is called in facts: its URI, or its name in the trust document.
    pub name: String,
    /// The one certificate that signs for it, if it is known; a token need not embed it then, and
    /// no other signs for this authority.
    pub leaf: Option<Certificate>,
    /// Certificates that may stand between the signer and an anchor. They are not trusted.
    pub intermediates: Vec<Certificate>,
    /// The certificates that are trusted.
    pub anchors: Vec<Certificate>,
    /// The start of the period in which it is trusted, which belongs to it.
    pub valid_from: Option<Timestamp>,
    /// The end of the period in which it is trusted, which belongs to it.
    pub valid_until: Option<Timestamp>,
}

impl Authority {
    /// An authority of which the whole chain is known, the signer first and the root last, as
    /// Sigstore's `trusted_root.json` has it: the signer is pinned, the last certificate is the
    /// anchor. `None` where there are fewer than two certificates.
    #[must_use]
    pub fn pinned(name: String, chain: &[Certificate]) -> Option<Self> {
        let [leaf, intermediates @ .., anchor] = chain else { return None };
        Some(Self {
            name,
            leaf: Some(leaf.clone()),
            intermediates: intermediates.to_vec(),
            anchors: vec![anchor.clone()],
            valid_from: None,
            valid_until: None,
        })
    }

    /// An authority of which only the signer is known. Nothing leads from there to an anchor, so no
    /// token establishes a time under it; it is kept for what is said of such a token.
    #[must_use]
    pub fn unanchored(name: String, leaf: Certificate) -> Self {
        Self { leaf: Some(leaf), ..Self::anchored(name, Vec::new()) }
    }

    /// An authority of which only roots are known: the token embeds its signer's certificate.
    #[must_use]
    pub fn anchored(name: String, anchors: Vec<Certificate>) -> Self {
        Self {
            name,
            leaf: None,
            intermediates: Vec::new(),
            anchors,
            valid_from: None,
            valid_until: None,
        }
    }

    /// The same, trusted in this period only. Both ends belong to it.
    #[must_use]
    pub fn during(mut self, from: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        (self.valid_from, self.valid_until) = (from, until);
        self
    }

    fn is_trusted_at(&self, time: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= time)
            && self.valid_until.is_none_or(|until| time <= until)
    }
}

/// What a trusted authority said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When the bytes existed, to the fraction of a second that the authority stated.
    pub time: Timestamp,
    /// The name of the authority.
    pub authority: String,
    /// The authority's policy under which it stamps.
    pub policy: ObjectIdentifier,
    /// The serial number of the timestamp, in lower-case hex.
    pub serial: String,
    /// How far off the time may be, either way, if the authority states it.
    pub accuracy: Option<Duration>,
    /// The hash that the bytes were stamped by.
    pub hash: Hash,
    /// The certificate that signed.
    pub signer: Certificate,
}

/// Verifies that one of these authorities timestamped exactly this message. `token` is the DER
/// of a `TimeStampResp`, or of the `ContentInfo` in one.
///
/// # Errors
/// [`TimestampError`], which says what is wrong with the token, or where it fails with the
/// authority with which it comes furthest.
pub fn verify(
    token: &[u8],
    message: &[u8],
    authorities: &[Authority],
    memory: &Memory,
) -> Result<Stamp, TimestampError> {
    let token = token::read(token)?;
    if token.info.hash.of(message) != token.info.imprint {
        return Err(TimestampError::ImprintMismatch);
    }
    // Where every signer is pinned, nobody looks at the token's certificates.
    let embedded = if authorities.iter().any(|authority| authority.leaf.is_none()) {
        signer::Embedded::read(&token)
    } else {
        signer::Embedded::default()
    };
    let mut furthest = TimestampError::NoAuthority;
    for authority in authorities {
        match under(&token, &embedded, authority, memory) {
            Ok(stamp) => return Ok(stamp),
            Err(error) if error.progress() > furthest.progress() => furthest = error,
            Err(_) => {}
        }
    }
    Err(furthest)
}

/// Verifies a token whose imprint is right under one authority.
fn under(
    token: &token::Token<'_>,
    embedded: &signer::Embedded,
    authority: &Authority,
    memory: &Memory,
) -> Result<Stamp, TimestampError> {
    // The path comes before the signature, so that only signatures by keys of trusted
    // authorities are remembered.
    let signer = signer::find(token, embedded, authority, memory)?;
    let by = &token.signer;
    let key = signer.public_key().map_err(TimestampError::Key)?;
    let scheme = algorithm::scheme(by.digest, by.algorithm, key)?;
    if !memory.verify(key, scheme, &by.signed, by.signature) {
        return Err(TimestampError::SignatureInvalid);
    }
    let info = &token.info;
    if !authority.is_trusted_at(info.time) {
        return Err(TimestampError::OutsideAuthorityValidity { time: info.time });
    }
    Ok(Stamp {
        time: info.time,
        authority: authority.name.clone(),
        policy: info.policy,
        serial: info.serial.clone(),
        accuracy: info.accuracy,
        hash: info.hash,
        signer,
    })
}
