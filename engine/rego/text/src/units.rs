//! `units.parse` and `units.parse_bytes`: numbers with units of the SI and of powers of two;
//! `topdown/parse_units.go`, `topdown/parse_bytes.go`.

use crate::give::{Given, give, text};
use crate::number::{self, Float, Parts};
use num_bigint::{BigInt, BigUint};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Table, operand};
use referee_rego_value::Value;
use referee_rego_value::bytes::{bytes_of, replaced, text_of, text_of_slice};

pub(crate) const TABLE: Table = &[("units.parse", F(parse)), ("units.parse_bytes", F(parse_bytes))];

/// The most digits of an exponent.
const MOST_EXPONENT_DIGITS: usize = 6;

/// OPA's messages name the function, beside where every message names it.
fn refused(function: &str, words: &str) -> BuiltinError {
    BuiltinError::new(format!("{function}: {words}"))
}

/// The number and the unit: the number ends where a byte can be no part of one.
fn parts(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let sign = |at: usize| matches!(bytes.get(at), Some(b'+' | b'-'));
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' | b'.' | b'+' | b'-' => {}
            b'e' | b'E' if digit(at + 1) || sign(at + 1) => {
                if sign(at + 1) {
                    at += 1;
                }
                let digits = bytes.iter().skip(at + 1).take_while(|b| b.is_ascii_digit()).count();
                if digits > MOST_EXPONENT_DIGITS {
                    return None;
                }
            }
            _ => break,
        }
        at += 1;
    }
    text.split_at_checked(at.min(text.len()))
}

const K: u64 = 1_000;
const KI: u64 = 1_024;

/// The factor of a prefix: its power of a thousand, or of 1,024.
fn factor(prefix: char, binary: bool) -> Option<u64> {
    let power = match prefix {
        'k' => 1,
        'm' => 2,
        'g' => 3,
        't' => 4,
        'p' => 5,
        'e' => 6,
        _ => return None,
    };
    Some(if binary { KI } else { K }.pow(power))
}

fn parse_bytes(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    const NAME: &str = "units.parse_bytes";
    let raw = operand::string(operands, 1)?;
    text(ctx, raw.len().saturating_mul(2))?;
    let plain = crate::search::lowered(&replaced(raw)).replace('"', "");
    if plain.contains(' ') {
        return Err(refused(NAME, "spaces not allowed in resource strings"));
    }
    let (amount, unit) = parts(&plain).ok_or_else(|| refused(NAME, "exponent too large"))?;
    if amount.is_empty() {
        return Err(refused(NAME, "no byte amount provided"));
    }
    let stem = unit.strip_suffix('b').unwrap_or(unit);
    let mut characters = stem.chars();
    let factor = match (characters.next(), characters.as_str()) {
        (None, _) if unit.is_empty() => Some(1),
        (Some(prefix), "") => factor(prefix, false),
        (Some(prefix), "i") => factor(prefix, true),
        _ => None,
    };
    let factor =
        factor.ok_or_else(|| refused(NAME, &format!("byte unit {unit} not recognized")))?;
    let amount = Float::parse(amount)
        .ok_or_else(|| refused(NAME, "could not parse byte amount to a number"))?;
    let product = amount.mul(&Float::from_u64(factor));
    let out_of_range = || BuiltinError::new("number out of range");
    number::charge(ctx, product.text_bits().ok_or_else(out_of_range)?)?;
    let total = product.truncated().ok_or_else(out_of_range)?;
    give(number::from_whole(ctx, total)?)
}

fn parse(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    const NAME: &str = "units.parse";
    let raw = operand::string(operands, 1)?;
    text(ctx, raw.len().saturating_mul(2))?;
    let plain = raw.replace('"', "");
    if plain.contains(' ') {
        return Err(refused(NAME, "spaces not allowed in resource strings"));
    }
    let (amount, unit) = parts(&plain).ok_or_else(|| refused(NAME, "exponent too large"))?;
    if amount.is_empty() {
        return Err(refused(NAME, "no amount provided"));
    }
    let unit = normal(unit);
    let scale =
        scale(&unit).ok_or_else(|| refused(NAME, &format!("unit {unit} not recognized")))?;
    let amount =
        Parts::read(amount).ok_or_else(|| refused(NAME, "could not parse amount to a number"))?;
    quantity(ctx, &amount, scale)
}

/// The unit with all but its first byte in lower case: `m` and `M` differ. Go cuts behind the first
/// byte even where that is in the middle of a character.
fn normal(unit: &str) -> String {
    let unit = bytes_of(unit);
    let Some((first, rest)) = unit.split_first() else {
        return String::new();
    };
    let lower = crate::search::lowered(&replaced(&text_of_slice(rest)));
    text_of([&[*first], &bytes_of(&lower)[..]].concat())
}

/// The factor of a unit: numerator, and the power of two it is divided by.
fn scale(unit: &str) -> Option<(u64, u32)> {
    let mut characters = unit.chars();
    let first = characters.next();
    let factor = match (first, characters.as_str()) {
        (None, _) => 1,
        // A thousandth is OPA's nearest floating-point number, taken exactly.
        (Some('m'), "") => return Some((0x0010_624d_d2f1_a9fc, 62)),
        (Some(prefix), "") => factor(prefix.to_ascii_lowercase(), false)?,
        (Some(prefix), "i") => factor(prefix.to_ascii_lowercase(), true)?,
        _ => return None,
    };
    Some((factor, 0))
}

/// Ten digits behind the point.
const PLACES: u32 = 10;

fn quantity(ctx: &mut Context<'_>, amount: &Parts, (numerator, halvings): (u64, u32)) -> Given {
    let length = u64::try_from(amount.digits.len()).unwrap_or(u64::MAX);
    let size = length.saturating_add(amount.exponent.unsigned_abs()).saturating_add(128);
    number::charge(ctx, size.saturating_mul(4))?;
    let power = u32::try_from(amount.exponent.unsigned_abs())
        .map_err(|_| refused("units.parse", "could not parse amount to a number"))?;
    let ten = BigUint::from(10u8).pow(power);
    let (mut top, mut bottom) = (amount.magnitude() * numerator, BigUint::from(1u8) << halvings);
    if amount.exponent >= 0 {
        top *= ten;
    } else {
        bottom *= ten;
    }
    let (whole, rest) = (&top / &bottom, &top % &bottom);
    let negative = amount.negative && top != BigUint::ZERO;
    if rest == BigUint::ZERO {
        let whole = BigInt::from(whole);
        return give(number::from_whole(ctx, if negative { -whole } else { whole })?);
    }
    // Rounded to the nearest, halves away from zero.
    let one = BigUint::from(10u8).pow(PLACES);
    let scaled = (top * &one * 2u8 + &bottom) / (bottom * 2u8);
    let sign = if negative { "-" } else { "" };
    let fraction = (&scaled % &one).to_string();
    let zeros = "0".repeat(usize::try_from(PLACES).unwrap_or(0).saturating_sub(fraction.len()));
    give(number::parsed(&format!("{sign}{}.{zeros}{fraction}", scaled / one))?)
}
