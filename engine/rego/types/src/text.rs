//! How types are written in messages (OPA's `types.Sprint`): `any<number, string>`,
//! `object<a: number>[string: any]`, `(string, number) => boolean`.

use crate::{Function, Type};
use referee_rego_value::Value;
use std::fmt::{self, Display, Formatter, Write as _};

/// Types share parts, so that a small type may have an endless text. What is longer than this
/// many bytes is cut.
const MAX_TEXT: usize = 1 << 16;

/// A text that ends where it becomes too long.
struct Capped {
    text: String,
}

impl fmt::Write for Capped {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.text.len().saturating_add(text.len()) > MAX_TEXT {
            return Err(fmt::Error);
        }
        self.text.push_str(text);
        Ok(())
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        show(f, |out| write_type(out, self))
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        show(f, |out| write_function(out, self))
    }
}

fn show(f: &mut Formatter<'_>, write: impl FnOnce(&mut Capped) -> fmt::Result) -> fmt::Result {
    let mut out = Capped { text: String::new() };
    let complete = write(&mut out).is_ok();
    f.write_str(&out.text)?;
    if complete { Ok(()) } else { f.write_str("...") }
}

/// Types in parentheses: what a function was given.
pub(crate) fn write_types(types: &[Type]) -> String {
    let mut out = Capped { text: String::new() };
    let complete = out
        .write_char('(')
        .and_then(|()| write_list(&mut out, types))
        .and_then(|()| out.write_char(')'));
    if complete.is_err() {
        out.text.push_str("...");
    }
    out.text
}

/// Whether types are written in full when they are written one after the other. Only then may they
/// be written as JSON, whose length has no bound of its own.
pub(crate) fn fit<'a>(types: impl IntoIterator<Item = &'a Type>) -> bool {
    let mut out = Capped { text: String::new() };
    types.into_iter().all(|ty| write_type(&mut out, ty).is_ok())
}

fn write_list(out: &mut Capped, types: &[Type]) -> fmt::Result {
    for (at, ty) in types.iter().enumerate() {
        if at > 0 {
            out.write_str(", ")?;
        }
        write_type(out, ty)?;
    }
    Ok(())
}

fn write_type(out: &mut Capped, ty: &Type) -> fmt::Result {
    match ty {
        Type::Array(array) => {
            out.write_str("array")?;
            write_angled(out, array.items())?;
            array.rest().map_or(Ok(()), |rest| {
                out.write_char('[')?;
                write_type(out, rest)?;
                out.write_char(']')
            })
        }
        Type::Object(object) => {
            out.write_str("object")?;
            for (at, (key, value)) in object.members().iter().enumerate() {
                out.write_str(if at == 0 { "<" } else { ", " })?;
                write_key(out, key)?;
                out.write_str(": ")?;
                write_type(out, value)?;
            }
            if !object.members().is_empty() {
                out.write_char('>')?;
            }
            object.rest().map_or(Ok(()), |(key, value)| {
                out.write_char('[')?;
                write_type(out, key)?;
                out.write_str(": ")?;
                write_type(out, value)?;
                out.write_char(']')
            })
        }
        Type::Set(set) => {
            out.write_str("set[")?;
            write_type(out, set.of())?;
            out.write_char(']')
        }
        Type::Any(any) => {
            out.write_str("any")?;
            write_angled(out, any.of())
        }
        Type::Function(function) => write_function(out, function),
        Type::Recursive(recursive) => write!(out, "recursive({})", recursive.name()),
        _ => out.write_str(ty.name()),
    }
}

fn write_angled(out: &mut Capped, types: &[Type]) -> fmt::Result {
    if types.is_empty() {
        return Ok(());
    }
    out.write_char('<')?;
    write_list(out, types)?;
    out.write_char('>')
}

fn write_function(out: &mut Capped, function: &Function) -> fmt::Result {
    let args: Vec<Type> = function.args.iter().map(|(_, ty)| ty.clone()).collect();
    out.write_char('(')?;
    write_list(out, &args)?;
    if let Some(variadic) = &function.variadic {
        out.write_str(if args.is_empty() { "" } else { ", " })?;
        write_type(out, variadic)?;
        out.write_str("...")?;
    }
    out.write_str(") => ")?;
    write_type(out, function.result.as_ref().unwrap_or(&Type::Unknown))
}

/// A key as Go prints it: strings bare, lists and maps in Go's brackets.
fn write_key(out: &mut Capped, key: &Value) -> fmt::Result {
    if key.depth() > 1_000 {
        return out.write_str("...");
    }
    match key {
        Value::Null => out.write_str("<nil>"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Number(number) => write!(out, "{number}"),
        Value::String(text) => out.write_str(&referee_rego_value::bytes::shown(text)),
        Value::Array(array) => write_keys(out, "[", array.as_slice()),
        Value::Set(set) => write_keys(out, "[", set.as_slice()),
        Value::Object(object) => {
            out.write_str("map[")?;
            for (at, (key, value)) in object.iter().enumerate() {
                if at > 0 {
                    out.write_char(' ')?;
                }
                write_key(out, key)?;
                out.write_char(':')?;
                write_key(out, value)?;
            }
            out.write_char(']')
        }
    }
}

fn write_keys(out: &mut Capped, open: &str, elements: &[Value]) -> fmt::Result {
    out.write_str(open)?;
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            out.write_char(' ')?;
        }
        write_key(out, element)?;
    }
    out.write_char(']')
}
