//! A number's text taken apart as decimal digits: its order, equality and hash without any
//! arithmetic on large numbers. Linear in the length of the text, whatever its exponent.
//!
//! OPA (`NumberCompare` in `v1/ast/compare.go`) compares exact fractions. Where it calls two long
//! fractions equal because both end in `0` and round to one `float64`, they differ here: its
//! relation is not transitive. Where it dies of an exponent beyond a million, numbers are compared
//! here all the same.

use super::Number;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// Exponents beyond this are taken as this: no text is long enough to matter beside it.
const FARTHEST: i64 = 1 << 60;

/// The digits of a text and its exponent: `whole.fraction × 10^exponent`.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) negative: bool,
    pub(super) whole: &'a [u8],
    pub(super) fraction: &'a [u8],
    pub(super) exponent: i64,
    /// Whether the exponent does not fit in 64 bits, which Go refuses.
    pub(super) beyond: bool,
}

fn split(text: &[u8], at: impl Fn(&u8) -> bool) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(at) {
        Some(found) => {
            (text.get(..found).unwrap_or_default(), Some(text.get(found + 1..).unwrap_or_default()))
        }
        None => (text, None),
    }
}

impl<'a> Written<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        let (negative, text) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = split(text, |byte| matches!(byte, b'e' | b'E'));
        let (whole, fraction) = split(mantissa, |byte| *byte == b'.');
        let exact =
            exponent.map(|digits| std::str::from_utf8(digits).unwrap_or_default().parse::<i64>());
        let below = exponent.is_some_and(|digits| digits.starts_with(b"-"));
        let exponent = match exact {
            None => 0,
            Some(Ok(exponent)) => exponent.clamp(-FARTHEST, FARTHEST),
            Some(Err(_)) if below => -FARTHEST,
            Some(Err(_)) => FARTHEST,
        };
        let fraction = fraction.unwrap_or_default();
        Self { negative, whole, fraction, exponent, beyond: matches!(exact, Some(Err(_))) }
    }
}

fn size(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(FARTHEST)
}

fn without_leading_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

fn without_trailing_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    digits.get(..digits.len() - zeros).unwrap_or_default()
}

/// A value in its one normal form: `0.d₁d₂… × 10^point`, where neither the first nor the last digit
/// is a zero. Zero has no digits and no sign.
#[derive(Clone, Copy)]
pub(super) struct Decimal<'a> {
    pub(super) negative: bool,
    head: &'a [u8],
    tail: &'a [u8],
    pub(super) point: i64,
}

impl<'a> Decimal<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        let written = Written::of(text);
        let mut head = without_leading_zeros(written.whole);
        let mut tail = written.fraction;
        let mut point = size(head);
        if head.is_empty() {
            let digits = without_leading_zeros(tail);
            point = -(size(tail) - size(digits));
            tail = digits;
        }
        tail = without_trailing_zeros(tail);
        if tail.is_empty() {
            head = without_trailing_zeros(head);
        }
        if head.is_empty() && tail.is_empty() {
            return Self { negative: false, head, tail, point: 0 };
        }
        Self { negative: written.negative, head, tail, point: point + written.exponent }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.head.is_empty() && self.tail.is_empty()
    }

    pub(super) fn digits(&self) -> impl Iterator<Item = u8> + use<'a> {
        self.head.iter().chain(self.tail).copied()
    }

    /// How many digits there are.
    pub(super) fn count(&self) -> i64 {
        size(self.head) + size(self.tail)
    }

    pub(super) fn is_integer(&self) -> bool {
        self.is_zero() || self.count() <= self.point
    }

    /// The value where it is whole and in the range of `i64`.
    pub(super) fn as_i64(&self) -> Option<i64> {
        if !self.is_integer() || self.point > 19 {
            return None;
        }
        let digits = self.digits().fold(0_i128, |all, digit| all * 10 + i128::from(digit - b'0'));
        let zeros = u32::try_from(self.point - self.count()).ok()?;
        let value = digits * 10_i128.checked_pow(zeros)?;
        i64::try_from(if self.negative { -value } else { value }).ok()
    }

    fn compare(&self, other: &Self) -> Ordering {
        let sign = |of: &Self| if of.is_zero() { 0 } else { if of.negative { -1 } else { 1 } };
        sign(self).cmp(&sign(other)).then_with(|| {
            let size = self.point.cmp(&other.point);
            let order = size.then_with(|| self.digits().cmp(other.digits()));
            if self.negative { order.reverse() } else { order }
        })
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Int(a), Self::Text(b)) => Decimal::of(itoa::Buffer::new().format(*a).as_bytes())
                .compare(&Decimal::of(b.as_bytes())),
            (Self::Text(_), Self::Int(_)) => other.cmp(self).reverse(),
            (Self::Text(a), Self::Text(b)) => {
                Decimal::of(a.as_bytes()).compare(&Decimal::of(b.as_bytes()))
            }
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Text(a), Self::Text(b)) if a.as_bytes() == b.as_bytes() => true,
            _ => self.cmp(other).is_eq(),
        }
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let text = match self {
            Self::Int(value) => return state.write_i64(*value),
            Self::Text(text) => text,
        };
        let decimal = Decimal::of(text.as_bytes());
        if let Some(value) = decimal.as_i64() {
            return state.write_i64(value);
        }
        state.write_u8(u8::from(decimal.negative));
        state.write_i64(decimal.point);
        decimal.digits().for_each(|digit| state.write_u8(digit));
    }
}
