//! Trusted roots: the authorities and logs of a Sigstore instance (sigstore/protobuf-specs
//! `protos/sigstore_trustroot.proto`).
//!
//! A root is read whole or not at all: a log or an authority that is malformed is an error. Only a
//! key of an algorithm that this version does not know is left out, so that a root with a newer
//! log still serves for the others; what only that log or authority vouches for is not trusted. So it
//! is with a timestamp authority that has its signer's certificate and not its root.

use crate::primitive::key::{KeyError, PublicKey};
use crate::primitive::x509::{Certificate, CertificateError};
use crate::protocol::log_key::LogKey;
use crate::protocol::timestamp;
use referee_core::facts::{TrustRootFact, TrustRootSource};
use referee_core::trust::{RootSource, TrustedSigstore, WellKnown};
use referee_core::{Coded, Digest, Timestamp};
use sigstore_trust_root as family;
use sigstore_trust_root::trusted_root as written;
use sigstore_trust_root::{TimeRange, TrustedRoot};

/// The most logs, and the most authorities of one kind, that are read: the public-good root has
/// about five.
const MAX_ENTRIES: usize = 64;

/// The most certificates of one authority.
const MAX_CHAIN: usize = 10;

/// What a Sigstore instance vouches with.
#[derive(Clone, Debug)]
pub struct Root {
    /// What facts say of it. Without what depends on the time of asking.
    pub(super) fact: TrustRootFact,
    /// Who issues signing certificates.
    pub(super) authorities: Vec<Authority>,
    /// Certificate transparency logs.
    pub(super) certificate_logs: Vec<LogKey>,
    /// Transparency logs of signatures.
    pub(super) logs: Vec<LogKey>,
    /// Who issues timestamps.
    pub(super) timestamps: Vec<timestamp::Authority>,
}

/// Who issues signing certificates.
#[derive(Clone, Debug)]
pub(super) struct Authority {
    /// Its certificates; each is an anchor.
    pub(super) certificates: Vec<Certificate>,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
}

impl Authority {
    /// Whether it is trusted for what it issued at a point in time. Both ends belong to it.
    pub(super) fn is_valid_at(&self, at: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= at)
            && self.valid_until.is_none_or(|until| at <= until)
    }
}

/// A trusted root that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the trusted root of Sigstore instance {instance:?}: {problem}")]
pub struct RootError {
    /// The instance's name in the trust document.
    pub instance: String,
    /// What is wrong with it.
    #[source]
    pub problem: RootProblem,
}

/// What is wrong with a trusted root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootProblem {
    /// Nobody has asked for it yet.
    #[error("it was not fetched from the TUF repository {url}")]
    NotHad {
        /// The repository.
        url: String,
    },
    /// Not JSON, or not of the shape.
    #[error("it is not a Sigstore trusted root: {0}")]
    Json(#[source] family::Error),
    /// More entries than any instance has.
    #[error("`{list}` has {found} entries; {MAX_ENTRIES} are read")]
    TooMany {
        /// The list.
        list: &'static str,
        /// How many it has.
        found: usize,
    },
    /// A log's id is not the 32 bytes of a SHA-256.
    #[error("log {log:?} has an id of {found} bytes, not 32")]
    LogId {
        /// The log's URL.
        log: String,
        /// Its length.
        found: usize,
    },
    /// Two logs of one list have one id.
    #[error("log {log:?} has the id of another log")]
    DuplicateLog {
        /// The URL of the second.
        log: String,
    },
    /// A log's key cannot be read.
    #[error("the key of log {log:?}: {source}")]
    LogKey {
        /// The log's URL.
        log: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// An authority has no certificate, or more than any has.
    #[error("authority {authority:?} has {found} certificates, too few or more than {MAX_CHAIN}")]
    Chain {
        /// The authority's URL.
        authority: String,
        /// How many it has.
        found: usize,
    },
    /// An authority's certificate cannot be read.
    #[error("a certificate of authority {authority:?}: {source}")]
    Certificate {
        /// The authority's URL.
        authority: String,
        /// What is wrong with it.
        source: CertificateError,
    },
    /// A validity that ends before it starts.
    #[error("{of:?} is trusted from {from} until {until}, which is before")]
    Window {
        /// The URL of the log or authority.
        of: String,
        /// The start.
        from: Timestamp,
        /// The end.
        until: Timestamp,
    },
}

impl RootError {
    /// Every code of this type; `docs/signature-errors.md` has them all.
    pub const CODES: [&str; 7] = [
        "trust_root_unavailable",
        "trust_root_malformed",
        "trust_root_too_large",
        "trust_root_log",
        "trust_root_key",
        "trust_root_certificate",
        "trust_root_validity",
    ];
}

impl Coded for RootError {
    fn code(&self) -> &'static str {
        match self.problem {
            RootProblem::NotHad { .. } => "trust_root_unavailable",
            RootProblem::Json(_) => "trust_root_malformed",
            RootProblem::TooMany { .. } => "trust_root_too_large",
            RootProblem::LogId { .. } | RootProblem::DuplicateLog { .. } => "trust_root_log",
            RootProblem::LogKey { .. } => "trust_root_key",
            RootProblem::Chain { .. } | RootProblem::Certificate { .. } => "trust_root_certificate",
            RootProblem::Window { .. } => "trust_root_validity",
        }
    }

    fn hint(&self) -> Option<String> {
        matches!(self.problem, RootProblem::Json(_)).then(|| {
            "`file` names a `trusted_root.json`, as `cosign trusted-root create` writes it".into()
        })
    }
}

