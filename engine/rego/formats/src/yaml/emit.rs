//! YAML as go-yaml v2 writes it (`encode.go`, `emitterc.go`): blocks of two spaces, sequences in
//! mappings without indentation, lines folded after 80 columns.

use super::analyze::{Style, analyze, is_break, is_printable, style};
use super::{Datum, Failure, order};
use referee_rego_builtin::Context;
use referee_rego_value::{FloatFormat, format_f64};

/// The column after which a line is folded at its next space.
const WIDTH: usize = 80;

/// A collection that is being written, and the indentation around it.
struct Open<'a> {
    rest: Rest<'a>,
    indent: Option<usize>,
}

enum Rest<'a> {
    Sequence(std::slice::Iter<'a, Datum>),
    Mapping(std::vec::IntoIter<&'a (Datum, Datum)>),
}

/// Where a scalar stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Key,
    Other,
}

#[derive(Default)]
struct Emitter {
    out: String,
    column: usize,
    /// None outside of all collections.
    indent: Option<usize>,
    /// Whether the last character was white space or an indicator that needs none after it.
    whitespace: bool,
    /// Whether the line has only indentation so far.
    indention: bool,
}

pub(super) fn emit(context: &mut Context<'_>, root: &Datum) -> Result<String, Failure> {
    let mut emitter = Emitter { whitespace: true, indention: true, ..Emitter::default() };
    let mut open: Vec<Open<'_>> = Vec::new();
    open.extend(emitter.node(root, false, Place::Other));
    let mut written = 0;
    while let Some(collection) = open.last_mut() {
        context.work(1)?;
        context.reserve(emitter.out.len().saturating_sub(written))?;
        written = emitter.out.len();
        let next = match &mut collection.rest {
            Rest::Sequence(elements) => elements.next().map(|element| {
                emitter.write_indent();
                emitter.indicator("-", true, false, true);
                emitter.node(element, false, Place::Other)
            }),
            Rest::Mapping(members) => members.next().map(|(key, value)| {
                emitter.write_indent();
                emitter.key(key);
                emitter.node(value, true, Place::Other)
            }),
        };
        match next {
            Some(inner) => open.extend(inner),
            None => {
                emitter.indent = collection.indent;
                open.pop();
            }
        }
    }
    emitter.write_indent();
    Ok(emitter.out)
}

impl Emitter {
    fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// A line's end within a text.
    fn put_break(&mut self, character: char) {
        self.out.push(character);
        self.column = 0;
    }

    fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        let ahead = self.column > indent || (self.column == indent && !self.whitespace);
        if !self.indention || ahead {
            self.line_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, indicator: &str, spaced: bool, whitespace: bool, indention: bool) {
        if spaced && !self.whitespace {
            self.put(' ');
        }
        for character in indicator.chars() {
            self.put(character);
        }
        self.whitespace = whitespace;
        self.indention = self.indention && indention;
    }

