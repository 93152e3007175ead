//! Licence expressions as trees, without recursion: no depth of parentheses can exhaust the stack.
//!
//! Identifiers and what follows `LicenseRef-` are held equal in any case of letters, operators and
//! the prefixes of references in the case that the specification gives (3.0 annex B).

use super::error::{ExpressionError, Place};
use super::lexer::{Lexer, Token};
use super::list;
use crate::text::shorten;
use smol_str::{SmolStr, format_smolstr};
use std::collections::{BTreeMap, HashMap};

/// The longest expression that is read, in bytes. The longest in Debian is 2 KiB.
pub const MAX_EXPRESSION_BYTES: usize = 16 * 1024;

/// A licence expression.
#[derive(Clone, Debug)]
pub struct Expression {
    licenses: Vec<License>,
    /// Operands before their operators.
    nodes: Vec<Node>,
    /// As it is written, deprecated identifiers replaced and needless parentheses marked.
    pieces: Vec<Piece>,
    replaced: BTreeMap<SmolStr, SmolStr>,
}

/// A licence that an expression names, with its exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct License {
    /// In the list's spelling: `GPL-2.0-only WITH Classpath-exception-2.0`.
    pub(super) name: SmolStr,
    /// Whether it and its exception are on SPDX's lists.
    pub(super) listed: bool,
}

/// A step of the evaluation with a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A licence, by its position in the list of them.
    License(usize),
    /// Both of the last two.
    And,
    /// One of the last two.
    Or,
}

/// What an expression is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    License(usize),
    And,
    Or,
    /// A parenthesis, and whether it is needed.
    Open(bool),
    Close(bool),
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Where it is none; the error names the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.len() > MAX_EXPRESSION_BYTES {
            let (size, limit) = (text.len(), MAX_EXPRESSION_BYTES);
            return Err(ExpressionError::TooLong { size, limit });
        }
        Parser::default().parse(text)
    }

    /// Whether whoever keeps only to licences that `allowed` says yes to may use what is under this
    /// expression: all sides of an `AND`, one side of an `OR`. Each licence is asked for once, in the
    /// list's spelling, with its exception (`GPL-2.0-only WITH Classpath-exception-2.0`) and its `+`.
    pub fn permits(&self, mut allowed: impl FnMut(&str) -> bool) -> bool {
        let answers: Vec<bool> = self.licenses.iter().map(|one| allowed(&one.name)).collect();
        self.fold(
            |license| answers.get(license).copied().unwrap_or(false),
            |node, left, right| match node {
                Node::Or => left || right,
                _ => left && right,
            },
        )
        .unwrap_or(false)
    }

    /// Every licence that it names, with its exception, each once, sorted.
    #[must_use]
    pub fn licenses(&self) -> Vec<SmolStr> {
        let mut names: Vec<_> = self.licenses.iter().map(|license| license.name.clone()).collect();
        names.sort_unstable();
        names
    }

    /// Those of them that are not on SPDX's lists.
    #[must_use]
    pub fn unlisted(&self) -> Vec<SmolStr> {
        let unlisted = self.licenses.iter().filter(|license| !license.listed);
        let mut names: Vec<_> = unlisted.map(|license| license.name.clone()).collect();
        names.sort_unstable();
        names
    }

    /// The deprecated identifiers that were replaced, and by what.
    #[must_use]
    pub fn replaced(&self) -> &BTreeMap<SmolStr, SmolStr> {
        &self.replaced
    }

    /// The licences in the order in which they are named first.
    pub(super) fn named(&self) -> &[License] {
        &self.licenses
    }

    /// Goes through the tree, operands first. `None` only where there is no operand.
    pub(super) fn fold<T>(
        &self,
        mut leaf: impl FnMut(usize) -> T,
        mut join: impl FnMut(Node, T, T) -> T,
    ) -> Option<T> {
        let mut stack = Vec::new();
        for node in &self.nodes {
            if let Node::License(license) = node {
                stack.push(leaf(*license));
            } else {
                let right = stack.pop()?;
                let left = stack.pop()?;
                stack.push(join(*node, left, right));
            }
        }
        stack.pop()
    }
}

