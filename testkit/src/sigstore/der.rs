//! DER, written by hand.

/// A value with this tag, made of these parts.
#[must_use]
pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let [high, low] = u16::try_from(content.len()).expect("short enough").to_be_bytes();
    let header = match (high, low) {
        (0, 0..128) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [header, content].concat()
}

/// A `SEQUENCE` of these parts.
#[must_use]
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

/// An object identifier.
#[must_use]
pub fn oid(text: &str) -> Vec<u8> {
    use x509_cert::der::Encode as _;
    text.parse::<x509_cert::der::asn1::ObjectIdentifier>().expect("an OID").to_der().expect("DER")
}

/// An `AlgorithmIdentifier` without parameters.
#[must_use]
pub fn algorithm(text: &str) -> Vec<u8> {
    sequence(&[&oid(text)])
}
