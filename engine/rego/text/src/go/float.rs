//! Floating-point numbers as text, as Go's `strconv` reads and writes them.

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

/// No number has more digits behind its point, so that what follows is zeros.
const MOST_PLACES: usize = 1_100;

/// The digits of a number that is not negative, and where their point is: 0.d₁d₂… × 10^point.
struct Digits {
    digits: String,
    point: i32,
}

impl Digits {
    /// Of Rust's writing with an exponent.
    fn read(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let point = if digits.bytes().all(|digit| digit == b'0') { 0 } else { exponent + 1 };
        Self { digits, point }
    }

    fn shortest(value: f64) -> Self {
        Self::read(&format!("{:e}", value.abs()))
    }

    fn rounded(value: f64, digits: usize) -> Self {
        let places = digits.saturating_sub(1).min(MOST_PLACES);
        Self::read(&format!("{:.*e}", places, value.abs()))
    }

    fn scientific(&self, places: usize, letter: char) -> String {
        let mut text: String = self.digits.chars().take(1).collect();
        if places > 0 {
            text.push('.');
            let rest = self.digits.get(1..).unwrap_or_default();
            text.extend(rest.chars().chain(std::iter::repeat('0')).take(places));
        }
        let exponent =
            if self.digits.bytes().all(|digit| digit == b'0') { 0 } else { self.point - 1 };
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{text}{letter}{sign}{:02}", exponent.unsigned_abs())
    }

    fn plain(&self, places: usize) -> String {
        let mut text = String::new();
        let point = usize::try_from(self.point).unwrap_or(0);
        if point > 0 {
            text.extend(self.digits.chars().chain(std::iter::repeat('0')).take(point));
        } else {
            text.push('0');
        }
        if places > 0 {
            text.push('.');
            let before = usize::try_from(self.point.saturating_neg()).unwrap_or(0);
            let after = self.digits.get(point.min(self.digits.len())..).unwrap_or_default();
            let zeros = std::iter::repeat_n('0', before);
            text.extend(zeros.chain(after.chars()).chain(std::iter::repeat('0')).take(places));
        }
        text
    }
}

/// Writes a number as Go's `strconv.FormatFloat(value, format, precision, 64)`: formats `e`, `E`,
/// `f`, `g`, `G`, `b`, `x`, `X`; without a precision in the fewest digits that give the number
/// again.
pub(crate) fn format(value: f64, format: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-Inf" } else { "+Inf" }.to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let text = match format {
        'e' | 'E' => {
            let digits = match precision {
                Some(places) => Digits::rounded(value, places.saturating_add(1)),
                None => Digits::shortest(value),
            };
            let places = precision.unwrap_or(digits.digits.len().saturating_sub(1));
            digits.scientific(places, format)
        }
        'g' | 'G' => general(value, format, precision),
        'b' => binary(value),
        'x' | 'X' => hexadecimal_text(value, format, precision),
        _ => match precision {
            Some(places) => {
                let mut text = format!("{:.*}", places.min(MOST_PLACES), value.abs());
                text.extend(std::iter::repeat_n('0', places.saturating_sub(MOST_PLACES)));
                text
            }
            None => {
                let digits = Digits::shortest(value);
                let length = i32::try_from(digits.digits.len()).unwrap_or(i32::MAX);
                digits.plain(usize::try_from(length.saturating_sub(digits.point)).unwrap_or(0))
            }
        },
    };
    format!("{sign}{text}")
}

fn general(value: f64, format: char, precision: Option<usize>) -> String {
    let digits = match precision {
        Some(places) => {
            let mut digits = Digits::rounded(value, places.max(1));
            let kept = digits.digits.trim_end_matches('0').len();
            digits.digits.truncate(kept);
            digits
        }
        None => Digits::shortest(value),
    };
    let count = if value == 0.0 { 0 } else { digits.digits.len() };
    let wanted = match precision {
        Some(places) => places.max(1),
        None => 6,
    };
    let point = usize::try_from(digits.point).unwrap_or(0);
    // Where the digits end before the point, that is where the exponent begins to be shorter.
    let bound = match precision {
        Some(_) if wanted > count && count >= point => count,
        _ => wanted,
    };
    let exponent = if value == 0.0 { -1 } else { digits.point - 1 };
    let bound = i32::try_from(bound).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= bound {
        let letter = if format == 'g' { 'e' } else { 'E' };
        return digits.scientific(count.saturating_sub(1), letter);
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let length = i32::try_from(count).unwrap_or(i32::MAX);
    digits.plain(usize::try_from(length.saturating_sub(digits.point)).unwrap_or(0))
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
    format!("{mantissa}p{exponent:+}")
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
