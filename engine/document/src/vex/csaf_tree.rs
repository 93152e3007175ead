//! CSAF's product tree (CSAF 2.0 and 2.1, section 3.2.2): products by their ids, with what identifies
//! them.
//!
//! A product that is one version, or a range of them, of something and whose purl has none is not
//! called by that purl: the purl would be every version's. A part of something that nothing identifies
//! is nothing that can be found, but for one build of a package of an operating system. Relationships that go round in a circle or
//! name nothing that is there lead to no product.

use super::builder::{Builder, MAX_NAME};
use crate::json::Text;
use crate::purl::Purl;
use crate::text;
use referee_core::facts::VexProductFact;
use serde::Deserialize;
use smol_str::SmolStr;
use std::collections::HashMap;

/// How many relationships may stand upon each other. Two are usual: a package in a module on a
/// platform.
const MAX_DEPTH: usize = 8;

/// The most purls or hashes of one product.
const MAX_IDENTIFIERS: usize = 32;

/// The most that is remembered of products that were looked up, in their parts and identifiers.
const MAX_REMEMBERED: usize = 1_000_000;

#[derive(Default, Deserialize)]
pub(super) struct Tree<'a> {
    #[serde(borrow)]
    branches: Option<Vec<Branch<'a>>>,
    #[serde(borrow)]
    full_product_names: Option<Vec<Product<'a>>>,
    #[serde(borrow)]
    product_groups: Option<Vec<Group<'a>>>,
    #[serde(borrow)]
    relationships: Option<Vec<Relationship<'a>>>,
}

#[derive(Deserialize)]
struct Branch<'a> {
    #[serde(borrow)]
    category: Option<Text<'a>>,
    #[serde(borrow)]
    product: Option<Product<'a>>,
    #[serde(borrow)]
    branches: Option<Vec<Branch<'a>>>,
}

#[derive(Deserialize)]
struct Product<'a> {
    #[serde(borrow)]
    product_id: Text<'a>,
    #[serde(borrow)]
    product_identification_helper: Option<Helper<'a>>,
}

#[derive(Deserialize)]
struct Helper<'a> {
    #[serde(borrow)]
    cpe: Option<Text<'a>>,
    #[serde(borrow)]
    purl: Option<Text<'a>>,
    /// Since 2.1.
    #[serde(borrow)]
    purls: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    hashes: Option<Vec<FileHashes<'a>>>,
}

#[derive(Deserialize)]
struct FileHashes<'a> {
    #[serde(borrow)]
    file_hashes: Option<Vec<Hash<'a>>>,
}

#[derive(Deserialize)]
struct Hash<'a> {
    #[serde(borrow)]
    algorithm: Text<'a>,
    #[serde(borrow)]
    value: Text<'a>,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow)]
    group_id: Text<'a>,
    #[serde(borrow)]
    product_ids: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct Relationship<'a> {
    #[serde(borrow)]
    full_product_name: Product<'a>,
    #[serde(borrow)]
    product_reference: Text<'a>,
    #[serde(borrow)]
    relates_to_product_reference: Text<'a>,
}

/// What an id stands for.
#[derive(Clone, Copy)]
struct Node<'t, 'a> {
    helper: Option<&'t Helper<'a>>,
    /// Whether the product is something at one version or in a range of versions.
    versioned: bool,
    /// The part, and the product that it is a part of.
    relation: Option<(&'t str, &'t str)>,
}

/// The products of a document by their ids.
pub(super) struct Products<'t, 'a> {
    nodes: HashMap<&'t str, Node<'t, 'a>>,
    groups: HashMap<&'t str, &'t [Text<'a>]>,
    known: HashMap<SmolStr, Option<VexProductFact>>,
    remembered: usize,
}

/// What a product takes besides itself: its parts, and each purl and digest after the first.
pub(super) fn weight(product: &VexProductFact) -> usize {
    let of = |list: &[SmolStr]| list.len().saturating_sub(1);
    let more = of(&product.purls).saturating_add(of(&product.digests));
    product.components.len().saturating_add(more)
}

impl<'t, 'a> Products<'t, 'a> {
    /// Those of a tree. An id that stands for two products stands for neither.
    pub(super) fn of(tree: &'t Tree<'a>, builder: &mut Builder) -> Self {
        let mut products = Self {
            nodes: HashMap::new(),
            groups: HashMap::new(),
            known: HashMap::new(),
            remembered: 0,
        };
        let mut twice = Vec::new();
        let mut branches: Vec<&Branch<'a>> = tree.branches.iter().flatten().collect();
        while let Some(branch) = branches.pop() {
            let category = branch.category.as_deref();
            let versioned = matches!(category, Some("product_version" | "product_version_range"));
            if let Some(product) = &branch.product {
                products.add(product, versioned, None, &mut twice);
            }
            branches.extend(branch.branches.iter().flatten());
        }
        for product in tree.full_product_names.iter().flatten() {
            products.add(product, false, None, &mut twice);
        }
        for relationship in tree.relationships.iter().flatten() {
            let part: &str = &relationship.product_reference;
            let whole: &str = &relationship.relates_to_product_reference;
            let product = &relationship.full_product_name;
            products.add(product, false, Some((part, whole)), &mut twice);
        }
        for id in twice {
            products.nodes.remove(id);
            builder.problem("document_duplicate_id", || {
                format!("more than one product has the id {:?}", text::shorten(id, 80))
            });
        }
        for group in tree.product_groups.iter().flatten() {
            products.groups.insert(&group.group_id, group.product_ids.as_slice());
        }
        products
    }

