//! Documents as JSON, on many lines: they are read by people as well.

use crate::escape::is_deceptive;
use crate::output::Answer;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Writes `{"decisions": […]}`, each with its facts where they are asked for.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(out: &mut dyn Write, answers: &[Answer], with_facts: bool) -> io::Result<()> {
    let decisions = answers
        .iter()
        .map(|answer| decision(answer, with_facts))
        .collect::<io::Result<Vec<_>>>()?;
    document(out, &json!({ "decisions": decisions }))
}

fn decision(answer: &Answer, with_facts: bool) -> io::Result<Value> {
    let mut document = serde_json::to_value(&answer.decision)?;
    if let Some(members) = document.as_object_mut().filter(|_| with_facts) {
        members.insert("facts".to_owned(), serde_json::to_value(&answer.facts)?);
    }
    Ok(document)
}

/// Writes a document and a line end.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn document<T: Serialize + ?Sized>(out: &mut dyn Write, document: &T) -> io::Result<()> {
    let formatter = Plain(PrettyFormatter::new());
    document.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    writeln!(out)
}

/// Writes a document on one line.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn compact<T: Serialize + ?Sized>(out: &mut dyn Write, document: &T) -> io::Result<()> {
    document.serialize(&mut Serializer::with_formatter(&mut *out, Plain(CompactFormatter)))?;
    writeln!(out)
}

/// A formatter that writes what [`is_deceptive`] in a terminal as JSON's own escapes: nothing is
/// lost, and a document can be looked at safely.
struct Plain<F>(F);

impl<F: Formatter> Formatter for Plain<F> {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        let mut rest = text;
        while let Some((position, character)) = rest.char_indices().find(|(_, c)| is_deceptive(*c))
        {
            let (before, after) = rest.split_at_checked(position).unwrap_or((rest, ""));
            self.0.write_string_fragment(out, before)?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = after.strip_prefix(character).unwrap_or_default();
        }
        self.0.write_string_fragment(out, rest)
    }

    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_deceptive_is_written_and_nothing_is_lost() {
        let value = json!({"a\u{202e}b": ["\u{1b}[2J\u{9b}\n\u{e0041}ä\"", 1], "c": {}});
        for write in [document::<Value>, compact::<Value>] {
            let mut out = Vec::new();
            write(&mut out, &value).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(!text.chars().any(|c| is_deceptive(c) && c != '\n'), "{text}");
            assert!(text.contains("\\u202e") && text.contains("\\udb40\\udc41ä"), "{text}");
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }

    #[test]
    fn documents_are_laid_out_as_serde_json_does_it() {
        let value = json!({"a": [1, {"b": null}], "c": []});
        let mut out = Vec::new();
        document(&mut out, &value).unwrap();
        let expected = serde_json::to_string_pretty(&value).unwrap() + "\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
