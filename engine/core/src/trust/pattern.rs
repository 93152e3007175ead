//! Patterns: which issuers, subjects and claims an identity of the trust document admits.
//!
//! Always against the whole text. A glob knows `*` (any characters but `/`) and `**` (any
//! characters); everything else in it stands for itself, so that dots and question marks of URLs
//! need no care. A regular expression is anchored at both ends and takes time linear in the text.
//! Case counts.

use crate::error::Coded;
use regex::{Regex, RegexBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// The longest pattern, in bytes: a URL of a workflow has about a hundred.
const MAX_LENGTH: usize = 2_048;
/// The most memory that a compiled expression may take, in bytes; the default of the `regex` crate
/// is ten times as much.
const MAX_COMPILED: usize = 1 << 20;

/// A pattern as it is written: a text, or an object with one of `exact`, `glob` and `regex`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternText {
    /// The text itself.
    Exact(String),
    /// A text with wildcards.
    Glob(String),
    /// A regular expression, anchored at both ends.
    Regex(String),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Written {
    Exact(String),
    Glob(String),
    Regex(String),
}

impl<'de> Deserialize<'de> for PatternText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = PatternText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or an object with one of `exact`, `glob` and `regex`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<PatternText, E> {
                Ok(PatternText::Exact(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PatternText, A::Error> {
                Ok(match Written::deserialize(MapAccessDeserializer::new(map))? {
                    Written::Exact(text) => PatternText::Exact(text),
                    Written::Glob(text) => PatternText::Glob(text),
                    Written::Regex(text) => PatternText::Regex(text),
                })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl Serialize for PatternText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exact(text) => serializer.serialize_str(text),
            Self::Glob(text) => Written::Glob(text.clone()).serialize(serializer),
            Self::Regex(text) => Written::Regex(text.clone()).serialize(serializer),
        }
    }
}

impl JsonSchema for PatternText {
    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let object = generator.subschema_for::<Written>();
        json_schema!({ "anyOf": [{ "type": "string" }, object] })
    }
}

/// A checked pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: PatternText,
    /// `None` where the text stands for itself.
    compiled: Option<Regex>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is empty, so it would admit nothing, or what has no value.
    #[error("it is empty")]
    Empty,
    /// It is longer than any identity.
    #[error("it is longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// It has `***`.
    #[error("it has more than two `*` in a row")]
    Stars,
    /// It is no regular expression, or too large a one.
    #[error("it is not a regular expression")]
    Regex(#[source] regex::Error),
}

impl Coded for PatternError {
    fn code(&self) -> &'static str {
        "invalid_pattern"
    }

    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::Empty | Self::TooLong => "write what the certificate says, or a pattern",
                Self::Stars => "`*` is any text without `/`, and `**` any text",
                Self::Regex(_) => "the syntax is that of the Rust crate `regex`, much as Go's",
            }
            .to_owned(),
        )
    }
}

impl Pattern {
    /// Checks a pattern.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn new(text: &PatternText) -> Result<Self, PatternError> {
        let (PatternText::Exact(inner) | PatternText::Glob(inner) | PatternText::Regex(inner)) =
            text;
        if inner.is_empty() {
            return Err(PatternError::Empty);
        }
        if inner.len() > MAX_LENGTH {
            return Err(PatternError::TooLong);
        }
        let expression = match text {
            PatternText::Exact(_) => None,
            PatternText::Glob(glob) => Some(from_glob(glob)?),
            // Alone first: `a)(b` would be one only between the anchor's brackets.
            PatternText::Regex(inner) => {
                compile(inner)?;
                Some(format!(r"\A(?:{inner})\z"))
            }
        };
        let compiled = expression.as_deref().map(compile).transpose()?;
        Ok(Self { text: text.clone(), compiled })
    }

    /// Whether the whole of a text is what this pattern admits.
    #[must_use]
    pub fn admits(&self, text: &str) -> bool {
        match (&self.compiled, &self.text) {
            (Some(compiled), _) => compiled.is_match(text),
            (None, PatternText::Exact(exact)) => exact == text,
            // A wildcard without its expression admits nothing.
            (None, _) => false,
        }
    }

    /// The pattern as it is written.
    #[must_use]
    pub fn text(&self) -> &PatternText {
        &self.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            PatternText::Exact(text) | PatternText::Glob(text) => write!(f, "{text}"),
            PatternText::Regex(text) => write!(f, "/{text}/"),
        }
    }
}

