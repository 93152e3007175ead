//! What the parsers of queries and of schemas share: tokens ahead, comments, values, directives,
//! types.

use super::ast::{Argument, At, Comments, Directive, Expected, Kind, Position, Type, Value};
use super::error::GraphqlError;
use super::lexer::{Lexer, Token, TokenKind};
use std::cell::RefCell;
use std::rc::Rc;

/// How deep selections, values and types may be nested.
const MAX_DEPTH: usize = 200;

pub(super) type Parsed<T> = Result<T, GraphqlError>;

/// Parses a text from the front.
pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token ahead, and what is wrong with it: that counts once it is taken.
    ahead: Option<(Token, Option<GraphqlError>)>,
    /// The comments before the token ahead.
    comments: Comments,
    depth: usize,
    /// Is told of each token, and says whether to go on.
    go_on: GoOn<'a>,
}

/// Is told of some work, and says whether to go on; once told not to, everything ends.
pub(super) type GoOn<'a> = &'a mut dyn FnMut(u32) -> bool;

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, go_on: GoOn<'a>) -> Self {
        Self { lexer: Lexer::new(text), ahead: None, comments: None, depth: 0, go_on }
    }

    fn look(&mut self) -> (Token, Option<GraphqlError>) {
        if !(self.go_on)(8) {
            // Who stopped it knows why; an end that is an error ends every loop.
            let (kind, at) = (TokenKind::End, Position { line: 0, column: 0 });
            let token = Token { kind, value: String::new(), at };
            return (token, Some(GraphqlError::at(None, "stopped")));
        }
        match self.lexer.read() {
            Ok(token) => (token, None),
            Err((token, error)) => (token, Some(error)),
        }
    }

    /// Takes what is ahead, behind the comments before it.
    fn take(&mut self) -> (Token, Option<GraphqlError>) {
        if let Some(found) = self.ahead.take() {
            return found;
        }
        let mut found = self.look();
        let mut comments = Vec::new();
        while found.0.kind == TokenKind::Comment {
            comments.push(found.0.value);
            found = self.look();
        }
        if !comments.is_empty() {
            self.comments = Some(Rc::new(comments));
        }
        found
    }

    /// The token ahead.
    pub(super) fn peek(&mut self) -> &Token {
        let found = self.take();
        &self.ahead.insert(found).0
    }

    pub(super) fn peek_kind(&mut self) -> TokenKind {
        self.peek().kind
    }

    /// Where the token ahead begins.
    pub(super) fn here(&mut self) -> At {
        Some(self.peek().at)
    }

    /// The comments before the token ahead.
    pub(super) fn comments(&mut self) -> Comments {
        self.peek();
        self.comments.clone()
    }

    /// The comments before the token that was looked at last, if it was not taken since.
    pub(super) fn comments_now(&self) -> Comments {
        self.comments.clone()
    }

    /// Takes the token ahead.
    pub(super) fn next(&mut self) -> Parsed<Token> {
        let (token, error) = self.take();
        self.comments = None;
        error.map_or(Ok(token), Err)
    }

    /// Refuses the token ahead.
    pub(super) fn unexpected<T>(&mut self) -> Parsed<T> {
        let token = self.peek().clone();
        refuse(&token)
    }

    pub(super) fn want(&mut self, kind: TokenKind) -> Parsed<Token> {
        let token = self.peek();
        if token.kind == kind {
            return self.next();
        }
        let message = format!("Expected {}, found {}", kind.text(), token.kind.text());
        Err(GraphqlError::at(Some(token.at), message))
    }

    /// Takes a keyword; the comments before it.
    pub(super) fn keyword(&mut self, word: &str) -> Parsed<Comments> {
        let comments = self.comments();
        let token = self.peek();
        if token.kind == TokenKind::Name && token.value == word {
            self.next()?;
            return Ok(comments);
        }
        let message = format!("Expected \"{word}\", found {}", token.text());
        Err(GraphqlError::at(Some(token.at), message))
    }

    pub(super) fn skip(&mut self, kind: TokenKind) -> Parsed<bool> {
        let found = self.peek_kind() == kind;
        if found {
            self.next()?;
        }
        Ok(found)
    }

    pub(super) fn name(&mut self) -> Parsed<String> {
        Ok(self.want(TokenKind::Name)?.value)
    }

    /// Goes one level deeper.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            let here = self.here();
            return Err(GraphqlError::at(here, "The document is nested too deep"));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// At least one of something between two tokens, where the first is there; the comments
    /// before the last.
    pub(super) fn some<T>(
        &mut self,
        (start, end): (TokenKind, TokenKind),
        mut parse: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<(Vec<T>, Comments)> {
        let mut found = Vec::new();
        if !self.skip(start)? {
            return Ok((found, None));
        }
        while self.peek_kind() != end {
            found.push(parse(self)?);
        }
        if found.is_empty() {
            let token = self.peek();
            let kind = token.kind.text();
            let message = format!("expected at least one definition, found {kind}");
            return Err(GraphqlError::at(Some(token.at), message));
        }
        let comments = self.comments();
        self.next()?;
        Ok((found, comments))
    }

    pub(super) fn arguments(&mut self, constant: bool) -> Parsed<Vec<Argument>> {
        let parens = (TokenKind::ParenL, TokenKind::ParenR);
        Ok(self.some(parens, |parser| parser.argument(constant))?.0)
    }

    /// A name, a colon, a value.
    fn argument(&mut self, constant: bool) -> Parsed<Argument> {
        let (at, comments) = (self.here(), self.comments());
        let name = self.name()?;
        self.want(TokenKind::Colon)?;
        Ok(Argument { name, value: self.value(constant)?, at, comments })
    }

    pub(super) fn value(&mut self, constant: bool) -> Parsed<Value> {
        let token = self.peek().clone();
        let kind = match token.kind {
            TokenKind::BracketL | TokenKind::BraceL => {
                return self.nested(|parser| parser.collection(constant));
            }
            TokenKind::Dollar if constant => return self.unexpected(),
            TokenKind::Dollar => {
                let name = self.variable()?;
                return Ok(scalar(Kind::Variable, name, Some(token.at)));
            }
            TokenKind::Int => Kind::Int,
            TokenKind::Float => Kind::Float,
            TokenKind::String => Kind::String,
            TokenKind::BlockString => Kind::Block,
            TokenKind::Name => match token.value.as_str() {
                "true" | "false" => Kind::Boolean,
                "null" => Kind::Null,
                _ => Kind::Enum,
            },
            _ => return self.unexpected(),
        };
        self.next()?;
        Ok(scalar(kind, token.value, Some(token.at)))
    }

    fn collection(&mut self, constant: bool) -> Parsed<Value> {
        let (at, comments) = (self.here(), self.comments());
        let is_list = self.next()?.kind == TokenKind::BracketL;
        let end = if is_list { TokenKind::BracketR } else { TokenKind::BraceR };
        let mut children = Vec::new();
        while self.peek_kind() != end {
            children.push(if is_list {
                let value = self.value(constant)?;
                Argument { name: String::new(), value, at: None, comments: None }
            } else {
                self.argument(constant)?
            });
        }
        self.next()?;
        let kind = if is_list { Kind::List } else { Kind::Object };
        Ok(Value { children, comments, ..scalar(kind, String::new(), at) })
    }

    pub(super) fn variable(&mut self) -> Parsed<String> {
        self.want(TokenKind::Dollar)?;
        self.name()
    }

    pub(super) fn directives(&mut self, constant: bool) -> Parsed<Vec<Directive>> {
        let mut found = Vec::new();
        while self.peek_kind() == TokenKind::At {
            self.next()?;
            let at = self.here();
            let name = self.name()?;
            let arguments = self.arguments(constant)?;
            found.push(Directive { name, arguments, at, definition: RefCell::default() });
        }
        Ok(found)
    }

    pub(super) fn type_reference(&mut self) -> Parsed<Rc<Type>> {
        let list = self.skip(TokenKind::BracketL)?;
        let at = self.here();
        let (name, element) = if list {
            let element = self.nested(Self::type_reference)?;
            self.want(TokenKind::BracketR)?;
            (String::new(), Some(element))
        } else {
            (self.name()?, None)
        };
        let non_null = self.skip(TokenKind::Bang)?;
        Ok(Rc::new(Type { name, element, non_null, at }))
    }
}

/// Refuses a token.
pub(super) fn refuse<T>(token: &Token) -> Parsed<T> {
    Err(GraphqlError::at(Some(token.at), format!("Unexpected {}", token.text())))
}

/// A value without elements.
pub(super) fn scalar(kind: Kind, raw: String, at: At) -> Value {
    Value {
        raw,
        kind,
        children: Vec::new(),
        at,
        comments: None,
        expected: RefCell::new(Expected::default()),
        variable: RefCell::default(),
    }
}
