//! Bytes that Go keeps in a string, as the text that a Rego string can hold.

/// The bytes as text; each byte that is no UTF-8 becomes U+FFFD, as Go does it, byte by byte.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|_| text.push(char::REPLACEMENT_CHARACTER));
    }
    text
}
