//! JSON as Go's `encoding/json` decodes it piece by piece: members stand in the order of the
//! text, none is dropped, and what follows the first value is not looked at.

use referee_rego_value::bytes::{lossy, taken};

/// How deep arrays and objects may be nested (Go: 10,000; no key or token needs that).
const MAX_DEPTH: usize = 2_000;

/// A JSON value that keeps what a key parser looks at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, by its text.
    Number(String),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, members in the order of the text.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// What Go calls it in `cannot unmarshal … into …`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// The last member under a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Reads the first value of a text.
///
/// # Errors
/// Go's words.
pub(crate) fn first(text: &[u8]) -> Result<Json, String> {
    let mut reader = Reader { text, at: 0 };
    reader.space();
    if reader.peek().is_none() {
        return Err("EOF".to_owned());
    }
    reader.value()
}

/// Whether a text is exactly one JSON value.
pub(crate) fn is_valid(text: &[u8]) -> bool {
    let mut reader = Reader { text, at: 0 };
    if reader.value().is_err() {
        return false;
    }
    reader.space();
    reader.peek().is_none()
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

/// A collection that is not complete yet.
enum Open {
    Array(Vec<Json>),
    Object(Vec<(String, Json)>, String),
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn unexpected(&self, context: &str) -> String {
        match self.peek() {
            None => "unexpected EOF".to_owned(),
            Some(byte) => format!("invalid character {} {context}", quoted(byte)),
        }
    }

    /// Reads a value without recursion: what is open stands on a stack.
    fn value(&mut self) -> Result<Json, String> {
        let mut stack: Vec<Open> = Vec::new();
        'value: loop {
            self.space();
            let mut done = match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    self.space();
                    if self.peek() == Some(b'}') {
                        self.at += 1;
                        Json::Object(Vec::new())
                    } else {
                        let key = self.key("looking for beginning of object key string")?;
                        self.deepen(&stack)?;
                        stack.push(Open::Object(Vec::new(), key));
                        continue;
                    }
                }
                Some(b'[') => {
                    self.at += 1;
                    self.space();
                    if self.peek() == Some(b']') {
                        self.at += 1;
                        Json::Array(Vec::new())
                    } else {
                        self.deepen(&stack)?;
                        stack.push(Open::Array(Vec::new()));
                        continue;
                    }
                }
                Some(b'"') => Json::String(self.string()?),
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.word("true", Json::Bool(true))?,
                Some(b'f') => self.word("false", Json::Bool(false))?,
                Some(b'n') => self.word("null", Json::Null)?,
                _ => return Err(self.unexpected("looking for beginning of value")),
            };
            loop {
                let Some(mut open) = stack.pop() else { return Ok(done) };
                self.space();
                match (&mut open, self.peek()) {
                    (Open::Array(elements), Some(b',')) => {
                        self.at += 1;
                        elements.push(done);
                        stack.push(open);
                        continue 'value;
                    }
                    (Open::Object(members, key), Some(b',')) => {
                        self.at += 1;
                        members.push((std::mem::take(key), done));
                        self.space();
                        *key = self.key("looking for beginning of object key string")?;
                        stack.push(open);
                        continue 'value;
                    }
                    (Open::Array(_), Some(b']')) | (Open::Object(..), Some(b'}')) => {
                        self.at += 1;
                        done = match open {
                            Open::Array(mut elements) => {
                                elements.push(done);
                                Json::Array(elements)
                            }
                            Open::Object(mut members, key) => {
                                members.push((key, done));
                                Json::Object(members)
                            }
                        };
                    }
                    (Open::Array(_), _) => return Err(self.unexpected("after array element")),
                    (Open::Object(..), _) => {
                        return Err(self.unexpected("after object key:value pair"));
                    }
                }
            }
        }
    }

    fn deepen(&self, stack: &[Open]) -> Result<(), String> {
        if stack.len() >= MAX_DEPTH { Err("exceeded max depth".to_owned()) } else { Ok(()) }
    }

    fn key(&mut self, context: &str) -> Result<String, String> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(context));
        }
        let key = self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.at += 1;
        Ok(key)
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, String> {
        for wanted in word.bytes() {
            if self.peek() != Some(wanted) {
                let context = format!("in literal {word} (expecting {})", quoted(wanted));
                return Err(self.unexpected(&context));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn digits(&mut self, context: &str) -> Result<(), String> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected(context));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Json, String> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(Json::Number(lossy(self.text.get(from..self.at).unwrap_or_default())))
    }

    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(taken(&lossy(&bytes)).into_owned());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut bytes)?;
                }
                Some(byte) if byte >= 0x20 => {
                    self.at += 1;
                    bytes.push(byte);
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), String> {
        let byte = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                let unit = self.unit()?;
                let character = self.surrogates(unit)?;
                bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        bytes.push(byte);
        Ok(())
    }

    /// Two halves make a character; half of one is U+FFFD.
    fn surrogates(&mut self, unit: u32) -> Result<char, String> {
        if let Some(character) = char::from_u32(unit) {
            return Ok(character);
        }
        let here = self.at;
        if unit < 0xdc00 && self.peek() == Some(b'\\') && self.text.get(self.at + 1) == Some(&b'u')
        {
            self.at += 2;
            let low = self.unit()?;
            if (0xdc00..0xe000).contains(&low) {
                let both = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = here;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn unit(&mut self) -> Result<u32, String> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }
}

/// A byte as Go's decoder quotes it.
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => "'\\\\'".to_owned(),
        7 => "'\\a'".to_owned(),
        8 => "'\\b'".to_owned(),
        12 => "'\\f'".to_owned(),
        b'\n' => "'\\n'".to_owned(),
        b'\r' => "'\\r'".to_owned(),
        b'\t' => "'\\t'".to_owned(),
        11 => "'\\v'".to_owned(),
        0x20..=0x7e | 0xa1..=0xac | 0xae..=0xff => format!("'{}'", char::from(byte)),
        _ if byte < 0x80 => format!("'\\x{byte:02x}'"),
        _ => format!("'\\u{byte:04x}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_in_gos_words() {
        for (text, message) in [
            ("", "EOF"),
            ("{", "unexpected EOF"),
            ("{,", "invalid character ',' looking for beginning of object key string"),
            ("[1 2]", "invalid character '2' after array element"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("trux", "invalid character 'x' in literal true (expecting 'e')"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("-x", "invalid character 'x' in numeric literal"),
        ] {
            assert_eq!(first(text.as_bytes()), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_follows_the_first_value_is_left_alone() {
        assert_eq!(first(b" null x"), Ok(Json::Null));
        assert!(!is_valid(b"null x"));
    }

    #[test]
    fn deep_nesting_is_refused_without_recursion() {
        assert_eq!(first("[".repeat(100_000).as_bytes()), Err("exceeded max depth".to_owned()));
    }
}
