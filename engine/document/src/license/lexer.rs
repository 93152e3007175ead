//! The tokens of a licence expression.

use super::error::ExpressionError;

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// An identifier, and whether a `+` stands right after it.
    Id(&'a str, bool),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `AND`
    And,
    /// `OR`
    Or,
    /// `WITH`
    With,
}

/// The tokens of a text, each with its place in bytes from the start.
pub(super) struct Lexer<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    /// Those of this text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn character(&self, character: char) -> ExpressionError {
        ExpressionError::Character { character, position: self.position }
    }

    /// An identifier or an operator. Operators are written all in upper or all in lower case (3.0
    /// annex B, "Case sensitivity"); `And` is an identifier, and on no list.
    fn word(&mut self) -> Result<Token<'a>, ExpressionError> {
        let rest = self.rest();
        let end = rest.bytes().position(|byte| !in_id(byte)).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        self.position = self.position.saturating_add(end);
        let token = match word {
            "AND" | "and" => Token::And,
            "OR" | "or" => Token::Or,
            "WITH" | "with" => Token::With,
            _ if self.rest().starts_with('+') => {
                self.position = self.position.saturating_add(1);
                // `MIT+Apache` would otherwise be two identifiers.
                if let Some(character) = self.rest().chars().next().filter(|next| !is_end(*next)) {
                    return Err(self.character(character));
                }
                Token::Id(word, true)
            }
            _ => Token::Id(word, false),
        };
        Ok(token)
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Result<(usize, Token<'a>), ExpressionError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest();
        let start = rest.bytes().position(|byte| !byte.is_ascii_whitespace())?;
        self.position = self.position.saturating_add(start);
        let place = self.position;
        let first = self.rest().chars().next()?;
        let token = match first {
            '(' | ')' => {
                self.position = self.position.saturating_add(1);
                Ok(if first == '(' { Token::Open } else { Token::Close })
            }
            _ if first.is_ascii() && u8::try_from(first).is_ok_and(in_id) => self.word(),
            _ => Err(self.character(first)),
        };
        Some(token.map(|token| (place, token)))
    }
}

/// `idstring`, and `:`, which parts the two halves of a reference into another document.
fn in_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':')
}

/// What may stand after a `+`.
fn is_end(character: char) -> bool {
    character.is_ascii_whitespace() || matches!(character, '(' | ')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_stand_between_white_space_or_parentheses_and_in_one_case() {
        let tokens = |text| -> Vec<_> { Lexer::new(text).map(|token| token.unwrap().1).collect() };
        let id = |text| Token::Id(text, false);
        assert_eq!(tokens("(MIT)AND(X)").len(), 7);
        assert_eq!(tokens("ORANGE and\tWITHOUT"), [id("ORANGE"), Token::And, id("WITHOUT")]);
        assert_eq!(tokens("And oR With"), [id("And"), id("oR"), id("With")]);
        assert_eq!(tokens("a+ with (b"), [Token::Id("a", true), Token::With, Token::Open, id("b")]);
    }

    #[test]
    fn characters_of_no_expression_are_named_with_their_place() {
        let error = |text| Lexer::new(text).find_map(Result::err).unwrap();
        let character = |character, position| ExpressionError::Character { character, position };
        assert_eq!(error("MIT/X"), character('/', 3));
        assert_eq!(error("MIT +"), character('+', 4));
        assert_eq!(error("MIT++"), character('+', 4));
        assert_eq!(error("MIT+AND X"), character('A', 4));
        assert_eq!(error("a\u{a0}b"), character('\u{a0}', 1));
        assert_eq!(error("LicenseRef-a_b"), character('_', 12));
    }
}
