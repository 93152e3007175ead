//! Metadata: the blocks of comments that begin with `# METADATA` and hold YAML
//! (OPA's `metadataParser` in `v1/ast/parser.go`).

mod decode;
mod node;
mod resolve;

use crate::Location;
use crate::ast::{
    Annotations, Author, Comment, CompileAnnotation, Ref, RelatedResource, SchemaAnnotation, Term,
    TermKind,
};
use crate::error::{ref_error, term_error};
use crate::module::{parse_ref, parse_term};
use crate::options::ParseOptions;
use crate::print::quote;
use decode::{Raw, Yaml, decode};
use referee_rego_go::url::Url;
use referee_rego_value::{Number, Str, Value};
use resolve::Scalar;

/// What is wrong with a block.
#[derive(Debug)]
pub(crate) struct MetadataError {
    /// The comment where it is.
    pub(crate) comment: usize,
    pub(crate) message: String,
}

/// Whether a comment in the first column begins a block.
pub(crate) fn is_metadata(text: &str) -> bool {
    text.trim().starts_with("METADATA")
}

fn begins_block(comment: &Comment) -> bool {
    comment.location.col == 1 && is_metadata(&comment.text)
}

/// Reads all blocks among the comments of a source.
pub(crate) fn read(comments: &[Comment]) -> Vec<Result<Annotations, MetadataError>> {
    let starts = comments.iter().enumerate().filter(|(_, comment)| begins_block(comment));
    starts.map(|(start, _)| read_block(comments, start)).collect()
}

fn read_block(comments: &[Comment], start: usize) -> Result<Annotations, MetadataError> {
    let rest = comments.get(start..).unwrap_or_default();
    let goes_on = |pair: &[Comment]| match pair {
        [previous, current] => {
            current.location.col == 1
                && current.location.row == previous.location.row + 1
                && !is_metadata(&current.text)
        }
        _ => false,
    };
    let lines = rest.windows(2).take_while(|pair| goes_on(pair)).count();
    let body = rest.get(1..=lines).unwrap_or_default();
    let text: String = body
        .iter()
        .flat_map(|line| [line.text.strip_prefix(' ').unwrap_or(&line.text), "\n"])
        .collect();
    if text.trim().is_empty() {
        let message = "expected METADATA block, found whitespace".to_owned();
        return Err(MetadataError { comment: start, message });
    }
    let raw = decode(&text).map_err(|message| {
        let line = yaml_line(&message);
        let offset = line.map_or(0, |line| line.min(body.len().saturating_sub(1)));
        MetadataError { comment: start + 1 + offset, message: with_hints(message, body) }
    })?;
    let mut annotations =
        annotations(raw).map_err(|message| MetadataError { comment: start, message })?;
    let (first, last) = (rest.first(), rest.get(lines));
    if let (Some(first), Some(last)) = (first, last) {
        let end = last.location.offset.saturating_add(last.location.length);
        let length = end.saturating_sub(first.location.offset);
        annotations.location = Location { length, ..first.location.clone() };
        annotations.end_row = last.location.row;
    }
    Ok(annotations)
}

/// The line that an error of YAML names first.
fn yaml_line(message: &str) -> Option<usize> {
    let rest = message.strip_prefix("yaml:")?;
    let rest = match rest.strip_prefix(" unmarshal errors:") {
        Some(rest) => rest.trim_start_matches(['\n', ' ', '\t', '\r']),
        None => rest.strip_prefix(' ')?,
    };
    let rest = rest.strip_prefix("line ").or_else(|| rest.strip_prefix(" line "))?;
    rest.split_once(':')?.0.parse().ok()
}

/// Names colons after which no YAML space stands: a usual reason for errors hard to understand.
fn with_hints(message: String, lines: &[Comment]) -> String {
    let mut message = message;
    for line in lines {
        let mut symbols = Vec::new();
        let mut parts = line.text.split(':').skip(1).peekable();
        while let Some(part) = parts.next() {
            match part.chars().next() {
                None if parts.peek().is_none() => break,
                Some(' ' | '\t') => break,
                char => symbols.push(quote_char(char.unwrap_or('\u{FFFD}'))),
            }
        }
        if !symbols.is_empty() {
            let (row, symbols) = (line.location.row, symbols.join(" "));
            message.push_str(&format!(
                "\n  Hint: on line {row}, symbol(s) [{symbols}] immediately following a key/value separator ':' is not a legal yaml space character"
            ));
        }
    }
    message
}

/// A character in quotes as Go quotes it with nothing but ASCII (`%+q`).
fn quote_char(char: char) -> String {
    match char {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        _ if char.is_ascii() => {
            let text = quote(&char.to_string());
            format!("'{}'", text.trim_matches('"'))
        }
        _ if u32::from(char) < 0x10000 => format!("'\\u{:04x}'", u32::from(char)),
        _ => format!("'\\U{:08x}'", u32::from(char)),
    }
}

