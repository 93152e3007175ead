//! Arithmetic as OPA has it (`v1/topdown/arithmetic.go`): exact among integers, however they are
//! written; otherwise with floating-point numbers of 64 bits.
//!
//! `round`, `ceil` and `floor` are OPA's: `ceil(-0.5)` is 1 and `floor(-0.5)` is 0 there, because
//! the integer between loses its sign.

use super::decimal::Decimal;
use super::float::BigFloat;
use super::{MAX_DIGITS, Number, NumberError};
use num_bigint::{BigInt, BigUint, Sign};

/// What is done with two numbers.
#[derive(Clone, Copy)]
enum Operation {
    Add,
    Sub,
    Mul,
}

impl Operation {
    #[inline]
    fn small(self, a: i64, b: i64) -> Option<i64> {
        match self {
            Self::Add => a.checked_add(b),
            Self::Sub => a.checked_sub(b),
            Self::Mul => a.checked_mul(b),
        }
    }

    fn large(self, a: &BigInt, b: &BigInt) -> BigInt {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
        }
    }

    fn float(self, a: BigFloat, b: BigFloat) -> Result<BigFloat, NumberError> {
        match self {
            Self::Add => a.add(&b),
            Self::Sub => a.sub(&b),
            Self::Mul => a.mul(&b),
        }
    }

    #[cold]
    fn general(self, a: &Number, b: &Number) -> Result<Number, NumberError> {
        if a.is_integer() && b.is_integer() {
            if let (Some(a), Some(b)) = (a.as_whole_i64(), b.as_whole_i64())
                && let Some(result) = self.small(a, b)
            {
                return Ok(Number::Int(result));
            }
            return Ok(Number::from_bigint(&self.large(&a.try_bigint()?, &b.try_bigint()?)));
        }
        self.float(BigFloat::parse(a)?, BigFloat::parse(b)?)?.to_number()
    }

    #[inline]
    fn apply(self, a: &Number, b: &Number) -> Result<Number, NumberError> {
        if let (Number::Int(a), Number::Int(b)) = (a, b)
            && let Some(result) = self.small(*a, *b)
        {
            return Ok(Number::Int(result));
        }
        self.general(a, b)
    }
}

impl Number {
    /// The integer, as OPA's `NumberToInt` has it: `2.0` and `1e30` are whole.
    ///
    /// # Errors
    /// [`NumberError::NotInteger`], [`NumberError::TooLarge`] for more than [`MAX_DIGITS`] digits.
    pub fn try_bigint(&self) -> Result<BigInt, NumberError> {
        let text = match self {
            Self::Int(value) => return Ok(BigInt::from(*value)),
            Self::Text(text) => text,
        };
        let decimal = Decimal::of(text.as_bytes());
        if !decimal.is_integer() {
            return Err(NumberError::NotInteger);
        }
        let places = usize::try_from(decimal.point).unwrap_or(usize::MAX);
        if places > MAX_DIGITS {
            return Err(NumberError::TooLarge);
        }
        let mut digits: Vec<u8> = decimal.digits().map(|digit| digit - b'0').collect();
        digits.resize(places.max(digits.len()), 0);
        let size = BigUint::from_radix_be(&digits, 10).unwrap_or_default();
        Ok(BigInt::from_biguint(if decimal.negative { Sign::Minus } else { Sign::Plus }, size))
    }

    /// As [`Self::try_bigint`], where there is one.
    #[must_use]
    pub fn to_bigint(&self) -> Option<BigInt> {
        self.try_bigint().ok()
    }

    /// As [`Self::to_bigint`].
    #[must_use]
    pub fn as_bigint(&self) -> Option<BigInt> {
        self.to_bigint()
    }

    /// Of an integer of any size.
    #[must_use]
    pub fn from_bigint(value: &BigInt) -> Self {
        match i64::try_from(value) {
            Ok(value) => Self::Int(value),
            Err(_) => Self::of_valid(&value.to_string()),
        }
    }

    /// The sum, as OPA's `plus` has it.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    #[inline]
    pub fn add(&self, other: &Self) -> Result<Self, NumberError> {
        Operation::Add.apply(self, other)
    }

    /// The difference, as OPA's `minus` has it.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    #[inline]
    pub fn sub(&self, other: &Self) -> Result<Self, NumberError> {
        Operation::Sub.apply(self, other)
    }

