//! From the path of a URL to a path of the data document, by OPA's rules.

use crate::query::{EncodingError, decoded};
use referee_rego::data_path;

/// The most segments of a path. No document is nested deeper than a program may be.
const MAX_SEGMENTS: usize = 128;

/// A URL path that is no path of the data document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DataPathError {
    #[error("the path is {0}")]
    Encoding(#[from] EncodingError),
    #[error("the path has more than {MAX_SEGMENTS} segments")]
    TooDeep,
    #[error("the path is no path of the data document")]
    Unreadable,
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
        // Go's ParseInt, which OPA asks, reads what this reads. A number below zero stands at no
        // place of an array and is no name of a member either: as a name it is as undefined.
        match segment.parse::<i64>().ok().and_then(|number| u64::try_from(number).ok()) {
            Some(number) => path.push_str(&format!("[{number}]")),
            None => {
                let named = data_path([segment.as_str()]);
                path.push_str(named.strip_prefix("data").unwrap_or_default());
            }
        }
    }
    Ok(path)
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
            ("/a/-1", "data.a[\"-1\"]"),
            ("/a-b/x%20y", "data[\"a-b\"][\"x y\"]"),
            ("/%22;true", "data[\"\\\";true\"]"),
            ("/a+b", "data[\"a+b\"]"),
        ] {
            assert_eq!(from_url(url).as_deref(), Ok(expected), "{url}");
        }
    }

    #[test]
    fn a_path_that_is_none_is_refused() {
        assert_eq!(from_url("/a/%zz"), Err(DataPathError::Encoding(EncodingError)));
        assert_eq!(from_url(&"/a".repeat(129)), Err(DataPathError::TooDeep));
    }
}
