//! OpenVEX 0.0.1 and 0.2.0 (openvex/spec, `OPENVEX-SPEC.md`).
//!
//! A statement without its own time has the document's `timestamp`, which it inherits; the
//! document's `last_updated` says only that some statement changed. A statement without products is
//! about what the document is attached to (`ATTESTING.md`). One whose products all cannot be read is
//! left out: it must not come to be about everything.

use super::builder::{self, Builder, MAX_NAME, MAX_PROSE};
use crate::error::DocumentError;
use crate::json::{Each, Text};
use crate::limits::Limits;
use crate::stream::{self, Entries, Members, TextOr};
use crate::text;
use referee_core::Timestamp;
use referee_core::facts::{Vex, VexFormat, VexProductFact, VexStatementFact, VexStatus};
use serde::Deserialize;
use serde::de::MapAccess;
use smol_str::SmolStr;

const FORMAT: &str = "OpenVEX";

/// Reads a document.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Vex, DocumentError> {
    let top = stream::read(FORMAT, bytes, limits, || Top {
        builder: Builder::new(VexFormat::OpenVex, limits),
        context: None,
        timestamp: None,
        last_updated: None,
        inherit: Vec::new(),
    })?;
    let Top { mut builder, context, timestamp, last_updated, inherit } = top;
    let context = context.ok_or(DocumentError::Missing { format: FORMAT, member: "@context" })?;
    let version = match context.strip_prefix(super::OPENVEX_PREDICATE) {
        Some("" | "/" | "/v0.0.1") => "0.0.1",
        Some("/v0.2.0") => "0.2.0",
        _ => {
            return Err(DocumentError::Version {
                format: FORMAT,
                version: text::shorten(&context, 80),
                supported: "0.0.1 and 0.2.0",
            });
        }
    };
    let issued_at = builder.time("timestamp", timestamp.as_deref());
    let updated_at = builder.time("last_updated", last_updated.as_deref());
    let vex = builder.document();
    vex.spec_version = Some(version.into());
    vex.issued_at = issued_at;
    vex.updated_at = updated_at;
    for index in inherit {
        if let Some(statement) = vex.statements.get_mut(index) {
            statement.stated_at = issued_at.or(updated_at);
        }
    }
    Ok(builder.finish())
}

struct Top<'a> {
    builder: Builder,
    context: Option<Text<'a>>,
    timestamp: Option<Text<'a>>,
    last_updated: Option<Text<'a>>,
    /// The statements without a time of their own.
    inherit: Vec<usize>,
}

impl<'de> Members<'de> for Top<'de> {
    const NAMES: &'static [&'static str] = &[
        "@context",
        "@id",
        "author",
        "role",
        "timestamp",
        "last_updated",
        "version",
        "statements",
    ];

    fn member<A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let vex = self.builder.document();
        match name {
            "@context" => self.context = Some(map.next_value()?),
            "@id" => vex.document_id = bounded(map.next_value()?, MAX_NAME),
            "author" => vex.author = bounded(map.next_value()?, MAX_NAME),
            "role" => vex.role = bounded(map.next_value()?, MAX_NAME),
            "timestamp" => self.timestamp = map.next_value()?,
            "last_updated" => self.last_updated = map.next_value()?,
            "version" => {
                vex.version = match map.next_value::<Option<Version<'de>>>()? {
                    Some(Version::Number(number)) => Some(number.to_string().into()),
                    Some(Version::Text(text)) => text::fact(&text, MAX_NAME),
                    None => None,
                }
            }
            _ => {
                let Self { builder, inherit, .. } = self;
                map.next_value_seed(Each::new(|statement: Statement<'de>| {
                    let at = builder.document().statements.len();
                    let Some(statement) = statement.fact(builder) else { return };
                    if statement.stated_at.is_none() && !builder.full() {
                        inherit.push(at);
                    }
                    builder.statement(statement);
                }))?;
            }
        }
        Ok(())
    }
}

