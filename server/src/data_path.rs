//! From the path of a URL to a path of the data document, by OPA's rules.

use crate::query::{EncodingError, decoded};
use referee_rego::data_path;

/// The most segments of a path. No document is nested deeper than a program may be.
const MAX_SEGMENTS: usize = 1_024;

/// The most characters of a segment that an error gives back.
const MAX_ECHO: usize = 200;

/// A URL path that is no path of the data document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DataPathError {
    #[error("the path is {0}")]
    Encoding(#[from] EncodingError),
    #[error("the path has more than {MAX_SEGMENTS} segments")]
    TooDeep,
    #[error("the path is no path of the data document")]
    Unreadable,
    /// OPA's words; it answers with 500.
    #[error("invalid path: invalid ref term '{0}'")]
    Quote(String),
    /// OPA's words where data is written.
    #[error("bad path: {0}")]
    Bad(String),
}

/// What stands after `/v1/data` as the path of a document: split at slashes, empty segments
/// dropped, each percent-decoded on its own (`a%2Fb` is one name), an integer taken as a number.
pub(crate) fn from_url(rest: &str) -> Result<String, DataPathError> {
    let mut path = data_path([]);
    let segments = rest.split('/').filter(|segment| !segment.is_empty());
    for (position, segment) in segments.enumerate() {
        if position >= MAX_SEGMENTS {
            return Err(DataPathError::TooDeep);
        }
        let segment = decoded(segment)?;
        if segment.contains('"') {
            return Err(DataPathError::Quote(segment.chars().take(MAX_ECHO).collect()));
        }
        // Go's ParseInt, which OPA asks, reads what this reads. A number below zero is at no place of
        // an array, yet sets and objects of rules may have it.
        match segment.parse::<i64>() {
            Ok(number) => path.push_str(&format!("[{number}]")),
            Err(_) => {
                let named = data_path([segment.as_str()]);
                path.push_str(named.strip_prefix("data").unwrap_or_default());
            }
        }
    }
    Ok(path)
}

/// What stands after `/v1/data` as the path of a document that is written: its parts are names, or
/// the places of elements, all as text.
pub(crate) fn for_writing(rest: &str) -> Result<Vec<String>, DataPathError> {
    let trimmed = rest.trim_matches('/');
    if trimmed.is_empty() {
        return Ok(Vec::new());
    }
    let bad = || DataPathError::Bad(trimmed.chars().take(MAX_ECHO).collect());
    let parts = trimmed.split('/').map(|part| decoded(part).map_err(|_| bad()));
    let parts: Vec<String> = parts.collect::<Result<_, _>>()?;
    if parts.len() > MAX_SEGMENTS { Err(DataPathError::TooDeep) } else { Ok(parts) }
}

/// The path of an operation of a JSON Patch below the path of its request, as OPA reads it:
/// percent-encoded, and with the escapes of RFC 6901, section 4.
pub(crate) fn of_operation(root: &[String], path: &str) -> Result<Vec<String>, DataPathError> {
    let below = for_writing(path)?;
    let below = below.into_iter().map(|part| part.replace("~1", "/").replace("~0", "~"));
    let path: Vec<String> = root.iter().cloned().chain(below).collect();
    if path.len() > MAX_SEGMENTS { Err(DataPathError::TooDeep) } else { Ok(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_path_becomes_a_document_path() {
        for (url, expected) in [
            ("", "data"),
            ("/", "data"),
            ("/a/b", "data.a.b"),
            ("/a/b/", "data.a.b"),
            ("//a///b//", "data.a.b"),
            ("/a%2Fb/c", "data[\"a/b\"].c"),
            ("/a/0/b", "data.a[0].b"),
            ("/a/007", "data.a[7]"),
            ("/a/-1", "data.a[-1]"),
            ("/a-b/x%20y", "data[\"a-b\"][\"x y\"]"),
            ("/a+b", "data[\"a+b\"]"),
        ] {
            assert_eq!(from_url(url).as_deref(), Ok(expected), "{url}");
        }
    }

    #[test]
    fn a_path_that_is_none_is_refused() {
        assert_eq!(from_url("/a/%zz"), Err(DataPathError::Encoding(EncodingError)));
        assert_eq!(from_url(&"/a".repeat(1_025)), Err(DataPathError::TooDeep));
        let error = from_url("/%22;true").unwrap_err().to_string();
        assert_eq!(error, "invalid path: invalid ref term '\";true'");
    }

    #[test]
    fn a_path_for_writing_keeps_its_parts_as_text() {
        let parts = |parts: &[&str]| Ok(parts.iter().map(ToString::to_string).collect());
        assert_eq!(for_writing("/a%2Fb/0//c/"), parts(&["a/b", "0", "", "c"]));
        assert_eq!(for_writing("/"), parts(&[]));
        assert_eq!(for_writing("/%zz/a").unwrap_err().to_string(), "bad path: %zz/a");
        let root = ["r".to_owned()];
        assert_eq!(of_operation(&root, "/a~1b/~01"), parts(&["r", "a/b", "~1"]));
        assert_eq!(of_operation(&root, "/"), parts(&["r"]));
    }
}
