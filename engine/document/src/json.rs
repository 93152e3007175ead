//! JSON of documents: into borrowed structs, with an error that says where.

use crate::error::DocumentError;
use crate::limits::Limits;
use crate::text::shorten;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Reads a document into what borrows from it. A second pass, for an error's path, is made only over
/// what cannot be read.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    format: &'static str,
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<T, DocumentError> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > limits.max_bytes {
        return Err(DocumentError::TooLarge { size, limit: limits.max_bytes });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|_| DocumentError::Encoding { expected: "UTF-8 text" })?;
    let source = match serde_json::from_str(text) {
        Ok(document) => return Ok(document),
        Err(source) => source,
    };
    let (line, column) = (source.line(), source.column());
    if source.classify() != serde_json::error::Category::Data {
        return Err(DocumentError::Json { line, column, source });
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let path = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Ok(_) => String::new(),
        Err(error) => error.path().to_string(),
    };
    let path = shorten(&path, 200);
    Err(DocumentError::Member { format, path, line, column, source })
}

/// What must be an object. Serde's derived structs take arrays as well, member by member, which no
/// format does.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}
