//! The server's side of TLS: its certificate, the authorities of its clients, and their renewal.
//!
//! Files are read again in a fixed rhythm, and are taken when what is in them changed and can be
//! used; until then the ones before stay in force. The certificate with its key is one thing, the
//! authorities of clients another: each is renewed whatever becomes of the other. A connection keeps
//! what it began with.

use referee_core::Coded;
use referee_core::error::chain;
use referee_store::tls::{KeyMismatch, certified_key, client_verifier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedCipherSuite};

/// The largest file that is read, in bytes. The whole Mozilla list of authorities is 220 KiB.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// What is spoken inside TLS, the better first (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// TLS for the addresses that speak it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ServerTls {
    /// The file of the certificate with its chain, PEM, the server's own first.
    pub certificate: Option<PathBuf>,
    /// The file of its private key, PEM.
    pub key: Option<PathBuf>,
    /// The file of the authorities of client certificates, PEM.
    pub client_ca: Option<PathBuf>,
    /// The oldest version that is spoken: `1.2` or `1.3`.
    pub min_version: TlsVersion,
    /// The cipher suites of TLS 1.2, by their IANA names. Empty: all that are sound. Those of
    /// TLS 1.3 cannot be chosen.
    pub cipher_suites: Vec<String>,
    /// How often the files are looked at, in milliseconds; 0 for never. What changed serves the
    /// connections from then on.
    pub refresh_ms: u64,
}

impl Default for ServerTls {
    fn default() -> Self {
        Self {
            certificate: None,
            key: None,
            client_ca: None,
            min_version: TlsVersion::default(),
            cipher_suites: Vec::new(),
            refresh_ms: 10_000,
        }
    }
}

/// A version of TLS.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, PartialOrd, Ord,
)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    #[default]
    #[serde(rename = "1.2")]
    V12,
    /// TLS 1.3 (RFC 8446).
    #[serde(rename = "1.3")]
    V13,
}

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// One of two settings that need one another.
    #[error("server.tls.{missing} is not set")]
    Missing {
        /// The one that is not set.
        missing: &'static str,
        /// What needs it.
        wanted_by: &'static str,
    },
    /// A file cannot be read.
    #[error("server.tls.{setting}: {} cannot be read", path.display())]
    Read {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is in a file is not what it should be.
    #[error("server.tls.{setting}: {} {problem}", path.display())]
    Content {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A cipher suite that is not known, or not for TLS 1.2.
    #[error("server.tls.cipher_suites: there is no {name:?}")]
    CipherSuite {
        /// Its name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The certificate and the key cannot be used together.
    #[error("server.tls.certificate: {} and server.tls.key", path.display())]
    Pair {
        /// The file of the certificate.
        path: PathBuf,
        /// Why.
        source: KeyMismatch,
    },
    /// The authorities, or the cipher suites, cannot be used.
    #[error("TLS cannot be set up")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Coded for TlsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "tls_setting_missing",
            Self::Read { .. } => "tls_file_unreadable",
            Self::Content { .. } => "tls_file_invalid",
            Self::CipherSuite { .. } => "tls_cipher_suite_unknown",
            Self::Pair { .. } | Self::Setup(_) => "tls_unusable",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { missing, wanted_by } => {
                Some(format!("{wanted_by} needs it: set server.tls.{missing}"))
            }
            Self::CipherSuite { known, .. } => Some(format!("there are {}", known.join(", "))),
            _ => None,
        }
    }
}

impl ServerTls {
    /// Whether there is a certificate, or half of one, to serve with.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        self.certificate.is_some() || self.key.is_some()
    }
}

fn read(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let fail = |source| TlsError::Read { setting, path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(fail)?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(fail)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE) {
        let problem = format!("is larger than {MAX_FILE} bytes");
        return Err(TlsError::Content { setting, path: path.to_owned(), problem });
    }
    Ok(bytes)
}

/// What is made of the bytes of files, and those bytes.
#[derive(Debug)]
struct Kept<T> {
    bytes: Vec<Vec<u8>>,
    made: T,
}

type Verifier = Arc<dyn ClientCertVerifier>;

/// What connections are accepted with is made of.
#[derive(Debug)]
struct Parts {
    own: Kept<Arc<CertifiedKey>>,
    /// Where clients must show a certificate.
    clients: Option<Kept<Verifier>>,
}

