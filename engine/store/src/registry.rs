//! Registries, over the OCI distribution API (distribution-spec 1.1).
//!
//! Manifests, blobs and referrers; authentication as registries ask for it. "Not found" is said
//! only where the registry itself said it (see `answer`), and what was asked for by digest has
//! that digest. Only a copy pushes (see `push`), and a bundle is pushed as one.

mod answer;
mod auth;
mod challenge;
mod client;
mod credentials;
mod helper;
mod link;
mod push;
mod referrers;
mod secret;

pub(crate) use auth::Given;
pub(crate) use push::RegistrySink;
pub(crate) use secret::{Credential, header as secret_header};

use crate::config::RegistryConfig;
use crate::env::Environment;
use crate::error::StoreError;
use crate::source::{Fetched, Listing, Place, Store};
use async_trait::async_trait;
use auth::Access;
use bytes::Bytes;
use client::{Answer, Client, Found, Length, Question};
use moka::sync::Cache;
use referee_core::{Digest, Limits, Repository, Selector};
use std::sync::Arc;
use std::time::Duration;

/// What is accepted as a manifest: image manifest and index, Docker's two, and the artifact
/// manifest of the 1.1 release candidates (distribution-spec, "Pulling manifests").
const ACCEPT_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.artifact.manifest.v1+json";

/// The header with a manifest's digest (distribution-spec, "Pulling manifests").
const DIGEST_HEADER: &str = "docker-content-digest";

/// How long it is remembered that there is no referrers API for a repository. Kept per repository
/// and not per host: behind one host a proxied repository may have none and its neighbour one,
/// and to take the tag's word there would hide referrers.
const NO_API_MEMORY: Duration = Duration::from_secs(300);

/// The most repositories of which that is remembered.
const MAX_NO_API: u64 = 10_000;

/// Above this size bytes are hashed on a thread for blocking work: about a millisecond.
const HASH_INLINE_BYTES: usize = 1024 * 1024;

/// A store for [`Place::Registry`].
#[derive(Clone, Debug)]
pub struct RegistryStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    client: Client,
    limits: Limits,
    no_api: Cache<Repository, ()>,
}

impl RegistryStore {
    /// A client for all registries. Nothing is asked of the network yet.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] where a setting cannot be used, among them a certificate
    /// file that cannot be read.
    pub fn new(
        config: &RegistryConfig,
        limits: &Limits,
        environment: &Environment,
    ) -> Result<Self, StoreError> {
        Self::with_access(config, limits, environment, Access::Asked)
    }

    /// As [`Self::new`], with what to authorize with in place of credentials on this machine.
    pub(crate) fn given(
        config: &RegistryConfig,
        limits: &Limits,
        given: Option<Given>,
    ) -> Result<Self, StoreError> {
        Self::with(config, limits, &Environment::empty(), Access::Asked, given)
    }

    fn with_access(
        config: &RegistryConfig,
        limits: &Limits,
        environment: &Environment,
        access: Access,
    ) -> Result<Self, StoreError> {
        Self::with(config, limits, environment, access, None)
    }

    fn with(
        config: &RegistryConfig,
        limits: &Limits,
        environment: &Environment,
        access: Access,
        given: Option<Given>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            inner: Arc::new(Inner {
                client: Client::new(config, limits, environment, access, given)?,
                limits: limits.clone(),
                no_api: Cache::builder()
                    .max_capacity(MAX_NO_API)
                    .time_to_live(NO_API_MEMORY)
                    .build(),
            }),
        })
    }
}

fn repository(place: &Place) -> Result<&Repository, StoreError> {
    match place {
        Place::Registry(repository) => Ok(repository),
        Place::Layout(_) => Err(StoreError::Unserved { target: place.to_string() }),
    }
}

impl Inner {
    async fn manifest(
        &self,
        repository: &Repository,
        selector: &Selector,
        deadline: crate::http::Deadline,
    ) -> Result<Fetched, Arc<StoreError>> {
        let target = match selector {
            Selector::Tag(tag) => format!("{repository}:{tag}"),
            Selector::Digest(digest) => format!("{repository}@{digest}"),
        };
        let url = self.client.address(repository, &format!("manifests/{selector}"))?;
        let question = Question {
            repository,
            url: &url,
            target: &target,
            accept: ACCEPT_MANIFEST,
            length: Length::AtMost(self.limits.max_manifest_bytes),
        };
        match self.client.ask(question, deadline).await? {
            Answer::Absent(absence) => Err(client::absent(target, absence)),
            Answer::Found(found) => Ok(fetched(*found, selector, target).await?),
        }
    }

    async fn blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        size: u64,
        limit: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        let target = format!("{repository} blob {digest}");
        if size > limit {
            return Err(Arc::new(StoreError::TooLarge { target, limit, unit: "bytes" }));
        }
        let url = self.client.address(repository, &format!("blobs/{digest}"))?;
        let question = Question {
            repository,
            url: &url,
            target: &target,
            accept: "*/*",
            length: Length::Exactly(size),
        };
        match self.client.ask(question, self.client.deadline()).await? {
            Answer::Absent(absence) => Err(client::absent(target, absence)),
            Answer::Found(found) => {
                let (bytes, _) = check(found.body, Some(digest.clone()), target).await?;
                Ok(bytes)
            }
        }
    }
}

async fn fetched(found: Found, selector: &Selector, target: String) -> Result<Fetched, StoreError> {
    // Before the digest: "an error page came" says more than "it has another digest".
    found.check_json(&target)?;
    let expected = match selector {
        Selector::Digest(digest) => Some(digest.clone()),
        // A header that is no digest we can check says nothing.
        Selector::Tag(_) => found
            .headers
            .get(DIGEST_HEADER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.parse().ok()),
    };
    let (bytes, digest) = check(found.body, expected, target).await?;
    Ok(Fetched { bytes, digest, media_type: found.content_type })
}

/// Computes the digest of some bytes and holds it against what was expected.
async fn check(
    bytes: Bytes,
    expected: Option<Digest>,
    target: String,
) -> Result<(Bytes, Digest), StoreError> {
    let large = bytes.len() > HASH_INLINE_BYTES;
    let name = target.clone();
    let hash = move || {
        let digest = match &expected {
            Some(expected) => Digest::of(expected.algorithm(), &bytes),
            None => Digest::sha256(&bytes),
        };
        match expected {
            Some(expected) if expected != digest => {
                Err(StoreError::DigestMismatch { target, found: digest })
            }
            _ => Ok((bytes, digest)),
        }
    };
    if large { crate::files::blocking(name, hash).await } else { hash() }
}

#[async_trait]
impl Store for RegistryStore {
    async fn manifest(
        &self,
        place: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>> {
        let repository = repository(place)?;
        let selector = selector.ok_or_else(|| StoreError::Malformed {
            target: place.to_string(),
            problem: "a registry is asked by tag or by digest".into(),
            source: None,
        })?;
        self.inner.manifest(repository, selector, self.inner.client.deadline()).await
    }

    async fn blob(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
        limit: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        self.inner.blob(repository(place)?, digest, size, limit).await
    }

    async fn referrers(&self, place: &Place, digest: &Digest) -> Result<Listing, Arc<StoreError>> {
        self.inner.referrers(repository(place)?, digest).await
    }
}
