//! The characters of a YAML stream, with the place of the reader in them.
//!
//! A stream is UTF-8, or UTF-16 with a byte order mark. Only the characters that YAML 1.1 calls
//! printable are allowed. Like libyaml, the stream is taken in by pieces of 512 bytes: what is
//! wrong in a piece shows when the reader comes to the piece, not before.

/// The bytes that are taken in at a time.
const PIECE: usize = 512;

const CONTROL: &str = "control characters are not allowed";

/// A place in the text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    /// In characters.
    pub(super) index: usize,
    /// From 0.
    pub(super) line: usize,
    /// In characters.
    pub(super) column: usize,
}

#[derive(Debug)]
pub(super) struct Text {
    /// What can be read of the stream.
    text: String,
    position: usize,
    pub(super) mark: Mark,
    /// What is wrong with what follows the text.
    broken: Option<&'static str>,
    /// Whether the reader came to what is wrong.
    reached: bool,
}

impl Text {
    pub(super) fn new(stream: &[u8]) -> Self {
        let (mut text, broken) = match stream {
            [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
            [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
            [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
            all => utf8(all),
        };
        if text.is_empty() && broken.is_none() {
            text.push('\n');
        }
        Self { text, position: 0, mark: Mark::default(), broken, reached: false }
    }

    /// What is wrong with the stream, where the reader came to it.
    pub(super) const fn broken(&self) -> Option<&'static str> {
        if self.reached { self.broken } else { None }
    }

    /// Takes note that the next characters are looked at.
    pub(super) fn need(&mut self, characters: usize) {
        if self.broken.is_some() && self.position + characters > self.text.len() {
            self.reached = true;
        }
    }

    /// The byte so far ahead; 0 at the end, which is no character of the text.
    pub(super) fn at(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.position + ahead).copied().unwrap_or(0)
    }

    /// The next byte.
    pub(super) fn next(&mut self) -> u8 {
        self.need(1);
        self.at(0)
    }

    pub(super) fn rest(&self) -> &str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// Whether a line ends so far ahead.
    pub(super) fn is_break(&self, ahead: usize) -> bool {
        match self.at(ahead) {
            b'\r' | b'\n' => true,
            0xc2 => self.at(ahead + 1) == 0x85,
            0xe2 => self.at(ahead + 1) == 0x80 && matches!(self.at(ahead + 2), 0xa8 | 0xa9),
            _ => false,
        }
    }

    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.at(ahead), b' ' | b'\t')
    }

    pub(super) fn is_end(&self, ahead: usize) -> bool {
        self.at(ahead) == 0
    }

    /// A line's end or the text's.
    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.is_end(ahead) || self.is_break(ahead)
    }

    /// White space or the end.
    pub(super) fn is_space_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// A document's mark in the first column: three equal characters and white space.
    pub(super) fn is_document_mark(&self, character: u8) -> bool {
        self.mark.column == 0
            && (0..3).all(|ahead| self.at(ahead) == character)
            && self.is_space_or_end(3)
    }

    /// Passes a character.
    pub(super) fn skip(&mut self) {
        if let Some(character) = self.rest().chars().next() {
            self.position += character.len_utf8();
            self.mark.index += 1;
            self.mark.column += 1;
        }
    }

    /// Takes a character.
    pub(super) fn read(&mut self, into: &mut String) {
        if let Some(character) = self.rest().chars().next() {
            into.push(character);
            self.skip();
        }
    }

    /// Passes a line's end.
    pub(super) fn skip_line(&mut self) {
        self.read_line(&mut String::new());
    }

    /// Takes a line's end: all but two are read as `\n`.
    pub(super) fn read_line(&mut self, into: &mut String) {
        let Some(character) = self.rest().chars().next().filter(|_| self.is_break(0)) else {
            return;
        };
        match character {
            '\u{2028}' | '\u{2029}' => into.push(character),
            _ => into.push('\n'),
        }
        if self.rest().starts_with("\r\n") {
            self.position += 1;
            self.mark.index += 1;
        }
        self.position += if character == '\r' { 1 } else { character.len_utf8() };
        self.mark.index += 1;
        self.mark.column = 0;
        self.mark.line += 1;
    }

    /// Passes spaces and tabulators.
    pub(super) fn skip_blanks(&mut self) {
        while self.next() != 0 && self.is_blank(0) {
            self.skip();
        }
    }

    /// Passes a comment, where there is one.
    pub(super) fn skip_comment(&mut self) {
        if self.next() == b'#' {
            while self.next() != 0 && !self.is_break(0) {
                self.skip();
            }
        }
    }
}

const fn is_allowed(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn utf8(stream: &[u8]) -> (String, Option<&'static str>) {
    let (valid, mut broken) = match std::str::from_utf8(stream) {
        Ok(valid) => (valid, None),
        Err(error) => {
            let (valid, rest) = stream.split_at(error.valid_up_to());
            (std::str::from_utf8(valid).unwrap_or_default(), Some(invalid(rest)))
        }
    };
    let mut readable = valid;
    if let Some((end, _)) = valid.char_indices().find(|(_, character)| !is_allowed(*character)) {
        readable = valid.get(..end).unwrap_or_default();
        broken = Some(CONTROL);
    }
    if broken.is_some() {
        let end = readable.floor_char_boundary(readable.len() / PIECE * PIECE);
        readable = readable.get(..end).unwrap_or_default();
    }
    (readable.to_owned(), broken)
}

/// What is wrong with a sequence of UTF-8.
fn invalid(bytes: &[u8]) -> &'static str {
    let (width, least, first) = match bytes.first().copied().unwrap_or(0) {
        first @ 0xc0..=0xdf => (2, 0x80, first & 0x1f),
        first @ 0xe0..=0xef => (3, 0x800, first & 0x0f),
        first @ 0xf0..=0xf7 => (4, 0x10000, first & 0x07),
        _ => return "invalid leading UTF-8 octet",
    };
    let Some(trailing) = bytes.get(1..width) else { return "incomplete UTF-8 octet sequence" };
    if trailing.iter().any(|byte| byte & 0xc0 != 0x80) {
        return "invalid trailing UTF-8 octet";
    }
    let value =
        trailing.iter().fold(u32::from(first), |value, byte| (value << 6) + u32::from(byte & 0x3f));
    if value < least {
        return "invalid length of a UTF-8 sequence";
    }
    "invalid Unicode character"
}

fn utf16(stream: &[u8], unit: fn([u8; 2]) -> u16) -> (String, Option<&'static str>) {
    let mut text = String::new();
    let (pairs, odd) = stream.as_chunks::<2>();
    let mut broken = (!odd.is_empty()).then_some("incomplete UTF-16 character");
    let mut taken = 0;
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match character {
            Ok(character) if is_allowed(character) => {
                taken += character.len_utf16();
                text.push(character);
            }
            Ok(_) => {
                broken = Some(CONTROL);
                break;
            }
            Err(error) => {
                broken = Some(match error.unpaired_surrogate() {
                    0xdc00.. => "unexpected low surrogate area",
                    _ if taken + 1 == pairs.len() => "incomplete UTF-16 surrogate pair",
                    _ => "expected low surrogate area",
                });
                break;
            }
        }
    }
    if broken.is_some() {
        let whole = 2 * taken / PIECE * PIECE / 2;
        let mut units = 0;
        let end = text.char_indices().find(|(_, character)| {
            units += character.len_utf16();
            units > whole
        });
        text.truncate(end.map_or(text.len(), |(end, _)| end));
    }
    (text, broken)
}
