//! Base64 as Go's `encoding/base64` reads it: line breaks are skipped, bits left over in the last
//! group are not looked at, and an error names the byte at which the text stops being base64.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use referee_rego_value::bytes::bytes_of;

/// The alphabet of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// `+` and `/`.
    Standard,
    /// `-` and `_`.
    Url,
}

/// Reads padded base64.
///
/// # Errors
/// Go's words, with the byte at which it is wrong.
pub(crate) fn decode(text: &[u8], alphabet: Alphabet) -> Result<Vec<u8>, String> {
    decode_as(text, alphabet, true).map_err(illegal)
}

/// Reads base64 without padding.
///
/// # Errors
/// Go's words, with the byte at which it is wrong.
pub(crate) fn decode_raw(text: &[u8], alphabet: Alphabet) -> Result<Vec<u8>, String> {
    decode_as(text, alphabet, false).map_err(illegal)
}

/// Reads base64url as OPA's `base64url.decode` does: padding is added where it is missing.
///
/// # Errors
/// OPA's words.
pub(crate) fn decode_url(text: &str) -> Result<Vec<u8>, String> {
    let bytes = bytes_of(text);
    if bytes.ends_with(b"=") {
        return decode(&bytes, Alphabet::Url);
    }
    let padding = match bytes.len() % 4 {
        0 => &b""[..],
        2 => b"==",
        3 => b"=",
        _ => return Err(format!("illegal base64url string: {text}")),
    };
    decode(&[&bytes, padding].concat(), Alphabet::Url)
}

/// Writes padded base64.
pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Writes base64url without padding.
pub(crate) fn encode_url(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn illegal(at: usize) -> String {
    format!("illegal base64 data at input byte {at}")
}

fn digit(byte: u8, alphabet: Alphabet) -> Option<u8> {
    match (byte, alphabet) {
        (b'A'..=b'Z', _) => Some(byte - b'A'),
        (b'a'..=b'z', _) => Some(byte - b'a' + 26),
        (b'0'..=b'9', _) => Some(byte - b'0' + 52),
        (b'+', Alphabet::Standard) | (b'-', Alphabet::Url) => Some(62),
        (b'/', Alphabet::Standard) | (b'_', Alphabet::Url) => Some(63),
        _ => None,
    }
}

/// The bytes, or where the text is wrong.
fn decode_as(text: &[u8], alphabet: Alphabet, padded: bool) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut group = [0_u8; 4];
    let mut filled = 0_usize;
    let mut at = 0_usize;
    while let Some(&byte) = text.get(at) {
        at += 1;
        if matches!(byte, b'\n' | b'\r') {
            continue;
        }
        if let Some(value) = digit(byte, alphabet) {
            if let Some(place) = group.get_mut(filled) {
                *place = value;
            }
            filled += 1;
            if filled == 4 {
                push(&mut bytes, group, 3);
                filled = 0;
            }
            continue;
        }
        if byte != b'=' || !padded || filled < 2 {
            return Err(at - 1);
        }
        if filled == 2 {
            at = skip_breaks(text, at);
            match text.get(at) {
                Some(b'=') => at += 1,
                Some(_) | None => return Err(at),
            }
        }
        at = skip_breaks(text, at);
        if at < text.len() {
            return Err(at);
        }
        push(&mut bytes, group, filled - 1);
        return Ok(bytes);
    }
    match (filled, padded) {
        (0, _) => Ok(bytes),
        (1, _) | (_, true) => Err(text.len() - filled),
        (_, false) => {
            push(&mut bytes, group, filled - 1);
            Ok(bytes)
        }
    }
}

fn skip_breaks(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b'\n' | b'\r')) {
        at += 1;
    }
    at
}

fn push(bytes: &mut Vec<u8>, [a, b, c, d]: [u8; 4], count: usize) {
    let whole = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    bytes.extend(whole.into_iter().take(count));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_byte_at_which_it_is_wrong() {
        for (text, at) in
            [("a", 0), ("ab", 0), ("abc", 0), ("abcd!", 4), ("ab=c", 3), ("ab==x", 4), ("=", 0)]
        {
            assert_eq!(
                decode(text.as_bytes(), Alphabet::Standard),
                Err(format!("illegal base64 data at input byte {at}")),
                "{text}"
            );
        }
    }

    #[test]
    fn line_breaks_and_left_over_bits_are_skipped() {
        assert_eq!(decode(b"YQ\r\n=\n=\n", Alphabet::Standard), Ok(b"a".to_vec()));
        assert_eq!(decode(b"YR==", Alphabet::Standard), Ok(b"a".to_vec()));
        assert_eq!(decode_raw(b"YWI", Alphabet::Standard), Ok(b"ab".to_vec()));
    }
}
