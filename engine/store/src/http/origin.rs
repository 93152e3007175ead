//! Addresses: which are the same place, and which are this machine itself.

use url::{Host, Url};

/// Whether two addresses have the same scheme, host and port (RFC 6454, section 5).
pub(crate) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && a.host() == b.host()
        && a.port_or_known_default() == b.port_or_known_default()
}

/// Whether an address is a literal for this machine or its own link: nothing that a public
/// registry has a reason to name, and where cloud machines keep their credentials.
pub(crate) fn is_own_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => {
            address.is_loopback() || address.is_link_local() || address.is_unspecified()
        }
        Some(Host::Ipv6(address)) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unicast_link_local()
                || address
                    .to_ipv4_mapped()
                    .is_some_and(|v4| v4.is_loopback() || v4.is_link_local() || v4.is_unspecified())
        }
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_of_this_machine_and_link_are_known_in_every_notation() {
        for own in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://169.254.169.254/latest",
            "https://0.0.0.0/",
            "https://[::1]/",
            "https://[fe80::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:0.0.0.0]/",
            "https://localhost:8443/",
            "https://x.localhost./",
        ] {
            assert!(is_own_machine(&url(own)), "{own}");
        }
        for other in ["https://registry.example/", "https://192.0.2.1/", "https://[2001:db8::1]/"] {
            assert!(!is_own_machine(&url(other)), "{other}");
        }
    }

    #[test]
    fn origins_are_scheme_host_and_port() {
        let base = url("https://registry.example/a");
        assert!(same_origin(&base, &url("https://registry.example:443/b")));
        for other in
            ["http://registry.example/", "https://registry.example:444/", "https://example/"]
        {
            assert!(!same_origin(&base, &url(other)), "{other}");
        }
    }
}
