//! Floating-point numbers as Go writes them: `strconv.FormatFloat` and `big.Float.Text` with the
//! verbs `e`, `f` and `g`.

use super::digits::Digits;
use super::float::BigFloat;
use super::{Number, NumberError};
use std::fmt::Write;

/// The verbs of Go's floating-point formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatFormat {
    /// `d.ddde±dd`.
    E,
    /// `ddd.ddd`, never an exponent.
    F,
    /// Like `E` for exponents below -4 or not below the precision (6 where it is the shortest that
    /// identifies the number), like `F` otherwise.
    G,
}

fn size(digits: usize) -> i64 {
    i64::try_from(digits).unwrap_or(i64::MAX)
}

fn write_e(out: &mut String, precision: i64, digits: &Digits) {
    out.push(char::from(digits.at(0)));
    if precision > 0 {
        out.push('.');
        (1..=usize::try_from(precision).unwrap_or_default())
            .for_each(|at| out.push(char::from(digits.at(at))));
    }
    let exponent = if digits.digits.is_empty() { 0 } else { digits.point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    // Writing to a string does not fail.
    let _ = write!(out, "e{sign}{:02}", exponent.unsigned_abs());
}

fn write_f(out: &mut String, precision: i64, digits: &Digits) {
    match usize::try_from(digits.point) {
        Ok(whole) if whole > 0 => (0..whole).for_each(|at| out.push(char::from(digits.at(at)))),
        _ => out.push('0'),
    }
    if precision > 0 {
        out.push('.');
        for place in 0..precision {
            let digit = usize::try_from(digits.point + place).map_or(b'0', |at| digits.at(at));
            out.push(char::from(digit));
        }
    }
}

/// Digits that are `shortest`, or exact ones that are still to be rounded, in a format.
fn write_digits(
    out: &mut String,
    mut digits: Digits,
    format: FloatFormat,
    precision: Option<usize>,
) {
    let shortest = precision.is_none();
    let mut precision = match (precision, format) {
        (None, FloatFormat::E) => size(digits.digits.len()) - 1,
        (None, FloatFormat::F) => (size(digits.digits.len()) - digits.point).max(0),
        (None, FloatFormat::G) => size(digits.digits.len()),
        (Some(precision), FloatFormat::E) => {
            digits.round(size(precision).saturating_add(1));
            size(precision)
        }
        (Some(precision), FloatFormat::F) => {
            digits.round(size(precision).saturating_add(digits.point));
            size(precision)
        }
        (Some(precision), FloatFormat::G) => {
            digits.round(size(precision.max(1)));
            size(precision.max(1))
        }
    };
    let count = size(digits.digits.len());
    match format {
        FloatFormat::E => write_e(out, precision, &digits),
        FloatFormat::F => write_f(out, precision, &digits),
        FloatFormat::G => {
            let limit = if shortest {
                6
            } else if precision > count && count >= digits.point {
                count
            } else {
                precision
            };
            let exponent = digits.point - 1;
            if exponent < -4 || exponent >= limit {
                write_e(out, precision.min(count) - 1, &digits);
            } else {
                if precision > digits.point {
                    precision = count;
                }
                write_f(out, (precision - digits.point).max(0), &digits);
            }
        }
    }
}

impl BigFloat {
    /// Its text as Go's `Text` has it; without a precision as few digits as identify it. As long as
    /// the precision asks for.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`] for more digits than any computation may have.
    pub fn text(
        &self,
        format: FloatFormat,
        precision: Option<usize>,
    ) -> Result<String, NumberError> {
        let mut text = String::new();
        if self.negative {
            text.push('-');
        }
        let digits = match precision {
            None => Digits::shortest(self)?,
            Some(_) => Digits::exact(u128::from(self.mantissa), self.exponent)?,
        };
        write_digits(&mut text, digits, format, precision);
        Ok(text)
    }

    /// The number, as OPA's `FloatToNumber` has it.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`] for more digits than any computation may have.
    pub fn to_number(&self) -> Result<Number, NumberError> {
        if !self.is_integer() {
            return Ok(Number::of_valid(&self.text(FloatFormat::G, None)?));
        }
        // An integer of 64 bits has all its digits.
        if let Ok(shift @ 0..64) = u32::try_from(-self.exponent)
            && let Ok(size) = i64::try_from(self.mantissa >> shift)
            && !(size == 0 && self.negative)
        {
            return Ok(Number::Int(if self.negative { -size } else { size }));
        }
        Ok(Number::of_valid(&self.text(FloatFormat::F, None)?))
    }
}

/// The text of a floating-point number as Go's `strconv.FormatFloat` has it (64 bits); without a
/// precision as few digits as identify it. As long as the precision asks for.
#[must_use]
pub fn format_f64(value: f64, format: FloatFormat, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let mut text = String::new();
    if value.is_sign_negative() {
        text.push('-');
    }
    let digits = match (precision, BigFloat::from_f64(value)) {
        (Some(_), Some(exact)) => Digits::exact(u128::from(exact.mantissa), exact.exponent).ok(),
        _ => shortest_f64(value.abs()),
    };
    let digits = digits.unwrap_or(Digits { digits: Vec::new(), point: 0 });
    write_digits(&mut text, digits, format, precision);
    text
}

/// The fewest digits that identify a number that is finite and not negative.
fn shortest_f64(value: f64) -> Option<Digits> {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let shortest = Digits::of(digits, exponent.parse::<i64>().ok()? + 1);
    Some(even_of_two(value, &shortest).unwrap_or(shortest))
}

/// Where the number lies exactly between two texts that are equally short, Go takes the even one.
fn even_of_two(value: f64, shortest: &Digits) -> Option<Digits> {
    let exact = BigFloat::from_f64(value)?;
    // Only a fraction with few binary places has so few decimal ones.
    if exact.exponent + i64::from(exact.mantissa.trailing_zeros()) < -20 {
        return None;
    }
    let mut even = Digits::exact(u128::from(exact.mantissa), exact.exponent).ok()?;
    let count = shortest.digits.len();
    if even.digits.len() != count + 1 || even.digits.last() != Some(&b'5') {
        return None;
    }
    even.round(size(count));
    let digits = std::str::from_utf8(&even.digits).ok()?;
    let exponent = even.point - size(even.digits.len());
    (format!("{digits}e{exponent}").parse() == Ok(value)).then_some(even)
}

impl Number {
    /// The number nearest to a floating-point number, as OPA's `FloatNumberTerm` writes it: of a
    /// million it is `1e+06`. `None` where it is not finite.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self::of_valid(&format_f64(value, FloatFormat::G, None)))
    }

    /// The same without an exponent, as OPA's `RoundTrip` writes it: of a million it is `1000000`.
    #[must_use]
    pub fn from_f64_plain(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self::of_valid(&format_f64(value, FloatFormat::F, None)))
    }
}
