//! Parts of URLs, with percent escapes and without.

use super::UrlFault;
use referee_rego_value::bytes::{bytes_of, text_of};

/// Which part of a URL a text is: each lets other characters stand as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    Zone,
    User,
    Query,
    Fragment,
}

impl Part {
    fn is_host(self) -> bool {
        matches!(self, Self::Host | Self::Zone)
    }
}

fn stands(byte: u8, part: Part) -> bool {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => true,
        b'$' | b'&' | b'+' | b',' | b';' | b'=' => part != Part::Query,
        b':' => part.is_host() || matches!(part, Part::Path | Part::Fragment),
        b'@' | b'/' => matches!(part, Part::Path | Part::Fragment),
        b'?' => part == Part::Fragment,
        b'!' | b'(' | b')' | b'*' => part.is_host() || part == Part::Fragment,
        b'\'' | b'[' | b']' | b'<' | b'>' | b'"' => part.is_host(),
        _ => false,
    }
}

pub(super) fn escape(text: &[u8], part: Part) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| DIGITS.get(usize::from(value)).map_or('0', |digit| char::from(*digit));
    let mut escaped = String::with_capacity(text.len());
    for byte in text {
        if stands(*byte, part) {
            escaped.push(char::from(*byte));
        } else if *byte == b' ' && part == Part::Query {
            escaped.push('+');
        } else {
            escaped.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    escaped
}

fn hexadecimal(byte: Option<&u8>) -> Option<u8> {
    byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
}

fn bad_escape(text: &[u8]) -> UrlFault {
    UrlFault::Escape { escape: text.get(..3).unwrap_or(text).to_vec() }
}

pub(super) fn unescape(text: &str, part: Part) -> Result<Vec<u8>, UrlFault> {
    let mut plain = Vec::with_capacity(text.len());
    let text = bytes_of(text);
    let mut rest = &text[..];
    while let Some((byte, after)) = rest.split_first() {
        let at = std::mem::replace(&mut rest, after);
        match byte {
            b'%' => {
                let (Some(high), Some(low)) = (hexadecimal(at.get(1)), hexadecimal(at.get(2)))
                else {
                    return Err(bad_escape(at));
                };
                let value = high << 4 | low;
                // Only what is not ASCII may be escaped in a host; a zone may have spaces too.
                let refused = match part {
                    Part::Host => high < 8 && value != b'%',
                    Part::Zone => value != b'%' && value != b' ' && !stands(value, Part::Host),
                    _ => false,
                };
                if refused {
                    return Err(bad_escape(at));
                }
                plain.push(value);
                rest = at.get(3..).unwrap_or_default();
            }
            b'+' if part == Part::Query => plain.push(b' '),
            other if part.is_host() && other.is_ascii() && !stands(*other, part) => {
                return Err(UrlFault::HostCharacter { byte: *other });
            }
            other => plain.push(*other),
        }
    }
    Ok(plain)
}

/// What was written, where it still stands for the plain text and may be written so; otherwise the
/// plain text, escaped.
pub(super) fn written(raw: &str, plain: &[u8], part: Part) -> String {
    let allowed = |byte: u8| b"!$&'()*+,;=:@[]%".contains(&byte) || stands(byte, part);
    let kept = !raw.is_empty()
        && raw.bytes().all(allowed)
        && unescape(raw, part).is_ok_and(|unescaped| unescaped == plain);
    if kept { raw.to_owned() } else { escape(plain, part) }
}

/// Escapes a part of a query.
#[must_use]
pub fn query_escape(text: &str) -> String {
    escape(&bytes_of(text), Part::Query)
}

/// The same of bytes.
#[must_use]
pub fn query_escape_bytes(bytes: &[u8]) -> String {
    escape(bytes, Part::Query)
}

/// Undoes [`query_escape`].
///
/// # Errors
/// Where an escape is none.
pub fn query_unescape(text: &str) -> Result<String, UrlFault> {
    query_unescape_bytes(text).map(text_of)
}

/// The same, to bytes.
///
/// # Errors
/// Where an escape is none.
pub fn query_unescape_bytes(text: &str) -> Result<Vec<u8>, UrlFault> {
    unescape(text, Part::Query)
}
