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

/// The number as Go prints a `big.Float` made of it: ten digits, with an exponent where there are
/// more before the point or many zeros behind it.
pub(super) fn ten_digits(number: &Number) -> String {
    if let Number::Int(value) = number
        && value.unsigned_abs() < 10_000_000_000
    {
        return value.to_string();
    }
    let Some(parts) = Parts::of(number) else {
        return number.to_string();
    };
    let negative = parts.negative;
    // A fraction is rounded to a binary number first, which matters where digits are dropped.
    let binary = parts.exponent < 0 && parts.digits.len() > 10;
    let parts = if binary { rounded_to_binary(&parts).unwrap_or(parts) } else { parts };
    let count = i64::try_from(parts.digits.len()).unwrap_or(i64::MAX);
    let (digits, carried) = rounded(parts.digits);
    let point = parts.exponent.saturating_add(count).saturating_add(i64::from(carried));
    let text = write(&digits, point);
    if negative { format!("-{text}") } else { text }
}

/// Digits rounded to ten, ties to an even one; and whether they became one more.
fn rounded(mut digits: Vec<u8>) -> (Vec<u8>, bool) {
    let mut carried = false;
    if let Some(next) = digits.get(10).copied() {
        let tie = next == b'5' && digits.len() == 11;
        let odd = digits.get(9).is_some_and(|digit| digit & 1 == 1);
        let up = if tie { odd } else { next >= b'5' };
        digits.truncate(10);
        if up {
            while digits.last() == Some(&b'9') {
                digits.pop();
            }
            match digits.last_mut() {
                Some(last) => *last += 1,
                None => {
                    digits.push(b'1');
                    carried = true;
                }
            }
        }
    }
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    (digits, carried)
}

/// `0.digits × 10^point` as Go's `%.10g`.
fn write(digits: &[u8], point: i64) -> String {
    let text = String::from_utf8_lossy(digits);
    if digits.is_empty() {
        return "0".to_owned();
    }
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let exponent = point - 1;
    let most = if count < 10 && count >= point { count } else { 10 };
    if exponent < -4 || exponent >= most {
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

/// The nearest binary number of as many bits as the fraction's parts have, 64 at least.
fn rounded_to_binary(parts: &Parts) -> Result<Parts, TooLarge> {
    if parts.exponent.unsigned_abs() > u64::try_from(MAX_DIGITS).unwrap_or_default() {
        return Err(TooLarge);
    }
    let (numerator, denominator) = (parts.coefficient()?, power(10, -parts.exponent)?);
    let common = numerator.gcd(&denominator);
    let (numerator, denominator) = (numerator / &common, denominator / common);
    let bits = numerator.bits().max(denominator.bits()).max(64);
    // One bit more than wanted, or two.
    let shift = i64::try_from(bits + 1 + denominator.bits()).map_err(|_| TooLarge)?
        - i64::try_from(numerator.bits()).map_err(|_| TooLarge)?;
    let scale = u64::try_from(shift).map_err(|_| TooLarge)?;
    let (quotient, rest) = (numerator << scale).div_rem(&denominator);
    let extra = quotient.bits() - bits;
    let below = &quotient & ((BigUint::from(1_u32) << extra) - 1_u32);
    let half = BigUint::from(1_u32) << (extra - 1);
    let exact = rest.bits() == 0;
    let mut mantissa = &quotient >> extra;
    let up = below > half || below == half && (!exact || mantissa.bit(0));
    if up {
        mantissa += 1_u32;
    }
    let exponent = scale - extra;
    // m / 2^e is m × 5^e / 10^e.
    let five = power(5, i64::try_from(exponent).map_err(|_| TooLarge)?)?;
    let digits = (mantissa * five).to_str_radix(10).into_bytes();
    let exponent = -i64::try_from(exponent).map_err(|_| TooLarge)?;
    Ok(Parts { negative: parts.negative, digits, exponent })
}

/// The sign of a number: whether it is above zero.
pub(super) fn is_positive(number: &Number) -> bool {
    !number.is_zero() && !number.is_negative()
}
