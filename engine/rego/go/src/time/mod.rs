//! Times, as Go's `time` reads them: durations, moments by a layout, and the calendar below them.

pub mod civil;
pub mod duration;
pub mod layout;
mod parse;

pub use parse::{Parsed, parse};

/// Bytes in quotes as Go's `time` has them: whatever is no printed ASCII by its number.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=0x7f => text.push(char::from(*byte)),
            other => text.push_str(&format!("\\x{other:02x}")),
        }
    }
    text.push('"');
    text
}
