//! Why a document cannot be read at all. What is wrong with a part of it is a problem in its facts.

use referee_core::Coded;

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// It is larger than the limit.
    #[error("the document has {size} bytes; at most {limit} are read")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It is not text in an encoding that its format allows.
    #[error("the document is not {expected}")]
    Encoding {
        /// The encoding that is expected.
        expected: &'static str,
    },
    /// It is not JSON, or ends early, or is nested too deep.
    #[error("the document is not valid JSON (line {line}, column {column})")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// It is JSON, and a member is not of the type that its format demands.
    #[error("the document's {path} is not as {format} demands (line {line}, column {column})")]
    Member {
        /// The format.
        format: &'static str,
        /// The member's path, at most 200 characters.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// It is not well-formed XML, or nested too deep.
    #[error("the document is not well-formed XML (byte {position}): {what}")]
    Xml {
        /// Where, in bytes from the start.
        position: u64,
        /// What is wrong, at most 200 characters.
        what: String,
    },
    /// It is well-formed XML, and an element is not as its format demands.
    #[error("the document is not as {format} demands (byte {position}): {what}")]
    Element {
        /// The format.
        format: &'static str,
        /// Where, in bytes from the start.
        position: u64,
        /// What is wrong, at most 200 characters.
        what: String,
    },
    /// Its XML declares a document type, by which entities could grow without end.
    #[error("the document's XML has a document type declaration (byte {position})")]
    DocumentType {
        /// Where, in bytes from the start.
        position: u64,
    },
    /// A line is not as the format demands.
    #[error("line {line} of the document is not as {format} demands: {what}")]
    Line {
        /// The format.
        format: &'static str,
        /// The line, from 1.
        line: usize,
        /// What is wrong, at most 200 characters.
        what: String,
    },
    /// Something that the format demands is not there.
    #[error("the document has no {member}, which {format} demands")]
    Missing {
        /// The format.
        format: &'static str,
        /// The member.
        member: &'static str,
    },
    /// Its version is one that is not read.
    #[error("the document is {format} {version:?}; {supported} are read")]
    Version {
        /// The format.
        format: &'static str,
        /// The version, at most 80 characters.
        version: String,
        /// What is read.
        supported: &'static str,
    },
    /// It is in none of the formats that are looked for.
    #[error("the document is no {expected}")]
    UnknownFormat {
        /// What was looked for.
        expected: &'static str,
    },
}

impl Coded for DocumentError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "document_too_large",
            Self::Encoding { .. } => "document_encoding",
            Self::Json { .. }
            | Self::Xml { .. }
            | Self::Line { .. }
            | Self::Member { .. }
            | Self::Element { .. } => "document_malformed",
            Self::Missing { .. } => "document_incomplete",
            Self::DocumentType { .. } => "document_type_declared",
            Self::Version { .. } => "document_version_unsupported",
            Self::UnknownFormat { .. } => "document_format_unknown",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::DocumentType { .. } => {
                Some("CycloneDX needs no document type declaration; remove it".to_owned())
            }
            Self::TooLarge { .. } => Some("raise limits.max_payload_bytes".to_owned()),
            _ => None,
        }
    }
}
