//! An event's text without some of its members, where the whole is too large to be sent.

use bytes::Bytes;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt;

/// What is cut, from the least to the most: an input is larger than a result, and says less.
pub(super) const CUTS: [&[&str]; 4] = [
    CACHE_ONLY,
    &["nd_builtin_cache", "input"],
    &["nd_builtin_cache", "input", "result"],
    &["nd_builtin_cache", "input", "result", "error", "custom", "request_context", "metrics"],
];

/// What OPA cuts.
pub(super) const CACHE_ONLY: &[&str] = &["nd_builtin_cache"];

/// The event without these members, with their paths under `erased`; `None` where it has none of
/// them. Nothing is said of a cache that is cut alone, as in OPA.
pub(super) fn without(event: &[u8], cut: &[&str]) -> Option<Bytes> {
    let Members(members) = serde_json::from_slice(event).ok()?;
    let gone = |name: &str| cut.contains(&name);
    if !members.iter().any(|(name, _)| gone(name)) {
        return None;
    }
    let mut erased: Vec<String> = members
        .iter()
        .find(|(name, _)| name == "erased")
        .and_then(|(_, text)| serde_json::from_str(text.get()).ok())
        .unwrap_or_default();
    if cut != CACHE_ONLY {
        let cut = members.iter().filter(|(name, _)| gone(name));
        erased.extend(cut.map(|(name, _)| format!("/{name}")));
    }
    let erased = serde_json::value::to_raw_value(&erased).ok()?;
    let mut kept: Vec<(String, Box<RawValue>)> =
        members.into_iter().filter(|(name, _)| !gone(name) && name != "erased").collect();
    if erased.get() != "[]" {
        // OPA's place for it is before the error and who asked.
        let place = kept.iter().position(|(name, _)| {
            matches!(name.as_str(), "masked" | "error" | "requested_by" | "timestamp")
        });
        kept.insert(place.unwrap_or(kept.len()), ("erased".to_owned(), erased));
    }
    serde_json::to_vec(&Members(kept)).ok().map(Bytes::from)
}

/// An object's members as they are written.
struct Members(Vec<(String, Box<RawValue>)>);

impl Serialize for Members {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(event: &str, cut: &[&str]) -> Option<String> {
        without(event.as_bytes(), cut).map(|text| String::from_utf8(text.to_vec()).unwrap())
    }

    #[test]
    fn members_are_cut_and_told_and_the_others_stay_as_they_are_written() {
        let event = r#"{"labels":{"a":1.50},"input":{"n":1e400},"result":12345678901234567890,"nd_builtin_cache":{},"timestamp":"t"}"#;
        assert_eq!(
            cut(event, CUTS[0]).unwrap(),
            r#"{"labels":{"a":1.50},"input":{"n":1e400},"result":12345678901234567890,"timestamp":"t"}"#
        );
        assert_eq!(
            cut(event, CUTS[1]).unwrap(),
            r#"{"labels":{"a":1.50},"result":12345678901234567890,"erased":["/input","/nd_builtin_cache"],"timestamp":"t"}"#
        );
        assert_eq!(
            cut(r#"{"result":1,"erased":["/input/x"],"error":{},"timestamp":"t"}"#, CUTS[2])
                .unwrap(),
            r#"{"erased":["/input/x","/result"],"error":{},"timestamp":"t"}"#
        );
        assert_eq!(cut(r#"{"labels":{}}"#, CUTS[3]), None);
        assert_eq!(cut("[]", CUTS[3]), None);
    }
}