fn annotations(raw: Raw) -> Result<Annotations, String> {
    let text = |text: String| (!text.is_empty()).then(|| Str::from(text));
    let mut result = Annotations {
        scope: Str::from(raw.scope),
        title: text(raw.title),
        entrypoint: raw.entrypoint,
        description: text(raw.description),
        organizations: raw.organizations.into_iter().map(Str::from).collect(),
        ..Annotations::default()
    };
    for value in &raw.related_resources {
        let resource = related_resource(value).map_err(|error| {
            format!("invalid related-resource definition {}: {error}", shown(value))
        })?;
        result.related_resources.push(resource);
    }
    result.compile = raw.compile.as_deref().map(compile).transpose()?;
    for pair in &raw.schemas {
        result.schemas.push(schema(pair)?);
    }
    for value in &raw.authors {
        let author = author(value)
            .map_err(|error| format!("invalid author definition {}: {error}", shown(value)))?;
        result.authors.push(author);
    }
    result.custom = members(raw.custom)?;
    result.labels = members(raw.labels)?;
    Ok(result)
}

fn members(members: Option<Vec<(String, Yaml)>>) -> Result<Vec<(Str, Value)>, String> {
    let members = members.into_iter().flatten();
    let mut members: Vec<(Str, Value)> = members
        .map(|(name, value)| checked(&value).map(|()| (Str::from(name), value_of(&value))))
        .collect::<Result<_, _>>()?;
    members.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(members)
}

/// Refuses mappings with other keys than strings, outside of mappings, as OPA does.
fn checked(value: &Yaml) -> Result<(), String> {
    fn check(value: &Yaml, path: &mut Vec<String>) -> Result<(), String> {
        match value {
            Yaml::Mixed => Err(format!("invalid map key type(s): {}", path.join("/"))),
            Yaml::Sequence(elements) => {
                elements.iter().enumerate().try_for_each(|(index, element)| {
                    path.push(index.to_string());
                    check(element, path)?;
                    path.pop();
                    Ok(())
                })
            }
            Yaml::Scalar(_) | Yaml::Map(_) => Ok(()),
        }
    }
    check(value, &mut Vec::new())
}

fn value_of(value: &Yaml) -> Value {
    match value {
        Yaml::Scalar(Scalar::Null) | Yaml::Mixed => Value::Null,
        Yaml::Scalar(Scalar::Bool(value)) => Value::Bool(*value),
        Yaml::Scalar(Scalar::Int(value)) => Value::from(*value),
        Yaml::Scalar(Scalar::Uint(value)) => {
            Number::parse(&value.to_string()).map_or(Value::Null, Value::Number)
        }
        Yaml::Scalar(Scalar::Float(value)) => {
            Number::from_f64(*value).map_or(Value::Null, Value::Number)
        }
        Yaml::Scalar(Scalar::Text(text) | Scalar::Time(text)) => Value::text(text),
        Yaml::Sequence(elements) => Value::array(elements.iter().map(value_of)),
        Yaml::Map(members) => {
            Value::object(members.iter().map(|(name, value)| (name.as_str(), value_of(value))))
        }
    }
}

/// A value as Go prints it for `%s`.
fn shown(value: &Yaml) -> String {
    match value {
        Yaml::Scalar(Scalar::Null) => "%!s(<nil>)".to_owned(),
        Yaml::Scalar(Scalar::Bool(value)) => format!("%!s(bool={value})"),
        Yaml::Scalar(Scalar::Int(value)) => format!("%!s(int={value})"),
        Yaml::Scalar(Scalar::Uint(value)) => format!("%!s(uint64={value})"),
        Yaml::Scalar(Scalar::Float(value)) => format!("%!s(float64={value})"),
        Yaml::Scalar(Scalar::Text(text) | Scalar::Time(text)) => text.clone(),
        Yaml::Sequence(elements) => {
            format!("[{}]", elements.iter().map(shown_within).collect::<Vec<_>>().join(" "))
        }
        Yaml::Map(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            let members =
                members.into_iter().map(|(name, value)| format!("{name}:{}", shown_within(value)));
            format!("map[{}]", members.collect::<Vec<_>>().join(" "))
        }
        Yaml::Mixed => "map[]".to_owned(),
    }
}

fn shown_within(value: &Yaml) -> String {
    match value {
        Yaml::Scalar(Scalar::Null) => "<nil>".to_owned(),
        value => shown(value),
    }
}

