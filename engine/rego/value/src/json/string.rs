//! Strings of JSON: where they end, what their escapes stand for, and what becomes of bytes that
//! are no UTF-8 (each is read as U+FFFD, as Go reads it).

use crate::Str;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the bytes that end a run of plain text: quotes, backslashes, control characters. The
/// lowest mark is exact.
#[inline]
fn marks(word: u64) -> u64 {
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c)) | control) & HIGHS
}

/// Marks the bytes that a writer must look at: those above, the first of U+2028, of U+2029 and of
/// stand-ins for bytes, and HTML's.
#[inline]
fn marks_to_write(word: u64, html: bool) -> u64 {
    let is = |byte: u64| (word ^ (ONES * byte)).wrapping_sub(ONES) & !(word ^ (ONES * byte));
    let mut found = if html { is(0x3c) | is(0x3e) | is(0x26) } else { 0 };
    if word & HIGHS != 0 {
        found |= is(0xe2) | is(0xf4);
    }
    marks(word) | (found & HIGHS)
}

/// The first byte from `at` on that cannot be written as it is, or may not be.
#[inline]
pub(super) fn special_end(bytes: &[u8], mut at: usize, html: bool) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let found = marks_to_write(u64::from_le_bytes(*chunk), html);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let special = |byte: &u8| match byte {
        b'"' | b'\\' | 0..=0x1f | 0xe2 | 0xf4 => true,
        b'<' | b'>' | b'&' => html,
        _ => false,
    };
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(special).unwrap_or(rest.len())
}

/// The first byte from `at` on that is a quote, a backslash or a control character.
#[inline]
pub(super) fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let found = marks(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while let Some(byte) = bytes.get(at) {
        if *byte < 0x20 || *byte == b'"' || *byte == b'\\' {
            break;
        }
        at += 1;
    }
    at
}

/// Adds bytes to a text; each that is no part of a UTF-8 character becomes U+FFFD.
pub(super) fn push_lossy(bytes: &[u8], text: &mut String) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

/// Where an escape is wrong: the byte, and what of.
pub(super) struct BadEscape {
    pub(super) at: usize,
    pub(super) hexadecimal: bool,
}

fn hex4(bytes: &[u8], at: usize) -> Result<u32, usize> {
    let mut code = 0;
    for at in at..at.saturating_add(4) {
        let digit = bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16)).ok_or(at)?;
        code = code << 4 | digit;
    }
    Ok(code)
}

/// Reads an escape whose backslash stands before `at`; gives where the text goes on.
pub(super) fn escape(bytes: &[u8], at: usize, text: &mut String) -> Result<usize, BadEscape> {
    let character = match bytes.get(at) {
        Some(plain @ (b'"' | b'\\' | b'/')) => char::from(*plain),
        Some(b'b') => '\x08',
        Some(b'f') => '\x0c',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let wrong = |at| BadEscape { at, hexadecimal: true };
            let first = hex4(bytes, at + 1).map_err(wrong)?;
            let after = at + 5;
            if let Some(character) = char::from_u32(first) {
                text.push(character);
                return Ok(after);
            }
            // Half of a surrogate pair: the other half must follow at once.
            let second = match bytes.get(after..after + 2) {
                Some(b"\\u") => hex4(bytes, after + 2).ok(),
                _ => None,
            };
            if let (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) = (first, second)
                && let Some(pair) =
                    char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00))
            {
                text.push(pair);
                return Ok(after + 6);
            }
            text.push(char::REPLACEMENT_CHARACTER);
            return Ok(after);
        }
        _ => return Err(BadEscape { at, hexadecimal: false }),
    };
    text.push(character);
    Ok(at + 1)
}

const KEPT: usize = 64;

/// Keys too long to stand in a value are shared: documents repeat them.
#[derive(Default)]
pub(super) struct Keys(Vec<Option<Str>>);

impl Keys {
    pub(super) fn get(&mut self, key: &str) -> Str {
        if key.len() <= 23 {
            return Str::new_inline(key);
        }
        if self.0.is_empty() {
            self.0.resize(KEPT, None);
        }
        let bytes = key.as_bytes();
        let byte = |at: usize| usize::from(bytes.get(at).copied().unwrap_or_default());
        let slot = key.len() + byte(key.len() - 1) * 7 + byte(key.len() / 2) * 31;
        let Some(slot) = self.0.get_mut(slot % KEPT) else { return Str::new(key) };
        match slot {
            Some(known) if known.as_str() == key => known.clone(),
            _ => slot.insert(Str::new(key)).clone(),
        }
    }
}
