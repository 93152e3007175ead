//! The side of TLS that asks: whose certificates are taken, which one is shown, and what a request
//! failed of.

use super::certified::{KeyMismatch, certified_key};
use super::verifier::{Anybody, server_verifier};
use super::words::{Whose, in_words};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use std::error::Error;
use std::io;
use std::sync::Arc;

/// What is spoken inside TLS, the better first (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Whose certificates are taken.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    /// The authorities that are configured.
    pub(crate) authorities: Vec<CertificateDer<'static>>,
    /// Those, and none of the machine's.
    pub(crate) only_these: bool,
    /// Anybody's.
    pub(crate) anybody: bool,
}

impl Trust {
    /// How to speak TLS, with a certificate to show or none.
    ///
    /// # Errors
    /// Where an authority is none, or there are none at all.
    pub(crate) fn speaking(
        &self,
        shown: Option<Arc<CertifiedKey>>,
    ) -> Result<ClientConfig, Box<dyn Error + Send + Sync>> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .dangerous();
        let builder = if self.anybody {
            builder.with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        } else {
            let authorities = self.authorities.clone();
            let verifier = server_verifier(authorities, self.only_these, provider)?;
            builder.with_custom_certificate_verifier(verifier)
        };
        let mut config = match shown {
            Some(shown) => {
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(shown)))
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(config)
    }
}

/// A certificate with its chain and its key from PEM. What a reader says of a key is not told.
pub(crate) fn identity(certificate: &[u8], key: &[u8]) -> Result<Arc<CertifiedKey>, KeyMismatch> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| KeyMismatch::Key)?;
    let chain = chain.map_err(|_| KeyMismatch::Certificate)?;
    certified_key(chain, key, &aws_lc_rs::default_provider())
}

/// What TLS failed of, told in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failure(String);

/// What a request failed of, where it was TLS. An error of the library says it as it stands in
/// the library's source.
pub(crate) fn failure(error: &reqwest::Error) -> Option<Box<dyn Error + Send + Sync>> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<io::Error>().and_then(within) {
            return Some(Box::new(Failure(in_words(found, Whose::Server))));
        }
        cause = error.source();
    }
    None
}

/// An IO error may hold another, which its `source` passes over.
fn within(error: &io::Error) -> Option<&rustls::Error> {
    let inner = error.get_ref()?;
    inner
        .downcast_ref::<rustls::Error>()
        .or_else(|| inner.downcast_ref::<io::Error>().and_then(within))
}
