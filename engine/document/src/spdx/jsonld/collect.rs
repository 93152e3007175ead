//! The elements of an SPDX 3.0 document while they are read, and what becomes of them in the end.

use super::super::graph::{Element, Graph, Names, Symbol};
use super::super::part;
use super::FORMAT;
use super::element::{self, Creation, CreationRef, ElementIn, Identifier, Refs};
use super::kinds;
use super::licensing::{License, Licenses, is_individual};
use crate::error::DocumentError;
use crate::hashes::Hashes;
use crate::json::Text;
use crate::license::Operator;
use crate::limits::Limits;
use crate::sbom::builder::Builder;
use crate::stream::{Few, TextOr};
use crate::text::shorten;
use referee_core::facts::{PackageFact, Sbom, SbomEncoding, SbomFormat};
use smol_str::{SmolStr, format_smolstr};
use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// A document in the making.
pub(super) struct Collection<'a> {
    builder: Builder,
    graph: Graph<'a>,
    packages: u32,
    /// The version in the context's address.
    context: Option<String>,
    /// The document element, and its creation information.
    document: Option<(Symbol, Made<'a>)>,
    /// The roots of collections: documents, SBOMs, bundles.
    roots: HashMap<Symbol, Vec<Symbol>>,
    /// The collections in the document's order.
    collections: Vec<Symbol>,
    made: HashMap<Symbol, Box<Creation<'a>>>,
    first_made: Option<Made<'a>>,
    /// Names of agents and tools.
    agents: HashMap<Symbol, Cow<'a, str>>,
    /// Package URLs that are elements of their own, and the packages that refer to such elements.
    purls: HashMap<Symbol, SmolStr>,
    identified: Vec<(u32, Symbol)>,
    /// Suppliers of packages by the packages' positions.
    suppliers: Vec<(u32, Symbol)>,
    licenses: HashMap<Symbol, License<'a>>,
    declared: Vec<(Symbol, Symbol)>,
    concluded: Vec<(Symbol, Symbol)>,
    inlined: bool,
}

/// Creation information: elsewhere, or here.
enum Made<'a> {
    By(Symbol),
    Here(Box<Creation<'a>>),
}

