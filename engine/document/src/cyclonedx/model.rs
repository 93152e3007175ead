//! The parts of a CycloneDX document that are read, borrowed from it: what both encodings are read
//! into. Lists have a bound, past which elements are counted and not kept: a list of empty objects
//! would otherwise be a hundred times larger here than it is written.

use crate::json::Text;
pub(super) use crate::stream::Few;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, de};
use std::fmt;

/// A text that says something: absent, empty and blank are the same.
pub(super) fn said<'t>(text: Option<&'t Text<'_>>) -> Option<&'t str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// An organisation or a person.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Entity<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    pub(super) email: Option<Text<'a>>,
}

/// A hash.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Hash<'a> {
    #[serde(borrow)]
    pub(super) alg: Option<Text<'a>>,
    pub(super) content: Option<Text<'a>>,
}

/// One entry of a list of licences: a licence or an expression.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct LicenseChoice<'a> {
    #[serde(borrow)]
    pub(super) license: Option<License<'a>>,
    pub(super) expression: Option<Text<'a>>,
    /// Since 1.6: `declared` or `concluded`. Of a licence it stands in the licence.
    pub(super) acknowledgement: Option<Text<'a>>,
}

/// A licence by its identifier or by its name.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct License<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) acknowledgement: Option<Text<'a>>,
}

/// The most licences of one component that are read; `linux-doc` of Debian has some 40.
pub(super) const MAX_LICENSES: usize = 256;

/// The most hashes of one component that are read; there are 14 algorithms.
pub(super) const MAX_HASHES: usize = 64;

/// A component without those that are nested in it, which are read into facts of their own.
#[derive(Clone, Debug, Default)]
pub(super) struct Component<'a> {
    pub(super) kind: Option<Text<'a>>,
    pub(super) bom_ref: Option<Text<'a>>,
    pub(super) group: Option<Text<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) version: Option<Text<'a>>,
    pub(super) purl: Option<Text<'a>>,
    pub(super) supplier: Option<Entity<'a>>,
    pub(super) hashes: Few<Hash<'a>, MAX_HASHES>,
    pub(super) licenses: Few<LicenseChoice<'a>, MAX_LICENSES>,
}

/// A service, without those nested in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Service<'a> {
    pub(super) bom_ref: Option<Text<'a>>,
    pub(super) group: Option<Text<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) version: Option<Text<'a>>,
}

/// The most tools that are kept.
const MAX_TOOLS: usize = 100;

/// Those who made a document or found a vulnerability: a list (until 1.4), or components and services.
#[derive(Clone, Debug, Default)]
pub(super) struct Tools<'a>(pub(super) Few<Tool<'a>, MAX_TOOLS>);

/// A tool.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Tool<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    pub(super) version: Option<Text<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Tools<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        struct Both<'a> {
            #[serde(borrow, default)]
            components: Few<Tool<'a>, MAX_TOOLS>,
            #[serde(default)]
            services: Few<Tool<'a>, MAX_TOOLS>,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Tools<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of tools, or an object with components and services")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Tools::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Few::deserialize(de::value::SeqAccessDeserializer::new(list)).map(Tools)
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let both = Both::deserialize(de::value::MapAccessDeserializer::new(map))?;
                let mut tools = both.components;
                both.services.kept.into_iter().for_each(|service| tools.push(service));
                tools.left_out = tools.left_out.saturating_add(both.services.left_out);
                Ok(Tools(tools))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// The most authors that are kept.
pub(super) const MAX_AUTHORS: usize = 100;

/// What a document says of itself, without the component that it is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Metadata<'a> {
    pub(super) timestamp: Option<Text<'a>>,
    pub(super) tools: Option<Tools<'a>>,
    pub(super) authors: Few<Entity<'a>, MAX_AUTHORS>,
    /// Since 1.6: who made the document. (`manufacture`, until then, is who made what it is about.)
    pub(super) manufacturer: Option<Entity<'a>>,
    /// Who supplies what the document is about.
    pub(super) supplier: Option<Entity<'a>>,
}

/// The most edges of one dependency that are read; past them the document is over any limit.
const MAX_EDGES: usize = 1 << 20;

/// What something depends on and what it provides (implements).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dependency<'a> {
    #[serde(borrow, rename = "ref")]
    pub(super) reference: Option<Text<'a>>,
    #[serde(default)]
    pub(super) depends_on: Few<Text<'a>, MAX_EDGES>,
    #[serde(default)]
    pub(super) provides: Few<Text<'a>, MAX_EDGES>,
}

/// The most components that one vulnerability can name.
const MAX_AFFECTS: usize = 1 << 16;

/// The most ratings, names and advisories of one vulnerability that are read; Trivy writes some 20.
const MAX_SAID: usize = 256;

/// A vulnerability.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    pub(super) source: Option<Source<'a>>,
    #[serde(default)]
    pub(super) references: Few<Reference<'a>, MAX_SAID>,
    #[serde(default)]
    pub(super) ratings: Few<Rating<'a>, MAX_SAID>,
    pub(super) description: Option<Text<'a>>,
    pub(super) recommendation: Option<Text<'a>>,
    #[serde(default)]
    pub(super) advisories: Few<Advisory<'a>, 16>,
    pub(super) published: Option<Text<'a>>,
    pub(super) tools: Option<Tools<'a>>,
    pub(super) analysis: Option<Analysis<'a>>,
    #[serde(default)]
    pub(super) affects: Few<Affected<'a>, MAX_AFFECTS>,
}

/// Who says something.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Source<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    pub(super) url: Option<Text<'a>>,
}

/// Another name of a vulnerability.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Reference<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
}

/// How bad somebody says that a vulnerability is.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Rating<'a> {
    #[serde(borrow)]
    pub(super) source: Option<Source<'a>>,
    pub(super) score: Option<f64>,
    pub(super) severity: Option<Text<'a>>,
    pub(super) method: Option<Text<'a>>,
    pub(super) vector: Option<Text<'a>>,
}

/// Where to read on.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Advisory<'a> {
    #[serde(borrow)]
    pub(super) url: Option<Text<'a>>,
}

/// What it means here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Analysis<'a> {
    #[serde(borrow)]
    pub(super) state: Option<Text<'a>>,
    pub(super) justification: Option<Text<'a>>,
    #[serde(default)]
    pub(super) response: Few<Text<'a>, 16>,
    pub(super) detail: Option<Text<'a>>,
    pub(super) first_issued: Option<Text<'a>>,
    pub(super) last_updated: Option<Text<'a>>,
}

/// What a vulnerability affects.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Affected<'a> {
    #[serde(borrow, rename = "ref")]
    pub(super) reference: Option<Text<'a>>,
    #[serde(default)]
    pub(super) versions: Few<AffectedVersion<'a>, 16>,
}

/// Whether a version is affected, or a range of them. (Which versions are in a range is not read.)
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct AffectedVersion<'a> {
    #[serde(borrow)]
    pub(super) version: Option<Text<'a>>,
    pub(super) range: Option<Text<'a>>,
    pub(super) status: Option<Text<'a>>,
}
