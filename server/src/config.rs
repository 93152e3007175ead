//! The server's settings: as typed, and checked.

use crate::allow::{PatternError, Registries};
use crate::listen::{Address, Scheme, ServerTls, one_or_many};
use referee_core::Coded;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The settings of the server, under `server` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Where to listen, one address or a list: `host:port` (port 0 takes a free one), with
    /// `http://` or `https://` before it or not, or `unix:///path`. The default, 127.0.0.1:8181,
    /// is reached from this machine only.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(with = "Vec<String>")]
    pub listen: Vec<Address>,
    /// How the server learns who its callers are: `off`, `token` (whatever stands in
    /// `Authorization: Bearer …`, for a policy to examine) or `tls` (a client certificate, which
    /// every `https` connection must then show).
    pub authentication: Authentication,
    /// Who may ask for what: `off`, everybody for everything, or `basic`, as the rule
    /// `data.system.authz.allow` says. Where nothing is defined there everything is refused.
    pub authorization: Authorization,
    /// Where to answer nothing but `/health` and `/metrics`, besides. It goes on answering while
    /// the server shuts down.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(with = "Vec<String>")]
    pub diagnostic_listen: Vec<Address>,
    /// Who may do what with a Unix socket, as an octal number. Connecting takes the right to
    /// write.
    pub unix_socket_permissions: String,
    /// Whether HTTP/2 is spoken without TLS, by clients that begin with it.
    pub h2c: bool,
    /// The certificate for `https`. With one, addresses without a scheme speak TLS.
    pub tls: ServerTls,
    /// The registries that callers may name: exactly `host` or `host:port`, or `*.suffix` for
    /// every host below it. Empty: any, so that whoever reaches the server can have it connect
    /// to any host by HTTPS.
    pub registries: Vec<String>,
    /// The largest request body, in bytes. 1 MiB: a hundred references are 30 KiB, an input
    /// beside them seldom more than 100 KiB.
    pub max_body_bytes: u64,
    /// The largest body of a question after it has been unpacked, in bytes.
    pub max_unpacked_bytes: u64,
    /// The largest body of a write of policies or data, in bytes. 256 MiB, as in OPA; whoever may
    /// write is trusted with the memory.
    pub max_write_bytes: u64,
    /// Whether policies and data can be changed over the API: `allow`, `refuse`, or `auto`, where
    /// the server listens on addresses of this machine only or asks a policy who may do what.
    pub writes: Writes,
    /// Begin with no policy and no data, as `opa run --server` without files: until policies are put
    /// there, `/v1/verify` has none that rules.
    pub without_policy: bool,
    /// The document that `POST /` answers with, as a path with slashes.
    pub default_decision: String,
    /// The document that says who may ask for what, as a path with slashes, where
    /// `authorization` is `basic`.
    pub default_authorization_decision: String,
    /// Whether the rules of `default_authorization_decision` may read members of `input` that there
    /// never are. Where not, such rules are refused when the server starts.
    pub skip_known_schema_check: bool,
    /// From how many bytes on an answer is packed for callers who take gzip. 1,024, as in OPA.
    pub gzip_min_length_bytes: u64,
    /// How hard answers are packed, 1 (quick) to 9 (small). 9, as in OPA.
    pub gzip_level: u32,
    /// The most references in one verify request.
    pub max_batch: u32,
    /// The most work at a time: each reference of a verify request counts one, and so does each
    /// data request. What is over it is answered 503 at once; nothing is queued. Times
    /// `max_body_bytes` this is also the most memory that bodies can take.
    pub max_in_flight: u32,
    /// The most connections at a time. Where there are as many, the one that has done nothing for
    /// the longest time is closed for one that comes; where each has a request under way, who comes
    /// waits.
    pub max_connections: u32,
    /// The deadline of a request that brings none, in milliseconds. 2,900: Gatekeeper's three
    /// seconds for a validating webhook, less the way back.
    pub default_deadline_ms: u64,
    /// The longest deadline a request may have, in milliseconds; a longer one is cut to it.
    pub max_deadline_ms: u64,
    /// The longest time for the head of a request to come in, from its first byte, in
    /// milliseconds; the connection is closed after it.
    pub header_read_timeout_ms: u64,
    /// How long nothing may come of the body of a request, in milliseconds. After four times as
    /// long it must also have come at 4 KiB a second.
    pub body_read_timeout_ms: u64,
    /// How long a client may take nothing of an answer that is being sent, in milliseconds.
    pub write_timeout_ms: u64,
    /// How long a connection may be idle between two requests, in milliseconds. 120,000:
    /// longer than the idle time of common clients and proxies (Go's has 90 s), so that it is they
    /// who close.
    pub idle_timeout_ms: u64,
    /// How long to go on serving after being told to stop, with `/health` already answering 503,
    /// in milliseconds: the time a load balancer needs to look elsewhere.
    pub shutdown_wait_ms: u64,
    /// How long requests under way may take to finish after that, in milliseconds.
    pub shutdown_grace_ms: u64,
    /// Whether a verify request may ask for the facts with the decision.
    pub expose_facts: bool,
}

