//! A certificate with its key, to show to the other side.
//!
//! The certificate may be of any version: to show one its key is all that is needed of it, and
//! `openssl x509 -req` makes version 1 where it is told of no extensions. Refused: a key that is
//! another certificate's.

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::sync::Arc;

/// Why certificate and key cannot be used together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyMismatch {
    /// There is no certificate.
    #[error("there is no certificate")]
    NoCertificate,
    /// The first certificate cannot be read.
    #[error("the certificate cannot be read")]
    Certificate,
    /// The key cannot be read, or is of a kind that TLS has no use for.
    #[error("the private key cannot be used: it is no RSA, ECDSA or Ed25519 key that is read")]
    Key,
    /// The key is not that of the certificate.
    #[error("the private key is not that of the certificate")]
    Another,
}

/// Puts a chain, the own certificate first, and its key together.
///
/// # Errors
/// [`KeyMismatch`]. It shows nothing of the key.
pub fn certified_key(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, KeyMismatch> {
    let own = chain.first().ok_or(KeyMismatch::NoCertificate)?.clone();
    let key = provider.key_provider.load_private_key(key).map_err(|_| KeyMismatch::Key)?;
    let of_key = key.public_key().ok_or(KeyMismatch::Key)?;
    // An authority of version 1 may be trusted, so this reads what the reader of end certificates
    // does not. What it finds is the key without the SEQUENCE around it.
    let mut read = RootCertStore::empty();
    read.add(own).map_err(|_| KeyMismatch::Certificate)?;
    let of_certificate = read.roots.first().ok_or(KeyMismatch::Certificate)?;
    let content = content_of_sequence(&of_key).ok_or(KeyMismatch::Key)?;
    if content != of_certificate.subject_public_key_info.as_ref() {
        return Err(KeyMismatch::Another);
    }
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}

/// What is in a SEQUENCE of DER (X.690, section 8.1.3) that is all there is.
fn content_of_sequence(der: &[u8]) -> Option<&[u8]> {
    let (content, length) = match der {
        [0x30, 0x81, a, rest @ ..] => (rest, usize::from(*a)),
        [0x30, 0x82, a, b, rest @ ..] => (rest, usize::from(*a) << 8 | usize::from(*b)),
        [0x30, short @ 0..=0x7f, rest @ ..] => (rest, usize::from(*short)),
        _ => return None,
    };
    (content.len() == length).then_some(content)
}
