//! CSAF 2.0 and 2.1 of the profiles VEX and security advisory (OASIS CSAF 2.0, sections 3.2 and 4.4,
//! 4.5): what `product_status` says of each vulnerability.
//!
//! Refused are other profiles, which say nothing of products, and later versions. `recommended` is no
//! status of a product and is passed over.

use super::builder::{self, Builder, MAX_NAME, MAX_PROSE};
use super::csaf_tree::{Products, Tree};
use crate::error::DocumentError;
use crate::json::{self, Text};
use crate::limits::Limits;
use crate::text;
use referee_core::Timestamp;
use referee_core::facts::{Vex, VexFormat, VexStatementFact, VexStatus};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

const FORMAT: &str = "CSAF";

/// The most references to products that are followed in one document, those through groups as well.
/// Red Hat's largest documents have some 200,000.
const MAX_REFERENCES: u64 = 1_000_000;

/// Reads a document.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Vex, DocumentError> {
    let csaf: Csaf<'_> = json::read(FORMAT, bytes, limits)?;
    let document = &csaf.document;
    let version = match &*document.csaf_version {
        version @ ("2.0" | "2.1") => version,
        other => {
            return Err(DocumentError::Version {
                format: FORMAT,
                version: text::shorten(other, 80),
                supported: "2.0 and 2.1",
            });
        }
    };
    if !matches!(&*document.category, "csaf_vex" | "csaf_security_advisory") {
        return Err(DocumentError::UnknownFormat {
            expected: "CSAF document of the category csaf_vex or csaf_security_advisory",
        });
    }
    let mut builder = Builder::new(VexFormat::Csaf, limits);
    document.about(version, &mut builder);
    let issued = document.tracking.as_ref().and_then(|t| t.initial_release_date.as_deref());
    let updated = document.tracking.as_ref().and_then(|t| t.current_release_date.as_deref());
    let issued_at = builder.time("initial_release_date", issued);
    let updated_at = builder.time("current_release_date", updated);
    builder.document().issued_at = issued_at;
    builder.document().updated_at = updated_at;
    let tree = csaf.product_tree.unwrap_or_default();
    let products = Products::of(&tree, &mut builder);
    let stated_at = updated_at.or(issued_at);
    let mut reader = Reader { builder, products, references: 0, stated_at };
    for vulnerability in csaf.vulnerabilities.iter().flatten() {
        reader.vulnerability(vulnerability);
    }
    Ok(reader.builder.finish())
}

#[derive(Deserialize)]
struct Csaf<'a> {
    #[serde(borrow)]
    document: Document<'a>,
    #[serde(borrow)]
    product_tree: Option<Tree<'a>>,
    #[serde(borrow)]
    vulnerabilities: Option<Vec<Vulnerability<'a>>>,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    category: Text<'a>,
    #[serde(borrow)]
    csaf_version: Text<'a>,
    #[serde(borrow)]
    publisher: Option<Publisher<'a>>,
    #[serde(borrow)]
    tracking: Option<Tracking<'a>>,
}

#[derive(Deserialize)]
struct Publisher<'a> {
    #[serde(borrow)]
    category: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Tracking<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    initial_release_date: Option<Text<'a>>,
    #[serde(borrow)]
    current_release_date: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    cve: Option<Text<'a>>,
    #[serde(borrow)]
    ids: Option<Vec<Id<'a>>>,
    #[serde(borrow)]
    product_status: Option<Status<'a>>,
    #[serde(borrow)]
    flags: Option<Vec<Said<'a>>>,
    #[serde(borrow)]
    threats: Option<Vec<Said<'a>>>,
    #[serde(borrow)]
    remediations: Option<Vec<Said<'a>>>,
}

#[derive(Deserialize)]
struct Id<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    first_affected: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    first_fixed: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    fixed: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    known_affected: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    known_not_affected: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    last_affected: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    under_investigation: Option<Vec<Text<'a>>>,
}

