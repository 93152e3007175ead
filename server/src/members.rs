//! JSON as OPA's server writes it: members in a given order, `<`, `>` and `&` escaped, and an
//! indentation of two blanks where a reader asks for it (Go's `encoding/json`).

use referee_rego::Value;
use serde::Serialize;

/// An object that is written member by member.
#[derive(Debug)]
pub(crate) struct Members {
    text: String,
    empty: bool,
}

impl Members {
    /// Where most answers fit without growing.
    const USUAL: usize = 256;

    pub(crate) fn new() -> Self {
        let mut text = String::with_capacity(Self::USUAL);
        text.push('{');
        Self { text, empty: true }
    }

    /// An object that is written already, to be gone on with.
    pub(crate) fn opened(json: &str) -> Self {
        let text = json.strip_suffix('}').unwrap_or("{").to_owned();
        Self { empty: text == "{", text }
    }

    fn name(&mut self, name: &str) {
        if !self.empty {
            self.text.push(',');
        }
        self.empty = false;
        Value::from(name).write_go_json(&mut self.text);
        self.text.push(':');
    }

    /// A name that needs no escapes.
    fn plain(&mut self, name: &'static str) {
        if !self.empty {
            self.text.push(',');
        }
        self.empty = false;
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    /// A member that is a value.
    pub(crate) fn value(&mut self, name: &'static str, value: &Value) {
        self.plain(name);
        value.write_go_json(&mut self.text);
    }

    /// A member that is JSON text already, as this module writes it.
    pub(crate) fn raw(&mut self, name: &'static str, json: &str) {
        self.plain(name);
        self.text.push_str(json);
    }

    /// The same with any name.
    pub(crate) fn raw_named(&mut self, name: &str, json: &str) {
        self.name(name);
        self.text.push_str(json);
    }

    /// A member that is a string.
    pub(crate) fn text(&mut self, name: &'static str, text: &str) {
        self.plain(name);
        Value::from(text).write_go_json(&mut self.text);
    }

    /// A member that is anything else.
    pub(crate) fn json<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), serde_json::Error> {
        self.plain(name);
        self.text.push_str(&go_json(value)?);
        Ok(())
    }

    /// The object.
    pub(crate) fn end(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// A value of Rust as Go writes it.
pub(crate) fn go_json<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    Ok(escaped(serde_json::to_string(value)?))
}

/// JSON text with the characters escaped that mean something in HTML or JavaScript. Outside of
/// strings there are none of them.
fn escaped(text: String) -> String {
    if !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return text;
    }
    let mut out = String::with_capacity(text.len().saturating_add(32));
    for character in text.chars() {
        match character {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
    out
}

/// Text between brackets: a list of what is JSON already.
pub(crate) fn list(items: impl IntoIterator<Item = String>) -> String {
    let mut out = String::from("[");
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(&item);
    }
    out.push(']');
    out
}

/// JSON on one line over several lines, as Go's `json.Indent` puts it with two blanks.
pub(crate) fn indented(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_mul(2));
    let (mut depth, mut in_string, mut escape) = (0usize, false, false);
    let mut characters = text.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        (0..depth).for_each(|_| out.push_str("  "));
    };
    while let Some(character) = characters.next() {
        if in_string {
            out.push(character);
            (in_string, escape) = match (character, escape) {
                (_, true) => (true, false),
                ('\\', false) => (true, true),
                ('"', false) => (false, false),
                _ => (true, false),
            };
            continue;
        }
        match character {
            '"' => {
                in_string = true;
                out.push('"');
            }
            '{' | '[' => {
                out.push(character);
                let close = if character == '{' { '}' } else { ']' };
                if characters.next_if_eq(&close).is_some() {
                    out.push(close);
                } else {
                    depth = depth.saturating_add(1);
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_in_their_order_and_html_is_escaped() {
        let mut members = Members::new();
        members.text("z", "<a&b>\u{2028}");
        members.value("a", &Value::from_json_str(r#"{"b": [1.50, "\u003e"]}"#).unwrap());
        members.json("s", &["<", "é"]).unwrap();
        members.raw_named("n\"<", "null");
        assert_eq!(
            members.end(),
            r#"{"z":"\u003ca\u0026b\u003e\u2028","a":{"b":[1.50,"\u003e"]},"s":["\u003c","é"],"n\"\u003c":null}"#
        );
        assert_eq!(Members::new().end(), "{}");
    }

    #[test]
    fn a_text_is_indented_as_serde_would_indent_it() {
        for text in [
            "{}",
            "[]",
            "5",
            r#"{"a":[],"b":{},"c":[1,{"d":"x,\"{[:"}],"e\\":"\\"}"#,
            r#"[[[1]],{"a":{"b":null}}]"#,
        ] {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(indented(text), serde_json::to_string_pretty(&value).unwrap(), "{text}");
        }
    }
}
