//! Every environment variable that the command reads, in one place.
//!
//! A setting has the variable `REFEREE_` and its path in upper case, with `__` for each dot:
//! `registry.attempts` is `REFEREE_REGISTRY__ATTEMPTS`. The names are written out below; a test
//! holds the list to the configuration's schema. A variable that starts with `REFEREE_` and is
//! none of these is refused: a misspelled one that is passed over in silence would leave a
//! default in force that its author meant to change.
//!
//! Besides these: `NO_COLOR`, `TERM` and `COLUMNS` ([`crate::console`]), `HOME` and
//! `XDG_CONFIG_HOME` for the configuration file, and what [`referee_store::env`] lists for
//! credentials and proxies.

use std::path::PathBuf;

/// What names the configuration file.
pub(crate) const CONFIG: &str = "REFEREE_CONFIG";

/// The settings.
pub(crate) const SETTINGS: &[&str] = &[
    "REFEREE_TRUST",
    "REFEREE_POLICY__SOURCE",
    "REFEREE_POLICY__DATA",
    "REFEREE_POLICY__PACKAGE",
    "REFEREE_POLICY__REVISION",
    "REFEREE_POLICY__MODE",
    "REFEREE_POLICY__SET",
    "REFEREE_POLICY__REGO_V0",
    "REFEREE_POLICY__INPUT_VIEW",
    "REFEREE_POLICY__ENGINE",
    "REFEREE_SCHEMAS",
    "REFEREE_REGISTRY__CONNECT_TIMEOUT_MS",
    "REFEREE_REGISTRY__READ_TIMEOUT_MS",
    "REFEREE_REGISTRY__TOTAL_TIMEOUT_MS",
    "REFEREE_REGISTRY__ATTEMPTS",
    "REFEREE_REGISTRY__BACKOFF_MS",
    "REFEREE_REGISTRY__MAX_BACKOFF_MS",
    "REFEREE_REGISTRY__MAX_RETRY_AFTER_MS",
    "REFEREE_REGISTRY__MAX_CONCURRENT_PER_HOST",
    "REFEREE_REGISTRY__CA_FILES",
    "REFEREE_REGISTRY__ONLY_CA_FILES",
    "REFEREE_REGISTRY__PLAIN_HTTP",
    "REFEREE_REGISTRY__DOCKER_CONFIG",
    "REFEREE_REGISTRY__HELPER_TIMEOUT_MS",
    "REFEREE_REGISTRY__ANONYMOUS",
    "REFEREE_CACHE__CONTENT_BYTES",
    "REFEREE_CACHE__RECENT_BYTES",
    "REFEREE_CACHE__RECENT_MS",
    "REFEREE_TUF__REFRESH",
    "REFEREE_TUF__INTERVAL_MS",
    "REFEREE_TUF__TIMEOUT_MS",
    "REFEREE_TUF__RETRY_MS",
    "REFEREE_TUF__FOLDER",
    "REFEREE_TUF__MIRRORS",
    "REFEREE_ENGINE__DEADLINE_MS",
    "REFEREE_ENGINE__BACKGROUND_MS",
    "REFEREE_ENGINE__CONCURRENCY",
    "REFEREE_ENGINE__FRESHNESS_MS",
    "REFEREE_ENGINE__FACTS_CACHE_BYTES",
    "REFEREE_ENGINE__MAX_EVALUATIONS",
    "REFEREE_ENGINE__MAX_GATHERINGS",
    "REFEREE_LIMITS__MAX_MANIFEST_BYTES",
    "REFEREE_LIMITS__MAX_LISTING_PAGE_BYTES",
    "REFEREE_LIMITS__MAX_LISTING_BYTES",
    "REFEREE_LIMITS__MAX_LISTING_PAGES",
    "REFEREE_LIMITS__MAX_REFERRERS",
    "REFEREE_LIMITS__MAX_DEPTH",
    "REFEREE_LIMITS__MAX_PLATFORMS",
    "REFEREE_LIMITS__MAX_PAYLOAD_BYTES",
    "REFEREE_LIMITS__MAX_PREDICATE_BYTES",
    "REFEREE_LIMITS__MAX_PACKAGES",
    "REFEREE_LIMITS__MAX_FINDINGS",
    "REFEREE_LIMITS__MAX_EVIDENCE_BYTES",
    "REFEREE_LIMITS__MAX_GATHERED_BYTES",
    "REFEREE_LIMITS__MAX_FACTS_BYTES",
    "REFEREE_LIMITS__MAX_SIGNATURES_PER_REFERRER",
    "REFEREE_LIMITS__MAX_SIGNATURE_CHECKS",
    "REFEREE_LIMITS__MAX_EVIDENCE_ROUNDS",
    "REFEREE_LIMITS__MAX_TOKEN_BYTES",
    "REFEREE_LIMITS__MAX_LAYOUT_TAR_BYTES",
    "REFEREE_LIMITS__MAX_TRUST_BYTES",
    "REFEREE_LIMITS__MAX_POLICY_FILE_BYTES",
    "REFEREE_LIMITS__MAX_POLICY_DATA_BYTES",
    "REFEREE_LIMITS__MAX_POLICY_FILES",
    "REFEREE_SERVER__LISTEN",
    "REFEREE_SERVER__DIAGNOSTIC_LISTEN",
    "REFEREE_SERVER__AUTHENTICATION",
    "REFEREE_SERVER__AUTHORIZATION",
    "REFEREE_SERVER__UNIX_SOCKET_PERMISSIONS",
    "REFEREE_SERVER__H2C",
    "REFEREE_SERVER__DEFAULT_AUTHORIZATION_DECISION",
    "REFEREE_SERVER__SKIP_KNOWN_SCHEMA_CHECK",
    "REFEREE_SERVER__DEFAULT_DECISION",
    "REFEREE_SERVER__GZIP_LEVEL",
    "REFEREE_SERVER__GZIP_MIN_LENGTH_BYTES",
    "REFEREE_SERVER__MAX_UNPACKED_BYTES",
    "REFEREE_SERVER__MAX_WRITE_BYTES",
    "REFEREE_SERVER__WITHOUT_POLICY",
    "REFEREE_SERVER__WRITES",
    "REFEREE_SERVER__TLS__CERTIFICATE",
    "REFEREE_SERVER__TLS__KEY",
    "REFEREE_SERVER__TLS__CLIENT_CA",
    "REFEREE_SERVER__TLS__MIN_VERSION",
    "REFEREE_SERVER__TLS__CIPHER_SUITES",
    "REFEREE_SERVER__TLS__REFRESH_MS",
    "REFEREE_SERVER__REGISTRIES",
    "REFEREE_SERVER__MAX_BODY_BYTES",
    "REFEREE_SERVER__MAX_BATCH",
    "REFEREE_SERVER__MAX_IN_FLIGHT",
    "REFEREE_SERVER__MAX_CONNECTIONS",
    "REFEREE_SERVER__DEFAULT_DEADLINE_MS",
    "REFEREE_SERVER__MAX_DEADLINE_MS",
    "REFEREE_SERVER__HEADER_READ_TIMEOUT_MS",
    "REFEREE_SERVER__BODY_READ_TIMEOUT_MS",
    "REFEREE_SERVER__IDLE_TIMEOUT_MS",
    "REFEREE_SERVER__WRITE_TIMEOUT_MS",
    "REFEREE_SERVER__SHUTDOWN_WAIT_MS",
    "REFEREE_SERVER__SHUTDOWN_GRACE_MS",
    "REFEREE_SERVER__EXPOSE_FACTS",
    "REFEREE_LOG__LEVEL",
    "REFEREE_LOG__FORMAT",
];

