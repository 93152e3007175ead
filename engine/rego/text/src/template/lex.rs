//! The tokens of a template.

use crate::go::unicode::{is_digit, is_letter};
use referee_rego_go::quote::quoted;
use referee_rego_value::is_printable;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Error,
    Bool,
    Char,
    Character,
    Assign,
    Declare,
    End,
    Field,
    Identifier,
    Left,
    LeftParen,
    Number,
    Pipe,
    RawString,
    Right,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Dot,
    Nil,
    Keyword(Keyword),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Type,
    pub(super) at: usize,
    pub(super) text: String,
    pub(super) line: usize,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Type::End => f.write_str("EOF"),
            Type::Error => f.write_str(&self.text),
            Type::Keyword(_) | Type::Dot | Type::Nil => write!(f, "<{}>", self.text),
            _ if self.text.len() > 10 => {
                let short: String = self.text.chars().take(10).collect();
                write!(f, "{}...", quoted(&short))
            }
            _ => f.write_str(&quoted(&self.text)),
        }
    }
}

/// All tokens; the last is the end or an error.
pub(super) fn tokens(input: &str) -> Vec<Token> {
    let mut lexer =
        Lexer { input, at: 0, start: 0, line: 1, start_line: 1, parens: 0, tokens: Vec::new() };
    if let Err(message) = lexer.run() {
        let token =
            Token { kind: Type::Error, at: lexer.start, text: message, line: lexer.start_line };
        lexer.tokens.push(token);
    }
    lexer.tokens
}

struct Lexer<'a> {
    input: &'a str,
    at: usize,
    start: usize,
    line: usize,
    start_line: usize,
    parens: usize,
    tokens: Vec<Token>,
}

type Lexed = Result<(), String>;

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

fn is_space(c: char) -> bool {
    SPACES.contains(&c)
}

fn is_word(c: char) -> bool {
    c == '_' || is_letter(c) || is_digit(c)
}

