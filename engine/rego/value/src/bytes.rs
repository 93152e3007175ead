//! Strings as bytes: what stands in a text for bytes that are no UTF-8.
//!
//! A string of OPA is bytes, a string here is text. The last 128 code points, U+10FF80 to U+10FFFF,
//! stand in it for the single bytes 80 to ff that belong to no character. A genuine character of
//! that range is held as its four bytes. So each sequence of bytes has one text, equal bytes are
//! equal texts, and a text without such characters is its own UTF-8.
//!
//! Where texts are put together two halves of a character can meet: [`joined`] makes one character
//! of them. A part of a text, cut between its characters, needs nothing. Text from outside comes in
//! through [`taken`] and leaves through [`shown`].

use std::borrow::Cow;
use std::cmp::Ordering;

/// Stands for the byte 80; those behind it for the bytes behind that.
const FIRST: u32 = 0x10_ff80;

/// The character that stands for a byte.
fn stand_in(byte: u8) -> char {
    char::from_u32(FIRST - 0x80 + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that a character stands for, where it stands for one.
#[inline]
#[must_use]
pub fn byte_of(character: char) -> Option<u8> {
    let byte = u32::from(character).checked_sub(FIRST)?;
    u8::try_from(byte + 0x80).ok()
}

/// Whether a text has a character of the range: whether it differs from what is shown of it.
#[inline]
#[must_use]
pub fn has_bytes(text: &str) -> bool {
    !text.is_ascii() && text.as_bytes().contains(&LEAD) && next_stand_in(text, 0).is_some()
}

/// What all characters of the range begin with; behind it stands `8f be` or `8f bf`.
const LEAD: u8 = 0xf4;

/// Where the next character of the range begins.
fn next_stand_in(text: &str, mut from: usize) -> Option<usize> {
    loop {
        let rest = text.as_bytes().get(from..)?;
        let at = from + rest.iter().position(|byte| *byte == LEAD)?;
        match text.as_bytes().get(at + 1..at + 3) {
            Some([0x8f, 0xbe | 0xbf]) => return Some(at),
            _ => from = at + 4,
        }
    }
}

/// The text for bytes.
#[must_use]
pub fn text_of(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) if !has_bytes(&text) => text,
        Ok(text) => text_of_slice(text.as_bytes()),
        Err(error) => text_of_slice(error.as_bytes()),
    }
}

/// The same of bytes that stay where they are.
#[must_use]
pub fn text_of_slice(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        push_taken(chunk.valid(), &mut text);
        text.extend(chunk.invalid().iter().copied().map(stand_in));
    }
    text
}

fn push_taken(outside: &str, text: &mut String) {
    let (mut plain, mut from) = (0, 0);
    while let Some(at) = next_stand_in(outside, from) {
        text.push_str(outside.get(plain..at).unwrap_or_default());
        let character = outside.as_bytes().get(at..at + 4).unwrap_or_default();
        text.extend(character.iter().copied().map(stand_in));
        (plain, from) = (at + 4, at + 4);
    }
    text.push_str(outside.get(plain..).unwrap_or_default());
}

/// A text from outside, as it is held.
#[inline]
#[must_use]
pub fn taken(outside: &str) -> Cow<'_, str> {
    if !has_bytes(outside) {
        return Cow::Borrowed(outside);
    }
    let mut text = String::with_capacity(outside.len());
    push_taken(outside, &mut text);
    Cow::Owned(text)
}

/// The bytes of a text.
#[inline]
#[must_use]
pub fn bytes_of(text: &str) -> Cow<'_, [u8]> {
    if !has_bytes(text) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let (mut plain, mut from) = (0, 0);
    while let Some(at) = next_stand_in(text, from) {
        bytes.extend_from_slice(text.as_bytes().get(plain..at).unwrap_or_default());
        let character = text.get(at..).and_then(|rest| rest.chars().next());
        bytes.extend(character.and_then(byte_of));
        (plain, from) = (at + 4, at + 4);
    }
    bytes.extend_from_slice(text.as_bytes().get(plain..).unwrap_or_default());
    Cow::Owned(bytes)
}

/// A text as others are to see it: its characters, and U+FFFD for each byte that is none. This is
/// what Go's `range` and `[]rune` make of a string, and not what a text is held as.
#[inline]
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if has_bytes(text) { Cow::Owned(lossy(&bytes_of(text))) } else { Cow::Borrowed(text) }
}

/// Bytes as others are to see them: as [`shown`].
#[must_use]
pub fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// A text for a text with U+FFFD in the place of each byte that is no character.
#[inline]
#[must_use]
pub fn replaced(text: &str) -> Cow<'_, str> {
    if has_bytes(text) { Cow::Owned(taken(&shown(text)).into_owned()) } else { Cow::Borrowed(text) }
}

/// A text that has been put together of texts: where bytes met that are a character together, it
/// is that character.
#[inline]
#[must_use]
pub fn joined(text: String) -> String {
    if has_bytes(&text) { text_of(bytes_of(&text).into_owned()) } else { text }
}

/// The parts of a text that Go takes for characters: each character, and each byte that is none.
pub fn runes(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (rune, after) = rest.split_at_checked(rune_len(rest))?;
        rest = after;
        (!rune.is_empty()).then_some(rune)
    })
}

/// The byte that is no character, where a part that [`runes`] gives is one.
#[must_use]
pub fn lone_byte(rune: &str) -> Option<u8> {
    let mut bytes = rune.chars().map(byte_of);
    match (bytes.next(), bytes.next()) {
        (Some(byte), None) => byte,
        _ => None,
    }
}

