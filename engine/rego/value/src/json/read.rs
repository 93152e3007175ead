//! The reader: one pass from bytes straight into values, with a stack of its own.
//!
//! What is accepted, what is made of it and the words of errors are those of Go's `encoding/json`:
//! of two members with one key the later stays, bytes that are no UTF-8 and halves of surrogate
//! pairs become U+FFFD, numbers keep their text.

use super::string::{Keys, escape, plain_end, push_lossy};
use super::twins::Twins;
use super::{JsonError, JsonLimits};
use crate::shape::Shape;
use crate::text::write_quoted;
use crate::{Array, Number, Object, Str, Value, bytes};

/// What is open.
enum Frame {
    /// An array whose elements stand from here on.
    Array(usize),
    /// An object whose members stand from here on, and the key whose value is awaited.
    Object(usize, Str),
}

/// The reader of one text.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    /// The same as text, where all of it is UTF-8.
    text: Option<&'a str>,
    /// Whether a string in it may have another form as a value.
    reserved: bool,
    at: usize,
    depth: usize,
    elements: Vec<Value>,
    members: Vec<(Value, Value)>,
    frames: Vec<Frame>,
    keys: Keys,
    twins: Twins,
    /// The text of a string with escapes, while it is read.
    unescaped: String,
    /// The byte from which on it is asked whether to go on, and who is asked.
    ask_at: usize,
    go_on: Option<&'a mut dyn FnMut(u32) -> bool>,
}

