//! The scalars of YAML 1.1: blocks, quoted ones and plain ones, with their lines folded.

use super::scanner::{Kind, Scanned, Scanner};
use super::text::Mark;

/// What is done with the line ends at the end of a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

/// White space within a scalar, which is taken in or folded when the next character is there.
#[derive(Default)]
struct Gap {
    blanks: String,
    first_break: String,
    breaks: String,
    /// Whether a line ended.
    broken: bool,
}

impl Gap {
    /// What it becomes in the value; it is empty after.
    fn fold(&mut self, into: &mut String) {
        if !self.broken {
            into.push_str(&self.blanks);
        } else if self.first_break.starts_with('\n') {
            into.push_str(if self.breaks.is_empty() { " " } else { &self.breaks });
        } else {
            into.push_str(&self.first_break);
            into.push_str(&self.breaks);
        }
        *self = Self::default();
    }
}

impl Scanner {
    /// Takes a blank or a line's end into a gap.
    fn read_gap(&mut self, gap: &mut Gap) {
        if self.text.is_blank(0) {
            if gap.broken {
                self.text.skip();
            } else {
                self.text.read(&mut gap.blanks);
            }
        } else if gap.broken {
            self.text.read_line(&mut gap.breaks);
        } else {
            gap.blanks.clear();
            self.text.read_line(&mut gap.first_break);
            gap.broken = true;
        }
    }

    fn at_gap(&mut self) -> bool {
        self.text.need(1);
        self.text.is_blank(0) || self.text.is_break(0)
    }

    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Scanned<()> {
        let start = self.text.mark;
        self.text.skip();
        let (chomping, increment) = self.block_header(start)?;
        self.text.skip_blanks();
        self.text.skip_comment();
        if !self.text.is_break_or_end(0) {
            return self.problem("did not find expected comment or line break", start);
        }
        self.text.skip_line();
        let mut indent = increment.map(|by| by.saturating_add(self.block_column()));
        let mut value = String::new();
        let mut line_end = String::new();
        let mut breaks = String::new();
        let mut indented = false;
        let indent = self.block_breaks(&mut indent, &mut breaks, start)?;
        while self.text.mark.column == indent && self.text.next() != 0 {
            let blank = self.text.is_blank(0);
            if !literal && !indented && !blank && line_end.starts_with('\n') {
                if breaks.is_empty() {
                    value.push(' ');
                }
            } else {
                value.push_str(&line_end);
            }
            line_end.clear();
            value.push_str(&breaks);
            breaks.clear();
            indented = blank;
            while self.text.next() != 0 && !self.text.is_break(0) {
                self.text.read(&mut value);
            }
            self.text.need(2);
            self.text.read_line(&mut line_end);
            self.block_breaks(&mut Some(indent), &mut breaks, start)?;
        }
        if chomping != Chomping::Strip {
            value.push_str(&line_end);
        }
        if chomping == Chomping::Keep {
            value.push_str(&breaks);
        }
        self.push(Kind::Scalar { value, plain: false }, start);
        Ok(())
    }

    /// The column of the block around; 0 outside of all.
    fn block_column(&self) -> usize {
        usize::try_from(self.indent).unwrap_or(0)
    }

