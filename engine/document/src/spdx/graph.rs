//! Elements by their identifiers, and what hangs together: read in any order, resolved at the end.
//!
//! An identifier is kept once, however often it is named, and a relationship is three numbers until
//! it is known that both of its ends are packages or outside the document: those of files can be
//! ten times as many.

use crate::sbom::builder::Builder;
use crate::text::shorten;
use hashbrown::HashTable;
use referee_core::facts::Sbom;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

/// An identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Symbol(u32);

/// What an identifier stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Element {
    /// Nothing in the document, so far.
    #[default]
    Unseen,
    /// The document itself, or a collection of elements.
    Document,
    /// The package at this position, of those left out as well.
    Package(u32),
    /// Something else in the document: a file, a licence.
    Other,
    /// In another document, as this one says.
    Outside,
}

/// A kind of relationships.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind(u32);

/// Where one end of a relationship is.
enum End {
    Package(SmolStr),
    /// In another document, or `NONE` or `NOASSERTION`.
    Outside(SmolStr),
    /// In the document, and no package.
    Inside,
    Nowhere,
}

#[derive(Clone, Copy, Debug)]
struct Relation {
    from: Symbol,
    to: Symbol,
    kind: Kind,
}

/// The elements of a document.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    names: Names<'a>,
    elements: Vec<Element>,
    packages: u32,
    kinds: HashMap<Cow<'a, str>, u32>,
    relations: Vec<Relation>,
    described: Vec<Symbol>,
    /// Ends outside of the document as facts have them, each once.
    outside: HashMap<Symbol, SmolStr>,
}

/// Identifiers, each once.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    texts: Vec<Cow<'a, str>>,
    /// Symbols beside the hashes of their texts, so that a text is hashed only when it is named.
    table: HashTable<(u64, Symbol)>,
    state: RandomState,
}

impl<'a> Names<'a> {
    /// The text of an identifier.
    pub(super) fn of(&self, symbol: Symbol) -> &str {
        at(&self.texts, symbol.0).map_or("", |text| text)
    }

    /// The symbol of an identifier, and whether it is named for the first time.
    fn symbol(&mut self, id: Cow<'a, str>) -> (Symbol, bool) {
        let hash = self.state.hash_one(&*id);
        let texts = &self.texts;
        let is_same = |(other, symbol): &(u64, Symbol)| {
            *other == hash && at(texts, symbol.0).is_some_and(|text| *text == id)
        };
        if let Some((_, symbol)) = self.table.find(hash, is_same) {
            return (*symbol, false);
        }
        // Documents are far smaller than 4 GiB, so that there are never as many identifiers.
        let symbol = Symbol(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.table.insert_unique(hash, (hash, symbol), |(hash, _)| *hash);
        self.texts.push(id);
        (symbol, true)
    }
}

fn at<T>(list: &[T], index: u32) -> Option<&T> {
    list.get(usize::try_from(index).ok()?)
}

impl<'a> Graph<'a> {
    /// The symbol of an identifier.
    pub(super) fn symbol(&mut self, id: Cow<'a, str>) -> Symbol {
        let (symbol, is_new) = self.names.symbol(id);
        if is_new {
            self.elements.push(Element::Unseen);
        }
        symbol
    }

    /// What an identifier stands for.
    pub(super) fn element(&self, symbol: Symbol) -> Element {
        at(&self.elements, symbol.0).copied().unwrap_or_default()
    }

    /// An identifier stands for this. Of several packages with one identifier the first counts, and
    /// a package before anything else.
    pub(super) fn define(&mut self, symbol: Symbol, element: Element) {
        let place = usize::try_from(symbol.0).ok().and_then(|index| self.elements.get_mut(index));
        if let Some(place) = place {
            match (*place, element) {
                (Element::Package(_), _)
                | (Element::Document, Element::Other)
                | (Element::Document | Element::Other, Element::Outside) => {}
                _ => *place = element,
            }
        }
    }

    /// The next package has this identifier; the packages are to be added to the builder in the
    /// same order.
    pub(super) fn package(&mut self, id: Option<Cow<'a, str>>, builder: &mut Builder) {
        if let Some(id) = id {
            let symbol = self.symbol(id);
            if matches!(self.element(symbol), Element::Package(_)) {
                builder.same_id(self.names.of(symbol));
            }
            self.define(symbol, Element::Package(self.packages));
        }
        self.packages = self.packages.saturating_add(1);
    }

