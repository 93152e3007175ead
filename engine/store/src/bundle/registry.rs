//! Bundles of a registry: services of the type `oci`.
//!
//! What is read of a registry is told in `artifact`. What is fetched by digest has that digest, and
//! the tag of a version is the digest of its layer, or of the manifest where there are several.
//!
//! The registry is the one in the service's address, whatever host the resource names, as in OPA.
//! What stands before the first slash of a resource is that host, and no part of the repository.
//!
//! Refused: of the service's settings those that a registry client has not.

use super::artifact::BundleArtifact;
use super::ship::TOTAL_MS;
use super::{BundleFetchError, BundleSource, FetchedBundle};
use crate::config::RegistryConfig;
use crate::error::StoreError;
use crate::files;
use crate::registry::{Credential, Given, RegistryStore, secret_header};
use crate::secret::Secret;
use crate::service::{BearerConfig, ServiceConfig};
use crate::source::Place;
use async_trait::async_trait;
use data_encoding::BASE64;
use referee_core::{Limits, Reference, Repository, Selector};
use std::path::PathBuf;
use tokio::sync::Mutex;
use url::Url;

/// The largest token in a file.
const MAX_TOKEN_BYTES: u64 = 64 * 1024;

/// A bundle of a registry.
#[derive(Debug)]
pub struct RegistryBundles {
    shown: String,
    place: Place,
    selector: Selector,
    config: RegistryConfig,
    limits: Limits,
    access: Access,
    /// The client, with the token that it was made with.
    client: Mutex<Option<(Secret, RegistryStore)>>,
}

/// How to authenticate.
#[derive(Debug)]
struct Access {
    bearer: Option<BearerConfig>,
    name: String,
}

impl RegistryBundles {
    /// A bundle under a reference, `host/repository:tag` or `@digest`, of a service. No part of it
    /// is filled in.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] naming what cannot be used.
    pub fn new(
        service: &ServiceConfig,
        resource: &str,
        limits: &Limits,
    ) -> Result<Self, StoreError> {
        let wrong = |setting: &str, problem: &str| StoreError::Configuration {
            setting: format!("services.{}{setting}", service.name),
            problem: problem.to_owned(),
            source: None,
        };
        let credentials = &service.credentials;
        if credentials.client_tls.is_some() || credentials.oauth2.is_some() {
            return Err(wrong(".credentials", "a service of the type oci takes bearer only"));
        }
        if service.allow_insecure_tls {
            return Err(wrong(".allow_insecure_tls", "not for a service of the type oci"));
        }
        if !service.headers.is_empty() {
            return Err(wrong(".headers", "not for a service of the type oci"));
        }
        let url = Url::parse(&service.url).map_err(|_| wrong(".url", "it is no address"))?;
        if !url.username().is_empty() || url.password().is_some() {
            let problem = "a service of the type oci takes user and password as credentials.bearer";
            return Err(wrong(".url", problem));
        }
        let host = url.host_str().ok_or_else(|| wrong(".url", "it has no host"))?;
        let host = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let reference = reference(resource)?;
        let repository = Repository::new(&host, reference.repository().path())
            .map_err(|_| wrong(".url", "its host is none of a registry"))?;
        let default = RegistryConfig::default();
        let tls = service.tls.clone().unwrap_or_default();
        let only_ca_files = tls.ca_cert.is_some() && !tls.system_ca_required;
        let config = RegistryConfig {
            anonymous: true,
            total_timeout_ms: TOTAL_MS,
            plain_http: (url.scheme() == "http").then_some(host).into_iter().collect(),
            read_timeout_ms: match service.response_header_timeout_seconds {
                None => default.read_timeout_ms,
                Some(0) => TOTAL_MS,
                Some(seconds) => seconds.saturating_mul(1000),
            },
            ca_files: tls.ca_cert.into_iter().collect(),
            only_ca_files,
            ..default
        };
        let access = Access { bearer: credentials.bearer.clone(), name: service.name.clone() };
        // What is wrong with the settings is told now.
        RegistryStore::given(&config, limits, None)?;
        Ok(Self {
            shown: format!("{repository}, {}", reference.selector()),
            place: Place::Registry(repository),
            selector: reference.selector(),
            config,
            limits: limits.clone(),
            access,
            client: Mutex::new(None),
        })
    }

