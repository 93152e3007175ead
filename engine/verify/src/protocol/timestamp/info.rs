//! `TSTInfo` (RFC 3161 section 2.4.2): what the authority says.
//!
//! Refused: versions other than 1, hashes other than SHA-256, -384 and -512, times that are not
//! in the one form that the RFC has (`YYYYMMDDhhmmss[.s…]Z`, no trailing zeros, at most
//! nanoseconds), serial numbers over [`MAX_SERIAL`] bytes, critical extensions. `nonce`, `ordering` and `tsa` have to be well formed and are not used: the nonce
//! is between the authority and who asked it, and the signer is known by its certificate.
//!
//! Tolerated: `ordering` written out as FALSE, which DER omits; serial numbers that are negative,
//! because authorities (sigstore-js's is one) forget the byte that holds the sign.

use super::algorithm::hash;
use super::asn1::{Field, Fields, context, primitive, to_u64, unsigned};
use super::error::TimestampError;
use crate::primitive::signature::Hash;
use data_encoding::HEXLOWER;
use der::asn1::ObjectIdentifier;
use der::{Tag, TagNumber};
use referee_core::Timestamp;
use std::time::Duration;

const TST_INFO: &str = "TSTInfo";
const GEN_TIME: &str = "genTime";
const ACCURACY: &str = "accuracy";
const EXTENSIONS: &str = "TSTInfo extensions";

/// The longest serial number, in bytes. RFC 3161 section 2.4.2 has readers prepared for 160 bits.
const MAX_SERIAL: usize = 64;
/// So many extensions are read; none is in use.
const MAX_EXTENSIONS: usize = 16;
/// Accuracy is stated up to so many seconds (a day): more is not a statement about a time.
const MAX_ACCURACY: u64 = 86_400;

/// What the authority says.
pub(super) struct Info<'a> {
    pub(super) policy: ObjectIdentifier,
    pub(super) hash: Hash,
    pub(super) imprint: &'a [u8],
    pub(super) serial: String,
    pub(super) time: Timestamp,
    pub(super) accuracy: Option<Duration>,
}

/// Reads the DER of a `TSTInfo`.
pub(super) fn read(der: &[u8]) -> Result<Info<'_>, TimestampError> {
    let mut fields = Fields::sequence(der, TST_INFO)?;
    let version = fields.number()?;
    if version != 1 {
        return Err(TimestampError::Version { structure: TST_INFO, found: version, expected: 1 });
    }
    let policy = fields.oid()?;
    let mut message = fields.open("messageImprint")?;
    let algorithm = message.algorithm()?;
    let imprint = message.take(Tag::OctetString)?;
    message.end()?;
    let hash = hash(&algorithm).ok_or(TimestampError::ImprintAlgorithm { oid: algorithm.oid })?;
    let serial = fields.take(Tag::Integer)?;
    if serial.is_empty() || serial.len() > MAX_SERIAL {
        return Err(fields.malformed());
    }
    let serial = HEXLOWER.encode(unsigned(serial));
    let time = time(fields.take(Tag::GeneralizedTime)?)
        .ok_or(TimestampError::Malformed { structure: GEN_TIME })?;
    let accuracy = fields.optional(Tag::Sequence)?.map(accuracy).transpose()?;
    if fields.optional(Tag::Boolean)?.is_some_and(|ordering| !matches!(ordering, [0x00 | 0xff])) {
        return Err(fields.malformed());
    }
    if fields.optional(Tag::Integer)?.is_some_and(<[u8]>::is_empty) {
        return Err(fields.malformed());
    }
    if let Some(name) = fields.optional(context(TagNumber::N0))? {
        let mut name = Fields::new(name, "tsa")?;
        name.next()?;
        name.end()?;
    }
    if let Some(list) = fields.optional(context(TagNumber::N1))? {
        extensions(list)?;
    }
    fields.end()?;
    Ok(Info { policy, hash, imprint, serial, time, accuracy })
}