/// What connections are accepted with.
#[derive(Debug)]
pub(crate) struct Certificates {
    tls: ServerTls,
    provider: Arc<CryptoProvider>,
    /// Held while files are read; who accepts connections has no need of it.
    parts: Mutex<Parts>,
    config: RwLock<Arc<ServerConfig>>,
}

/// What became of a look at the files.
#[derive(Debug, Default)]
struct Look {
    /// What was renewed.
    renewed: Vec<&'static str>,
    /// What was not, and why.
    failed: Vec<(&'static str, TlsError)>,
}

/// What the log calls the two things.
const OWN: &str = "the certificate of the server";
const CLIENTS: &str = "the authorities of clients";

impl Certificates {
    /// Reads the files.
    pub(crate) fn load(tls: &ServerTls, clients: bool) -> Result<Self, TlsError> {
        let provider = Arc::new(provider(&tls.cipher_suites)?);
        let own = Kept::first(own_files(tls)?, |bytes| own(tls, &provider, bytes))?;
        let clients = if clients {
            let made = |bytes: &[Vec<u8>]| authorities(tls, &provider, bytes);
            Some(Kept::first(client_files(tls)?, made)?)
        } else {
            None
        };
        let config = configured(tls, &provider, &own.made, clients.as_ref().map(|it| &it.made))?;
        let (parts, config) = (Mutex::new(Parts { own, clients }), RwLock::new(Arc::new(config)));
        Ok(Self { tls: tls.clone(), provider, parts, config })
    }

    /// What a connection that comes now is accepted with.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the files again.
    fn look(&self) -> Look {
        let mut look = Look::default();
        let (tls, provider) = (&self.tls, &self.provider);
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let renewed = parts.own.renew(own_files(tls), |bytes| own(tls, provider, bytes));
        look.note(OWN, renewed);
        if let Some(clients) = &mut parts.clients {
            let made = |bytes: &[Vec<u8>]| authorities(tls, provider, bytes);
            look.note(CLIENTS, clients.renew(client_files(tls), made));
        }
        if look.renewed.is_empty() {
            return look;
        }
        let clients = parts.clients.as_ref().map(|clients| &clients.made);
        match configured(tls, provider, &parts.own.made, clients) {
            Ok(config) => {
                *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
            }
            Err(error) => look.failed.push((OWN, error)),
        }
        look
    }
}

impl Look {
    fn note(&mut self, what: &'static str, renewed: Result<bool, TlsError>) {
        match renewed {
            Ok(true) => self.renewed.push(what),
            Ok(false) => {}
            Err(error) => self.failed.push((what, error)),
        }
    }
}

impl<T> Kept<T> {
    fn first(
        bytes: Vec<Vec<u8>>,
        make: impl FnOnce(&[Vec<u8>]) -> Result<T, TlsError>,
    ) -> Result<Self, TlsError> {
        let made = make(&bytes)?;
        Ok(Self { bytes, made })
    }

    /// Whether it is another now.
    fn renew(
        &mut self,
        bytes: Result<Vec<Vec<u8>>, TlsError>,
        make: impl FnOnce(&[Vec<u8>]) -> Result<T, TlsError>,
    ) -> Result<bool, TlsError> {
        let bytes = bytes?;
        if bytes == self.bytes {
            return Ok(false);
        }
        *self = Self::first(bytes, make)?;
        Ok(true)
    }
}

/// Looks after the files, for ever.
pub(crate) async fn watch(certificates: Arc<Certificates>) {
    let period = Duration::from_millis(certificates.tls.refresh_ms);
    if period.is_zero() {
        return;
    }
    // A trouble is told once, not each time that it is met.
    let mut told = Vec::new();
    loop {
        tokio::time::sleep(period).await;
        let at_work = Arc::clone(&certificates);
        let Ok(look) = tokio::task::spawn_blocking(move || at_work.look()).await else { return };
        for what in look.renewed {
            tracing::info!("{what}: renewed");
        }
        let failed: Vec<_> =
            look.failed.iter().map(|(what, error)| (*what, chain(error))).collect();
        for (what, error) in failed.iter().filter(|failed| !told.contains(*failed)) {
            tracing::error!(error, "{what}: not renewed, what was read before stays in force");
        }
        told = failed;
    }
}

fn named<'a>(
    path: Option<&'a Path>,
    missing: &'static str,
    wanted_by: &'static str,
) -> Result<&'a Path, TlsError> {
    path.ok_or(TlsError::Missing { missing, wanted_by })
}

