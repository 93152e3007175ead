//! Text in pieces that can be left out or put in place of others: what makes shrinking possible
//! without a parser.

use std::borrow::Cow;

/// A piece of a program's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it stands.
    Text(Cow<'static, str>),
    /// Pieces one after another, none of which can be left out.
    Row(Vec<Piece>),
    /// Pieces with something between them, some of which can be left out.
    List {
        /// What stands between.
        between: &'static str,
        /// The pieces.
        items: Vec<Piece>,
        /// How few of them the grammar takes.
        least: usize,
    },
    /// A term: any term may stand in its place.
    Term(Box<Piece>),
}

impl Piece {
    /// Text as it stands.
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(text.into())
    }

    /// A term that is text as it stands.
    pub fn leaf(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Term(Box::new(Self::text(text)))
    }

    /// A term of several pieces.
    #[must_use]
    pub fn term(pieces: Vec<Self>) -> Self {
        Self::Term(Box::new(Self::Row(pieces)))
    }

    /// A list.
    #[must_use]
    pub fn list(between: &'static str, items: Vec<Self>, least: usize) -> Self {
        Self::List { between, items, least }
    }

    /// The text.
    #[must_use]
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Row(pieces) => pieces.iter().for_each(|piece| piece.write_to(out)),
            Self::List { between, items, .. } => {
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        out.push_str(between);
                    }
                    item.write_to(out);
                }
            }
            Self::Term(piece) => piece.write_to(out),
        }
    }

    /// How many pieces it has: what shrinking makes smaller.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Text(text) => usize::from(!text.is_empty()),
            Self::Row(pieces) | Self::List { items: pieces, .. } => {
                pieces.iter().map(Self::size).sum::<usize>().saturating_add(1)
            }
            Self::Term(piece) => piece.size(),
        }
    }

    /// Every piece that has one thing less, the boldest first.
    #[must_use]
    pub fn smaller(&self) -> Vec<Self> {
        let mut found = Vec::new();
        match self {
            Self::Text(_) => {}
            Self::Row(pieces) => {
                for (position, piece) in pieces.iter().enumerate() {
                    found.extend(piece.smaller().into_iter().map(|less| {
                        let mut pieces = pieces.clone();
                        put(&mut pieces, position, less);
                        Self::Row(pieces)
                    }));
                }
            }
            Self::List { between, items, least } => {
                let again = |items| Self::List { between, items, least: *least };
                if items.len() > *least && items.len() > 3 {
                    let half = items.len() / 2;
                    let (front, back) = items.split_at(half);
                    found.extend(
                        [back, front]
                            .into_iter()
                            .filter(|part| part.len() >= *least)
                            .map(|part| again(part.to_vec())),
                    );
                }
                if items.len() > *least {
                    for left_out in 0..items.len() {
                        let mut items = items.clone();
                        items.remove(left_out);
                        found.push(again(items));
                    }
                }
                for (position, item) in items.iter().enumerate() {
                    found.extend(item.smaller().into_iter().map(|less| {
                        let mut items = items.clone();
                        put(&mut items, position, less);
                        again(items)
                    }));
                }
            }
            Self::Term(piece) => {
                let size = piece.size();
                if size > 1 {
                    found.extend(["true", "1", "\"a\"", "[]", "{}"].map(Self::leaf));
                }
                let mut inner = Vec::new();
                piece.terms(&mut inner);
                found.extend(inner.into_iter().cloned());
                found.extend(piece.smaller().into_iter().map(|less| Self::Term(Box::new(less))));
            }
        }
        found
    }

    /// The outermost terms inside.
    fn terms<'a>(&'a self, found: &mut Vec<&'a Self>) {
        match self {
            Self::Text(_) => {}
            Self::Row(pieces) | Self::List { items: pieces, .. } => {
                pieces.iter().for_each(|piece| piece.terms(found));
            }
            Self::Term(_) => found.push(self),
        }
    }
}

fn put(pieces: &mut [Piece], position: usize, piece: Piece) {
    if let Some(place) = pieces.get_mut(position) {
        *place = piece;
    }
}

impl From<&'static str> for Piece {
    fn from(text: &'static str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// Pieces one after another.
macro_rules! row {
    ($($piece:expr),* $(,)?) => {
        $crate::fuzz::piece::Piece::Row(vec![$($crate::fuzz::piece::Piece::from($piece)),*])
    };
}

/// A term of pieces one after another.
macro_rules! term {
    ($($piece:expr),* $(,)?) => {
        $crate::fuzz::piece::Piece::term(vec![$($crate::fuzz::piece::Piece::from($piece)),*])
    };
}

pub(super) use {row, term};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_smaller_is_the_same_with_less() {
        let call = term!("f(", Piece::list(", ", vec![Piece::leaf("x"), Piece::leaf("y")], 2), ")");
        let body = Piece::list("\n", vec![call, Piece::text("true")], 1);
        assert_eq!(body.write(), "f(x, y)\ntrue");
        let smaller: Vec<_> = body.smaller().iter().map(Piece::write).collect();
        assert!(smaller.contains(&"true".to_owned()));
        assert!(smaller.contains(&"x\ntrue".to_owned()));
        assert!(smaller.contains(&"[]\ntrue".to_owned()));
        assert!(!smaller.contains(&String::new()), "one item must stay");
    }
}
