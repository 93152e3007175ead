//! The settings of this crate, as they stand in a configuration file.
//!
//! Every duration is in milliseconds. Unknown fields are refused.

use crate::error::StoreError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// How registries are spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RegistryConfig {
    /// The longest wait for a connection (name look-up, TCP and TLS), in milliseconds. 5,000: a
    /// handshake around the world takes one second, twice over.
    pub connect_timeout_ms: u64,
    /// The longest wait for an answer to begin, and between two pieces of its body, in
    /// milliseconds.
    pub read_timeout_ms: u64,
    /// The longest time for one question, with its redirects, retries, token exchange and pages,
    /// in milliseconds.
    pub total_timeout_ms: u64,
    /// How often one request is tried, the first time included.
    pub attempts: u32,
    /// The wait before the second try, in milliseconds; doubled for each further one, with a
    /// random part so that many clients do not come back together.
    pub backoff_ms: u64,
    /// The longest wait between two tries, in milliseconds.
    pub max_backoff_ms: u64,
    /// The longest `Retry-After` that is waited for, in milliseconds; a server that asks for more
    /// is told of as throttling at once.
    pub max_retry_after_ms: u64,
    /// The most requests to one host at a time.
    pub max_concurrent_per_host: u32,
    /// PEM files with certificates of further authorities to trust for TLS.
    pub ca_files: Vec<PathBuf>,
    /// Trust only the authorities in `ca_files`, not the system's.
    pub only_ca_files: bool,
    /// Hosts spoken to without TLS, each exactly `host` or `host:port`. Whoever sits on the way
    /// to them can read credentials and can hide referrers; bytes fetched by digest are still
    /// checked.
    pub plain_http: Vec<String>,
    /// The folder of the `config.json` with credentials, in place of `DOCKER_CONFIG`.
    pub docker_config: Option<PathBuf>,
    /// The longest run of a credential helper, in milliseconds.
    pub helper_timeout_ms: u64,
    /// Send no credentials, whatever is configured elsewhere.
    pub anonymous: bool,
}

impl Default for RegistryConfig {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 5_000,
            read_timeout_ms: 10_000,
            total_timeout_ms: 30_000,
            attempts: 4,
            backoff_ms: 200,
            max_backoff_ms: 2_000,
            max_retry_after_ms: 10_000,
            max_concurrent_per_host: 16,
            ca_files: Vec::new(),
            only_ca_files: false,
            plain_http: Vec::new(),
            docker_config: None,
            helper_timeout_ms: 10_000,
            anonymous: false,
        }
    }
}

impl RegistryConfig {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] naming the first setting that cannot be used.
    pub fn check(&self) -> Result<(), StoreError> {
        let positive = [
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("read_timeout_ms", self.read_timeout_ms),
            ("total_timeout_ms", self.total_timeout_ms),
            ("helper_timeout_ms", self.helper_timeout_ms),
            ("attempts", u64::from(self.attempts)),
            ("max_concurrent_per_host", u64::from(self.max_concurrent_per_host)),
        ];
        if let Some((setting, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(unusable(setting, "must be greater than 0"));
        }
        if self.only_ca_files && self.ca_files.is_empty() {
            return Err(unusable(
                "only_ca_files",
                "ca_files is empty, so no server could be trusted",
            ));
        }
        for host in &self.plain_http {
            if host.is_empty()
                || host.contains(['/', '@', '*'])
                || host.contains(char::is_whitespace)
            {
                let problem = format!("{host:?} is not host or host:port");
                return Err(unusable("plain_http", &problem));
            }
        }
        Ok(())
    }

    pub(crate) fn total_timeout(&self) -> Duration {
        Duration::from_millis(self.total_timeout_ms)
    }
}

fn unusable(setting: &str, problem: &str) -> StoreError {
    StoreError::Configuration { setting: setting.into(), problem: problem.into(), source: None }
}

/// What is remembered, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CacheConfig {
    /// The most bytes of content kept by digest. 256 MiB holds the signatures, attestations and
    /// SBOMs of some thousand images. 0 keeps nothing.
    pub content_bytes: u64,
    /// The most bytes of tags and listings kept.
    pub recent_bytes: u64,
    /// For how long an answer about a tag or a listing is used again, in milliseconds. 0 asks
    /// every time; a day is the most.
    pub recent_ms: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { content_bytes: 256 * 1024 * 1024, recent_bytes: 32 * 1024 * 1024, recent_ms: 10_000 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_core::Coded as _;
    use referee_core::document;

    #[test]
    fn a_configuration_file_says_what_differs_from_the_defaults() {
        let config: RegistryConfig =
            document::read("t", "attempts: 2\nplain_http: ['127.0.0.1:5000']").unwrap();
        assert_eq!((config.attempts, config.read_timeout_ms), (2, 10_000));
        let config: CacheConfig = document::read("t", "recent_ms: 0").unwrap();
        assert_eq!((config.recent_ms, config.content_bytes), (0, 256 * 1024 * 1024));
    }

    #[test]
    fn a_misspelled_setting_is_told() {
        let error = document::read::<RegistryConfig>("t", "total_timeout: 5").unwrap_err();
        assert_eq!(error.code(), "unknown_field", "{error}");
        let error = document::read::<CacheConfig>("t", "recent: 5").unwrap_err();
        assert_eq!(error.code(), "unknown_field", "{error}");
    }
}