/// RFC 3161 section 2.4.2: `YYYYMMDDhhmmss[.s…]Z`; a fraction is neither empty nor ends in zero.
fn time(value: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !is_digits(whole) {
        return None;
    }
    if let Some(fraction) = fraction
        && (!(1..=9).contains(&fraction.len()) || !is_digits(fraction) || fraction.ends_with('0'))
    {
        return None;
    }
    let (date, clock) = whole.split_at_checked(8)?;
    let (year, day) = date.split_at_checked(4)?;
    let (month, day) = day.split_at_checked(2)?;
    let (hour, rest) = clock.split_at_checked(2)?;
    let (minute, second) = rest.split_at_checked(2)?;
    // The RFC 3339 parser would take a leap second for the second before it.
    if second > "59" {
        return None;
    }
    let fraction = fraction.map_or(String::new(), |fraction| format!(".{fraction}"));
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}{fraction}Z").parse().ok()
}

/// `Accuracy`: seconds, `[0]` milliseconds, `[1]` microseconds, each of them optional.
fn accuracy(value: &[u8]) -> Result<Duration, TimestampError> {
    let mut fields = Fields::new(value, ACCURACY)?;
    let mut part = |tag, limit| match fields.optional(tag)? {
        None => Ok(0),
        Some(value) => to_u64(value)
            .filter(|number| *number <= limit)
            .ok_or(TimestampError::Malformed { structure: ACCURACY }),
    };
    let seconds = part(Tag::Integer, MAX_ACCURACY)?;
    let millis = part(primitive(TagNumber::N0), 999)?;
    let micros = part(primitive(TagNumber::N1), 999)?;
    fields.end()?;
    Ok(Duration::from_secs(seconds) + Duration::from_millis(millis) + Duration::from_micros(micros))
}

