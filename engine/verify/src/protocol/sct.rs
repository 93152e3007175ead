//! Signed certificate timestamps (RFC 6962): that an authority told a public log of a certificate
//! before it issued it.
//!
//! Only those embedded in the certificate (section 3.3) are read. The log signed the certificate
//! without them (section 3.2), so the extension is cut out of what the authority signed and every
//! other byte kept. One timestamp of a known log has to hold, and none of a known log may fail;
//! those of unknown logs say nothing.
//!
//! Refused: lists that are malformed or have more than [`MAX_TIMESTAMPS`]; algorithms other than
//! ECDSA on P-256 with SHA-256, on P-384 with SHA-384, and RSASSA-PKCS1-v1_5; times outside the
//! log's validity; precertificates signed by a certificate of their own.

use super::log_key::LogKey;
use crate::primitive::memory::Memory;
use crate::primitive::signature::{Hash, Scheme};
use crate::primitive::x509::Certificate;
use data_encoding::HEXLOWER;
use der::Decode as _;
use der::asn1::{ObjectIdentifier, OctetStringRef};
use referee_core::Timestamp;
use sha2::{Digest as _, Sha256};

/// The most timestamps that a certificate may have. Browsers ask for two or three, Fulcio has one.
pub const MAX_TIMESTAMPS: usize = 16;

/// The extension that holds the list.
const EMBEDDED: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");

/// A timestamp that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sct {
    /// The log that made it.
    pub log_id: [u8; 32],
    /// The log's name.
    pub log: String,
    /// When the log was told.
    pub time: Timestamp,
}

/// Why a certificate is not shown to have been told to a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SctError {
    /// There is no timestamp in the certificate.
    #[error("the certificate has no signed certificate timestamp")]
    Missing,
    /// The list or a timestamp in it is malformed.
    #[error("the certificate's signed certificate timestamps have no well-formed {structure}")]
    Malformed {
        /// The part.
        structure: &'static str,
    },
    /// There are too many timestamps.
    #[error("the certificate has more than {limit} signed certificate timestamps")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// None of the timestamps is by a log that is trusted.
    #[error("the certificate was told to the log {}, which is not trusted", HEXLOWER.encode(log_id))]
    UnknownLog {
        /// The first of the logs.
        log_id: [u8; 32],
    },
    /// The log was not trusted at the time.
    #[error("the log {log} is not trusted for {time}, when it was told of the certificate")]
    OutsideLogValidity {
        /// The log's name.
        log: String,
        /// The time.
        time: Timestamp,
    },
    /// The log did not sign the timestamp over this certificate.
    #[error("the signature of the log {log} over the certificate does not hold")]
    SignatureInvalid {
        /// The log's name.
        log: String,
    },
    /// The timestamp is signed with an algorithm that is not accepted, or not the log's.
    #[error(
        "the log {log} is said to sign by hash {hash} and signature {signature} (RFC 5246 section 7.4.1.4.1), which is not accepted of it"
    )]
    Algorithm {
        /// The log's name.
        log: String,
        /// The hash algorithm's number.
        hash: u8,
        /// The signature algorithm's number.
        signature: u8,
    },
}

/// Verifies the timestamps in a certificate. `issuer` is the certificate that the leaf's signature
/// was verified with, which a name alone does not tell.
///
/// # Errors
/// [`SctError`]: what is wrong with the first timestamp by a known log that does not hold, else
/// that there is none.
pub fn verify(
    leaf: &Certificate,
    issuer: &Certificate,
    logs: &[LogKey],
    memory: &Memory,
) -> Result<Sct, SctError> {
    let extension = leaf.extension(EMBEDDED).ok_or(SctError::Missing)?;
    let list = OctetStringRef::from_der(extension.value)
        .map_err(|_| SctError::Malformed { structure: "OCTET STRING" })?;
    let timestamps = read_list(list.as_bytes())?;
    let first = timestamps.first().ok_or(SctError::Missing)?;
    let precertificate = leaf
        .tbs_der_without(EMBEDDED)
        .ok_or(SctError::Malformed { structure: "TBSCertificate" })?;
    let issuer_key = Sha256::digest(issuer.spki_der());
    let mut held = None;
    for timestamp in &timestamps {
        let mut known = logs.iter().filter(|log| log.id == timestamp.log_id).peekable();
        let Some(any) = known.peek() else { continue };
        let time = timestamp.time;
        let outside = || SctError::OutsideLogValidity { log: any.name.clone(), time };
        let mut result = Err(outside());
        for log in known.filter(|log| log.is_valid_at(time)) {
            result = timestamp.verify(log, &issuer_key, &precertificate, memory);
            if result.is_ok() {
                break;
            }
        }
        let sct = result?;
        held.get_or_insert(sct);
    }
    held.ok_or(SctError::UnknownLog { log_id: first.log_id })
}

/// A `SignedCertificateTimestamp` (section 3.2) of version 1.
struct Stated<'a> {
    log_id: [u8; 32],
    milliseconds: u64,
    time: Timestamp,
    extensions: &'a [u8],
    hash: u8,
    algorithm: u8,
    signature: &'a [u8],
}

