//! What a mask takes out of an event or puts in its place.
//!
//! The rules are OPA's (`v1/plugins/logs/mask.go`, 1.20): a string is a path to remove, an object
//! has `op` (`remove`, `upsert`), `path` and `value`. What does not exist is passed over. Where OPA
//! finds less, this finds more: members whose names a URL would escape, and elements of an array
//! that is itself the input or the result.
//!
//! Refused, so that the mask as a whole fails: a rule that is neither, other operations, paths that
//! do not begin with `/input`, `/result` or `/nd_builtin_cache`, paths deeper than values are, and
//! what is not applied within its time.

use super::edited::Edited;
use referee_rego::{Value, ValueKind};
use std::fmt::Write as _;

/// The most parts of a path: values are nested no deeper (`referee_rego`).
const MAX_PARTS: usize = 128;

/// The most characters of a path that an error repeats.
const MAX_SHOWN: usize = 100;

/// A mask that cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MaskError {
    #[error("the mask is neither a set nor an array")]
    NoList,
    #[error("a mask rule is neither a string nor an object")]
    NoRule,
    #[error("mask op is not supported: {0:?}")]
    Operation(String),
    #[error("mask must be slash-prefixed: {0:?}")]
    Path(String),
    #[error("mask prefix not allowed: {0:?}")]
    Prefix(String),
    #[error("a mask has more than {MAX_PARTS} parts")]
    TooDeep,
    #[error("the mask could not be applied within its time")]
    TooLong,
}

/// What of an event can be masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Maskable {
    pub(crate) input: Option<Value>,
    pub(crate) result: Option<Value>,
    pub(crate) nd_builtin_cache: Option<Value>,
}

/// The paths that were removed, and those that were replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masked {
    pub(crate) erased: Vec<String>,
    pub(crate) masked: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Input,
    Result,
    NdBuiltinCache,
}

#[derive(Clone, Debug)]
struct Rule {
    /// The value to put there; `None` to remove what is there.
    put: Option<Value>,
    part: Part,
    path: Vec<Name>,
    /// As `erased` and `masked` tell it.
    shown: String,
}

/// One part of a path: a member's name in all spellings that are tried, or an index.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) written: String,
    pub(super) others: Vec<String>,
    pub(super) index: Option<usize>,
}

/// Applies what a mask decision says, for as long as `is_over` does not say that the time is over.
///
/// # Errors
/// [`MaskError`] where a rule is none, or the time is over; nothing has changed then.
pub(crate) fn apply(
    mask: &Value,
    event: &mut Maskable,
    is_over: &dyn Fn() -> bool,
) -> Result<Masked, MaskError> {
    let rules = mask.elements().ok_or(MaskError::NoList)?;
    let mut parts = Parts {
        input: Edited::of(&event.input),
        result: Edited::of(&event.result),
        nd_builtin_cache: Edited::of(&event.nd_builtin_cache),
    };
    let mut done = Masked::default();
    for given in &rules {
        if is_over() {
            return Err(MaskError::TooLong);
        }
        let Rule { put, part, path, shown } = rule(given)?;
        let place = match part {
            Part::Input => &mut parts.input,
            Part::Result => &mut parts.result,
            Part::NdBuiltinCache => &mut parts.nd_builtin_cache,
        };
        match put {
            None if place.remove(&path) => done.erased.push(shown),
            Some(value) if place.put(&path, &value) => done.masked.push(shown),
            None | Some(_) => {}
        }
    }
    event.input = parts.input.end();
    event.result = parts.result.end();
    event.nd_builtin_cache = parts.nd_builtin_cache.end();
    Ok(done)
}

/// The parts of an event while rules are applied to them.
struct Parts {
    input: Edited,
    result: Edited,
    nd_builtin_cache: Edited,
}

fn rule(value: &Value) -> Result<Rule, MaskError> {
    match value.kind() {
        ValueKind::String => rule_at(&text(Some(value)), None),
        ValueKind::Object => {
            let path = text(value.get("path").as_ref());
            match &*text(value.get("op").as_ref()) {
                "remove" => rule_at(&path, None),
                // Without a value it is null, as for OPA.
                "upsert" => rule_at(&path, Some(value.get("value").unwrap_or_else(Value::null))),
                other => Err(MaskError::Operation(cut(other))),
            }
        }
        _ => Err(MaskError::NoRule),
    }
}

fn text(value: Option<&Value>) -> String {
    value.and_then(|value| value.as_str().map(|text| text.into_owned())).unwrap_or_default()
}

fn rule_at(path: &str, put: Option<Value>) -> Result<Rule, MaskError> {
    let inner = path.strip_prefix('/').ok_or_else(|| MaskError::Path(cut(path)))?;
    let mut parts = inner.split('/');
    let part = match parts.next() {
        Some("input") => Part::Input,
        Some("result") => Part::Result,
        Some("nd_builtin_cache") => Part::NdBuiltinCache,
        other => return Err(MaskError::Prefix(cut(other.unwrap_or_default()))),
    };
    let path: Vec<Name> = parts.take(MAX_PARTS + 1).map(name).collect();
    if path.len() > MAX_PARTS {
        return Err(MaskError::TooDeep);
    }
    let shown = inner.split('/').fold(String::new(), |shown, part| shown + "/" + &escaped(part));
    Ok(Rule { put, part, path, shown })
}

/// A part as it is written, with percent-encoding taken away, and as OPA looks for it: escaped.
fn name(part: &str) -> Name {
    let mut others = Vec::new();
    for other in [crate::query::decoded(part).unwrap_or_default(), escaped(part)] {
        if other != part && !other.is_empty() {
            others.push(other);
        }
    }
    // As OPA reads an index: a sign and leading zeros are let pass.
    let index = part.parse::<i64>().ok().and_then(|index| usize::try_from(index).ok());
    Name { written: part.to_owned(), others, index }
}

/// As Go's `url.PathEscape`, which is how OPA tells paths.
fn escaped(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+=:@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _always = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_SHOWN).collect()
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