/// `Extensions` (RFC 5280 section 4.1.2.9): none is known, so that none may be critical.
fn extensions(list: &[u8]) -> Result<(), TimestampError> {
    let list = Fields::new(list, EXTENSIONS)?.rest("extensions", MAX_EXTENSIONS)?;
    for Field { whole, .. } in list {
        let mut fields = Fields::sequence(whole, EXTENSIONS)?;
        let oid = fields.oid()?;
        let critical = fields.optional(Tag::Boolean)?;
        fields.take(Tag::OctetString)?;
        fields.end()?;
        if critical.is_some_and(|critical| critical != [0]) {
            return Err(TimestampError::CriticalExtension { oid });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `TSTInfo` of these fields.
    fn info(fields: &[&[u8]]) -> Vec<u8> {
        let content = fields.concat();
        [&[0x30, u8::try_from(content.len()).unwrap()], content.as_slice()].concat()
    }

    const VERSION: &[u8] = &[0x02, 1, 1];
    const POLICY: &[u8] = &[0x06, 3, 0x2a, 3, 4];
    const SERIAL: &[u8] = &[0x02, 2, 0, 0x80];
    const TIME: &[u8] = b"\x18\x1120250612120220.5Z";

    /// A message imprint of four bytes by the hash of the NIST arc with this number.
    fn imprint(number: u8) -> Vec<u8> {
        let mut der = vec![0x30, 0x13, 0x30, 0x0b, 0x06, 9];
        der.extend([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number, 0x04, 4, 1, 2, 3, 4]);
        der
    }

    fn failure(fields: &[&[u8]]) -> TimestampError {
        read(&info(fields)).err().unwrap()
    }

    #[test]
    fn every_field_is_read() {
        let imprint = imprint(2);
        let accuracy = [0x30, 9, 0x02, 1, 1, 0x80, 1, 5, 0x81, 1, 7];
        let der = info(&[
            VERSION,
            POLICY,
            &imprint,
            SERIAL,
            TIME,
            &accuracy,
            &[0x01, 1, 0xff],
            &[0x02, 1, 0x80],
            &[0xa0, 2, 0x82, 0],
        ]);
        let info = read(&der).unwrap();
        assert_eq!(info.policy.to_string(), "1.2.3.4");
        assert_eq!((info.hash, info.imprint), (Hash::Sha384, &[1, 2, 3, 4][..]));
        assert_eq!(info.serial, "80");
        assert_eq!(info.time.to_string(), "2025-06-12T12:02:20.5Z");
        assert_eq!(info.accuracy, Some(Duration::from_micros(1_005_007)));
    }

    #[test]
    fn only_version_1_and_strong_hashes_are_read() {
        let good = imprint(1);
        assert_eq!(
            failure(&[&[0x02, 1, 2], POLICY, &good, SERIAL, TIME]),
            TimestampError::Version { structure: TST_INFO, found: 2, expected: 1 }
        );
        let oid = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4");
        assert_eq!(
            failure(&[VERSION, POLICY, &imprint(4), SERIAL, TIME]),
            TimestampError::ImprintAlgorithm { oid }
        );
    }

    #[test]
    fn an_extension_may_be_there_unless_it_is_critical() {
        let good = imprint(1);
        let with = |critical: &[u8]| {
            let length = u8::try_from(7 + critical.len()).unwrap();
            let content = [&[0x30, length, 0x06, 3, 0x2a, 3, 5], critical, &[0x04, 0]].concat();
            [&[0xa1, length + 2], content.as_slice()].concat()
        };
        let fields = [VERSION, POLICY, &good, SERIAL, TIME];
        assert!(read(&info(&[fields.as_slice(), &[&with(&[])]].concat())).is_ok());
        let oid = ObjectIdentifier::new_unwrap("1.2.3.5");
        assert_eq!(
            failure(&[fields.as_slice(), &[&with(&[0x01, 1, 0xff])]].concat()),
            TimestampError::CriticalExtension { oid }
        );
    }

    #[test]
    fn what_does_not_belong_there_is_refused() {
        let malformed = TimestampError::Malformed { structure: TST_INFO };
        let good = imprint(1);
        let fields = [VERSION, POLICY, &good, SERIAL, TIME];
        let extra: [&[u8]; 3] = [&[0x05, 0], &[0x01, 1, 0x01], &[0x02, 0]];
        for extra in extra {
            assert_eq!(failure(&[fields.as_slice(), &[extra]].concat()), malformed, "{extra:?}");
        }
        assert_eq!(failure(&[VERSION, POLICY, &good, &[0x02, 0], TIME]), malformed);
        let long = [&[0x02, 65, 1][..], &[0; 64]].concat();
        assert_eq!(failure(&[VERSION, POLICY, &good, &long, TIME]), malformed);
        let accuracy = TimestampError::Malformed { structure: ACCURACY };
        for bad in [[0x30, 4, 0x80, 2, 3, 0xe8], [0x30, 4, 0x02, 2, 0, 1]] {
            assert_eq!(failure(&[fields.as_slice(), &[&bad]].concat()), accuracy);
        }
    }

    #[test]
    fn times_have_one_form() {
        let good = [
            ("20250612120220Z", "2025-06-12T12:02:20Z"),
            ("20250612120220.359Z", "2025-06-12T12:02:20.359Z"),
            ("20240229235959.000000001Z", "2024-02-29T23:59:59.000000001Z"),
        ];
        for (text, meant) in good {
            assert_eq!(time(text.as_bytes()).unwrap().to_string(), meant);
        }
        let bad = [
            "20250612120220",
            "202506121202Z",
            "20250612120220+0000",
            "20250612120220.Z",
            "20250612120220.350Z",
            "20250612120220.0Z",
            "20250612120220.0000000001Z",
            "20250612120220,5Z",
            "20250612120260Z",
            "20250612240000Z",
            "20250229120000Z",
            "2025061212022 Z",
            "2025061212022\u{0662}Z",
            "",
        ];
        for text in bad {
            assert_eq!(time(text.as_bytes()), None, "{text}");
        }
    }
}
