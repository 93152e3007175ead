//! SPDX 2.2 and 2.3 in JSON (specification 2.3 clauses 6, 7 and 11; the published JSON schema).
//!
//! Packages become facts as they are read; files and snippets are read for their identifiers only.
//! GitHub's export of its dependency graph has the document as member `sbom`.

use super::part;
use super::v2::{Document, FORMAT, Package};
use crate::error::DocumentError;
use crate::json::{self, Each, Text};
use crate::limits::Limits;
use referee_core::facts::{Sbom, SbomEncoding};
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// Reads a document.
///
/// # Errors
/// Where it cannot be read, is of another version, or does not say of which.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Sbom, DocumentError> {
    json::read_into(FORMAT, bytes, limits, || Top::new(limits))?.finish()
}

/// The members of the document that are read.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(field_identifier)]
enum Member {
    #[serde(rename = "spdxVersion")]
    Version,
    #[serde(rename = "SPDXID")]
    Id,
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "documentNamespace")]
    Namespace,
    #[serde(rename = "creationInfo")]
    Creation,
    #[serde(rename = "documentDescribes")]
    Describes,
    #[serde(rename = "packages")]
    Packages,
    #[serde(rename = "files")]
    Files,
    #[serde(rename = "snippets")]
    Snippets,
    #[serde(rename = "hasExtractedLicensingInfos")]
    Licenses,
    #[serde(rename = "relationships")]
    Relationships,
    #[serde(rename = "sbom")]
    Wrapped,
    /// CycloneDX has it, or SPDX 3.
    #[serde(rename = "bomFormat", alias = "@graph")]
    Foreign,
    #[serde(other)]
    Other,
}

impl Member {
    fn name(self) -> &'static str {
        match self {
            Self::Version => "spdxVersion",
            Self::Id => "SPDXID",
            Self::Name => "name",
            Self::Namespace => "documentNamespace",
            Self::Creation => "creationInfo",
            Self::Describes => "documentDescribes",
            Self::Packages => "packages",
            Self::Files => "files",
            Self::Snippets => "snippets",
            Self::Licenses => "hasExtractedLicensingInfos",
            Self::Relationships => "relationships",
            Self::Wrapped => "sbom",
            Self::Foreign => "bomFormat",
            Self::Other => "",
        }
    }
}

/// The document while it is read.
struct Top<'a> {
    document: Document<'a>,
    seen: Vec<Member>,
    wrapped: bool,
}

impl Top<'_> {
    fn new(limits: &Limits) -> Self {
        let document = Document::new(SbomEncoding::Json, limits);
        Self { document, seen: Vec::new(), wrapped: false }
    }
}

impl<'de> DeserializeSeed<'de> for Top<'de> {
    type Value = Document<'de>;

    fn deserialize<D: Deserializer<'de>>(mut self, reader: D) -> Result<Document<'de>, D::Error> {
        reader.deserialize_map(Members { top: &mut self, inner: false })?;
        Ok(self.document)
    }
}

/// The members of the document, or of what wraps it.
struct Members<'m, 'a> {
    top: &'m mut Top<'a>,
    inner: bool,
}

impl<'de> DeserializeSeed<'de> for Members<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an SPDX document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { top, inner } = self;
        while let Some(member) = map.next_key::<Member>()? {
            if member == Member::Other {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if member == Member::Foreign {
                return Err(A::Error::custom("the document is in another format as well"));
            }
            let beside = member == Member::Wrapped && !top.seen.is_empty();
            if !inner && (top.wrapped || beside) {
                return Err(A::Error::custom(
                    "the document stands in the member sbom and beside it",
                ));
            }
            if member == Member::Wrapped {
                if inner {
                    map.next_value::<IgnoredAny>()?;
                } else {
                    top.wrapped = true;
                    map.next_value_seed(Members { top, inner: true })?;
                }
                continue;
            }
            // A member that is there twice has two meanings.
            if top.seen.contains(&member) {
                return Err(A::Error::duplicate_field(member.name()));
            }
            top.seen.push(member);
            read_member(&mut top.document, member, &mut map)?;
        }
        Ok(())
    }
}