    /// The client, made anew where the token changed.
    async fn client(&self) -> Result<RegistryStore, StoreError> {
        let token = self.access.token().await?;
        let mut client = self.client.lock().await;
        if let Some((known, client)) = client.as_ref().filter(|(known, _)| *known == token) {
            let _unchanged = known;
            return Ok(client.clone());
        }
        let given = self.access.given(&token)?;
        let made = RegistryStore::given(&self.config, &self.limits, given)?;
        *client = Some((token, made.clone()));
        Ok(made)
    }
}

/// A host that is one by every rule, in place of the one that a resource names.
const ANY_HOST: &str = "registry.invalid";

/// Reads a resource as OPA does, and as nobody else who reads references: the first part is a host
/// even where it could not be one, and there is a tag or a digest.
fn reference(resource: &str) -> Result<Reference, StoreError> {
    let wrong = |problem: &str, source| StoreError::Configuration {
        setting: format!("the resource {resource:?}"),
        problem: problem.to_owned(),
        source,
    };
    let problem = "it is no reference of a registry, host/repository:tag or host/repository@digest";
    let (_, inside) = resource.split_once('/').ok_or_else(|| wrong(problem, None))?;
    if !inside.rsplit('/').next().unwrap_or_default().contains([':', '@']) {
        return Err(wrong("it has neither a tag nor a digest", None));
    }
    format!("{ANY_HOST}/{inside}")
        .parse()
        .map_err(|source| wrong(problem, Some(Box::new(source) as Box<_>)))
}

impl Access {
    /// The token as it is now; empty where there is none.
    async fn token(&self) -> Result<Secret, StoreError> {
        let Some(bearer) = &self.bearer else { return Ok(Secret::default()) };
        let path: Option<PathBuf> =
            bearer.token_path.clone().filter(|path| !path.as_os_str().is_empty());
        let Some(path) = path else { return Ok(bearer.token.clone()) };
        let target = path.display().to_string();
        let read = move || files::read_text(&path, MAX_TOKEN_BYTES);
        Ok(Secret::new(files::blocking(target, read).await?.trim().to_owned()))
    }

    /// As OPA has it: with the scheme `Basic` the token is user name and password, with any other
    /// it is sent in base64.
    fn given(&self, token: &Secret) -> Result<Option<Given>, StoreError> {
        let Some(bearer) = &self.bearer else { return Ok(None) };
        let wrong = |problem: &str| StoreError::Configuration {
            setting: format!("services.{}.credentials.bearer", self.name),
            problem: problem.to_owned(),
            source: None,
        };
        if bearer.scheme.eq_ignore_ascii_case("basic") {
            let (user, password) = token
                .expose()
                .split_once(':')
                .ok_or_else(|| wrong("with the scheme Basic the token is user:password"))?;
            let (user, password) = (user.to_owned(), Secret::new(password.to_owned()));
            return Ok(Some(Given::Credential(Credential::Basic { user, password })));
        }
        let scheme = if bearer.scheme.is_empty() { "Bearer" } else { &bearer.scheme };
        let encoded = BASE64.encode(token.expose().as_bytes());
        let header = secret_header(&format!("{scheme} {encoded}"))
            .ok_or_else(|| wrong("the token cannot stand in a header"))?;
        Ok(Some(Given::Header(header)))
    }
}

#[async_trait]
impl BundleSource for RegistryBundles {
    async fn fetch(&self, etag: &str, limit: u64) -> Result<FetchedBundle, BundleFetchError> {
        let client = self.client().await?;
        let selector = Some(&self.selector);
        let artifact = BundleArtifact::find(&client, &self.place, selector, &self.shown).await?;
        let tag = artifact.tag().to_owned();
        if tag == etag {
            return Ok(FetchedBundle { bytes: None, etag: tag, waits: false });
        }
        let bytes = artifact.fetch(&client, &self.place, limit).await?;
        Ok(FetchedBundle { bytes: Some(bytes), etag: tag, waits: false })
    }

    fn place(&self) -> String {
        self.shown.clone()
    }
}
