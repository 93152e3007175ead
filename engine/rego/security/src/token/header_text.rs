//! The JSON of a header to be signed, read as the fast and lenient reader under OPA reads it
//! (valyala/fastjson): numbers are not checked, the first of two equal names counts, and its
//! errors tell where it stopped.

use referee_rego_go::quote::quoted;

/// How deep values may be nested.
const MAX_DEPTH: usize = 300;

/// The members of the outermost object; nothing where it is something else.
pub(super) struct Members(Vec<(String, Found)>);

/// A member, as far as it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A string.
    String(String),
    /// Something else, by the name of its type.
    Other(&'static str),
}

impl Members {
    /// The first member of a name.
    pub(super) fn get(&self, name: &str) -> Option<Found> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, found)| found.clone())
    }
}

type Failure<'a> = (String, &'a str);

/// Reads a header.
///
/// # Errors
/// The reader's words.
pub(super) fn parse(text: &str) -> Result<Members, String> {
    let mut members = Members(Vec::new());
    match value(skip(text), 1, Some(&mut members)) {
        Ok((_, rest)) => {
            let rest = skip(rest);
            if rest.is_empty() {
                return Ok(members);
            }
            Err(format!("unexpected tail: {}", quoted(&shortened(rest))))
        }
        Err((error, rest)) => {
            let rest = quoted(&shortened(rest));
            Err(format!("cannot parse JSON: {error}; unparsed tail: {rest}"))
        }
    }
}

fn skip(text: &str) -> &str {
    text.trim_start_matches([' ', '\n', '\t', '\r'])
}

fn shortened(text: &str) -> String {
    if text.len() <= 80 {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let start: String = characters.iter().take(40).collect();
    let end: String = characters.iter().skip(characters.len().saturating_sub(40)).collect();
    format!("{start}...{end}")
}

/// Reads one value; the members of the outermost object are kept.
fn value<'a>(
    text: &'a str,
    depth: usize,
    members: Option<&mut Members>,
) -> Result<(Found, &'a str), Failure<'a>> {
    if text.is_empty() {
        return Err(("cannot parse empty string".to_owned(), text));
    }
    if depth > MAX_DEPTH {
        let error = format!("too big depth for the nested JSON; it exceeds {MAX_DEPTH}");
        return Err((error, text));
    }
    let within = |what: &str| {
        let what = what.to_owned();
        move |(error, rest)| (format!("cannot parse {what}: {error}"), rest)
    };
    if let Some(rest) = text.strip_prefix('{') {
        let rest = object(rest, depth, members).map_err(within("object"))?;
        return Ok((Found::Other("object"), rest));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let rest = array(rest, depth).map_err(within("array"))?;
        return Ok((Found::Other("array"), rest));
    }
    if let Some(rest) = text.strip_prefix('"') {
        let (found, rest) = string(rest).map_err(within("string"))?;
        return Ok((Found::String(unescape(found)), rest));
    }
    for (word, kind) in [("true", "true"), ("false", "false"), ("null", "null")] {
        if text.starts_with(word.get(..1).unwrap_or_default()) {
            if let Some(rest) = text.strip_prefix(word) {
                return Ok((Found::Other(kind), rest));
            }
            if word == "null"
                && let Some((first, rest)) = text.split_at_checked(3)
                && first.eq_ignore_ascii_case("nan")
            {
                return Ok((Found::Other("number"), rest));
            }
            return Err((format!("unexpected value found: {}", quoted(text)), text));
        }
    }
    let rest = number(text).map_err(within("number"))?;
    Ok((Found::Other("number"), rest))
}

fn number(text: &str) -> Result<&str, Failure<'_>> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || ".-eE+".contains(c));
    let taken = text.len() - rest.len();
    if rest.is_empty() || taken > 1 || (taken == 1 && !text.starts_with(['-', '+'])) {
        return Ok(rest);
    }
    if let Some((word, after)) = rest.split_at_checked(3)
        && (word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("nan"))
    {
        return Ok(after);
    }
    let first: String = text.chars().take(1).collect();
    Err((format!("unexpected char: {}", quoted(&first)), text))
}

/// The raw text of a string up to its closing quote.
fn string(text: &str) -> Result<(&str, &str), Failure<'_>> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let (found, rest) = text.split_at_checked(at).unwrap_or_default();
                return Ok((found, rest.strip_prefix('"').unwrap_or_default()));
            }
            _ => {}
        }
    }
    Err(("missing closing '\"'".to_owned(), ""))
}

