//! The tokens of GraphQL (specification section 2.1), and what is said where there is none.

use super::ast::Position;
use super::error::GraphqlError;
use referee_rego_value::write_quoted;

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Invalid,
    End,
    Bang,
    Dollar,
    Amp,
    ParenL,
    ParenR,
    Spread,
    Colon,
    Equals,
    At,
    BracketL,
    BracketR,
    BraceL,
    BraceR,
    Pipe,
    Name,
    Int,
    Float,
    String,
    BlockString,
    Comment,
}

impl TokenKind {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Invalid => "<Invalid>",
            Self::End => "<EOF>",
            Self::Bang => "!",
            Self::Dollar => "$",
            Self::Amp => "&",
            Self::ParenL => "(",
            Self::ParenR => ")",
            Self::Spread => "...",
            Self::Colon => ":",
            Self::Equals => "=",
            Self::At => "@",
            Self::BracketL => "[",
            Self::BracketR => "]",
            Self::BraceL => "{",
            Self::BraceR => "}",
            Self::Pipe => "|",
            Self::Name => "Name",
            Self::Int => "Int",
            Self::Float => "Float",
            Self::String => "String",
            Self::BlockString => "BlockString",
            Self::Comment => "Comment",
        }
    }
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) value: String,
    pub(super) at: Position,
}

impl Token {
    /// The token as errors show it.
    pub(super) fn text(&self) -> String {
        let kind = self.kind.text();
        if self.value.is_empty() {
            return kind.to_owned();
        }
        let mut text = format!("{kind} ");
        // Writing to a string does not fail.
        let written = write_quoted(&self.value, &mut text);
        debug_assert!(written.is_ok());
        text
    }
}

/// Reads tokens.
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// The next byte.
    end: usize,
    /// The next character.
    end_runes: usize,
    start: usize,
    start_runes: usize,
    line: usize,
    line_start_runes: usize,
}

