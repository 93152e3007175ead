//! Paths inside a bundle: `a/b/policy.rego`, without a slash or a dot at the beginning.

use crate::files::ArchiveError;
use crate::limits::BundleLimits;

/// The most characters of an unusable name that an error repeats.
const SHOWN: usize = 80;

/// The path that a name stands for: `/a/b`, `./a/b` and `a//b` are `a/b`. `None` for the root.
///
/// # Errors
/// Where the name is over the limits, leads out, is no text, or has characters that are none.
pub(crate) fn normalized(
    name: &[u8],
    limits: &BundleLimits,
) -> Result<Option<String>, ArchiveError> {
    if name.len() > limits.max_path_bytes {
        let (name, limit) = (shown(name), limits.max_path_bytes);
        return Err(ArchiveError::NameTooLong { name, limit });
    }
    let text = std::str::from_utf8(name);
    let text = text.map_err(|_| ArchiveError::NameNotText { name: shown(name) })?;
    if text.chars().any(char::is_control) {
        return Err(ArchiveError::NameControl { name: shown(name) });
    }
    let mut parts = Vec::new();
    for part in text.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            return Err(ArchiveError::NameLeadsOut { name: text.to_owned() });
        }
        parts.push(part);
    }
    if parts.len() > limits.max_path_depth.saturating_add(1) {
        let (name, limit) = (text.to_owned(), limits.max_path_depth);
        return Err(ArchiveError::NameTooDeep { name, limit });
    }
    Ok((!parts.is_empty()).then(|| parts.join("/")))
}

/// The name of a file without its folders.
pub(crate) fn base(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, base)| base)
}

/// The folders that a file stands in.
pub(crate) fn folders(path: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// What an error shows of a name that is not fit to be shown.
fn shown(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let mut shown: String = text.chars().flat_map(char::escape_debug).take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// A path as it is below a folder: without a slash at the beginning, dots, and what leads out.
pub(crate) fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A path as Go's `path.Clean` has it, without a slash at the beginning: what OPA puts before the
/// names of the files of a folder.
pub(crate) fn go_cleaned(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
