//! `base64.*` and `base64url.*`, as Go's `encoding/base64` reads: line breaks do not count, bits
//! that are left over need not be zero, padding is required.

use crate::give::{Given, PORTION, give, passed, text};
use data_encoding::{BASE64, BASE64URL, BASE64URL_NOPAD, Encoding};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_go::base64::{self, Alphabet, Decoder, Illegal};
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
    give(text_of(decoded(ctx, &encoded, Alphabet::Standard)?.map_err(corrupt)?))
}

fn is_valid(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let Value::String(encoded) = operand::value(operands, 1)? else {
        return give(false);
    };
    text(ctx, encoded.len())?;
    give(decoded(ctx, &bytes_of(encoded), Alphabet::Standard)?.is_ok())
}

fn url_decode(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let given = operand::string(operands, 1)?;
    text(ctx, given.len().saturating_mul(2))?;
    let padded = base64::with_padding(given).map_err(BuiltinError::new)?;
    give(text_of(decoded(ctx, &padded, Alphabet::Url)?.map_err(corrupt)?))
}

fn corrupt(illegal: Illegal) -> BuiltinError {
    BuiltinError::new(illegal.to_string())
}

/// The bytes, or where the text is wrong.
fn decoded(
    ctx: &mut Context<'_>,
    encoded: &[u8],
    alphabet: Alphabet,
) -> Result<std::result::Result<Vec<u8>, Illegal>> {
    let mut decoded = Vec::with_capacity(encoded.len() / 4 * 3);
    let mut decoder = Decoder::padded(encoded, alphabet);
    loop {
        passed(ctx, PORTION)?;
        // Groups of four, with a look at the clock before the next portion.
        match decoder.portion(PORTION, &mut decoded) {
            Ok(true) => {}
            Ok(false) => return Ok(Ok(decoded)),
            Err(illegal) => return Ok(Err(illegal)),
        }
    }
}
