//! Distinguished names (RFC 5280 section 4.1.2.4) and the strings in them.

use crate::der::{Oid, Reader, tag};
use referee_rego_value::Value;
use referee_rego_value::bytes::lossy;

/// An attribute. In requests its value may be other than a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) oid: Oid,
    pub(super) value: Value,
}

/// A name: all attributes, in order; Go's named fields are made from them.
#[derive(Clone, Debug, Default)]
pub(super) struct Name(pub(super) Vec<Attribute>);

impl Name {
    /// All values of one of X.520's attributes.
    pub(super) fn all(&self, number: u32) -> Vec<&str> {
        let wanted = [2, 5, 4, number];
        let found = self.0.iter().filter(|one| one.oid == wanted);
        found.filter_map(|one| one.value.as_str()).collect()
    }

    /// The last value of one of X.520's attributes.
    pub(super) fn last(&self, number: u32) -> &str {
        self.all(number).last().copied().unwrap_or_default()
    }
}

/// Reads a name.
///
/// # Errors
/// Go's words.
pub(super) fn parse(whole: &[u8]) -> Result<Name, String> {
    let invalid = |detail: &str| format!("x509: invalid RDNSequence{detail}");
    let mut outer = Reader::new(whole);
    let mut sets = outer.inside(tag::SEQUENCE).ok_or_else(|| invalid(""))?;
    let mut name = Name::default();
    while !sets.is_empty() {
        let mut set = sets.inside(tag::SET).ok_or_else(|| invalid(""))?;
        while !set.is_empty() {
            let attribute = set.inside(tag::SEQUENCE);
            let mut attribute = attribute.ok_or_else(|| invalid(": invalid attribute"))?;
            let oid = attribute.oid().ok_or_else(|| invalid(": invalid attribute type"))?;
            let value = attribute.any().ok_or_else(|| invalid(": invalid attribute value"))?;
            let value = string(value.tag, value.content)
                .map_err(|error| invalid(&format!(": invalid attribute value: {error}")))?;
            name.0.push(Attribute { oid, value: Value::text(&value) });
        }
    }
    Ok(name)
}

/// Whether a byte is in PrintableString; `*` and `&` are not, but are met in certificates.
pub(super) fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"'()+,-./ :=?*&".contains(&byte)
}

/// A string of one of the types that X.509 has.
pub(super) fn string(kind: u8, value: &[u8]) -> Result<String, String> {
    let checked = |fine: bool, error: &str| {
        if fine { Ok(lossy(value)) } else { Err(error.to_owned()) }
    };
    match kind {
        // Latin-1 stands for T.61, as everywhere.
        tag::T61_STRING => Ok(value.iter().copied().map(char::from).collect()),
        tag::PRINTABLE_STRING => {
            checked(value.iter().copied().all(is_printable), "invalid PrintableString")
        }
        tag::UTF8_STRING => checked(std::str::from_utf8(value).is_ok(), "invalid UTF-8 string"),
        tag::BMP_STRING => bmp(value).ok_or_else(|| "invalid BMPString".to_owned()),
        tag::IA5_STRING => checked(value.is_ascii(), "invalid IA5String"),
        tag::NUMERIC_STRING => {
            let numeric = |byte: &u8| byte.is_ascii_digit() || *byte == b' ';
            checked(value.iter().all(numeric), "invalid NumericString")
        }
        other => Err(format!("unsupported string type: {other}")),
    }
}

/// UCS-2: no surrogates, no non-characters; two zero bytes at the end are dropped.
fn bmp(value: &[u8]) -> Option<String> {
    if !value.len().is_multiple_of(2) {
        return None;
    }
    let value = value.strip_suffix(&[0, 0]).unwrap_or(value);
    value
        .chunks(2)
        .map(|pair| {
            let unit = pair.iter().fold(0, |unit, &byte| unit << 8 | u32::from(byte));
            let refused = matches!(unit, 0xfffe | 0xffff | 0xfdd0..=0xfdef);
            char::from_u32(unit).filter(|_| !refused)
        })
        .collect()
}
