//! Reads `patch.json`.

use crate::roots::Roots;
use referee_core::Coded;
use referee_rego::{Value, ValueError, ValueKind};

/// The most characters of a path that an error repeats.
const SHOWN: usize = 200;
/// How deep a path may lead: as deep as values may be nested.
pub(super) const MAX_DEPTH: usize = 128;

/// What a change does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatchKind {
    /// Puts a value there; objects on the way are made. In an array it stands before the element
    /// of its index, or with `-` after the last.
    Upsert,
    /// Puts a value in place of one that is there.
    Replace,
    /// Takes a value away that is there.
    Remove,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PatchOperation {
    /// What it does.
    pub kind: PatchKind,
    /// Where, part by part.
    pub path: Vec<String>,
    /// The value; `null` where it takes one away.
    pub value: Value,
}

/// Why changes cannot be read or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PatchError {
    /// The file is not UTF-8 or not JSON.
    #[error("patch.json cannot be read")]
    NotJson(#[source] Option<ValueError>),
    /// Something has the wrong type.
    #[error("{place} of patch.json must be {wanted}")]
    Malformed {
        /// Where.
        place: String,
        /// What it must be, with its article.
        wanted: &'static str,
    },
    /// Nobody knows what it does.
    #[error("bad patch operation: {found:?} in data[{at}] of patch.json")]
    Operation {
        /// Which of them, from 0.
        at: usize,
        /// What stands there, cut off.
        found: String,
    },
    /// A path is none.
    #[error("error parsing patch path: {path:?} in data[{at}] of patch.json")]
    Path {
        /// Which of them, from 0.
        at: usize,
        /// What stands there, cut off.
        path: String,
    },
    /// A change is outside of the roots.
    #[error("manifest roots {roots} do not permit data patch at path '{path}'")]
    Outside {
        /// The roots.
        roots: String,
        /// The path, cut off.
        path: String,
    },
    /// There is nothing that could be changed.
    #[error("data[{at}] of patch.json changes what is not there: '{path}'")]
    NotFound {
        /// Which of them, from 0.
        at: usize,
        /// The path, cut off.
        path: String,
    },
    /// What is there can have nothing inside.
    #[error("data[{at}] of patch.json leads into what is no object and no array: '{path}'")]
    NoContainer {
        /// Which of them, from 0.
        at: usize,
        /// The path, cut off.
        path: String,
    },
    /// The whole would not be an object, or be taken away.
    #[error("data[{at}] of patch.json would leave no object at the root of the data")]
    Root {
        /// Which of them, from 0.
        at: usize,
    },
}

impl Coded for PatchError {
    fn code(&self) -> &'static str {
        match self {
            Self::Outside { .. } => "bundle_outside_roots",
            Self::NotFound { .. } | Self::NoContainer { .. } | Self::Root { .. } => {
                "bundle_patch_conflict"
            }
            _ => "bundle_patch",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Operation { .. } => "an operation is upsert, replace or remove",
            Self::NotFound { .. } | Self::NoContainer { .. } => {
                "the delta was made for other data than those in use: publish a snapshot"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// Reads changes, all of them under some roots.
pub(crate) fn read_patch(bytes: &[u8], roots: &Roots) -> Result<Vec<PatchOperation>, PatchError> {
    let text = std::str::from_utf8(bytes).map_err(|_| PatchError::NotJson(None))?;
    let document = Value::from_json_str(text).map_err(|error| PatchError::NotJson(Some(error)))?;
    let malformed = |place: &str, wanted| PatchError::Malformed { place: place.to_owned(), wanted };
    document.entries().ok_or_else(|| malformed("the whole", "an object"))?;
    let said = |value: &Value| value.kind() != ValueKind::Null;
    let Some(list) = document.get("data").filter(said) else { return Ok(Vec::new()) };
    let list = list.elements().ok_or_else(|| malformed("data", "a list"))?;
    let mut operations = Vec::with_capacity(list.len());
    for (at, operation) in list.iter().enumerate() {
        let text = |name: &str| {
            let found = operation.get(name);
            let found = found.as_ref().and_then(Value::as_str).map(std::borrow::Cow::into_owned);
            found.ok_or_else(|| malformed(&format!("{name} of data[{at}]"), "a text"))
        };
        let kind = match text("op")?.as_str() {
            "upsert" => PatchKind::Upsert,
            "replace" => PatchKind::Replace,
            "remove" => PatchKind::Remove,
            found => return Err(PatchError::Operation { at, found: cut(found) }),
        };
        let text = text("path")?;
        let path = parts(&text).ok_or_else(|| PatchError::Path { at, path: cut(&text) })?;
        if !roots.contain(&path) {
            let (roots, path) = (roots.to_string(), shown(&path));
            return Err(PatchError::Outside { roots, path });
        }
        let value = operation.get("value").unwrap_or_else(Value::null);
        operations.push(PatchOperation { kind, path, value });
    }
    Ok(operations)
}

/// The parts of a path: a JSON pointer (RFC 6901), whose slashes at either end make no difference
/// and whose parts may have percent escapes, as OPA's paths do.
fn parts(text: &str) -> Option<Vec<String>> {
    let text = text.trim_matches('/');
    if text.is_empty() {
        return Some(Vec::new());
    }
    let part = |part: &str| Some(unescaped(part)?.replace("~1", "/").replace("~0", "~"));
    let parts: Option<Vec<String>> = text.split('/').map(part).collect();
    parts.filter(|parts| parts.len() <= MAX_DEPTH)
}

/// A text without percent escapes (RFC 3986 section 2.1). `None` where one is not whole, or they
/// do not give UTF-8.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// A path as errors show it.
pub(super) fn shown(path: &[String]) -> String {
    cut(&path.join("/"))
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
