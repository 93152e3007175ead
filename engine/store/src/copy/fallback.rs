//! The index of the referrers tag (distribution-spec, "Referrers Tag Schema"), as a client keeps
//! it where the registry has no referrers API.

use crate::error::StoreError;
use referee_core::oci::media_type;
use referee_core::{Descriptor, Digest};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The index with further entries. What stands there stays as it is, members that are not known
/// here included; what is listed already is not listed again.
///
/// # Errors
/// [`StoreError::Malformed`] where what stands there is no image index: to write over it would
/// lose what it lists.
pub(crate) fn merged(
    before: Option<&[u8]>,
    entries: &[&Descriptor],
    target: &str,
) -> Result<Vec<u8>, StoreError> {
    let malformed = |problem: &str, source: Option<serde_json::Error>| StoreError::Malformed {
        target: target.to_owned(),
        problem: problem.to_owned(),
        source: source.map(|source| Box::new(source) as _),
    };
    let mut index: Map<String, Value> = match before {
        Some(bytes) => serde_json::from_slice(bytes)
            .map_err(|source| malformed("not an image index", Some(source)))?,
        None => Map::from_iter([
            ("schemaVersion".to_owned(), json!(2)),
            ("mediaType".to_owned(), json!(media_type::IMAGE_INDEX)),
        ]),
    };
    let manifests = index.entry("manifests").or_insert_with(|| json!([]));
    if manifests.is_null() {
        *manifests = json!([]);
    }
    let Some(list) = manifests.as_array_mut() else {
        return Err(malformed("an image index whose `manifests` is no list", None));
    };
    let listed: BTreeSet<Digest> =
        list.iter().filter_map(|entry| entry.get("digest")?.as_str()?.parse().ok()).collect();
    for entry in entries {
        if !listed.contains(&entry.digest) {
            let written = serde_json::to_value(entry)
                .map_err(|source| malformed("an entry cannot be written", Some(source)))?;
            list.push(written);
        }
    }
    serde_json::to_vec(&index).map_err(|source| malformed("cannot be written", Some(source)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn entry(name: &str) -> Descriptor {
        Descriptor {
            media_type: media_type::IMAGE_MANIFEST.into(),
            digest: Digest::sha256(name.as_bytes()),
            size: 1,
            artifact_type: Some(name.into()),
            annotations: BTreeMap::new(),
            platform: None,
        }
    }

    #[test]
    fn what_stands_in_the_index_stays_and_nothing_is_listed_twice() {
        let (a, b) = (entry("a"), entry("b"));
        let first = merged(None, &[&a], "x").unwrap();
        let mut known: Value = serde_json::from_slice(&first).unwrap();
        known["manifests"][0]["urls"] = json!(["https://x.example"]);
        known["extra"] = json!(1);
        let second = merged(Some(known.to_string().as_bytes()), &[&a, &b], "x").unwrap();
        let second: Value = serde_json::from_slice(&second).unwrap();
        assert_eq!(second["extra"], 1);
        assert_eq!(second["manifests"].as_array().unwrap().len(), 2);
        assert_eq!(second["manifests"][0]["urls"][0], "https://x.example");
        assert_eq!(second["manifests"][1]["digest"], b.digest.as_str());
        let null = merged(Some(br#"{"manifests":null}"#), &[&a], "x").unwrap();
        let null: Value = serde_json::from_slice(&null).unwrap();
        assert_eq!(null["manifests"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_index_is_not_written_over() {
        for before in ["[]", "<html>", r#"{"manifests":{}}"#] {
            let error = merged(Some(before.as_bytes()), &[&entry("a")], "x").unwrap_err();
            assert!(matches!(error, StoreError::Malformed { .. }), "{before}: {error}");
        }
    }
}
