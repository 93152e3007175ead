//! `base64.*` and `base64url.*`, as Go's `encoding/base64` reads: line breaks do not count, bits
//! that are left over need not be zero, padding is required.

use crate::give::{Given, PORTION, give, passed, text};
use data_encoding::{BASE64, BASE64URL, BASE64URL_NOPAD, Encoding};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::Value;
use referee_rego_value::bytes::{bytes_of, text_of};

pub(crate) const TABLE: Table = &[
    ("base64.encode", F(encode)),
    ("base64.decode", F(decode)),
    ("base64.is_valid", F(is_valid)),
    ("base64url.encode", F(url_encode)),
    ("base64url.encode_no_pad", F(url_encode_no_pad)),
    ("base64url.decode", F(url_decode)),
];

fn encoded(ctx: &mut Context<'_>, operands: &[Value], encoding: &Encoding) -> Given {
    let plain = bytes_of(operand::string(operands, 1)?);
    text(ctx, plain.len().saturating_mul(2))?;
    let mut encoded = String::with_capacity(encoding.encode_len(plain.len()));
    // Three bytes become four characters: each portion but the last ends between them.
    for portion in plain.chunks(PORTION / 3 * 3) {
        passed(ctx, portion.len())?;
        encoding.encode_append(portion, &mut encoded);
    }
    give(encoded)
}

fn encode(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    encoded(ctx, operands, &BASE64)
}

fn url_encode(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    encoded(ctx, operands, &BASE64URL)
}

fn url_encode_no_pad(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    encoded(ctx, operands, &BASE64URL_NOPAD)
}

fn decode(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let encoded = bytes_of(operand::string(operands, 1)?);
    text(ctx, encoded.len())?;
    give(text_of(decoded(ctx, &encoded, false)?.map_err(corrupt)?))
}

fn is_valid(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let Value::String(encoded) = operand::value(operands, 1)? else {
        return give(false);
    };
    text(ctx, encoded.len())?;
    give(decoded(ctx, &bytes_of(encoded), false)?.is_ok())
}

fn url_decode(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let given = operand::string(operands, 1)?;
    let encoded = bytes_of(given);
    text(ctx, encoded.len().saturating_mul(2))?;
    // Where the padding is left out it is put back.
    let padding = match encoded.len() % 4 {
        _ if encoded.ends_with(b"=") => &b""[..],
        0 => b"",
        2 => b"==",
        3 => b"=",
        _ => return Err(BuiltinError::new(format!("illegal base64url string: {given}"))),
    };
    let padded = [&encoded, padding].concat();
    give(text_of(decoded(ctx, &padded, true)?.map_err(corrupt)?))
}

fn corrupt(at: usize) -> BuiltinError {
    BuiltinError::new(format!("illegal base64 data at input byte {at}"))
}

fn value_of(byte: u8, url: bool) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' if !url => 62,
        b'/' if !url => 63,
        b'-' if url => 62,
        b'_' if url => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// The bytes; where the text is wrong, at which byte.
fn decoded(
    ctx: &mut Context<'_>,
    encoded: &[u8],
    url: bool,
) -> Result<std::result::Result<Vec<u8>, usize>> {
    let mut decoded = Vec::with_capacity(encoded.len() / 4 * 3);
    let mut significant = Significant { encoded, at: 0 };
    loop {
        passed(ctx, PORTION)?;
        // Groups of four, with a look at the clock before the next portion.
        match portion(&mut significant, &mut decoded, url) {
            Ok(true) => {}
            Ok(false) => return Ok(Ok(decoded)),
            Err(at) => return Ok(Err(at)),
        }
    }
}

/// Decodes a portion; whether there may be more.
fn portion(
    significant: &mut Significant<'_>,
    decoded: &mut Vec<u8>,
    url: bool,
) -> std::result::Result<bool, usize> {
    let until = significant.at.saturating_add(PORTION);
    while significant.at < until {
        let mut bits = 0u32;
        for count in 0..4usize {
            let Some((at, byte)) = significant.next() else {
                if count == 0 {
                    return Ok(false);
                }
                return Err(significant.at - count);
            };
            match value_of(byte, url) {
                Some(value) => bits = bits << 6 | value,
                None if byte == b'=' && count >= 2 => {
                    significant.end(count)?;
                    let [_, first, second, _] = (bits << (24 - 6 * count)).to_be_bytes();
                    decoded.push(first);
                    if count == 3 {
                        decoded.push(second);
                    }
                    return Ok(false);
                }
                None => return Err(at),
            }
        }
        let [_, bytes @ ..] = bits.to_be_bytes();
        decoded.extend_from_slice(&bytes);
    }
    Ok(true)
}

/// The bytes that count: all but line breaks.
struct Significant<'a> {
    encoded: &'a [u8],
    at: usize,
}

impl Iterator for Significant<'_> {
    type Item = (usize, u8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let byte = *self.encoded.get(self.at)?;
            self.at += 1;
            if !matches!(byte, b'\n' | b'\r') {
                return Some((self.at - 1, byte));
            }
        }
    }
}

impl Significant<'_> {
    /// What follows the first `=`, behind so many characters: another one where there are two, and
    /// then nothing.
    fn end(&mut self, count: usize) -> std::result::Result<(), usize> {
        if count == 2 {
            match self.next() {
                None => return Err(self.encoded.len()),
                Some((_, b'=')) => {}
                Some((at, _)) => return Err(at - 1),
            }
        }
        match self.next() {
            None => Ok(()),
            Some((at, _)) => Err(at),
        }
    }
}