    fn add(
        &mut self,
        product: &'t Product<'a>,
        versioned: bool,
        relation: Option<(&'t str, &'t str)>,
        twice: &mut Vec<&'t str>,
    ) {
        let helper = product.product_identification_helper.as_ref();
        let id: &'t str = &product.product_id;
        if self.nodes.insert(id, Node { helper, versioned, relation }).is_some() {
            twice.push(id);
        }
    }

    /// The ids of a group; none where there is no such group.
    pub(super) fn group(&self, id: &str) -> Option<&'t [Text<'a>]> {
        self.groups.get(id).copied()
    }

    /// A product as a statement's fact; `None`, with a problem, where the id leads to none.
    pub(super) fn product(&mut self, id: &str, builder: &mut Builder) -> Option<VexProductFact> {
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        let product = self.resolve(id, builder, 0);
        if product.is_none() {
            builder.problem("document_reference", || {
                format!("the product {:?} is not there, or a part of itself", text::shorten(id, 80))
            });
        }
        self.remember(id, product.as_ref());
        product
    }

    fn remember(&mut self, id: &str, product: Option<&VexProductFact>) {
        let more = product.map_or(0, weight).saturating_add(1);
        let remembered = self.remembered.saturating_add(more);
        if remembered <= MAX_REMEMBERED {
            self.remembered = remembered;
            self.known.insert(id.into(), product.cloned());
        }
    }

    fn resolve(&mut self, id: &str, builder: &mut Builder, depth: usize) -> Option<VexProductFact> {
        // What one relationship stands upon others may stand upon, each twice as often as the last.
        if let Some(Some(known)) = self.known.get(id) {
            return Some(known.clone());
        }
        if depth > MAX_DEPTH {
            return None;
        }
        let node = *self.nodes.get(id)?;
        let next = depth.saturating_add(1);
        let mut fact = match node.relation {
            None => VexProductFact { purls: node.purls(node.versioned), ..Default::default() },
            Some((part, whole)) => {
                let components = self.parts(part, builder, next)?;
                let whole = self.resolve(whole, builder, next)?;
                if whole.purls.is_empty() && whole.digests.is_empty() {
                    let stands_alone = self.is_system(node);
                    let purls = components.iter().filter(|purl| stands_alone && is_build(purl));
                    let purls: Vec<SmolStr> = purls.cloned().collect();
                    let components = if purls.is_empty() { components } else { Vec::new() };
                    VexProductFact { purls, components, ..Default::default() }
                } else {
                    VexProductFact { components, ..whole }
                }
            }
        };
        // What the relationship's own product is called identifies the whole with the part in it.
        if node.relation.is_none() {
            fact.digests = node.digests(builder);
        }
        fact.id = text::fact(id, MAX_NAME);
        if depth > 0 && node.relation.is_some() {
            self.remember(id, Some(&fact));
        }
        Some(fact)
    }

    /// Whether a relationship's whole is an operating system, known by its CPE alone.
    fn is_system(&self, node: Node<'t, 'a>) -> bool {
        let whole = node.relation.and_then(|(_, whole)| self.nodes.get(whole));
        let helper = whole.and_then(|whole| whole.helper);
        helper.is_some_and(|helper| {
            let cpe = helper.cpe.as_deref().unwrap_or_default();
            let system = cpe.starts_with("cpe:/o:") || cpe.starts_with("cpe:2.3:o:");
            system && helper.purl.is_none() && helper.purls.is_none() && helper.hashes.is_none()
        })
    }

    /// What a part is called: its purls, those of its parts, else its id.
    fn parts(&mut self, id: &str, builder: &mut Builder, depth: usize) -> Option<Vec<SmolStr>> {
        let node = *self.nodes.get(id)?;
        if node.relation.is_some() {
            let fact = self.resolve(id, builder, depth)?;
            if !fact.components.is_empty() {
                return Some(fact.components);
            }
            if !fact.purls.is_empty() {
                return Some(fact.purls);
            }
        }
        let purls = node.purls(false);
        Some(if purls.is_empty() { vec![text::fact(id, MAX_NAME)?] } else { purls })
    }
}

/// Whether a purl is one build of a distribution's package, whose version says which it is wherever it
/// is installed.
fn is_build(purl: &str) -> bool {
    Purl::parse(purl)
        .is_some_and(|purl| purl.version.is_some() && matches!(&*purl.kind, "rpm" | "deb" | "apk"))
}

impl Node<'_, '_> {
    /// Its purls; of something at one version only those that have one.
    fn purls(&self, versioned: bool) -> Vec<SmolStr> {
        let Some(helper) = self.helper else { return Vec::new() };
        let all = helper.purl.iter().chain(helper.purls.iter().flatten()).take(MAX_IDENTIFIERS);
        let all = all.filter(|purl| {
            !versioned || Purl::parse(purl).is_some_and(|purl| purl.version.is_some())
        });
        all.filter_map(|purl| text::fact(purl, MAX_NAME)).collect()
    }

    fn digests(&self, builder: &mut Builder) -> Vec<SmolStr> {
        let files = self.helper.and_then(|helper| helper.hashes.as_ref());
        // Of several files none is the product: a product with one file is that file.
        let files = files.map(Vec::as_slice).unwrap_or_default();
        let [file] = files else { return Vec::new() };
        let hashes = file.file_hashes.iter().flatten().take(MAX_IDENTIFIERS);
        hashes.filter_map(|hash| builder.digest(&hash.algorithm, &hash.value)).collect()
    }
}
