//! Whether a chain of trust leads from a leaf to a root (RFC 5280 section 6, as Go has it):
//! candidates by name, signatures, validity, constraints, usages, policies.

use super::options::Options;
use super::{Certificate, constraints, extensions::SUBJECT_ALT_NAME, hostname, policy};
use referee_rego_builtin::{Context, Result};

/// The most signatures that are looked at, as in Go. It bounds the length of a chain too.
const MAX_SIGNATURES: u32 = 100;
/// Looking at a signature costs as much as so many steps.
const SIGNATURE: u32 = 1_000;

/// Go's `KeyUsageCertSign`.
const CERT_SIGN: i64 = 1 << 5;

/// The first valid chain from the last certificate to the first one, by way of those between.
pub(super) fn verify<'a>(
    context: &mut Context<'_>,
    certificates: &'a [Certificate],
    options: &Options,
) -> Result<Option<Vec<&'a Certificate>>> {
    let [root, between @ .., leaf] = certificates else { return Ok(None) };
    let now = options.time.unwrap_or(context.now_ns);
    let mut intermediates: Vec<&Certificate> = Vec::new();
    for one in between {
        if !intermediates.iter().any(|known| known.raw == one.raw) {
            intermediates.push(one);
        }
    }
    let mut search = Search { root, intermediates, now, left: MAX_SIGNATURES, found: Vec::new() };
    if !search.is_valid(leaf, Role::Leaf, &[]) {
        return Ok(None);
    }
    if !options.dns_name.is_empty() && !hostname::matches(leaf, &options.dns_name) {
        return Ok(None);
    }
    if root.raw == leaf.raw {
        search.found.push(vec![leaf]);
    } else {
        search.extend(context, &[leaf])?;
    }
    let usages = if options.usages.is_empty() { &[1][..] } else { &options.usages };
    Ok(search.found.into_iter().find(|chain| {
        policy::valid(chain)
            && (usages.contains(&0) || usages_hold(chain, usages))
            && constraints::hold(chain)
    }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Leaf,
    Intermediate,
    Root,
}

struct Search<'a> {
    root: &'a Certificate,
    intermediates: Vec<&'a Certificate>,
    /// Nanoseconds since 1970.
    now: i64,
    left: u32,
    found: Vec<Vec<&'a Certificate>>,
}

impl<'a> Search<'a> {
    /// Collects all chains that begin so. It recurses once for each certificate of a chain, which
    /// the number of signatures bounds; false ends the search.
    fn extend(&mut self, context: &mut Context<'_>, chain: &[&'a Certificate]) -> Result<bool> {
        let Some(child) = chain.last() else { return Ok(true) };
        let roots = candidates(child, &[self.root]).into_iter().map(|one| (Role::Root, one));
        let others = candidates(child, &self.intermediates);
        let others = others.into_iter().map(|one| (Role::Intermediate, one));
        for (role, candidate) in roots.chain(others).collect::<Vec<_>>() {
            match self.left.checked_sub(1) {
                Some(left) => self.left = left,
                None => return Ok(false),
            }
            context.work(SIGNATURE)?;
            if is_in(candidate, chain)
                || !is_signed_by(child, candidate)
                || !self.is_valid(candidate, role, chain)
            {
                continue;
            }
            let longer = [chain, &[candidate]].concat();
            if role == Role::Root {
                self.found.push(longer);
            } else if !self.extend(context, &longer)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_valid(&self, certificate: &Certificate, role: Role, chain: &[&Certificate]) -> bool {
        let nanoseconds = |seconds: i64| i128::from(seconds) * 1_000_000_000;
        let now = i128::from(self.now);
        if !certificate.unhandled_critical.is_empty()
            || chain.last().is_some_and(|child| child.raw_issuer != certificate.raw_subject)
            || now < nanoseconds(certificate.not_before.seconds)
            || now > nanoseconds(certificate.not_after.seconds)
        {
            return false;
        }
        let basic = certificate.basic_constraints;
        if role == Role::Intermediate && !basic.is_some_and(|basic| basic.is_ca) {
            return false;
        }
        let between = i64::try_from(chain.len()).unwrap_or(i64::MAX) - 1;
        !basic.is_some_and(|basic| basic.max_path_length >= 0 && between > basic.max_path_length)
    }
}

/// Who may have issued a certificate, the likeliest first.
fn candidates<'a>(child: &Certificate, pool: &[&'a Certificate]) -> Vec<&'a Certificate> {
    let empty = |id: &Option<Vec<u8>>| id.as_ref().is_none_or(Vec::is_empty);
    let bytes = |id: &Option<Vec<u8>>| id.clone().unwrap_or_default();
    let rank = |parent: &&Certificate| {
        let (own, wanted) = (&parent.subject_key_id, &child.authority_key_id);
        if bytes(own) == bytes(wanted) {
            0
        } else if empty(own) != empty(wanted) {
            1
        } else {
            2
        }
    };
    let mut found: Vec<&Certificate> =
        pool.iter().copied().filter(|parent| parent.raw_subject == child.raw_issuer).collect();
    found.sort_by_key(rank);
    found
}

fn alternative_names(certificate: &Certificate) -> Option<&[u8]> {
    let mut extensions = certificate.extensions.iter();
    extensions.find(|one| one.id == SUBJECT_ALT_NAME).map(|one| one.value.as_slice())
}

/// Whether a chain has a certificate of the same subject, key and alternative names.
fn is_in(candidate: &Certificate, chain: &[&Certificate]) -> bool {
    if candidate.public_key.is_none() {
        return true;
    }
    let same = |one: &&&Certificate| {
        one.raw_subject == candidate.raw_subject && one.raw_key == candidate.raw_key
    };
    for one in chain.iter().filter(same) {
        match (alternative_names(candidate), alternative_names(one)) {
            (None, None) => return true,
            (None, Some(_)) | (Some(_), None) => return false,
            (Some(a), Some(b)) if a == b => return true,
            (Some(_), Some(_)) => {}
        }
    }
    false
}

fn is_signed_by(child: &Certificate, parent: &Certificate) -> bool {
    let may_sign = match parent.basic_constraints {
        Some(basic) => basic.is_ca,
        None => parent.version != 3,
    };
    let usage_fits = parent.key_usage == 0 || parent.key_usage & CERT_SIGN != 0;
    may_sign
        && usage_fits
        && parent.public_key.as_ref().is_some_and(|key| {
            child.signature_algorithm.verify(key, &child.raw_tbs, &child.signature)
        })
}

/// Whether one of the wanted usages is allowed all the way.
fn usages_hold(chain: &[&Certificate], wanted: &[i64]) -> bool {
    let mut left: Vec<i64> = wanted.to_vec();
    for certificate in chain.iter().rev() {
        let known = &certificate.extended_key_usage;
        if known.is_empty() && certificate.unknown_extended_key_usage.is_empty() {
            continue;
        }
        if known.contains(&0) {
            continue;
        }
        left.retain(|usage| known.contains(usage));
        if left.is_empty() {
            return false;
        }
    }
    true
}
