//! Texts of documents: bounded, and times in the ways that tools write them.

use referee_core::Timestamp;
use smol_str::SmolStr;
use std::borrow::Cow;

/// The first so many characters, with `…` where something is left out.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A time as RFC 3339 has it; one without a zone, which some tools write, is taken as UTC. `None`
/// where it is neither, and where it is Go's zero time, which means that there is none.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let read = text.parse().or_else(|_| format!("{text}Z").parse()).ok()?;
    (!text.starts_with("0001-01-01")).then_some(read)
}

/// A text as a fact, at most so many characters; `None` where it is empty. What is cut ends in `…`, so
/// that it is equal to nothing that is not cut.
pub(crate) fn fact(text: &str, most: usize) -> Option<SmolStr> {
    let text = text.trim();
    match text.len() {
        0 => None,
        length if length <= most => Some(SmolStr::new(text)),
        _ => Some(shorten(text, most.saturating_sub(1)).into()),
    }
}

/// Likewise, of a text that may be missing, as a `String`.
pub(crate) fn owned(text: Option<&str>, most: usize) -> Option<String> {
    let text = text?.trim();
    match text.len() {
        0 => None,
        length if length <= most => Some(text.to_owned()),
        _ => Some(shorten(text, most.saturating_sub(1))),
    }
}

/// The beginning of a text, at most so many bytes of it: what is looked at once for each of the many
/// that refer to it.
pub(crate) fn head(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

/// The first line of a text, or its first sentence where the line is longer than so many characters.
pub(crate) fn first_sentence(text: &str, most: usize) -> Option<String> {
    let line = text.trim().lines().next()?.trim_end();
    if line.len() <= most {
        return owned(Some(line), most);
    }
    let sentence = line.split_once(". ").map_or(line, |(sentence, _)| sentence);
    owned(Some(sentence), most)
}

/// Percent-decoding (RFC 3986, section 2.1); `None` where an escape is broken or what comes out is not
/// UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
            decoded.push((high << 4) | low);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_a_zone_are_utc_and_go_s_zero_time_is_none() {
        assert_eq!(time("2026-01-02T03:04:05").unwrap().to_string(), "2026-01-02T03:04:05Z");
        assert_eq!(time("2026-01-02T03:04:05+01:00").unwrap().to_string(), "2026-01-02T02:04:05Z");
        assert_eq!(time("0001-01-01T00:00:00Z"), None);
        assert_eq!(time("yesterday"), None);
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(shorten("äöü", 2), "äö…");
        assert_eq!(shorten("äöü", 3), "äöü");
    }

    #[test]
    fn percent_encoding_is_undone_where_it_is_whole() {
        assert_eq!(percent_decoded("a%2fb%C3%A4").as_deref(), Some("a/bä"));
        for broken in ["%", "%2", "%+1", "%zz", "%ff"] {
            assert_eq!(percent_decoded(broken), None, "{broken}");
        }
    }
}
