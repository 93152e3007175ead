//! Text of bytes that may be no UTF-8.
//!
//! A string of Go may hold any bytes; a string of Rego here is always UTF-8. What is no UTF-8
//! becomes U+FFFD byte by byte, as OPA shows it in its output.

/// The text of bytes: each byte that belongs to no character becomes U+FFFD.
pub(crate) fn from_bytes(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => lossy(error.as_bytes()),
    }
}

fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
