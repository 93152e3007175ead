//! Cutting texts at their ends; `topdown/strings.go`.

use crate::give::{Given, give, scan};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Table, operand};
use referee_rego_value::Value;

pub(crate) const TABLE: Table = &[
    ("trim", F(trim)),
    ("trim_left", F(trim_left)),
    ("trim_right", F(trim_right)),
    ("trim_prefix", F(trim_prefix)),
    ("trim_suffix", F(trim_suffix)),
    ("trim_space", F(trim_space)),
];

/// Cuts the first operand by the second.
fn cut(
    ctx: &mut Context<'_>,
    operands: &[Value],
    cut: impl for<'a> Fn(&'a str, &str) -> &'a str,
) -> Given {
    let text = operand::string(operands, 1)?;
    let by = operand::string(operands, 2)?;
    scan(ctx, text.len())?;
    let rest = cut(text, by);
    if rest.len() == text.len() { give(text.clone()) } else { give(rest) }
}

fn trim(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    cut(ctx, operands, |text, set| text.trim_matches(|c| set.contains(c)))
}

fn trim_left(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    cut(ctx, operands, |text, set| text.trim_start_matches(|c| set.contains(c)))
}

fn trim_right(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    cut(ctx, operands, |text, set| text.trim_end_matches(|c| set.contains(c)))
}

fn trim_prefix(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    cut(ctx, operands, |text, prefix| text.strip_prefix(prefix).unwrap_or(text))
}

fn trim_suffix(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    cut(ctx, operands, |text, suffix| text.strip_suffix(suffix).unwrap_or(text))
}

fn trim_space(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let text = operand::string(operands, 1)?;
    scan(ctx, text.len())?;
    let rest = text.trim();
    if rest.len() == text.len() { give(text.clone()) } else { give(rest) }
}
