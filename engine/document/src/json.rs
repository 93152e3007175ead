//! JSON of documents: into borrowed structs, with an error that says where.

use crate::error::DocumentError;
use crate::limits::Limits;
use crate::text::shorten;
use serde::Deserialize;
use serde::de::DeserializeSeed;
use std::marker::PhantomData;

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
    seed: impl Fn() -> S,
) -> Result<S::Value, DocumentError> {
    let text = utf8(bytes, limits)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let source = match seed().deserialize(&mut reader).and_then(|read| reader.end().map(|()| read))
    {
        Ok(document) => return Ok(document),
        Err(source) => source,
    };
    let (line, column) = (source.line(), source.column());
    if source.classify() != serde_json::error::Category::Data {
        return Err(DocumentError::Json { line, column, source });
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let reader = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    let path = match seed().deserialize(reader) {
        Ok(_) => String::new(),
        Err(_) => shorten(&track.path().to_string(), 200),
    };
    Err(DocumentError::Member { format, path, line, column, source })
}

/// The text of a document that is within the limit, without a byte order mark.
pub(crate) fn utf8<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, DocumentError> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > limits.max_bytes {
        return Err(DocumentError::TooLarge { size, limit: limits.max_bytes });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|_| DocumentError::Encoding { expected: "UTF-8 text" })
}
