//! Binary floating-point numbers with a mantissa of 64 bits: Go's `big.Float` at the precision with
//! which OPA computes. Every result is rounded to the nearest, ties to the even mantissa.

use super::NumberError;
use num_bigint::{BigInt, BigUint, Sign};
use std::cmp::Ordering;

/// Go's exponents are 32 bits wide: `0.5 ≤ mantissa < 1` times two to this.
const MAX_EXPONENT: i64 = i32::MAX as i64;
const MIN_EXPONENT: i64 = i32::MIN as i64;

/// A floating-point number with 64 bits of mantissa. Never infinite: what would be is refused.
#[derive(Clone, Copy, Debug)]
pub struct BigFloat {
    pub(super) negative: bool,
    /// The highest bit is set, or it is zero.
    pub(super) mantissa: u64,
    /// The value is `mantissa × 2^exponent`.
    pub(super) exponent: i64,
}

fn bits(of: u128) -> i64 {
    128 - i64::from(of.leading_zeros())
}

impl BigFloat {
    /// Zero.
    pub const ZERO: Self = Self::zero(false);

    pub(super) const fn zero(negative: bool) -> Self {
        Self { negative, mantissa: 0, exponent: 0 }
    }

    /// `mantissa × 2^exponent`, and a little more where `more` is set, rounded.
    pub(super) fn rounded(
        negative: bool,
        mantissa: u128,
        exponent: i64,
        more: bool,
    ) -> Result<Self, NumberError> {
        if mantissa == 0 {
            return Ok(Self::zero(negative));
        }
        let excess = bits(mantissa) - 64;
        let shift = u32::try_from(excess.unsigned_abs()).unwrap_or_default();
        let mut exponent = exponent + excess;
        let mut kept = if excess <= 0 {
            mantissa << shift
        } else {
            let kept = mantissa >> shift;
            let lost = mantissa & ((1 << shift) - 1);
            let half = 1_u128 << (shift - 1);
            let up = lost > half || (lost == half && (more || kept & 1 == 1));
            kept + u128::from(up)
        };
        if kept >> 64 != 0 {
            kept >>= 1;
            exponent += 1;
        }
        Self::bounded(negative, u64::try_from(kept).unwrap_or(u64::MAX), exponent)
    }

    /// Within Go's range of exponents: too small a number is zero there, too large an infinity.
    pub(super) fn bounded(
        negative: bool,
        mantissa: u64,
        exponent: i64,
    ) -> Result<Self, NumberError> {
        if exponent + 64 > MAX_EXPONENT {
            return Err(NumberError::TooLarge);
        }
        if exponent + 64 < MIN_EXPONENT {
            return Ok(Self::zero(negative));
        }
        Ok(Self { negative, mantissa, exponent })
    }

    /// Of an integer, exactly.
    #[must_use]
    pub fn from_i64(value: i64) -> Self {
        let size = value.unsigned_abs();
        let zeros = size.leading_zeros();
        if size == 0 {
            return Self::ZERO;
        }
        Self { negative: value < 0, mantissa: size << zeros, exponent: -i64::from(zeros) }
    }

    /// Of a floating-point number, exactly. `None` where it is not finite.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let bits = value.to_bits();
        let negative = bits >> 63 == 1;
        let exponent = i64::try_from(bits >> 52 & 0x7ff).unwrap_or_default();
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) =
            if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
        Self::rounded(negative, u128::from(mantissa), exponent, false).ok()
    }

    /// Of an integer of any size, rounded to 64 bits.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn from_bigint(value: &BigInt) -> Result<Self, NumberError> {
        let wide = Wide { mantissa: value.magnitude().clone(), exponent: 0 };
        wide.into_float(value.sign() == Sign::Minus, false)
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    /// Whether its sign is minus; zero has a sign too.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Whether it is whole.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        self.exponent >= 0 || i64::from(self.mantissa.trailing_zeros()) >= -self.exponent
    }

    /// With the other sign.
    #[must_use]
    pub fn neg(&self) -> Self {
        Self { negative: !self.negative, ..*self }
    }

    /// Without a sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        Self { negative: false, ..*self }
    }

    /// The sum.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn add(&self, other: &Self) -> Result<Self, NumberError> {
        if self.is_zero() && other.is_zero() {
            return Ok(Self::zero(self.negative && other.negative));
        }
        if self.is_zero() {
            return Ok(*other);
        }
        if other.is_zero() {
            return Ok(*self);
        }
        let (large, small) = match self.exponent.cmp(&other.exponent) {
            Ordering::Less => (other, self),
            Ordering::Equal if self.mantissa < other.mantissa => (other, self),
            _ => (self, other),
        };
        // 63 bits of room below the larger mantissa, one above it for a carry.
        let exponent = large.exponent - 63;
        let above = u128::from(large.mantissa) << 63;
        let distance = u32::try_from(large.exponent - small.exponent).unwrap_or(u32::MAX);
        let below = u128::from(small.mantissa) << 63;
        let (below, lost) = match below.checked_shr(distance) {
            Some(shifted) => (shifted, shifted << distance != below),
            None => (0, true),
        };
        if large.negative == small.negative {
            return Self::rounded(large.negative, above + below, exponent, lost);
        }
        // What was lost is taken away as well: one less, and a little more than that.
        let rest = above - below - u128::from(lost);
        if rest == 0 && !lost {
            return Ok(Self::ZERO);
        }
        Self::rounded(large.negative, rest, exponent, lost)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn sub(&self, other: &Self) -> Result<Self, NumberError> {
        self.add(&other.neg())
    }

    /// The product.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn mul(&self, other: &Self) -> Result<Self, NumberError> {
        let product = u128::from(self.mantissa) * u128::from(other.mantissa);
        let negative = self.negative != other.negative;
        Self::rounded(negative, product, self.exponent + other.exponent, false)
    }

    /// The quotient.
    ///
    /// # Errors
    /// [`NumberError::DivideByZero`], [`NumberError::TooLarge`].
    pub fn quo(&self, other: &Self) -> Result<Self, NumberError> {
        if other.is_zero() {
            return Err(NumberError::DivideByZero);
        }
        let negative = self.negative != other.negative;
        let divisor = u128::from(other.mantissa);
        let dividend = u128::from(self.mantissa) << 64;
        let (high, rest) = (dividend / divisor, dividend % divisor);
        // Two bits more, so that there is one behind the last of the mantissa.
        let rest = rest << 2;
        let quotient = (high << 2) | (rest / divisor);
        let exponent = self.exponent - other.exponent - 66;
        Self::rounded(negative, quotient, exponent, rest % divisor != 0)
    }

    /// The integer without the fraction.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn to_bigint(&self) -> Result<BigInt, NumberError> {
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        let size = if self.exponent >= 0 {
            if self.exponent > MAX_BITS {
                return Err(NumberError::TooLarge);
            }
            BigUint::from(self.mantissa) << u64::try_from(self.exponent).unwrap_or_default()
        } else {
            let shift = u32::try_from(-self.exponent).unwrap_or(u32::MAX);
            BigUint::from(self.mantissa.checked_shr(shift).unwrap_or_default())
        };
        Ok(BigInt::from_biguint(sign, size))
    }
}

