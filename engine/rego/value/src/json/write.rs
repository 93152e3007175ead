//! The writer: JSON as Go's `encoding/json` writes what OPA gives it (`ast.JSON`).
//!
//! Sets are arrays. A key that is no string stands as its JSON text in a string, and members are in
//! the order of these strings; where two keys have one text the later member stays.

use super::string::special_end;
use crate::bytes::{compare, rune_len, shown, taken};
use crate::{Object, Value};
use std::fmt::{self, Write};
use std::slice;

/// How JSON is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonStyle<'a> {
    /// Whether `<`, `>` and `&` are escaped, as Go does unless told otherwise. OPA leaves it at
    /// that: in `json.marshal`, in its server's answers and in what `opa eval` prints.
    pub escape_html: bool,
    /// What each line but the first begins with and what each level adds, as in Go's
    /// `json.MarshalIndent`; without it all is on one line without spaces.
    pub indent: Option<(&'a str, &'a str)>,
}

impl JsonStyle<'_> {
    /// On one line, HTML's characters escaped: `json.Marshal`.
    pub const GO: Self = Self { escape_html: true, indent: None };
    /// On one line, HTML's characters as they are.
    pub const PLAIN: Self = Self { escape_html: false, indent: None };
}

impl Default for JsonStyle<'_> {
    fn default() -> Self {
        Self::GO
    }
}

/// How deep keys may stand in keys: with each level the text's escapes double.
const KEYS_IN_KEYS: u32 = 8;

/// Writes a string as JSON.
fn write_json_string(
    text: &str,
    escape_html: bool,
    out: &mut (impl Write + ?Sized),
) -> fmt::Result {
    let bytes = text.as_bytes();
    out.write_char('"')?;
    let (mut plain, mut at) = (0, 0);
    loop {
        at = special_end(bytes, at, escape_html);
        let Some(byte) = bytes.get(at) else { break };
        // U+2028 and U+2029 are e2 80 a8 and e2 80 a9; other characters begin with e2 as well.
        let separator = match (byte, bytes.get(at + 1..at + 3)) {
            (0xe2, Some([0x80, 0xa8])) => "\\u2028",
            (0xe2, Some([0x80, 0xa9])) => "\\u2029",
            (0xf4, Some([0x8f, 0xbe | 0xbf])) => "",
            (0xe2 | 0xf4, _) => {
                at += 1;
                continue;
            }
            _ => "",
        };
        out.write_str(text.get(plain..at).unwrap_or_default())?;
        match byte {
            b'"' => out.write_str("\\\"")?,
            b'\\' => out.write_str("\\\\")?,
            0x08 => out.write_str("\\b")?,
            0x0c => out.write_str("\\f")?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            0xe2 => {
                out.write_str(separator)?;
                at += 2;
            }
            0xf4 => {
                at += write_rune(text.get(at..).unwrap_or_default(), out)?;
                plain = at;
                continue;
            }
            _ => write!(out, "\\u{byte:04x}")?,
        }
        at += 1;
        plain = at;
    }
    out.write_str(text.get(plain..).unwrap_or_default())?;
    out.write_char('"')
}

/// Writes what begins with a stand-in for a byte: U+FFFD, or a character of the range of stand-ins.
/// Gives how long it was.
#[cold]
fn write_rune(text: &str, out: &mut (impl Write + ?Sized)) -> Result<usize, fmt::Error> {
    let length = rune_len(text);
    match shown(text.get(..length).unwrap_or_default()).as_ref() {
        "\u{fffd}" => out.write_str("\\ufffd")?,
        genuine => out.write_str(genuine)?,
    }
    Ok(length)
}

