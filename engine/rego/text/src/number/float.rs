//! Binary floating point of a chosen precision, rounded to nearest even, as Go's `big.Float`.
//!
//! OPA computes with 64 bits wherever a number is not whole, and its results show it.

use super::Parts;
use super::decimal::Decimal;
use num_bigint::{BigInt, BigUint};
use std::cmp::Ordering;

/// The precision of a number that is read.
const PRECISION: u64 = 64;

/// The precision of a machine's floating point.
const NARROW: u64 = 53;

/// The largest binary exponent whose decimal text is made.
const MOST_EXPONENT: i64 = 4_000_000;

/// The largest power of five that is exact in 64 bits.
const EXACT_POWER: u64 = 27;

/// A floating-point number: mantissa × 2^exponent.
#[derive(Clone, Debug)]
pub(crate) struct Float {
    negative: bool,
    mantissa: BigUint,
    exponent: i64,
    /// Zero: the result takes the precision of the operands.
    precision: u64,
}

impl Float {
    /// Zero without a precision of its own.
    pub(crate) fn zero() -> Self {
        Self { negative: false, mantissa: BigUint::ZERO, exponent: 0, precision: 0 }
    }

    pub(crate) fn from_i64(value: i64) -> Self {
        Self {
            negative: value < 0,
            mantissa: value.unsigned_abs().into(),
            exponent: 0,
            precision: PRECISION,
        }
    }

    pub(crate) fn from_u64(value: u64) -> Self {
        Self { negative: false, mantissa: value.into(), exponent: 0, precision: PRECISION }
    }

    /// A number in a machine's precision: results written into it keep that precision.
    pub(crate) fn from_i64_narrow(value: i64) -> Self {
        Self { precision: NARROW, ..Self::from_i64(value) }.rounded(false)
    }

    /// A whole number, in as many bits as it has, at least 64.
    pub(crate) fn from_whole(value: &BigInt) -> Self {
        let mantissa = value.magnitude().clone();
        let precision = mantissa.bits().max(PRECISION);
        let negative = value.sign() == num_bigint::Sign::Minus;
        Self { negative, mantissa, exponent: 0, precision }
    }

