//! Addresses to listen on, as OPA's `--addr` writes them: `host:port`, `http://host:port`,
//! `https://host:port`, `unix:///path` and, on Linux, `unix://@name` in the abstract namespace.
//!
//! Refused: other schemes, ports that are none, and whatever follows a port.

use referee_core::Coded;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// A port of a host.
    Tcp {
        /// Whether it speaks TLS; `None`: it does where there is a certificate.
        scheme: Option<Scheme>,
        /// A name or an address of this machine; empty for all of its addresses.
        host: String,
        /// The port; 0 takes a free one.
        port: u16,
    },
    /// A Unix socket at a path.
    Unix(PathBuf),
    /// A Unix socket in Linux' abstract namespace.
    Abstract(String),
}

/// Whether an address speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// It does not.
    Http,
    /// It does.
    Https,
}

/// Text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no address to listen on: {problem}")]
pub struct AddressError {
    text: String,
    problem: &'static str,
}

impl Coded for AddressError {
    fn code(&self) -> &'static str {
        "invalid_listen_address"
    }

    fn hint(&self) -> Option<String> {
        Some("write 127.0.0.1:8181, https://0.0.0.0:8443 or unix:///run/referee.sock".into())
    }
}

impl Address {
    /// Whether only this machine reaches it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Unix(_) | Self::Abstract(_) => true,
            Self::Tcp { host, .. } => {
                host.eq_ignore_ascii_case("localhost")
                    || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp { scheme: None, host: address.ip().to_string(), port: address.port() }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |problem| AddressError { text: text.to_owned(), problem };
        let (scheme, rest) = match text.split_once("://") {
            None => (None, text),
            Some(("http", rest)) => (Some(Scheme::Http), rest),
            Some(("https", rest)) => (Some(Scheme::Https), rest),
            Some(("unix", rest)) => return unix(rest).map_err(fail),
            Some(_) => return Err(fail("the scheme is none of http, https and unix")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = rest.rsplit_once(':').ok_or_else(|| fail("it has no port"))?;
        let port = port.parse().map_err(|_| fail("the port is no number up to 65535"))?;
        let host = match host.strip_prefix('[') {
            None if host.contains(':') => {
                return Err(fail("an IPv6 address stands in brackets before its port"));
            }
            None => host,
            Some(inner) => inner
                .strip_suffix(']')
                .filter(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
                .ok_or_else(|| fail("what stands in brackets is no IPv6 address"))?,
        };
        if host.contains(['/', '@', '?', '#', ' ']) {
            return Err(fail("the host is none"));
        }
        Ok(Self::Tcp { scheme, host: host.to_owned(), port })
    }
}

fn unix(rest: &str) -> Result<Address, &'static str> {
    match rest.strip_prefix('@') {
        Some("") => Err("the name is empty"),
        Some(name) => Ok(Address::Abstract(name.to_owned())),
        None if rest.is_empty() => Err("the path is empty"),
        None => Ok(Address::Unix(rest.into())),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { scheme, host, port } => {
                match scheme {
                    None => {}
                    Some(Scheme::Http) => f.write_str("http://")?,
                    Some(Scheme::Https) => f.write_str("https://")?,
                }
                if host.contains(':') {
                    write!(f, "[{host}]:{port}")
                } else {
                    write!(f, "{host}:{port}")
                }
            }
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Abstract(name) => write!(f, "unix://@{name}"),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// One address, or a list of them.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Address>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        One(String),
        Many(Vec<String>),
    }
    let texts = match Form::deserialize(deserializer)? {
        Form::One(text) => vec![text],
        Form::Many(texts) => texts,
    };
    texts.iter().map(|text| text.parse().map_err(serde::de::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_opa_writes_them_and_written_as_they_were() {
        for (text, local) in [
            ("127.0.0.1:8181", true),
            ("localhost:0", true),
            ("[::1]:8181", true),
            ("0.0.0.0:8181", false),
            (":8181", false),
            ("https://referee.example:443", false),
            ("http://127.0.0.1:80", true),
            ("unix:///run/referee.sock", true),
            ("unix://@referee", true),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.to_string().as_str(), address.is_local()), (text, local));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_is_wrong_with_it() {
        for (text, problem) in [
            ("8181", "it has no port"),
            ("127.0.0.1:x", "the port is no number up to 65535"),
            ("127.0.0.1:65536", "the port is no number up to 65535"),
            ("::1:8181", "an IPv6 address stands in brackets before its port"),
            ("[x]:8181", "what stands in brackets is no IPv6 address"),
            ("ftp://a:1", "the scheme is none of http, https and unix"),
            ("https://a/b:1", "the host is none"),
            ("unix://", "the path is empty"),
            ("unix://@", "the name is empty"),
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("{text:?} is no address to listen on: {problem}")
            );
        }
    }

    #[test]
    fn one_address_and_a_list_of_them_are_taken() {
        let read = |text: &str| {
            one_or_many(&mut serde_json::Deserializer::from_str(text)).map(|all| all.len())
        };
        assert_eq!(read("\"127.0.0.1:1\"").unwrap(), 1);
        assert_eq!(read("[\"127.0.0.1:1\", \"unix:///a\"]").unwrap(), 2);
        let error = read("\"a\"").unwrap_err().to_string();
        assert_eq!(error, "\"a\" is no address to listen on: it has no port");
    }
}
