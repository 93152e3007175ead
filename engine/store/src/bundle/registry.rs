//! Bundles of a registry: services of the type `oci`.
//!
//! Two layouts are read. OPA's: the first layer of the type [`ARCHIVE`] is the bundle's archive.
//! Conftest's: a layer for each file, modules and data, with its path in
//! `org.opencontainers.image.title`. What is fetched by digest has that digest, and the tag of a
//! version is the digest of its layer, or of the manifest where there are several.
//!
//! The registry is the one in the service's address, whatever host the resource names, as in OPA.
//!
//! Refused: an index, a manifest with neither layout, Conftest's data files under names that bundles
//! do not have, and of the service's settings those that a registry client has not.

use super::{BundleBytes, BundleFetchError, BundleSource, FetchedBundle};
use crate::config::RegistryConfig;
use crate::error::StoreError;
use crate::files;
use crate::registry::{Credential, Given, RegistryStore, secret_header};
use crate::secret::Secret;
use crate::service::{BearerConfig, ServiceConfig};
use crate::source::{Place, Store as _};
use async_trait::async_trait;
use data_encoding::BASE64;
use referee_core::oci::{Document, Manifest};
use referee_core::{Descriptor, Limits, Reference, Repository, Selector};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;
use url::Url;

/// What OPA's layer is (image-spec, "Layer Filesystem Changeset").
const ARCHIVE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// What Conftest's layers are.
const MODULE: &str = "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego";
const DATA: &str = "application/vnd.cncf.openpolicyagent.data.layer.v1+json";

/// What a layer is called (image-spec, "Pre-Defined Annotation Keys").
const TITLE: &str = "org.opencontainers.image.title";

/// How long one question may take in all, in milliseconds: a bundle over a slow line.
const TOTAL_MS: u64 = 15 * 60 * 1000;

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
    /// A bundle under a reference, `host/repository:tag` or `@digest`, of a service.
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
        let reference: Reference = resource.parse().map_err(|source| {
            let setting = format!("the resource {resource:?}");
            let problem = "it is no reference of a registry".to_owned();
            StoreError::Configuration { setting, problem, source: Some(Box::new(source)) }
        })?;
        let repository = Repository::new(&host, reference.repository().path())
            .map_err(|_| wrong(".url", "its host is none of a registry"))?;
        let mut config = RegistryConfig::default();
        config.anonymous = true;
        config.total_timeout_ms = TOTAL_MS;
        config.plain_http = (url.scheme() == "http").then_some(host).into_iter().collect();
        match service.response_header_timeout_seconds {
            None => {}
            Some(0) => config.read_timeout_ms = TOTAL_MS,
            Some(seconds) => config.read_timeout_ms = seconds.saturating_mul(1000),
        }
        let tls = service.tls.clone().unwrap_or_default();
        config.ca_files = tls.ca_cert.into_iter().collect();
        config.only_ca_files = !config.ca_files.is_empty() && !tls.system_ca_required;
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

    async fn blob(
        &self,
        client: &RegistryStore,
        layer: &Descriptor,
        limit: u64,
    ) -> Result<bytes::Bytes, Arc<StoreError>> {
        client.blob(&self.place, &layer.digest, layer.size, limit).await
    }

    /// The files of Conftest's layout.
    async fn files(
        &self,
        client: &RegistryStore,
        layers: &[&Descriptor],
        limit: u64,
    ) -> Result<BundleBytes, BundleFetchError> {
        let mut left = limit;
        let mut files = Vec::new();
        for layer in layers {
            let path = self.path(layer)?;
            let bytes = self.blob(client, layer, left).await?;
            left = left.saturating_sub(files::length(&bytes));
            files.push((path, bytes));
        }
        files.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(BundleBytes::Files(files))
    }

    fn path(&self, layer: &Descriptor) -> Result<String, BundleFetchError> {
        let Some(title) = layer.annotations.get(TITLE) else {
            return Err(self.no_bundle(format!("the layer {} has no {TITLE}", layer.digest)));
        };
        let base = title.rsplit('/').next().unwrap_or_default();
        if layer.media_type == DATA && !matches!(base, "data.json" | "data.yaml" | "data.yml") {
            let problem = "data of a bundle stand in data.json, data.yaml or data.yml, and what is \
                           left out would change decisions";
            return Err(self.no_bundle(format!("{title:?}: {problem}")));
        }
        Ok(title.clone())
    }

    fn no_bundle(&self, problem: String) -> BundleFetchError {
        BundleFetchError::NoBundle { target: self.shown.clone(), problem }
    }
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
        let fetched = client.manifest(&self.place, Some(&self.selector)).await?;
        let document = Document::parse(&fetched.bytes, &fetched.media_type)
            .map_err(|error| self.no_bundle(referee_core::error::chain(&error)))?;
        let Document::Manifest(Manifest { layers, .. }) = document.0 else {
            return Err(self.no_bundle("it is an index, and a bundle is one artifact".to_owned()));
        };
        let archive = layers.iter().find(|layer| layer.media_type == ARCHIVE);
        let known = |tag: &str| FetchedBundle { bytes: None, etag: tag.to_owned(), waits: false };
        if let Some(layer) = archive {
            let tag = layer.digest.hex().to_owned();
            if tag == etag {
                return Ok(known(&tag));
            }
            let bytes = BundleBytes::Archive(self.blob(&client, layer, limit).await?);
            return Ok(FetchedBundle { bytes: Some(bytes), etag: tag, waits: false });
        }
        let parts: Vec<&Descriptor> = layers
            .iter()
            .filter(|layer| matches!(layer.media_type.as_str(), MODULE | DATA))
            .collect();
        if parts.is_empty() {
            let problem = format!("no layer is a bundle ({ARCHIVE}) or a part of one ({MODULE})");
            return Err(self.no_bundle(problem));
        }
        let tag = fetched.digest.hex().to_owned();
        if tag == etag {
            return Ok(known(&tag));
        }
        let bytes = self.files(&client, &parts, limit).await?;
        Ok(FetchedBundle { bytes: Some(bytes), etag: tag, waits: false })
    }

    fn place(&self) -> String {
        self.shown.clone()
    }
}
