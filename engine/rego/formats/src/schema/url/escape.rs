//! Text in URLs: quoted as Go shows it, escaped, unescaped.

use referee_rego_value::write_quoted;

/// Which part of a URL a text is: each lets other characters stand as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

/// Text in double quotes, as Go's `%q`.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::new();
    // Writing into a string does not fail.
    let _ = write_quoted(text, &mut out);
    out
}

/// Bytes in double quotes: what belongs to no character by its number.
pub(super) fn quoted_bytes(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        let valid = quoted(chunk.valid());
        let inner = valid.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        out.push_str(inner.unwrap_or(&valid));
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
    }
    out.push('"');
    out
}

fn stands(byte: u8, part: Part) -> bool {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => true,
        b'$' | b'&' | b'+' | b',' | b';' | b'=' => true,
        b':' => part != Part::User,
        b'@' | b'/' => matches!(part, Part::Path | Part::Fragment),
        b'?' => part == Part::Fragment,
        b'!' | b'(' | b')' | b'*' => matches!(part, Part::Host | Part::Zone | Part::Fragment),
        b'\'' | b'[' | b']' | b'<' | b'>' | b'"' => matches!(part, Part::Host | Part::Zone),
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
        } else {
            escaped.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    escaped
}

fn hexadecimal(byte: Option<&u8>) -> Option<u8> {
    byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
}

fn bad_escape(text: &[u8]) -> String {
    format!("invalid URL escape {}", quoted_bytes(text.get(..3).unwrap_or(text)))
}

pub(super) fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let at = std::mem::replace(&mut rest, after);
        if *byte == b'%' {
            let (Some(high), Some(low)) = (hexadecimal(at.get(1)), hexadecimal(at.get(2))) else {
                return Err(bad_escape(at));
            };
            let value = high << 4 | low;
            // Only what is not ASCII may be escaped in a host; a zone may have spaces, too.
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
        } else {
            let in_host = matches!(part, Part::Host | Part::Zone);
            if in_host && byte.is_ascii() && !stands(*byte, part) {
                let shown = quoted_bytes(&[*byte]);
                return Err(format!("invalid character {shown} in host name"));
            }
            plain.push(*byte);
        }
    }
    Ok(plain)
}

/// Whether a text could have been written as it is, escaped.
fn is_escaped(text: &str, part: Part) -> bool {
    text.bytes().all(|byte| b"!$&'()*+,;=:@[]%".contains(&byte) || stands(byte, part))
}

/// What was written, where it still stands for the text, and otherwise the text, escaped.
pub(super) fn written(raw: &str, text: &[u8], part: Part) -> String {
    let kept = !raw.is_empty()
        && is_escaped(raw, part)
        && unescape(raw.as_bytes(), part).is_ok_and(|plain| plain == text);
    if kept { raw.to_owned() } else { escape(text, part) }
}