fn read_member<'de, A: MapAccess<'de>>(
    document: &mut Document<'de>,
    member: Member,
    map: &mut A,
) -> Result<(), A::Error> {
    match member {
        Member::Version => document.version(map.next_value::<Text<'de>>()?.0),
        Member::Id => document.id(map.next_value::<Text<'de>>()?.0),
        Member::Name => {
            let name = map.next_value::<Option<String>>()?;
            document.builder.document().name = name;
        }
        Member::Namespace => {
            let namespace = map.next_value::<Option<String>>()?;
            document.builder.document().document_id = namespace;
        }
        Member::Creation => {
            let creation = map.next_value::<Option<Creation<'de>>>()?;
            if let Some(Creation { created, creators }) = creation {
                if let Some(created) = created {
                    document.builder.created_at(&created);
                }
                for creator in creators.into_iter().flatten() {
                    part::creator(&mut document.builder, &creator);
                }
            }
        }
        Member::Describes => {
            map.next_value_seed(Each::new(|id: Text<'de>| document.describes(id.0)))?;
        }
        Member::Packages => {
            map.next_value_seed(Each::new(|package: PackageIn<'de>| {
                document.package(package.into());
            }))?;
        }
        Member::Files | Member::Snippets => {
            map.next_value_seed(Each::new(|element: Identified<'de>| {
                if let Some(id) = element.id {
                    document.other(id.0);
                }
            }))?;
        }
        Member::Licenses => {
            map.next_value_seed(Each::new(|license: Extracted<'de>| {
                if let Some(id) = license.id {
                    document.other(id.0);
                }
            }))?;
        }
        Member::Relationships => {
            map.next_value_seed(Each::new(|relation: RelationIn<'de>| {
                document.relationship(relation.from.0, relation.kind.0, relation.to.0);
            }))?;
        }
        Member::Wrapped | Member::Foreign | Member::Other => {}
    }
    Ok(())
}

#[derive(Deserialize)]
struct Creation<'a> {
    #[serde(borrow)]
    created: Option<Text<'a>>,
    #[serde(borrow)]
    creators: Option<Vec<Text<'a>>>,
}

#[derive(Deserialize)]
struct Identified<'a> {
    #[serde(rename = "SPDXID", borrow)]
    id: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Extracted<'a> {
    #[serde(rename = "licenseId", borrow)]
    id: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RelationIn<'a> {
    #[serde(rename = "spdxElementId", borrow)]
    from: Text<'a>,
    #[serde(rename = "relationshipType", borrow)]
    kind: Text<'a>,
    #[serde(rename = "relatedSpdxElement", borrow)]
    to: Text<'a>,
}

#[derive(Deserialize)]
struct PackageIn<'a> {
    #[serde(rename = "SPDXID", borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(rename = "versionInfo", borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    supplier: Option<Text<'a>>,
    #[serde(rename = "primaryPackagePurpose", borrow)]
    purpose: Option<Text<'a>>,
    #[serde(rename = "licenseDeclared", borrow)]
    declared: Option<Text<'a>>,
    #[serde(rename = "licenseConcluded", borrow)]
    concluded: Option<Text<'a>>,
    #[serde(borrow)]
    checksums: Option<Vec<Checksum<'a>>>,
    #[serde(rename = "externalRefs", borrow, default)]
    purls: Purls<'a>,
}

#[derive(Deserialize)]
struct Checksum<'a> {
    #[serde(borrow)]
    algorithm: Text<'a>,
    #[serde(rename = "checksumValue", borrow)]
    value: Text<'a>,
}

#[derive(Deserialize)]
struct ExternalRef<'a> {
    #[serde(rename = "referenceType", borrow)]
    kind: Text<'a>,
    #[serde(rename = "referenceLocator", borrow)]
    locator: Text<'a>,
}

/// The package URLs among the external references, of which most are of other kinds.
#[derive(Default)]
struct Purls<'a>(Vec<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Purls<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Found;

        impl<'de> Visitor<'de> for Found {
            type Value = Purls<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of external references")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut purls = Purls::default();
                while let Some(reference) = list.next_element::<ExternalRef<'de>>()? {
                    if part::is_purl_type(&reference.kind) {
                        purls.0.push(reference.locator.0);
                    }
                }
                Ok(purls)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Purls::default())
            }
        }

        reader.deserialize_any(Found)
    }
}

impl<'a> From<PackageIn<'a>> for Package<'a> {
    fn from(package: PackageIn<'a>) -> Self {
        let text = |text: Option<Text<'a>>| text.map(|text| text.0);
        let checksums = package.checksums.into_iter().flatten();
        Self {
            id: text(package.id),
            name: text(package.name),
            version: text(package.version),
            supplier: text(package.supplier),
            purpose: text(package.purpose),
            declared: text(package.declared),
            concluded: text(package.concluded),
            purls: package.purls.0,
            hashes: checksums.map(|one| (one.algorithm.0, one.value.0)).collect(),
        }
    }
}
