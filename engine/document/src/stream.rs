//! JSON read as a stream: long arrays become facts element by element, and nothing of the document
//! is kept that the facts do not need.

use crate::error::DocumentError;
use crate::json::{self, Text};
use crate::limits::Limits;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::fmt;
use std::marker::PhantomData;

/// A text where others write an object, or the object.
#[derive(Clone, Debug)]
pub(crate) enum TextOr<'a, T> {
    /// The text.
    Text(Text<'a>),
    /// The object.
    Object(T),
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for TextOr<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<'a, T>(PhantomData<(&'a (), T)>);
        impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for Either<'a, T> {
            type Value = TextOr<'a, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an object")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(text.into()))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(text.to_owned().into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    .map(TextOr::Object)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// A list of which the first `MOST` elements are kept; `null` is an empty one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Few<T, const MOST: usize> {
    /// Those that are kept.
    pub(crate) kept: Vec<T>,
    /// How many are not.
    pub(crate) left_out: u64,
}

impl<T, const MOST: usize> Default for Few<T, MOST> {
    fn default() -> Self {
        Self { kept: Vec::new(), left_out: 0 }
    }
}

impl<T, const MOST: usize> Few<T, MOST> {
    /// Adds one.
    pub(crate) fn push(&mut self, one: T) {
        if self.kept.len() < MOST {
            self.kept.push(one);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// How many there are, those left out as well.
    pub(crate) fn count(&self) -> u64 {
        u64::try_from(self.kept.len()).unwrap_or(u64::MAX).saturating_add(self.left_out)
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Few<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T, const MOST: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for List<T, MOST> {
            type Value = Few<T, MOST>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Few::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut few = Few::default();
                while few.kept.len() < MOST {
                    let Some(one) = list.next_element()? else { return Ok(few) };
                    few.kept.push(one);
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    few.left_out = few.left_out.saturating_add(1);
                }
                Ok(few)
            }
        }
        deserializer.deserialize_any(List(PhantomData))
    }
}

/// What reads the members of an object one by one.
pub(crate) trait Members<'de> {
    /// The members that are read, 64 at most; others are passed over.
    const NAMES: &'static [&'static str];

    /// Reads the value of the member of that name.
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        map: &mut A,
    ) -> Result<(), A::Error>;

    /// Called where an object in a list ends, before the next begins.
    fn end(&mut self) {}
}

/// An object, read member by member. A member that is there twice is an error, as it is in derived
/// structs: readers differ in which they take.
pub(crate) struct Object<'m, M>(pub(crate) &'m mut M);

impl<'de, M: Members<'de>> DeserializeSeed<'de> for Object<'_, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, M: Members<'de>> Visitor<'de> for Object<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = 0u64;
        while let Some(name) = map.next_key::<Text<'de>>()? {
            let Some(at) = M::NAMES.iter().position(|known| *known == &*name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let bit = u32::try_from(at).ok().and_then(|at| 1u64.checked_shl(at)).unwrap_or(0);
            let known = M::NAMES.get(at).copied().unwrap_or_default();
            if seen & bit != 0 {
                return Err(A::Error::duplicate_field(known));
            }
            seen |= bit;
            self.0.member(known, &mut map)?;
        }
        self.0.end();
        Ok(())
    }
}

/// A list of objects, all read by the same [`Members`]; `null` is an empty one.
pub(crate) struct Objects<'m, M>(pub(crate) &'m mut M);

impl<'de, M: Members<'de>> DeserializeSeed<'de> for Objects<'_, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, M: Members<'de>> Visitor<'de> for Objects<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Object(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

/// Reads a document, whose top is an object, by what `reader` makes. It is made anew for the second
/// pass that finds an error's path.
pub(crate) fn read<'a, M: Members<'a>>(
    format: &'static str,
    bytes: &'a [u8],
    limits: &Limits,
    mut reader: impl FnMut() -> M,
) -> Result<M, DocumentError> {
    json::read_into(format, bytes, limits, || Top(reader()))
}

/// An object that is read as a whole document.
struct Top<M>(M);

impl<'de, M: Members<'de>> DeserializeSeed<'de> for Top<M> {
    type Value = M;

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<M, D::Error> {
        Object(&mut self.0).deserialize(deserializer)?;
        Ok(self.0)
    }
}

/// The members of an object whose names are data, in their order.
#[derive(Debug)]
pub(crate) struct Entries<'a, V>(Vec<(Text<'a>, V)>);

impl<'a, V> Entries<'a, V> {
    /// Names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Text<'a>, V)> {
        self.0.iter()
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Entries<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<'a, V>(PhantomData<(&'a (), V)>);
        impl<'de: 'a, 'a, V: Deserialize<'de>> Visitor<'de> for InOrder<'a, V> {
            type Value = Entries<'a, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(InOrder(PhantomData))
    }
}
