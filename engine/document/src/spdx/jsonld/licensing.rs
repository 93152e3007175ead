//! Licences of 3.0 as texts: expressions as they are written, and the objects of the expanded
//! licensing profile written as expressions.
//!
//! Objects may share parts and, in a hostile document, hold themselves: each is written once, to a
//! depth, and all together within a budget. One that cannot be written is its own identifier, in
//! quotes where that reads as an expression: no licence is known by what cannot be written.

use super::super::graph::{Names, Symbol};
use crate::license::{self, MAX_EXPRESSION_BYTES, Operator, join};
use crate::text::head;
use referee_core::facts::LicenseStatus;
use smol_str::{SmolStr, format_smolstr};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The deepest nesting of licence objects. Tools nest three deep.
const MAX_DEPTH: u32 = 32;

/// The most that is written of all licences that are put together, in bytes. The largest root
/// filesystems have 500 licence texts of 50 bytes.
const MAX_WRITTEN: usize = 8 * 1024 * 1024;

/// How much is kept of a text, in bytes: more than is read as an expression, wherever a character
/// ends, so that what is cut is none. Many packages have one licence.
const MAX_KEPT: usize = MAX_EXPRESSION_BYTES + 4;

/// A licence, or what is added to one.
#[derive(Debug, PartialEq)]
pub(super) enum License<'a> {
    /// An expression.
    Expression(Cow<'a, str>),
    /// On SPDX's list, as licence or exception: its identifier ends its address.
    Listed,
    /// A text of the document's own.
    Custom,
    /// An addition of the document's own.
    CustomAddition,
    /// All or one of several.
    Set(Vec<Symbol>, Operator),
    /// A licence or any later version of it.
    OrLater(Option<Symbol>),
    /// A licence and an addition.
    With(Option<Symbol>, Option<Symbol>),
    /// Several that have one identifier and differ: nobody knows which is meant.
    Several,
}

/// The licences of a document, and those of them that are written.
#[derive(Debug)]
pub(super) struct Licenses<'g, 'a> {
    by_symbol: &'g HashMap<Symbol, License<'a>>,
    written: HashMap<Symbol, Option<SmolStr>>,
    left: usize,
}

impl<'g, 'a> Licenses<'g, 'a> {
    /// None of them is written.
    pub(super) fn new(by_symbol: &'g HashMap<Symbol, License<'a>>) -> Self {
        Self { by_symbol, written: HashMap::new(), left: MAX_WRITTEN }
    }

    /// Several licences of one package as one text; `None` where there is none.
    pub(super) fn text(&mut self, symbols: &[Symbol], names: &Names<'_>) -> Option<SmolStr> {
        let (first, more) = symbols.split_first()?;
        let first_text = self.one(*first, names);
        let mut size = first_text.len();
        let mut parts = vec![first_text];
        let mut seen = HashSet::from([*first]);
        for symbol in more {
            // Beyond what is read as an expression nothing is gained by writing on.
            if size > MAX_EXPRESSION_BYTES {
                break;
            }
            if seen.insert(*symbol) {
                let part = self.one(*symbol, names);
                size = size.saturating_add(part.len());
                parts.push(part);
            }
        }
        if let [only] = parts.as_slice() {
            return Some(only.clone());
        }
        if size > self.left {
            return Some(unwritten(names.of(*first)));
        }
        let text = join(parts.iter().map(SmolStr::as_str), Operator::And);
        Some(self.within(text).unwrap_or_else(|| unwritten(names.of(*first))))
    }

    fn one(&mut self, symbol: Symbol, names: &Names<'_>) -> SmolStr {
        self.write(symbol, names, MAX_DEPTH).unwrap_or_else(|| unwritten(names.of(symbol)))
    }