impl Stated<'_> {
    fn verify(
        &self,
        log: &LogKey,
        issuer_key: &[u8],
        precertificate: &[u8],
        memory: &Memory,
    ) -> Result<Sct, SctError> {
        // RFC 5246 section 7.4.1.4.1: the hash, then the signature.
        let scheme = match (self.hash, self.algorithm) {
            (4, 3) => Some(Scheme::EcdsaP256Sha256),
            (5, 3) => Some(Scheme::EcdsaP384Sha384),
            (4, 1) => Some(Scheme::RsaPkcs1(Hash::Sha256)),
            (5, 1) => Some(Scheme::RsaPkcs1(Hash::Sha384)),
            (6, 1) => Some(Scheme::RsaPkcs1(Hash::Sha512)),
            _ => None,
        };
        let Some(scheme) = scheme.filter(|scheme| log.key.supports(*scheme)) else {
            let (hash, signature) = (self.hash, self.algorithm);
            return Err(SctError::Algorithm { log: log.name.clone(), hash, signature });
        };
        let signed = self
            .signed(issuer_key, precertificate)
            .ok_or(SctError::Malformed { structure: "TBSCertificate" })?;
        if !memory.verify(&log.key, scheme, &signed, self.signature) {
            return Err(SctError::SignatureInvalid { log: log.name.clone() });
        }
        Ok(Sct { log_id: self.log_id, log: log.name.clone(), time: self.time })
    }

    /// What the log signed: the `digitally-signed` struct of section 3.2 with a `PreCert`.
    fn signed(&self, issuer_key: &[u8], precertificate: &[u8]) -> Option<Vec<u8>> {
        let length = u32::try_from(precertificate.len()).ok()?.to_be_bytes();
        // Three bytes of length: a certificate of 16 MiB was refused long before.
        let [0, length @ ..] = length else { return None };
        let extensions = u16::try_from(self.extensions.len()).ok()?;
        // Version 1, and signature type certificate_timestamp.
        let mut signed = vec![0, 0];
        signed.extend(self.milliseconds.to_be_bytes());
        // Log entry type precert_entry.
        signed.extend([0, 1]);
        signed.extend(issuer_key);
        signed.extend(length);
        signed.extend(precertificate);
        signed.extend(extensions.to_be_bytes());
        signed.extend(self.extensions);
        Some(signed)
    }
}

/// Reads a `SignedCertificateTimestampList` (section 3.3).
fn read_list(bytes: &[u8]) -> Result<Vec<Stated<'_>>, SctError> {
    let structure = "SignedCertificateTimestampList";
    let mut outer = Bytes(bytes);
    let mut list = Bytes(outer.opaque(structure)?);
    outer.finished(structure)?;
    let mut timestamps = Vec::new();
    while !list.0.is_empty() {
        if timestamps.len() >= MAX_TIMESTAMPS {
            return Err(SctError::TooMany { limit: MAX_TIMESTAMPS });
        }
        timestamps.push(read(list.opaque(structure)?)?);
    }
    Ok(timestamps)
}

fn read(bytes: &[u8]) -> Result<Stated<'_>, SctError> {
    let structure = "SignedCertificateTimestamp";
    let malformed = SctError::Malformed { structure };
    let mut bytes = Bytes(bytes);
    let [version] = bytes.array(structure)?;
    if version != 0 {
        return Err(malformed);
    }
    let log_id = bytes.array(structure)?;
    let milliseconds = u64::from_be_bytes(bytes.array(structure)?);
    let time = Timestamp::from_unix_nanoseconds(i128::from(milliseconds) * 1_000_000);
    let extensions = bytes.opaque(structure)?;
    let [hash, algorithm] = bytes.array(structure)?;
    let signature = bytes.opaque(structure)?;
    bytes.finished(structure)?;
    let time = time.ok_or(malformed)?;
    Ok(Stated { log_id, milliseconds, time, extensions, hash, algorithm, signature })
}

/// Bytes that TLS structures are read from (RFC 5246 section 4).
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn array<const N: usize>(&mut self, structure: &'static str) -> Result<[u8; N], SctError> {
        let (array, rest) = self.0.split_first_chunk().ok_or(SctError::Malformed { structure })?;
        self.0 = rest;
        Ok(*array)
    }

    /// A vector of bytes behind its length in two bytes.
    fn opaque(&mut self, structure: &'static str) -> Result<&'a [u8], SctError> {
        let length = u16::from_be_bytes(self.array(structure)?);
        let (opaque, rest) = self
            .0
            .split_at_checked(usize::from(length))
            .ok_or(SctError::Malformed { structure })?;
        self.0 = rest;
        Ok(opaque)
    }

    fn finished(&self, structure: &'static str) -> Result<(), SctError> {
        if self.0.is_empty() { Ok(()) } else { Err(SctError::Malformed { structure }) }
    }
}
