//! Errors of the parser and of the compiler, with OPA's codes (`v1/ast/errors.go`).

use crate::Location;
use referee_rego_value::Value;
use std::fmt;
use std::sync::Arc;

/// OPA's code of an error found before evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// `rego_parse_error`: the text is not Rego.
    Parse,
    /// `rego_compile_error`: it is Rego, but makes no program.
    Compile,
    /// `rego_type_error`: types do not match, or something is undefined.
    Type,
    /// `rego_unsafe_var_error`: a variable cannot be bound.
    UnsafeVar,
    /// `rego_recursion_error`: a rule depends on itself.
    Recursion,
}

impl Code {
    /// The code as it stands in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "rego_parse_error",
            Self::Compile => "rego_compile_error",
            Self::Type => "rego_type_error",
            Self::UnsafeVar => "rego_unsafe_var_error",
            Self::Recursion => "rego_recursion_error",
        }
    }
}

/// One error.
#[derive(Clone, Debug)]
pub struct Error {
    /// Its code.
    pub code: Code,
    /// What is wrong, in OPA's words, without code and place.
    pub message: String,
    /// Where.
    pub location: Location,
    /// Lines that OPA prints under the message: the source line and a caret, or what was had and
    /// what was wanted. Empty where there are none.
    pub details: Vec<String>,
    /// What a type error is about, as OPA writes it as JSON: `have` and `want`.
    pub document: Option<Arc<Value>>,
}

impl Error {
    /// An error at a place.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>, location: &Location) -> Self {
        let (message, location) = (message.into(), location.clone());
        Self { code, message, location, details: Vec::new(), document: None }
    }

    /// The source line of an error of the parser and the byte in it: `line` and `idx` of the details
    /// that OPA writes as JSON.
    #[must_use]
    pub fn source_line(&self) -> Option<(&str, usize)> {
        let source = self.location.source.as_deref()?;
        let offset = usize::try_from(self.location.offset).ok()?;
        let shown = self.code == Code::Parse && !self.details.is_empty();
        shown.then(|| line_at(&source.text, offset, &[]))
    }

    /// The same with what it is about as a document.
    #[must_use]
    pub fn with_document(self, document: Value) -> Self {
        Self { document: Some(Arc::new(document)), ..self }
    }

    /// The same with lines to print under it.
    #[must_use]
    pub fn with_details(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }
}

impl fmt::Display for Error {
    /// As OPA prints it: `file:row: code: message`, then the details, each on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.location.row > 0 || self.location.source.is_some() {
            write!(f, "{}: ", self.location)?;
        }
        write!(f, "{}: {}", self.code.as_str(), self.message)?;
        self.details.iter().try_for_each(|line| write!(f, "\n\t{line}"))
    }
}

impl std::error::Error for Error {}

/// The errors of a single term as OPA tells them in one text: how many, and each with its lines.
#[must_use]
pub fn term_error(errors: &[Error]) -> String {
    match errors {
        [error] if error.location.row == 0 && error.location.source.is_none() => {
            error.message.clone()
        }
        [error] => format!("failed to parse term: 1 error occurred: {error}"),
        errors => {
            let lines: Vec<String> = errors.iter().map(Error::to_string).collect();
            format!("failed to parse term: {} errors occurred:\n{}", errors.len(), lines.join("\n"))
        }
    }
}

/// The errors of a single reference, in the same way.
#[must_use]
pub fn ref_error(errors: &[Error]) -> String {
    let error = term_error(errors);
    if error.starts_with("expected ref") { error } else { format!("failed to parse ref: {error}") }
}

/// The line of a source on which an offset lies, and a caret under the offset: the lines under a
/// parser's message.
pub(crate) fn source_line(text: &str, offset: usize, invalid: &[usize]) -> Vec<String> {
    let (line, index) = line_at(text, offset, invalid);
    let shown = line.trim_start_matches('\t');
    let indent = index.saturating_sub(line.len() - shown.len());
    vec![shown.to_owned(), format!("{}^", " ".repeat(indent))]
}

/// The line on which an offset lies, and the byte of it. White space at the offset is gone back
/// over. `invalid` are the offsets of characters that stand for a single byte that was no UTF-8.
fn line_at<'t>(text: &'t str, offset: usize, invalid: &[usize]) -> (&'t str, usize) {
    let bytes = text.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or(b'\n');
    let mut offset = offset.min(bytes.len().saturating_sub(1));
    // As OPA does it: each byte is judged as a character of Latin-1.
    while offset > 0 && matches!(at(offset), 9..=13 | b' ' | 0x85 | 0xA0) {
        offset -= 1;
    }
    let is_break = |byte: u8| byte == b'\n' || byte == b'\r';
    let mut begin = offset;
    while begin > 0 && !is_break(at(begin)) {
        begin -= 1;
    }
    if bytes.get(begin).copied().is_some_and(is_break) {
        begin += 1;
    }
    let mut end = offset;
    while bytes.get(end).copied().is_some_and(|byte| !is_break(byte)) {
        end += 1;
    }
    let begin = begin.min(end);
    let line = text.get(begin..end).unwrap_or_default();
    let shortened = 2 * invalid.iter().filter(|&&one| one >= begin && one < offset).count();
    (line, offset.saturating_sub(begin).saturating_sub(shortened))
}