impl<'a> Collection<'a> {
    /// An empty one.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            builder: Builder::new(SbomFormat::Spdx, "", SbomEncoding::JsonLd, limits),
            graph: Graph::default(),
            packages: 0,
            context: None,
            document: None,
            roots: HashMap::new(),
            collections: Vec::new(),
            made: HashMap::new(),
            first_made: None,
            agents: HashMap::new(),
            purls: HashMap::new(),
            identified: Vec::new(),
            suppliers: Vec::new(),
            licenses: HashMap::new(),
            declared: Vec::new(),
            concluded: Vec::new(),
            inlined: false,
        }
    }

    /// The version that the context's address has.
    pub(super) fn context(&mut self, version: Option<String>) {
        self.context = version;
    }

    /// An element. Its identifier may be named before and after.
    pub(super) fn add(&mut self, mut element: ElementIn<'a>) {
        let refs = [
            &element.created_by,
            &element.created_using,
            &element.roots,
            &element.from,
            &element.to,
            &element.supplier,
            &element.members,
            &element.license,
            &element.addition,
        ];
        self.inlined |= refs.iter().any(|refs| refs.inlined);
        let class = std::mem::replace(&mut element.class, Text(Cow::Borrowed("")));
        let node = element.node.take();
        let names = (element.id.as_ref(), node.as_ref());
        if let (Some(id), Some(node)) = names
            && id != node
            && &*class != "CreationInfo"
        {
            self.builder.problem("document_element", || {
                format!("{:?} has another identifier as well", shorten(id, 80))
            });
        }
        if &*class == "CreationInfo" {
            element.node = node;
        } else {
            element.id = element.id.or(node);
        }
        match class.0.as_ref() {
            "software_Package" | "ai_AIPackage" | "dataset_DatasetPackage" => self.package(element),
            "SpdxDocument" => self.document(element),
            "software_Sbom" | "Bom" | "Bundle" => self.collection(element),
            "CreationInfo" => self.creation(element),
            "Relationship" | "LifecycleScopedRelationship" => self.relationship(element),
            "Person" | "Organization" | "SoftwareAgent" | "Agent" | "Tool" => self.agent(element),
            // The element that stands for nothing, as sbom-tool writes it: with an identifier of its own.
            "NoneElement" => self.license(element, License::Expression("NONE".into())),
            "NoAssertionElement" => {
                self.license(element, License::Expression("NOASSERTION".into()))
            }
            // As sbom-tool writes an expression.
            "AnyLicenseInfo" | "simplelicensing_AnyLicenseInfo" => {
                let text = element.name.take().map_or(Cow::Borrowed(""), |text| text.0);
                self.license(element, License::Expression(text));
            }
            "ExternalIdentifier" => self.identifier(element),
            "simplelicensing_LicenseExpression" => {
                let text = element.expression.take().map_or(Cow::Borrowed(""), |text| text.0);
                self.license(element, License::Expression(text));
            }
            "expandedlicensing_ListedLicense" | "expandedlicensing_ListedLicenseException" => {
                self.license(element, License::Listed);
            }
            "expandedlicensing_CustomLicense" | "simplelicensing_SimpleLicensingText" => {
                self.license(element, License::Custom);
            }
            "expandedlicensing_CustomLicenseAddition" => {
                self.license(element, License::CustomAddition);
            }
            "expandedlicensing_ConjunctiveLicenseSet" => self.license_set(element, Operator::And),
            "expandedlicensing_DisjunctiveLicenseSet" => self.license_set(element, Operator::Or),
            "expandedlicensing_OrLaterOperator" => {
                let subject = self.first(std::mem::take(&mut element.license));
                self.license(element, License::OrLater(subject));
            }
            "expandedlicensing_WithAdditionOperator" => {
                let subject = self.first(std::mem::take(&mut element.license));
                let addition = self.first(std::mem::take(&mut element.addition));
                self.license(element, License::With(subject, addition));
            }
            other => {
                // The context has a word for every class: a package by its address would be missed.
                if other.contains(':') {
                    self.builder.problem("document_element", || {
                        format!("an element of the class {:?} is not read", shorten(other, 80))
                    });
                }
                if let Some(id) = element.id {
                    let symbol = self.graph.symbol(id.0);
                    self.graph.define(symbol, Element::Other);
                }
            }
        }
    }

    /// The symbol of what is referred to. The individuals for nothing and for no assertion have 2.x's
    /// words for them, whatever they are called here.
    fn refer(&mut self, id: Cow<'a, str>) -> Symbol {
        let id = if is_individual(&id, "None") {
            Cow::Borrowed("NONE")
        } else if is_individual(&id, "NoAssertion") {
            Cow::Borrowed("NOASSERTION")
        } else {
            id
        };
        self.graph.symbol(id)
    }

    fn symbols(&mut self, refs: Refs<'a>) -> Vec<Symbol> {
        refs.ids.into_iter().map(|id| self.refer(id)).collect()
    }

    fn first(&mut self, refs: Refs<'a>) -> Option<Symbol> {
        refs.ids.into_iter().next().map(|id| self.refer(id))
    }

    /// The symbol of an element that is this; `None` where it has no identifier, so that nothing
    /// can refer to it.
    fn define(&mut self, id: Option<Text<'a>>, element: Element) -> Option<Symbol> {
        let symbol = self.graph.symbol(id?.0);
        self.graph.define(symbol, element);
        Some(symbol)
    }

    fn package(&mut self, element: ElementIn<'a>) {
        let builder = &mut self.builder;
        let id = match &element.id {
            Some(id) => SmolStr::from(&**id),
            None => format_smolstr!("#{}", self.packages),
        };
        if element.name.is_none() {
            builder.problem("document_package_name", || {
                format!("the package {:?} has no name", shorten(&id, 80))
            });
        }
        let mut fact = PackageFact {
            name: element.name.as_deref().unwrap_or_default().into(),
            version: element.package_version.as_deref().map(SmolStr::from),
            kind: element.purpose.as_deref().map(|purpose| kinds::separated(purpose, '-')),
            id,
            ..PackageFact::default()
        };
        if let Some(purl) = &element.purl {
            part::purl(builder, &mut fact.purl, &fact.id, purl);
        }
        for purl in objects(&element.identifiers).filter_map(Identifier::purl) {
            part::purl(builder, &mut fact.purl, &fact.id, purl);
        }
        let without = fact.purl.is_none();
        let mut hashes = Hashes::default();
        for method in objects(&element.hashes) {
            if method.class.as_deref() == Some("Hash") {
                let algorithm = method.algorithm.as_deref().unwrap_or_default();
                let value = method.value.as_deref().unwrap_or_default();
                part::hash(builder, &mut hashes, &fact.id, algorithm, value);
            }
        }
        fact.hashes = hashes.finish();
        builder.package(fact);
        self.graph.package(element.id.map(|id| id.0), builder);
        builder.leave_out("hashes", element.hashes.left_out);
        builder.leave_out("identifiers of packages", element.identifiers.left_out);
        for identifier in element.identifiers.kept.into_iter().filter(|_| without) {
            if let TextOr::Text(id) = identifier {
                let symbol = self.refer(id.0);
                self.identified.push((self.packages, symbol));
            }
        }
        if let Some(supplier) = self.first(element.supplier) {
            self.suppliers.push((self.packages, supplier));
        }
        self.packages = self.packages.saturating_add(1);
    }

    fn document(&mut self, element: ElementIn<'a>) {
        let id = element.id.as_deref().map(str::to_owned);
        let name = element.name.as_deref().map(str::to_owned);
        let made = element.creation.map(|made| self.made(made));
        let roots = element.roots;
        self.builder.leave_out("imports", element.import.left_out);
        for import in element.import.kept {
            if let TextOr::Object(import) = import {
                self.define(import.id, Element::Outside);
            }
        }
        let symbol = self.define(element.id, Element::Document);
        if self.document.is_some() {
            self.builder.problem("document_several", || {
                "more than one element is the document; the first is taken".to_owned()
            });
            return;
        }
        let Some(symbol) = symbol else {
            self.builder
                .problem("document_no_id", || "the document element has no identifier".to_owned());
            return;
        };
        self.builder.document().document_id = id;
        self.builder.document().name = name;
        let roots = self.symbols(roots);
        self.roots.insert(symbol, roots);
        // Without creation information of its own it is the first one's.
        self.document = Some((symbol, made.unwrap_or(Made::By(symbol))));
    }

    fn collection(&mut self, element: ElementIn<'a>) {
        if let Some(symbol) = self.define(element.id, Element::Document) {
            let roots = self.symbols(element.roots);
            self.roots.entry(symbol).or_insert(roots);
            self.collections.push(symbol);
        }
    }

    fn made(&mut self, made: CreationRef<'a>) -> Made<'a> {
        match made {
            CreationRef::Id(id) => Made::By(self.graph.symbol(id)),
            CreationRef::Inline(made) => Made::Here(made),
        }
    }

    fn creation(&mut self, element: ElementIn<'a>) {
        let made = Box::new(Creation {
            created: element.created,
            version: element.version,
            created_by: element.created_by,
            created_using: element.created_using,
        });
        let symbol = self.define(element.id, Element::Other);
        if let Some(symbol) = self.define(element.node, Element::Other).or(symbol) {
            self.made.entry(symbol).or_insert(made);
            self.first_made.get_or_insert(Made::By(symbol));
        } else {
            self.first_made.get_or_insert(Made::Here(made));
        }
    }

    fn agent(&mut self, element: ElementIn<'a>) {
        let name = element.name;
        if let (Some(symbol), Some(name)) = (self.define(element.id, Element::Other), name) {
            let known = self.agents.entry(symbol).or_insert_with(|| name.0.clone());
            if *known != name.0 {
                same_id(&mut self.builder, "agent", self.graph.names().of(symbol));
            }
        }
    }

    fn identifier(&mut self, element: ElementIn<'a>) {
        let mut found = None;
        let id = element.id.as_deref().unwrap_or_default();
        if let Some(purl) =
            element::purl(element.identifier_kind.as_ref(), element.identifier.as_ref())
        {
            part::purl(&mut self.builder, &mut found, id, purl);
        }
        if let (Some(symbol), Some(purl)) = (self.define(element.id, Element::Other), found) {
            let known = self.purls.entry(symbol).or_insert_with(|| purl.clone());
            if *known != purl {
                same_id(&mut self.builder, "identifier", self.graph.names().of(symbol));
            }
        }
    }

    fn license(&mut self, element: ElementIn<'a>, license: License<'a>) {
        let Some(symbol) = self.define(element.id, Element::Other) else { return };
        match self.licenses.entry(symbol) {
            Entry::Vacant(place) => drop(place.insert(license)),
            Entry::Occupied(known) if *known.get() == license => {}
            Entry::Occupied(mut known) => {
                known.insert(License::Several);
                same_id(&mut self.builder, "licence", self.graph.names().of(symbol));
            }
        }
    }

    fn license_set(&mut self, mut element: ElementIn<'a>, operator: Operator) {
        let members = self.symbols(std::mem::take(&mut element.members));
        self.license(element, License::Set(members, operator));
    }

    fn relationship(&mut self, element: ElementIn<'a>) {
        let kind = element.kind.map_or(Cow::Borrowed(""), |kind| kinds::word(kind.0));
        let scope = element.scope.as_deref().map(str::to_owned);
        if element.from.ids.len() > 1 {
            self.builder.problem("document_relationship", || {
                format!("a relationship {:?} begins in several places", shorten(&kind, 80))
            });
        }
        let Some(from) = self.first(element.from) else {
            self.builder.problem("document_relationship", || {
                format!("a relationship {:?} begins nowhere", shorten(&kind, 80))
            });
            return;
        };
        let to = self.symbols(element.to);
        // What relates packages to licences becomes their licences.
        match kind.as_ref() {
            "hasDeclaredLicense" => self.declared.extend(to.into_iter().map(|to| (from, to))),
            "hasConcludedLicense" => self.concluded.extend(to.into_iter().map(|to| (from, to))),
            _ => {
                let (kind, reversed) = kinds::of_2(&kind, scope.as_deref());
                let kind = self.graph.kind(kind);
                for to in to {
                    let (from, to) = if reversed { (to, from) } else { (from, to) };
                    self.graph.relate(from, to, kind);
                }
            }
        }
    }
}

