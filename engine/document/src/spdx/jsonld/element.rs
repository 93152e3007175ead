//! What is read of an element of SPDX 3.0 (the JSON schema and JSON-LD context of 3.0.1).
//!
//! One struct for all classes: which of them it is may stand after everything else.

use crate::json::Text;
use crate::stream::{Few, TextOr};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// The most hashes and external identifiers of one element. There are 26 algorithms; packages have some
/// ten CPEs.
const MAX_MET: usize = 1024;

/// The most elements of other documents that one document imports.
const MAX_IMPORTS: usize = 1 << 18;

/// An element, or what is no element but stands among them (creation information).
#[derive(Deserialize)]
pub(super) struct ElementIn<'a> {
    #[serde(rename = "type", alias = "@type", borrow)]
    pub(super) class: Text<'a>,
    #[serde(rename = "spdxId", borrow)]
    pub(super) id: Option<Text<'a>>,
    /// The same by JSON-LD's own name. Microsoft's sbom-tool writes creation information with both,
    /// and refers to it by this one.
    #[serde(rename = "@id", borrow)]
    pub(super) node: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(rename = "creationInfo", borrow)]
    pub(super) creation: Option<CreationRef<'a>>,

    // CreationInfo
    #[serde(borrow)]
    pub(super) created: Option<Text<'a>>,
    #[serde(rename = "specVersion", borrow)]
    pub(super) version: Option<Text<'a>>,
    #[serde(rename = "createdBy", borrow, default)]
    pub(super) created_by: Refs<'a>,
    #[serde(rename = "createdUsing", borrow, default)]
    pub(super) created_using: Refs<'a>,

    // Collections
    #[serde(rename = "rootElement", borrow, default)]
    pub(super) roots: Refs<'a>,
    #[serde(borrow, default)]
    pub(super) import: Few<TextOr<'a, Import<'a>>, MAX_IMPORTS>,

    // Relationship
    #[serde(borrow, default)]
    pub(super) from: Refs<'a>,
    #[serde(borrow, default)]
    pub(super) to: Refs<'a>,
    #[serde(rename = "relationshipType", borrow)]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) scope: Option<Text<'a>>,

    // Package
    #[serde(rename = "software_packageVersion", borrow)]
    pub(super) package_version: Option<Text<'a>>,
    #[serde(rename = "software_packageUrl", borrow)]
    pub(super) purl: Option<Text<'a>>,
    #[serde(rename = "software_primaryPurpose", borrow)]
    pub(super) purpose: Option<Text<'a>>,
    #[serde(rename = "suppliedBy", borrow, default)]
    pub(super) supplier: Refs<'a>,
    #[serde(rename = "verifiedUsing", borrow, default)]
    pub(super) hashes: Few<TextOr<'a, Method<'a>>, MAX_MET>,
    #[serde(rename = "externalIdentifier", borrow, default)]
    pub(super) identifiers: Few<TextOr<'a, Identifier<'a>>, MAX_MET>,

    // External identifier, where it is an element of its own (sbom-tool)
    #[serde(rename = "externalIdentifierType", borrow)]
    pub(super) identifier_kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) identifier: Option<Text<'a>>,

    // Licences
    #[serde(rename = "simplelicensing_licenseExpression", borrow)]
    pub(super) expression: Option<Text<'a>>,
    #[serde(rename = "expandedlicensing_member", borrow, default)]
    pub(super) members: Refs<'a>,
    #[serde(
        rename = "expandedlicensing_subjectLicense",
        alias = "expandedlicensing_subjectExtendableLicense",
        borrow,
        default
    )]
    pub(super) license: Refs<'a>,
    #[serde(rename = "expandedlicensing_subjectAddition", borrow, default)]
    pub(super) addition: Refs<'a>,
}

/// An element of another document.
#[derive(Deserialize)]
pub(super) struct Import<'a> {
    #[serde(rename = "externalSpdxId", borrow)]
    pub(super) id: Option<Text<'a>>,
}