/// A character as Go shows it in errors; the end has the number -1.
fn shown(c: Option<char>) -> String {
    let Some(c) = c else {
        return "U+FFFFFFFFFFFFFFFF".to_owned();
    };
    let code = u32::from(c);
    if is_printable(c) { format!("U+{code:04X} '{c}'") } else { format!("U+{code:04X}") }
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        if next == '\n' {
            self.line += 1;
        }
        Some(next)
    }

    fn emit(&mut self, kind: Type) {
        let text = self.input.get(self.start..self.at).unwrap_or_default().to_owned();
        self.tokens.push(Token { kind, at: self.start, text, line: self.start_line });
        self.ignore();
    }

    fn ignore(&mut self) {
        self.start = self.at;
        self.start_line = self.line;
    }

    /// Goes on by so many bytes.
    fn skip(&mut self, bytes: usize) {
        let skipped = self.input.get(self.at..self.at + bytes).unwrap_or_default();
        self.line += skipped.matches('\n').count();
        self.at += bytes;
    }

    fn run(&mut self) -> Lexed {
        loop {
            let Some(text) = self.rest().find("{{") else {
                self.skip(self.rest().len());
                if self.at > self.start {
                    self.emit(Type::Text);
                }
                self.emit(Type::End);
                return Ok(());
            };
            let action = self.input.get(self.at + text + 2..).unwrap_or_default();
            let trims = trims_left(action);
            let before = self.rest().get(..text).unwrap_or_default();
            let kept = if trims { before.trim_end_matches(SPACES).len() } else { text };
            self.skip(kept);
            if self.at > self.start {
                self.emit(Type::Text);
            }
            self.skip(text - kept);
            self.ignore();
            let marker = if trims { 2 } else { 0 };
            if action.get(marker..).is_some_and(|action| action.starts_with("/*")) {
                self.skip(2 + marker);
                self.ignore();
                self.comment()?;
                continue;
            }
            self.skip(2);
            self.emit(Type::Left);
            self.skip(marker);
            self.ignore();
            self.parens = 0;
            self.action()?;
        }
    }

    fn comment(&mut self) -> Lexed {
        self.skip(2);
        let Some(end) = self.rest().find("*/") else {
            return Err("unclosed comment".to_owned());
        };
        self.skip(end + 2);
        if !self.right_delimiter() {
            return Err("comment ends before closing delimiter".to_owned());
        }
        Ok(())
    }

    /// Passes `}}`, or ` -}}` with the spaces that follow; false where neither stands here.
    fn right_delimiter(&mut self) -> bool {
        let trimmed = trims_right(self.rest());
        if !trimmed && !self.rest().starts_with("}}") {
            return false;
        }
        self.skip(if trimmed { 4 } else { 2 });
        if trimmed {
            let spaces = self.rest().len() - self.rest().trim_start_matches(SPACES).len();
            self.skip(spaces);
        }
        self.ignore();
        true
    }

    fn right(&mut self) {
        if trims_right(self.rest()) {
            self.skip(2);
            self.ignore();
            self.skip(2);
            self.emit(Type::Right);
            let spaces = self.rest().len() - self.rest().trim_start_matches(SPACES).len();
            self.skip(spaces);
            self.ignore();
        } else {
            self.skip(2);
            self.emit(Type::Right);
        }
    }

    fn action(&mut self) -> Lexed {
        loop {
            if trims_right(self.rest()) || self.rest().starts_with("}}") {
                if self.parens > 0 {
                    return Err("unclosed left paren".to_owned());
                }
                self.right();
                return Ok(());
            }
            let Some(c) = self.next() else {
                return Err("unclosed action".to_owned());
            };
            match c {
                c if is_space(c) => {
                    while self.peek().is_some_and(is_space) && !trims_right(self.rest()) {
                        self.next();
                    }
                    self.emit(Type::Space);
                }
                '=' => self.emit(Type::Assign),
                ':' if self.next() == Some('=') => self.emit(Type::Declare),
                ':' => return Err("expected :=".to_owned()),
                '|' => self.emit(Type::Pipe),
                '"' => self.quoted('"', "unterminated quoted string", Type::String)?,
                '\'' => self.quoted('\'', "unterminated character constant", Type::Character)?,
                '`' => match self.rest().find('`') {
                    Some(end) => {
                        self.skip(end + 1);
                        self.emit(Type::RawString);
                    }
                    None => return Err("unterminated raw quoted string".to_owned()),
                },
                '$' => self.name(Type::Variable, Type::Variable)?,
                '.' if !self.peek().is_some_and(|c| c.is_ascii_digit()) => {
                    self.name(Type::Dot, Type::Field)?;
                }
                '.' | '+' | '-' | '0'..='9' => {
                    self.at = self.start;
                    self.number()?;
                }
                c if is_word(c) => self.word()?,
                '(' => {
                    self.parens += 1;
                    self.emit(Type::LeftParen);
                }
                ')' => {
                    self.parens = self
                        .parens
                        .checked_sub(1)
                        .ok_or_else(|| "unexpected right paren".to_owned())?;
                    self.emit(Type::RightParen);
                }
                ' '..='~' => self.emit(Type::Char),
                other => {
                    let shown = shown(Some(other));
                    return Err(format!("unrecognized character in action: {shown}"));
                }
            }
        }
    }

    fn quoted(&mut self, quote: char, unterminated: &str, kind: Type) -> Lexed {
        loop {
            match self.next() {
                Some('\\') if !matches!(self.next(), None | Some('\n')) => {}
                Some(c) if c == quote => {
                    self.emit(kind);
                    return Ok(());
                }
                None | Some('\n' | '\\') => return Err(unterminated.to_owned()),
                Some(_) => {}
            }
        }
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(c) => is_space(c) || self.rest().starts_with("}}"),
        }
    }

    fn words(&mut self) -> Lexed {
        while self.peek().is_some_and(is_word) {
            self.next();
        }
        if self.at_terminator() {
            Ok(())
        } else {
            Err(format!("bad character {}", shown(self.peek())))
        }
    }

    /// A field or a variable; alone the sign before it is another token.
    fn name(&mut self, alone: Type, named: Type) -> Lexed {
        if self.at_terminator() {
            self.emit(alone);
            return Ok(());
        }
        self.words()?;
        self.emit(named);
        Ok(())
    }

    fn word(&mut self) -> Lexed {
        self.words()?;
        let kind = match self.input.get(self.start..self.at).unwrap_or_default() {
            "block" => Type::Keyword(Keyword::Block),
            "break" => Type::Keyword(Keyword::Break),
            "continue" => Type::Keyword(Keyword::Continue),
            "define" => Type::Keyword(Keyword::Define),
            "else" => Type::Keyword(Keyword::Else),
            "end" => Type::Keyword(Keyword::End),
            "if" => Type::Keyword(Keyword::If),
            "range" => Type::Keyword(Keyword::Range),
            "template" => Type::Keyword(Keyword::Template),
            "with" => Type::Keyword(Keyword::With),
            "nil" => Type::Nil,
            "true" | "false" => Type::Bool,
            _ => Type::Identifier,
        };
        self.emit(kind);
        Ok(())
    }

    fn accept(&mut self, set: &str) -> bool {
        let found = self.peek().is_some_and(|c| set.contains(c));
        if found {
            self.next();
        }
        found
    }

    fn number(&mut self) -> Lexed {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        while self.accept(digits) {}
        if self.accept(".") {
            while self.accept(digits) {}
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            while self.accept("0123456789_") {}
        }
        self.accept("i");
        let bad = self.peek().is_some_and(is_word);
        if bad {
            self.next();
        }
        // A sign would make a complex number of two parts, which is not there.
        if bad || matches!(self.peek(), Some('+' | '-')) {
            let text = self.input.get(self.start..self.at).unwrap_or_default();
            return Err(format!("bad number syntax: {}", quoted(text)));
        }
        self.emit(Type::Number);
        Ok(())
    }
}

/// Whether an action begins with `- `, which takes the spaces before it away.
fn trims_left(action: &str) -> bool {
    let mut characters = action.chars();
    characters.next() == Some('-') && characters.next().is_some_and(is_space)
}

/// Whether ` -}}` stands here.
fn trims_right(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(is_space) && characters.as_str().starts_with("-}}")
}
