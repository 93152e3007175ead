//! What an answer of a registry means.
//!
//! The delicate one is 404. "There is no such manifest" is what a policy may rely on, so it must
//! be the registry that says it, not an error page of something on the way:
//! - a distribution error body (distribution-spec, "Error Codes") whose codes all say that
//!   something is unknown;
//! - an empty body, or plain text, as registries written in Go answer for routes they do not
//!   have. It is the word of a router, of any in front of the registry too, so it says something
//!   of a route that a registry need not have, and nothing of a manifest or a blob.
//!
//! The referrers API is such a route. Registries without it answer in any of these ways, so a plain
//! 404 of a proxy cannot be told from theirs, and distribution-spec demands that clients go on with
//! the tag schema ("Unavailable Referrers API"). What that leads to is not yet an absence: the tag is
//! a manifest, of which the registry's own word is wanted, and signatures that stay hidden are
//! missing ones, which deny. Headers would not help: a registry need not name itself in any.
//!
//! Any other 404 is malformed: an HTML page, JSON of another shape, another error code.

use crate::http::is_html;
use serde::Deserialize;

/// The longest text taken over from a server, in characters.
const MAX_DETAIL: usize = 200;

/// How a 404 says that something is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    /// A distribution error: the registry knows the route, but not the thing.
    Unknown,
    /// A distribution error with a code that is also said of routes.
    NotFound,
    /// An empty or plain text: the route is not known to whoever answered.
    NoRoute,
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// Reads a 404. `None` where it is not the registry's own word.
pub(super) fn absence(content_type: &str, body: &[u8]) -> Option<Absence> {
    if body.trim_ascii().is_empty() {
        return Some(Absence::NoRoute);
    }
    if is_html(content_type, body) {
        return None;
    }
    if let Some(Errors { errors }) = errors_of(body) {
        let codes = || errors.iter().map(|error| error.code.as_deref().unwrap_or(""));
        if errors.is_empty() || !codes().all(says_unknown) {
            return None;
        }
        // NOT_FOUND is not in the specification: some say it for routes they do not have.
        let unknown = codes().all(|code| code.ends_with("_UNKNOWN"));
        return Some(if unknown { Absence::Unknown } else { Absence::NotFound });
    }
    // JSON in plain text's clothes was looked at above; what is left is a sentence.
    let sentence =
        content_type == "text/plain" && !matches!(body.trim_ascii_start(), [b'{' | b'[', ..]);
    sentence.then_some(Absence::NoRoute)
}

fn errors_of(body: &[u8]) -> Option<Errors> {
    // A derived reader takes a JSON list for an object with its fields in order.
    let object = body.trim_ascii_start().first() == Some(&b'{');
    object.then(|| serde_json::from_slice(body).ok()).flatten()
}

/// `MANIFEST_UNKNOWN`, `NAME_UNKNOWN`, `BLOB_UNKNOWN` and their like; not `UNKNOWN`, which is a
/// fault of the server.
fn says_unknown(code: &str) -> bool {
    code.ends_with("_UNKNOWN") || code == "NOT_FOUND" || code.ends_with("_NOT_FOUND")
}

/// What a server says about an error, fit for one line; `None` where it says nothing.
pub(super) fn detail(body: &[u8]) -> Option<String> {
    let Errors { errors } = errors_of(body)?;
    let first = errors.into_iter().next()?;
    let text = match (first.code, first.message) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => return None,
    };
    // Control characters could rewrite the terminal they are shown on.
    let clean: String = text.chars().filter(|c| !c.is_control()).take(MAX_DETAIL).collect();
    (!clean.is_empty()).then_some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_registrys_own_word_is_absence() {
        let json = "application/json";
        let cases: [(&str, &str, Option<Absence>); 13] = [
            (json, r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#, Some(Absence::Unknown)),
            (json, r#"{"errors":[{"code":"NAME_UNKNOWN","detail":{}}]}"#, Some(Absence::Unknown)),
            ("text/plain", r#"{"errors":[{"code":"BLOB_UNKNOWN"}]}"#, Some(Absence::Unknown)),
            (json, r#"{"errors":[{"code":"NOT_FOUND"}]}"#, Some(Absence::NotFound)),
            ("text/plain", "404 page not found\n", Some(Absence::NoRoute)),
            ("", "", Some(Absence::NoRoute)),
            (json, r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#, None),
            (json, r#"{"errors":[{"code":"UNKNOWN"}]}"#, None),
            (json, r#"{"errors":[]}"#, None),
            (json, r#"{"errors":[{"code":"NAME_UNKNOWN"},{"code":"DENIED"}]}"#, None),
            (json, r#"{"detail":"Not Found"}"#, None),
            ("text/html", "<html>404</html>", None),
            ("text/plain", "<html>404</html>", None),
        ];
        for (content_type, body, expected) in cases {
            assert_eq!(absence(content_type, body.as_bytes()), expected, "{content_type} {body}");
        }
    }

    #[test]
    fn a_servers_words_are_cut_and_cleaned() {
        let body = r#"{"errors":[{"code":"DENIED","message":"no\u001b[31m\nway"}]}"#;
        assert_eq!(detail(body.as_bytes()).unwrap(), "DENIED: no[31mway");
        let long = format!(r#"{{"errors":[{{"message":"{}"}}]}}"#, "x".repeat(1_000));
        assert_eq!(detail(long.as_bytes()).unwrap().len(), MAX_DETAIL);
        assert_eq!(detail(b"<html>"), None);
    }
}