/// The string under a name, without the white space around it; empty where there is none.
fn string<'a>(members: &'a [(String, Yaml)], name: &str) -> &'a str {
    let member = members.iter().find(|(known, _)| known == name);
    match member.map(|(_, value)| value) {
        Some(Yaml::Scalar(Scalar::Text(text))) => text.trim(),
        _ => "",
    }
}

const WRONG_TYPE: &str = "invalid value type, must be string or map";

fn related_resource(value: &Yaml) -> Result<RelatedResource, String> {
    checked(value)?;
    let (reference, description) = match value {
        Yaml::Scalar(Scalar::Text(text)) if text.is_empty() => {
            return Err("ref URL may not be empty string".to_owned());
        }
        Yaml::Scalar(Scalar::Text(text)) => (text.as_str(), ""),
        Yaml::Map(members) => match string(members, "ref") {
            "" => return Err("'ref' value required in object".to_owned()),
            reference => (reference, string(members, "description")),
        },
        _ => return Err(WRONG_TYPE.to_owned()),
    };
    let url = Url::parse(reference).map_err(|error| error.to_string())?;
    Ok(RelatedResource {
        reference: Str::from(url.to_string()),
        description: (!description.is_empty()).then(|| Str::new(description)),
    })
}

fn author(value: &Yaml) -> Result<Author, String> {
    checked(value)?;
    let (name, email) = match value {
        Yaml::Scalar(Scalar::Text(text)) => {
            let mut words: Vec<&str> = text.split_whitespace().collect();
            let Some(&last) = words.last() else {
                return Err("author is an empty string".to_owned());
            };
            let email = last.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
            if email.is_some() {
                words.pop();
            }
            (words.join(" "), email.unwrap_or_default())
        }
        Yaml::Map(members) => match (string(members, "name"), string(members, "email")) {
            ("", "") => return Err("'name' and/or 'email' values required in object".to_owned()),
            (name, email) => (name.to_owned(), email),
        },
        _ => return Err(WRONG_TYPE.to_owned()),
    };
    Ok(Author { name: Str::from(name), email: (!email.is_empty()).then(|| Str::new(email)) })
}

fn compile(members: &[(String, Yaml)]) -> Result<CompileAnnotation, String> {
    let member =
        |name: &str| members.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let mut result = CompileAnnotation { unknowns: Vec::new(), mask_rule: None };
    if let Some(Yaml::Sequence(unknowns)) = member("unknowns") {
        for unknown in unknowns {
            let Yaml::Scalar(Scalar::Text(text)) = unknown else {
                result.unknowns.push(Ref::new());
                continue;
            };
            let reference = parse_ref(text, &ParseOptions::default()).map_err(|errors| {
                let error = ref_error(&errors);
                format!("invalid unknowns element {}: {error}", quote(text))
            })?;
            result.unknowns.push(reference);
        }
    }
    if let Some(Yaml::Scalar(Scalar::Text(mask))) = member("mask_rule") {
        let term = parse_term(mask, &ParseOptions::default()).map_err(|errors| {
            let error = term_error(&errors);
            format!("invalid mask_rule annotation {}: {error}", quote(mask))
        })?;
        result.mask_rule = Some(match term {
            Term { kind: TermKind::Ref(parts), .. } => parts,
            Term { kind: TermKind::Var(_) | TermKind::String(_), .. } => vec![term],
            _ => return Err(format!("invalid mask_rule annotation type {}: string", quote(mask))),
        });
    }
    Ok(result)
}

fn schema(pair: &[(String, Yaml)]) -> Result<SchemaAnnotation, String> {
    const INVALID: &str = "invalid schema reference";
    let (path_text, value) = match pair.first() {
        Some((path, value)) => (path.as_str(), Some(value)),
        None => ("", None),
    };
    let path = parse_ref(path_text, &ParseOptions::default())
        .map_err(|_| "invalid document reference".to_owned())?;
    let mut result = SchemaAnnotation { path, schema: None, definition: None };
    match value {
        Some(Yaml::Scalar(Scalar::Text(name))) => {
            let term =
                parse_term(name, &ParseOptions::default()).map_err(|_| INVALID.to_owned())?;
            let is_schema =
                |term: &Term| matches!(&term.kind, TermKind::Var(name) if name == "schema");
            result.schema = Some(match term {
                Term { kind: TermKind::Ref(parts), .. } if parts.first().is_some_and(is_schema) => {
                    parts
                }
                term if is_schema(&term) => {
                    vec![Term { location: Location::NONE, ..term }]
                }
                _ => return Err(INVALID.to_owned()),
            });
        }
        Some(value @ Yaml::Map(_)) => result.definition = Some(value_of(value)),
        _ => return Err(format!("invalid schema declaration for path {}", quote(path_text))),
    }
    Ok(result)
}
