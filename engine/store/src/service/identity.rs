//! A client certificate and its key, read from PEM files.
//!
//! Refused: a key that is encrypted while there is no passphrase, or another one. A passphrase for
//! a key that is not encrypted is not needed, and not minded, as in OPA.

use super::config::ClientTlsConfig;
use super::passphrase;
use crate::error::StoreError;
use crate::files;
use reqwest::Identity;
use std::path::Path;

/// The largest file of a certificate chain or a key.
const MAX_PEM_BYTES: u64 = 1024 * 1024;

/// Reads certificate and key. Blocks on the file system.
///
/// # Errors
/// [`StoreError::File`] where a file cannot be read, [`StoreError::Configuration`] where its
/// content cannot be used. Neither shows anything of the key.
pub(super) fn read(name: &str, tls: &ClientTlsConfig) -> Result<Identity, StoreError> {
    let unusable = |setting: &str, path: &Path, problem: &str| StoreError::Configuration {
        setting: format!("services.{name}.credentials.client_tls.{setting}"),
        problem: format!("{}: {problem}", path.display()),
        source: None,
    };
    let certificate = files::read(&tls.cert, MAX_PEM_BYTES)?;
    let mut key = files::read(&tls.private_key, MAX_PEM_BYTES)?;
    let opened = passphrase::opened(&key, &tls.private_key_passphrase)
        .map_err(|problem| unusable("private_key", &tls.private_key, &problem.to_string()))?;
    if let Some(opened) = opened {
        key = opened;
    }
    let pem = [certificate.as_slice(), b"\n", key.as_slice()].concat();
    // The library's error says nothing that helps, and could show what it found.
    Identity::from_pem(&pem)
        .map_err(|_| unusable("cert", &tls.cert, "certificate and key cannot be used together"))
}
