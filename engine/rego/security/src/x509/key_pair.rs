//! `crypto.x509.parse_keypair`: a certificate and its key, as Go's `tls.X509KeyPair` takes them.

use super::Certificate;
use super::parse::certificate;
use super::show::bytes;
use crate::go::pem;
use crate::key::{PrivateKey, PublicKey, parse_ec, parse_pkcs1, parse_pkcs8};
use referee_rego_go::base64::{self, Alphabet};
use referee_rego_value::Value;
use referee_rego_value::bytes::lossy;

type Result<T> = std::result::Result<T, String>;

fn tls<T>(message: &str) -> Result<T> {
    Err(format!("tls: {message}"))
}

/// PEM as it is, base64 decoded, and DER wrapped into PEM.
fn to_pem(text: &[u8], kind: &str) -> Result<Vec<u8>> {
    if text.starts_with(b"-----BEGIN ") {
        return Ok(text.to_vec());
    }
    let decoded = base64::decode(text, Alphabet::Standard)?;
    if decoded.starts_with(b"-----BEGIN ") { Ok(decoded) } else { Ok(pem::encode(kind, &decoded)) }
}

fn blocks(mut text: &[u8]) -> Vec<pem::Block> {
    let mut blocks = Vec::new();
    while let (Some(block), rest) = pem::decode(text) {
        blocks.push(block);
        text = rest;
    }
    blocks
}

fn kinds(blocks: &[pem::Block]) -> String {
    let kinds: Vec<String> = blocks.iter().map(|block| lossy(&block.kind)).collect();
    format!("[{}]", kinds.join(" "))
}

/// Whether a certificate and a key in PEM belong together.
///
/// # Errors
/// Go's words.
pub(crate) fn check(certificate_pem: &[u8], key_pem: &[u8]) -> Result<()> {
    read(certificate_pem, key_pem).map(|_| ())
}

/// Reads a pair and shows it.
///
/// # Errors
/// Go's words.
pub(super) fn parse(certificate_text: &[u8], key_text: &[u8]) -> Result<Value> {
    let certificate_pem = to_pem(certificate_text, "CERTIFICATE")?;
    let key_pem = to_pem(key_text, "PRIVATE KEY")?;
    let pair = read(&certificate_pem, &key_pem)?;
    Ok(Value::object([
        ("Certificate", Value::array(pair.chain.iter().map(|block| bytes(&block.bytes)))),
        ("PrivateKey", pair.key.show()),
        ("SupportedSignatureAlgorithms", Value::Null),
        ("OCSPStaple", Value::Null),
        ("SignedCertificateTimestamps", Value::Null),
        ("Leaf", pair.leaf.show(false)),
    ]))
}

struct Pair {
    chain: Vec<pem::Block>,
    leaf: Certificate,
    key: PrivateKey,
}

fn read(certificate_pem: &[u8], key_pem: &[u8]) -> Result<Pair> {
    let (chain, skipped): (Vec<_>, Vec<_>) =
        blocks(certificate_pem).into_iter().partition(|block| block.kind == b"CERTIFICATE");
    let Some(first) = chain.first() else {
        return match skipped.as_slice() {
            [] => tls("failed to find any PEM data in certificate input"),
            [one] if one.kind.ends_with(b"PRIVATE KEY") => tls(
                "failed to find certificate PEM data in certificate input, but did find a private \
                 key; PEM inputs may have been switched",
            ),
            skipped => tls(&format!(
                "failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM \
                 blocks of the following types: {}",
                kinds(skipped)
            )),
        };
    };
    let is_key =
        |block: &pem::Block| block.kind == b"PRIVATE KEY" || block.kind.ends_with(b" PRIVATE KEY");
    let key_blocks = blocks(key_pem);
    let Some(key) = key_blocks.iter().find(|block| is_key(block)) else {
        return match key_blocks.as_slice() {
            [] => tls("failed to find any PEM data in key input"),
            [one] if one.kind == b"CERTIFICATE" => {
                tls("found a certificate rather than a key in the PEM for the private key")
            }
            skipped => tls(&format!(
                "failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after \
                 skipping PEM blocks of the following types: {}",
                kinds(skipped)
            )),
        };
    };
    let leaf = certificate(&first.bytes)?;
    let key = private_key(&key.bytes)?;
    match (&leaf.public_key, &key) {
        (Some(PublicKey::Rsa(_)), PrivateKey::Rsa(_))
        | (Some(PublicKey::Ec(_)), PrivateKey::Ec(_))
        | (Some(PublicKey::Ed25519(_)), PrivateKey::Ed25519 { .. }) => {}
        (Some(PublicKey::Rsa(_) | PublicKey::Ec(_) | PublicKey::Ed25519(_)), _) => {
            return tls("private key type does not match public key type");
        }
        _ => return tls("unknown public key algorithm"),
    }
    if leaf.public_key.as_ref() != Some(&key.public()) {
        return tls("private key does not match public key");
    }
    Ok(Pair { chain, leaf, key })
}

fn private_key(der: &[u8]) -> Result<PrivateKey> {
    if let Ok(key) = parse_pkcs1(der) {
        return Ok(key);
    }
    match parse_pkcs8(der) {
        Ok(PrivateKey::X25519 { .. }) => {
            return tls("found unknown private key type in PKCS#8 wrapping");
        }
        Ok(key) => return Ok(key),
        Err(_) => {}
    }
    parse_ec(der).or_else(|_| tls("failed to parse private key"))
}
