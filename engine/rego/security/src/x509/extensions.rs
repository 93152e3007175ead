//! The extensions that are understood, in the order in which they stand (RFC 5280 section 4.2).

use super::{BasicConstraints, Certificate, Extension, Skip, constraint_values, san};
use crate::der::{self, CONSTRUCTED, CONTEXT, Oid, Reader, tag};

/// `subjectAltName`.
pub(super) const SUBJECT_ALT_NAME: &[u32] = &[2, 5, 29, 17];
/// `nameConstraints`.
pub(super) const NAME_CONSTRAINTS: &[u32] = &[2, 5, 29, 30];
/// `authorityInfoAccess`.
const AUTHORITY_INFO_ACCESS: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];

type Result<T> = std::result::Result<T, String>;

fn invalid<T>(what: &str) -> Result<T> {
    Err(format!("x509: invalid {what}"))
}

/// Reads all extensions of a certificate into its fields.
///
/// # Errors
/// Go's words for the first that is wrong.
pub(super) fn process(certificate: &mut Certificate) -> Result<()> {
    for extension in certificate.extensions.clone() {
        let handled = one(certificate, &extension)?;
        if extension.critical && !handled {
            certificate.unhandled_critical.push(extension.id);
        }
    }
    Ok(())
}

fn one(out: &mut Certificate, extension: &Extension) -> Result<bool> {
    let mut value = Reader::new(&extension.value);
    match extension.id.as_slice() {
        [2, 5, 29, 14] => {
            if extension.critical {
                return Err("x509: subject key identifier incorrectly marked critical".to_owned());
            }
            let Some(id) = value.content(tag::OCTET_STRING) else {
                return invalid("subject key identifier");
            };
            out.subject_key_id = Some(id.to_vec());
        }
        [2, 5, 29, 15] => {
            let Some(bits) = value.bits() else { return invalid("key usage") };
            out.key_usage = (0..9).filter(|bit| bits.at(*bit)).map(|bit| 1 << bit).sum();
        }
        SUBJECT_ALT_NAME => {
            out.names = san::parse(&extension.value)?;
            return Ok(!out.names.is_empty());
        }
        [2, 5, 29, 19] => out.basic_constraints = Some(basic_constraints(value)?),
        NAME_CONSTRAINTS => return constraint_values::read(out, extension).map(|more| !more),
        [2, 5, 29, 31] => out.crl_points.extend(crl_points(value)?),
        [2, 5, 29, 32] => out.policies = Some(policies(value)?),
        [2, 5, 29, 33] => out.policy_mappings.extend(policy_mappings(value)?),
        [2, 5, 29, 35] => out.authority_key_id = authority_key_id(value, extension.critical)?,
        [2, 5, 29, 36] => policy_constraints(out, value)?,
        [2, 5, 29, 37] => extended_key_usage(out, value)?,
        [2, 5, 29, 54] => match value.int64() {
            Some(skip) => out.inhibit_any_policy = Skip::of(skip),
            None => return invalid("inhibit any policy extension"),
        },
        AUTHORITY_INFO_ACCESS => authority_info_access(out, value, extension.critical)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn basic_constraints(mut value: Reader<'_>) -> Result<BasicConstraints> {
    let what = "basic constraints";
    let Some(mut inside) = value.inside(tag::SEQUENCE) else { return invalid(what) };
    let mut found = BasicConstraints { is_ca: false, max_path_length: -1 };
    if inside.next_is(tag::BOOLEAN) {
        match inside.boolean() {
            Some(is_ca) => found.is_ca = is_ca,
            None => return invalid(what),
        }
    }
    if inside.next_is(tag::INTEGER) {
        match inside.int64().filter(|length| *length >= 0) {
            Some(length) => found.max_path_length = length,
            None => return invalid(what),
        }
    }
    Ok(found)
}

fn crl_points(mut value: Reader<'_>) -> Result<Vec<Vec<u8>>> {
    const NAME: u8 = CONTEXT | CONSTRUCTED;
    const URI: u8 = CONTEXT | 6;
    let Some(mut points) = value.inside(tag::SEQUENCE) else {
        return invalid("CRL distribution points");
    };
    let mut found = Vec::new();
    while !points.is_empty() {
        let Some(mut point) = points.inside(tag::SEQUENCE) else {
            return invalid("CRL distribution point");
        };
        let Some(name) = point.optional(NAME) else { return invalid("CRL distribution point") };
        let Some(name) = name else { continue };
        let Some(mut names) = Reader::new(name).inside(NAME) else {
            return invalid("CRL distribution point");
        };
        while names.next_is(URI) {
            match names.content(URI) {
                Some(uri) => found.push(uri.to_vec()),
                None => return invalid("CRL distribution point"),
            }
        }
    }
    Ok(found)
}

fn policies(mut value: Reader<'_>) -> Result<Vec<Vec<u8>>> {
    let what = "certificate policies";
    let Some(mut inside) = value.inside(tag::SEQUENCE) else { return invalid(what) };
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    while !inside.is_empty() {
        let oid = inside
            .inside(tag::SEQUENCE)
            .and_then(|mut policy| policy.content(tag::OBJECT_IDENTIFIER));
        let Some(oid) = oid.filter(|oid| is_oid(oid)) else { return invalid(what) };
        if !seen.insert(oid) {
            return invalid(what);
        }
        found.push(oid.to_vec());
    }
    Ok(found)
}

/// Whether bytes are an identifier, whose numbers may be of any size.
fn is_oid(bytes: &[u8]) -> bool {
    let mut at_start = true;
    for &byte in bytes {
        if at_start && byte == 0x80 {
            return false;
        }
        at_start = byte & 0x80 == 0;
    }
    at_start && !bytes.is_empty()
}

fn policy_mappings(mut value: Reader<'_>) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let what = "policy mappings extension";
    let Some(mut inside) = value.inside(tag::SEQUENCE) else { return invalid(what) };
    let mut found = Vec::new();
    while !inside.is_empty() {
        let pair = inside.inside(tag::SEQUENCE).and_then(|mut pair| {
            let issuer = pair.content(tag::OBJECT_IDENTIFIER)?;
            Some((issuer.to_vec(), pair.content(tag::OBJECT_IDENTIFIER)?.to_vec()))
        });
        match pair {
            Some(pair) => found.push(pair),
            None => return invalid(what),
        }
    }
    Ok(found)
}

fn authority_key_id(mut value: Reader<'_>, critical: bool) -> Result<Option<Vec<u8>>> {
    if critical {
        return Err("x509: authority key identifier incorrectly marked critical".to_owned());
    }
    let id = value.inside(tag::SEQUENCE).and_then(|mut inside| inside.optional(CONTEXT));
    match id {
        Some(id) => Ok(id.map(<[u8]>::to_vec)),
        None => invalid("authority key identifier"),
    }
}

fn policy_constraints(out: &mut Certificate, mut value: Reader<'_>) -> Result<()> {
    let what = "policy constraints extension";
    let Some(mut inside) = value.inside(tag::SEQUENCE) else { return invalid(what) };
    for (tag, field) in [
        (CONTEXT, &mut out.require_explicit_policy),
        (CONTEXT | 1, &mut out.inhibit_policy_mapping),
    ] {
        if !inside.next_is(tag) {
            continue;
        }
        let bytes = inside.content(tag).filter(|bytes| der::is_minimal(bytes));
        match bytes.and_then(der::to_i64) {
            Some(skip) => *field = Skip::of(skip),
            None => return invalid(what),
        }
    }
    Ok(())
}

/// Go's numbers of the known usages; 0 is any.
fn usage(oid: &[u32]) -> Option<i64> {
    match oid {
        [2, 5, 29, 37, 0] => Some(0),
        [1, 3, 6, 1, 5, 5, 7, 3, number @ 1..=9] => Some(i64::from(*number)),
        [1, 3, 6, 1, 4, 1, 311, 10, 3, 3] => Some(10),
        [2, 16, 840, 1, 113_730, 4, 1] => Some(11),
        [1, 3, 6, 1, 4, 1, 311, 2, 1, 22] => Some(12),
        [1, 3, 6, 1, 4, 1, 311, 61, 1, 1] => Some(13),
        _ => None,
    }
}

fn extended_key_usage(out: &mut Certificate, mut value: Reader<'_>) -> Result<()> {
    let what = "extended key usages";
    let Some(mut inside) = value.inside(tag::SEQUENCE) else { return invalid(what) };
    let (mut known, mut unknown): (Vec<i64>, Vec<Oid>) = (Vec::new(), Vec::new());
    while !inside.is_empty() {
        let Some(oid) = inside.oid() else { return invalid(what) };
        match usage(&oid) {
            Some(number) => known.push(number),
            None => unknown.push(oid),
        }
    }
    (out.extended_key_usage, out.unknown_extended_key_usage) = (known, unknown);
    Ok(())
}

fn authority_info_access(
    out: &mut Certificate,
    mut value: Reader<'_>,
    critical: bool,
) -> Result<()> {
    const URI: u8 = CONTEXT | 6;
    let what = "authority info access";
    if critical {
        return Err("x509: authority info access incorrectly marked critical".to_owned());
    }
    let Some(mut inside) = value.inside(tag::SEQUENCE) else { return invalid(what) };
    while !inside.is_empty() {
        let Some(mut access) = inside.inside(tag::SEQUENCE) else { return invalid(what) };
        let Some(method) = access.oid() else { return invalid(what) };
        if !access.next_is(URI) {
            continue;
        }
        let Some(uri) = access.content(URI) else { return invalid(what) };
        match method.as_slice() {
            [1, 3, 6, 1, 5, 5, 7, 48, 1] => out.ocsp_servers.push(uri.to_vec()),
            [1, 3, 6, 1, 5, 5, 7, 48, 2] => out.issuing_urls.push(uri.to_vec()),
            _ => {}
        }
    }
    Ok(())
}
