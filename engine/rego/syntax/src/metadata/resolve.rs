//! What a YAML scalar is without quotes (`resolve.go` of Go's YAML library).

use data_encoding::BASE64;

/// A scalar's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(String),
    /// A point in time, as JSON writes it.
    Time(String),
}

/// The tag and value of a scalar that has this tag, or none.
pub(super) fn resolve(tag: &str, text: &str) -> Result<(&'static str, Scalar), String> {
    let known =
        matches!(tag, "" | "!!str" | "!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp");
    if tag == "!!binary" {
        let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        let Ok(bytes) = BASE64.decode(&digits) else {
            return Err("yaml: !!binary value contains invalid base64 data".to_owned());
        };
        return Ok(("!!binary", Scalar::Text(String::from_utf8_lossy(&bytes).into_owned())));
    }
    if !known {
        return Ok(("!!other", Scalar::Text(text.to_owned())));
    }
    let (found, value) = if tag == "!!str" {
        ("!!str", Scalar::Text(text.to_owned()))
    } else {
        guess(text, tag.is_empty() || tag == "!!timestamp")
    };
    if tag.is_empty() || tag == found {
        return Ok((found, value));
    }
    match value {
        #[expect(clippy::cast_precision_loss, reason = "as Go converts it")]
        Scalar::Int(value) if tag == "!!float" => Ok(("!!float", Scalar::Float(value as f64))),
        _ => Err(format!("yaml: cannot decode {found} `{text}` as a {tag}")),
    }
}

fn guess(text: &str, times: bool) -> (&'static str, Scalar) {
    match text {
        "true" | "True" | "TRUE" => return ("!!bool", Scalar::Bool(true)),
        "false" | "False" | "FALSE" => return ("!!bool", Scalar::Bool(false)),
        "" | "~" | "null" | "Null" | "NULL" => return ("!!null", Scalar::Null),
        ".nan" | ".NaN" | ".NAN" => return ("!!float", Scalar::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return ("!!float", Scalar::Float(f64::INFINITY));
        }
        "-.inf" | "-.Inf" | "-.INF" => return ("!!float", Scalar::Float(f64::NEG_INFINITY)),
        "<<" => return ("!!merge", Scalar::Text(text.to_owned())),
        _ => {}
    }
    let number = match text.as_bytes().first() {
        Some(b'.') => float(text).map(Scalar::Float),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            if times && let Some(time) = timestamp(text) {
                return ("!!timestamp", Scalar::Time(time));
            }
            number(&text.replace('_', ""))
        }
        _ => None,
    };
    match number {
        Some(value @ Scalar::Float(_)) => ("!!float", value),
        Some(value) => ("!!int", value),
        None => ("!!str", Scalar::Text(text.to_owned())),
    }
}

fn number(plain: &str) -> Option<Scalar> {
    let (negative, digits) = match plain.as_bytes().first() {
        Some(b'-') => (true, plain.get(1..)?),
        Some(b'+') => (false, plain.get(1..)?),
        _ => (false, plain),
    };
    let signed = plain.len() != digits.len();
    let lower = digits.to_ascii_lowercase();
    let based = [("0x", 16), ("0b", 2), ("0o", 8)]
        .into_iter()
        .find_map(|(prefix, base)| lower.strip_prefix(prefix).map(|rest| (rest.to_owned(), base)));
    let (digits, base) = match based {
        Some(based) => based,
        None if lower.len() > 1 && lower.starts_with('0') => (lower.get(1..)?.to_owned(), 8),
        None => (lower, 10),
    };
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let sign = if negative { "-" } else { "" };
        if let Ok(value) = i64::from_str_radix(&format!("{sign}{digits}"), base) {
            return Some(Scalar::Int(value));
        }
        if !signed && let Ok(value) = u64::from_str_radix(&digits, base) {
            return Some(Scalar::Uint(value));
        }
    }
    is_float(plain).then(|| float(plain)).flatten().map(Scalar::Float)
}

/// Whether the text is a float of YAML: digits with a point or an exponent.
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa && exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text)))
}

fn float(text: &str) -> Option<f64> {
    let value: f64 = text.replace('_', "").parse().ok()?;
    // Go's parser has an error for what is out of range.
    value.is_finite().then_some(value)
}

/// A point in time in one of the forms that Go's library reads, as RFC 3339.
fn timestamp(text: &str) -> Option<String> {
    let year = text.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?;
    let rest = text.get(4..)?.strip_prefix('-')?;
    let (month, rest) = field(rest, 1, 12)?;
    let (day, rest) = field(rest.strip_prefix('-')?, 1, 31)?;
    let leap = year
        .parse::<u32>()
        .ok()
        .is_some_and(|year| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let most = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day > most {
        return None;
    }
    let date = format!("{year}-{month:02}-{day:02}");
    if rest.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let zoned = !rest.starts_with(' ');
    let (hour, rest) = field(rest.strip_prefix(['T', 't', ' '])?, 0, 23)?;
    let (minute, rest) = field(rest.strip_prefix(':')?, 0, 59)?;
    let (second, rest) = field(rest.strip_prefix(':')?, 0, 59)?;
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(rest) => {
            let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
            rest.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?
        }
        None => ("", rest),
    };
    let zone = match (zoned, rest) {
        (false, "") | (true, "Z") => "Z",
        (true, zone) if is_zone(zone) => zone,
        _ => return None,
    };
    let zone = if matches!(zone, "+00:00" | "-00:00") { "Z" } else { zone };
    let fraction = fraction.get(..fraction.len().min(9))?.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{point}{fraction}{zone}"))
}

fn field(text: &str, least: u32, most: u32) -> Option<(u32, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    let value = digits.parse().ok().filter(|value| (least..=most).contains(value))?;
    Some((value, rest))
}

fn is_zone(zone: &str) -> bool {
    match zone.as_bytes() {
        [b'+' | b'-', a, b, b':', c, d] => {
            [a, b, c, d].into_iter().all(u8::is_ascii_digit)
                && (*a < b'2' || (*a == b'2' && *b <= b'4'))
                && *c < b'6'
        }
        _ => false,
    }
}