fn array(text: &str, depth: usize) -> Result<&str, Failure<'_>> {
    let mut text = skip(text);
    if text.is_empty() {
        return Err(("missing ']'".to_owned(), text));
    }
    if let Some(rest) = text.strip_prefix(']') {
        return Ok(rest);
    }
    loop {
        let (_, rest) = value(skip(text), depth + 1, None)
            .map_err(|(error, rest)| (format!("cannot parse array value: {error}"), rest))?;
        text = skip(rest);
        if text.is_empty() {
            return Err(("unexpected end of array".to_owned(), text));
        }
        if let Some(rest) = text.strip_prefix(']') {
            return Ok(rest);
        }
        match text.strip_prefix(',') {
            Some(rest) => text = rest,
            None => return Err(("missing ',' after array value".to_owned(), text)),
        }
    }
}

fn object<'a>(
    text: &'a str,
    depth: usize,
    mut members: Option<&mut Members>,
) -> Result<&'a str, Failure<'a>> {
    let mut text = skip(text);
    if text.is_empty() {
        return Err(("missing '}'".to_owned(), text));
    }
    if let Some(rest) = text.strip_prefix('}') {
        return Ok(rest);
    }
    loop {
        text = skip(text);
        let Some(rest) = text.strip_prefix('"') else {
            return Err(("cannot find opening '\"\" for object key".to_owned(), text));
        };
        let (key, rest) = string(rest)
            .map_err(|(error, rest)| (format!("cannot parse object key: {error}"), rest))?;
        text = skip(rest);
        let Some(rest) = text.strip_prefix(':') else {
            return Err(("missing ':' after object key".to_owned(), text));
        };
        let (found, rest) = value(skip(rest), depth + 1, None)
            .map_err(|(error, rest)| (format!("cannot parse object value: {error}"), rest))?;
        if let Some(members) = members.as_mut() {
            members.0.push((unescape(key), found));
        }
        text = skip(rest);
        if text.is_empty() {
            return Err(("unexpected end of object".to_owned(), text));
        }
        if let Some(rest) = text.strip_prefix('}') {
            return Ok(rest);
        }
        match text.strip_prefix(',') {
            Some(rest) => text = rest,
            None => return Err(("missing ',' after object value".to_owned(), text)),
        }
    }
}

/// Escapes that are not known stay as they are.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let mut characters = after.chars();
        match characters.next() {
            Some(same @ ('"' | '\\' | '/')) => plain.push(same),
            Some('b') => plain.push('\u{8}'),
            Some('f') => plain.push('\u{c}'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some('u') => {
                let (character, after) = unit(characters.as_str());
                match character {
                    Some(character) => plain.push(character),
                    None => plain.push_str("\\u"),
                }
                rest = after;
                continue;
            }
            Some(other) => plain.extend(['\\', other]),
            None => {}
        }
        rest = characters.as_str();
    }
    plain.push_str(rest);
    plain
}

fn digits(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

/// The character after `\u`, from one or two units.
fn unit(text: &str) -> (Option<char>, &str) {
    let Some((high, rest)) = digits(text) else { return (None, text) };
    if let Some(character) = char::from_u32(high) {
        return (Some(character), rest);
    }
    let low = rest.strip_prefix("\\u").and_then(digits);
    match low {
        Some((low, rest))
            if (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low) =>
        {
            let both = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            (char::from_u32(both), rest)
        }
        Some((_, rest)) => (Some(char::REPLACEMENT_CHARACTER), rest),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(text).err().unwrap_or_default()
    }

    #[test]
    fn the_first_of_two_names_counts_and_numbers_are_not_checked() {
        let members = parse(r#"{"alg":"a","alg":"b","n":1e.-,"\u0061":[true]}"#).ok();
        let members = members.map(|members| (members.get("alg"), members.get("a")));
        assert_eq!(
            members,
            Some((Some(Found::String("a".to_owned())), Some(Found::Other("array"))))
        );
        assert!(parse("e").is_ok());
    }

    #[test]
    fn errors_tell_where_it_stopped() {
        assert_eq!(error(""), "cannot parse JSON: cannot parse empty string; unparsed tail: \"\"");
        assert_eq!(error("{} x"), "unexpected tail: \"x\"");
        assert_eq!(
            error(r#"{"a":1 "b"}"#),
            "cannot parse JSON: cannot parse object: missing ',' after object value; unparsed \
             tail: \"\\\"b\\\"}\""
        );
        assert!(error(&"[".repeat(100_000)).contains("it exceeds 300"));
    }
}