/// What is open: an array or set, an object whose keys are strings, or any other object with the
/// texts of its keys.
enum Open<'v> {
    Elements(slice::Iter<'v, Value>),
    Members(slice::Iter<'v, (Value, Value)>),
    Named(std::vec::IntoIter<(String, &'v Value)>),
}

/// Asked whether there is room for so many bytes beside what is written.
type Room<'w> = &'w dyn Fn(usize) -> bool;

struct Writer<'w, 'r, W: ?Sized> {
    out: &'w mut W,
    style: JsonStyle<'w>,
    keys: u32,
    room: Room<'r>,
}

/// The text of a key, which has to be there before it can be put in order.
struct Key<'r> {
    text: String,
    room: Room<'r>,
}

impl Write for Key<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if !(self.room)(part.len()) {
            return Err(fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

/// The members of an object by the text of their keys.
fn named<'v>(
    object: &'v Object,
    keys: u32,
    room: Room<'_>,
) -> Result<Vec<(String, &'v Value)>, fmt::Error> {
    let text = |key: &Value| match key {
        Value::String(text) => Ok(text.to_string()),
        // Each level doubles the escapes: at some level the text is no longer worth its size.
        _ if keys >= KEYS_IN_KEYS => Ok("null".to_owned()),
        _ => {
            let mut text = Key { text: String::new(), room };
            let keys = keys + 1;
            Writer { out: &mut text, style: JsonStyle::GO, keys, room }.value(key)?;
            Ok(taken(&text.text).into_owned())
        }
    };
    let members = object.iter().map(|(key, value)| Ok((text(key)?, value)));
    let mut members = members.collect::<Result<Vec<_>, fmt::Error>>()?;
    // Stable, and from behind: of one text the last stays.
    members.reverse();
    members.sort_by(|(a, _), (b, _)| compare(a, b));
    members.dedup_by(|(later, _), (first, _)| later == first);
    Ok(members)
}

impl<W: Write + ?Sized> Writer<'_, '_, W> {
    fn line(&mut self, level: usize) -> fmt::Result {
        if let Some((prefix, indent)) = self.style.indent {
            self.out.write_char('\n')?;
            self.out.write_str(prefix)?;
            for _ in 0..level {
                self.out.write_str(indent)?;
            }
        }
        Ok(())
    }

    fn key(&mut self, key: &str) -> fmt::Result {
        write_json_string(key, self.style.escape_html, self.out)?;
        self.out.write_str(if self.style.indent.is_some() { ": " } else { ":" })
    }

    /// Writes a scalar or an empty collection, or gives what has been opened.
    #[inline]
    fn begin<'v>(&mut self, value: &'v Value) -> Result<Option<Open<'v>>, fmt::Error> {
        match value {
            Value::Null => self.out.write_str("null")?,
            Value::Bool(truth) => self.out.write_str(if *truth { "true" } else { "false" })?,
            Value::Number(number) => number.write_to(self.out)?,
            Value::String(text) => write_json_string(text, self.style.escape_html, self.out)?,
            Value::Array(array) if array.is_empty() => self.out.write_str("[]")?,
            Value::Set(set) if set.is_empty() => self.out.write_str("[]")?,
            Value::Object(object) if object.is_empty() => self.out.write_str("{}")?,
            Value::Array(array) => {
                self.out.write_char('[')?;
                return Ok(Some(Open::Elements(array.iter())));
            }
            Value::Set(set) => {
                self.out.write_char('[')?;
                return Ok(Some(Open::Elements(set.iter())));
            }
            Value::Object(object) => {
                self.out.write_char('{')?;
                let plain = object.keys().all(|key| matches!(key, Value::String(_)));
                return Ok(Some(if plain {
                    Open::Members(object.iter())
                } else {
                    Open::Named(named(object, self.keys, self.room)?.into_iter())
                }));
            }
        }
        Ok(None)
    }

    /// What stands before an element or member.
    #[inline]
    fn separate(&mut self, first: bool, level: usize) -> fmt::Result {
        if !first {
            self.out.write_char(',')?;
        }
        self.line(level)
    }

    fn value(&mut self, value: &Value) -> fmt::Result {
        let mut open = Vec::new();
        open.extend(self.begin(value)?);
        let mut first = true;
        loop {
            let level = open.len();
            let Some(innermost) = open.last_mut() else { return Ok(()) };
            let (next, close) = match innermost {
                Open::Elements(elements) => {
                    let next = elements.next();
                    if next.is_some() {
                        self.separate(first, level)?;
                    }
                    (next, ']')
                }
                Open::Members(members) => {
                    let next = members.next();
                    if let Some((key, _)) = next {
                        self.separate(first, level)?;
                        self.key(key.as_str().unwrap_or_default())?;
                    }
                    (next.map(|(_, value)| value), '}')
                }
                Open::Named(members) => {
                    let next = members.next();
                    if let Some((key, _)) = &next {
                        self.separate(first, level)?;
                        self.key(key)?;
                    }
                    (next.map(|(_, value)| value), '}')
                }
            };
            first = false;
            if let Some(value) = next {
                if let Some(opened) = self.begin(value)? {
                    open.push(opened);
                    first = true;
                }
            } else {
                open.pop();
                self.line(level.saturating_sub(1))?;
                self.out.write_char(close)?;
            }
        }
    }
}

impl Value {
    /// Writes JSON in a style.
    ///
    /// # Errors
    /// Those of the writer: one that counts can end a text that grows too long.
    pub fn write_json(&self, out: &mut (impl Write + ?Sized), style: JsonStyle<'_>) -> fmt::Result {
        self.write_json_within(out, style, &|_| true)
    }

    /// Writes JSON in a style. `room` is asked whether there is room for the texts of keys that are
    /// no strings: they are put in order before any of them is written.
    ///
    /// # Errors
    /// Those of the writer, and where there is no room.
    pub fn write_json_within(
        &self,
        out: &mut (impl Write + ?Sized),
        style: JsonStyle<'_>,
        room: &dyn Fn(usize) -> bool,
    ) -> fmt::Result {
        Writer { out, style, keys: 0, room }.value(self)
    }

    /// The JSON text on one line, as Go's `json.Marshal` has it of OPA's values: sets as arrays,
    /// keys that are no strings as their JSON text, `<`, `>` and `&` escaped.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_json_style(JsonStyle::GO)
    }

    /// The JSON text as Go's `json.MarshalIndent` has it: each line but the first begins with the
    /// prefix and as many indents as it is deep.
    #[must_use]
    pub fn to_json_pretty(&self, prefix: &str, indent: &str) -> String {
        self.to_json_style(JsonStyle { escape_html: true, indent: Some((prefix, indent)) })
    }

    /// The JSON text in a style.
    #[must_use]
    pub fn to_json_style(&self, style: JsonStyle<'_>) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write_json(&mut text, style);
        text
    }
}