impl std::fmt::Display for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::License(license) => {
                    let license = self.licenses.get(*license);
                    f.write_str(license.map_or("", |license| &license.name))?;
                }
                Piece::And => f.write_str(" AND ")?,
                Piece::Or => f.write_str(" OR ")?,
                Piece::Open(true) => f.write_str("(")?,
                Piece::Close(true) => f.write_str(")")?,
                Piece::Open(false) | Piece::Close(false) => {}
            }
        }
        Ok(())
    }
}

/// What waits for its operands or its end.
#[derive(Clone, Copy, Debug)]
enum Waiting {
    And,
    Or,
    /// A parenthesis: where it stands in the text and among the pieces, and what the level around it
    /// was made of when it opened.
    Open {
        position: usize,
        piece: usize,
        around: Loosest,
    },
}

/// The operator of a level that binds the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Loosest {
    #[default]
    Nothing,
    And,
    Or,
}

/// A shunting yard.
#[derive(Debug, Default)]
struct Parser {
    licenses: Vec<License>,
    by_name: HashMap<String, usize>,
    nodes: Vec<Node>,
    pieces: Vec<Piece>,
    waiting: Vec<Waiting>,
    replaced: BTreeMap<SmolStr, SmolStr>,
    level: Loosest,
}

impl Parser {
    fn parse(mut self, text: &str) -> Result<Expression, ExpressionError> {
        let mut tokens = Lexer::new(text).peekable();
        let mut after_operand = false;
        while let Some(token) = tokens.next() {
            let (position, token) = token?;
            let place = Place::Byte(position);
            match (after_operand, token) {
                (false, Token::Open) => self.open(position),
                (false, Token::Id(id, plus)) => {
                    let exception = if let Some(Ok((_, Token::With))) = tokens.peek() {
                        drop(tokens.next());
                        Some(match tokens.next().transpose()? {
                            Some((_, Token::Id(id, false))) => id,
                            Some((position, _)) => return Err(exception_expected(position)),
                            None => {
                                return Err(ExpressionError::ExceptionExpected {
                                    place: Place::End,
                                });
                            }
                        })
                    } else {
                        None
                    };
                    self.license(id, plus, exception)?;
                    after_operand = true;
                }
                (false, _) => return Err(ExpressionError::LicenseExpected { place }),
                (true, Token::And) => {
                    self.operator(Waiting::And);
                    after_operand = false;
                }
                (true, Token::Or) => {
                    self.operator(Waiting::Or);
                    after_operand = false;
                }
                (true, Token::Close) => {
                    let next_is_and = matches!(tokens.peek(), Some(Ok((_, Token::And))));
                    self.close(position, next_is_and)?;
                }
                (true, _) => return Err(ExpressionError::OperatorExpected { place }),
            }
        }
        if !after_operand {
            return Err(ExpressionError::LicenseExpected { place: Place::End });
        }
        while let Some(waiting) = self.waiting.pop() {
            match waiting {
                Waiting::And => self.nodes.push(Node::And),
                Waiting::Or => self.nodes.push(Node::Or),
                Waiting::Open { position, .. } => {
                    return Err(ExpressionError::NeverClosed { position });
                }
            }
        }
        let Self { licenses, nodes, pieces, replaced, .. } = self;
        Ok(Expression { licenses, nodes, pieces, replaced })
    }

    fn open(&mut self, position: usize) {
        let (piece, around) = (self.pieces.len(), self.level);
        self.waiting.push(Waiting::Open { position, piece, around });
        self.pieces.push(Piece::Open(false));
        self.level = Loosest::Nothing;
    }

    fn operator(&mut self, operator: Waiting) {
        let is_or = matches!(operator, Waiting::Or);
        loop {
            match self.waiting.last() {
                Some(Waiting::And) => self.nodes.push(Node::And),
                Some(Waiting::Or) if is_or => self.nodes.push(Node::Or),
                _ => break,
            }
            self.waiting.pop();
        }
        self.waiting.push(operator);
        self.pieces.push(if is_or { Piece::Or } else { Piece::And });
        self.level = self.level.max(if is_or { Loosest::Or } else { Loosest::And });
    }