    /// Reads a number, rounded to 64 bits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts = Parts::read(text)?;
        let read = Self {
            negative: parts.negative,
            mantissa: parts.magnitude(),
            exponent: parts.exponent,
            precision: PRECISION,
        };
        if read.mantissa == BigUint::ZERO {
            return Some(Self { exponent: 0, ..read });
        }
        if parts.exponent.abs() > i64::from(i32::MAX) {
            return None;
        }
        // What Go does: of 10^n = 5^n × 2^n the power of five is in 64 bits more than the result.
        let power = power_of_five(parts.exponent.unsigned_abs(), PRECISION + 64);
        Some(match parts.exponent.cmp(&0) {
            Ordering::Equal => read.rounded(false),
            Ordering::Greater => read.product(&power, PRECISION),
            Ordering::Less => read.quotient(&power, PRECISION),
        })
    }

    /// 0.5, or -0.5.
    pub(crate) fn half(negative: bool) -> Self {
        Self { negative, mantissa: BigUint::from(1u8), exponent: -1, precision: NARROW }
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.negative
    }

    pub(crate) fn absolute(self) -> Self {
        Self { negative: false, ..self }
    }

    fn precision_with(&self, other: &Self) -> u64 {
        self.precision.max(other.precision)
    }

    /// The sum, in the greater precision of both.
    pub(crate) fn add(&self, other: &Self) -> Self {
        let exponent = if self.mantissa == BigUint::ZERO {
            other.exponent
        } else if other.mantissa == BigUint::ZERO {
            self.exponent
        } else {
            self.exponent.min(other.exponent)
        };
        let sum = self.scaled(exponent) + other.scaled(exponent);
        Self {
            negative: sum.sign() == num_bigint::Sign::Minus,
            mantissa: sum.into_parts().1,
            exponent,
            precision: self.precision_with(other),
        }
        .rounded(false)
    }

    /// The mantissa for an exponent that is no greater, with its sign.
    fn scaled(&self, exponent: i64) -> BigInt {
        // Numbers that lie further apart than all bits that count are far below one unit of the
        // last place; they are kept apart only so far that rounding sees them.
        let shift = u64::try_from(self.exponent.saturating_sub(exponent)).unwrap_or(0);
        let value = BigInt::from(&self.mantissa << shift.min(1 << 24));
        if self.negative { -value } else { value }
    }

    /// The product. Where the first operand has a precision, the result has it, as where Go
    /// accumulates into it.
    pub(crate) fn mul_into(&self, other: &Self) -> Self {
        let precision = if self.precision == 0 { other.precision } else { self.precision };
        self.product(other, precision)
    }

    /// The product in the greater precision of both.
    pub(crate) fn mul(&self, other: &Self) -> Self {
        self.product(other, self.precision_with(other))
    }

    fn product(&self, other: &Self, precision: u64) -> Self {
        Self {
            negative: self.negative != other.negative,
            mantissa: &self.mantissa * &other.mantissa,
            exponent: self.exponent.saturating_add(other.exponent),
            precision,
        }
        .rounded(false)
    }

    fn quotient(&self, other: &Self, precision: u64) -> Self {
        // So many bits that the quotient has two more than the precision.
        let shift = (precision + 2 + other.mantissa.bits()).saturating_sub(self.mantissa.bits());
        let dividend = &self.mantissa << shift;
        let mantissa = &dividend / &other.mantissa;
        let inexact = &mantissa * &other.mantissa != dividend;
        let shift = i64::try_from(shift).unwrap_or(i64::MAX);
        Self {
            negative: self.negative != other.negative,
            mantissa,
            exponent: self.exponent.saturating_sub(other.exponent).saturating_sub(shift),
            precision,
        }
        .rounded(inexact)
    }

    /// Rounds to the precision; `inexact` where the true value is a little more than the mantissa.
    fn rounded(mut self, inexact: bool) -> Self {
        let Some(excess) = self.mantissa.bits().checked_sub(self.precision).filter(|n| *n > 0)
        else {
            return self;
        };
        let half = self.mantissa.bit(excess - 1);
        let below = inexact || self.mantissa.trailing_zeros().unwrap_or(0) < excess - 1;
        self.mantissa >>= excess;
        self.exponent = self.exponent.saturating_add(i64::try_from(excess).unwrap_or(i64::MAX));
        if half && (below || self.mantissa.bit(0)) {
            self.mantissa += 1u8;
            // All ones became one bit more: it still fits, as the lowest bit is zero.
        }
        self
    }

    /// Whether it has no fraction.
    pub(crate) fn is_whole(&self) -> bool {
        let zeros = self.mantissa.trailing_zeros().unwrap_or(0);
        self.exponent >= 0
            || self.mantissa == BigUint::ZERO
            || zeros >= self.exponent.unsigned_abs()
    }

    /// The whole number towards zero; `None` where it has more digits than are made.
    pub(crate) fn truncated(&self) -> Option<BigInt> {
        if self.exponent > MOST_EXPONENT {
            return None;
        }
        let shift = self.exponent.unsigned_abs();
        let magnitude =
            if self.exponent >= 0 { &self.mantissa << shift } else { &self.mantissa >> shift };
        let value = BigInt::from(magnitude);
        Some(if self.negative { -value } else { value })
    }

    /// How many bits of work its text is; `None` where no text is made of it.
    pub(crate) fn text_bits(&self) -> Option<u64> {
        (self.exponent.abs() <= MOST_EXPONENT)
            .then(|| self.exponent.unsigned_abs().saturating_add(self.mantissa.bits()))
    }

    /// The shortest text that gives the number again in its precision: whole ones plainly, others
    /// with an exponent where they are very small or not small at all.
    pub(crate) fn to_text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        if self.mantissa == BigUint::ZERO {
            return format!("{sign}0");
        }
        let mut digits = Decimal::new(&self.mantissa, self.exponent);
        digits.shorten(&self.mantissa, self.exponent, self.precision.max(1));
        let text = if self.is_whole() { digits.plain() } else { digits.general() };
        format!("{sign}{text}")
    }
}

/// 5^n, exact for small n and in the given precision for others, by the steps Go goes.
fn power_of_five(n: u64, precision: u64) -> Float {
    let exact = |n: u64| BigUint::from(5u8).pow(u32::try_from(n).unwrap_or(0));
    let power = |mantissa, precision| Float { negative: false, mantissa, exponent: 0, precision };
    if n <= EXACT_POWER {
        return power(exact(n), precision);
    }
    let mut result = power(exact(EXACT_POWER), precision);
    let mut factor = power(exact(1), precision + 64);
    let mut rest = n - EXACT_POWER;
    while rest > 0 {
        if rest & 1 == 1 {
            result = result.product(&factor, precision);
        }
        factor = factor.product(&factor, precision + 64);
        rest >>= 1;
    }
    result
}
