//! Base64 (RFC 4648) as the formats here use it: strict where a format names one alphabet, and
//! tolerant of alphabet and padding where its specification says so.
//!
//! Both refuse white space and set bits beyond the last byte (RFC 4648 section 3.5), so that one
//! byte string has one text in each alphabet.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, Encoding};

/// Reads padded standard base64 (RFC 4648 section 4). `None` where the text is anything else.
#[must_use]
pub fn standard(text: &str) -> Option<Vec<u8>> {
    decode(&BASE64, text)
}

/// Reads standard or URL-safe base64, padded or not, as ProtoJSON ("JSON Format", `bytes`) and
/// DSSE (`protocol.md`, "Signature Definition") have a reader accept. The alphabets cannot be
/// mixed in one text. `None` where the text is none of these.
#[must_use]
pub fn any(text: &str) -> Option<Vec<u8>> {
    // A text that only one alphabet has is none in the other, so the second try costs nothing but
    // where the first character of that alphabet stands.
    let (standard, url_safe) = match text.len().is_multiple_of(4) {
        true => (BASE64, BASE64URL),
        false => (BASE64_NOPAD, BASE64URL_NOPAD),
    };
    decode(&standard, text).or_else(|| decode(&url_safe, text))
}

/// `data_encoding` also reads several padded texts in a row, which is not one of RFC 4648.
fn decode(encoding: &Encoding, text: &str) -> Option<Vec<u8>> {
    let padding_inside = text.trim_end_matches('=').contains('=');
    (!padding_inside).then(|| encoding.decode(text.as_bytes()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strict_reader_takes_one_text_for_one_byte_string() {
        assert_eq!(standard("+/8=").as_deref(), Some(&[0xfb, 0xff][..]));
        for text in ["-_8=", "+/8", "+/9=", "+/8=\n", " +/8=", "+/8==", "=", "+/8=+/8="] {
            assert_eq!(standard(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_tolerant_reader_takes_both_alphabets_padded_or_not() {
        for text in ["+/8=", "+/8", "-_8=", "-_8"] {
            assert_eq!(any(text).as_deref(), Some(&[0xfb, 0xff][..]), "{text:?}");
        }
        assert_eq!(any("").as_deref(), Some(&[][..]));
        for text in ["+_8=", "+/9", "+/8=\n", "A", "+/8==", "+/8=+/8="] {
            assert_eq!(any(text), None, "{text:?}");
        }
    }
}