    /// Ends a parenthesis. It is needed where an `OR` stands in it and an `AND` beside it.
    fn close(&mut self, closed: usize, next_is_and: bool) -> Result<(), ExpressionError> {
        loop {
            match self.waiting.pop() {
                Some(Waiting::And) => self.nodes.push(Node::And),
                Some(Waiting::Or) => self.nodes.push(Node::Or),
                Some(Waiting::Open { piece, around, .. }) => {
                    let before = piece.checked_sub(1).and_then(|before| self.pieces.get(before));
                    let beside_and = next_is_and || before == Some(&Piece::And);
                    let needed = self.level == Loosest::Or && beside_and;
                    if let Some(open) = self.pieces.get_mut(piece) {
                        *open = Piece::Open(needed);
                    }
                    self.pieces.push(Piece::Close(needed));
                    self.level = if needed { around } else { around.max(self.level) };
                    return Ok(());
                }
                None => return Err(ExpressionError::NeverOpened { position: closed }),
            }
        }
    }

    fn license(
        &mut self,
        id: &str,
        plus: bool,
        exception: Option<&str>,
    ) -> Result<(), ExpressionError> {
        let (mut name, mut listed, mut has_exception) = if is_reference(id, "LicenseRef-") {
            if plus {
                // A reference has no later versions.
                return Err(ExpressionError::UnknownLicense { id: shorten(&format!("{id}+"), 80) });
            }
            (SmolStr::from(id), false, None)
        } else {
            let (name, had) = self.listed(id, plus)?;
            (name, true, had)
        };
        if let Some(exception) = exception {
            if let Some(id) = has_exception.take() {
                return Err(ExpressionError::SecondException { id });
            }
            if is_reference(exception, "AdditionRef-") {
                name = format_smolstr!("{name} WITH {exception}");
                listed = false;
            } else {
                let found = list::exception(exception).ok_or_else(|| {
                    ExpressionError::UnknownException { id: shorten(exception, 80) }
                })?;
                if let Some(replacement) = found.replacement {
                    self.replaced.insert(found.id.into(), replacement.into());
                }
                name = format_smolstr!("{name} WITH {}", found.replacement.unwrap_or(found.id));
            }
        }
        let index = *self.by_name.entry(name.to_ascii_lowercase()).or_insert_with(|| {
            self.licenses.push(License { name, listed });
            self.licenses.len().saturating_sub(1)
        });
        self.nodes.push(Node::License(index));
        self.pieces.push(Piece::License(index));
        Ok(())
    }

    /// A licence on the list, or what replaces it, and the deprecated identifier where that has an
    /// exception.
    fn listed(
        &mut self,
        id: &str,
        plus: bool,
    ) -> Result<(SmolStr, Option<&'static str>), ExpressionError> {
        let Some(found) = list::license(id) else {
            return Err(match id {
                "NONE" => ExpressionError::NotALicense { id: "NONE" },
                "NOASSERTION" => ExpressionError::NotALicense { id: "NOASSERTION" },
                _ => ExpressionError::UnknownLicense { id: shorten(id, 80) },
            });
        };
        let written = if plus { format_smolstr!("{}+", found.id) } else { found.id.into() };
        let Some(replacement) = found.replacement else { return Ok((written, None)) };
        let mut name = match replacement.or_later.filter(|_| plus) {
            Some(or_later) => SmolStr::new_static(or_later),
            None if plus => format_smolstr!("{}+", replacement.license),
            None => SmolStr::new_static(replacement.license),
        };
        if let Some(exception) = replacement.exception {
            name = format_smolstr!("{name} WITH {exception}");
        }
        self.replaced.insert(written, name.clone());
        Ok((name, replacement.exception.map(|_| found.id)))
    }
}

fn exception_expected(position: usize) -> ExpressionError {
    ExpressionError::ExceptionExpected { place: Place::Byte(position) }
}

/// Whether an identifier is `LicenseRef-…` or `AdditionRef-…`, by itself or in another document.
fn is_reference(id: &str, prefix: &str) -> bool {
    let is_name = |name: &str| !name.is_empty() && !name.contains(':');
    let own = match id.split_once(':') {
        Some((document, rest)) => {
            if !document.strip_prefix("DocumentRef-").is_some_and(is_name) {
                return false;
            }
            rest
        }
        None => id,
    };
    own.strip_prefix(prefix).is_some_and(is_name)
}
