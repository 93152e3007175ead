//! TLS: which authorities are trusted, and which failures are its own.

use crate::config::RegistryConfig;
use crate::error::StoreError;
use crate::files;
use reqwest::Certificate;
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

/// The certificates of all configured files.
pub(super) fn certificates(config: &RegistryConfig) -> Result<Vec<Certificate>, StoreError> {
    let mut all = Vec::new();
    for path in &config.ca_files {
        all.extend(certificates_in(path)?);
    }
    Ok(all)
}

/// The certificates of one file.
pub(crate) fn certificates_in(path: &Path) -> Result<Vec<Certificate>, StoreError> {
    let unusable = |problem: &str, source: Option<Box<dyn std::error::Error + Send + Sync>>| {
        StoreError::Configuration {
            setting: format!("certificate file {}", path.display()),
            problem: problem.into(),
            source,
        }
    };
    let pem = files::read(path, MAX_CA_BYTES)
        .map_err(|error| unusable("the file cannot be read", Some(Box::new(error))))?;
    let certificates = Certificate::from_pem_bundle(&pem)
        .map_err(|error| unusable("not PEM certificates", Some(Box::new(error))))?;
    if certificates.is_empty() {
        return Err(unusable("the file holds no certificate", None));
    }
    Ok(certificates)
}
