//! Whether any of several texts begins or ends with any of several others; `topdown/strings.go`.

use crate::give::{Given, give, scan, units};
use crate::order::sorted_texts;
use crate::search::reversed;
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Result, Table, operand};
use referee_rego_value::bytes::{self, bytes_of, has_bytes};
use referee_rego_value::{Str, Value};

pub(crate) const TABLE: Table =
    &[("strings.any_prefix_match", F(any_prefix)), ("strings.any_suffix_match", F(any_suffix))];

/// A text, or the texts of an array or set.
fn texts<'a>(
    ctx: &mut Context<'_>,
    operands: &'a [Value],
    position: usize,
) -> Result<Vec<&'a Str>> {
    let composite = operand::value(operands, position)?;
    if let Value::String(text) = composite {
        return Ok(vec![text]);
    }
    let elements = operand::elements(composite)
        .ok_or_else(|| operand::one_of(position, composite, &["string", "set", "array"]))?;
    let mut texts = Vec::with_capacity(elements.len());
    for element in elements {
        ctx.passed(1)?;
        let Value::String(text) = element else {
            return Err(operand::element(position, composite, element, &["string"]));
        };
        texts.push(text);
    }
    Ok(texts)
}

/// The texts by which is looked, and those that are looked for.
fn both<'a>(ctx: &mut Context<'_>, operands: &'a [Value]) -> Result<(Vec<&'a Str>, Vec<&'a Str>)> {
    let bases = texts(ctx, operands, 1)?;
    let wanted = texts(ctx, operands, 2)?;
    ctx.work(units(bases.len().saturating_add(wanted.len())))?;
    Ok((bases, wanted))
}

/// What is looked for in texts, in the form in which it is compared.
fn made<'a, T>(ctx: &mut Context<'_>, texts: &[&'a Str], form: fn(&'a Str) -> T) -> Result<Vec<T>> {
    let mut made = Vec::with_capacity(texts.len());
    for text in texts {
        scan(ctx, text.len())?;
        ctx.passed(units(text.len() / 8 + 4))?;
        made.push(form(text));
    }
    Ok(made)
}

/// Whether any of these begins with any of those.
fn any_begins<T: AsRef<[u8]>>(ctx: &mut Context<'_>, bases: &[T], wanted: &[T]) -> Given {
    // In order, the first text that is not below a prefix begins with it, if any does.
    ctx.work(units(bases.len()).saturating_mul(4))?;
    let bases = sorted_texts(ctx, bases)?;
    for prefix in wanted {
        let prefix = prefix.as_ref();
        ctx.passed(8)?;
        scan(ctx, prefix.len())?;
        let at = bases.partition_point(|base| (*base).as_ref() < prefix);
        if bases.get(at).is_some_and(|base| (*base).as_ref().starts_with(prefix)) {
            return give(true);
        }
    }
    give(false)
}

fn forwards(text: &Str) -> std::borrow::Cow<'_, [u8]> {
    bytes_of(text)
}

fn any_prefix(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (bases, wanted) = both(ctx, operands)?;
    if let ([base], [wanted]) = (bases.as_slice(), wanted.as_slice()) {
        return give(bytes::starts_with(base, wanted));
    }
    let (bases, wanted) = (made(ctx, &bases, forwards)?, made(ctx, &wanted, forwards)?);
    any_begins(ctx, &bases, &wanted)
}

fn any_suffix(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (bases, wanted) = both(ctx, operands)?;
    let mut odd = false;
    for text in bases.iter().chain(&wanted) {
        ctx.passed(units(text.len() / 16 + 1))?;
        odd |= has_bytes(text);
    }
    if !odd && let ([base], [wanted]) = (bases.as_slice(), wanted.as_slice()) {
        return give(base.ends_with(wanted.as_str()));
    }
    for text in bases.iter().chain(&wanted) {
        crate::give::text(ctx, text.len())?;
    }
    // OPA turns texts around: what is no character does not come out of that as it was.
    let form = if odd {
        |text: &Str| reversed(&bytes_of(text))
    } else {
        |text: &Str| text.bytes().rev().collect::<Vec<u8>>()
    };
    let (bases, wanted) = (made(ctx, &bases, form)?, made(ctx, &wanted, form)?);
    any_begins(ctx, &bases, &wanted)
}
