//! Changes to a base document, one path at a time, with the rules and the words of OPA's store
//! (`v1/storage/inmem`, `v1/storage/internal/errors`): what is changed is a new document that
//! shares everything else with the old one.

use crate::value::Value;
use referee_rego_value::{Array, Object, Value as Native, bytes};

/// What is done at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Sets a member, or puts an element before the one at the place; `-` and the length of an
    /// array stand for its end. What is above it must be there.
    Add(Value),
    /// Puts another value in the place of one that is there.
    Replace(Value),
    /// Takes away what is there.
    Remove,
}

/// Why a path of a document cannot be read or changed. The messages are OPA's, as its API tells
/// them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// There is nothing at the path, or nothing that could have parts above it.
    #[error("storage_not_found_error: document does not exist")]
    Absent,
    /// A part of an array is named by something that is no number.
    #[error("storage_not_found_error: {path}: array index must be integer")]
    NoIndex {
        /// The path, percent-encoded, with a slash before each part.
        path: String,
    },
    /// An array has no such place.
    #[error("storage_not_found_error: {path}: array index out of range")]
    OutOfRange {
        /// The path.
        path: String,
    },
    /// Something that is no object stands where an object would have to be made.
    #[error("storage_write_conflict_error: {path}")]
    Conflict {
        /// The path at which it stands.
        path: String,
    },
    /// The end of an array can only be added to.
    #[error("storage_invalid_patch_error: {path}: invalid patch path")]
    End {
        /// The path.
        path: String,
    },
    /// The whole document must be an object.
    #[error("storage_invalid_patch_error: root must be object")]
    RootKind,
    /// The whole document cannot be taken away.
    #[error("storage_invalid_patch_error: root cannot be removed")]
    RootRemoved,
}

