//! Floating-point numbers as text, as Go's `strconv` reads and writes them.

use referee_rego_value::{FloatFormat, format_f64};

/// Reads a floating-point number in Go's syntax: decimal or hexadecimal, digits parted by `_`.
///
/// # Errors
/// In Go's words.
pub(crate) fn parse(text: &str) -> Result<f64, &'static str> {
    const SYNTAX: &str = "invalid syntax";
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let negative = text.starts_with('-');
    if !parted_well(unsigned) {
        return Err(SYNTAX);
    }
    let plain: String = unsigned.chars().filter(|c| *c != '_').collect();
    let value = if let Some(digits) = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X"))
    {
        hexadecimal(digits).ok_or(SYNTAX)?
    } else if plain.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
        plain.parse().map_err(|_| SYNTAX)?
    } else {
        match plain.to_ascii_lowercase().as_str() {
            "inf" | "infinity" => {
                return Ok(if negative { f64::NEG_INFINITY } else { f64::INFINITY });
            }
            "nan" => return Ok(f64::NAN),
            _ => return Err(SYNTAX),
        }
    };
    if value.is_infinite() {
        return Err("value out of range");
    }
    Ok(if negative { -value } else { value })
}

/// Whether each `_` stands between digits (or between a base and a digit).
fn parted_well(text: &str) -> bool {
    if !text.contains('_') {
        return true;
    }
    let hex = text.starts_with("0x") || text.starts_with("0X");
    let digits = text.get(if hex { 2 } else { 0 }..).unwrap_or_default();
    let mut before_is_digit = hex;
    let mut after_bar = false;
    for byte in digits.bytes() {
        let digit = byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit();
        if byte == b'_' && !before_is_digit || after_bar && !digit {
            return false;
        }
        after_bar = byte == b'_';
        before_is_digit = digit;
    }
    !after_bar
}

/// `1.8p3` is 12: a binary exponent is required.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let limit = if exponent.starts_with('-') { -100_000 } else { 100_000 };
    let exponent: i32 = exponent.parse().unwrap_or(limit).clamp(-100_000, 100_000);
    let mut value = 0f64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let places = i32::try_from(fraction.len()).ok()?.checked_mul(4)?;
    Some(value * 2f64.powi(exponent.checked_sub(places)?))
}

/// Writes a number as Go's `strconv.FormatFloat(value, format, precision, 64)`: formats `e`, `E`,
/// `f`, `g`, `G`, `b`, `x`, `X`; without a precision in the fewest digits that give the number
/// again.
pub(crate) fn format(value: f64, format: char, precision: Option<usize>) -> String {
    let decimal = |form| format_f64(value, form, precision);
    match format {
        'e' => decimal(FloatFormat::E),
        'E' => decimal(FloatFormat::E).to_uppercase(),
        'g' => decimal(FloatFormat::G),
        'G' => decimal(FloatFormat::G).to_uppercase(),
        'b' => binary(value),
        'x' | 'X' => hexadecimal_text(value, format, precision),
        _ => decimal(FloatFormat::F),
    }
}

/// The mantissa of 53 bits and the exponent: value = mantissa × 2^exponent.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
}

fn binary(value: f64) -> String {
    let (mantissa, exponent) = parts(value);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    format!("{sign}{mantissa}p{exponent:+}")
}

fn hexadecimal_text(value: f64, format: char, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(value);
    exponent = if mantissa == 0 { 0 } else { exponent + 52 };
    // The leading one at bit 60: fifteen digits follow the point.
    mantissa <<= 8;
    while mantissa != 0 && mantissa & (1 << 60) == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(places) = precision.filter(|places| *places < 15) {
        let shift = u32::try_from(places * 4).unwrap_or(0);
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let lead = mantissa >> 60;
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let fraction: String = match precision {
        Some(places) => digits.chars().chain(std::iter::repeat('0')).take(places).collect(),
        None => digits.trim_end_matches('0').to_owned(),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    let text = format!(
        "0x{lead}{point}{fraction}p{}{:02}",
        if exponent < 0 { '-' } else { '+' },
        exponent.unsigned_abs()
    );
    if format == 'X' { text.to_uppercase() } else { text }
}
