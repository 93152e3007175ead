//! Tokens and keywords (OPA's `v1/ast/internal/tokens`), and which words are keywords when.

use crate::ast::RegoVersion;

/// A kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Illegal,
    Eof,
    Whitespace,
    Ident,
    Comment,
    Package,
    Import,
    As,
    Default,
    Else,
    Not,
    Some,
    With,
    Null,
    True,
    False,
    Number,
    String,
    TemplatePart,
    TemplateEnd,
    RawTemplatePart,
    RawTemplateEnd,
    LBrack,
    RBrack,
    LBrace,
    RBrace,
    LParen,
    RParen,
    Comma,
    Colon,
    Add,
    Sub,
    Mul,
    Quo,
    Rem,
    And,
    Or,
    Unify,
    Equal,
    Assign,
    In,
    Neq,
    Gt,
    Lt,
    Gte,
    Lte,
    Dot,
    Semicolon,
    Every,
    Contains,
    If,
    LogicalAnd,
    LogicalOr,
}

impl Token {
    /// How messages name it. For an operator this is also the name of its builtin.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Illegal => "illegal",
            Self::Eof => "eof",
            Self::Whitespace => "whitespace",
            Self::Ident => "identifier",
            Self::Comment => "comment",
            Self::Package => "package",
            Self::Import => "import",
            Self::As => "as",
            Self::Default => "default",
            Self::Else => "else",
            Self::Not => "not",
            Self::Some => "some",
            Self::With => "with",
            Self::Null => "null",
            Self::True => "true",
            Self::False => "false",
            Self::Number => "number",
            Self::String => "string",
            Self::TemplatePart => "template-string-part",
            Self::TemplateEnd => "template-string-end",
            Self::RawTemplatePart => "raw-template-string-part",
            Self::RawTemplateEnd => "raw-template-string-end",
            Self::LBrack => "[",
            Self::RBrack => "]",
            Self::LBrace => "{",
            Self::RBrace => "}",
            Self::LParen => "(",
            Self::RParen => ")",
            Self::Comma => ",",
            Self::Colon => ":",
            Self::Add => "plus",
            Self::Sub => "minus",
            Self::Mul => "mul",
            Self::Quo => "div",
            Self::Rem => "rem",
            Self::And | Self::LogicalAnd => "and",
            Self::Or | Self::LogicalOr => "or",
            Self::Unify => "eq",
            Self::Equal => "equal",
            Self::Assign => "assign",
            Self::In => "in",
            Self::Neq => "neq",
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::Gte => "gte",
            Self::Lte => "lte",
            Self::Dot => ".",
            Self::Semicolon => ";",
            Self::Every => "every",
            Self::Contains => "contains",
            Self::If => "if",
        }
    }

    /// Whether messages call it a keyword. Its name decides, so `&` is one like `and`: OPA asks
    /// the same way, except that it tells the future keywords by the token.
    pub(crate) fn is_keyword(self) -> bool {
        match self {
            Self::And | Self::Or => false,
            _ => base_keyword(self.name()).is_some() || Keyword::named(self.name()).is_some(),
        }
    }
}

/// The words that are keywords in every Rego, save `not`.
pub(crate) fn base_keyword(word: &str) -> Option<Token> {
    Some(match word {
        "package" => Token::Package,
        "import" => Token::Import,
        "as" => Token::As,
        "default" => Token::Default,
        "else" => Token::Else,
        "some" => Token::Some,
        "with" => Token::With,
        "null" => Token::Null,
        "true" => Token::True,
        "false" => Token::False,
        _ => return None,
    })
}

/// The keywords that `import future.keywords` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    And,
    Contains,
    Every,
    If,
    In,
    Not,
    Or,
}

impl Keyword {
    /// All, in the order in which messages list them.
    pub(crate) const ALL: [Self; 7] =
        [Self::And, Self::Contains, Self::Every, Self::If, Self::In, Self::Not, Self::Or];

    /// The keyword that is spelt so.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "and" => Self::And,
            "contains" => Self::Contains,
            "every" => Self::Every,
            "if" => Self::If,
            "in" => Self::In,
            "not" => Self::Not,
            "or" => Self::Or,
            _ => return None,
        })
    }

    /// How it is spelt.
    pub(crate) fn as_str(self) -> &'static str {
        self.token().name()
    }

    fn token(self) -> Token {
        match self {
            Self::And => Token::LogicalAnd,
            Self::Contains => Token::Contains,
            Self::Every => Token::Every,
            Self::If => Token::If,
            Self::In => Token::In,
            Self::Not => Token::Not,
            Self::Or => Token::LogicalOr,
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::And => 1,
            Self::Contains => 2,
            Self::Every => 4,
            Self::If => 8,
            Self::In => 16,
            Self::Not => 32,
            Self::Or => 64,
        }
    }
}

/// A set of [`Keyword`]s: those that a scanner takes for keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Keywords(u8);

impl Keywords {
    /// None: not even `not`, which is how the path of an import is read.
    pub(crate) const NONE: Self = Self(0);
    /// Every one.
    pub(crate) const ALL: Self = Self(127);
    /// Those that v1 has without an import.
    pub(crate) const V1: Self = Self(2 | 4 | 8 | 16);
    /// `not`, which is a keyword everywhere.
    pub(crate) const BASE: Self = Self(32);

    /// Adds one. `every` brings `in`.
    pub(crate) fn add(&mut self, keyword: Keyword) {
        self.0 |= keyword.bit();
        if keyword == Keyword::Every {
            self.0 |= Keyword::In.bit();
        }
    }

    /// Adds one and no other.
    pub(crate) fn add_only(&mut self, keyword: Keyword) {
        self.0 |= keyword.bit();
    }

    /// Both together.
    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it is in.
    pub(crate) fn contains(self, keyword: Keyword) -> bool {
        self.0 & keyword.bit() != 0
    }

    /// Whether a scanner with this set takes the word for a keyword.
    pub(crate) fn is_keyword(self, word: &str) -> bool {
        self.token(word) != Token::Ident
    }

    /// The token that the word is.
    pub(crate) fn token(self, word: &str) -> Token {
        // The longest keyword has eight letters, and none has a capital.
        if word.len() > 8 || word.len() < 2 {
            return Token::Ident;
        }
        if let Some(token) = base_keyword(word) {
            return token;
        }
        match Keyword::named(word) {
            Some(keyword) if self.contains(keyword) => keyword.token(),
            _ => Token::Ident,
        }
    }
}

/// Whether a word is a keyword of the language in this version, whatever is imported.
pub(crate) fn is_keyword_in(word: &str, version: RegoVersion) -> bool {
    if base_keyword(word).is_some() || word == "not" {
        return true;
    }
    version != RegoVersion::V0 && matches!(word, "if" | "contains" | "in" | "every")
}
