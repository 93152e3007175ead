//! Comments, strings and template strings.

use super::{END, Input, Messages, Scanner};
use crate::token::Token;

impl Scanner {
    pub(super) fn comment(&mut self, input: &Input<'_>, errors: &mut Messages) {
        let rest = input.text.as_bytes().get(self.offset..).unwrap_or_default();
        let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        let line = rest.get(..end).unwrap_or_default();
        if line.iter().all(|&byte| byte.is_ascii() && byte != 0) {
            self.skip_plain(line.len());
        }
        while self.curr != i32::from(b'\n') && self.curr != END {
            self.next(input, errors);
        }
    }

    pub(super) fn string(&mut self, input: &Input<'_>, errors: &mut Messages) -> Token {
        loop {
            let char = self.curr;
            if char == i32::from(b'\n') || char < 0 {
                errors.push("non-terminated string");
                return Token::String;
            }
            if char != i32::from(b'"') && char != i32::from(b'\\') {
                self.skip_while(input, is_plain_in_string);
            }
            self.next(input, errors);
            if char == i32::from(b'"') {
                return Token::String;
            }
            if char == i32::from(b'\\') {
                self.escape(false, input, errors);
            }
        }
    }

    /// Skips what stands after a backslash.
    pub(super) fn escape(&mut self, template: bool, input: &Input<'_>, errors: &mut Messages) {
        match u8::try_from(self.curr).unwrap_or_default() {
            b'\\' | b'"' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.next(input, errors),
            b'{' if template => self.next(input, errors),
            b'u' => (0..4).for_each(|_| self.next(input, errors)),
            _ => errors.push("illegal escape sequence"),
        }
    }

    pub(super) fn raw_string(&mut self, input: &Input<'_>, errors: &mut Messages) -> Token {
        loop {
            let char = self.curr;
            self.next(input, errors);
            if char == i32::from(b'`') {
                return Token::String;
            }
            if char < 0 {
                errors.push("non-terminated string");
                return Token::String;
            }
        }
    }

    pub(super) fn template(&mut self, input: &Input<'_>, errors: &mut Messages) -> Token {
        loop {
            let char = self.curr;
            if char == i32::from(b'\n') || char < 0 {
                errors.push("non-terminated string");
                return Token::TemplatePart;
            }
            self.next(input, errors);
            match u8::try_from(char).unwrap_or_default() {
                b'"' => return Token::TemplateEnd,
                b'{' => return Token::TemplatePart,
                b'\\' => self.escape(true, input, errors),
                _ => {}
            }
        }
    }

    pub(super) fn raw_template(&mut self, input: &Input<'_>, errors: &mut Messages) -> Token {
        loop {
            let char = self.curr;
            if char < 0 {
                errors.push("non-terminated string");
                return Token::RawTemplatePart;
            }
            self.next(input, errors);
            match u8::try_from(char).unwrap_or_default() {
                b'`' => return Token::RawTemplateEnd,
                b'{' => return Token::RawTemplatePart,
                b'\\' if self.curr == i32::from(b'{') => self.next(input, errors),
                _ => {}
            }
        }
    }
}

fn is_plain_in_string(byte: u8) -> bool {
    byte.is_ascii() && !matches!(byte, b'"' | b'\\' | b'\n' | 0)
}
