//! Requests for certificates (PKCS #10, RFC 2986), as Go's `ParseCertificateRequest` reads them.

use super::algorithm;
use super::name::{Attribute, Name, string};
use super::san::{self, AlternativeNames};
use super::show::{self, bytes, list, oid};
use super::{Extension, extensions::SUBJECT_ALT_NAME, time};
use crate::der::{Oid, Reader, tag};
use crate::go::asn1::{Fields, Wanted, invalid_character, trailing_data};
use crate::key::subject_key;
use referee_rego_value::Value;
use referee_rego_value::bytes::lossy;
use std::collections::HashSet;

type Result<T> = std::result::Result<T, String>;

/// `extensionRequest`.
const EXTENSION_REQUEST: &[u32] = &[1, 2, 840, 113_549, 1, 9, 14];

/// Reads a request and shows it.
///
/// # Errors
/// Go's words.
pub(super) fn parse(der: &[u8]) -> Result<Value> {
    let mut outer = Fields::new(der);
    let (mut request, raw) = outer.structure(Wanted::structure("certificateRequest"))?;
    let (mut tbs, raw_tbs) = request.structure(Wanted::structure("tbsCertificateRequest"))?;
    let version = tbs.int()?;
    let subject = tbs.raw()?;
    let (mut key, raw_key) = tbs.structure(Wanted::structure("publicKeyInfo"))?;
    let (key_oid, key_parameters) = key.algorithm()?;
    let key_bits = key.bits()?;
    let mut raw_attributes = tbs.list(Wanted::LIST.tagged(0), None)?;
    let mut attributes = Vec::new();
    while !raw_attributes.is_empty() {
        attributes.push(raw_attributes.raw()?.whole);
    }
    let (signature_oid, signature_parameters) = request.algorithm()?;
    let signature = request.bits()?;
    if !outer.is_empty() {
        return Err(trailing_data());
    }
    let key_algorithm = algorithm::public_key(&key_oid);
    let public_key = match key_algorithm {
        0 => None,
        _ => Some(subject_key(&key_oid, key_parameters, &key_bits.right_aligned())?),
    };
    let name = name(subject.whole)?;
    let extensions = requested(&attributes)?;
    let mut names = AlternativeNames::default();
    for extension in extensions.iter().filter(|extension| extension.id == SUBJECT_ALT_NAME) {
        names = san::parse(&extension.value)?;
    }
    let signature_algorithm = algorithm::identify(&signature_oid, signature_parameters);
    let shown: Vec<Value> = attributes.iter().filter_map(|whole| attribute_set(whole)).collect();
    let members = [
        ("Raw", bytes(raw.whole)),
        ("RawTBSCertificateRequest", bytes(raw_tbs.whole)),
        ("RawSubjectPublicKeyInfo", bytes(raw_key.whole)),
        ("RawSubject", bytes(subject.whole)),
        ("Version", Value::from(version)),
        ("Signature", bytes(&signature.right_aligned())),
        ("SignatureAlgorithm", Value::from(signature_algorithm.0)),
        ("PublicKeyAlgorithm", Value::from(key_algorithm)),
        ("PublicKey", show::public_key(public_key.as_ref())),
        ("Subject", show::name(&name)),
        ("Attributes", list(&shown, Value::clone)),
        ("Extensions", list(&extensions, show::extension)),
        ("ExtraExtensions", Value::Null),
    ];
    Ok(Value::object(members.into_iter().chain(show::names(&names))))
}

/// A name, by the laxer reader.
fn name(whole: &[u8]) -> Result<Name> {
    let mut outer = Fields::new(whole);
    let mut sets = outer.list(Wanted::structure("RDNSequence"), Some(Wanted::LIST.set()))?;
    let mut name = Name::default();
    while !sets.is_empty() {
        let mut set = sets.list(Wanted::LIST.set(), Some(Wanted::LIST))?;
        while !set.is_empty() {
            name.0.push(attribute(&mut set)?);
        }
    }
    if outer.is_empty() {
        return Ok(name);
    }
    Err("x509: trailing data after X.509 Subject".to_owned())
}

