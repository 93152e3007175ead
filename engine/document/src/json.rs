//! JSON of documents: into borrowed structs, with an error that says where. What a format has as an
//! object is no array ([`Strict`]).

use crate::error::DocumentError;
use crate::limits::Limits;
use crate::strict::Strict;
use crate::text::shorten;
use serde::de::{DeserializeSeed, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// The most that is told of what a parser says, in characters.
const MAX_TOLD: usize = 300;

/// The text of a document that is within the limit, without a byte order mark.
pub(crate) fn text<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, DocumentError> {
    within(bytes, limits)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|_| DocumentError::Encoding { expected: "UTF-8 text" })
}

/// Refuses a document that is over the limit.
pub(crate) fn within(bytes: &[u8], limits: &Limits) -> Result<(), DocumentError> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > limits.max_bytes {
        return Err(DocumentError::TooLarge { size, limit: limits.max_bytes });
    }
    Ok(())
}

/// Reads a document into what borrows from it. A second pass, for an error's path, is made only over
/// what cannot be read.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    format: &'static str,
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<T, DocumentError> {
    read_into(format, bytes, limits, || PhantomData::<T>)
}

/// The same with something that takes the document in as it is read. It is made anew for the second
/// pass.
pub(crate) fn read_into<'a, S: DeserializeSeed<'a>>(
    format: &'static str,
    bytes: &'a [u8],
    limits: &Limits,
    mut seed: impl FnMut() -> S,
) -> Result<S::Value, DocumentError> {
    let text = text(bytes, limits)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let source = match seed()
        .deserialize(Strict(&mut reader))
        .and_then(|read| reader.end().map(|()| read))
    {
        Ok(document) => return Ok(document),
        Err(source) => source,
    };
    Err(error(format, source, || {
        let mut reader = serde_json::Deserializer::from_str(text);
        let mut track = serde_path_to_error::Track::new();
        let reader = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
        match seed().deserialize(Strict(reader)) {
            Ok(_) => String::new(),
            Err(_) => track.path().to_string(),
        }
    }))
}

/// What a parser's error says; `path` finds where it is.
pub(crate) fn error(
    format: &'static str,
    source: serde_json::Error,
    path: impl FnOnce() -> String,
) -> DocumentError {
    let (line, column) = (source.line(), source.column());
    if source.classify() != serde_json::error::Category::Data {
        return DocumentError::Json { line, column, source };
    }
    // It quotes what it found, however long that is.
    let told = source.to_string();
    let source = match shorten(&told, MAX_TOLD) {
        short if short.len() < told.len() => serde_json::Error::custom(short),
        _ => source,
    };
    DocumentError::Member { format, path: shorten(&path(), 200), line, column, source }
}

/// A text that borrows from the document unless it has escapes. (`Cow` itself borrows only as a field
/// of its own, not inside an `Option`.)
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

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
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_str(Read)
    }
}

/// A list whose elements are handed over one by one as they are read, so that the list itself is
/// never in memory. `null`, which Go writes for a list of nothing, is an empty one. Its value is whether
/// there was a list.
pub(crate) struct Each<T, F> {
    take: F,
    element: PhantomData<T>,
}

impl<T, F: FnMut(T)> Each<T, F> {
    /// Hands each element to `take`.
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

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<bool, A::Error> {
        while let Some(element) = elements.next_element()? {
            (self.take)(element);
        }
        Ok(true)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
}
