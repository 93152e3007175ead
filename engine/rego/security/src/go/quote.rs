//! A text in double quotes as Go's `%q` writes it.

use referee_rego_value::write_quoted;

/// The text in quotes.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    // Writing to a string does not fail.
    let written = write_quoted(text, &mut quoted);
    debug_assert!(written.is_ok());
    quoted
}

/// Bytes in quotes; those that are no UTF-8 by their numbers.
pub(crate) fn quote_bytes(bytes: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        let text = quote(chunk.valid());
        quoted.push_str(
            text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&text),
        );
        for byte in chunk.invalid() {
            quoted.push_str(&format!("\\x{byte:02x}"));
        }
    }
    quoted.push('"');
    quoted
}
