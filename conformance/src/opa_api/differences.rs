//! Where two JSON values differ, as pointers (RFC 6901).

use crate::json::Json;
use std::collections::BTreeSet;
use std::fmt::{self, Display};

/// The most places that are told of one pair of values.
const PLACES: usize = 20;
/// The most characters of a value that are shown.
const SHOWN: usize = 300;

/// A difference between two answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// In what they differ.
    pub aspect: String,
    /// What the reference has there.
    pub reference: String,
    /// What the target has there.
    pub target: String,
}

impl Difference {
    pub(super) fn new(
        aspect: impl Into<String>,
        reference: &dyn Display,
        target: &dyn Display,
    ) -> Self {
        Self { aspect: aspect.into(), reference: reference.to_string(), target: target.to_string() }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} in the reference, {} here", self.aspect, self.reference, self.target)
    }
}

/// Where the values differ; the digits of numbers count.
pub(super) fn in_values(one: &Json, other: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(&mut String::new(), one, other, &mut found);
    found
}

fn walk(pointer: &mut String, one: &Json, other: &Json, found: &mut Vec<Difference>) {
    if found.len() >= PLACES {
        return;
    }
    match (one, other) {
        (Json::Object(a), Json::Object(b)) => {
            let names: BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for name in names {
                let name_there = name.replace('~', "~0").replace('/', "~1");
                step(pointer, &name_there, a.get(name), b.get(name), found);
            }
        }
        (Json::Array(a), Json::Array(b)) => {
            for index in 0..a.len().max(b.len()) {
                step(pointer, &index.to_string(), a.get(index), b.get(index), found);
            }
        }
        _ if one.is_written_as(other) => {}
        _ => tell(pointer, Some(one), Some(other), found),
    }
}

fn step(
    pointer: &mut String,
    name: &str,
    one: Option<&Json>,
    other: Option<&Json>,
    found: &mut Vec<Difference>,
) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(name);
    match (one, other) {
        (Some(one), Some(other)) => walk(pointer, one, other, found),
        _ => tell(pointer, one, other, found),
    }
    pointer.truncate(length);
}

fn tell(pointer: &str, one: Option<&Json>, other: Option<&Json>, found: &mut Vec<Difference>) {
    if found.len() >= PLACES {
        return;
    }
    let shown = |value: Option<&Json>| {
        let text = value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let mut shown: String = text.chars().take(SHOWN).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        shown
    };
    let aspect = if pointer.is_empty() { "/" } else { pointer };
    found.push(Difference::new(aspect, &shown(one), &shown(other)));
}