/// So many bytes are read before it is asked again whether to go on.
const PORTION: usize = 1 << 12;

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// A byte in single quotes, as Go quotes the character of that number.
fn quote(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let mut quoted = String::new();
            // Writing to a string does not fail.
            let _ = write_quoted(char::from(byte).encode_utf8(&mut [0; 4]), &mut quoted);
            format!("'{}'", quoted.trim_matches('"'))
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], limits: &JsonLimits) -> Result<Self, JsonError> {
        if bytes.len() > limits.bytes {
            let message =
                format!("JSON text of {} bytes exceeds the limit of {}", bytes.len(), limits.bytes);
            return Err(JsonError { message, offset: limits.bytes });
        }
        let text = std::str::from_utf8(bytes).ok();
        Ok(Self {
            bytes,
            text,
            reserved: text.is_none_or(bytes::has_bytes),
            at: 0,
            depth: limits.depth,
            elements: Vec::new(),
            members: Vec::new(),
            frames: Vec::new(),
            keys: Keys::default(),
            twins: Twins::for_text(bytes.len()),
            unescaped: String::new(),
            ask_at: usize::MAX,
            go_on: None,
        })
    }

    /// The same, which asks now and then whether to go on.
    fn asking(self, go_on: &'a mut dyn FnMut(u32) -> bool) -> Self {
        Self { ask_at: 0, go_on: Some(go_on), ..self }
    }

    #[cold]
    fn ask(&mut self, at: usize) -> Result<(), JsonError> {
        self.ask_at = at.saturating_add(PORTION);
        let units = u32::try_from(PORTION).unwrap_or(u32::MAX);
        if self.go_on.as_mut().is_none_or(|go_on| go_on(units)) {
            return Ok(());
        }
        Err(JsonError { message: "stopped".to_owned(), offset: 0 })
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next byte that is no white space.
    #[inline]
    fn skip(&mut self) -> Option<u8> {
        while let Some(byte) = self.peek() {
            if byte > b' ' || !is_space(byte) {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    #[cold]
    fn end(&self) -> JsonError {
        JsonError { message: "unexpected end of JSON input".to_owned(), offset: self.bytes.len() }
    }

    #[cold]
    fn invalid(byte: u8, at: usize, context: &str) -> JsonError {
        JsonError { message: format!("invalid character {} {context}", quote(byte)), offset: at }
    }

    /// The byte here cannot stand here.
    #[cold]
    fn wrong(&self, context: &str) -> JsonError {
        match self.peek() {
            Some(byte) => Self::invalid(byte, self.at, context),
            None => self.end(),
        }
    }

    /// Within a literal, Go reads a space behind the end of the text and complains about that.
    #[cold]
    fn wrong_inside(&self, at: usize, context: &str) -> JsonError {
        let byte = self.bytes.get(at).copied().unwrap_or(b' ');
        Self::invalid(byte, at.min(self.bytes.len()), context)
    }

    /// A whole document.
    pub(super) fn document(mut self) -> Result<Value, JsonError> {
        let value = self.value()?;
        match self.skip() {
            None => Ok(value),
            Some(byte) => Err(Self::invalid(byte, self.at, "after top-level value")),
        }
    }

    /// A document as OPA's `util.UnmarshalJSON` takes it: one value, then one look at what follows.
    pub(super) fn stream(mut self) -> Result<Value, JsonError> {
        let value = self.value().map_err(|error| self.as_stream(error))?;
        let trailing = |token: &str, offset| JsonError {
            message: format!("error: invalid character '{token}' after top-level value"),
            offset,
        };
        let Some(byte) = self.skip() else { return Ok(value) };
        let offset = self.at;
        if byte == b'[' || byte == b'{' {
            return Err(trailing(char::from(byte).encode_utf8(&mut [0; 4]), offset));
        }
        match self.value().map_err(|error| self.as_stream(error))? {
            // Go's token of `null` cannot be told from none.
            Value::Null => Ok(value),
            Value::Bool(truth) => Err(trailing(&format!("%!s(bool={truth})"), offset)),
            Value::String(text) => Err(trailing(&text, offset)),
            token => Err(trailing(&token.to_string(), offset)),
        }
    }

    /// A decoder of a stream says otherwise that the text ends too early.
    fn as_stream(&self, error: JsonError) -> JsonError {
        if error.offset < self.bytes.len() {
            return error;
        }
        let blank = self.bytes.iter().all(|byte| is_space(*byte));
        JsonError { message: if blank { "EOF" } else { "unexpected EOF" }.to_owned(), ..error }
    }

    fn value(&mut self) -> Result<Value, JsonError> {
        loop {
            if self.at >= self.ask_at {
                self.ask(self.at)?;
            }
            let value = match self.skip() {
                Some(b'"') => {
                    self.at += 1;
                    Value::String(self.string()?)
                }
                Some(b'{') => {
                    self.open()?;
                    if self.skip() != Some(b'}') {
                        let key = self.key()?;
                        self.frames.push(Frame::Object(self.members.len(), key));
                        continue;
                    }
                    self.at += 1;
                    Value::Object(Object::EMPTY)
                }
                Some(b'[') => {
                    self.open()?;
                    if self.skip() != Some(b']') {
                        self.frames.push(Frame::Array(self.elements.len()));
                        continue;
                    }
                    self.at += 1;
                    Value::Array(Array::EMPTY)
                }
                Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
                Some(b't') => self.literal("true", Value::Bool(true))?,
                Some(b'f') => self.literal("false", Value::Bool(false))?,
                Some(b'n') => self.literal("null", Value::Null)?,
                _ => return Err(self.wrong("looking for beginning of value")),
            };
            if let Some(whole) = self.place(value)? {
                return Ok(whole);
            }
        }
    }

    /// Puts a value where it belongs and closes what it ends. The outermost value is given back.
    fn place(&mut self, mut value: Value) -> Result<Option<Value>, JsonError> {
        loop {
            match self.frames.last_mut() {
                None => return Ok(Some(value)),
                Some(Frame::Array(start)) => {
                    let start = *start;
                    self.elements.push(value);
                    match self.skip() {
                        Some(b',') => {
                            self.at += 1;
                            return Ok(None);
                        }
                        Some(b']') => value = self.close_array(start),
                        _ => return Err(self.wrong("after array element")),
                    }
                }
                Some(Frame::Object(start, key)) => {
                    let start = *start;
                    self.members.push((Value::String(std::mem::take(key)), value));
                    match self.skip() {
                        Some(b',') => {
                            self.at += 1;
                            self.skip();
                            let next = self.key()?;
                            if let Some(Frame::Object(_, key)) = self.frames.last_mut() {
                                *key = next;
                            }
                            return Ok(None);
                        }
                        Some(b'}') => value = self.close_object(start),
                        _ => return Err(self.wrong("after object key:value pair")),
                    }
                }
            }
            self.at += 1;
            self.frames.pop();
        }
    }

    fn close_array(&mut self, start: usize) -> Value {
        let elements = self.elements.get(start..).unwrap_or_default();
        let shape = Shape::around(elements);
        if !self.twins.wants(shape.depth, elements.len()) {
            return Value::Array(Array::of(shape, self.elements.drain(start..)));
        }
        let make = || Value::Array(Array::of(shape, elements.iter().cloned()));
        let value = self.twins.array(elements, make);
        self.elements.truncate(start);
        value
    }

    fn close_object(&mut self, start: usize) -> Value {
        let members = self.members.get_mut(start..).unwrap_or_default();
        if !members.is_sorted_by(|(a, _), (b, _)| key_text(a) < key_text(b)) {
            // Stable: of one key the later stays.
            members.sort_by(|(a, _), (b, _)| key_text(a).cmp(key_text(b)));
            if members.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
                let mut kept: Vec<(Value, Value)> = Vec::with_capacity(members.len());
                for member in self.members.drain(start..) {
                    match kept.last_mut() {
                        Some(last) if last.0 == member.0 => *last = member,
                        _ => kept.push(member),
                    }
                }
                self.members.append(&mut kept);
            }
        }
        let members = self.members.get(start..).unwrap_or_default();
        let shape = Shape::around_members(members);
        if !self.twins.wants(shape.depth, members.len()) {
            return Value::Object(Object::of(shape, self.members.drain(start..)));
        }
        let make = || Value::Object(Object::of(shape, members.iter().cloned()));
        let value = self.twins.object(members, make);
        self.members.truncate(start);
        value
    }

    /// Steps into an array or object.
    fn open(&mut self) -> Result<(), JsonError> {
        if self.frames.len() >= self.depth {
            return Err(self.wrong("exceeded max depth"));
        }
        self.at += 1;
        Ok(())
    }

    /// A key and its colon; white space before it has been skipped.
    fn key(&mut self) -> Result<Str, JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("looking for beginning of object key string"));
        }
        self.at += 1;
        let start = self.at;
        let end = plain_end(self.bytes, start);
        let key = match (self.bytes.get(end), self.text.and_then(|text| text.get(start..end))) {
            (Some(b'"'), Some(plain)) if !self.reserved => {
                self.at = end + 1;
                self.keys.get(plain)
            }
            _ => self.string()?,
        };
        if self.skip() != Some(b':') {
            return Err(self.wrong("after object key"));
        }
        self.at += 1;
        Ok(key)
    }

    /// A string behind its opening quote.
    fn string(&mut self) -> Result<Str, JsonError> {
        let start = self.at;
        let end = plain_end(self.bytes, start);
        if self.bytes.get(end) == Some(&b'"')
            && !self.reserved
            && let Some(plain) = self.text.and_then(|text| text.get(start..end))
        {
            self.at = end + 1;
            return Ok(self.twins.string(plain));
        }
        let mut text = std::mem::take(&mut self.unescaped);
        text.clear();
        let read = self.unescape(start, end, &mut text);
        let string = read.map(|()| Str::new(bytes::taken(&text)));
        self.unescaped = text;
        string
    }

    /// Reads on where plain text ended that was not yet the whole string.
    fn unescape(
        &mut self,
        mut start: usize,
        mut end: usize,
        text: &mut String,
    ) -> Result<(), JsonError> {
        loop {
            if end >= self.ask_at {
                self.ask(end)?;
            }
            match self.text.and_then(|text| text.get(start..end)) {
                Some(plain) => text.push_str(plain),
                None => push_lossy(self.bytes.get(start..end).unwrap_or_default(), text),
            }
            match self.bytes.get(end) {
                Some(b'"') => {
                    self.at = end + 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    start = escape(self.bytes, end + 1, text).map_err(|bad| {
                        let hexadecimal = "in \\u hexadecimal character escape";
                        let context =
                            if bad.hexadecimal { hexadecimal } else { "in string escape code" };
                        self.wrong_inside(bad.at, context)
                    })?;
                    end = plain_end(self.bytes, start);
                }
                Some(control) => return Err(Self::invalid(*control, end, "in string literal")),
                None => return Err(self.end()),
            }
        }
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        for (offset, expected) in word.bytes().enumerate() {
            if self.bytes.get(self.at + offset) != Some(&expected) {
                let expected = char::from(expected);
                let context = format!("in literal {word} (expecting '{expected}')");
                return Err(self.wrong_inside(self.at + offset, &context));
            }
        }
        self.at += word.len();
        Ok(value)
    }

    /// Steps over digits; how many there are.
    #[inline]
    fn digits(&mut self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        self.at += count;
        count
    }

    fn number(&mut self) -> Result<Number, JsonError> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let mut whole = 0_i64;
        let first = self.at;
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            while let Some(byte @ b'0'..=b'9') = self.peek() {
                whole = whole.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
                self.at += 1;
            }
            if self.at == first {
                return Err(self.wrong_inside(self.at, "in numeric literal"));
            }
        }
        let digits = self.at - first;
        let mut plain = true;
        if self.peek() == Some(b'.') {
            plain = false;
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.wrong_inside(self.at, "after decimal point in numeric literal"));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            plain = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.wrong_inside(self.at, "in exponent of numeric literal"));
            }
        }
        if plain && digits <= 18 && !(negative && whole == 0) {
            return Ok(Number::Int(if negative { -whole } else { whole }));
        }
        let text = match self.text.and_then(|text| text.get(start..self.at)) {
            Some(text) => text,
            None => {
                self.bytes.get(start..self.at).map_or(Ok(""), std::str::from_utf8).unwrap_or("")
            }
        };
        Ok(if plain { Number::of_valid(text) } else { Number::of_fraction(text) })
    }
}

