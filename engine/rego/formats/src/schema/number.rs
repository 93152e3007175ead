//! Numbers by their exact value: Go's `big.Rat`, as far as the validator uses it. A number whose
//! exponent is beyond a million has no value, as in Go.

use num_bigint::BigUint;
use num_integer::Integer;
use referee_rego_value::{MAX_DIGITS, Number};

/// The largest exponent that Go takes, of the digits as a whole number.
const MOST_EXPONENT: u64 = 1_000_000;

/// What a number is too large or too precise for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// A number's digits as a whole number, times a power of ten. Without zeros at either end.
struct Parts {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Parts {
    /// `None` where Go refuses the exponent.
    fn of(number: &Number) -> Option<Self> {
        let text = number.to_string();
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..zeros);
        if digits.is_empty() {
            return Some(Self { negative: false, digits, exponent: 0 });
        }
        let mut exponent = exponent.checked_sub(i64::try_from(fraction).ok()?)?;
        if exponent.unsigned_abs() > MOST_EXPONENT {
            return None;
        }
        while digits.last() == Some(&b'0') {
            digits.pop();
            exponent += 1;
        }
        Some(Self { negative, digits, exponent })
    }

    fn coefficient(&self) -> Result<BigUint, TooLarge> {
        if self.digits.len() > MAX_DIGITS {
            return Err(TooLarge);
        }
        Ok(BigUint::parse_bytes(&self.digits, 10).unwrap_or_default())
    }
}

/// Whether Go's `big.Rat` takes the number.
pub(super) fn has_value(number: &Number) -> bool {
    matches!(number, Number::Int(_)) || Parts::of(number).is_some()
}

/// Whether the number is whole: `1.0` and `1e2` are.
pub(super) fn is_whole(number: &Number) -> bool {
    number.is_integer() && has_value(number)
}

fn power(base: u32, exponent: i64) -> Result<BigUint, TooLarge> {
    let exponent = u32::try_from(exponent).map_err(|_| TooLarge)?;
    Ok(BigUint::from(base).pow(exponent))
}

/// Whether a number is a whole multiple of another, which is above zero.
///
/// # Errors
/// Where either has more digits than are computed with.
pub(super) fn is_multiple(number: &Number, of: &Number) -> Result<bool, TooLarge> {
    if let (Number::Int(number), Number::Int(of)) = (number, of) {
        return Ok(number.checked_rem(*of).is_none_or(|rest| rest == 0));
    }
    let (number, of) = (Parts::of(number).ok_or(TooLarge)?, Parts::of(of).ok_or(TooLarge)?);
    if number.digits.is_empty() {
        return Ok(true);
    }
    let (dividend, divisor) = (number.coefficient()?, of.coefficient()?);
    let tens = number.exponent - of.exponent;
    if tens >= 0 {
        let scale = BigUint::from(10_u32).modpow(&BigUint::from(tens.unsigned_abs()), &divisor);
        return Ok((dividend * scale).is_multiple_of(&divisor));
    }
    // The dividend does not end in a zero: only the divisor's own digits can cancel the tens.
    let Ok(missing) = usize::try_from(-tens) else { return Ok(false) };
    if missing > number.digits.len() {
        return Ok(false);
    }
    Ok(dividend.is_multiple_of(&(divisor * power(10, -tens)?)))
}

/// The number as Go prints the `big.Float` nearest to it: with as few digits as identify it, and
/// with an exponent from a million on.
pub(super) fn shown(number: &Number) -> String {
    if let Number::Int(value) = number
        && value.unsigned_abs() < 1_000_000
    {
        return value.to_string();
    }
    let Some(parts) = Parts::of(number) else {
        return number.to_string();
    };
    // A whole number is its own nearest; so is here one that is too long to be computed with.
    let rounded = if parts.exponent < 0 {
        Binary::nearest(&parts).and_then(|b| b.shortest())
    } else {
        Err(TooLarge)
    };
    let (digits, point) = rounded.unwrap_or_else(|_| {
        let count = i64::try_from(parts.digits.len()).unwrap_or(i64::MAX);
        (parts.digits, parts.exponent.saturating_add(count))
    });
    let text = write(&digits, point);
    if parts.negative { format!("-{text}") } else { text }
}

/// `0.digits × 10^point` as Go's `%g`.
fn write(digits: &[u8], point: i64) -> String {
    let text = String::from_utf8_lossy(digits);
    if digits.is_empty() {
        return "0".to_owned();
    }
    let exponent = point - 1;
    if !(-4..6).contains(&exponent) {
        let (first, rest) = text.split_at_checked(1).unwrap_or((&text, ""));
        let dot = if rest.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{first}{dot}{rest}e{sign}{:02}", exponent.unsigned_abs());
    }
    match usize::try_from(point) {
        Ok(point) if point > 0 => match text.split_at_checked(point) {
            Some((whole, "")) => whole.to_owned(),
            Some((whole, fraction)) => format!("{whole}.{fraction}"),
            None => format!("{text}{}", "0".repeat(point.saturating_sub(digits.len()))),
        },
        _ => {
            let zeros = usize::try_from(-point).unwrap_or_default();
            format!("0.{}{text}", "0".repeat(zeros))
        }
    }
}

/// `mantissa / 2^exponent`.
struct Binary {
    mantissa: BigUint,
    exponent: u64,
}

