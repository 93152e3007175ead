//! Terms as OPA writes them (`v1/ast/term_appenders.go`).

use super::rule::write_body;
use crate::ast::{TemplatePart, TemplateString, Term, TermKind};
use crate::compare::{sorted_members, sorted_terms};
use crate::token::is_keyword_in;
use referee_rego_value::write_quoted;
use std::fmt::{self, Write};

/// A reference: `data.a["b-c"][x]`.
#[must_use]
pub fn reference(parts: &[Term]) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = write_ref(&mut text, parts);
    text
}

/// A variable: a wildcard is `_`.
#[must_use]
pub fn variable(name: &str) -> &str {
    if name.starts_with('$') { "_" } else { name }
}

/// A string in quotes, as Go quotes it.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 2);
    let _ = write_quoted(text, &mut result);
    result
}

pub(super) fn write_term(f: &mut impl Write, term: &Term) -> fmt::Result {
    write_kind(f, &term.kind)
}

pub(super) fn write_kind(f: &mut impl Write, kind: &TermKind) -> fmt::Result {
    match kind {
        TermKind::Null => f.write_str("null"),
        TermKind::Bool(value) => write!(f, "{value}"),
        TermKind::Number(number) => write!(f, "{number}"),
        TermKind::String(text) => write_quoted(text, f),
        TermKind::Var(name) => f.write_str(variable(name)),
        TermKind::Ref(parts) => write_ref(f, parts),
        TermKind::Array(elements) => {
            f.write_char('[')?;
            write_terms(f, elements)?;
            f.write_char(']')
        }
        TermKind::Object(members) => {
            f.write_char('{')?;
            for (index, (key, value)) in sorted_members(members).into_iter().enumerate() {
                f.write_str(if index == 0 { "" } else { ", " })?;
                write_term(f, key)?;
                f.write_str(": ")?;
                write_term(f, value)?;
            }
            f.write_char('}')
        }
        TermKind::Set(elements) if elements.is_empty() => f.write_str("set()"),
        TermKind::Set(elements) => {
            f.write_char('{')?;
            write_terms(f, sorted_terms(elements))?;
            f.write_char('}')
        }
        TermKind::ArrayComprehension(comprehension) => {
            f.write_char('[')?;
            write_comprehension_term(f, &comprehension.term)?;
            f.write_str(" | ")?;
            write_body(f, &comprehension.body)?;
            f.write_char(']')
        }
        TermKind::SetComprehension(comprehension) => {
            f.write_char('{')?;
            write_comprehension_term(f, &comprehension.term)?;
            f.write_str(" | ")?;
            write_body(f, &comprehension.body)?;
            f.write_char('}')
        }
        TermKind::ObjectComprehension(comprehension) => {
            f.write_char('{')?;
            write_comprehension_term(f, &comprehension.key)?;
            f.write_str(": ")?;
            write_comprehension_term(f, &comprehension.value)?;
            f.write_str(" | ")?;
            write_body(f, &comprehension.body)?;
            f.write_char('}')
        }
        TermKind::Call(terms) => write_call(f, terms),
        TermKind::TemplateString(template) => write_template(f, template),
    }
}

pub(super) fn write_terms<'a>(
    f: &mut impl Write,
    terms: impl IntoIterator<Item = &'a Term>,
) -> fmt::Result {
    for (index, term) in terms.into_iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        write_term(f, term)?;
    }
    Ok(())
}

pub(super) fn write_call(f: &mut impl Write, terms: &[Term]) -> fmt::Result {
    let Some((operator, operands)) = terms.split_first() else { return Ok(()) };
    write_term(f, operator)?;
    f.write_char('(')?;
    write_terms(f, operands)?;
    f.write_char(')')
}

pub(super) fn write_ref(f: &mut impl Write, parts: &[Term]) -> fmt::Result {
    let Some((head, rest)) = parts.split_first() else { return Ok(()) };
    match &head.kind {
        TermKind::String(name) => f.write_str(name)?,
        _ => write_term(f, head)?,
    }
    for part in rest {
        match &part.kind {
            TermKind::String(name) if is_name(name) => {
                f.write_char('.')?;
                f.write_str(name)?;
            }
            TermKind::String(name)
                if name.chars().any(|char| char == '\\' || char.is_control()) =>
            {
                f.write_char('[')?;
                write_quoted(name, f)?;
                f.write_char(']')?;
            }
            TermKind::String(name) => {
                f.write_str("[\"")?;
                f.write_str(name)?;
                f.write_str("\"]")?;
            }
            _ => {
                f.write_char('[')?;
                write_term(f, part)?;
                f.write_char(']')?;
            }
        }
    }
    Ok(())
}

/// Whether a key is written after a dot.
fn is_name(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !is_keyword_in(key, crate::ast::RegoVersion::V1)
}

/// The sign of an operator by the name of its builtin.
fn infix(terms: &[Term]) -> Option<&'static str> {
    let TermKind::Ref(parts) = &terms.first()?.kind else { return None };
    let [Term { kind: TermKind::Var(name), .. }] = parts.as_slice() else { return None };
    Some(match name.as_str() {
        "eq" => "=",
        "assign" => ":=",
        "gt" => ">",
        "gte" => ">=",
        "lt" => "<",
        "lte" => "<=",
        "neq" => "!=",
        "equal" => "==",
        "plus" => "+",
        "minus" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" => "%",
        "and" => "&",
        "or" => "|",
        _ => return None,
    })
}

/// The head of a comprehension: an operator is written between its operands there, so that its
/// `|` is not taken for that of the comprehension.
fn write_comprehension_term(f: &mut impl Write, term: &Term) -> fmt::Result {
    if let TermKind::Call(terms) = &term.kind
        && let [_, left, right] = terms.as_slice()
        && let Some(infix) = infix(terms)
    {
        f.write_char('(')?;
        write_comprehension_term(f, left)?;
        write!(f, " {infix} ")?;
        write_comprehension_term(f, right)?;
        return f.write_char(')');
    }
    write_term(f, term)
}

fn write_template(f: &mut impl Write, template: &TemplateString) -> fmt::Result {
    f.write_str("$\"")?;
    for part in &template.parts {
        match part {
            TemplatePart::Expr(expr) => {
                f.write_char('{')?;
                super::rule::write_expr(f, expr)?;
                f.write_char('}')?;
            }
            // OPA leaves what it takes for printable as it is unless something else needs an escape.
            TemplatePart::Term(Term { kind: TermKind::String(text), .. })
                if !text.contains(|char: char| char == '\\' || char == '"' || char < ' ') =>
            {
                write_escaped_braces(f, text)?;
            }
            TemplatePart::Term(Term { kind: TermKind::String(text), .. }) => {
                let quoted = quote(text);
                let quoted = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                write_escaped_braces(f, quoted.unwrap_or_default())?;
            }
            TemplatePart::Term(term) => write_term(f, term)?,
        }
    }
    f.write_char('"')
}

fn write_escaped_braces(f: &mut impl Write, text: &str) -> fmt::Result {
    if text.matches('{').count() == text.matches("\\{").count() {
        return f.write_str(text);
    }
    let mut before = ' ';
    for char in text.chars() {
        if char == '{' && before != '\\' {
            f.write_char('\\')?;
        }
        f.write_char(char)?;
        before = char;
    }
    Ok(())
}
