//! Splits a source into tokens (OPA's `v1/ast/internal/scanner`).
//!
//! The scanner is a small copyable value over a source that stays where it is, so that the parser
//! can go back by keeping a copy. It looks one character ahead; an unreadable character (NUL, a
//! byte-order mark, a byte that is no UTF-8) is charged to the token before which it is seen, as
//! in OPA.

mod text;

use crate::token::{Keywords, Token};
use unicode_general_category::{GeneralCategory, get_general_category};

const BOM: i32 = 0xFEFF;
const REPLACEMENT: i32 = 0xFFFD;
const END: i32 = -1;

/// The text that is scanned.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    /// The text.
    pub(crate) text: &'a str,
    /// Where a replacement character stands for a byte that was no UTF-8: offsets, ascending.
    pub(crate) invalid: &'a [usize],
}

impl Input<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }
}

/// What a scan is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The next token.
    Token,
    /// The rest of a template string, after the `}` that ends an expression in it.
    Template {
        /// Whether the string is in backquotes.
        raw: bool,
    },
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scanned {
    pub(crate) token: Token,
    pub(crate) offset: usize,
    pub(crate) end: usize,
    pub(crate) row: u32,
    pub(crate) col: u32,
    /// The span of its literal. With the character after it not in ASCII it reaches into that
    /// character, as OPA's does; an error follows then in any case.
    pub(crate) literal: (usize, usize),
}

/// Where a scanner is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scanner {
    /// After the current character; one past the length where there is none.
    offset: usize,
    width: u8,
    curr: i32,
    row: u32,
    col: u32,
    /// The words that are keywords.
    pub(crate) keywords: Keywords,
}

/// Messages of a scan.
pub(crate) type Messages = Vec<&'static str>;

impl Scanner {
    /// A scanner at the beginning.
    pub(crate) fn new(input: &Input<'_>, keywords: Keywords, errors: &mut Messages) -> Self {
        let mut scanner = Self { offset: 0, width: 0, curr: END, row: 1, col: 0, keywords };
        scanner.next(input, errors);
        if scanner.curr == BOM {
            scanner.next(input, errors);
        }
        scanner
    }

    fn next(&mut self, input: &Input<'_>, errors: &mut Messages) {
        let Some(byte) = input.byte(self.offset) else {
            self.curr = END;
            self.offset = input.text.len() + 1;
            return;
        };
        if byte.is_ascii() {
            self.curr = i32::from(byte);
            self.width = 1;
            if byte == 0 {
                errors.push("illegal null character");
            }
        } else {
            let char = input
                .text
                .get(self.offset..)
                .and_then(|rest| rest.chars().next())
                .unwrap_or('\u{FFFD}');
            self.curr = i32::try_from(u32::from(char)).unwrap_or(REPLACEMENT);
            self.width = u8::try_from(char.len_utf8()).unwrap_or(1);
            if self.curr == REPLACEMENT && input.invalid.binary_search(&self.offset).is_ok() {
                errors.push("illegal utf-8 character");
            } else if self.curr == BOM && self.offset > 0 {
                errors.push("illegal byte-order mark");
            }
        }
        self.offset += usize::from(self.width);
        if byte == b'\n' {
            self.row = self.row.saturating_add(1);
            self.col = 0;
        } else {
            self.col = self.col.saturating_add(1);
        }
    }

