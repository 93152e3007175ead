//! Base64, as Go's `encoding/base64` reads it: line breaks are skipped, bits left over in the last
//! group are not looked at, and an error names the byte at which the text stops being base64.

use referee_rego_value::bytes::bytes_of;
use std::borrow::Cow;

/// The alphabet of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// `+` and `/`.
    Standard,
    /// `-` and `_`.
    Url,
}

impl Alphabet {
    fn value(self, byte: u8) -> Option<u32> {
        let value = match (byte, self) {
            (b'A'..=b'Z', _) => byte - b'A',
            (b'a'..=b'z', _) => byte - b'a' + 26,
            (b'0'..=b'9', _) => byte - b'0' + 52,
            (b'+', Self::Standard) | (b'-', Self::Url) => 62,
            (b'/', Self::Standard) | (b'_', Self::Url) => 63,
            _ => return None,
        };
        Some(u32::from(value))
    }
}

/// Where a text stops being base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Illegal {
    /// The index of the byte, as Go counts it.
    pub at: usize,
}

impl std::fmt::Display for Illegal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "illegal base64 data at input byte {}", self.at)
    }
}

/// Reads padded base64.
///
/// # Errors
/// Go's words, with the byte at which it is wrong.
pub fn decode(text: &[u8], alphabet: Alphabet) -> Result<Vec<u8>, String> {
    Decoder::padded(text, alphabet).all()
}

/// Reads base64 without padding.
///
/// # Errors
/// Go's words, with the byte at which it is wrong.
pub fn decode_raw(text: &[u8], alphabet: Alphabet) -> Result<Vec<u8>, String> {
    Decoder { padded: false, ..Decoder::padded(text, alphabet) }.all()
}

/// Reads base64url as OPA's `base64url.decode` does: padding is added where it is missing.
///
/// # Errors
/// OPA's words.
pub fn decode_url(text: &str) -> Result<Vec<u8>, String> {
    decode(&with_padding(text)?, Alphabet::Url)
}

/// The bytes of a text in base64url, with the padding that it may leave out.
///
/// # Errors
/// Where no padding makes it whole, in OPA's words.
pub fn with_padding(text: &str) -> Result<Cow<'_, [u8]>, String> {
    let bytes = bytes_of(text);
    let padding = match bytes.len() % 4 {
        _ if bytes.ends_with(b"=") => return Ok(bytes),
        0 => return Ok(bytes),
        2 => &b"=="[..],
        3 => b"=",
        _ => return Err(format!("illegal base64url string: {text}")),
    };
    Ok([&bytes, padding].concat().into())
}

/// Base64 that is read in portions.
#[derive(Debug)]
pub struct Decoder<'a> {
    text: &'a [u8],
    at: usize,
    alphabet: Alphabet,
    padded: bool,
}

impl<'a> Decoder<'a> {
    /// Of a text with padding.
    #[must_use]
    pub fn padded(text: &'a [u8], alphabet: Alphabet) -> Self {
        Self { text, at: 0, alphabet, padded: true }
    }

    fn all(mut self) -> Result<Vec<u8>, String> {
        let mut decoded = Vec::with_capacity(self.text.len() / 4 * 3 + 3);
        match self.portion(usize::MAX, &mut decoded) {
            Ok(_) => Ok(decoded),
            Err(illegal) => Err(illegal.to_string()),
        }
    }

    /// Decodes what begins in the next bytes of the text; whether there may be more.
    ///
    /// # Errors
    /// Where the text stops being base64.
    pub fn portion(&mut self, bytes: usize, decoded: &mut Vec<u8>) -> Result<bool, Illegal> {
        let until = self.at.saturating_add(bytes);
        while self.at < until {
            let mut bits = 0u32;
            for count in 0..4usize {
                let Some((at, byte)) = self.next() else {
                    return match count {
                        0 => Ok(false),
                        2 | 3 if !self.padded => Ok(push_last(bits, count, decoded)),
                        _ => Err(Illegal { at: self.text.len() - count }),
                    };
                };
                match self.alphabet.value(byte) {
                    Some(value) => bits = bits << 6 | value,
                    None if byte == b'=' && count >= 2 && self.padded => {
                        self.end(count)?;
                        return Ok(push_last(bits, count, decoded));
                    }
                    None => return Err(Illegal { at }),
                }
            }
            let [_, whole @ ..] = bits.to_be_bytes();
            decoded.extend_from_slice(&whole);
        }
        Ok(true)
    }

    /// The next byte that is no line break, and where it is.
    fn next(&mut self) -> Option<(usize, u8)> {
        loop {
            let byte = *self.text.get(self.at)?;
            self.at += 1;
            if !matches!(byte, b'\n' | b'\r') {
                return Some((self.at - 1, byte));
            }
        }
    }

    /// What follows the first `=`, behind so many characters: another one where there are two, and
    /// then nothing.
    fn end(&mut self, count: usize) -> Result<(), Illegal> {
        if count == 2 {
            match self.next() {
                None => return Err(Illegal { at: self.text.len() }),
                Some((_, b'=')) => {}
                Some((at, _)) => return Err(Illegal { at: at - 1 }),
            }
        }
        self.next().map_or(Ok(()), |(at, _)| Err(Illegal { at }))
    }
}

/// Adds the one or two bytes of a last group of so many characters: there is no more.
fn push_last(bits: u32, count: usize, decoded: &mut Vec<u8>) -> bool {
    let [_, first, second, _] = (bits << (24 - 6 * count)).to_be_bytes();
    decoded.push(first);
    if count == 3 {
        decoded.push(second);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_byte_at_which_it_is_wrong() {
        for (text, at) in [
            ("a", 0),
            ("ab", 0),
            ("abc", 0),
            ("abcd!", 4),
            ("ab=c", 2),
            ("ab=\nc", 3),
            ("ab=", 3),
            ("ab==x", 4),
            ("=", 0),
        ] {
            assert_eq!(
                decode(text.as_bytes(), Alphabet::Standard),
                Err(format!("illegal base64 data at input byte {at}")),
                "{text}"
            );
        }
        let raw = |text: &str| decode_raw(text.as_bytes(), Alphabet::Url);
        assert_eq!(raw("abcd\ne"), Err("illegal base64 data at input byte 5".to_owned()));
        assert_eq!(raw("YQ=="), Err("illegal base64 data at input byte 2".to_owned()));
    }

    #[test]
    fn line_breaks_and_left_over_bits_are_skipped() {
        assert_eq!(decode(b"YQ\r\n=\n=\n", Alphabet::Standard), Ok(b"a".to_vec()));
        assert_eq!(decode(b"YR==", Alphabet::Standard), Ok(b"a".to_vec()));
        assert_eq!(decode_raw(b"YWI", Alphabet::Standard), Ok(b"ab".to_vec()));
    }

    #[test]
    fn padding_that_is_left_out_is_added_to_base64url() {
        assert_eq!(decode_url("_-8"), Ok(vec![0xff, 0xef]));
        assert_eq!(decode_url("YQ"), Ok(b"a".to_vec()));
        assert_eq!(decode_url("YWJjY"), Err("illegal base64url string: YWJjY".to_owned()));
    }

    #[test]
    fn portions_join_to_the_whole() {
        let text = b"YWJj\nZGVm\nZ2g=";
        let mut decoder = Decoder::padded(text, Alphabet::Standard);
        let mut decoded = Vec::new();
        while decoder.portion(3, &mut decoded) == Ok(true) {}
        assert_eq!(decoded, b"abcdefgh");
    }
}
