//! Certificates as Go's `encoding/json` shows its structures, field by field.

use super::constraint_values::Subtrees;
use super::name::{Attribute, Name};
use super::san::AlternativeNames;
use super::{Certificate, Extension};
use crate::der::parse_oid;
use crate::key::PublicKey;
use data_encoding::BASE64;
use num_bigint::BigUint;
use referee_rego_go::url::Url;
use referee_rego_value::bytes::lossy;
use referee_rego_value::{Number, Value};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) fn bytes(value: &[u8]) -> Value {
    Value::from(BASE64.encode(value))
}

fn optional_bytes(value: Option<&Vec<u8>>) -> Value {
    value.map_or(Value::Null, |value| bytes(value))
}

/// A list; Go shows an empty one that was never made as `null`.
pub(super) fn list<T>(items: &[T], show: impl FnMut(&T) -> Value) -> Value {
    if items.is_empty() { Value::Null } else { Value::array(items.iter().map(show)) }
}

fn text(value: impl AsRef<str>) -> Value {
    Value::text(value.as_ref())
}

/// A text of a value.
fn held(value: &str) -> Value {
    Value::from(value)
}

fn texts(items: &[String]) -> Value {
    list(items, |item| text(item))
}

pub(super) fn oid(value: &[u32]) -> Value {
    Value::array(value.iter().map(|&number| Value::from(i64::from(number))))
}

/// An identifier whose numbers may be of any size, dotted.
fn dotted(content: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut value = BigUint::ZERO;
    for &byte in content {
        value = (value << 7) | BigUint::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if parts.is_empty() {
            let first =
                if value >= BigUint::from(80_u8) { BigUint::from(2_u8) } else { &value / 40_u8 };
            value -= &first * 40_u8;
            parts.push(first.to_string());
        }
        parts.push(value.to_string());
        value = BigUint::ZERO;
    }
    parts.join(".")
}

/// An address as Go writes it: one of IPv4 in IPv6 as the former.
fn address(bytes: &[u8]) -> Value {
    let parsed = match (<[u8; 4]>::try_from(bytes), <[u8; 16]>::try_from(bytes)) {
        (Ok(bytes), _) => IpAddr::V4(Ipv4Addr::from(bytes)),
        (_, Ok(bytes)) => {
            let address = Ipv6Addr::from(bytes);
            address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)
        }
        _ => return Value::from(""),
    };
    Value::from(parsed.to_string())
}

fn network((ip, mask): &(Vec<u8>, Vec<u8>)) -> Value {
    Value::object([("IP", address(ip)), ("Mask", bytes(mask))])
}

fn attribute(attribute: &Attribute) -> Value {
    Value::object([("Type", oid(&attribute.oid)), ("Value", attribute.value.clone())])
}

pub(super) fn name(name: &Name) -> Value {
    let all = |number| list(&name.all(number), |value| held(value));
    Value::object([
        ("Country", all(6)),
        ("Organization", all(10)),
        ("OrganizationalUnit", all(11)),
        ("Locality", all(7)),
        ("Province", all(8)),
        ("StreetAddress", all(9)),
        ("PostalCode", all(17)),
        ("SerialNumber", held(name.last(5))),
        ("CommonName", held(name.last(3))),
        ("Names", list(&name.0, attribute)),
        ("ExtraNames", Value::Null),
    ])
}

pub(super) fn extension(extension: &Extension) -> Value {
    Value::object([
        ("Id", oid(&extension.id)),
        ("Critical", Value::from(extension.critical)),
        ("Value", bytes(&extension.value)),
    ])
}

fn url(url: &Url) -> Value {
    let user = if url.user.is_some() { Value::object::<&str>([]) } else { Value::Null };
    Value::object([
        ("Scheme", text(&url.scheme)),
        ("Opaque", text(&url.opaque)),
        ("User", user),
        ("Host", text(lossy(&url.host))),
        ("Path", text(lossy(&url.path))),
        ("RawPath", text(&url.raw_path)),
        ("OmitHost", Value::from(url.omit_host)),
        ("ForceQuery", Value::from(url.force_query)),
        ("RawQuery", text(&url.raw_query)),
        ("Fragment", text(lossy(&url.fragment))),
        ("RawFragment", text(&url.raw_fragment)),
    ])
}

