//! The text of a value as Rego writes it: OPA's `String()` of terms (`v1/ast/term_appenders.go`),
//! with strings as Go's `strconv.Quote` has them (a byte that is no character as `\x80`) and sets in
//! braces, `set()` where empty.

use crate::bytes::{byte_of, lone_byte, rune_len, shown};
use crate::unicode::is_printable;
use crate::walk::{Event, Walk};
use crate::{Array, Number, Object, Set, Value};
use std::fmt::{self, Write};

/// Writes a string in quotes, as Go's `strconv.Quote`.
///
/// # Errors
/// Those of the writer.
pub fn write_quoted(text: &str, out: &mut (impl Write + ?Sized)) -> fmt::Result {
    out.write_char('"')?;
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        if at < plain || character != '"' && character != '\\' && is_printable(character) {
            continue;
        }
        out.write_str(text.get(plain..at).unwrap_or_default())?;
        plain = at + character.len_utf8();
        if byte_of(character).is_some() {
            plain = at + write_rune(text.get(at..).unwrap_or_default(), out)?;
            continue;
        }
        match character {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\x07' => out.write_str("\\a")?,
            '\x08' => out.write_str("\\b")?,
            '\x0c' => out.write_str("\\f")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\x0b' => out.write_str("\\v")?,
            '\0'..='\x1f' | '\x7f' => write!(out, "\\x{:02x}", u32::from(character))?,
            '\u{80}'..='\u{ffff}' => write!(out, "\\u{:04x}", u32::from(character))?,
            _ => write!(out, "\\U{:08x}", u32::from(character))?,
        }
    }
    out.write_str(text.get(plain..).unwrap_or_default())?;
    out.write_char('"')
}

/// Writes what begins with a stand-in: a byte, or a character of the range that has been taken
/// apart. Gives how long it was.
fn write_rune(text: &str, out: &mut (impl Write + ?Sized)) -> Result<usize, fmt::Error> {
    let length = rune_len(text);
    let rune = text.get(..length).unwrap_or_default();
    match lone_byte(rune) {
        Some(byte) => write!(out, "\\x{byte:02x}")?,
        None => {
            for character in shown(rune).chars() {
                write!(out, "\\U{:08x}", u32::from(character))?;
            }
        }
    }
    Ok(length)
}

fn write_value(value: &Value, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut walk = Walk::of(value);
    while let Some(event) = walk.next() {
        match event {
            Event::Scalar(Value::Null) => out.write_str("null")?,
            Event::Scalar(Value::Bool(truth)) => {
                out.write_str(if *truth { "true" } else { "false" })?
            }
            Event::Scalar(Value::Number(number)) => fmt::Display::fmt(number, out)?,
            Event::Scalar(Value::String(text)) => write_quoted(text, out)?,
            Event::Scalar(Value::Array(_)) => out.write_str("[]")?,
            Event::Scalar(Value::Object(_)) => out.write_str("{}")?,
            Event::Scalar(Value::Set(_)) => out.write_str("set()")?,
            Event::Open(Value::Array(_)) => out.write_char('[')?,
            Event::Open(_) => out.write_char('{')?,
            Event::Comma => out.write_str(", ")?,
            Event::Colon => out.write_str(": ")?,
            Event::Close(Value::Array(_)) => out.write_char(']')?,
            Event::Close(_) => out.write_char('}')?,
        }
    }
    Ok(())
}

/// A text that ends where it is long enough.
struct Brief {
    text: String,
    limit: usize,
}

impl Write for Brief {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = self.limit.saturating_sub(self.text.len());
        if part.len() <= room {
            self.text.push_str(part);
            return Ok(());
        }
        let end = (0..=room).rev().find(|at| part.is_char_boundary(*at)).unwrap_or_default();
        self.text.push_str(part.get(..end).unwrap_or_default());
        self.text.push('…');
        Err(fmt::Error)
    }
}

impl Value {
    /// Its text as Rego writes it; what is longer than `limit` bytes ends in `…`. For messages:
    /// values share their parts, so a small one can have a text without end.
    #[must_use]
    pub fn brief(&self, limit: usize) -> String {
        let mut brief = Brief { text: String::new(), limit };
        // The one error is that it is long enough.
        let _ = write!(brief, "{self}");
        brief.text
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_value(self, f)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_value(self, f)
    }
}

impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_value(&Value::Array(self.clone()), f)
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_value(&Value::Object(self.clone()), f)
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_value(&Value::Set(self.clone()), f)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
