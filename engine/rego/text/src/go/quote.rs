//! Quoted text in the kinds that `%q` has beside double quotes, as Go's `strconv`.

use std::fmt::Write;

use referee_rego_value::bytes::{lone_byte, runes, shown};
use referee_rego_value::is_printable;

/// The text between quotes of a kind; with `ascii` whatever is not ASCII is escaped.
pub(crate) fn quoted_with(text: &str, quote: char, ascii: bool) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for rune in runes(text) {
        match lone_byte(rune) {
            // Writing into a string does not fail.
            Some(byte) => drop(write!(quoted, "\\x{byte:02x}")),
            None => shown(rune).chars().for_each(|c| escape(&mut quoted, c, quote, ascii)),
        }
    }
    quoted.push(quote);
    quoted
}

fn escape(quoted: &mut String, c: char, quote: char, ascii: bool) {
    if c == quote || c == '\\' {
        quoted.push('\\');
        quoted.push(c);
        return;
    }
    if is_printable(c) && (c.is_ascii() || !ascii) {
        quoted.push(c);
        return;
    }
    let short = match c {
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{b}' => "\\v",
        _ => "",
    };
    if !short.is_empty() {
        quoted.push_str(short);
        return;
    }
    let code = u32::from(c);
    // Writing into a string does not fail.
    let _ = match code {
        0..=0x1f | 0x7f => write!(quoted, "\\x{code:02x}"),
        0..=0xffff => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    };
}
