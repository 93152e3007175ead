//! CycloneDX in JSON: a document's long lists are handed to the assembler element by element, in
//! whatever order its members stand. A member that is named twice is refused: readers differ in
//! which of the two they take.

use super::assemble::{Assembler, Opened};
use super::model::{Component, Dependency, Metadata, Service, Vulnerability};
use crate::json::{Each, Text};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smol_str::SmolStr;
use std::fmt;

/// What a document says of its format.
#[derive(Debug, Default)]
pub(super) struct Header<'a> {
    pub(super) format: Option<TextOf<'a>>,
    pub(super) spec_version: Option<TextOf<'a>>,
    pub(super) serial_number: Option<TextOf<'a>>,
    pub(super) version: Option<u64>,
}

/// A text of the header.
pub(super) type TextOf<'a> = std::borrow::Cow<'a, str>;

/// Takes a document in.
pub(super) struct Document(Assembler);

impl Document {
    pub(super) fn new(assembler: Assembler) -> Self {
        Self(assembler)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum DocumentMember {
    BomFormat,
    SpecVersion,
    SerialNumber,
    Version,
    Metadata,
    Components,
    Services,
    Dependencies,
    Vulnerabilities,
    #[serde(alias = "@graph")]
    SpdxVersion,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for Document {
    type Value = (Assembler, Header<'de>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document {
    type Value = (Assembler, Header<'de>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CycloneDX document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut into = self.0;
        let mut header = Header::default();
        let (mut format, mut spec_version, mut serial_number) = (None, None, None);
        let mut lists = Once::default();
        while let Some(member) = map.next_key()? {
            match member {
                DocumentMember::BomFormat => once(&mut format, "bomFormat", &mut map)?,
                DocumentMember::SpecVersion => once(&mut spec_version, "specVersion", &mut map)?,
                DocumentMember::SerialNumber => {
                    once(&mut serial_number, "serialNumber", &mut map)?;
                }
                DocumentMember::Version => once(&mut header.version, "version", &mut map)?,
                DocumentMember::Metadata => {
                    lists.met("metadata")?;
                    map.next_value_seed(DocumentMetadata(&mut into))?;
                }
                DocumentMember::Components => {
                    lists.met("components")?;
                    let nested = Nested { into: &mut into, in_front: false, ids: None };
                    map.next_value_seed(nested)?;
                }
                DocumentMember::Services => {
                    lists.met("services")?;
                    map.next_value_seed(Services(&mut into))?;
                }
                DocumentMember::Dependencies => {
                    lists.met("dependencies")?;
                    map.next_value_seed(Each::new(|one: Dependency<'de>| into.dependency(&one)))?;
                }
                DocumentMember::Vulnerabilities => {
                    lists.met("vulnerabilities")?;
                    let each = |one: Vulnerability<'de>| into.vulnerability(&one);
                    if map.next_value_seed(Each::new(each))? {
                        into.has_vulnerabilities();
                    }
                }
                DocumentMember::SpdxVersion => {
                    return Err(A::Error::custom(
                        "a CycloneDX document has neither spdxVersion nor @graph",
                    ));
                }
                DocumentMember::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        header.format = format.map(|Text(text)| text);
        header.spec_version = spec_version.map(|Text(text)| text);
        header.serial_number = serial_number.map(|Text(text)| text);
        Ok((into, header))
    }
}

/// Reads a member that may be `null`, and refuses one that has been read.
fn once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    into: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if into.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *into = map.next_value()?;
    Ok(())
}

/// The members with lists that have been met.
#[derive(Default)]
struct Once(Vec<&'static str>);

impl Once {
    fn met<E: Error>(&mut self, name: &'static str) -> Result<(), E> {
        if self.0.contains(&name) {
            return Err(E::duplicate_field(name));
        }
        self.0.push(name);
        Ok(())
    }
}

/// `metadata`: its component goes in front.
struct DocumentMetadata<'s>(&'s mut Assembler);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum MetadataMember {
    Timestamp,
    Tools,
    Authors,
    Component,
    Manufacturer,
    Supplier,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for DocumentMetadata<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DocumentMetadata<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut metadata = Metadata::default();
        let (mut authors, mut about) = (None, Once::default());
        while let Some(member) = map.next_key()? {
            match member {
                MetadataMember::Timestamp => once(&mut metadata.timestamp, "timestamp", &mut map)?,
                MetadataMember::Tools => once(&mut metadata.tools, "tools", &mut map)?,
                MetadataMember::Authors => once(&mut authors, "authors", &mut map)?,
                MetadataMember::Manufacturer => {
                    once(&mut metadata.manufacturer, "manufacturer", &mut map)?;
                }
                MetadataMember::Supplier => once(&mut metadata.supplier, "supplier", &mut map)?,
                MetadataMember::Component => {
                    about.met("component")?;
                    let one = One { into: self.0, in_front: true };
                    if let Some(id) = map.next_value_seed(one)? {
                        self.0.describes(id);
                    }
                }
                MetadataMember::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        metadata.authors = authors.unwrap_or_default();
        self.0.metadata(&metadata);
        Ok(())
    }
}

/// A list of components; `ids` is where the component that they are nested in wants theirs.
struct Nested<'s> {
    into: &'s mut Assembler,
    in_front: bool,
    ids: Option<&'s mut Vec<SmolStr>>,
}

impl<'de> DeserializeSeed<'de> for Nested<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of components")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        loop {
            let one = One { into: &mut *self.into, in_front: self.in_front };
            match list.next_element_seed(one)? {
                None => return Ok(()),
                Some(None) => return Err(A::Error::custom("null where a component is expected")),
                Some(Some(id)) => {
                    if let Some(ids) = &mut self.ids {
                        ids.push(id);
                    }
                }
            }
        }
    }
}

/// A component and those nested in it; gives its id, and nothing where it is `null`.
struct One<'s> {
    into: &'s mut Assembler,
    in_front: bool,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "kebab-case")]
enum ComponentMember {
    Type,
    BomRef,
    Group,
    Name,
    Version,
    Purl,
    Supplier,
    Hashes,
    Licenses,
    Components,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = Option<SmolStr>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = Option<SmolStr>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a component")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut read = Component::default();
        let (mut hashes, mut licenses) = (None, None);
        let mut nested: Option<(Opened, Vec<SmolStr>)> = None;
        while let Some(member) = map.next_key()? {
            match member {
                ComponentMember::Type => once(&mut read.kind, "type", &mut map)?,
                ComponentMember::BomRef => once(&mut read.bom_ref, "bom-ref", &mut map)?,
                ComponentMember::Group => once(&mut read.group, "group", &mut map)?,
                ComponentMember::Name => once(&mut read.name, "name", &mut map)?,
                ComponentMember::Version => once(&mut read.version, "version", &mut map)?,
                ComponentMember::Purl => once(&mut read.purl, "purl", &mut map)?,
                ComponentMember::Supplier => once(&mut read.supplier, "supplier", &mut map)?,
                ComponentMember::Hashes => once(&mut hashes, "hashes", &mut map)?,
                ComponentMember::Licenses => once(&mut licenses, "licenses", &mut map)?,
                ComponentMember::Components => {
                    if nested.is_some() {
                        return Err(A::Error::duplicate_field("components"));
                    }
                    let opened = self.into.open(self.in_front);
                    let mut ids = Vec::new();
                    map.next_value_seed(Nested {
                        into: &mut *self.into,
                        in_front: self.in_front,
                        ids: Some(&mut ids),
                    })?;
                    nested = Some((opened, ids));
                }
                ComponentMember::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        read.hashes = hashes.unwrap_or_default();
        read.licenses = licenses.unwrap_or_default();
        let (opened, ids) = nested.unwrap_or_else(|| (self.into.open(self.in_front), Vec::new()));
        Ok(Some(self.into.component(opened, &read, ids)))
    }
}

/// A list of services, with those nested in them.
struct Services<'s>(&'s mut Assembler);

impl<'de> DeserializeSeed<'de> for Services<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Services<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of services")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(OneService(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

/// A service and those nested in it.
struct OneService<'s>(&'s mut Assembler);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "kebab-case")]
enum ServiceMember {
    BomRef,
    Group,
    Name,
    Version,
    Services,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for OneService<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneService<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a service")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut service = Service::default();
        let mut nested = Once::default();
        while let Some(member) = map.next_key()? {
            match member {
                ServiceMember::BomRef => once(&mut service.bom_ref, "bom-ref", &mut map)?,
                ServiceMember::Group => once(&mut service.group, "group", &mut map)?,
                ServiceMember::Name => once(&mut service.name, "name", &mut map)?,
                ServiceMember::Version => once(&mut service.version, "version", &mut map)?,
                ServiceMember::Services => {
                    nested.met("services")?;
                    map.next_value_seed(Services(&mut *self.0))?;
                }
                ServiceMember::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        self.0.service(&service);
        Ok(())
    }
}
