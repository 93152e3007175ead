//! `regex.replace`, and the texts that stand for matches: `$1`, `${name}`.

use super::compiled::Pattern;
use super::search::Search;
use super::subject::Subject;
use crate::give::{self, Given, give};
use crate::go::unicode::{is_digit, is_letter};
use referee_rego_builtin::{Context, Result, operand};
use referee_rego_value::Value;
use referee_rego_value::bytes::joined;
use regex_automata::util::captures::Captures;

pub(super) fn replace(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let base = operand::string(operands, 1)?;
    let expression = operand::string(operands, 2)?;
    let template = operand::string(operands, 3)?;
    let pattern = super::pattern(ctx, expression, base)?;
    let parts = parts(&pattern, template);
    let mut replaced = String::new();
    let mut last = 0;
    let subject = Subject::new(base);
    let mut search = Search::new(&pattern, subject.bytes());
    while let Some(captures) = search.next_captures(ctx)? {
        let Some(found) = captures.get_match() else { continue };
        let between = subject.part(last..found.start());
        give::text(ctx, between.len())?;
        replaced.push_str(between);
        write(ctx, &mut replaced, &subject, &parts, &captures)?;
        last = found.end();
    }
    let rest = subject.rest(last);
    give::text(ctx, rest.len())?;
    replaced.push_str(rest);
    let replaced = joined(replaced);
    if replaced == base.as_str() { give(base.clone()) } else { give(replaced) }
}

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    /// The groups of which the first that took part stands here.
    Groups(Vec<usize>),
}

fn write(
    ctx: &mut Context<'_>,
    out: &mut String,
    subject: &Subject<'_>,
    parts: &[Part<'_>],
    captures: &Captures,
) -> Result<()> {
    for part in parts {
        let text = match part {
            Part::Text(text) => text,
            Part::Groups(groups) => groups
                .iter()
                .find_map(|group| captures.get_group(*group))
                .map(|span| subject.part(span.range()))
                .unwrap_or_default(),
        };
        give::text(ctx, text.len())?;
        out.push_str(text);
    }
    Ok(())
}

fn parts<'a>(pattern: &Pattern, template: &'a str) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        parts.push(Part::Text(before));
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            parts.push(Part::Text("$"));
            rest = after;
        } else if let Some((name, after)) = name(rest) {
            parts.push(Part::Groups(groups(pattern, name)));
            rest = after;
        } else {
            // What is no name leaves the sign as it is.
            parts.push(Part::Text("$"));
        }
    }
    parts.push(Part::Text(rest));
    parts
}

/// `name` or `{name}`, as long as can be.
fn name(text: &str) -> Option<(&str, &str)> {
    let braced = text.strip_prefix('{');
    let start = braced.unwrap_or(text);
    let ends = |c: char| !(c == '_' || is_letter(c) || is_digit(c));
    let length = start.find(ends).unwrap_or(start.len());
    let (name, after) = start.split_at_checked(length)?;
    if name.is_empty() {
        return None;
    }
    match braced {
        Some(_) => after.strip_prefix('}').map(|after| (name, after)),
        None => Some((name, after)),
    }
}

fn groups(pattern: &Pattern, name: &str) -> Vec<usize> {
    let number =
        name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    if number && name.len() <= 9 {
        return name.parse().into_iter().collect();
    }
    let named = pattern.names.iter().enumerate();
    named.filter(|(_, found)| found.as_deref() == Some(name)).map(|(at, _)| at + 1).collect()
}
