//! JSON read as a stream: long arrays become facts element by element, and nothing of the document
//! is kept that the facts do not need.

use crate::error::DocumentError;
use crate::limits::Limits;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A string of the document, borrowed from it where it has no escapes. (Serde's own `Cow` inside an
/// `Option` or a list is always a copy.)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text<'a>(Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Text<'a> {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Borrowing<'a> {
            type Value = Text<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(Borrowing(PhantomData))
    }
}

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

/// A list, read element by element; `null` is an empty one, as Go writes it. Its value
/// is whether there was a list.
pub(crate) struct Each<T, F> {
    take: F,
    element: PhantomData<T>,
}

impl<T, F: FnMut(T)> Each<T, F> {
    /// A list whose elements are handed to `take`.
    pub(crate) fn new(take: F) -> Self {
        Self { take, element: PhantomData }
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> DeserializeSeed<'de> for Each<T, F> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for Each<T, F> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<bool, A::Error> {
        while let Some(element) = list.next_element()? {
            (self.take)(element);
        }
        Ok(true)
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
    let text = crate::json::text(bytes, limits)?;
    let mut json = serde_json::Deserializer::from_str(text);
    let mut read = reader();
    let source = match Object(&mut read).deserialize(&mut json).and_then(|()| json.end()) {
        Ok(()) => return Ok(read),
        Err(source) => source,
    };
    Err(crate::json::error(format, source, || {
        let mut json = serde_json::Deserializer::from_str(text);
        let mut track = serde_path_to_error::Track::new();
        let mut again = reader();
        let json = serde_path_to_error::Deserializer::new(&mut json, &mut track);
        match Object(&mut again).deserialize(json) {
            Ok(()) => String::new(),
            Err(_) => track.path().to_string(),
        }
    }))
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
