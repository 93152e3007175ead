//! `crypto.md5`, `crypto.sha1`, `crypto.sha256` and `crypto.hmac.*` (OPA: `v1/topdown/crypto.go`).

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use md5::Md5;
use referee_rego_builtin::{Context, Implementation, Result, Table, operand};
use referee_rego_value::bytes::bytes_of;
use referee_rego_value::{Str, Value};
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq as _;

pub(crate) const TABLE: Table = &[
    ("crypto.md5", Implementation::Function(digest::<Md5>)),
    ("crypto.sha1", Implementation::Function(digest::<Sha1>)),
    ("crypto.sha256", Implementation::Function(digest::<Sha256>)),
    ("crypto.hmac.md5", Implementation::Function(keyed::<Hmac<Md5>>)),
    ("crypto.hmac.sha1", Implementation::Function(keyed::<Hmac<Sha1>>)),
    ("crypto.hmac.sha256", Implementation::Function(keyed::<Hmac<Sha256>>)),
    ("crypto.hmac.sha512", Implementation::Function(keyed::<Hmac<Sha512>>)),
    ("crypto.hmac.equal", Implementation::Function(equal)),
];

/// A hash of SHA-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(crate) fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// The same of a long message, with a look at the clock now and then. It was charged before.
    pub(crate) fn of_long(self, context: &mut Context<'_>, message: &[u8]) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Sha256 => digested::<Sha256>(context, message)?.finalize().to_vec(),
            Self::Sha384 => digested::<Sha384>(context, message)?.finalize().to_vec(),
            Self::Sha512 => digested::<Sha512>(context, message)?.finalize().to_vec(),
        })
    }

    /// The authentication code of a long message, with a look at the clock now and then. It was
    /// charged before.
    pub(crate) fn hmac_long(
        self,
        context: &mut Context<'_>,
        key: &[u8],
        message: &[u8],
    ) -> Result<Vec<u8>> {
        // A key of any length is fine for HMAC, so there always is a code.
        Ok(match self {
            Self::Sha256 => authenticated::<Hmac<Sha256>>(context, key, message)?,
            Self::Sha384 => authenticated::<Hmac<Sha384>>(context, key, message)?,
            Self::Sha512 => authenticated::<Hmac<Sha512>>(context, key, message)?,
        }
        .unwrap_or_default())
    }

    /// The bytes of a digest.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The authentication code of a message (RFC 2104).
    pub(crate) fn hmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => authenticate::<Hmac<Sha256>>(key, message),
            Self::Sha384 => authenticate::<Hmac<Sha384>>(key, message),
            Self::Sha512 => authenticate::<Hmac<Sha512>>(key, message),
        }
    }
}

/// Whether two texts are equal, in a time that depends on their lengths only.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    bool::from(a.ct_eq(b))
}

/// Counts the work of reading so many bytes.
pub(crate) fn work(context: &mut Context<'_>, bytes: usize) -> Result<()> {
    Ok(context.work(u32::try_from(bytes / 64).unwrap_or(u32::MAX))?)
}

/// So many bytes are hashed between two looks at the clock.
const PORTION: usize = 1 << 14;

/// Looks at the clock; the work was counted before.
fn passed(context: &mut Context<'_>, portion: &[u8]) -> Result<()> {
    Ok(context.passed(u32::try_from(portion.len()).unwrap_or(u32::MAX))?)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn digest<D: Digest>(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let text = bytes_of(operand::string(operands, 1)?);
    work(context, text.len())?;
    Ok(Some(Value::from(hex(&digested::<D>(context, &text)?.finalize()))))
}

fn digested<D: Digest>(context: &mut Context<'_>, message: &[u8]) -> Result<D> {
    let mut digest = D::new();
    for portion in message.chunks(PORTION) {
        passed(context, portion)?;
        digest.update(portion);
    }
    Ok(digest)
}

fn keyed<M: Mac + KeyInit>(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let message = bytes_of(operand::string(operands, 1)?);
    let key = bytes_of(operand::string(operands, 2)?);
    work(context, message.len().saturating_add(key.len()))?;
    let code = authenticated::<M>(context, &key, &message)?;
    Ok(code.map(|code| Value::from(hex(&code))))
}

/// The authentication code; there always is one.
fn authenticated<M: Mac + KeyInit>(
    context: &mut Context<'_>,
    key: &[u8],
    message: &[u8],
) -> Result<Option<Vec<u8>>> {
    let Ok(mut mac) = <M as Mac>::new_from_slice(key) else { return Ok(None) };
    for portion in message.chunks(PORTION) {
        passed(context, portion)?;
        mac.update(portion);
    }
    Ok(Some(mac.finalize().into_bytes().to_vec()))
}

fn authenticate<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    // A key of any length is fine for HMAC, so there always is a code.
    <M as Mac>::new_from_slice(key)
        .map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

fn equal(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let (a, b): (&Str, &Str) = (operand::string(operands, 1)?, operand::string(operands, 2)?);
    work(context, a.len().saturating_add(b.len()))?;
    Ok(Some(Value::from(same(a.as_bytes(), b.as_bytes()))))
}
