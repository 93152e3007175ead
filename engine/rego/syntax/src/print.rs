//! Nodes as OPA's `String()` writes them: in messages, traces and results.

mod rule;
mod term;

pub use rule::{body, rule};
pub use term::{quote, reference, variable};

use crate::ast::{Comment, Expr, Head, Import, Module, Package, Term, TermKind, With};
use std::fmt;

/// A term's text.
pub(crate) fn term(term: &Term) -> String {
    term.to_string()
}

macro_rules! display {
    ($($node:ty => $write:path),* $(,)?) => {
        $(impl fmt::Display for $node {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $write(f, self)
            }
        })*
    };
}

display! {
    Term => term::write_term,
    TermKind => term::write_kind,
    Expr => rule::write_expr,
    With => rule::write_with,
    Head => rule::write_head,
    Package => rule::write_package,
    Import => rule::write_import,
    Comment => rule::write_comment,
    Module => rule::write_module,
}
