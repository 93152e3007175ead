//! What a mask takes out of an event or puts in its place.
//!
//! The rules are OPA's (`v1/plugins/logs/mask.go`, 1.20): a string is a path to remove, an object
//! has `op` (`remove`, `upsert`), `path` and `value`. What does not exist is passed over. Where OPA
//! finds less, this finds more: members whose names a URL would escape, and elements of an array
//! that is itself the input or the result.
//!
//! Refused, so that the mask as a whole fails: a rule that is neither, other operations, paths that
//! do not begin with `/input`, `/result` or `/nd_builtin_cache`, paths deeper than values are.

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
struct Name {
    written: String,
    others: Vec<String>,
    index: Option<usize>,
}

/// Applies what a mask decision says.
///
/// # Errors
/// [`MaskError`] where a rule is none; nothing has changed then.
pub(crate) fn apply(mask: &Value, event: &mut Maskable) -> Result<Masked, MaskError> {
    let rules = mask.elements().ok_or(MaskError::NoList)?;
    let rules: Vec<Rule> = rules.iter().map(rule).collect::<Result<_, _>>()?;
    let mut done = Masked::default();
    for rule in rules {
        let place = match rule.part {
            Part::Input => &mut event.input,
            Part::Result => &mut event.result,
            Part::NdBuiltinCache => &mut event.nd_builtin_cache,
        };
        let Some(value) = place.as_ref() else { continue };
        match rule.put {
            None if rule.path.is_empty() => *place = None,
            None => match removed(value, &rule.path) {
                Some(changed) => *place = Some(changed),
                None => continue,
            },
            Some(new) => match replaced(value, &rule.path, &new) {
                Some(changed) => {
                    *place = Some(changed);
                    done.masked.push(rule.shown);
                    continue;
                }
                None => continue,
            },
        }
        done.erased.push(rule.shown);
    }
    Ok(done)
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
    let index = part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()));
    Name { written: part.to_owned(), others, index }
}

impl Name {
    fn matches(&self, name: &str) -> bool {
        self.written == name || self.others.iter().any(|other| other == name)
    }
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

/// An object's members by the names they have in JSON.
fn members(value: &Value) -> Option<Vec<(String, Value)>> {
    let entries = value.entries()?;
    let name = |name: &Value| match name.as_str() {
        Some(text) => text.into_owned(),
        None => name.to_json_string(),
    };
    Some(entries.into_iter().map(|(key, value)| (name(&key), value)).collect())
}

fn object(members: &[(String, Value)]) -> Value {
    Value::object(members.iter().map(|(name, value)| (name.as_str(), value.clone())))
}

/// The value without what stands at a path; `None` where nothing does. A set is an array by the
/// time it is logged.
fn removed(value: &Value, path: &[Name]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    if let Some(mut elements) = value.elements() {
        let index = first.index?;
        let element = elements.get_mut(index)?;
        if rest.is_empty() {
            elements.remove(index);
        } else {
            *element = removed(element, rest)?;
        }
        return Some(Value::array(elements));
    }
    let members = members(value)?;
    let mut found = false;
    let mut kept = Vec::with_capacity(members.len());
    for (name, value) in members {
        if !first.matches(&name) {
            kept.push((name, value));
        } else if rest.is_empty() {
            found = true;
        } else if let Some(changed) = removed(&value, rest) {
            found = true;
            kept.push((name, changed));
        } else {
            kept.push((name, value));
        }
    }
    found.then(|| object(&kept))
}

/// The value with another at a path, objects made on the way to it; `None` where there is no such
/// way.
fn replaced(value: &Value, path: &[Name], new: &Value) -> Option<Value> {
    let Some((first, rest)) = path.split_first() else { return Some(new.clone()) };
    if let Some(mut elements) = value.elements() {
        let element = elements.get_mut(first.index?)?;
        *element = replaced(element, rest, new)?;
        return Some(Value::array(elements));
    }
    let mut members = members(value)?;
    let mut found = false;
    for (name, value) in &mut members {
        if first.matches(name) {
            *value = replaced(value, rest, new)?;
            found = true;
        }
    }
    if !found {
        let made = replaced(&Value::object([]), rest, new)?;
        members.push((first.written.clone(), made));
    }
    Some(object(&members))
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
