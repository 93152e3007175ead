//! `regex.*`; `topdown/regex.go`.
//!
//! Expressions are Go's: leftmost-first, linear in time, with Go's classes and errors.

mod class;
mod compiled;
mod intersect;
mod parse;
mod replace;
mod search;
mod subject;
mod template;
mod unicode;

use crate::give::{Given, VALUE_BYTES, give};
use compiled::{Pattern, compiled};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Result, Table, operand};
use referee_rego_value::bytes::shown;
use referee_rego_value::{Str, Value};
use search::Search;
use std::sync::Arc;
use subject::Subject;

pub(crate) const TABLE: Table = &[
    ("regex.is_valid", F(is_valid)),
    ("regex.match", F(matches)),
    ("re_match", F(matches)),
    ("regex.split", F(split)),
    ("regex.find_n", F(find)),
    ("regex.find_all_string_submatch_n", F(find_groups)),
    ("regex.replace", F(replace::replace)),
    ("regex.template_match", F(template::matches)),
    ("regex.globs_match", F(intersect::matches)),
];

fn is_valid(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let Value::String(text) = operand::value(operands, 1)? else {
        return give(false);
    };
    ctx.work(crate::give::units(text.len()))?;
    give(text.len() <= compiled::MOST_TEXT && parse::parse(text).is_ok())
}

/// A pattern and a text; the pattern is compiled last, as its error comes last.
fn two(operands: &[Value]) -> Result<(&Str, &Str)> {
    Ok((operand::string(operands, 1)?, operand::string(operands, 2)?))
}

fn pattern(ctx: &mut Context<'_>, pattern: &str, text: &str) -> Result<Arc<Pattern>> {
    let pattern = compiled(ctx, pattern)?;
    pattern.charge(ctx, text.len())?;
    Ok(pattern)
}

fn matches(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (expression, text) = two(operands)?;
    let pattern = pattern(ctx, expression, text)?;
    give(Search::new(&pattern, shown(text).as_bytes()).any(ctx)?)
}

/// Charges for one more match, which is looked for from where the last ended.
fn one_more(ctx: &mut Context<'_>, bytes: usize) -> Result<()> {
    ctx.work(4)?;
    Ok(ctx.reserve(VALUE_BYTES.saturating_add(bytes))?)
}

fn split(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (expression, text) = two(operands)?;
    let pattern = pattern(ctx, expression, text)?;
    if text.is_empty() && !expression.is_empty() {
        return give(Value::array([Value::from("")]));
    }
    let mut parts = Vec::new();
    let (mut begin, mut end) = (0, 0);
    let subject = Subject::new(text);
    let mut search = Search::new(&pattern, subject.bytes());
    while let Some(found) = search.next(ctx)? {
        end = found.start();
        one_more(ctx, end.saturating_sub(begin))?;
        // Before an empty match at the beginning stands nothing, which is no part.
        if found.end() != 0 {
            parts.push(Value::from(subject.part(begin..end)));
        }
        begin = found.end();
    }
    if end != subject.len() {
        parts.push(Value::from(subject.rest(begin)));
    }
    give(Value::Array(parts.into()))
}

/// How many matches are wanted: all where the number is negative.
fn wanted(operands: &[Value]) -> Result<usize> {
    let number = operand::integer(operands, 3)?;
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}

fn find(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (expression, text) = two(operands)?;
    let wanted = wanted(operands)?;
    let pattern = pattern(ctx, expression, text)?;
    let mut found = Vec::new();
    let subject = Subject::new(text);
    let mut search = Search::new(&pattern, subject.bytes());
    while found.len() < wanted
        && let Some(range) = search.next(ctx)?
    {
        one_more(ctx, range.len())?;
        found.push(Value::from(subject.part(range.range())));
    }
    give(Value::Array(found.into()))
}

fn find_groups(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (expression, text) = two(operands)?;
    let wanted = wanted(operands)?;
    let pattern = pattern(ctx, expression, text)?;
    let mut found = Vec::new();
    let subject = Subject::new(text);
    let mut search = Search::new(&pattern, subject.bytes());
    while found.len() < wanted
        && let Some(captures) = search.next_captures(ctx)?
    {
        let mut groups = Vec::with_capacity(captures.group_len());
        for group in 0..captures.group_len() {
            let range = captures.get_group(group).map(|span| span.range());
            let part = range.map(|range| subject.part(range)).unwrap_or_default();
            one_more(ctx, part.len())?;
            groups.push(Value::from(part));
        }
        found.push(Value::Array(groups.into()));
    }
    give(Value::Array(found.into()))
}