fn key_text(key: &Value) -> &str {
    key.as_str().unwrap_or_default()
}

impl Value {
    /// Reads a JSON document. Linear in time and memory.
    ///
    /// # Errors
    /// The words are those of Go's `json.Unmarshal`; a text beyond the limits is refused.
    pub fn from_json(text: impl AsRef<[u8]>, limits: &JsonLimits) -> Result<Self, JsonError> {
        Reader::new(text.as_ref(), limits)?.document()
    }

    /// Reads a JSON document as OPA's `json.unmarshal` does (`util.UnmarshalJSON`, a decoder of
    /// streams): other words where the text ends too early or goes on, and a `null` may follow.
    ///
    /// # Errors
    /// The words are those of OPA; a text beyond the limits is refused.
    pub fn from_json_stream(
        text: impl AsRef<[u8]>,
        limits: &JsonLimits,
    ) -> Result<Self, JsonError> {
        Reader::new(text.as_ref(), limits)?.stream()
    }

    /// As [`Self::from_json`]: `spend` is told of the effort on the way, and can put an end to it.
    ///
    /// # Errors
    /// Those of `spend`; the inner ones are those of [`Self::from_json`].
    pub fn from_json_within<E>(
        text: impl AsRef<[u8]>,
        limits: &JsonLimits,
        spend: &mut dyn FnMut(u32) -> Result<(), E>,
    ) -> Result<Result<Self, JsonError>, E> {
        within(text.as_ref(), limits, spend, |reader| reader.document())
    }

    /// The same of [`Self::from_json_stream`].
    ///
    /// # Errors
    /// Those of `spend`; the inner ones are those of [`Self::from_json_stream`].
    pub fn from_json_stream_within<E>(
        text: impl AsRef<[u8]>,
        limits: &JsonLimits,
        spend: &mut dyn FnMut(u32) -> Result<(), E>,
    ) -> Result<Result<Self, JsonError>, E> {
        within(text.as_ref(), limits, spend, |reader| reader.stream())
    }
}

fn within<E>(
    bytes: &[u8],
    limits: &JsonLimits,
    spend: &mut dyn FnMut(u32) -> Result<(), E>,
    read: impl FnOnce(Reader<'_>) -> Result<Value, JsonError>,
) -> Result<Result<Value, JsonError>, E> {
    let mut stopped = None;
    let mut go_on = |units| {
        stopped = spend(units).err();
        stopped.is_none()
    };
    let outcome = Reader::new(bytes, limits).and_then(|reader| read(reader.asking(&mut go_on)));
    stopped.map_or(Ok(outcome), Err)
}