/// A flag (`label`), a threat or a remediation (`category`, `details`), of some products.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    label: Option<Text<'a>>,
    #[serde(borrow)]
    category: Option<Text<'a>>,
    #[serde(borrow)]
    details: Option<Text<'a>>,
    #[serde(borrow)]
    date: Option<Text<'a>>,
    #[serde(borrow)]
    product_ids: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    group_ids: Option<Vec<Text<'a>>>,
}

impl Document<'_> {
    fn about(&self, version: &str, builder: &mut Builder) {
        if self.tracking.as_ref().is_some_and(|t| t.status.as_deref() == Some("draft")) {
            builder.problem("document_draft", || "the document is a draft".to_owned());
        }
        let vex = builder.document();
        vex.spec_version = Some(version.into());
        let owned = |text: Option<&Text<'_>>| text::owned(text.map(|text| &**text), MAX_NAME);
        if let Some(publisher) = &self.publisher {
            vex.author = owned(publisher.name.as_ref());
            vex.role = owned(publisher.category.as_ref());
        }
        if let Some(tracking) = &self.tracking {
            vex.document_id = owned(tracking.id.as_ref());
            vex.version = tracking.version.as_deref().and_then(|v| text::fact(v, MAX_NAME));
        }
    }
}

struct Reader<'t, 'a> {
    builder: Builder,
    products: Products<'t, 'a>,
    references: u64,
    stated_at: Option<Timestamp>,
}

/// What is said of some products, by product; `all` of those for which nothing else is.
#[derive(Default)]
struct ByProduct<'v> {
    by_id: HashMap<&'v str, usize>,
    all: Option<usize>,
}

impl ByProduct<'_> {
    fn of(&self, product: &str) -> Option<usize> {
        self.by_id.get(product).copied().or(self.all)
    }
}

