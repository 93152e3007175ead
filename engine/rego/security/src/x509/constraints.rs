//! Whether the names of a chain are within its name constraints (RFC 5280 section 4.2.1.10), by
//! Go's method: constraints are sorted, those within others dropped, and the nearest is looked at.

use super::constraint_values::Subtrees;
use super::extensions::{NAME_CONSTRAINTS, SUBJECT_ALT_NAME};
use super::san::is_domain;
use super::{Certificate, mailbox};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

type Network = (Vec<u8>, Vec<u8>);

/// Whether all names of a chain are allowed; the chain begins with the leaf.
pub(super) fn hold(chain: &[&Certificate]) -> bool {
    let constrained: Vec<(usize, Constraints)> = chain
        .iter()
        .enumerate()
        .filter(|(_, one)| has_extension(one, NAME_CONSTRAINTS))
        .map(|(index, one)| (index, Constraints::of(one)))
        .collect();
    chain.iter().enumerate().filter(|(_, one)| has_extension(one, SUBJECT_ALT_NAME)).all(
        |(index, one)| {
            let mut above = constrained.iter().filter(|(at, _)| *at > index).peekable();
            if above.peek().is_none() {
                return true;
            }
            let Some(names) = Names::of(one) else { return false };
            above.all(|(_, constraints)| constraints.allow(&names))
        },
    )
}

fn has_extension(certificate: &Certificate, id: &[u32]) -> bool {
    certificate.extensions.iter().any(|extension| extension.id == id)
}

/// The names of a certificate, ready to be compared.
struct Names<'a> {
    dns: &'a [String],
    hosts: Vec<String>,
    mailboxes: Vec<(Vec<u8>, String)>,
    addresses: &'a [Vec<u8>],
}

impl<'a> Names<'a> {
    /// None where a name cannot be compared with constraints.
    fn of(certificate: &'a Certificate) -> Option<Self> {
        let names = &certificate.names;
        let hosts = names.uris.iter().map(|uri| host(&uri.host_text())).collect::<Option<_>>()?;
        let mailbox = |email: &String| {
            mailbox::parse(email).map(|(local, domain)| (local, domain.to_lowercase()))
        };
        let mailboxes = names.emails.iter().map(mailbox).collect::<Option<_>>()?;
        Some(Self { dns: &names.dns, hosts, mailboxes, addresses: &names.addresses })
    }
}

/// The name of a URI's host, without its port; no address.
fn host(text: &str) -> Option<String> {
    let mut host = text.to_lowercase();
    if host.is_empty() {
        return None;
    }
    if host.contains(':') && !host.ends_with(']') {
        // One port, and nothing in brackets but an address, which is refused below.
        let (name, port) = host.rsplit_once(':')?;
        let bracketed = name.starts_with('[') && name.ends_with(']');
        if port.contains(['[', ']']) || (name.contains(':') && !bracketed) {
            return None;
        }
        host = name.trim_start_matches('[').trim_end_matches(']').to_owned();
    }
    let bracketed = host.starts_with('[') && host.ends_with(']');
    (!bracketed && host.parse::<IpAddr>().is_err()).then_some(host)
}

struct Constraints {
    permitted: Set,
    excluded: Set,
}

impl Constraints {
    fn of(certificate: &Certificate) -> Self {
        Self {
            permitted: Set::new(&certificate.permitted, true),
            excluded: Set::new(&certificate.excluded, false),
        }
    }

    fn allow(&self, names: &Names<'_>) -> bool {
        let (permitted, excluded) = (&self.permitted, &self.excluded);
        // What is not constrained at all is permitted, and not excluded.
        let decide = |permitted: Option<bool>, excluded: Option<bool>| {
            permitted.unwrap_or(true) && !excluded.unwrap_or(false)
        };
        let domains = |names: &[String], set: fn(&Set) -> &Option<Domains>| {
            names.iter().all(|name| {
                is_domain(name.as_bytes(), false)
                    && decide(
                        set(permitted).as_ref().map(|domains| domains.has(name)),
                        set(excluded).as_ref().map(|domains| domains.has(name)),
                    )
            })
        };
        names
            .addresses
            .iter()
            .all(|address| decide(permitted.has_address(address), excluded.has_address(address)))
            && domains(names.dns, |set| &set.dns)
            && domains(&names.hosts, |set| &set.uris)
            && names.mailboxes.iter().all(|mailbox| {
                is_domain(mailbox.1.as_bytes(), false)
                    && decide(permitted.has_mailbox(mailbox), excluded.has_mailbox(mailbox))
            })
    }
}

/// Whole addresses, as their local parts and hosts, and the hosts of others.
type Emails = (HashSet<(Vec<u8>, String)>, Option<Domains>);

/// What is permitted, or excluded.
struct Set {
    networks: Option<(Vec<Network>, Vec<Network>)>,
    dns: Option<Domains>,
    uris: Option<Domains>,
    emails: Option<Emails>,
}