impl<'a> Collection<'a> {
    /// The SBOM.
    pub(super) fn finish(mut self) -> Result<Sbom, DocumentError> {
        let (said, context) = (self.creation_facts(), self.context.take());
        let is_read = |version: &str| matches!(version, "3.0" | "3.0.0" | "3.0.1");
        if let Some(other) = [&said, &context].into_iter().flatten().find(|one| !is_read(one)) {
            return Err(DocumentError::Version {
                format: "SPDX",
                version: shorten(other, 80),
                supported: "2.2, 2.3, 3.0 and 3.0.1",
            });
        }
        let Some(version) = said.or(context) else {
            return Err(DocumentError::Missing { format: FORMAT, member: "specVersion" });
        };
        self.builder.document().spec_version = version.into();
        if self.inlined {
            self.builder.problem("document_inlined_element", || {
                "an element stands inside another one; of those only the identifiers are read"
                    .to_owned()
            });
        }
        self.describe();
        let Self { mut builder, graph, suppliers, agents, purls, identified, .. } = self;
        let mut last: Option<(u32, &SmolStr)> = None;
        for (position, symbol) in identified {
            let (Some(purl), Ok(index)) = (purls.get(&symbol), usize::try_from(position)) else {
                continue;
            };
            match last {
                Some((of, other)) if of == position => {
                    if other != purl {
                        builder.problem("document_purl", || {
                            "a package has more than one package URL; the first is taken".to_owned()
                        });
                    }
                }
                _ => {
                    builder.set_purl(index, purl.clone());
                    last = Some((position, purl));
                }
            }
        }
        let names = graph.names();
        let mut held: HashMap<Symbol, SmolStr> = HashMap::new();
        for (position, supplier) in suppliers {
            let name = held.entry(supplier);
            let name = name.or_insert_with(|| agent_name(&agents, names, supplier).into()).clone();
            let packages = &mut builder.document().packages;
            let package = usize::try_from(position).ok().and_then(|at| packages.get_mut(at));
            if let Some(package) = package {
                package.supplier = Some(name);
            }
        }
        let mut licenses = Licenses::new(&self.licenses);
        let declared = texts(&graph, &mut licenses, self.declared);
        let mut concluded = texts(&graph, &mut licenses, self.concluded);
        let mut both: Vec<(usize, Option<SmolStr>, Option<SmolStr>)> = Vec::new();
        for (position, text) in declared {
            both.push((position, Some(text), concluded.remove(&position)));
        }
        both.extend(concluded.into_iter().map(|(position, text)| (position, None, Some(text))));
        // The table of licences is bounded, so that which of them are in it must not be chance.
        both.sort_unstable_by_key(|(position, ..)| *position);
        for (position, declared, concluded) in both {
            let declared = declared.and_then(|text| builder.license(&text));
            let concluded = concluded.and_then(|text| builder.license(&text));
            builder.set_licenses(position, declared, concluded);
        }
        Ok(graph.finish(builder))
    }

