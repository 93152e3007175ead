//! Licences of 3.0 as texts: expressions as they are written, and the objects of the expanded
//! licensing profile written as expressions.
//!
//! Objects may share parts and, in a hostile document, hold themselves: each is written once, to a
//! depth, and all together within a budget. One that cannot be written is its own identifier, which
//! is no expression.

use super::super::graph::{Names, Symbol};
use crate::license::{MAX_EXPRESSION_BYTES, Operator, join};
use smol_str::{SmolStr, format_smolstr};
use std::borrow::Cow;
use std::collections::HashMap;

/// The deepest nesting of licence objects. Tools nest three deep.
const MAX_DEPTH: u32 = 32;

/// The most that is written of all licences that are put together, in bytes. The largest root
/// filesystems have 500 licence texts of 50 bytes.
const MAX_WRITTEN: usize = 8 * 1024 * 1024;

/// A licence, or what is added to one.
#[derive(Debug)]
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
        if more.is_empty() {
            return Some(first_text);
        }
        let mut parts = vec![first_text];
        for symbol in more {
            // Beyond what is read as an expression nothing is gained by writing on.
            if parts.iter().map(|part| part.len()).sum::<usize>() > MAX_EXPRESSION_BYTES {
                break;
            }
            let part = self.one(*symbol, names);
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let text = join(parts.iter().map(SmolStr::as_str), Operator::And);
        Some(self.within(text).unwrap_or_else(|| names.of(*first).into()))
    }

    fn one(&mut self, symbol: Symbol, names: &Names<'_>) -> SmolStr {
        self.write(symbol, names, MAX_DEPTH).unwrap_or_else(|| names.of(symbol).into())
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
            Some(License::Expression(text)) => Some(SmolStr::from(text.trim())),
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
                let license = self.write((*license)?, names, depth)?;
                self.within(format!("{license}+"))
            }
            Some(License::With(license, addition)) => {
                let license = self.write((*license)?, names, depth)?;
                let addition = self.write((*addition)?, names, depth)?;
                self.within(format!("{license} WITH {addition}"))
            }
        };
        self.written.insert(symbol, written.clone());
        written
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
    listed.map_or_else(|| id.into(), |id| id.trim_end_matches(".html").into())
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
    let end: String = end.chars().map(|one| if in_id(one) { one } else { '-' }).collect();
    if end.is_empty() {
        format_smolstr!("{prefix}unnamed")
    } else {
        format_smolstr!("{prefix}{end}")
    }
}
