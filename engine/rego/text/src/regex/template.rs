//! `regex.template_match`: plain text with expressions between delimiters;
//! `topdown/regex_template.go`.

use super::compiled::{Pattern, compiled, refused};
use super::parse;
use super::search::Search;
use crate::give::{Given, give, units};
use referee_rego_builtin::{BuiltinError, Context, Result, operand};
use referee_rego_go::quote::quoted;
use referee_rego_value::Value;
use referee_rego_value::bytes::{bytes_of, shown};
use std::sync::Arc;

pub(super) fn matches(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let template = operand::string(operands, 1)?;
    let text = operand::string(operands, 2)?;
    let start = operand::string(operands, 3)?;
    let end = operand::string(operands, 4)?;
    let wrong = |which: &str| {
        // OPA tells the length of the first for both.
        let length = bytes_of(start).len();
        BuiltinError::new(format!(
            "{which} delimiter has to be exactly one character long but is {length} long"
        ))
    };
    let &[open] = start.as_bytes() else { return Err(wrong("start")) };
    let &[close] = end.as_bytes() else { return Err(wrong("end")) };
    let pattern = compile(ctx, template, open, close)?;
    pattern.charge(ctx, text.len())?;
    give(Search::new(&pattern, shown(text).as_bytes()).any(ctx)?)
}

fn compile(ctx: &mut Context<'_>, template: &str, open: u8, close: u8) -> Result<Arc<Pattern>> {
    ctx.work(units(template.len()))?;
    let mut expression = String::from("^");
    let mut rest = template;
    for part in delimited(template, open, close)? {
        let (start, end) = part;
        let raw = template.get(template.len() - rest.len()..start).unwrap_or_default();
        let inner = template.get(start + 1..end - 1).unwrap_or_default();
        quote(&mut expression, raw);
        expression.push('(');
        expression.push_str(inner);
        expression.push(')');
        parse::parse(&format!("^{inner}$")).map_err(refused)?;
        rest = template.get(end..).unwrap_or_default();
    }
    quote(&mut expression, rest);
    expression.push('$');
    compiled(ctx, &expression)
}

/// Where the outermost delimiters are: from the opening one to behind the closing one.
fn delimited(template: &str, open: u8, close: u8) -> Result<Vec<(usize, usize)>> {
    let unbalanced = || BuiltinError::new(format!("unbalanced braces in {}", quoted(template)));
    let mut found = Vec::new();
    let (mut level, mut start) = (0usize, 0);
    for (at, byte) in template.bytes().enumerate() {
        if byte == open {
            level += 1;
            if level == 1 {
                start = at;
            }
        } else if byte == close {
            level = level.checked_sub(1).ok_or_else(unbalanced)?;
            if level == 0 {
                found.push((start, at + 1));
            }
        }
    }
    if level == 0 { Ok(found) } else { Err(unbalanced()) }
}

/// Plain text as an expression.
fn quote(expression: &mut String, text: &str) {
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            expression.push('\\');
        }
        expression.push(c);
    }
}