/// The bytes of certificate and key.
fn own_files(tls: &ServerTls) -> Result<Vec<Vec<u8>>, TlsError> {
    let certificate = named(tls.certificate.as_deref(), "certificate", "https")?;
    let key = named(tls.key.as_deref(), "key", "https")?;
    Ok(vec![read("certificate", certificate)?, read("key", key)?])
}

/// The bytes of the authorities of clients.
fn client_files(tls: &ServerTls) -> Result<Vec<Vec<u8>>, TlsError> {
    let path = named(tls.client_ca.as_deref(), "client_ca", "server.authentication: tls")?;
    Ok(vec![read("client_ca", path)?])
}

fn own(
    tls: &ServerTls,
    provider: &CryptoProvider,
    bytes: &[Vec<u8>],
) -> Result<Arc<CertifiedKey>, TlsError> {
    let path = tls.certificate.as_deref().unwrap_or(Path::new(""));
    let [certificate, key] = bytes else {
        return Err(TlsError::Missing { missing: "key", wanted_by: "https" });
    };
    let chain = certificates("certificate", path, certificate)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Content {
        setting: "key",
        path: tls.key.clone().unwrap_or_default(),
        // What a reader says of a private key stays here.
        problem: "holds no private key in PEM".into(),
    })?;
    certified_key(chain, key, provider)
        .map_err(|source| TlsError::Pair { path: path.to_owned(), source })
}

fn authorities(
    tls: &ServerTls,
    provider: &Arc<CryptoProvider>,
    bytes: &[Vec<u8>],
) -> Result<Verifier, TlsError> {
    let path = tls.client_ca.as_deref().unwrap_or(Path::new(""));
    let pem = bytes.first().map(Vec::as_slice).unwrap_or_default();
    let authorities = certificates("client_ca", path, pem)?;
    client_verifier(authorities, Arc::clone(provider)).map_err(|error| TlsError::Content {
        setting: "client_ca",
        path: path.to_owned(),
        problem: format!("holds what is no authority: {error}"),
    })
}

fn configured(
    tls: &ServerTls,
    provider: &Arc<CryptoProvider>,
    own: &Arc<CertifiedKey>,
    clients: Option<&Verifier>,
) -> Result<ServerConfig, TlsError> {
    let versions: &[_] = match tls.min_version {
        TlsVersion::V12 => &[&TLS13, &TLS12],
        TlsVersion::V13 => &[&TLS13],
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(versions)
        .map_err(|error| TlsError::Setup(error.into()))?;
    let builder = match clients {
        Some(clients) => builder.with_client_cert_verifier(Arc::clone(clients)),
        None => builder.with_no_client_auth(),
    };
    let own = Arc::new(SingleCertAndKey::from(Arc::clone(own)));
    let mut config = builder.with_cert_resolver(own);
    config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

fn certificates(
    setting: &'static str,
    path: &Path,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let content = |problem: String| TlsError::Content { setting, path: path.to_owned(), problem };
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.map_err(|error| content(format!("is not PEM: {error}")))?;
    if all.is_empty() {
        return Err(content("holds no certificate in PEM".into()));
    }
    Ok(all)
}

/// The cryptography, with the suites of TLS 1.2 that are asked for.
fn provider(names: &[String]) -> Result<CryptoProvider, TlsError> {
    let mut provider = aws_lc_rs::default_provider();
    if names.is_empty() {
        return Ok(provider);
    }
    let known: Vec<String> =
        provider.cipher_suites.iter().filter(|suite| is_chosen(suite)).map(name_of).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        return Err(TlsError::CipherSuite { name: name.clone(), known });
    }
    provider.cipher_suites.retain(|suite| !is_chosen(suite) || names.contains(&name_of(suite)));
    Ok(provider)
}

/// Whether a suite can be chosen: those of TLS 1.3 cannot, as in OPA.
fn is_chosen(suite: &SupportedCipherSuite) -> bool {
    suite.tls13().is_none()
}

fn name_of(suite: &SupportedCipherSuite) -> String {
    format!("{:?}", suite.suite())
}