pub(super) fn names(names: &AlternativeNames) -> [(&'static str, Value); 4] {
    [
        ("DNSNames", texts(&names.dns)),
        ("EmailAddresses", texts(&names.emails)),
        ("IPAddresses", list(&names.addresses, |bytes| address(bytes))),
        ("URIs", list(&names.uris, url)),
    ]
}

fn subtrees(subtrees: &Subtrees, prefix: &str) -> Vec<(String, Value)> {
    vec![
        (format!("{prefix}DNSDomains"), texts(&subtrees.dns)),
        (format!("{prefix}IPRanges"), list(&subtrees.networks, network)),
        (format!("{prefix}EmailAddresses"), texts(&subtrees.emails)),
        (format!("{prefix}URIDomains"), texts(&subtrees.uri_domains)),
    ]
}

pub(super) fn public_key(key: Option<&PublicKey>) -> Value {
    key.map_or(Value::Null, PublicKey::show)
}

impl Certificate {
    /// All fields; `with_uris` adds the one that OPA adds.
    pub(super) fn show(&self, with_uris: bool) -> Value {
        let basic = self.basic_constraints;
        let max_path_length = basic.map_or(0, |basic| basic.max_path_length);
        let plain = |items: &[Vec<u8>]| list(items, |bytes| text(lossy(bytes)));
        let number = Number::parse(&self.serial_number.to_string());
        let mut members: Vec<(String, Value)> = [
            ("Raw", bytes(&self.raw)),
            ("RawTBSCertificate", bytes(&self.raw_tbs)),
            ("RawSubjectPublicKeyInfo", bytes(&self.raw_key)),
            ("RawSubject", bytes(&self.raw_subject)),
            ("RawIssuer", bytes(&self.raw_issuer)),
            ("Signature", bytes(&self.signature)),
            ("SignatureAlgorithm", Value::from(self.signature_algorithm.0)),
            ("PublicKeyAlgorithm", Value::from(self.public_key_algorithm)),
            ("PublicKey", public_key(self.public_key.as_ref())),
            ("Version", Value::from(self.version)),
            ("SerialNumber", number.map_or(Value::Null, Value::from)),
            ("Issuer", name(&self.issuer)),
            ("Subject", name(&self.subject)),
            ("NotBefore", text(self.not_before.text())),
            ("NotAfter", text(self.not_after.text())),
            ("KeyUsage", Value::from(self.key_usage)),
            ("Extensions", list(&self.extensions, extension)),
            ("ExtraExtensions", Value::Null),
            ("UnhandledCriticalExtensions", list(&self.unhandled_critical, |id| oid(id))),
            ("ExtKeyUsage", list(&self.extended_key_usage, |&usage| Value::from(usage))),
            ("UnknownExtKeyUsage", list(&self.unknown_extended_key_usage, |id| oid(id))),
            ("BasicConstraintsValid", Value::from(basic.is_some())),
            ("IsCA", Value::from(basic.is_some_and(|basic| basic.is_ca))),
            ("MaxPathLen", Value::from(max_path_length)),
            ("MaxPathLenZero", Value::from(basic.is_some() && max_path_length == 0)),
            ("SubjectKeyId", optional_bytes(self.subject_key_id.as_ref())),
            ("AuthorityKeyId", optional_bytes(self.authority_key_id.as_ref())),
            ("OCSPServer", plain(&self.ocsp_servers)),
            ("IssuingCertificateURL", plain(&self.issuing_urls)),
            ("PermittedDNSDomainsCritical", Value::from(self.constraints_critical)),
            ("CRLDistributionPoints", plain(&self.crl_points)),
            ("InhibitAnyPolicy", Value::from(self.inhibit_any_policy.value)),
            ("InhibitAnyPolicyZero", Value::from(self.inhibit_any_policy.is_zero)),
            ("InhibitPolicyMapping", Value::from(self.inhibit_policy_mapping.value)),
            ("InhibitPolicyMappingZero", Value::from(self.inhibit_policy_mapping.is_zero)),
            ("RequireExplicitPolicy", Value::from(self.require_explicit_policy.value)),
            ("RequireExplicitPolicyZero", Value::from(self.require_explicit_policy.is_zero)),
            ("PolicyMappings", list(&self.policy_mappings, mapping)),
        ]
        .into_iter()
        .chain(self.show_policies())
        .chain(names(&self.names))
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        members.extend(subtrees(&self.permitted, "Permitted"));
        members.extend(subtrees(&self.excluded, "Excluded"));
        if with_uris {
            let uris = list(&self.names.uris, |uri| text(uri.to_string()));
            members.push(("URIStrings".to_owned(), uris));
        }
        Value::object(members)
    }

    fn show_policies(&self) -> [(&'static str, Value); 2] {
        let Some(policies) = &self.policies else {
            return [("PolicyIdentifiers", Value::Null), ("Policies", Value::Null)];
        };
        let small = policies.iter().filter_map(|policy| parse_oid(policy));
        [
            ("PolicyIdentifiers", Value::array(small.map(|policy| oid(&policy)))),
            ("Policies", list(policies, |policy| text(dotted(policy)))),
        ]
    }
}

fn mapping((issuer, subject): &(Vec<u8>, Vec<u8>)) -> Value {
    Value::object([
        ("IssuerDomainPolicy", text(dotted(issuer))),
        ("SubjectDomainPolicy", text(dotted(subject))),
    ])
}
