//! in-toto statements (in-toto/attestation `spec/v0.1.0/statement.md` and `spec/v1/statement.md`).
//!
//! Refused: other statement versions, fields that occur twice, digest sets or annotations with a
//! key twice, more than 10,000 subjects, annotations of more than 16 KiB on one subject. Digests are compared as they are written, lower-case hex, which is what the
//! specification has writers produce.

use crate::json::{at_most, object, unique_map};
use crate::problem::{Code, Raised};
use referee_core::{Coded, Digest};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Statement v0.1, which `cosign attest` writes.
pub const STATEMENT_V01: &str = "https://in-toto.io/Statement/v0.1";
/// Statement v1, which `cosign sign` writes.
pub const STATEMENT_V1: &str = "https://in-toto.io/Statement/v1";

/// The most subjects. GitHub's attestations have up to 1,024.
const MAX_SUBJECTS: usize = 10_000;
/// The longest annotations of one subject, in bytes of JSON: every signature fact repeats them.
/// OCI annotations are a few hundred.
const MAX_ANNOTATIONS: usize = 16 * 1024;
/// The most digests that one message repeats from a statement.
const MAX_DIGESTS_NAMED: usize = 3;

fn small_map<'de, D>(deserializer: D) -> Result<BTreeMap<String, Value>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    let text = <&RawValue>::deserialize(deserializer)?.get();
    if text.len() > MAX_ANNOTATIONS {
        let problem = format_args!("annotations of more than {MAX_ANNOTATIONS} bytes");
        return Err(serde::de::Error::custom(problem));
    }
    unique_map(&mut serde_json::Deserializer::from_str(text)).map_err(serde::de::Error::custom)
}

/// A statement: what it is about, and what it says as bytes that are not read yet.
#[derive(Clone, Debug, Deserialize)]
pub struct Statement<'a> {
    #[serde(rename = "_type")]
    version: String,
    /// What it is about. May be empty in what was read, and then it is about nothing.
    #[serde(rename = "subject", default, deserialize_with = "at_most::<MAX_SUBJECTS, _, _>")]
    pub subjects: Vec<StatementSubject>,
    /// What kind of thing it says.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What it says: JSON, or `None` where it says nothing.
    #[serde(borrow, default)]
    pub predicate: Option<&'a RawValue>,
}

/// One thing that a statement is about.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct StatementSubject {
    /// Its digests by algorithm, hex.
    #[serde(default, deserialize_with = "unique_map")]
    pub digest: BTreeMap<String, String>,
    /// What the signer noted about it (v1; cosign's `-a key=value`).
    #[serde(default, deserialize_with = "small_map")]
    annotations: BTreeMap<String, Value>,
}

/// Bytes that are not an in-toto statement that this version reads.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// Not JSON, or not of the shape.
    #[error("the in-toto statement is malformed: {0}")]
    Json(#[from] serde_json::Error),
    /// Another version, or no statement.
    #[error("the statement is of type {found:?}; {STATEMENT_V01} and {STATEMENT_V1} are read")]
    Version {
        /// Its `_type`, cut to 80 characters.
        found: String,
    },
}

impl Coded for StatementError {
    fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "malformed_statement",
            Self::Version { .. } => "statement_type_unsupported",
        }
    }
}

impl StatementError {
    /// The problem in a fact.
    #[must_use]
    pub fn raised(&self) -> Raised {
        let code = match self {
            Self::Json(_) => Code::MalformedStatement,
            Self::Version { .. } => Code::StatementTypeUnsupported,
        };
        Raised::new(code, self.to_string())
    }
}

impl<'a> Statement<'a> {
    /// Reads a statement.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, StatementError> {
        object(bytes)?;
        let statement: Self = serde_json::from_slice(bytes)?;
        match statement.version.as_str() {
            STATEMENT_V01 | STATEMENT_V1 => Ok(statement),
            other => Err(StatementError::Version { found: other.chars().take(80).collect() }),
        }
    }

    /// The subject that is the artifact with this digest.
    #[must_use]
    pub fn subject(&self, digest: &Digest) -> Option<&StatementSubject> {
        let name = digest.algorithm().as_str();
        self.subjects.iter().find(|s| s.digest.get(name).is_some_and(|hex| hex == digest.hex()))
    }

    /// The digests that it is about, for a message.
    pub(crate) fn named(&self) -> String {
        let mut digests = self
            .subjects
            .iter()
            .flat_map(|subject| &subject.digest)
            .map(|(name, value)| shorten(&format!("{name}:{value}")));
        let first: Vec<_> = digests.by_ref().take(MAX_DIGESTS_NAMED).collect();
        match (first.is_empty(), digests.count()) {
            (true, _) => "no digest at all".to_owned(),
            (false, 0) => first.join(", "),
            (false, more) => format!("{} and {more} more", first.join(", ")),
        }
    }
}

/// As long as a SHA-512 digest, so that a hostile statement cannot fill the facts.
pub(crate) fn shorten(text: &str) -> String {
    text.chars().take(135).collect()
}

impl StatementSubject {
    /// What the signer noted about it.
    #[must_use]
    pub fn annotations(&self) -> Map<String, Value> {
        self.annotations.clone().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(subject: &str) -> String {
        format!(
            r#"{{"_type":"{STATEMENT_V1}","subject":{subject},"predicateType":"p","predicate":{{"a": 1}}}}"#
        )
    }

    #[test]
    fn a_subject_is_found_by_the_digest_of_its_own_algorithm() {
        let digest = Digest::sha256(b"");
        let long = Digest::of(referee_core::Algorithm::Sha512, b"");
        let text = statement(&format!(
            r#"[{{"name":"other","digest":{{"sha256":"00"}}}},{{"digest":{{"sha1":"x","sha256":"{}"}},"annotations":{{"k":1}}}}]"#,
            digest.hex()
        ));
        let statement = Statement::parse(text.as_bytes()).unwrap();
        assert_eq!(statement.subject(&digest).unwrap().annotations()["k"], 1);
        assert!(statement.subject(&long).is_none());
        assert_eq!(statement.predicate.unwrap().get(), r#"{"a": 1}"#);
    }

    #[test]
    fn upper_case_hex_and_absent_subjects_name_nothing() {
        let digest = Digest::sha256(b"");
        for subject in [
            format!(r#"[{{"digest":{{"sha256":"{}"}}}}]"#, digest.hex().to_uppercase()),
            "[]".to_owned(),
            "null".to_owned(),
            r#"[{"digest":null}]"#.to_owned(),
        ] {
            let text = statement(&subject);
            assert!(
                Statement::parse(text.as_bytes()).unwrap().subject(&digest).is_none(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_two_readers_could_read_differently_is_malformed() {
        for text in [
            statement(r#"[{"digest":{"sha256":"a","sha256":"b"}}]"#),
            statement(r#"[{"annotations":{"a":1,"a":2}}]"#),
            statement("[]").replace("\"predicate\"", "\"predicateType\":\"q\",\"predicate\""),
            statement("{}"),
            statement("[]").replace("\"predicateType\":\"p\",", ""),
            statement("[]") + "x",
            format!(r#"["{STATEMENT_V1}", [], "p", {{}}]"#),
        ] {
            assert_eq!(
                Statement::parse(text.as_bytes()).unwrap_err().code(),
                "malformed_statement",
                "{text}"
            );
        }
    }

    #[test]
    fn another_version_is_unsupported() {
        let text = statement("[]").replace("Statement/v1", "Statement/v2");
        let error = Statement::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "statement_type_unsupported");
    }
}
