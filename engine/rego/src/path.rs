//! Paths into the data document: `data.trust.deny`, `data.teams["a-b"][0]`.

/// A text that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a path such as data.trust.deny or data.teams[\"a-b\"].deny")]
pub struct PathError {
    /// The text, cut to 80 characters.
    pub text: String,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    Name(String),
    Number(i64),
}

/// Writes the path of these segments, each taken as a name: `["trust", "a-b"]` is
/// `data.trust["a-b"]`.
#[must_use]
pub fn data_path<'a>(segments: impl IntoIterator<Item = &'a str>) -> String {
    let mut path = "data".to_owned();
    for segment in segments {
        push_name(&mut path, segment);
    }
    path
}

/// The path of a rule in a package that is named without `data.`.
pub(crate) fn in_package(package: &str, rule: &str) -> String {
    // A name that is no identifier stands in brackets: `["a-b"].c`.
    let joint = if package.starts_with('[') { "" } else { "." };
    format!("data{joint}{package}.{rule}")
}

/// Reads a path.
///
/// It is read here and written again before an engine sees it, so that a path can never be
/// anything but a path: not a query with a comparison, a call or a second statement in it.
pub(crate) fn parse(text: &str) -> Result<Vec<Segment>, PathError> {
    let fail = || PathError { text: text.chars().take(80).collect() };
    let mut rest = text.strip_prefix("data").ok_or_else(fail)?;
    let mut segments = Vec::new();
    while !rest.is_empty() {
        let (segment, after) = if let Some(after) = rest.strip_prefix('.') {
            name(after)
        } else if let Some(after) = rest.strip_prefix('[') {
            bracketed(after)
        } else {
            None
        }
        .ok_or_else(fail)?;
        segments.push(segment);
        rest = after;
    }
    Ok(segments)
}

/// Writes a path in the one form that [`parse`] and the engines read alike.
pub(crate) fn write(segments: &[Segment]) -> String {
    let mut path = "data".to_owned();
    for segment in segments {
        match segment {
            Segment::Name(name) => push_name(&mut path, name),
            Segment::Number(number) => path.push_str(&format!("[{number}]")),
        }
    }
    path
}

fn name(text: &str) -> Option<(Segment, &str)> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    is_identifier(name).then(|| (Segment::Name(name.to_owned()), rest))
}

fn bracketed(text: &str) -> Option<(Segment, &str)> {
    if text.starts_with('"') {
        let mut strings = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let name = strings.next()?.ok()?;
        let rest = text.get(strings.byte_offset()..)?.strip_prefix(']')?;
        return Some((Segment::Name(name), rest));
    }
    let (digits, rest) = text.split_once(']')?;
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((Segment::Number(digits.parse().ok()?), rest))
}

fn push_name(path: &mut String, name: &str) {
    if is_identifier(name) {
        path.push('.');
        path.push_str(name);
    } else {
        path.push_str(&format!("[{}]", serde_json::Value::from(name)));
    }
}

fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Result<String, PathError> {
        parse(text).map(|segments| write(&segments))
    }

    #[test]
    fn a_path_is_read_and_written_in_one_form() {
        for (text, expected) in [
            ("data", "data"),
            ("data.a.b_1", "data.a.b_1"),
            ("data[\"a\"].b", "data.a.b"),
            ("data.a[\"x-y.z\"][0].c", "data.a[\"x-y.z\"][0].c"),
            ("data.a[-1][007]", "data.a[-1][7]"),
            ("data[\"quote\\\"d]\"]", "data[\"quote\\\"d]\"]"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(expected));
        }
        assert_eq!(data_path(["a", "b-c", ""]), "data.a[\"b-c\"][\"\"]");
    }

    #[test]
    fn what_is_more_than_a_path_is_refused() {
        for text in [
            "",
            "input.a",
            "dataa",
            "data.",
            "data..a",
            "data.a b",
            "data.a;true",
            "data.a == 1",
            "data.a[x]",
            "data.a[\"x\"",
            "data.a[\"x\"+\"y\"]",
            "data.a[+1]",
            "data.a[--1]",
            "data.a[-]",
            "data.a(1)",
            "data.1a",
            "data.a[]",
            "data.é",
        ] {
            assert_eq!(canonical(text), Err(PathError { text: text.into() }), "{text}");
        }
    }
}
