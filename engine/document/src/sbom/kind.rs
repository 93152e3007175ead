//! Which format a document is in.
//!
//! A JSON document is read no further than to the first member that tells. That a document has the
//! members of two formats is for their readers to refuse.

use crate::error::DocumentError;
use crate::limits::Limits;
use referee_core::facts::SbomEncoding;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// What is looked for, for who has something else.
const EXPECTED: &str = "SBOM that is known here (CycloneDX in JSON or XML, SPDX 2 in JSON or tags \
                        and values, SPDX 3 in JSON-LD)";

/// A format and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    CycloneDxJson,
    CycloneDxXml,
    SpdxJson,
    SpdxJsonLd,
    SpdxTagValue,
}

/// The format of a document.
pub(super) fn of(bytes: &[u8], limits: &Limits) -> Result<Kind, DocumentError> {
    let text = crate::json::text(bytes, limits)?;
    let kind = match text.trim_start().as_bytes().first() {
        // Which XML it is its reader tells.
        Some(b'<') => Some(Kind::CycloneDxXml),
        Some(b'{') => match of_json(text)? {
            Some(Told::CycloneDx) => Some(Kind::CycloneDxJson),
            Some(Told::Other) => of_spdx(bytes),
            None => None,
        },
        _ => of_spdx(bytes),
    };
    kind.ok_or(DocumentError::UnknownFormat { expected: EXPECTED })
}

/// How an SPDX document is written; nothing where it is none.
fn of_spdx(bytes: &[u8]) -> Option<Kind> {
    match crate::spdx::detect(bytes)? {
        SbomEncoding::Json => Some(Kind::SpdxJson),
        SbomEncoding::JsonLd => Some(Kind::SpdxJsonLd),
        SbomEncoding::TagValue => Some(Kind::SpdxTagValue),
        _ => None,
    }
}

/// What the first member that tells says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    CycloneDx,
    /// It is SPDX, or JSON-LD of something else.
    Other,
}

/// What a JSON document is.
fn of_json(text: &str) -> Result<Option<Told>, DocumentError> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    match reader.deserialize_map(Members(&mut found)) {
        // The reader is stopped by an error where enough is known.
        _ if found.is_some() => Ok(found),
        Ok(()) => Ok(None),
        Err(source) => {
            let (line, column) = (source.line(), source.column());
            Err(DocumentError::Json { line, column, source })
        }
    }
}

struct Members<'f>(&'f mut Option<Told>);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            *self.0 = match &*name {
                "bomFormat" => Some(Told::CycloneDx),
                "spdxVersion" | "sbom" | "@context" | "@graph" => Some(Told::Other),
                _ => None,
            };
            if self.0.is_some() {
                return Err(A::Error::custom("enough is known"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Result<Kind, DocumentError> {
        of(text.as_bytes(), &Limits::DEFAULT)
    }

    #[test]
    fn formats_are_told_by_the_first_member_that_tells() {
        for (text, expected) in [
            (r#"{"bomFormat":"CycloneDX","specVersion""#, Kind::CycloneDxJson),
            (r#" {"components":[{"spdxVersion":1}],"bomFormat":0}"#, Kind::CycloneDxJson),
            (r#"{"SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.3"}"#, Kind::SpdxJson),
            (r#"{"sbom":{"spdxVersion":"SPDX-2.3"}}"#, Kind::SpdxJson),
            (r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}"#, Kind::SpdxJsonLd),
            ("\u{feff}\r\n\t<?xml version='1.0'?><bom/>", Kind::CycloneDxXml),
            ("# a comment\n\n SPDXVersion: SPDX-2.3\n", Kind::SpdxTagValue),
        ] {
            assert_eq!(kind(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_sbom_is_said_to_be_none() {
        for text in [
            "",
            "{}",
            "[]",
            "null",
            "SPDXID: x",
            r#"{"@context":"https://openvex.dev/ns/v0.2.0","statements":[]}"#,
            r#"{"runs":[],"version":"2.1.0"}"#,
        ] {
            let error = kind(text).unwrap_err();
            assert!(
                matches!(error, DocumentError::UnknownFormat { expected } if expected == EXPECTED),
                "{text}: {error:?}"
            );
        }
        let error = kind(r#"{"a": }"#).unwrap_err();
        assert!(matches!(error, DocumentError::Json { line: 1, column: 7, .. }), "{error:?}");
    }

    #[test]
    fn other_encodings_are_refused() {
        let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let error = of(&utf16, &Limits::DEFAULT).unwrap_err();
        assert!(matches!(error, DocumentError::Encoding { expected: "UTF-8 text" }), "{error:?}");
    }
}
