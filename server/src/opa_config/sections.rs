//! The sections of OPA's configuration, typed: bundles, keys, the server, caches.

use super::error::OpaConfigError;
use super::measured::ServerMetrics;
use referee_store::Secret;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// How long between two polls where nothing is said (OPA's defaults), in seconds.
const DEFAULT_MIN_DELAY: u64 = 60;
const DEFAULT_MAX_DELAY: u64 = 120;

/// The longest delay that can be asked for: a year, in seconds.
const LONGEST_DELAY: u64 = 365 * 24 * 3600;

/// The algorithms of keys (RFC 7518, section 3.1, and of RFC 8037, which OPA does not take here,
/// what bundles are signed by).
const ALGORITHMS: &[&str] = &[
    "EdDSA", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "PS256", "PS384", "PS512",
    "RS256", "RS384", "RS512",
];

/// Where bundles lie where nothing is said.
const DEFAULT_FOLDER: &str = "bundles";

/// Where a bundle comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BundleSource {
    /// The service; empty where `resource` is a file.
    pub service: String,
    /// What to ask the service for: a path, or for a registry a reference; or a `file://` address.
    pub resource: String,
    /// When to ask.
    pub polling: Polling,
    /// Who says when.
    pub trigger: Trigger,
    /// Whether the bundle is kept on disk, to start with it when the service cannot be reached.
    pub persist: bool,
    /// The most bytes of one of its files; OPA's default is 1 GiB. Where nothing is said, or 0,
    /// the defaults of [`referee_bundles::BundleLimits`] hold.
    pub size_limit_bytes: Option<i64>,
    /// Who must have signed it.
    pub signing: Option<SigningConfig>,
}

impl BundleSource {
    /// Whether it is a file of this machine: `file:` in whatever case, as in OPA.
    #[must_use]
    pub fn is_file(&self) -> bool {
        let scheme = self.resource.split_once(":/").map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("file"))
    }
}

/// When to ask for a bundle, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Polling {
    /// The shortest wait; 60. Given only with the longest.
    pub min_delay_seconds: Option<u64>,
    /// The longest wait; 120.
    pub max_delay_seconds: Option<u64>,
    /// How long a server that can may wait for news before it answers.
    pub long_polling_timeout_seconds: Option<u64>,
}

impl Polling {
    /// The shortest and the longest wait, in seconds.
    #[must_use]
    pub fn delays(&self) -> (u64, u64) {
        (
            self.min_delay_seconds.unwrap_or(DEFAULT_MIN_DELAY),
            self.max_delay_seconds.unwrap_or(DEFAULT_MAX_DELAY),
        )
    }

    fn check(&self) -> Result<(), &'static str> {
        match (self.min_delay_seconds, self.max_delay_seconds) {
            (Some(min), Some(max)) if max < min => {
                return Err("max_delay_seconds is less than min_delay_seconds");
            }
            (Some(_), None) => return Err("min_delay_seconds needs max_delay_seconds beside it"),
            (None, Some(_)) => return Err("max_delay_seconds needs min_delay_seconds beside it"),
            _ => {}
        }
        let given =
            [self.min_delay_seconds, self.max_delay_seconds, self.long_polling_timeout_seconds];
        if given.into_iter().flatten().any(|seconds| seconds > LONGEST_DELAY) {
            return Err("a delay is longer than a year");
        }
        if self.long_polling_timeout_seconds == Some(0) {
            return Err("long_polling_timeout_seconds must be at least 1");
        }
        Ok(())
    }
}

/// Who says when to ask for a bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Trigger {
    /// The time.
    #[default]
    Periodic,
    /// Whoever embeds the server.
    Manual,
}

/// Who must have signed a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SigningConfig {
    /// The key. Where it is named, a bundle without a signature is refused.
    pub keyid: String,
    /// Several keys, of which one is enough: so that a key can be replaced while bundles must be
    /// signed. Not in OPA.
    pub keyids: Vec<String>,
    /// What the signature must be for; that of the key where it is empty.
    pub scope: String,
    /// Files that need not be signed, as patterns.
    pub exclude_files: Vec<String>,
}

/// A key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct KeyConfig {
    /// A public key or certificate in PEM, or the secret of an HMAC.
    pub key: Secret,
    /// A private key in PEM, to sign with.
    pub private_key: Secret,
    /// `RS256` where it is empty.
    pub algorithm: String,
    /// What its signatures are for.
    pub scope: String,
}

impl KeyConfig {
    /// The algorithm, where nothing is said `RS256`.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        if self.algorithm.is_empty() { "RS256" } else { &self.algorithm }
    }
}

/// The section `server`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServerSection {
    /// What is read of requests.
    pub decoding: DecodingConfig,
    /// How answers are packed.
    pub encoding: EncodingConfig,
    /// What is measured.
    pub metrics: ServerMetrics,
}

/// What is read of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DecodingConfig {
    /// The most bytes of a body as it comes; OPA's default is 256 MiB.
    pub max_length: Option<u64>,
    /// Of packed bodies.
    pub gzip: GzipDecoding,
}

/// What is read of packed requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GzipDecoding {
    /// The most bytes of a body unpacked; OPA's default is 512 MiB.
    pub max_length: Option<u64>,
}

/// How answers are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EncodingConfig {
    /// With gzip.
    pub gzip: GzipEncoding,
}

/// How answers are packed with gzip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GzipEncoding {
    /// From how many bytes on; OPA's default is 1024.
    pub min_length: Option<u64>,
    /// How hard, 0 to 9; OPA's default is 9.
    pub compression_level: Option<u32>,
}

/// The section `caching`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Caching {
    /// Of what `http.send` was answered, as it was given.
    pub inter_query_builtin_cache: Option<Value>,
    /// Of values that builtins make.
    pub inter_query_builtin_value_cache: Option<ValueCache>,
}

