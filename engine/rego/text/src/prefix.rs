//! Whether any of several texts begins or ends with any of several others; `topdown/strings.go`.

use crate::give::{Given, give, scan, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Result, Table, operand};
use referee_rego_value::{Str, Value};

pub(crate) const TABLE: Table =
    &[("strings.any_prefix_match", F(any_prefix)), ("strings.any_suffix_match", F(any_suffix))];

/// A text, or the texts of an array or set.
fn texts(operands: &[Value], position: usize) -> Result<Vec<&Str>> {
    match operand::value(operands, position)? {
        Value::String(text) => Ok(vec![text]),
        Value::Array(_) | Value::Set(_) => operand::strings(operands, position),
        other => Err(operand::one_of(position, other, &["string", "set", "array"])),
    }
}

/// The texts by which is looked, and those that are looked for.
fn both<'a>(ctx: &mut Context<'_>, operands: &'a [Value]) -> Result<(Vec<&'a Str>, Vec<&'a Str>)> {
    let bases = texts(operands, 1)?;
    let wanted = texts(operands, 2)?;
    ctx.work(units(bases.len().saturating_add(wanted.len())))?;
    Ok((bases, wanted))
}

fn any_prefix(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (mut bases, wanted) = both(ctx, operands)?;
    if let ([base], [wanted]) = (bases.as_slice(), wanted.as_slice()) {
        return give(base.starts_with(wanted.as_str()));
    }
    // In order, the first text that is not below a prefix begins with it, if any does.
    ctx.work(units(bases.len()).saturating_mul(4))?;
    bases.sort_unstable();
    let mut any = false;
    for prefix in wanted {
        ctx.passed(8)?;
        scan(ctx, prefix.len())?;
        let at = bases.partition_point(|base| base.as_str() < prefix.as_str());
        any |= bases.get(at).is_some_and(|base| base.starts_with(prefix.as_str()));
    }
    give(any)
}

fn any_suffix(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (bases, wanted) = both(ctx, operands)?;
    if let ([base], [wanted]) = (bases.as_slice(), wanted.as_slice()) {
        return give(base.ends_with(wanted.as_str()));
    }
    let mut reversed = Vec::with_capacity(bases.len());
    for base in bases {
        crate::give::text(ctx, base.len())?;
        reversed.push(base.bytes().rev().collect::<Vec<u8>>());
    }
    ctx.work(units(reversed.len()).saturating_mul(4))?;
    reversed.sort_unstable();
    let mut any = false;
    for suffix in wanted {
        ctx.passed(8)?;
        scan(ctx, suffix.len())?;
        let at = reversed.partition_point(|base| base.iter().copied().lt(suffix.bytes().rev()));
        any |= reversed.get(at).is_some_and(|base| {
            base.len() >= suffix.len()
                && suffix.bytes().rev().eq(base.iter().copied().take(suffix.len()))
        });
    }
    give(any)
}
