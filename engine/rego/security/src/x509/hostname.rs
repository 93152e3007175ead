//! Whether a certificate is for a host (RFC 6125, as Go has it).

use super::Certificate;
use std::net::IpAddr;

/// Whether the alternative names have the host.
pub(super) fn matches(certificate: &Certificate, host: &str) -> bool {
    let candidate = host
        .strip_prefix('[')
        .and_then(|inside| inside.strip_suffix(']'))
        .filter(|inside| !inside.is_empty())
        .unwrap_or(host);
    if let Ok(address) = candidate.parse::<IpAddr>() {
        let wanted = octets(address.to_canonical());
        let plain = |bytes: &Vec<u8>| match <[u8; 16]>::try_from(bytes.as_slice()) {
            Ok(bytes) => octets(IpAddr::from(bytes).to_canonical()),
            Err(_) => bytes.clone(),
        };
        return certificate.names.addresses.iter().any(|bytes| plain(bytes) == wanted);
    }
    let host = host.to_ascii_lowercase();
    let usual = is_hostname(host.strip_suffix('.').unwrap_or(&host), false);
    let parts: Vec<&str> = host.strip_suffix('.').unwrap_or(&host).split('.').collect();
    certificate.names.dns.iter().any(|pattern| {
        if usual && is_hostname(pattern, true) {
            matches_pattern(&pattern.to_ascii_lowercase(), &parts)
        } else {
            let trivial = |name: &str| name.is_empty() || name == ".";
            !trivial(pattern) && !trivial(&host) && pattern.eq_ignore_ascii_case(&host)
        }
    })
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn is_hostname(name: &str, pattern: bool) -> bool {
    if name == "*" {
        return false;
    }
    name.split('.').enumerate().all(|(index, label)| {
        let wildcard = pattern && index == 0 && label == "*";
        let letters =
            |(at, c): (usize, char)| c.is_ascii_alphanumeric() || c == '_' || (c == '-' && at > 0);
        wildcard || (!label.is_empty() && label.char_indices().all(letters))
    })
}

fn matches_pattern(pattern: &str, host: &[&str]) -> bool {
    let labels: Vec<&str> = pattern.split('.').collect();
    labels.len() == host.len()
        && labels
            .iter()
            .zip(host)
            .enumerate()
            .all(|(index, (label, part))| (index == 0 && *label == "*") || label == part)
}