/// A cache of values that builtins make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ValueCache {
    /// The most entries; 0 for any number.
    pub max_num_entries: u64,
    /// By builtin, as it was given.
    pub named: Option<Value>,
}

impl ServerSection {
    pub(super) fn check(&self, name: &str) -> Result<(), OpaConfigError> {
        let wrong = |path: &str, message: &str| OpaConfigError::Shape {
            name: name.to_owned(),
            path: format!("server.{path}"),
            message: message.to_owned(),
        };
        let lengths = [
            ("decoding.max_length", self.decoding.max_length),
            ("decoding.gzip.max_length", self.decoding.gzip.max_length),
            ("encoding.gzip.min_length", self.encoding.gzip.min_length),
        ];
        if let Some((path, _)) = lengths.into_iter().find(|(_, length)| *length == Some(0)) {
            return Err(wrong(path, "it must be greater than 0"));
        }
        if self.encoding.gzip.compression_level.is_some_and(|level| level > 9) {
            return Err(wrong("encoding.gzip.compression_level", "it must be 0 to 9"));
        }
        Ok(())
    }
}

/// A key without a value, which would be left out as a member is, is none.
pub(super) fn check_key_members(name: &str, tree: &Value) -> Result<(), OpaConfigError> {
    let keys = tree.get("keys").and_then(Value::as_object);
    match keys.into_iter().flatten().find(|(_, key)| key.is_null()) {
        None => Ok(()),
        Some((id, _)) => Err(OpaConfigError::Shape {
            name: name.to_owned(),
            path: format!("keys.{id}"),
            message: "there is neither key nor private_key".to_owned(),
        }),
    }
}

pub(super) fn check_keys(
    name: &str,
    keys: &BTreeMap<String, KeyConfig>,
) -> Result<(), OpaConfigError> {
    for (id, key) in keys {
        let wrong = |message: String| OpaConfigError::Shape {
            name: name.to_owned(),
            path: format!("keys.{id}"),
            message,
        };
        if key.key.is_empty() && key.private_key.is_empty() {
            return Err(wrong("there is neither key nor private_key".to_owned()));
        }
        if !ALGORITHMS.contains(&key.algorithm()) {
            let known = ALGORITHMS.join(", ");
            return Err(wrong(format!("the algorithm must be one of {known}")));
        }
    }
    Ok(())
}

/// The only bundle of older configurations: a name, and where its name is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LegacyBundle {
    name: String,
    prefix: Option<String>,
    service: String,
    polling: Polling,
    trigger: Trigger,
}

pub(super) fn legacy_bundle(
    name: &str,
    tree: &Value,
) -> Result<Option<(String, BundleSource)>, OpaConfigError> {
    let Some(section) = tree.get("bundle") else { return Ok(None) };
    let legacy: LegacyBundle = super::typed(name, "bundle", section)?;
    if legacy.name.is_empty() {
        return Err(OpaConfigError::Shape {
            name: name.to_owned(),
            path: "bundle.name".to_owned(),
            message: "the bundle has no name".to_owned(),
        });
    }
    let prefix = legacy.prefix.unwrap_or_else(|| DEFAULT_FOLDER.to_owned());
    let resource = format!("{}/{}", prefix.trim_matches('/'), legacy.name);
    let source = BundleSource {
        service: legacy.service,
        resource: resource.trim_start_matches('/').to_owned(),
        polling: legacy.polling,
        trigger: legacy.trigger,
        ..BundleSource::default()
    };
    Ok(Some((legacy.name, source)))
}

/// Fills in what is not said of bundles and checks what is.
pub(super) fn settle_bundles(
    name: &str,
    bundles: &mut BTreeMap<String, BundleSource>,
    services: &[&str],
    keys: &BTreeMap<String, KeyConfig>,
) -> Result<(), OpaConfigError> {
    for (bundle, source) in bundles {
        let wrong = |path: &str, message: String| OpaConfigError::Shape {
            name: name.to_owned(),
            path: format!("bundles.{bundle}{path}"),
            message,
        };
        if !is_usable(bundle) {
            let message = "the name of a bundle is a path of its folder on disk: no empty part, \
                           no `.` or `..`, no control characters, at most 200 bytes";
            return Err(wrong("", message.to_owned()));
        }
        if source.resource.is_empty() {
            source.resource = format!("{DEFAULT_FOLDER}/{bundle}");
        }
        if !source.is_file() {
            match (source.service.as_str(), services) {
                ("", [only]) => source.service = (*only).to_owned(),
                ("", []) => return Err(wrong("", "there is no service".to_owned())),
                ("", _) => {
                    let message = "there are several services: name the one it comes from";
                    return Err(wrong(".service", message.to_owned()));
                }
                (service, services) if !services.contains(&service) => {
                    return Err(wrong(".service", format!("there is no service {service:?}")));
                }
                _ => {}
            }
        }
        source.polling.check().map_err(|message| wrong(".polling", message.to_owned()))?;
        if let Some(signing) = &source.signing {
            if keys.is_empty() {
                return Err(wrong(".signing", "there are no keys to verify with".to_owned()));
            }
            let named = signing.keyids.iter().chain(Some(&signing.keyid));
            for id in named.filter(|id| !id.is_empty()) {
                if !keys.contains_key(id) {
                    return Err(wrong(".signing", format!("there is no key {id:?}")));
                }
            }
        }
    }
    Ok(())
}

/// Whether a bundle's name can be the path of its folder below the one where bundles are kept.
fn is_usable(name: &str) -> bool {
    name.len() <= 200
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !name.contains(|c: char| c.is_control() || c == '\\')
}