    /// Begins a node; a collection that is not empty is left to be written.
    fn node<'a>(&mut self, node: &'a Datum, in_mapping: bool, place: Place) -> Option<Open<'a>> {
        let outer = self.indent;
        let (rest, indentless) = match node {
            Datum::Sequence(elements) if elements.is_empty() => {
                self.indicator("[", true, true, false);
                self.indicator("]", false, false, false);
                return None;
            }
            Datum::Mapping(members) if members.is_empty() => {
                self.indicator("{", true, true, false);
                self.indicator("}", false, false, false);
                return None;
            }
            Datum::Sequence(elements) => {
                (Rest::Sequence(elements.iter()), in_mapping && !self.indention)
            }
            Datum::Mapping(members) => {
                let mut members: Vec<_> = members.iter().collect();
                order::sort(&mut members, |(key, _)| match key {
                    Datum::Text(text) => text,
                    _ => "",
                });
                (Rest::Mapping(members.into_iter()), false)
            }
            scalar => {
                self.scalar(scalar, place);
                return None;
            }
        };
        self.indent = match outer {
            None => Some(0),
            Some(indent) if indentless => Some(indent),
            Some(indent) => Some(indent + 2),
        };
        Some(Open { rest, indent: outer })
    }

    fn key(&mut self, key: &Datum) {
        let simple = match key {
            Datum::Text(text) => text.len() <= 128 && !analyze(text).multiline,
            _ => true,
        };
        if simple {
            self.scalar(key, Place::Key);
            self.indicator(":", false, false, false);
        } else {
            self.indicator("?", true, false, true);
            self.scalar(key, Place::Other);
            self.write_indent();
            self.indicator(":", true, false, true);
        }
    }

    fn scalar(&mut self, scalar: &Datum, place: Place) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(2, |indent| indent + 2));
        match scalar {
            Datum::Text(text) => self.text(text, place),
            Datum::Bool(value) => self.plain(&value.to_string(), place),
            Datum::Int(value) => self.plain(&value.to_string(), place),
            Datum::Uint(value) => self.plain(&value.to_string(), place),
            Datum::Float(value) => {
                let text = match *value {
                    value if value.is_nan() => ".nan".to_owned(),
                    f64::INFINITY => ".inf".to_owned(),
                    f64::NEG_INFINITY => "-.inf".to_owned(),
                    value => format_f64(value, FloatFormat::G, None),
                };
                self.plain(&text, place);
            }
            Datum::Null | Datum::Sequence(_) | Datum::Mapping(_) => self.plain("null", place),
        }
        self.indent = outer;
    }

    fn text(&mut self, text: &str, place: Place) {
        match style(text, analyze(text), place == Place::Key) {
            Style::Plain => self.plain(text, place),
            Style::SingleQuoted => {
                self.indicator("'", true, false, false);
                self.folded(text, place, true);
                self.indicator("'", false, false, false);
            }
            Style::DoubleQuoted => self.double_quoted(text, place),
            Style::Literal => self.literal(text),
        }
    }

    fn plain(&mut self, text: &str, place: Place) {
        if !self.whitespace {
            self.put(' ');
        }
        self.folded(text, place, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// A text with its long lines folded, in single quotes or plain.
    fn folded(&mut self, text: &str, place: Place, quoted: bool) {
        let mut spaces = false;
        let mut breaks = false;
        let mut characters = text.chars().peekable();
        let mut first = true;
        while let Some(character) = characters.next() {
            let next = characters.peek();
            if character == ' ' {
                let folds = place == Place::Other && !spaces && self.column > WIDTH;
                let inner = !quoted || !first && next.is_some();
                if folds && inner && next != Some(&' ') {
                    self.write_indent();
                } else {
                    self.put(' ');
                }
                spaces = true;
            } else if is_break(character) {
                if !breaks && character == '\n' {
                    self.line_break();
                }
                self.put_break(character);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                if quoted && character == '\'' {
                    self.put('\'');
                }
                self.put(character);
                self.indention = false;
                spaces = false;
                breaks = false;
            }
            first = false;
        }
    }

    fn double_quoted(&mut self, text: &str, place: Place) {
        // As go-yaml: after a byte order mark, all is escaped.
        let marked = text.starts_with('\u{feff}');
        self.indicator("\"", true, false, false);
        let mut spaces = false;
        let mut first = true;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let escaped = !is_printable(character)
                || is_break(character)
                || matches!(character, '"' | '\\')
                || marked;
            if escaped {
                self.escape(character);
                spaces = false;
            } else if character == ' ' {
                let folds = place == Place::Other && !spaces && self.column > WIDTH;
                match characters.peek() {
                    Some(next) if folds && !first => {
                        let more = *next == ' ';
                        self.write_indent();
                        if more {
                            self.put('\\');
                        }
                    }
                    _ => self.put(' '),
                }
                spaces = true;
            } else {
                self.put(character);
                spaces = false;
            }
            first = false;
        }
        self.indicator("\"", false, false, false);
    }

    fn escape(&mut self, character: char) {
        let code = u32::from(character);
        let text = match character {
            '\0' => "\\0".to_owned(),
            '\u{7}' => "\\a".to_owned(),
            '\u{8}' => "\\b".to_owned(),
            '\t' => "\\t".to_owned(),
            '\n' => "\\n".to_owned(),
            '\u{b}' => "\\v".to_owned(),
            '\u{c}' => "\\f".to_owned(),
            '\r' => "\\r".to_owned(),
            '\u{1b}' => "\\e".to_owned(),
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\u{85}' => "\\N".to_owned(),
            '\u{a0}' => "\\_".to_owned(),
            '\u{2028}' => "\\L".to_owned(),
            '\u{2029}' => "\\P".to_owned(),
            _ if code <= 0xff => format!("\\x{code:02X}"),
            _ if code <= 0xffff => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        for character in text.chars() {
            self.put(character);
        }
    }

    /// A block in which the lines stand as they are.
    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(|first| first == ' ' || is_break(first)) {
            self.indicator("2", false, false, false);
        }
        let mut ends = text.chars().rev();
        match (ends.next().is_some_and(is_break), ends.next()) {
            (false, _) => self.indicator("-", false, false, false),
            (true, before) if before.is_none_or(is_break) => {
                self.indicator("+", false, false, false);
            }
            (true, _) => {}
        }
        self.line_break();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        for character in text.chars() {
            if is_break(character) {
                self.put_break(character);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                self.put(character);
                self.indention = false;
                breaks = false;
            }
        }
    }
}
