//! From a number's text to a floating-point number of 64 bits, as Go's `big.Float.SetString` goes.
//!
//! Go does not round the decimal number once: it multiplies or divides the mantissa by a power of
//! five that is itself rounded to 128 bits. The last bit of a result can depend on that, so the same
//! is done here.

use super::decimal::Written;
use super::float::{BigFloat, Wide};
use super::{MAX_DIGITS, Number, NumberError};
use num_bigint::BigUint;

/// 5²⁷ is the highest power of five in 64 bits.
const EXACT: u32 = 27;
/// The precision of the power, and of the squares that it is made of.
const POWER_BITS: u64 = 128;
const SQUARE_BITS: u64 = POWER_BITS + 64;

/// Five to a power, rounded as Go rounds it; `None` where Go has an infinity.
fn power_of_five(exponent: u64) -> Option<Wide> {
    let exact = exponent.min(u64::from(EXACT));
    let five = 5_u64.pow(u32::try_from(exact).unwrap_or(EXACT));
    let mut power = Wide { mantissa: five.into(), exponent: 0 };
    let mut square = Wide { mantissa: 5_u32.into(), exponent: 0 };
    let mut rest = exponent - exact;
    while rest > 0 {
        if rest & 1 == 1 {
            power = power.mul(&square, POWER_BITS);
            if power.is_infinite() {
                return None;
            }
        }
        rest >>= 1;
        if rest > 0 {
            square = square.mul(&square, SQUARE_BITS);
            if square.is_infinite() {
                return None;
            }
        }
    }
    Some(power)
}

impl BigFloat {
    /// The number, as OPA's `NumberToFloat` has it.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`] for what Go has no finite number for and for more than
    /// [`MAX_DIGITS`] digits.
    pub fn parse(number: &Number) -> Result<Self, NumberError> {
        match number {
            Number::Int(value) => Ok(Self::from_i64(*value)),
            Number::Text(text) => Self::parse_text(text.as_bytes()),
        }
    }

    fn parse_text(text: &[u8]) -> Result<Self, NumberError> {
        let written = Written::of(text);
        let digits = || written.whole.iter().chain(written.fraction).map(|digit| digit - b'0');
        let count = written.whole.len() + written.fraction.len();
        if digits().all(|digit| digit == 0) {
            return Ok(Self::zero(written.negative));
        }
        if written.beyond || count > MAX_DIGITS {
            return Err(NumberError::TooLarge);
        }
        let places = i64::try_from(written.fraction.len()).unwrap_or(i64::MAX);
        let power = written.exponent - places;
        if count <= 19 {
            let mantissa = digits().fold(0_u64, |all, digit| all * 10 + u64::from(digit));
            if power.unsigned_abs() <= u64::from(EXACT) {
                return Self::scaled(written.negative, mantissa, power);
            }
        }
        let mantissa: Vec<u8> = digits().collect();
        let mantissa = BigUint::from_radix_be(&mantissa, 10).unwrap_or_default();
        // Go looks at the binary exponent before the power of five has its say.
        let size = i64::try_from(mantissa.bits()).unwrap_or(i64::MAX);
        if i32::try_from(size.saturating_add(power)).is_err() {
            return Err(NumberError::TooLarge);
        }
        let wide = Wide { mantissa, exponent: power };
        if power == 0 {
            return wide.into_float(written.negative, false);
        }
        match (power_of_five(power.unsigned_abs()), power > 0) {
            (None, true) => Err(NumberError::TooLarge),
            (None, false) => Ok(Self::zero(written.negative)),
            (Some(five), true) => {
                let product = &wide.mantissa * &five.mantissa;
                let exponent = wide.exponent + five.exponent;
                Wide { mantissa: product, exponent }.into_float(written.negative, false)
            }
            (Some(five), false) => wide.quo(&five, written.negative),
        }
    }

    /// `mantissa × 10^power` where five to the power is exact in 64 bits.
    fn scaled(negative: bool, mantissa: u64, power: i64) -> Result<Self, NumberError> {
        let magnitude = u32::try_from(power.unsigned_abs()).unwrap_or(EXACT);
        let five = 5_u64.pow(magnitude.min(EXACT));
        if power >= 0 {
            return Self::rounded(negative, u128::from(mantissa) * u128::from(five), power, false);
        }
        let whole = |value: u64| Self::rounded(false, u128::from(value), 0, false);
        let quotient = whole(mantissa)?.quo(&whole(five)?)?;
        Self::bounded(negative, quotient.mantissa, quotient.exponent + power)
    }
}