fn compile(expression: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(expression).size_limit(MAX_COMPILED).build().map_err(PatternError::Regex)
}

fn from_glob(glob: &str) -> Result<String, PatternError> {
    if glob.contains("***") {
        return Err(PatternError::Stars);
    }
    let any: Vec<String> = glob
        .split("**")
        .map(|part| part.split('*').map(regex::escape).collect::<Vec<_>>().join("[^/]*"))
        .collect();
    Ok(format!(r"\A(?s:{})\z", any.join(".*")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: PatternText) -> Pattern {
        Pattern::new(&text).unwrap()
    }

    #[test]
    fn a_glob_is_held_against_the_whole_text_and_a_star_stops_at_a_slash() {
        let workflow = "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/**";
        let cases = [
            (
                workflow,
                "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1",
                true,
            ),
            (
                workflow,
                "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/a/b",
                true,
            ),
            (
                workflow,
                "https://github.com/acme/a/b/.github/workflows/release.yml@refs/tags/v1",
                false,
            ),
            (
                workflow,
                "https://github.com/acme-evil/a/.github/workflows/release.yml@refs/tags/v1",
                false,
            ),
            (
                workflow,
                "https://githubxcom/acme/app/.github/workflows/release.yml@refs/tags/v1",
                false,
            ),
            (
                workflow,
                "xhttps://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1",
                false,
            ),
            ("*@acme.example", "bob@acme.example", true),
            ("*@acme.example", "bob@acme.example.evil", false),
            ("**", "line\nbreak", true),
            ("a", "a\n", false),
        ];
        for (glob, text, admitted) in cases {
            let pattern = pattern(PatternText::Glob(glob.into()));
            assert_eq!(pattern.admits(text), admitted, "{glob} against {text}");
        }
    }

    #[test]
    fn an_expression_is_anchored_at_both_ends_whatever_it_holds() {
        let either = pattern(PatternText::Regex("a|b".into()));
        assert!(either.admits("a") && either.admits("b"));
        assert!(!either.admits("ac") && !either.admits("cb") && !either.admits("a\n"));
        let lines = pattern(PatternText::Regex("(?m)^a$".into()));
        assert!(!lines.admits("a\nb"), "anchors of lines do not get around the whole");
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let long = "a".repeat(MAX_LENGTH + 1);
        assert_eq!(Pattern::new(&PatternText::Exact(String::new())), Err(PatternError::Empty));
        assert_eq!(Pattern::new(&PatternText::Glob(long)), Err(PatternError::TooLong));
        assert_eq!(Pattern::new(&PatternText::Glob("***".into())), Err(PatternError::Stars));
        for text in ["(", "a)(b", "x{1000}{1000}"] {
            let error = Pattern::new(&PatternText::Regex(text.into())).unwrap_err();
            assert!(matches!(error, PatternError::Regex(_)), "{text}: {error}");
        }
    }

    #[test]
    fn a_pattern_is_a_text_or_an_object_with_one_member() {
        let read =
            |text: &str| serde_json::from_value::<PatternText>(serde_json::from_str(text).unwrap());
        assert_eq!(read(r#""a""#).unwrap(), PatternText::Exact("a".into()));
        assert_eq!(read(r#"{"glob":"a"}"#).unwrap(), PatternText::Glob("a".into()));
        assert_eq!(read(r#"{"regex":"a"}"#).unwrap(), PatternText::Regex("a".into()));
        for wrong in [r#"{"glob":"a","regex":"b"}"#, "{}", "5", r#"{"regexp":"a"}"#] {
            assert!(read(wrong).unwrap_err().is_data(), "{wrong}");
        }
    }
}