fn bounded(text: Option<Text<'_>>, most: usize) -> Option<String> {
    text::owned(text.as_deref(), most)
}

/// A number since 0.2.0, a text before; it is passed on and not looked at.
#[derive(Deserialize)]
#[serde(untagged)]
enum Version<'a> {
    Number(u64),
    Text(#[serde(borrow)] Text<'a>),
}

#[derive(Deserialize)]
struct Statement<'a> {
    #[serde(borrow)]
    /// Its name, or since 0.2.0 an object.
    vulnerability: Option<TextOr<'a, Vulnerability<'a>>>,
    #[serde(borrow)]
    products: Option<Vec<Product<'a>>>,
    /// Before 0.2.0, of all products.
    #[serde(borrow)]
    subcomponents: Option<Vec<Product<'a>>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    status_notes: Option<Text<'a>>,
    #[serde(borrow)]
    justification: Option<Text<'a>>,
    #[serde(borrow)]
    impact_statement: Option<Text<'a>>,
    #[serde(borrow)]
    action_statement: Option<Text<'a>>,
    #[serde(borrow)]
    timestamp: Option<Text<'a>>,
    #[serde(borrow)]
    last_updated: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Vulnerability<'a> {
    #[serde(rename = "@id", borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    aliases: Option<Vec<Text<'a>>>,
}

/// A product or a part of one: its id, or since 0.2.0 an object.
#[derive(Deserialize)]
#[serde(transparent)]
struct Product<'a>(#[serde(borrow)] TextOr<'a, Component<'a>>);

#[derive(Deserialize)]
struct Component<'a> {
    #[serde(rename = "@id", borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    identifiers: Option<Identifiers<'a>>,
    #[serde(borrow)]
    hashes: Option<Entries<'a, Text<'a>>>,
    #[serde(borrow)]
    subcomponents: Option<Vec<Product<'a>>>,
}

#[derive(Deserialize)]
struct Identifiers<'a> {
    #[serde(borrow)]
    purl: Option<Text<'a>>,
}

