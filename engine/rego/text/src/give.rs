//! What builtins give back, and what they charge for it.

use referee_rego_builtin::{Context, Result};
use referee_rego_value::bytes::text_of_slice;
use referee_rego_value::{ArrayBuilder, Value};

/// The bytes a value takes in a collection.
pub(crate) const VALUE_BYTES: usize = size_of::<Value>();

/// The result of a builtin that has a value.
pub(crate) type Given = Result<Option<Value>>;

/// A value.
#[inline]
pub(crate) fn give(value: impl Into<Value>) -> Given {
    Ok(Some(value.into()))
}

/// A size as a number.
#[inline]
pub(crate) fn size(size: usize) -> Value {
    Value::from(i64::try_from(size).unwrap_or(i64::MAX))
}

/// A size as units of work.
#[inline]
pub(crate) fn units(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// Charges for a pass over `bytes` of text: eight bytes are a unit.
#[inline]
pub(crate) fn scan(ctx: &mut Context<'_>, bytes: usize) -> Result<()> {
    Ok(ctx.work(units(bytes / 8 + 1))?)
}

/// Charges for a text of `bytes` that is about to be made.
#[inline]
pub(crate) fn text(ctx: &mut Context<'_>, bytes: usize) -> Result<()> {
    ctx.reserve(bytes)?;
    Ok(ctx.work(units(bytes / 8 + 1))?)
}

/// So many bytes of a text are gone through between two looks at the clock.
pub(crate) const PORTION: usize = 1 << 14;

/// Tells of a pass over `bytes` of text that was charged before.
#[inline]
pub(crate) fn passed(ctx: &mut Context<'_>, bytes: usize) -> Result<()> {
    Ok(ctx.passed(units(bytes / 8 + 1))?)
}

/// The parts of a text between which the clock is looked at; all of it, where it is short.
pub(crate) fn portions(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = (PORTION.min(rest.len())..=rest.len()).find(|at| rest.is_char_boundary(*at))?;
        let (portion, after) = rest.split_at_checked(end)?;
        rest = after;
        (!portion.is_empty()).then_some(portion)
    })
}

/// The text for bytes that were charged before, with a look at the clock now and then.
pub(crate) fn text_from(ctx: &mut Context<'_>, bytes: &[u8]) -> Result<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        // No character is cut: its first byte stands at most three before its last.
        let begins = |at: &usize| rest.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
        let end = (PORTION..PORTION + 4).find(begins).unwrap_or(PORTION + 3).min(rest.len());
        let Some((portion, after)) = rest.split_at_checked(end) else { break };
        passed(ctx, portion.len())?;
        text.push_str(&text_of_slice(portion));
        rest = after;
    }
    Ok(text)
}

/// Values one by one, with a look at the clock now and then; they were charged before.
pub(crate) fn gathered(
    ctx: &mut Context<'_>,
    values: impl Iterator<Item = Value>,
) -> Result<Vec<Value>> {
    let mut gathered = ArrayBuilder::with_room(values.size_hint().0);
    for value in values {
        ctx.passed(1)?;
        gathered.push(value);
    }
    Ok(gathered.into_elements())
}

/// Charges for a collection of `elements` that is about to be made.
#[inline]
pub(crate) fn collection(ctx: &mut Context<'_>, elements: usize) -> Result<()> {
    ctx.reserve(elements.saturating_mul(VALUE_BYTES))?;
    Ok(ctx.work(units(elements))?)
}
