//! Numbers of any size, as digits.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A number as it was written. Equality and order are those of the values.
#[derive(Clone, Debug)]
pub struct Number(String);

impl Number {
    /// A number from text that is one: what calls this has read it, or written it.
    pub(super) fn from_digits(digits: String) -> Self {
        Self(digits)
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn decimal(&self) -> Decimal<'_> {
        let (negative, rest) = match self.0.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.0.as_str()),
        };
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // An exponent that fits nothing is beyond all others: saturate.
        let exponent = exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') {
            i64::MIN / 4
        } else {
            i64::MAX / 4
        });
        let leading = whole.bytes().chain(fraction.bytes()).take_while(|b| *b == b'0').count();
        let count = whole.len() + fraction.len();
        if leading == count {
            return Decimal { sign: 0, magnitude: 0, whole: "", fraction: "", leading: 0 };
        }
        let signed = |n: usize| i64::try_from(n).unwrap_or(i64::MAX / 4);
        Decimal {
            sign: if negative { -1 } else { 1 },
            magnitude: exponent.saturating_add(signed(whole.len()) - signed(leading)),
            whole,
            fraction,
            leading,
        }
    }
}

/// A number taken apart: `sign * 0.digits * 10^magnitude`, the first digit not zero.
struct Decimal<'a> {
    sign: i8,
    magnitude: i64,
    whole: &'a str,
    fraction: &'a str,
    /// Zeros before the first digit that is none.
    leading: usize,
}

impl Decimal<'_> {
    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole.bytes().chain(self.fraction.bytes()).skip(self.leading)
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        self.magnitude.cmp(&other.magnitude).then_with(|| {
            let (mut one, mut two) = (self.digits(), other.digits());
            loop {
                match (one.next(), two.next()) {
                    (None, None) => return Ordering::Equal,
                    (a, b) => match a.unwrap_or(b'0').cmp(&b.unwrap_or(b'0')) {
                        Ordering::Equal => {}
                        unequal => return unequal,
                    },
                }
            }
        })
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string())
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, two) = (self.decimal(), other.decimal());
        one.sign.cmp(&two.sign).then_with(|| match one.sign {
            0 => Ordering::Equal,
            1 => one.compare_size(&two),
            _ => two.compare_size(&one),
        })
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let decimal = self.decimal();
        (decimal.sign, decimal.magnitude).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::from_digits(text.into())
    }

    #[test]
    fn numbers_are_compared_by_value_whatever_their_size() {
        let rising = [
            "-1e400",
            "-12345678901234567890",
            "-2",
            "-1.5",
            "-1e-400",
            "0",
            "1e-400",
            "0.09",
            "0.1",
            "1",
            "1.0000000000000000000001",
            "9",
            "10",
            "12345678901234567890",
            "1e400",
        ];
        for (at, one) in rising.iter().enumerate() {
            for (place, two) in rising.iter().enumerate() {
                assert_eq!(number(one).cmp(&number(two)), at.cmp(&place), "{one} and {two}");
            }
        }
    }

    #[test]
    fn one_value_has_many_writings() {
        for (one, two) in
            [("1", "1.000"), ("100", "1e2"), ("0.001", "1E-3"), ("-0", "0"), ("0e5", "0.0")]
        {
            assert_eq!(number(one), number(two));
        }
    }
}
