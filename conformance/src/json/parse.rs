//! The reader of JSON text (RFC 8259), with limits.

use super::{Json, MAX_DEPTH, Number};
use std::collections::BTreeMap;

/// Text that is not JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {offset}")]
pub struct JsonError {
    /// What is wrong.
    pub what: &'static str,
    /// Where, from 0.
    pub offset: usize,
}

pub(super) fn document(text: &str) -> Result<Json, JsonError> {
    let mut reader = Reader { text, offset: 0 };
    let value = reader.value(0)?;
    reader.space();
    if reader.offset == text.len() { Ok(value) } else { Err(reader.wrong("text after the value")) }
}

struct Reader<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Reader<'a> {
    fn wrong(&self, what: &'static str) -> JsonError {
        JsonError { what, offset: self.offset }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.offset += 1;
        }
    }

    fn takes(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.offset += usize::from(found);
        found
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
        if self.rest().starts_with(word) {
            self.offset += word.len();
            Ok(value)
        } else {
            Err(self.wrong("no value"))
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        if depth > MAX_DEPTH {
            return Err(self.wrong("nested too deep"));
        }
        self.space();
        match self.peek() {
            Some(b'n') => self.word("null", Json::Null),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'"') => self.string().map(Json::String),
            Some(b'[') => self.array(depth),
            Some(b'{') => self.object(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.wrong("no value")),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.offset += 1;
        let mut elements = Vec::new();
        self.space();
        if self.takes(b']') {
            return Ok(Json::Array(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            self.space();
            if self.takes(b']') {
                return Ok(Json::Array(elements));
            }
            if !self.takes(b',') {
                return Err(self.wrong("no comma in an array"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.offset += 1;
        let mut members = BTreeMap::new();
        self.space();
        if self.takes(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("no name in an object"));
            }
            let name = self.string()?;
            self.space();
            if !self.takes(b':') {
                return Err(self.wrong("no colon in an object"));
            }
            members.insert(name, self.value(depth + 1)?);
            self.space();
            if self.takes(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.takes(b',') {
                return Err(self.wrong("no comma in an object"));
            }
        }
    }

    /// From the quote on. The letters are serde_json's business: escapes are easy to get wrong.
    fn string(&mut self) -> Result<String, JsonError> {
        let bytes = self.text.as_bytes();
        let mut end = self.offset + 1;
        loop {
            match bytes.get(end) {
                None => return Err(self.wrong("a string without an end")),
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
            }
        }
        let quoted = self.text.get(self.offset..=end).ok_or_else(|| self.wrong("no string"))?;
        let text = serde_json::from_str(quoted).or_else(|_| lossy(quoted).ok_or(()));
        let text = text.map_err(|()| self.wrong("no string"))?;
        self.offset = end + 1;
        Ok(text)
    }

    fn number(&mut self) -> Result<Json, JsonError> {
        let start = self.offset;
        self.takes(b'-');
        let first = self.peek();
        let digits = self.digits()?;
        if digits > 1 && first == Some(b'0') {
            return Err(self.wrong("a number with a leading zero"));
        }
        if self.takes(b'.') {
            self.digits()?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            let _sign = self.takes(b'+') || self.takes(b'-');
            self.digits()?;
        }
        let digits = self.text.get(start..self.offset).unwrap_or_default();
        Ok(Json::Number(Number::from_digits(digits.to_owned())))
    }

    fn digits(&mut self) -> Result<usize, JsonError> {
        let start = self.offset;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.offset += 1;
        }
        if self.offset == start {
            return Err(self.wrong("a number without digits"));
        }
        Ok(self.offset - start)
    }
}

/// Halves of surrogate pairs stand for themselves in JSON and for nothing in UTF-8: as in Go, they
/// become U+FFFD.
fn lossy(quoted: &str) -> Option<String> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut units = Vec::new();
    let mut rest = inner;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("\\u") {
            units.push(u16::from_str_radix(after.get(..4)?, 16).ok()?);
            rest = after.get(4..)?;
            continue;
        }
        let length = if first == '\\' { 2 } else { first.len_utf8() };
        let piece = rest.get(..length)?;
        let text: String = serde_json::from_str(&format!("\"{piece}\"")).ok()?;
        units.extend(text.encode_utf16());
        rest = rest.get(length..)?;
    }
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        for (text, what) in [
            ("", "no value"),
            ("nul", "no value"),
            ("[1", "no comma in an array"),
            ("{1:2}", "no name in an object"),
            ("{\"a\" 2}", "no colon in an object"),
            ("01", "a number with a leading zero"),
            ("1.", "a number without digits"),
            ("\"a", "a string without an end"),
            ("\"\\x\"", "no string"),
            ("1 2", "text after the value"),
        ] {
            assert_eq!(document(text).unwrap_err().what, what, "{text}");
        }
        let deep = "[".repeat(MAX_DEPTH + 2);
        assert_eq!(document(&deep).unwrap_err().what, "nested too deep");
    }

    #[test]
    fn half_a_surrogate_pair_is_the_replacement_character() {
        assert_eq!(document(r#""a\ud800b\n""#).unwrap(), Json::string("a\u{fffd}b\n"));
        assert_eq!(document(r#""\ud83d\ude00""#).unwrap(), Json::string("😀"));
    }
}