/// How long the first of the parts is that Go takes for characters.
#[must_use]
pub fn rune_len(text: &str) -> usize {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return 0 };
    // A genuine character of the range is held as its four bytes.
    if byte_of(first) == Some(LEAD) {
        let mut found = [LEAD; 4];
        for (slot, character) in found.iter_mut().skip(1).zip(&mut characters) {
            *slot = byte_of(character).unwrap_or(LEAD);
        }
        if std::str::from_utf8(&found).is_ok() {
            return text.len() - characters.as_str().len();
        }
    }
    first.len_utf8()
}

/// How many parts a text has that Go takes for characters.
#[must_use]
pub fn rune_count(text: &str) -> usize {
    if has_bytes(text) { runes(text).count() } else { text.chars().count() }
}

/// Two texts as one is looked for in the other byte by byte: as they are held, unless what is looked
/// for has a byte that is no character. Such a one may be part of a character.
#[inline]
#[must_use]
pub fn comparable<'a>(text: &'a str, wanted: &'a str) -> (Cow<'a, [u8]>, Cow<'a, [u8]>) {
    if has_bytes(wanted) {
        return (bytes_of(text), bytes_of(wanted));
    }
    (Cow::Borrowed(text.as_bytes()), Cow::Borrowed(wanted.as_bytes()))
}

/// Whether a text begins with another, by their bytes.
#[inline]
#[must_use]
pub fn starts_with(text: &str, wanted: &str) -> bool {
    let (text, wanted) = comparable(text, wanted);
    text.starts_with(&wanted)
}

/// Whether a text ends with another, by their bytes.
#[inline]
#[must_use]
pub fn ends_with(text: &str, wanted: &str) -> bool {
    let (text, wanted) = comparable(text, wanted);
    text.ends_with(&wanted)
}

/// How two strings stand to each other: by their bytes.
#[inline]
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let order = a.as_bytes().cmp(b.as_bytes());
    let greater = match order {
        Ordering::Equal => return order,
        Ordering::Less => b,
        Ordering::Greater => a,
    };
    // As texts, stand-ins are greater than all else: only the greater can stand wrong.
    if greater.is_ascii() { order } else { compare_bytes(a, b, order) }
}

/// The same where one may hold bytes: it depends on the first characters that differ.
#[inline(never)]
fn compare_bytes(a: &str, b: &str, order: Ordering) -> Ordering {
    let differs = a.bytes().zip(b.bytes()).position(|(a, b)| a != b);
    let greater = if order.is_lt() { b } else { a };
    let start = differs.and_then(|at| (0..=at).rev().find(|at| greater.is_char_boundary(*at)));
    // Where one ends before they differ, it is the lesser as bytes, too.
    let Some((a, b)) = start.and_then(|start| a.get(start..).zip(b.get(start..))) else {
        return order;
    };
    let greater = if order.is_lt() { b } else { a };
    if greater.chars().next().and_then(byte_of).is_none() {
        return order;
    }
    bytes_of(a).cmp(&bytes_of(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of all kinds: parts of characters, the range itself, plain text.
    fn samples() -> Vec<Vec<u8>> {
        let pieces: [&[u8]; 14] = [
            b"a",
            b"\x80",
            b"\xff",
            b"\xc3",
            b"\xa9",
            b"\xe2\x82",
            b"\xac",
            b"\xf4",
            b"\x8f",
            b"\xbe",
            b"\xbf",
            "é".as_bytes(),
            "\u{10ff80}".as_bytes(),
            "\u{10ff7f}".as_bytes(),
        ];
        let mut samples = vec![Vec::new()];
        let mut last = samples.clone();
        for _ in 0..3 {
            last = last
                .iter()
                .flat_map(|sample| pieces.map(|piece| [sample.as_slice(), piece].concat()))
                .collect();
            samples.extend(last.iter().cloned());
        }
        samples
    }

    #[test]
    fn each_sequence_of_bytes_has_one_text_and_comes_back() {
        for bytes in samples() {
            let text = text_of(bytes.clone());
            assert_eq!(bytes_of(&text), bytes.as_slice());
            assert_eq!(joined(text.clone()), text);
            assert_eq!(text_of_slice(&bytes), text);
            assert_eq!(shown(&text), lossy(&bytes));
            if let Ok(genuine) = String::from_utf8(bytes) {
                assert_eq!(taken(&genuine), text);
                assert_eq!(shown(&text), genuine);
            }
        }
    }

    #[test]
    fn texts_are_in_the_order_of_their_bytes() {
        let samples: Vec<_> = samples().into_iter().step_by(7).collect();
        for a in &samples {
            for b in &samples {
                let order = compare(&text_of_slice(a), &text_of_slice(b));
                assert_eq!(order, a.cmp(b), "{a:x?} {b:x?}");
            }
        }
    }

    #[test]
    fn halves_of_a_character_that_meet_become_it() {
        let half = |byte| text_of(vec![byte]);
        assert_eq!(joined(half(0xc3) + &half(0xa9)), "é");
        assert_eq!(joined("é".to_owned() + &half(0xa9)), "é".to_owned() + &half(0xa9));
        let genuine = taken("\u{10ff80}");
        assert_eq!(joined(genuine.clone().into_owned()), genuine);
    }

    #[test]
    fn runes_are_those_of_go() {
        for bytes in samples() {
            let text = text_of_slice(&bytes);
            let found: Vec<String> = runes(&text).map(|rune| shown(rune).into_owned()).collect();
            let wanted: Vec<String> = lossy(&bytes).chars().map(String::from).collect();
            assert_eq!(found, wanted, "{bytes:x?}");
        }
    }
}