fn attribute(list: &mut Fields<'_>) -> Result<Attribute> {
    let (mut pair, _) = list.structure(Wanted::structure("AttributeTypeAndValue"))?;
    Ok(Attribute { oid: pair.oid()?, value: any(&mut pair)? })
}

/// The requested extensions.
fn requested(attributes: &[&[u8]]) -> Result<Vec<Extension>> {
    let mut found = Vec::new();
    let mut seen: HashSet<Oid> = HashSet::new();
    for whole in attributes {
        let Some((id, values)) = values(whole) else { continue };
        let Some(first) = values.first() else { continue };
        if id != EXTENSION_REQUEST {
            continue;
        }
        let mut outer = Fields::new(first);
        let mut list = outer.list(Wanted::LIST, Some(Wanted::LIST))?;
        while !list.is_empty() {
            let (mut extension, _) = list.structure(Wanted::structure("Extension"))?;
            let id = extension.oid()?;
            let critical = extension.optional_bool()?;
            let value = extension.bytes()?.to_vec();
            if !seen.insert(id.clone()) {
                return Err(
                    "x509: certificate request contains duplicate requested extensions".to_owned()
                );
            }
            found.push(Extension { id, critical, value });
        }
    }
    Ok(found)
}

/// The identifier of an attribute and its values, whole.
fn values(whole: &[u8]) -> Option<(Oid, Vec<&[u8]>)> {
    let mut outer = Fields::new(whole);
    let (mut fields, _) = outer.structure(Wanted::structure("pkcs10Attribute")).ok()?;
    let id = fields.oid().ok()?;
    let mut set = fields.list(Wanted::LIST.set(), None).ok()?;
    let mut values = Vec::new();
    while !set.is_empty() {
        values.push(set.raw().ok()?.whole);
    }
    outer.is_empty().then_some((id, values))
}

/// An attribute whose values are lists of attributes; none where it is another.
fn attribute_set(whole: &[u8]) -> Option<Value> {
    let (id, values) = values(whole)?;
    let mut shown = Vec::new();
    for value in values {
        let mut list = Fields::new(value).list(Wanted::LIST, Some(Wanted::LIST)).ok()?;
        let mut pairs = Vec::new();
        while !list.is_empty() {
            let pair = attribute(&mut list).ok()?;
            pairs.push(Value::object([("Type", oid(&pair.oid)), ("Value", pair.value)]));
        }
        shown.push(Value::array(pairs));
    }
    Some(Value::object([("Type", oid(&id)), ("Value", Value::array(shown))]))
}

/// A value of any type as Go shows it; of types that it does not know, nothing.
fn any(pair: &mut Fields<'_>) -> Result<Value> {
    let value = pair.raw()?;
    let content = value.content;
    let mut again = Fields::new(value.whole);
    let invalid = |kind: &'static str| move |_| invalid_character(kind);
    Ok(match value.whole.first().copied().unwrap_or_default() {
        1 => Value::from(again.optional_bool()?),
        2 => Value::from(again.int()?),
        3 => {
            let bits = again.bits()?;
            let length = bits.bytes.len() * 8 - usize::from(bits.unused);
            let length = Value::from(i64::try_from(length).unwrap_or(i64::MAX));
            Value::object([("Bytes", bytes(&bits.bytes)), ("BitLength", length)])
        }
        4 => bytes(content),
        6 => oid(&again.oid()?),
        kind @ tag::UTF8_STRING => Value::text(
            &string(kind, content).map_err(|_| "asn1: invalid UTF-8 string".to_owned())?,
        ),
        kind @ tag::NUMERIC_STRING => {
            Value::from(string(kind, content).map_err(invalid("NumericString"))?)
        }
        kind @ tag::PRINTABLE_STRING => {
            Value::from(string(kind, content).map_err(invalid("PrintableString"))?)
        }
        kind @ tag::IA5_STRING => Value::from(string(kind, content).map_err(invalid("IA5String"))?),
        tag::T61_STRING => Value::text(&lossy(content)),
        kind @ tag::BMP_STRING => Value::text(&string(kind, content)?),
        tag::UTC_TIME | tag::GENERALIZED_TIME => {
            let time = time::read(&mut Reader::new(value.whole));
            Value::from(time.map_err(|_| "asn1: cannot parse time".to_owned())?.text())
        }
        _ => Value::Null,
    })
}
