//! What builtins give back, and what they charge for it.

use referee_rego_builtin::{Context, Result};
use referee_rego_value::Value;

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

/// Charges for a collection of `elements` that is about to be made.
#[inline]
pub(crate) fn collection(ctx: &mut Context<'_>, elements: usize) -> Result<()> {
    ctx.reserve(elements.saturating_mul(VALUE_BYTES))?;
    Ok(ctx.work(units(elements))?)
}