    /// The product, as OPA's `mul` has it.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    #[inline]
    pub fn mul(&self, other: &Self) -> Result<Self, NumberError> {
        Operation::Mul.apply(self, other)
    }

    /// The quotient, as OPA's `div` has it: always a floating-point number, printed as an integer
    /// where it is one.
    ///
    /// # Errors
    /// [`NumberError::DivideByZero`], [`NumberError::TooLarge`].
    pub fn div(&self, other: &Self) -> Result<Self, NumberError> {
        // A quotient that is whole is exact in 64 bits. Zero divided by less than zero has a sign.
        if let (Self::Int(a), Self::Int(b)) = (self, other)
            && *a != 0
            && a.checked_rem(*b) == Some(0)
            && let Some(quotient) = a.checked_div(*b)
        {
            return Ok(Self::Int(quotient));
        }
        if other.is_zero() {
            return Err(NumberError::DivideByZero);
        }
        let divisor = BigFloat::parse(other)?;
        BigFloat::parse(self)?.quo(&divisor)?.to_number()
    }

    /// The remainder, as OPA's `rem` has it (the sign is the dividend's).
    ///
    /// # Errors
    /// [`NumberError::NotInteger`], [`NumberError::DivideByZero`], [`NumberError::TooLarge`].
    pub fn rem(&self, other: &Self) -> Result<Self, NumberError> {
        if !self.is_integer() || !other.is_integer() {
            return Err(NumberError::NotInteger);
        }
        if other.is_zero() {
            return Err(NumberError::DivideByZero);
        }
        match (self.as_whole_i64(), other.as_whole_i64()) {
            // The least integer by -1 wraps to the right answer, zero.
            (Some(a), Some(b)) => Ok(Self::Int(a.wrapping_rem(b))),
            _ => Ok(Self::from_bigint(&(self.try_bigint()? % other.try_bigint()?))),
        }
    }

    /// With the other sign: zero less the number, as OPA reads a minus sign.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn neg(&self) -> Result<Self, NumberError> {
        Self::Int(0).sub(self)
    }

    /// Without its sign, as OPA's `abs` has it: rounded to 64 bits.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn abs(&self) -> Result<Self, NumberError> {
        match self {
            Self::Int(value) if *value != i64::MIN => Ok(Self::Int(value.abs())),
            _ => BigFloat::parse(self)?.abs().to_number(),
        }
    }

    /// The nearest integer, halves away from zero, as OPA's `round` has it.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn round(&self) -> Result<Self, NumberError> {
        if let Self::Int(_) = self {
            return Ok(self.clone());
        }
        let number = BigFloat::parse(self)?;
        let half = BigFloat { negative: number.negative, mantissa: 1 << 63, exponent: -64 };
        Ok(Self::from_bigint(&number.add(&half)?.to_bigint()?))
    }

    /// The next integer above, as OPA's `ceil` has it.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn ceil(&self) -> Result<Self, NumberError> {
        self.next_integer(Sign::Minus, 1)
    }

    /// The next integer below, as OPA's `floor` has it.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn floor(&self) -> Result<Self, NumberError> {
        self.next_integer(Sign::Plus, -1)
    }

    /// Cuts the fraction off and takes a step, unless there was none to cut or the rest's sign says
    /// that the cut was the step.
    fn next_integer(&self, cut_is_step: Sign, step: i64) -> Result<Self, NumberError> {
        if let Self::Int(_) = self {
            return Ok(self.clone());
        }
        let number = BigFloat::parse(self)?;
        let whole = number.to_bigint()?;
        // Zero has no sign of its own here and counts as positive.
        let sign = if whole.sign() == Sign::NoSign { Sign::Plus } else { whole.sign() };
        if number.is_integer() || sign == cut_is_step {
            return Ok(Self::from_bigint(&whole));
        }
        BigFloat::from_bigint(&whole)?.add(&BigFloat::from_i64(step))?.to_number()
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<i128> for Number {
    fn from(value: i128) -> Self {
        match i64::try_from(value) {
            Ok(value) => Self::Int(value),
            Err(_) => Self::of_valid(&value.to_string()),
        }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::from(i128::from(value))
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        i64::try_from(value).map_or_else(|_| Self::of_valid(&value.to_string()), Self::Int)
    }
}

impl From<BigInt> for Number {
    fn from(value: BigInt) -> Self {
        Self::from_bigint(&value)
    }
}
