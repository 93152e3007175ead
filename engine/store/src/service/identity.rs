//! A client certificate and its key, read from PEM files.
//!
//! Refused: a key that is encrypted while there is no passphrase, or another one. A passphrase for
//! a key that is not encrypted is not needed, and not minded, as in OPA.

use super::config::ClientTlsConfig;
use super::passphrase;
use crate::error::StoreError;
use crate::files;
use crate::tls;
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::Arc;

/// The largest file of a certificate chain or a key.
const MAX_PEM_BYTES: u64 = 1024 * 1024;

/// Reads certificate and key. Blocks on the file system.
///
/// # Errors
/// [`StoreError::File`] where a file cannot be read, [`StoreError::Configuration`] where its
/// content cannot be used. Neither shows anything of the key.
pub(super) fn read(
    name: &str,
    settings: &ClientTlsConfig,
) -> Result<Arc<CertifiedKey>, StoreError> {
    let unusable = |setting: &str, path: &Path, problem: &str| StoreError::Configuration {
        setting: format!("services.{name}.credentials.client_tls.{setting}"),
        problem: format!("{}: {problem}", path.display()),
        source: None,
    };
    let certificate = files::read(&settings.cert, MAX_PEM_BYTES)?;
    let mut key = files::read(&settings.private_key, MAX_PEM_BYTES)?;
    let opened = passphrase::opened(&key, &settings.private_key_passphrase)
        .map_err(|problem| unusable("private_key", &settings.private_key, &problem.to_string()))?;
    if let Some(opened) = opened {
        key = opened;
    }
    tls::identity(&certificate, &key).map_err(|problem| {
        let problem = format!("certificate and key cannot be used together: {problem}");
        unusable("cert", &settings.cert, &problem)
    })
}
