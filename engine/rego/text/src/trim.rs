//! Cutting texts at their ends; `topdown/strings.go`.

use crate::give::{Given, PORTION, give, passed, scan};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Result, Table, operand};
use referee_rego_value::Value;
use referee_rego_value::bytes::{bytes_of, has_bytes, runes, shown, text_of_slice};

pub(crate) const TABLE: Table = &[
    ("trim", F(trim)),
    ("trim_left", F(trim_left)),
    ("trim_right", F(trim_right)),
    ("trim_prefix", F(trim_prefix)),
    ("trim_suffix", F(trim_suffix)),
    ("trim_space", F(trim_space)),
];

/// So many characters are looked at between two looks at the clock.
const STEP: usize = 4_096;

/// Cuts the first operand by the second.
fn cut(
    ctx: &mut Context<'_>,
    operands: &[Value],
    cut: impl for<'a> Fn(&mut Context<'_>, &'a str, &str) -> Result<&'a str>,
) -> Given {
    let text = operand::string(operands, 1)?;
    let by = operand::string(operands, 2)?;
    scan(ctx, text.len())?;
    let rest = cut(ctx, text, by)?;
    if rest.len() == text.len() { give(text.clone()) } else { give(rest) }
}

/// The text without the characters at its front that are to be cut.
fn without_front<'a>(
    ctx: &mut Context<'_>,
    mut text: &'a str,
    cut: impl Fn(char) -> bool,
) -> Result<&'a str> {
    loop {
        let mut left = STEP;
        let rest = text.trim_start_matches(|c| {
            left = left.saturating_sub(1);
            left > 0 && cut(c)
        });
        if left > 0 {
            return Ok(rest);
        }
        passed(ctx, PORTION)?;
        text = rest;
    }
}

/// The same at its back.
fn without_back<'a>(
    ctx: &mut Context<'_>,
    mut text: &'a str,
    cut: impl Fn(char) -> bool,
) -> Result<&'a str> {
    loop {
        let mut left = STEP;
        let rest = text.trim_end_matches(|c: char| {
            left = left.saturating_sub(1);
            left > 0 && cut(c)
        });
        if left > 0 {
            return Ok(rest);
        }
        passed(ctx, PORTION)?;
        text = rest;
    }
}

/// Cuts the characters of a set at the front. All bytes that are no characters are the same one.
fn cut_front<'a>(ctx: &mut Context<'_>, text: &'a str, set: &str) -> Result<&'a str> {
    if !has_bytes(text) && !has_bytes(set) {
        return without_front(ctx, text, |c| set.contains(c));
    }
    let set = shown(set);
    let kept = runes(text).skip_while(|rune| set.contains(&*shown(rune)));
    let length: usize = kept.map(str::len).sum();
    Ok(text.get(text.len() - length..).unwrap_or_default())
}

/// The same at the back.
fn cut_back<'a>(ctx: &mut Context<'_>, text: &'a str, set: &str) -> Result<&'a str> {
    if !has_bytes(text) && !has_bytes(set) {
        return without_back(ctx, text, |c| set.contains(c));
    }
    let set = shown(set);
    let (mut end, mut length) = (0, 0);
    for rune in runes(text) {
        length += rune.len();
        if !set.contains(&*shown(rune)) {
            end = length;
        }
    }
    Ok(text.get(..end).unwrap_or_default())
}

/// Cuts bytes, which may be a part of a character.
fn cut_bytes(
    operands: &[Value],
    cut: impl for<'a> Fn(&'a [u8], &[u8]) -> Option<&'a [u8]>,
) -> Result<Option<Option<Value>>> {
    let (text, by) = (operand::string(operands, 1)?, operand::string(operands, 2)?);
    if !has_bytes(by) {
        return Ok(None);
    }
    let rest = cut(&bytes_of(text), &bytes_of(by)).map(|rest| Value::from(text_of_slice(rest)));
    Ok(Some(Some(rest.unwrap_or_else(|| Value::String(text.clone())))))
}

fn trim(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    cut(ctx, operands, |ctx, text, set| {
        let text = cut_front(ctx, text, set)?;
        cut_back(ctx, text, set)
    })
}

fn trim_left(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    cut(ctx, operands, cut_front)
}

fn trim_right(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    cut(ctx, operands, cut_back)
}

fn trim_prefix(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    if let Some(cut) = cut_bytes(operands, |text, prefix| text.strip_prefix(prefix))? {
        return Ok(cut);
    }
    cut(ctx, operands, |_, text, prefix| Ok(text.strip_prefix(prefix).unwrap_or(text)))
}

fn trim_suffix(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    if let Some(cut) = cut_bytes(operands, |text, suffix| text.strip_suffix(suffix))? {
        return Ok(cut);
    }
    cut(ctx, operands, |_, text, suffix| Ok(text.strip_suffix(suffix).unwrap_or(text)))
}

fn trim_space(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let text = operand::string(operands, 1)?;
    scan(ctx, text.len())?;
    let rest = without_front(ctx, text, char::is_whitespace)?;
    let rest = without_back(ctx, rest, char::is_whitespace)?;
    if rest.len() == text.len() { give(text.clone()) } else { give(rest) }
}
