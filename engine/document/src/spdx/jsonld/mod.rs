//! SPDX 3.0 in JSON-LD, as its own context has it (specification 3.0.1 clause "Serializations").
//!
//! A document is a list of elements in any order that refer to each other; it is read once, and
//! references are resolved when all of it is read. Names are those of SPDX's context: a document that
//! gives them other names is not JSON as the specification has it, and its packages are not seen.

mod collect;
mod element;
mod kinds;
mod licensing;

use crate::error::DocumentError;
use crate::json::{self, Each, Text};
use crate::limits::Limits;
use collect::Collection;
use element::ElementIn;
use referee_core::facts::Sbom;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// The name of the format in errors.
const FORMAT: &str = "SPDX 3";

/// Reads a document.
///
/// # Errors
/// Where it cannot be read, is of another version, or does not say of which.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Sbom, DocumentError> {
    json::read_into(FORMAT, bytes, limits, || Top { collection: Collection::new(limits) })?.finish()
}

struct Top<'a> {
    collection: Collection<'a>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(field_identifier)]
enum Member {
    #[serde(rename = "@context")]
    Context,
    #[serde(rename = "@graph")]
    Graph,
    /// SPDX 2 has it, or CycloneDX.
    #[serde(rename = "spdxVersion", alias = "bomFormat")]
    Foreign,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for Top<'de> {
    type Value = Collection<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'de> {
    type Value = Collection<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an SPDX document")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut context, mut graph) = (false, false);
        while let Some(member) = map.next_key::<Member>()? {
            match member {
                Member::Context => {
                    if std::mem::replace(&mut context, true) {
                        return Err(A::Error::duplicate_field("@context"));
                    }
                    let Context(version) = map.next_value()?;
                    self.collection.context(version);
                }
                Member::Graph => {
                    if std::mem::replace(&mut graph, true) {
                        return Err(A::Error::duplicate_field("@graph"));
                    }
                    let collection = &mut self.collection;
                    map.next_value_seed(Each::new(|one: ElementIn<'de>| collection.add(one)))?;
                }
                Member::Foreign => {
                    return Err(A::Error::custom("the document is in another format as well"));
                }
                Member::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if !graph {
            return Err(A::Error::missing_field("@graph"));
        }
        Ok(self.collection)
    }
}

/// The version in the address of SPDX's context, by itself or in a list.
pub(super) struct Context(pub(super) Option<String>);

impl<'de> Deserialize<'de> for Context {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Context;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON-LD context")
            }

            fn visit_str<E>(self, address: &str) -> Result<Context, E> {
                let rest = address.split_once("://spdx.org/rdf/").map(|(_, rest)| rest);
                let version =
                    rest.and_then(|rest| rest.split_once('/')).map(|(version, _)| version);
                Ok(Context(version.map(str::to_owned)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Context, A::Error> {
                let mut version = None;
                while let Some(Context(one)) = list.next_element()? {
                    version = version.or(one);
                }
                Ok(Context(version))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Context, A::Error> {
                while map.next_entry::<Text<'de>, IgnoredAny>()?.is_some() {}
                Ok(Context(None))
            }

            fn visit_unit<E>(self) -> Result<Context, E> {
                Ok(Context(None))
            }
        }

        reader.deserialize_any(Read)
    }
}
