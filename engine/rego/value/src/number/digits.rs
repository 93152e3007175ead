//! Floating-point numbers as decimal digits: exactly, rounded to a precision, or as few as identify
//! the number (Go's `math/big` decimals and `roundShortest`).

use super::NumberError;
use super::float::{BigFloat, MAX_BITS};
use num_bigint::BigUint;

/// `0.d₁d₂… × 10^point`, without zeros at either end; none for zero.
#[derive(Clone, Debug)]
pub(super) struct Digits {
    pub(super) digits: Vec<u8>,
    pub(super) point: i64,
}

fn size(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

impl Digits {
    /// Of ASCII digits whose point stands behind so many of them.
    pub(super) fn of(mut digits: Vec<u8>, mut point: i64) -> Self {
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..zeros);
        point = point.saturating_sub(i64::try_from(zeros).unwrap_or(i64::MAX));
        let mut digits = Self { digits, point };
        digits.trim();
        digits
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    /// `mantissa × 2^exponent` exactly; the mantissa has at most 66 bits.
    pub(super) fn exact(mantissa: u128, exponent: i64) -> Result<Self, NumberError> {
        if mantissa == 0 {
            return Ok(Self { digits: Vec::new(), point: 0 });
        }
        let shift = exponent.unsigned_abs();
        match u32::try_from(shift) {
            Ok(shift) if exponent >= 0 && shift <= mantissa.leading_zeros() => {
                let digits = (mantissa << shift).to_string().into_bytes();
                let point = size(&digits);
                Ok(Self::of(digits, point))
            }
            // A digit of the fraction needs four bits above it.
            Ok(shift) if exponent < 0 && shift <= 124 => {
                let mut digits = (mantissa >> shift).to_string().into_bytes();
                let point = size(&digits);
                let below = (1_u128 << shift) - 1;
                let mut fraction = mantissa & below;
                while fraction != 0 {
                    fraction *= 10;
                    digits.push(b'0' + u8::try_from(fraction >> shift).unwrap_or_default());
                    fraction &= below;
                }
                Ok(Self::of(digits, point))
            }
            Ok(power) if shift <= MAX_BITS.unsigned_abs() => {
                let mantissa = BigUint::from(mantissa);
                let whole = if exponent >= 0 {
                    mantissa << shift
                } else {
                    mantissa * BigUint::from(5_u32).pow(power)
                };
                let digits = whole.to_str_radix(10).into_bytes();
                let point = size(&digits) + exponent.min(0);
                Ok(Self::of(digits, point))
            }
            _ => Err(NumberError::TooLarge),
        }
    }

    /// The fewest digits that no other number of 64 bits is nearer to.
    pub(super) fn shortest(number: &BigFloat) -> Result<Self, NumberError> {
        let BigFloat { mantissa, exponent, .. } = *number;
        let mut digits = Self::exact(u128::from(mantissa), exponent)?;
        if mantissa == 0 {
            return Ok(digits);
        }
        // Half a unit of the last bit to either side.
        let middle = u128::from(mantissa) << 1;
        let lower = Self::exact(middle - 1, exponent - 1)?;
        let upper = Self::exact(middle + 1, exponent - 1)?;
        // The bounds themselves round to an even mantissa.
        let inclusive = mantissa & 1 == 0;
        for at in 0..digits.digits.len() {
            let (low, digit, high) = (lower.at(at), digits.at(at), upper.at(at));
            let down = low != digit || (inclusive && at + 1 == lower.digits.len());
            let up =
                digit != high && (inclusive || digit + 1 < high || at + 1 < upper.digits.len());
            match (down, up) {
                (true, true) => digits.round(size_of_kept(at)),
                (true, false) => digits.round_down(at + 1),
                (false, true) => digits.round_up(at + 1),
                (false, false) => continue,
            }
            break;
        }
        Ok(digits)
    }

    /// The digit at a place; zeros follow and precede them all.
    pub(super) fn at(&self, place: usize) -> u8 {
        self.digits.get(place).copied().unwrap_or(b'0')
    }

    /// Rounds to so many digits, ties to an even last digit.
    pub(super) fn round(&mut self, kept: i64) {
        let Ok(kept) = usize::try_from(kept) else { return };
        let Some(next) = self.digits.get(kept) else { return };
        let up = if *next == b'5' && kept + 1 == self.digits.len() {
            kept > 0 && self.at(kept - 1) & 1 == 1
        } else {
            *next >= b'5'
        };
        if up { self.round_up(kept) } else { self.round_down(kept) }
    }

    fn round_down(&mut self, kept: usize) {
        if kept < self.digits.len() {
            self.digits.truncate(kept);
            self.trim();
        }
    }

    fn round_up(&mut self, kept: usize) {
        if kept >= self.digits.len() {
            return;
        }
        self.digits.truncate(kept);
        while self.digits.last() == Some(&b'9') {
            self.digits.pop();
        }
        match self.digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                self.digits.push(b'1');
                self.point += 1;
            }
        }
    }
}

fn size_of_kept(at: usize) -> i64 {
    i64::try_from(at + 1).unwrap_or(i64::MAX)
}
