//! `hex.*`, as Go's `encoding/hex`.

use crate::give::{Given, PORTION, give, passed, text};
use data_encoding::HEXLOWER;
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Table, operand};
use referee_rego_value::bytes::{bytes_of, text_of};
use referee_rego_value::{Value, is_printable};

pub(crate) const TABLE: Table = &[("hex.encode", F(encode)), ("hex.decode", F(decode))];

fn encode(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let plain = bytes_of(operand::string(operands, 1)?);
    text(ctx, plain.len().saturating_mul(2))?;
    let mut encoded = String::with_capacity(plain.len().saturating_mul(2));
    for portion in plain.chunks(PORTION) {
        passed(ctx, portion.len())?;
        HEXLOWER.encode_append(portion, &mut encoded);
    }
    give(encoded)
}

fn decode(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let encoded = bytes_of(operand::string(operands, 1)?);
    text(ctx, encoded.len())?;
    let mut decoded = Vec::with_capacity(encoded.len() / 2);
    let mut half = None;
    for portion in encoded.chunks(PORTION) {
        passed(ctx, portion.len())?;
        for byte in portion.iter().copied() {
            let digit = char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let digit = digit.ok_or_else(|| invalid(byte))?;
            match half.take() {
                None => half = Some(digit),
                Some(high) => decoded.push(high << 4 | digit),
            }
        }
    }
    match half {
        None => give(text_of(decoded)),
        Some(_) => Err(BuiltinError::new("encoding/hex: odd length hex string")),
    }
}

/// A byte that is no digit, shown as the character of its number.
fn invalid(byte: u8) -> BuiltinError {
    let c = char::from(byte);
    let shown = if is_printable(c) { format!(" '{c}'") } else { String::new() };
    BuiltinError::new(format!("encoding/hex: invalid byte: U+{byte:04X}{shown}"))
}