/// Writes a path as OPA's messages have it: a slash before each part, percent-encoded as Go's
/// `url.PathEscape` does.
#[must_use]
pub fn escaped_path(path: &[String]) -> String {
    if path.is_empty() {
        return "/".to_owned();
    }
    let mut text = String::new();
    for part in path {
        text.push('/');
        for byte in part.bytes() {
            let plain = byte.is_ascii_alphanumeric() || b"-_.~$&+=:@".contains(&byte);
            if plain {
                text.push(char::from(byte));
            } else {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    text
}

impl Value {
    /// What stands at a path. A part of the path is the name of a member, or the place of an
    /// element in decimal digits, with zeros behind a point at most.
    ///
    /// # Errors
    /// [`EditError`] where there is nothing.
    pub fn at_path(&self, path: &[String]) -> Result<Self, EditError> {
        let mut at = &self.0;
        for part in path {
            at = match at {
                Native::Object(members) => {
                    members.get_str(&bytes::taken(part)).ok_or(EditError::Absent)?
                }
                Native::Array(elements) => {
                    let place = place(part, elements, path)?;
                    elements.get(place).ok_or(EditError::Absent)?
                }
                _ => return Err(EditError::Absent),
            };
        }
        Ok(Self(at.clone()))
    }

    /// The document with a change at a path.
    ///
    /// # Errors
    /// [`EditError`] where the path does not allow it.
    pub fn edited(&self, path: &[String], edit: &Edit) -> Result<Self, EditError> {
        if path.is_empty() {
            return match edit {
                Edit::Remove => Err(EditError::RootRemoved),
                Edit::Add(value) | Edit::Replace(value) if value.0.as_object().is_some() => {
                    Ok(value.clone())
                }
                Edit::Add(_) | Edit::Replace(_) => Err(EditError::RootKind),
            };
        }
        changed(&self.0, path, path, edit).map(Self)
    }

    /// The document with objects along the whole of a path, those made that are missing.
    ///
    /// # Errors
    /// [`EditError::Conflict`] with the path of something that is no object, and where a part of
    /// the path is no place of an array.
    pub fn with_objects_at(&self, path: &[String]) -> Result<Self, EditError> {
        // What is there is looked for from the end, as OPA does: it tells of the lowest.
        let mut there = path.len();
        while there > 0 {
            let above = path.get(..there).unwrap_or_default();
            match self.at_path(above) {
                Ok(found) if found.0.as_object().is_some() => break,
                Ok(_) => return Err(EditError::Conflict { path: escaped_path(above) }),
                Err(_) => there = there.saturating_sub(1),
            }
        }
        let mut document = self.clone();
        for length in there.saturating_add(1)..=path.len() {
            let above = path.get(..length).unwrap_or_default();
            document = document.edited(above, &Edit::Add(Self::object([])))?;
        }
        Ok(document)
    }

    /// The document without what stands at a path, and as it is where nothing does. An object that
    /// has become empty stays.
    #[must_use]
    pub fn without(&self, path: &[String]) -> Self {
        if path.is_empty() {
            return Self::object([]);
        }
        self.edited(path, &Edit::Remove).unwrap_or_else(|_| self.clone())
    }
}

/// A value with a change below it: `path` is what is left of the `whole` path.
fn changed(
    at: &Native,
    path: &[String],
    whole: &[String],
    edit: &Edit,
) -> Result<Native, EditError> {
    let Some((part, rest)) = path.split_first() else { return Err(EditError::Absent) };
    match at {
        Native::Object(members) => {
            let key = Native::text(part);
            let made = if rest.is_empty() {
                member(members, key, edit)?
            } else {
                let below = members.get(&key).ok_or(EditError::Absent)?;
                let below = changed(below, rest, whole, edit)?;
                members.insert(key, below)
            };
            Ok(Native::Object(made))
        }
        Native::Array(elements) if rest.is_empty() => {
            element(elements, part, whole, edit).map(Native::array)
        }
        Native::Array(elements) => {
            let place = place(part, elements, whole)?;
            let below = elements.get(place).ok_or(EditError::Absent)?;
            let below = changed(below, rest, whole, edit)?;
            let others = elements.iter().enumerate();
            let made = others.map(|(at, it)| if at == place { below.clone() } else { it.clone() });
            Ok(Native::array(made.collect::<Vec<_>>()))
        }
        _ => Err(EditError::Absent),
    }
}

fn member(members: &Object, key: Native, edit: &Edit) -> Result<Object, EditError> {
    match edit {
        Edit::Add(value) => Ok(members.insert(key, value.0.clone())),
        Edit::Replace(_) | Edit::Remove if !members.contains_key(&key) => Err(EditError::Absent),
        Edit::Replace(value) => Ok(members.insert(key, value.0.clone())),
        Edit::Remove => Ok(members.remove(&key)),
    }
}

fn element(
    elements: &Array,
    part: &str,
    whole: &[String],
    edit: &Edit,
) -> Result<Vec<Native>, EditError> {
    let mut made: Vec<Native> = elements.iter().cloned().collect();
    if part == "-" || part == made.len().to_string() {
        let Edit::Add(value) = edit else {
            return Err(EditError::End { path: escaped_path(whole) });
        };
        made.push(value.0.clone());
        return Ok(made);
    }
    let place = place(part, elements, whole)?;
    match edit {
        Edit::Add(value) => made.insert(place, value.0.clone()),
        Edit::Replace(value) => {
            if let Some(slot) = made.get_mut(place) {
                *slot = value.0.clone();
            }
        }
        Edit::Remove => drop(made.remove(place)),
    }
    Ok(made)
}

/// The place of an element, where the array has it. OPA reads it as it reads numbers of JSON: `1.0`
/// is `1`.
fn place(part: &str, elements: &Array, whole: &[String]) -> Result<usize, EditError> {
    let whole_number = match part.split_once('.') {
        Some((number, zeros)) if zeros.bytes().all(|digit| digit == b'0') => number,
        Some(_) => "",
        None => part,
    };
    let Ok(place) = whole_number.parse::<i64>() else {
        return Err(EditError::NoIndex { path: escaped_path(whole) });
    };
    let place = usize::try_from(place).ok().filter(|place| *place < elements.len());
    place.ok_or_else(|| EditError::OutOfRange { path: escaped_path(whole) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        Value::from_json_str(r#"{"a": {"b": [1, {"c": 2}, 3]}, "s": "x"}"#).unwrap()
    }

    fn path(text: &str) -> Vec<String> {
        text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn a_change_is_made_at_its_path_and_nowhere_else() {
        let five = || Value::from(5);
        for (at, edit, expected) in [
            ("a/b/0", Edit::Add(five()), r#"{"a":{"b":[5,1,{"c":2},3]},"s":"x"}"#),
            ("a/b/-", Edit::Add(five()), r#"{"a":{"b":[1,{"c":2},3,5]},"s":"x"}"#),
            ("a/b/3", Edit::Add(five()), r#"{"a":{"b":[1,{"c":2},3,5]},"s":"x"}"#),
            ("a/b/1/c", Edit::Replace(five()), r#"{"a":{"b":[1,{"c":5},3]},"s":"x"}"#),
            ("a/b/0.0", Edit::Remove, r#"{"a":{"b":[{"c":2},3]},"s":"x"}"#),
            ("a/b/+1./c", Edit::Add(five()), r#"{"a":{"b":[1,{"c":5},3]},"s":"x"}"#),
            ("a/b/2", Edit::Replace(five()), r#"{"a":{"b":[1,{"c":2},5]},"s":"x"}"#),
            ("a/b/0", Edit::Remove, r#"{"a":{"b":[{"c":2},3]},"s":"x"}"#),
            ("a/b", Edit::Remove, r#"{"a":{},"s":"x"}"#),
            ("n", Edit::Add(five()), r#"{"a":{"b":[1,{"c":2},3]},"n":5,"s":"x"}"#),
            ("", Edit::Add(Value::object([])), "{}"),
        ] {
            let made = document().edited(&path(at), &edit).unwrap();
            assert_eq!(made.to_json_string(), expected, "{at}");
        }
    }

    #[test]
    fn what_cannot_be_changed_is_told_in_opas_words() {
        let five = || Value::from(5);
        for (at, edit, expected) in [
            ("x/y", Edit::Add(five()), "storage_not_found_error: document does not exist"),
            ("s/y", Edit::Add(five()), "storage_not_found_error: document does not exist"),
            ("x", Edit::Replace(five()), "storage_not_found_error: document does not exist"),
            ("x", Edit::Remove, "storage_not_found_error: document does not exist"),
            ("a/b/x", Edit::Remove, "storage_not_found_error: /a/b/x: array index must be integer"),
            (
                "a/b/1.5",
                Edit::Remove,
                "storage_not_found_error: /a/b/1.5: array index must be integer",
            ),
            ("a/b/9", Edit::Remove, "storage_not_found_error: /a/b/9: array index out of range"),
            ("a/b/-", Edit::Remove, "storage_invalid_patch_error: /a/b/-: invalid patch path"),
            ("", Edit::Remove, "storage_invalid_patch_error: root cannot be removed"),
            ("", Edit::Add(five()), "storage_invalid_patch_error: root must be object"),
        ] {
            let error = document().edited(&path(at), &edit).unwrap_err();
            assert_eq!(error.to_string(), expected, "{at}");
        }
    }

    #[test]
    fn objects_are_made_along_a_path_and_never_over_something_else() {
        let made = document().with_objects_at(&path("a/x/y")).unwrap();
        assert_eq!(made.to_json_string(), r#"{"a":{"b":[1,{"c":2},3],"x":{"y":{}}},"s":"x"}"#);
        let error = document().with_objects_at(&path("s/y z")).unwrap_err();
        assert_eq!(error, EditError::Conflict { path: "/s".into() });
        let error = document().with_objects_at(&path("a/b/0/c/d")).unwrap_err();
        assert_eq!(error, EditError::Conflict { path: "/a/b/0".into() });
        assert_eq!(escaped_path(&["a b".into(), "c/d".into()]), "/a%20b/c%2Fd");
        assert_eq!(document().without(&path("a/zz")), document());
    }
}