/// How an artifact is verified. Others than hashes have none of these members.
#[derive(Deserialize)]
pub(super) struct Method<'a> {
    #[serde(rename = "type", alias = "@type", borrow)]
    pub(super) class: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) algorithm: Option<Text<'a>>,
    #[serde(rename = "hashValue", borrow)]
    pub(super) value: Option<Text<'a>>,
}

/// An identifier of an element elsewhere.
#[derive(Deserialize)]
pub(super) struct Identifier<'a> {
    #[serde(rename = "externalIdentifierType", borrow)]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) identifier: Option<Text<'a>>,
}

/// Creation information: by its identifier, or as it is.
pub(super) enum CreationRef<'a> {
    Id(Cow<'a, str>),
    Inline(Box<Creation<'a>>),
}

/// Creation information.
#[derive(Deserialize)]
pub(super) struct Creation<'a> {
    #[serde(borrow)]
    pub(super) created: Option<Text<'a>>,
    #[serde(rename = "specVersion", borrow)]
    pub(super) version: Option<Text<'a>>,
    #[serde(rename = "createdBy", borrow, default)]
    pub(super) created_by: Refs<'a>,
    #[serde(rename = "createdUsing", borrow, default)]
    pub(super) created_using: Refs<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for CreationRef<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Ok(match TextOr::<Creation<'a>>::deserialize(reader)? {
            TextOr::Text(id) => Self::Id(id.0),
            TextOr::Object(creation) => Self::Inline(Box::new(creation)),
        })
    }
}

/// What stands for the identifier of an element that has none and stands inside another one: there is
/// something, and nobody knows what. It is no licence, and no element has it.
const NAMELESS: &str = "(inlined)";

/// References to elements: one or several, each an identifier, or the element itself, of which only
/// the identifier is taken.
#[derive(Default)]
pub(super) struct Refs<'a> {
    pub(super) ids: Vec<Cow<'a, str>>,
    /// Whether an element stood inside another one.
    pub(super) inlined: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Refs<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Refs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("references to elements")
            }

            fn visit_borrowed_str<E>(self, id: &'de str) -> Result<Self::Value, E> {
                Ok(Refs { ids: vec![Cow::Borrowed(id)], inlined: false })
            }

            fn visit_str<E>(self, id: &str) -> Result<Self::Value, E> {
                Ok(Refs { ids: vec![Cow::Owned(id.to_owned())], inlined: false })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let map = serde::de::value::MapAccessDeserializer::new(map);
                let element = Inlined::deserialize(map)?;
                Ok(Refs { ids: vec![element.named()], inlined: true })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut refs = Refs::default();
                while let Some(one) = list.next_element::<One<'de>>()? {
                    refs.inlined |= one.inlined;
                    refs.ids.push(one.id);
                }
                Ok(refs)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Refs::default())
            }
        }

        reader.deserialize_any(Read)
    }
}

/// One reference of a list.
struct One<'a> {
    id: Cow<'a, str>,
    inlined: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for One<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Ok(match TextOr::<Inlined<'a>>::deserialize(reader)? {
            TextOr::Text(id) => Self { id: id.0, inlined: false },
            TextOr::Object(element) => Self { id: element.named(), inlined: true },
        })
    }
}

#[derive(Deserialize)]
struct Inlined<'a> {
    #[serde(rename = "spdxId", alias = "@id", borrow)]
    id: Option<Text<'a>>,
}

impl Identifier<'_> {
    /// The package URL that it is, where it is one.
    pub(super) fn purl(&self) -> Option<&str> {
        purl(self.kind.as_ref(), self.identifier.as_ref())
    }
}

/// An identifier of this kind, where that is a package URL (`purl`: sbom-tool).
pub(super) fn purl<'t>(
    kind: Option<&Text<'_>>,
    identifier: Option<&'t Text<'_>>,
) -> Option<&'t str> {
    let is_purl = kind.is_some_and(|kind| matches!(&**kind, "packageUrl" | "packageURL" | "purl"));
    identifier.filter(|_| is_purl).map(|identifier| &**identifier)
}

impl<'a> Inlined<'a> {
    fn named(self) -> Cow<'a, str> {
        self.id.map_or(Cow::Borrowed(NAMELESS), |id| id.0)
    }
}