type Read = Result<Token, (Token, GraphqlError)>;

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, end: 0, end_runes: 0, start: 0, start_runes: 0, line: 1, line_start_runes: 0 }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn next(&self) -> Option<u8> {
        self.byte(self.end)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.end..).unwrap_or_default()
    }

    fn slice(&self, from: usize, to: usize) -> String {
        let bytes = self.text.as_bytes();
        let bytes = bytes.get(from..to.min(bytes.len())).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn advance(&mut self, bytes: usize) {
        self.end += bytes;
        self.end_runes += bytes;
    }

    fn new_line(&mut self) {
        self.line += 1;
        self.line_start_runes = self.end_runes;
    }

    fn position(&self, runes: usize) -> Position {
        let number = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        let column = number(runes) - number(self.line_start_runes) + 1;
        Position { line: number(self.line), column }
    }

    fn token(&self, kind: TokenKind) -> Token {
        self.valued(kind, self.slice(self.start, self.end))
    }

    fn valued(&self, kind: TokenKind, value: String) -> Token {
        Token { kind, value, at: self.position(self.start_runes) }
    }

    fn error(&self, message: impl Into<String>) -> Read {
        let at = self.position(self.end_runes);
        let token = Token { kind: TokenKind::Invalid, value: String::new(), at };
        Err((token, GraphqlError::at(Some(at), message)))
    }

    /// The next token; a token of no kind comes with what is wrong.
    pub(super) fn read(&mut self) -> Read {
        self.space();
        self.start = self.end;
        self.start_runes = self.end_runes;
        let Some(byte) = self.next() else { return Ok(self.token(TokenKind::End)) };
        let kind = match byte {
            b'!' => TokenKind::Bang,
            b'$' => TokenKind::Dollar,
            b'&' => TokenKind::Amp,
            b'(' => TokenKind::ParenL,
            b')' => TokenKind::ParenR,
            b':' => TokenKind::Colon,
            b'=' => TokenKind::Equals,
            b'@' => TokenKind::At,
            b'[' => TokenKind::BracketL,
            b']' => TokenKind::BracketR,
            b'{' => TokenKind::BraceL,
            b'}' => TokenKind::BraceR,
            b'|' => TokenKind::Pipe,
            b'.' if self.rest().starts_with("...") => {
                self.advance(3);
                return Ok(self.valued(TokenKind::Spread, String::new()));
            }
            b'#' => return Ok(self.comment()),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let rest = self.rest();
                self.advance(rest.find(|c| !name(c)).unwrap_or(rest.len()));
                return Ok(self.token(TokenKind::Name));
            }
            b'-' | b'0'..=b'9' => return self.number(),
            b'"' if self.rest().starts_with("\"\"\"") => return self.block_string(),
            b'"' => return self.string(),
            0..=0x1f => {
                return self
                    .error(format!("Cannot contain the invalid character \"\\u{byte:04x}\""));
            }
            b'\'' => {
                return self.error(
                    "Unexpected single quote character ('), did you mean to use a double quote \
                     (\")?",
                );
            }
            _ => {
                let character = char::from(byte);
                return self
                    .error(format!("Cannot parse the unexpected character \"{character}\"."));
            }
        };
        self.advance(1);
        Ok(self.valued(kind, String::new()))
    }

    fn space(&mut self) {
        while let Some(byte) = self.next() {
            match byte {
                b'\t' | b' ' | b',' => self.advance(1),
                b'\n' => {
                    self.advance(1);
                    self.new_line();
                }
                b'\r' => {
                    self.advance(1);
                    self.new_line();
                    // The line break of two bytes counts as one line, with a byte before it.
                    if self.next() == Some(b'\n') {
                        self.advance(1);
                    }
                }
                _ if self.rest().starts_with('\u{feff}') => {
                    self.end += 3;
                    self.end_runes += 1;
                }
                _ => return,
            }
        }
    }

    fn comment(&mut self) -> Token {
        self.advance(1);
        let rest = self.rest();
        let ends = |c: char| c < ' ' && c != '\t';
        let taken = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or_default();
        self.end += taken.len();
        self.end_runes += taken.chars().count();
        self.token(TokenKind::Comment)
    }

    fn accept(&mut self, bytes: &[u8]) -> bool {
        let accepted = self.next().is_some_and(|byte| bytes.contains(&byte));
        if accepted {
            self.advance(1);
        }
        accepted
    }

    fn digits(&mut self) -> usize {
        let from = self.end;
        while self.next().is_some_and(|byte| byte.is_ascii_digit()) {
            self.advance(1);
        }
        self.end - from
    }

    fn describe_next(&self) -> String {
        match self.next() {
            Some(byte) => format!("\"{}\"", char::from(byte)),
            None => "<EOF>".to_owned(),
        }
    }

    fn no_digit(&self) -> Read {
        self.error(format!("Invalid number, expected digit but got: {}.", self.describe_next()))
    }

    fn number(&mut self) -> Read {
        let mut kind = TokenKind::Int;
        self.accept(b"-");
        if self.accept(b"0") {
            if self.next().is_some_and(|byte| byte.is_ascii_digit()) {
                let next = self.describe_next();
                return self.error(format!("Invalid number, unexpected digit after 0: {next}."));
            }
        } else if self.digits() == 0 {
            return self.no_digit();
        }
        if self.accept(b".") {
            kind = TokenKind::Float;
            if self.digits() == 0 {
                return self.no_digit();
            }
        }
        if self.accept(b"eE") {
            kind = TokenKind::Float;
            self.accept(b"-+");
            if self.digits() == 0 {
                return self.no_digit();
            }
        }
        Ok(self.token(kind))
    }

    fn invalid_within_string(&self, byte: u8) -> Read {
        self.error(format!("Invalid character within String: \"\\u{byte:04x}\"."))
    }

    /// Moves over a character.
    fn take(&mut self) -> char {
        let character = self.rest().chars().next().unwrap_or_default();
        self.end += character.len_utf8();
        self.end_runes += 1;
        character
    }

    fn string(&mut self) -> Read {
        self.advance(1);
        self.start += 1;
        self.start_runes += 1;
        let mut value = String::new();
        while let Some(byte) = self.next() {
            match byte {
                b'\n' | b'\r' => break,
                0..=0x1f if byte != b'\t' => return self.invalid_within_string(byte),
                b'"' => {
                    let token = self.valued(TokenKind::String, value);
                    self.advance(1);
                    return Ok(token);
                }
                b'\\' => {
                    if let Some(refused) = self.escape(&mut value) {
                        return refused;
                    }
                }
                _ => value.push(self.take()),
            }
        }
        self.error("Unterminated string.")
    }

    /// Reads an escape; an answer is an error.
    fn escape(&mut self, value: &mut String) -> Option<Read> {
        let Some(escaped) = self.byte(self.end + 1) else {
            self.advance(1);
            return Some(self.error("Invalid character escape sequence."));
        };
        let character = match escaped {
            b'u' => return self.unicode_escape(value),
            b'"' | b'/' | b'\\' => char::from(escaped),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            _ => {
                self.advance(1);
                let escaped = char::from(escaped);
                return Some(
                    self.error(format!("Invalid character escape sequence: \\{escaped}.")),
                );
            }
        };
        value.push(character);
        self.advance(2);
        None
    }

    fn unicode_escape(&mut self, value: &mut String) -> Option<Read> {
        let refused = |lexer: &mut Self, to: usize| {
            lexer.advance(1);
            let shown = lexer.slice(lexer.end, to);
            Some(lexer.error(format!("Invalid character escape sequence: \\{shown}.")))
        };
        if self.end + 6 >= self.text.len() {
            return refused(self, self.text.len());
        }
        let digits = self.text.get(self.end + 2..self.end + 6).unwrap_or_default();
        let all_digits = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let Some(code) = u32::from_str_radix(digits, 16).ok().filter(|_| all_digits) else {
            return refused(self, self.end + 6);
        };
        value.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        self.advance(6);
        None
    }

    fn block_string(&mut self) -> Read {
        self.start += 3;
        self.start_runes += 3;
        self.advance(3);
        let mut value = String::new();
        while let Some(byte) = self.next() {
            if byte == b'"' {
                let rest = self.rest();
                let quotes = rest.len() - rest.trim_start_matches('"').len();
                if quotes >= 3 {
                    value.push_str(&"\"".repeat(quotes - 3));
                    let token = self.valued(TokenKind::BlockString, dedent(&value));
                    self.advance(quotes);
                    return Ok(token);
                }
            }
            match byte {
                b'\r' => {
                    self.advance(1);
                    if self.next() == Some(b'\n') {
                        self.advance(1);
                    }
                    value.push('\n');
                    self.new_line();
                }
                b'\n' => {
                    value.push(self.take());
                    self.new_line();
                }
                0..=0x1f if byte != b'\t' => return self.invalid_within_string(byte),
                b'\\' if self.rest().starts_with("\\\"\"\"") => {
                    value.push_str("\"\"\"");
                    self.advance(4);
                }
                _ => value.push(self.take()),
            }
        }
        self.error("Unterminated string.")
    }
}

/// The value of a block string (specification section 2.9.4): without the indentation that all
/// lines but the first have in common, and without blank lines around.
fn dedent(raw: &str) -> String {
    let mut lines: Vec<&str> = raw.split('\n').collect();
    let indent = |line: &str| line.find(|c| c != ' ' && c != '\t');
    if let Some(common) = lines.iter().filter_map(|line| indent(line)).min() {
        for line in lines.iter_mut().skip(1) {
            *line = line.get(common..).unwrap_or_default();
        }
    }
    let blank = |line: &&str| indent(line).is_none();
    let front = lines.iter().take_while(|line| blank(line)).count();
    let back = lines.iter().skip(front).rev().take_while(|line| blank(line)).count();
    let kept = lines.len() - front - back;
    lines.into_iter().skip(front).take(kept).collect::<Vec<_>>().join("\n")
}
