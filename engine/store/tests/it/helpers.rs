//! What the tests have in common.

use crate::server::Server;
use referee_core::{Digest, Limits, Repository, Selector};
use referee_store::{Environment, Place, RegistryConfig, RegistryStore};

/// Short times, so that a test that waits for a timeout is quick.
pub(crate) fn config(hosts: &[&Server]) -> RegistryConfig {
    let mut config = RegistryConfig::default();
    config.connect_timeout_ms = 1_000;
    config.read_timeout_ms = 400;
    config.total_timeout_ms = 5_000;
    config.helper_timeout_ms = 5_000;
    config.attempts = 3;
    config.backoff_ms = 5;
    config.max_backoff_ms = 20;
    config.max_retry_after_ms = 1_500;
    config.plain_http = hosts.iter().map(|server| server.host.clone()).collect();
    config.anonymous = true;
    config
}

pub(crate) fn store(server: &Server) -> RegistryStore {
    store_with(&config(&[server]), &Limits::default())
}

pub(crate) fn store_with(config: &RegistryConfig, limits: &Limits) -> RegistryStore {
    RegistryStore::new(config, limits, &Environment::empty()).unwrap()
}

pub(crate) fn place(server: &Server) -> Place {
    Place::Registry(Repository::new(&server.host, "team/app").unwrap())
}

pub(crate) fn tag(tag: &str) -> Option<Selector> {
    Some(Selector::Tag(tag.into()))
}

pub(crate) fn by_digest(digest: &Digest) -> Option<Selector> {
    Some(Selector::Digest(digest.clone()))
}

/// A manifest to serve.
pub(crate) const BODY: &[u8] =
    br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}"#;

/// A digest of something that the number tells apart.
pub(crate) fn digest(number: usize) -> Digest {
    Digest::sha256(number.to_string().as_bytes())
}