/// Whether policies and data can be changed over the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Writes {
    /// Where nobody but this machine reaches the server.
    #[default]
    Auto,
    /// By whoever reaches the server.
    Allow,
    /// By nobody.
    Refuse,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8181).into()],
            authentication: Authentication::Off,
            authorization: Authorization::Off,
            diagnostic_listen: Vec::new(),
            unix_socket_permissions: "755".into(),
            h2c: false,
            tls: ServerTls::default(),
            registries: Vec::new(),
            max_body_bytes: 1024 * 1024,
            max_unpacked_bytes: 8 * 1024 * 1024,
            max_write_bytes: 256 * 1024 * 1024,
            writes: Writes::Auto,
            without_policy: false,
            default_decision: "/system/main".to_owned(),
            default_authorization_decision: "/system/authz/allow".to_owned(),
            skip_known_schema_check: false,
            gzip_min_length_bytes: 1_024,
            gzip_level: 9,
            max_batch: 100,
            max_in_flight: 1_000,
            max_connections: 4_096,
            default_deadline_ms: 2_900,
            max_deadline_ms: 30_000,
            header_read_timeout_ms: 5_000,
            body_read_timeout_ms: 5_000,
            write_timeout_ms: 10_000,
            idle_timeout_ms: 120_000,
            shutdown_wait_ms: 0,
            shutdown_grace_ms: 10_000,
            expose_facts: true,
        }
    }
}

/// How the server learns who its callers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// It does not.
    #[default]
    Off,
    /// By a bearer token (RFC 6750), which the policy examines.
    Token,
    /// By a client certificate, which is verified.
    Tls,
}

/// Whether there is a policy for what callers may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Authorization {
    /// There is none.
    #[default]
    Off,
    /// The rule `data.system.authz.allow`.
    Basic,
}

/// Settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A number that makes no sense.
    #[error("server.{setting} must be {demand}, found {found}")]
    OutOfRange {
        /// The setting.
        setting: &'static str,
        /// What it must be.
        demand: String,
        /// What it is.
        found: u64,
    },
    /// Text that says no permissions.
    #[error("server.unix_socket_permissions: {found:?} is no octal number up to 777")]
    Permissions {
        /// The text.
        found: String,
    },
    /// There is nowhere to listen.
    #[error("server.listen is empty")]
    Nowhere,
    /// Clients are to show certificates where there is no TLS.
    #[error("server.authentication is `tls`, but {address} speaks no TLS")]
    Untold {
        /// Where there is none.
        address: String,
    },
    /// A policy has the name that stands for the default one.
    #[error(
        "a policy is named `default`, which stands for the policy that rules where none is named"
    )]
    PolicyName,
    /// The default policy, which compiled, does not parse again: a defect.
    #[error("the default policy cannot be served")]
    Policy(#[from] referee_rego::RegoErrors),
    /// A registry pattern that is none.
    #[error("server.registries: {0}")]
    Registry(#[from] PatternError),
}

impl Coded for ConfigError {
    fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "setting_out_of_range",
            Self::Permissions { .. } => "invalid_permissions",
            Self::Nowhere => "nowhere_to_listen",
            Self::Untold { .. } => "tls_needed",
            Self::PolicyName => "reserved_policy_name",
            Self::Policy(errors) => errors.code(),
            Self::Registry(_) => "invalid_registry_pattern",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::OutOfRange { .. } | Self::Policy(_) => None,
            Self::Permissions { .. } => Some("write 755, 770 or 700".into()),
            Self::Nowhere => Some("name an address, such as 127.0.0.1:8181".into()),
            Self::Untold { .. } => Some(
                "set server.tls.certificate, .key and .client_ca, and listen with https".into(),
            ),
            Self::PolicyName => Some("give it another name".into()),
            Self::Registry(_) => {
                Some("write registry.example, registry.example:5000 or *.registry.example".into())
            }
        }
    }
}

impl ServerConfig {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`ConfigError`] naming the first setting that cannot be used.
    pub fn check(&self) -> Result<(), ConfigError> {
        let (batch, in_flight) = (u64::from(self.max_batch), u64::from(self.max_in_flight));
        let positive = [
            ("max_body_bytes", self.max_body_bytes),
            ("max_unpacked_bytes", self.max_unpacked_bytes),
            ("max_write_bytes", self.max_write_bytes),
            ("gzip_level", u64::from(self.gzip_level)),
            ("max_batch", batch),
            ("max_in_flight", in_flight),
            ("max_connections", u64::from(self.max_connections)),
            ("default_deadline_ms", self.default_deadline_ms),
            ("max_deadline_ms", self.max_deadline_ms),
            ("header_read_timeout_ms", self.header_read_timeout_ms),
            ("body_read_timeout_ms", self.body_read_timeout_ms),
            ("write_timeout_ms", self.write_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
        ];
        for (setting, found) in positive {
            if found == 0 {
                let demand = "greater than 0".to_owned();
                return Err(ConfigError::OutOfRange { setting, demand, found });
            }
        }
        if self.gzip_level > 9 {
            return Err(ConfigError::OutOfRange {
                setting: "gzip_level",
                demand: "at most 9".to_owned(),
                found: u64::from(self.gzip_level),
            });
        }
        if in_flight < batch {
            return Err(ConfigError::OutOfRange {
                setting: "max_in_flight",
                demand: format!("at least max_batch ({batch})"),
                found: in_flight,
            });
        }
        if self.max_deadline_ms < self.default_deadline_ms {
            return Err(ConfigError::OutOfRange {
                setting: "max_deadline_ms",
                demand: format!("at least default_deadline_ms ({})", self.default_deadline_ms),
                found: self.max_deadline_ms,
            });
        }
        self.check_listening()?;
        self.allowed_registries().map(|_| ())
    }

    fn check_listening(&self) -> Result<(), ConfigError> {
        if self.mode().is_none() {
            let found = self.unix_socket_permissions.clone();
            return Err(ConfigError::Permissions { found });
        }
        if self.listen.is_empty() {
            return Err(ConfigError::Nowhere);
        }
        let speaks_tls = |address: &&Address| match address {
            Address::Tcp { scheme: None, .. } => self.tls.is_configured(),
            Address::Tcp { scheme: Some(scheme), .. } => *scheme == Scheme::Https,
            // Who may connect to a socket the file system says; nobody has a certificate there.
            Address::Unix(_) | Address::Abstract(_) => true,
        };
        match self.listen.iter().find(|address| !speaks_tls(address)) {
            Some(address) if self.asks_for_certificates() => {
                Err(ConfigError::Untold { address: address.to_string() })
            }
            _ => Ok(()),
        }
    }

    fn mode(&self) -> Option<u32> {
        u32::from_str_radix(&self.unix_socket_permissions, 8).ok().filter(|mode| *mode <= 0o777)
    }

    /// The permissions of Unix sockets.
    pub(crate) fn unix_socket_mode(&self) -> u32 {
        // Checked; nobody but the owner otherwise.
        self.mode().unwrap_or(0o700)
    }

    /// Whether every client must show a certificate.
    pub(crate) fn asks_for_certificates(&self) -> bool {
        self.authentication == Authentication::Tls
    }

    pub(crate) fn allowed_registries(&self) -> Result<Registries, ConfigError> {
        Ok(Registries::new(&self.registries)?)
    }

    pub(crate) fn default_deadline(&self) -> Duration {
        Duration::from_millis(self.default_deadline_ms)
    }

    pub(crate) fn max_deadline(&self) -> Duration {
        Duration::from_millis(self.max_deadline_ms)
    }

    pub(crate) fn body_read_timeout(&self) -> Duration {
        Duration::from_millis(self.body_read_timeout_ms)
    }

    pub(crate) fn max_body(&self) -> usize {
        usize::try_from(self.max_body_bytes).unwrap_or(usize::MAX)
    }

    pub(crate) fn max_unpacked(&self) -> usize {
        usize::try_from(self.max_unpacked_bytes).unwrap_or(usize::MAX)
    }

    pub(crate) fn max_write(&self) -> usize {
        usize::try_from(self.max_write_bytes).unwrap_or(usize::MAX)
    }

    pub(crate) fn gzip_min_length(&self) -> usize {
        usize::try_from(self.gzip_min_length_bytes).unwrap_or(usize::MAX)
    }

    pub(crate) fn max_batch(&self) -> usize {
        usize::try_from(self.max_batch).unwrap_or(usize::MAX)
    }
}