impl Binary {
    /// The nearest binary number of as many bits as the fraction's parts have, 64 at least.
    fn nearest(parts: &Parts) -> Result<Self, TooLarge> {
        if parts.exponent.unsigned_abs() > u64::try_from(MAX_DIGITS).unwrap_or_default() {
            return Err(TooLarge);
        }
        let (numerator, denominator) = (parts.coefficient()?, power(10, -parts.exponent)?);
        let common = numerator.gcd(&denominator);
        let (numerator, denominator) = (numerator / &common, denominator / common);
        let bits = numerator.bits().max(denominator.bits()).max(64);
        // A quotient of one bit more than wanted, or of two.
        let scale = bits + 1 + denominator.bits() - numerator.bits();
        let (quotient, rest) = (numerator << scale).div_rem(&denominator);
        let extra = quotient.bits() - bits;
        let one = BigUint::from(1_u32);
        let below = &quotient & ((&one << extra) - 1_u32);
        let half = one << (extra - 1);
        let mut mantissa = &quotient >> extra;
        if below > half || below == half && (rest.bits() > 0 || mantissa.bit(0)) {
            mantissa += 1_u32;
        }
        Ok(Self { mantissa, exponent: scale - extra })
    }

    /// The fewest digits that no other number of as many bits is nearer to, and the point in them.
    fn shortest(&self) -> Result<(Vec<u8>, i64), TooLarge> {
        // All in halves of the last bit, as whole numbers: x / 2^e is x × 5^e / 10^e.
        let exponent = i64::try_from(self.exponent + 1).map_err(|_| TooLarge)?;
        let five = power(5, exponent)?;
        let doubled = &self.mantissa << 1_u32;
        let digits = |number: &BigUint| number.to_str_radix(10).into_bytes();
        let all = digits(&(&doubled * &five));
        let point = i64::try_from(all.len()).map_err(|_| TooLarge)? - exponent;
        let exact = trimmed(all);
        let lower = trimmed(digits(&((&doubled - 1_u32) * &five)));
        let upper = trimmed(digits(&((doubled + 1_u32) * &five)));
        // The bounds themselves round to an even mantissa.
        let inclusive = !self.mantissa.bit(0);
        let at = |digits: &[u8], place: usize| digits.get(place).copied().unwrap_or(b'0');
        for (place, digit) in exact.iter().enumerate() {
            let (low, high) = (at(&lower, place), at(&upper, place));
            let down = low != *digit || inclusive && place + 1 == lower.len();
            let up = *digit != high && (inclusive || digit + 1 < high || place + 1 < upper.len());
            let kept = place + 1;
            let up = match (down, up) {
                (true, true) => rounds_up(&exact, kept),
                (true, false) => false,
                (false, true) => true,
                (false, false) => continue,
            };
            return Ok(cut(exact, kept, up, point));
        }
        Ok((exact, point))
    }
}

fn trimmed(mut digits: Vec<u8>) -> Vec<u8> {
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    digits
}

/// Whether digits are rounded up to so many of them, ties to an even one.
fn rounds_up(digits: &[u8], kept: usize) -> bool {
    match digits.get(kept..) {
        None | Some([]) => false,
        Some(b"5") => {
            kept.checked_sub(1).and_then(|at| digits.get(at)).is_some_and(|digit| digit & 1 == 1)
        }
        Some([next, ..]) => *next >= b'5',
    }
}

/// So many of the digits, the last one raised or not, and the point in them.
fn cut(mut digits: Vec<u8>, kept: usize, up: bool, mut point: i64) -> (Vec<u8>, i64) {
    let whole = digits.len() <= kept;
    digits.truncate(kept);
    if up && !whole {
        while digits.last() == Some(&b'9') {
            digits.pop();
        }
        match digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                digits.push(b'1');
                point += 1;
            }
        }
    }
    (trimmed(digits), point)
}

/// The sign of a number: whether it is above zero.
pub(super) fn is_positive(number: &Number) -> bool {
    !number.is_zero() && !number.is_negative()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn multiples_are_exact_however_far_the_exponents_are() {
        let multiple = |a, b| is_multiple(&number(a), &number(b)).unwrap();
        assert!(multiple("1e1000000", "1e-1000000"));
        assert!(multiple("0.3", "0.1"));
        assert!(!multiple("1e-7", "1e-6"));
        assert!(multiple("123456789012345678901234567890", "10"));
        let long = number(&"7".repeat(MAX_DIGITS + 1));
        assert_eq!(is_multiple(&long, &number("3.5")), Err(TooLarge));
    }

    #[test]
    fn numbers_are_shown_as_go_prints_a_float_of_any_size() {
        let cases = [
            ("1000000", "1e+06"),
            ("0.00001234", "1.234e-05"),
            ("21470847.8832950368252", "2.1470847883295036825e+07"),
            ("-0.10", "-0.1"),
            ("0.99999999999999999999999", "0.99999999999999999999999"),
            ("-0", "0"),
        ];
        for (written, wanted) in cases {
            assert_eq!(shown(&number(written)), wanted);
        }
    }

    #[test]
    fn an_exponent_beyond_a_million_has_no_value() {
        assert!(!has_value(&number("1e1000001")));
        assert!(has_value(&number("0e1000001")));
    }
}
