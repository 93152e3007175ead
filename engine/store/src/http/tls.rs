//! TLS: which authorities are trusted, and which failures are its own.

use crate::config::RegistryConfig;
use crate::error::StoreError;
use crate::files;
use crate::tls::Trust;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::io;
use std::path::Path;

/// The largest file of certificates, in bytes. The whole Mozilla list is 220 KiB.
const MAX_CA_BYTES: u64 = 4 * 1024 * 1024;

/// Whether the TLS handshake failed for what the other side sent, as tokio-rustls tells it. Such
/// a server will not be another one a moment later.
pub(crate) fn is_tls_failure(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(is_invalid_data) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// An IO error may hold another, which its `source` passes over.
fn is_invalid_data(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidData
        || error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<io::Error>())
            .is_some_and(is_invalid_data)
}

/// Whose certificates are taken: those of all configured files, and of the machine.
pub(super) fn trust(config: &RegistryConfig) -> Result<Trust, StoreError> {
    let mut authorities = Vec::new();
    for path in &config.ca_files {
        authorities.extend(certificates_in(path)?);
    }
    Ok(Trust { authorities, only_these: config.only_ca_files, anybody: false })
}

/// The certificates of one file.
pub(crate) fn certificates_in(path: &Path) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let unusable = |problem: &str, source: Option<Box<dyn std::error::Error + Send + Sync>>| {
        StoreError::Configuration {
            setting: format!("certificate file {}", path.display()),
            problem: problem.into(),
            source,
        }
    };
    let pem = files::read(path, MAX_CA_BYTES)
        .map_err(|error| unusable("the file cannot be read", Some(Box::new(error))))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable("not PEM certificates", Some(Box::new(error))))?;
    if certificates.is_empty() {
        return Err(unusable("the file holds no certificate", None));
    }
    Ok(certificates)
}
