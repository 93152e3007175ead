//! What JSON and tag-value of SPDX 2.2 and 2.3 have in common: packages of fields, whatever they
//! were read from.

use super::graph::{Element, Graph};
use super::part;
use crate::error::DocumentError;
use crate::hashes::Hashes;
use crate::limits::Limits;
use crate::sbom::builder::Builder;
use crate::text::shorten;
use referee_core::facts::{PackageFact, Sbom, SbomEncoding, SbomFormat};
use smol_str::{SmolStr, format_smolstr};
use std::borrow::Cow;

/// The name of the format in errors.
pub(super) const FORMAT: &str = "SPDX 2";

/// The identifier that every document has (2.3 clause 6.3).
const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// The fields of a package.
#[derive(Debug, Default)]
pub(super) struct Package<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) version: Option<Cow<'a, str>>,
    pub(super) supplier: Option<Cow<'a, str>>,
    pub(super) purpose: Option<Cow<'a, str>>,
    pub(super) declared: Option<Cow<'a, str>>,
    pub(super) concluded: Option<Cow<'a, str>>,
    pub(super) purls: Vec<Cow<'a, str>>,
    /// Algorithms and values.
    pub(super) hashes: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// A document in the making.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) builder: Builder,
    graph: Graph<'a>,
    version: Option<Cow<'a, str>>,
    packages: u64,
    suppliers: part::Last,
}

impl<'a> Document<'a> {
    /// An empty one.
    pub(super) fn new(encoding: SbomEncoding, limits: &Limits) -> Self {
        let mut graph = Graph::default();
        let document = graph.symbol(Cow::Borrowed(DOCUMENT));
        graph.define(document, Element::Document);
        Self {
            builder: Builder::new(SbomFormat::Spdx, "", encoding, limits),
            graph,
            version: None,
            packages: 0,
            suppliers: part::Last::default(),
        }
    }

    /// The version of the specification as it is written, `SPDX-2.3`.
    pub(super) fn version(&mut self, text: Cow<'a, str>) {
        self.version = Some(text);
    }

    /// The document's own identifier.
    pub(super) fn id(&mut self, id: Cow<'a, str>) {
        let symbol = self.graph.symbol(id);
        self.graph.define(symbol, Element::Document);
    }

    /// Something with an identifier that is no package.
    pub(super) fn other(&mut self, id: Cow<'a, str>) {
        let symbol = self.graph.symbol(id);
        self.graph.define(symbol, Element::Other);
    }

    /// The document says that it is about this.
    pub(super) fn describes(&mut self, id: Cow<'a, str>) {
        let symbol = self.graph.symbol(id);
        self.graph.describe(symbol);
    }

    /// A relationship.
    pub(super) fn relationship(
        &mut self,
        from: Cow<'a, str>,
        kind: Cow<'a, str>,
        to: Cow<'a, str>,
    ) {
        let from = self.graph.symbol(from);
        let to = self.graph.symbol(to);
        let kind = self.graph.kind(kind);
        self.graph.relate(from, to, kind);
    }

    /// A package.
    pub(super) fn package(&mut self, package: Package<'a>) {
        let builder = &mut self.builder;
        let id = match &package.id {
            Some(id) => SmolStr::from(id.as_ref()),
            None => format_smolstr!("#{}", self.packages),
        };
        if package.name.is_none() {
            builder.problem("document_package_name", || {
                format!("the package {:?} has no name", shorten(&id, 80))
            });
        }
        let mut fact = PackageFact {
            name: package.name.as_deref().unwrap_or_default().into(),
            version: package.version.as_deref().map(SmolStr::from),
            kind: package.purpose.as_deref().map(part::purpose),
            supplier: package.supplier.as_deref().map(|text| self.suppliers.of(part::agent(text))),
            license_declared: package.declared.and_then(|text| builder.license(&text)),
            license_concluded: package.concluded.and_then(|text| builder.license(&text)),
            id,
            ..PackageFact::default()
        };
        for locator in &package.purls {
            part::purl(builder, &mut fact.purl, &fact.id, locator);
        }
        let mut hashes = Hashes::default();
        for (algorithm, value) in &package.hashes {
            part::hash(builder, &mut hashes, &fact.id, algorithm, value);
        }
        fact.hashes = hashes.finish();
        builder.package(fact);
        self.graph.package(package.id, builder);
        self.packages = self.packages.saturating_add(1);
    }

    /// The SBOM.
    pub(super) fn finish(mut self) -> Result<Sbom, DocumentError> {
        let Some(version) = self.version else {
            return Err(DocumentError::Missing { format: FORMAT, member: "spdxVersion" });
        };
        match version.trim().strip_prefix("SPDX-") {
            Some(version @ ("2.2" | "2.3")) => {
                self.builder.document().spec_version = version.into()
            }
            _ => {
                return Err(DocumentError::Version {
                    format: "SPDX",
                    version: shorten(&version, 80),
                    supported: "2.2, 2.3, 3.0 and 3.0.1",
                });
            }
        }
        Ok(self.graph.finish(self.builder))
    }
}