    /// When, by whom and with what the document was made; gives the version that it says it is in.
    fn creation_facts(&mut self) -> Option<String> {
        let own = self.document.take();
        let root = own.as_ref().map(|(symbol, _)| *symbol);
        let made = match own {
            Some((_, Made::Here(made))) => Some(made),
            Some((_, Made::By(symbol))) => self.made.remove(&symbol),
            None => None,
        };
        let made = made.or_else(|| match self.first_made.take() {
            Some(Made::Here(made)) => Some(made),
            Some(Made::By(symbol)) => self.made.remove(&symbol),
            None => None,
        });
        self.document = root.map(|symbol| (symbol, Made::By(symbol)));
        let Creation { created, version, created_by, created_using } = *made?;
        if let Some(created) = created {
            self.builder.created_at(&created);
        }
        let by = self.symbols(created_by);
        let using = self.symbols(created_using);
        let names = self.graph.names();
        for agent in by {
            part::author(&mut self.builder, agent_name(&self.agents, names, agent));
        }
        for tool in using {
            part::tool(&mut self.builder, agent_name(&self.agents, names, tool));
        }
        version.map(|version| version.0.into_owned())
    }

    /// What the document is about: its roots, and theirs where they are collections. Without a
    /// document element those of all collections.
    fn describe(&mut self) {
        let mut open: Vec<Symbol> = match self.document.take() {
            Some((symbol, _)) => vec![symbol],
            None => self.collections.iter().rev().copied().collect(),
        };
        let mut seen = HashSet::new();
        while let Some(symbol) = open.pop() {
            if !seen.insert(symbol) {
                continue;
            }
            match self.roots.get(&symbol) {
                Some(roots) => open.extend(roots.iter().rev()),
                None => self.graph.describe(symbol),
            }
        }
    }
}

