//! Elements by their identifiers, and what hangs together: read in any order, resolved at the end.
//!
//! An identifier is kept once, however often it is named, and a relationship is three numbers until
//! it is known that both of its ends are packages or outside the document: those of files can be
//! ten times as many.

use crate::sbom::builder::Builder;
use crate::text::shorten;
use referee_core::facts::Sbom;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

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
    kind: u32,
}

/// The elements of a document.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    symbols: HashMap<Cow<'a, str>, Symbol>,
    elements: Vec<Element>,
    packages: u32,
    kinds: HashMap<Cow<'a, str>, u32>,
    relations: Vec<Relation>,
    described: Vec<Symbol>,
}

/// The texts of identifiers, once no more are added.
pub(super) struct Names<'g>(Vec<&'g str>);

impl<'g> Names<'g> {
    /// The text of an identifier.
    pub(super) fn of(&self, symbol: Symbol) -> &'g str {
        at(&self.0, symbol.0).copied().unwrap_or_default()
    }
}

fn at<T>(list: &[T], index: u32) -> Option<&T> {
    list.get(usize::try_from(index).ok()?)
}

impl<'a> Graph<'a> {
    /// The symbol of an identifier.
    pub(super) fn symbol(&mut self, id: Cow<'a, str>) -> Symbol {
        // Documents are far smaller than 4 GiB, so that there are never as many identifiers.
        let next = u32::try_from(self.elements.len()).unwrap_or(u32::MAX);
        let symbol = *self.symbols.entry(id).or_insert(Symbol(next));
        if symbol.0 == next {
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
    pub(super) fn package(&mut self, id: Option<Cow<'a, str>>) {
        if let Some(id) = id {
            let symbol = self.symbol(id);
            self.define(symbol, Element::Package(self.packages));
        }
        self.packages = self.packages.saturating_add(1);
    }

    /// A relationship. Its kind is in lower snake case in the end.
    pub(super) fn relate(&mut self, from: Symbol, to: Symbol, kind: Cow<'a, str>) {
        let next = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        let kind = *self.kinds.entry(kind).or_insert(next);
        self.relations.push(Relation { from, to, kind });
    }

    /// The document says that it is about this.
    pub(super) fn describe(&mut self, symbol: Symbol) {
        self.described.push(symbol);
    }

    /// The texts of all identifiers.
    pub(super) fn names(&self) -> Names<'_> {
        let mut names = vec![""; self.elements.len()];
        for (text, symbol) in &self.symbols {
            let place = usize::try_from(symbol.0).ok().and_then(|index| names.get_mut(index));
            if let Some(place) = place {
                *place = text;
            }
        }
        Names(names)
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
        let names = self.names();
        for Relation { from, to, kind } in relations {
            let Some(kind) = at(&kinds, kind) else { continue };
            match (kind.as_str(), self.element(from), self.element(to)) {
                ("describes", Element::Document, _) => described.push(to),
                ("described_by", _, Element::Document) => described.push(from),
                _ => self.relationship(from, to, kind, &names, &mut builder),
            }
        }
        self.describes(&described, &names, &mut builder);
        drop(names);
        drop(self);
        builder.finish()
    }

    fn relationship(
        &self,
        from: Symbol,
        to: Symbol,
        kind: &SmolStr,
        names: &Names<'_>,
        builder: &mut Builder,
    ) {
        let ends = (self.end(from, names, builder), self.end(to, names, builder));
        let nowhere = match &ends {
            (End::Nowhere, _) => Some(from),
            (_, End::Nowhere) => Some(to),
            _ => None,
        };
        if let Some(nowhere) = nowhere {
            let id = shorten(names.of(nowhere), 80);
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

    fn end(&self, symbol: Symbol, names: &Names<'_>, builder: &mut Builder) -> End {
        match self.element(symbol) {
            Element::Package(position) => End::Package(
                at(&builder.document().packages, position)
                    .map_or_else(|| names.of(symbol).into(), |package| package.id.clone()),
            ),
            Element::Document | Element::Other => End::Inside,
            Element::Outside => End::Outside(names.of(symbol).into()),
            Element::Unseen => {
                let name = names.of(symbol);
                if is_outside(name) { End::Outside(name.into()) } else { End::Nowhere }
            }
        }
    }

    /// What the document is about. Where it does not say and has one package only it is about that
    /// (2.3 clause 11.1, `DESCRIBES`, is mandatory for more than one).
    fn describes(&self, described: &[Symbol], names: &Names<'_>, builder: &mut Builder) {
        let mut seen = HashSet::new();
        for symbol in described {
            if !seen.insert(*symbol) {
                continue;
            }
            match self.end(*symbol, names, builder) {
                End::Package(id) => builder.document().describes.push(id),
                End::Outside(_) | End::Inside => {}
                End::Nowhere => {
                    let id = shorten(names.of(*symbol), 80);
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