    /// A kind of relationships, in lower snake case in the end.
    pub(super) fn kind(&mut self, kind: Cow<'a, str>) -> Kind {
        let next = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        Kind(*self.kinds.entry(kind).or_insert(next))
    }

    /// A relationship.
    pub(super) fn relate(&mut self, from: Symbol, to: Symbol, kind: Kind) {
        self.relations.push(Relation { from, to, kind });
    }

    /// The document says that it is about this.
    pub(super) fn describe(&mut self, symbol: Symbol) {
        self.described.push(symbol);
    }

    /// The texts of all identifiers.
    pub(super) fn names(&self) -> &Names<'a> {
        &self.names
    }

    /// Resolves what is left to resolve.
    pub(super) fn finish(mut self, mut builder: Builder) -> Sbom {
        let mut kinds = vec![SmolStr::default(); self.kinds.len()];
        for (text, index) in &self.kinds {
            if let Some(kind) = usize::try_from(*index).ok().and_then(|at| kinds.get_mut(at)) {
                *kind = SmolStr::from(text.trim().to_ascii_lowercase());
            }
        }
        let relations = std::mem::take(&mut self.relations);
        let mut described = std::mem::take(&mut self.described);
        for Relation { from, to, kind } in relations {
            let Some(kind) = at(&kinds, kind.0) else { continue };
            match (kind.as_str(), self.element(from), self.element(to)) {
                ("describes", Element::Document, _) => described.push(to),
                ("described_by", _, Element::Document) => described.push(from),
                _ => self.relationship(from, to, kind, &mut builder),
            }
        }
        self.describes(&described, &mut builder);
        drop(self);
        builder.ids_are_looked_at();
        builder.finish()
    }

    fn relationship(&mut self, from: Symbol, to: Symbol, kind: &SmolStr, builder: &mut Builder) {
        let ends = (self.end(from, builder), self.end(to, builder));
        let nowhere = match &ends {
            (End::Nowhere, _) => Some(from),
            (_, End::Nowhere) => Some(to),
            _ => None,
        };
        if let Some(nowhere) = nowhere {
            let id = shorten(self.names.of(nowhere), 80);
            builder.problem("document_dangling_reference", || {
                format!("a relationship names {id:?}, which is not in the document")
            });
            return;
        }
        if let (End::Package(from), End::Package(to) | End::Outside(to))
        | (End::Outside(from), End::Package(to)) = ends
        {
            builder.relationship(from, to, kind.clone());
        }
    }

    fn end(&mut self, symbol: Symbol, builder: &mut Builder) -> End {
        match self.element(symbol) {
            Element::Package(position) => End::Package(
                at(&builder.document().packages, position)
                    .map_or_else(|| self.held(symbol), |package| package.id.clone()),
            ),
            Element::Document | Element::Other => End::Inside,
            Element::Outside => End::Outside(self.held(symbol)),
            Element::Unseen if is_outside(self.names.of(symbol)) => End::Outside(self.held(symbol)),
            Element::Unseen => End::Nowhere,
        }
    }

    /// The text of an identifier that no package holds: one that many relationships name is held once.
    fn held(&mut self, symbol: Symbol) -> SmolStr {
        let names = &self.names;
        self.outside.entry(symbol).or_insert_with(|| names.of(symbol).into()).clone()
    }

    /// What the document is about. Where it does not say and has one package only it is about that
    /// (2.3 clause 11.1, `DESCRIBES`, is mandatory for more than one).
    fn describes(&mut self, described: &[Symbol], builder: &mut Builder) {
        let mut seen = HashSet::new();
        for symbol in described {
            if !seen.insert(*symbol) {
                continue;
            }
            match self.end(*symbol, builder) {
                End::Package(id) => builder.document().describes.push(id),
                End::Outside(_) | End::Inside => {}
                End::Nowhere => {
                    let id = shorten(self.names.of(*symbol), 80);
                    builder.problem("document_dangling_reference", || {
                        format!("the document describes {id:?}, which is not in it")
                    });
                }
            }
        }
        if described.is_empty() && self.packages == 1 {
            let document = builder.document();
            document.describes.extend(document.packages.first().map(|only| only.id.clone()));
        }
    }
}

/// Whether an identifier that is not in the document says so itself.
fn is_outside(id: &str) -> bool {
    matches!(id, "NONE" | "NOASSERTION") || id.starts_with("DocumentRef-")
}