impl<'t: 'v, 'a: 'v, 'v> Reader<'t, 'a> {
    fn vulnerability(&mut self, vulnerability: &'v Vulnerability<'a>) {
        let ids = vulnerability.ids.iter().flatten().filter_map(|id| id.text.as_deref());
        let mut names = vulnerability.cve.as_deref().into_iter().chain(ids);
        let Some(id) = names.next().and_then(|name| text::fact(name, MAX_NAME)) else {
            return self.builder.unread(|| "a vulnerability has neither CVE nor id".to_owned());
        };
        let aliases = self.builder.aliases(&id, names);
        let Some(status) = &vulnerability.product_status else { return };
        let flags = vulnerability.flags.as_deref().unwrap_or_default();
        let threats = vulnerability.threats.as_deref().unwrap_or_default();
        let remediations = vulnerability.remediations.as_deref().unwrap_or_default();
        // A flag without products is an error (6.1.32), and justifies nothing.
        let of_some = |said: &Said<'a>| said.product_ids.is_some() || said.group_ids.is_some();
        if flags.iter().any(|flag| !of_some(flag)) {
            self.builder.problem("document_statement", || {
                let id = text::shorten(&id, 80);
                format!("a flag of {id:?} does not say of which products it is")
            });
        }
        let by_flag = self.by_product(flags, |said| said.label.is_some() && of_some(said));
        let by_threat = self.by_product(threats, |said| said.category.as_deref() == Some("impact"));
        let by_remedy = self.by_product(remediations, |said| said.details.is_some());
        for (word, status, ids) in status.lists() {
            // One statement for all products of which the same is said.
            let mut alike: BTreeMap<[Option<usize>; 3], Vec<&str>> = BTreeMap::new();
            for product in ids {
                if !self.counted() {
                    break;
                }
                let said = match status {
                    VexStatus::NotAffected => [by_flag.of(product), by_threat.of(product), None],
                    VexStatus::Affected => [None, None, by_remedy.of(product)],
                    _ => [None; 3],
                };
                alike.entry(said).or_default().push(product);
            }
            for ([flag, threat, remedy], ids) in alike {
                let products: Vec<_> = ids.iter().filter_map(|id| self.product(id)).collect();
                let flag = flag.and_then(|index| flags.get(index));
                let threat = threat.and_then(|index| threats.get(index));
                let remedy = remedy.and_then(|index| remediations.get(index));
                let label = flag.and_then(|flag| flag.label.as_deref());
                if products.is_empty() {
                    self.builder.unread(|| format!("{word} of {id:?} names no product"));
                    continue;
                }
                let flagged = flag.and_then(|flag| flag.date.as_deref());
                let stated_at = self.builder.time("flag's date", flagged).or(self.stated_at);
                let words = label.map_or(word.to_owned(), |label| format!("{word}: {label}"));
                self.builder.statement(VexStatementFact {
                    vulnerability: id.clone(),
                    aliases: aliases.clone(),
                    status,
                    justification: label.and_then(builder::justification),
                    stated: text::owned(Some(&words), MAX_PROSE),
                    products,
                    impact: threat.and_then(|t| text::owned(t.details.as_deref(), MAX_PROSE)),
                    action: remedy.and_then(|r| text::owned(r.details.as_deref(), MAX_PROSE)),
                    stated_at,
                });
            }
        }
    }

    /// Counts a reference; `false` where there were too many.
    fn counted(&mut self) -> bool {
        self.references = self.references.saturating_add(1);
        if self.references == MAX_REFERENCES {
            self.builder.document().truncated = true;
            self.builder.problem("document_truncated", || {
                format!("references to products after the first {MAX_REFERENCES} are left out")
            });
        }
        self.references < MAX_REFERENCES
    }

    fn product(&mut self, id: &str) -> Option<referee_core::facts::VexProductFact> {
        let product = self.products.product(id, &mut self.builder)?;
        self.builder.room(super::csaf_tree::weight(&product)).then_some(product)
    }

    /// Which of the things said is about which product: the first of each.
    fn by_product(
        &mut self,
        list: &'v [Said<'a>],
        counts: impl Fn(&Said<'a>) -> bool,
    ) -> ByProduct<'v> {
        let mut by = ByProduct::default();
        for (index, said) in list.iter().enumerate().filter(|(_, said)| counts(said)) {
            if said.product_ids.is_none() && said.group_ids.is_none() {
                by.all = by.all.or(Some(index));
                continue;
            }
            let direct = said.product_ids.iter().flatten();
            let mut groups = Vec::new();
            for group in said.group_ids.iter().flatten() {
                match self.products.group(group) {
                    Some(ids) => groups.push(ids),
                    None => self.builder.problem("document_reference", || {
                        format!("the product group {:?} is not there", text::shorten(group, 80))
                    }),
                }
            }
            for id in direct.chain(groups.into_iter().flatten()) {
                if !self.counted() {
                    return by;
                }
                by.by_id.entry(id).or_insert(index);
            }
        }
        by
    }
}

impl<'a> Status<'a> {
    /// The lists that are a status, with CSAF's word and what it comes to.
    fn lists(&self) -> impl Iterator<Item = (&'static str, VexStatus, &[Text<'a>])> {
        let lists = [
            ("known_affected", VexStatus::Affected, &self.known_affected),
            ("first_affected", VexStatus::Affected, &self.first_affected),
            ("last_affected", VexStatus::Affected, &self.last_affected),
            ("fixed", VexStatus::Fixed, &self.fixed),
            ("first_fixed", VexStatus::Fixed, &self.first_fixed),
            ("known_not_affected", VexStatus::NotAffected, &self.known_not_affected),
            ("under_investigation", VexStatus::UnderInvestigation, &self.under_investigation),
        ];
        lists.into_iter().filter_map(|(word, status, ids)| Some((word, status, ids.as_deref()?)))
    }
}