/// A number of permits that a semaphore can have.
pub(crate) fn permits(wanted: u32) -> usize {
    usize::try_from(wanted).unwrap_or(usize::MAX).min(tokio::sync::Semaphore::MAX_PERMITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used_and_listen_on_this_machine_only() {
        let config = ServerConfig::default();
        assert_eq!(config.check(), Ok(()));
        assert!(config.listen.iter().all(Address::is_local));
    }

    #[test]
    fn a_setting_that_cannot_be_used_is_named() {
        let with = |change: fn(&mut ServerConfig)| {
            let mut config = ServerConfig::default();
            change(&mut config);
            config.check().unwrap_err()
        };
        let cases: [(ConfigError, &str, &str); 4] = [
            (
                with(|c| c.max_batch = 0),
                "setting_out_of_range",
                "server.max_batch must be greater than 0, found 0",
            ),
            (
                with(|c| c.max_in_flight = 99),
                "setting_out_of_range",
                "server.max_in_flight must be at least max_batch (100), found 99",
            ),
            (
                with(|c| c.max_deadline_ms = 100),
                "setting_out_of_range",
                "server.max_deadline_ms must be at least default_deadline_ms (2900), found 100",
            ),
            (
                with(|c| c.registries = vec!["https://a.example".into()]),
                "invalid_registry_pattern",
                "server.registries: \"https://a.example\" is not a registry pattern",
            ),
        ];
        for (error, code, message) in cases {
            assert_eq!((error.code(), error.to_string().as_str()), (code, message));
        }
    }

    #[test]
    fn a_misspelled_setting_is_refused_with_its_neighbour() {
        let error =
            referee_core::document::read::<ServerConfig>("c", "max_in_fligt: 5").unwrap_err();
        assert_eq!(
            error.to_string(),
            "c: unknown field `max_in_fligt`, did you mean `max_in_flight`?"
        );
    }
}
