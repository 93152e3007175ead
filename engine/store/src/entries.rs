//! The entries of a referrers listing: image indexes, read entry by entry.
//!
//! A wrong entry does not hide the good ones, but the listing is then not complete.

use crate::error::StoreError;
use referee_core::oci::media_type;
use referee_core::{Descriptor, Digest};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::sync::Arc;

/// The index, its entries not read yet.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(rename = "mediaType", default)]
    media_type: Option<String>,
    #[serde(borrow, default, deserialize_with = "present")]
    manifests: Option<Vec<&'a RawValue>>,
}

/// `null` is Go's empty list; a field that is not there is another document.
fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<&'de RawValue>>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

/// What was listed so far.
#[derive(Debug)]
pub(crate) struct Entries {
    pub(crate) descriptors: Vec<Descriptor>,
    seen: HashSet<Digest>,
    limit: u32,
    /// Why it is not complete: the first reason that came up.
    pub(crate) incomplete: Option<Arc<StoreError>>,
}

impl Entries {
    /// An empty list for at most `limit` entries.
    pub(crate) fn new(limit: u32) -> Self {
        Self { descriptors: Vec::new(), seen: HashSet::new(), limit, incomplete: None }
    }

    /// Notes why the listing is not complete.
    pub(crate) fn cut(&mut self, error: impl Into<Arc<StoreError>>) {
        self.incomplete.get_or_insert(error.into());
    }

    /// Adds an entry that is not listed yet; `false` where there is no room.
    pub(crate) fn push(&mut self, descriptor: Descriptor, target: &str) -> bool {
        if self.seen.contains(&descriptor.digest) {
            return true;
        }
        let room = u32::try_from(self.descriptors.len()).is_ok_and(|have| have < self.limit);
        if !room {
            let limit = u64::from(self.limit);
            let target = target.to_owned();
            self.cut(StoreError::TooLarge { target, limit, unit: "referrers" });
            return false;
        }
        self.seen.insert(descriptor.digest.clone());
        self.descriptors.push(descriptor);
        true
    }

    /// Adds the entries of a page; `false` where there is no room for all.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] where the page is not an image index.
    pub(crate) fn add(
        &mut self,
        body: &[u8],
        content_type: &str,
        target: &str,
    ) -> Result<bool, StoreError> {
        let malformed = |problem: String, source: Option<serde_json::Error>| {
            let source = source.map(|source| Box::new(source) as _);
            StoreError::Malformed { target: target.to_owned(), problem, source }
        };
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(malformed("not a JSON object".into(), None));
        }
        let page: Page<'_> = serde_json::from_slice(body)
            .map_err(|error| malformed("not an image index".into(), Some(error)))?;
        let typed = match (content_type, page.media_type.as_deref()) {
            (media_type::IMAGE_INDEX, None | Some("" | media_type::IMAGE_INDEX)) => true,
            // Some registries serve every document as plain JSON; its own word decides then.
            ("application/json" | "", Some(media_type::IMAGE_INDEX)) => true,
            _ => false,
        };
        if !typed {
            let shown: String = content_type.chars().take(100).collect();
            return Err(malformed(format!("served as {shown:?}, not as an image index"), None));
        }
        let Some(manifests) = page.manifests else {
            return Err(malformed("an image index without `manifests`".into(), None));
        };
        for (position, entry) in manifests.into_iter().enumerate() {
            match descriptor(entry.get()) {
                Ok(descriptor) => {
                    if !self.push(descriptor, target) {
                        return Ok(false);
                    }
                }
                Err(error) => {
                    let problem = format!("manifests[{position}] is not a descriptor");
                    self.cut(malformed(problem, error));
                }
            }
        }
        Ok(true)
    }
}

/// A derived reader takes a JSON list for an object with its fields in order, so only what starts
/// as an object is handed to it.
fn descriptor(entry: &str) -> Result<Descriptor, Option<serde_json::Error>> {
    if entry.starts_with('{') { serde_json::from_str(entry).map_err(Some) } else { Err(None) }
}
