//! Text in double quotes, as Go's `strconv.Quote` and `%q` write it.

use referee_rego_value::write_quoted;

/// The text in quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    // Writing to a string does not fail.
    let written = write_quoted(text, &mut quoted);
    debug_assert!(written.is_ok());
    quoted
}

/// Bytes in quotes: what belongs to no character by its number.
#[must_use]
pub fn quoted_bytes(bytes: &[u8]) -> String {
    quoted(&referee_rego_value::bytes::text_of_slice(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_print_is_escaped_and_bytes_are_numbers() {
        assert_eq!(
            quoted("a\"\\\n\u{7f}\u{ad}\u{e000}\u{1f600}"),
            r#""a\"\\\n\x7f\u00ad\ue000😀""#
        );
        assert_eq!(quoted_bytes(b"a\xff\xc3\xa9\xc3"), r#""a\xffé\xc3""#);
        assert_eq!(quoted_bytes("\u{10ffff}".as_bytes()), r#""\U0010ffff""#);
    }
}
