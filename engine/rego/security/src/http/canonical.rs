//! Header fields: names as Go writes them, and what may stand in names and values (RFC 9110).

/// Whether a byte may stand in a token.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether a text is a token.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether a text may be a value: no control characters but the tabulator.
pub(super) fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

/// `content-type` as `Content-Type`; what is no token stays as it is.
pub(super) fn name(text: &str) -> String {
    if !text.bytes().all(is_token_byte) {
        return text.to_owned();
    }
    let mut upper = true;
    text.chars()
        .map(|character| {
            let written =
                if upper { character.to_ascii_uppercase() } else { character.to_ascii_lowercase() };
            upper = character == '-';
            written
        })
        .collect()
}

/// Whether a content type says JSON (`application/json`, `application/…+json`); a type that is
/// malformed does not.
pub(super) fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';');
    let media_type = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some(("application", subtype)) = media_type.split_once('/') else { return false };
    let parameter = |text: &str| {
        let Some((name, value)) = text.trim().split_once('=') else {
            return text.trim().is_empty();
        };
        let quoted = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
        is_token(name) && (quoted || is_token(value))
    };
    is_token(subtype) && (subtype == "json" || subtype.ends_with("+json")) && parts.all(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_go_writes_them() {
        assert_eq!(name("x-FOO-bar"), "X-Foo-Bar");
        assert_eq!(name("a b"), "a b");
    }

    #[test]
    fn json_is_told_by_the_content_type() {
        for yes in ["application/json", "Application/JSON; charset=utf-8", "application/a+json;"] {
            assert!(is_json(yes), "{yes}");
        }
        for no in ["", "text/json", "application/jsonx", "application/json; =", "json"] {
            assert!(!is_json(no), "{no}");
        }
    }
}
