//! The functions of templates.

use super::data::{Basic, Datum};
use crate::give;
use crate::go::fmt::{Argument, sprintf};
use referee_rego_builtin::{BuiltinError, Context};
use referee_rego_go::url::query_escape;
use referee_rego_value::bytes::{byte_of, bytes_of, text_of_slice};
use referee_rego_value::{Value, is_printable};

/// Why a function gives nothing.
pub(super) enum Failure {
    /// It refuses its arguments.
    Refused(String),
    /// The evaluation ends.
    Ended(BuiltinError),
}

impl From<BuiltinError> for Failure {
    fn from(error: BuiltinError) -> Self {
        Self::Ended(error)
    }
}

type Result<T> = std::result::Result<T, Failure>;

fn refused<T>(what: impl Into<String>) -> Result<T> {
    Err(Failure::Refused(what.into()))
}

/// The names, each with how many arguments it takes at least and at most.
const FUNCTIONS: &[(&str, usize, Option<usize>)] = &[
    ("and", 1, None),
    ("call", 1, None),
    ("html", 0, None),
    ("index", 1, None),
    ("slice", 1, None),
    ("js", 0, None),
    ("len", 1, Some(1)),
    ("not", 1, Some(1)),
    ("or", 1, None),
    ("print", 0, None),
    ("printf", 1, None),
    ("println", 0, None),
    ("urlquery", 0, None),
    ("eq", 1, None),
    ("ge", 2, Some(2)),
    ("gt", 2, Some(2)),
    ("le", 2, Some(2)),
    ("lt", 2, Some(2)),
    ("ne", 2, Some(2)),
];

/// Whether there is a function of a name.
pub(super) fn exists(name: &str) -> bool {
    FUNCTIONS.iter().any(|(found, _, _)| *found == name)
}

/// What is wrong with so many arguments, of which so many are written.
pub(super) fn wrong_count(name: &str, count: usize, written: usize) -> Option<String> {
    let (_, least, most) = FUNCTIONS.iter().find(|(found, _, _)| *found == name)?;
    match most {
        Some(most) if count != *most => {
            Some(format!("wrong number of args for {name}: want {most} got {count}"))
        }
        None if count < *least => {
            Some(format!("wrong number of args for {name}: want at least {least} got {written}"))
        }
        _ => None,
    }
}

/// Calls a function. (`and` and `or` do not come here: they leave arguments unevaluated.)
pub(super) fn call(ctx: &mut Context<'_>, name: &str, arguments: &[Datum]) -> Result<Datum> {
    let [first, rest @ ..] = arguments else {
        return Ok(Datum::Text(match name {
            "println" => "\n".to_owned(),
            _ => String::new(),
        }));
    };
    let second = rest.first().unwrap_or(&Datum::Absent);
    Ok(match name {
        "len" => length(first)?,
        "not" => Datum::Bool(!first.is_true()),
        "index" => index(first, rest)?,
        "slice" => slice(first, rest)?,
        "print" => Datum::Text(spaced(ctx, arguments)?),
        "println" => Datum::Text(lined(ctx, arguments)?),
        "printf" => Datum::Text(formatted(ctx, first, rest)?),
        "html" => Datum::Text(html(&joined(ctx, arguments)?)),
        "js" => Datum::Text(javascript(&joined(ctx, arguments)?)),
        "urlquery" => Datum::Text(query_escape(&joined(ctx, arguments)?)),
        "eq" => Datum::Bool(equal(first, rest)?),
        "ne" => Datum::Bool(!equal(first, rest)?),
        "lt" => Datum::Bool(less(first, second)?),
        "le" => Datum::Bool(less(first, second)? || equal(first, rest)?),
        "gt" => Datum::Bool(!(less(first, second)? || equal(first, rest)?)),
        "ge" => Datum::Bool(!less(first, second)?),
        _ if first.is_nil() => return refused("call of nil"),
        _ => return refused(format!("non-function {{callee}} of type {}", first.type_name())),
    })
}

