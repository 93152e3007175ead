//! A JSON document whose members keep their order, as Go's encoder writes them.

use referee_rego_value::bytes::shown;
use referee_rego_value::{Number, Value};
use std::fmt::Write;

/// A document.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    Null,
    Bool(bool),
    Index(u32),
    Number(Number),
    Text(String),
    Array(Vec<Doc>),
    Object(Vec<(&'static str, Doc)>),
    Value(Value),
}

impl Doc {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// The document as a value; its members are then in the order of their names.
    pub(super) fn into_value(self) -> Value {
        self.into_value_asking(&|| false)
    }

    /// The same; what it gives means nothing once it is `stopped`.
    pub(super) fn into_value_asking(self, stopped: &dyn Fn() -> bool) -> Value {
        if stopped() {
            return Value::Null;
        }
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Index(index) => Value::from(i64::from(index)),
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => Value::text(&text),
            Self::Array(elements) => {
                Value::array(elements.into_iter().map(|it| it.into_value_asking(stopped)))
            }
            Self::Object(members) => {
                let member = |(name, member): (_, Self)| (name, member.into_value_asking(stopped));
                Value::object(members.into_iter().map(member))
            }
            Self::Value(value) => value,
        }
    }

    /// The document as Go's encoder writes it; with an indentation of two blanks where asked.
    pub(super) fn to_json(&self, indent: bool) -> String {
        let mut out = String::new();
        // Writing into a string does not fail.
        let _ = self.write(&mut out, indent.then_some(0));
        out
    }

    fn write(&self, out: &mut String, indent: Option<usize>) -> std::fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Index(index) => write!(out, "{index}"),
            Self::Number(number) => write!(out, "{number}"),
            Self::Text(text) => write_text(out, text),
            Self::Array(elements) => {
                write_list(out, indent, ('[', ']'), elements, |out, indent, element| {
                    element.write(out, indent)
                })
            }
            Self::Object(members) => {
                write_list(out, indent, ('{', '}'), members, |out, indent, (name, member)| {
                    write_text(out, name)?;
                    out.write_str(if indent.is_some() { ": " } else { ":" })?;
                    member.write(out, indent)
                })
            }
            Self::Value(value) => write_value(out, indent, value),
        }
    }
}

fn write_value(out: &mut String, indent: Option<usize>, value: &Value) -> std::fmt::Result {
    match value {
        Value::Null => out.write_str("null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Number(number) => write!(out, "{number}"),
        Value::String(text) => write_text(out, &shown(text)),
        Value::Array(array) => {
            let elements: Vec<&Value> = array.iter().collect();
            write_list(out, indent, ('[', ']'), &elements, |out, indent, element| {
                write_value(out, indent, element)
            })
        }
        Value::Set(set) => {
            let elements: Vec<&Value> = set.iter().collect();
            write_list(out, indent, ('[', ']'), &elements, |out, indent, element| {
                write_value(out, indent, element)
            })
        }
        Value::Object(object) => {
            let members: Vec<(&Value, &Value)> =
                object.iter().map(|(key, value)| (key, value)).collect();
            write_list(out, indent, ('{', '}'), &members, |out, indent, (key, member)| {
                match key.as_str() {
                    Some(key) => write_text(out, &shown(key))?,
                    None => write_text(out, &key.to_string())?,
                }
                out.write_str(if indent.is_some() { ": " } else { ":" })?;
                write_value(out, indent, member)
            })
        }
    }
}

fn write_list<T>(
    out: &mut String,
    indent: Option<usize>,
    (open, close): (char, char),
    items: &[T],
    write: impl Fn(&mut String, Option<usize>, &T) -> std::fmt::Result,
) -> std::fmt::Result {
    out.write_char(open)?;
    let inner = indent.map(|depth| depth + 1);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_char(',')?;
        }
        break_line(out, inner);
        write(out, inner, item)?;
    }
    if !items.is_empty() {
        break_line(out, indent);
    }
    out.write_char(close)
}

fn break_line(out: &mut String, indent: Option<usize>) {
    if let Some(depth) = indent {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
}

/// A string as Go's encoder escapes it: `<`, `>` and `&` among the characters that it does.
fn write_text(out: &mut String, text: &str) -> std::fmt::Result {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => write!(out, "\\u{:04x}", u32::from(char))?,
            _ if char < ' ' => write!(out, "\\u{:04x}", u32::from(char))?,
            _ => out.push(char),
        }
    }
    out.push('"');
    Ok(())
}