/// Those that stand in a list themselves. What is known of one elsewhere is not looked for.
fn objects<'l, 'a, T, const MOST: usize>(
    list: &'l Few<TextOr<'a, T>, MOST>,
) -> impl Iterator<Item = &'l T> {
    list.kept.iter().filter_map(|one| match one {
        TextOr::Object(object) => Some(object),
        TextOr::Text(_) => None,
    })
}

/// Elements of one class have one identifier and say different things.
fn same_id(builder: &mut Builder, what: &str, id: &str) {
    builder.problem("document_duplicate_id", || {
        format!("more than one {what} has the id {:?}", shorten(id, 80))
    });
}

/// The licence text of each package by its position.
fn texts(
    graph: &Graph<'_>,
    licenses: &mut Licenses<'_, '_>,
    mut relations: Vec<(Symbol, Symbol)>,
) -> HashMap<usize, SmolStr> {
    relations.sort_by_key(|(from, _)| *from);
    let mut found = HashMap::new();
    for group in relations.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((from, _)) = group.first() else { continue };
        let Element::Package(position) = graph.element(*from) else { continue };
        let symbols: Vec<Symbol> = group.iter().map(|(_, to)| *to).collect();
        let Some(text) = licenses.text(&symbols, graph.names()) else { continue };
        if let Ok(position) = usize::try_from(position) {
            found.insert(position, text);
        }
    }
    found
}

/// The name of an agent or a tool; its identifier where it has none in the document.
fn agent_name<'n>(
    agents: &'n HashMap<Symbol, Cow<'_, str>>,
    names: &'n Names<'_>,
    symbol: Symbol,
) -> &'n str {
    agents.get(&symbol).map_or_else(|| names.of(symbol), |name| part::agent(name))
}