fn int(size: usize) -> Datum {
    Datum::Int(i64::try_from(size).unwrap_or(i64::MAX))
}

fn length(item: &Datum) -> Result<Datum> {
    match item {
        Datum::Json(Value::Array(array)) => Ok(int(array.len())),
        Datum::Json(Value::Object(object)) => Ok(int(object.len())),
        Datum::Absent => refused("reflect: call of reflect.Value.Type on zero Value"),
        Datum::Null => refused("len of nil pointer"),
        other => match other.as_text() {
            Some(text) => Ok(int(bytes_of(&text).len())),
            None => refused(format!("len of type {}", other.type_name())),
        },
    }
}

fn place(index: &Datum, most: usize) -> Result<usize> {
    match index {
        Datum::Int(index) => match usize::try_from(*index).ok().filter(|index| *index <= most) {
            Some(index) => Ok(index),
            None => refused(format!("index out of range: {index}")),
        },
        Datum::Absent | Datum::Null => refused("cannot index slice/array with nil"),
        other => refused(format!("cannot index slice/array with type {}", other.type_name())),
    }
}

fn index(item: &Datum, indexes: &[Datum]) -> Result<Datum> {
    if item.is_nil() {
        return refused("index of untyped nil");
    }
    let mut item = item.clone();
    for index in indexes {
        item = match &item {
            Datum::Absent | Datum::Null => return refused("index of nil pointer"),
            Datum::Json(Value::Array(array)) => {
                let at = place(index, array.len())?;
                match array.get(at) {
                    Some(element) => Datum::of(element),
                    None => return refused("reflect: slice index out of range"),
                }
            }
            Datum::Json(Value::Object(object)) => match index {
                Datum::Text(key) => object.get_str(key).map_or(Datum::Null, Datum::of),
                Datum::Absent | Datum::Null => {
                    return refused("value is nil; should be of type string");
                }
                other => {
                    let found = other.type_name();
                    return refused(format!("value has type {found}; should be string"));
                }
            },
            other => match other.as_text() {
                Some(text) => {
                    let bytes = bytes_of(&text);
                    let at = place(index, bytes.len())?;
                    match bytes.get(at) {
                        Some(byte) => Datum::Int(i64::from(*byte)),
                        None => return refused("reflect: string index out of range"),
                    }
                }
                None => return refused(format!("can't index item of type {}", other.type_name())),
            },
        };
    }
    Ok(item)
}

fn slice(item: &Datum, indexes: &[Datum]) -> Result<Datum> {
    if item.is_nil() {
        return refused("slice of untyped nil");
    }
    if indexes.len() > 3 {
        return refused(format!("too many slice indexes: {}", indexes.len()));
    }
    let text = item.as_text();
    let length = match (item, &text) {
        (_, Some(_)) if indexes.len() == 3 => return refused("cannot 3-index slice a string"),
        (_, Some(text)) => bytes_of(text).len(),
        (Datum::Json(Value::Array(array)), _) => array.len(),
        _ => return refused(format!("can't slice item of type {}", item.type_name())),
    };
    let mut places = [0, length, length];
    for (at, index) in places.iter_mut().zip(indexes) {
        *at = place(index, length)?;
    }
    let [from, to, most] = places;
    if from > to {
        return refused(format!("invalid slice index: {from} > {to}"));
    }
    if to > most {
        return refused(format!("invalid slice index: {to} > {most}"));
    }
    Ok(match (item, text) {
        (Datum::Json(Value::Array(array)), _) => Datum::Json(Value::Array(array.slice(from..to))),
        (_, Some(text)) => {
            let bytes = bytes_of(&text);
            Datum::Text(text_of_slice(bytes.get(from..to).unwrap_or_default()))
        }
        _ => Datum::Absent,
    })
}

fn incompatible<T>(first: &Datum, second: &Datum) -> Result<T> {
    let (first, second) = (first.type_name(), second.type_name());
    refused(format!("incompatible types for comparison: {first} and {second}"))
}