/// More bits than any number that is computed with may have.
pub(super) const MAX_BITS: i64 = 35_000;

impl PartialEq for BigFloat {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for BigFloat {}

impl PartialOrd for BigFloat {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BigFloat {
    /// By value: both zeros are equal.
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |of: &Self| match (of.is_zero(), of.negative) {
            (true, _) => (0, 0, 0),
            (false, false) => (1, of.exponent, i128::from(of.mantissa)),
            (false, true) => (-1, -of.exponent, -i128::from(of.mantissa)),
        };
        key(self).cmp(&key(other))
    }
}

/// A positive number with as many bits as it takes, on the way to a [`BigFloat`].
#[derive(Clone)]
pub(super) struct Wide {
    pub(super) mantissa: BigUint,
    pub(super) exponent: i64,
}

impl Wide {
    /// Whether Go would hold it for infinite.
    pub(super) fn is_infinite(&self) -> bool {
        let size = i64::try_from(self.mantissa.bits()).unwrap_or(MAX_EXPONENT);
        self.exponent.saturating_add(size) > MAX_EXPONENT
    }

    /// Rounded to a precision in bits; `more` says that it is a little larger than it looks.
    pub(super) fn round(self, precision: u64, more: bool) -> Self {
        let excess = self.mantissa.bits().saturating_sub(precision);
        if excess == 0 {
            return self;
        }
        let half = self.mantissa.bit(excess - 1);
        let beyond = more || self.mantissa.trailing_zeros().is_some_and(|zeros| zeros < excess - 1);
        let mut kept = self.mantissa >> excess;
        if half && (beyond || kept.bit(0)) {
            kept += 1_u32;
        }
        let exponent = self.exponent.saturating_add(i64::try_from(excess).unwrap_or(i64::MAX));
        Self { mantissa: kept, exponent }
    }

    pub(super) fn mul(&self, other: &Self, precision: u64) -> Self {
        let product = Self {
            mantissa: &self.mantissa * &other.mantissa,
            exponent: self.exponent.saturating_add(other.exponent),
        };
        product.round(precision, false)
    }

    /// The quotient with 64 bits.
    pub(super) fn quo(&self, other: &Self, negative: bool) -> Result<BigFloat, NumberError> {
        let wanted = other.mantissa.bits() + 66;
        let shift = wanted.saturating_sub(self.mantissa.bits());
        let dividend = &self.mantissa << shift;
        let quotient = &dividend / &other.mantissa;
        let more = &quotient * &other.mantissa != dividend;
        let shift = i64::try_from(shift).unwrap_or(i64::MAX);
        let exponent = self.exponent.saturating_sub(other.exponent).saturating_sub(shift);
        Self { mantissa: quotient, exponent }.into_float(negative, more)
    }

    /// Rounded to 64 bits.
    pub(super) fn into_float(self, negative: bool, more: bool) -> Result<BigFloat, NumberError> {
        // Wide enough to tell, where more bits were lost, that something was.
        let short = Self { mantissa: self.mantissa, exponent: self.exponent }.round(64, more);
        let mantissa = u128::try_from(short.mantissa).map_err(|_| NumberError::TooLarge)?;
        BigFloat::rounded(negative, mantissa, short.exponent, false)
    }
}
