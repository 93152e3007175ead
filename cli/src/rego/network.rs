//! Which hosts policies may reach: none, unless they are named.

use crate::error::CliError;
use crate::rego::require_native;
use clap::Args;
use referee_rego::{EngineChoice, World};
use referee_store::{PolicyNetwork, Reach};
use std::collections::BTreeSet;
use std::net::Ipv6Addr;
use tokio::runtime::Handle;

/// What stands for any host.
const ANY: &str = "*";

/// Which hosts policies may reach.
#[derive(Args, Debug)]
pub(crate) struct NetworkArgs {
    /// A host that `http.send` and `net.lookup_ip_addr` may reach, by name or address; * for any.
    /// Without it they fail
    #[arg(long, value_name = "HOST", value_parser = parse_host)]
    allow_net: Vec<String>,
}

impl NetworkArgs {
    /// The network that policies have, on the runtime that runs now; `None` where they have none.
    ///
    /// # Errors
    /// Where the engine knows no network.
    pub(crate) fn network(&self, engine: EngineChoice) -> Result<Option<PolicyNetwork>, CliError> {
        if self.allow_net.is_empty() {
            return Ok(None);
        }
        if engine == EngineChoice::Regorus {
            require_native(&[("allow-net", true)])?;
        }
        let reach = if self.allow_net.iter().any(|host| host == ANY) {
            Reach::Anything
        } else {
            Reach::Hosts(self.allow_net.iter().flat_map(|host| written(host)).collect())
        };
        Ok(Some(PolicyNetwork::new(reach, Handle::current())))
    }
}

/// The world with a network in it, or without.
pub(crate) fn world(network: Option<&PolicyNetwork>) -> World<'_> {
    network.map_or(World::NONE, |network| World::NONE.with_host(network))
}

/// A host as names and as addresses of the web write it.
fn written(host: &str) -> BTreeSet<String> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<Ipv6Addr>() {
        Ok(address) => BTreeSet::from([address.to_string(), format!("[{address}]")]),
        Err(_) => BTreeSet::from([host.to_ascii_lowercase()]),
    }
}

fn parse_host(text: &str) -> Result<String, &'static str> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let port = text.contains(':') && bare.parse::<Ipv6Addr>().is_err();
    let pattern = text.contains('*') && text != ANY;
    if text.is_empty() || text.contains(['/', '@', ' ']) || port || pattern {
        return Err("expected a host without scheme, port and path, or * for any");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_nothing_more() {
        for host in ["example.com", "127.0.0.1", "::1", "[::1]", "*", "localhost"] {
            assert_eq!(parse_host(host).as_deref(), Ok(host));
        }
        for host in ["", "https://example.com", "example.com:443", "a/b", "*.example.com", "u@h"] {
            assert_eq!(
                parse_host(host),
                Err("expected a host without scheme, port and path, or * for any"),
                "{host}"
            );
        }
    }

    #[test]
    fn an_address_of_six_is_admitted_however_it_is_written() {
        let both = BTreeSet::from(["::1".to_owned(), "[::1]".to_owned()]);
        assert_eq!(written("[0:0::1]"), both);
        assert_eq!(written("Example.COM"), BTreeSet::from(["example.com".to_owned()]));
    }
}