    /// The indicators after `|` or `>`.
    fn block_header(&mut self, start: Mark) -> Scanned<(Chomping, Option<usize>)> {
        let mut chomping = None;
        let mut increment = None;
        for _ in 0..2 {
            match self.text.next() {
                sign @ (b'+' | b'-') if chomping.is_none() => {
                    chomping = Some(if sign == b'+' { Chomping::Keep } else { Chomping::Strip });
                }
                b'0' if increment.is_none() => {
                    return self.problem("found an indentation indicator equal to 0", start);
                }
                digit @ b'1'..=b'9' if increment.is_none() => {
                    increment = Some(usize::from(digit - b'0'));
                }
                _ => break,
            }
            self.text.skip();
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    /// Passes the indentation and empty lines; finds the indentation where it is not given.
    fn block_breaks(
        &mut self,
        indent: &mut Option<usize>,
        breaks: &mut String,
        start: Mark,
    ) -> Scanned<usize> {
        let mut widest = 0;
        loop {
            let within = |column: usize| indent.is_none_or(|indent| column < indent);
            while within(self.text.mark.column) && self.text.next() == b' ' {
                self.text.skip();
            }
            widest = widest.max(self.text.mark.column);
            if within(self.text.mark.column) && self.text.next() == b'\t' {
                let message = "found a tab character where an indentation space is expected";
                return self.problem(message, start);
            }
            self.text.need(1);
            if !self.text.is_break(0) {
                break;
            }
            self.text.need(2);
            self.text.read_line(breaks);
        }
        let least = usize::try_from(self.indent.saturating_add(1)).unwrap_or(0).max(1);
        Ok(*indent.get_or_insert(widest.max(least)))
    }

    pub(super) fn scan_quoted_scalar(&mut self, quote: u8) -> Scanned<()> {
        let start = self.text.mark;
        self.text.skip();
        let mut value = String::new();
        let mut gap = Gap::default();
        loop {
            self.text.need(4);
            if self.text.is_document_mark(b'-') || self.text.is_document_mark(b'.') {
                return self.problem("found unexpected document indicator", start);
            }
            if self.text.is_end(0) {
                return self.problem("found unexpected end of stream", start);
            }
            while !self.text.is_space_or_end(0) {
                self.text.need(2);
                match self.text.at(0) {
                    b'\'' if quote == b'\'' && self.text.at(1) == b'\'' => {
                        value.push('\'');
                        self.text.skip();
                        self.text.skip();
                    }
                    next if next == quote => break,
                    b'\\' if quote == b'"' && self.text.is_break(1) => {
                        self.text.skip();
                        self.text.skip_line();
                        // With no first break: nothing but the empty lines after it counts.
                        gap.broken = true;
                        break;
                    }
                    b'\\' if quote == b'"' => self.escape(&mut value, start)?,
                    _ => self.text.read(&mut value),
                }
            }
            if self.text.next() == quote {
                break;
            }
            while self.at_gap() {
                self.read_gap(&mut gap);
            }
            gap.fold(&mut value);
        }
        self.text.skip();
        self.push(Kind::Scalar { value, plain: false }, start);
        Ok(())
    }

    /// A backslash and what it stands for.
    fn escape(&mut self, value: &mut String, start: Mark) -> Scanned<()> {
        let character = match self.text.at(1) {
            b'0' => Ok('\0'),
            b'a' => Ok('\u{7}'),
            b'b' => Ok('\u{8}'),
            b't' | b'\t' => Ok('\t'),
            b'n' => Ok('\n'),
            b'v' => Ok('\u{b}'),
            b'f' => Ok('\u{c}'),
            b'r' => Ok('\r'),
            b'e' => Ok('\u{1b}'),
            same @ (b' ' | b'"' | b'\'' | b'\\') => Ok(char::from(same)),
            b'N' => Ok('\u{85}'),
            b'_' => Ok('\u{a0}'),
            b'L' => Ok('\u{2028}'),
            b'P' => Ok('\u{2029}'),
            b'x' => Err(2),
            b'u' => Err(4),
            b'U' => Err(8),
            _ => return self.problem("found unknown escape character", start),
        };
        self.text.skip();
        self.text.skip();
        let character = match character {
            Ok(character) => character,
            Err(digits) => {
                self.text.need(digits);
                let mut code = 0;
                for ahead in 0..digits {
                    let Some(digit) = char::from(self.text.at(ahead)).to_digit(16) else {
                        return self.problem("did not find expected hexdecimal number", start);
                    };
                    code = (code << 4) | digit;
                }
                let Some(character) = char::from_u32(code) else {
                    return self.problem("found invalid Unicode character escape code", start);
                };
                for _ in 0..digits {
                    self.text.skip();
                }
                character
            }
        };
        value.push(character);
        Ok(())
    }

    pub(super) fn scan_plain_scalar(&mut self) -> Scanned<()> {
        let start = self.text.mark;
        let mut value = String::new();
        let mut gap = Gap::default();
        loop {
            self.text.need(4);
            if self.text.is_document_mark(b'-') || self.text.is_document_mark(b'.') {
                break;
            }
            if self.text.at(0) == b'#' {
                break;
            }
            while !self.text.is_space_or_end(0) && !self.ends_plain() {
                gap.fold(&mut value);
                self.text.read(&mut value);
                self.text.need(2);
            }
            if !self.at_gap() {
                break;
            }
            while self.at_gap() {
                let column = isize::try_from(self.text.mark.column).unwrap_or(isize::MAX);
                if gap.broken && column <= self.indent && self.text.at(0) == b'\t' {
                    let message = "found a tab character that violates indentation";
                    return self.problem(message, start);
                }
                self.read_gap(&mut gap);
            }
            let column = isize::try_from(self.text.mark.column).unwrap_or(isize::MAX);
            if self.flow_level == 0 && column <= self.indent {
                break;
            }
        }
        if gap.broken {
            self.simple_key_allowed = true;
        }
        self.push(Kind::Scalar { value, plain: true }, start);
        Ok(())
    }

    fn ends_plain(&self) -> bool {
        match self.text.at(0) {
            b':' => self.text.is_space_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow_level > 0,
            _ => false,
        }
    }
}