/// Whether the first equals any of the others.
fn equal(first: &Datum, others: &[Datum]) -> Result<bool> {
    if others.is_empty() {
        return refused("missing argument for comparison");
    }
    for other in others {
        let same = if first.basic() != other.basic() {
            if !first.is_nil() && !other.is_nil() {
                return incompatible(first, other);
            }
            false
        } else if first.basic() == Basic::Other {
            if !first.is_nil() && !other.is_nil() {
                if first.type_name() != other.type_name() {
                    let (a, b) = (first.printed(), other.printed());
                    let (of_a, of_b) = (first.type_name(), other.type_name());
                    return refused(format!("non-comparable types {a}: {of_a}, {of_b}: {b}"));
                }
                let (shown, kind) = (other.printed(), other.type_name());
                return refused(format!("non-comparable type {shown}: {kind}"));
            }
            first.is_nil() == other.is_nil()
        } else {
            first.order(other).is_some_and(std::cmp::Ordering::is_eq)
        };
        if same {
            return Ok(true);
        }
    }
    Ok(false)
}

fn less(first: &Datum, second: &Datum) -> Result<bool> {
    const BAD: &str = "invalid type for comparison";
    match (first.basic(), second.basic()) {
        (Basic::Other, _) | (_, Basic::Other) => refused(BAD),
        (a, b) if a != b => incompatible(first, second),
        (Basic::Bool, _) => refused(BAD),
        _ => Ok(first.order(second).is_some_and(std::cmp::Ordering::is_lt)),
    }
}

fn written(ctx: &mut Context<'_>, text: &str) -> Result<()> {
    Ok(give::text(ctx, text.len().saturating_mul(6))?)
}

/// With spaces between two of which none is text.
fn spaced(ctx: &mut Context<'_>, arguments: &[Datum]) -> Result<String> {
    let mut out = String::new();
    let mut after_text = true;
    for argument in arguments {
        let is_text = argument.as_text().is_some();
        if !out.is_empty() && !is_text && !after_text {
            out.push(' ');
        }
        let text = shown(argument);
        written(ctx, &text)?;
        out.push_str(&text);
        after_text = is_text;
    }
    Ok(out)
}

/// Here nothing is a nil like any other.
fn shown(argument: &Datum) -> String {
    if argument.is_nil() { "<nil>".to_owned() } else { argument.printed() }
}

fn lined(ctx: &mut Context<'_>, arguments: &[Datum]) -> Result<String> {
    let mut out = String::new();
    for (index, argument) in arguments.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        let text = shown(argument);
        written(ctx, &text)?;
        out.push_str(&text);
    }
    out.push('\n');
    Ok(out)
}

fn formatted(ctx: &mut Context<'_>, format: &Datum, arguments: &[Datum]) -> Result<String> {
    let Datum::Text(format) = format else {
        // The executor has checked it.
        return refused("wrong type for value; expected string");
    };
    let arguments: Vec<Argument<'_>> = arguments.iter().map(Datum::argument).collect();
    Ok(sprintf(ctx, format, &arguments)?)
}

/// The text that is escaped: the only argument, or all as printed.
fn joined(ctx: &mut Context<'_>, arguments: &[Datum]) -> Result<String> {
    let text = match arguments {
        [Datum::Text(text)] => text.clone(),
        [Datum::Absent | Datum::Null] => "<no value>".to_owned(),
        _ => return spaced(ctx, arguments),
    };
    written(ctx, &text)?;
    Ok(text)
}

fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0' => out.push(char::REPLACEMENT_CHARACTER),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}

fn javascript(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '\'' | '"' => out.extend(['\\', c]),
            '<' | '>' | '&' | '=' => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            // Of a byte that is no character Go says that it can be printed.
            c if c < ' ' || !c.is_ascii() && !is_printable(c) && byte_of(c).is_none() => {
                out.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            other => out.push(other),
        }
    }
    out
}
