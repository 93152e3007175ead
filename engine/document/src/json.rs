//! JSON of documents: into borrowed structs, with an error that says where.

use crate::error::DocumentError;
use crate::limits::Limits;
use crate::text::shorten;
use serde::Deserialize;

/// The text of a document that is within the limit.
pub(crate) fn text<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, DocumentError> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > limits.max_bytes {
        return Err(DocumentError::TooLarge { size, limit: limits.max_bytes });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|_| DocumentError::Encoding { expected: "UTF-8 text" })
}

/// Reads a document into what borrows from it. A second pass, for an error's path, is made only over
/// what cannot be read.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    format: &'static str,
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<T, DocumentError> {
    let text = text(bytes, limits)?;
    let source = match serde_json::from_str(text) {
        Ok(document) => return Ok(document),
        Err(source) => source,
    };
    Err(error(format, source, || {
        let mut reader = serde_json::Deserializer::from_str(text);
        match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Ok(_) => String::new(),
            Err(error) => error.path().to_string(),
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
    DocumentError::Member { format, path: shorten(&path(), 200), line, column, source }
}
