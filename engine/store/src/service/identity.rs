//! A client certificate and its key, read from PEM files.
//!
//! Refused: a key that is encrypted while there is no passphrase, and the other way round a
//! passphrase that opens nothing.

use super::config::ClientTlsConfig;
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
    let key = files::read(&tls.private_key, MAX_PEM_BYTES)?;
    if is_encrypted(&key) {
        let problem = "an encrypted key is not supported: decrypt it with `openssl pkey`";
        return Err(unusable("private_key", &tls.private_key, problem));
    }
    let pem = [certificate.as_slice(), b"\n", key.as_slice()].concat();
    // The library's error says nothing that helps, and could show what it found.
    Identity::from_pem(&pem)
        .map_err(|_| unusable("cert", &tls.cert, "certificate and key cannot be used together"))
}

fn is_encrypted(pem: &[u8]) -> bool {
    let text = String::from_utf8_lossy(pem);
    text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
}