impl Statement<'_> {
    fn fact(&self, builder: &mut Builder) -> Option<VexStatementFact> {
        let Some((id, aliases)) = self.vulnerability(builder) else {
            builder.unread(|| "a statement names no vulnerability".to_owned());
            return None;
        };
        let written = self.status.as_deref().unwrap_or_default();
        let Some(status) = builder::status(written) else {
            builder.unread(|| {
                let (id, status) = (text::shorten(&id, 80), text::shorten(written, 80));
                format!("the statement on {id:?} has the status {status:?}, which is none")
            });
            return None;
        };
        let products = self.products(builder, &id)?;
        let reason = self.justification.as_deref().filter(|reason| !reason.is_empty());
        let justification = reason.and_then(builder::justification);
        let mut stated = self.status_notes.as_deref().filter(|notes| !notes.is_empty());
        if let (Some(reason), None) = (reason, justification) {
            stated = Some(reason);
            builder.problem("document_statement", || {
                let (id, reason) = (text::shorten(&id, 80), text::shorten(reason, 80));
                format!("the statement on {id:?} has the justification {reason:?}, which is none")
            });
        }
        Some(VexStatementFact {
            stated_at: self.stated_at(builder),
            vulnerability: id,
            aliases,
            status,
            justification: justification.filter(|_| status == VexStatus::NotAffected),
            stated: text::owned(stated, MAX_PROSE),
            products,
            impact: text::owned(self.impact_statement.as_deref(), MAX_PROSE),
            action: text::owned(self.action_statement.as_deref(), MAX_PROSE),
        })
    }

    fn stated_at(&self, builder: &mut Builder) -> Option<Timestamp> {
        let updated = builder.time("statement's last_updated", self.last_updated.as_deref());
        updated.or_else(|| builder.time("statement's timestamp", self.timestamp.as_deref()))
    }

    /// Its name and other names. Of an object without a name the `@id`, which is an address, gives
    /// its last part, as databases' addresses end.
    fn vulnerability(&self, builder: &mut Builder) -> Option<(SmolStr, Vec<SmolStr>)> {
        match self.vulnerability.as_ref()? {
            TextOr::Text(name) => Some((text::fact(name, MAX_NAME)?, Vec::new())),
            TextOr::Object(object) => {
                let address = object.id.as_deref();
                let name = object.name.as_deref().filter(|name| !name.trim().is_empty());
                let last = || address?.trim_end_matches('/').rsplit('/').next();
                let id = text::fact(name.or_else(last)?, MAX_NAME)?;
                let aliases = object.aliases.iter().flatten().map(|alias| &**alias);
                let aliases = builder.aliases(&id, aliases);
                Some((id, aliases))
            }
        }
    }

    /// The products; `None`, where there are some and none of them can be read.
    fn products(&self, builder: &mut Builder, id: &str) -> Option<Vec<VexProductFact>> {
        let listed = self.products.as_deref().unwrap_or_default();
        let of_all = self.subcomponents.as_deref().unwrap_or_default();
        let mut products = Vec::with_capacity(listed.len().min(64));
        for product in listed {
            let own = match &product.0 {
                TextOr::Object(object) => object.subcomponents.as_deref().unwrap_or_default(),
                TextOr::Text(_) => &[],
            };
            let parts = own.len().saturating_add(of_all.len());
            if !builder.room(parts) {
                continue;
            }
            let mut fact = product.fact(builder);
            builder::image_digest(&mut fact);
            for part in own.iter().chain(of_all) {
                part.name_in(builder, &mut fact.components);
            }
            let named = fact.id.is_some() || !fact.purls.is_empty() || !fact.digests.is_empty();
            if named && (parts == 0 || !fact.components.is_empty()) {
                products.push(fact);
            } else {
                builder.problem("document_product", || {
                    let id = text::shorten(id, 80);
                    format!("the statement on {id:?} has a product or parts of it without a name")
                });
            }
        }
        // Parts of nothing, before 0.2.0, would be lost: such a statement would be about the whole.
        let lost = products.is_empty() && !(listed.is_empty() && of_all.is_empty());
        if lost {
            builder.unread(|| {
                let id = text::shorten(id, 80);
                format!("the statement on {id:?} has no product that can be read")
            });
        }
        (!lost).then_some(products)
    }
}

impl Product<'_> {
    fn fact(&self, builder: &mut Builder) -> VexProductFact {
        let mut fact = VexProductFact::default();
        let (id, object) = match &self.0 {
            TextOr::Text(id) => (Some(&**id), None),
            TextOr::Object(object) => (object.id.as_deref(), Some(object)),
        };
        fact.id = id.and_then(|id| text::fact(id, MAX_NAME));
        let of_object = object.and_then(|object| object.identifiers.as_ref()?.purl.as_deref());
        let purls = id.filter(|id| id.starts_with("pkg:")).into_iter().chain(of_object);
        for purl in purls.filter_map(|purl| text::fact(purl, MAX_NAME)) {
            if !fact.purls.contains(&purl) {
                fact.purls.push(purl);
            }
        }
        let hashes = object.and_then(|object| object.hashes.as_ref());
        for (algorithm, value) in hashes.into_iter().flat_map(Entries::iter).take(16) {
            fact.digests.extend(builder.digest(algorithm, value));
        }
        fact
    }

    /// Names the part: by its purls, else its id, else its digests.
    fn name_in(&self, builder: &mut Builder, names: &mut Vec<SmolStr>) {
        let fact = self.fact(builder);
        match fact.id {
            _ if !fact.purls.is_empty() => names.extend(fact.purls),
            Some(id) => names.push(id),
            None => names.extend(fact.digests),
        }
    }
}
