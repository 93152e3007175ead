//! `io.jwt.verify_*`: whether the signature of a token is good, and nothing else.

use super::SIGNATURE;
use super::algorithm::halves;
use super::decode::Token;
use super::header::Header;
use super::keys;
use crate::digest::{Hash, same, work};
use crate::jwk::RawKey;
use crate::key::PublicKey;
use crate::signature::{self, Salt};
use referee_rego_builtin::{Context, Result, operand};
use referee_rego_value::Value;
use referee_rego_value::bytes::bytes_of;

type Check = fn(&PublicKey, &[u8], &[u8]) -> bool;

fn verify(context: &mut Context<'_>, operands: &[Value], check: Check) -> Result<Option<Value>> {
    let text = operand::string(operands, 1)?;
    work(context, text.len())?;
    let token = Token::split(text)?;
    let keys = keys::read(context, operand::string(operands, 2)?)?;
    let signature = token.decoded_signature()?;
    let header = Header::read(&token.decoded_header(context)?)?;
    let signed = token.signed();
    let good = keys::any(&keys, &header.key_id, &header.algorithm, |key| {
        context.work(SIGNATURE)?;
        work(context, signed.len())?;
        let Some(RawKey::Public(key)) = key else { return Ok(false) };
        Ok(check(key, &signed, &signature))
    })?;
    Ok(Some(Value::from(good)))
}

macro_rules! public_key_builtins {
    ($($name:ident: $variant:ident($key:ident), $message:ident, $signature:ident => $check:expr;)*) => {$(
        pub(super) fn $name(
            context: &mut Context<'_>,
            operands: &[Value],
        ) -> Result<Option<Value>> {
            verify(context, operands, |key, $message, $signature| match key {
                PublicKey::$variant($key) => $check,
                _ => false,
            })
        }
    )*};
}

public_key_builtins! {
    rs256: Rsa(key), message, mark => signature::rsa_pkcs1(key, Hash::Sha256, message, mark);
    rs384: Rsa(key), message, mark => signature::rsa_pkcs1(key, Hash::Sha384, message, mark);
    rs512: Rsa(key), message, mark => signature::rsa_pkcs1(key, Hash::Sha512, message, mark);
    ps256: Rsa(key), message, mark => {
        signature::rsa_pss(key, Hash::Sha256, message, mark, Salt::Any)
    };
    ps384: Rsa(key), message, mark => {
        signature::rsa_pss(key, Hash::Sha384, message, mark, Salt::Any)
    };
    ps512: Rsa(key), message, mark => {
        signature::rsa_pss(key, Hash::Sha512, message, mark, Salt::Any)
    };
    es256: Ec(key), message, mark => halves(key, Hash::Sha256, message, mark);
    es384: Ec(key), message, mark => halves(key, Hash::Sha384, message, mark);
    es512: Ec(key), message, mark => halves(key, Hash::Sha512, message, mark);
    eddsa: Ed25519(key), message, mark => signature::ed25519(key, message, mark);
}

fn secret(context: &mut Context<'_>, operands: &[Value], hash: Hash) -> Result<Option<Value>> {
    let text = operand::string(operands, 1)?;
    let secret = operand::string(operands, 2)?;
    work(context, text.len().saturating_add(secret.len()))?;
    let token = Token::split(text)?;
    let signature = token.decoded_signature()?;
    let code = hash.hmac_long(context, &bytes_of(secret), &token.signed())?;
    Ok(Some(Value::from(same(&signature, &code))))
}

pub(super) fn hs256(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    secret(context, operands, Hash::Sha256)
}

pub(super) fn hs384(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    secret(context, operands, Hash::Sha384)
}

pub(super) fn hs512(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    secret(context, operands, Hash::Sha512)
}
