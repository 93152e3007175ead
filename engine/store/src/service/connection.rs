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
use reqwest::{Certificate, Client, Identity, redirect};
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

/// Whose certificates are taken.
#[derive(Clone, Debug)]
struct Trust {
    authorities: Vec<Certificate>,
    only_these: bool,
    anybody: bool,
}

impl Connection {
    pub(super) fn new(config: &ServiceConfig) -> Result<Self, StoreError> {
        let trust = Trust::of(config)?;
        let elsewhere = trust.client(&config.name, None)?;
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
        let client = trust.client(&config.name, Some(identity::read(&config.name, tls)?))?;
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
            current.client = self.trust.client(&self.name, Some(identity))?;
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

impl Trust {
    fn of(config: &ServiceConfig) -> Result<Self, StoreError> {
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
        Ok(Self { authorities, only_these, anybody: config.allow_insecure_tls })
    }

    fn client(&self, name: &str, identity: Option<Identity>) -> Result<Client, StoreError> {
        let authorities = self.authorities.iter().cloned();
        let mut builder = Client::builder()
            .user_agent(concat!("referee/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(redirect::Policy::none())
            .referer(false)
            .tls_danger_accept_invalid_certs(self.anybody)
            // What a bundle is must not depend on how it came.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate();
        builder = if self.only_these {
            builder.tls_certs_only(authorities)
        } else {
            builder.tls_certs_merge(authorities)
        };
        if let Some(identity) = identity {
            builder = builder.identity(identity);
        }
        builder.build().map_err(|error| StoreError::Configuration {
            setting: format!("services.{name}"),
            problem: "no HTTP client can be made with these settings".into(),
            source: Some(Box::new(error)),
        })
    }
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
    let source = Box::new(error.without_url());
    let error = StoreError::Connection { target, source };
    if lasting { Fault::lasting(error) } else { Fault::passing(error) }
}