    /// Goes on over `count` further bytes, all of them ASCII, none a line feed or NUL.
    fn skip_plain(&mut self, count: usize) {
        if count > 0 {
            self.offset += count;
            self.width = 1;
            self.col = self.col.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }

    /// Goes on over the bytes after the current character for which `plain` holds.
    fn skip_while(&mut self, input: &Input<'_>, plain: impl Fn(u8) -> bool) {
        let rest = input.text.as_bytes().get(self.offset..).unwrap_or_default();
        let count = rest.iter().position(|&byte| !plain(byte)).unwrap_or(rest.len());
        self.skip_plain(count);
    }

    /// Where the current character begins.
    fn position(&self) -> usize {
        self.offset.saturating_sub(usize::from(self.width))
    }

    /// Where OPA takes a literal to end that ends before the current character.
    fn literal_end(&self) -> usize {
        self.offset.saturating_sub(1)
    }

    /// Skips white space as far as that can make no error; whether a line feed was in it.
    pub(crate) fn skip_whitespace(&mut self, input: &Input<'_>) -> bool {
        let mut newline = false;
        while let Ok(byte) = u8::try_from(self.curr)
            && is_space(byte)
            && let Some(next) = input.byte(self.offset)
            && next.is_ascii()
            && next != 0
        {
            newline |= byte == b'\n';
            self.offset += 1;
            self.width = 1;
            self.curr = i32::from(next);
            if next == b'\n' {
                self.row = self.row.saturating_add(1);
                self.col = 0;
            } else {
                self.col = self.col.saturating_add(1);
            }
        }
        newline
    }

    /// Reads the next token. What is wrong with it is added to `errors`.
    pub(crate) fn scan(&mut self, input: &Input<'_>, mode: Mode, errors: &mut Messages) -> Scanned {
        let (offset, row, col) = (self.position(), self.row, self.col);
        let mut literal = (offset, offset);
        let token = match mode {
            Mode::Template { raw } => {
                let start = offset.saturating_sub(1);
                let token = if raw {
                    self.raw_template(input, errors)
                } else {
                    self.template(input, errors)
                };
                literal = (start, self.literal_end());
                token
            }
            Mode::Token => self.token(input, &mut literal, errors),
        };
        Scanned { token, offset, end: self.position(), row, col, literal }
    }

    fn token(
        &mut self,
        input: &Input<'_>,
        literal: &mut (usize, usize),
        errors: &mut Messages,
    ) -> Token {
        let Ok(byte) = u8::try_from(self.curr) else {
            if self.curr == END {
                self.next(input, errors);
                return Token::Eof;
            }
            self.next(input, errors);
            return Token::Illegal;
        };
        let start = literal.0;
        if is_space(byte) {
            self.next(input, errors);
            *literal = (start, start + 1);
            return Token::Whitespace;
        }
        if is_letter(byte) {
            self.identifier(input, errors);
            *literal = (start, self.literal_end());
            let word = input.text.get(literal.0..literal.1);
            return word.map_or(Token::Ident, |word| self.keywords.token(word));
        }
        if byte.is_ascii_digit() {
            self.number(input, errors);
            *literal = (start, self.literal_end());
            return Token::Number;
        }
        if byte == b'#' {
            self.comment(input, errors);
            return Token::Comment;
        }
        self.next(input, errors);
        let token = self.symbol(byte, input, errors);
        if matches!(
            token,
            Token::String
                | Token::TemplatePart
                | Token::TemplateEnd
                | Token::RawTemplatePart
                | Token::RawTemplateEnd
        ) {
            // The literal of a template begins with its quote, not with the `$`.
            let start = if byte == b'$' { start + 1 } else { start };
            *literal = (start, self.literal_end());
        }
        token
    }

    fn symbol(&mut self, byte: u8, input: &Input<'_>, errors: &mut Messages) -> Token {
        match byte {
            b'"' => self.string(input, errors),
            b'`' => self.raw_string(input, errors),
            b'[' => Token::LBrack,
            b']' => Token::RBrack,
            b'{' => Token::LBrace,
            b'}' => Token::RBrace,
            b'(' => Token::LParen,
            b')' => Token::RParen,
            b',' => Token::Comma,
            b':' => self.with_equals(Token::Assign, Token::Colon, input, errors),
            b'+' => Token::Add,
            b'-' => Token::Sub,
            b'*' => Token::Mul,
            b'/' => Token::Quo,
            b'%' => Token::Rem,
            b'&' => Token::And,
            b'|' => Token::Or,
            b'=' => self.with_equals(Token::Equal, Token::Unify, input, errors),
            b'>' => self.with_equals(Token::Gte, Token::Gt, input, errors),
            b'<' => self.with_equals(Token::Lte, Token::Lt, input, errors),
            b'!' => {
                let token = self.with_equals(Token::Neq, Token::Illegal, input, errors);
                if token == Token::Illegal {
                    errors.push("illegal ! character");
                }
                token
            }
            b';' => Token::Semicolon,
            b'.' => Token::Dot,
            b'$' if self.curr == i32::from(b'`') => {
                self.next(input, errors);
                self.raw_template(input, errors)
            }
            b'$' if self.curr == i32::from(b'"') => {
                self.next(input, errors);
                self.template(input, errors)
            }
            b'$' => {
                errors.push("illegal $ character");
                Token::Illegal
            }
            _ => Token::Illegal,
        }
    }

    fn with_equals(
        &mut self,
        with: Token,
        without: Token,
        input: &Input<'_>,
        errors: &mut Messages,
    ) -> Token {
        if self.curr == i32::from(b'=') {
            self.next(input, errors);
            with
        } else {
            without
        }
    }

    fn identifier(&mut self, input: &Input<'_>, errors: &mut Messages) {
        self.skip_while(input, |byte| is_letter(byte) || byte.is_ascii_digit());
        self.next(input, errors);
        while self.is_letter() || self.is_digit() {
            self.next(input, errors);
        }
    }

    fn digits(&mut self, input: &Input<'_>, errors: &mut Messages) -> bool {
        let mut found = false;
        while self.is_decimal() {
            self.next(input, errors);
            found = true;
        }
        found
    }

    fn number(&mut self, input: &Input<'_>, errors: &mut Messages) {
        self.digits(input, errors);
        if self.curr == i32::from(b'.') {
            self.next(input, errors);
            if !self.digits(input, errors) {
                errors.push("expected fraction");
            }
        }
        if self.curr == i32::from(b'e') || self.curr == i32::from(b'E') {
            self.next(input, errors);
            if self.curr == i32::from(b'+') || self.curr == i32::from(b'-') {
                self.next(input, errors);
            }
            if !self.digits(input, errors) {
                errors.push("expected exponent");
            }
        }
        if self.is_letter() {
            errors.push("illegal number format");
            while self.is_letter() || self.is_digit() {
                self.next(input, errors);
            }
        }
    }

    fn is_letter(&self) -> bool {
        u8::try_from(self.curr).is_ok_and(is_letter)
    }

    fn is_decimal(&self) -> bool {
        u8::try_from(self.curr).is_ok_and(|byte| byte.is_ascii_digit())
    }

    fn is_digit(&self) -> bool {
        self.is_decimal()
            || self.curr >= 0x80
                && u32::try_from(self.curr).ok().and_then(char::from_u32).is_some_and(|char| {
                    get_general_category(char) == GeneralCategory::DecimalNumber
                })
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}