impl Root {
    /// Reads the root of an instance.
    ///
    /// # Errors
    /// [`RootError`] where any part of it is malformed.
    pub fn new(trusted: &TrustedSigstore) -> Result<Self, RootError> {
        let (json, source, expires_at) = match &trusted.root {
            RootSource::WellKnown(instance) => {
                (embedded(*instance), TrustRootSource::Embedded, None)
            }
            RootSource::Supplied { root, .. } => (root.json.as_str(), root.source, root.expires_at),
            RootSource::File { json, .. } => (json.as_str(), TrustRootSource::File, None),
            RootSource::Tuf { repository, .. } => {
                let problem = RootProblem::NotHad { url: repository.url.clone() };
                return Err(RootError { instance: trusted.name.clone(), problem });
            }
            // `RootSource` may grow, and what is not known is not trusted.
            _ => ("", TrustRootSource::File, None),
        };
        let fact = TrustRootFact {
            name: trusted.name.clone(),
            source,
            digest: Digest::sha256(json.as_bytes()),
            expires_at,
            expired: false,
        };
        read(json, fact).map_err(|problem| RootError { instance: trusted.name.clone(), problem })
    }

    /// What facts say of it at a point in time.
    #[must_use]
    pub fn fact(&self, now: Timestamp) -> TrustRootFact {
        let expired = self.fact.expires_at.is_some_and(|end| end <= now);
        TrustRootFact { expired, ..self.fact.clone() }
    }
}

/// The trusted root of a well-known instance that comes with Referee, JSON.
#[must_use]
pub fn embedded(instance: WellKnown) -> &'static str {
    match instance {
        WellKnown::PublicGood => family::SIGSTORE_PRODUCTION_TRUSTED_ROOT,
        WellKnown::Github => family::SIGSTORE_GITHUB_TRUSTED_ROOT,
        WellKnown::Staging => family::SIGSTORE_STAGING_TRUSTED_ROOT,
        // As above: no root, so nothing is trusted.
        _ => "",
    }
}