    fn write(&mut self, symbol: Symbol, names: &Names<'_>, depth: u32) -> Option<SmolStr> {
        if let Some(written) = self.written.get(&symbol) {
            return written.clone();
        }
        let depth = depth.checked_sub(1)?;
        // While it is written it has no text: one that holds itself has none.
        self.written.insert(symbol, None);
        let by_symbol = self.by_symbol;
        let written = match by_symbol.get(&symbol) {
            None => Some(elsewhere(names.of(symbol))),
            Some(License::Expression(text)) => Some(match head(text.trim(), MAX_KEPT) {
                // One without a text is there all the same.
                "" => SmolStr::new_static("\"\""),
                text => text.into(),
            }),
            Some(License::Several) => None,
            Some(License::Listed) => Some(elsewhere(names.of(symbol))),
            Some(License::Custom) => Some(own("LicenseRef-", names.of(symbol))),
            Some(License::CustomAddition) => Some(own("AdditionRef-", names.of(symbol))),
            Some(License::Set(members, operator)) => {
                let mut parts = Vec::new();
                let mut size = 0_usize;
                for member in members {
                    let part = self.write(*member, names, depth)?;
                    size = size.saturating_add(part.len());
                    if size > MAX_EXPRESSION_BYTES {
                        return None;
                    }
                    parts.push(part);
                }
                if parts.is_empty() {
                    return None;
                }
                let text = join(parts.iter().map(SmolStr::as_str), *operator);
                self.within(text)
            }
            Some(License::OrLater(license)) => {
                let license = self.word((*license)?, names, depth)?;
                self.within(format!("{license}+"))
            }
            Some(License::With(license, addition)) => {
                let license = self.word((*license)?, names, depth)?;
                let addition = self.word((*addition)?, names, depth)?;
                self.within(format!("{license} WITH {addition}"))
            }
        };
        self.written.insert(symbol, written.clone());
        written
    }

    /// What is one word: a part of `+` or `WITH`, which would reach out of it if it were more.
    fn word(&mut self, symbol: Symbol, names: &Names<'_>, depth: u32) -> Option<SmolStr> {
        let text = self.write(symbol, names, depth)?;
        let parts = |one: char| one.is_whitespace() || matches!(one, '(' | ')');
        (!text.contains(parts)).then_some(text)
    }

    /// A text that was put together, where it is within the budget.
    fn within(&mut self, text: String) -> Option<SmolStr> {
        self.left = self.left.checked_sub(text.len())?;
        Some(text.into())
    }
}

/// A licence that is not in the document: on SPDX's list by its address, or `NONE` or `NOASSERTION`.
fn elsewhere(id: &str) -> SmolStr {
    let addresses = ["https://spdx.org/licenses/", "http://spdx.org/licenses/"];
    let listed = addresses.iter().find_map(|address| id.strip_prefix(address));
    match (listed, id) {
        (Some(listed), _) => head(listed.trim_end_matches(".html"), MAX_KEPT).into(),
        (None, "NONE" | "NOASSERTION") => id.into(),
        _ => unwritten(id),
    }
}

/// A licence of which there is only an identifier.
fn unwritten(id: &str) -> SmolStr {
    let id = head(id, MAX_KEPT);
    match license::read(id).status {
        LicenseStatus::Unknown => id.into(),
        _ => format_smolstr!("{id:?}"),
    }
}

/// Whether an identifier is one of the individuals that stand for `NONE` or `NOASSERTION`, by its
/// address of any 3.0 version or its name in the JSON-LD context.
pub(super) fn is_individual(id: &str, word: &str) -> bool {
    let name = ["https://spdx.org/rdf/3.0", "http://spdx.org/rdf/3.0"]
        .iter()
        .find(|address| id.starts_with(**address))
        .and_then(|_| id.rsplit('/').next());
    let compact = id.strip_prefix("expandedlicensing_").unwrap_or(id);
    let own = name.is_some_and(|name| name == word);
    let rest = name.unwrap_or(compact).strip_prefix(word);
    own || matches!(rest, Some("License" | "Element"))
}

/// A reference for a licence of the document's own: the end of its identifier.
fn own(prefix: &str, id: &str) -> SmolStr {
    let end = id.rsplit(['/', '#', ':']).next().unwrap_or(id);
    let end = end.strip_prefix(prefix).unwrap_or(end);
    let in_id = |one: char| one.is_ascii_alphanumeric() || matches!(one, '-' | '.');
    let end: String =
        head(end, MAX_KEPT).chars().map(|one| if in_id(one) { one } else { '-' }).collect();
    if end.is_empty() {
        format_smolstr!("{prefix}unnamed")
    } else {
        format_smolstr!("{prefix}{end}")
    }
}