/// Variables that are not settings. Scripts and tests of this repository read all but the last,
/// which is what scripts that install a tool call the version they want, and the one setting that
/// has no variable: it tells the form of a file.
const OTHERS: &[&str] = &[
    "REFEREE_PEERS",
    "REFEREE_VECTORS",
    "REFEREE_CHECKOUTS",
    "REFEREE_GO_MODULES",
    "REFEREE_PYTHON",
    "REFEREE_OPA_CASES",
    "REFEREE_OPA_SUITE",
    "REFEREE_OPA_CASE",
    "REFEREE_OPA_ONLY",
    "REFEREE_OPA_ORACLE",
    "REFEREE_FAULT_KILLS",
    "REFEREE_FAULT_POLICIES",
    "REFEREE_FAULT_PUTS",
    "REFEREE_FUZZ_ROUNDS",
    "REFEREE_FUZZ_PROGRAMS",
    "REFEREE_FUZZ_SEED",
    "REFEREE_BLESS",
    "REFEREE_SIGSTORE_CONFORMANCE",
    "REFEREE_PUBLIC_BUNDLES",
    "REFEREE_CYCLONEDX_SPECIFICATION",
    "REFEREE_CYCLONEDX_NPM",
    "REFEREE_SYFT",
    "REFEREE_SPDX_EXAMPLES",
    "REFEREE_VULNERABILITY_REPORTS",
    "REFEREE_VEX_DOCUMENTS",
    "REFEREE_VEXCTL",
    "REFEREE_VERSION",
];

/// What the environment says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Variables {
    /// Each variable that starts with `REFEREE_` and is not empty, sorted by name. A value that
    /// is not UTF-8 is `None`.
    pub(crate) set: Vec<(String, Option<String>)>,
    /// The folder of the user's configuration files.
    pub(crate) config_home: Option<PathBuf>,
}

