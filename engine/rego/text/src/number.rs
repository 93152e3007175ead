//! Numbers beyond 64 bits: whole ones exactly, others in floating point.

mod decimal;
mod float;

pub(crate) use float::Float;

use num_bigint::{BigInt, BigUint};
use referee_rego_builtin::{BuiltinError, Context, Result};
use referee_rego_value::{Number, Value};

/// The largest power of ten that is multiplied out; Go's `big.Rat` has the same bound.
const MOST_EXPONENT: i64 = 1_000_000;

/// The parts of a number's text: `-12.5e3` is negative, 125, 2.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Whether it has a minus.
    pub(crate) negative: bool,
    /// Its digits, without the point.
    pub(crate) digits: String,
    /// What power of ten they are multiplied by.
    pub(crate) exponent: i64,
}

impl Parts {
    /// Reads a number; `None` where the text is none. A plus, and digits on one side of the point
    /// only, are allowed, as Go's `big` package has it.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        Some(Self { negative, digits, exponent })
    }

    /// The digits as a number.
    pub(crate) fn magnitude(&self) -> BigUint {
        BigUint::parse_bytes(self.digits.as_bytes(), 10).unwrap_or_default()
    }

    /// The same number without zeros at the end of the digits.
    fn stripped(mut self) -> Self {
        let kept = self.digits.trim_end_matches('0').len();
        let stripped = i64::try_from(self.digits.len() - kept).unwrap_or(i64::MAX);
        self.exponent = self.exponent.saturating_add(stripped);
        self.digits.truncate(kept);
        self
    }
}

fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// The number where it is whole (`2.0` and `1e3` are), exactly, as OPA's `NumberToInt`.
pub(crate) fn whole(ctx: &mut Context<'_>, number: &Number) -> Result<Option<BigInt>> {
    if let Some(value) = number.as_i64() {
        return Ok(Some(BigInt::from(value)));
    }
    let Some(parts) = Parts::read(&number.to_string()) else {
        return Ok(None);
    };
    if parts.exponent.abs() > MOST_EXPONENT {
        return Ok(None);
    }
    let negative = parts.negative;
    let parts = parts.stripped();
    if parts.digits.is_empty() {
        return Ok(Some(BigInt::ZERO));
    }
    let Ok(zeros) = u32::try_from(parts.exponent) else {
        return Ok(None);
    };
    let length = u64::try_from(parts.digits.len()).unwrap_or(u64::MAX);
    charge(ctx, length.saturating_add(zeros.into()).saturating_mul(4))?;
    let magnitude = parts.magnitude() * BigUint::from(10u8).pow(zeros);
    let value = BigInt::from(magnitude);
    Ok(Some(if negative { -value } else { value }))
}

/// A whole number as a number of Rego.
pub(crate) fn from_whole(ctx: &mut Context<'_>, value: BigInt) -> Result<Value> {
    if let Ok(small) = i64::try_from(&value) {
        return Ok(Value::from(small));
    }
    charge(ctx, value.bits())?;
    parsed(&value.to_string())
}

/// A number of Rego of its text.
pub(crate) fn parsed(text: &str) -> Result<Value> {
    Number::parse(text)
        .map(Value::Number)
        .ok_or_else(|| BuiltinError::new(format!("number out of range: {text}")))
}

/// Charges for arithmetic with `bits`: its time grows with their square.
pub(crate) fn charge(ctx: &mut Context<'_>, bits: u64) -> Result<()> {
    let words = bits / 64 + 1;
    let work = words.saturating_mul(words / 16 + 1);
    ctx.reserve(usize::try_from(bits / 8).unwrap_or(usize::MAX))?;
    Ok(ctx.work(u32::try_from(work).unwrap_or(u32::MAX))?)
}

/// The number in floating point of 64 bits; `None` where it is beyond all bounds.
pub(crate) fn float(number: &Number) -> Option<Float> {
    match number {
        Number::Int(value) => Some(Float::from_i64(*value)),
        Number::Text(text) => Float::parse(text.as_str()),
    }
}

/// A floating-point number as a number of Rego, as OPA's `FloatToNumber`.
pub(crate) fn from_float(ctx: &mut Context<'_>, value: &Float) -> Result<Value> {
    let out_of_range = || BuiltinError::new("number out of range");
    let bits = value.text_bits().ok_or_else(out_of_range)?;
    charge(ctx, bits)?;
    parsed(&value.to_text())
}

/// The small whole number that a text is, as OPA reads numbers in paths: a plus, and zeros behind
/// a point, are allowed.
pub(crate) fn small(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned.is_empty() || unsigned.len() > 19 {
        return None;
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = whole.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !fraction.bytes().all(|byte| byte == b'0') {
        return None;
    }
    let value = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
    Some(if text.starts_with('-') { -value } else { value })
}
