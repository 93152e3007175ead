//! JSON documents as OPA writes them: members in the order given, numbers with all their digits,
//! `<`, `>` and `&` as escapes, as Go's encoder has it. What could deceive a reader of a terminal
//! is an escape, too.

use crate::escape::is_deceptive;
use referee_rego::{Value, ValueKind};
use std::borrow::Cow;
use std::io::{self, Write};

/// A JSON document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Doc {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A string.
    Text(String),
    /// A string that is no UTF-8.
    Bytes(Vec<u8>),
    /// An array.
    List(Vec<Self>),
    /// An object.
    Members(Vec<(String, Self)>),
    /// An object with names that are no UTF-8.
    Named(Vec<(Vec<u8>, Self)>),
}

impl Doc {
    /// An object of these members, those without a value left out.
    pub(crate) fn members<'a>(members: impl IntoIterator<Item = (&'a str, Option<Self>)>) -> Self {
        let given = members.into_iter();
        Self::Members(given.filter_map(|(name, doc)| Some((name.to_owned(), doc?))).collect())
    }

    /// A text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A whole number.
    pub(crate) fn number(number: impl Into<u128>) -> Self {
        Self::Number(number.into().to_string())
    }

    /// A count.
    pub(crate) fn count(count: usize) -> Self {
        Self::Number(count.to_string())
    }

    /// A number with a fraction, in as few digits as tell it.
    pub(crate) fn float(number: f64) -> Self {
        Self::Number(if number.is_finite() { number.to_string() } else { "0".to_owned() })
    }

    /// Writes it on many lines, and a line end.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.write_at(out, Some(0))?;
        writeln!(out)
    }

    /// Its text on one line.
    pub(crate) fn compact(&self) -> String {
        let mut text = Vec::new();
        // Writing to memory does not fail.
        let _ = self.write_at(&mut text, None);
        String::from_utf8(text).unwrap_or_default()
    }

    fn write_at(&self, out: &mut dyn Write, depth: Option<usize>) -> io::Result<()> {
        let inside = depth.map(|depth| depth + 1);
        match self {
            Self::Null => out.write_all(b"null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Number(text) => out.write_all(text.as_bytes()),
            Self::Text(text) => quote(out, text.as_bytes()),
            Self::Bytes(bytes) => quote(out, bytes),
            Self::List(items) if items.is_empty() => out.write_all(b"[]"),
            Self::List(items) => {
                out.write_all(b"[")?;
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        out.write_all(b",")?;
                    }
                    line(out, inside)?;
                    item.write_at(out, inside)?;
                }
                line(out, depth)?;
                out.write_all(b"]")
            }
            Self::Members(members) if members.is_empty() => out.write_all(b"{}"),
            Self::Members(members) => {
                let members = members.iter().map(|(name, value)| (name.as_bytes(), value));
                Self::write_members(out, depth, members)
            }
            Self::Named(members) => {
                let members = members.iter().map(|(name, value)| (name.as_slice(), value));
                Self::write_members(out, depth, members)
            }
        }
    }

    fn write_members<'d>(
        out: &mut dyn Write,
        depth: Option<usize>,
        members: impl Iterator<Item = (&'d [u8], &'d Self)>,
    ) -> io::Result<()> {
        let inside = depth.map(|depth| depth + 1);
        out.write_all(b"{")?;
        for (position, (name, value)) in members.enumerate() {
            if position > 0 {
                out.write_all(b",")?;
            }
            line(out, inside)?;
            quote(out, name)?;
            out.write_all(if depth.is_some() { b": " } else { b":" })?;
            value.write_at(out, inside)?;
        }
        line(out, depth)?;
        out.write_all(b"}")
    }
}

/// Begins a line so deep, where there are lines.
fn line(out: &mut dyn Write, depth: Option<usize>) -> io::Result<()> {
    match depth {
        Some(depth) => write!(out, "\n{:width$}", "", width = depth * 2),
        None => Ok(()),
    }
}

/// Writes a string; each byte of it that is no UTF-8 as Go does.
fn quote(out: &mut dyn Write, text: &[u8]) -> io::Result<()> {
    out.write_all(b"\"")?;
    for chunk in text.utf8_chunks() {
        escape(out, chunk.valid())?;
        chunk.invalid().iter().try_for_each(|_| out.write_all(b"\\ufffd"))?;
    }
    out.write_all(b"\"")
}

fn escape(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        let short: Option<&[u8]> = match character {
            '"' => Some(b"\\\""),
            '\\' => Some(b"\\\\"),
            '\n' => Some(b"\\n"),
            '\r' => Some(b"\\r"),
            '\t' => Some(b"\\t"),
            '\u{8}' => Some(b"\\b"),
            '\u{c}' => Some(b"\\f"),
            _ => None,
        };
        let long = matches!(character, '<' | '>' | '&') || is_deceptive(character);
        if short.is_none() && !long {
            continue;
        }
        out.write_all(text.get(plain..at).unwrap_or_default().as_bytes())?;
        match short {
            Some(escape) => out.write_all(escape)?,
            None => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        plain = at + character.len_utf8();
    }
    out.write_all(text.get(plain..).unwrap_or_default().as_bytes())
}

impl From<&Value> for Doc {
    fn from(value: &Value) -> Self {
        match value.kind() {
            ValueKind::Boolean => Self::Bool(value.as_bool() == Some(true)),
            ValueKind::Number => value.number_text().map_or(Self::Null, Self::Number),
            ValueKind::String => {
                match String::from_utf8(value.string_bytes().unwrap_or_default().into_owned()) {
                    Ok(text) => Self::Text(text),
                    Err(error) => Self::Bytes(error.into_bytes()),
                }
            }
            ValueKind::Array | ValueKind::Set => {
                let elements = value.elements().unwrap_or_default();
                Self::List(elements.iter().map(Self::from).collect())
            }
            ValueKind::Object => {
                let members = value.entries().unwrap_or_default();
                let mut members: Vec<(Vec<u8>, Self)> =
                    members.iter().map(|(name, value)| (member(name), value.into())).collect();
                members.sort_by(|a, b| a.0.cmp(&b.0));
                if members.iter().any(|(name, _)| std::str::from_utf8(name).is_err()) {
                    return Self::Named(members);
                }
                let text = |name| String::from_utf8(name).unwrap_or_default();
                let members = members.into_iter().map(|(name, value)| (text(name), value));
                Self::Members(members.collect())
            }
            _ => Self::Null,
        }
    }
}

/// The name of a member: JSON has texts only.
fn member(name: &Value) -> Vec<u8> {
    name.string_bytes().map_or_else(|| Doc::from(name).compact().into_bytes(), Cow::into_owned)
}

impl From<bool> for Doc {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_laid_out_as_gos_encoder_does_it() {
        let value = Value::from_json_str(r#"{"a<b":[1.0,{}],"b":1e400,"c":"x\u202e\n"}"#).unwrap();
        let mut out = Vec::new();
        Doc::from(&value).write(&mut out).unwrap();
        let expected = "{\n  \"a\\u003cb\": [\n    1.0,\n    {}\n  ],\n  \"b\": 1e400,\n  \
                        \"c\": \"x\\u202e\\n\"\n}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(Doc::from(&Value::from_json_str("[1,\"a\"]").unwrap()).compact(), "[1,\"a\"]");
    }
}