impl Set {
    fn new(subtrees: &Subtrees, permitted: bool) -> Self {
        let networks = (!subtrees.networks.is_empty()).then(|| {
            let (v4, v6): (Vec<Network>, Vec<Network>) =
                subtrees.networks.iter().cloned().partition(|(address, _)| address.len() == 4);
            let prune = |networks| prune(networks, Ord::cmp, within);
            (prune(v4), prune(v6))
        });
        let emails = (!subtrees.emails.is_empty()).then(|| {
            let (whole, domains): (Vec<&String>, Vec<&String>) =
                subtrees.emails.iter().partition(|email| email.contains('@'));
            let whole = whole
                .into_iter()
                .filter_map(|email| mailbox::parse(email))
                .map(|(local, domain)| (local, domain.to_lowercase()))
                .collect();
            (whole, Domains::new(domains.into_iter().cloned().collect(), permitted))
        });
        Self {
            networks,
            dns: Domains::new(subtrees.dns.clone(), permitted),
            uris: Domains::new(subtrees.uri_domains.clone(), permitted),
            emails,
        }
    }

    fn has_address(&self, address: &[u8]) -> Option<bool> {
        let (v4, v6) = self.networks.as_ref()?;
        let networks = if address.len() == 4 { v4 } else { v6 };
        Some(nearest(
            networks,
            |network| network.0.as_slice().cmp(address),
            |network| contains(network, address),
        ))
    }

    fn has_mailbox(&self, mailbox: &(Vec<u8>, String)) -> Option<bool> {
        let (whole, domains) = self.emails.as_ref()?;
        let by_domain = domains.as_ref().is_some_and(|domains| domains.has(&mailbox.1));
        Some(whole.contains(mailbox) || by_domain)
    }
}

/// Sorts, and drops what is within the one before it.
fn prune<T>(
    mut items: Vec<T>,
    compare: impl Fn(&T, &T) -> Ordering,
    within: impl Fn(&T, &T) -> bool,
) -> Vec<T> {
    items.sort_by(compare);
    let mut kept: Vec<T> = Vec::with_capacity(items.len());
    for item in items {
        if !kept.last().is_some_and(|last| within(last, &item)) {
            kept.push(item);
        }
    }
    kept
}

/// Whether the item that is equal, or the nearest before, matches.
fn nearest<T>(items: &[T], compare: impl Fn(&T) -> Ordering, matches: impl Fn(&T) -> bool) -> bool {
    let at = items.partition_point(|item| compare(item).is_lt());
    if items.get(at).is_some_and(|item| compare(item).is_eq()) {
        return true;
    }
    items.get(at.saturating_sub(1)).is_some_and(matches)
}

/// An address of IPv4 within IPv6 counts as the former.
fn plain(address: &[u8]) -> &[u8] {
    address.strip_prefix(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]).unwrap_or(address)
}

fn contains((network, mask): &Network, address: &[u8]) -> bool {
    let (network, address) = (plain(network), plain(address));
    let mask = mask.get(mask.len().saturating_sub(network.len())..).unwrap_or_default();
    network.len() == address.len()
        && network.iter().zip(address).zip(mask).all(|((a, b), mask)| a & mask == b & mask)
}

fn within(outer: &Network, inner: &Network) -> bool {
    let last: Vec<u8> = inner.0.iter().zip(&inner.1).map(|(byte, mask)| byte | !mask).collect();
    contains(outer, &inner.0) && contains(outer, &last)
}

/// Domains that constrain.
struct Domains {
    /// There is an empty one: it is of every name.
    all: bool,
    domains: Vec<String>,
    /// Of what is excluded: the domains without their first labels, for names with wildcards.
    parents: HashMap<String, ()>,
}

impl Domains {
    fn new(domains: Vec<String>, permitted: bool) -> Option<Self> {
        if domains.is_empty() {
            return None;
        }
        let all = domains.iter().any(String::is_empty);
        let domains = if all {
            Vec::new()
        } else {
            prune(domains, |a, b| compare(a, b), |a, b| is_suffix(a, b))
        };
        let parents = domains
            .iter()
            .filter(|_| !permitted)
            .filter_map(|domain| without_first_label(&domain.to_lowercase()))
            .map(|parent| (parent, ()))
            .collect();
        Some(Self { all, domains, parents })
    }

    fn has(&self, name: &str) -> bool {
        self.all
            || nearest(&self.domains, |one| compare(one, name), |one| is_suffix(one, name))
            || (name.starts_with('*')
                && without_first_label(&name.to_lowercase())
                    .is_some_and(|parent| self.parents.contains_key(&parent)))
    }
}

fn without_first_label(name: &str) -> Option<String> {
    name.find('.').and_then(|at| name.get(at..)).map(str::to_owned)
}

/// Whether a domain has a name in it: a dot at its front asks for a label more.
fn is_suffix(domain: &str, name: &str) -> bool {
    let (domain, name) = (domain.as_bytes(), name.as_bytes());
    let Some(before) = name.len().checked_sub(domain.len()) else { return false };
    let (front, end) = name.split_at(before);
    end.eq_ignore_ascii_case(domain)
        && (domain.first() == Some(&b'.') || front.last().is_none_or(|byte| *byte == b'.'))
}

/// Compares from the end; dots come before everything else.
fn compare(a: &str, b: &str) -> Ordering {
    let key = |byte: u8| if byte == b'.' { 0 } else { byte.to_ascii_lowercase() };
    a.bytes().rev().map(key).cmp(b.bytes().rev().map(key))
}
