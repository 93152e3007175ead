//! Telling SPDX's serialisations apart by content. Of JSON no more is read than is needed to tell.

use referee_core::facts::SbomEncoding;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// How far into a text the field with the version may stand.
const MAX_TAGS: usize = 64 * 1024;

/// How an SPDX document is written; `None` where this is none.
#[must_use]
pub fn detect(bytes: &[u8]) -> Option<SbomEncoding> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if bytes.first() == Some(&b'{') {
        let mut found = Found::default();
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        // An error is how reading is ended early.
        drop(Members { found: &mut found, wrapped: false }.deserialize(&mut reader));
        return found.encoding();
    }
    let start = bytes.get(..bytes.len().min(MAX_TAGS)).unwrap_or_default();
    let mut lines = start.split(|byte| *byte == b'\n');
    let is_tagged = lines.any(|line| line.trim_ascii_start().starts_with(b"SPDXVersion:"));
    is_tagged.then_some(SbomEncoding::TagValue)
}

#[derive(Default)]
struct Found {
    /// Decided by one member.
    decided: Option<SbomEncoding>,
    /// A context of something else.
    other_context: bool,
    graph: bool,
}

impl Found {
    fn encoding(&self) -> Option<SbomEncoding> {
        let by_graph = self.graph && !self.other_context;
        self.decided.or(by_graph.then_some(SbomEncoding::JsonLd))
    }
}

struct Members<'f> {
    found: &'f mut Found,
    wrapped: bool,
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum Member {
    #[serde(rename = "spdxVersion")]
    Version,
    #[serde(rename = "@context")]
    Context,
    #[serde(rename = "@graph")]
    Graph,
    #[serde(rename = "sbom")]
    Wrapped,
    #[serde(rename = "bomFormat")]
    CycloneDx,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an SPDX document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let decided = || A::Error::custom("decided");
        while let Some(member) = map.next_key()? {
            match member {
                Member::Version => {
                    self.found.decided = Some(SbomEncoding::Json);
                    return Err(decided());
                }
                Member::CycloneDx => return Err(decided()),
                Member::Context => {
                    if map.next_value::<Context>()?.0 {
                        self.found.decided = Some(SbomEncoding::JsonLd);
                        return Err(decided());
                    }
                    self.found.other_context = true;
                }
                Member::Graph => {
                    self.found.graph = true;
                    map.next_value::<IgnoredAny>()?;
                }
                Member::Wrapped if !self.wrapped => {
                    map.next_value_seed(Members { found: self.found, wrapped: true })?;
                }
                Member::Wrapped | Member::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Whether a context is SPDX's, by itself or in a list.
struct Context(bool);

impl<'de> Deserialize<'de> for Context {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        super::jsonld::Context::deserialize(reader).map(|context| Self(context.0.is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_serialisation_is_told_by_its_content() {
        let of = |text: &str| detect(text.as_bytes());
        assert_eq!(of(r#"{"packages":[],"spdxVersion":"SPDX-2.3""#), Some(SbomEncoding::Json));
        assert_eq!(
            of("\u{feff} {\"sbom\":{\"SPDXID\":\"x\",\"spdxVersion\":1"),
            Some(SbomEncoding::Json)
        );
        let context = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld""#;
        assert_eq!(of(context), Some(SbomEncoding::JsonLd));
        let listed = r#"{"@context":[{"a":1},"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"]"#;
        assert_eq!(of(listed), Some(SbomEncoding::JsonLd));
        assert_eq!(of(r#"{"@graph":[]}"#), Some(SbomEncoding::JsonLd));
        assert_eq!(of("# made\n\nSPDXVersion: SPDX-2.3\n"), Some(SbomEncoding::TagValue));
    }

    #[test]
    fn other_documents_are_none() {
        let of = |text: &str| detect(text.as_bytes());
        assert_eq!(of(r#"{"bomFormat":"CycloneDX","spdxVersion":"SPDX-2.3"}"#), None);
        assert_eq!(of(r#"{"@context":"https://openvex.dev/ns/v0.2.0","@graph":[]}"#), None);
        assert_eq!(of(r#"{"sbom":{"sbom":{"spdxVersion":"SPDX-2.3"}}}"#), None);
        assert_eq!(of(r#"{"sbom":[1]}"#), None);
        assert_eq!(of("<bom/>"), None);
        assert_eq!(of(""), None);
    }
}
