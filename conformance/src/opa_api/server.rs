//! A server of the suite: its address, and how it is emptied.

use super::http::{Answer, Client, NoAnswer, Wire};
use crate::json::Json;
use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs as _};

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    socket: SocketAddr,
}

/// An address that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is not of the form `http://HOST:PORT`.
    #[error("{0} is not of the form http://HOST:PORT")]
    Form(String),
    /// The host has no address.
    #[error("{host}: {source}")]
    Host {
        /// Which.
        host: String,
        /// Why.
        source: std::io::Error,
    },
}

/// Why the suite cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A server does not answer.
    #[error("{server} is no server that can be asked: {no}")]
    NoAnswer {
        /// Where it listens.
        server: String,
        /// Why.
        no: NoAnswer,
    },
    /// A server died of a request.
    #[error("{server} does not answer any more, since {case}: {no}")]
    Died {
        /// Where it listened.
        server: String,
        /// The case, or the scenario, after which it was gone.
        case: String,
        /// Why.
        no: NoAnswer,
    },
    /// A server holds policies or data, or does not say what it holds.
    #[error(
        "{server} must hold no policies and no data when the suite begins, which deletes both; \
         GET {path} answered: {found}"
    )]
    NotEmpty {
        /// Where it listens.
        server: String,
        /// What was asked for.
        path: &'static str,
        /// What it answered.
        found: String,
    },
}

impl RunError {
    /// The same, with the case after which a server was gone.
    pub(super) fn since(self, name: &str) -> Self {
        match self {
            Self::NoAnswer { server, no } => Self::Died { server, case: name.to_owned(), no },
            other => other,
        }
    }
}

impl Address {
    /// Reads `http://HOST:PORT`.
    ///
    /// # Errors
    /// Where the text is of another form, or the host is not found.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let form = || AddressError::Form(text.to_owned());
        let host = text.strip_prefix("http://").ok_or_else(form)?;
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.contains(['/', '@', '?', '#']) || !host.contains(':') {
            return Err(form());
        }
        let mut sockets = host
            .to_socket_addrs()
            .map_err(|source| AddressError::Host { host: host.to_owned(), source })?;
        let socket = sockets.next().ok_or_else(form)?;
        Ok(Self { host: host.to_owned(), socket })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.host)
    }
}

/// A server that is asked.
#[derive(Debug)]
pub(super) struct Server {
    name: String,
    client: Client,
}

/// The most rounds of deletions: each removes at least one policy that no other needs.
const ROUNDS: usize = 20;

impl Server {
    pub(super) fn new(address: &Address) -> Self {
        Self {
            name: address.to_string(),
            client: Client::new(address.socket, address.host.clone()),
        }
    }

    pub(super) fn send(&mut self, wire: &Wire) -> Result<Answer, NoAnswer> {
        self.client.send(wire)
    }

    fn ask(&mut self, method: &str, target: &str, body: &str) -> Result<Answer, NoAnswer> {
        self.send(&Wire {
            method: method.to_owned(),
            target: target.to_owned(),
            body: body.into(),
            ..Wire::default()
        })
    }

    /// Whether it answers at all.
    pub(super) fn lives(&mut self) -> Result<(), RunError> {
        self.ask("GET", "/health", "").map(drop).map_err(|no| self.gone(no))
    }

    fn gone(&self, no: NoAnswer) -> RunError {
        RunError::NoAnswer { server: self.name.clone(), no }
    }

    /// Refuses a server that holds something.
    pub(super) fn must_be_empty(&mut self) -> Result<(), RunError> {
        for (path, empty) in [("/v1/policies", "[]"), ("/v1/data", "{}")] {
            let answer = self.ask("GET", path, "").map_err(|no| self.gone(no))?;
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            let held = Json::parse(&text).ok().and_then(|body| body.get("result").cloned());
            if held.is_none_or(|held| held.to_string() != empty) {
                let found = text.chars().take(200).collect();
                return Err(RunError::NotEmpty { server: self.name.clone(), path, found });
            }
        }
        Ok(())
    }

    /// Deletes all policies and all data. What cannot be deleted shows in the next scenario.
    pub(super) fn empty(&mut self) -> Result<(), RunError> {
        for _ in 0..ROUNDS {
            let ids = self.policies().map_err(|no| self.gone(no))?;
            if ids.is_empty() {
                break;
            }
            for id in ids {
                let target = format!("/v1/policies/{}", escaped(&id));
                self.ask("DELETE", &target, "").map_err(|no| self.gone(no))?;
            }
        }
        self.ask("PUT", "/v1/data", "{}").map(drop).map_err(|no| self.gone(no))
    }

    fn policies(&mut self) -> Result<Vec<String>, NoAnswer> {
        let answer = self.ask("GET", "/v1/policies", "")?;
        let body = Json::parse(&String::from_utf8_lossy(&answer.body)).ok();
        let list = body.as_ref().and_then(|body| body.get("result")).and_then(Json::as_array);
        let ids = list.unwrap_or_default().iter().filter_map(|policy| policy.get("id")?.as_str());
        Ok(ids.map(str::to_owned).collect())
    }
}

/// An id as a path: its slashes stay.
fn escaped(id: &str) -> String {
    let mut escaped = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_with_a_port_over_plain_http() {
        assert!(Address::parse("http://127.0.0.1:8181/").is_ok());
        for wrong in ["127.0.0.1:8181", "https://127.0.0.1:1", "http://a", "http://a:1/x"] {
            assert!(matches!(Address::parse(wrong), Err(AddressError::Form(_))), "{wrong}");
        }
    }
}
