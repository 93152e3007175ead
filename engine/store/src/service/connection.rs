//! The connections to a service: whose certificates are taken, which one is shown.
//!
//! The files of a client certificate are looked at before each request, or after the configured
//! interval, and read anew when they changed; a renewed certificate is in use with the next
//! request. Files that cannot be used any more are an error of that request, not a reason to go
//! on with what may have been taken back.

use super::config::{ClientTlsConfig, ServiceConfig};
use super::{CONNECT_TIMEOUT, identity, unusable};
use crate::error::StoreError;
use crate::files::blocking;
use crate::http::{Fault, certificates_in, is_tls_failure};
use crate::tls::{self, Trust};
use reqwest::{Client, redirect};
use rustls::sign::CertifiedKey;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The connections to a service.
#[derive(Debug)]
pub(super) struct Connection {
    /// For other origins, which get no client certificate.
    elsewhere: Client,
    own: Own,
}

#[derive(Debug)]
enum Own {
    /// Nothing is shown.
    Plain,
    /// A certificate is.
    Certified(Arc<Certified>),
}

#[derive(Debug)]
struct Certified {
    name: String,
    tls: ClientTlsConfig,
    trust: Trust,
    interval: Duration,
    current: Mutex<Current>,
}

#[derive(Clone, Debug)]
struct Current {
    client: Client,
    stamp: Stamp,
    looked: Instant,
}

/// Tells a file from what it was: length and time of change of certificate and key.
type Stamp = [(u64, Option<SystemTime>); 2];

impl Connection {
    pub(super) fn new(config: &ServiceConfig) -> Result<Self, StoreError> {
        let trust = trust(config)?;
        let elsewhere = client(&trust, &config.name, None)?;
        let own = match &config.credentials.client_tls {
            None => Own::Plain,
            Some(tls) => Own::Certified(Arc::new(Certified::new(config, tls, trust)?)),
        };
        Ok(Self { elsewhere, own })
    }

    /// The client to ask with. `own` says that the service's own origin is asked.
    pub(super) async fn client(&self, own: bool) -> Result<Client, Fault> {
        match &self.own {
            Own::Certified(certified) if own => {
                let certified = Arc::clone(certified);
                let target = format!("services.{}.credentials.client_tls", certified.name);
                Ok(blocking(target, move || certified.client()).await?)
            }
            _ => Ok(self.elsewhere.clone()),
        }
    }
}

impl Certified {
    fn new(
        config: &ServiceConfig,
        tls: &ClientTlsConfig,
        trust: Trust,
    ) -> Result<Self, StoreError> {
        for (setting, path) in [("cert", &tls.cert), ("private_key", &tls.private_key)] {
            if path.as_os_str().is_empty() {
                let setting = format!("credentials.client_tls.{setting}");
                return Err(unusable(config, &setting, "a client certificate needs it"));
            }
        }
        let stamp = stamp(tls)?;
        let client = client(&trust, &config.name, Some(identity::read(&config.name, tls)?))?;
        let interval = Duration::from_secs(tls.cert_reread_interval_seconds.unwrap_or(0));
        let current = Mutex::new(Current { client, stamp, looked: Instant::now() });
        Ok(Self { name: config.name.clone(), tls: tls.clone(), trust, interval, current })
    }

    /// The client with the certificate as it is now. Blocks on the file system.
    fn client(&self) -> Result<Client, StoreError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.interval.is_zero() && current.looked.elapsed() < self.interval {
            return Ok(current.client.clone());
        }
        let found = stamp(&self.tls)?;
        if found != current.stamp {
            let identity = identity::read(&self.name, &self.tls)?;
            current.client = client(&self.trust, &self.name, Some(identity))?;
            current.stamp = found;
            tracing::info!(service = self.name, "the client certificate was read anew");
        }
        current.looked = Instant::now();
        Ok(current.client.clone())
    }
}

fn stamp(tls: &ClientTlsConfig) -> Result<Stamp, StoreError> {
    let look = |path: &PathBuf| {
        std::fs::metadata(path)
            .map(|found| (found.len(), found.modified().ok()))
            .map_err(|source| StoreError::File { target: path.display().to_string(), source })
    };
    Ok([look(&tls.cert)?, look(&tls.private_key)?])
}

/// Whose certificates are taken.
fn trust(config: &ServiceConfig) -> Result<Trust, StoreError> {
    let tls = config.tls.clone().unwrap_or_default();
    let older = config.credentials.client_tls.as_ref();
    let (file, system) = match tls.ca_cert.filter(|path| !path.as_os_str().is_empty()) {
        Some(file) => (Some(file), tls.system_ca_required),
        None => (
            older.and_then(|older| older.ca_cert.clone()),
            older.is_some_and(|older| older.system_ca_required),
        ),
    };
    let authorities = match &file {
        Some(path) => certificates_in(path).map_err(|error| StoreError::Configuration {
            setting: format!("services.{}.tls.ca_cert", config.name),
            problem: "the authorities cannot be used".into(),
            source: Some(Box::new(error)),
        })?,
        None => Vec::new(),
    };
    let only_these = file.is_some() && !system;
    Ok(Trust { authorities, only_these, anybody: config.allow_insecure_tls })
}

fn client(
    trust: &Trust,
    name: &str,
    shown: Option<Arc<CertifiedKey>>,
) -> Result<Client, StoreError> {
    let unusable = |error: Box<dyn std::error::Error + Send + Sync>| StoreError::Configuration {
        setting: format!("services.{name}"),
        problem: "no HTTP client can be made with these settings".into(),
        source: Some(error),
    };
    Client::builder()
        .user_agent(concat!("referee/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(redirect::Policy::none())
        .referer(false)
        // What a bundle is must not depend on how it came.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .tls_backend_preconfigured(trust.speaking(shown).map_err(unusable)?)
        .build()
        .map_err(|error| unusable(error.into()))
}

/// What it means that a request got no answer.
pub(super) fn no_answer(error: reqwest::Error, target: &str) -> Fault {
    let target = target.to_owned();
    if error.is_timeout() {
        let limit = CONNECT_TIMEOUT;
        return Fault::passing(StoreError::Timeout { target, stage: "connecting", limit });
    }
    let lasting = error.is_connect() && is_tls_failure(&error);
    // The address may hold a signature that is as good as a password.
    let source = tls::failure(&error).unwrap_or_else(|| Box::new(error.without_url()));
    let error = StoreError::Connection { target, source };
    if lasting { Fault::lasting(error) } else { Fault::passing(error) }
}