fn read(json: &str, fact: TrustRootFact) -> Result<Root, RootProblem> {
    let root = TrustedRoot::from_json(json).map_err(RootProblem::Json)?;
    for (list, found) in [
        ("tlogs", root.tlogs.len()),
        ("ctlogs", root.ctlogs.len()),
        ("certificateAuthorities", root.certificate_authorities.len()),
        ("timestampAuthorities", root.timestamp_authorities.len()),
    ] {
        if found > MAX_ENTRIES {
            return Err(RootProblem::TooMany { list, found });
        }
    }
    let logs = root.tlogs.iter().map(|log| log_key(&log.base_url, &log.log_id, &log.public_key));
    let certificate_logs =
        root.ctlogs.iter().map(|log| log_key(&log.base_url, &log.log_id, &log.public_key));
    let authorities = root.certificate_authorities.iter().map(|authority| {
        let certificates = certificates(&authority.uri, &authority.cert_chain)?;
        let (valid_from, valid_until) = window(&authority.uri, authority.valid_for)?;
        Ok(Authority { certificates, valid_from, valid_until })
    });
    let timestamps = root.timestamp_authorities.iter().map(|authority| {
        let name = authority.uri.clone().unwrap_or_default();
        let certificates = certificates(&name, &authority.cert_chain)?;
        let (valid_from, valid_until) = window(&name, authority.valid_for)?;
        let name = match (name.is_empty(), certificates.first()) {
            (true, Some(signer)) => signer.subject().to_owned(),
            _ => name,
        };
        // One without its root vouches for nothing, and the others serve: sigstore-go and
        // sigstore-python have it so.
        let authority = match certificates.as_slice() {
            [leaf] => timestamp::Authority::unanchored(name, leaf.clone()),
            chain => timestamp::Authority::pinned(name.clone(), chain)
                .ok_or(RootProblem::Chain { authority: name, found: chain.len() })?,
        };
        Ok(authority.during(valid_from, valid_until))
    });
    Ok(Root {
        fact,
        authorities: authorities.collect::<Result<_, RootProblem>>()?,
        certificate_logs: distinct(certificate_logs)?,
        logs: distinct(logs)?,
        timestamps: timestamps.collect::<Result<_, RootProblem>>()?,
    })
}

/// The logs whose keys are known algorithms, no two with one id.
fn distinct(
    read: impl Iterator<Item = Result<Option<LogKey>, RootProblem>>,
) -> Result<Vec<LogKey>, RootProblem> {
    let mut logs: Vec<LogKey> = Vec::new();
    for log in read {
        let Some(log) = log? else { continue };
        if logs.iter().any(|other| other.id == log.id) {
            return Err(RootProblem::DuplicateLog { log: log.name });
        }
        logs.push(log);
    }
    Ok(logs)
}

/// `None` where the key is of an algorithm that this version does not know.
fn log_key(
    url: &str,
    id: &sigstore_types::LogId,
    key: &written::PublicKey,
) -> Result<Option<LogKey>, RootProblem> {
    let log = || url.to_owned();
    let bytes = id.key_id.as_bytes();
    let id = <[u8; 32]>::try_from(bytes)
        .map_err(|_| RootProblem::LogId { log: log(), found: bytes.len() })?;
    let (valid_from, valid_until) = window(url, key.valid_for)?;
    // `sigstore_common.proto`, `PublicKeyDetails`: PKIX_… is a SubjectPublicKeyInfo, as all are but
    // these.
    let read = match key.key_details.as_str() {
        details if details.starts_with("PKCS1_RSA_") => PublicKey::from_pkcs1,
        _ => PublicKey::from_spki,
    };
    match read(key.raw_bytes.as_bytes()) {
        Ok(key) => Ok(Some(LogKey { id, key, valid_from, valid_until, name: log() })),
        Err(KeyError::Algorithm { .. } | KeyError::Curve { .. }) => Ok(None),
        Err(source) => Err(RootProblem::LogKey { log: log(), source }),
    }
}

fn certificates(url: &str, chain: &written::CertChain) -> Result<Vec<Certificate>, RootProblem> {
    let found = chain.certificates.len();
    let authority = || url.to_owned();
    if found == 0 || found > MAX_CHAIN {
        return Err(RootProblem::Chain { authority: authority(), found });
    }
    chain
        .certificates
        .iter()
        .map(|certificate| {
            let read = Certificate::from_der(certificate.raw_bytes.as_bytes())
                .map_err(|source| RootProblem::Certificate { authority: authority(), source })?;
            // The key is read now, not with the first signature; where it is wanted and cannot be
            // read, that is told there.
            let _ = read.public_key();
            Ok(read)
        })
        .collect()
}

type Window = (Option<Timestamp>, Option<Timestamp>);

fn window(of: &str, range: Option<TimeRange>) -> Result<Window, RootProblem> {
    let Some(range) = range else { return Ok((None, None)) };
    let from = Timestamp::from_unix_nanoseconds(range.start.as_nanosecond());
    let until = range.end.and_then(|end| Timestamp::from_unix_nanoseconds(end.as_nanosecond()));
    match (from, until) {
        (Some(from), Some(until)) if until < from => {
            Err(RootProblem::Window { of: of.to_owned(), from, until })
        }
        window => Ok(window),
    }
}