impl Variables {
    /// The environment of this process. A variable that is set but empty counts as not set.
    pub(crate) fn of_process() -> Self {
        let path =
            |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let mut set: Vec<_> = std::env::vars_os()
            .filter(|(_, value)| !value.is_empty())
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok())))
            .filter(|(name, _)| name.starts_with("REFEREE_") && !is_of_others(name))
            .collect();
        set.sort();
        // The XDG specification has a relative path ignored.
        let config_home = path("XDG_CONFIG_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| path("HOME").map(|home| home.join(".config")));
        Self { set, config_home }
    }
}

/// The path of the setting that a variable is for.
pub(crate) fn setting(name: &str) -> Option<Vec<String>> {
    SETTINGS.contains(&name).then(|| {
        let path = name.strip_prefix("REFEREE_").unwrap_or(name).to_ascii_lowercase();
        path.split("__").map(str::to_owned).collect()
    })
}

/// Whether a variable belongs to somebody else.
///
/// Kubernetes puts the addresses of a namespace's services into every container: a service named
/// `referee` is `REFEREE_SERVICE_HOST`, `REFEREE_PORT_443_TCP_ADDR` and so on (Kubernetes
/// documentation, "Service", "Environment variables").
fn is_of_others(name: &str) -> bool {
    if OTHERS.contains(&name) {
        return true;
    }
    let is_link = |rest: &str| {
        let mut parts = rest.split('_');
        parts.next().is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
            && matches!(parts.next(), Some("TCP" | "UDP" | "SCTP"))
            && matches!(parts.next(), None | Some("PROTO" | "PORT" | "ADDR"))
    };
    !name.contains("__")
        && (name.ends_with("_SERVICE_HOST")
            || name.ends_with("_PORT")
            || name.contains("_SERVICE_PORT")
            || name.rsplit_once("_PORT_").is_some_and(|(_, rest)| is_link(rest))
            // `…_PORT_443_TCP_PORT` has the separator twice.
            || name.split_once("_PORT_").is_some_and(|(_, rest)| is_link(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigFile;
    use serde_json::Value;
    use std::collections::BTreeSet;

    /// The paths of all settings of a schema: what has no fixed members of its own.
    fn leaves(schema: &Value, path: &str, into: &mut BTreeSet<String>) {
        match schema.get("properties").and_then(Value::as_object) {
            Some(members) => {
                for (name, member) in members {
                    let path =
                        if path.is_empty() { name.clone() } else { format!("{path}__{name}") };
                    leaves(member, &path, into);
                }
            }
            None => {
                into.insert(format!("REFEREE_{}", path.to_ascii_uppercase()));
            }
        }
    }

    #[test]
    fn the_list_names_exactly_the_settings_of_the_configuration() {
        let settings = schemars::generate::SchemaSettings::draft2020_12();
        let schema = schemars::SchemaGenerator::new(settings.with(|s| s.inline_subschemas = true))
            .into_root_schema_for::<ConfigFile>();
        let mut expected = BTreeSet::new();
        leaves(schema.as_value(), "", &mut expected);
        assert!(expected.remove("REFEREE_VERSION"));
        let listed: BTreeSet<String> = SETTINGS.iter().map(|name| (*name).to_owned()).collect();
        let missing: Vec<_> = expected.difference(&listed).collect();
        let stale: Vec<_> = listed.difference(&expected).collect();
        assert!(missing.is_empty() && stale.is_empty(), "missing {missing:?}, stale {stale:?}");
    }

    #[test]
    fn addresses_of_kubernetes_services_are_not_settings() {
        for name in [
            "REFEREE_SERVICE_HOST",
            "REFEREE_SERVICE_PORT",
            "REFEREE_SERVICE_PORT_HTTPS",
            "REFEREE_PORT",
            "REFEREE_PORT_443_TCP",
            "REFEREE_PORT_443_TCP_PROTO",
            "REFEREE_PORT_443_TCP_PORT",
            "REFEREE_SERVER_PORT_8181_TCP_ADDR",
            "REFEREE_PEERS",
        ] {
            assert!(is_of_others(name), "{name}");
        }
        for name in ["REFEREE_POLICY__MODE", "REFEREE_TRUSTS", "REFEREE_PORT_TCP_443"] {
            assert!(!is_of_others(name), "{name}");
        }
    }

    #[test]
    fn a_variable_names_a_setting_by_its_path() {
        assert_eq!(setting("REFEREE_REGISTRY__PLAIN_HTTP").unwrap(), ["registry", "plain_http"]);
        assert_eq!(setting("REFEREE_REGISTRY"), None);
    }
}
