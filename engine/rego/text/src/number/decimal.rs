//! The decimal digits of a binary floating-point number, and the fewest that name it.

use num_bigint::BigUint;

/// 0.d₁d₂d₃… × 10^point, the first digit not zero.
#[derive(Clone, Debug)]
pub(crate) struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// All digits of mantissa × 2^exponent.
    pub(crate) fn new(mantissa: &BigUint, exponent: i64) -> Self {
        let shift = exponent.unsigned_abs();
        let (scaled, places) = if exponent >= 0 {
            (mantissa << shift, 0)
        } else {
            // m / 2^n = m × 5^n / 10^n, with factors of two taken out before.
            let common = mantissa.trailing_zeros().unwrap_or(0).min(shift);
            let places = shift - common;
            let fives = BigUint::from(5u8).pow(u32::try_from(places).unwrap_or(u32::MAX));
            ((mantissa >> common) * fives, i64::try_from(places).unwrap_or(i64::MAX))
        };
        let digits = scaled.to_str_radix(10).into_bytes();
        let point = i64::try_from(digits.len()).unwrap_or(i64::MAX).saturating_sub(places);
        Self { digits, point }.trimmed()
    }

    fn trimmed(mut self) -> Self {
        let kept = self.digits.iter().rposition(|digit| *digit != b'0').map_or(0, |at| at + 1);
        self.digits.truncate(kept);
        self
    }

    fn at(&self, index: usize) -> u8 {
        self.digits.get(index).copied().unwrap_or(b'0')
    }

    /// Leaves the fewest digits that give mantissa × 2^exponent again in a precision of so many
    /// bits: digits are compared with those of the numbers half a unit below and above.
    pub(crate) fn shorten(&mut self, mantissa: &BigUint, exponent: i64, precision: u64) {
        let wanted = precision.saturating_add(1);
        let bits = mantissa.bits();
        let (halves, exponent) = if bits <= wanted {
            let shift = wanted - bits;
            (mantissa << shift, exponent.saturating_sub(i64::try_from(shift).unwrap_or(i64::MAX)))
        } else {
            let shift = bits - wanted;
            (mantissa >> shift, exponent.saturating_add(i64::try_from(shift).unwrap_or(i64::MAX)))
        };
        let lower = Self::new(&(&halves - 1u8), exponent);
        let upper = Self::new(&(&halves + 1u8), exponent);
        let inclusive = !halves.bit(1);
        for index in 0..self.digits.len() {
            let (digit, low, high) = (self.at(index), lower.at(index), upper.at(index));
            let down = low != digit || inclusive && index + 1 == lower.digits.len();
            let up =
                digit != high && (inclusive || digit + 1 < high || index + 1 < upper.digits.len());
            if down || up {
                let upwards = if down && up { self.rounds_up(index + 1) } else { up };
                self.cut(index + 1, upwards);
                return;
            }
        }
    }

    /// Whether rounding to so many digits goes up: to even where it is exactly half.
    fn rounds_up(&self, count: usize) -> bool {
        if self.at(count) == b'5' && count + 1 == self.digits.len() {
            let last = count.checked_sub(1).map_or(0, |last| self.at(last) - b'0');
            return last % 2 == 1;
        }
        self.at(count) >= b'5'
    }

    fn cut(&mut self, count: usize, up: bool) {
        if count >= self.digits.len() {
            return;
        }
        self.digits.truncate(count);
        if up {
            while self.digits.last() == Some(&b'9') {
                self.digits.pop();
            }
            match self.digits.last_mut() {
                Some(last) => *last += 1,
                None => {
                    self.digits.push(b'1');
                    self.point = self.point.saturating_add(1);
                }
            }
        }
        let trimmed = self.clone().trimmed();
        *self = trimmed;
    }

    fn text(digits: &[u8]) -> String {
        digits.iter().map(|digit| char::from(*digit)).collect()
    }

    /// Without an exponent: `1200`, `0.012`.
    pub(crate) fn plain(&self) -> String {
        let Ok(point) = usize::try_from(self.point) else {
            let zeros = usize::try_from(self.point.unsigned_abs()).unwrap_or(0);
            return format!("0.{}{}", "0".repeat(zeros), Self::text(&self.digits));
        };
        let whole = self.digits.get(..point.min(self.digits.len())).unwrap_or_default();
        let fraction = self.digits.get(point..).unwrap_or_default();
        let mut text = Self::text(whole);
        text.push_str(&"0".repeat(point.saturating_sub(self.digits.len())));
        if text.is_empty() {
            text.push('0');
        }
        if !fraction.is_empty() {
            text.push('.');
            text.push_str(&Self::text(fraction));
        }
        text
    }

    /// With an exponent where that is below -4 or not below the six digits of Go's `%g`.
    pub(crate) fn general(&self) -> String {
        let exponent = self.point.saturating_sub(1);
        if (-4..6).contains(&exponent) {
            return self.plain();
        }
        let mut text = Self::text(self.digits.get(..1).unwrap_or_default());
        let rest = self.digits.get(1..).unwrap_or_default();
        if !rest.is_empty() {
            text.push('.');
            text.push_str(&Self::text(rest));
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{text}e{sign}{:02}", exponent.unsigned_abs())
    }
}
